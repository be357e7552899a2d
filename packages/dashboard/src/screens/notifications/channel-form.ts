import { type Channel, channelKinds, type ChannelKind, readChannelSettings } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';

/** One setting of a kind of channel, as its form asks for it. */
export interface Asked {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly type: 'text' | 'number' | 'list' | 'pairs' | 'choice';
  readonly choices?: readonly string[];
}

const text = (name: string, label: string, more: Partial<Asked> = {}): Asked => ({
  name,
  label,
  type: 'text',
  ...more,
});
const base = (placeholder: string): Asked => text('base', 'Server', { placeholder, hint: 'Where it is reached' });

/** What each kind asks, in the order of its form. Secrets are asked by the model's own list. */
export const askedOf: Readonly<Record<ChannelKind, readonly Asked[]>> = {
  email: [
    text('host', 'SMTP host', { placeholder: 'smtp.example.org' }),
    { name: 'port', label: 'Port', type: 'number', placeholder: '587' },
    { name: 'tls', label: 'Encryption', type: 'choice', choices: ['starttls', 'tls', 'none'] },
    text('from', 'From', { placeholder: 'Status <status@example.org>' }),
    { name: 'to', label: 'To', type: 'list', hint: 'One address per line', placeholder: 'ops@example.org' },
    text('user', 'User', { hint: 'Empty when the server asks for none' }),
  ],
  webpush: [
    text('subject', 'Contact', { placeholder: 'mailto:ops@example.org', hint: 'Whom a push service may write to' }),
  ],
  webhook: [
    text('url', 'URL', { placeholder: 'https://hooks.example.org/statewire' }),
    { name: 'headers', label: 'Headers', type: 'pairs', hint: 'Name: value, one per line' },
  ],
  slack: [],
  discord: [text('username', 'Shown as')],
  teams: [],
  googlechat: [],
  mattermost: [text('channel', 'Channel', { hint: 'Empty: that of the webhook' }), text('username', 'Shown as')],
  telegram: [
    text('chatId', 'Chat id', { placeholder: '-1001234567890' }),
    { name: 'threadId', label: 'Topic', type: 'number', hint: 'Empty: none' },
    base('https://api.telegram.org'),
  ],
  ntfy: [text('topic', 'Topic', { placeholder: 'statewire-alerts' }), base('https://ntfy.sh')],
  gotify: [base('https://gotify.example.org')],
  pushover: [text('device', 'Device', { hint: 'Empty: all' }), base('https://api.pushover.net')],
  pagerduty: [base('https://events.pagerduty.com')],
  opsgenie: [base('https://api.opsgenie.com')],
  twilio: [
    text('accountSid', 'Account SID', { placeholder: 'AC…' }),
    text('from', 'From', { placeholder: '+15005550006' }),
    { name: 'to', label: 'To', type: 'list', hint: 'One number per line', placeholder: '+15005550001' },
    base('https://api.twilio.com'),
  ],
  alertmanager: [
    base('http://alertmanager:9093'),
    text('user', 'User'),
    { name: 'labels', label: 'Labels', type: 'pairs', hint: 'name: value, one per line' },
  ],
  apprise: [base('http://apprise:8000'), text('key', 'Configuration key'), text('tag', 'Tag')],
};

/** A form: what was typed, by name; and secrets, which start empty because nobody gets them back. */
export interface ChannelDraft {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The form of a channel that is there, or of a new one. */
export function draftOf(channel: Pick<Channel, 'name' | 'kind' | 'settings'> | null): ChannelDraft {
  if (channel === null) return { name: '', kind: 'webhook', values: {}, secrets: {} };
  const values = Object.fromEntries(
    askedOf[channel.kind].map(({ name }) => [name, shown(channel.settings[name] ?? null)]),
  );
  return { name: channel.name, kind: channel.kind, values, secrets: {} };
}

export type ReadChannel =
  | { readonly ok: true; readonly fields: JsonObject }
  | { readonly ok: false; readonly message: string };

/** What is to be saved, or what is wrong, by the rules the server has. `known`: names of secrets that are set already. */
export function readDraft(draft: ChannelDraft, known: readonly string[]): ReadChannel {
  if (draft.name.trim() === '') return { ok: false, message: 'Give it a name' };
  const given: Record<string, Json> = {};
  for (const asked of askedOf[draft.kind]) {
    const value = valueOf(asked, draft.values[asked.name] ?? '');
    if (value !== undefined) given[asked.name] = value;
  }
  const settings = readChannelSettings(draft.kind, given);
  if (!settings.ok) return { ok: false, message: settings.message.replaceAll('settings.', '') };
  const secrets: Record<string, string> = {};
  for (const [name, shape] of Object.entries(channelKinds[draft.kind].secrets)) {
    const value = (draft.secrets[name] ?? '').trim();
    if (value === '') {
      if (shape.isRequired && !known.includes(name)) return { ok: false, message: `${shape.text}: is needed` };
      continue;
    }
    const read = shape.value.safeParse(value);
    if (!read.success) return { ok: false, message: `${shape.text}: ${read.error.issues[0]?.message ?? 'not valid'}` };
    secrets[name] = value;
  }
  return { ok: true, fields: { name: draft.name.trim(), settings: settings.value, secrets } };
}

function valueOf({ type }: Asked, typed: string): Json | undefined {
  const line = typed.trim();
  // Left empty means: whatever is usual. The model knows what that is.
  if (line === '') return type === 'list' ? [] : type === 'pairs' ? {} : undefined;
  switch (type) {
    case 'number':
      return Number.isNaN(Number(line)) ? line : Number(line);
    case 'list':
      return lines(typed);
    case 'pairs':
      return Object.fromEntries(
        lines(typed).map((each) => {
          const colon = each.indexOf(':');
          return colon < 0 ? [each, ''] : [each.slice(0, colon).trim(), each.slice(colon + 1).trim()];
        }),
      );
    default:
      return line;
  }
}

function lines(typed: string): readonly string[] {
  return typed
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function shown(value: Json): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(String).join('\n');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, inner]) => `${name}: ${shown(inner)}`)
      .join('\n');
  return String(value);
}
