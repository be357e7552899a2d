import type { Json, JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { readKuma } from './kuma.ts';
import { cronRule } from './kuma-maintenance.ts';
import type { Item, Plan } from './plan.ts';

const context = { now: Date.UTC(2026, 0, 1), signingKey: () => `whsec_${Buffer.alloc(32, 7).toString('base64')}` };

/** A monitor as the backup writes it, with every field that the export has. */
function monitor(id: number, type: string, over: JsonObject = {}): JsonObject {
  return {
    id,
    name: `Monitor ${id}`,
    description: null,
    parent: null,
    url: 'https://',
    method: 'GET',
    hostname: null,
    port: null,
    maxretries: 0,
    weight: 2000,
    active: true,
    type,
    timeout: 48,
    interval: 60,
    retryInterval: 60,
    resendInterval: 0,
    keyword: null,
    invertKeyword: false,
    expiryNotification: false,
    ignoreTls: false,
    upsideDown: false,
    packetSize: 56,
    maxredirects: 10,
    accepted_statuscodes: ['200-299'],
    dns_resolve_type: 'A',
    dns_resolve_server: '1.1.1.1',
    dns_last_result: null,
    docker_container: '',
    docker_host: null,
    proxyId: null,
    notificationIDList: {},
    tags: [],
    mqttTopic: '',
    mqttSuccessMessage: '',
    mqttUsername: '',
    mqttPassword: '',
    databaseQuery: null,
    databaseConnectionString: null,
    authMethod: null,
    httpBodyEncoding: 'json',
    jsonPath: null,
    expectedValue: null,
    headers: null,
    body: null,
    basic_auth_user: null,
    basic_auth_pass: null,
    pushToken: null,
    ...over,
  };
}

function plan(monitors: readonly Json[], more: JsonObject = {}): Plan {
  return readKuma({ version: '1.23.16', monitorList: monitors, notificationList: [], proxyList: [], ...more }, context);
}

function only(result: Plan): Item {
  const [item] = result.items;
  if (item === undefined) throw new Error(JSON.stringify(result.left));
  return item;
}

test.each<[string, JsonObject, JsonObject]>([
  [
    'http',
    { url: 'https://example.com/' },
    {
      kind: 'http',
      target: 'https://example.com/',
      check: { followRedirects: true, expectStatus: ['200-299'], intervalMs: 60_000, timeoutMs: 48_000, failAfter: 1 },
    },
  ],
  [
    'http',
    { url: 'https://example.com/', maxretries: 3, maxredirects: 0, accepted_statuscodes: ['200', '301-302'] },
    { check: { failAfter: 4, followRedirects: false, expectStatus: ['200', '301-302'] } },
  ],
  [
    'http',
    {
      url: 'https://example.com/',
      basic_auth_user: 'ann',
      basic_auth_pass: 'p',
      headers: '{"X-Api-Key":"k","Accept":"text/html"}',
    },
    {
      check: { headers: { Accept: 'text/html' }, secretHeaders: { 'X-Api-Key': 'k', Authorization: 'Basic YW5uOnA=' } },
    },
  ],
  [
    'http',
    { url: 'https://ann:p%40@example.com/x' },
    { target: 'https://example.com/x', check: { secretHeaders: { Authorization: 'Basic YW5uOnBA' } } },
  ],
  ['keyword', { url: 'https://example.com/', keyword: 'Welcome' }, { kind: 'http', check: { keyword: 'Welcome' } }],
  [
    'keyword',
    { url: 'https://example.com/', keyword: 'say "no"', invertKeyword: true },
    { check: { conditions: ['!(body contains "say \\"no\\"")'] } },
  ],
  [
    'json-query',
    { url: 'https://example.com/', jsonPath: 'data.items[0].count', expectedValue: '5' },
    { check: { conditions: ['json.data.items[0].count in [5, "5"]'] } },
  ],
  [
    'json-query',
    { url: 'https://example.com/', jsonPath: '$.status', expectedValue: 'UP', jsonPathOperator: '==' },
    { check: { conditions: ['json.status == "UP"'] } },
  ],
  [
    'json-query',
    { url: 'https://example.com/', jsonPath: 'load', expectedValue: '5', jsonPathOperator: '<' },
    { check: { conditions: ['json.load < 5'] } },
  ],
  ['port', { hostname: 'db.example.com', port: 5432 }, { kind: 'tcp', target: 'db.example.com:5432' }],
  ['port', { hostname: '2001:db8::1', port: 22 }, { kind: 'tcp', target: '[2001:db8::1]:22' }],
  ['ping', { hostname: 'router.example.com' }, { kind: 'icmp', target: 'router.example.com' }],
  [
    'dns',
    { hostname: 'example.com', port: 5353, dns_resolve_type: 'MX', dns_resolve_server: '9.9.9.9' },
    { kind: 'dns', target: 'example.com', check: { probe: { kind: 'dns', record: 'MX', resolver: '9.9.9.9:5353' } } },
  ],
  ['push', { interval: 300, pushToken: 'abc' }, { kind: 'heartbeat', check: { intervalMs: 300_000 } }],
  [
    'mqtt',
    {
      hostname: 'mqtt://broker.example.com',
      port: 1883,
      mqttTopic: 'up',
      mqttSuccessMessage: 'ok',
      mqttUsername: 'u',
      mqttPassword: 'p',
    },
    {
      kind: 'mqtt',
      target: 'broker.example.com:1883',
      check: { probe: { topic: 'up', user: 'u' }, conditions: ['value contains "ok"'], secrets: { password: 'p' } },
    },
  ],
  [
    'postgres',
    { databaseConnectionString: 'postgres://ann:p%40ss@db:5433/app?sslmode=require', databaseQuery: 'SELECT 1' },
    {
      kind: 'postgres',
      target: 'db:5433',
      check: {
        probe: { user: 'ann', database: 'app', encryption: 'on', query: 'SELECT 1' },
        secrets: { password: 'p@ss' },
      },
    },
  ],
  [
    'mysql',
    { databaseConnectionString: 'mysql://root:x@db/app' },
    { kind: 'mysql', target: 'db:3306', check: { probe: { database: 'app' } } },
  ],
  [
    'redis',
    { databaseConnectionString: 'rediss://:x@cache:6380' },
    { kind: 'redis', target: 'cache:6380', check: { probe: { encryption: 'on' }, secrets: { password: 'x' } } },
  ],
])('[IM2] a monitor of type %s with %j becomes its check', (type, over, expected) => {
  const item = only(plan([monitor(12, type, over)]));
  expect(item).toMatchObject({ collection: 'services', id: 'kuma-12', fields: expected });
});

test.each<[string, JsonObject, RegExp]>([
  ['docker', { docker_container: 'web' }, /type "docker"/],
  ['steam', {}, /type "steam"/],
  ['grpc-keyword', {}, /type "grpc-keyword"/],
  ['real-browser', {}, /type "real-browser"/],
  ['', {}, /type ""/],
  ['http', { url: 'https://example.com/', upsideDown: true }, /upside down/],
  ['http', { url: 'https://example.com/', body: '{}' }, /sends a body/],
  ['http', { url: 'https://example.com/', method: 'DELETE' }, /method DELETE/],
  ['http', { url: 'https://example.com/', authMethod: 'oauth2-cc' }, /signs in with oauth2-cc/],
  ['http', { url: 'javascript:alert(1)' }, /target/],
  ['http', { url: 'https://example.com/', headers: '{"Host":"x"}' }, /headers/],
  ['json-query', { url: 'https://example.com/', jsonPath: '$count(items)', expectedValue: '5' }, /more than a path/],
  ['port', { hostname: '', port: 1 }, /no host and port/],
  ['ping', { hostname: '-f' }, /target/],
  ['postgres', { databaseConnectionString: 'Server=db;', databaseQuery: '' }, /no address/],
  [
    'postgres',
    { databaseConnectionString: 'postgres://a:b@db/app', databaseQuery: 'DROP TABLE x' },
    /expected one statement that reads/,
  ],
])('[IM3] a monitor of type %j with %j is left with the reason', (type, over, reason) => {
  const result = plan([monitor(12, type, over)]);
  expect(result.items).toEqual([]);
  expect(result.left[0]).toMatchObject({
    from: 'monitor 12',
    name: 'Monitor 12',
    reason: expect.stringMatching(reason),
  });
  expect(result.left[0]?.do).not.toBe('');
});

test('[IM2] groups keep their members, tags become labels, paused stays paused', () => {
  const { items, left } = plan([
    monitor(1, 'group', { name: 'Shop' }),
    monitor(2, 'group', { name: 'EU', parent: 1, active: false }),
    monitor(3, 'push', {
      parent: 2,
      tags: [
        { id: 1, monitor_id: 3, tag_id: 1, value: 'prod', name: 'env', color: '#fff' },
        { name: 'team', value: '' },
      ],
    }),
    monitor(4, 'push', { parent: 1, active: 0 }),
    monitor(5, 'docker', { parent: 1 }),
    monitor(6, 'group', { name: 'Empty' }),
  ]);
  const fields = (id: string): JsonObject | undefined => items.find((item) => item.id === id)?.fields;
  expect(fields('kuma-3')).toMatchObject({ group: 'Shop / EU', labels: { env: 'prod', team: '' }, desired: 'paused' });
  expect(fields('kuma-4')).toMatchObject({ group: 'Shop', desired: 'paused' });
  expect(fields('kuma-1')).toMatchObject({ kind: 'group', members: { refs: ['services/kuma-2', 'services/kuma-4'] } });
  expect(fields('kuma-2')).toMatchObject({ kind: 'group', group: 'Shop', members: { refs: ['services/kuma-3'] } });
  expect(left.map(({ from }) => from)).toEqual(['monitor 5', 'monitor 6']);
  // A ring of groups ends.
  expect(
    plan([monitor(1, 'group', { parent: 2 }), monitor(2, 'group', { parent: 1 }), monitor(3, 'push', { parent: 1 })])
      .items.length,
  ).toBeGreaterThan(0);
});

function notification(id: number, config: JsonObject): JsonObject {
  return {
    id,
    name: `N${id}`,
    active: 1,
    userId: 1,
    isDefault: 0,
    config: JSON.stringify({ name: `N${id}`, ...config }),
  };
}

test.each<[JsonObject, JsonObject]>([
  [
    {
      type: 'telegram',
      telegramBotToken: '123456:ABCDEFGHIJKLMNOP',
      telegramChatID: '-100200',
      telegramMessageThreadID: '7',
    },
    { kind: 'telegram', settings: { chatId: '-100200', threadId: 7 }, secrets: { token: '123456:ABCDEFGHIJKLMNOP' } },
  ],
  [
    { type: 'discord', discordWebhookUrl: 'https://discord.example/api/webhooks/1/x', discordUsername: 'Kuma' },
    { kind: 'discord', settings: { username: 'Kuma' }, secrets: { url: 'https://discord.example/api/webhooks/1/x' } },
  ],
  [
    { type: 'slack', slackwebhookURL: 'https://hooks.slack.example/services/x' },
    { kind: 'slack', secrets: { url: 'https://hooks.slack.example/services/x' } },
  ],
  [
    {
      type: 'smtp',
      smtpHost: 'mail.example.org',
      smtpPort: 465,
      smtpSecure: true,
      smtpUsername: 'u',
      smtpPassword: 'p',
      smtpFrom: '"Kuma" <kuma@example.org>',
      smtpTo: 'a@example.org, b@example.org',
    },
    {
      kind: 'email',
      settings: {
        host: 'mail.example.org',
        port: 465,
        tls: 'tls',
        from: 'Kuma <kuma@example.org>',
        to: ['a@example.org', 'b@example.org'],
      },
      secrets: { password: 'p' },
    },
  ],
  [
    {
      type: 'ntfy',
      ntfyserverurl: 'https://ntfy.example.org',
      ntfytopic: 'alerts',
      ntfyPriority: 5,
      ntfyAuthenticationMethod: 'accessToken',
      ntfyaccesstoken: 'tk_1',
    },
    { kind: 'ntfy', settings: { base: 'https://ntfy.example.org', topic: 'alerts' }, secrets: { token: 'tk_1' } },
  ],
  [
    { type: 'gotify', gotifyserverurl: 'https://gotify.example.org', gotifyapplicationToken: 'AbC', gotifyPriority: 8 },
    { kind: 'gotify', settings: { base: 'https://gotify.example.org' }, secrets: { token: 'AbC' } },
  ],
  [
    { type: 'pushover', pushoveruserkey: 'u', pushoverapptoken: 't' },
    { kind: 'pushover', secrets: { token: 't', user: 'u' } },
  ],
  [
    {
      type: 'PagerDuty',
      pagerdutyIntegrationKey: 'k',
      pagerdutyIntegrationUrl: 'https://events.pagerduty.com/v2/enqueue',
    },
    { kind: 'pagerduty', settings: { base: 'https://events.pagerduty.com' }, secrets: { routingKey: 'k' } },
  ],
  [
    { type: 'Opsgenie', opsgenieApiKey: 'k', opsgenieRegion: 'eu' },
    { kind: 'opsgenie', settings: { base: 'https://api.eu.opsgenie.com' } },
  ],
  [
    { type: 'webhook', webhookURL: 'https://example.org/hook', webhookContentType: 'json' },
    { kind: 'webhook', settings: { url: 'https://example.org/hook' } },
  ],
  [{ type: 'teams', webhookUrl: 'https://teams.example.org/x' }, { kind: 'teams' }],
  [
    { type: 'mattermost', mattermostWebhookUrl: 'https://mm.example.org/hooks/x', mattermostusername: 'kuma' },
    { kind: 'mattermost' },
  ],
  [{ type: 'GoogleChat', googleChatWebhookURL: 'https://chat.example.org/x' }, { kind: 'googlechat' }],
])('[IM2] a notification %j becomes a channel', (config, expected) => {
  const item = only(plan([], { notificationList: [notification(3, config)] }));
  expect(item).toMatchObject({ collection: 'channels', id: 'kuma-channel-3', fields: expected });
  expect(JSON.stringify(item.notes)).not.toContain('tk_1');
});

test.each<[JsonObject, RegExp]>([
  [{ type: 'matrix', homeserverUrl: 'https://m' }, /type "matrix"/],
  [{ type: 'telegram', telegramBotToken: 'no', telegramChatID: '1' }, /secrets|token/],
  [{ type: 'slack' }, /secrets|url/],
  [{ type: 'ntfy', ntfytopic: 'a', ntfyAuthenticationMethod: 'usernamePassword' }, /name and password/],
])('[IM3] a notification %j is left with the reason', (config, reason) => {
  const result = plan([], { notificationList: [notification(3, config)] });
  expect(result.left[0]?.reason ?? JSON.stringify(result.items)).toMatch(reason);
});

/** A maintenance as the tables of the database hold it. */
function maintenance(id: number, over: JsonObject): JsonObject {
  return {
    id,
    title: `Maintenance ${id}`,
    description: '',
    active: 1,
    strategy: 'single',
    start_date: null,
    end_date: null,
    start_time: null,
    end_time: null,
    weekdays: '[]',
    days_of_month: '[]',
    interval_day: 1,
    cron: null,
    timezone: 'Europe/Berlin',
    duration: null,
    monitorIDList: [1],
    ...over,
  };
}

test.each<[JsonObject, JsonObject]>([
  [
    { start_date: '2026-07-01 02:00:00', end_date: '2026-07-01 04:00:00' },
    { kind: 'once', from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 6, 1, 2) },
  ],
  [
    {
      strategy: 'recurring-interval',
      interval_day: 3,
      start_date: '2026-02-01 00:00:00',
      start_time: '23:30',
      end_time: '01:00',
    },
    {
      kind: 'repeat',
      rrule: 'FREQ=DAILY;INTERVAL=3;BYHOUR=23;BYMINUTE=30',
      durationMs: 5_400_000,
      zone: 'Europe/Berlin',
      from: Date.UTC(2026, 1, 1, 22, 30),
    },
  ],
  [
    { strategy: 'recurring-weekday', weekdays: '[0,6]', start_time: '02:00', end_time: '04:00' },
    { rrule: 'FREQ=WEEKLY;BYDAY=SU,SA;BYHOUR=2;BYMINUTE=0', durationMs: 7_200_000 },
  ],
  [
    { strategy: 'recurring-day-of-month', days_of_month: '[1,15,"lastDay1"]', start_time: '02:00', end_time: '03:00' },
    { rrule: 'FREQ=MONTHLY;BYMONTHDAY=1,15,-1;BYHOUR=2;BYMINUTE=0' },
  ],
  [
    { strategy: 'cron', cron: '30 3 * * 1-5', duration: 3600 },
    { rrule: 'FREQ=DAILY;BYHOUR=3;BYMINUTE=30;BYDAY=MO,TU,WE,TH,FR', durationMs: 3_600_000 },
  ],
])('[IM2] a maintenance with %j becomes a schedule', (over, expected) => {
  const { items, left } = plan([monitor(1, 'push')], { maintenanceList: [maintenance(9, over)] });
  expect(left).toEqual([]);
  expect(items[1]).toMatchObject({
    collection: 'maintenances',
    id: 'kuma-maintenance-9',
    fields: { schedule: expected, selector: { collection: 'services', where: ['in', 'id', ['kuma-1']] } },
  });
});

