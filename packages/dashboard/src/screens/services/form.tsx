import type { Service } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { Field, Input, TextArea } from '../../parts/field.tsx';
import type { Draft } from './draft.ts';
import type { ErrorField, Errors } from './errors.ts';
import { type Read, readDraft } from './read.ts';

/** The form as its parts see it. */
export interface Form {
  readonly draft: Draft;
  readonly read: Read;
  /** Null while it is being made. */
  readonly service: Service | null;
  /** Names of the secrets that are set. */
  readonly secrets: readonly string[];
  readonly set: (fields: Partial<Draft>) => void;
  /** What is wrong with a field, once the person has left it or tried to save. */
  readonly errorOf: (field: ErrorField) => string | undefined;
  readonly touch: (field: ErrorField) => void;
  /** From now on every error is shown; what the server found is kept until its field changes. */
  readonly attempt: (found?: Errors) => void;
}

/** Keeps what is typed and says what is wrong with it. */
export function useForm(initial: Draft, service: Service | null, secrets: readonly string[]): Form {
  const [draft, setDraft] = useState(initial);
  const [touched, setTouched] = useState<ReadonlySet<ErrorField>>(new Set());
  const [isTried, setTried] = useState(false);
  const [refused, setRefused] = useState<Errors>({});
  const read = readDraft(draft);
  const all: Errors = read.ok ? refused : read.errors;
  return {
    draft,
    read,
    service,
    secrets,
    set: (fields) => {
      setDraft((before) => ({ ...before, ...fields }));
      setRefused({});
    },
    errorOf: (field) => (isTried || touched.has(field) ? all[field] : undefined),
    touch: (field) => setTouched((before) => (before.has(field) ? before : new Set(before).add(field))),
    attempt: (found = {}) => {
      setTried(true);
      setRefused(found);
    },
  };
}

type TextName = {
  [K in keyof Draft]: Draft[K] extends string ? (string extends Draft[K] ? K : never) : never;
}[keyof Draft];

interface TextFieldProps {
  readonly form: Form;
  readonly field: TextName;
  readonly label: string;
  readonly hint?: ReactNode;
  readonly placeholder?: string | undefined;
  readonly isCode?: boolean;
  readonly isFirst?: boolean;
  readonly isReadOnly?: boolean;
  readonly rows?: number;
  readonly inputMode?: 'decimal' | 'numeric' | 'url';
  readonly maxLength?: number;
  readonly className?: string;
}

/** One text of the form; with `rows` of several lines. */
export function TextField({ form, field, label, hint, rows, className, ...rest }: TextFieldProps): ReactNode {
  const { placeholder, isCode = false, isFirst = false, isReadOnly = false, inputMode, maxLength } = rest;
  return (
    <Field label={label} hint={hint} error={form.errorOf(field)} {...(className === undefined ? {} : { className })}>
      {(ids) => {
        const bound = {
          ...ids,
          value: form.draft[field],
          placeholder,
          readOnly: isReadOnly,
          onChange: (event: { currentTarget: { value: string } }) => form.set({ [field]: event.currentTarget.value }),
          // A field that was only passed by is not yet wrong.
          onBlur: () => form.draft[field] !== '' && form.touch(field),
        };
        return rows === undefined ? (
          <Input
            {...bound}
            isFirst={isFirst}
            inputMode={inputMode}
            maxLength={maxLength}
            className={isCode ? 'code' : ''}
          />
        ) : (
          <TextArea {...bound} rows={rows} />
        );
      }}
    </Field>
  );
}
