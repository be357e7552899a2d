import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../../lib/form-text.ts';
import { useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import { deleteMe, rename, secondFactorQuery } from '../../rest/people.ts';
import { InvitationsPane } from './invitations.tsx';
import { LookPane } from './look.tsx';
import { PasswordPane } from './password.tsx';
import { SecondFactorPane } from './second-factor.tsx';
import { SessionsPane } from './sessions.tsx';
import { useAsking } from './set-up.tsx';

const SETTINGS = { title: 'Settings' } as const;

/** One's own account: who, how they sign in, where they are signed in. */
export function Account(): ReactNode {
  useCrumbs('Account', SETTINGS);
  const { me } = useMe();
  return (
    <>
      {me.user !== null && <InvitationsPane />}
      <Profile />
      <LookPane />
      {me.user !== null && (
        <>
          <PasswordPane />
          <SecondFactorPane />
          <SessionsPane />
        </>
      )}
      {me.user !== null && <Leave email={me.user.email} />}
    </>
  );
}

function Profile(): ReactNode {
  const { me, signOut } = useMe();
  const [name, setName] = useState(me.name);
  const { problem, busy, ask } = useAsking();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const next = textOf(new FormData(event.currentTarget), 'name').trim();
    void ask(rename(next), () => {
      setName(next);
      done('Name changed', 'Others see it from now on.');
    });
  };
  return (
    <Pane title="You" note={me.user?.email ?? 'by key'} actions={<Button onClick={signOut}>Sign out</Button>}>
      <form onSubmit={submit} className="flex flex-wrap items-start gap-x-3 px-4 py-3">
        <Field label="Name" className="min-w-0 flex-1 basis-56">
          {(ids) => <Input {...ids} name="name" defaultValue={name} required maxLength={128} autoComplete="name" />}
        </Field>
        <Button type="submit" busy={busy} className="mt-[1.625rem]">
          Save
        </Button>
        {problem !== null && <ProblemNote problem={problem} className="w-full" />}
      </form>
    </Pane>
  );
}

/** The way out for good. The address is typed once more, so that no click does it alone. */
function Leave({ email }: { email: string }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { signOut } = useMe();
  const queries = useQueryClient();
  const state = useQuery(secondFactorQuery);
  const { problem, busy, ask } = useAsking();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = textOf(form, 'password');
    void ask(deleteMe({ email: textOf(form, 'email'), ...(password === '' ? {} : { password }) }), () => {
      queries.clear();
      signOut();
    });
  };
  return (
    <Pane title="Delete your account" bodyClassName="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
      <p className="text-sm text-muted">
        Your sessions end and your account is gone. What you did stays in the history.
      </p>
      <Button tone="danger" onClick={() => setOpen(true)}>
        Delete my account
      </Button>
      <Dialog
        open={isOpen}
        onClose={() => setOpen(false)}
        title="Delete your account?"
        note="This cannot be taken back."
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" form="leave-form" tone="danger" busy={busy}>
              Delete it
            </Button>
          </>
        }
      >
        <form id="leave-form" onSubmit={submit} className="space-y-3">
          <Field label="Your e-mail address" hint={`Type ${email}`}>
            {(ids) => <Input {...ids} name="email" type="email" required isFirst />}
          </Field>
          {state.data?.hasPassword !== false && (
            <Field label="Your password">
              {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" required />}
            </Field>
          )}
          {problem !== null && <ProblemNote problem={problem} />}
        </form>
      </Dialog>
    </Pane>
  );
}
