import { isStatus } from '../lib/is.ts';
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { clockTime, exact, sentence, words } from '../lib/format.ts';
import type { Transition } from '../rest/types.ts';
import { type Look, runLooks, statusLooks } from './status.tsx';

/** The organization's newest changes: one line each, with the thing they belong to. */
export function Activity({
  transitions,
  nameOf,
}: {
  transitions: readonly Transition[];
  nameOf: (t: Transition) => string | null;
}): ReactNode {
  return (
    <ol>
      {transitions.map((t) => {
        const look = lookOfWord(t.to);
        // A thing that was removed has no name any more, only its id.
        const name = nameOf(t) ?? t.id;
        return (
          <li
            key={`${t.collection}/${t.id}/${t.recordedAt}/${t.to}`}
            className="flex h-9 items-center gap-2.5 border-b px-4 text-sm last:border-b-0"
          >
            <look.icon aria-hidden className={`size-4 shrink-0 ${look.ink}`} strokeWidth={2.25} />
            <p className="min-w-0 flex-1 truncate">
              {t.collection === 'services' ? (
                <Link to="/services/$id" params={{ id: t.id }} className="font-medium hover:underline">
                  {name}
                </Link>
              ) : (
                <span className="font-medium">{name}</span>
              )}{' '}
              <span className="text-muted">
                {look.word.toLowerCase()}
                {t.text !== '' && t.code !== 'ok' ? `, ${t.text}` : ''}
              </span>
            </p>
            <time dateTime={new Date(t.at).toISOString()} title={exact(t.at)} className="shrink-0 text-xs text-muted">
              {clockTime(t.at)}
            </time>
          </li>
        );
      })}
    </ol>
  );
}

/** How a word of the transition log looks. */
export function lookOfWord(word: string): Look {
  if (isStatus(word)) return statusLooks[word];
  // Run states have their own words; a word neither knows is shown as unknown rather than hidden.
  return (runLooks as Readonly<Record<string, Look>>)[word] ?? { ...statusLooks.unknown, word: sentence(words(word)) };
}

/** Who or what caused a change. */
export function causeText(cause: string): string {
  if (cause.startsWith('command:')) return `by ${cause.slice('command:'.length)}`;
  if (cause.startsWith('overlay:')) return `by ${words(cause.slice('overlay:'.length))}`;
  const texts: Readonly<Record<string, string>> = {
    probe: 'seen by a probe',
    beat: 'by a heartbeat',
    report: 'by a report',
    deadline: 'a deadline passed',
    boot: 'at our own start',
    members: 'by its members',
    clock: 'after a step of the clock',
  };
  return texts[cause] ?? words(cause);
}
