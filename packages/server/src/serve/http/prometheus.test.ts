import { afterAll, beforeAll, expect, test } from 'vitest';
import { ok } from '@statewire/protocol';
import { createWorld, type World } from '../../testing/http-world.ts';
import { expose } from './exposition.ts';

let world: World;
let reader: string;

beforeAll(async () => {
  world = await createWorld();
  const admin = await world.key('admin');
  reader = await world.key('read');
  for (const body of [
    { id: 'plain', name: 'Plain', kind: 'heartbeat', group: 'shop' },
    { id: 'odd', name: 'a "quoted" \\ back\\slash', kind: 'http', target: 'https://example.com/', description: 'x' },
    { id: 'paused', name: 'Paused', kind: 'heartbeat' },
  ]) {
    expect((await world.call('POST', '/v1/services', { key: admin, body })).status).toBe(201);
  }
  await world.call('POST', '/v1/services/paused/pause', { key: admin });
  const other = await world.key('admin', 'other');
  await world.call('POST', '/v1/services', { key: other, body: { id: 'secret', name: 'S', kind: 'heartbeat' } });
  const written = await world.keep.commit.write('main', 'test', (draft) => {
    draft.put('services', 'plain', {
      ...draft.get('services', 'plain'),
      status: 'down',
      latencyMs: 12.5,
      uptime: {
        h24: { pct: 99.999, coverage: 0.5 },
        d7: { pct: null, coverage: 0 },
        d30: { pct: 100, coverage: 1 },
        d90: { pct: 0, coverage: 1 },
      },
      certificate: { expiresAt: 1, daysLeft: 30, issuer: 'x' },
    });
    draft.put('alerts', 'one', { observedAt: null, labels: {}, source: null, severity: 'critical', state: 'firing' });
    draft.put('alerts', 'two', { observedAt: null, labels: {}, source: null, severity: 'critical', state: 'resolved' });
    return ok(null);
  });
  expect(written.ok).toBe(true);
});
afterAll(() => world.close());

test.each([
  [undefined, 'text/plain; version=0.0.4; charset=utf-8'],
  [
    'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  ],
])('[IM1] asked with Accept %s the answer is well formed', async (accept, type) => {
  const reply = await world.call('GET', '/v1/prometheus', {
    key: reader,
    headers: accept === undefined ? {} : { accept },
  });
  expect(reply.headers.get('content-type')).toBe(type);
  const samples = parse(reply.text, accept !== undefined);
  const of = (name: string, id: string): readonly Parsed[] =>
    samples.filter((s) => s.name === name && s.labels['id'] === id);
  expect(of('statewire_status', 'plain')).toEqual([
    {
      name: 'statewire_status',
      labels: { collection: 'services', id: 'plain', name: 'Plain', kind: 'heartbeat', group: 'shop', status: 'down' },
      value: 1,
    },
  ]);
  expect(of('statewire_up', 'plain').map(({ value }) => value)).toEqual([0]);
  expect(of('statewire_up', 'paused')).toEqual([]);
  expect(of('statewire_uptime_ratio', 'plain').map(({ labels, value }) => [labels['window'], value])).toEqual([
    ['24h', 0.99999],
    ['30d', 1],
    ['90d', 0],
  ]);
  expect(of('statewire_uptime_coverage_ratio', 'plain').length).toBe(4);
  expect(of('statewire_latency_ms', 'plain')[0]?.value).toBe(12.5);
  expect(of('statewire_certificate_days', 'plain')[0]?.value).toBe(30);
  expect(of('statewire_status', 'odd')[0]?.labels['name']).toBe('a "quoted" \\ back\\slash');
  const alerts = samples.filter(({ name }) => name === 'statewire_alerts');
  expect(alerts.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  expect(alerts.find(({ labels }) => labels['severity'] === 'critical' && labels['state'] === 'firing')?.value).toBe(1);
});

test('[IM1] nothing of another organization, and nothing without the scope read', async () => {
  expect((await world.call('GET', '/v1/prometheus', { key: reader })).text).not.toContain('secret');
  expect((await world.call('GET', '/v1/prometheus')).status).toBe(401);
  expect((await world.call('GET', '/v1/prometheus', { key: await world.key('report') })).status).toBe(403);
});

test('[IM1] more records than one scrape may hold are left out, and it is said', async () => {
  const small = await createWorld({ limits: { exportedRecordsMax: 2 } });
  const key = await small.key('admin');
  for (const id of ['a', 'b', 'c']) {
    await small.call('POST', '/v1/services', { key, body: { id, name: id, kind: 'heartbeat' } });
  }
  const samples = parse((await small.call('GET', '/v1/prometheus', { key })).text, false);
  expect(samples.filter(({ name }) => name === 'statewire_status').length).toBe(2);
  expect(samples.find(({ name }) => name === 'statewire_records_left_out')?.value).toBe(1);
  await small.close();
});

test('[IM1] any label value survives the way out and back', () => {
  const values = ['', '"', '\\', '\\n', 'two\nlines', 'back\\"slash\\', '日本', 'a,b="c"', '{}', '\u{1F600}'];
  const samples = values.map((value) => ({ labels: { value }, value: 1 }));
  const text = expose([{ name: 'x', help: 'a \\ "b"\nc', samples }], 'openmetrics');
  expect(parse(text, true).map(({ labels }) => labels['value'])).toEqual(values);
});

test('[IM1] numbers are written as the format wants them', () => {
  const samples = [1e21, 1e-7, Number.NaN, Infinity, -Infinity, 0].map((value) => ({ labels: {}, value }));
  const text = expose([{ name: 'x', help: '', samples }], 'text');
  expect(text.split('\n').slice(2, -1)).toEqual(['x 1e+21', 'x 1e-7', 'x NaN', 'x +Inf', 'x -Inf', 'x 0']);
});

interface Parsed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A strict reader of the exposition format: throws at whatever the grammar does not allow. */
function parse(text: string, isOpenMetrics: boolean): readonly Parsed[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const lines = text.slice(0, -1).split('\n');
  if (isOpenMetrics && lines.pop() !== '# EOF') throw new Error('no # EOF');
  const typed = new Set<string>();
  const seen = new Set<string>();
  let family = '';
  const found: Parsed[] = [];
  for (const line of lines) {
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/u.exec(line);
    if (meta !== null) {
      if (meta[1] === 'TYPE') {
        if (meta[3] !== 'gauge' || typed.has(meta[2] ?? '')) throw new Error(`bad TYPE: ${line}`);
        family = meta[2] ?? '';
        typed.add(family);
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/u.exec(line);
    if (sample === null) throw new Error(`bad line: ${line}`);
    const [, name = '', inner = '', number = ''] = sample;
    if (name !== family) throw new Error(`${name} is not in its family: ${line}`);
    const labels: Record<string, string> = {};
    let rest = inner;
    while (rest !== '') {
      const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/u.exec(rest);
      if (pair === null || pair[1] === undefined || pair[1] in labels) throw new Error(`bad labels: ${line}`);
      labels[pair[1]] = (pair[2] ?? '').replaceAll(/\\(.)/gu, (_, c: string) => (c === 'n' ? '\n' : c));
      rest = rest.slice(pair[0].length);
    }
    const key = `${name}${JSON.stringify(labels)}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    if (!/^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/u.test(number)) throw new Error(`bad number: ${line}`);
    found.push({ name, labels, value: Number(number) });
  }
  return found;
}
