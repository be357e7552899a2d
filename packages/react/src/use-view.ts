/** What all hooks over views share: they read one, wait for it in a Suspense boundary, and throw what was refused. */
import type { ViewStatus } from '@statewire/client';
import type { Failure } from '@statewire/protocol';
import { useSyncExternalStore } from 'react';
import { LiveError, type LiveOptions } from './live.ts';

/** What a view says, as far as it matters here. */
export interface ViewState {
  readonly status: ViewStatus;
  readonly error: Failure | null;
}

/** A view to read: a collection's or a record's. */
export interface Readable<S extends ViewState> {
  readonly get: () => S;
  readonly getInitial: () => S;
  readonly subscribe: (listener: () => void) => () => void;
}

/** The present state of the view; `owner` and `key` are the same for views that show the same. */
export function useView<S extends ViewState>(
  view: Readable<S>,
  { owner, key }: { readonly owner: object; readonly key: string },
  { suspense = false, throwOnError = false }: LiveOptions,
): S {
  const state = useSyncExternalStore(view.subscribe, view.get, view.getInitial);
  // While a server renders, and while its markup is taken over, nobody may wait: the markup would be thrown away.
  const isTakenOver = useSyncExternalStore(never, no, suspense ? yes : no);
  // oxlint-disable-next-line typescript/only-throw-error -- React waits for a promise that is thrown; `use` is not in React 18.
  if (suspense && !isTakenOver && state.status === 'loading') throw settled(view, owner, key);
  if (throwOnError && state.status === 'denied') {
    throw new LiveError(state.error ?? { code: 'forbidden', message: 'the server refused; sign in and try again' });
  }
  return state;
}

const waiting = new WeakMap<object, Map<string, Promise<void>>>();

/** Ends when the view has something to say. Everybody who waits for it waits for one promise. */
function settled(view: Readable<ViewState>, owner: object, key: string): Promise<void> {
  const byKey = waiting.get(owner) ?? new Map<string, Promise<void>>();
  waiting.set(owner, byKey);
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const { promise, resolve } = Promise.withResolvers<void>();
  byKey.set(key, promise);
  const leave = view.subscribe(look);
  function look(): void {
    if (view.get().status === 'loading') return;
    byKey.delete(key);
    // A view that was left lingers, so that the component finds it filled when it mounts.
    leave();
    resolve();
  }
  return promise;
}

function never(): () => void {
  return nothing;
}

function nothing(): void {
  // Nothing was begun.
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}
