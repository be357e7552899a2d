import type { ReactNode } from 'react';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import type { Form } from './form.tsx';
import { type ProbeField, probeFieldsOf } from './probe-table.ts';

/** The settings only this kind has: those that everybody needs, or the others. */
export function ProbeFields({ form, isMain }: { form: Form; isMain: boolean }): ReactNode {
  const fields = probeFieldsOf(form.draft.kind).filter((field) => (field.isMain ?? false) === isMain);
  if (fields.length === 0) return null;
  return (
    <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      {fields.map((field) => (
        <ProbeFieldRow key={field.name} form={form} field={field} />
      ))}
    </div>
  );
}

function ProbeFieldRow({ form, field }: { form: Form; field: ProbeField }): ReactNode {
  const { name, label, hint, as } = field;
  const { probe } = form.draft;
  const set = (value: string | boolean): void => form.set({ probe: { ...probe, [name]: value } });
  const value = probe[name] ?? '';
  if (as === 'switch' || as === 'onOff')
    return (
      <div className={as === 'switch' ? 'sm:col-span-2' : 'self-center'}>
        <Switch label={label} checked={value === true} onChange={set} />
      </div>
    );
  const isLong = as === 'long' || as === 'lines';
  return (
    <Field
      label={label}
      hint={hint}
      error={form.errorOf(`probe.${name}`)}
      {...(as === 'long' ? { className: 'sm:col-span-2' } : {})}
    >
      {(ids) => {
        const bound = {
          ...ids,
          value: String(value),
          onChange: (event: { currentTarget: { value: string } }) => set(event.currentTarget.value),
          onBlur: () => form.touch(`probe.${name}`),
        };
        if (as === 'choice')
          return (
            <Select {...bound}>
              {(field.options ?? []).map(([option, text]) => (
                <option key={option} value={option}>
                  {text}
                </option>
              ))}
            </Select>
          );
        return isLong ? (
          <TextArea {...bound} rows={2} placeholder={field.placeholder} />
        ) : (
          <Input
            {...bound}
            className="code"
            placeholder={field.placeholder}
            inputMode={as === 'number' ? 'decimal' : 'text'}
          />
        );
      }}
    </Field>
  );
}
