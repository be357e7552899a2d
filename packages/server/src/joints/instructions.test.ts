import type { Agent, AgentOrder, AgentStand, Instruction } from '@statewire/model';
import { AGENT_ORDERS, agentStandOf, agentTransitions } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { engine } from '../derive/engine.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import type { FakeClock } from '../testing/fake-clock.ts';
import { Instructions } from './instructions.ts';
import { Maintenances } from './maintenance.ts';

const HOUR_MS = 3_600_000;
const admin = caller(['admin'], { id: 'ana', kind: 'user' });
const agentKey = caller(['report'], { id: 'agent-key' });
const otherKey = caller(['report'], { id: 'other-key' });
const viewer = caller(['read'], { id: 'viewer' });

interface Office extends Desk {
  readonly instructions: Instructions;
  order(name: AgentOrder, fields?: JsonObject): ReturnType<Desk['commands']['mutate']>;
  answer(
    number: number,
    state: 'done' | 'received' | 'refused',
    who?: typeof agentKey,
    text?: string,
  ): ReturnType<Desk['commands']['mutate']>;
  agent(): Agent;
  told(number: number): Instruction;
  end(): Promise<void>;
}

async function open(
  options: { clock?: FakeClock; store?: MemoryStore; limits?: Partial<Limits> } = {},
): Promise<Office> {
  let instructions: Instructions | null = null;
  let maintenances: Maintenances | null = null;
  const desk = await openDesk({
    ...options,
    onCommitted: (committed) => {
      maintenances?.follow(committed);
      instructions?.follow(committed);
    },
    onDue: {
      instructions: async (org, id, deadline) =>
        instructions?.due(org, id, deadline) ?? { ok: false, code: 'internal', message: 'not open' },
      maintenances: async (org, id, deadline) =>
        maintenances?.due(org, id, deadline) ?? { ok: false, code: 'internal', message: 'not open' },
    },
  });
  const limits = { ...defaults, ...options.limits };
  const { clock, keep } = desk;
  const made = new Instructions({ clock, limits, live: keep.live, commit: keep.commit, engine });
  instructions = made;
  const kept = new Maintenances({
    live: keep.live,
    commit: () => keep.commit,
    engine,
    observeIn: desk.deps.observeIn,
    onError: (error) => {
      throw error;
    },
  });
  maintenances = kept;
  kept.start();
  return {
    ...desk,
    instructions: made,
    order: (name, fields = {}) =>
      desk.commands.mutate(admin, { collection: 'agents', id: 'a', op: 'call', name, fields }),
    answer: (number, state, who = agentKey, text = '') =>
      desk.commands.mutate(who, {
        collection: 'instructions',
        id: `a:${number}`,
        op: 'call',
        name: 'answer',
        fields: { state, answer: text },
      }),
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: rows of these collections.
    agent: () => desk.row('agents', 'a') as Agent,
    told: (number) => desk.row('instructions', `a:${number}`) as Instruction,
    // oxlint-enable typescript/no-unsafe-type-assertion
    async end() {
      made.close();
      kept.close();
      await desk.close();
    },
  };
}

async function speak(desk: Desk, who = agentKey, phase = 'running'): Promise<void> {
  expect(
    await desk.reports.report(who, { collection: 'agents', id: 'a', phase, periodMs: 2_000_000_000 }),
  ).toMatchObject({ ok: true });
}

test('[AI1] every order from every stand does what the table says, and the others are refused in its words', async () => {
  const reach: Readonly<Record<AgentStand, readonly [AgentOrder, JsonObject][]>> = {
    active: [],
    paused: [['pause', {}]],
    maintenance: [['maintenance', {}]],
    retired: [['retire', {}]],
  };
  for (const [stand, ways] of Object.entries(reach)) {
    for (const order of AGENT_ORDERS) {
      const desk = await open();
      await speak(desk);
      const until = desk.clock.now() + HOUR_MS;
      const argsOf = (name: AgentOrder): JsonObject =>
        name === 'maintenance' ? { until } : name === 'message' ? { text: 'hello' } : {};
      for (const [name] of ways) expect(await desk.order(name, argsOf(name))).toMatchObject({ ok: true });
      expect(agentStandOf(desk.agent())).toBe(stand);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the keys of `reach`.
      const { to, why } = agentTransitions[stand as AgentStand][order];
      const before = desk.agent().instructed;
      const done = await desk.order(order, argsOf(order));
      if (to === null) {
        expect(done).toMatchObject({ ok: false, code: 'gone', message: expect.stringContaining(why ?? '') });
        expect(desk.agent().instructed).toBe(before);
      } else {
        expect(done).toMatchObject({ ok: true });
        expect(agentStandOf(desk.agent())).toBe(to);
        expect(desk.agent().instructed).toBe(order === 'retire' ? before : before + 1);
      }
      await desk.end();
    }
  }
});

