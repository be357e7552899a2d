import {
  browserEnv,
  type Channel,
  type Env,
  type Fetch,
  type Lock,
  type LockEvents,
  type Network,
  type Signal,
} from './env.ts';
import { indexedDbStore } from './offline/indexed-db.ts';
import type { ToWorker } from './tabs/share.ts';

/** The real surroundings with all that a whole client makes use of. Like `browserEnv`, it touches no global until a method is called. */
export function fullEnv(): Env {
  const env = browserEnv();
  return {
    ...env,
    network,
    fetch: request(env),
    store: indexedDbStore(() => (typeof indexedDB === 'object' ? indexedDB : undefined)),
    listen: (fn) => both(env.listen(fn), listenToNetwork(fn)),
    // Read at each use: a module that is loaded before there is a page must not decide it for good.
    get lock() {
      return isPage() && typeof navigator.locks === 'object' ? lock : undefined;
    },
    get channel() {
      return isPage() && typeof BroadcastChannel === 'function' ? channel : undefined;
    },
  };
}

/** The surroundings in a shared worker: there are no pages, and what pages share is there all the same. */
export function workerEnv(): Env {
  const env = browserEnv();
  return {
    ...env,
    network,
    fetch: request(env),
    listen: (fn) => both(env.listen(fn), listenToNetwork(fn)),
    ...(typeof navigator === 'object' && typeof navigator.locks === 'object' ? { lock, channel } : {}),
  };
}

/** A way to tell a shared worker something, which starts it when it is needed first. */
export function toWorker(make: (name: string) => SharedWorker, name: string): ToWorker {
  let worker: SharedWorker | null = null;
  let hasFailed = false;
  return (message, failed) => {
    try {
      // Browsers for Android have none, and scripts that do not load say so later.
      worker ??= make(name);
      worker.addEventListener('error', () => {
        hasFailed = true;
        failed();
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- true: a port has no target, only windows do.
      worker.port.postMessage(message);
    } catch {
      hasFailed = true;
    }
    if (hasFailed) failed();
  };
}

/** One request by fetch, read as it comes. */
const request =
  (env: Pick<Env, 'reportError'>): Fetch =>
  (asking, events) => {
    const aborter = new AbortController();
    const { url, ...init } = asking;
    const run = async (): Promise<void> => {
      // A redirect is never the server's: it has one address, and a login page of a hotel is no answer.
      const answer = await fetch(url, {
        method: init.method,
        headers: { ...init.headers },
        ...(init.body === undefined ? {} : { body: init.body }),
        signal: aborter.signal,
        credentials: 'include',
        cache: 'no-store',
        redirect: 'error',
      });
      if (aborter.signal.aborted) return;
      events.head(answer.status, (name) => answer.headers.get(name));
      const reader = answer.body?.getReader();
      const decoder = new TextDecoder();
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
        if (aborter.signal.aborted) return;
        events.text(decoder.decode(part.value, { stream: true }));
      }
      if (!aborter.signal.aborted) events.ended();
    };
    run().catch((error: unknown) => {
      // Network errors and aborts; what a listener of ours throws is told like every such error.
      if (aborter.signal.aborted) return;
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) env.reportError(error);
      events.failed();
    });
    return { cancel: () => aborter.abort() };
  };

function both(...stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop();
  };
}

function network(): Network | null {
  const found = networkInformation();
  if (typeof found !== 'object' || found === null) return null;
  const effectiveType = 'effectiveType' in found ? TYPES.find((type) => type === found.effectiveType) : undefined;
  return { saveData: 'saveData' in found && found.saveData === true, effectiveType: effectiveType ?? null };
}

function listenToNetwork(fn: (signal: Signal) => void): () => void {
  const found = networkInformation();
  if (!(found instanceof EventTarget)) return () => undefined;
  const changed = (): void => fn('network');
  found.addEventListener('change', changed);
  return () => found.removeEventListener('change', changed);
}

// Chromium has it; the standard library of types does not.
function networkInformation(): unknown {
  return typeof navigator === 'object' && 'connection' in navigator ? navigator.connection : null;
}

// Node and workers have locks and channels too, and no tabs.
function isPage(): boolean {
  return typeof document === 'object' && typeof navigator === 'object';
}

function lock(name: string, { steal }: { readonly steal: boolean }, events: LockEvents): Lock {
  const abort = new AbortController();
  let isOver = false;
  let letGo: () => void = () => undefined;
  const held = async (): Promise<void> => {
    if (isOver) return;
    events.held();
    await new Promise<void>((resolve) => {
      letGo = resolve;
    });
  };
  const lost = (): void => {
    if (isOver) return;
    isOver = true;
    letGo();
    events.lost();
  };
  // A lock that is stolen cannot be waited for, and so takes no signal.
  navigator.locks.request(name, steal ? { steal } : { signal: abort.signal }, held).then(lost, lost);
  return {
    release: () => {
      isOver = true;
      letGo();
      abort.abort();
    },
  };
}

function channel(name: string, heard: (message: unknown) => void): Channel {
  const end = new BroadcastChannel(name);
  end.addEventListener('message', ({ data }) => heard(data));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- true: a channel has no target, only windows do.
  return { post: (message) => end.postMessage(message), close: () => end.close() };
}

const TYPES = ['slow-2g', '2g', '3g', '4g'] as const;
