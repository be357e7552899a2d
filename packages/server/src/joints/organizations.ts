/**
 * The organizations of the instance. One is there as soon as something is written in it; its name is a document of its own,
 * so that it is there before any record is.
 */
import { ok, refuse, type Json, type Result } from '@statewire/protocol';
import type { Commit } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';
import type { Members } from './members.ts';
import type { OrganizationEnds } from './organization-ends.ts';

export interface OrganizationsDeps {
  readonly commit: Pick<Commit, 'write'>;
  readonly live: Pick<Live, 'collections' | 'entries' | 'orgs' | 'size'>;
  readonly store: Pick<Store, 'documents'>;
  readonly members: Pick<Members, 'organizationsOf' | 'standingIn'>;
  readonly limits: Pick<Limits, 'organizationsMax'>;
  /** Those that are deleted, or are being deleted: they are not there any more. */
  readonly ends: Pick<OrganizationEnds, 'has'>;
}

export interface Organization {
  readonly id: string;
  readonly name: string;
}

/** What is lost with an organization. */
export interface Holdings {
  readonly people: number;
  /** Of these, who belongs to no other one: their accounts go with it. */
  readonly peopleOnlyHere: number;
  readonly invitations: number;
  readonly records: number;
  /** How many of each collection that has any. */
  readonly collections: Readonly<Record<string, number>>;
}

export class Organizations {
  readonly #deps: OrganizationsDeps;
  readonly #names = new Map<string, string>();

  constructor(deps: OrganizationsDeps) {
    this.#deps = deps;
  }

  /** Reads the names; call once before serving. */
  async open(): Promise<void> {
    for (const { org, value } of await this.#deps.store.documents(KIND, null))
      this.#names.set(org, nameIn(value) ?? org);
  }

  /** Those a caller may go into: their own, and for the instance's staff all. A key has the one it was made for. */
  list(principal: Principal): readonly (Organization & { readonly role: string | null })[] {
    const { members } = this.#deps;
    const own = principal.kind === 'user' ? members.organizationsOf(principal.id) : [];
    const all = principal.isOperator ? this.#all() : new Set([...own, principal.org]);
    return [...all].sort().flatMap((id) => {
      const standing = principal.kind === 'user' ? members.standingIn(principal.id, id) : null;
      if (principal.kind === 'user' && standing === null) return [];
      return [{ id, name: this.nameOf(id), role: standing?.role ?? null }];
    });
  }

  /** Is there such an organization? */
  has(id: string): boolean {
    return this.#all().has(id);
  }

  /** Makes an organization; whoever makes it owns it. */
  async make(principal: Principal, { id, name }: Organization): Promise<Result<Organization>> {
    if (!principal.isOperator) {
      return refuse('forbidden', 'organizations are made by owners and admins of main, who run this instance');
    }
    const all = this.#all();
    if (all.has(id)) return refuse('exists', `there is an organization ${id} already; take another id`);
    if (this.#deps.ends.has(id))
      return refuse(
        'exists',
        `the id ${id} was of an organization that is deleted, and is not used again; take another`,
      );
    const { organizationsMax } = this.#deps.limits;
    if (all.size >= organizationsMax)
      return refuse('too_large', `${organizationsMax} organizations exist, which is the most`);
    return this.#name(principal, id, name, true);
  }

  /** Gives the organization that the caller is in another name. */
  rename(principal: Principal, name: string): Promise<Result<Organization>> {
    return this.#name(principal, principal.org, name);
  }

  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** What an organization has, by number: what is lost with it. */
  holdings(id: string): Holdings {
    const { live, members } = this.#deps;
    const people = Array.from(live.entries(id, 'members'));
    const active = people.filter(({ row }) => row['state'] !== 'invited');
    const counted = Array.from(live.collections(id), (name) => [name, live.size(id, name)] as const);
    return {
      people: active.length,
      peopleOnlyHere: active.filter((person) => members.organizationsOf(person.id).length === 1).length,
      invitations: people.length - active.length,
      records: counted.reduce((sum, [, size]) => sum + size, 0),
      collections: Object.fromEntries(counted.filter(([, size]) => size > 0).sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  async #name(principal: Principal, id: string, name: string, isNew = false): Promise<Result<Organization>> {
    const before = isNew ? null : { name: this.nameOf(id) };
    const written = await this.#deps.commit.write(id, principal, (draft) => {
      draft.document(KIND, 'name', { name });
      const action = isNew ? 'organization:create' : 'organization:change';
      draft.audit({ action, target: { collection: 'organization', id }, before, after: { name } });
      return ok(null);
    });
    if (!written.ok) return written;
    this.#names.set(id, name);
    return ok({ id, name });
  }

  #all(): ReadonlySet<string> {
    const all = new Set(['main', ...this.#deps.live.orgs(), ...this.#names.keys()]);
    for (const id of all) if (this.#deps.ends.has(id)) all.delete(id);
    return all;
  }
}

const KIND = 'organization';

function nameIn(value: Json | null): string | null {
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : null;
  return typeof name === 'string' && name !== '' ? name : null;
}
