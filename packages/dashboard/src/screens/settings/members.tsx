import { useQuery, useQueryClient } from '@tanstack/react-query';
import { allows, type Member } from '@statewire/model';
import { Ellipsis, KeyRound, LogOut, ShieldOff, UserCheck, UserMinus, UserPlus, UserX } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { env } from '../../lib/env.ts';
import { exact, plural } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { useCan, useMe } from '../../lib/me.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failedToast } from '../../parts/toast.tsx';
import { invite, invites, removeUser, type Role, setRole, withdrawInvite } from '../../rest/account.ts';
import { run } from '../../live/command.ts';
import { endSessionsOf, removeSecondFactorOf, resendInvite, resetLink } from '../../rest/people.ts';
import type { Answer, Problem } from '../../rest/request.ts';
import { NotYours } from './layout.tsx';

const SETTINGS = { title: 'Settings' } as const;
const INVITES = ['invites'];
const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

/** A link to hand over: shown once, and mailed where the server can. */
interface Handed {
  readonly title: string;
  readonly note: string;
  readonly url: string;
}

type Doing =
  | { readonly what: 'invite' }
  | { readonly what: 'link'; readonly link: Handed }
  | { readonly what: 'role'; readonly user: Member; readonly role: Role; readonly name: string }
  | { readonly what: keyof typeof ACTS; readonly user: Member };

/** People of the organization: who they are, what they may do, who is invited. */
export function Members(): ReactNode {
  useCrumbs('Members', SETTINGS);
  return useCan('members:read') ? <MembersPanes /> : <NotYours />;
}

