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

export interface OrganizationsDeps {
  readonly commit: Pick<Commit, 'write'>;
  readonly live: Pick<Live, 'orgs'>;
  readonly store: Pick<Store, 'documents'>;
  readonly members: Pick<Members, 'organizationsOf' | 'standingIn'>;
  readonly limits: Pick<Limits, 'organizationsMax'>;
}

export interface Organization {
  readonly id: string;
  readonly name: string;
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
      return [{ id, name: this.#names.get(id) ?? id, role: standing?.role ?? null }];
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
    const { organizationsMax } = this.#deps.limits;
    if (all.size >= organizationsMax)
      return refuse('too_large', `${organizationsMax} organizations exist, which is the most`);
    return this.#name(principal, id, name);
  }

  /** Gives the caller's organization another name. */
  rename(principal: Principal, name: string): Promise<Result<Organization>> {
    return this.#name(principal, principal.org, name);
  }

  async #name({ kind, id: by }: Principal, id: string, name: string): Promise<Result<Organization>> {
    const written = await this.#deps.commit.write(id, `${kind}:${by}`, (draft) => {
      draft.document(KIND, 'name', { name });
      return ok(null);
    });
    if (!written.ok) return written;
    this.#names.set(id, name);
    return ok({ id, name });
  }

  #all(): ReadonlySet<string> {
    return new Set(['main', ...this.#deps.live.orgs(), ...this.#names.keys()]);
  }
}

const KIND = 'organization';

function nameIn(value: Json | null): string | null {
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : null;
  return typeof name === 'string' && name !== '' ? name : null;
}
