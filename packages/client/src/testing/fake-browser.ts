/**
 * A browser with several tabs of one origin, driven by hand: they share locks and channels, and can crash, freeze, go to the
 * back-forward cache and be hidden. Time and chance come from whoever drives it. What a frozen page should have heard waits
 * for it, as in a browser; what a crashed one held is free.
 */
import type { Dial, Wire, WireEvents } from '../connect/transport.ts';
import type { Channel, Env, Fetch, Lock, LockEvents, Signal, SocketLike, Timer } from '../env.ts';
import type { Shelf, Store } from '../offline/shelf.ts';

/** Time and chance for a browser: a `FakeEnv` is one. */
export type Hands = Pick<Env, 'now' | 'after' | 'random'>;

/** Several tabs that share locks and channels, and can crash, freeze, sleep or lose messages. For tests. */
export class FakeBrowser {
  readonly tabs: FakeTab[] = [];
  /** How long a message takes from tab to tab, ms; 0 is the next microtask. */
  latencyMs: () => number = () => 0;
  /** Is this message lost? */
  loses: () => boolean = () => false;
  readonly hands: Hands;
  readonly #locks = new Map<string, LockQueue>();
  readonly #ends = new Set<End>();
  #ids = 0;

  constructor(hands: Hands) {
    this.hands = hands;
  }

  /** Opens a tab, visible unless you say. */
  open(visible = true): FakeTab {
    this.#ids += 1;
    const tab = new FakeTab(this, `tab${this.#ids}`, visible);
    this.tabs.push(tab);
    return tab;
  }

  /** Locks that are held or waited for, and ends of channels that are open: nothing is left when all is closed. */
  get pending(): { readonly locks: number; readonly channels: number } {
    let locks = 0;
    for (const { holder, queue } of this.#locks.values()) locks += queue.length + (holder === null ? 0 : 1);
    return { locks, channels: this.#ends.size };
  }

  /** The tab that holds the lock whose name contains this. */
  holderOf(part: string): FakeTab | null {
    for (const [name, { holder }] of this.#locks) if (name.includes(part) && holder !== null) return holder.tab;
    return null;
  }

  lock(tab: FakeTab, name: string, steal: boolean, events: LockEvents): Lock {
    if (tab.isGone) return { release: () => undefined };
    const queue = this.#locks.get(name) ?? { holder: null, queue: [] };
    this.#locks.set(name, queue);
    const wish: LockWish = { tab, events };
    if (steal) {
      const { holder } = queue;
      queue.holder = null;
      if (holder !== null) holder.tab.later(() => holder.events.lost());
      queue.queue.unshift(wish);
    } else {
      queue.queue.push(wish);
    }
    this.#grant(queue);
    return { release: () => this.#release(queue, wish) };
  }

  channel(tab: FakeTab, name: string, heard: (message: unknown) => void): Channel {
    const end: End = { tab, name, heard, isOpen: true, queue: [] };
    this.#ends.add(end);
    return {
      post: (message) => {
        if (!end.isOpen) throw new Error('this channel is closed');
        this.#post(end, message);
      },
      close: () => {
        end.isOpen = false;
        this.#ends.delete(end);
      },
    };
  }

  /** Everything a tab held is free. */
  forget(tab: FakeTab): void {
    for (const queue of this.#locks.values()) {
      queue.queue = queue.queue.filter((wish) => wish.tab !== tab);
      if (queue.holder?.tab === tab) {
        queue.holder = null;
        this.#grant(queue);
      }
    }
    for (const end of this.#ends) {
      if (end.tab !== tab) continue;
      end.isOpen = false;
      this.#ends.delete(end);
    }
  }

  #post(from: End, message: unknown): void {
    for (const end of this.#ends) {
      if (end === from || end.name !== from.name || this.loses()) continue;
      // Each hears its own copy.
      const copy: unknown = structuredClone(message);
      end.queue.push(copy);
      // Whatever each takes, they arrive in the order of posting.
      const arrive = (): void => {
        const next = end.queue.shift();
        end.tab.later(() => {
          if (end.isOpen) end.heard(next);
        });
      };
      const ms = this.latencyMs();
      if (ms <= 0 && end.queue.length === 1) arrive();
      else this.hands.after(Math.max(ms, 0), arrive);
    }
  }

  #grant(queue: LockQueue): void {
    if (queue.holder !== null) return;
    const next = queue.queue.shift();
    if (next === undefined) return;
    queue.holder = next;
    next.tab.later(() => {
      if (queue.holder === next) next.events.held();
    });
  }

  #release(queue: LockQueue, wish: LockWish): void {
    queue.queue = queue.queue.filter((each) => each !== wish);
    if (queue.holder !== wish) return;
    queue.holder = null;
    this.#grant(queue);
  }
}

/** One tab: the surroundings of the clients in it. */
export class FakeTab implements Env {
  visible: boolean;
  online = true;
  /** Errors that handlers threw. */
  readonly errors: unknown[] = [];
  readonly id: string;
  /** Where requests go; absent unless you say: `tab.requests(fetch)`. */
  fetch: Fetch | undefined;
  /** What outlives the page; absent unless you say: `tab.shelves(store)`, with one store for all tabs. */
  store: Store | undefined;
  readonly #browser: FakeBrowser;
  readonly #requests = new Set<Timer>();
  readonly #listeners = new Set<(signal: Signal) => void>();
  readonly #wires = new Set<TabWire>();
  /** What waits for a frozen page. */
  readonly #waiting: (() => void)[] = [];
  #state: 'alive' | 'frozen' | 'gone' = 'alive';
  #ids = 0;

