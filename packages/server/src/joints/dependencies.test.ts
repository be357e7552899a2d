import { expect, test } from 'vitest';
import { AFTER_MS } from '../derive/depend.ts';
import { engine } from '../derive/engine.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits } from '../lib/limits.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import type { FakeClock } from '../testing/fake-clock.ts';
import { Dependencies, rootCauseOf } from './dependencies.ts';

const admin = caller(['admin']);
const reporter = caller(['report']);

interface Office extends Desk {
  readonly dependencies: Dependencies;
  make(id: string, ...dependsOn: string[]): Promise<void>;
  say(id: string, health: 'healthy' | 'unhealthy'): Promise<void>;
  impactedBy(ref: string): unknown;
  end(): Promise<void>;
}

async function open(options: { clock?: FakeClock; store?: MemoryStore } = {}): Promise<Office> {
  let dependencies: Dependencies | null = null;
  const desk = await openDesk({ ...options, onCommitted: (committed) => dependencies?.follow(committed) });
  const made = new Dependencies({
    clock: desk.clock,
    live: desk.keep.live,
    commit: desk.keep.commit,
    rulesOf: engine.rulesOf,
    limits,
    onError: (error) => {
      throw error;
    },
  });
  dependencies = made;
  made.start();
  return {
    ...desk,
    dependencies: made,
    async make(id, ...dependsOn) {
      const fields = { name: id, kind: 'tcp', target: 'db:5432', dependsOn: dependsOn.map((to) => `services/${to}`) };
      expect(await desk.commands.mutate(admin, { collection: 'services', id, op: 'create', fields })).toMatchObject({
        ok: true,
      });
    },
    async say(id, health) {
      const raw = { collection: 'services', id, health, final: true };
      expect(await desk.reports.report(reporter, raw)).toMatchObject({ ok: true });
    },
    impactedBy(ref) {
      const [collection = '', id = ''] = ref.split('/');
      const overlay = desk.row(collection, id)?.['overlay'];
      return typeof overlay === 'object' && overlay !== null && 'impactedBy' in overlay
        ? overlay['impactedBy']
        : undefined;
    },
    async end() {
      made.close();
      await desk.close();
    },
  };
}

test('[GR9] fifty services behind one failed dependency are marked with it and keep their own state', async () => {
  const office = await open();
  await office.make('db');
  const ids = Array.from({ length: 50 }, (_, i) => `s${i}`);
  for (const id of ids) await office.make(id, 'db');
  for (const id of ['db', ...ids]) await office.say(id, 'healthy');
  await office.clock.run(60_000);
  await office.say('s0', 'unhealthy');
  await office.clock.run(0);
  expect(office.impactedBy('services/s0')).toBeNull();
  await office.say('db', 'unhealthy');
  for (const id of ids) await office.say(id, 'unhealthy');
  await office.clock.run(0);
  for (const id of ids) {
    expect(office.row('services', id)?.['status']).toBe('down');
    expect(office.impactedBy(`services/${id}`)).toBe('services/db');
    expect(rootCauseOf((collection, key) => office.row(collection, key), `services/${id}`)).toBe('services/db');
  }
  expect(office.impactedBy('services/db')).toBeNull();
  await office.say('s0', 'healthy');
  await office.clock.run(0);
  expect(office.impactedBy('services/s0')).toBeNull();
  await office.say('db', 'healthy');
  await office.clock.run(1_000);
  expect(office.impactedBy('services/s1')).toBe('services/db');
  await office.clock.run(AFTER_MS);
  expect(office.impactedBy('services/s1')).toBeNull();
  await office.end();
});

test('[GR9] a chain has one cause, a connection depends on its service, and a new dependency counts from its write on', async () => {
  const office = await open();
  await office.make('host');
  await office.make('db', 'host');
  await office.make('api');
  for (const id of ['host', 'db', 'api']) await office.say(id, 'healthy');
  const link = { collection: 'connections', agent: 'a7', service: 'db' };
  await office.reports.report(reporter, { ...link, phase: 'connected' });
  for (const id of ['host', 'db', 'api']) await office.say(id, 'unhealthy');
  await office.reports.report(reporter, { ...link, phase: 'failed' });
  await office.clock.run(0);
  expect(office.impactedBy('connections/a7:db')).toBe('services/host');
  expect(office.impactedBy('services/api')).toBeNull();
  const fields = { dependsOn: ['services/db'] };
  await office.commands.mutate(admin, { collection: 'services', id: 'api', op: 'patch', fields });
  await office.clock.run(0);
  expect(office.impactedBy('services/api')).toBe('services/host');
  await office.commands.mutate(admin, { collection: 'services', id: 'host', op: 'del' });
  await office.clock.run(0);
  expect(office.impactedBy('services/api')).toBe('services/db');
  await office.end();
});

test('[GR9] a start marks what failed between two commits, and ends marks whose time has come', async () => {
  const store = new MemoryStore();
  const office = await open({ store });
  await office.make('db');
  await office.make('api', 'db');
  for (const id of ['db', 'api']) await office.say(id, 'healthy');
  office.dependencies.close();
  for (const id of ['db', 'api']) await office.say(id, 'unhealthy');
  await office.close();
  const again = await open({ store, clock: office.clock });
  await again.clock.run(0);
  expect(again.impactedBy('services/api')).toBe('services/db');
  await again.say('db', 'healthy');
  await again.clock.run(1_000);
  await again.end();
  office.clock.advance(AFTER_MS);
  const third = await open({ store, clock: office.clock });
  await third.clock.run(0);
  expect(third.impactedBy('services/api')).toBeNull();
  await third.end();
});
