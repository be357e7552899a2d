import { useQuery } from '@tanstack/react-query';
import { Link2Off } from 'lucide-react';
import { type FormEvent, lazy, type ReactNode, Suspense, useState } from 'react';
import { exact } from '../lib/format.ts';
import { textOf } from '../lib/form-text.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { Empty } from '../parts/empty.tsx';
import { Field, Input } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Bone } from '../parts/skeleton.tsx';
import { linkOf, type Me, redeem } from '../rest/account.ts';
import { type Problem, problemIn } from '../rest/request.ts';
import { GateFrame } from './gate.tsx';

const WelcomeBack = lazy(() => import('./welcome-back.tsx').then((screen) => ({ default: screen.WelcomeBack })));

const PASSWORD_LENGTH_MIN = 10;

/** Where a one-time link leads: the first admin, or an invited person, chooses a password and is in. */
export function Welcome({ token, onSignedIn }: { token: string; onSignedIn: (me: Me) => void }): ReactNode {
  const link = useQuery({ queryKey: ['link', token], queryFn: () => linkOf(token), retry: false, staleTime: Infinity });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [short, setShort] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = textOf(form, 'password');
    setShort(password.length < PASSWORD_LENGTH_MIN);
    if (password.length < PASSWORD_LENGTH_MIN) return;
    setBusy(true);
    const answer = await redeem(token, { name: textOf(form, 'name'), email: textOf(form, 'email'), password });
    setBusy(false);
    if (answer.ok) onSignedIn(answer.value);
    else setProblem(answer.problem);
  };
  if (link.isPending) {
    return (
      <GateFrame title="Welcome">
        <div className="space-y-6">
          <Bone className="h-9 w-full" />
          <Bone className="h-9 w-full" />
          <Bone className="h-9 w-full" />
        </div>
      </GateFrame>
    );
  }
  if (link.isError) {
    return (
      <GateFrame title="Welcome">
        <Empty
          icon={Link2Off}
          title="This link no longer works"
          className="pane"
          action={
            <a href="/" className={buttonClass({ tone: 'primary' })}>
              Go to sign-in
            </a>
          }
        >
          {problemIn(link.error).detail ||
            'One-time links work once and for a day. Restart the server for a new first-run link, or ask an admin to invite you again.'}
        </Empty>
      </GateFrame>
    );
  }
  if (link.data.hasAccount === true) {
    return (
      <Suspense>
        <WelcomeBack link={link.data} />
      </Suspense>
    );
  }
  const isFirst = link.data.kind === 'welcome';
  return (
    <GateFrame
      title={isFirst ? 'Welcome to Statewire' : 'You are invited'}
      note={
        isFirst
          ? 'Make the first account. It will be the admin.'
          : `You join ${link.data.org} as ${link.data.role}. The link works until ${exact(link.data.expiresAt)}.`
      }
    >
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label="Your name">
          {(ids) => <Input {...ids} name="name" autoComplete="name" required maxLength={128} isFirst />}
        </Field>
        <Field label="E-mail">
          {(ids) => (
            <Input
              {...ids}
              name="email"
              type="email"
              autoComplete="username"
              required
              defaultValue={link.data.email}
              readOnly={!isFirst}
            />
          )}
        </Field>
        <Field
          label="Password"
          hint={`At least ${PASSWORD_LENGTH_MIN} characters. Long is better than complicated.`}
          error={short ? `At least ${PASSWORD_LENGTH_MIN} characters, please.` : undefined}
        >
          {(ids) => (
            <Input
              {...ids}
              name="password"
              type="password"
              autoComplete="new-password"
              required
              onChange={() => setShort(false)}
            />
          )}
        </Field>
        {problem !== null && <ProblemNote problem={problem} className="mb-4" />}
        <Button type="submit" tone="primary" busy={busy} className="h-10 w-full">
          {isFirst ? 'Create account' : 'Join'}
        </Button>
      </form>
    </GateFrame>
  );
}
