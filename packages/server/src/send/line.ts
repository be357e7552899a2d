import type { Channel, Delivery } from '@statewire/model';
import { Bucket, type BucketRate } from './bucket.ts';

/** A queued delivery as the outbox knows it; what is told lies in its document until it is sent. */
export interface Item {
  readonly id: string;
  /** The order in which a recipient is told: that of making, and a summary where the newest that it speaks of stood. */
  readonly place: number;
  readonly kind: Delivery['kind'];
  readonly thread: string;
  readonly recipient: string;
  due: number;
  isSending: boolean;
}

/** What a line wants next. */
export type Next =
  | { readonly do: 'send'; readonly item: Item }
  | { readonly do: 'merge'; readonly items: readonly Item[] }
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'full' }
  | { readonly do: 'nothing' };

/**
 * The queue of one channel. Of one thread to one recipient only the oldest is under way, so that a recovery never
 * overtakes its alert; different threads do not wait for each other, only for a summary that is not told yet. When more is due than the channel may be told,
 * what waits for the same recipient becomes one summary.
 */
export class Line {
  readonly org: string;
  readonly channel: string;
  readonly items: Map<string, Item> = new Map();
  /** Sendings under way. */
  running = 0;
  /** A summary is being made; nothing else goes until it is there. */
  isMerging = false;
  /** The receiver asked everybody to wait until then. */
  holdUntil = 0;
  /** More was due than there were tokens, and it has not been caught up with. */
  #isOver = false;
  /** The highest place there ever was: whoever comes with a higher one is simply put behind. */
  #last = -Infinity;
  readonly #bucket: Bucket;

  constructor(at: { readonly org: string; readonly channel: string; readonly rate: BucketRate; readonly now: number }) {
    this.org = at.org;
    this.channel = at.channel;
    this.#bucket = new Bucket(at.rate, at.now);
  }

  get isIdle(): boolean {
    return this.items.size === 0 && this.running === 0 && !this.isMerging;
  }

  /** Takes its place: nearly always the last. */
  add(item: Item): void {
    const isLast = item.place >= this.#last;
    this.#last = Math.max(this.#last, item.place);
    const later = isLast ? [] : [...this.items.values()].filter(({ place }) => place > item.place);
    for (const { id } of later) this.items.delete(id);
    for (const each of [item, ...later]) this.items.set(each.id, each);
  }

  setRate(rate: BucketRate, now: number): void {
    this.#bucket.set(rate, now);
  }

  /** Something was sent: by this process, or according to the log by the one before. */
  spend(now: number): void {
    this.#bucket.take(now);
  }

  /** True when it may be told as much as one that was never told anything. */
  isFull(now: number): boolean {
    return this.#bucket.isFull(now);
  }

  /** What waits goes one by one until it is too much again. */
  relax(): void {
    this.#isOver = false;
  }

  next(
    now: number,
    of: { readonly perChannelMax: number; readonly noticesMax: number; readonly merges: boolean },
  ): Next {
    if (this.isMerging || this.items.size === 0) return { do: 'nothing' };
    const { due, soonest, waiting } = this.#due(now);
    const [first] = due;
    if (first === undefined) {
      this.#isOver = false;
      return soonest === null ? { do: 'nothing' } : { do: 'wait', until: soonest };
    }
    if (this.holdUntil > now) return { do: 'wait', until: this.holdUntil };
    if (this.running >= of.perChannelMax) return { do: 'full' };
    const tokens = this.#bucket.count(now);
    if (tokens < 1) {
      this.#isOver = true;
      return { do: 'wait', until: now + this.#bucket.waitMs(now) };
    }
    if (waiting <= tokens) this.#isOver = false;
    if (this.#isOver) {
      const items = this.#mergeable(now, first.recipient, of.noticesMax, of.merges);
      if (items.length > 1) return { do: 'merge', items };
    }
    return { do: 'send', item: first };
  }

  /** What may be sent now, oldest first; when the next may be if nothing may; and how many wait for no other time than now. */
  #due(now: number): { readonly due: readonly Item[]; readonly soonest: number | null; readonly waiting: number } {
    const due: Item[] = [];
    const taken = new Set<string>();
    const barred = new Set<string>();
    let soonest: number | null = null;
    let waiting = 0;
    for (const item of this.items.values()) {
      const key = threadKey(item);
      if (!item.isSending && item.due <= now) waiting += 1;
      // A summary speaks of many threads: what is newer waits until it was told, or it would be told an old state last.
      if (barred.has(item.recipient) && !UNMERGED.has(item.kind)) continue;
      if (item.kind === 'summary') barred.add(item.recipient);
      // Its thread has an older one that is not settled.
      if (taken.has(key)) continue;
      taken.add(key);
      if (item.isSending) continue;
      if (item.due <= now) due.push(item);
      else soonest = soonest === null ? item.due : Math.min(soonest, item.due);
    }
    return { due, soonest, waiting };
  }

  /**
   * Everything for this recipient that waits only for a token. Receivers that keep a state per thread are never told in
   * a summary: there, of each thread the newest stays and the older ones are superseded.
   */
  #mergeable(now: number, recipient: string, max: number, merges: boolean): readonly Item[] {
    const stuck = new Set<string>();
    const items: Item[] = [];
    for (const item of this.items.values()) {
      if (item.recipient !== recipient) continue;
      if (item.kind === 'summary') break;
      if (UNMERGED.has(item.kind)) continue;
      const key = threadKey(item);
      if (stuck.has(key)) continue;
      if (item.isSending || item.due > now) stuck.add(key);
      else items.push(item);
      if (items.length >= max) break;
    }
    if (merges) return items;
    const { thread } = items.find((item) => items.filter((other) => other.thread === item.thread).length > 1) ?? {};
    return thread === undefined ? [] : items.filter((item) => item.thread === thread);
  }
}

/** Each of these is one thing for one purpose; none stands for another. */
const UNMERGED: ReadonlySet<Delivery['kind']> = new Set(['action', 'digest', 'summary', 'test']);

/** Receivers that keep a state per thread: a summary would leave them with an old one. */
const STATEFUL: ReadonlySet<Channel['kind']> = new Set(['alertmanager', 'opsgenie', 'pagerduty']);

export function isStateful(kind: Channel['kind']): boolean {
  return STATEFUL.has(kind);
}

function threadKey({ recipient, thread }: Item): string {
  return `${recipient}\n${thread}`;
}
