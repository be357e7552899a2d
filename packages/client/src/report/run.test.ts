import { expect, test } from 'vitest';
import type { CommandResult } from '../errors.ts';
import { FakeEnv } from '../testing/index.ts';
import { Run, type RunReport } from './run.ts';

const DONE: CommandResult = { ok: true, id: 'r', version: 1, value: null, undo: null };

function reporter(first: RunReport = { title: 'Scan', agent: 'a', total: 500 }): {
  env: FakeEnv;
  run: Run;
  sent: RunReport[];
  answers: ((result: CommandResult) => void)[];
  isHeld: { now: boolean };
} {
  const env = new FakeEnv();
  const sent: RunReport[] = [];
  const answers: ((result: CommandResult) => void)[] = [];
  const isHeld = { now: false };
  const send = (report: RunReport): Promise<CommandResult> => {
    sent.push(report);
    return isHeld.now ? new Promise((resolve) => answers.push(resolve)) : Promise.resolve(DONE);
  };
  return { env, sent, answers, isHeld, run: new Run({ env, send }, 'r', first) };
}

test('[CL60] progress is merged to ten reports a second, the newest winning', async () => {
  const { env, run, sent } = reporter();
  await env.settle();
  for (let done = 1; done <= 1_000; done += 1) {
    run.progress(done, `step ${done}`);
    await env.advance(1);
  }
  await env.advance(100);
  expect(sent.length).toBeLessThanOrEqual(12);
  expect(sent[0]).toMatchObject({ state: 'running', title: 'Scan', agent: 'a', total: 500, leaseMs: 60_000 });
  expect(sent.at(-1)).toMatchObject({ done: 1_000, message: 'step 1000' });
  const seqs = sent.map(({ seq }) => seq ?? 0);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  await run.succeed();
});

test('[CL60] whoever goes on with a run after a restart is newer than what it reported before', async () => {
  const { env, run, sent } = reporter();
  await env.settle();
  for (let done = 1; done <= 50; done += 1) {
    run.progress(done);
    await env.advance(100);
  }
  const before = sent.at(-1)?.seq ?? 0;
  const after: RunReport[] = [];
  const send = (report: RunReport): Promise<CommandResult> => {
    after.push(report);
    return Promise.resolve(DONE);
  };
  await env.advance(1);
  const again = new Run({ env, send }, 'r', {});
  await env.settle();
  expect(after[0]?.seq).toBeGreaterThan(before);
  await again.succeed();
  await run.succeed();
});

test('[CL60] a clock that is set back makes no report older than the one before', async () => {
  const { env, run, sent } = reporter();
  await env.settle();
  run.progress(1);
  await env.advance(200);
  env.jump(-3_600_000);
  run.progress(2);
  await env.advance(200);
  const [first = 0, second = 0, third = 0] = sent.map(({ seq }) => seq);
  expect(second).toBeGreaterThan(first);
  expect(third).toBeGreaterThan(second);
  await run.succeed();
});

test('[CL61] nothing is reported after the end, and what was merged goes with the last report', async () => {
  const { env, run, sent } = reporter();
  await env.settle();
  run.progress(400);
  run.stage('closing');
  expect(await run.succeed('all done')).toEqual(DONE);
  run.progress(401);
  run.wait('input');
  expect(await run.fail(new Error('late'))).toMatchObject({ ok: false, code: 'conflict' });
  await env.advance(600_000);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toMatchObject({ state: 'succeeded', done: 400, stage: 'closing', message: 'all done' });
  expect(run.isOver).toBe(true);
  expect(env.pending.timers).toBe(0);
});

test('[CL60] steps reported together are joined by id, none is lost', async () => {
  const { env, run, sent } = reporter();
  await env.settle();
  run.report({ steps: [{ id: 'a', title: 'First', state: 'running' }] });
  run.report({ steps: [{ id: 'b', title: 'Second', state: 'running' }] });
  run.report({ steps: [{ id: 'a', state: 'succeeded' }] });
  await env.advance(100);
  expect(sent.at(-1)?.steps).toEqual([
    { id: 'a', title: 'First', state: 'succeeded' },
    { id: 'b', title: 'Second', state: 'running' },
  ]);
  await run.succeed();
});

test('[CL62] while one report waits for an answer, everything else waits as one', async () => {
  const { env, run, sent, answers, isHeld } = reporter();
  await env.settle();
  isHeld.now = true;
  await env.advance(200);
  run.progress(1);
  for (let done = 2; done < 500; done += 1) {
    run.progress(done);
    await env.advance(10);
  }
  expect(sent).toHaveLength(2);
  isHeld.now = false;
  answers.shift()?.(DONE);
  await env.settle();
  expect(sent).toHaveLength(3);
  expect(sent[2]).toMatchObject({ done: 499 });
  await run.cancel();
});

test('[CL63] the lease is renewed while the run is open', async () => {
  const { env, run, sent } = reporter({ title: 'Scan', leaseMs: 30_000 });
  await env.advance(60_500);
  expect(sent).toHaveLength(1 + 6);
  expect(sent.at(-1)).toEqual({ seq: env.now() - 500, observedAt: env.now() - 500 });
  await run.succeed();
  await env.advance(60_000);
  expect(sent).toHaveLength(8);
});

test('[CL64] a busy server gets the same values again, newer ones winning, and the last report ten times', async () => {
  const { env, run, sent, answers, isHeld } = reporter();
  const busy: CommandResult = { ok: false, code: 'overloaded', message: 'full', conflict: null };
  await env.advance(200);
  isHeld.now = true;
  run.report({ done: 1, stage: 'one' });
  run.progress(2);
  answers.shift()?.(busy);
  await env.advance(1_000);
  expect(sent.at(-1)).toMatchObject({ done: 2, stage: 'one' });
  expect(run.error).toEqual(busy);
  answers.shift()?.(DONE);
  await env.settle();
  expect(run.error).toBeNull();
  const end = run.fail('broken');
  for (let i = 0; i < 12; i += 1) {
    answers.shift()?.(busy);
    await env.advance(20_000);
  }
  expect(await end).toEqual(busy);
  const last = sent.filter(({ state }) => state === 'failed');
  expect(last).toHaveLength(10);
  expect(last[0]).toMatchObject({ reason: { code: 'error', text: 'broken' } });
});
