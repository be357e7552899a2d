/** Uptime Kuma's notifications as channels. Their settings are JSON inside a text, under names of their own. */
import type { JsonObject } from '@statewire/protocol';
import { LeftError, type ImportContext, type Item } from './plan.ts';
import { flagOf, innerJson, isObject, lineOf, numberOf, textOf } from './read.ts';

interface Channel {
  readonly kind: string;
  readonly settings?: JsonObject;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Secrets that only a new channel gets. */
  readonly born?: Readonly<Record<string, string>>;
}

export function channelOf(notification: JsonObject, context: ImportContext, from: string): Item {
  const id = textOf(notification, 'id');
  if (!/^\d{1,15}$/.test(id)) throw new LeftError('it has no id', 'export the backup again');
  const inner = innerJson(textOf(notification, 'config'));
  // 2.x answers the settings beside the rest when it is asked by its API.
  const config = isObject(inner) ? inner : notification;
  const notes: string[] = [];
  const channel = translate(config, context, notes);
  const secrets = given(channel.secrets ?? {});
  const name = lineOf(textOf(notification, 'name') || textOf(config, 'name'), 200);
  const fields: JsonObject = {
    name,
    kind: channel.kind,
    isEnabled: flagOf(notification, 'active', true),
    settings: channel.settings ?? {},
    secrets,
  };
  return {
    collection: 'channels',
    id: `kuma-channel-${id}`,
    name,
    from,
    fields,
    ...(channel.born === undefined ? {} : { born: { secrets: { ...secrets, ...channel.born } } }),
    notes,
  };
}

function translate(of: JsonObject, context: ImportContext, notes: string[]): Channel {
  const type = textOf(of, 'type');
  switch (type) {
    case 'smtp': {
      const isOpen = flagOf(of, 'smtpIgnoreSTARTTLS') && !flagOf(of, 'smtpSecure');
      if (textOf(of, 'smtpCC') !== '' || textOf(of, 'smtpBCC') !== '')
        notes.push('copies (CC, BCC) became ordinary recipients');
      const to = [textOf(of, 'smtpTo'), textOf(of, 'smtpCC'), textOf(of, 'smtpBCC')].flatMap(addresses);
      return {
        kind: 'email',
        settings: {
          host: textOf(of, 'smtpHost'),
          port: numberOf(of, 'smtpPort') ?? 587,
          tls: flagOf(of, 'smtpSecure') ? 'tls' : isOpen ? 'none' : 'starttls',
          from: textOf(of, 'smtpFrom').replaceAll('"', ''),
          to,
          user: textOf(of, 'smtpUsername'),
        },
        secrets: { password: textOf(of, 'smtpPassword') },
      };
    }
    case 'webhook':
      notes.push(
        'webhooks are signed here and have another body: docs/reference/webhooks.md; the signing key was made new',
      );
      return { kind: 'webhook', settings: { url: textOf(of, 'webhookURL') }, born: { secret: context.signingKey() } };
    case 'slack':
      return { kind: 'slack', secrets: { url: textOf(of, 'slackwebhookURL') } };
    case 'discord':
      return {
        kind: 'discord',
        settings: { username: textOf(of, 'discordUsername') },
        secrets: { url: textOf(of, 'discordWebhookUrl') },
      };
    case 'teams':
      return { kind: 'teams', secrets: { url: textOf(of, 'webhookUrl') } };
    case 'GoogleChat':
      return { kind: 'googlechat', secrets: { url: textOf(of, 'googleChatWebhookURL') } };
    case 'mattermost':
      return {
        kind: 'mattermost',
        settings: { channel: textOf(of, 'mattermostchannel'), username: textOf(of, 'mattermostusername') },
        secrets: { url: textOf(of, 'mattermostWebhookUrl') },
      };
    case 'telegram': {
      const thread = numberOf(of, 'telegramMessageThreadID');
      const base = textOf(of, 'telegramServerUrl');
      return {
        kind: 'telegram',
        settings: {
          chatId: textOf(of, 'telegramChatID'),
          ...(thread === null ? {} : { threadId: thread }),
          ...(base === '' ? {} : { base }),
        },
        secrets: { token: textOf(of, 'telegramBotToken') },
      };
    }
    case 'ntfy': {
      const method = textOf(of, 'ntfyAuthenticationMethod');
      if (method === 'usernamePassword')
        throw new LeftError(
          'it signs in with a name and password',
          'make an access token in ntfy and a channel here by hand',
        );
      return {
        kind: 'ntfy',
        settings: { base: textOf(of, 'ntfyserverurl') || 'https://ntfy.sh', topic: textOf(of, 'ntfytopic') },
        secrets: { token: method === 'accessToken' ? textOf(of, 'ntfyaccesstoken') : '' },
      };
    }
    case 'gotify':
      return {
        kind: 'gotify',
        settings: { base: textOf(of, 'gotifyserverurl') },
        secrets: { token: textOf(of, 'gotifyapplicationToken') },
      };
    case 'pushover':
      return {
        kind: 'pushover',
        settings: { device: textOf(of, 'pushoverdevice') },
        secrets: { token: textOf(of, 'pushoverapptoken'), user: textOf(of, 'pushoveruserkey') },
      };
    case 'PagerDuty': {
      const url = textOf(of, 'pagerdutyIntegrationUrl').replace(/\/v2\/enqueue\/?$/, '');
      return {
        kind: 'pagerduty',
        settings: url === '' ? {} : { base: url },
        secrets: { routingKey: textOf(of, 'pagerdutyIntegrationKey') },
      };
    }
    case 'Opsgenie':
      return {
        kind: 'opsgenie',
        settings: textOf(of, 'opsgenieRegion') === 'eu' ? { base: 'https://api.eu.opsgenie.com' } : {},
        secrets: { apiKey: textOf(of, 'opsgenieApiKey') },
      };
    case 'twilio':
      if (textOf(of, 'twilioApiKey') !== '')
        throw new LeftError('it signs in with an API key', 'make a channel here with the auth token of the account');
      return {
        kind: 'twilio',
        settings: {
          accountSid: textOf(of, 'twilioAccountSID'),
          from: textOf(of, 'twilioFromNumber'),
          to: addresses(textOf(of, 'twilioToNumber')),
        },
        secrets: { authToken: textOf(of, 'twilioAuthToken') },
      };
    default:
      throw new LeftError(
        `found a notification of type ${JSON.stringify(type.slice(0, 40))}, which no channel here is`,
        'send it through an apprise channel or a webhook',
      );
  }
}

function addresses(text: string): readonly string[] {
  return text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function given(secrets: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ''));
}
