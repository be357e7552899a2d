import { parseCondition } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { conditionsOf, durationOf } from './gatus-condition.ts';
import { readGatus } from './gatus.ts';
import { parseFile } from './parse.ts';
import type { Plan } from './plan.ts';

const context = { now: Date.UTC(2026, 0, 10, 12), signingKey: () => '' };

function read(text: string): Plan {
  const file = parseFile(text, { jsonDepthMax: 32, importYamlBytesMax: 262_144 });
  if (!file.ok) throw new Error(file.message);
  return readGatus(file.value, context);
}

const EXAMPLE = `
alerting:
  slack:
    webhook-url: "https://hooks.slack.example/services/x"
    default-alert:
      failure-threshold: 5
      success-threshold: 1
  email:
    from: "from@example.com"
    username: "from@example.com"
    password: "hunter2"
    host: "mail.example.com"
    port: 587
    to: "a@example.com,b@example.com"
  custom:
    url: "https://example.com/x"
maintenance:
  start: "23:00"
  duration: 1h
  timezone: "America/Sao_Paulo"
  every: [Monday, Thursday]
endpoints:
  - name: front-end
    group: core
    url: "https://example.org/health"
    interval: 5m
    headers:
      Authorization: Bearer x
      Accept: text/html
    alerts:
      - type: slack
    client:
      timeout: 7s
      ignore-redirect: true
    conditions:
      - "[STATUS] == 200"
      - "[BODY].status == UP"
      - "[RESPONSE_TIME] < 150"
      - "[CERTIFICATE_EXPIRATION] > 48h"
    maintenance-windows:
      - start: "01:30"
        duration: 30m
  - name: db
    enabled: false
    url: "tcp://db.example.org:5432"
    conditions: ["[CONNECTED] == true"]
  - name: name server
    url: "8.8.8.8"
    dns: { query-name: "example.org.", query-type: "A" }
    conditions: ["[DNS_RCODE] == NOERROR", "[BODY] == 93.184.216.34"]
  - name: ping
    url: "icmp://example.org"
    conditions: ["[CONNECTED] == true"]
  - name: mail
    url: "starttls://smtp.example.org:587"
    conditions: ["[CERTIFICATE_EXPIRATION] > 48h"]
  - name: shell
    url: "ssh://example.org:22"
    conditions: ["[CONNECTED] == true"]
  - name: whois
    url: "https://example.org"
    conditions: ["[DOMAIN_EXPIRATION] > 720h"]
  - name: env
    url: "https://\${HOST}/"
    conditions: ["[STATUS] == 200"]
external-endpoints:
  - name: backup
    group: jobs
    token: "potato"
    heartbeat: { interval: 30m }
`;

test('[IM2] a file with what Gatus knows becomes services, channels and maintenances', () => {
  const { items, left } = read(EXAMPLE);
  const of = (id: string): JsonObject | undefined => items.find((item) => item.id === id)?.fields;
  expect(of('gatus-core_front-end')).toMatchObject({
    name: 'front-end',
    group: 'core',
    kind: 'http',
    target: 'https://example.org/health',
    check: {
      intervalMs: 300_000,
      timeoutMs: 7_000,
      failAfter: 5,
      recoverAfter: 1,
      followRedirects: false,
      expectStatus: ['100-599'],
      headers: { Accept: 'text/html' },
      secretHeaders: { Authorization: 'Bearer x' },
      conditions: ['status == 200', 'json.status == "UP"', 'latency < 150ms', 'certificate > 172800000ms'],
    },
  });
  expect(of('gatus-db')).toMatchObject({ kind: 'tcp', target: 'db.example.org:5432', desired: 'paused' });
  expect(of('gatus-name-server')).toMatchObject({
    kind: 'dns',
    target: 'example.org',
    check: { probe: { kind: 'dns', resolver: '8.8.8.8', record: 'A', expect: ['93.184.216.34'] } },
  });
  expect(of('gatus-ping')).toMatchObject({ kind: 'icmp', target: 'example.org' });
  expect(of('gatus-mail')).toMatchObject({ kind: 'tls', check: { certificateDays: 2, probe: { startTls: 'smtp' } } });
  expect(of('gatus-jobs_backup')).toMatchObject({ kind: 'heartbeat', check: { intervalMs: 1_800_000 } });
  expect(of('gatus-slack')).toMatchObject({
    kind: 'slack',
    secrets: { url: 'https://hooks.slack.example/services/x' },
  });
  expect(of('gatus-email')).toMatchObject({ kind: 'email', settings: { to: ['a@example.com', 'b@example.com'] } });
  expect(of('gatus-maintenance')).toMatchObject({
    selector: { collection: 'services', where: ['prefix', 'id', 'gatus-'] },
    schedule: {
      rrule: 'FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=23;BYMINUTE=0',
      durationMs: 3_600_000,
      zone: 'America/Sao_Paulo',
    },
  });
  expect(of('gatus-core_front-end-window-1')).toMatchObject({ schedule: { rrule: 'FREQ=DAILY;BYHOUR=1;BYMINUTE=30' } });
  expect(left.map(({ from, reason }) => `${from}: ${reason}`)).toEqual([
    'endpoint 6: found ssh://, which no check here does',
    'endpoint 7: its condition "[DOMAIN_EXPIRATION] > 720h" has no match here',
    'endpoint 8: found the variable HOST',
    'alerting.custom: no channel here is of this kind',
    'alerts: which endpoint tells which channel is said by policies here',
  ]);
});

