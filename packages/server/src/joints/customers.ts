/**
 * What a customer's record says of everything that is about it: services labelled `customer: <id>`, their worst status, open
 * alerts, active messages. Follows every commit, knows whose a record is without a search, and writes a customer at most
 * once per turn, whatever happens to what is its. How many users it has is not here: the transaction that moves a user says so.
 */
import type { Alert, Status } from '@statewire/model';
import { ok, type Json, type Row } from '@statewire/protocol';
import type { Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { Turns } from '../lib/turns.ts';

export interface CustomersDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly limits: Pick<Limits, 'followRetryMs' | 'followSliceRows'>;
  readonly onError: (error: unknown, what: string) => void;
}

/** Kinds of records that are somebody's. */
const FOLLOWED = ['services', 'alerts', 'messages'] as const;
type Followed = (typeof FOLLOWED)[number];

export class Customers {
  readonly #deps: CustomersDeps;
  readonly #orgs = new Map<string, Org>();
  readonly #turns: Turns<null>;

  constructor(deps: CustomersDeps) {
    this.#deps = deps;
    this.#turns = new Turns<null>({
      clock: deps.clock,
      retryMs: deps.limits.followRetryMs,
      merge: () => null,
      run: (org, asked) => this.#write(org, [...asked.keys()]),
      onError: (error) => deps.onError(error, 'customers could not follow what is theirs'),
    });
  }

  /** Takes everything up, and writes the customers that say something else: what moved while nobody was here. */
  start(): void {
    const { live } = this.#deps;
    for (const org of live.orgs()) {
      for (const kind of FOLLOWED) for (const { row } of live.entries(org, kind)) this.#take(org, kind, row.id, row);
      for (const { id, row } of live.entries(org, 'customers')) {
        const said = this.#said(org, id);
        if (Object.entries(said).some(([field, value]) => row[field] !== value)) this.#turns.ask(org, id, null);
      }
    }
  }

  /** Follows one durable transaction. */
  follow({ org, changes }: Committed): void {
    for (const { collection, id, before, after } of changes) {
      if (collection === 'customers') {
        if (before === null && this.#orgs.get(org)?.owned.has(id) === true) this.#turns.ask(org, id, null);
      } else if (isFollowed(collection)) {
        for (const customer of this.#take(org, collection, id, after)) this.#turns.ask(org, customer, null);
        if (collection === 'services' && customerOf(before) !== customerOf(after))
          this.#takeAlerts(org, `services/${id}`);
      }
    }
  }

  close(): void {
    this.#turns.close();
  }

  /** Whose a record was and is; those of whom something is to be said anew. */
  #take(org: string, kind: Followed, id: string, row: Row | null): ReadonlySet<string> {
    const state = this.#org(org);
    const key = `${kind}/${id}`;
    const was = state.of.get(key);
    const is = row === null ? NOBODY : this.#owners(org, kind, row);
    const status = row?.['status'];
    const word = kind === 'services' && typeof status === 'string' ? status : '';
    const moved = new Set<string>();
    for (const customer of was ?? NOBODY) {
      if (is.includes(customer)) continue;
      const owned = state.owned.get(customer);
      owned?.[kind].delete(id);
      if (owned !== undefined && FOLLOWED.every((each) => owned[each].size === 0)) state.owned.delete(customer);
      moved.add(customer);
    }
    for (const customer of is) {
      let owned = state.owned.get(customer);
      if (owned === undefined) {
        owned = { services: new Map(), alerts: new Map(), messages: new Map() };
        state.owned.set(customer, owned);
      }
      if (owned[kind].get(id) === word) continue;
      owned[kind].set(id, word);
      moved.add(customer);
    }
    if (is.length === 0) state.of.delete(key);
    else state.of.set(key, is);
    return moved;
  }

  /** The label of a service moved: its open alerts are somebody else's. */
  #takeAlerts(org: string, subject: string): void {
    const { live } = this.#deps;
    for (const { id, row } of live.entries(org, 'alerts')) {
      if (row['subject'] !== subject || !isOpen(row)) continue;
      for (const customer of this.#take(org, 'alerts', id, row)) this.#turns.ask(org, customer, null);
    }
  }

  #owners(org: string, kind: Followed, row: Row): readonly string[] {
    if (kind === 'messages') {
      const { customers, state } = row;
      return state === 'active' && Array.isArray(customers) ? customers.filter((id) => typeof id === 'string') : NOBODY;
    }
    if (kind === 'alerts' && !isOpen(row)) return NOBODY;
    const own = customerOf(row) ?? (kind === 'alerts' ? this.#customerOfSubject(org, row['subject']) : null);
    return own === null ? NOBODY : [own];
  }

  #customerOfSubject(org: string, subject: Json | undefined): string | null {
    if (typeof subject !== 'string') return null;
    const slash = subject.indexOf('/');
    return customerOf(this.#deps.live.get(org, subject.slice(0, slash), subject.slice(slash + 1))?.row ?? null);
  }

  #said(org: string, id: string): Said {
    const owned = this.#orgs.get(org)?.owned.get(id);
    if (owned === undefined) return NOTHING;
    const statuses = new Set<string>(owned.services.values());
    return {
      services: owned.services.size,
      worst: ORDER.find((status) => statuses.has(status)) ?? null,
      openAlerts: owned.alerts.size,
      messages: owned.messages.size,
    };
  }

  async #write(org: string, ids: readonly string[]): Promise<boolean> {
    const { commit, limits } = this.#deps;
    for (let from = 0; from < ids.length; from += limits.followSliceRows) {
      const slice = ids.slice(from, from + limits.followSliceRows);
      const written = await commit.write(org, 'customers', (draft: Draft) => {
        for (const id of slice) {
          const row = draft.get('customers', id);
          if (row !== null) draft.put('customers', id, { ...row, ...this.#said(org, id) });
        }
        return ok(null);
      });
      if (!written.ok) return false;
    }
    return true;
  }

  #org(org: string): Org {
    let state = this.#orgs.get(org);
    if (state === undefined) {
      state = { of: new Map(), owned: new Map() };
      this.#orgs.set(org, state);
    }
    return state;
  }
}

interface Org {
  /** By `kind/id`: whose it is now. */
  readonly of: Map<string, readonly string[]>;
  /** By customer: what is theirs, with the word of it that counts. */
  readonly owned: Map<string, Readonly<Record<Followed, Map<string, string>>>>;
}

type Said = {
  readonly services: number;
  readonly worst: Status | null;
  readonly openAlerts: number;
  readonly messages: number;
};

const NOBODY: readonly string[] = [];
const NOTHING: Said = { services: 0, worst: null, openAlerts: 0, messages: 0 };

/** The worst first. What is paused says least: somebody wanted it so. */
const ORDER: readonly Status[] = ['down', 'degraded', 'unknown', 'maintenance', 'pending', 'up', 'paused'];

const OPEN: readonly Alert['state'][] = ['firing', 'acknowledged'];

function isOpen(row: Row): boolean {
  return OPEN.some((state) => state === row['state']);
}

function isFollowed(collection: string): collection is Followed {
  return FOLLOWED.some((kind) => kind === collection);
}

/** The customer that a label names. */
function customerOf(row: Row | null): string | null {
  const labels = row?.['labels'];
  const named = typeof labels === 'object' && labels !== null && 'customer' in labels ? labels['customer'] : null;
  return typeof named === 'string' && named !== '' ? named : null;
}
