import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type World } from '../../testing/http-world.ts';

const MIN = 60_000;
let world: World;
let admin: string;
let reader: string;

beforeAll(async () => {
  world = await createWorld();
  admin = await world.key('admin');
  reader = await world.key('read');
  for (const [id, group] of [
    ['a', 'shop'],
    ['b', 'shop'],
    ['c', 'blog'],
  ]) {
    const body = { id, name: id, kind: 'heartbeat', group };
    expect((await world.call('POST', '/v1/services', { key: admin, body })).status).toBe(201);
  }
});
afterAll(() => world.close());

const selector = { collection: 'services', where: ['eq', 'group', 'shop'] };

test('[MT13] a preview says whom and when, and writes nothing', async () => {
  const before = world.keep.commit.version('main');
  const schedule = {
    kind: 'repeat',
    rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0',
    durationMs: 30 * MIN,
    zone: 'Europe/Berlin',
  };
  const seen = await world.call('POST', '/v1/maintenances/preview', { key: reader, body: { selector, schedule } });
  expect(seen.json).toMatchObject({ count: 2, refs: ['services/a', 'services/b'] });
  const windows = seen.json['windows'];
  expect(Array.isArray(windows) ? windows.length : 0).toBe(5);
  const now = await world.call('POST', '/v1/maintenances/preview', { key: reader, body: { selector } });
  expect(now.json).toMatchObject({ count: 2, windows: [] });
  expect(world.keep.commit.version('main')).toBe(before);
});

test.each([
  [{ selector: { collection: 'services', where: ['eq', 'status', 'down'] } }, /status, which is measured/],
  [{ selector: { collection: 'jobs', where: null } }, /expected services, agents or connections/],
  [{ selector, schedule: { kind: 'repeat', rrule: 'FREQ=HOURLY', durationMs: MIN } }, /FREQ=HOURLY/],
  [
    { selector, schedule: { kind: 'repeat', rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', durationMs: MIN } },
    /no window/,
  ],
])('[MT13] a preview of %j is refused with the reason', async (body, reason) => {
  const refused = await world.call('POST', '/v1/maintenances/preview', { key: reader, body });
  expect(refused.status).toBe(422);
  expect(refused.text).toMatch(reason);
});

test('[MT13] made, extended, completed and deleted over REST; readers write nothing', async () => {
  const body = { title: 'Patch day', selector, schedule: { kind: 'once', durationMs: 30 * MIN } };
  expect((await world.call('POST', '/v1/maintenances', { key: reader, body })).status).toBe(403);
  const made = await world.call('POST', '/v1/maintenances', { key: admin, body });
  expect(made.json).toMatchObject({ id: 'patch-day', state: 'active', affectedCount: 2, isPublic: true });
  expect((await world.call('GET', '/v1/services/a', { key: reader })).json).toMatchObject({
    status: 'maintenance',
    overlay: { maintenance: 'patch-day' },
  });
  const to = Number(made.json['nextAt']);
  const longer = await world.call('POST', '/v1/maintenances/patch-day/extend', { key: admin, body: { ms: 10 * MIN } });
  expect(longer.json).toMatchObject({ nextAt: to + 10 * MIN });
  expect((await world.call('POST', '/v1/maintenances/patch-day/complete', { key: reader })).status).toBe(403);
  const done = await world.call('POST', '/v1/maintenances/patch-day/complete', { key: admin });
  expect(done.json).toMatchObject({ state: 'completed', nextAt: null });
  expect((await world.call('GET', '/v1/services/a', { key: reader })).json).toMatchObject({ status: 'pending' });
  expect((await world.call('POST', '/v1/maintenances/patch-day/complete', { key: admin })).json).toMatchObject({
    code: 'gone',
  });
  expect((await world.call('DELETE', '/v1/maintenances/patch-day', { key: admin })).status).toBe(200);
});
