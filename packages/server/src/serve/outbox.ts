/**
 * What one connection is told about its views, and when not.
 *
 * Everything said in one turn (replies, chunks, deltas) is gathered and written once. Data frames are paid for from a
 * window that the caller's acknowledgements refill. A caller that does not keep up is not buffered for: it is held,
 * each of its subscriptions remembers the version it stands at, and when it has caught up with what was sent it gets
 * one delta per view of current values. The same holds while its credential has expired.
 *
 * Not here: who the caller is and what it may see (session.ts).
 */
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Chunks } from '../publish/chunks.ts';
import { Pace, type Flusher, type Outlet } from '../publish/flusher.ts';
import type { Hub } from '../publish/hub.ts';
import { intervalClass, type Subscription } from '../publish/lane.ts';
import { message, type Message } from '../publish/message.ts';
import { SOUND, type Planted } from '../publish/planted.ts';
import type { Changes, View } from '../publish/view.ts';
import type { Transport } from './transports/transport.ts';
import { Window } from './window.ts';

export interface OutboxDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly hub: Hub;
  readonly flusher: Flusher;
  readonly transport: Transport;
  readonly planted?: Planted | undefined;
}

/** The interval class of everything while the caller is hidden. */
export const HIDDEN_MS = 5000;

export class Outbox implements Outlet {
  readonly phase: number;
  /** Monotonic ms of the last write. */
  wroteAt: number;
  frames = 0;
  bytes = 0;
  readonly #deps: OutboxDeps;
  readonly #planted: Planted;
  readonly #subs = new Map<number, Subscription>();
  readonly #paces: Pace[] = [];
  readonly #window = new Window();
  #loading: Subscription[] = [];
  #gathered: Message[] = [];
  #isLagging = false;
  #isPaused = false;
  #isHidden = false;
  /** Since when an acknowledgement is owed: the last one, or when the caller was last told to be awake. */
  #heardAt: number;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#planted = deps.planted ?? SOUND;
    this.phase = deps.clock.random();
    this.wroteAt = deps.clock.mono();
    this.#heardAt = this.wroteAt;
  }

  get subscriptions(): number {
    return this.#subs.size;
  }

  get isLagging(): boolean {
    return this.#isLagging;
  }

  /** Has everything committed so far been sent? */
  get isCurrent(): boolean {
    if (this.#isLagging || this.#isPaused || this.#loading.length > 0) return false;
    return this.#paces.every((pace) => pace.dirty.length === 0);
  }

  /** Adds a control message. Never dropped, never counted against the window. */
  say(text: string): void {
    this.#gathered.push(message(text));
  }

  /** Writes what was gathered, in one go. */
  write(): void {
    if (this.#gathered.length === 0) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    this.frames += gathered.length;
    for (const { text } of gathered) this.bytes += text.length;
    this.wroteAt = this.#deps.clock.mono();
    this.#deps.transport.send(gathered);
  }

  /** The subscription the caller calls `s`. */
  get(s: number): Subscription | undefined {
    return this.#subs.get(s);
  }

  all(): Iterable<Subscription> {
    return this.#subs.values();
  }

  /**
   * Opens a subscription for a caller that stands at `from`, or NOWHERE. `answer` is called with what will follow, so
   * that the reply goes before the data. A view the connection already has is taken over from the old number.
   */
  subscribe(
    wish: { readonly s: number; readonly view: View; readonly wantedMs: number; readonly from: number },
    answer: (started: { v: number; intervalMs: number; how: Changes['how'] }) => void,
  ): void {
    const { s, view, wantedMs } = wish;
    const old = this.#find(view);
    const from = this.#planted.subscriptionReused && old !== undefined ? old.v : wish.from;
    if (old !== undefined) this.#end(old);
    const intervalMs = this.#classFor(wantedMs);
    const pace = this.#pace(intervalMs);
    const lane = this.#deps.hub.join(view, intervalMs);
    const sub: Subscription = {
      s,
      view,
      wantedMs,
      lane,
      pace,
      v: from,
      at: 'loading',
      cleanIndex: 0,
      chunks: null,
      chunk: 0,
    };
    this.#subs.set(s, sub);
    const changes = view.changesSince(from);
    const v = changes.how === 'delta' ? Math.max(from, view.version) : changes.chunks.v;
    answer({ v, intervalMs, how: changes.how });
    if (this.#isHeld || this.#loading.length > 0) this.#postpone(sub, changes);
    else this.#tell(sub, changes);
    this.#load();
  }

  /** Ends subscriptions; all of them before anything is sent of others that waited behind them. */
  unsubscribe(...numbers: readonly number[]): void {
    for (const s of numbers) {
      const sub = this.#subs.get(s);
      if (sub !== undefined) this.#end(sub);
    }
    this.#load();
  }

  /** Changes the interval of one subscription; what it is owed stays owed. Returns the class. */
  pace(sub: Subscription, wantedMs: number): number {
    sub.wantedMs = wantedMs;
    const intervalMs = this.#classFor(wantedMs);
    if (sub.lane.intervalMs !== intervalMs) this.#move(sub, intervalMs);
    return intervalMs;
  }

  hide(isHidden: boolean): void {
    if (this.#isHidden === isHidden) return;
    this.#isHidden = isHidden;
    this.#heardAt = this.#deps.clock.mono();
    for (const sub of this.#subs.values()) this.pace(sub, sub.wantedMs);
    if (!isHidden) this.flushAll();
  }

  /** The caller has applied `n` data frames so far; false when that cannot be. */
  ack(n: number): boolean {
    const { acked } = this.#window;
    if (!this.#window.ack(n)) return false;
    const now = this.#deps.clock.mono();
    // Saying the same number again is no sign that anything was read.
    if (this.#window.acked > acked) this.#heardAt = now;
    this.#recover(now);
    this.#load();
    return true;
  }

  /** Stops telling anything (true) or goes on from where it stopped (false). */
  pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#hold();
    else this.#release();
  }

  /** Called by the flusher when it is this connection's turn. */
  flush(now: number): void {
    this.#flush(now, (pace) => pace.isDue(now));
  }

  /** Tells everything that is owed now, due or not: a caller's own write is seen before its answer. */
  flushAll(): void {
    this.#flush(this.#deps.clock.mono(), (pace) => pace.dirty.length > 0);
  }

  /** Looks at the window as time passes. `stalled`: nothing was confirmed for too long, the connection should go. */
  tick(now: number): 'fine' | 'stalled' {
    const { limits, transport } = this.#deps;
    if (transport.queuedBytes > limits.socketHoldBytesMax) return 'stalled';
    this.#checkLag(now);
    this.#recover(now);
    const { oldestAt } = this.#window;
    if (this.#isHeld && now - this.#heardAt > limits.captureHoldMs) this.#dropCapture();
    this.#load();
    this.write();
    if (oldestAt === null) return 'fine';
    // A hidden page may be slow, because browsers slow its timers; one that is gone is not waited for for ever.
    const patience = this.#isHidden ? limits.stallHiddenMs : limits.stallMs;
    return now - Math.max(oldestAt, this.#heardAt) > patience ? 'stalled' : 'fine';
  }

  close(): void {
    for (const sub of this.#subs.values()) this.#deps.hub.leave(sub);
    this.#subs.clear();
    this.#loading = [];
    this.#gathered = [];
    for (const pace of this.#paces) pace.isHeld = true;
  }

  #end(sub: Subscription): void {
    this.#deps.hub.leave(sub);
    sub.at = 'closed';
    sub.chunks = null;
    this.#subs.delete(sub.s);
    this.#loading = this.#loading.filter((each) => each !== sub);
  }

  get #isHeld(): boolean {
    return this.#isLagging || this.#isPaused;
  }

  #flush(now: number, isTurn: (pace: Pace) => boolean): void {
    this.#checkLag(now);
    if (this.#isHeld) return;
    for (const pace of this.#paces) {
      if (!isTurn(pace)) continue;
      const dirty = pace.dirty.splice(0);
      for (const [i, sub] of dirty.entries()) {
        if (this.#window.inFlightBytes > this.#deps.limits.windowBytes) {
          // The rest stay owed; they cost one remembered version each.
          pace.dirty.push(...dirty.slice(i));
          this.#lag();
          break;
        }
        this.#tell(sub, sub.view.changesSince(sub.v));
      }
      if (this.#isLagging) break;
      pace.flushed(now);
    }
    this.#load();
    this.write();
  }

  /** Sends what brings a subscription to where its view stands, or begins to. */
  #tell(sub: Subscription, changes: Changes): void {
    if (changes.how === 'delta') {
      if (changes.frame !== null) this.#data(changes.frame);
      sub.v = Math.max(sub.v, sub.view.version);
      sub.lane.settle(sub);
      return;
    }
    sub.at = 'loading';
    sub.chunks = changes.chunks;
    sub.chunk = 0;
    this.#loading.push(sub);
  }

  #postpone(sub: Subscription, changes: Changes): void {
    if (changes.how === 'delta') {
      if (changes.frame === null) sub.lane.settle(sub);
      else {
        sub.at = 'dirty';
        sub.pace.add(sub);
      }
      return;
    }
    // Captured when it is its turn: only one capture is held per connection.
    sub.at = 'loading';
    sub.chunks = null;
    this.#loading.push(sub);
  }

  /** Sends chunks while the window has room, one subscription after the other. */
  #load(): void {
    for (let sub = this.#loading[0]; sub !== undefined && !this.#isHeld; sub = this.#loading[0]) {
      if (sub.chunks === null) {
        sub.chunks = sub.view.inFullSince(sub.v).chunks;
        sub.chunk = 0;
      }
      if (!this.#sendChunk(sub, sub.chunks)) return;
    }
  }

  /** False when there is no room for the next chunk. */
  #sendChunk(sub: Subscription, chunks: Chunks): boolean {
    const next = chunks.at(sub.chunk);
    if (next === null) return false;
    const { inFlightBytes } = this.#window;
    if (inFlightBytes > 0 && inFlightBytes + next.text.length > this.#deps.limits.windowBytes) return false;
    this.#data(next);
    sub.chunk += 1;
    if (!chunks.isLast(sub.chunk - 1)) return true;
    this.#loading.shift();
    sub.chunks = null;
    sub.v = this.#planted.snapshotGap ? sub.view.version : chunks.v;
    // What changed since the capture follows in the same write.
    if (sub.view.version > sub.v) this.#tell(sub, sub.view.changesSince(sub.v));
    else sub.lane.settle(sub);
    return true;
  }

  #data(frame: Message): void {
    this.#window.add(frame.text.length, this.#deps.clock.mono());
    this.#gathered.push(frame);
  }

  #checkLag(now: number): void {
    if (this.#isLagging) return;
    const { limits, transport } = this.#deps;
    const isFull = this.#window.inFlightBytes > limits.windowBytes;
    if (isFull || this.#isLate(now) || transport.queuedBytes > limits.socketQueueBytesMax) this.#lag();
  }

  #isLate(now: number): boolean {
    const { oldestAt } = this.#window;
    return oldestAt !== null && now - oldestAt > this.#deps.limits.ackAgeMsMax;
  }

  #lag(): void {
    this.#isLagging = true;
    this.#hold();
  }

  #recover(now: number): void {
    if (!this.#isLagging || this.#isLate(now)) return;
    const { limits, transport } = this.#deps;
    if (this.#window.inFlightBytes >= limits.windowBytes / 4) return;
    if (transport.queuedBytes > limits.socketQueueBytesMax) return;
    this.#isLagging = false;
    this.#release();
  }

  #hold(): void {
    for (const pace of this.#paces) pace.isHeld = true;
  }

  /** A capture may hold many texts; who lets it wait is given a new one when it is back. */
  #dropCapture(): void {
    for (const sub of this.#loading) sub.chunks = null;
  }

  #release(): void {
    if (this.#isHeld) return;
    for (const pace of this.#paces) pace.release();
    this.#load();
  }

  #move(sub: Subscription, intervalMs: number): void {
    const { at } = sub;
    this.#deps.hub.leave(sub);
    sub.pace = this.#pace(intervalMs);
    sub.lane = this.#deps.hub.join(sub.view, intervalMs);
    if (at === 'clean') sub.lane.settle(sub);
    if (at === 'dirty') sub.pace.add(sub);
  }

  #classFor(wantedMs: number): number {
    return Math.max(intervalClass(wantedMs), this.#isHidden ? HIDDEN_MS : 0);
  }

  #pace(intervalMs: number): Pace {
    const known = this.#paces.find((pace) => pace.intervalMs === intervalMs);
    if (known !== undefined) return known;
    const pace = new Pace(this.#deps.flusher, this, intervalMs);
    pace.isHeld = this.#isHeld;
    this.#paces.push(pace);
    return pace;
  }

  #find(view: View): Subscription | undefined {
    for (const sub of this.#subs.values()) if (sub.view === view) return sub;
    return undefined;
  }
}
