/** This browser as one reader among many behind one API key: a word by chance, kept for the next visit where that is allowed. */
const PLACE = 'statewire.device';

/** Where a page may keep a word. */
export interface DeviceStore {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** The same for the life of the browser profile where `store` may be asked; else made anew. Keep it for the life of the page. */
export function deviceIn(store: () => DeviceStore): string {
  return kept(store) ?? made(store);
}

function kept(store: () => DeviceStore): string | null {
  try {
    const word = store().getItem(PLACE);
    return word !== null && /^[A-Za-z0-9_-]{8,64}$/u.test(word) ? word : null;
  } catch {
    // No storage here, or it is forbidden: one page is one device then.
    return null;
  }
}

function made(store: () => DeviceStore): string {
  const word = Array.from(globalThis.crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  try {
    store().setItem(PLACE, word);
  } catch {
    // Kept for this page.
  }
  return word;
}
