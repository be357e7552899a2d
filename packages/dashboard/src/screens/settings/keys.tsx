import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { beyond, isPermission } from '@statewire/model';
import { type FormEvent, type ReactNode, useState } from 'react';
import { exact, plural } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { useCan, useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field, Input, Select, TextArea } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { done } from '../../parts/toast.tsx';
import { type ApiKey, createKey, keysQuery, revokeKey, type Scope } from '../../rest/keys.ts';
import { problem as flaw, type Problem, problemIn } from '../../rest/request.ts';
import { NotYours } from './layout.tsx';

const KEYS = keysQuery.queryKey;

const SETTINGS = { title: 'Settings' } as const;

/** API keys: made here, shown once, revoked at once. */
export function Keys(): ReactNode {
  useCrumbs('API keys', SETTINGS);
  const mayRead = useCan('keys:read');
  return mayRead ? <KeysPane /> : <NotYours />;
}

function KeysPane(): ReactNode {
  const queries = useQueryClient();
  const list = useQuery(keysQuery);
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  return (
    <Pane
      title="API keys"
      {...(list.data === undefined || list.data.length === 0 ? {} : { note: plural(list.data.length, 'key') })}
      actions={
        <Button size="small" onClick={() => setMaking(true)}>
          <Plus aria-hidden /> New key
        </Button>
      }
    >
      {list.isPending ? (
        <BoneRows rows={2} className="h-14" />
      ) : list.isError ? (
        <ProblemNote problem={problemIn(list.error)} className="m-3" />
      ) : list.data.length === 0 ? (
        <Empty icon={KeyRound} title="No keys yet" className="py-8">
          Programs use keys: to read, to report, or to change settings.
        </Empty>
      ) : (
        <ul>
          {list.data.map((key) => (
            <li key={key.id} className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
              <div className="min-w-0 flex-1">
                <p className="flex min-w-0 items-baseline gap-2">
                  <span className="truncate font-medium">{key.name}</span>
                  <code className="code shrink-0 text-xs text-muted">{key.hint}…</code>
                </p>
                <p className="truncate text-xs text-muted">
                  {key.scope ?? plural(key.permissions?.length ?? 0, 'permission')} ·{' '}
                  {key.holds !== 'all' && (
                    <span className="text-ink">
                      {key.holds === 'none'
                        ? 'asleep: its maker may do none of it'
                        : 'narrowed: its maker may do less now'}
                      {' · '}
                    </span>
                  )}
                  {key.lastUsedAt === null ? (
                    'never used'
                  ) : (
                    <>
                      used <Ago at={key.lastUsedAt} />
                    </>
                  )}
                  {key.expiresAt !== null && <> · ends {exact(key.expiresAt)}</>}
                </p>
              </div>
              <Button size="small" tone="danger" onClick={() => setRevoking(key)} aria-label={`Revoke ${key.name}`}>
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      {isMaking && (
        <NewKey onClose={() => setMaking(false)} onMade={() => void queries.invalidateQueries({ queryKey: KEYS })} />
      )}
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ''}?`}
        verb="Revoke it"
        onConfirm={async () => {
          if (revoking === null) return null;
          const answer = await revokeKey(revoking.id);
          await queries.invalidateQueries({ queryKey: KEYS });
          if (!answer.ok) return answer.problem;
          done(`${revoking.name} revoked`);
          return null;
        }}
      >
        <p>It stops counting at once, and connections that use it are closed. This cannot be taken back.</p>
      </Confirm>
    </Pane>
  );
}

const DAY_MS = 86_400_000;

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: () => void }): ReactNode {
  const { me } = useMe();
  const [may, setMay] = useState('report');
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(textOf(form, 'days'));
    const permissions = may === 'chosen' ? listIn(textOf(form, 'permissions')) : null;
    const wrong = permissions === null ? null : flawIn(permissions, me.permissions);
    if (wrong !== null) return setProblem(flaw('bad_field', 'Not a permission to give', wrong));
    setBusy(true);
    const answer = await createKey({
      name: textOf(form, 'name'),
      ...(permissions === null ? { scope: scopeOf(may) } : { permissions }),
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
        <Field label="May" hint="Report does not include reading; admin includes both.">
          {(ids) => (
            <Select {...ids} name="scope" value={may} onChange={(event) => setMay(event.currentTarget.value)}>
              <option value="read">read state</option>
              <option value="report">report state</option>
              <option value="admin">change everything</option>
              <option value="chosen">what I choose</option>
            </Select>
          )}
        </Field>
        {may === 'chosen' && (
          <Field label="Permissions" hint="One per line: services:read, alerts:ack, jobs:*. None that you do not hold.">
            {(ids) => (
              <TextArea {...ids} name="permissions" required rows={4} placeholder={'services:read\nalerts:ack'} />
            )}
          </Field>
        )}
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

function listIn(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/u).filter((each) => each !== ''))];
}

/** What is wrong with a list of permissions, in words; null when it can be given. */
function flawIn(wanted: readonly string[], held: readonly string[]): string | null {
  if (wanted.length === 0) return 'Name at least one: services:read.';
  const wrong = wanted.find((text) => !isPermission(text));
  if (wrong !== undefined) return `${wrong} is none: write services:read, or services:* for all.`;
  const [first] = beyond(held, wanted);
  return first === undefined ? null : `You do not hold ${first}, and nobody gives what they do not hold.`;
}

function scopeOf(value: string): Scope {
  return value === 'admin' || value === 'read' ? value : 'report';
}
