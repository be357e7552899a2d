import type { Notification } from '@statewire/model';

/** What of a notification decides how it is said. */
export type Arrival = Pick<Notification, 'id' | 'lastAt' | 'priority' | 'snoozedUntil' | 'sound'>;

/** How much is said at once. */
export interface ArrivalsOptions {
  /** Toasts within a window, and tones too. Default 3: a person reads three. */
  readonly toastsMax?: number | undefined;
  /** Default 10 s. */
  readonly windowMs?: number | undefined;
}

/** What is said at once of what just came. */
export interface Said<T extends Arrival = Notification> {
  /** Each with a toast of its own, the most pressing first. */
  readonly toasts: readonly T[];
  /** How many came beyond that within the window: a number in one more toast. 0 when nothing was added to it. */
  readonly more: number;
  /** Is it heard, and how pressing does it sound? */
  readonly tone: 'plain' | 'urgent' | null;
}

/**
 * Tells what is new among what is unread, and how it is said: a flood is three toasts in ten seconds and a number, what is
 * low waits in the inbox, and in a tab that nobody looks at nothing is shown. What was there at the first look is not
 * new, nor is what the person marks unread again. Whether it may be heard at all (preferences, quiet hours) the server has
 * said in `sound`.
 */
export class Arrivals<T extends Arrival = Notification> {
  readonly #toasts: Window;
  readonly #tones: Window;
  readonly #seen = new Map<string, Pick<Arrival, 'lastAt' | 'snoozedUntil'>>();
  #from: number | null = null;
  #more = 0;

  constructor({ toastsMax = TOASTS_MAX, windowMs = WINDOW_MS }: ArrivalsOptions = {}) {
    this.#toasts = new Window(toastsMax, windowMs);
    this.#tones = new Window(toastsMax, windowMs);
  }

  /** Looks at what is unread `now`, by the server's clock, what is snoozed included. */
  look(unread: readonly T[], { now, isSeen }: { readonly now: number; readonly isSeen: boolean }): Said<T> {
    const fresh = this.#from === null ? [] : unread.filter((row) => this.#isNew(row, now));
    this.#from ??= now - GRACE_MS;
    if (this.#seen.size > SEEN_MAX) this.#seen.clear();
    for (const { id, lastAt, snoozedUntil } of unread) this.#seen.set(id, { lastAt, snoozedUntil });
    return { ...this.#shown(isSeen ? fresh : [], now), tone: this.#heard(fresh, now) };
  }

  #shown(fresh: readonly T[], now: number): Pick<Said<T>, 'more' | 'toasts'> {
    const wanted = fresh
      .filter(({ priority }) => priority !== 'low')
      .sort((a, b) => WEIGHT[b.priority] - WEIGHT[a.priority] || b.lastAt - a.lastAt);
    if (this.#toasts.isEmpty(now)) this.#more = 0;
    const toasts = wanted.slice(0, this.#toasts.take(wanted.length, now));
    const rest = wanted.length - toasts.length;
    this.#more += rest;
    return { toasts, more: rest === 0 ? 0 : this.#more };
  }

  #heard(fresh: readonly T[], now: number): Said['tone'] {
    const loud = fresh.filter(({ sound }) => sound);
    if (loud.length === 0 || this.#tones.take(1, now) === 0) return null;
    return loud.some(({ priority }) => priority === 'urgent') ? 'urgent' : 'plain';
  }

  #isNew({ id, lastAt, snoozedUntil }: T, now: number): boolean {
    if (snoozedUntil !== null) return false;
    const before = this.#seen.get(id);
    if (before === undefined) return lastAt > (this.#from ?? now);
    return lastAt > before.lastAt || (before.snoozedUntil !== null && before.snoozedUntil <= now + GRACE_MS);
  }
}

/** So many within so long. */
class Window {
  readonly #max: number;
  readonly #ms: number;
  #spent: readonly number[] = [];

  constructor(max: number, ms: number) {
    this.#max = max;
    this.#ms = ms;
  }

  isEmpty(now: number): boolean {
    this.#pass(now);
    return this.#spent.length === 0;
  }

  /** Takes up to `count`; says how many there was room for. */
  take(count: number, now: number): number {
    this.#pass(now);
    const taken = Math.min(count, this.#max - this.#spent.length);
    this.#spent = [...this.#spent, ...Array.from({ length: taken }, () => now)];
    return taken;
  }

  #pass(now: number): void {
    // A clock that was set back must not silence anybody.
    this.#spent = this.#spent.filter((at) => Math.abs(now - at) < this.#ms);
  }
}

const TOASTS_MAX = 3;
const WINDOW_MS = 10_000;
// What happened just before the first look may come just after it.
const GRACE_MS = 5_000;
// More than a person's inbox holds.
const SEEN_MAX = 1_000;
const WEIGHT = { low: 0, normal: 1, high: 2, urgent: 3 } as const;
