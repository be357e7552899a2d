/**
 * JSON text with every non-ASCII character escaped as \uXXXX. Parses to the same value. One byte per character
 * makes a frame's length known without encoding it, and lets one latin1 string be written to many sockets.
 */
export function toAscii(json: string): string {
  if (!NON_ASCII.test(json)) return json;
  return json.replace(NON_ASCII_ALL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Inside JSON text a non-ASCII character can only stand in a string, so that escaping it is always right.
// oxlint-disable-next-line no-control-regex
const NON_ASCII = /[^\x00-\x7f]/;
// oxlint-disable-next-line no-control-regex
const NON_ASCII_ALL = /[^\x00-\x7f]/g;
