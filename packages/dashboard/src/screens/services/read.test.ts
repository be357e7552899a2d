import { checkDefaults, type Check, membersOf, SERVICE_KINDS, type Service, type ServiceKind } from '@statewire/model';
import { describe, expect, test } from 'vitest';
import { type Draft, draftOf, emptyDraft, ofKind } from './draft.ts';
import { errorIn } from './errors.ts';
import { kindDoes, kindGroups } from './kind-groups.ts';
import { probeFieldsOf } from './probe-table.ts';
import { changesOf, readDraft } from './read.ts';

/** What a person types for each kind, everything filled in; what is common to all stands below. */
const typed: Readonly<Record<ServiceKind, Partial<Draft>>> = {
  http: {
    target: 'https://shop.example.com/health',
    method: 'POST',
    expectStatus: '200-299, 304',
    keyword: 'Welcome',
    followRedirects: true,
    headers: 'X-Probe: yes',
    conditions: ['status == 200', 'json.a[0] in ["b"]'],
    degradedConditions: ['latency < 800ms'],
  },
  websocket: {
    target: 'wss://shop.example.com/live',
    probe: { protocols: 'graphql-ws\nv2', message: ' ping ', expect: 'pong' },
    headers: 'Origin: https://shop.example.com',
    conditions: ['body contains "pong"'],
  },
  grpc: { target: 'api:50051', probe: { service: 'shop.v1.Orders', encryption: true }, headers: 'x-a: b' },
  tcp: { target: 'db:5432', isWindow: true, windowBad: '3', windowSize: '10' },
  tls: { target: 'example.com:443', certificateDays: '21', probe: { startTls: 'smtp' } },
  dns: {
    target: 'example.com',
    probe: { record: 'MX', resolver: '9.9.9.9:53', expect: '10 mail.example.com\n20 b.example.com', answersMin: '2' },
  },
  icmp: { target: 'gateway', probe: { packets: '5', lossMax: '20.5' }, conditions: ['value < 5'] },
  postgres: {
    target: 'db:5432',
    probe: { user: 'probe', database: 'shop', encryption: true, query: 'SELECT 1\nFROM a' },
    conditions: ['row.state == "ready"'],
  },
  mysql: { target: 'db:3306', probe: { user: 'probe', database: '', encryption: false, query: 'SHOW TABLES' } },
  redis: { target: 'cache:6379', probe: { user: '', encryption: true, command: 'GET "a \\"key\\""' } },
  nats: { target: 'bus:4222', probe: { user: 'a', encryption: false } },
  mqtt: { target: 'broker:1883', probe: { user: '', encryption: true, topic: 'plant/state' } },
  mcp: {
    target: 'stdio:memory',
    mode: 'fresh',
    canaryTool: 'ping',
    canaryArgs: '{"a":1}',
    headers: 'X-Team: search',
  },
  a2a: { target: 'https://agent.example.com', probe: { skills: 'translate\nsum up' }, headers: '' },
  langgraph: { target: 'http://graphs:2024', probe: { graphs: 'support' }, conditions: ['latency < 2s'] },
  openai: { target: 'http://llm:8000/v1', probe: { model: 'qwen3', completion: true } },
  heartbeat: { interval: '1 h', isCron: true, cron: '30 2 * * *', zone: 'Europe/Berlin', grace: '10 min' },
  group: {
    memberRefs: ['services/a', 'services/b'],
    memberWhere: { collection: 'services', by: 'group', values: ['shop'], where: null },
    memberRule: 'weighted',
    memberWeights: { 'services/a': '2.5', 'services/b': '' },
  },
};

const typedOf = (kind: ServiceKind): Draft => ({
  ...ofKind(emptyDraft, kind),
  name: 'A thing',
  id: 'a-thing',
  description: 'What it is for',
  group: 'shop',
  labels: 'env=prod',
  interval: '1 min',
  timeout: '2500 ms',
  dependsOn: ['services/db'],
  ...(kind === 'group' ? {} : { fusionRule: 'named' as const, fusionNamed: 'server' }),
  ...typed[kind],
});

/** The record a server makes of a body: its fields, and the defaults of the model. */
function recorded(body: ReturnType<typeof bodyOf>): { service: Service; check: Check | null } {
  const { check, members, fusion, ...plain } = body;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true of every field that draftOf reads; the others play no part here.
  const service = {
    target: '',
    ...plain,
    fusion: { rule: fusion?.rule ?? 'majority', named: fusion?.named ?? null },
    members: members === undefined ? null : membersOf(members),
  } as Service;
  if (check === undefined) return { service, check: null };
  const { secretHeaders: _, secrets: __, ...given } = check;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true of every field that draftOf reads; the others play no part here.
  return { service, check: { kind: body.kind, secrets: [], ...checkDefaults(body.kind, given) } as unknown as Check };
}