function MembersPanes(): ReactNode {
  const queries = useQueryClient();
  const { me } = useMe();
  const people = useRows('members');
  const open = useQuery({ queryKey: INVITES, queryFn: ({ signal }) => invites(signal) });
  const own = useRows('roles');
  const may = {
    invite: useCan('members:create'),
    change: useCan('members:change'),
    suspend: useCan('members:suspend'),
    restore: useCan('members:restore'),
    remove: useCan('members:delete'),
  };
  const names = [...(allows(me.permissions, '*:*') ? ['owner'] : []), ...roles];
  const choices = [...names.map((id) => ({ id, name: id })), ...own.rows.map(({ id, name }) => ({ id, name }))];
  const invited = people.rows
    .filter(({ state }) => state === 'invited')
    .toSorted((a, b) => (a.email < b.email ? -1 : 1));
  const here = people.rows.filter(({ state }) => state !== 'invited');
  const sorted = here.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  const [doing, setDoing] = useState<Doing | null>(null);
  const again = (): Promise<void> => queries.invalidateQueries({ queryKey: INVITES });
  const close = (): void => setDoing(null);
  // One at a time: each sending ends the link of the one before.
  const [busy, setBusy] = useState<string | null>(null);
  const once = async (email: string, work: (email: string) => Promise<void>): Promise<void> => {
    setBusy(email);
    await work(email);
    setBusy(null);
  };
  const resend = async (email: string): Promise<void> => {
    const answer = await resendInvite(email);
    if (!answer.ok) return failedToast(answer.problem);
    setDoing({ what: 'link', link: handed(email, answer.value) });
    await again();
  };
  const withdraw = async (email: string): Promise<void> => {
    const answer = await withdrawInvite(email);
    if (answer.ok) done('Invitation withdrawn', email);
    else failedToast(answer.problem);
    await again();
  };
  return (
    <>
      <Pane
        title="Members"
        {...(people.isLoading ? {} : { note: plural(here.length, 'person', 'people') })}
        {...(may.invite
          ? {
              actions: (
                <Button size="small" tone="primary" onClick={() => setDoing({ what: 'invite' })}>
                  <UserPlus aria-hidden /> Invite
                </Button>
              ),
            }
          : {})}
      >
        {people.isLoading ? (
          <BoneRows rows={3} className="h-14" />
        ) : (
          <ul aria-label="Members">
            {sorted.map((user) => {
              const isMe = user.id === me.user?.id;
              const isSuspended = user.state === 'suspended';
              return (
                <li
                  key={user.id}
                  className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2 last:border-b-0"
                >
                  <div className="min-w-0 flex-1 basis-48">
                    <p className="flex min-w-0 items-center gap-2">
                      <span className="truncate font-medium">
                        {user.name}
                        {isMe && <span className="font-normal text-muted"> (you)</span>}
                      </span>
                      {isSuspended && (
                        <span className="shrink-0 rounded-full bg-degraded-soft px-2 text-xs text-degraded">
                          suspended
                        </span>
                      )}
                    </p>
                    <p className="truncate text-xs text-muted">
                      {user.email} · {user.lastSeenAt === null ? 'not seen yet' : <Seen at={user.lastSeenAt} />}
                      {' · '}
                      {user.hasSecondFactor ? 'second factor on' : 'no second factor'}
                    </p>
                  </div>
                  {may.change ? (
                    <Select
                      aria-label={`Role of ${user.name}`}
                      value={user.role}
                      onChange={(event) => {
                        const role = event.currentTarget.value;
                        const name = choices.find(({ id }) => id === role)?.name ?? role;
                        setDoing({ what: 'role', user, role, name });
                      }}
                      className="h-8 w-auto"
                    >
                      {choices.some(({ id }) => id === user.role) ? null : <option>{user.role}</option>}
                      {choices.map(({ id, name }) => (
                        <option key={id} value={id}>
                          {name}
                        </option>
                      ))}
                    </Select>
                  ) : (
                    <span className="text-sm text-muted">{user.role}</span>
                  )}
                  <Menu
                    trigger={
                      <Button tone="ghost" size="icon" aria-label={`More for ${user.name}`}>
                        <Ellipsis aria-hidden />
                      </Button>
                    }
                    items={[
                      {
                        label: 'Link for a new password',
                        icon: KeyRound,
                        disabled: !may.change,
                        onSelect: () => setDoing({ what: 'reset', user }),
                      },
                      {
                        label: isMe ? 'End all other sessions' : 'End all sessions',
                        icon: LogOut,
                        disabled: !may.change,
                        onSelect: () => setDoing({ what: 'end-sessions', user }),
                      },
                      {
                        label: 'Remove the second factor',
                        icon: ShieldOff,
                        disabled: isMe || !may.change,
                        onSelect: () => setDoing({ what: 'remove-second-factor', user }),
                      },
                      null,
                      isSuspended
                        ? {
                            label: 'Restore',
                            icon: UserCheck,
                            disabled: !may.restore,
                            onSelect: () => setDoing({ what: 'restore', user }),
                          }
                        : {
                            label: 'Suspend',
                            icon: UserX,
                            disabled: isMe || !may.suspend,
                            onSelect: () => setDoing({ what: 'suspend', user }),
                          },
                      {
                        label: 'Remove from the organization',
                        icon: UserMinus,
                        danger: true,
                        disabled: isMe || !may.remove,
                        onSelect: () => setDoing({ what: 'remove', user }),
                      },
                    ]}
                  />
                </li>
              );
            })}
          </ul>
        )}
      </Pane>
      {invited.length > 0 && (
        <Pane title="Invited" note={plural(invited.length, 'person', 'people')}>
          <ul aria-label="Invited">
            {invited.map(({ id, email, role }) => {
              const endsAt = open.data?.find((link) => link.email === email)?.expiresAt;
              return (
                <li key={id} className="flex min-h-14 flex-wrap items-center gap-3 border-b px-4 py-2 last:border-b-0">
                  <div className="min-w-0 flex-1">
                    <p className="truncate">{email}</p>
                    <p className="text-xs text-muted">
                      as {role}
                      {open.data !== undefined &&
                        (endsAt === undefined ? ', the link has ended' : `, until ${exact(endsAt)}`)}
                    </p>
                  </div>
                  {may.invite && (
                    <Button
                      size="small"
                      busy={busy === email}
                      onClick={() => void once(email, resend)}
                      aria-label={`Send again to ${email}`}
                    >
                      Send again
                    </Button>
                  )}
                  {may.remove && (
                    <Button
                      size="small"
                      tone="danger"
                      busy={busy === email}
                      onClick={() => void once(email, withdraw)}
                      aria-label={`Withdraw the invitation of ${email}`}
                    >
                      Withdraw
                    </Button>
                  )}
                </li>
              );
            })}
          </ul>
        </Pane>
      )}
      {doing?.what === 'invite' && (
        <Invite
          onClose={close}
          onMade={(link) => {
            setDoing({ what: 'link', link });
            void again();
          }}
        />
      )}
      {doing?.what === 'link' && <HandOver link={doing.link} onClose={close} />}
      <Asked
        doing={doing}
        onClose={close}
        onLink={(link) => setDoing({ what: 'link', link })}
        onDone={(text) => {
          done(text);
          void again();
        }}
      />
    </>
  );
}

function Seen({ at }: { at: number }): ReactNode {
  return (
    <>
      seen <Ago at={at} />
    </>
  );
}

