import { useEffect, useRef } from 'react';
import { env } from './env.ts';

/** What a key does: in words for the map of keys, and its doing. */
export interface Key {
  readonly says: string;
  readonly run: (event: KeyboardEvent) => void;
}

/** A key that does something to the row under the cursor. */
export interface RowKey {
  readonly says: string;
  readonly run: (id: string) => void;
}

export type KeyMap = Readonly<Record<string, Key>>;

/** A key that is bound now. */
export interface BoundKey {
  readonly key: string;
  readonly says: string;
  /** On every page, or on the one that is open. */
  readonly isEverywhere: boolean;
}

// Whose listener was there first comes first, here as in the browser: of two with the same key it is the one that acts.
const bound = new Set<{ readonly map: { readonly current: KeyMap }; readonly isEverywhere: boolean }>();

/** Every key that does something now, once. */
export function boundKeys(): readonly BoundKey[] {
  const found = new Map<string, BoundKey>();
  for (const { map, isEverywhere } of bound)
    for (const [key, { says }] of Object.entries(map.current))
      if (!found.has(key)) found.set(key, { key, says, isEverywhere });
  return [...found.values()];
}

/** A key with its words. */
export function key(says: string, run: Key['run']): Key {
  return { says, run };
}

// How long `g` waits for its second key.
const CHORD_MS = 1200;

/**
 * Keys for as long as the component lives. A key is `j`, `?`, `mod+k` (Ctrl or Cmd) or a chord `g s`. Ignored while
 * typing, while a dialog or menu is open, and with other modifiers, so that the browser's own keys stay its own.
 */
export function useKeys(map: KeyMap, isEverywhere: boolean = false): void {
  const current = useRef(map);
  useEffect(() => {
    current.current = map;
  });
  useEffect(() => {
    const entry = { map: current, isEverywhere };
    bound.add(entry);
    let chord: { key: string; at: number } | null = null;
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const mod = event.ctrlKey || event.metaKey;
      const key = mod ? `mod+${event.key.toLowerCase()}` : event.key;
      if (event.altKey || (!mod && isTaken(event.target))) return;
      const started = chord !== null && env.now() - chord.at < CHORD_MS ? chord.key : null;
      chord = null;
      const run = (started === null ? undefined : current.current[`${started} ${key}`]) ?? current.current[key];
      if (run !== undefined) {
        event.preventDefault();
        run.run(event);
      } else if (Object.keys(current.current).some((name) => name.startsWith(`${key} `))) {
        chord = { key, at: env.now() };
      }
    };
    document.addEventListener('keydown', listen);
    return () => {
      bound.delete(entry);
      document.removeEventListener('keydown', listen);
    };
  }, [isEverywhere]);
}

/** Is the person typing, or is something modal in front? */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null) return true;
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable="true"]') !== null
  );
}
