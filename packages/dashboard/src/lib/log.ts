import type { Annotation } from '@statewire/model';
import type { Transition } from '../rest/types.ts';

/** One line of a record's log: a change, or what somebody said of a stretch of its time. */
export type LogLine =
  | { readonly kind: 'change'; readonly at: number; readonly change: Transition; readonly lastedMs: number | null }
  | { readonly kind: 'said'; readonly at: number; readonly said: Annotation };

/**
 * Transitions (newest first) with annotations between them, newest first. While older transitions are not loaded, what
 * was said of the time before them waits for them.
 */
export function logOf(
  transitions: readonly Transition[],
  annotations: readonly Annotation[],
  isWhole: boolean,
): readonly LogLine[] {
  const changes = transitions.map((change, i): LogLine => {
    const next = transitions[i - 1];
    return { kind: 'change', at: change.at, change, lastedMs: next === undefined ? null : next.at - change.at };
  });
  const oldest = isWhole ? -Infinity : (transitions.at(-1)?.at ?? -Infinity);
  const said = annotations
    .filter(({ from }) => from >= oldest)
    .map((annotation): LogLine => ({ kind: 'said', at: annotation.from, said: annotation }));
  // Stable: changes of the same moment keep the order in which they were written.
  return [...changes, ...said].sort((a, b) => b.at - a.at);
}

/** Pages of transitions as one list. They overlap by the moment they meet at, in which more than one may lie. */
export function joined(pages: readonly (readonly Transition[])[]): readonly Transition[] {
  const seen = new Set<string>();
  return pages.flat().filter((change) => {
    const key = keyOf(change);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What tells two transitions of one record apart. */
export function keyOf({ at, recordedAt, from, to }: Transition): string {
  return `${at} ${recordedAt} ${from} ${to}`;
}
