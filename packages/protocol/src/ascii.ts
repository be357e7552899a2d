/**
 * JSON text, as `JSON.stringify` writes it, with every non-ASCII character escaped as \uXXXX. Parses to the same value. One
 * byte per character makes a frame's length known without encoding it, and lets one latin1 string be written to many
 * sockets. Half a surrogate pair becomes U+FFFD: whoever reads refuses a message that holds one, so that a single text cut
 * in the middle of a character would keep every subscriber away.
 */
export function toAscii(json: string): string {
  const whole = MAYBE_HALF.test(json)
    ? json.replace(ESCAPES, (all, half?: string) => (half === undefined ? all : REPLACED))
    : json;
  if (!NON_ASCII.test(whole)) return whole;
  return whole.replace(NON_ASCII_ALL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Inside JSON text a non-ASCII character can only stand in a string, so that escaping it is always right.
// oxlint-disable-next-line no-control-regex -- the range is ASCII, control characters and all.
const NON_ASCII = /[^\x00-\x7f]/;
// oxlint-disable-next-line no-control-regex -- the range is ASCII, control characters and all.
const NON_ASCII_ALL = /[^\x00-\x7f]/g;
const MAYBE_HALF = /\\u[dD][89a-fA-F]/;
// Escapes one after the other, so that an escaped backslash before `ud800` is not taken for one; whole pairs first.
const ESCAPES = /\\(?:u[dD][89aAbB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u([dD][89a-fA-F][\da-fA-F]{2})|[^])/g;
const REPLACED = String.raw`\ufffd`;
