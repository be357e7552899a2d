import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { isAPIError } from 'better-auth/api';
import { getMigrations } from 'better-auth/db/migration';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Principal, Scope } from '../../lib/principal.ts';
import { Links, type Link, type Role } from './links.ts';
import { hashPassword, verifyPassword } from './password.ts';

/** A person with an account. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly org: string;
  readonly role: Role;
  readonly createdAt: number;
}

/** A signed-in person: who, until when, and the cookies to set (empty when they stay as they are). */
export interface SignedIn {
  readonly user: User;
  readonly principal: Principal;
  readonly expiresAt: number;
  readonly cookies: readonly string[];
}

export interface AccountsOptions {
  readonly clock: Clock;
  /** The data directory; holds accounts.db and accounts.secret. */
  readonly dir: string;
  /** Where browsers reach this server; https makes cookies Secure. */
  readonly publicUrl: string;
  /** A person's rights changed or ended: connections that live by them must close. */
  readonly onRevoked: (principalId: string) => void;
  /** What a role may do. */
  readonly permissionsOf: (role: Role) => readonly string[];
}

export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 256;

const DAY_MS = 86_400_000;
const SESSION_DAYS = 7;
const COOKIE_PREFIX = 'statewire';

/**
 * People: email and password on better-auth over a database file of its own, so that accounts neither wait for nor
 * load the record store. Nobody signs up: the first admin comes through a one-time link printed at start, everyone
 * else through an invitation. better-auth is never mounted as a router; only the calls below reach it.
 */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #db: DatabaseSync;
  readonly #auth: Auth;
  readonly #links: Links;

  private constructor(options: AccountsOptions, db: DatabaseSync, auth: Auth) {
    this.#options = options;
    this.#db = db;
    this.#auth = auth;
    this.#links = new Links(db);
  }

  static async open(options: AccountsOptions): Promise<Accounts> {
    const path = join(options.dir, 'accounts.db');
    // Created by hand first, so that the file is never readable by others, not even for a moment.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    const db = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const settings = settingsFor(options, db);
    await (await getMigrations(settings)).runMigrations();
    return new Accounts(options, db, betterAuth(settings));
  }

  /** Is there anybody who can sign in? */
  get isEmpty(): boolean {
    return this.#db.prepare('SELECT 1 FROM user LIMIT 1').get() === undefined;
  }

  /** The token of the first-run link, or null once an account exists. Each call makes a new one and ends the one before. */
  welcome(): string | null {
    if (!this.isEmpty) return null;
    const now = this.#options.clock.now();
    return this.#links.issue({
      kind: 'welcome',
      email: '',
      org: 'main',
      role: 'admin',
      createdBy: 'system',
      createdAt: now,
      expiresAt: now + DAY_MS,
    });
  }

  /** What a one-time link is for, for the page that asks for a password. */
  link(token: string): Link | null {
    return this.#links.peek(token, this.#options.clock.now());
  }

  /** Makes the account a one-time link allows, and signs it in. */
  async redeem(
    token: string,
    wanted: { readonly email: string; readonly name: string; readonly password: string },
  ): Promise<Result<SignedIn>> {
    const seen = this.link(token);
    if (seen === null) return linkGone;
    const email = (seen.kind === 'invite' ? seen.email : wanted.email).toLowerCase();
    if (this.#userBy('email', email) !== null)
      return refuse(
        'exists',
        'an account with this address exists already; sign in, or ask an admin for a new password link',
      );
    const password = await hashPassword(wanted.password);
    // Taken only now, in one statement: hashing is slow, and a second request may have come by meanwhile.
    const link = this.#links.take(token, this.#options.clock.now());
    if (link === null || (link.kind === 'welcome' && !this.isEmpty)) return linkGone;
    try {
      const { internalAdapter } = await this.#auth.$context;
      const user = await internalAdapter.createUser(
        { email, name: wanted.name, emailVerified: true, role: link.role, org: link.org },
        { method: 'email' },
      );
      await internalAdapter.linkAccount({ userId: user.id, providerId: 'credential', accountId: user.id, password });
    } catch (error) {
      this.#links.restore(token, link);
      throw error;
    }
    return this.signIn({ email, password: wanted.password });
  }

  /** One answer for an unknown address and a wrong password, after the same work. */
  async signIn({ email, password }: { readonly email: string; readonly password: string }): Promise<Result<SignedIn>> {
    try {
      const { headers } = await this.#auth.api.signInEmail({
        body: { email: email.toLowerCase(), password },
        headers: new Headers(),
        returnHeaders: true,
      });
      const cookies = headers.getSetCookie();
      const signedIn = await this.session(toCookieHeader(cookies));
      return signedIn === null ? wrongPassword : ok({ ...signedIn, cookies });
    } catch (error) {
      if (isAPIError(error)) return wrongPassword;
      throw error;
    }
  }

  /** The person behind a Cookie header, or null. `renew` moves the session's end and returns the cookie that says so. */
  async session(
    cookie: string,
    { renew = false }: { readonly renew?: boolean | undefined } = {},
  ): Promise<SignedIn | null> {
    const { headers, response } = await this.#auth.api.getSession({
      headers: new Headers({ cookie }),
      query: { disableRefresh: !renew },
      returnHeaders: true,
    });
    if (response === null) return null;
    const user = toUser(response.user);
    const expiresAt = response.session.expiresAt.getTime();
    if (user === null || expiresAt <= this.#options.clock.now()) return null;
    return { user, expiresAt, principal: this.#principalOf(user, expiresAt), cookies: headers.getSetCookie() };
  }

  /** Ends one session; returns cookies that clear the browser's. */
  async signOut(cookie: string): Promise<readonly string[]> {
    const signedIn = await this.session(cookie);
    const { headers } = await this.#auth.api.signOut({ headers: new Headers({ cookie }), returnHeaders: true });
    if (signedIn !== null) this.#options.onRevoked(signedIn.principal.id);
    return headers.getSetCookie();
  }

  /** Sets a new password, ends every other session and renews this one. */
  async changePassword(
    cookie: string,
    { current, next }: { readonly current: string; readonly next: string },
  ): Promise<Result<readonly string[]>> {
    const signedIn = await this.session(cookie);
    if (signedIn === null) return refuse('auth_required', 'nobody is signed in; sign in first');
    try {
      const { headers } = await this.#auth.api.changePassword({
        headers: new Headers({ cookie }),
        body: { currentPassword: current, newPassword: next, revokeOtherSessions: true },
        returnHeaders: true,
      });
      this.#options.onRevoked(signedIn.principal.id);
      return ok(headers.getSetCookie());
    } catch (error) {
      if (isAPIError(error)) return refuse('forbidden', 'the current password is not right; nothing was changed');
      throw error;
    }
  }

  /** People of an organization, oldest first. */
  users(org: string): readonly User[] {
    return this.#db
      .prepare('SELECT * FROM user WHERE org = ? ORDER BY createdAt, id')
      .all(org)
      .map(toUser)
      .filter((user) => user !== null);
  }

  /** Open invitations of an organization. */
  invites(org: string): readonly Link[] {
    return this.#links.invites(org, this.#options.clock.now());
  }

  /** Makes a one-time link for a person; returns its token. A second invitation replaces the first. */
  invite(
    by: Principal,
    { email, role }: { readonly email: string; readonly role: Role },
  ): Result<{ token: string; link: Link }> {
    const address = email.toLowerCase();
    // The same answer wherever the account is: which organization an address belongs to is nobody else's business.
    if (this.#userBy('email', address) !== null)
      return refuse('exists', 'this address cannot be invited: it already has an account here');
    const now = this.#options.clock.now();
    const link: Link = {
      kind: 'invite',
      email: address,
      org: by.org,
      role,
      createdBy: by.id,
      createdAt: now,
      expiresAt: now + DAY_MS,
    };
    return ok({ token: this.#links.issue(link), link });
  }

  /** Takes an invitation back. */
  withdraw(org: string, email: string): boolean {
    return this.#links.withdraw(org, email.toLowerCase());
  }

  /** Changes what a person may do, at once: their sessions stay, their connections are told to ask again. */
  setRole(org: string, id: string, role: Role): Result<User> {
    const user = this.#userBy('id', id);
    if (user === null || user.org !== org) return noUser(id);
    if (role !== 'admin' && this.#isLastAdmin(user)) return lastAdmin;
    this.#db.prepare('UPDATE user SET role = ? WHERE id = ?').run(role, id);
    this.#options.onRevoked(id);
    return ok({ ...user, role });
  }

  /** Removes a person with every session. */
  remove(org: string, id: string): Result<User> {
    const user = this.#userBy('id', id);
    if (user === null || user.org !== org) return noUser(id);
    if (this.#isLastAdmin(user)) return lastAdmin;
    // Sessions and credentials go with it: both reference the user with ON DELETE CASCADE.
    this.#db.prepare('DELETE FROM user WHERE id = ?').run(id);
    this.#options.onRevoked(id);
    return ok(user);
  }

  close(): void {
    this.#db.close();
  }

  #principalOf(user: User, expiresAt: number): Principal {
    return {
      kind: 'user',
      id: user.id,
      name: user.name,
      org: user.org,
      scopes: scopesOf[user.role],
      permissions: this.#options.permissionsOf(user.role),
      // The instance belongs to the organization it was set up with.
      isOperator: user.role === 'admin' && user.org === 'main',
      expiresAt,
    };
  }

  #userBy(field: 'id' | 'email', value: string): User | null {
    return toUser(this.#db.prepare(`SELECT * FROM user WHERE ${field} = ?`).get(value));
  }

  #isLastAdmin(user: User): boolean {
    return (
      user.role === 'admin' && this.users(user.org).every((other) => other.id === user.id || other.role !== 'admin')
    );
  }
}

/** The cookie that marks a browser as signed in has one of these names. */
export function hasSessionCookie(cookie: string): boolean {
  return sessionCookieOf(cookie) !== null;
}

/** What that cookie says, or null. */
export function sessionCookieOf(cookie: string): string | null {
  const match = new RegExp(`(?:^|;\\s*)(?:__Secure-)?${COOKIE_PREFIX}\\.session_token=([^;]*)`, 'u').exec(cookie);
  return match?.[1] ?? null;
}

const scopesOf: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'report'],
  admin: ['admin'],
};

