import { ArrowRight, Check, CircleMinus, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural, sentence } from '../../lib/format.ts';
import type { ImportLine, Taken, TakenLine } from '../../rest/import.ts';
import type { Problem } from '../../rest/request.ts';

/** What another product's file would become: first what is left behind, then what is taken. */
export function TakenLines({ taken: { taken, left }, isDone }: { taken: Taken; isDone: boolean }): ReactNode {
  const refused = taken.filter(({ ok }) => !ok).length;
  return (
    <>
      <p className="text-sm font-medium">
        {isDone ? `${count(taken.length - refused)} taken` : `${count(taken.length)} to take`}
        {refused > 0 && <span className="text-down">, {count(refused)} refused</span>}
        {left.length > 0 && `, ${count(left.length)} left behind`}
      </p>
      <ul aria-label="What is left behind" className="mt-2 space-y-1.5 text-sm empty:hidden">
        {left.map((line, i) => (
          <li key={`${line.from}-${i}`} className="flex gap-2">
            <CircleMinus aria-hidden className="mt-0.5 size-3.5 shrink-0 text-degraded" />
            <span className="min-w-0 break-words">
              <span className="font-medium">{line.name || line.from}</span>
              <span className="text-muted">
                {' '}
                {line.name === '' ? '' : `(${line.from}) `}is left: {line.reason}. {sentence(line.do)}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <ul aria-label="What is taken" className="mt-2 space-y-1 text-sm">
        {taken.map((line) => (
          <TakenRow key={`${line.collection}/${line.id}`} line={line} isDone={isDone} />
        ))}
      </ul>
    </>
  );
}

const VERBS: Readonly<Record<TakenLine['action'], readonly [before: string, after: string]>> = {
  create: ['add', 'added'],
  update: ['update', 'updated'],
  keep: ['is there already, stays', 'is there already'],
};

function TakenRow({ line, isDone }: { line: TakenLine; isDone: boolean }): ReactNode {
  const Icon = line.action === 'create' ? Plus : line.action === 'update' ? ArrowRight : Check;
  return (
    <li className="flex gap-2">
      <Icon
        aria-hidden
        className={cx('mt-0.5 size-3.5 shrink-0', line.action === 'create' ? 'text-up' : 'text-muted')}
      />
      <span className="min-w-0 flex-1 break-words">
        <span className="font-medium">{line.name}</span> <code className="code text-xs text-muted">{line.id}</code>
        {line.notes.map((note) => (
          <span key={note} className="block text-xs text-muted">
            {sentence(note)}
          </span>
        ))}
      </span>
      <span className={cx('shrink-0', line.ok ? 'text-muted' : 'max-w-1/2 text-down')}>
        {line.ok ? VERBS[line.action][isDone ? 1 : 0] : (line.message ?? 'refused')}
      </span>
    </li>
  );
}

/** What a list of ours would do, line by line. */
export function Lines({ lines }: { lines: readonly ImportLine[] }): ReactNode {
  const added = lines.filter((line) => line.action === 'create').length;
  return (
    <>
      <p className="text-sm font-medium">
        {count(added)} to add, {count(lines.length - added)} to update
      </p>
      <ul className="mt-2 max-h-44 overflow-y-auto text-sm">
        {lines.map((line) => (
          <li key={line.line} className="flex h-7 items-center gap-2">
            {line.action === 'create' ? (
              <Plus aria-hidden className="size-3.5 text-up" />
            ) : (
              <ArrowRight aria-hidden className="size-3.5 text-muted" />
            )}
            <span className="w-14 shrink-0 text-muted">line {line.line}</span>
            <code className="code truncate">{line.id || 'new id'}</code>
            <span className={cx('truncate', line.ok ? 'text-muted' : 'text-down')}>
              {line.ok ? (line.action === 'create' ? 'add' : 'update') : (line.message ?? 'refused')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is wrong with a list of ours, each with its line. */
export function Mistakes({ problem }: { problem: Problem }): ReactNode {
  return (
    <>
      <p className="text-sm font-medium text-down">{plural(problem.errors.length, 'line')} to correct</p>
      <ul className="mt-2 max-h-44 space-y-1 overflow-y-auto text-sm">
        {problem.errors.map((error, i) => (
          <li key={`${error.path}-${i}`} className="flex gap-2">
            <span className="w-14 shrink-0 text-muted">{error.line === null ? '' : `line ${error.line}`}</span>
            <span className="min-w-0 break-words">{error.message}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
