import { browserEnv, type Client, type Timer } from '@statewire/client';
import { useSyncExternalStore } from 'react';
import { useClient, useClientOrNull } from './provider.tsx';

/**
 * The time on the server's clock, epoch ms, moving each `everyMs` (1000 by default). All who ask for the same pace share one
 * timer. Zero while a server renders the page, so that both sides render the same.
 */
export function useNow(everyMs = 1000): number {
  const client = useClient();
  const ticker = tickerOf(client, everyMs);
  return useSyncExternalStore(ticker.subscribe, ticker.get, zero);
}

/**
 * What `of` makes of the time, moving each `everyMs`: the component renders only when that is another value than before.
 * Without a provider above it goes by the clock of this machine. `before` is what a server renders.
 */
export function useNowAs<T extends string | number | boolean>(of: (now: number) => T, before: T, everyMs = 1000): T {
  const ticker = tickerOf(useClientOrNull() ?? here, everyMs);
  return useSyncExternalStore(
    ticker.subscribe,
    () => of(ticker.get()),
    () => before,
  );
}

/** What a ticker needs: a clock, and a call each so many ms. */
type Clock = Pick<Client, 'serverNow' | 'every'>;

/** The clock of this machine, for components that stand without a client. */
const here: Clock = {
  serverNow: () => hereEnv.now(),
  every(ms, fn) {
    let timer: Timer = hereEnv.after(ms, ring);
    function ring(): void {
      timer = hereEnv.after(ms, ring);
      fn();
    }
    return () => timer.cancel();
  },
};

const hereEnv = browserEnv();

interface Ticker {
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => number;
}

const tickers = new WeakMap<Clock, Map<number, Ticker>>();

function tickerOf(client: Clock, everyMs: number): Ticker {
  let byPace = tickers.get(client);
  if (byPace === undefined) {
    byPace = new Map();
    tickers.set(client, byPace);
  }
  let ticker = byPace.get(everyMs);
  if (ticker === undefined) {
    ticker = makeTicker(client, everyMs);
    byPace.set(everyMs, ticker);
  }
  return ticker;
}

function makeTicker(client: Clock, everyMs: number): Ticker {
  const listeners = new Set<() => void>();
  let now = client.serverNow();
  let stop: (() => void) | null = null;
  const tick = (): void => {
    // Nobody sees a hidden page: it is rendered once, when it is shown again.
    if (isHidden()) return;
    now = client.serverNow();
    const present = [...listeners];
    for (const listener of present) listener();
  };
  return {
    subscribe(listener) {
      listeners.add(listener);
      stop ??= begin(client, everyMs, tick);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = null;
      };
    },
    get() {
      // Between two ticks the same number, so that a render does not differ from the next one.
      const is = client.serverNow();
      if (stop === null && Math.abs(is - now) >= everyMs) now = is;
      return now;
    },
  };
}

function begin(client: Clock, everyMs: number, tick: () => void): () => void {
  const stop = client.every(everyMs, tick);
  if (typeof document !== 'object') return stop;
  document.addEventListener('visibilitychange', tick);
  return () => {
    stop();
    document.removeEventListener('visibilitychange', tick);
  };
}

function isHidden(): boolean {
  return typeof document === 'object' && document.visibilityState === 'hidden';
}

function zero(): number {
  return 0;
}
