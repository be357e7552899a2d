import type { PushDevice } from '@statewire/model';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useCollection } from '../use-collection.ts';
import {
  disablePush,
  enablePush,
  pushState,
  type PushServer,
  type PushState,
  type PushWorker,
} from './browser-push.ts';

/** What `usePush` takes. */
export interface PushOptions {
  /** Make it once, outside of components: `pushServer({ url: '/' })`. */
  readonly server: PushServer;
  /**
   * The service worker: the address of its script (Default `/push.js`), which calls `servePush` of
   * `@statewire/client/push-worker`, or null when the app registers its own.
   */
  readonly worker?: PushWorker | undefined;
}

/** How this browser stands to pushes, and what the person can do about it. */
export interface PushOptIn {
  readonly state: PushState;
  /** The person's browsers that take pushes, this one among them when it is on. */
  readonly devices: readonly PushDevice[];
  readonly isBusy: boolean;
  /** Why the last try did not work, or null. */
  readonly error: Error | null;
  /** Call it from a press: browsers ask the person only then. True when it is on. */
  readonly subscribe: () => Promise<boolean>;
  /** Takes off this browser, or one of `devices` by its id. True when it is off. */
  readonly unsubscribe: (device?: string) => Promise<boolean>;
  /** Looks again: the person may have changed the settings of the browser. */
  readonly look: () => Promise<void>;
}

/** Web Push for the signed-in person, by their own choice: unsupported, denied, default or on. */
export function usePush({ server, worker = '/push.js' }: PushOptions): PushOptIn {
  const { data, status } = useCollection('preferences');
  const isKnown = status !== 'loading';
  const devices = data[0]?.push ?? NONE;
  const [state, setState] = useState<PushState>({ at: 'asking' });
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const turn = useRef(0);
  // The device may be told of before its id is known here, so each look asks by the newest list.
  const newest = useRef(devices);
  const look = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    const next = await pushState(server, newest.current, worker).catch((failure: unknown): PushState => ({
      at: 'failed',
      error: errorOf(failure),
    }));
    // What was asked with an older list is not the answer any more.
    if (mine === turn.current) setState(next);
  }, [server, worker]);
  useEffect(() => {
    newest.current = devices;
    // Before it is known which browsers are on, this one would be shown as off for a moment.
    if (isKnown) void look();
  }, [devices, isKnown, look]);
  const run = useCallback(
    async (work: () => Promise<void>): Promise<boolean> => {
      setBusy(true);
      setError(null);
      const failure = await work().then(
        () => null,
        (thrown: unknown) => errorOf(thrown),
      );
      setBusy(false);
      setError(failure);
      await look();
      return failure === null;
    },
    [look],
  );
  const key = 'key' in state ? state.key : null;
  const own = state.at === 'on' ? state.device : null;
  return {
    state,
    devices,
    isBusy,
    error,
    look,
    subscribe: useCallback(
      () => (key === null ? Promise.resolve(false) : run(() => enablePush(server, key, worker))),
      [run, server, key, worker],
    ),
    unsubscribe: useCallback(
      (device = own ?? undefined) =>
        device === undefined ? Promise.resolve(false) : run(() => disablePush(server, device, worker)),
      [run, server, own, worker],
    ),
  };
}

/** Calls back with the place of a pushed notice that the person pressed while this page is open. Give a stable function. */
export function usePushOpened(onOpen: (path: string) => void): void {
  useEffect(() => {
    const listen = (event: MessageEvent<unknown>): void => {
      const path = placeIn(event.data);
      if (path !== null) onOpen(path);
    };
    // Without a trusted connection there is none.
    if (!('serviceWorker' in navigator)) return undefined;
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener('message', listen);
    return () => serviceWorker.removeEventListener('message', listen);
  }, [onOpen]);
}

const NONE: readonly PushDevice[] = [];

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A place of this site in what the service worker said. */
function placeIn(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('open' in data)) return null;
  const { open } = data;
  return typeof open === 'string' && /^\/(?![/\\])/u.test(open) ? open : null;
}
