/**
 * Names that are unique in the whole instance, over all organizations: places and domains of public pages. A
 * transaction sees one organization only, so they are kept here, beside it.
 */
import type { Page } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import type { Committed } from '../../keep/commit-types.ts';

/** How long a name is held for a write that may still fail; longer than any write waits. */
const CLAIM_MS = 15_000;

export class NameClaims {
  readonly #owners = new Map<string, string>();
  /** Names that a write under way asked for. */
  readonly #claims = new Map<string, { readonly owner: string; readonly until: number }>();

  /** Learns the names of the pages that there are. */
  start(live: {
    orgs(): Iterable<string>;
    entries(org: string, collection: string): Iterable<{ readonly id: string; readonly row: Row }>;
  }): void {
    for (const org of live.orgs())
      for (const { id, row } of live.entries(org, 'pages')) this.#moved(ownerOf(org, id), null, row);
  }

  /** Takes a name for an owner; false when another has it. Called inside the transaction that will make it so. */
  claim(name: string, owner: string, now: number): boolean {
    for (const [held, { until }] of this.#claims) if (until <= now) this.#claims.delete(held);
    const other = this.#owners.get(name) ?? this.#claims.get(name)?.owner ?? owner;
    if (other !== owner) return false;
    this.#claims.set(name, { owner, until: now + CLAIM_MS });
    return true;
  }

  /** Follows one durable transaction. */
  follow({ changes }: Pick<Committed, 'changes'>): void {
    for (const { collection, org, id, before, after } of changes) {
      if (collection === 'pages') this.#moved(ownerOf(org, id), before, after);
    }
  }

  #moved(owner: string, before: Row | null, after: Row | null): void {
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: rows of `pages` are Page.
    const were = namesOf(before as Page | null);
    const are = namesOf(after as Page | null);
    // oxlint-enable typescript/no-unsafe-type-assertion
    for (const name of were) if (!are.includes(name) && this.#owners.get(name) === owner) this.#owners.delete(name);
    for (const name of are) {
      if (!this.#owners.has(name)) this.#owners.set(name, owner);
      this.#claims.delete(name);
    }
  }
}

/** Who has a name: one page of one organization. */
export function ownerOf(org: string, id: string): string {
  return `${org}\n${id}`;
}

/** The names that a page takes in the instance. */
function namesOf(page: Pick<Page, 'slug' | 'domain'> | null): readonly string[] {
  if (page === null) return [];
  return [slugName(page.slug), ...(page.domain === '' ? [] : [domainName(page.domain)])];
}

export function slugName(slug: string): string {
  return `slug ${slug}`;
}

export function domainName(domain: string): string {
  return `domain ${domain}`;
}
