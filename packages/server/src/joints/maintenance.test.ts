import type { Annotation, Maintenance, Service } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { afterEach, expect, test } from 'vitest';
import type { Committed } from '../keep/commit-types.ts';
import type { MemoryStore } from '../keep/memory-store.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Maintenances } from './maintenance.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const admin = caller(['admin']);

interface House {
  readonly desk: Desk;
  readonly errors: readonly string[];
  create(id: string, fields: JsonObject): Promise<Maintenance>;
  call(id: string, name: string, fields?: JsonObject): ReturnType<Desk['commands']['mutate']>;
  patch(collection: string, id: string, fields: JsonObject): Promise<void>;
  service(id: string, fields?: JsonObject): Promise<void>;
  look(id: string, health: 'healthy' | 'unhealthy'): Promise<void>;
  /** `status maintenance` of a service. */
  held(id: string): string;
  maintenance(id: string): Maintenance;
  close(): Promise<void>;
}

const houses: House[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

/** A server's writing half with its maintenances; opened again on the same store it is a restart. */
async function openHouse(clock = new FakeClock(), store?: MemoryStore): Promise<House> {
  const errors: string[] = [];
  let follow: (committed: Committed) => void = () => undefined;
  const desk = await openDesk({
    clock,
    store,
    onCommitted: (committed) => follow(committed),
    onDue: { maintenances: (org, id, deadline) => joint.due(org, id, deadline) },
  });
  const joint = new Maintenances({
    live: desk.keep.live,
    commit: () => desk.keep.commit,
    engine: desk.deps.engine,
    observeIn: desk.deps.observeIn,
    onError: (_error, what) => void errors.push(what),
  });
  follow = (committed) => joint.follow(committed);
  joint.start();
  const done = async (work: ReturnType<Desk['commands']['mutate']>): Promise<void> => {
    const result = await work;
    if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  };
  const maintenance = (id: string): Maintenance => {
    const row = desk.row('maintenances', id);
    if (row === null) throw new Error(`no maintenances/${id}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `maintenances` are Maintenance.
    return row as Maintenance;
  };
  const house: House = {
    desk,
    errors,
    maintenance,
    async create(id, fields) {
      await done(
        desk.commands.mutate(admin, { collection: 'maintenances', id, op: 'create', fields: { title: id, ...fields } }),
      );
      return maintenance(id);
    },
    call: (id, name, fields = {}) =>
      desk.commands.mutate(admin, { collection: 'maintenances', id, op: 'call', name, fields }),
    patch: (collection, id, fields) => done(desk.commands.mutate(admin, { collection, id, op: 'patch', fields })),
    service: (id, fields = {}) =>
      done(
        desk.commands.mutate(admin, {
          collection: 'services',
          id,
          op: 'create',
          fields: { name: id, kind: 'heartbeat', group: 'shop', ...fields },
        }),
      ),
    async look(id, health) {
      await desk.beats.beat({
        principal: caller(['report']),
        slug: id,
        signal: health === 'healthy' ? 'ok' : 'fail',
        ms: null,
        text: '',
        create: null,
      });
    },
    held(id) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `services` are Service.
      const row = desk.row('services', id) as Service;
      return `${row.status} ${row.overlay.maintenance ?? '-'}`;
    },
    async close() {
      joint.close();
      await desk.close();
    },
  };
  houses.push(house);
  return house;
}

async function restart(house: House): Promise<House> {
  houses.splice(houses.indexOf(house), 1);
  const { clock, store } = house.desk;
  await house.close();
  return openHouse(clock, store);
}

const shop = { collection: 'services', where: ['eq', 'group', 'shop'] };
const now30: JsonObject = { selector: shop, schedule: { kind: 'once', durationMs: 30 * MIN } };
const long = { intervalMs: 24 * HOUR };

test('[MT7] now for 30 minutes: held at once, let go at its end, true health inside', async () => {
  const house = await openHouse();
  await house.service('a', { check: long });
  await house.service('b', { check: long, group: 'blog' });
  for (const id of ['a', 'b']) await house.look(id, 'healthy');
  const begun = house.desk.clock.now();
  expect(await house.create('m', now30)).toMatchObject({
    state: 'active',
    by: 'Ana',
    affected: ['services/a'],
    affectedCount: 1,
    nextAt: begun + 30 * MIN,
  });
  expect([house.held('a'), house.held('b')]).toEqual(['maintenance m', 'up -']);
  await house.look('a', 'unhealthy');
  expect(house.held('a')).toBe('maintenance m');
  expect(house.desk.row('services', 'a')).toMatchObject({ health: 'unhealthy' });
  await house.desk.clock.run(30 * MIN + 1000);
  expect(house.held('a')).toBe('down -');
  expect(house.maintenance('m')).toMatchObject({
    state: 'completed',
    endedAt: begun + 30 * MIN,
    affected: ['services/a'],
  });
  expect(await house.desk.transitions('services', 'a')).toEqual(['pending>up', 'up>maintenance', 'maintenance>down']);
});

test('[MT7] a window ahead opens and closes by itself, stamped with its own times', async () => {
  const house = await openHouse();
  const { clock } = house.desk;
  await house.service('a', { check: long });
  await house.look('a', 'healthy');
  const from = clock.now() + HOUR;
  await house.create('m', { selector: shop, schedule: { kind: 'once', from, to: from + HOUR } });
  expect(house.maintenance('m')).toMatchObject({ state: 'scheduled', affectedCount: 1 });
  await clock.run(HOUR - 1000);
  expect(house.held('a')).toBe('up -');
  await clock.run(2000);
  expect(house.held('a')).toBe('maintenance m');
  expect(house.desk.row('services', 'a')).toMatchObject({ since: from });
  await clock.run(HOUR);
  expect(house.held('a')).toBe('up -');
  expect(house.desk.row('services', 'a')).toMatchObject({ since: from + HOUR });
});

test('[MT8] records enter and leave an active maintenance as they come to match it', async () => {
  const house = await openHouse();
  await house.service('a', { check: long });
  await house.service('b', { check: long, group: 'blog' });
  await house.create('m', now30);
  await house.service('c', { check: long });
  await house.patch('services', 'b', { group: 'shop' });
  await house.patch('services', 'a', { group: 'blog' });
  await house.desk.clock.run(10);
  expect(['a', 'b', 'c'].map((id) => house.held(id))).toEqual(['pending -', 'maintenance m', 'maintenance m']);
  expect(house.maintenance('m')).toMatchObject({ affected: ['services/b', 'services/c'], affectedCount: 2 });
  const gone = await house.desk.commands.mutate(admin, { collection: 'services', id: 'b', op: 'del' });
  expect(gone.ok).toBe(true);
  await house.desk.clock.run(10);
  expect(house.maintenance('m').affected).toEqual(['services/c']);
  expect(house.errors).toEqual([]);
});

test('[MT8] what is measured during a maintenance makes nobody look at its selector again', async () => {
  const house = await openHouse();
  await house.service('a', { check: long });
  await house.create('m', now30);
  await house.desk.clock.run(10);
  const before = house.desk.committed.length;
  await house.look('a', 'healthy');
  await house.desk.clock.run(10);
  expect(house.desk.committed.length).toBe(before + 1);
});

test('[MT9] of several maintenances the one that ends last holds a record, until the last has ended', async () => {
  const house = await openHouse();
  const { clock } = house.desk;
  await house.service('a', { check: long });
  await house.look('a', 'healthy');
  await house.create('short', now30);
  await house.create('long', { selector: shop, schedule: { kind: 'once', durationMs: HOUR } });
  expect(house.held('a')).toBe('maintenance long');
  await house.create('longest', { selector: shop, schedule: { kind: 'once', durationMs: 2 * HOUR } });
  await house.call('longest', 'complete');
  expect(house.held('a')).toBe('maintenance long');
  await house.call('short', 'extend', { ms: HOUR });
  expect(house.held('a')).toBe('maintenance short');
  await house.call('short', 'cancel');
  expect(house.held('a')).toBe('maintenance long');
  await clock.run(31 * MIN);
  expect(house.held('a')).toBe('maintenance long');
  await clock.run(30 * MIN);
  expect(house.held('a')).toBe('up -');
  expect(await house.desk.transitions('services', 'a')).toEqual(['pending>up', 'up>maintenance', 'maintenance>up']);
});

test('[MT10] deleting an active maintenance ends it, and takes back what it marked', async () => {
  const house = await openHouse();
  const now = house.desk.clock.now();
  await house.service('a', { check: long });
  await house.create('m', { selector: shop, schedule: { kind: 'once', from: now - HOUR, to: now + HOUR } });
  expect(house.held('a')).toBe('maintenance m');
  expect(marks(house)).toEqual([`services/a ${now - HOUR} ${now} m`]);
  const gone = await house.desk.commands.mutate(admin, { collection: 'maintenances', id: 'm', op: 'del' });
  expect(gone.ok).toBe(true);
  expect(house.held('a')).toBe('pending -');
  expect(marks(house)).toEqual([]);
});

test('[MT11] a maintenance after the fact marks its span for every record it means, and holds nobody', async () => {
  const house = await openHouse();
  const now = house.desk.clock.now();
  await house.service('a', { check: long });
  await house.service('b', { check: long });
  const past = { kind: 'once', from: now - 3 * HOUR, to: now - HOUR };
  expect(await house.create('m', { selector: shop, schedule: past })).toMatchObject({
    state: 'completed',
    affectedCount: 2,
    past: [{ from: now - 3 * HOUR, to: now - HOUR }],
  });
  expect(house.held('a')).toBe('pending -');
  expect(marks(house)).toEqual([
    `services/a ${now - 3 * HOUR} ${now - HOUR} m`,
    `services/b ${now - 3 * HOUR} ${now - HOUR} m`,
  ]);
});

test('[MT12] windows that began or ended while we were down are taken up with their own times', async () => {
  let house = await openHouse();
  const { clock } = house.desk;
  const start = clock.now();
  await house.service('a', { check: long });
  await house.look('a', 'healthy');
  const from = start + HOUR;
  await house.create('m', { selector: shop, schedule: { kind: 'once', from, to: from + 2 * HOUR } });
  clock.jump(90 * MIN);
  house = await restart(house);
  await clock.run(1000);
  expect(house.held('a')).toBe('maintenance m');
  expect(house.desk.row('services', 'a')).toMatchObject({ since: from });
  clock.jump(5 * HOUR);
  house = await restart(house);
  await clock.run(1000);
  expect(house.held('a')).toBe('up -');
  expect(house.desk.row('services', 'a')).toMatchObject({ since: from + 2 * HOUR });
  expect(house.maintenance('m')).toMatchObject({ state: 'completed', endedAt: from + 2 * HOUR });
  // One that passed whole while we were down, too.
  const next = clock.now() + HOUR;
  await house.create('n', { selector: shop, schedule: { kind: 'once', from: next, to: next + HOUR } });
  clock.jump(9 * HOUR);
  house = await restart(house);
  await clock.run(1000);
  expect(house.held('a')).toBe('up -');
  expect(house.desk.row('services', 'a')).toMatchObject({ since: next + HOUR });
});

test('[MT12] after a year away the last windows are held in order, and the rest is marked', async () => {
  let house = await openHouse();
  const { clock } = house.desk;
  await house.service('a', { check: { intervalMs: 31 * 24 * HOUR } });
  await house.create('m', {
    selector: shop,
    schedule: { kind: 'repeat', rrule: 'FREQ=DAILY', durationMs: HOUR, from: clock.now() + HOUR },
  });
  clock.jump(365 * 24 * HOUR);
  house = await restart(house);
  await clock.run(1000);
  expect(house.held('a')).toBe('pending -');
  expect(house.maintenance('m')).toMatchObject({ state: 'scheduled', window: { from: expect.any(Number) } });
  expect(house.maintenance('m').past.length).toBe(50);
  expect(marks(house).length).toBeGreaterThan(300);
  expect(marks(house).length).toBeLessThan(365);
});

test('[MT12] a restart at any instant changes no outcome', async () => {
  const outcome = async (restartsAt: readonly number[]): Promise<unknown> => {
    let house = await openHouse(new FakeClock());
    const { clock } = house.desk;
    const t0 = clock.now();
    await house.service('a', { check: long });
    await house.look('a', 'healthy');
    const once = (id: string, from: number, to: number): Promise<unknown> =>
      house.create(id, { selector: shop, schedule: { kind: 'once', from: t0 + from * MIN, to: t0 + to * MIN } });
    await once('p', 10, 30);
    await once('q', 20, 50);
    await once('r', 50, 60);
    const daily = { kind: 'repeat', rrule: 'FREQ=DAILY;BYHOUR=1,2;BYMINUTE=10', durationMs: 15 * MIN, zone: 'UTC' };
    await house.create('s', { selector: shop, schedule: daily });
    for (let minute = 1; minute <= 200; minute++) {
      if (restartsAt.includes(minute)) house = await restart(house);
      await clock.run(MIN);
    }
    const ids = ['p', 'q', 'r', 's'];
    const course = ids.map((id) => {
      const { state, window, past, endedAt, nextAt, affected } = house.maintenance(id);
      return { state, window, past, endedAt, nextAt, affected };
    });
    const rows = await house.desk.store.transitions({
      org: 'main',
      collection: 'services',
      id: 'a',
      from: 0,
      to: 9e15,
      limit: 100,
    });
    return { course, held: house.held('a'), transitions: rows.map(({ at, from, to }) => `${at - t0} ${from}>${to}`) };
  };
  const undisturbed = await outcome([]);
  expect(undisturbed).toMatchObject({
    held: 'up -',
    transitions: expect.arrayContaining([`${10 * MIN} up>maintenance`, `${60 * MIN} maintenance>up`]),
  });
  for (const at of [
    [1],
    [10],
    [11],
    [20],
    [30],
    [31],
    [50],
    [51],
    [60],
    [61],
    [70, 85, 86],
    [10, 20, 30, 50, 60, 130, 146],
  ]) {
    expect(await outcome(at), `restarted at minute ${at.join(', ')}`).toEqual(undisturbed);
  }
});

test('[MT6] commands on what is over, arguments that do not fit and changes of the past are refused', async () => {
  const house = await openHouse();
  await house.create('m', now30);
  expect(await house.call('m', 'extend', { ms: 5 })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await house.call('m', 'extend', { ms: 90 * 24 * HOUR })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await house.call('m', 'complete')).toMatchObject({ ok: true });
  expect(await house.call('m', 'complete')).toMatchObject({ ok: false, code: 'gone' });
  await expect(house.patch('maintenances', 'm', { selector: shop })).rejects.toThrow(/gone: .*make a new one/);
  await house.patch('maintenances', 'm', { title: 'Done early' });
  expect(house.maintenance('m').title).toBe('Done early');
  expect(await house.call('none', 'complete')).toMatchObject({ ok: false, code: 'not_found' });
});

/** `subject from to maintenance` of every mark. */
function marks(house: House): readonly string[] {
  return Array.from(house.desk.keep.live.entries('main', 'annotations'))
    .map(({ row }) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `annotations` are Annotation.
      const { subject, from, to, maintenance } = row as Annotation;
      return `${subject} ${from} ${to} ${maintenance ?? '-'}`;
    })
    .toSorted();
}
