import { allows, BUILTIN_ROLES, isPermission, operationTable, type Role } from '@statewire/model';
import { Pencil, Plus, ShieldPlus } from 'lucide-react';
import { type FormEvent, type ReactNode, useMemo, useState } from 'react';
import { plural, sentence, words } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { useCan, useMe } from '../../lib/me.ts';
import { remove, save } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field, Input, TextArea } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { done } from '../../parts/toast.tsx';
import { problem as made, type Problem } from '../../rest/request.ts';
import { bulkLack } from './bulk-lack.ts';
import { NotYours } from './layout.tsx';

const SETTINGS = { title: 'Settings' } as const;
const COLUMNS = ['read', 'create', 'change', 'delete', 'report'] as const;

/** Roles: those that every organization has, and its own, by permission. */
export function Roles(): ReactNode {
  useCrumbs('Roles', SETTINGS);
  const mayRead = useCan('roles:read');
  return mayRead ? <RolePanes /> : <NotYours />;
}

function RolePanes(): ReactNode {
  const own = useRows('roles');
  const [editing, setEditing] = useState<Role | 'new' | null>(null);
  const [removing, setRemoving] = useState<Role | null>(null);
  return (
    <>
      <Pane
        title="Your roles"
        {...(own.rows.length === 0 ? {} : { note: plural(own.rows.length, 'role') })}
        actions={
          <Button size="small" onClick={() => setEditing('new')}>
            <Plus aria-hidden /> New role
          </Button>
        }
      >
        {own.isLoading ? (
          <BoneRows rows={1} className="h-14" />
        ) : own.rows.length === 0 ? (
          <Empty icon={ShieldPlus} title="No roles of your own" className="py-8">
            The four below suffice for most. Make one where somebody should do one thing and not another.
          </Empty>
        ) : (
          <ul>
            {own.rows.map((role) => (
              <li key={role.id} className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium">{role.name}</p>
                  <p className="truncate text-xs text-muted">
                    {plural(role.permissions.length, 'permission')}
                    {role.description !== '' && <> · {role.description}</>}
                  </p>
                </div>
                <Button size="small" onClick={() => setEditing(role)} aria-label={`Edit ${role.name}`}>
                  <Pencil aria-hidden /> Edit
                </Button>
                <Button size="small" tone="danger" onClick={() => setRemoving(role)} aria-label={`Delete ${role.name}`}>
                  Delete
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Pane>
      <Pane title="Roles that every organization has">
        <dl>
          {Object.entries(BUILTIN_ROLES).map(([id, { name, description }]) => (
            <div key={id} className="border-b px-4 py-2.5 last:border-b-0">
              <dt className="font-medium">{name}</dt>
              <dd className="text-sm text-muted">{description}.</dd>
            </div>
          ))}
        </dl>
      </Pane>
      {editing !== null && <Editor role={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Delete ${removing?.name ?? ''}?`}
        verb="Delete it"
        onConfirm={async () => {
          if (removing === null) return null;
          const failed = await remove('roles', [removing.id]);
          if (failed === null) done(`${removing.name} deleted`);
          return failed;
        }}
      >
        <p>A role that somebody has is not deleted: give them another one first.</p>
      </Confirm>
    </>
  );
}

/** A grid of what is done with what; commands, which are many, by name below it. */
function Editor({ role, onClose }: { role: Role | null; onClose: () => void }): ReactNode {
  const { me } = useMe();
  const table = useMemo(() => Object.entries(operationTable()).sort(([a], [b]) => (a < b ? -1 : 1)), []);
  const inGrid = useMemo(
    () =>
      new Set(
        table.flatMap(([area, operations]) =>
          COLUMNS.filter((operation) => Object.hasOwn(operations, operation)).map(
            (operation) => `${area}:${operation}`,
          ),
        ),
      ),
    [table],
  );
  const [held, setHeld] = useState<ReadonlySet<string>>(() => new Set(role?.permissions ?? []));
  const [named, setNamed] = useState(() => (role?.permissions ?? []).filter((text) => !inGrid.has(text)).join('\n'));
  const more = named.split(/[\s,]+/u).filter((text) => text !== '');
  const permissions = [...new Set([...[...held].filter((text) => inGrid.has(text)), ...more])];
  const lack = bulkLack(permissions).filter((text) => allows(me.permissions, text));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const toggle = (permission: string, isOn: boolean): void => {
    const next = new Set(held);
    if (isOn) next.add(permission);
    else next.delete(permission);
    setHeld(next);
  };
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wrong = more.find((text) => !isPermission(text));
    if (wrong !== undefined)
      return setProblem(
        made('bad_field', 'Not a permission', `${wrong} is none: write alerts:acknowledge, or services:* for all.`),
      );
    setBusy(true);
    const failed = await save(
      'roles',
      role?.id ?? null,
      { name: textOf(form, 'name'), description: textOf(form, 'description'), permissions },
      role?.version,
    );
    setBusy(false);
    setProblem(failed);
    if (failed !== null) return;
    done(role === null ? 'Role made' : 'Role changed', 'It holds at once, also on open connections.');
    onClose();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={role === null ? 'New role' : `Edit ${role.name}`}
      note="Nobody gives what they do not hold."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="role-form" tone="primary" busy={busy}>
            {role === null ? 'Make the role' : 'Save'}
          </Button>
        </>
      }
    >
      <form id="role-form" onSubmit={(event) => void submit(event)} className="space-y-3">
        <div className="grid gap-x-4 sm:grid-cols-2">
          <Field label="Name">
            {(ids) => <Input {...ids} name="name" defaultValue={role?.name ?? ''} required maxLength={100} isFirst />}
          </Field>
          <Field label="Description">
            {(ids) => <Input {...ids} name="description" defaultValue={role?.description ?? ''} maxLength={500} />}
          </Field>
        </div>
        <div className="overflow-x-auto rounded-control border">
          <table className="w-full text-sm">
            <caption className="sr-only">Permissions</caption>
            <thead>
              <tr className="border-b text-left text-xs text-muted">
                <th scope="col" className="px-3 py-2 font-medium">
                  What
                </th>
                {COLUMNS.map((operation) => (
                  <th key={operation} scope="col" className="px-2 py-2 text-center font-medium">
                    {sentence(operation)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.map(([area, operations]) => (
                <tr key={area} className="border-b last:border-b-0 hover:bg-hover/60">
                  <th scope="row" className="px-3 py-1.5 text-left font-medium">
                    {sentence(words(area))}
                  </th>
                  {COLUMNS.map((operation) => {
                    const permission = `${area}:${operation}`;
                    if (!Object.hasOwn(operations, operation))
                      return (
                        <td key={operation} className="text-center text-muted">
                          –
                        </td>
                      );
                    return (
                      <td key={operation} className="px-2 text-center">
                        <input
                          type="checkbox"
                          aria-label={`${operation} ${words(area)}`}
                          checked={held.has(permission)}
                          disabled={!allows(me.permissions, permission) && !held.has(permission)}
                          onChange={(event) => toggle(permission, event.currentTarget.checked)}
                          className="size-4 accent-accent pointer-coarse:size-5"
                        />
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Field label="Commands and others" hint="One per line: alerts:acknowledge, agents:pause, services:*">
          {(ids) => (
            <TextArea
              {...ids}
              name="more"
              rows={4}
              value={named}
              onChange={(event) => setNamed(event.currentTarget.value)}
            />
          )}
        </Field>
        {lack.length > 0 && (
          <output className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-control border border-degraded/40 bg-degraded-soft px-3 py-2 text-sm">
            <span className="min-w-0 flex-1 basis-64">
              Who has this role does it to one at a time: the bar that does it to many needs{' '}
              <code className="code">{lack.join(', ')}</code>.
            </span>
            <Button
              size="small"
              onClick={() => {
                setHeld(new Set([...held, ...lack.filter((text) => inGrid.has(text))]));
                setNamed([...more, ...lack.filter((text) => !inGrid.has(text))].join('\n'));
              }}
            >
              Let them do it to many
            </Button>
          </output>
        )}
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}