test('[AI1] a change of what is wanted is the order of that name, and asking for what is there is none', async () => {
  const desk = await open();
  await speak(desk);
  const patch = (desired: string) =>
    desk.commands.mutate(admin, { collection: 'agents', id: 'a', op: 'patch', fields: { desired, name: 'Ada' } });
  expect(await patch('active')).toMatchObject({ ok: true });
  expect(desk.agent()).toMatchObject({ instructed: 0, name: 'Ada' });
  expect(await patch('paused')).toMatchObject({ ok: true });
  expect(desk.told(1)).toMatchObject({ kind: 'pause', state: 'sent', by: 'Ana' });
  expect(await patch('retired')).toMatchObject({ ok: true });
  expect(await patch('paused')).toMatchObject({ ok: false, code: 'gone' });
  await desk.end();
});

test('[AI2] an order, its instruction and what the record says of it are one transaction', async () => {
  const desk = await open();
  await speak(desk);
  const versions = desk.committed.length;
  const done = await desk.order('pause', { text: 'quota' });
  expect(done).toMatchObject({ ok: true, value: { value: { id: 'a', instruction: 'a:1' } } });
  expect(desk.committed).toHaveLength(versions + 1);
  expect(
    desk.committed
      .at(-1)
      ?.changes.map(({ collection }) => collection)
      .toSorted(),
  ).toEqual(['agents', 'instructions']);
  expect(desk.agent()).toMatchObject({
    desired: 'paused',
    status: 'paused',
    waiting: 1,
    asked: { instruction: 'a:1', kind: 'pause', state: 'sent' },
  });
  expect(desk.told(1)).toMatchObject({ agent: 'a', number: 1, kind: 'pause', text: 'quota', recipient: 'agent-key' });
  await desk.answer(1, 'received');
  expect(desk.agent()).toMatchObject({ waiting: 1, asked: { state: 'received' } });
  await desk.answer(1, 'done', agentKey, 'paused');
  expect(desk.agent()).toMatchObject({ waiting: 0, asked: { state: 'done', answer: 'paused' } });
  // A message orders nothing, and does not hide what was ordered.
  await desk.order('message', { text: 'hello' });
  expect(desk.agent()).toMatchObject({ waiting: 1, asked: { instruction: 'a:1' } });
  await desk.end();
});

test('[AI3] a word twice is one; an end stays; who comes later is refused', async () => {
  const desk = await open();
  await speak(desk);
  await desk.order('pause');
  await desk.answer(1, 'received');
  const version = desk.keep.live.version('main');
  expect(await desk.answer(1, 'received')).toMatchObject({ ok: true });
  expect(desk.keep.live.version('main')).toBe(version);
  expect(await desk.answer(1, 'refused', agentKey, 'busy')).toMatchObject({ ok: true });
  expect(await desk.answer(1, 'refused', agentKey, 'busy')).toMatchObject({ ok: true });
  expect(await desk.answer(1, 'done')).toMatchObject({ ok: false, code: 'gone' });
  expect(await desk.answer(1, 'received')).toMatchObject({ ok: false, code: 'gone' });
  expect(desk.told(1)).toMatchObject({ state: 'refused', answer: 'busy', nextAt: null });
  await desk.end();
});

test('[AI3] [AI5] unanswered it expires at its time, also when nobody was here then', async () => {
  const desk = await open();
  await speak(desk);
  const expiresAt = desk.clock.now() + HOUR_MS;
  await desk.order('message', { text: 'one', expiresAt });
  await desk.order('message', { text: 'two', expiresAt: expiresAt + 1 });
  await desk.answer(2, 'received');
  await desk.end();
  const { clock, store } = desk;
  await clock.run(2 * HOUR_MS);
  const again = await open({ clock, store });
  await clock.run(1_000);
  expect(again.told(1)).toMatchObject({ state: 'expired', endedAt: expiresAt, answer: 'the agent was not reached' });
  expect(again.told(2)).toMatchObject({
    state: 'expired',
    endedAt: expiresAt + 1,
    answer: 'received, and never answered',
  });
  expect(again.agent().waiting).toBe(0);
  expect(await again.answer(2, 'done')).toMatchObject({ ok: false, code: 'gone' });
  await again.end();
});

