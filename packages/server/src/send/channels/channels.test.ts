import { createECDH } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { CHANNEL_KINDS } from '@statewire/model';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { openBrowser } from '../../testing/peers/receivers/browser.ts';
import { discord, googlechat, mattermost, slack, teams, telegram } from '../../testing/peers/receivers/chats.ts';
import {
  alertmanager,
  apprise,
  gotify,
  ntfy,
  opsgenie,
  pagerduty,
  pushover,
  SID,
  twilio,
  webhook,
  WEBHOOK_SECRET,
} from '../../testing/peers/receivers/pagers.ts';
import { Receiver } from '../../testing/peers/receivers/receiver.ts';
import { alert, channelContract, depsOf, type ChannelCase } from './channel.contract.ts';
import { sendThrough } from './index.ts';
import { subscriberSecret } from './webhook.ts';

const pair = createECDH('prime256v1');
pair.generateKeys();
const vapid = { publicKey: pair.getPublicKey('base64url'), privateKey: pair.getPrivateKey('base64url') };
const browser = openBrowser(() => vapid.publicKey);

const none = (): Record<string, never> => ({});
const cases: readonly ChannelCase[] = [
  {
    kind: 'webpush',
    provider: browser.provider,
    settings: () => ({ subject: 'mailto:ops@example.org', publicKey: vapid.publicKey }),
    secrets: () => ({ privateKey: vapid.privateKey }),
    to: (url) => browser.subscription(url),
    isParticular: false,
    states: ['firing', 'resolved'],
    hidden: ['secret-endpoint'],
  },
  {
    kind: 'webhook',
    provider: webhook,
    settings: (url) => ({ url: `${url}/hook?tenant=7` }),
    secrets: () => ({ secret: WEBHOOK_SECRET, authorization: 'Bearer secret-of-webhook' }),
    isParticular: false,
    states: ['firing', 'resolved'],
    hidden: ['secret-of-webhook'],
  },
  {
    kind: 'slack',
    provider: slack,
    settings: none,
    secrets: (url) => ({ url: `${url}/services/T0/B0/secret-of-slack` }),
    isParticular: true,
    hidden: ['secret-of-slack'],
  },
  {
    kind: 'discord',
    provider: discord,
    settings: () => ({ username: 'Statewire' }),
    secrets: (url) => ({ url: `${url}/api/webhooks/1/secret-of-discord` }),
    isParticular: false,
    hidden: ['secret-of-discord'],
  },
  {
    kind: 'teams',
    provider: teams,
    settings: none,
    secrets: (url) => ({ url: `${url}/workflows/secret-of-teams?sig=secret-signature` }),
    isParticular: false,
    hidden: ['secret-of-teams', 'secret-signature'],
  },
  {
    kind: 'googlechat',
    provider: googlechat,
    settings: none,
    secrets: (url) => ({ url: `${url}/v1/spaces/AAA/messages?key=secret-key&token=secret-of-googlechat` }),
    isParticular: true,
    hidden: ['secret-of-googlechat'],
  },
  {
    kind: 'mattermost',
    provider: mattermost,
    settings: () => ({ channel: 'ops', username: 'statewire' }),
    secrets: (url) => ({ url: `${url}/hooks/secret-of-mattermost` }),
    isParticular: true,
    hidden: ['secret-of-mattermost'],
  },
  {
    kind: 'telegram',
    provider: telegram,
    settings: (url) => ({ base: url, chatId: '-1001' }),
    secrets: () => ({ token: '123456:secret-of-telegram' }),
    isParticular: true,
    hidden: ['secret-of-telegram'],
  },
  {
    kind: 'ntfy',
    provider: ntfy,
    settings: (url) => ({ base: url, topic: 'alerts' }),
    secrets: () => ({ token: 'secret-of-ntfy' }),
    isParticular: true,
    states: ['5 rotating_light', '3 white_check_mark'],
    hidden: [],
  },
  {
    kind: 'gotify',
    provider: gotify,
    settings: (url) => ({ base: `${url}/` }),
    secrets: () => ({ token: 'secret-of-gotify' }),
    isParticular: true,
    states: ['9', '4'],
    hidden: [],
  },
  {
    kind: 'pushover',
    provider: pushover,
    settings: (url) => ({ base: url, device: 'phone' }),
    secrets: () => ({ token: 'secret-token-of-pushover', user: 'secret-user-of-pushover' }),
    isParticular: true,
    states: ['2', '0'],
    hidden: [],
  },
  {
    kind: 'pagerduty',
    provider: pagerduty,
    settings: (url) => ({ base: url }),
    secrets: () => ({ routingKey: 'secret-of-pagerduty' }),
    isParticular: true,
    states: ['trigger', 'resolve'],
    hidden: [],
  },
  {
    kind: 'opsgenie',
    provider: opsgenie,
    settings: (url) => ({ base: url }),
    secrets: () => ({ apiKey: 'secret-of-opsgenie' }),
    isParticular: true,
    states: ['P1', 'close'],
    hidden: [],
  },
  {
    kind: 'twilio',
    provider: twilio,
    settings: (url) => ({ base: url, accountSid: SID, from: '+15005550006', to: ['+15005550010'] }),
    secrets: () => ({ authToken: 'secret-of-twilio' }),
    isParticular: true,
    hidden: [Buffer.from(`${SID}:secret-of-twilio`).toString('base64')],
  },
  {
    kind: 'alertmanager',
    provider: alertmanager,
    settings: (url) => ({ base: url, labels: { team: 'shop' } }),
    secrets: () => ({ token: 'secret-of-alertmanager' }),
    isParticular: false,
    states: ['firing', 'resolved'],
    hidden: [],
  },
  {
    kind: 'apprise',
    provider: apprise,
    settings: (url) => ({ base: url }),
    secrets: () => ({ urls: 'json://secret-of-apprise' }),
    isParticular: false,
    states: ['failure', 'success'],
    hidden: [],
  },
];

