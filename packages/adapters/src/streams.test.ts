import { expect, test } from 'vitest';
import { agentSubscriber, runEvents } from './ag-ui.ts';
import { followAnswer, type StreamPart } from './ai-sdk.ts';
import { world } from './testing/world.ts';

const answer = { id: 'a1', agent: 'chef', title: 'Dinner' };

async function* parts(...list: readonly object[]): AsyncGenerator<StreamPart> {
  for (const part of list) yield await Promise.resolve({ type: '', ...part });
}

test('[AD15] an answer that a person has to allow waits, and goes on as the same execution', async () => {
  const { env, reporter, said } = world();
  const call = { toolCallId: 'c1', toolName: 'shop' };
  const asked = parts(
    { type: 'tool-call', ...call },
    { type: 'tool-approval-request', approvalId: 'p1', toolCall: call },
    { type: 'finish', finishReason: 'tool-calls' },
  );
  for await (const part of followAnswer(reporter, answer, asked)) expect(part.type).not.toBe('');
  await env.advance(200);
  expect(said.at(-1)).toMatchObject({
    id: 'a1',
    state: 'waiting_input',
    reason: { code: 'approval' },
    steps: [{ id: 'c1', title: 'shop', state: 'waiting_input' }],
  });
  // Nobody knows whether it goes on here: nothing of it is kept.
  expect([reporter.open, env.pending.timers]).toEqual([[], 0]);
  const rest = parts({ type: 'tool-result', ...call }, { type: 'finish', finishReason: 'stop' });
  for await (const part of followAnswer(reporter, answer, rest)) expect(part.type).not.toBe('');
  await env.advance(200);
  expect(said.at(-1)).toMatchObject({ state: 'succeeded', steps: [{ id: 'c1', state: 'succeeded' }] });
  expect(env.pending.timers).toBe(0);
});

test('[AD15] the chunks for the screen say the same: a tool that failed is a step, an error is the end', async () => {
  const { env, reporter, said } = world();
  const chunks = parts(
    { type: 'start-step' },
    { type: 'tool-input-available', toolCallId: 'c1', toolName: 'shop' },
    { type: 'tool-output-error', toolCallId: 'c1', errorText: 'closed' },
    { type: 'finish-step' },
    { type: 'error', errorText: 'no route' },
  );
  for await (const part of followAnswer(reporter, answer, chunks)) expect(part.type).not.toBe('');
  await env.advance(200);
  expect(said.at(-1)).toMatchObject({
    state: 'failed',
    reason: { text: 'no route' },
    done: 1,
    steps: [{ id: 'c1', state: 'failed' }],
  });
});

test('[AD15] a reader that leaves cancels it, a stream that is cut loses it, one that breaks fails it', async () => {
  const { env, reporter, said } = world();
  for await (const part of followAnswer(reporter, answer, parts({ type: 'start' }, { type: 'text-start' }))) {
    if (part.type === 'start') break;
  }
  for await (const part of followAnswer(reporter, { ...answer, id: 'a2' }, parts({ type: 'start' }))) void part;
  const broken = (async function* broken(): AsyncGenerator<StreamPart> {
    yield { type: 'start' };
    throw await Promise.resolve(new Error('reset'));
  })();
  await expect(async () => {
    for await (const part of followAnswer(reporter, { ...answer, id: 'a3' }, broken)) void part;
  }).rejects.toThrow('reset');
  await env.advance(200);
  const ends = said
    .filter(({ reason }) => reason !== undefined)
    .map(({ id, state, reason }) => [id, state, reason?.code]);
  expect(ends).toEqual([
    ['a1', 'canceled', 'left'],
    ['a2', 'lost', 'cut'],
    ['a3', 'failed', 'error'],
  ]);
  expect(env.pending.timers).toBe(0);
});

test('[AD16] an interrupt waits for a person, subagents are steps, and a run without an end is lost', async () => {
  const { env, reporter, said } = world();
  const events = runEvents(reporter, { agent: 'cook', labels: { kitchen: 'north' } });
  events.hear(Object.assign({ type: 'RUN_STARTED' }, { runId: 'r1', parentRunId: 'r0' }));
  events.hear(Object.assign({ type: 'SUBAGENT_STARTED' }, { subagentRunId: 's1', name: 'baker' }));
  events.hear(Object.assign({ type: 'SUBAGENT_ERROR' }, { subagentRunId: 's1' }));
  const outcome = { type: 'interrupt', interrupts: [{ id: 'i1', reason: 'confirm', message: 'Buy saffron?' }] };
  events.hear(Object.assign({ type: 'RUN_FINISHED' }, { outcome }));
  await env.advance(200);
  expect(said[0]).toMatchObject({ id: 'cook:r1', parent: 'cook:r0', labels: { kitchen: 'north' } });
  expect(said.at(-1)).toMatchObject({
    state: 'waiting_input',
    reason: { code: 'interrupt', text: 'Buy saffron?' },
    steps: [{ id: 's1', title: 'baker', state: 'failed' }],
  });
  events.ended();

  const subscriber = agentSubscriber(reporter, { agent: 'cook' });
  subscriber.onEvent({ event: Object.assign({ type: 'RUN_STARTED' }, { runId: 'r2' }) });
  subscriber.onRunFinalized();
  subscriber.onEvent({ event: Object.assign({ type: 'RUN_STARTED' }, { runId: 'r3' }) });
  subscriber.onRunFailed({ error: new Error('unreachable') });
  subscriber.onRunFinalized();
  await env.advance(200);
  const ends = said.filter(({ state }) => state === 'lost' || state === 'failed');
  expect(ends.map(({ id, state, reason }) => [id, state, reason?.code])).toEqual([
    ['cook:r2', 'lost', 'cut'],
    ['cook:r3', 'failed', 'error'],
  ]);
});
