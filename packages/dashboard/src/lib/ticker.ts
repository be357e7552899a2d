import { useEffect, useRef, type RefObject } from 'react';
import { env } from './env.ts';

/**
 * One timer for every ticking text on the page. A tick writes `textContent` of the nodes whose text changed and
 * renders nothing: a table with 5,000 ages costs React no work per second.
 */
const nodes = new Map<HTMLElement, (now: number) => string>();
let stop: (() => void) | null = null;
let clock: () => number = env.now;

/** Ages are told on the server's clock, where the times come from; the client knows it. */
export function setClock(now: () => number): void {
  clock = now;
}

/** The server's wall clock, as well as we know it. */
export function serverNow(): number {
  return clock();
}

/** Writes `text(now)` into the node now and each second. */
export function useTick<E extends HTMLElement>(text: (now: number) => string): RefObject<E | null> {
  const ref = useRef<E>(null);
  useEffect(() => {
    const node = ref.current;
    if (node === null) return undefined;
    nodes.set(node, text);
    write(node, text, serverNow());
    stop ??= env.every(1000, tick);
    return () => {
      nodes.delete(node);
      if (nodes.size > 0) return;
      stop?.();
      stop = null;
    };
  });
  return ref;
}

function tick(): void {
  const now = serverNow();
  for (const [node, text] of nodes) write(node, text, now);
}

function write(node: HTMLElement, text: (now: number) => string, now: number): void {
  const next = text(now);
  if (node.textContent !== next) node.textContent = next;
}
