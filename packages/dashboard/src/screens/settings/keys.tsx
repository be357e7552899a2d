import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { exact, plural } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { done } from '../../parts/toast.tsx';
import { type ApiKey, createKey, keysQuery, revokeKey, type Scope } from '../../rest/keys.ts';
import { type Problem, problemIn } from '../../rest/request.ts';
import { NotYours } from './layout.tsx';

const KEYS = keysQuery.queryKey;

const SETTINGS = { title: 'Settings' } as const;

/** API keys: made here, shown once, revoked at once. */
export function Keys(): ReactNode {
  useCrumbs('API keys', SETTINGS);
  const { isAdmin } = useMe();
  return isAdmin ? <KeysPane /> : <NotYours />;
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
                  {key.scope} ·{' '}
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
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(textOf(form, 'days'));
    setBusy(true);
    const answer = await createKey({
      name: textOf(form, 'name'),
      scope: scopeOf(textOf(form, 'scope')),
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
            <Select {...ids} name="scope" defaultValue="report">
              <option value="read">read state</option>
              <option value="report">report state</option>
              <option value="admin">change everything</option>
            </Select>
          )}
        </Field>
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

function scopeOf(value: string): Scope {
  return value === 'admin' || value === 'read' ? value : 'report';
}
