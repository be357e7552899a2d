import { CUSTOMER_STATUSES, USER_STATUSES } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';

/** One field of a form: how it is typed, and what its record says. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly kind: 'attributes' | 'choice' | 'customer' | 'labels' | 'line' | 'list' | 'prose';
  readonly hint?: string;
  readonly choices?: readonly string[];
  readonly isRequired?: boolean;
  /** An empty line means null, not an empty text. */
  readonly isNullable?: boolean;
  readonly max?: number;
}

const NAME: FormField = { name: 'name', label: 'Name', kind: 'line', isRequired: true, max: 200 };
const EMAIL: FormField = { name: 'email', label: 'E-mail', kind: 'line', max: 320 };
const TAGS: FormField = { name: 'tags', label: 'Tags', kind: 'list', hint: 'Separated by commas' };
const NOTES: FormField = { name: 'notes', label: 'Notes', kind: 'prose', max: 4_000 };
const EXTERNAL: FormField = {
  name: 'externalId',
  label: 'Id elsewhere',
  kind: 'line',
  isNullable: true,
  hint: 'In your billing or CRM; an import finds it by this',
  max: 200,
};
const LABELS: FormField = { name: 'labels', label: 'Labels', kind: 'labels', hint: 'One a line: tier=gold' };

const ATTRIBUTES: FormField = {
  name: 'attributes',
  label: 'Attributes',
  kind: 'attributes',
  hint: 'What your app keeps with it',
};

export type People = 'customers' | 'users';

/** The forms, field by field. */
export const formFields: Readonly<Record<People, readonly FormField[]>> = {
  customers: [
    NAME,
    { name: 'status', label: 'Status', kind: 'choice', choices: CUSTOMER_STATUSES },
    { name: 'plan', label: 'Plan', kind: 'line', max: 64 },
    EMAIL,
    { name: 'owner', label: 'Owner', kind: 'line', isNullable: true, hint: 'Who looks after it', max: 128 },
    TAGS,
    EXTERNAL,
    LABELS,
    ATTRIBUTES,
    NOTES,
  ],
  users: [
    NAME,
    EMAIL,
    { name: 'status', label: 'Status', kind: 'choice', choices: USER_STATUSES },
    { name: 'customer', label: 'Customer', kind: 'customer', isNullable: true, hint: 'Found by name, e-mail or id' },
    { name: 'role', label: 'Role', kind: 'line', max: 64 },
    TAGS,
    EXTERNAL,
    LABELS,
    ATTRIBUTES,
    NOTES,
  ],
};

/** How a value stands in its field. */
export function typedOf({ kind, choices }: FormField, value: Json | undefined): string {
  if (kind === 'list') return Array.isArray(value) ? value.join(', ') : '';
  if (kind === 'attributes') return JSON.stringify(value ?? {});
  if (kind === 'labels') {
    const labels = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    return labels.map(([key, word]) => `${key}=${typeof word === 'string' ? word : ''}`).join('\n');
  }
  if (typeof value === 'string') return value;
  return choices?.[0] ?? '';
}

/** What is typed, as a value. */
export function valueOf({ kind, isNullable }: FormField, typed: string): Json {
  if (kind === 'list') {
    return typed
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }
  if (kind === 'labels') {
    const labels: Record<string, string> = {};
    for (const line of typed.split('\n')) {
      const at = line.indexOf('=');
      const key = (at < 0 ? line : line.slice(0, at)).trim();
      if (key !== '') labels[key] = at < 0 ? '' : line.slice(at + 1).trim();
    }
    return labels;
  }
  if (kind === 'attributes') {
    const attributes: JsonObject = JSON.parse(typed);
    return attributes;
  }
  if (isNullable === true && typed.trim() === '') return null;
  return kind === 'prose' ? typed : typed.trim();
}

/** The fields whose text is not the record's any more, as values. */
export function changedOf(
  fields: readonly FormField[],
  typed: Readonly<Record<string, string>>,
  seen: JsonObject,
): JsonObject {
  const changed: Record<string, Json> = {};
  for (const field of fields) {
    const text = typed[field.name];
    if (text !== undefined && text !== typedOf(field, seen[field.name])) changed[field.name] = valueOf(field, text);
  }
  return changed;
}
