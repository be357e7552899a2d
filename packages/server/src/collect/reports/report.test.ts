import type { Json } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { caller, openDesk } from '../../testing/desk.ts';
import { idOfName, newId } from './new-id.ts';

const reporter = caller(['report']);
const admin = caller(['admin']);

test('[CO4] the first report makes the record, the next ones move it', async () => {
  const desk = await openDesk();
  const say = (raw: Json) => desk.reports.report(reporter, raw);
  expect(
    await say({ collection: 'agents', id: 'a7', name: 'Seven', activity: 'thinking', periodMs: 30_000 }),
  ).toMatchObject({
    ok: true,
    value: { value: { id: 'a7' }, version: 1 },
  });
  expect(desk.row('agents', 'a7')).toMatchObject({
    status: 'up',
    name: 'Seven',
    activity: 'thinking',
    presence: 'report',
  });
  await say({ collection: 'agents', id: 'a7', phase: 'failed', reason: { code: 'oom' } });
  expect(desk.row('agents', 'a7')).toMatchObject({
    status: 'down',
    phase: 'failed',
    reason: { code: 'oom', text: '' },
    activity: 'thinking',
  });
  expect(await desk.transitions('agents', 'a7')).toEqual(['pending>up', 'up>down']);
  await desk.close();
});

test('[CO4] a connection is named by its ends, a run by us', async () => {
  const desk = await openDesk();
  const say = async (raw: Json) => {
    const said = await desk.reports.report(reporter, raw);
    return said.ok ? said.value.value.id : `${said.code} ${said.message}`;
  };
  expect(await say({ collection: 'connections', agent: 'a7', service: 'search', phase: 'connected', calls: 3 })).toBe(
    'a7:search',
  );
  expect(desk.row('connections', 'a7:search')).toMatchObject({
    status: 'up',
    agent: 'a7',
    service: 'search',
    calls: 3,
  });
  expect(await say({ collection: 'connections', id: 'a8:mail', phase: 'needs_auth' })).toBe('a8:mail');
  expect(desk.row('connections', 'a8:mail')).toMatchObject({
    status: 'degraded',
    agent: 'a8',
    service: 'mail',
    reason: { code: 'needs_auth' },
  });
  expect(await say({ collection: 'connections', id: 'loose' })).toMatch(/^bad_field agent, service/);
  expect(await say({ collection: 'jobs', title: 'Scan', total: 10 })).toMatch(/^job_[0-9a-z]{16}$/);
  expect(await say({ collection: 'executions', agent: 'a7', title: 'Run' })).toMatch(/^run_[0-9a-z]{16}$/);
  expect(await say({ collection: 'executions', title: 'Run' })).toMatch(/^bad_field agent/);
  expect(await say({ collection: 'agents' })).toMatch(/^bad_field id/);
  expect(await say({ collection: 'services', id: 'nobody', health: 'healthy' })).toMatch(/^not_found/);
  await desk.close();
});

test('[CO4] a run is reported from its start to its end, and a late word after the end is gone', async () => {
  const desk = await openDesk();
  const say = (raw: { [key: string]: Json }) => desk.reports.report(reporter, { collection: 'jobs', id: 'j1', ...raw });
  await say({ title: 'Scan', kind: 'scan', total: 200, unit: 'files' });
  desk.clock.advance(10_000);
  await say({ done: 50, stage: 'reading' });
  expect(desk.row('jobs', 'j1')).toMatchObject({
    state: 'running',
    kind: 'scan',
    progress: { done: 50, total: 200, pct: 25 },
    rate: 5,
    etaMs: 30_000,
  });
  await say({ state: 'succeeded', done: 200 });
  expect(await say({ done: 3 })).toMatchObject({ ok: false, code: 'gone' });
  expect(desk.row('jobs', 'j1')).toMatchObject({ state: 'succeeded', progress: { done: 200, pct: 100 } });
  expect(await say({ attempt: 2, state: 'running' })).toMatchObject({ ok: true });
  expect(await desk.transitions('jobs', 'j1')).toEqual(['queued>running', 'running>succeeded', 'succeeded>running']);
  await desk.close();
});

test('[CO4] a run whose worker died is lost when its lease ends', async () => {
  const desk = await openDesk();
  await desk.reports.report(reporter, { collection: 'executions', id: 'r1', agent: 'a7', leaseMs: 20_000 });
  await desk.clock.run(15_000);
  await desk.reports.report(reporter, { collection: 'executions', id: 'r1', message: 'still here' });
  await desk.clock.run(19_000);
  expect(desk.row('executions', 'r1')?.['state']).toBe('running');
  await desk.clock.run(1_300);
  expect(desk.row('executions', 'r1')).toMatchObject({
    state: 'lost',
    reason: { code: 'lease_expired' },
    leaseUntil: null,
  });
  expect(desk.deadlines.size).toBe(0);
  await desk.close();
});

