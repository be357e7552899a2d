import { CircleCheck, ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { plural, words } from '../lib/format.ts';
import type { AuditRow } from '../rest/audit.ts';
import { Ago } from './time.tsx';

/** One row of the audit log in two lines: who did what to what, and from where and why. */
export function AuditLine({ row, isBrief = false }: { row: AuditRow; isBrief?: boolean }): ReactNode {
  const isDone = row.outcome === 'ok';
  const Icon = isDone ? CircleCheck : ShieldAlert;
  const details = [
    isDone ? null : refusalText(row),
    isBrief ? null : fieldsText(row),
    row.why === null ? null : `“${row.why}”`,
  ].filter((text) => text !== null && text !== '');
  return (
    <span className="flex min-h-13 w-full items-center gap-3 px-4 py-2 text-left">
      <Icon
        aria-label={isDone ? 'Done' : 'Refused'}
        className={cx('size-4 shrink-0', isDone ? 'text-quiet' : 'text-down')}
      />
      <span className="min-w-0 flex-1">
        <span className="line-clamp-2 break-words">
          <span className="font-medium">{nameOf(row)}</span> <span className="text-muted">{verbOf(row)}</span>{' '}
          {row.target !== null && !isBrief && (
            <span className="code text-xs">{`${row.target.collection}/${row.target.id}`}</span>
          )}
        </span>
        {details.length > 0 && <span className="block truncate text-xs text-muted">{details.join(' · ')}</span>}
      </span>
      <Ago at={row.at} className="shrink-0 text-right text-xs text-muted" />
    </span>
  );
}

/** Who, in a word. */
export function nameOf({ actor }: AuditRow): string {
  if (actor.kind === 'server') return actor.id === 'server' ? 'The server' : `The ${actor.id}`;
  return actor.name === '' ? actor.id : actor.name;
}

/** `services:change` as a verb: `changed`. */
export function verbOf({ action, outcome, target }: Pick<AuditRow, 'action' | 'outcome' | 'target'>): string {
  const [area = '', operation = ''] = action.split(':');
  const done: Readonly<Record<string, string>> = {
    create: 'created',
    change: 'changed',
    delete: 'deleted',
    read: 'read',
    'sign-in': 'signed in',
    'sign-out': 'signed out',
    password: 'changed their password',
    join: 'joined',
    invite: 'invited',
    withdraw: 'withdrew an invitation',
    remove: 'removed',
    export: 'exported',
    import: 'imported',
    sweep: 'removed old rows',
    refresh: 'rechecked',
    pause: 'paused',
    resume: 'resumed',
    acknowledge: 'acknowledged',
    ack: 'acknowledged',
    retire: 'retired',
  };
  const isSession = area === 'session';
  if (outcome !== 'ok') return `was refused: ${words(operation)}${isSession ? '' : ` ${words(area)}`}`;
  const verb = done[operation] ?? words(operation);
  return isSession || target !== null ? verb : `${verb} (${words(area)})`;
}

function fieldsText({ before, after, outcome }: AuditRow): string {
  if (outcome !== 'ok') return '';
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.length === 0
    ? ''
    : names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
}

function refusalText({ outcome, after }: AuditRow): string {
  const more = after?.['refusals'];
  return `${words(outcome)}${typeof more === 'number' ? ` · ${plural(more, 'more refusal')} like it` : ''}`;
}
