/** Gatus' alerting providers as channels: there is one of each kind. */
import type { JsonObject } from '@statewire/protocol';
import { LeftError, type Plans } from './plan.ts';
import { flagOf, numberOf, objectOf, textOf } from './read.ts';

interface Channel {
  readonly kind: string;
  readonly settings?: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Plans a channel for each provider that is configured. */
export function gatusChannels(plans: Plans, alerting: JsonObject): void {
  for (const provider of Object.keys(alerting)) {
    const of = objectOf(alerting, provider);
    const from = `alerting.${provider.slice(0, 40)}`;
    plans.take(from, provider.slice(0, 40), () => {
      if (Object.values(of).some((value) => typeof value === 'string' && value.includes('${')))
        throw new LeftError('found a variable of the environment', 'put its value into the file, for this import');
      const { kind, settings = {}, secrets } = channelOf(provider, of);
      const notes = Array.isArray(of['overrides'])
        ? ['its overrides for groups are policies here: make a channel for each']
        : [];
      const given = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ''));
      return {
        collection: 'channels',
        id: `gatus-${provider}`,
        name: provider,
        from,
        fields: { name: provider, kind, settings, secrets: given },
        notes,
      };
    });
  }
  if (Object.keys(alerting).length > 0)
    plans.leave(
      'alerts',
      '',
      'which endpoint tells which channel is said by policies here',
      'look at Policies and put the channels into one',
    );
}

function channelOf(provider: string, of: JsonObject): Channel {
  switch (provider) {
    case 'slack':
    case 'discord':
      return { kind: provider, secrets: { url: textOf(of, 'webhook-url') } };
    case 'teams':
    case 'teams-workflows':
      return { kind: 'teams', secrets: { url: textOf(of, 'webhook-url') } };
    case 'googlechat':
      return { kind: 'googlechat', secrets: { url: textOf(of, 'webhook-url') } };
    case 'mattermost':
      return {
        kind: 'mattermost',
        settings: { channel: textOf(of, 'channel') },
        secrets: { url: textOf(of, 'webhook-url') },
      };
    case 'telegram': {
      const base = textOf(of, 'api-url');
      return {
        kind: 'telegram',
        settings: { chatId: textOf(of, 'id'), ...(base === '' ? {} : { base }) },
        secrets: { token: textOf(of, 'token') },
      };
    }
    case 'email': {
      const port = numberOf(of, 'port') ?? 587;
      return {
        kind: 'email',
        settings: {
          host: textOf(of, 'host'),
          port,
          tls: port === 465 ? 'tls' : flagOf(objectOf(of, 'client'), 'insecure') ? 'none' : 'starttls',
          from: textOf(of, 'from'),
          to: textOf(of, 'to')
            .split(',')
            .map((address) => address.trim())
            .filter((address) => address !== ''),
          user: textOf(of, 'username') || textOf(of, 'from'),
        },
        secrets: { password: textOf(of, 'password') },
      };
    }
    case 'ntfy':
      return {
        kind: 'ntfy',
        settings: { base: textOf(of, 'url') || 'https://ntfy.sh', topic: textOf(of, 'topic') },
        secrets: { token: textOf(of, 'token') },
      };
    case 'gotify':
      return { kind: 'gotify', settings: { base: textOf(of, 'server-url') }, secrets: { token: textOf(of, 'token') } };
    case 'pushover':
      return {
        kind: 'pushover',
        settings: { device: textOf(of, 'device') },
        secrets: { token: textOf(of, 'application-token'), user: textOf(of, 'user-key') },
      };
    case 'pagerduty':
      return { kind: 'pagerduty', secrets: { routingKey: textOf(of, 'integration-key') } };
    case 'opsgenie':
      return { kind: 'opsgenie', secrets: { apiKey: textOf(of, 'api-key') } };
    case 'twilio':
      return {
        kind: 'twilio',
        settings: { accountSid: textOf(of, 'sid'), from: textOf(of, 'from'), to: [textOf(of, 'to')] },
        secrets: { authToken: textOf(of, 'token') },
      };
    default:
      throw new LeftError('no channel here is of this kind', 'send it through an apprise channel or a webhook');
  }
}
