import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { textOf } from '../lib/form-text.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { Field, Input } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { finishSignIn, type Me, signIn } from '../rest/account.ts';
import { askReset, providerUrl, type Ways, waysQuery } from '../rest/people.ts';
import { problem as made, type Problem } from '../rest/request.ts';
import { GateFrame } from './gate.tsx';

type Step =
  | { readonly at: 'password' }
  | { readonly at: 'code'; readonly token: string }
  | { readonly at: 'forgotten' };

/** The door: a password and perhaps a code, or an identity provider. Why somebody was refused stays on the page. */
export function SignIn({ onSignedIn }: { onSignedIn: (me: Me) => void }): ReactNode {
  const [step, setStep] = useState<Step>({ at: 'password' });
  const ways = useQuery(waysQuery);
  const back = (): void => setStep({ at: 'password' });
  switch (step.at) {
    case 'password':
      return (
        <PasswordStep
          ways={ways.data ?? null}
          onSignedIn={onSignedIn}
          onCode={(token) => setStep({ at: 'code', token })}
          onForgotten={() => setStep({ at: 'forgotten' })}
        />
      );
    case 'code':
      return <CodeStep token={step.token} onSignedIn={onSignedIn} onBack={back} />;
    case 'forgotten':
      return <Forgotten byMail={ways.data?.reset === 'mail'} onBack={back} />;
    default:
      return step satisfies never;
  }
}

function PasswordStep({
  ways,
  onSignedIn,
  onCode,
  onForgotten,
}: {
  ways: Ways | null;
  onSignedIn: (me: Me) => void;
  onCode: (token: string) => void;
  onForgotten: () => void;
}): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(refusalInHash);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await signIn({ email: textOf(form, 'email'), password: textOf(form, 'password') });
    setBusy(false);
    if (!answer.ok) setProblem(answer.problem);
    else if ('token' in answer.value) onCode(answer.value.token);
    else onSignedIn(answer.value.me);
  };
  return (
    <GateFrame title="Sign in" note="The live state of everything you run.">
      {ways !== null && ways.oidc.length > 0 && (
        <div className="mb-5 space-y-2 border-b pb-5">
          {ways.oidc.map(({ id, name }) => (
            <a key={id} href={providerUrl(id, whereTo())} className={cx(buttonClass(), 'h-10 w-full')}>
              <KeyRound aria-hidden /> Continue with {name}
            </a>
          ))}
        </div>
      )}
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
      <Button tone="ghost" className="mt-3 w-full" onClick={onForgotten}>
        Forgot your password?
      </Button>
      <p className="mt-6 text-sm text-muted">
        First time here? The server prints a one-time link when it starts with an empty data directory. Everyone else is
        invited by an admin.
      </p>
    </GateFrame>
  );
}

function CodeStep({
  token,
  onSignedIn,
  onBack,
}: {
  token: string;
  onSignedIn: (me: Me) => void;
  onBack: () => void;
}): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await finishSignIn(token, textOf(form, 'code'));
    setBusy(false);
    if (answer.ok) onSignedIn(answer.value);
    else setProblem(answer.problem);
  };
  return (
    <GateFrame title="Your code" note="The password is right. Now the code of your authenticator app.">
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label="Code" hint="Six digits, or one of your backup codes.">
          {(ids) => (
            <Input
              {...ids}
              name="code"
              autoComplete="one-time-code"
              autoCapitalize="characters"
              required
              minLength={6}
              maxLength={32}
              isFirst
              className="code"
            />
          )}
        </Field>
        {problem !== null && <ProblemNote problem={problem} className="mb-4" />}
        <Button type="submit" tone="primary" busy={busy} className="h-10 w-full">
          Sign in
        </Button>
      </form>
      <Button tone="ghost" className="mt-3 w-full" onClick={onBack}>
        Back
      </Button>
      <p className="mt-6 text-sm text-muted">
        Lost your phone and your backup codes? An admin can remove your second factor.
      </p>
    </GateFrame>
  );
}

function Forgotten({ byMail, onBack }: { byMail: boolean; onBack: () => void }): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await askReset(textOf(form, 'email'));
    setBusy(false);
    setSent(answer.ok);
    setProblem(answer.ok ? null : answer.problem);
  };
  return (
    <GateFrame
      title={isSent ? 'Look into your mail' : 'A new password'}
      note={
        isSent
          ? 'If there is an account with this address, a link is on its way. It works once, for an hour.'
          : byMail
            ? 'We mail you a link. It works once, for an hour.'
            : 'This server sends no mail. Ask an admin for a link: they make one under Settings, Members.'
      }
    >
      {byMail && !isSent && (
        <form onSubmit={(event) => void submit(event)} className="space-y-3">
          <Field label="E-mail">
            {(ids) => <Input {...ids} name="email" type="email" autoComplete="username" required isFirst />}
          </Field>
          {problem !== null && <ProblemNote problem={problem} className="mb-4" />}
          <Button type="submit" tone="primary" busy={busy} className="h-10 w-full">
            Send the link
          </Button>
        </form>
      )}
      <Button tone="ghost" className="mt-3 w-full" onClick={onBack}>
        Back to sign-in
      </Button>
    </GateFrame>
  );
}

/** Where somebody wanted to go before they were asked who they are. */
function whereTo(): string {
  return location.hash === '' ? `${location.pathname}${location.search}` : '/';
}

/** Why the way through a provider ended here: `/#/sign-in/<reason>`. A reason that is not in the table says nothing. */
function refusalInHash(): Problem | null {
  const reason = /^#\/sign-in\/([a-z-]{1,40})$/u.exec(location.hash)?.[1] ?? '';
  const words = REASONS.get(reason);
  return words === undefined ? null : made(reason, 'You could not be signed in', words);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['oidc-cancelled', 'The sign-in was cancelled at the provider.'],
  ['oidc-domain', 'Addresses of this domain may not come in this way. Use your work account, or ask an admin.'],
  ['oidc-expired', 'The sign-in took too long, or was begun in another browser. Try once more.'],
  ['oidc-not-invited', 'Nobody has invited this address yet. Ask an admin for an invitation.'],
  ['oidc-refused', 'The answer of the provider was not accepted. Try once more; the log of the server has the reason.'],
  ['oidc-suspended', 'Your membership is suspended. Ask an admin.'],
  ['oidc-unavailable', 'The provider cannot be reached. Try again later, or sign in by password.'],
  ['oidc-unverified', 'The provider does not vouch for your address: it has to be verified there first.'],
]);
