import type { Agent, Connection, Service } from '@statewire/model';
import { ok, type Row } from '@statewire/protocol';
import { disagreementsOf, type Said } from '../derive/disagreement.ts';
import type { Change, Commit, Committed } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { Turns } from '../lib/turns.ts';

export interface DisagreementsDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'orgs' | 'entries' | 'get'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly limits: Pick<Limits, 'followRetryMs' | 'followSliceRows'>;
  readonly onError: (error: unknown, what: string) => void;
}

type Lookup = (collection: string, id: string) => Row | null;

/**
 * Writes on services and connections where agents and our own look do not agree. Follows every commit; a service is looked
 * at once per turn, whatever number of its connections moved. Held here is only which connections a service or agent has.
 */
export class Disagreements {
  readonly #deps: DisagreementsDeps;
  /** Organization, then `services/<id>` or `agents/<id>`, then ids of its connections. */
  readonly #links = new Map<string, Map<string, Set<string>>>();
  readonly #turns: Turns<true>;

  constructor(deps: DisagreementsDeps) {
    this.#deps = deps;
    this.#turns = new Turns<true>({
      clock: deps.clock,
      retryMs: deps.limits.followRetryMs,
      merge: () => true,
      run: (org, asked) => this.#write(org, [...asked.keys()]),
      onError: (error) => deps.onError(error, 'what agents say of services could not be compared'),
    });
  }

  /** Looks once at every service that has connections. */
  start(): void {
    for (const org of this.#deps.live.orgs()) {
      for (const { id, row } of this.#deps.live.entries(org, 'connections')) {
        for (const end of endsOf(row)) this.#of(org, end).add(id);
        this.#turns.ask(org, asConnection(row).service, true);
      }
    }
  }

  /** Follows one durable transaction. */
  follow({ changes }: Committed): void {
    for (const change of changes) {
      if (change.collection === 'connections') this.#link(change);
      if (!(change.collection in DECIDING) || !isMoved(change)) continue;
      if (change.collection === 'services') this.#askIfLinked(change.org, change.id);
      else if (change.collection === 'agents') this.#askOfAgent(change.org, change.id);
      else for (const row of [change.before, change.after]) if (row !== null) this.#ask(change.org, row);
    }
  }

  close(): void {
    this.#turns.close();
  }

  #ask(org: string, connection: Row): void {
    this.#turns.ask(org, asConnection(connection).service, true);
  }

  #askIfLinked(org: string, service: string): void {
    if (this.#links.get(org)?.has(`services/${service}`) === true) this.#turns.ask(org, service, true);
  }

  #askOfAgent(org: string, agent: string): void {
    for (const id of this.#links.get(org)?.get(`agents/${agent}`) ?? []) {
      const row = this.#deps.live.get(org, 'connections', id)?.row;
      if (row !== undefined) this.#ask(org, row);
    }
  }

  #link({ org, id, before, after }: Change): void {
    if (before !== null && after !== null && endsOf(before).join('\n') === endsOf(after).join('\n')) return;
    for (const end of before === null ? [] : endsOf(before)) {
      const ids = this.#of(org, end);
      ids.delete(id);
      if (ids.size === 0) this.#links.get(org)?.delete(end);
    }
    for (const end of after === null ? [] : endsOf(after)) this.#of(org, end).add(id);
  }

  #of(org: string, end: string): Set<string> {
    const ends = this.#links.get(org) ?? new Map<string, Set<string>>();
    this.#links.set(org, ends);
    const ids = ends.get(end) ?? new Set<string>();
    ends.set(end, ids);
    return ids;
  }

  async #write(org: string, services: readonly string[]): Promise<boolean> {
    const { commit, limits, live, clock } = this.#deps;
    // Most of what moves changes nothing here: no transaction for it.
    const known: Lookup = (collection, id) => live.get(org, collection, id)?.row ?? null;
    const due = services.filter((id) => changesOf(known, this.#said(org, id, known, clock.now()), id).length > 0);
    for (let from = 0; from < due.length; from += limits.followSliceRows) {
      const slice = due.slice(from, from + limits.followSliceRows);
      const written = await commit.write(org, 'disagreements', (draft) => {
        const look: Lookup = (collection, id) => draft.get(collection, id);
        for (const service of slice) {
          for (const { collection, row, to } of changesOf(look, this.#said(org, service, look, draft.now), service)) {
            draft.put(collection, row.id, { ...row, disagreement: to });
          }
        }
        return ok(null);
      });
      if (!written.ok) return false;
    }
    return true;
  }

  #said(org: string, id: string, look: Lookup, now: number): Said {
    const ids = [...(this.#links.get(org)?.get(`services/${id}`) ?? [])];
    const links = ids.flatMap((each) => {
      const row = look('connections', each);
      return row === null ? [] : [asConnection(row)];
    });
    const service = look('services', id);
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: looked up in these collections.
    if (service === null) return { service: null, connections: new Map(links.map((link) => [link.id, null])) };
    return disagreementsOf(service as Service, links, (agent) => look('agents', agent) as Agent | null, now);
    // oxlint-enable typescript/no-unsafe-type-assertion
  }
}

interface Wanted {
  readonly collection: 'connections' | 'services';
  readonly row: Row;
  readonly to: Said['service'];
}

/** The records that do not say yet what is to be said of them. */
function changesOf(look: Lookup, said: Said, service: string): readonly Wanted[] {
  const wanted: Wanted[] = [];
  const want = (collection: Wanted['collection'], id: string, to: Said['service']): void => {
    const row = look(collection, id);
    if (row === null || JSON.stringify(row['disagreement'] ?? null) === JSON.stringify(to)) return;
    wanted.push({ collection, row, to });
  };
  want('services', service, said.service);
  for (const [id, to] of said.connections) want('connections', id, to);
  return wanted;
}

/** The fields that decide here, by collection: most commits move none of them. */
const DECIDING: Readonly<Record<string, readonly string[]>> = {
  services: ['status', 'reason'],
  agents: ['fresh', 'desired'],
  connections: ['agent', 'desired', 'fresh', 'lastErrorCode', 'phase', 'reason', 'service', 'status'],
};

function isMoved({ collection, before, after, patch }: Change): boolean {
  if (before === null || after === null || patch === null) return true;
  const fields = DECIDING[collection] ?? [];
  return Object.keys(patch).some((path) => fields.includes(path.split('.', 1)[0] ?? path));
}

function endsOf(row: Row): readonly string[] {
  const { agent, service } = asConnection(row);
  return [`agents/${agent}`, `services/${service}`];
}

function asConnection(row: Row): Connection {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only rows of `connections` come here.
  return row as Connection;
}
