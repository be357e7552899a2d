import { probeDefaults, type ProbeSettings, type ServiceKind } from '@statewire/model';
import type { Json } from '@statewire/protocol';

/** One setting that only a kind has, as a form asks for it. */
export interface ProbeField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  /**
   * `lines`: a list, one per line. `words`: a list on one line, quotes hold words together. `long`: a text of several
   * lines. `onOff`: the words "on" and "off".
   */
  readonly as: 'choice' | 'lines' | 'long' | 'number' | 'onOff' | 'switch' | 'text' | 'words';
  readonly options?: readonly (readonly [value: string, label: string])[];
  /** Empty means none: null and not an empty text. */
  readonly isOptional?: boolean;
  /** Shown at once; the others stand under More. */
  readonly isMain?: boolean;
}

/** What was typed: texts, and booleans of switches. */
export type ProbeDraft = Readonly<Record<string, string | boolean>>;

const encryption: ProbeField = { name: 'encryption', label: 'Encrypt with TLS', as: 'onOff', isMain: true };
const query: ProbeField = {
  name: 'query',
  label: 'Query',
  as: 'long',
  isOptional: true,
  isMain: true,
  placeholder: 'SELECT count(*) FROM stuck_orders',
  hint: 'One statement that reads. Conditions call its first column value.',
};
const user = (hint?: string): ProbeField => ({
  name: 'user',
  label: 'User',
  as: 'text',
  isMain: true,
  ...(hint === undefined ? {} : { hint }),
});

const RECORDS = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;

/** The settings of each kind that has its own, in the order a form asks for them. */
export const probeTable: Readonly<Record<ProbeSettings['kind'], readonly ProbeField[]>> = {
  dns: [
    { name: 'record', label: 'Record', as: 'choice', options: RECORDS.map((each) => [each, each]), isMain: true },
    {
      name: 'expect',
      label: 'Answers that must be there',
      as: 'lines',
      isMain: true,
      placeholder: '192.0.2.10',
      hint: 'One per line, as dig +short writes them.',
    },
    { name: 'answersMin', label: 'Fewest answers', as: 'number' },
    {
      name: 'resolver',
      label: 'Name server',
      as: 'text',
      isOptional: true,
      placeholder: '9.9.9.9',
      hint: 'This machine’s own when empty.',
    },
  ],
  tls: [
    {
      name: 'startTls',
      label: 'Spoken before the handshake',
      as: 'choice',
      isOptional: true,
      options: [
        ['', 'Nothing'],
        ['smtp', 'SMTP'],
        ['imap', 'IMAP'],
        ['postgres', 'PostgreSQL'],
      ],
    },
  ],
  websocket: [
    { name: 'message', label: 'Send', as: 'long', isOptional: true, isMain: true, placeholder: '{"type":"ping"}' },
    {
      name: 'expect',
      label: 'Answer must contain',
      as: 'text',
      isOptional: true,
      isMain: true,
      placeholder: 'pong',
    },
    {
      name: 'protocols',
      label: 'Subprotocols',
      as: 'lines',
      placeholder: 'graphql-transport-ws',
      hint: 'One per line.',
    },
  ],
  grpc: [
    {
      name: 'service',
      label: 'Service',
      as: 'text',
      isMain: true,
      placeholder: 'shop.v1.Orders',
      hint: 'The whole server when empty.',
    },
    encryption,
  ],
  icmp: [
    { name: 'packets', label: 'Packets', as: 'number', hint: '1 to 10 with each check' },
    { name: 'lossMax', label: 'Loss that is well', as: 'number', hint: 'percent, at most' },
  ],
  postgres: [user(), { name: 'database', label: 'Database', as: 'text', isMain: true }, encryption, query],
  mysql: [user(), { name: 'database', label: 'Database', as: 'text', isMain: true }, encryption, query],
  redis: [
    user('The default user when empty.'),
    encryption,
    {
      name: 'command',
      label: 'Command',
      as: 'words',
      isOptional: true,
      isMain: true,
      placeholder: 'LLEN jobs',
      hint: 'One that reads. Conditions call its reply value.',
    },
  ],
  nats: [user('None when empty.'), encryption],
  mqtt: [
    user('None when empty.'),
    encryption,
    {
      name: 'topic',
      label: 'Topic',
      as: 'text',
      isOptional: true,
      isMain: true,
      placeholder: 'plant/boiler/state',
      hint: 'One with a retained message; conditions call it value.',
    },
  ],
  a2a: [
    {
      name: 'skills',
      label: 'Skills the card must list',
      as: 'lines',
      isMain: true,
      placeholder: 'translate',
      hint: 'Ids or names, one per line.',
    },
  ],
  langgraph: [
    {
      name: 'graphs',
      label: 'Graphs that must be there',
      as: 'lines',
      isMain: true,
      placeholder: 'support-agent',
      hint: 'One per line.',
    },
  ],
  openai: [
    {
      name: 'model',
      label: 'Model',
      as: 'text',
      isOptional: true,
      isMain: true,
      placeholder: 'qwen3-8b',
      hint: 'Must be listed. Any when empty.',
    },
    { name: 'completion', label: 'Also ask it for one token each time, which may cost money', as: 'switch' },
  ],
};

/** The fields of a kind; none for kinds without settings of their own. */
export function probeFieldsOf(kind: ServiceKind): readonly ProbeField[] {
  const defaults = probeDefaults(kind);
  return defaults === null ? [] : probeTable[defaults.kind];
}

/** Settings as the form shows them. */
export function probeDraftOf(kind: ServiceKind, settings: ProbeSettings | null = probeDefaults(kind)): ProbeDraft {
  const values: Readonly<Record<string, Json>> = settings ?? {};
  return Object.fromEntries(probeFieldsOf(kind).map((field) => [field.name, typed(field, values[field.name] ?? null)]));
}

/** What was typed, for the model's schema to judge; null for kinds without settings of their own. */
export function probeInputOf(kind: ServiceKind, draft: ProbeDraft): Readonly<Record<string, Json>> | null {
  const fields = probeFieldsOf(kind);
  if (fields.length === 0) return null;
  return { kind, ...Object.fromEntries(fields.map((field) => [field.name, meant(field, draft[field.name] ?? '')])) };
}

function typed({ as }: ProbeField, value: Json): string | boolean {
  if (as === 'switch') return value === true;
  if (as === 'onOff') return value === 'on';
  if (Array.isArray(value)) {
    const words = value.map(String);
    return as === 'words' ? words.map(quoted).join(' ') : words.join('\n');
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function meant({ as, isOptional = false }: ProbeField, value: string | boolean): Json {
  if (typeof value === 'boolean') return as === 'onOff' ? (value ? 'on' : 'off') : value;
  // Blanks around a message are part of it; around anything else they are a slip.
  const text = as === 'long' ? value : value.trim();
  if (isOptional && text.trim() === '') return null;
  switch (as) {
    case 'number':
      // What is no number is left for the schema to refuse in its own place.
      return text === '' ? null : Number(text);
    case 'lines':
      return text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    case 'words':
      return wordsOf(text);
    case 'switch':
    case 'onOff':
    case 'choice':
    case 'long':
    case 'text':
      return text;
    default:
      return as satisfies never;
  }
}

const WORD = /"((?:[^"\\]|\\.)*)"|(\S+)/gu;

function wordsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(WORD), ([, inQuotes, plain = '']) =>
    inQuotes === undefined ? plain : inQuotes.replaceAll(/\\(.)/gu, '$1'),
  );
}

function quoted(word: string): string {
  return /^[^\s"]+$/u.test(word) ? word : `"${word.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
}
