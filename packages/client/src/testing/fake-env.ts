import type { Store } from '../offline/shelf.ts';
import type { Env, Fetch, Network, Signal, SocketLike, Timer } from '../env.ts';

/** Surroundings driven by hand: time stands still until `advance`, chance is what you say. */
export class FakeEnv implements Env {
  /** What `random()` returns. */
  chance = 0.5;
  visible = true;
  /** What ids of this page begin with; no two pages share one. */
  idPrefix = 'tab';
  online = true;
  /** What the browser says of the network; null where it says nothing. */
  net: Network | null = null;
  /** Where requests go: `new FakeRequests(server).fetch`, for example. Absent: there are none. */
  fetch: Fetch | undefined;
  /** Errors that handlers threw. */
  readonly errors: unknown[] = [];
  #now: number;
  #ids = 0;
  #order = 0;
  #timers = new Map<number, { readonly at: number; readonly fn: () => void }>();
  readonly store: Store | undefined;
  readonly #listeners = new Set<(signal: Signal) => void>();

  /** `store`: what outlives the page, shared by tabs of one browser. */
  constructor(now = 1_000_000, store?: Store) {
    this.#now = now;
    this.store = store;
  }

  /** Timers that are set and who listens: nothing is left when all is closed. */
  get pending(): { readonly timers: number; readonly listeners: number } {
    return { timers: this.#timers.size, listeners: this.#listeners.size };
  }

  now(): number {
    return this.#now;
  }

  /** Moves the wall clock without ringing anything, as a laptop's sleep or a person does. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass, ringing each timer at its moment. Promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (due === undefined) break;
      const [id, { at, fn }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      fn();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets promises run. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  }

  /** Sends a signal, and keeps `visible` and `online` in step with it. */
  signal(signal: Signal): void {
    if (signal === 'hidden' || signal === 'visible') this.visible = signal === 'visible';
    if (signal === 'offline' || signal === 'online') this.online = signal === 'online';
    const listeners = [...this.#listeners];
    for (const fn of listeners) fn(signal);
  }

  after(ms: number, fn: () => void): Timer {
    this.#order += 1;
    const id = this.#order;
    this.#timers.set(id, { at: this.#now + ms, fn });
    return { cancel: () => this.#timers.delete(id) };
  }

  random(): number {
    return this.chance;
  }

  uniqueId(): string {
    this.#ids += 1;
    return `${this.idPrefix}${this.#ids}`;
  }

  pageUrl(): string | null {
    return 'http://page.test/';
  }

  isVisible(): boolean {
    return this.visible;
  }

  isOnline(): boolean {
    return this.online;
  }

  network(): Network | null {
    return this.net;
  }

  listen(fn: (signal: Signal) => void): () => void {
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  openSocket(): SocketLike {
    throw new Error('a FakeEnv opens no sockets; pass `dial`, for example that of a FakeServer');
  }

  reportError(error: unknown): void {
    this.errors.push(error);
  }
}
