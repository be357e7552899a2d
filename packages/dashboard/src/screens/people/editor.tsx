import type { CommandResult, Conflict } from '@statewire/client';
import type { JsonObject } from '@statewire/protocol';
import { PresenceAvatars, useClient, usePresence } from '@statewire/react';
import { type ReactNode, useState } from 'react';
import { useRecordOf } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { ConflictDialog } from '../../parts/conflict.tsx';
import { CustomerPicker } from '../../parts/customer-picker.tsx';
import { Drawer } from '../../parts/drawer.tsx';
import { Field, Input, Select, TextArea } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { type Problem, problem } from '../../rest/request.ts';
import { AttributesField } from './attributes-field.tsx';
import { changedOf, type FormField, formFields, type People, typedOf } from './fields.ts';

const TITLES = { customers: 'customer', users: 'user' } as const;

/** Makes a customer or user, or changes one beside the list. */
export function PeopleEditor({
  collection,
  id,
  onClose,
}: {
  collection: People;
  /** Null: a new one. */
  id: string | null;
  onClose: () => void;
}): ReactNode {
  if (id === null) return <NewOne collection={collection} onClose={onClose} />;
  return <Known key={id} collection={collection} id={id} onClose={onClose} />;
}

function NewOne({ collection, onClose }: { collection: People; onClose: () => void }): ReactNode {
  const client = useClient();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [failed, setFailed] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const create = async (): Promise<void> => {
    setBusy(true);
    const result = await client.collection(collection).create(changedOf(formFields[collection], typed, {}));
    setBusy(false);
    if (result.ok) onClose();
    else setFailed(problem(result.code, result.message));
  };
  return (
    <Drawer
      onClose={onClose}
      title={`New ${TITLES[collection]}`}
      footer={<Buttons busy={busy} isReady={(typed['name'] ?? '').trim() !== ''} onClose={onClose} verb="Create" />}
    >
      <Form
        fields={formFields[collection]}
        row={{}}
        typed={typed}
        onType={(name, text) => setTyped({ ...typed, [name]: text })}
        onSubmit={() => void create()}
      />
      {failed !== null && <ProblemNote problem={failed} className="mt-4" />}
    </Drawer>
  );
}

/**
 * What is typed is held apart from the record: fields that nobody types in follow it live. What the person saw when they began to type in a
 * field is what their change is judged by, so that a change of somebody else's in between is a question and not lost.
 */
function Known({ collection, id, onClose }: { collection: People; id: string; onClose: () => void }): ReactNode {
  const client = useClient();
  const { row, isLoading } = useRecordOf(collection, id);
  const here = usePresence(`${collection}/${id}`);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [seen, setSeen] = useState<{ readonly version: number; readonly was: JsonObject } | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [failed, setFailed] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const fields = formFields[collection];
  if (row === null) {
    return (
      <Drawer onClose={onClose} title={isLoading ? 'Loading' : `There is no such ${TITLES[collection]}`}>
        {isLoading ? <Bone className="h-40 w-full" /> : <p className="text-muted">It may have been deleted.</p>}
      </Drawer>
    );
  }
  const type = (name: string, text: string): void => {
    setTyped({ ...typed, [name]: text });
    setSeen((before) =>
      before === null
        ? { version: row.version, was: { [name]: row[name] ?? null } }
        : name in before.was
          ? before
          : { ...before, was: { ...before.was, [name]: row[name] ?? null } },
    );
  };
  const changed = changedOf(fields, typed, seen?.was ?? {});
  const settle = (result: CommandResult): void => {
    setBusy(false);
    setFailed(result.ok || result.conflict !== null ? null : problem(result.code, result.message));
    setConflict(result.ok ? null : result.conflict);
    if (result.ok) onClose();
  };
  const save = async (): Promise<void> => {
    if (Object.keys(changed).length === 0) return onClose();
    setBusy(true);
    settle(await client.collection(collection).patch(id, changed, { base: seen?.version, optimistic: true }));
  };
  return (
    <Drawer
      onClose={onClose}
      title={typeof row['name'] === 'string' ? row['name'] : id}
      note={
        <span className="flex items-center gap-3">
          <span className="code">{id}</span>
          <PresenceAvatars people={here.data} size="small" label="Looking at this" />
        </span>
      }
      footer={<Buttons busy={busy} isReady={Object.keys(changed).length > 0} onClose={onClose} verb="Save" />}
    >
      <Form fields={fields} row={row} typed={typed} onType={type} onSubmit={() => void save()} />
      {failed !== null && <ProblemNote problem={failed} className="mt-4" />}
      {conflict !== null && (
        <ConflictDialog
          key={conflict.version}
          conflict={conflict}
          was={seen?.was ?? {}}
          busy={busy}
          onClose={() => setConflict(null)}
          onResolve={(merged) => {
            setBusy(true);
            void conflict.retry(merged).then(settle);
          }}
        />
      )}
    </Drawer>
  );
}

function Buttons(props: { busy: boolean; isReady: boolean; onClose: () => void; verb: string }): ReactNode {
  return (
    <>
      <Button onClick={props.onClose}>Cancel</Button>
      <Button tone="primary" type="submit" form="people-form" busy={props.busy} disabled={!props.isReady}>
        {props.verb}
      </Button>
    </>
  );
}

function Form({
  fields,
  row,
  typed,
  onType,
  onSubmit,
}: {
  fields: readonly FormField[];
  row: JsonObject;
  typed: Readonly<Record<string, string>>;
  onType: (name: string, text: string) => void;
  onSubmit: () => void;
}): ReactNode {
  return (
    <form
      id="people-form"
      className="space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {fields.map((field) => (
        <OneField
          key={field.name}
          field={field}
          value={typed[field.name] ?? typedOf(field, row[field.name])}
          onType={onType}
        />
      ))}
    </form>
  );
}

function OneField({
  field,
  value,
  onType,
}: {
  field: FormField;
  value: string;
  onType: (name: string, text: string) => void;
}): ReactNode {
  const { name, label, kind, hint, choices = [], isRequired = false, max } = field;
  const shared = {
    name,
    value,
    required: isRequired,
    ...(max === undefined ? {} : { maxLength: max }),
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      onType(name, event.currentTarget.value),
  };
  if (kind === 'attributes') {
    return <AttributesField label={label} hint={hint} value={value} onChange={(next) => onType(name, next)} />;
  }
  return (
    <Field label={label} hint={hint}>
      {(ids) =>
        kind === 'customer' ? (
          <CustomerPicker ids={ids} value={value} onChange={(id) => onType(name, id)} />
        ) : kind === 'choice' ? (
          <Select {...ids} name={name} value={value} onChange={shared.onChange}>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </Select>
        ) : kind === 'prose' || kind === 'labels' ? (
          <TextArea {...ids} {...shared} rows={kind === 'prose' ? 5 : 3} />
        ) : (
          <Input {...ids} {...shared} />
        )
      }
    </Field>
  );
}