test.each([-1, 0, 31 * 86_400_000])('[AI5] an end %d ms from now is refused', async (ms) => {
  const desk = await open();
  await speak(desk);
  const expiresAt = desk.clock.now() + ms;
  expect(await desk.order('message', { text: 'x', expiresAt })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await desk.order('message', { text: ' ' })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await desk.order('maintenance', { until: desk.clock.now() + (ms > 0 ? 91 * 86_400_000 : ms) })).toMatchObject({
    code: 'bad_field',
  });
  expect(desk.agent()).toMatchObject({ instructed: 0, desired: 'active', overlay: { maintenance: null } });
  await desk.end();
});

test('[AI4] so many wait and so many are kept; they go with the agent, and retiring ends them', async () => {
  const desk = await open({ limits: { instructionsWaitingMax: 3, instructionsKeptMax: 5 } });
  await speak(desk);
  for (const text of ['1', '2', '3']) expect(await desk.order('message', { text })).toMatchObject({ ok: true });
  expect(await desk.order('message', { text: '4' })).toMatchObject({ ok: false, code: 'too_large' });
  for (let number = 1; number <= 6; number += 1) {
    expect(await desk.answer(number, 'done')).toMatchObject({ ok: true });
    expect(await desk.order('message', { text: 'more' })).toMatchObject({ ok: true });
  }
  expect(desk.row('instructions', 'a:4')).toBeNull();
  expect(desk.told(5)).toMatchObject({ number: 5, state: 'done' });
  expect(desk.agent()).toMatchObject({ instructed: 9, waiting: 3 });
  await desk.order('retire');
  expect(desk.told(9)).toMatchObject({ state: 'expired', answer: 'the agent was retired' });
  expect(desk.agent().waiting).toBe(0);
  await desk.commands.mutate(admin, { collection: 'agents', id: 'a', op: 'del' });
  expect([...desk.keep.live.entries('main', 'instructions')]).toEqual([]);
  await desk.end();
});

test('[AI4] the longest name of an agent leaves room for numbers', async () => {
  const desk = await open();
  const id = 'x'.repeat(128);
  await desk.reports.report(agentKey, { collection: 'agents', id });
  const done = await desk.commands.mutate(admin, { collection: 'agents', id, op: 'call', name: 'pause', fields: {} });
  expect(done).toMatchObject({
    ok: true,
    value: { value: { instruction: expect.stringMatching(/^[\da-f]{32}:1$/u) } },
  });
  await desk.end();
});

test('[AI6] only the credential that speaks for the agent answers, and it may change', async () => {
  const desk = await open();
  await speak(desk);
  await desk.order('pause');
  for (const who of [otherKey, caller(['report'], { id: 'agent-key', org: 'o2' })]) {
    expect(await desk.answer(1, 'done', who)).toMatchObject({ ok: false, code: 'not_found' });
  }
  expect(await desk.answer(1, 'done', viewer)).toMatchObject({ ok: false, code: 'forbidden' });
  await desk.answer(1, 'received');
  await speak(desk, otherKey);
  expect(desk.told(1).recipient).toBe('other-key');
  expect(await desk.answer(1, 'done')).toMatchObject({ ok: false, code: 'not_found' });
  expect(await desk.answer(1, 'done', otherKey)).toMatchObject({ ok: true });
  // A person who reports by hand speaks for no program.
  await desk.reports.report(admin, { collection: 'agents', id: 'a', phase: 'idle' });
  expect(desk.agent().speaker).toBe('other-key');
  // A program that holds a connection is not talked over by a report of another.
  await desk.commands.mutate(agentKey, { collection: 'agents', id: 'a', op: 'call', name: 'present', fields: {} });
  expect(desk.agent()).toMatchObject({ speaker: 'agent-key', presence: 'socket' });
  await speak(desk, otherKey);
  expect(desk.agent().speaker).toBe('agent-key');
  await desk.end();
});

