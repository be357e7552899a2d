import { useCollection } from '@statewire/react';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { CustomerPicker } from '../../parts/customer-picker.tsx';
import { Field } from '../../parts/field.tsx';

interface Props {
  /** Null: all of them. */
  readonly value: readonly string[] | null;
  readonly onChange: (ids: readonly string[] | null) => void;
  readonly error: string | undefined;
}

/** All customers, or some of them: found by typing, one after the other. */
export function CustomersField({ value, onChange, error }: Props): ReactNode {
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="mb-1.5 text-sm font-medium">Of which customers</legend>
      <div className="flex flex-wrap gap-x-5">
        <Choice label="All customers" isOn={value === null} onChoose={() => onChange(null)} />
        <Choice label="These alone" isOn={value !== null} onChoose={() => onChange(value ?? [])} />
      </div>
      {value !== null && <Named value={value} onChange={onChange} error={error} />}
    </fieldset>
  );
}

function Named({ value, onChange, error }: { value: readonly string[] } & Omit<Props, 'value'>): ReactNode {
  const { data } = useCollection('customers', {
    where: ['in', 'id', value.length === 0 ? [''] : [...value]],
    fields: ['name'],
  });
  const names = new Map(data.map(({ id, name }) => [id, name]));
  return (
    <>
      {value.length > 0 && (
        <ul aria-label="Chosen customers" className="flex flex-wrap gap-1.5">
          {value.map((id) => (
            <li key={id} className="flex max-w-full items-center rounded-control border bg-surface pl-2 text-sm">
              <span className="truncate" title={id}>
                {names.get(id) ?? id}
              </span>
              <Button
                tone="ghost"
                size="icon"
                className="size-7 pointer-coarse:size-10"
                aria-label={`Without ${names.get(id) ?? id}`}
                onClick={() => onChange(value.filter((each) => each !== id))}
              >
                <X aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Field label="Add a customer" error={error} hint="Found by name, e-mail or id">
        {(ids) => (
          <CustomerPicker
            // A new one for each that was taken: it starts empty.
            key={value.length}
            ids={ids}
            value=""
            placeholder="Type to find"
            onChange={(id) => id !== '' && !value.includes(id) && onChange([...value, id])}
          />
        )}
      </Field>
    </>
  );
}

function Choice({ label, isOn, onChoose }: { label: string; isOn: boolean; onChoose: () => void }): ReactNode {
  return (
    <label className="flex min-h-8 items-center gap-2 text-sm pointer-coarse:min-h-11">
      <input type="radio" name="which-customers" checked={isOn} onChange={onChoose} className="size-4 accent-accent" />
      {label}
    </label>
  );
}
