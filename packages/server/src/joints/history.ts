import type { LatencyShift } from '@statewire/model';
import { equalJson, ok } from '@statewire/protocol';
import { liveFields } from '../derive/history/live-fields.ts';
import { shiftOf } from '../derive/history/shift.ts';
import type { Commit, Committed } from '../keep/commit-types.ts';
import type { Subject } from '../keep/history-store.ts';
import type { Live } from '../keep/live.ts';
import { RecentMeasures, type Measured } from '../keep/measured.ts';
import { Past, type Bucket, type WindowUptime } from '../keep/past.ts';
import { Rollups } from '../keep/rollups.ts';
import type { Store } from '../keep/store.ts';
import { Tracks } from '../keep/tracks.ts';
import { Usual } from '../keep/usual.ts';
import type { Resolution } from '../derive/history/calendar.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';

/** Uptime fields are written, and work is looked for, this often, ms. */
const TICK_MS = 1_000;
/** Ended buckets and stale spans are looked for this often, ms. */
const PASS_MS = 10_000;
/** A service is as fast now as in this time, ms. */
const PACE_MS = 1_800_000;

export interface HistoryDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly live: Live;
  readonly store: Store;
  readonly commit: Commit;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Keeps history beside the records: follows each commit, has buckets and months written when they are due, and writes the
 * fields `uptime` and `bar` of records whose history moved, soon, and of all others in turn. Never holds up a commit.
 */
export class History {
  readonly past: Past;
  readonly #deps: HistoryDeps;
  readonly #tracks: Tracks;
  readonly #rollups: Rollups;
  readonly #recent: RecentMeasures;
  readonly #usual: Usual;
  /** Records whose fields are written next. */
  readonly #soon = new Map<string, Subject>();
  /** All records, in the order in which their turn comes; made anew when it is through. */
  #turns: Subject[] = [];
  #perTick = 0;
  #nextRoundAt = 0;
  #tick: Timer | null = null;
  #pass: Timer | null = null;
  #working: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
    this.#tracks = new Tracks(deps);
    this.#rollups = new Rollups({ ...deps, tracks: this.#tracks });
    this.#recent = new RecentMeasures(deps.limits.measuredMax);
    this.#usual = new Usual(deps.store);
    this.past = new Past({ ...deps, tracks: this.#tracks, rollups: this.#rollups });
  }

  /** Reads what is kept and notes for how long nobody was here. Before anything is written after a start. */
  async open(): Promise<void> {
    const { live, store, clock } = this.#deps;
    let seen = 0;
    for (const org of live.orgs()) {
      for (const collection of live.collections(org)) {
        for (const { row } of live.entries(org, collection)) {
          const at = row['updatedAt'];
          if (typeof at === 'number') seen = Math.max(seen, at);
        }
      }
    }
    await this.#rollups.open(seen);
    await this.#recent.load(store, clock.now());
  }

  /** Begins to work. */
  start(): void {
    this.#planTick();
    this.#planPass(0);
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    for (const touch of this.#tracks.follow(committed)) {
      const key = keyOf(touch);
      if (touch.isGone) this.#soon.delete(key);
      else this.#soon.set(key, touch);
      if (!touch.isGone) continue;
      this.#recent.forget(touch);
      this.#usual.forget(touch);
    }
    for (const sample of committed.samples) this.#recent.take(sample);
  }

  /** What the newest observations of a record come to, from memory; null when there is no such record. */
  measured(org: string, collection: string, id: string, overMs: number): Measured | null {
    const subject = { org, collection, id };
    if (this.#tracks.birth(subject) === null) return null;
    return this.#recent.of(subject, overMs, this.#deps.clock.now());
  }

  /** Buckets of a record, oldest first. */
  buckets(
    org: string,
    collection: string,
    id: string,
    q: { readonly resolution: Resolution; readonly from: number; readonly to: number },
  ): Promise<readonly Bucket[]> {
    return this.past.buckets({ org, collection, id }, q);
  }

  /** Uptime of a record in a window of the last 91 days, from memory; null when there is no such record. */
  uptime(org: string, collection: string, id: string, from: number, to: number): WindowUptime | null {
    return this.past.uptime({ org, collection, id }, { from, to });
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#tick?.cancel();
    this.#pass?.cancel();
    await this.#rollups.close();
    await Promise.all([this.#working, this.#writing]);
  }

  #planTick(): void {
    this.#tick = this.#deps.clock.after(TICK_MS, () => {
      this.#writing = this.#write().then(() => {
        if (this.#isOpen) this.#planTick();
      });
    });
  }

