import { mark } from './channels/channel.ts';
import { clip, type Notice, type NoticePart } from './notice.ts';

/**
 * One notice in place of several that came faster than a channel may be told. Of each thread it says the newest state,
 * worst first, so that nobody is left with an older one.
 */
export function summarize(
  notices: readonly Notice[],
  as: { readonly key: string; readonly channel: string; readonly to?: string | undefined; readonly thread: string },
): Notice {
  const newest = new Map<string, Notice>();
  for (const notice of notices) {
    // Moved to the end, so that equals are in order of their newest state.
    newest.delete(notice.thread);
    newest.set(notice.thread, notice);
  }
  const parts = [...newest.values()].sort((a, b) => rank(a) - rank(b));
  const firing = parts.filter(({ state }) => state === 'firing');
  const state = firing.length > 0 ? 'firing' : parts.every((part) => part.state === 'resolved') ? 'resolved' : 'info';
  // All go to one recipient: where they read on and how they leave is the same for each.
  const { link, unsubscribe } = notices.at(-1) ?? {};
  const counts = STATES.map((word) => [parts.filter((part) => part.state === word).length, word] as const)
    .filter(([n]) => n > 0)
    .map(([n, word]) => `${n} ${word}`);
  return {
    ...as,
    ...(link === undefined ? {} : { link }),
    ...(unsubscribe === undefined ? {} : { unsubscribe }),
    kind: 'summary',
    state,
    severity: firing[0]?.severity ?? 'info',
    title: `${notices.length} notices in one: ${counts.join(', ')}`,
    text: parts.map((part) => `${mark(part)} ${clip(part.title, LINE_MAX)}`).join('\n'),
    facts: [],
    refs: [...new Set(parts.flatMap(({ refs }) => refs))],
    path: '/alerts',
    at: Math.max(...notices.map(({ at }) => at)),
    parts: parts.map(partOf),
  };
}

const STATES = ['firing', 'info', 'resolved'] as const;
const LINE_MAX = 120;

/** Firing before the rest, and worse before better. */
function rank({ state, severity }: Notice): number {
  return STATES.indexOf(state) * 3 + ['critical', 'warning', 'info'].indexOf(severity);
}

function partOf({ title, state, severity, thread, refs, at }: Notice): NoticePart {
  return { title: clip(title, LINE_MAX), state, severity, thread, refs, at };
}
