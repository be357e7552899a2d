/**
 * Who belongs where, and what they may do there. The records of `members` and `roles` are the one truth; this keeps beside
 * them in which organizations an account is, so that a sign-in finds them, and tells the gateway when what somebody may do
 * has changed. What people sign in with is kept by serve/auth.
 */
import { createHash } from 'node:crypto';
import { allowsAnywhere, isBuiltinRole, type BuiltinRole, type Scope } from '@statewire/model';
import { ok, refuse, type Failure, type Result, type Row, type JsonObject } from '@statewire/protocol';
import { otherOwner, permissionsOf } from '../collect/commands/plains/members.ts';
import type { Grants } from '../collect/commands/grants.ts';
import type { Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { limits, type Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';

export interface MembersDeps {
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'invitationsPerOrgMax'>;
  /** Is there this organization? A new one has no records yet. */
  readonly exists: (org: string) => boolean;
  /** Is this one deleted, or being deleted? Nobody may do anything there. */
  readonly isOver: (org: string) => boolean;
  /** Which people have a connection open. */
  readonly present: () => Iterable<Pick<Principal, 'id' | 'org'>>;
  readonly grants: Pick<Grants, 'ofRole'>;
  /** An invitation counts no more: its record is gone. */
  readonly onWithdrawn: (org: string, email: string) => void;
  /** What this account may do has changed. */
  readonly onChanged: (account: string) => void;
  /** This account belongs nowhere any more. */
  readonly onGone: (account: string) => void;
}

/** What an account may do in one organization. */
export interface Standing {
  readonly org: string;
  readonly role: string;
  readonly scopes: readonly Scope[];
  readonly permissions: readonly string[];
  readonly isOperator: boolean;
}

/** An account that joins an organization. */
export interface Joining {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly org: string;
  readonly role: string;
  readonly createdAt: number;
}

/** The organization whose owners and admins run the instance. */
const HOME = 'main';

export class Members {
  readonly #deps: MembersDeps;
  readonly #orgs = new Map<string, Set<string>>();
  /** Whose record is being written because they were seen; at most one write of each at a time. */
  readonly #noting = new Set<string>();
  #timer: Timer | null = null;

  constructor(deps: MembersDeps) {
    this.#deps = deps;
    for (const org of deps.live.orgs()) {
      for (const { id, row } of deps.live.entries(org, 'members')) if (row['state'] !== 'invited') this.#enrol(id, org);
    }
  }

  /** The organizations of an account, whatever it may do there. */
  organizationsOf(account: string): readonly string[] {
    return [...(this.#orgs.get(account) ?? [])].sort();
  }

  /**
   * What an account may do: in the organization that was chosen, else at home, else in the first where it is active. Owners
   * and admins of `main` may go into every organization. Null: nothing anywhere.
   */
  standing(
    account: string,
    { chosen, home }: { readonly chosen: string | null; readonly home: string },
  ): Standing | null {
    const wanted = chosen === null ? [home] : [chosen, home];
    for (const org of [...wanted, ...this.organizationsOf(account)]) {
      const found = this.standingIn(account, org);
      if (found !== null) return found;
    }
    return null;
  }

  /** Is this organization deleted, or being deleted? */
  isOver(org: string): boolean {
    return this.#deps.isOver(org);
  }

  /** What an account may do in this organization, or null. */
  standingIn(account: string, org: string): Standing | null {
    if (this.#deps.isOver(org)) return null;
    const own = this.#active(account, org);
    const staff = this.#staffRole(account);
    if (own === null && (staff === null || !this.#deps.exists(org))) return null;
    const role = own ?? staff ?? '';
    const { live } = this.#deps;
    const inOrg = { get: (collection: string, id: string): Row | null => live.get(org, collection, id)?.row ?? null };
    const permissions = permissionsOf(this.#deps, inOrg, role);
    return { org, role, permissions, scopes: scopesOf(role, permissions), isOperator: staff !== null };
  }

  /** The same caller with what they may do now; null when that is nothing. */
  renewed(was: Principal): Principal | null {
    const now = this.standingIn(was.id, was.org);
    if (now === null) return null;
    const { permissions, scopes, isOperator } = now;
    return { ...was, permissions, scopes, isOperator };
  }

  /** Makes an account a member. The first admin of an organization without an owner owns it. Again changes nothing. */
  join({ id, email, name, org, role, createdAt }: Joining, invitedBy: string | null = null): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'system', (draft) => {
      if (draft.get('members', id) !== null) return ok(null);
      if (draft.get('members', invitedId(email)) !== null) draft.delete('members', invitedId(email));
      draft.put('members', id, memberOf({ email, name, role: this.#firstRole(draft, role), invitedBy }, createdAt));
      return ok(null);
    });
  }

  /** Whoever is invited stands among the members before they come, until they do or it is taken back. */
  invited(
    {
      org,
      email,
      role,
      by,
    }: { readonly org: string; readonly email: string; readonly role: string; readonly by: string },
    kind: Principal['kind'] | 'system' = 'system',
  ): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, kind === 'system' ? kind : `${kind}:${by}`, (draft) => {
      const id = invitedId(email);
      const known = draft.get('members', id);
      if (known?.['role'] === role) return ok(null);
      const open = known === null ? Array.from(draft.all('members')).filter(isInvited).length : 0;
      if (open >= this.#deps.limits.invitationsPerOrgMax) return tooManyInvited(open);
      draft.put('members', id, {
        observedAt: null,
        labels: {},
        source: null,
        name: email,
        email,
        role,
        state: 'invited',
        joinedAt: null,
        invitedBy: by,
        lastSeenAt: null,
        hasSecondFactor: false,
      });
      return ok(null);
    });
  }

  /** Is there room for one more? Asked before a link is made. */
  mayInvite(org: string, email: string): Result<null> {
    const { live, limits: bounds } = this.#deps;
    if (live.get(org, 'members', invitedId(email)) !== null) return ok(null);
    let open = 0;
    for (const { row } of live.entries(org, 'members')) if (isInvited(row)) open += 1;
    return open < bounds.invitationsPerOrgMax ? ok(null) : tooManyInvited(open);
  }

  /**
   * An account that there is already takes an invitation of another organization. The record of the invitation says the role;
   * it goes in the same transaction, so that one invitation makes one member, whoever withdraws it meanwhile.
   */
  async accept({
    id,
    email,
    name,
    org,
  }: Omit<Joining, 'createdAt' | 'role'>): Promise<Result<{ readonly role: string }>> {
    const written = await this.#deps.commit.write(org, `user:${id}`, (draft) => {
      const invited = draft.get('members', invitedId(email));
      if (draft.get('members', id) !== null) return refuse('exists', 'you are a member of this organization already');
      if (invited?.['state'] !== 'invited') return refuse('gone', 'the invitation was taken back; ask for another one');
      const role = textIn(invited, 'role');
      draft.delete('members', invited.id);
      const by = textIn(invited, 'invitedBy');
      const born = { email, name, role: this.#firstRole(draft, role), invitedBy: by === '' ? null : by };
      draft.put('members', id, memberOf(born, draft.now));
      return ok({ role: born.role });
    });
    return written.ok ? ok(written.value.value) : written;
  }

  /** The role that somebody at this address is invited to, or null. */
  invitationOf(org: string, email: string): string | null {
    const row = this.#deps.live.get(org, 'members', invitedId(email))?.row;
    return typeof row?.['role'] === 'string' ? row['role'] : null;
  }

  /** Takes an invitation back; its link counts no more. */
  uninvited(org: string, email: string, { kind, id }: Pick<Principal, 'id' | 'kind'>): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, `${kind}:${id}`, (draft) => {
      if (draft.get('members', invitedId(email)) !== null) draft.delete('members', invitedId(email));
      return ok(null);
    });
  }

  /** Takes an account out of all its organizations; refused where it is the last owner, and then it stays in that one. */
  async leave(account: string): Promise<Result<unknown>> {
    for (const org of this.organizationsOf(account)) {
      const left = await this.#deps.commit.write(org, `user:${account}`, (draft) => {
        const member = draft.get('members', account);
        if (member === null) return ok(null);
        const may = otherOwner(draft, member);
        if (may.ok) draft.delete('members', account);
        return may;
      });
      if (!left.ok) return left;
    }
    return ok(null);
  }

  /** The people of an organization, for those who write to them. */
  people(org: string): readonly {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly role: 'admin' | 'operator' | 'viewer';
  }[] {
    return Array.from(this.#deps.live.entries(org, 'members'))
      .filter(({ row }) => row['state'] === 'active')
      .sort((a, b) => a.rid - b.rid)
      .map(({ id, row }) => {
        const isAdmin = row['role'] === 'owner' || row['role'] === 'admin';
        const role = isAdmin ? 'admin' : row['role'] === 'operator' ? 'operator' : 'viewer';
        return { id, email: textIn(row, 'email'), name: textIn(row, 'name'), role };
      });
  }

  /** They are here: noted in their record, once in so long. Staff in an organization that is not theirs has none there. */
  seen(account: string, org: string): void {
    const { clock, live } = this.#deps;
    const row = live.get(org, 'members', account)?.row;
    if (row?.['state'] !== 'active') return;
    const last = row['lastSeenAt'];
    const sinceMs = typeof last === 'number' ? clock.now() - last : Infinity;
    // A clock that was put back must not keep somebody unseen.
    if (sinceMs >= 0 && sinceMs < limits.memberSeenStepMs) return;
    void this.#note(org, account, { lastSeenAt: clock.now() });
  }

  /** Whether they have a second factor stands in each of their records. */
  secured(account: string, hasSecondFactor: boolean): void {
    for (const org of this.organizationsOf(account)) {
      if (this.#deps.live.get(org, 'members', account)?.row['hasSecondFactor'] === hasSecondFactor) continue;
      void this.#note(org, account, { hasSecondFactor });
    }
  }

  /** Whoever keeps a page open is here, too, without asking for anything. Call once. */
  watch(): void {
    this.#timer = this.#deps.clock.after(limits.memberSeenStepMs, () => {
      for (const { id, org } of this.#deps.present()) this.seen(id, org);
      this.watch();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Follows one durable transaction. */
  follow({ org, changes }: Committed): void {
    const changed = new Set<string>();
    for (const { collection, id, before, after } of changes) {
      if (collection === 'roles') {
        if (before !== null) for (const holder of this.#holders(org, id)) changed.add(holder);
      } else if (collection === 'members') {
        if (before?.['state'] === 'invited' || after?.['state'] === 'invited') {
          if (after === null && before !== null) this.#deps.onWithdrawn(org, textIn(before, 'email'));
          continue;
        }
        if (after !== null) this.#enrol(id, org);
        else this.#forget(id, org);
        if (before?.['role'] !== after?.['role'] || before?.['state'] !== after?.['state']) changed.add(id);
      }
    }
    for (const account of changed) {
      this.#deps.onChanged(account);
      if (!this.#orgs.has(account)) this.#deps.onGone(account);
    }
  }

  /** A store that fails now is asked again when they are seen next, or by the next start. */
  async #note(org: string, account: string, fields: JsonObject): Promise<void> {
    const key = `${org} ${account} ${Object.keys(fields).join(' ')}`;
    if (this.#noting.has(key)) return;
    this.#noting.add(key);
    await this.#deps.commit.write(org, 'system', (draft) => {
      const member = draft.get('members', account);
      if (member !== null) draft.put('members', account, { ...member, ...fields });
      return ok(null);
    });
    this.#noting.delete(key);
  }

  /** The first admin of an organization without an owner owns it. */
  #firstRole(draft: Pick<Draft, 'all'>, role: string): string {
    const isFirst = role === 'admin' && !Array.from(draft.all('members')).some((other) => other['role'] === 'owner');
    return isFirst ? 'owner' : role;
  }

  #enrol(account: string, org: string): void {
    const orgs = this.#orgs.get(account) ?? new Set();
    this.#orgs.set(account, orgs);
    orgs.add(org);
  }

  #forget(account: string, org: string): void {
    const orgs = this.#orgs.get(account);
    orgs?.delete(org);
    if (orgs?.size === 0) this.#orgs.delete(account);
  }

  #holders(org: string, role: string): readonly string[] {
    return Array.from(this.#deps.live.entries(org, 'members'))
      .filter(({ row }) => row['role'] === role)
      .map(({ id }) => id);
  }

  /** The role of an active member, or null. */
  #active(account: string, org: string): string | null {
    const row = this.#deps.live.get(org, 'members', account)?.row;
    return row?.['state'] === 'active' && typeof row['role'] === 'string' ? row['role'] : null;
  }

  #staffRole(account: string): 'admin' | 'owner' | null {
    const role = this.#active(account, HOME);
    return role === 'admin' || role === 'owner' ? role : null;
  }
}

const BUILTIN_SCOPES: Readonly<Record<BuiltinRole, readonly Scope[]>> = {
  owner: ['admin'],
  admin: ['admin'],
  operator: ['read', 'report'],
  viewer: ['read'],
};

/** A role in the three words of scopes, for apps' rules. */
function scopesOf(role: string, permissions: readonly string[]): readonly Scope[] {
  if (isBuiltinRole(role)) return BUILTIN_SCOPES[role];
  const words = ['read', 'report'] as const;
  return words.filter((word) => allowsAnywhere(permissions, word));
}

function textIn(row: JsonObject, field: string): string {
  const value = row[field];
  return typeof value === 'string' ? value : '';
}

function isInvited(row: JsonObject): boolean {
  return row['state'] === 'invited';
}

function tooManyInvited(open: number): { readonly ok: false } & Failure {
  return refuse(
    'too_large',
    `${open} people are invited and have not come, which is the most; withdraw an invitation first`,
  );
}

/** Somebody who is there now. */
function memberOf(
  who: {
    readonly email: string;
    readonly name: string;
    readonly role: string;
    readonly invitedBy: string | null;
  },
  joinedAt: number,
): JsonObject {
  return {
    observedAt: null,
    labels: {},
    source: null,
    name: who.name,
    email: who.email,
    role: who.role,
    state: 'active',
    joinedAt,
    invitedBy: who.invitedBy,
    lastSeenAt: null,
    hasSecondFactor: false,
  };
}

/** One record for one address, whoever asks how often; it says nothing of the address to whoever sees the id alone. */
function invitedId(email: string): string {
  return `inv_${createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, 20)}`;
}
