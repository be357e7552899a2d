import { type ReactNode, useState } from 'react';
import { readSpan, writeSpan } from '../lib/span.ts';
import { Field, Input } from './field.tsx';

interface Props {
  readonly label: string;
  /** Milliseconds, or null for none (only with `isOptional`). */
  readonly value: number | null;
  readonly onChange: (ms: number | null) => void;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** Empty means none. */
  readonly isOptional?: boolean;
  readonly className?: string;
}

/** A length of time, typed as people say it. What cannot be read is told and not handed on. */
export function SpanField({ label, value, onChange, hint, error, isOptional = false, className }: Props): ReactNode {
  const [text, setText] = useState(value === null ? '' : writeSpan(value));
  const isEmpty = text.trim() === '';
  const ms = isEmpty ? null : readSpan(text);
  const isWrong = isEmpty ? !isOptional : ms === null;
  return (
    <Field
      label={label}
      hint={hint}
      error={isWrong ? 'Write a length of time, such as 30 s, 5 min or 2 h' : error}
      {...(className === undefined ? {} : { className })}
    >
      {(ids) => (
        <Input
          {...ids}
          value={text}
          placeholder={isOptional ? 'none' : '5 min'}
          onChange={(event) => {
            const next = event.currentTarget.value;
            setText(next);
            const read = next.trim() === '' ? null : readSpan(next);
            if (read !== null || (isOptional && next.trim() === '')) onChange(read);
          }}
        />
      )}
    </Field>
  );
}
