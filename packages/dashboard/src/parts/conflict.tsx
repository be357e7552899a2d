import type { Conflict } from '@statewire/client';
import type { Json, JsonObject } from '@statewire/protocol';
import { type ReactNode, useState } from 'react';
import { words } from '../lib/format.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

/**
 * Somebody changed what you changed. Field by field: what it was, what they made of it, what you wanted. Nothing is saved before
 * the person has chosen, and nothing that was typed is lost.
 */
export function ConflictDialog({
  conflict,
  was,
  busy,
  describe = textOf,
  onResolve,
  onClose,
}: {
  conflict: Conflict;
  /** The values when the person began to type. */
  was: JsonObject;
  busy: boolean;
  /** How a value of a field is read: a time is no number. */
  describe?: (value: Json | undefined, field: string) => string;
  /** Values for the contested fields. */
  onResolve: (merged: JsonObject) => void;
  onClose: () => void;
}): ReactNode {
  const [mine, setMine] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (field: string, isMine: boolean): void => {
    const next = new Set(mine);
    if (isMine) next.add(field);
    else next.delete(field);
    setMine(next);
    setChosen(new Set(chosen).add(field));
  };
  const resolve = (): void => {
    const merged: Record<string, Json> = { ...conflict.yours };
    for (const field of conflict.fields) if (!mine.has(field)) merged[field] = conflict.theirs[field] ?? null;
    onResolve(merged);
  };
  const isDecided = conflict.fields.every((field) => chosen.has(field));
  return (
    <Dialog
      open
      onClose={onClose}
      title="Somebody changed this too"
      note="What you did not both change is kept as it is. Choose for the rest."
      footer={
        <>
          <Button onClick={onClose}>Back to the form</Button>
          <Button tone="primary" busy={busy} disabled={!isDecided} onClick={resolve}>
            Save these
          </Button>
        </>
      }
    >
      <div className="space-y-5">
        {conflict.fields.map((field) => (
          <fieldset key={field} className="space-y-2">
            <legend className="text-sm font-medium">{words(field)}</legend>
            <p className="text-xs text-muted">
              It was <q>{describe(was[field] ?? conflict.base?.[field], field)}</q>
            </p>
            <Choice
              name={field}
              label="Theirs"
              text={describe(conflict.theirs[field], field)}
              isOn={chosen.has(field) && !mine.has(field)}
              onChoose={() => choose(field, false)}
            />
            <Choice
              name={field}
              label="Yours"
              text={describe(conflict.yours[field], field)}
              isOn={mine.has(field)}
              onChoose={() => choose(field, true)}
            />
          </fieldset>
        ))}
      </div>
    </Dialog>
  );
}

function Choice(props: { name: string; label: string; text: string; isOn: boolean; onChoose: () => void }): ReactNode {
  const { name, label, text, isOn, onChoose } = props;
  return (
    <label className="grid min-h-10 grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-control border px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft">
      <input
        type="radio"
        name={`conflict-${name}`}
        checked={isOn}
        onChange={onChoose}
        className="row-span-2 mt-0.5 size-4 accent-accent"
      />
      <span className="text-xs text-muted">{label}</span>
      <span className="text-sm break-words whitespace-pre-wrap">{text}</span>
    </label>
  );
}

/** A value as people read it. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return 'empty';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ');
  return JSON.stringify(value);
}
