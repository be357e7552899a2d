import { useQuery } from '@tanstack/react-query';
import { beyond } from '@statewire/model';
import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../../lib/form-text.ts';
import { useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { createKey, permissionsQuery, type Permissions, type Scope } from '../../rest/keys.ts';
import { problem as flaw, type Problem, problemIn } from '../../rest/request.ts';
import { PermissionPicker } from './permission-picker.tsx';
import { atLevels, PRESETS } from './permission-presets.ts';

const DAY_MS = 86_400_000;
const SCOPES: readonly (readonly [scope: Scope, title: string])[] = [
  ['read', 'read state'],
  ['report', 'report state'],
  ['admin', 'change everything'],
];

/** Makes a key. It is shown once, here. */
export function NewKey({ onClose, onMade }: { onClose: () => void; onMade: () => void }): ReactNode {
  const { me } = useMe();
  const table = useQuery(permissionsQuery);
  const [may, setMay] = useState<Scope | 'chosen' | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const mine = (scope: Scope): boolean => isWithin(table.data, me.permissions, scope);
  // Until something else is chosen: the least of the scopes that one may give.
  const asked = may ?? (mine('report') ? 'report' : mine('read') ? 'read' : 'chosen');
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(textOf(form, 'days'));
    if (asked === 'chosen' && chosen.size === 0)
      return setProblem(flaw('bad_field', 'It may nothing yet', 'Choose at least one permission.'));
    setBusy(true);
    const answer = await createKey({
      name: textOf(form, 'name'),
      ...(asked === 'chosen' ? { permissions: [...chosen] } : { scope: asked }),
      ...(days > 0 ? { expiresInMs: days * DAY_MS } : {}),
    });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setSecret(answer.value.secret);
    onMade();
  };
  if (secret !== null) {
    return (
      <Dialog
        open
        onClose={onClose}
        title="Your new key"
        note="It is shown this once. Only its hash is stored."
        footer={
          <Button tone="primary" onClick={onClose}>
            I have copied it
          </Button>
        }
      >
        <Copyable text={secret} />
        <p className="mt-3 text-sm text-muted">
          Send it as <code className="code">Authorization: Bearer …</code>
        </p>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      wide={asked === 'chosen'}
      onClose={onClose}
      title="New API key"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="key-form" tone="primary" busy={busy}>
            Make key
          </Button>
        </>
      }
    >
      <form id="key-form" onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label="Name" hint="Who or what uses it.">
          {(ids) => <Input {...ids} name="name" required maxLength={128} isFirst placeholder="nightly-reporter" />}
        </Field>
        <Field
          label="May"
          hint="Report does not include reading; admin includes both. Nobody gives what they do not hold, and a key has no more than its maker."
        >
          {(ids) => (
            <Select
              {...ids}
              name="scope"
              value={asked}
              onChange={(event) => {
                const value = event.currentTarget.value;
                setMay(SCOPES.find(([scope]) => scope === value)?.[0] ?? 'chosen');
              }}
            >
              {SCOPES.map(([scope, title]) => (
                <option key={scope} value={scope} disabled={!mine(scope)}>
                  {mine(scope) ? title : `${title} (more than you may)`}
                </option>
              ))}
              <option value="chosen">what I choose</option>
            </Select>
          )}
        </Field>
        {asked === 'chosen' &&
          (table.isPending ? (
            <BoneRows rows={4} className="h-12" />
          ) : table.isError ? (
            <ProblemNote problem={problemIn(table.error)} />
          ) : (
            <PermissionPicker
              table={table.data}
              mine={me.permissions}
              chosen={chosen}
              onChange={(next) => {
                setProblem(null);
                setChosen(next);
              }}
            />
          ))}
        <Field label="Ends">
          {(ids) => (
            <Select {...ids} name="days" defaultValue="0">
              <option value="0">never</option>
              <option value="30">in 30 days</option>
              <option value="90">in 90 days</option>
              <option value="365">in a year</option>
            </Select>
          )}
        </Field>
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}

/** May whoever holds these give the whole scope? Until the table is there, nothing is refused here: the server judges. */
function isWithin(table: Permissions | undefined, held: readonly string[], scope: Scope): boolean {
  return table === undefined || beyond(held, atLevels(table, PRESETS[scope])).length === 0;
}
