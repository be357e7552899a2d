/**
 * The form of a message as values: what a record says, what is typed over it, and what is wrong with it. Judged by the schema
 * that the server judges by, while it is written.
 */
import {
  messageFieldSchemas,
  messageFlaw,
  type Message,
  type MessageAudience,
  type MessagePriority,
} from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { sentence } from '../../lib/format.ts';

/** What people write of a message, by the names of its record. */
export interface MessageFields {
  readonly title: string;
  readonly body: string;
  readonly priority: MessagePriority;
  readonly audience: MessageAudience;
  readonly customers: readonly string[] | null;
  /** Both parts empty: none. */
  readonly link: { readonly text: string; readonly url: string };
  readonly dismissible: boolean;
  readonly startsAt: number | null;
  readonly endsAt: number | null;
}

/** Where a flaw is shown. */
export type FlawedField = 'body' | 'customers' | 'endsAt' | 'linkText' | 'linkUrl' | 'startsAt' | 'title';

export const NEW: MessageFields = {
  title: '',
  body: '',
  priority: 'info',
  audience: 'everyone',
  customers: null,
  link: { text: '', url: '' },
  dismissible: true,
  startsAt: null,
  endsAt: null,
};

/** The form of a record. */
export function fieldsOf(row: Pick<Message, keyof MessageFields>): MessageFields {
  const { title, body, priority, audience, customers, link, dismissible, startsAt, endsAt } = row;
  return {
    title,
    body,
    priority,
    audience,
    customers,
    link: link === null ? NEW.link : { text: link.text, url: link.url },
    dismissible,
    startsAt,
    endsAt,
  };
}

/** The same words for other readers at another time: what was said, without when. */
export function copyOf(row: Pick<Message, keyof MessageFields>): MessageFields {
  return { ...fieldsOf(row), startsAt: null, endsAt: null };
}

/** What of it is sent, as the server takes it. */
export function valuesOf(fields: Partial<MessageFields>): JsonObject {
  const values: Record<string, Json> = {};
  for (const [name, value] of Object.entries<unknown>(fields)) {
    if (name === 'title') values[name] = String(value).trim();
    else if (name === 'link') values[name] = linkOf(value);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every other field of a form is JSON as it stands.
    else values[name] = value as Json;
  }
  return values;
}

/** The fields that say something else than they said when the person began to type in them. */
export function changedOf(typed: Partial<MessageFields>, was: JsonObject): JsonObject {
  const values = valuesOf(typed);
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name] ?? null)),
  );
}

/** What is wrong, by field; nothing where the server would take it. What goes out now must not be over before. */
export function flawsOf(fields: MessageFields, goesOutAt: number | null): Partial<Record<FlawedField, string>> {
  const flaws: Partial<Record<FlawedField, string>> = {};
  const { title, body, customers, link, startsAt, endsAt } = fields;
  const told = (
    field: FlawedField,
    read: { readonly error?: { readonly issues: readonly Issue[] } | undefined },
  ): void => {
    const [issue] = read.error?.issues ?? [];
    if (issue !== undefined) flaws[field] = sentence(issue.message);
  };
  told('title', messageFieldSchemas.title.safeParse(title.trim()));
  if (title.trim() === '') flaws.title = 'Say in a few words what it is about';
  told('body', messageFieldSchemas.body.safeParse(body));
  told('customers', messageFieldSchemas.customers.safeParse(customers));
  if (customers?.length === 0) flaws.customers = 'Name a customer, or choose all of them';
  told('startsAt', messageFieldSchemas.startsAt.safeParse(startsAt));
  told('endsAt', messageFieldSchemas.endsAt.safeParse(endsAt));
  const asLink = linkOf(link);
  if (asLink !== null) {
    for (const { path, message } of messageFieldSchemas.link.safeParse(asLink).error?.issues ?? []) {
      flaws[path[0] === 'text' ? 'linkText' : 'linkUrl'] ??= sentence(message);
    }
    if (link.text.trim() === '') flaws.linkText = 'Say where it leads';
  }
  const flaw = messageFlaw(fields);
  if (flaw !== null)
    flaws[flaw.field] ??= flaw.field === 'endsAt' ? 'It ends before it begins' : sentence(flaw.message);
  if (goesOutAt !== null && endsAt !== null && endsAt <= goesOutAt)
    flaws.endsAt ??= 'This lies behind: choose a time ahead';
  return flaws;
}

interface Issue {
  readonly message: string;
}

function linkOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null || !('text' in value) || !('url' in value)) return null;
  const [text, url] = [String(value.text).trim(), String(value.url).trim()];
  return text === '' && url === '' ? null : { text, url };
}
