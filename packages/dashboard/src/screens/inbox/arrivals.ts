import type { Notification } from '@statewire/model';

/** What is said at once of what just came. */
export interface Said {
  /** Each with a toast of its own. */
  readonly items: readonly Notification[];
  /** How many more came that have none. */
  readonly more: number;
  /** Should it be heard? */
  readonly isLoud: boolean;
}

// A person reads three; a flood is a number.
const TOASTS_MAX = 3;
const WINDOW_MS = 10_000;
// What happened just before the first look may come just after it.
const GRACE_MS = 5_000;
// More than a person's inbox holds.
const SEEN_MAX = 1_000;

/**
 * Tells what is new among what is unread, and holds a flood back: at most three toasts in ten seconds, what is more is
 * a number. What was there at the first look is not new, nor is what the person marks unread again.
 */
export class Arrivals {
  readonly #seen = new Map<string, Pick<Notification, 'lastAt' | 'snoozedUntil'>>();
  #from: number | null = null;
  #spent: readonly number[] = [];
  #more = 0;

  /** Looks at what is unread now, what is snoozed included. */
  look(unread: readonly Notification[], now: number): Said {
    const fresh = this.#from === null ? [] : unread.filter((row) => this.#isNew(row, now));
    this.#from ??= now - GRACE_MS;
    if (this.#seen.size > SEEN_MAX) this.#seen.clear();
    for (const { id, lastAt, snoozedUntil } of unread) this.#seen.set(id, { lastAt, snoozedUntil });
    // What is low waits in the inbox.
    const said = fresh
      .filter(({ priority }) => priority !== 'low')
      .sort((a, b) => WEIGHT[b.priority] - WEIGHT[a.priority] || b.lastAt - a.lastAt);
    this.#spent = this.#spent.filter((at) => now - at < WINDOW_MS);
    if (this.#spent.length === 0) this.#more = 0;
    const items = said.slice(0, TOASTS_MAX - this.#spent.length);
    this.#spent = [...this.#spent, ...items.map(() => now)];
    const rest = said.length - items.length;
    this.#more += rest;
    return { items, more: rest === 0 ? 0 : this.#more, isLoud: fresh.some(({ sound }) => sound) };
  }

  #isNew({ id, lastAt, snoozedUntil }: Notification, now: number): boolean {
    if (snoozedUntil !== null) return false;
    const before = this.#seen.get(id);
    if (before === undefined) return lastAt > (this.#from ?? now);
    return lastAt > before.lastAt || (before.snoozedUntil !== null && before.snoozedUntil <= now + GRACE_MS);
  }
}

const WEIGHT = { low: 0, normal: 1, high: 2, urgent: 3 } as const;
