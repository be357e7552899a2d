/**
 * The kinds of channels: what each one is told (settings, readable by people who may read channels) and what it must
 * keep to itself (secrets, never returned). One entry per kind; `packages/server/src/send/channels` has one file for
 * each, run by one contract suite.
 */
import { z } from 'zod';
import { words } from './schema.ts';

/** Every kind of channel there is. */
export const CHANNEL_KINDS = [
  'email',
  'webpush',
  'webhook',
  'slack',
  'discord',
  'teams',
  'googlechat',
  'mattermost',
  'telegram',
  'ntfy',
  'gotify',
  'pushover',
  'pagerduty',
  'opsgenie',
  'twilio',
  'alertmanager',
  'apprise',
] as const;

/** What a channel speaks. */
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** What a kind of channel is made of. */
export interface ChannelShape<S> {
  /** Its name for people. */
  readonly title: string;
  readonly settings: z.ZodType<S>;
  /** Every secret it knows, by name. */
  readonly secrets: Readonly<Record<string, ChannelSecret>>;
}

/** A secret that a kind of channel takes; its value is never returned. */
export interface ChannelSecret {
  readonly isRequired: boolean;
  /** What to enter, for forms and docs. */
  readonly text: string;
  readonly value: z.ZodType<string>;
}

/** How mail is sent: server, sender, recipients. */
export type EmailSettings = {
  readonly host: string;
  readonly port: number;
  /** `starttls`: must become TLS before anything is said; `tls`: TLS from the first byte; `none`: inside your own network only. */
  readonly tls: 'none' | 'starttls' | 'tls';
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string;
  readonly replyTo: string;
};
/** Whom the push service may write to, and which browsers are told. */
export type WebpushSettings = {
  /** Whom a push service may write to: `mailto:` or https. */
  readonly subject: string;
  /** The public half of the VAPID pair, made by the server; browsers subscribe with it. */
  readonly publicKey: string;
};
/** Where a webhook goes, and with which headers. */
export type WebhookSettings = { readonly url: string; readonly headers: Readonly<Record<string, string>> };
/** A kind of channel without settings. */
export type NoSettings = { readonly [name: string]: never };
/** How a message looks in Discord. */
export type DiscordSettings = { readonly username: string };
/** How a message looks in Mattermost. */
export type MattermostSettings = { readonly channel: string; readonly username: string };
/** A chat in Telegram. */
export type TelegramSettings = {
  readonly base: string;
  readonly chatId: string;
  readonly threadId: number | null;
  readonly format: 'markdown' | 'plain';
};
/** A topic on an ntfy server. */
export type NtfySettings = { readonly base: string; readonly topic: string };
/** The address of a server of one's own. */
export type BaseSettings = { readonly base: string };
/** Who is told through Pushover, and how. */
export type PushoverSettings = {
  readonly base: string;
  readonly device: string;
  /** Emergency messages are repeated this often, for this long, until somebody confirms. */
  readonly retrySec: number;
  readonly expireSec: number;
};
/** Between which numbers text messages go. */
export type TwilioSettings = {
  readonly base: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: readonly string[];
};
/** Where an Alertmanager is reached. */
export type AlertmanagerSettings = {
  readonly base: string;
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
};
/** Where an Apprise API is reached, and under which key its services are kept. */
export type AppriseSettings = { readonly base: string; readonly key: string; readonly tag: string };

/** An http(s) URL without credentials: those belong to the secrets. */
const httpUrl: z.ZodType<string> = z
  .string()
  .max(2048)
  .refine(isHttpUrl, { error: 'expected an http or https URL without user and password' });
/** The same without a slash at the end. */
const baseUrl = httpUrl.transform((url) => url.replace(/\/+$/, ''));
const address: z.ZodType<string> = z
  .string()
  .max(254)
  .regex(/^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/, {
    error: 'expected an e-mail address such as ops@example.org',
  });
const sender: z.ZodType<string> = words(320).refine(isSender, {
  error: 'expected an address, or a name and an address: Status <status@example.org>',
});
const phone: z.ZodType<string> = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, { error: 'expected a phone number such as +15005550006' });
const word = (max: number): z.ZodType<string> =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_.:@#-]*$/, { error: 'expected letters, digits and _ . : @ # -' });
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const OWN_HEADERS =
  /^(host|connection|content-.*|transfer-encoding|upgrade|te|trailer|expect|authorization|cookie|webhook-.*)$/i;