function bodyOf(draft: Draft) {
  const read = readDraft(draft);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.body;
}

const errorsOf = (fields: Partial<Draft>, kind: ServiceKind = 'http'): unknown => {
  const read = readDraft({ ...typedOf(kind), ...fields });
  return read.ok ? {} : read.errors;
};

describe('every kind', () => {
  test.each(SERVICE_KINDS)('%s: what is typed is what the server takes, and comes back the same', (kind) => {
    const body = bodyOf(typedOf(kind));
    const { service, check } = recorded(body);
    const again = draftOf(service, check);
    expect(bodyOf(again)).toEqual(body);
    expect(changesOf(body, bodyOf(again))).toEqual({});
    // Every setting of the kind was said something of that is not its default.
    const fields = probeFieldsOf(kind);
    expect(Object.keys(body.check?.probe ?? {}).sort()).toEqual(
      fields.length === 0 ? [] : ['kind', ...fields.map(({ name }) => name)].sort(),
    );
  });

  test.each(SERVICE_KINDS)('%s: a name and a target are enough', (kind) => {
    const { target = '' } = typed[kind];
    expect(bodyOf({ ...ofKind(emptyDraft, kind), name: 'A thing', target })).toMatchObject({ name: 'A thing', kind });
  });

  test('stands in one group of the picker, with a line about it', () => {
    expect(kindGroups.flatMap(({ kinds }) => kinds).sort()).toEqual([...SERVICE_KINDS].sort());
    expect(Object.values(kindDoes).every((line) => line.length > 20 && line.endsWith('.'))).toBe(true);
  });
});

test('values arrive in the units and forms of the server', () => {
  expect(bodyOf(typedOf('redis')).check?.probe).toEqual({
    kind: 'redis',
    user: '',
    encryption: 'on',
    command: ['GET', 'a "key"'],
  });
  expect(bodyOf(typedOf('dns')).check?.probe).toMatchObject({
    expect: ['10 mail.example.com', '20 b.example.com'],
    answersMin: 2,
  });
  expect(bodyOf(typedOf('websocket')).check?.probe).toMatchObject({
    message: ' ping ',
    protocols: ['graphql-ws', 'v2'],
  });
  expect(bodyOf(typedOf('tcp')).check).toMatchObject({
    window: { bad: 3, size: 10 },
    intervalMs: 60_000,
    timeoutMs: 2500,
  });
  expect(bodyOf(typedOf('heartbeat')).check).toEqual({
    intervalMs: 3_600_000,
    graceMs: 600_000,
    cron: '30 2 * * *',
    zone: 'Europe/Berlin',
  });
  expect(bodyOf(typedOf('group'))).toMatchObject({
    members: { where: ['eq', 'group', 'shop'], rule: 'weighted', bad: null, weights: { 'services/a': 2.5 } },
  });
  // A bare number is seconds.
  expect(bodyOf({ ...typedOf('tcp'), interval: '1.5' }).check).toMatchObject({ intervalMs: 1500 });
});

test('a kind says only what it has, whatever was typed before it was chosen', () => {
  const tcp = bodyOf({ ...typedOf('http'), kind: 'tcp', target: 'db:5432', canaryArgs: '{', headers: 'x', token: 't' });
  expect(Object.keys(tcp.check ?? {}).sort()).toEqual([
    'degradedMs',
    'failAfter',
    'intervalMs',
    'recoverAfter',
    'timeoutMs',
    'window',
  ]);
  const beat = bodyOf({ ...typedOf('heartbeat'), target: 'left over' });
  expect('target' in beat).toBe(false);
  expect('check' in bodyOf(typedOf('group'))).toBe(false);
  expect(
    readDraft({
      ...typedOf('http'),
      ...ofKind(typedOf('http'), 'redis'),
      target: 'c:6379',
      conditions: [],
      degradedConditions: [],
    }).ok,
  ).toBe(true);
});

