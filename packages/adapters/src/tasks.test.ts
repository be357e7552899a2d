import { expect, test } from 'vitest';
import { followA2aStream } from './a2a.ts';
import { followCall, followTask, type TaskLike } from './mcp.ts';
import { world } from './testing/world.ts';

test('[AD17] a task is asked after at its own pace, through a time without answers, until it has ended', async () => {
  const { env, reporter, said } = world();
  let now: TaskLike | Error = { taskId: 't1', status: 'working', statusMessage: 'one' };
  let asked = 0;
  followTask(reporter, {
    task: { taskId: 't1', status: 'working', pollInterval: 2_000 },
    get: () => {
      asked += 1;
      return now instanceof Error ? Promise.reject(now) : Promise.resolve(now);
    },
    title: 'Cook',
    prefix: 'kitchen',
  });
  await env.advance(10_000);
  expect(asked).toBe(6);
  expect(said.at(-1)).toMatchObject({ id: 'kitchen:t1', message: 'one' });
  now = new Error('ECONNREFUSED');
  await env.advance(60_000);
  now = { taskId: 't1', status: 'a_word_of_next_year', statusMessage: 'two' };
  await env.advance(2_000);
  now = { taskId: 't1', status: 'input_required' };
  await env.advance(2_000);
  now = { taskId: 't1', status: 'failed', statusMessage: 'burnt' };
  await env.advance(2_000);
  expect(said.map(({ state, reason }) => [state, reason?.text])).toEqual([
    ['running', undefined],
    [undefined, undefined],
    [undefined, undefined],
    ['waiting_input', undefined],
    ['failed', 'burnt'],
  ]);
  expect(env.pending.timers).toBe(0);
});

test('[AD17] a source that knows nothing of a task has lost it', async () => {
  const { env, reporter, said } = world();
  const get = (): Promise<TaskLike> => Promise.reject(Object.assign(new Error('no task'), { code: -32_602 }));
  followTask(reporter, { task: { taskId: 't1', status: 'working' }, get, title: 'Cook' });
  await env.advance(1_000);
  expect(said.at(-1)).toMatchObject({ id: 'mcp:t1', state: 'lost', reason: { code: 'unknown' } });
  expect(env.pending.timers).toBe(0);

  const closed = followTask(reporter, {
    task: { taskId: 't2', status: 'working' },
    get: () => new Promise(() => undefined),
    title: 'Cook',
  });
  await env.advance(1_000);
  closed.close();
  await env.advance(60_000);
  expect(said.at(-1)).toMatchObject({ id: 'mcp:t2', state: 'running' });
  expect([reporter.open, env.pending.timers]).toEqual([[], 0]);
});

test('[AD11] a call that is refused or takes too long ends its job so, and fails for its caller', async () => {
  const { env, reporter, said } = world();
  const refusals = [
    Object.assign(new Error('Tool nope not found'), { code: -32_602 }),
    Object.assign(new Error('Request timed out'), { code: 'REQUEST_TIMEOUT' }),
  ];
  for (const [i, error] of refusals.entries()) {
    const call = followCall(reporter, { id: `c${i}`, title: 'Cook' }, () => Promise.reject(error));
    await expect(call).rejects.toBe(error);
  }
  await env.advance(200);
  const ends = said.filter(({ reason }) => reason !== undefined);
  expect(ends.map(({ id, state, reason }) => [id, state, reason])).toEqual([
    ['c0', 'failed', { code: 'rpc_error_-32602', text: 'Tool nope not found' }],
    ['c1', 'timed_out', { code: 'request_timeout', text: 'Request timed out' }],
  ]);
});

test('[AD10] [AD11] tasks in the words of A2A 0.3 read as those of 1.0, and a plain message is no task', async () => {
  const { env, reporter, said } = world();
  const message = (text: string): object => ({ parts: [{ kind: 'text', text }] });
  const stream = (async function* stream(): AsyncGenerator<object> {
    yield await Promise.resolve({ kind: 'message', messageId: 'm1', parts: [] });
    yield { kind: 'task', id: 't1', contextId: 'c', status: { state: 'submitted' } };
    yield { kind: 'artifact-update', taskId: 't1', artifact: { name: 'menu' } };
    yield { kind: 'status-update', taskId: 't1', status: { state: 'input-required', message: message('Rice?') } };
    yield { kind: 'status-update', taskId: 't1', status: { state: 'TASK_STATE_REJECTED', message: message('closed') } };
  })();
  for await (const event of followA2aStream(reporter, { agent: 'waiter', title: 'Dinner' }, stream)) {
    expect(event).toBeDefined();
    await env.advance(200);
  }
  expect(said.map(({ id, state, stage, reason }) => [id, state, stage, reason])).toEqual([
    ['waiter:t1', 'queued', undefined, undefined],
    ['waiter:t1', undefined, 'menu', undefined],
    ['waiter:t1', 'waiting_input', undefined, { code: 'input_required', text: 'Rice?' }],
    ['waiter:t1', 'failed', undefined, { code: 'rejected', text: 'closed' }],
  ]);
  expect(env.pending.timers).toBe(0);
});
