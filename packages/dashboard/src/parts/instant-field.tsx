import type { ReactNode } from 'react';
import { Field, Input } from './field.tsx';

interface Props {
  readonly label: string;
  /** Epoch milliseconds, or null while nothing is chosen. */
  readonly value: number | null;
  readonly onChange: (at: number | null) => void;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly className?: string;
}

/** A moment, in the reader's own zone, by the platform's own picker. */
export function InstantField({ label, value, onChange, hint, error, className }: Props): ReactNode {
  return (
    <Field label={label} hint={hint} error={error} {...(className === undefined ? {} : { className })}>
      {(ids) => (
        <Input
          {...ids}
          type="datetime-local"
          value={value === null ? '' : localOf(value)}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value).getTime();
            onChange(Number.isNaN(at) ? null : at);
          }}
        />
      )}
    </Field>
  );
}

/** `2026-11-29T14:05`: the form the platform's picker reads, in local time. */
function localOf(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
