import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Json, Result } from '@statewire/protocol';
import { ok, refuse } from '@statewire/protocol';
import type { Commit } from '../../keep/commit-types.ts';
import type { Store } from '../../keep/store.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Principal, Scope } from '../../lib/principal.ts';
import type { Holding } from './key-holding.ts';

/** What may be shown of a key. The key itself is shown once, by `create`. */
export interface ApiKey {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  /** A short name for a set of permissions; null: it has `permissions`. */
  readonly scope: Scope | null;
  /** What it was given one by one; null: it has a `scope`. */
  readonly permissions: readonly string[] | null;
  /** The account whose power is the most it has, whoever asked for it; null: it stands by itself. */
  readonly answersTo: string | null;
  /** First characters, so that people recognise it. */
  readonly hint: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface ApiKeysOptions {
  readonly clock: Clock;
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'documents'>;
  /** From STATEWIRE_ADMIN_KEY: an operator's key that no document holds. */
  readonly adminKey: string | null;
  /** A key stopped counting: connections that live by it must close. */
  readonly onRevoked: (principalId: string) => void;
  readonly keysPerOrgMax: number;
  /** What a key may do now. */
  readonly holdingOf: (key: ApiKey) => Holding;
}

/** A key as people ask for it: a scope, or permissions. */
export interface WantedKey {
  readonly org: string;
  readonly name: string;
  readonly scope?: Scope | null | undefined;
  readonly permissions?: readonly string[] | null | undefined;
  readonly expiresAt: number | null;
}

/** The id of the principal behind STATEWIRE_ADMIN_KEY. */
export const ADMIN_KEY_ID = 'admin-key';

/**
 * API keys: `sw_<scope>_<43 base62>_<checksum>`. 256 random bits need no slow hash; the SHA-256 is the map's key, so
 * finding a key compares hashes of secrets and never the secrets, and takes the same time whatever was guessed.
 */
export class ApiKeys {
  readonly #options: ApiKeysOptions;
  readonly #byHash = new Map<string, ApiKey>();
  readonly #adminHash: Buffer | null;
  /** Ids whose `lastUsedAt` moved since the last write. */
  readonly #used = new Set<string>();
  #creating = 0;
  #timer: Timer | null = null;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
    this.#adminHash = options.adminKey === null ? null : sha256(options.adminKey);
  }

  /** Reads all stored keys; call once before serving. */
  async open(): Promise<void> {
    for (const row of await this.#options.store.documents(KIND, null)) {
      const stored = decode(row.org, row.id, row.value);
      if (stored !== null) this.#byHash.set(stored.hash, stored.key);
    }
  }

