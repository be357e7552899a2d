/**
 * Who is where. A page or program says `enter` over its live connection; what it says is one stay, and all stays of a caller
 * at one place are one record. The record goes with the last stay: at once where that was left, after a grace where its
 * connection broke, so that nobody flickers who reloads or comes back.
 */
import { createHash } from 'node:crypto';
import type { PresenceState } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { Commit, Written } from '../../keep/commit-types.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Done, VerbCall } from '../commands/verb.ts';

export interface VisitsDeps {
  readonly clock: Clock;
  readonly limits: Pick<
    Limits,
    'placesPerPrincipalMax' | 'presenceGraceMs' | 'presenceRetryMs' | 'presencesPerOrgMax' | 'staysPerConnectionMax'
  >;
  readonly commit: Pick<Commit, 'version' | 'write'>;
}

/** Records by organization, for waking those that a process before this one left behind. */
interface Kept {
  orgs(): Iterable<string>;
  entries(org: string, collection: string): Iterable<{ readonly id: string; readonly row: JsonObject }>;
}

/** A caller at a place. */
interface Visit {
  readonly org: string;
  readonly id: string;
  readonly who: string;
  /** What the record says beside its state; null where it is one of an earlier process, which is only ever removed. */
  fields: JsonObject | null;
  readonly stays: Set<Stay>;
  timer: Timer | null;
  /** Transactions under way. */
  writes: number;
}

interface Stay {
  readonly visit: Visit;
  readonly at: string;
  state: PresenceState;
}

export class Visits {
  readonly #deps: VisitsDeps;
  /** By organization, then by the record's id. Those in their grace count too. */
  readonly #visits = new Map<string, Map<string, Visit>>();
  /** Places of each caller, by organization and id. */
  readonly #places = new Map<string, number>();
  /** By connection, then by the id that the stay has there. */
  readonly #stays = new Map<object, Map<string, Stay>>();
  #isOpen = true;

  constructor(deps: VisitsDeps) {
    this.#deps = deps;
  }

