import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { Field, Input, TextArea } from '../../parts/field.tsx';
import type { SecretField } from './draft.ts';
import type { Form } from './form.tsx';
import { secretNamesOf, setNames } from './secrets.ts';

const LABELS: Readonly<Record<SecretField, string>> = {
  password: 'Password',
  token: 'Token',
  secretHeaders: 'Secret headers',
};

/** What the probe logs in with: never shown again, only whether it is set. */
export function SecretFields({ form }: { form: Form }): ReactNode {
  const names = secretNamesOf(form.draft.kind);
  if (names.length === 0) return null;
  return (
    <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      {names.map((name) => (
        <Secret key={name} form={form} field={name} />
      ))}
    </div>
  );
}

/** One secret: set, replace or remove. */
export function Secret({ form, field }: { form: Form; field: SecretField }): ReactNode {
  const { draft, set } = form;
  const known = setNames(field, form.secrets);
  const isRemoved = draft.removed.includes(field);
  const remove = (): void =>
    set({
      [field]: '',
      removed: isRemoved ? draft.removed.filter((each) => each !== field) : [...draft.removed, field],
    });
  const write = (value: string): void =>
    set({ [field]: value, removed: draft.removed.filter((each) => each !== field) });
  const isHeaders = field === 'secretHeaders';
  return (
    <Field label={LABELS[field]} hint={hintOf(isHeaders, known, isRemoved)} error={form.errorOf(field)}>
      {(ids) => {
        const bound = {
          ...ids,
          value: draft[field],
          onChange: (event: { currentTarget: { value: string } }) => write(event.currentTarget.value),
          onBlur: () => form.touch(field),
        };
        return (
          <div className="flex items-start gap-1.5">
            {isHeaders ? (
              <TextArea {...bound} rows={2} placeholder="Authorization: Bearer …" />
            ) : (
              <Input
                {...bound}
                type="password"
                autoComplete="new-password"
                placeholder={known.length === 0 || isRemoved ? '' : '••••••••'}
              />
            )}
            {known.length > 0 && (
              <Button className="h-9" aria-pressed={isRemoved} onClick={remove} aria-label={`Remove ${LABELS[field]}`}>
                {isRemoved ? 'Keep' : 'Remove'}
              </Button>
            )}
          </div>
        );
      }}
    </Field>
  );
}

function hintOf(isHeaders: boolean, known: readonly string[], isRemoved: boolean): string {
  if (isRemoved) return 'Goes when you save.';
  if (known.length === 0) return 'Stored apart and never shown again.';
  return isHeaders
    ? `Set: ${known.join(', ')}. What you write takes the place of all of them.`
    : 'Set. Empty keeps it, anything else replaces it.';
}
