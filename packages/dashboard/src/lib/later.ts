import { createElement, type ReactNode, useSyncExternalStore } from 'react';
import { env } from './env.ts';

type Component<P> = (props: P) => ReactNode;

/** A part of the page that comes after it: null until it is there. */
export interface Later<P> {
  readonly get: () => Component<P> | null;
  /** Asks for it now. One that could not be loaded is asked for again by the next call. */
  readonly load: () => void;
  /** Whoever listens will need it, so that it is asked for when the page is at rest. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Keeps code out of the first load without keeping a person waiting for it afterwards. */
export function later<P extends object>(load: () => Promise<Component<P>>): Later<P> {
  let part: Component<P> | null = null;
  let state: 'asked' | 'idle' | 'planned' = 'idle';
  const listeners = new Set<() => void>();
  const ask = (): void => {
    if (part !== null || state === 'asked') return;
    state = 'asked';
    load().then(
      (loaded) => {
        part = loaded;
        for (const listener of listeners) listener();
      },
      // The server is away, or a release took the file: the press that needs it asks again.
      () => (state = 'idle'),
    );
  };
  return {
    get: () => part,
    load: ask,
    subscribe(listener) {
      listeners.add(listener);
      if (part === null && state === 'idle') {
        state = 'planned';
        env.after(AFTER_MS, () => env.atRest(ask));
      }
      return () => listeners.delete(listener);
    },
  };
}

/** Draws the part as soon as it is there, and nothing before. */
export function useLater<P extends object>(part: Later<P>, props: P): ReactNode {
  const component = useSyncExternalStore(part.subscribe, part.get);
  return component === null ? null : createElement(component, props);
}

// The page's own rows and pictures go first, ms.
const AFTER_MS = 1_500;
