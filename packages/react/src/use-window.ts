import type { Row } from '@statewire/protocol';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { Live } from './live.ts';
import { useRows, type CollectionOptions, type LiveRows, type RowOf } from './use-collection.ts';

/** Which records, in which order, and how they are looked at. */
export interface WindowOptions<T extends Row> extends Omit<
  CollectionOptions<T>,
  'limit' | 'after' | 'before' | 'skip' | 'suspense'
> {
  /** Rows held at once, 20 to 1000: what is seen and as much above and below. Default 200. */
  readonly size?: number | undefined;
  /**
   * Rows came or went above the one that is seen first: move the scroll position by so many rows, so that it stays where it is.
   * Not called at the very top, where people want to see what comes.
   */
  readonly onShift?: ((rows: number) => void) | undefined;
}

/** A list of any length, of which the rows around what is seen are held. */
export interface LiveWindow<T> extends Live<readonly T[]> {
  /** Rows of the whole list: how long the scrollbar is. */
  readonly total: number;
  /** The row at a place of the list, or undefined while it is not held: draw a placeholder. */
  readonly rowAt: (index: number) => T | undefined;
  /** Says which places are seen, first and last; from the virtualizer's `onChange`, or while rendering its items. */
  readonly look: (first: number, last: number) => void;
}

/**
 * For virtualised lists: moves a live window over a list as the person scrolls. Until the next one has come the rows of the last
 * one stay, so that nothing blinks.
 */
export function useWindow<N extends string>(name: N, options: WindowOptions<RowOf<N>> = {}): LiveWindow<RowOf<N>> {
  const { size = 200, onShift, ...which } = options;
  const limit = Math.max(20, Math.min(1_000, size));
  const [skip, setSkip] = useState(0);
  const live: LiveRows<RowOf<N>> = useRows<RowOf<N>>(name, { ...which, limit, skip });
  const [held, setHeld] = useState(live);
  // The rows of before are shown until the next ones are whole.
  const isWhole = live.total !== null || live.status === 'denied';
  if (isWhole && held !== live) setHeld(live);
  const shown = isWhole ? live : held;
  const offset = shown.offset ?? 0;
  const total = shown.total ?? 0;
  const seen = useRef({ first: 0, id: '' });

  useLayoutEffect(() => {
    const { first, id } = seen.current;
    const at = shown.data.findIndex((row) => row.id === id);
    if (first === 0 || at < 0) seen.current = { first, id: shown.data[first - offset]?.id ?? '' };
    else if (offset + at !== first) {
      seen.current = { first: offset + at, id };
      onShift?.(offset + at - first);
    }
  }, [shown, offset, onShift]);

  const look = useCallback(
    (first: number, last: number) => {
      seen.current = { first, id: shown.data[first - offset]?.id ?? '' };
      const step = Math.floor(limit / 4);
      const isNear = first - step < skip && skip > 0;
      const isFar = last + step > skip + limit && skip + limit < total;
      if (!isNear && !isFar) return;
      // In steps, so that people who look at about the same place share a window.
      setSkip(Math.max(0, Math.round(((first + last) / 2 - limit / 2) / step) * step));
    },
    [shown, offset, limit, skip, total],
  );
  const rowAt = useCallback((index: number) => shown.data[index - offset], [shown, offset]);
  const { data, status, verifiedAt, version, error } =
    live.status === 'loading' ? { ...shown, status: live.status } : shown;
  return { data, status, verifiedAt, version, error, total, rowAt, look };
}
