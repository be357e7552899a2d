import type { Policy } from '@statewire/model';
import { MoreHorizontal, Pencil, Plus, Route, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { selectionText } from '../../lib/selection.ts';
import { plural } from '../../lib/format.ts';
import { writeSpan } from '../../lib/span.ts';
import { remove } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Pane } from '../../parts/pane.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { PolicyEditor } from './policy-editor.tsx';

/** Who is told of which alerts, in which steps. */
export function Policies(): ReactNode {
  const view = useRows('policies');
  const channels = useRows('channels');
  const [editing, setEditing] = useState<Policy | 'new' | null>(null);
  const [removing, setRemoving] = useState<Policy | null>(null);
  const names = new Map(channels.rows.map(({ id, name }) => [id, name]));
  const rows = view.rows.toSorted(
    (a, b) => Number(a.isDefault) - Number(b.isDefault) || (a.createdAt < b.createdAt ? -1 : 1),
  );
  return (
    <Pane
      title="Policies"
      {...(rows.length > 0 ? { note: plural(rows.length, 'policy', 'policies') } : {})}
      actions={
        <Button size="small" onClick={() => setEditing('new')}>
          <Plus aria-hidden /> New policy
        </Button>
      }
    >
      {view.isLoading ? (
        <BoneRows rows={3} className="h-16" />
      ) : rows.length === 0 ? (
        <Empty
          icon={Route}
          title="Nobody is told of alerts yet"
          action={
            <Button tone="primary" onClick={() => setEditing('new')}>
              <Plus aria-hidden /> New policy
            </Button>
          }
        >
          A policy says which channels hear of which alerts, and who is next when nobody answers.
        </Empty>
      ) : (
        <ul>
          {rows.map((policy) => (
            <li
              key={policy.id}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b px-4 py-3 last:border-b-0"
            >
              <div className="min-w-0 flex-1 basis-56">
                <p className="flex items-baseline gap-2">
                  <span className="truncate font-medium">{policy.name}</span>
                  {policy.isDefault && <span className="shrink-0 text-xs text-muted">takes all others</span>}
                </p>
                <p className="truncate text-xs text-muted">{matchText(policy)}</p>
              </div>
              <ol className="flex min-w-0 flex-wrap items-center gap-1.5 text-xs">
                {policy.steps.map((step, i) => (
                  <li key={`${step.afterMs}-${step.channels.join()}`} className="flex items-center gap-1.5">
                    {i > 0 && (
                      <span aria-hidden className="text-muted">
                        →
                      </span>
                    )}
                    <span className="rounded border px-1.5 py-0.5">
                      {step.afterMs > 0 && <span className="text-muted">after {writeSpan(step.afterMs)} </span>}
                      {step.channels.map((id) => names.get(id) ?? `${id} (gone)`).join(', ')}
                    </span>
                  </li>
                ))}
              </ol>
              <Menu
                trigger={
                  <Button tone="ghost" size="icon" aria-label={`More for ${policy.name}`}>
                    <MoreHorizontal aria-hidden />
                  </Button>
                }
                items={[
                  { label: 'Edit', icon: Pencil, onSelect: () => setEditing(policy) },
                  null,
                  { label: 'Remove', icon: Trash2, danger: true, onSelect: () => setRemoving(policy) },
                ]}
              />
            </li>
          ))}
        </ul>
      )}
      {editing !== null && (
        <PolicyEditor
          key={editing === 'new' ? 'new' : editing.id}
          policy={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        verb="Remove it"
        onConfirm={() => remove('policies', removing === null ? [] : [removing.id])}
      >
        <p>Its alerts are told by the next policy that takes them, or by none.</p>
      </Confirm>
    </Pane>
  );
}

function matchText({ match, quiet, digest, reminderMs }: Policy): string {
  return [
    match.severity === null ? 'every severity' : match.severity.join(' and '),
    match.on === null ? 'of everything' : `of ${selectionText(match.on)}`,
    ...(reminderMs === null ? [] : [`reminds each ${writeSpan(reminderMs)}`]),
    ...(quiet.length > 0 ? ['has quiet hours'] : []),
    ...(digest === null ? [] : [digest.every === 'day' ? 'daily digest' : 'weekly digest']),
  ].join(', ');
}
