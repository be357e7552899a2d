import type { CommandResult, RunReport } from '@statewire/client';
import { executionReportSchema, jobReportSchema } from '@statewire/model';
import { expect, test } from 'vitest';
import { Source } from './source.ts';
import { DONE, refused, world } from './testing/world.ts';
import { recordId } from './words.ts';

const scan = { collection: 'jobs', id: 'scan-1' } as const;

test('[AD1] what is said of a run within a tenth of a second is one report, the newest value winning', async () => {
  const { env, reporter, said } = world();
  reporter.report(scan, { title: 'Scan', state: 'running', total: 500 });
  for (let done = 1; done <= 500; done += 1) {
    reporter.report(scan, { done, message: `row ${done}` });
    await env.advance(1);
  }
  await env.advance(100);
  expect(said.length).toBeLessThanOrEqual(7);
  expect(said[0]).toMatchObject({ id: 'scan-1', title: 'Scan', state: 'running', total: 500 });
  expect(said.at(-1)).toMatchObject({ done: 500, message: 'row 500' });
});

test('[AD2] what comes twice or late says nothing: same words, smaller amounts, anything after the end', async () => {
  const { env, reporter, said } = world();
  const running: RunReport = { title: 'Scan', state: 'running', done: 10, steps: [{ id: 'a', state: 'running' }] };
  reporter.report(scan, running);
  await env.advance(200);
  reporter.report(scan, running);
  reporter.report(scan, { done: 4 });
  await env.advance(200);
  expect(said).toHaveLength(1);
  reporter.report(scan, { state: 'succeeded', done: 12 });
  reporter.report(scan, { state: 'running', done: 11 });
  await env.advance(200);
  reporter.report(scan, running);
  await env.advance(60_000);
  expect(said).toHaveLength(2);
  expect(said[1]).toMatchObject({ state: 'succeeded', done: 12 });
  expect(reporter.open).toEqual([]);
  expect(env.pending.timers).toBe(0);
});

test('[AD3] a later attempt starts over; an earlier one is over', async () => {
  const { env, reporter, said } = world();
  reporter.report(scan, { title: 'Scan', state: 'running', attempt: 1, done: 90 });
  reporter.report(scan, { state: 'failed', attempt: 1, reason: { code: 'failed', text: 'no route' } });
  reporter.report(scan, { state: 'queued', attempt: 2 });
  reporter.report(scan, { state: 'running', attempt: 1, done: 91 });
  reporter.report(scan, { state: 'running', attempt: 2, done: 3 });
  await env.advance(1_000);
  expect(said.map(({ state, attempt, done }) => [state, attempt, done])).toEqual([
    ['running', 1, 90],
    ['failed', 1, undefined],
    ['running', 2, 3],
  ]);
  // A retry of a run that has ended, after the end was answered.
  reporter.report(scan, { state: 'succeeded' });
  await env.advance(1_000);
  reporter.report(scan, { state: 'running', attempt: 3, title: 'Scan' });
  await env.advance(1_000);
  expect(said.at(-1)).toMatchObject({ state: 'running', attempt: 3, title: 'Scan' });
});

test('[AD4] a server that is away or busy is waited for, and memory is bounded by the runs that are open', async () => {
  const { env, reporter, said, server } = world({ runsMax: 3 });
  const answers: ((result: CommandResult) => void)[] = [];
  server.answer = () => new Promise((resolve) => answers.push(resolve));
  for (let i = 0; i < 10_000; i += 1)
    reporter.report({ collection: 'jobs', id: `j${i % 5}` }, { title: 'J', done: i, attempt: 1 + Math.floor(i / 100) });
  await env.advance(10_000);
  // One report of each run is on its way, whatever happened since.
  expect(said).toHaveLength(3);
  expect(reporter.open).toHaveLength(3);
  expect(reporter.dropped).toBe(4_000);
  server.answer = () => Promise.resolve(DONE);
  for (const answer of answers) answer(refused('rate_limited'));
  await env.advance(60_000);
  expect(said.filter(({ id }) => id === 'j0').at(-1)).toMatchObject({ done: 9_995, attempt: 100 });
  expect(said.length).toBeLessThanOrEqual(20);
});

test('[AD4] numbers of reports never fall, also for the process that comes next', async () => {
  const { env, reporter, said } = world();
  for (let i = 0; i < 5; i += 1) reporter.report({ collection: 'jobs', id: `j${i}` }, { title: 'J' });
  await env.settle();
  const seqs = said.map(({ seq }) => seq ?? 0);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(seqs[0]).toBeGreaterThanOrEqual(env.now());
});