test.each<[string, string]>([
  ['[STATUS] == 200', 'status == 200'],
  ['[STATUS] < 300', 'status < 300'],
  ['[STATUS] == any(200, 429)', 'status in [200, "200", 429, "429"]'],
  ['[RESPONSE_TIME] <= 500', 'latency <= 500ms'],
  ['[CERTIFICATE_EXPIRATION] > 1h30m', 'certificate > 5400000ms'],
  ['[BODY] == "pong"', 'body == "pong"'],
  ['[BODY] == pat(*<h1>Hi</h1>*)', 'body contains "<h1>Hi</h1>"'],
  ['[BODY] != pat(*error*)', '!(body contains "error")'],
  ['[BODY].name == pat(jo*n)', 'json.name matches /^jo.*n$/'],
  ['[BODY].user.name == john', 'json.user.name == "john"'],
  ['[BODY].data[0].id == 1', 'json.data[0].id in [1, "1"]'],
  ['[BODY].ok == true', 'json.ok in [true, "true"]'],
  ['[BODY].ok != false', '!(json.ok in [false, "false"])'],
  ['[BODY].count > 5', 'json.count > 5'],
  ['[BODY][0].id == a', 'json[0].id == "a"'],
  ['[BODY].my-key == x', 'json["my-key"] == "x"'],
  ['len([BODY].data) < 5', 'len(json.data) < 5'],
  ['len([BODY]) == 8', 'len(json) == 8'],
  ['has([BODY].errors) == false', 'json.errors == null'],
  ['has([BODY].users[0].name) == true', 'json.users[0].name != null'],
  ['[HEADER].Content-Type == "application/json"', 'header["content-type"] == "application/json"'],
  ['[BODY].name == any(john, jane)', 'json.name in ["john", "jane"]'],
])('[IM2] the condition %s is %s here, and our grammar reads it', (text, expected) => {
  expect(conditionsOf([text], 'http', []).conditions).toEqual([expected]);
  const parsed = parseCondition(expected);
  expect(parsed.ok ? '' : parsed.message).toBe('');
});

test.each([
  '[IP] == 127.0.0.1',
  '[DOMAIN_EXPIRATION] > 720h',
  'age([BODY].at) < 10m',
  '[CONTEXT].x == 1',
  '[CONNECTED] == false',
  '[STATUS]',
  '[STATUS] == abc',
  '[RESPONSE_TIME] < fast',
  '[BODY].a..b == 1',
  '',
])('[IM3] the condition %j leaves its endpoint', (text) => {
  expect(() => conditionsOf([text], 'http', [])).toThrow(/has no match here/);
});

test('[IM2] durations are read as Go writes them', () => {
  expect(['48h', '1h30m', '500ms', '1.5s', '10'].map(durationOf)).toEqual([172_800_000, 5_400_000, 500, 1_500, null]);
});

test('[IM3] two endpoints of one group and name are one', () => {
  const { items, left } = read('endpoints:\n  - {name: A b, url: "tcp://a:1"}\n  - {name: a-b, url: "tcp://a:2"}\n');
  expect(items.map(({ id }) => id)).toEqual(['gatus-a-b']);
  expect(left[0]?.reason).toMatch(/two of gatus-a-b/);
});

test.each<[string, string, RegExp]>([
  [
    'a bomb of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[i] ?? 'a'}`).join(',')}]`)
      .join('\n')}`,
    /aliases that unfold too far/,
  ],
  ['deep brackets', `a: ${'['.repeat(5_000)}`, /more than 32 levels/],
  ['a prototype key', 'endpoints:\n  - {name: x, __proto__: {enabled: true}}', /the key __proto__/],
  ['a key twice', 'endpoints: []\nendpoints: []', /cannot be read/],
  ['JSON with a prototype key', '{"endpoints":[{"__proto__":{}}]}', /the key __proto__/],
  ['deep JSON', `{"a":${'['.repeat(50)}${']'.repeat(50)}}`, /more levels than are read/],
  ['a list at the top', '- a', /no map at the top/],
  ['nothing', '', /no map at the top/],
  ['an infinite number', 'a: .inf', /a number that JSON cannot hold/],
  ['broken text', 'a: "x', /cannot be read/],
])('[IM4] %s is refused', (_what, text, reason) => {
  const parsed = parseFile(text, { jsonDepthMax: 32, importYamlBytesMax: 262_144 });
  expect(parsed.ok ? '' : parsed.message).toMatch(reason);
});

test('[IM4] whatever stands in the file, nothing throws', () => {
  for (const odd of [
    '5',
    'x',
    '[1, x, {}]',
    '{a: 1}',
    '[{name: [], url: {}, dns: 5, conditions: {}, client: x, alerts: 1, headers: [1]}]',
  ]) {
    const { items } = read(
      `endpoints: ${odd}\nexternal-endpoints: ${odd}\nalerting: ${odd}\nmaintenance: ${odd}\nsuites: ${odd}\n`,
    );
    expect(items).toEqual([]);
  }
});
