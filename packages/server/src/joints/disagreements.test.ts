import type { Disagreement } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits } from '../lib/limits.ts';
import { AlertWorld } from '../testing/alert-world.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import type { FakeClock } from '../testing/fake-clock.ts';
import { Disagreements } from './disagreements.ts';

const admin = caller(['admin']);
const reporter = caller(['report']);

interface Office extends Desk {
  say(collection: string, id: string, fields: object): Promise<void>;
  of(collection: string, id: string): Disagreement | null;
  end(): Promise<void>;
}

async function open(options: { clock?: FakeClock; store?: MemoryStore } = {}): Promise<Office> {
  let follower: Disagreements | null = null;
  const desk = await openDesk({ ...options, onCommitted: (committed) => follower?.follow(committed) });
  const made = new Disagreements({
    clock: desk.clock,
    live: desk.keep.live,
    commit: desk.keep.commit,
    limits,
    onError: (error) => {
      throw error;
    },
  });
  follower = made;
  made.start();
  return {
    ...desk,
    async say(collection, id, fields) {
      expect(await desk.reports.report(reporter, { collection, id, final: true, ...fields })).toMatchObject({
        ok: true,
      });
      await desk.clock.run(10);
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the field of services and connections.
    of: (collection, id) => (desk.row(collection, id)?.['disagreement'] ?? null) as Disagreement | null,
    async end() {
      made.close();
      await desk.close();
    },
  };
}

async function fleet(desk: Office): Promise<void> {
  const fields = { name: 'Shop', kind: 'tcp', target: 'shop:1' };
  await desk.commands.mutate(admin, { collection: 'services', id: 's', op: 'create', fields });
  await desk.say('services', 's', { health: 'healthy' });
  for (const agent of ['a', 'b', 'c']) {
    await desk.say('agents', agent, { phase: 'running', periodMs: 60_000 });
    await desk.say('connections', `${agent}:s`, { phase: 'connected' });
  }
}

const FAILED = { phase: 'failed', reason: { code: 'needs_auth', text: 'The token has expired.' } };

test('[AI9] it comes and goes with what agents and our look say', async () => {
  const desk = await open();
  await fleet(desk);
  expect(desk.of('services', 's')).toBeNull();
  await desk.say('connections', 'a:s', FAILED);
  await desk.say('connections', 'b:s', FAILED);
  expect(desk.of('services', 's')).toMatchObject({ kind: 'agents_fail', agents: 2, of: 3, code: 'needs_auth' });
  expect(desk.of('connections', 'a:s')).toMatchObject({ kind: 'agents_fail' });
  expect(desk.of('connections', 'c:s')).toBeNull();
  const { length } = desk.committed;
  await desk.say('connections', 'a:s', FAILED);
  expect(desk.committed).toHaveLength(length + 1);
  await desk.say('connections', 'a:s', { phase: 'connected' });
  expect(desk.of('services', 's')).toMatchObject({ agents: 1, of: 3 });
  expect(desk.of('connections', 'a:s')).toBeNull();
  await desk.say('services', 's', { health: 'unhealthy' });
  expect(desk.of('services', 's')).toMatchObject({ kind: 'probe_fails', agents: 2, of: 3 });
  await desk.commands.mutate(admin, { collection: 'connections', id: 'a:s', op: 'del' });
  await desk.clock.run(10);
  expect(desk.of('services', 's')).toMatchObject({ agents: 1, of: 2 });
  await desk.commands.mutate(admin, { collection: 'services', id: 's', op: 'del' });
  await desk.clock.run(10);
  expect(desk.of('connections', 'c:s')).toBeNull();
  await desk.end();
});

test('[AI9] a rule may be about it: told when agents fail, over when they do not', async () => {
  const world = await AlertWorld.open();
  const office = world.desk;
  const fields = {
    name: 'Agents cannot connect',
    on: { collection: 'services', where: ['eq', 'disagreement.kind', 'agents_fail'] },
    when: { kind: 'status', is: ['up'] },
    forMs: 60_000,
  };
  await office.commands.mutate(admin, { collection: 'rules', id: 'split', op: 'create', fields });
  const service = { name: 'Shop', kind: 'tcp', target: 'shop:1' };
  await office.commands.mutate(admin, { collection: 'services', id: 's', op: 'create', fields: service });
  await office.reports.report(reporter, { collection: 'services', id: 's', health: 'healthy', final: true });
  const disagree = (disagreement: Disagreement | null): Promise<unknown> =>
    office.keep.commit.write('main', 'disagreements', (draft) => {
      draft.put('services', 's', { ...draft.get('services', 's'), disagreement });
      return ok(null);
    });
  const states = (): readonly string[] => world.alerts.filter(({ rule }) => rule === 'split').map(({ state }) => state);
  await world.run(120_000);
  expect(states()).toEqual([]);
  await disagree({ kind: 'agents_fail', agents: 1, of: 2, code: 'needs_auth', text: 'x', since: 1 });
  await world.run(120_000);
  expect(states()).toEqual(['firing']);
  await disagree(null);
  await world.run(120_000);
  expect(states()).toEqual(['resolved']);
  await world.close();
});

test('[AI9] an agent that is gone takes its word with it, and a restart looks at everything once', async () => {
  const desk = await open();
  await fleet(desk);
  await desk.say('connections', 'a:s', FAILED);
  expect(desk.of('services', 's')).toMatchObject({ agents: 1, of: 3 });
  await desk.end();
  const { clock, store } = desk;
  const again = await open({ clock, store });
  expect(again.of('services', 's')).toMatchObject({ agents: 1, of: 3 });
  await clock.run(3_600_000);
  expect(again.row('agents', 'a')).toMatchObject({ fresh: 'expired' });
  expect(again.of('services', 's')).toBeNull();
  await again.end();
});