test('what is wrong is said at its own field', () => {
  expect(errorsOf({ name: '  ' })).toHaveProperty('name');
  expect(errorsOf({ target: 'ftp://x' })).toHaveProperty('target');
  expect(errorsOf({ interval: '200 ms' })).toEqual({ interval: 'Between 1 s and 31 d, such as 30 s or 5 min.' });
  expect(errorsOf({ interval: 'often' })).toHaveProperty('interval');
  expect(errorsOf({ failAfter: '' })).toHaveProperty('failAfter');
  expect(errorsOf({ labels: 'no separator' })).toEqual({ labels: 'Line 1: expected key=value.' });
  expect(errorsOf({ expectStatus: '2xx' })).toHaveProperty('expectStatus');
  expect(errorsOf({ headers: 'Host: evil' })).toHaveProperty('headers');
  expect(errorsOf({ id: 'with space' })).toHaveProperty('id');
  expect(errorsOf({ conditions: ['status = 200'] })).toEqual({ conditions: 'Mend the marked line.' });
  expect(errorsOf({ degradedConditions: ['value < 3'] })).toEqual({ degradedConditions: 'Mend the marked line.' });
  expect(errorsOf({ fusionRule: 'named', fusionNamed: ' ' })).toEqual({ fusionNamed: 'Name one observer.' });
  expect(errorsOf({ canaryTool: 'x', canaryArgs: '[1]' }, 'mcp')).toHaveProperty('canaryArgs');
  expect(errorsOf({ canaryTool: 'x', canaryArgs: '{' }, 'mcp')).toEqual({ canaryArgs: 'This is not JSON yet.' });
  expect(errorsOf({ windowBad: '9', windowSize: '5', isWindow: true }, 'tcp')).toHaveProperty('windowBad');
  expect(errorsOf({ cron: 'daily' }, 'heartbeat')).toHaveProperty('cron');
  expect(errorsOf({ zone: 'Berlin' }, 'heartbeat')).toHaveProperty('zone');
  expect(errorsOf({ memberRule: 'quorum', memberBad: '0' }, 'group')).toHaveProperty('memberBad');
  expect(errorsOf({ memberWeights: { 'services/a': 'much' } }, 'group')).toHaveProperty('memberWeights');
  const { probe } = typedOf('postgres');
  expect(errorsOf({ probe: { ...probe, query: 'DROP TABLE a' } }, 'postgres')).toEqual({
    'probe.query': 'Expected one statement that reads: SELECT, WITH, SHOW, VALUES or TABLE',
  });
  expect(errorsOf({ probe: { ...typedOf('icmp').probe, packets: '99' } }, 'icmp')).toHaveProperty('probe.packets');
  expect(errorsOf({ probe: { ...typedOf('dns').probe, answersMin: 'x' } }, 'dns')).toHaveProperty(['probe.answersMin']);
});

test('what the server says of a field is shown at that field, in its words', () => {
  expect(errorIn('check.cron: found a pattern that never comes')).toEqual({
    field: 'cron',
    text: 'Found a pattern that never comes',
  });
  expect(errorIn('dependsOn: found a ring: a, b, a')).toMatchObject({ field: 'dependsOn' });
  expect(errorIn('check.probe.query: found x')).toMatchObject({ field: 'probe.query' });
  expect(errorIn('services/a is managed by the file; change it there')).toBeNull();
});

describe('secrets', () => {
  const check = (fields: Partial<Draft>, kind: ServiceKind = 'nats') => bodyOf({ ...typedOf(kind), ...fields }).check;

  test('are not said of when nobody touched them', () => {
    expect(check({})).not.toHaveProperty('secrets');
    expect(check({}, 'http')).not.toHaveProperty('secretHeaders');
  });

  test('are set, replaced or removed one by one, headers together', () => {
    expect(check({ password: ' p ', removed: ['token'] })).toMatchObject({ secrets: { password: ' p ', token: null } });
    expect(check({ secretHeaders: 'Authorization: Bearer x' }, 'http')).toMatchObject({
      secretHeaders: { Authorization: 'Bearer x' },
    });
    expect(check({ removed: ['secretHeaders'] }, 'http')).toMatchObject({ secretHeaders: {} });
  });

  test('of another kind stay unsaid', () => {
    expect(check({ password: 'left over', token: 't' }, 'mcp')).not.toHaveProperty('secrets');
  });
});

test('only what changed is sent, and a new interval brings the grace that is shown', () => {
  const before = bodyOf(typedOf('postgres'));
  const after = bodyOf({ ...typedOf('postgres'), name: 'Orders', failAfter: '5', password: 'p' });
  expect(changesOf(before, after)).toEqual({ name: 'Orders', check: { failAfter: 5, secrets: { password: 'p' } } });
  const beat = typedOf('heartbeat');
  expect(changesOf(bodyOf(beat), bodyOf({ ...beat, interval: '2 h' }))).toEqual({
    check: { intervalMs: 7_200_000, graceMs: 600_000 },
  });
  // Emptied: the default of the kind again.
  expect(changesOf(bodyOf(beat), bodyOf({ ...beat, grace: '' }))).toEqual({ check: { graceMs: null } });
});
