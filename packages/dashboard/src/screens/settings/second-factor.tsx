import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { exact, plural } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { done } from '../../parts/toast.tsx';
import { type Proof, renewBackupCodes, secondFactorQuery, turnOffSecondFactor } from '../../rest/people.ts';
import { type Answer, problemIn } from '../../rest/request.ts';
import { BackupCodes, SetUp, useAsking } from './set-up.tsx';

type Doing = 'set-up' | 'renew' | 'off' | null;

/** The second factor of whoever looks: its state, and setting it up, new backup codes, turning it off. */
export function SecondFactorPane(): ReactNode {
  const queries = useQueryClient();
  const state = useQuery(secondFactorQuery);
  const [doing, setDoing] = useState<Doing>(null);
  const finish = (text: string): void => {
    setDoing(null);
    void queries.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
    done(text);
  };
  return (
    <Pane
      title="Second factor"
      {...(state.data === undefined ? {} : { note: state.data.isOn ? 'on' : 'off' })}
      actions={
        state.data?.isOn === false && (
          <Button size="small" onClick={() => setDoing('set-up')}>
            Set up
          </Button>
        )
      }
    >
      {state.isPending ? (
        <BoneRows rows={1} className="h-12" />
      ) : state.isError ? (
        <ProblemNote problem={problemIn(state.error)} className="m-3" />
      ) : state.data.isOn ? (
        <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
          <p className="text-sm text-muted">
            {state.data.since !== null && <>Since {exact(state.data.since)}. </>}
            {plural(state.data.backupCodesLeft, 'backup code')} left.
          </p>
          <div className="flex flex-wrap gap-2">
            <Button size="small" onClick={() => setDoing('renew')}>
              New backup codes
            </Button>
            <Button size="small" tone="danger" onClick={() => setDoing('off')}>
              Turn off
            </Button>
          </div>
        </div>
      ) : (
        <p className="px-4 py-3 text-sm text-muted">
          A code of an authenticator app beside your password. A stolen password alone then opens nothing.
        </p>
      )}
      {doing === 'set-up' && (
        <Dialog open onClose={() => setDoing(null)} title="Set up a second factor">
          <SetUp onDone={() => finish('Second factor on')} />
        </Dialog>
      )}
      {doing === 'renew' && (
        <Prove title="New backup codes" verb="Make new codes" onClose={() => setDoing(null)} act={renewBackupCodes}>
          {(codes) => <BackupCodes codes={codes} onDone={() => finish('New backup codes made')} />}
        </Prove>
      )}
      {doing === 'off' && (
        <Prove
          title="Turn the second factor off?"
          verb="Turn it off"
          onClose={() => setDoing(null)}
          act={turnOffSecondFactor}
          onDone={() => finish('Second factor off')}
        />
      )}
    </Pane>
  );
}

/** Asks for the password and a code before something that a passer-by must not do. */
function Prove({
  title,
  verb,
  act,
  onClose,
  onDone,
  children,
}: {
  title: string;
  verb: string;
  act: (proof: Proof) => Promise<Answer<unknown>>;
  onClose: () => void;
  onDone?: () => void;
  /** What is shown of backup codes that were answered. */
  children?: (codes: readonly string[]) => ReactNode;
}): ReactNode {
  const state = useQuery(secondFactorQuery);
  const { problem, busy, ask } = useAsking();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = textOf(form, 'password');
    void ask(act({ code: textOf(form, 'code'), ...(password === '' ? {} : { password }) }), (value) => {
      const found = isCodes(value) ? value.backupCodes : null;
      if (found === null) onDone?.();
      else setCodes(found);
    });
  };
  return (
    <Dialog open onClose={onClose} title={title}>
      {codes !== null && children !== undefined ? (
        children(codes)
      ) : (
        <form onSubmit={submit} className="space-y-3">
          {state.data?.hasPassword !== false && (
            <Field label="Your password">
              {(ids) => (
                <Input {...ids} name="password" type="password" autoComplete="current-password" required isFirst />
              )}
            </Field>
          )}
          <Field label="Code" hint="Of the app, or a backup code.">
            {(ids) => (
              <Input {...ids} name="code" autoComplete="one-time-code" required minLength={6} className="code" />
            )}
          </Field>
          {problem !== null && <ProblemNote problem={problem} />}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" tone="primary" busy={busy}>
              {verb}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function isCodes(value: unknown): value is { readonly backupCodes: readonly string[] } {
  return typeof value === 'object' && value !== null && 'backupCodes' in value && Array.isArray(value.backupCodes);
}