  constructor(browser: FakeBrowser, id: string, visible: boolean) {
    this.#browser = browser;
    this.id = id;
    this.visible = visible;
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  /** Connections of this tab that are open or being made. */
  get sockets(): number {
    return this.#wires.size;
  }

  /** Ends at once, as a renderer that crashes: nothing runs any more, the network notices. */
  crash(): void {
    this.#state = 'gone';
    this.#waiting.length = 0;
    this.#listeners.clear();
    for (const { inner } of this.#wires) inner?.close(1006, '');
    this.#wires.clear();
    for (const request of this.#requests) request.cancel();
    this.#requests.clear();
    this.#browser.forget(this);
  }

  /** Stops; `isTold` is whether the page hears of it in time. */
  freeze(isTold: boolean): void {
    if (this.#state !== 'alive') return;
    if (isTold) this.signal('freeze');
    this.#state = 'frozen';
  }

  /** Goes on: what waited happens now, in its order. */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'alive';
    const waiting = this.#waiting.splice(0);
    for (const each of waiting) each();
    this.signal('resume');
  }

  /** Goes into the back-forward cache: told, then still. */
  cache(): void {
    this.signal('pagehide');
    if (this.#state === 'alive') this.#state = 'frozen';
  }

  /** Comes back from the back-forward cache. */
  restore(): void {
    this.thaw();
    this.signal('pageshow');
  }

  /** Runs soon, or when the page is thawed, or never if it is gone. */
  later(run: () => void): void {
    void Promise.resolve().then(() => this.#ifAlive(run));
  }

  /** Sends a signal, and keeps `visible` and `online` in step with it. A frozen or cached page hears nothing. */
  signal(signal: Signal): void {
    if (this.#state !== 'alive') return;
    if (signal === 'hidden' || signal === 'visible') this.visible = signal === 'visible';
    if (signal === 'offline' || signal === 'online') this.online = signal === 'online';
    const listeners = [...this.#listeners];
    for (const fn of listeners) fn(signal);
  }

  /** The tab's own way to a server: its connections live and die with it. */
  dial(outer: Dial): Dial {
    return (url, events) => {
      // What still runs of a program whose page is gone reaches nobody.
      if (this.isGone) return { send: () => undefined, close: () => undefined };
      const wire = new TabWire(events);
      this.#wires.add(wire);
      const close = (code: number, reason: string): void => {
        this.#wires.delete(wire);
        wire.inner?.close(code, reason);
      };
      wire.inner = outer(url, {
        opened: () => this.#ifAlive(() => this.#wires.has(wire) && wire.events.opened()),
        text: (text) => this.#ifAlive(() => this.#wires.has(wire) && wire.events.text(text)),
        closed: (code, reason) => this.#ifAlive(() => this.#wires.delete(wire) && wire.events.closed(code, reason)),
      });
      return { send: (text) => this.#wires.has(wire) && wire.inner?.send(text), close };
    };
  }

  /** The tab's own way to make requests: they end with it, and a page that stands still hears later. */
  requests(outer: Fetch): Fetch {
    return (asking, events) => {
      if (this.isGone) return { cancel: () => undefined };
      const heard = (run: () => void): void => this.#ifAlive(() => this.#requests.has(request) && run());
      const over = (run: () => void): void => heard(() => this.#requests.delete(request) && run());
      const inner = outer(asking, {
        head: (status, header) => heard(() => events.head(status, header)),
        text: (part) => heard(() => events.text(part)),
        ended: () => over(() => events.ended()),
        failed: () => over(() => events.failed()),
      });
      const request: Timer = {
        cancel: () => {
          this.#requests.delete(request);
          inner.cancel();
        },
      };
      this.#requests.add(request);
      return request;
    };
  }

  /** The tab's own look at what outlives it: a page that is gone never hears, one that stands still hears later. */
  shelves(outer: Store): Store {
    const heard = <T>(result: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        result.then(
          (value) => this.#ifAlive(() => resolve(value)),
          (error: unknown) => this.#ifAlive(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      });
    const asked = <T>(ask: () => Promise<T>): Promise<T> => (this.isGone ? new Promise(() => undefined) : heard(ask()));
    return {
      open: (name) =>
        asked(async (): Promise<Shelf> => {
          const shelf = await outer.open(name);
          return {
            read: (...prefixes) => asked(() => shelf.read(...prefixes)),
            write: (batch) => asked(() => shelf.write(batch)),
            close: () => shelf.close(),
          };
        }),
    };
  }

  now(): number {
    return this.#browser.hands.now();
  }

  after(ms: number, fn: () => void): Timer {
    let isOver = false;
    const run = (): void => {
      if (isOver) return;
      isOver = true;
      fn();
    };
    const inner = this.#browser.hands.after(ms, () => this.#ifAlive(run));
    return {
      cancel: () => {
        isOver = true;
        inner.cancel();
      },
    };
  }

  random(): number {
    return this.#browser.hands.random();
  }

  uniqueId(): string {
    this.#ids += 1;
    return this.#ids === 1 ? this.id : `${this.id}-${this.#ids}`;
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

  listen(fn: (signal: Signal) => void): () => void {
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  openSocket(): SocketLike {
    throw new Error('a FakeTab opens no sockets; pass `dial`, for example `tab.dial(server.dial)`');
  }

  reportError(error: unknown): void {
    this.errors.push(error);
  }

  readonly lock = (name: string, how: { readonly steal: boolean }, events: LockEvents): Lock =>
    this.#browser.lock(this, name, how.steal, events);

  readonly channel = (name: string, heard: (message: unknown) => void): Channel =>
    this.#browser.channel(this, name, heard);

  #ifAlive(run: () => void): void {
    if (this.#state === 'alive') run();
    else if (this.#state === 'frozen') this.#waiting.push(run);
  }
}

class TabWire {
  readonly events: WireEvents;
  inner: Wire | null = null;

  constructor(events: WireEvents) {
    this.events = events;
  }
}

interface LockWish {
  readonly tab: FakeTab;
  readonly events: LockEvents;
}

interface LockQueue {
  holder: LockWish | null;
  queue: LockWish[];
}

interface End {
  readonly tab: FakeTab;
  readonly name: string;
  readonly heard: (message: unknown) => void;
  isOpen: boolean;
  /** On its way. */
  readonly queue: unknown[];
}
