/**
 * Who may see a page that is not for everybody. A password is exchanged for a cookie; a token may be shown in the
 * Authorization header, or once in an address, which is answered with a cookie and the address without it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Page } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { PAGE_SECRETS } from '../../collect/commands/plains/pages.ts';
import type { Store } from '../../keep/store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Sheet } from '../../publish/board.ts';
import { verifyPassword } from '../auth/password.ts';

/** What is kept of a page's secrets. */
export interface PageSecrets {
  readonly password: string | null;
  /** SHA-256; a token is long enough that nothing slower is needed. */
  readonly token: string | null;
  /** Signs cookies. Made anew whenever a secret changes, so that nobody stays inside by an old one. */
  readonly key: string;
  readonly [field: string]: string | null;
}

export interface GateDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly store: Pick<Store, 'document'>;
}

type Door = Pick<Sheet, 'org' | 'page'>;

export class Gate {
  readonly #deps: GateDeps;
  readonly #known = new Map<string, { readonly securedAt: number | null; readonly secrets: PageSecrets }>();

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** May this request see the page? */
  async isInside(
    door: Door,
    by: { readonly bearer: string | null; readonly cookies: string | null },
  ): Promise<boolean> {
    if (door.page.access === 'public') return true;
    const secrets = await this.#secrets(door);
    if (secrets === null) return false;
    if (by.bearer !== null) return isToken(secrets, by.bearer);
    return this.#isCookie(door, secrets, cookieOf(by.cookies, cookieName(door)));
  }

  /** The cookie for somebody who said this password, or null. */
  async byPassword(door: Door, password: string): Promise<string | null> {
    const secrets = await this.#secrets(door);
    if (door.page.access !== 'password' || secrets === null || secrets.password === null) return null;
    return (await verifyPassword(password, secrets.password)) ? this.#cookie(door, secrets) : null;
  }

  /** The cookie for somebody who came with this token, or null. */
  async byToken(door: Door, token: string): Promise<string | null> {
    const secrets = await this.#secrets(door);
    return secrets !== null && isToken(secrets, token) ? this.#cookie(door, secrets) : null;
  }

  #cookie(door: Door, secrets: PageSecrets): string {
    const until = this.#deps.clock.now() + this.#deps.limits.pageVisitMs;
    const maxAge = Math.floor(this.#deps.limits.pageVisitMs / 1_000);
    return `${cookieName(door)}=${until}.${signature(door, secrets, until)}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Lax`;
  }

  #isCookie(door: Door, secrets: PageSecrets, value: string | null): boolean {
    const match = /^(\d{1,15})\.([\w-]{43})$/u.exec(value ?? '');
    if (match === null) return false;
    const until = Number(match[1]);
    return until > this.#deps.clock.now() && isSame(match[2] ?? '', signature(door, secrets, until));
  }

  async #secrets({ org, page }: Door): Promise<PageSecrets | null> {
    const key = `${org}\n${page.id}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.securedAt === page.securedAt) return known.secrets;
    const secrets = secretsOf(await this.#deps.store.document(PAGE_SECRETS, org, page.id));
    if (secrets === null) return null;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(key, { securedAt: page.securedAt, secrets });
    return secrets;
  }
}

/** Pages whose secrets are kept in memory. */
const KNOWN_MAX = 1_000;

/** What a stored document says, or null. */
export function secretsOf(value: Json | null): PageSecrets | null {
  if (!isObject(value)) return null;
  const { password, token, key } = value;
  if (typeof key !== 'string') return null;
  return {
    key,
    password: typeof password === 'string' ? password : null,
    token: typeof token === 'string' ? token : null,
  };
}

/** Is a stored document an object? Everything that is kept of pages is one. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function isToken(secrets: PageSecrets, token: string): boolean {
  return secrets.token !== null && isSame(tokenDigest(token), secrets.token);
}

function signature({ org, page }: Door, { key }: PageSecrets, until: number): string {
  return createHmac('sha256', key).update(`${org}\n${page.id}\n${until}`).digest('base64url');
}

function cookieName({ org, page }: { readonly org: string; readonly page: Pick<Page, 'id'> }): string {
  return `sw-page-${createHash('sha256').update(`${org}\n${page.id}`).digest('hex').slice(0, 16)}`;
}

function cookieOf(header: string | null, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
