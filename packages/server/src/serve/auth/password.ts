import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Characters. The upper bound keeps hashing cheap for whoever sends a book. */
export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 256;

/**
 * Argon2id with the parameters below, written as a PHC string, so that a later release can raise them and
 * still read what older ones wrote. Runs in the thread pool: about 60 ms of one core per password.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, now);
  return `$argon2id$v=19$m=${now.memory},t=${now.passes},p=${now.parallelism}$${b64(salt)}$${b64(hash)}`;
}

/** True when the password made this hash. A hash that cannot be read matches nothing. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/u.exec(
    stored,
  );
  if (match === null) return false;
  const [, memory, passes, parallelism, salt, hash] = match;
  const expected = Buffer.from(hash ?? '', 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const actual = await derive(password, Buffer.from(salt ?? '', 'base64'), cost);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** OWASP's floor is 19 MiB and 2 passes; this is above it and still bearable on a small machine. */
const now: Cost = { memory: 32_768, passes: 3, parallelism: 1 };

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const run = promisify(argon2);

function derive(password: string, nonce: Buffer, cost: Cost): Promise<Buffer> {
  // NFKC, so that the same keys typed on another system give the same bytes.
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  return run('argon2id', { message, nonce, tagLength: 32, ...cost });
}

function b64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/u, '');
}