  /** The principal behind a key, or null. Never says why. */
  verify(secret: string): Principal | null {
    const hash = sha256(secret);
    if (this.#adminHash !== null && timingSafeEqual(hash, this.#adminHash)) return adminPrincipal;
    if (!isWellFormed(secret)) return null;
    const hex = hash.toString('hex');
    const key = this.#byHash.get(hex);
    if (key === undefined) return null;
    const now = this.#options.clock.now();
    const principal = this.#principal(key);
    if (principal === null) return null;
    if (key.lastUsedAt === null || now - key.lastUsedAt >= USED_STEP_MS) {
      this.#byHash.set(hex, { ...key, lastUsedAt: now });
      this.#used.add(hex);
      this.#timer ??= this.#options.clock.after(USED_STEP_MS, () => void this.flush());
    }
    return principal;
  }

  /** The same caller with what its key may do now; null when that is nothing. */
  renewed(was: Principal): Principal | null {
    if (was.id === ADMIN_KEY_ID) return was;
    const key = this.list(was.org).find(({ id }) => id === was.id);
    const now = key === undefined ? null : this.#principal(key);
    return now === null ? null : { ...was, permissions: now.permissions, scopes: now.scopes };
  }

  /** The keys that may no more than this account. */
  answeringTo(account: string): readonly string[] {
    return [...this.#byHash.values()].filter(({ answersTo }) => answersTo === account).map(({ id }) => id);
  }

  /** How much of what a key was given it has now. */
  extentOf(key: ApiKey): Holding['extent'] {
    return this.#options.holdingOf(key).extent;
  }

  #principal(key: ApiKey): Principal | null {
    if (key.expiresAt !== null && key.expiresAt <= this.#options.clock.now()) return null;
    const { permissions, scopes, extent } = this.#options.holdingOf(key);
    if (extent === 'none') return null;
    const { id, name, org, expiresAt } = key;
    return { kind: 'key', id, name, org, scopes, permissions, isOperator: false, expiresAt };
  }

  /** Makes a key; `secret` is never readable again. */
  async create(
    by: Principal,
    { org, name, scope = null, permissions = null, expiresAt }: WantedKey,
  ): Promise<Result<{ key: ApiKey; secret: string }>> {
    // Keys on their way to the disk count too, so that many requests at once cannot pass the limit together.
    if (this.list(org).length + this.#creating >= this.#options.keysPerOrgMax) {
      return refuse(
        'too_large',
        `${this.#options.keysPerOrgMax} keys exist, which is the most an organization may have; revoke one that is not used`,
      );
    }
    const answersTo = this.#answersTo(by);
    if (answersTo === undefined) return refuse('forbidden', `the key ${by.name} has ended, and makes no other`);
    const secret = mint(scope ?? 'custom');
    const hash = sha256(secret).toString('hex');
    const key: ApiKey = {
      org,
      name,
      scope,
      permissions,
      expiresAt,
      answersTo,
      id: hash.slice(0, 16),
      hint: secret.slice(0, secret.length - 47),
      createdAt: this.#options.clock.now(),
      createdBy: by.id,
      lastUsedAt: null,
    };
    this.#creating++;
    try {
      const written = await this.#write(key, hash, by.id);
      if (!written.ok) return written;
      this.#byHash.set(hash, key);
      return ok({ key, secret });
    } finally {
      this.#creating--;
    }
  }

  /**
   * A person answers for what they make, and for what a key of theirs makes: a chain of keys is no way around it. Undefined:
   * a key that ended while its request was on the way, of which nobody knows any more who answers for it.
   */
  #answersTo(by: Principal): string | null | undefined {
    if (by.kind === 'user') return by.id;
    if (by.kind === 'token' || by.isOperator) return null;
    return [...this.#byHash.values()].find(({ id }) => id === by.id)?.answersTo;
  }

  /** Newest first. */
  list(org: string): readonly ApiKey[] {
    return [...this.#byHash.values()].filter((key) => key.org === org).sort((a, b) => b.createdAt - a.createdAt);
  }

  /** Ends a key. It stops counting before this resolves, and connections that use it are told to close. */
  async revoke(by: Principal, org: string, id: string): Promise<Result<ApiKey>> {
    const found = [...this.#byHash].find(([, key]) => key.org === org && key.id === id);
    if (found === undefined) return refuse('not_found', `no API key ${id}; list the keys with GET /v1/keys`);
    const [hash, key] = found;
    // Out of memory first: a `flush` queued behind the deletion would otherwise write the document back.
    this.#byHash.delete(hash);
    this.#used.delete(hash);
    const written = await this.#options.commit.write(org, by.id, (draft) => {
      draft.document(KIND, id, null);
      return ok(null);
    });
    if (!written.ok) {
      this.#byHash.set(hash, key);
      return written;
    }
    this.#options.onRevoked(id);
    return ok(key);
  }

  /** No key of this organization counts any more; what is stored of them goes with it. */
  forget(org: string): void {
    for (const [hash, key] of this.#byHash) {
      if (key.org !== org) continue;
      this.#byHash.delete(hash);
      this.#used.delete(hash);
      this.#options.onRevoked(key.id);
    }
  }

  /** Stores when keys were last used. Happens by itself within a minute, so that use never waits for a write; call it at the end. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const used = [...this.#used];
    this.#used.clear();
    for (const hash of used) {
      const key = this.#byHash.get(hash);
      if (key !== undefined) await this.#write(key, hash, 'system');
    }
  }

  #write(key: ApiKey, hash: string, actor: string): Promise<Result<unknown>> {
    const { org, id, ...rest } = key;
    return this.#options.commit.write(org, actor, (draft) => {
      // Expired keys go on being listed until a person removes them, so the document itself does not expire.
      draft.document(KIND, id, { ...rest, hash });
      return ok(null);
    });
  }
}

/** True when a text has the shape and checksum of one of our keys: a typing slip is told from a revoked key. */
export function isWellFormed(secret: string): boolean {
  const match = /^(sw_(?:read|report|admin|custom)_[0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/u.exec(secret);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

const KIND = 'api-key';

/** `lastUsedAt` is for people; a minute is exact enough. */
const USED_STEP_MS = 60_000;

const adminPrincipal: Principal = {
  kind: 'key',
  id: ADMIN_KEY_ID,
  name: 'STATEWIRE_ADMIN_KEY',
  org: 'main',
  scopes: ['admin'],
  // The key of the environment is the instance's own: it may what an owner may.
  permissions: ['*:*'],
  isOperator: true,
  expiresAt: null,
};

function mint(scope: Scope | 'custom'): string {
  const body = `sw_${scope}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`;
  return `${body}_${checksum(body)}`;
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), 6);
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text;
  return text;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function decode(org: string, id: string, value: Json | null): { hash: string; key: ApiKey } | null {
  if (!isObject(value)) return null;
  const { hash, name, scope, hint, createdAt, createdBy, expiresAt, lastUsedAt } = value;
  if (typeof hash !== 'string' || typeof name !== 'string' || typeof createdAt !== 'number') return null;
  const permissions = textsIn(value['permissions']);
  // A key that says neither may nothing, and is not read.
  if (!isScope(scope) && permissions === null) return null;
  const answersTo = value['answersTo'];
  const maker = typeof createdBy === 'string' ? createdBy : '';
  return {
    hash,
    key: {
      id,
      org,
      name,
      scope: isScope(scope) ? scope : null,
      permissions: isScope(scope) ? null : permissions,
      answersTo: typeof answersTo === 'string' ? answersTo : answersTo === null ? null : personIn(maker),
      createdAt,
      hint: typeof hint === 'string' ? hint : '',
      createdBy: maker,
      expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
      lastUsedAt: typeof lastUsedAt === 'number' ? lastUsedAt : null,
    },
  };
}

/** Keys of earlier releases say who made them, and not of which kind that was: ids of keys have a shape of their own. */
function personIn(maker: string): string | null {
  const isProgram = /^[0-9a-f]{16}$/u.test(maker) || maker.includes('|');
  return maker === '' || isProgram || maker === ADMIN_KEY_ID || maker === 'system' ? null : maker;
}

function textsIn(value: Json | undefined): readonly string[] | null {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : null;
}

function isObject(value: Json | null): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScope(value: unknown): value is Scope {
  return value === 'read' || value === 'report' || value === 'admin';
}
