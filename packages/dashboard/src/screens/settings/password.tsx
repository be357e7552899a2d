import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../../lib/form-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import { changePassword } from '../../rest/account.ts';
import type { Problem } from '../../rest/request.ts';

/** Changes your own password; other sessions of yours end. */
export function PasswordPane(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await changePassword({ current: textOf(form, 'current'), next: textOf(form, 'next') });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    done('Password changed', 'Your other sessions were ended.');
    setProblem(null);
    setOpen(false);
  };
  return (
    <Pane
      title="Password"
      actions={
        <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Change
        </Button>
      }
    >
      {isOpen && (
        <form onSubmit={(event) => void submit(event)} className="space-y-3 px-4 py-3">
          <Field label="Current password">
            {(ids) => <Input {...ids} name="current" type="password" autoComplete="current-password" required />}
          </Field>
          <Field label="New password" hint="At least 10 characters.">
            {(ids) => (
              <Input
                {...ids}
                name="next"
                type="password"
                autoComplete="new-password"
                required
                minLength={10}
                maxLength={256}
              />
            )}
          </Field>
          {problem !== null && <ProblemNote problem={problem} className="mb-3" />}
          <Button type="submit" tone="primary" busy={busy}>
            Change password
          </Button>
        </form>
      )}
    </Pane>
  );
}
