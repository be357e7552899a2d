import type { Json } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { engine } from '../derive/engine.ts';
import type { Committed } from '../keep/commit-types.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits } from '../lib/limits.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import type { FakeClock } from '../testing/fake-clock.ts';
import { Groups } from './groups.ts';

const admin = caller(['admin']);
const reporter = caller(['report']);

interface Office extends Desk {
  readonly groups: Groups;
  make(id: string, fields: { [key: string]: Json }): Promise<void>;
  say(ref: string, phase: 'idle' | 'failed'): Promise<void>;
  settle(): Promise<void>;
  end(): Promise<void>;
}

async function open(options: { clock?: FakeClock; store?: MemoryStore } = {}): Promise<Office> {
  const heard: Committed[] = [];
  let groups: Groups | null = null;
  const desk = await openDesk({
    ...options,
    onCommitted: (committed) => void (groups?.follow(committed), heard.push(committed)),
  });
  const { clock, keep } = desk;
  const made = new Groups({
    clock,
    live: keep.live,
    commit: keep.commit,
    rulesOf: engine.rulesOf,
    limits,
    onError: (error) => {
      throw error;
    },
  });
  groups = made;
  made.start();
  return {
    ...desk,
    groups: made,
    async make(id, fields) {
      const done = await desk.commands.mutate(admin, {
        collection: 'services',
        id,
        op: 'create',
        fields: { name: id, ...fields },
      });
      expect(done).toMatchObject({ ok: true });
    },
    async say(id, phase) {
      expect(await desk.reports.report(reporter, { collection: 'agents', id, phase })).toMatchObject({ ok: true });
    },
    settle: () => clock.run(0),
    async end() {
      made.close();
      await desk.close();
    },
  };
}

const refs = (...ids: string[]): string[] => ids.map((id) => `agents/${id}`);

test('[GR7] a group follows its members: worst by default, with names in the reason', async () => {
  const office = await open();
  for (const id of ['a', 'b', 'c']) await office.say(id, 'idle');
  await office.make('g', { kind: 'group', members: { refs: refs('a', 'b', 'c') } });
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({
    status: 'up',
    fresh: 'live',
    facts: { members: { text: '3 up' } },
  });
  office.clock.advance(5_000);
  await office.say('b', 'failed');
  const since = office.clock.now();
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({
    status: 'down',
    since,
    reason: { code: 'members', text: '1 of 3 down: b' },
  });
  await office.say('b', 'idle');
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({ status: 'up', reason: { code: 'ok', text: '' } });
  expect(await office.transitions('services', 'g')).toEqual(['pending>up', 'up>down', 'down>up']);
  await office.end();
});

test('[GR7] a burst of members is one write of the group, and members that change nothing write nothing', async () => {
  const office = await open();
  const ids = Array.from({ length: 50 }, (_, i) => `a${i}`);
  for (const id of ids) await office.say(id, 'idle');
  await office.make('g', { kind: 'group', members: { refs: refs(...ids) } });
  await office.settle();
  const before = office.committed.length;
  await office.reports.reportAll(
    reporter,
    ids.map((id) => ({ collection: 'agents', id, phase: 'failed' })),
  );
  await office.settle();
  const writes = office.committed.slice(before).filter(({ changes }) => changes.some(({ id }) => id === 'g'));
  expect(writes).toHaveLength(1);
  const quiet = office.committed.length;
  await office.reports.report(reporter, { collection: 'agents', id: 'a0', activity: 'thinking' });
  await office.settle();
  expect(office.committed.length).toBe(quiet + 1);
  await office.end();
});

test('[GR7] a group in a group follows too, and the change arrives with the member’s time', async () => {
  const office = await open();
  await office.say('a', 'idle');
  await office.make('inner', { kind: 'group', members: { refs: refs('a') } });
  await office.make('outer', { kind: 'group', members: { refs: ['services/inner'] } });
  await office.settle();
  office.clock.advance(60_000);
  await office.say('a', 'failed');
  const since = office.clock.now();
  office.clock.advance(0);
  await office.settle();
  expect(office.row('services', 'outer')).toMatchObject({
    status: 'down',
    since,
    reason: { text: '1 of 1 down: inner' },
  });
  await office.end();
});

test('[GR7] services join and leave by the filter, and a group never finds a group', async () => {
  const office = await open();
  const web = (team: string) => ({ kind: 'tcp', target: 'db:5432', labels: { team }, check: { failAfter: 1 } });
  await office.make('g', {
    kind: 'group',
    labels: { team: 'shop' },
    members: { where: ['eq', 'labels.team', 'shop'] },
  });
  await office.make('one', web('shop'));
  await office.make('two', web('mail'));
  await office.reports.report(reporter, { collection: 'services', id: 'one', health: 'healthy' });
  await office.reports.report(reporter, { collection: 'services', id: 'two', health: 'unhealthy', final: true });
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({ status: 'up', facts: { members: { text: '1 up' } } });
  const now = office.clock.now() + 1_000;
  office.clock.advance(1_000);
  await office.commands.mutate(admin, {
    collection: 'services',
    id: 'two',
    op: 'patch',
    fields: { labels: { team: 'shop' } },
  });
  await office.settle();
  // It had been down for long; the group is down since it belongs to it.
  expect(office.row('services', 'g')).toMatchObject({
    status: 'down',
    since: now,
    facts: { members: { text: '1 up, 1 down' } },
  });
  await office.commands.mutate(admin, { collection: 'services', id: 'two', op: 'del' });
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({ status: 'up' });
  await office.end();
});

test('[GR7] a paused group says nothing and starts from nothing when it is resumed', async () => {
  const office = await open();
  await office.say('a', 'idle');
  await office.make('g', { kind: 'group', members: { refs: refs('a') } });
  await office.settle();
  const call = (name: string) => office.commands.mutate(admin, { collection: 'services', id: 'g', op: 'call', name });
  expect(await office.reports.report(reporter, { collection: 'services', id: 'g', health: 'healthy' })).toMatchObject({
    ok: false,
    code: 'unsupported',
  });
  await call('pause');
  await office.say('a', 'failed');
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({ status: 'paused', health: 'healthy' });
  await call('resume');
  await office.settle();
  expect(office.row('services', 'g')).toMatchObject({ status: 'down' });
  await office.end();
});

test('[GR8] a start works out what moved between the member’s commit and the group’s, and writes nothing else', async () => {
  const store = new MemoryStore();
  const office = await open({ store });
  await office.say('a', 'idle');
  await office.make('g', { kind: 'group', members: { refs: refs('a') } });
  await office.settle();
  // Killed after the member's commit, before the group's turn.
  office.groups.close();
  await office.say('a', 'failed');
  await office.close();
  const again = await open({ store, clock: office.clock });
  await again.settle();
  expect(again.row('services', 'g')).toMatchObject({ status: 'down' });
  const written = again.committed.length;
  await again.end();
  const third = await open({ store, clock: office.clock });
  await third.settle();
  expect(third.committed.length).toBe(0);
  expect(written).toBe(1);
  await third.end();
});
