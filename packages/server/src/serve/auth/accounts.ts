import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beyond } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Vault } from '../../lib/vault.ts';
import type { Auth, AuthOptions } from './better-auth.ts';
import { createTables } from './tables.ts';
import { Links, type Link, type Role } from './links.ts';
import type { Identity as Vouched, OidcConfig } from './oidc/provider.ts';
import { refused, type OidcFailure } from './oidc/refusal.ts';
import { hashPassword, verifyPassword } from './password.ts';
import { SecondFactors } from './second-factor.ts';
import { Sessions, type Visit, type Way } from './sessions.ts';

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
  /** Their organization wants a second factor, and they have none: until then they may do nothing else. */
  readonly needsSecondFactor: boolean;
}

/** The password was right, and a code is asked for before anything else. */
export interface SecondStep {
  readonly secondStep: { readonly token: string; readonly expiresAt: number };
}

export interface AccountsOptions {
  readonly clock: Clock;
  /** The data directory; holds accounts.db and accounts.secret. */
  readonly dir: string;
  /** Where browsers reach this server; https makes cookies Secure. */
  readonly publicUrl: string;
  /** A person's rights changed or ended: connections that live by them must close. With `session` those of that session alone. */
  readonly onRevoked: (principalId: string, session?: string) => void;
  readonly vault: Vault;
  /** Does this organization want a second factor of whoever signs in by password? */
  readonly requiresSecondFactor: (org: string) => boolean;
  /** Who belongs where, and what they may do there: the record store knows. */
  readonly members: Membership;
}

/** What is asked about members. */
export interface Membership {
  standing(
    account: string,
    where: { readonly chosen: string | null; readonly home: string },
  ): (Pick<Principal, 'isOperator' | 'org' | 'permissions' | 'scopes'> & { readonly role: string }) | null;
  /** Makes an account a member of its first organization; again changes nothing. */
  join(user: User): Promise<Result<unknown>>;
  organizationsOf(account: string): readonly string[];
  /** They are here now, in this organization. */
  seen(account: string, org: string): void;
  /** Whether they have a second factor, for those who look after the organization. */
  secured(account: string, hasSecondFactor: boolean): void;
  standingIn(account: string, org: string): Pick<Principal, 'permissions'> | null;
  /** Is this organization deleted, or being deleted? */
  isOver(org: string): boolean;
  /** Takes an account out of all its organizations; refused where it is the last owner. */
  leave(account: string): Promise<Result<unknown>>;
}

const DAY_MS = 86_400_000;

