import { type Channel, CHANNEL_KINDS, channelKinds } from '@statewire/model';
import { CircleAlert, CircleCheck, CircleDashed, MoreHorizontal, Pencil, Plus, Send, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { ask, remove, save } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failedToast } from '../../parts/toast.tsx';
import { type Problem, problem } from '../../rest/request.ts';
import { type Asked, askedOf, type ChannelDraft, draftOf, readDraft } from './channel-form.ts';

/** Where notices go outside: each with its last delivery and a button that tries it. */
export function Channels(): ReactNode {
  const view = useRows('channels');
  const [editing, setEditing] = useState<Channel | 'new' | null>(null);
  const [removing, setRemoving] = useState<Channel | null>(null);
  const rows = view.rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return (
    <Pane
      title="Channels"
      {...(rows.length > 0 ? { note: plural(rows.length, 'channel') } : {})}
      actions={
        <Button size="small" onClick={() => setEditing('new')}>
          <Plus aria-hidden /> New channel
        </Button>
      }
    >
      {view.isLoading ? (
        <BoneRows rows={3} className="h-14" />
      ) : rows.length === 0 ? (
        <Empty
          icon={Send}
          title="Nobody is told anything yet"
          action={
            <Button tone="primary" onClick={() => setEditing('new')}>
              <Plus aria-hidden /> New channel
            </Button>
          }
        >
          Alerts are on this page whatever you do. A channel brings them to people: e-mail, chat, push, a pager.
        </Empty>
      ) : (
        <ul>
          {rows.map((channel) => (
            <Row
              key={channel.id}
              channel={channel}
              onEdit={() => setEditing(channel)}
              onRemove={() => setRemoving(channel)}
            />
          ))}
        </ul>
      )}
      {editing !== null && (
        <Editor
          key={editing === 'new' ? 'new' : editing.id}
          channel={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        verb="Remove it"
        onConfirm={() => remove('channels', removing === null ? [] : [removing.id])}
      >
        <p>Routes that name it tell nobody through it any more. What waits to be sent through it is canceled.</p>
      </Confirm>
    </Pane>
  );
}

function Row({ channel, onEdit, onRemove }: { channel: Channel; onEdit: () => void; onRemove: () => void }): ReactNode {
  const [busy, setBusy] = useState(false);
  const look =
    channel.last === null || !channel.isEnabled
      ? { icon: CircleDashed, ink: 'text-quiet', word: channel.isEnabled ? 'Not used yet' : 'Off' }
      : channel.last.ok
        ? { icon: CircleCheck, ink: 'text-up', word: 'Delivered' }
        : { icon: CircleAlert, ink: 'text-down', word: 'Failed' };
  const test = async (): Promise<void> => {
    setBusy(true);
    const answer = await ask<{ readonly ok: boolean; readonly text: string }>('channels', channel.id, 'test');
    setBusy(false);
    if (!answer.ok) failedToast(answer.problem);
    else if (answer.value.ok) done(`A test notice went through ${channel.name}`, answer.value.text);
    else failedToast(problem('not_delivered', `${channel.name} did not take the test`, answer.value.text));
  };
  return (
    <li className="flex min-h-14 items-center gap-x-3 border-b px-4 py-2 last:border-b-0">
      <look.icon aria-label={look.word} className={cx('size-4 shrink-0', look.ink)} />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className="truncate font-medium">{channel.name}</span>
          <span className="shrink-0 text-xs text-muted">{channelKinds[channel.kind].title}</span>
        </p>
        <p className="truncate text-xs text-muted">
          {channel.isEnabled ? (
            channel.last === null ? (
              'Nothing was sent yet'
            ) : (
              <>
                {channel.last.ok ? 'Delivered' : channel.last.text || 'Failed'} <Ago at={channel.last.at} />
                {channel.failures > 1 && `, ${channel.failures} times in a row`}
              </>
            )
          ) : (
            'Off: nothing is sent'
          )}
        </p>
      </div>
      <Button size="small" busy={busy} disabled={!channel.isEnabled} onClick={() => void test()}>
        <Send aria-hidden /> Test
      </Button>
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${channel.name}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
        items={[
          { label: 'Edit', icon: Pencil, onSelect: onEdit },
          {
            label: channel.isEnabled ? 'Turn off' : 'Turn on',
            onSelect: () => void save('channels', channel.id, { isEnabled: !channel.isEnabled }),
          },
          null,
          { label: 'Remove', icon: Trash2, danger: true, onSelect: onRemove },
        ]}
      />
    </li>
  );
}

function Editor({ channel, onClose }: { channel: Channel | null; onClose: () => void }): ReactNode {
  const [draft, setDraft] = useState<ChannelDraft>(() => draftOf(channel));
  const [isEnabled, setEnabled] = useState(channel?.isEnabled ?? true);
  const [base] = useState(channel?.version);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Problem | null>(null);
  const known = channel?.secrets ?? [];
  const read = readDraft(draft, known);
  const submit = async (): Promise<void> => {
    setTried(true);
    if (!read.ok) return;
    setBusy(true);
    const failed = await save(
      'channels',
      channel?.id ?? null,
      { ...read.fields, isEnabled, ...(channel === null ? { kind: draft.kind } : {}) },
      base,
    );
    setBusy(false);
    if (failed === null) onClose();
    else setRefused(failed);
  };
  const setValue = (name: string, value: string): void =>
    setDraft((before) => ({ ...before, values: { ...before.values, [name]: value } }));
  return (
    <Dialog
      open
      onClose={onClose}
      title={channel === null ? 'New channel' : channel.name}
      note="Secrets are kept encrypted and never shown again."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            Save
          </Button>
        </>
      }
    >
      <div className="space-y-2">
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Kind">
            {(ids) => (
              <Select
                {...ids}
                disabled={channel !== null}
                value={draft.kind}
                onChange={(event) => {
                  const kind = CHANNEL_KINDS.find((name) => name === event.currentTarget.value);
                  if (kind !== undefined) setDraft({ ...draft, kind, values: {}, secrets: {} });
                }}
              >
                {CHANNEL_KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {channelKinds[kind].title}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Name">
            {(ids) => (
              <Input
                {...ids}
                isFirst
                value={draft.name}
                placeholder="On-call"
                onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
        {askedOf[draft.kind].map((asked) => (
          <Setting
            key={`${draft.kind}-${asked.name}`}
            asked={asked}
            value={draft.values[asked.name] ?? ''}
            onChange={(value) => setValue(asked.name, value)}
          />
        ))}
        {Object.entries(channelKinds[draft.kind].secrets)
          // The server makes and keeps the key pair of Web Push itself.
          .filter(([name]) => name !== 'privateKey')
          .map(([name, shape]) => (
            <Field
              key={`${draft.kind}-${name}`}
              label={shape.text}
              hint={known.includes(name) ? 'Set. Type to replace it' : shape.isRequired ? undefined : 'Optional'}
            >
              {(ids) => (
                <Input
                  {...ids}
                  type="password"
                  autoComplete="new-password"
                  value={draft.secrets[name] ?? ''}
                  placeholder={known.includes(name) ? '••••••••' : ''}
                  onChange={(event) =>
                    setDraft({ ...draft, secrets: { ...draft.secrets, [name]: event.currentTarget.value } })
                  }
                />
              )}
            </Field>
          ))}
        <Switch label="On" checked={isEnabled} onChange={setEnabled} />
        {isTried && !read.ok && (
          <p role="alert" className="text-sm text-down">
            {read.message}
          </p>
        )}
        {refused !== null && <ProblemNote problem={refused} />}
      </div>
    </Dialog>
  );
}

function Setting({
  asked,
  value,
  onChange,
}: {
  asked: Asked;
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  return (
    <Field label={asked.label} hint={asked.hint}>
      {(ids) =>
        asked.type === 'choice' ? (
          <Select {...ids} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
            {(asked.choices ?? []).map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </Select>
        ) : asked.type === 'list' || asked.type === 'pairs' ? (
          <TextArea
            {...ids}
            rows={3}
            value={value}
            placeholder={asked.placeholder}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        ) : (
          <Input
            {...ids}
            value={value}
            inputMode={asked.type === 'number' ? 'numeric' : undefined}
            placeholder={asked.placeholder}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}
