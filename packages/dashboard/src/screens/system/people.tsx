import { useQuery, useQueryClient } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { exact, plural } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
import { textOf } from '../../lib/form-text.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { done, failedToast } from '../../parts/toast.tsx';
import {
  invite,
  invites,
  removeUser,
  type Role,
  setRole,
  type User,
  users,
  withdrawInvite,
} from '../../rest/account.ts';
import { type Problem, problemIn } from '../../rest/request.ts';

const USERS = ['users'];
const INVITES = ['invites'];
const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

/** People of the workspace: who they are, what they may do, who is invited. */
export function PeoplePane(): ReactNode {
  const queries = useQueryClient();
  const { me } = useMe();
  const people = useQuery({ queryKey: USERS, queryFn: ({ signal }) => users(signal) });
  const open = useQuery({ queryKey: INVITES, queryFn: ({ signal }) => invites(signal) });
  const [isInviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<User | null>(null);
  const again = async (): Promise<void> => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: USERS }),
      queries.invalidateQueries({ queryKey: INVITES }),
    ]);
  };
  const change = async (user: User, role: Role): Promise<void> => {
    const answer = await setRole(user.id, role);
    if (answer.ok) done(`${user.name} is ${role} now`);
    else failedToast(answer.problem);
    await again();
  };
  const withdraw = async (email: string): Promise<void> => {
    const answer = await withdrawInvite(email);
    if (!answer.ok) failedToast(answer.problem);
    await again();
  };
  return (
    <Pane
      title="People"
      {...(people.data === undefined ? {} : { note: plural(people.data.length, 'person', 'people') })}
      actions={
        <Button size="small" onClick={() => setInviting(true)}>
          <UserPlus aria-hidden /> Invite
        </Button>
      }
    >
      {people.isPending ? (
        <BoneRows rows={2} className="h-14" />
      ) : people.isError ? (
        <ProblemNote problem={problemIn(people.error)} className="m-3" />
      ) : (
        <ul>
          {people.data.map((user) => (
            <li key={user.id} className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">
                  {user.name}
                  {user.id === me.user?.id && <span className="font-normal text-muted"> (you)</span>}
                </p>
                <p className="truncate text-xs text-muted">{user.email}</p>
              </div>
              <Select
                aria-label={`Role of ${user.name}`}
                value={user.role}
                onChange={(event) => void change(user, roleOf(event.currentTarget.value))}
                className="h-8 w-auto"
              >
                {roles.map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </Select>
              <Button
                size="small"
                tone="danger"
                disabled={user.id === me.user?.id}
                onClick={() => setRemoving(user)}
                aria-label={`Remove ${user.name}`}
              >
                Remove
              </Button>
            </li>
          ))}
          {(open.data ?? []).map((link) => (
            <li key={link.email} className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
              <div className="min-w-0 flex-1">
                <p className="truncate">{link.email}</p>
                <p className="text-xs text-muted">
                  invited as {link.role}, until {exact(link.expiresAt)}
                </p>
              </div>
              <Button
                size="small"
                tone="danger"
                onClick={() => void withdraw(link.email)}
                aria-label={`Withdraw the invitation of ${link.email}`}
              >
                Withdraw
              </Button>
            </li>
          ))}
        </ul>
      )}
      {isInviting && <Invite onClose={() => setInviting(false)} onMade={() => void again()} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        verb="Remove"
        onConfirm={async () => {
          if (removing === null) return null;
          const answer = await removeUser(removing.id);
          await again();
          if (!answer.ok) return answer.problem;
          done(`${removing.name} removed`);
          return null;
        }}
      >
        <p>Every session of theirs ends at once. What they did stays in the history.</p>
      </Confirm>
    </Pane>
  );
}

function Invite({ onClose, onMade }: { onClose: () => void; onMade: () => void }): ReactNode {
  const [link, setLink] = useState<{ readonly url: string; readonly email: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = textOf(form, 'email');
    setBusy(true);
    const answer = await invite({ email, role: roleOf(textOf(form, 'role')) });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setLink({ url: answer.value.url ?? `${location.origin}${answer.value.path}`, email });
    onMade();
  };
  if (link !== null) {
    return (
      <Dialog
        open
        onClose={onClose}
        title="Send this link"
        note={`It works once, for a day, and only for ${link.email}. It is shown this once.`}
        footer={
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <Copyable text={link.url} />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Invite a person"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="invite-form" tone="primary" busy={busy}>
            Make the link
          </Button>
        </>
      }
    >
      <form id="invite-form" onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label="E-mail">{(ids) => <Input {...ids} name="email" type="email" required isFirst />}</Field>
        <Field label="Role" hint="Viewers look, operators also report and stop jobs, admins change everything.">
          {(ids) => (
            <Select {...ids} name="role" defaultValue="viewer">
              {roles.map((role) => (
                <option key={role}>{role}</option>
              ))}
            </Select>
          )}
        </Field>
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}

function roleOf(value: string): Role {
  return value === 'admin' || value === 'operator' ? value : 'viewer';
}