/**
 * People: email and password on better-auth over a database file of its own, so that accounts neither wait for nor
 * load the record store. Nobody signs up: the first admin comes through a one-time link printed at start, everyone
 * else through an invitation. better-auth is never mounted as a router; only the calls below reach it.
 */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #db: DatabaseSync;
  readonly #authOptions: AuthOptions;
  #auth: Promise<Auth> | null = null;
  readonly #links: Links;
  readonly secondFactors: SecondFactors;
  readonly sessions: Sessions;

  private constructor(options: AccountsOptions, db: DatabaseSync, authOptions: AuthOptions) {
    this.#options = options;
    this.#authOptions = authOptions;
    this.#db = db;
    this.#links = new Links(db);
    db.exec(`CREATE TABLE IF NOT EXISTS joined (account TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS chosen_organization (session TEXT PRIMARY KEY, org TEXT NOT NULL) STRICT, WITHOUT ROWID`);
    this.secondFactors = new SecondFactors({
      db,
      clock: options.clock,
      vault: options.vault,
      onTurned: (person, isOn) => options.members.secured(person, isOn),
    });
    this.sessions = new Sessions({ db, clock: options.clock });
  }

  /** The file of accounts, for what lies beside them in it. */
  get db(): DatabaseSync {
    return this.#db;
  }

  static async open(options: AccountsOptions): Promise<Accounts> {
    const path = join(options.dir, 'accounts.db');
    // Created by hand first, so that the file is never readable by others, not even for a moment.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    const db = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const auth = { publicUrl: options.publicUrl, secret: secretIn(options.dir) };
    await createTables(db, async () => (await import('./better-auth.ts')).migrate(auth, db));
    return new Accounts(options, db, auth);
  }

  /** Loaded when the first person comes: it is a quarter of all a start would have to read. */
  get #library(): Promise<Auth> {
    this.#auth ??= import('./better-auth.ts').then(({ createAuth }) => createAuth(this.#authOptions, this.#db));
    return this.#auth;
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
    visit: Visit = nowhere,
  ): Promise<Result<SignedIn>> {
    const seen = this.link(token);
    if (seen === null || seen.kind === 'reset') return linkGone;
    const email = (seen.kind === 'invite' ? seen.email : wanted.email).toLowerCase();
    if (this.#userBy('email', email) !== null)
      return refuse(
        'exists',
        'an account with this address exists already; sign in with it, and accept the invitation there',
      );
    const password = await hashPassword(wanted.password);
    // Taken only now, in one statement: hashing is slow, and a second request may have come by meanwhile.
    const link = this.#links.take(token, this.#options.clock.now());
    if (link === null || (link.kind === 'welcome' && !this.isEmpty)) return linkGone;
    if (this.#options.members.isOver(link.org)) return linkGone;
    try {
      const id = await this.#create({ email, name: wanted.name, role: link.role, org: link.org });
      await this.#setPassword(id, password);
      await this.#joinNow(id);
      return await this.#open(id, 'password', visit);
    } catch (error) {
      this.#links.restore(token, link);
      throw error;
    }
  }

  /**
   * One answer for an unknown address and a wrong password, after the same work. Whoever has a second factor is asked for a
   * code: see `finishSignIn`.
   */
  async signIn(
    { email, password }: { readonly email: string; readonly password: string },
    visit: Visit = nowhere,
  ): Promise<Result<SecondStep | SignedIn>> {
    const user = this.#userBy('email', email.toLowerCase());
    if (!(await this.#isPassword(user?.id ?? null, password)) || user === null) return wrongPassword;
    if (this.secondFactors.isOn(user.id)) return ok({ secondStep: this.secondFactors.challenge(user.id) });
    return this.#open(user.id, 'password', visit);
  }

  /** The second step: the token of the first one and a code. */
  async finishSignIn(
    token: string,
    code: string,
    visit: Visit = nowhere,
  ): Promise<Result<SignedIn & { readonly shown: 'backup' | 'code' }>> {
    const answered = this.secondFactors.answer(token, code);
    if (!answered.ok) return answered;
    const opened = await this.#open(answered.value.person, 'password', visit);
    return opened.ok ? ok({ ...opened.value, shown: answered.value.shown }) : opened;
  }

  /**
   * Lets in whom an identity provider vouches for: who came this way before; the account with the address it vouches for; who was
   * invited at that address; a newcomer, where newcomers are welcome.
   */
  async enter(config: OidcConfig, vouched: Vouched, visit: Visit = nowhere): Promise<Result<SignedIn, OidcFailure>> {
    const providerId = `oidc:${config.issuer}`;
    const { internalAdapter } = await (await this.#library).$context;
    const linked = this.#db
      .prepare('SELECT userId FROM account WHERE providerId = ? AND accountId = ?')
      .get(providerId, vouched.subject);
    let person = typeof linked?.['userId'] === 'string' ? linked['userId'] : null;
    if (person === null) {
      const { email } = vouched;
      if (email === null) return refused('oidc-unverified', 'the provider does not vouch for an address');
      // Whoever were first would otherwise shut the first-run link, and the only admin out.
      if (this.isEmpty) return refused('oidc-not-invited', 'the first account is made by the first-run link');
      person = this.#userBy('email', email)?.id ?? null;
      if (person === null) {
        const invite = this.#links.takeInvite(email, this.#options.clock.now());
        const role = invite?.role ?? roleOf(config.newcomers);
        const org = invite?.org ?? config.org;
        if (role === null || this.#options.members.isOver(org))
          return refused('oidc-not-invited', 'nobody has invited this address');
        person = await this.#create({ email, name: vouched.name, role, org });
        await this.#joinNow(person);
      }
      await internalAdapter.linkAccount({ userId: person, providerId, accountId: vouched.subject });
    }
    const opened = await this.#open(person, 'oidc', visit);
    return opened.ok ? opened : refused('oidc-refused', opened.message);
  }

  /** The person behind a Cookie header, or null. `renew` moves the session's end and returns the cookie that says so. */
  async session(
    cookie: string,
    { renew = false }: { readonly renew?: boolean | undefined } = {},
  ): Promise<SignedIn | null> {
    const { headers, response } = await (
      await this.#library
    ).api.getSession({
      headers: new Headers({ cookie }),
      query: { disableRefresh: !renew },
      returnHeaders: true,
    });
    if (response === null) return null;
    const account = toUser(response.user);
    const expiresAt = response.session.expiresAt.getTime();
    if (account === null || expiresAt <= this.#options.clock.now()) return null;
    const { id, way, lastSeenAt } = response.session;
    const standing = this.#options.members.standing(account.id, { chosen: this.#chosen(id), home: account.org });
    if (standing === null) return null;
    this.sessions.seen(id, typeof lastSeenAt === 'number' ? lastSeenAt : null);
    this.#options.members.seen(account.id, standing.org);
    const { org, role, scopes, permissions, isOperator } = standing;
    const user: User = { ...account, org, role };
    const needsSecondFactor =
      way !== 'oidc' && this.#options.requiresSecondFactor(org) && !this.secondFactors.isOn(user.id);
    const principal: Principal = {
      kind: 'user',
      id: user.id,
      name: user.name,
      org,
      scopes,
      permissions,
      isOperator,
      expiresAt,
      session: id,
    };
    return {
      user,
      expiresAt,
      principal: needsSecondFactor ? { ...principal, ...NOTHING } : principal,
      cookies: headers.getSetCookie(),
      needsSecondFactor,
    };
  }

  /** Ends one session; returns cookies that clear the browser's. */
  async signOut(cookie: string): Promise<readonly string[]> {
    const signedIn = await this.session(cookie);
    const { headers } = await (
      await this.#library
    ).api.signOut({ headers: new Headers({ cookie }), returnHeaders: true });
    if (signedIn !== null) this.#options.onRevoked(signedIn.principal.id, signedIn.principal.session);
    return headers.getSetCookie();
  }

  /** Is this the password of this account? Takes the same time for an account that has none, and for no account. */
  isPassword(person: string, password: string): Promise<boolean> {
    return this.#isPassword(person, password);
  }

  /** Has this account a password? Who comes through an identity provider need not have one. */
  hasPassword(person: string): boolean {
    return this.#hashOf(person) !== null;
  }

  /** Sets a new password and ends every other session. */
  async changePassword(
    person: string,
    { current, next, session }: { readonly current: string; readonly next: string; readonly session: string | null },
  ): Promise<Result<null>> {
    if (!(await this.#isPassword(person, current)))
      return refuse('forbidden', 'the current password is not right; nothing was changed');
    await this.#setPassword(person, await hashPassword(next));
    this.endSessions(person, session);
    return ok(null);
  }

  /** Ends one session of a person, and what it had opened. */
  endSession(person: string, id: string): Result<null> {
    if (!this.sessions.end(person, id)) return refuse('not_found', 'no such session; list yours with GET /v1/sessions');
    this.#options.onRevoked(person, id);
    return ok(null);
  }

  /** Ends all sessions of a person but one; returns how many. */
  endSessions(person: string, except: string | null = null): number {
    const ended = this.sessions.endAll(person, except);
    for (const id of ended) this.#options.onRevoked(person, id);
    return ended.length;
  }

  /** A link by which whoever holds it sets a new password, once, within an hour; null when nobody has this address. */
  resetFor(
    email: string,
    createdBy: string,
  ): { readonly token: string; readonly user: User; readonly link: Link } | null {
    const user = this.#userBy('email', email.toLowerCase());
    if (user === null) return null;
    const now = this.#options.clock.now();
    const link: Link = {
      kind: 'reset',
      email: user.email,
      org: user.org,
      role: user.role,
      createdBy,
      createdAt: now,
      expiresAt: now + limits.resetLinkMs,
    };
    return { token: this.#links.issue(link), user, link };
  }

  /** Uses such a link up: the new password holds, and every session is over. A second factor stays. */
  async reset(token: string, password: string): Promise<Result<User>> {
    const seen = this.link(token);
    if (seen?.kind !== 'reset') return linkGone;
    const hash = await hashPassword(password);
    const link = this.#links.take(token, this.#options.clock.now());
    const user = link === null ? null : this.#userBy('email', link.email);
    if (user === null) return linkGone;
    await this.#setPassword(user.id, hash);
    this.endSessions(user.id);
    return ok(user);
  }

  /** The account of this id, when it is of this organization. */
  user(org: string, id: string): User | null {
    const user = this.#userBy('id', id);
    return this.#options.members.organizationsOf(id).includes(org) ? user : null;
  }

  /** May this person do something that the caller may not? Then the caller must not get at their account. */
  isBeyond(by: Principal, user: User): boolean {
    const { members } = this.#options;
    // An account is one for all its organizations: whoever gets at it gets at what it may do in each.
    return members.organizationsOf(user.id).some((org) => {
      if (org !== by.org && !by.isOperator) return true;
      return beyond(by.permissions, members.standingIn(user.id, org)?.permissions ?? []).length > 0;
    });
  }

  rename(person: string, name: string): void {
    this.#db.prepare('UPDATE user SET name = ? WHERE id = ?').run(name, person);
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
    // Whoever has an account elsewhere is invited like a stranger: where an address belongs is nobody else's business.
    const known = this.#userBy('email', address);
    if (known !== null && this.#options.members.organizationsOf(known.id).includes(by.org))
      return refuse('exists', 'this address cannot be invited: whoever has it is a member here already');
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

  /** Has this address an account? Whoever is invited at it accepts with that one, and makes no other. */
  hasAccount(email: string): boolean {
    return this.#userBy('email', email.toLowerCase()) !== null;
  }

  /** Open invitations for the address of this account. */
  invitationsFor(id: string): readonly Link[] {
    const user = this.#userBy('id', id);
    if (user === null) return [];
    return this.#links
      .invitesFor(user.email, this.#options.clock.now())
      .filter(({ org }) => !this.#options.members.isOver(org));
  }

  /** The records of an account's organizations say whether it has a second factor, that of a new one too. */
  tellFactor(id: string): void {
    this.#options.members.secured(id, this.secondFactors.isOn(id));
  }

  /** Takes an invitation back. */
  withdraw(org: string, email: string): boolean {
    return this.#links.withdraw(org, email.toLowerCase());
  }

  /** Whoever has an account and is no member yet becomes one; an account that belongs nowhere any more goes. Before serving. */
  async settle(): Promise<void> {
    const joined = new Set(
      this.#db
        .prepare('SELECT account FROM joined')
        .all()
        .map(({ account }) => account),
    );
    for (const user of this.#db.prepare('SELECT * FROM user ORDER BY createdAt, id').all().map(toUser)) {
      if (user === null) continue;
      // Records of earlier releases do not say, and a kill may have come between the factor and the record.
      this.#options.members.secured(user.id, this.secondFactors.isOn(user.id));
      if (!joined.has(user.id) && !this.#options.members.isOver(user.org)) await this.#join(user);
      else if (this.#options.members.organizationsOf(user.id).length === 0) this.forget(user.id);
    }
    this.#db.exec('DELETE FROM chosen_organization WHERE session NOT IN (SELECT id FROM session)');
  }

  /**
   * An organization is over: its links count no more, and no session is in it. Whoever belongs to another is at home there;
   * whoever does not goes when their record does.
   */
  dissolve(org: string): void {
    this.#links.end(org);
    this.#db.prepare('DELETE FROM chosen_organization WHERE org = ?').run(org);
    const move = this.#db.prepare('UPDATE user SET org = ? WHERE id = ?');
    for (const { id } of this.users(org)) {
      const other = this.#options.members.organizationsOf(id).find((each) => !this.#options.members.isOver(each));
      if (other !== undefined) move.run(other, id);
    }
  }

  /** From now on the session of this cookie is in that organization. */
  async choose(cookie: string, org: string): Promise<Result<SignedIn>> {
    const response = await (
      await this.#library
    ).api.getSession({
      headers: new Headers({ cookie }),
      query: { disableRefresh: true },
    });
    if (response === null) return refuse('auth_required', 'nobody is signed in; sign in first');
    const { id: session, userId } = response.session;
    const there = this.#options.members.standing(userId, { chosen: org, home: org });
    // In the words for one that does not exist: which there are is nobody's business.
    if (there?.org !== org)
      return refuse('not_found', 'there is no such organization for you; GET /v1/organizations lists yours');
    this.#db.prepare('INSERT OR REPLACE INTO chosen_organization VALUES (?, ?)').run(session, org);
    const signedIn = await this.session(cookie);
    return signedIn === null ? refuse('auth_required', 'nobody is signed in; sign in first') : ok(signedIn);
  }

  /** Leaves every organization, and is forgotten. */
  async leave(id: string): Promise<Result<unknown>> {
    const left = await this.#options.members.leave(id);
    if (left.ok) this.forget(id);
    return left;
  }

  /** Takes an account away with every session. */
  forget(id: string): void {
    // Sessions and credentials go with it: both reference the user with ON DELETE CASCADE.
    this.#db.prepare('DELETE FROM user WHERE id = ?').run(id);
    this.#db.prepare('DELETE FROM joined WHERE account = ?').run(id);
    this.#options.onRevoked(id);
  }

  close(): void {
    this.#db.close();
  }

  #chosen(session: string): string | null {
    const row = this.#db.prepare('SELECT org FROM chosen_organization WHERE session = ?').get(session);
    return typeof row?.['org'] === 'string' ? row['org'] : null;
  }

  /** Written down only after the record is durable: after a kill in between, the start joins them again. */
  async #joinNow(id: string): Promise<void> {
    const made = this.#userBy('id', id);
    if (made !== null) await this.#join(made);
  }

  async #join(user: User): Promise<void> {
    const joined = await this.#options.members.join(user);
    if (!joined.ok) throw new Error(`the account could not join its organization: ${joined.message}`);
    this.#db.prepare('INSERT OR IGNORE INTO joined VALUES (?)').run(user.id);
  }

  async #open(person: string, way: Way, visit: Visit): Promise<Result<SignedIn>> {
    for (const id of this.sessions.trim(person)) this.#options.onRevoked(person, id);
    const { internalAdapter, authCookies, secret, sessionConfig } = await (await this.#library).$context;
    // better-auth opens sessions by password alone; this one says how and from where it began.
    const { token } = await internalAdapter.createSession(person, false, {
      ipAddress: visit.ip.slice(0, 64),
      userAgent: visit.agent.slice(0, AGENT_LENGTH_MAX),
      way,
      lastSeenAt: this.#options.clock.now(),
    });
    const { name, attributes } = authCookies.sessionToken;
    // The form of better-auth's signed cookies, which its own `getSession` reads on the next line.
    const signature = createHmac('sha256', secret).update(token).digest('base64');
    const value = encodeURIComponent(`${token}.${signature}`);
    const flags = `Max-Age=${sessionConfig.expiresIn}; Path=/; HttpOnly; SameSite=Lax${attributes.secure === true ? '; Secure' : ''}`;
    const cookies = [`${name}=${value}; ${flags}`];
    const signedIn = await this.session(toCookieHeader(cookies));
    return signedIn === null ? wrongPassword : ok({ ...signedIn, cookies });
  }

  async #create(user: {
    readonly email: string;
    readonly name: string;
    readonly role: Role;
    readonly org: string;
  }): Promise<string> {
    const { internalAdapter } = await (await this.#library).$context;
    const { id } = await internalAdapter.createUser({ ...user, emailVerified: true }, { method: 'email' });
    return id;
  }

  async #setPassword(person: string, password: string): Promise<void> {
    const { internalAdapter } = await (await this.#library).$context;
    if (this.#hashOf(person) === null)
      await internalAdapter.linkAccount({ userId: person, providerId: 'credential', accountId: person, password });
    else await internalAdapter.updatePassword(person, password);
  }

  async #isPassword(person: string | null, password: string): Promise<boolean> {
    const hash = person === null ? null : this.#hashOf(person);
    // The same work for nobody: how long an answer takes must not say who is here.
    const fits = await verifyPassword(
      password,
      hash ?? (await (nobodys ??= hashPassword(randomBytes(32).toString('hex')))),
    );
    return fits && hash !== null;
  }

  #hashOf(person: string): string | null {
    const row = this.#db
      .prepare("SELECT password FROM account WHERE userId = ? AND providerId = 'credential'")
      .get(person);
    return typeof row?.['password'] === 'string' ? row['password'] : null;
  }

  #userBy(field: 'id' | 'email', value: string): User | null {
    return toUser(this.#db.prepare(`SELECT * FROM user WHERE ${field} = ?`).get(value));
  }
}

/** What somebody may do who has to set up a second factor first. */
const NOTHING = { scopes: [], permissions: [], isOperator: false } as const;

const AGENT_LENGTH_MAX = 300;
const nowhere: Visit = { ip: '', agent: '' };

/** A hash that no password makes. */
let nobodys: Promise<string> | null = null;

const linkGone = refuse(
  'gone',
  'this link was used, replaced or has ended; restart the server for a new first-run link, or ask an admin to invite you again',
);
const wrongPassword = refuse('auth_invalid', 'the address or the password is not right; check both and try again');

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

/** A role by its name, or null. */
function roleOf(name: string | null): Role | null {
  return name === 'viewer' || name === 'operator' || name === 'admin' ? name : null;
}

function toUser(row: Record<string, unknown> | undefined): User | null {
  if (row === undefined) return null;
  const { id, email, name, org, role, createdAt } = row;
  if (typeof id !== 'string' || typeof email !== 'string' || typeof org !== 'string') return null;
  if (typeof role !== 'string' || role === '') return null;
  const at = createdAt instanceof Date ? createdAt.getTime() : Date.parse(String(createdAt));
  return { id, email, name: typeof name === 'string' ? name : email, org, role, createdAt: at };
}

function toCookieHeader(setCookies: readonly string[]): string {
  return setCookies.map((line) => line.split(';', 1)[0]).join('; ');
}
