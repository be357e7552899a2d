import type { Connection, Service, StatusRow } from '@statewire/model';
import { ok, type Row } from '@statewire/protocol';
import type { OverlayObservation } from '../collect/observation.ts';
import { impactOf, isBad, rootCauseOf as causeOf, type Look } from '../derive/depend.ts';
import type { Change, Commit, Committed } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import { observeIn, type ObserveDeps } from '../keep/observe.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { Turns } from '../lib/turns.ts';

export interface DependenciesDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'orgs' | 'entries' | 'get'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly rulesOf: ObserveDeps['rulesOf'];
  readonly limits: Pick<Limits, 'followRetryMs' | 'followSliceRows' | 'dependantsMax'>;
  readonly onError: (error: unknown, what: string) => void;
}

const COLLECTIONS = ['services', 'agents', 'connections'] as const;

/** Where a record is looked up: a draft, or the memory of an organization. */
export type Lookup = (collection: string, id: string) => Row | null;

/** The record that a failing record's failure comes from (`services/db`), or null. */
export function rootCauseOf(lookup: Lookup, ref: string): string | null {
  return causeOf(lookThrough(lookup), ref);
}

/** What a record depends on: what people said, and for a connection its service. */
export function parentsOf(collection: string, row: Row): readonly string[] {
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: `collection` is the row's.
  if (collection === 'services') return (row as Service).dependsOn;
  return collection === 'connections' ? [`services/${(row as Connection).service}`] : [];
  // oxlint-enable typescript/no-unsafe-type-assertion
}

/**
 * Marks what fails because something else does (`overlay.impactedBy`), so that one failure is one failure and not
 * fifty. Follows every commit: what moved and everything below it is looked at again once per turn. Nothing of it is
 * held but who depends on whom; a start looks at everything that is bad.
 */
export class Dependencies {
  readonly #deps: DependenciesDeps;
  /** Organization -> ref -> what depends on it. */
  readonly #dependants = new Map<string, Map<string, Set<string>>>();
  readonly #turns: Turns<true>;
  /** Marks whose cause has recovered end at their time. */
  readonly #endings = new Map<string, Timer>();
  #isOpen = true;

  constructor(deps: DependenciesDeps) {
    this.#deps = deps;
    this.#turns = new Turns<true>({
      clock: deps.clock,
      retryMs: deps.limits.followRetryMs,
      merge: () => true,
      run: (org, asked) => this.#write(org, [...asked.keys()]),
      onError: (error) => deps.onError(error, 'dependencies could not be followed'),
    });
  }

  start(): void {
    const { live } = this.#deps;
    for (const org of live.orgs()) {
      for (const collection of COLLECTIONS) {
        for (const { id, row } of live.entries(org, collection)) {
          const ref = `${collection}/${id}`;
          for (const parent of parentsOf(collection, row)) this.#below(org, parent).add(ref);
          if (isBad(asStatus(row)) || asStatus(row).overlay.impactedBy !== null) this.#turns.ask(org, ref, true);
        }
      }
    }
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    for (const change of committed.changes) {
      if (!COLLECTIONS.some((name) => name === change.collection)) continue;
      this.#link(change);
      if (isMoved(change)) this.#askBelow(change.org, `${change.collection}/${change.id}`);
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#turns.close();
    for (const timer of this.#endings.values()) timer.cancel();
    this.#endings.clear();
  }

  #link({ org, collection, id, before, after }: Change): void {
    const was = before === null ? [] : parentsOf(collection, before);
    const is = after === null ? [] : parentsOf(collection, after);
    if (was.length === is.length && was.every((ref, i) => ref === is[i])) return;
    const ref = `${collection}/${id}`;
    for (const parent of was) {
      const below = this.#below(org, parent);
      below.delete(ref);
      if (below.size === 0) this.#dependants.get(org)?.delete(parent);
    }
    for (const parent of is) this.#below(org, parent).add(ref);
  }

  /** The record and everything that depends on it, also through others. */
  #askBelow(org: string, ref: string): void {
    const dependants = this.#dependants.get(org);
    const seen = new Set([ref]);
    for (const at of seen) {
      this.#turns.ask(org, at, true);
      for (const below of dependants?.get(at) ?? []) {
        if (seen.size < this.#deps.limits.dependantsMax) seen.add(below);
      }
    }
  }

  #below(org: string, ref: string): Set<string> {
    let dependants = this.#dependants.get(org);
    if (dependants === undefined) {
      dependants = new Map();
      this.#dependants.set(org, dependants);
    }
    let below = dependants.get(ref);
    if (below === undefined) {
      below = new Set();
      dependants.set(ref, below);
    }
    return below;
  }

  async #write(org: string, refs: readonly string[]): Promise<boolean> {
    const { clock, commit, limits, live } = this.#deps;
    // Most of what moves has nothing to do with anything else: no transaction for it.
    const known = lookThrough((collection, id) => live.get(org, collection, id)?.row ?? null);
    const due = refs.filter((ref) => this.#needs(org, ref, known, clock.now()));
    for (let from = 0; from < due.length; from += limits.followSliceRows) {
      const slice = due.slice(from, from + limits.followSliceRows);
      const written = await commit.write(org, 'dependencies', (draft) => {
        const look = lookThrough((collection, id) => draft.get(collection, id));
        for (const ref of slice) {
          const row = look(ref)?.row;
          if (row === undefined) continue;
          const { impactedBy } = impactOf(look, ref, draft.now);
          if (impactedBy === row.overlay.impactedBy) continue;
          const observation: OverlayObservation = {
            kind: 'overlay',
            at: draft.now,
            by: 'dependencies',
            set: { impactedBy },
          };
          observeIn(this.#deps, draft, { ...partsOf(ref), observation });
        }
        return ok(null);
      });
      if (!written.ok) return false;
    }
    return true;
  }

  #needs(org: string, ref: string, look: Look, now: number): boolean {
    const row = look(ref)?.row;
    if (row === undefined) return false;
    const { impactedBy, againAt } = impactOf(look, ref, now);
    this.#endAt(org, ref, againAt === null ? null : againAt - now);
    return impactedBy !== row.overlay.impactedBy;
  }

  #endAt(org: string, ref: string, waitMs: number | null): void {
    const key = `${org}\n${ref}`;
    this.#endings.get(key)?.cancel();
    this.#endings.delete(key);
    if (waitMs === null || !this.#isOpen) return;
    const end = (): void => {
      this.#endings.delete(key);
      this.#turns.ask(org, ref, true);
    };
    this.#endings.set(key, this.#deps.clock.after(Math.max(0, waitMs), end));
  }
}

function lookThrough(lookup: Lookup): Look {
  return (ref) => {
    const { collection, id } = partsOf(ref);
    const row = lookup(collection, id);
    return row === null ? null : { row: asStatus(row), parents: parentsOf(collection, row) };
  };
}

/** Only what decides about causes: most commits move none of it. */
function isMoved({ collection, before, after }: Change): boolean {
  if (before === null || after === null) return true;
  if (before['status'] !== after['status'] || before['health'] !== after['health']) return true;
  if ((before['suspect'] === null) !== (after['suspect'] === null)) return true;
  return collection === 'services' && JSON.stringify(before['dependsOn']) !== JSON.stringify(after['dependsOn']);
}

function partsOf(ref: string): { readonly collection: string; readonly id: string } {
  const slash = ref.indexOf('/');
  return { collection: ref.slice(0, slash), id: ref.slice(slash + 1) };
}

function asStatus(row: Row): StatusRow {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only rows of status-bearing collections come here.
  return row as StatusRow;
}
