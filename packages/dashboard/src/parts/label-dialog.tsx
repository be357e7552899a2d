import type { JsonObject } from '@statewire/protocol';
import { type ReactNode, useState } from 'react';
import { textOf } from '../lib/form-text.ts';
import type { Problem } from '../rest/request.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field, Input } from './field.tsx';
import { ProblemNote } from './problem.tsx';

/** Puts a label on many records, or takes it off them. */
export function LabelDialog({
  noun,
  onBegin,
  onClose,
}: {
  /** `12 customers`. */
  noun: string;
  onBegin: (op: string, fields: JsonObject) => Promise<Problem | null>;
  onClose: () => void;
}): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const data = new FormData(form);
    const [key, value] = [textOf(data, 'key').trim(), textOf(data, 'value').trim()];
    const failed = await onBegin('label', value === '' ? { unset: [key] } : { set: { [key]: value } });
    setProblem(failed);
    if (failed === null) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Label ${noun}`}
      note="Other labels stay. Without a value the label is taken off."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="label-form">
            Label {noun}
          </Button>
        </>
      }
    >
      <form
        id="label-form"
        className="grid grid-cols-2 gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <Field label="Label">{(ids) => <Input {...ids} name="key" required maxLength={128} isFirst />}</Field>
        <Field label="Value">{(ids) => <Input {...ids} name="value" maxLength={128} />}</Field>
        {problem !== null && (
          <div className="col-span-2">
            <ProblemNote problem={problem} />
          </div>
        )}
      </form>
    </Dialog>
  );
}
