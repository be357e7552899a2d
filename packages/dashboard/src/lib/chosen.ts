import { useState } from 'react';
import { key, useKeys } from './keys.ts';

/** What is chosen in a list that is held whole: by itself, as a range, or all of it. */
export interface Chosen<T> {
  readonly ids: ReadonlySet<string>;
  /** Those that are chosen and still there, in the order of the list. */
  readonly rows: readonly T[];
  /** Somebody asked for all of them, and has not chosen otherwise since. */
  readonly isAll: boolean;
  readonly select: (id: string, range: boolean, order: readonly string[]) => void;
  /** Chooses all of the list as it is filtered now; absent when they are. */
  readonly all: (() => void) | undefined;
  readonly clear: () => void;
}

/** `shown` is the list as it is filtered; what is chosen stays chosen while it lies outside of it. Escape lets go of all. */
export function useChosen<T extends { readonly id: string }>(
  rows: readonly T[],
  shown: readonly { readonly id: string }[],
): Chosen<T> {
  const [ids, setIds] = useState<ReadonlySet<string>>(NONE);
  const [anchor, setAnchor] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const choose = (next: ReadonlySet<string>, asked: boolean = false): void => {
    setIds(next);
    setAsked(asked);
  };
  const clear = (): void => choose(NONE);
  useKeys({ Escape: key('Select nothing', clear) });
  const chosen = rows.filter(({ id }) => ids.has(id));
  const hasAll = chosen.length === shown.length && shown.every(({ id }) => ids.has(id));
  return {
    ids,
    rows: chosen,
    isAll: hasAll && isAsked,
    select: (id, range, order) => {
      const next = new Set(ids);
      if (range && anchor !== null && order.includes(anchor)) {
        const [from, to] = [order.indexOf(anchor), order.indexOf(id)].sort((a, b) => a - b);
        for (const between of order.slice(from, (to ?? 0) + 1)) next.add(between);
      } else if (next.has(id)) next.delete(id);
      else next.add(id);
      setAnchor(id);
      choose(next);
    },
    all: hasAll || shown.length === 0 ? undefined : () => choose(new Set(shown.map(({ id }) => id)), true),
    clear,
  };
}

const NONE: ReadonlySet<string> = new Set();
