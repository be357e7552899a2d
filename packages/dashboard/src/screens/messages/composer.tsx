import type { CommandResult, Conflict } from '@statewire/client';
import type { Message } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { PresenceAvatars, useClient, usePresence } from '@statewire/react';
import { type ReactNode, useState } from 'react';
import { exact } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { ConflictDialog, textOf } from '../../parts/conflict.tsx';
import { Drawer } from '../../parts/drawer.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { type Problem, problem } from '../../rest/request.ts';
import { changedOf, copyOf, fieldsOf, flawsOf, type MessageFields, NEW, valuesOf } from './fields.ts';
import { Form, MESSAGE_FORM } from './form.tsx';
import { priorityLooks } from './look.ts';

interface Props {
  /** Null: a new one. */
  readonly id: string | null;
  /** The new one says what this one says. */
  readonly copy?: string | undefined;
  readonly onClose: () => void;
}

/** Writes a message, or changes one, beside where it was opened from. */
export function Composer({ id, copy, onClose }: Props): ReactNode {
  if (id !== null) return <Known key={id} id={id} onClose={onClose} />;
  return copy === undefined ? <NewOne from={NEW} onClose={onClose} /> : <Copy key={copy} id={copy} onClose={onClose} />;
}

function Copy({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const { row, isLoading } = useRecordOf('messages', id);
  // As it was when it was copied: what becomes of the first is no affair of the second.
  const [from, setFrom] = useState<MessageFields | null>(null);
  if (from === null && row !== null) setFrom(copyOf(row));
  return from === null ? <Nothing isLoading={isLoading} onClose={onClose} /> : <NewOne from={from} onClose={onClose} />;
}

function NewOne({ from, onClose }: { from: MessageFields; onClose: () => void }): ReactNode {
  const client = useClient();
  const [fields, setFields] = useState(from);
  const [isTried, setTried] = useState(false);
  const [failed, setFailed] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const create = async (publish: boolean): Promise<void> => {
    setTried(true);
    if (hasFlaws(fields, publish)) return;
    setBusy(true);
    const result = await client.messages.create({ ...valuesOf(fields), title: fields.title.trim(), publish });
    setBusy(false);
    if (result.ok) onClose();
    else setFailed(problem(result.code, result.message));
  };
  return (
    <Drawer
      onClose={onClose}
      title="New message"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={MESSAGE_FORM} busy={busy}>
            Save as a draft
          </Button>
          <Button tone="primary" busy={busy} onClick={() => void create(true)}>
            {verbOf(fields)}
          </Button>
        </>
      }
    >
      <Form
        fields={fields}
        flaws={flawsOf(fields, null)}
        isTried={isTried}
        onType={(typed) => setFields({ ...fields, ...typed })}
        onSubmit={() => void create(false)}
      />
      {failed !== null && <ProblemNote problem={failed} className="mt-4" />}
    </Drawer>
  );
}

/**
 * What is typed is held apart from the record: fields that nobody types in follow it live. What the person saw when they began to type in
 * a field is what their change is judged by, so that a change of somebody else's in between is a question and not lost.
 */
