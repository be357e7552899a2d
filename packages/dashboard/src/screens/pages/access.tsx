import type { Page, PageAccess } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { run, save } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import type { Problem } from '../../rest/request.ts';

const WAYS: Readonly<Record<PageAccess, string>> = {
  public: 'Everybody',
  password: 'Who knows the password',
  token: 'Who has the link with the token',
};

/** Who may look at the page. Only hashes are kept: a password is set anew, never read. */
export function Access({ page }: { page: Page }): ReactNode {
  const [password, setPassword] = useState('');
  const [token, setToken] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const say = async (work: () => Promise<Problem | null>, what: string): Promise<void> => {
    setBusy(true);
    const failed = await work();
    setBusy(false);
    setProblem(failed);
    if (failed === null) done(what);
  };
  return (
    <Pane title="Who may look" bodyClassName="space-y-3 p-4">
      <Field
        label="Open to"
        hint={
          page.access !== 'public' && !page.secrets.includes(page.access)
            ? `No ${page.access} is set yet: nobody gets in`
            : undefined
        }
      >
        {(ids) => (
          <Select
            {...ids}
            value={page.access}
            onChange={(event) => {
              const access = (['public', 'password', 'token'] as const).find((a) => a === event.currentTarget.value);
              if (access !== undefined) void say(() => save('pages', page.id, { access }), 'Saved');
            }}
          >
            {(['public', 'password', 'token'] as const).map((access) => (
              <option key={access} value={access}>
                {WAYS[access]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {page.access === 'password' && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void say(async () => {
              const failed = await run('pages', page.id, 'secure', { password });
              if (failed === null) setPassword('');
              return failed;
            }, 'The password is set; who was inside has to come in again');
          }}
        >
          <Field label={page.secrets.includes('password') ? 'New password' : 'Password'} className="min-w-0 flex-1">
            {(ids) => (
              <Input
                {...ids}
                type="password"
                autoComplete="new-password"
                minLength={8}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
            )}
          </Field>
          <Button type="submit" busy={busy} disabled={password.length < 8} className="mb-5">
            Set
          </Button>
        </form>
      )}
      {page.access === 'token' && (
        <div className="space-y-2">
          <Button
            busy={busy}
            onClick={() => {
              const made = newToken();
              void say(async () => {
                const failed = await run('pages', page.id, 'secure', { token: made });
                if (failed === null) setToken(made);
                return failed;
              }, 'The link is made; the one before is worth nothing now');
            }}
          >
            {page.secrets.includes('token') ? 'Make another link' : 'Make the link'}
          </Button>
          {token !== null && <Copyable text={`${location.origin}/status/${page.slug}?token=${token}`} />}
        </div>
      )}
      {problem !== null && <ProblemNote problem={problem} />}
    </Pane>
  );
}

/** 192 bits by chance. */
function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
