import type { ReactNode } from 'react';
import { ownZone } from '../lib/dated.ts';
import { momentOf, wallOf } from '../lib/wall.ts';
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
          value={value === null ? '' : wallOf(value, ownZone())}
          onChange={(event) => onChange(momentOf(event.currentTarget.value, ownZone()))}
        />
      )}
    </Field>
  );
}
