/** This browser as one reader among many behind one API key: a word by chance, kept for the next visit where that is allowed. */
const PLACE = 'statewire.device';

let known: string | null = null;

/** The same for the life of the page, and mostly for that of the browser profile. */
export function deviceId(): string {
  known ??= kept() ?? made();
  return known;
}

function kept(): string | null {
  try {
    const word = globalThis.localStorage.getItem(PLACE);
    return word !== null && /^[A-Za-z0-9_-]{8,64}$/u.test(word) ? word : null;
  } catch {
    // No storage here, or it is forbidden: one page is one device then.
    return null;
  }
}

function made(): string {
  const word = Array.from(globalThis.crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  try {
    globalThis.localStorage.setItem(PLACE, word);
  } catch {
    // Kept for this page.
  }
  return word;
}
