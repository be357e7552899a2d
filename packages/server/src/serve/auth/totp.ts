import { createHmac, timingSafeEqual } from 'node:crypto';

/** Length of one code, and how long it is shown: what every authenticator app takes without being asked (RFC 6238). */
export const TOTP_DIGITS = 6;
export const TOTP_STEP_MS = 30_000;

/** The number of the time step in which `now` lies: what a code is made of, and by what a used one is known. */
export function stepAt(now: number): number {
  return Math.floor(now / TOTP_STEP_MS);
}

/**
 * The step whose code this is, looked for from one before now to one after (the clocks of phones are a little off), or null.
 * A step at or before `after` was used already and counts no more.
 */
export function stepOfCode(
  secret: Uint8Array,
  code: string,
  { now, after }: { readonly now: number; readonly after: number },
): number | null {
  const here = stepAt(now);
  let found: number | null = null;
  // All three are worked out, whichever fits: how long it takes tells nothing.
  for (const step of [here - 1, here, here + 1]) {
    const expected = Buffer.from(codeAt(secret, step));
    const given = Buffer.from(code);
    const fits = expected.length === given.length && timingSafeEqual(expected, given);
    if (fits && step > after) found ??= step;
  }
  return found;
}

/** The code of a time step (RFC 4226: dynamic truncation of an HMAC-SHA-1, the one that all apps know). */
export function codeAt(secret: Uint8Array, step: number, digits: number = TOTP_DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const offset = hash.readUInt8(hash.length - 1) & 0x0f;
  const number = hash.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** What a QR code for an authenticator app says: who, where, and the secret. */
export function otpauthUrl(
  secret: string,
  { issuer, account }: { readonly issuer: string; readonly account: string },
): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&digits=${TOTP_DIGITS}&period=${TOTP_STEP_MS / 1_000}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 without padding (RFC 4648): the form in which people type a secret off. */
export function toBase32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/gu) ?? [])
    .map((five) => ALPHABET.charAt(Number.parseInt(five.padEnd(5, '0'), 2)))
    .join('');
}
