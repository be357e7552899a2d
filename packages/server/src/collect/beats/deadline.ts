/**
 * All deadlines of all records in one heap with one timer: absolute times, so that thousands of heartbeats cost no
 * more than one and none overflows a timer. The row says what its next deadline is (derive/freshness.ts, derive/run.ts);
 * here it only waits. What fires is compared with the row again when it is applied, so a deadline that was moved
 * meanwhile does nothing.
 */
import type { Failure, Result } from '@statewire/protocol';
import type { Clock, Timer } from '../../lib/clock.ts';
import { Heap, type HeapItem } from '../../lib/heap.ts';
import type { Limits } from '../../lib/limits.ts';

export interface DeadlinesDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'deadlineSweepMs' | 'deadlineSleepMsMax' | 'deadlinesPerTurnMax' | 'deadlineRetryMs'>;
  /** Applies a passed deadline. One that could not be written is fired again. */
  readonly fire: (org: string, collection: string, id: string, deadline: number) => Promise<Result<unknown>>;
}

interface Item extends HeapItem {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  deadline: number;
}

export class Deadlines {
  readonly #deps: DeadlinesDeps;
  readonly #items = new Map<string, Item>();
  readonly #heap = new Heap<Item>();
  #timer: Timer | null = null;
  #wakeAt = Infinity;
  #sweptAt = -Infinity;
  #isOpen = true;

  constructor(deps: DeadlinesDeps) {
    this.#deps = deps;
  }

  /** How many deadlines wait. */
  get size(): number {
    return this.#heap.size;
  }

  /** Sets, moves or (with null) clears the one deadline of a record. Epoch milliseconds. */
  set(org: string, collection: string, id: string, deadline: number | null): void {
    if (!this.#isOpen) return;
    const key = `${org}\n${collection}\n${id}`;
    const known = this.#items.get(key);
    if (deadline === null) {
      if (known === undefined) return;
      this.#items.delete(key);
      this.#heap.delete(known);
      return;
    }
    const item = known ?? { org, collection, id, deadline, due: deadline, slot: -1 };
    if (known === undefined) this.#items.set(key, item);
    else if (known.deadline === deadline && known.slot >= 0) return;
    item.deadline = deadline;
    this.#heap.set(item, deadline);
    this.#arm();
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#items.clear();
  }

  #arm(): void {
    const first = this.#heap.peek();
    if (!this.#isOpen || first === undefined) return;
    const { clock, limits } = this.#deps;
    const now = clock.now();
    // Not more often than the sweep interval; and never asleep so long that a wall clock set forward goes unnoticed.
    const rest = Math.max(0, this.#sweptAt + limits.deadlineSweepMs - clock.mono());
    const waitMs = Math.min(Math.max(first.due - now, rest, 0), limits.deadlineSleepMsMax);
    const wakeAt = clock.mono() + waitMs;
    if (this.#timer !== null && this.#wakeAt <= wakeAt) return;
    this.#timer?.cancel();
    this.#wakeAt = wakeAt;
    this.#timer = clock.after(Math.ceil(waitMs), () => this.#sweep());
  }

  #sweep(): void {
    const { clock, limits } = this.#deps;
    this.#timer = null;
    this.#wakeAt = Infinity;
    this.#sweptAt = clock.mono();
    const now = clock.now();
    for (let fired = 0; fired < limits.deadlinesPerTurnMax; fired++) {
      const item = this.#heap.popDue(now);
      if (item === undefined) break;
      void this.#fire(item);
    }
    const next = this.#heap.peek();
    if (next === undefined || next.due > now) {
      this.#arm();
      return;
    }
    // More is due than one turn may take: let others have the thread, then go on at once.
    this.#wakeAt = clock.mono();
    this.#timer = clock.soon(() => this.#sweep());
  }

  async #fire(item: Item): Promise<void> {
    const { deadline } = item;
    const key = `${item.org}\n${item.collection}\n${item.id}`;
    const result = await this.#attempt(item);
    // Someone set another deadline while this one was applied: that one counts.
    if (!this.#isOpen || this.#items.get(key) !== item || item.slot >= 0) return;
    if (result.ok || !RETRIED.has(result.code)) {
      this.#items.delete(key);
      return;
    }
    item.deadline = deadline;
    this.#heap.set(item, this.#deps.clock.now() + this.#deps.limits.deadlineRetryMs);
    this.#arm();
  }

  async #attempt(item: Item): Promise<Result<unknown>> {
    try {
      return await this.#deps.fire(item.org, item.collection, item.id, item.deadline);
    } catch (error) {
      return { ok: false, code: 'internal', message: String(error) } satisfies { ok: false } & Failure;
    }
  }
}

/** Failures that say nothing about the deadline: the write could not be taken just now. */
const RETRIED: ReadonlySet<string> = new Set(['overloaded', 'unavailable', 'internal']);
