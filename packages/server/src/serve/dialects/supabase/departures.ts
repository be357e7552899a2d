/**
 * What records were before they changed, for as long as a client may have been cut off: so that whoever joins again is told
 * of what is gone. In memory and bounded; of the time before this process started only deletions and last changes are known.
 */
import { createHash } from 'node:crypto';
import { matches, type JsonObject } from '@statewire/protocol';
import type { Committed } from '../../../keep/commit-types.ts';
import type { Live } from '../../../keep/live.ts';
import type { CollectionOf } from '../../../lib/catalog.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import { ownFilter, shownTo } from '../../../lib/own.ts';
import type { Principal } from '../../../lib/principal.ts';

export interface DeparturesDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly live: Pick<Live, 'changedSince' | 'get'>;
  readonly of: CollectionOf;
}

/** A record that may have left what somebody held. */
export interface Departure {
  readonly id: string;
  readonly at: number;
  /** What it was, newest first; empty: nobody knows any more, it may have been anything. */
  readonly before: readonly JsonObject[];
  /** What it is now; null: deleted, or not for this caller. */
  readonly now: JsonObject | null;
}

interface Was {
  readonly id: string;
  readonly at: number;
  readonly before: JsonObject;
}

export class Departures {
  readonly #deps: DeparturesDeps;
  readonly #startedAt: number;
  readonly #log = new Map<string, Was[]>();
  /** By collection of an organization: how many listen, and since when nobody does. */
  readonly #listeners = new Map<string, { count: number; idleSince: number }>();

  constructor(deps: DeparturesDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  /** When this process began to know. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Somebody listens to a collection: from now on, and for a while after they are gone, it is remembered. */
  listen(org: string, collection: string): void {
    const key = JSON.stringify([org, collection]);
    const known = this.#listeners.get(key);
    if (known === undefined) this.#listeners.set(key, { count: 1, idleSince: 0 });
    else known.count += 1;
  }

  unlisten(org: string, collection: string): void {
    const known = this.#listeners.get(JSON.stringify([org, collection]));
    if (known === undefined) return;
    known.count -= 1;
    known.idleSince = this.#deps.clock.now();
  }

  follow({ org, at, changes }: Committed): void {
    const { limits } = this.#deps;
    // Whoever listened to us before we were restarted may come back to any of them.
    const isJustStarted = at - this.#startedAt < limits.replayMs;
    for (const { collection, id, before } of changes) {
      if (before === null) continue;
      const key = JSON.stringify([org, collection]);
      if (!isJustStarted && !this.#listeners.has(key)) continue;
      const log = this.#log.get(key) ?? [];
      if (log.length === 0) this.#log.set(key, log);
      log.push({ id, at, before });
      // In steps, because taking one off the front of a long list costs its length.
      if (log.length >= limits.departuresMax * 2) log.splice(0, log.length - limits.departuresMax);
    }
  }

  /** Forgets what is older than anybody asks for. Call now and then. */
  sweep(): void {
    const { clock, limits } = this.#deps;
    const since = clock.now() - limits.replayMs;
    for (const [key, log] of this.#log) {
      const first = log.findIndex(({ at }) => at >= since);
      if (first === -1) this.#log.delete(key);
      else log.splice(0, first);
    }
    for (const [key, { count, idleSince }] of this.#listeners) {
      if (count === 0 && idleSince < since) this.#listeners.delete(key);
    }
  }

  /** Records of a collection that changed from then on and that this caller might have held. */
  since(principal: Principal, collection: string, since: number): readonly Departure[] {
    const { live, of } = this.#deps;
    const access = of(collection)?.access;
    if (access === undefined) return [];
    const own = ownFilter(principal, access);
    const isTheirs = (row: JsonObject): boolean => own === null || matches(own, row);
    const shown = shownTo(principal, access);
    // What there is not for this caller is not there to be filtered by either.
    const cut = (row: JsonObject): JsonObject =>
      shown === null ? row : Object.fromEntries(Object.entries(row).filter(([name]) => shown.includes(name)));
    const found = new Map<string, { at: number; before: JsonObject[] }>();
    const log = this.#log.get(JSON.stringify([principal.org, collection])) ?? [];
    for (let n = log.length - 1; n >= 0; n -= 1) {
      const was = log[n];
      if (was === undefined || was.at < since) break;
      const { id, at, before } = was;
      if (!isTheirs(before)) continue;
      const known = found.get(id) ?? { at, before: [] };
      known.before.push(cut(before));
      found.set(id, known);
    }
    // Of before our start nobody knows what they were. Whoever may see all of them learns nothing by an id.
    if (since < this.#startedAt && own === null) {
      let many = 0;
      for (const each of live.changedSince(principal.org, collection, 0)) {
        const { id } = each;
        const at = each.row === null ? each.at : Number(each.row['updatedAt']);
        if (at < since || many >= this.#deps.limits.departuresUnknownMax) break;
        if (at >= this.#startedAt || found.has(id)) continue;
        many += 1;
        found.set(id, { at, before: [] });
      }
    }
    return Array.from(found, ([id, { at, before }]) => {
      const row = live.get(principal.org, collection, id)?.row ?? null;
      return { id, at, before, now: row !== null && isTheirs(row) ? cut(row) : null };
    });
  }
}

/** Who was here and lost its connection: since when it heard nothing, for the next who comes as the same. */
export class Absences {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #gone = new Map<string, number[]>();

  constructor({ clock, limits }: Pick<DeparturesDeps, 'clock' | 'limits'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  left(said: string, heardUntil: number): void {
    const who = keyOf(said);
    const times = this.#gone.get(who) ?? [];
    this.#gone.delete(who);
    this.#gone.set(who, [...times, heardUntil].slice(-PER_KEY_MAX));
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > this.#limits.absencesMax && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** The one that was away longest; null when nobody is known to have been here within the time. */
  back(said: string): number | null {
    const who = keyOf(said);
    const since = this.#clock.now() - this.#limits.replayMs;
    const times = (this.#gone.get(who) ?? []).filter((at) => at >= since);
    const [first, ...rest] = times;
    if (rest.length === 0) this.#gone.delete(who);
    else this.#gone.set(who, rest);
    return first ?? null;
  }
}

/** Of what a client says of itself only so much is kept, however long it is. */
function keyOf(said: string): string {
  return createHash('sha256').update(said).digest('base64url');
}

const PER_KEY_MAX = 16;