const token = (max = 512): z.ZodType<string> =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\x21-\x7e]+$/, { error: 'expected printable characters without blanks' });
const secret = (text: string, value: z.ZodType<string> = token()): ChannelSecret => ({ isRequired: true, text, value });
const maybe = (text: string, value: z.ZodType<string> = token()): ChannelSecret => ({ isRequired: false, text, value });
const hook = (text: string): ChannelSecret => secret(text, httpUrl);
const base = (url?: string): z.ZodType<BaseSettings> =>
  z.strictObject({ base: url === undefined ? baseUrl : baseUrl.default(url) });

/** `whsec_` and 24 to 64 bytes as base64, as Standard Webhooks wants it. */
const signingKey: z.ZodType<string> = z.string().refine(isSigningKey, {
  error: 'expected whsec_ and 24 to 64 random bytes as base64: echo "whsec_$(openssl rand -base64 32)"',
});

const none: z.ZodType<NoSettings> = z.strictObject({});

/** Every kind. The server reads settings with these, forms and docs are made of them. */
export const channelKinds: {
  readonly email: ChannelShape<EmailSettings>;
  readonly webpush: ChannelShape<WebpushSettings>;
  readonly webhook: ChannelShape<WebhookSettings>;
  readonly slack: ChannelShape<NoSettings>;
  readonly discord: ChannelShape<DiscordSettings>;
  readonly teams: ChannelShape<NoSettings>;
  readonly googlechat: ChannelShape<NoSettings>;
  readonly mattermost: ChannelShape<MattermostSettings>;
  readonly telegram: ChannelShape<TelegramSettings>;
  readonly ntfy: ChannelShape<NtfySettings>;
  readonly gotify: ChannelShape<BaseSettings>;
  readonly pushover: ChannelShape<PushoverSettings>;
  readonly pagerduty: ChannelShape<BaseSettings>;
  readonly opsgenie: ChannelShape<BaseSettings>;
  readonly twilio: ChannelShape<TwilioSettings>;
  readonly alertmanager: ChannelShape<AlertmanagerSettings>;
  readonly apprise: ChannelShape<AppriseSettings>;
} = {
  email: {
    title: 'E-mail (SMTP)',
    settings: z.strictObject({
      host: z
        .string()
        .min(1)
        .max(253)
        .regex(/^[0-9A-Za-z.:_-]+$/, { error: 'expected a host name or an address' }),
      port: z.int().min(1).max(65_535).default(587),
      tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
      from: sender,
      to: z.array(address).max(50).default([]),
      user: words(254).default(''),
      replyTo: address.or(z.literal('')).default(''),
    }),
    secrets: { password: maybe('Password of the SMTP user', z.string().min(1).max(512)) },
  },
  webpush: {
    title: 'Web Push',
    settings: z.strictObject({
      subject: z
        .string()
        .max(254)
        .refine((text) => /^mailto:[^\s@]+@[^\s@]+$/.test(text) || text.startsWith('https://'), {
          error: 'expected mailto:you@example.org or an https URL',
        }),
      publicKey: z
        .string()
        .regex(/^[A-Za-z0-9_-]{0,100}$/)
        .default(''),
    }),
    secrets: { privateKey: maybe('Private half of the VAPID pair; made by the server') },
  },
  webhook: {
    title: 'Webhook',
    settings: z.strictObject({
      url: httpUrl,
      headers: z
        .record(z.string(), words(1024))
        .refine((headers) => Object.keys(headers).length <= 16, { error: 'expected at most 16 headers' })
        .refine((headers) => Object.keys(headers).every((name) => HEADER.test(name) && !OWN_HEADERS.test(name)), {
          error: 'expected header names that we do not set ourselves (a credential goes into the secret authorization)',
        })
        .default({}),
    }),
    secrets: {
      secret: secret('Signing key: whsec_ and 24 to 64 random bytes as base64', signingKey),
      authorization: maybe('Value of an Authorization header', words(1024).and(z.string().min(1))),
    },
  },
  slack: { title: 'Slack', settings: none, secrets: { url: hook('Incoming webhook URL') } },
  discord: {
    title: 'Discord',
    settings: z.strictObject({ username: words(80).default('') }),
    secrets: { url: hook('Webhook URL of the channel') },
  },
  teams: {
    title: 'Microsoft Teams',
    settings: none,
    secrets: { url: hook('Workflow URL ("when a webhook request is received")') },
  },
  googlechat: { title: 'Google Chat', settings: none, secrets: { url: hook('Webhook URL of the space') } },
  mattermost: {
    title: 'Mattermost',
    settings: z.strictObject({ channel: word(64).default(''), username: words(64).default('') }),
    secrets: { url: hook('Incoming webhook URL') },
  },
  telegram: {
    title: 'Telegram',
    settings: z.strictObject({
      base: baseUrl.default('https://api.telegram.org'),
      chatId: word(64).and(z.string().min(1)),
      threadId: z.int().min(1).nullable().default(null),
      format: z.enum(['markdown', 'plain']).default('markdown'),
    }),
    secrets: {
      token: secret(
        'Bot token',
        z.string().regex(/^\d{1,20}:[A-Za-z0-9_-]{10,100}$/, { error: 'expected a bot token such as 123456:ABC-DEF' }),
      ),
    },
  },
  ntfy: {
    title: 'ntfy',
    settings: z.strictObject({
      base: baseUrl.default('https://ntfy.sh'),
      topic: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'expected 1 to 64 letters, digits, _ and -' }),
    }),
    secrets: { token: maybe('Access token') },
  },
  gotify: { title: 'Gotify', settings: base(), secrets: { token: secret('Application token') } },
  pushover: {
    title: 'Pushover',
    settings: z.strictObject({
      base: baseUrl.default('https://api.pushover.net'),
      device: word(25).default(''),
      retrySec: z.int().min(30).max(10_800).default(60),
      expireSec: z.int().min(60).max(10_800).default(3_600),
    }),
    secrets: { token: secret('Application token'), user: secret('User or group key') },
  },
  pagerduty: {
    title: 'PagerDuty',
    settings: base('https://events.pagerduty.com'),
    secrets: { routingKey: secret('Integration key (Events API v2)') },
  },
  opsgenie: {
    title: 'Opsgenie',
    settings: base('https://api.opsgenie.com'),
    secrets: { apiKey: secret('API integration key') },
  },
  twilio: {
    title: 'SMS (Twilio)',
    settings: z.strictObject({
      base: baseUrl.default('https://api.twilio.com'),
      accountSid: z.string().regex(/^AC[0-9a-fA-F]{32}$/, { error: 'expected AC and 32 hex digits' }),
      from: phone.or(
        z.string().regex(/^(MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11})$/, {
          error: 'expected a phone number, a sender name or a messaging service (MG...)',
        }),
      ),
      to: z.array(phone).max(20).default([]),
    }),
    secrets: { authToken: secret('Auth token of the account') },
  },
  alertmanager: {
    title: 'Alertmanager',
    settings: z.strictObject({
      base: baseUrl,
      user: words(128).default(''),
      labels: z
        .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/), words(128))
        .refine((labels) => Object.keys(labels).length <= 16, { error: 'expected at most 16 labels' })
        .default({}),
    }),
    secrets: { password: maybe('Password of the user (basic)'), token: maybe('Bearer token') },
  },
  apprise: {
    title: 'Apprise',
    settings: z.strictObject({
      base: baseUrl,
      key: z
        .string()
        .regex(/^[A-Za-z0-9_-]{0,128}$/, { error: 'expected letters, digits, _ and -' })
        .default(''),
      tag: word(64).default(''),
    }),
    secrets: { urls: maybe('Apprise URLs, when no key names a stored configuration', token(4096)) },
  },
};

/** The kind of this name, or null. Safe for names from outside. */
export function channelKindOf(name: string): ChannelShape<unknown> | null {
  const kind = CHANNEL_KINDS.find((known) => known === name);
  return kind === undefined ? null : channelKinds[kind];
}

function isHttpUrl(text: string): boolean {
  const authority = /^https?:\/\/([^/?#\s]+)/i.exec(text)?.[1];
  return (
    authority !== undefined && !authority.includes('@') && !/[\s\p{Cc}]/u.test(text) && z.url().safeParse(text).success
  );
}

function isSender(text: string): boolean {
  const inner = /<([^<>]+)>$/.exec(text.trim())?.[1] ?? text;
  return address.safeParse(inner).success;
}

function isSigningKey(text: string): boolean {
  const body = /^whsec_([A-Za-z0-9+/]+)(={0,2})$/.exec(text);
  if (body?.[1] === undefined || (body[1].length + (body[2]?.length ?? 0)) % 4 !== 0) return false;
  const bytes = Math.floor((body[1].length * 3) / 4);
  return bytes >= 24 && bytes <= 64;
}