test.each<[JsonObject, RegExp]>([
  [{ strategy: 'manual' }, /switched by hand/],
  [{ active: 0 }, /not active/],
  [{ start_date: '2020-01-01 00:00', end_date: '2020-01-01 01:00' }, /it is over/],
  [{ strategy: 'cron', cron: '0 3 1 * 1', duration: 3600 }, /no RRULE/],
  [{ monitorIDList: [77] }, /none of its monitors/],
])('[IM3] a maintenance with %j is left with the reason', (over, reason) => {
  const { left } = plan([monitor(1, 'push')], { maintenanceList: [maintenance(9, over)] });
  expect(left[0]?.reason).toMatch(reason);
});

test.each([
  ['0 2 * * *', 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0'],
  ['*/30 2-3 * * *', 'FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30'],
  ['0 2 1,15 */6 *', 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYMONTHDAY=1,15;BYMONTH=1,7'],
  ['0 2 * * 7', 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYDAY=SU'],
])('[IM2] the cron %s is %s', (cron, rule) => {
  expect(cronRule(cron)).toBe(rule);
});

test('[IM4] whatever stands in the file, nothing throws and nothing reaches a prototype', () => {
  const odd: Json[] = [
    null,
    5,
    'x',
    [],
    {},
    { id: {} },
    { id: '../../x', type: 'push' },
    { id: 1, type: { a: 1 } },
    monitor(1, 'http', { url: 'https://e.example/', headers: '{"__proto__":{"x":"1"}}' }),
    monitor(2, 'push', { tags: 'x', parent: { a: 1 } }),
  ];
  const result = readKuma({ monitorList: odd, notificationList: odd, maintenanceList: odd, proxyList: odd }, context);
  expect(result.left.length).toBeGreaterThan(15);
  expect(Reflect.get({}, 'x')).toBeUndefined();
  for (const list of [null, 'x', 5, {}]) expect(readKuma({ monitorList: list }, context).items).toEqual([]);
});
