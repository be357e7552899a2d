/**
 * Secrets at rest: AES-256-GCM with a key that is not in the database. What is sealed is bound to the place it was
 * sealed for (organization, kind, id), so that a document copied to another place does not open there.
 *
 * Several keys may be known: the first seals, all of them open. That is how a key is changed without a moment in which
 * something cannot be read.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Json, type JsonObject, type Result } from '@statewire/protocol';

export interface VaultOptions {
  /** The data directory: where the key file lies when no key is configured. */
  readonly dir: string;
  /** Key texts from the configuration, newest first; null: the key file. */
  readonly keys: readonly string[] | null;
}

/** What a secret is sealed for. Part of the seal: it opens nowhere else. */
export interface Place {
  readonly org: string;
  readonly kind: string;
  readonly id: string;
}

export class Vault {
  readonly #keys: ReadonlyMap<string, Buffer>;
  /** Id of the key that seals. */
  readonly keyId: string;

  private constructor(texts: readonly string[]) {
    const keys = texts.map(deriveKey);
    const [first] = keys;
    if (first === undefined) throw new Error('found no secret key, expected at least one');
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), key]));
    this.keyId = keyIdOf(first);
  }

  /** Takes the configured keys, or those of the key file, which is made when there is none. Throws a sentence for the operator. */
  static open(options: VaultOptions): Vault {
    return new Vault(options.keys ?? readKeyFile(join(options.dir, KEY_FILE)));
  }

  seal(place: Place, value: Json): JsonObject {
    const key = this.#keys.get(this.keyId);
    if (key === undefined) throw new Error('the sealing key is gone');
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(aadOf(place));
    const data = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { v: 1, key: this.keyId, nonce: nonce.toString('base64'), data: data.toString('base64') };
  }

  /** What was sealed. Codes: `secret_key` when the key is not known any more, `corrupt` when it is and the seal is broken. */
  open(place: Place, sealed: Json): Result<Json> {
    const read = readSealed(sealed);
    if (read === null) return unreadable('corrupt', 'the stored secrets have no form we know; enter them again');
    const key = this.#keys.get(read.key);
    if (key === undefined) {
      return unreadable(
        'secret_key',
        `the stored secrets were sealed with another key (${read.key}) than the present one (${this.keyId}); give the old key back or enter the secrets again`,
      );
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, read.nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(aadOf(place));
      decipher.setAuthTag(read.data.subarray(-TAG_BYTES));
      const text = Buffer.concat([decipher.update(read.data.subarray(0, -TAG_BYTES)), decipher.final()]);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: `seal` wrote JSON, and the tag says nobody else did.
      return ok(JSON.parse(text.toString('utf8')) as Json);
    } catch {
      // Node says only that authentication failed, and that is all there is to know.
      return unreadable('corrupt', 'the stored secrets are damaged or belong elsewhere; enter them again');
    }
  }

  /** False for what was stored before there were seals. */
  isSealed(value: Json): boolean {
    return readSealed(value) !== null;
  }

  /** True when it was sealed with an older key and should be sealed again. */
  isOld(sealed: Json): boolean {
    const read = readSealed(sealed);
    return read !== null && read.key !== this.keyId && this.#keys.has(read.key);
  }
}

/** Beside the database, so that a backup of the directory is complete; and apart from it, so that a copy of the database alone tells nothing. */
export const KEY_FILE = 'secret.key';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function aadOf({ org, kind, id }: Place): Buffer {
  return Buffer.from(JSON.stringify(['statewire', 1, org, kind, id]), 'utf8');
}

// Key texts carry at least 128 bits of chance (the configuration asks for 32 characters), so no slow hash is needed.
function deriveKey(text: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(text, 'utf8'), 'statewire', 'secrets at rest', 32));
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('statewire key id').update(key).digest('hex').slice(0, 8);
}

function readSealed(value: Json): { readonly key: string; readonly nonce: Buffer; readonly data: Buffer } | null {
  if (!isObject(value)) return null;
  const { v, key, nonce, data } = value;
  if (v !== 1 || typeof key !== 'string' || typeof nonce !== 'string' || typeof data !== 'string') return null;
  const read = { key, nonce: Buffer.from(nonce, 'base64'), data: Buffer.from(data, 'base64') };
  return read.nonce.length === NONCE_BYTES && read.data.length >= TAG_BYTES ? read : null;
}

/** One key per line, newest first; `#` starts a comment. */
function readKeyFile(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    text = makeKeyFile(path);
  }
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0 || keys.some((key) => key.length < KEY_LENGTH_MIN)) {
    throw new Error(
      `found ${keys.length === 0 ? 'no key' : 'a key that is too short'} in ${path}, expected one of at least ${KEY_LENGTH_MIN} characters per line; ` +
        'restore the file from a backup, or delete it to start with a new key and enter the secrets of channels again',
    );
  }
  return keys;
}

export const KEY_LENGTH_MIN = 32;

function makeKeyFile(path: string): string {
  const text = `${randomBytes(32).toString('base64')}\n`;
  // `wx`: of two processes that start at once only one makes it; the store's lock stops the other one anyway.
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return text;
}

function unreadable(code: 'corrupt' | 'secret_key', message: string): Result<never> {
  return { ok: false, code, message };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
