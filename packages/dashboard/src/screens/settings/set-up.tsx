import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../../lib/form-text.ts';
import { Button } from '../../parts/button.tsx';
import { CopyButton, Copyable } from '../../parts/copy.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Qr } from '../../parts/qr.tsx';
import { beginSecondFactor, confirmSecondFactor, secondFactorQuery } from '../../rest/people.ts';
import type { Answer, Problem } from '../../rest/request.ts';

type Step =
  | { readonly at: 'password' }
  | { readonly at: 'scan'; readonly secret: string; readonly url: string }
  | { readonly at: 'codes'; readonly codes: readonly string[] };

/** Sets up a second factor: the password, the QR code and a first code of it, the backup codes. */
export function SetUp({ onDone }: { onDone: () => void }): ReactNode {
  const [step, setStep] = useState<Step>({ at: 'password' });
  const state = useQuery(secondFactorQuery);
  const { problem, busy, ask } = useAsking();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (step.at === 'password')
      void ask(beginSecondFactor(state.data?.hasPassword === false ? undefined : textOf(form, 'password')), (value) =>
        setStep({ at: 'scan', ...value }),
      );
    if (step.at === 'scan')
      void ask(confirmSecondFactor(textOf(form, 'code')), ({ backupCodes }) =>
        setStep({ at: 'codes', codes: backupCodes }),
      );
  };
  if (step.at === 'codes') return <BackupCodes codes={step.codes} onDone={onDone} />;
  return (
    <form key={step.at} onSubmit={submit} className="space-y-3">
      {step.at === 'password' && state.data?.hasPassword !== false && (
        <Field label="Your password">
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" required isFirst />}
        </Field>
      )}
      {step.at === 'scan' && (
        <>
          <p className="text-sm text-muted">Scan this with your authenticator app, or type the secret into it.</p>
          <div className="flex flex-wrap items-start gap-4">
            <Qr text={step.url} label="QR code of your second factor" />
            <div className="min-w-0 flex-1 basis-48">
              <p className="mb-1.5 text-sm font-medium">Secret</p>
              <Copyable text={(step.secret.match(/.{4}/gu) ?? []).join(' ')} />
            </div>
          </div>
          <Field label="Code" hint="The six digits that the app shows now.">
            {(ids) => (
              <Input
                {...ids}
                name="code"
                inputMode="numeric"
                autoComplete="one-time-code"
                pattern="\d{6}"
                title="six digits"
                required
                isFirst
                className="code max-w-40"
              />
            )}
          </Field>
        </>
      )}
      {problem !== null && <ProblemNote problem={problem} />}
      <Button type="submit" tone="primary" busy={busy}>
        {step.at === 'password' ? 'Continue' : 'Turn it on'}
      </Button>
    </form>
  );
}

/** Shown once. Whoever goes on says that they have them. */
export function BackupCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }): ReactNode {
  return (
    <div className="space-y-3">
      <p className="text-sm text-muted">
        Keep these backup codes where your phone is not. Each signs you in once, when the app is out of reach. They are
        shown this once.
      </p>
      <ul
        aria-label="Backup codes"
        className="code grid grid-cols-1 gap-x-6 gap-y-1 rounded-control bg-sunken px-4 py-3 text-sm xs:grid-cols-2"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button tone="primary" onClick={onDone}>
          I have kept them
        </Button>
        <CopyButton text={codes.join('\n')} label="Copy all" />
      </div>
    </div>
  );
}

/** One question at a time: what went wrong with the last one, and whether one is under way. */
export function useAsking(): {
  readonly problem: Problem | null;
  readonly busy: boolean;
  readonly ask: <T>(question: Promise<Answer<T>>, then: (value: T) => void) => Promise<void>;
} {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  return {
    problem,
    busy,
    ask: async (question, then) => {
      setBusy(true);
      const answer = await question;
      setBusy(false);
      setProblem(answer.ok ? null : answer.problem);
      if (answer.ok) then(answer.value);
    },
  };
}
