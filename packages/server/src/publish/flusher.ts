/**
 * When each connection is written to. Nothing is ever written while a change is published: a change marks, a flush
 * writes, and one flush of a connection is one write whatever the number of its views.
 *
 * A pace is one connection's interval class. The first change after a quiet interval goes out at the end of the
 * present turn; after that the pace has its own beat, one interval apart, with a phase of its own so that connections
 * woken by the same change do not stay in step for ever. Due times are rounded up to slots, so that one timer
 * serves many. A pass yields to the event loop after a few milliseconds of writing; when a whole pass takes
 * longer than the interval, the gap grows with it, because a late flush counts from when it happened.
 */
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Subscription } from './lane.ts';

/** Whoever can be written to. */
export interface Outlet {
  /** Writes what is due, once. */
  flush(now: number): void;
  /** 0 to 1: where in the spread its beats lie. */
  readonly phase: number;
}

export interface FlusherDeps {
  readonly clock: Clock;
  readonly limits: Limits;
}

/** One connection's subscriptions of one interval class that have something to be told. */
export class Pace {
  readonly intervalMs: number;
  readonly outlet: Outlet;
  readonly dirty: Subscription[] = [];
  /** Monotonic ms before which this pace is not flushed again. */
  dueAt = 0;
  /** While held (lagging, paused, loading the connection) marks are remembered and nothing is scheduled. */
  isHeld = false;
  isQueued = false;
  readonly #flusher: Flusher;

  constructor(flusher: Flusher, outlet: Outlet, intervalMs: number) {
    this.#flusher = flusher;
    this.outlet = outlet;
    this.intervalMs = intervalMs;
  }

  add(sub: Subscription): void {
    this.dirty.push(sub);
    if (!this.isQueued && !this.isHeld) this.#flusher.schedule(this);
  }

  remove(sub: Subscription): void {
    const at = this.dirty.indexOf(sub);
    if (at >= 0) this.dirty.splice(at, 1);
  }

  /** Goes on after a hold. */
  release(): void {
    this.isHeld = false;
    if (this.dirty.length > 0 && !this.isQueued) this.#flusher.schedule(this);
  }

  /** Is it this pace's turn in a flush at `now`? Nearly due counts, so that one write serves both. */
  isDue(now: number): boolean {
    return this.dirty.length > 0 && now + SLOT_MS >= this.dueAt;
  }

  /** Remembers that it was flushed at `now`. */
  flushed(now: number): void {
    const lateMs = now - this.dueAt;
    const isLeading = lateMs >= this.intervalMs;
    if (isLeading) {
      this.dueAt = now + this.intervalMs + this.outlet.phase * this.intervalMs * SPREAD;
    } else {
      // On the beat: keep it. Late by more than a little: the gap grows with the load.
      this.dueAt = (lateMs > this.intervalMs * LATE ? now : Math.max(this.dueAt, now)) + this.intervalMs;
    }
  }
}

const SLOT_MS = 5;
const SPREAD = 0.25;
const LATE = 0.125;

export class Flusher {
  readonly #clock: Clock;
  readonly #limits: Limits;
  #ready: Pace[] = [];
  #head = 0;
  #soon: Timer | null = null;
  readonly #slots = new Map<number, Pace[]>();
  #timer: Timer | null = null;
  #timerSlot = Number.POSITIVE_INFINITY;

  constructor({ clock, limits }: FlusherDeps) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Queues a pace for the end of this turn when it was quiet, else for its beat. */
  schedule(pace: Pace): void {
    pace.isQueued = true;
    const now = this.#clock.mono();
    if (pace.intervalMs === 0 || now >= pace.dueAt) this.#push(pace);
    else this.#wait(pace, now);
  }

  /** Paces that wait for their beat or their turn. */
  get pending(): number {
    let count = this.#ready.length - this.#head;
    for (const slot of this.#slots.values()) count += slot.length;
    return count;
  }

  close(): void {
    this.#soon?.cancel();
    this.#timer?.cancel();
    this.#soon = null;
    this.#timer = null;
    this.#ready = [];
    this.#head = 0;
    this.#slots.clear();
  }

  #push(pace: Pace): void {
    this.#ready.push(pace);
    this.#soon ??= this.#clock.soon(() => this.#run());
  }

  #wait(pace: Pace, now: number): void {
    const slot = Math.ceil(pace.dueAt / SLOT_MS);
    const waiting = this.#slots.get(slot);
    if (waiting === undefined) this.#slots.set(slot, [pace]);
    else waiting.push(pace);
    if (slot < this.#timerSlot) this.#arm(slot, now);
  }

  #arm(slot: number, now: number): void {
    this.#timer?.cancel();
    this.#timerSlot = slot;
    this.#timer = this.#clock.after(Math.max(0, slot * SLOT_MS - now), () => this.#beat());
  }

  #beat(): void {
    this.#timer = null;
    this.#timerSlot = Number.POSITIVE_INFINITY;
    const now = this.#clock.mono();
    const current = Math.floor(now / SLOT_MS);
    let next = Number.POSITIVE_INFINITY;
    for (const [slot, waiting] of this.#slots) {
      if (slot <= current) {
        this.#slots.delete(slot);
        for (const pace of waiting) this.#ready.push(pace);
      } else if (slot < next) {
        next = slot;
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next, now);
    if (this.#soon === null) this.#run();
  }

  #run(): void {
    this.#soon = null;
    const start = this.#clock.mono();
    let now = start;
    while (this.#head < this.#ready.length) {
      const pace = this.#ready[this.#head];
      this.#head += 1;
      if (pace === undefined) continue;
      pace.isQueued = false;
      if (pace.dirty.length > 0 && !pace.isHeld) pace.outlet.flush(now);
      // It was flushed early together with another pace, and marked again since: its own beat is still to come.
      if (pace.dirty.length > 0 && !pace.isHeld && !pace.isQueued) this.schedule(pace);
      now = this.#clock.mono();
      if (now - start >= this.#limits.flushSliceMs && this.#head < this.#ready.length) {
        // Others read and answer before the pass goes on.
        this.#soon = this.#clock.soon(() => this.#run());
        return;
      }
    }
    this.#ready = [];
    this.#head = 0;
  }
}