function Known({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const { row, isLoading } = useRecordOf('messages', id);
  if (row === null) return <Nothing isLoading={isLoading} onClose={onClose} />;
  return <Loaded row={row} onClose={onClose} />;
}

function Loaded({ row, onClose }: { row: Message; onClose: () => void }): ReactNode {
  const client = useClient();
  const { id } = row;
  const here = usePresence(`messages/${id}`);
  const [typed, setTyped] = useState<Partial<MessageFields>>({});
  const [seen, setSeen] = useState<{ readonly version: number; readonly was: JsonObject } | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  // Whether it goes out when a conflict was decided.
  const [isGoing, setGoing] = useState(false);
  const [failed, setFailed] = useState<Problem | null>(null);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const fields = { ...fieldsOf(row), ...typed };
  const changed = changedOf(typed, seen?.was ?? {});
  const isOver = row.state === 'expired' || row.state === 'withdrawn';
  const type = (next: Partial<MessageFields>): void => {
    setTyped({ ...typed, ...next });
    // The record's own values, not those of its form: these are what the server compares.
    const was = Object.fromEntries(Object.keys(next).map((name): [string, Json] => [name, valueIn(row, name)]));
    setSeen((before) =>
      before === null ? { version: row.version, was } : { ...before, was: { ...was, ...before.was } },
    );
  };
  const publish = async (): Promise<void> => {
    const result = await client.messages.call(id, 'publish');
    setBusy(false);
    setFailed(result.ok ? null : problem(result.code, result.message));
    if (result.ok) onClose();
  };
  const settle = async (result: CommandResult, goes: boolean): Promise<void> => {
    setFailed(result.ok || result.conflict !== null ? null : problem(result.code, result.message));
    setConflict(result.ok ? null : result.conflict);
    if (!result.ok) return setBusy(false);
    setTyped({});
    setSeen(null);
    if (goes) return publish();
    setBusy(false);
    onClose();
  };
  const save = async (goes: boolean): Promise<void> => {
    setTried(true);
    setGoing(goes);
    if (hasFlaws(fields, goes)) return;
    setBusy(true);
    if (Object.keys(changed).length > 0) {
      await settle(await client.messages.patch(id, changed, { base: seen?.version, optimistic: true }), goes);
    } else if (goes) await publish();
    else onClose();
  };
  return (
    <Drawer
      onClose={onClose}
      title={row.title}
      note={
        <span className="flex flex-wrap items-center gap-3">
          <span className="code">{id}</span>
          {row.state === 'active' && <span>Its readers see each change at once.</span>}
          <PresenceAvatars people={here.data} size="small" label="Looking at this" />
        </span>
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            {...(row.state === 'draft' ? {} : { tone: 'primary' as const })}
            busy={busy}
            disabled={isOver || Object.keys(changed).length === 0}
            type="submit"
            form={MESSAGE_FORM}
          >
            Save
          </Button>
          {row.state === 'draft' && (
            <Button tone="primary" busy={busy} onClick={() => void save(true)}>
              {verbOf(fields)}
            </Button>
          )}
        </>
      }
    >
      {isOver ? (
        <p className="text-muted">It is over, and stays as its readers saw it. Show it again, or write one from it.</p>
      ) : (
        <Form
          fields={fields}
          flaws={flawsOf(fields, row.state === 'draft' ? null : serverNow())}
          isTried={isTried || row.state !== 'draft'}
          onType={type}
          onSubmit={() => void save(false)}
        />
      )}
      {failed !== null && <ProblemNote problem={failed} className="mt-4" />}
      {conflict !== null && (
        <ConflictDialog
          key={conflict.version}
          conflict={conflict}
          was={seen?.was ?? {}}
          describe={described}
          busy={busy}
          onClose={() => setConflict(null)}
          onResolve={(merged) => {
            setBusy(true);
            void conflict.retry(merged).then((result) => settle(result, isGoing));
          }}
        />
      )}
    </Drawer>
  );
}

function Nothing({ isLoading, onClose }: { isLoading: boolean; onClose: () => void }): ReactNode {
  return (
    <Drawer onClose={onClose} title={isLoading ? 'Loading' : 'There is no such message'}>
      {isLoading ? <Bone className="h-40 w-full" /> : <p className="text-muted">It may have been deleted.</p>}
    </Drawer>
  );
}

function verbOf({ startsAt }: MessageFields): string {
  return startsAt !== null && startsAt > serverNow() ? 'Schedule' : 'Activate now';
}

function hasFlaws(fields: MessageFields, goesOut: boolean): boolean {
  return Object.keys(flawsOf(fields, goesOut ? serverNow() : null)).length > 0;
}

function valueIn(row: Message, name: string): Json {
  const value: unknown = Reflect.get(row, name);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: fields of a record are JSON.
  return (value ?? null) as Json;
}

/** A contested value as people read it. */
function described(value: Json | undefined, field: string): string {
  if (typeof value === 'number' && (field === 'startsAt' || field === 'endsAt')) return exact(value);
  if (value === null || value === undefined) return NOTHING[field] ?? textOf(value);
  if (isLink(value)) return `${textOf(value['text'])} (${textOf(value['url'])})`;
  if (field === 'priority') return Object.entries(priorityLooks).find(([name]) => name === value)?.[1].word ?? '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return textOf(value);
}

function isLink(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && 'url' in value;
}

const NOTHING: Readonly<Record<string, string>> = {
  startsAt: 'at once',
  endsAt: 'until it is withdrawn',
  customers: 'all customers',
  link: 'no link',
};