/** Asks once before something is done to a member. */
function Asked({
  doing,
  onClose,
  onLink,
  onDone,
}: {
  doing: Doing | null;
  onClose: () => void;
  onLink: (link: Handed) => void;
  onDone: (text: string) => void;
}): ReactNode {
  const user = doing !== null && 'user' in doing ? doing.user : null;
  const act =
    doing === null || doing.what === 'invite' || doing.what === 'link'
      ? null
      : doing.what === 'role'
        ? toRole(doing.role, doing.name)
        : ACTS[doing.what];
  return (
    <Confirm
      open={act !== null}
      onClose={onClose}
      title={act?.title(user?.name ?? '') ?? ''}
      verb={act?.verb ?? ''}
      onConfirm={async (): Promise<Problem | null> => {
        if (act === null || user === null) return null;
        if (doing?.what === 'reset') {
          const made = await resetLink(user.id);
          if (!made.ok) return made.problem;
          // After the question has closed: one dialog at a time.
          env.after(0, () =>
            onLink({
              title: 'Hand this link over',
              note: `It sets a new password of ${user.name}, once, within an hour. It is shown this once.`,
              url: urlOf(made.value),
            }),
          );
          return null;
        }
        const failed = await act.run(user.id);
        if (failed !== null) return failed;
        onDone(act.done(user.name));
        return null;
      }}
    >
      <p>{act?.text ?? ''}</p>
    </Confirm>
  );
}

interface Act {
  readonly title: (name: string) => string;
  readonly verb: string;
  readonly text: string;
  readonly done: (name: string) => string;
  readonly run: (id: string) => Promise<Problem | null>;
}

async function failedIn(answer: Promise<Answer<unknown>>): Promise<Problem | null> {
  const said = await answer;
  return said.ok ? null : said.problem;
}

function toRole(role: Role, name: string): Act {
  return {
    title: (who) => `Make ${who} ${name}?`,
    verb: 'Change the role',
    text: 'It holds at once, also in the pages that they have open.',
    done: (who) => `${who} is ${name} now`,
    run: (id) => failedIn(setRole(id, role)),
  };
}

const ACTS: Readonly<
  Record<'end-sessions' | 'remove' | 'remove-second-factor' | 'reset' | 'restore' | 'suspend', Act>
> = {
  suspend: {
    title: (name) => `Suspend ${name}?`,
    verb: 'Suspend',
    text: 'They may do nothing here from now on, and what they have open closes at once. Their account and what they did stay; you can restore them.',
    done: (name) => `${name} suspended`,
    run: (id) => run('members', id, 'suspend'),
  },
  restore: {
    title: (name) => `Restore ${name}?`,
    verb: 'Restore',
    text: 'They may do again what their role may. They sign in as before.',
    done: (name) => `${name} restored`,
    run: (id) => run('members', id, 'restore'),
  },
  reset: {
    title: (name) => `Make a link for a new password of ${name}?`,
    verb: 'Make the link',
    text: 'Whoever opens it sets a new password. An older link of theirs is over; their sessions end when it is used.',
    done: () => '',
    // Its answer is a link, which is shown.
    run: () => Promise.resolve(null),
  },
  'end-sessions': {
    title: (name) => `End the sessions of ${name}?`,
    verb: 'End them',
    text: 'They sign in again wherever they were. What their sessions had opened closes at once.',
    done: (name) => `Sessions of ${name} ended`,
    run: (id) => failedIn(endSessionsOf(id)),
  },
  'remove-second-factor': {
    title: (name) => `Remove the second factor of ${name}?`,
    verb: 'Remove it',
    text: 'For somebody who has lost phone and backup codes. Their sessions end, and their password alone signs them in until they set up another one.',
    done: (name) => `Second factor of ${name} removed`,
    run: (id) => failedIn(removeSecondFactorOf(id)),
  },
  remove: {
    title: (name) => `Remove ${name}?`,
    verb: 'Remove',
    text: 'Every session of theirs ends at once. What they did stays in the history.',
    done: (name) => `${name} removed`,
    run: (id) => failedIn(removeUser(id)),
  },
};

function Invite({ onClose, onMade }: { onClose: () => void; onMade: (link: Handed) => void }): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = textOf(form, 'email');
    setBusy(true);
    const answer = await invite({ email, role: textOf(form, 'role') });
    setBusy(false);
    if (answer.ok) onMade(handed(email, answer.value));
    else setProblem(answer.problem);
  };
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
        <Field label="Role" hint="Viewers look, operators do the work of a day, admins change everything.">
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

function HandOver({ link, onClose }: { link: Handed; onClose: () => void }): ReactNode {
  return (
    <Dialog
      open
      onClose={onClose}
      title={link.title}
      note={link.note}
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

function handed(
  email: string,
  made: { readonly path: string; readonly url: string | null; readonly isMailed: boolean },
): Handed {
  return {
    title: made.isMailed ? 'On its way by mail' : 'Send this link',
    note: `It works once, for a day, and only for ${email}. It is shown this once.`,
    url: urlOf(made),
  };
}

function urlOf({ path, url }: { readonly path: string; readonly url: string | null }): string {
  return url ?? `${location.origin}${path}`;
}
