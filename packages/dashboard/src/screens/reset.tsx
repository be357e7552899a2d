import { useQuery } from '@tanstack/react-query';
import { Link2Off } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../lib/form-text.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { Empty } from '../parts/empty.tsx';
import { Field, Input } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Bone } from '../parts/skeleton.tsx';
import { linkOf } from '../rest/account.ts';
import { finishReset } from '../rest/people.ts';
import { type Problem, problemIn } from '../rest/request.ts';
import { GateFrame } from './gate.tsx';

const PASSWORD_LENGTH_MIN = 10;

/** Where a link for a new password leads. It signs nobody in: whoever has the mail may not have the second factor. */
export function Reset({ token }: { token: string }): ReactNode {
  const link = useQuery({ queryKey: ['link', token], queryFn: () => linkOf(token), retry: false, staleTime: Infinity });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isDone, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await finishReset(token, textOf(form, 'password'));
    setBusy(false);
    setDone(answer.ok);
    setProblem(answer.ok ? null : answer.problem);
  };
  const toSignIn = (
    <a href="/" className={buttonClass({ tone: 'primary' })}>
      Go to sign-in
    </a>
  );
  if (isDone)
    return (
      <GateFrame title="Your new password holds" note="Every session of yours has ended. Sign in with it now.">
        {toSignIn}
      </GateFrame>
    );
  if (link.isPending)
    return (
      <GateFrame title="A new password">
        <Bone className="h-9 w-full" />
      </GateFrame>
    );
  if (link.isError)
    return (
      <GateFrame title="A new password">
        <Empty icon={Link2Off} title="This link no longer works" className="pane" action={toSignIn}>
          {problemIn(link.error).detail || 'Links for a new password work once and for an hour. Ask for another one.'}
        </Empty>
      </GateFrame>
    );
  return (
    <GateFrame title="A new password" note={`For ${link.data.email}. It ends every session of yours.`}>
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <input type="hidden" name="username" autoComplete="username" value={link.data.email} readOnly />
        <Field
          label="New password"
          hint={`At least ${PASSWORD_LENGTH_MIN} characters. Long is better than complicated.`}
        >
          {(ids) => (
            <Input
              {...ids}
              name="password"
              type="password"
              autoComplete="new-password"
              required
              minLength={PASSWORD_LENGTH_MIN}
              maxLength={256}
              isFirst
            />
          )}
        </Field>
        {problem !== null && <ProblemNote problem={problem} className="mb-4" />}
        <Button type="submit" tone="primary" busy={busy} className="h-10 w-full">
          Set the password
        </Button>
      </form>
    </GateFrame>
  );
}