test('[SN12] every kind of channel runs the contract; e-mail has its own in email.test.ts', () => {
  expect([...cases.map(({ kind }) => kind), 'email'].sort()).toEqual([...CHANNEL_KINDS].sort());
});

for (const each of cases) channelContract(each);

async function through(kind: ChannelCase['kind'], notice = alert): Promise<{ receiver: Receiver; sent: unknown }> {
  const of = cases.find((each) => each.kind === kind);
  if (of === undefined) throw new Error(kind);
  const receiver = await Receiver.open(of.provider);
  try {
    const { url } = receiver;
    const to = of.to?.(url);
    const sent = await sendThrough(
      depsOf(),
      { kind, settings: of.settings(url) },
      of.secrets(url),
      to === undefined ? notice : { ...notice, to },
    );
    return { receiver, sent };
  } finally {
    await receiver.close();
  }
}

test.each(['pagerduty', 'opsgenie'] as const)('[SN18] an acknowledged alert is acknowledged at %s', async (kind) => {
  const { receiver, sent } = await through(kind, { ...alert, isAcknowledged: true });
  expect(sent).toMatchObject({ ok: true });
  expect(receiver.problems).toEqual([]);
  expect(receiver.last).toMatchObject({ state: 'acknowledge', thread: 'a1' });
});

test('[SN18] a digest wakes nobody at PagerDuty: it is a change event', async () => {
  const { receiver } = await through('pagerduty', { ...alert, kind: 'digest', state: 'info', severity: 'info' });
  expect(receiver.requests[0]?.path).toBe('/v2/change/enqueue');
  expect(receiver.problems).toEqual([]);
});

test.each([404, 410])('[SN19] a push service that answers %i says that the subscription is gone', async (status) => {
  const receiver = await Receiver.open(browser.provider);
  receiver.mood = { is: 'refusing', status, why: '' };
  const settings = { subject: 'mailto:ops@example.org', publicKey: vapid.publicKey };
  const notice = { ...alert, to: browser.subscription(receiver.url) };
  const sent = await sendThrough(depsOf(), { kind: 'webpush', settings }, { privateKey: vapid.privateKey }, notice);
  await receiver.close();
  expect(sent).toMatchObject({ ok: false, code: 'gone', retry: 'never' });
});

test.each([
  '',
  'no JSON',
  '{}',
  '{"endpoint":"https://p.example/x","keys":{"p256dh":"short","auth":"short"}}',
  '{"endpoint":"file:///x"}',
])('[SN19] a subscription that is none is refused: %s', async (to) => {
  const settings = { subject: 'mailto:ops@example.org', publicKey: vapid.publicKey };
  const sent = await sendThrough(
    depsOf(),
    { kind: 'webpush', settings },
    { privateKey: vapid.privateKey },
    { ...alert, to },
  );
  expect(sent).toMatchObject({ ok: false, code: 'no_recipient', retry: 'never' });
});

test('[SN12] a webhook of one subscriber goes to that subscriber, signed for them, with nothing of the channel’s own', async () => {
  const heard: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const address = receiver.address();
  const to = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook?tenant=7`;
  const sent = await sendThrough(
    depsOf(),
    { kind: 'webhook', settings: { url: 'http://127.0.0.1:1/never', headers: { 'x-api-key': 'of-the-channel' } } },
    { secret: WEBHOOK_SECRET, authorization: 'Bearer secret-of-webhook' },
    { ...alert, to },
  );
  receiver.close();
  expect(sent).toMatchObject({ ok: true, value: { status: 204 } });
  expect(heard).toHaveLength(1);
  const { headers, body } = heard[0] ?? { headers: {}, body: '' };
  expect(JSON.stringify(headers)).not.toMatch(/secret-of-webhook|of-the-channel/u);
  const verify = (secret: string): unknown =>
    new Webhook(secret).verify(body, {
      'webhook-id': String(headers['webhook-id']),
      'webhook-timestamp': String(headers['webhook-timestamp']),
      'webhook-signature': String(headers['webhook-signature']),
    });
  expect(verify(subscriberSecret(WEBHOOK_SECRET, to))).toMatchObject({ data: { title: alert.title } });
  expect(() => verify(WEBHOOK_SECRET)).toThrow();
});
