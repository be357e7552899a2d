/**
 * What touches the browser: sockets, visibility, timers, time and chance. Everything else takes an `Env`, so that the
 * same client runs in browsers, workers, Node and tests driven by hand. What the core can do without is in full-env.ts.
 */
import type { Store } from './offline/shelf.ts';

/** What the surroundings tell the client. All but `hidden`, `offline`, `pagehide` and `freeze` are reasons to look for life. */
export type Signal =
  | 'visible'
  | 'hidden'
  | 'online'
  | 'offline'
  | 'network'
  | 'focus'
  | 'pageshow'
  | 'pagehide'
  | 'freeze'
  | 'resume';

/** What the browser knows of the network. */
export interface Network {
  /** The person asked to save data. */
  readonly saveData: boolean;
  readonly effectiveType: 'slow-2g' | '2g' | '3g' | '4g' | null;
}

/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/** The part of `WebSocket` that the client uses. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
}

/** What socket events carry, of those fields the client reads. */
export interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** What becomes of a wish for a lock. */
export interface LockEvents {
  /** It is ours until we release it, or somebody takes it by force. */
  held(): void;
  /** It was taken by force, or cannot be had at all. Nothing more is called. */
  lost(): void;
}

/** A lock that is held or waited for. */
export interface Lock {
  /** Gives it up, or gives up waiting. Nothing more is called. */
  release(): void;
}

/** An open end of a channel that pages of one origin share. */
export interface Channel {
  /** Tells all other ends, each in the order of posting. What is lost on the way is lost. */
  post(message: unknown): void;
  close(): void;
}

/** One HTTP request. */
export interface Asking {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What becomes of a request. After `ended` or `failed`, and after it was cancelled, nothing more is called. */
export interface AskEvents {
  head(status: number, header: (name: string) => string | null): void;
  text(part: string): void;
  ended(): void;
  /** No answer came, or it broke off. */
  failed(): void;
}

/** Makes a request; the timer-like handle cancels it. */
export type Fetch = (asking: Asking, events: AskEvents) => Timer;

/** The surroundings of a client. `browserEnv()` makes the real one; tests make their own. */
export interface Env {
  /** Wall clock, epoch ms. Deadlines use it on purpose: it moves on while a laptop sleeps. */
  now(): number;
  after(ms: number, fn: () => void): Timer;
  /** A number in [0, 1). */
  random(): number;
  /** An id for this tab or process that no other has. */
  uniqueId(): string;
  /** Address of the page, or null outside a browser. */
  pageUrl(): string | null;
  isVisible(): boolean;
  isOnline(): boolean;
  /** Null where nothing says; absent is null. The signal `network` says that it is another one. */
  network?(): Network | null;
  /** Calls `fn` on each signal until the returned function is called. */
  listen(fn: (signal: Signal) => void): () => void;
  openSocket(url: string, protocol: string): SocketLike;
  /** What outlives pages here. Absent where nothing does. */
  readonly store?: Store | undefined;
  /** Requests, for where no socket comes through; without it there is none but the socket. */
  readonly fetch?: Fetch | undefined;
  /** Reports an error that a caller's handler threw, without stopping anyone. */
  reportError(error: unknown): void;
  /** Asks for a lock that all pages of this origin share. A page that ends, however it ends, holds none. Absent where there are none. */
  readonly lock?: ((name: string, how: { readonly steal: boolean }, events: LockEvents) => Lock) | undefined;
  /** Opens an end of a channel between pages of this origin. Absent where there are none; may throw. */
  readonly channel?: ((name: string, heard: (message: unknown) => void) => Channel) | undefined;
}

/** The real surroundings as far as the core needs them, in a browser, a worker or Node. Touches no global until a method is called. */
export function browserEnv(): Env {
  return {
    now: () => Date.now(),
    after(ms, fn) {
      // In Node a pending timer keeps the process: a program that watches must not end because the server is away.
      const handle = setTimeout(fn, ms);
      return { cancel: () => clearTimeout(handle) };
    },
    random: () => Math.random(),
    // Not a UUID: pages on plain http (a box in the local network) have no crypto.randomUUID.
    uniqueId: () => crypto.getRandomValues(new Uint32Array(4)).join('-'),
    pageUrl: () => (typeof location === 'object' ? location.href : null),
    isVisible: () => typeof document !== 'object' || document.visibilityState !== 'hidden',
    isOnline: () => typeof navigator !== 'object' || navigator.onLine,
    listen,
    openSocket(url, protocol) {
      if (typeof WebSocket !== 'function') {
        throw new Error('found no WebSocket; use Node 22 or newer, or pass `env` with openSocket');
      }
      return new WebSocket(url, protocol);
    },
    reportError(error) {
      if (typeof reportError === 'function') reportError(error);
      else console.error(error);
    },
  };
}

/** Calls `fn` each `ms`, never twice at once after a sleep, until the returned function is called. */
export function every(env: Pick<Env, 'after'>, ms: number, fn: () => void): () => void {
  let timer = env.after(ms, ring);
  function ring(): void {
    timer = env.after(ms, ring);
    fn();
  }
  return () => timer.cancel();
}

function listen(fn: (signal: Signal) => void): () => void {
  const end = new AbortController();
  const on = (target: EventTarget, type: string, signal: () => Signal): void =>
    target.addEventListener(type, () => fn(signal()), { signal: end.signal });
  if (typeof document === 'object') {
    on(document, 'visibilitychange', () => (document.visibilityState === 'hidden' ? 'hidden' : 'visible'));
    on(document, 'freeze', () => 'freeze');
    on(document, 'resume', () => 'resume');
  }
  // Node has no global event target; there a dead connection is found by the watchdog alone.
  if (typeof addEventListener === 'function' && typeof globalThis === 'object') {
    const types: readonly Signal[] = ['online', 'offline', 'focus', 'pageshow', 'pagehide'];
    for (const type of types) on(globalThis, type, () => type);
  }
  return () => end.abort();
}