const linkGone = refuse(
  'gone',
  'this link was used, replaced or has ended; restart the server for a new first-run link, or ask an admin to invite you again',
);
const wrongPassword = refuse('auth_invalid', 'the address or the password is not right; check both and try again');
const lastAdmin = refuse('forbidden', 'this is the last admin of the organization; make someone else an admin first');

function noUser(id: string): Result<never> {
  return refuse('not_found', `no user ${id}; list them with GET /v1/members`);
}

type Auth = ReturnType<typeof betterAuth<ReturnType<typeof settingsFor>>>;

function settingsFor({ dir, publicUrl }: AccountsOptions, db: DatabaseSync) {
  return {
    database: db,
    appName: 'Statewire',
    baseURL: publicUrl,
    secret: secretIn(dir),
    telemetry: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(password, hash) },
    },
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        org: { type: 'string', required: true, input: false },
      },
    },
    session: { expiresIn: SESSION_DAYS * 86_400, updateAge: 86_400 },
    // Ours is in http/rate.ts, in front of every door.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: publicUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { disableIpTracking: true },
    },
  } satisfies BetterAuthOptions;
}

/** Signs session cookies. A file beside the database: copying accounts.db alone does not let anyone make cookies. */
function secretIn(dir: string): string {
  const path = join(dir, 'accounts.secret');
  try {
    writeFileSync(path, randomBytes(48).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret.length < 32)
    throw new Error(
      `${path} holds ${secret.length} characters and needs at least 32; delete it (everyone signs in again)`,
    );
  return secret;
}

function toUser(row: Record<string, unknown> | undefined): User | null {
  if (row === undefined) return null;
  const { id, email, name, org, role, createdAt } = row;
  if (typeof id !== 'string' || typeof email !== 'string' || typeof org !== 'string') return null;
  if (role !== 'viewer' && role !== 'operator' && role !== 'admin') return null;
  const at = createdAt instanceof Date ? createdAt.getTime() : Date.parse(String(createdAt));
  return { id, email, name: typeof name === 'string' ? name : email, org, role, createdAt: at };
}

function toCookieHeader(setCookies: readonly string[]): string {
  return setCookies.map((line) => line.split(';', 1)[0]).join('; ');
}