test('[AD5] the lease is renewed while this process lives, and by whoever says again that a run goes on', async () => {
  const { env, reporter, said } = world();
  reporter.report(scan, { title: 'Own', state: 'running', leaseMs: 60_000 });
  reporter.keepAlive(scan);
  await env.advance(120_000);
  expect(said.length).toBeGreaterThanOrEqual(6);
  reporter.report(scan, { state: 'succeeded' });
  await env.advance(1_000);
  expect(env.pending.timers).toBe(0);

  const seen = { collection: 'jobs', id: 'seen' } as const;
  const before = said.length;
  for (let s = 0; s < 60; s += 1) {
    reporter.report(seen, { title: 'Seen', state: 'running', leaseMs: 60_000 });
    await env.advance(1_000);
  }
  // One that says what it is, one each third of its lease.
  expect(said.length - before).toBe(3);
});

test('[AD6] a report that the server refuses for its words is not said again, and others go on', async () => {
  const { env, reporter, said, server } = world();
  server.answer = () => Promise.resolve(refused('forbidden'));
  reporter.report(scan, { title: 'Scan', state: 'running' });
  await env.advance(1_000);
  expect(reporter.error).toEqual({ run: scan, code: 'forbidden', message: 'refused: forbidden' });
  server.answer = () => Promise.resolve(DONE);
  reporter.report(scan, { state: 'running', done: 3 });
  await env.advance(1_000);
  expect(said).toHaveLength(2);
  // Ended by somebody else: there is no more to say.
  server.answer = () => Promise.resolve(refused('gone'));
  reporter.report(scan, { done: 4 });
  await env.advance(1_000);
  expect(reporter.open).toEqual([]);
});

test('[AD7] whatever a source says becomes a report that the server takes', async () => {
  const { env, reporter, said } = world();
  const wild = `a\u0000b\r\n${'x'.repeat(5_000)}`;
  const id = `queue/${'y'.repeat(300)} ünïcode`;
  const report: RunReport = {
    title: wild,
    message: wild,
    stage: wild,
    unit: wild,
    done: Number.NaN,
    total: Number.POSITIVE_INFINITY,
    reason: { code: 'Error: no such thing', text: wild },
    steps: Array.from({ length: 80 }, (_, i) => ({ id: `${i}${wild}`, title: wild, state: 'running' })),
  };
  reporter.report({ collection: 'executions', id }, report);
  reporter.report({ collection: 'jobs', id }, { ...report, steps: undefined, goal: wild, kind: wild, owner: wild });
  await env.settle();
  expect(said).toHaveLength(2);
  for (const { id: named, ...fields } of said) {
    expect(named).toMatch(/^[\w.:@-]{1,128}$/);
    const schema = 'goal' in fields ? jobReportSchema : executionReportSchema;
    const { steps, ...plain } = fields;
    expect(schema.safeParse('goal' in fields ? plain : fields).error?.message).toBeUndefined();
    expect(steps === undefined || steps.length === 50).toBe(true);
  }
  expect(recordId('q', 'a/b')).not.toBe(recordId('q', 'a b'));
  expect(recordId('q', '17')).toBe('q:17');
});

test('[AD8] a source that goes away makes its service down, not its runs failed', async () => {
  const { env, reporter, said, services } = world();
  const source = new Source(reporter, { service: 'scans', periodMs: 15_000 });
  source.seen();
  source.seen();
  await env.advance(15_000);
  source.seen();
  source.away(new Error('connect ECONNREFUSED'));
  source.away(new Error('connect ECONNREFUSED'));
  source.seen();
  expect(services).toMatchObject([
    { id: 'scans', health: 'healthy', final: true, periodMs: 30_000 },
    { health: 'healthy' },
    { health: 'unhealthy', reason: { code: 'source_away', text: 'connect ECONNREFUSED' } },
    { health: 'healthy' },
  ]);
  expect(said).toEqual([]);
});

test('[AD4] closing says what waits, and waits no longer than five seconds for a server that is away', async () => {
  const { env, reporter, said } = world();
  reporter.report(scan, { title: 'Scan', state: 'running', leaseMs: 60_000 });
  reporter.keepAlive(scan);
  reporter.report(scan, { done: 5 });
  const closed = reporter.close();
  await env.advance(200);
  await closed;
  expect(said.at(-1)).toMatchObject({ done: 5 });
  expect(env.pending.timers).toBe(0);

  const other = world();
  other.server.answer = () => new Promise(() => undefined);
  other.reporter.report(scan, { title: 'Scan' });
  const late = other.reporter.close();
  await other.env.advance(5_000);
  await late;
  expect(other.env.pending.timers).toBe(0);
});
