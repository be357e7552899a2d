import { isForbiddenKey, matches, ok, refuse, type Filter, type Result } from '@statewire/protocol';
import { isTheirs } from '../../lib/own.ts';
import type { Principal } from '../../lib/principal.ts';
import { authorize, scopeFilter } from '../../publish/access.ts';
import type { HttpDeps, LiveEntry } from '../http/deps.ts';

/** What answering a language model needs of the server. */
export type McpDeps = Pick<
  HttpDeps,
  'clock' | 'collections' | 'epoch' | 'history' | 'limits' | 'live' | 'log' | 'mutate' | 'store'
> & { readonly settings: Pick<HttpDeps['settings'], 'version'> };

/** Collections that answers are about, in the order in which a bare id is looked for. */
export const SUBJECTS = [
  'services',
  'agents',
  'connections',
  'jobs',
  'executions',
  'alerts',
  'incidents',
  'maintenances',
] as const;

export type Subject = (typeof SUBJECTS)[number];

/** Those that have a status. */
export const STATUS_SUBJECTS = ['services', 'agents', 'connections'] as const;

/**
 * What one caller may know, for one request: every tool and resource reads records through it and through nothing else, so
 * that what `authorize` and the row rules hide is not there.
 */
export class Desk {
  readonly deps: McpDeps;
  readonly principal: Principal;
  /** One instant for the whole answer. */
  readonly now: number;

  constructor(deps: McpDeps, principal: Principal) {
    this.deps = deps;
    this.principal = principal;
    this.now = deps.clock.now();
  }

  get org(): string {
    return this.principal.org;
  }

  mayRead(collection: string): boolean {
    return authorize(this.principal, 'read', collection, this.#of).ok;
  }

  /** May this caller take an alert up? */
  get mayAcknowledge(): boolean {
    return authorize(this.principal, { call: 'ack' }, 'alerts', this.#of).ok;
  }

  /** The records of a collection that this caller sees; none where they may not look. */
  *entries(collection: string): Generator<LiveEntry> {
    const scope: Filter | 'denied' | null = scopeFilter(this.principal, collection, this.#of);
    if (scope === 'denied') return;
    for (const entry of this.deps.live.entries(this.org, collection)) {
      if (scope === null || matches(scope, entry.row)) yield entry;
    }
  }

  /** One record; for what this caller may not see, the very words of what is not there. */
  find(collection: string, id: string): Result<LiveEntry> {
    const entry = this.mayRead(collection) ? this.deps.live.get(this.org, collection, id) : null;
    const access = this.#of(collection)?.access ?? {};
    if (entry === null || !isTheirs(this.principal, access, entry.row))
      return refuse('not_found', `there is no record ${collection}/${id}`);
    return ok(entry);
  }

  /** A record by `collection/id`, by its id, or by its name when only one has it. */
  resolve(said: string, among: readonly Subject[]): Result<Found> {
    const [head = '', ...rest] = said.split('/');
    const named = among.find((each) => each === head);
    if (named !== undefined && rest.length > 0) return this.#found(named, rest.join('/'));
    for (const collection of among) {
      const found = this.#found(collection, said);
      if (found.ok) return found;
    }
    const wanted = said.trim().toLowerCase();
    const matching: Found[] = [];
    for (const collection of among) {
      for (const entry of this.entries(collection)) {
        if (nameOf(entry.row).toLowerCase() === wanted) matching.push({ collection, entry });
        if (matching.length > CANDIDATES_MAX) break;
      }
    }
    const [only, other] = matching;
    if (only === undefined)
      return refuse('not_found', `found nothing called ${JSON.stringify(said)}; use search_records to find its id`);
    if (other === undefined) return ok(only);
    const refs = matching.slice(0, CANDIDATES_MAX).map(({ collection, entry }) => `${collection}/${entry.id}`);
    return refuse('bad_request', `several records are called ${JSON.stringify(said)}: say which of ${refs.join(', ')}`);
  }

  #found(collection: Subject, id: string): Result<Found> {
    if (isForbiddenKey(id)) return refuse('not_found', `there is no record ${collection}/${id}`);
    const entry = this.find(collection, id);
    return entry.ok ? ok({ collection, entry: entry.value }) : entry;
  }

  readonly #of = (name: string): HttpDeps['collections'][string] | null =>
    Object.hasOwn(this.deps.collections, name) ? (this.deps.collections[name] ?? null) : null;
}

/** A record and where it was found. */
export interface Found {
  readonly collection: Subject;
  readonly entry: LiveEntry;
}

/** What people call a record. */
export function nameOf(row: LiveEntry['row']): string {
  const { name, title, agent, service, id } = row;
  if (typeof name === 'string' && name !== '') return name;
  if (typeof title === 'string' && title !== '') return title;
  if (typeof agent === 'string' && typeof service === 'string') return `${agent} to ${service}`;
  return typeof id === 'string' ? id : '';
}

/** A word of a record, or `unknown`. */
export function statusWordOf(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}

/** Records that share a name and are told apart for the caller. */
const CANDIDATES_MAX = 10;
