import { useEffect, useRef } from 'react';
import { env } from './env.ts';

export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

// How long `g` waits for its second key.
const CHORD_MS = 1200;

/**
 * Keys for as long as the component lives. A key is `j`, `?`, `mod+k` (Ctrl or Cmd) or a chord `g s`. Ignored while
 * typing, while a dialog or menu is open, and with other modifiers, so that the browser's own keys stay its own.
 */
export function useKeys(map: KeyMap, on: boolean = true): void {
  const current = useRef(map);
  useEffect(() => {
    current.current = map;
  });
  useEffect(() => {
    if (!on) return undefined;
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
        run(event);
      } else if (Object.keys(current.current).some((name) => name.startsWith(`${key} `))) {
        chord = { key, at: env.now() };
      }
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [on]);
}

/** Is the person typing, or is something modal in front? */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null) return true;
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable="true"]') !== null
  );
}