  /** Presences, those in their grace included. */
  get size(): number {
    let count = 0;
    for (const visits of this.#visits.values()) count += visits.size;
    return count;
  }

  /** Presences of a process before this one: who does not come back within the grace was not here any more. */
  start(kept: Kept): void {
    for (const org of kept.orgs()) {
      for (const { id, row } of kept.entries(org, 'presences')) {
        const who = row['who'];
        this.#linger(this.#visit(org, id, typeof who === 'string' ? who : ''));
      }
    }
  }

  /** A stay begins, moves to another place, or says how it goes on. Saying it twice is saying it once. */
  async enter({ principal, id: key, args, via }: VerbCall): Promise<Result<Written<Done>>> {
    if (via === undefined) return refuse('unsupported', 'presences live as long as a live connection; enter over one');
    const at = String(args['at']);
    const state: PresenceState = args['state'] === 'idle' ? 'idle' : 'active';
    const { org, id: who, name, kind } = principal;
    const id = idOf(who, at);
    const stays = this.#stays.get(via) ?? new Map<string, Stay>();
    const before = stays.get(key);
    const room = this.#room(principal, id, before === undefined ? stays.size : 0);
    if (!room.ok) return room;
    if (before !== undefined && before.at !== at) void this.#end(stays, key, 'now');
    const visit = this.#visit(org, id, who);
    visit.timer?.cancel();
    visit.timer = null;
    visit.fields = { who, name, kind, at };
    const stay = stays.get(key) ?? { visit, at, state };
    stay.state = state;
    visit.stays.add(stay);
    stays.set(key, stay);
    this.#stays.set(via, stays);
    const written = await this.#write(visit);
    if (written.ok) return ok({ version: written.value.version, value: { id, who } });
    // Refused is refused: the caller asks again, and is not here until then.
    if (stays.get(key) === stay) void this.#end(stays, key, 'now');
    return written;
  }

  /** A stay ends on purpose. One that is not known has ended already. */
  async leave({ principal: { org }, id: key, via }: VerbCall): Promise<Result<Written<Done>>> {
    const stays = via === undefined ? undefined : this.#stays.get(via);
    if (stays !== undefined) await this.#end(stays, key, 'now');
    return ok({ version: this.#deps.commit.version(org), value: { id: key } });
  }

  /** A connection is over. */
  ended(via: object): void {
    const stays = this.#stays.get(via);
    this.#stays.delete(via);
    if (stays === undefined || !this.#isOpen) return;
    for (const key of Array.from(stays.keys())) void this.#end(stays, key, 'later');
  }

  /** We are stopping: people are not gone, we are. Nothing more is said. */
  close(): void {
    this.#isOpen = false;
    for (const visits of this.#visits.values()) for (const { timer } of visits.values()) timer?.cancel();
    this.#visits.clear();
    this.#places.clear();
    this.#stays.clear();
  }

  #end(stays: Map<string, Stay>, key: string, when: 'later' | 'now'): Promise<Result<Written<null>>> | null {
    const stay = stays.get(key);
    if (stay === undefined) return null;
    const { visit } = stay;
    stays.delete(key);
    visit.stays.delete(stay);
    if (when === 'now' || visit.stays.size > 0) return this.#settle(visit);
    this.#linger(visit);
    return null;
  }

  #linger(visit: Visit): void {
    visit.timer?.cancel();
    visit.timer = this.#deps.clock.after(this.#deps.limits.presenceGraceMs, () => void this.#settle(visit));
  }

  /** Writes what is the case, until it was taken. */
  async #settle(visit: Visit): Promise<Result<Written<null>>> {
    const written = await this.#write(visit);
    if (!this.#isOpen) return written;
    if (!written.ok) {
      visit.timer?.cancel();
      visit.timer = this.#deps.clock.after(this.#deps.limits.presenceRetryMs, () => void this.#settle(visit));
    } else if (visit.stays.size === 0 && visit.timer === null && visit.writes === 0) this.#forget(visit);
    return written;
  }

  /** A transaction that says what is the case when it runs: whichever of two comes last is right. */
  async #write(visit: Visit): Promise<Result<Written<null>>> {
    visit.timer?.cancel();
    visit.timer = null;
    visit.writes += 1;
    const written = await this.#deps.commit.write<null>(
      visit.org,
      `presence:${visit.who}`.slice(0, ACTOR_CHARS_MAX),
      (draft) => {
        // Stopped meanwhile: whoever starts next finds the record and gives it its grace.
        if (!this.#isOpen) return ok(null);
        const { id, fields, stays } = visit;
        const known = draft.get('presences', id);
        if (fields === null || stays.size === 0) {
          if (known !== null) draft.delete('presences', id);
          return ok(null);
        }
        const state = Array.from(stays).some((stay) => stay.state === 'active') ? 'active' : 'idle';
        const since = known?.['since'] ?? draft.now;
        draft.put('presences', id, { observedAt: null, labels: {}, source: null, ...fields, state, since });
        return ok(null);
      },
    );
    visit.writes -= 1;
    return written;
  }

  /** Is there room for one more stay at this place? */
  #room({ org, id: who }: Principal, id: string, stays: number): Result<null> {
    const { placesPerPrincipalMax, presencesPerOrgMax, staysPerConnectionMax } = this.#deps.limits;
    const busy = (what: string): Result<null> => refuse('rate_limited', `${what}, which is the limit; leave some`);
    if (stays >= staysPerConnectionMax) return busy(`this connection has ${stays} stays`);
    const visits = this.#visits.get(org);
    if (visits?.has(id) === true) return ok(null);
    const places = this.#places.get(placesKey(org, who)) ?? 0;
    if (places >= placesPerPrincipalMax) return busy(`this caller is at ${places} places`);
    if (visits !== undefined && visits.size >= presencesPerOrgMax) return busy(`there are ${visits.size} presences`);
    return ok(null);
  }

  #visit(org: string, id: string, who: string): Visit {
    const visits = this.#visits.get(org) ?? new Map<string, Visit>();
    const known = visits.get(id);
    if (known !== undefined) return known;
    const made: Visit = { org, id, who, fields: null, stays: new Set(), timer: null, writes: 0 };
    visits.set(id, made);
    this.#visits.set(org, visits);
    const key = placesKey(org, who);
    this.#places.set(key, (this.#places.get(key) ?? 0) + 1);
    return made;
  }

  #forget({ org, id, who }: Visit): void {
    const visits = this.#visits.get(org);
    if (visits?.delete(id) !== true) return;
    if (visits.size === 0) this.#visits.delete(org);
    const key = placesKey(org, who);
    const left = (this.#places.get(key) ?? 1) - 1;
    if (left === 0) this.#places.delete(key);
    else this.#places.set(key, left);
  }
}

const ACTOR_CHARS_MAX = 200;

function placesKey(org: string, who: string): string {
  return `${org}\n${who}`;
}

/** The same caller at the same place is the same record, on every connection and after every restart. */
function idOf(who: string, at: string): string {
  return createHash('sha256')
    .update(JSON.stringify([who, at]))
    .digest('hex')
    .slice(0, 24);
}
