import { useState } from 'react';

export interface Held<T> {
  readonly rows: readonly T[];
  /** How many rows would stand elsewhere, had they not been held. */
  readonly moved: number;
  readonly release: () => void;
}

/**
 * Holds the order of rows while `held` (the pointer is over the list, or a row has the focus): rows change in place,
 * new ones come at the end, gone ones go, but nothing jumps under the pointer. `scope` names what the order depends
 * on by the person's own choice (sort, filter): when it changes, the new order is taken at once.
 */
export function useHeldOrder<T extends { readonly id: string }>(
  rows: readonly T[],
  held: boolean,
  scope: string,
): Held<T> {
  const [kept, setKept] = useState<{ readonly scope: string; readonly ids: readonly string[] } | null>(null);
  const isHolding = held && kept !== null && kept.scope === scope;
  // Written while rendering, as React asks for state that follows from other state: it is right before anything is shown.
  if (held && !isHolding) setKept({ scope, ids: rows.map((row) => row.id) });
  if (!held && kept !== null) setKept(null);
  const release = (): void => setKept(null);
  return isHolding ? { ...holdOrder(rows, kept.ids), release } : { rows, moved: 0, release };
}

/** Puts `rows` in the order of `ids`, unknown ones last, and counts how many stand elsewhere than they want. */
export function holdOrder<T extends { readonly id: string }>(
  rows: readonly T[],
  ids: readonly string[],
): { rows: readonly T[]; moved: number } {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const ordered: T[] = [];
  for (const id of ids) {
    const row = byId.get(id);
    if (row === undefined) continue;
    ordered.push(row);
    byId.delete(id);
  }
  ordered.push(...byId.values());
  let moved = 0;
  for (let i = 0; i < rows.length; i += 1) if (rows[i]?.id !== ordered[i]?.id) moved += 1;
  return { rows: moved === 0 ? rows : ordered, moved };
}