test('[AI7] a held request is answered when something comes, when time is over, and when the server stops', async () => {
  const desk = await open({ limits: { instructionWaitersPerAgentMax: 2 } });
  await speak(desk);
  const { signal, abort } = ((): { signal: AbortSignal; abort: () => void } => {
    const end = new AbortController();
    return { signal: end.signal, abort: () => end.abort() };
  })();
  const ask = (after = 0, waitMs = 30_000) => desk.instructions.next(agentKey, { agent: 'a', after, waitMs, signal });
  const first = ask();
  const second = ask();
  expect(await ask()).toMatchObject({ ok: false, code: 'overloaded' });
  await desk.order('pause');
  expect(await first).toMatchObject({ ok: true, value: [{ id: 'a:1', kind: 'pause' }] });
  expect(await second).toEqual(await first);
  expect(await ask()).toMatchObject({ value: [{ id: 'a:1' }] });
  const late = ask(1);
  await desk.clock.run(30_000);
  expect(await late).toEqual({ ok: true, value: [] });
  const left = ask(1);
  await desk.clock.run(1);
  expect(desk.instructions.size).toBe(1);
  abort();
  expect(await left).toEqual({ ok: true, value: [] });
  const open2 = desk.instructions.next(agentKey, {
    agent: 'a',
    after: 1,
    waitMs: 30_000,
    signal: new AbortController().signal,
  });
  await desk.clock.run(1);
  desk.instructions.close();
  expect(await open2).toEqual({ ok: true, value: [] });
  expect(desk.instructions.size).toBe(0);
  await desk.end();
});

test('[AI6] [AI7] who asks must speak for the agent; the first to ask for one that never spoke does', async () => {
  const desk = await open();
  const { signal } = new AbortController();
  const ask = (who: typeof agentKey) => desk.instructions.next(who, { agent: 'a', after: 0, waitMs: 0, signal });
  expect(await ask(agentKey)).toMatchObject({ ok: false, code: 'not_found' });
  await desk.commands.mutate(admin, { collection: 'agents', id: 'a', op: 'create', fields: { name: 'Ada' } });
  await desk.order('message', { text: 'hello' });
  expect(await ask(agentKey)).toMatchObject({ ok: true, value: [{ text: 'hello', recipient: 'agent-key' }] });
  expect(await ask(otherKey)).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await ask(viewer)).toMatchObject({ ok: true, value: [{ text: 'hello' }] });
  expect(desk.agent().speaker).toBe('agent-key');
  await desk.end();
});

test('[AI7] each report and beat says how many wait', async () => {
  const desk = await open();
  await speak(desk);
  await desk.order('pause');
  const said = await desk.reports.report(agentKey, { collection: 'agents', id: 'a', phase: 'running' });
  expect(said).toMatchObject({ ok: true, value: { value: { id: 'a', instructions: 1 } } });
  expect(await desk.reports.reportAll(agentKey, [{ collection: 'agents', id: 'a', phase: 'running' }])).toMatchObject([
    { ok: true, instructions: 1 },
  ]);
  const beat = { principal: agentKey, slug: 'a', signal: 'ok', ms: null, text: '', create: null } as const;
  expect(await desk.beats.beat(beat)).toMatchObject({ ok: true, value: { value: { instructions: 1 } } });
  await desk.answer(1, 'done');
  expect(await desk.beats.beat(beat)).toMatchObject({ ok: true, value: { value: { id: 'a' } } });
  expect(desk.row('instructions', 'a:1')).toMatchObject({ state: 'done' });
  await desk.end();
});

test('[AI8] a maintenance of one agent moves its end when ordered again, ends by resume or by itself', async () => {
  const desk = await open();
  await speak(desk);
  const until = desk.clock.now() + HOUR_MS;
  await desk.order('maintenance', { until, text: 'new model' });
  expect(desk.agent()).toMatchObject({ status: 'maintenance', asked: { kind: 'maintenance' } });
  expect(desk.told(1)).toMatchObject({ until, expiresAt: until, text: 'new model' });
  await desk.order('maintenance', { until: until + HOUR_MS });
  const all = () => [...desk.keep.live.entries('main', 'maintenances')].map(({ row }) => row);
  expect(all()).toMatchObject([{ state: 'active', window: { to: until + HOUR_MS } }]);
  await desk.order('resume');
  expect(desk.agent()).toMatchObject({ status: 'up', overlay: { maintenance: null } });
  expect(all()).toMatchObject([{ state: 'completed' }]);
  await desk.order('maintenance', { until: desk.clock.now() + HOUR_MS });
  await desk.clock.run(HOUR_MS + 1_000);
  expect(agentStandOf(desk.agent())).toBe('active');
  // One that means others too is not this agent's to end.
  const fields = {
    title: 'All',
    selector: { collection: 'agents', where: null },
    schedule: { kind: 'once', durationMs: HOUR_MS },
  };
  expect(
    await desk.commands.mutate(admin, { collection: 'maintenances', id: 'all', op: 'create', fields }),
  ).toMatchObject({ ok: true });
  expect(agentStandOf(desk.agent())).toBe('maintenance');
  expect(await desk.order('resume')).toMatchObject({
    ok: false,
    code: 'gone',
    message: expect.stringContaining('maintenances/all'),
  });
  await desk.end();
});
