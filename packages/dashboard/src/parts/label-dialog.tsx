import type { JsonObject } from '@statewire/protocol';
import type { ReactNode } from 'react';
import { textOf } from '../lib/form-text.ts';
import type { Problem } from '../rest/request.ts';
import { Field, Input } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';

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
  return (
    <FormDialog
      title={`Label ${noun}`}
      note="Other labels stay. Without a value the label is taken off."
      verb={`Label ${noun}`}
      onSubmit={(data) => {
        const [key, value] = [textOf(data, 'key').trim(), textOf(data, 'value').trim()];
        return onBegin('label', value === '' ? { unset: [key] } : { set: { [key]: value } });
      }}
      onClose={onClose}
    >
      <div className="grid grid-cols-2 gap-3">
        <Field label="Label">{(ids) => <Input {...ids} name="key" required maxLength={128} isFirst />}</Field>
        <Field label="Value">{(ids) => <Input {...ids} name="value" maxLength={128} />}</Field>
      </div>
    </FormDialog>
  );
}
