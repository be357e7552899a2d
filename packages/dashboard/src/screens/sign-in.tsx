import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../lib/form-text.ts';
import { Button } from '../parts/button.tsx';
import { Field, Input } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { type Me, signIn } from '../rest/account.ts';
import type { Problem } from '../rest/request.ts';
import { GateFrame } from './gate.tsx';

/** E-mail and password. The reason of a refusal stays on the page; the password is not cleared, typing errors are mended. */
export function SignIn({ onSignedIn }: { onSignedIn: (me: Me) => void }): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await signIn({ email: textOf(form, 'email'), password: textOf(form, 'password') });
    setBusy(false);
    if (answer.ok) onSignedIn(answer.value);
    else setProblem(answer.problem);
  };
  return (
    <GateFrame title="Sign in" note="The live state of everything you run.">
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label="E-mail">
          {(ids) => <Input {...ids} name="email" type="email" autoComplete="username" required isFirst />}
        </Field>
        <Field label="Password">
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" required />}
        </Field>
        {problem !== null && <ProblemNote problem={problem} className="mb-4" />}
        <Button type="submit" tone="primary" busy={busy} className="h-10 w-full">
          {busy ? 'Signing in' : 'Sign in'}
        </Button>
      </form>
      <p className="mt-6 text-sm text-muted">
        First time here? The server prints a one-time link when it starts with an empty data directory. Everyone else is
        invited by an admin.
      </p>
    </GateFrame>
  );
}