test('[CO5] a batch is one transaction; each report is taken or refused by itself and leaves nothing half done', async () => {
  const desk = await openDesk();
  const results = await desk.reports.reportAll(reporter, [
    { collection: 'agents', id: 'a1', phase: 'idle' },
    { collection: 'agents', id: 'a2', phase: 'flying' },
    { collection: 'gremlins', id: 'a3' },
    { collection: 'connections', id: 'no-ends' },
    'not a report',
    { collection: 'agents', id: '../etc', phase: 'idle' },
    { collection: 'metrics', id: 'fleet', set: 1 },
    { collection: 'jobs', id: 'j1', title: 'One' },
  ]);
  expect(
    results.map((result) => (result.ok ? `${result.id}@${result.version}` : `${result.id} ${result.code}`)),
  ).toEqual([
    'a1@1',
    'a2 bad_field',
    'a3 unknown_collection',
    'no-ends bad_field',
    ' bad_request',
    '../etc bad_field',
    'fleet unsupported',
    'j1@1',
  ]);
  expect(desk.committed).toHaveLength(1);
  expect(desk.committed[0]?.changes.map(({ id }) => id)).toEqual(['a1', 'j1']);
  expect(desk.row('connections', 'no-ends')).toBeNull();
  await desk.close();
});

test('[CO5] a long list becomes transactions of a hundred', async () => {
  const desk = await openDesk();
  const results = await desk.reports.reportAll(
    reporter,
    Array.from({ length: 250 }, (_, i) => ({ collection: 'agents', id: `a${i}`, phase: 'idle' })),
  );
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(desk.committed.map(({ changes }) => changes.length)).toEqual([100, 100, 50]);
  await desk.close();
});

test('[CO5] one report that is too large does not take the others of its transaction with it', async () => {
  const desk = await openDesk({ limits: { recordBytesMax: 4_096 } });
  const facts = Object.fromEntries(
    Array.from({ length: 32 }, (_, i) => [`fact-${i}`, { v: 'ok', text: 'x'.repeat(400) }]),
  );
  const results = await desk.reports.reportAll(reporter, [
    { collection: 'agents', id: 'a1', phase: 'idle' },
    { collection: 'agents', id: 'big', facts },
    { collection: 'agents', id: 'a3', phase: 'idle' },
  ]);
  expect(results.map((result) => (result.ok ? 'ok' : result.code))).toEqual(['ok', 'too_large', 'ok']);
  expect(desk.row('agents', 'big')).toBeNull();
  await desk.close();
});

test('[CO6] a repeat and an older report change nothing and are answered ok', async () => {
  const desk = await openDesk();
  const say = (raw: { [key: string]: Json }) =>
    desk.reports.report(reporter, { collection: 'agents', id: 'a7', ...raw });
  await say({ seq: 5, phase: 'running' });
  const version = desk.keep.commit.version('main');
  expect(await say({ seq: 5, phase: 'running' })).toMatchObject({ ok: true });
  expect(await say({ seq: 4, phase: 'failed' })).toMatchObject({ ok: true });
  expect(desk.keep.commit.version('main')).toBe(version);
  expect(desk.row('agents', 'a7')).toMatchObject({ phase: 'running', status: 'up' });
  await desk.close();
});

test('[CO6] a source time in the far future or past is clamped, and the server time decides freshness', async () => {
  const desk = await openDesk();
  const now = desk.clock.now();
  await desk.reports.report(reporter, {
    collection: 'agents',
    id: 'a7',
    phase: 'idle',
    observedAt: now + 9e9,
    periodMs: 10_000,
  });
  expect(desk.row('agents', 'a7')).toMatchObject({ observedAt: now, dueAt: now + 10_000 });
  await desk.reports.report(reporter, { collection: 'agents', id: 'a8', phase: 'idle', observedAt: 5 });
  expect(desk.row('agents', 'a8')).toMatchObject({ observedAt: now - 7 * 86_400_000, status: 'up' });
  await desk.close();
});

test('[CO7] a caller without the report scope is refused; another organization writes its own records', async () => {
  const desk = await openDesk();
  const raw = { collection: 'agents', id: 'a7', phase: 'idle' };
  expect(await desk.reports.report(caller(['read']), raw)).toMatchObject({ ok: false, code: 'forbidden' });
  await desk.reports.report(reporter, raw);
  await desk.reports.report(caller(['report'], { org: 'other' }), { ...raw, phase: 'failed' });
  expect(desk.row('agents', 'a7')?.['status']).toBe('up');
  expect(desk.row('agents', 'a7', 'other')?.['status']).toBe('down');
  await desk.close();
});