  #planPass(ms: number): void {
    this.#pass = this.#deps.clock.after(ms, () => {
      this.#working = this.#work().then(() => {
        if (this.#isOpen) this.#planPass(PASS_MS);
      });
    });
  }

  async #work(): Promise<void> {
    try {
      await this.#rollups.pass();
      if (await this.#usual.refresh(this.#deps.clock.now())) this.#plan('services');
    } catch (error) {
      // Nothing is lost: what was not written is still due.
      this.#deps.onError(error, 'history could not be worked out; the next pass tries again');
    }
  }

  /** What these are held against is new: all of them come next. */
  #plan(collection: string): void {
    for (const subject of this.#tracks.subjects())
      if (subject.collection === collection) this.#soon.set(keyOf(subject), subject);
  }

  /** Writes the fields of the records whose turn it is, where they changed. */
  async #write(): Promise<void> {
    try {
      await this.#rollups.alive();
      for (const [org, subjects] of Map.groupBy(this.#next(), ({ org: of }) => of))
        await this.#writeFields(org, subjects);
    } catch (error) {
      this.#deps.onError(error, 'uptime fields could not be written; their next turn writes them');
    }
  }

  async #writeFields(org: string, subjects: readonly Subject[]): Promise<void> {
    const { live, commit, clock, limits } = this.#deps;
    const now = clock.now();
    const due = subjects.flatMap(({ collection, id }) => {
      const row = live.get(org, collection, id)?.row;
      const track = this.#tracks.of({ org, collection, id });
      if (row === undefined || track === null) return [];
      const fields = { ...liveFields(track, now), ...this.#shift({ org, collection, id }, now) };
      const isSame = Object.entries(fields).every(([name, value]) => equalJson(row[name], value));
      return isSame ? [] : [{ collection, id, fields }];
    });
    if (due.length === 0) return;
    const written = await commit.write(org, 'history', (draft) => {
      for (const { collection, id, fields } of due) {
        const row = draft.get(collection, id);
        if (row !== null) draft.put(collection, id, { ...row, ...fields });
      }
      return ok(null);
    });
    if (!written.ok)
      throw new Error(`${due.length} of at most ${limits.uptimeRecordsPerSecondMax}: ${written.message}`);
  }

  #shift(subject: Subject, now: number): { readonly latencyShift?: LatencyShift | null } {
    if (subject.collection !== 'services') return {};
    return { latencyShift: shiftOf(this.#recent.of(subject, PACE_MS, now), this.#usual.of(subject)) };
  }

  /** Who is next: whose history moved, then whose turn it is; no more than may be written in a second. */
  #next(): readonly Subject[] {
    const { uptimeRecordsPerSecondMax, uptimeRefreshMs } = this.#deps.limits;
    const next: Subject[] = [];
    for (const [key, subject] of this.#soon) {
      if (next.length >= uptimeRecordsPerSecondMax) return next;
      this.#soon.delete(key);
      next.push(subject);
    }
    const now = this.#deps.clock.mono();
    if (this.#turns.length === 0 && now >= this.#nextRoundAt) {
      this.#nextRoundAt = now + uptimeRefreshMs;
      this.#turns = [...this.#tracks.subjects()];
      this.#perTick = Math.ceil((this.#turns.length * TICK_MS) / uptimeRefreshMs);
    }
    const count = Math.min(this.#perTick, uptimeRecordsPerSecondMax - next.length, this.#turns.length);
    next.push(...this.#turns.splice(this.#turns.length - count));
    return next;
  }
}

function keyOf({ org, collection, id }: Subject): string {
  return `${org}\n${collection}/${id}`;
}