test('[CO7] a report cannot write what the server derives', async () => {
  const desk = await openDesk();
  for (const field of ['fresh', 'flaps', 'since', 'override', 'version', 'org', 'presence', '__proto__x']) {
    const raw = { collection: 'agents', id: 'a7', [field]: 'x' };
    expect(await desk.reports.report(reporter, raw)).toMatchObject({ ok: false, code: 'bad_field' });
  }
  expect(desk.row('agents', 'a7')).toBeNull();
  await desk.close();
});

test('[DM1] an app reports metrics of its own, in one transaction with their past; ours are nobody else’s', async () => {
  const desk = await openDesk();
  const say = (raw: Json) => desk.reports.report(reporter, raw);
  await say({ collection: 'metrics', id: 'orders', increment: 3, unit: 'orders', target: 10 });
  await say({ collection: 'metrics', id: 'orders', increment: 4 });
  expect(desk.row('metrics', 'orders')).toMatchObject({
    subject: 'orders',
    kind: 'counter',
    values: { value: 7 },
    unit: 'orders',
    target: 10,
  });
  for (const id of ['audit', 'fleet', 'gateway', 'server'])
    expect(await say({ collection: 'metrics', id, set: 1 })).toMatchObject({ ok: false, code: 'unsupported' });
  expect(await say({ collection: 'metrics', set: 1 })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await say({ collection: 'metrics', id: 'x', set: 1e300 })).toMatchObject({ ok: false, code: 'bad_field' });
  await desk.close();
});

test('[CO8] a source may speak its own words', async () => {
  const desk = await openDesk();
  const say = async (raw: Json) => {
    const said = await desk.reports.report(reporter, raw);
    return said.ok ? 'ok' : `${said.code} ${said.message}`;
  };
  await desk.commands.mutate(admin, {
    collection: 'services',
    id: 'web',
    op: 'create',
    fields: { name: 'Web', kind: 'http', target: 'https://example.com/', check: { degradeAfter: 1 } },
  });
  expect(await say({ collection: 'services', id: 'web', status: 'warning', mapping: 'health-words' })).toBe('ok');
  expect(desk.row('services', 'web')).toMatchObject({ status: 'degraded', observed: 'degraded' });
  expect(await say({ collection: 'connections', id: 'a7:web', status: 'error' })).toBe('ok');
  expect(desk.row('connections', 'a7:web')).toMatchObject({ status: 'down', phase: 'failed' });
  expect(await say({ collection: 'agents', id: 'a7', status: 'busy' })).toBe('ok');
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'up', phase: 'running' });
  expect(await say({ collection: 'jobs', id: 'j1', status: 'waiting-children', mapping: 'bullmq' })).toBe('ok');
  expect(desk.row('jobs', 'j1')?.['state']).toBe('waiting_dependency');
  expect(await say({ collection: 'jobs', id: 'j2', status: 'cancelling', mapping: 'openai' })).toBe('ok');
  expect(desk.row('jobs', 'j2')).toMatchObject({ state: 'running', cancelRequested: true });
  expect(
    await say({ collection: 'services', id: 'web', status: 'running', mapping: 'dtma', statusAgeMs: 500_000 }),
  ).toBe('ok');
  expect(desk.row('services', 'web')).toMatchObject({ observed: 'unknown', phase: 'ready' });
  await desk.close();
});

test('[CO8] what a report says in our own fields wins over its word; bad words are refused', async () => {
  const desk = await openDesk();
  const say = (raw: Json) => desk.reports.report(reporter, raw);
  await say({ collection: 'agents', id: 'a7', status: 'online', health: 'degraded' });
  expect(desk.row('agents', 'a7')?.['status']).toBe('degraded');
  for (const raw of [
    { collection: 'agents', id: 'a7', status: 7 },
    { collection: 'agents', id: 'a7', status: 'up', mapping: 'klingon' },
    { collection: 'jobs', id: 'j1', status: 'done' },
    { collection: 'agents', id: 'a7', mapping: 'up-words' },
    { collection: 'services', id: 'x', status: 'running', mapping: 'dtma', statusAgeMs: 'old' },
  ]) {
    expect(await say(raw)).toMatchObject({ ok: false, code: 'bad_field' });
  }
  await desk.close();
});

test('[CO4] ids are made of names where they can be, of chance where not', async () => {
  expect(idOfName('  Suche & Ähnliches (EU) ')).toBe('suche-ahnliches-eu');
  expect(idOfName('検索')).toBeNull();
  const desk = await openDesk();
  const ids = new Set(Array.from({ length: 1_000 }, () => newId(desk.clock, 'job')));
  expect(ids.size).toBe(1_000);
  await desk.close();
});
