/** Messages over the real commands, commit and deadlines on a virtual clock. */
import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { messageDue } from './messages.ts';

const ana = caller(['admin'], { kind: 'user', id: 'u1', name: 'Ana' });
const viewer = caller(['read'], { kind: 'user', id: 'u2', name: 'Vic' });
const key = caller(['read'], { id: 'k9', name: 'Browser' });
const user = (id: string, ...customers: string[]): Principal =>
  caller(['read'], { kind: 'token', id: `https://app.example|${id}`, name: id, customers });

async function open(store = new MemoryStore(), lower: Partial<Limits> = {}): Promise<Desk> {
  const limits = { ...defaults, ...lower };
  const desk: Desk = await openDesk({
    store,
    limits: lower,
    onDue: { messages: (org, id, due) => messageDue({ commit: () => desk.keep.commit, limits }, org, id, due) },
  });
  return desk;
}

type Said = Awaited<ReturnType<Desk['commands']['mutate']>>;

async function write(desk: Desk, fields: Row | object, who: Principal = ana): Promise<Said> {
  const work = desk.commands.mutate(who, { collection: 'messages', id: '', op: 'create', fields: { ...fields } });
  await desk.clock.run(0);
  return work;
}

async function call(desk: Desk, who: Principal, id: string, name: string, fields: Row | object = {}): Promise<Said> {
  const work = desk.commands.mutate(who, { collection: 'messages', id, op: 'call', name, fields: { ...fields } });
  await desk.clock.run(0);
  return work;
}

const refused = (code: string): object => ({ ok: false, code });

test('[MS1] [MS2] a planned message begins and ends by the clock, at its times', async () => {
  const desk = await open();
  const now = desk.clock.now();
  await write(desk, { id: 'm', title: 'Soon', startsAt: now + 60_000, endsAt: now + 120_000, publish: true });
  expect(desk.row('messages', 'm')).toMatchObject({ state: 'scheduled', by: 'Ana' });
  await desk.clock.run(59_999);
  expect(desk.row('messages', 'm')?.['state']).toBe('scheduled');
  await desk.clock.run(251);
  expect(desk.row('messages', 'm')).toMatchObject({ state: 'active', activeAt: now + 60_000 });
  await desk.clock.run(60_000);
  expect(desk.row('messages', 'm')).toMatchObject({ state: 'expired', endedAt: now + 120_000, nextAt: null });
  await desk.close();
});

test('[MS2] a restart over an edge, or over both, changes nothing of the outcome', async () => {
  const store = new MemoryStore();
  const first = await open(store);
  const now = first.clock.now();
  await write(first, { id: 'one', title: 'One', startsAt: now + 1_000, publish: true });
  await write(first, { id: 'both', title: 'Both', startsAt: now + 1_000, endsAt: now + 2_000, publish: true });
  await first.close();
  const second = await open(store);
  // The clock of the second desk starts where the first one did; nobody ran until then.
  await second.clock.run(5_000);
  expect(second.row('messages', 'one')).toMatchObject({ state: 'active', activeAt: now + 1_000 });
  expect(second.row('messages', 'both')).toMatchObject({
    state: 'expired',
    activeAt: now + 1_000,
    endedAt: now + 2_000,
  });
  await second.close();
});

test('[MS1] what does not fit is refused with the field, and nothing is written', async () => {
  const desk = await open();
  const now = desk.clock.now();
  for (const [fields, message] of [
    [{ title: ' ' }, /title/],
    [{ title: 'x', body: 'x'.repeat(10_001) }, /body/],
    [{ title: 'x', priority: 'urgent' }, /priority/],
    [{ title: 'x', customers: ['acme'] }, /customers: .*expected none/],
    [{ title: 'x', audience: 'customers', customers: [] }, /customers/],
    [{ title: 'x', audience: 'customers', customers: ['a', 'a'] }, /customers/],
    [{ title: 'x', audience: 'customers', customers: ['constructor'] }, /customers/],
    [{ title: 'x', startsAt: now + 2, endsAt: now + 1 }, /endsAt/],
    [{ title: 'x', endsAt: now - 1, publish: true }, /endsAt/],
    [{ title: 'x', link: { text: 'go', url: 'javascript:alert(1)' } }, /link/],
    [{ title: 'x', link: { text: 'go', url: '//evil.example' } }, /link/],
    [{ title: 'x', state: 'active' }, /state/],
    [{ title: 'x', shown: 5 }, /shown/],
  ] as const) {
    expect(await write(desk, fields)).toMatchObject({
      ...refused('bad_field'),
      message: expect.stringMatching(message),
    });
  }
  expect(desk.committed).toEqual([]);
  await desk.close();
});

test('[MS1] a patch is judged together with what stays', async () => {
  const desk = await open();
  const now = desk.clock.now();
  await write(desk, { id: 'm', title: 'x', audience: 'customers', customers: ['acme'], endsAt: now + 5_000 });
  const patch = async (fields: object): Promise<Said> => {
    const work = desk.commands.mutate(ana, { collection: 'messages', id: 'm', op: 'patch', fields: { ...fields } });
    await desk.clock.run(0);
    return work;
  };
  expect(await patch({ audience: 'everyone' })).toMatchObject(refused('bad_field'));
  expect(await patch({ startsAt: now + 9_000 })).toMatchObject(refused('bad_field'));
  expect(await patch({ startsAt: now + 9_000, endsAt: null })).toMatchObject({ ok: true });
  expect(await patch({ audience: 'everyone', customers: null })).toMatchObject({ ok: true });
  expect(desk.row('messages', 'm')).toMatchObject({ to: {}, customers: null, startsAt: now + 9_000, endsAt: null });
  await desk.close();
});

test('[MS3] who may not write messages cannot move them, and there is none that is not for them', async () => {
  const desk = await open();
  await write(desk, { id: 'draft', title: 'x' });
  await write(desk, { id: 'ops', title: 'x', audience: 'operators', publish: true });
  await write(desk, { id: 'acme', title: 'x', audience: 'customers', customers: ['acme'], publish: true });
  for (const who of [viewer, key, user('u', 'acme')]) {
    for (const verb of ['publish', 'withdraw', 'reactivate']) {
      expect(await call(desk, who, 'ops', verb)).toMatchObject(refused('forbidden'));
    }
    expect(await write(desk, { title: 'mine' }, who)).toMatchObject(refused('forbidden'));
    expect(await call(desk, who, 'draft', 'seen', { device: 'd1234567' })).toMatchObject({
      ...refused('not_found'),
      message: 'there is no messages/draft',
    });
  }
  expect(await call(desk, viewer, 'ops', 'seen')).toMatchObject({ ok: true });
  expect(await call(desk, viewer, 'acme', 'seen')).toMatchObject(refused('not_found'));
  expect(await call(desk, user('u', 'acme'), 'acme', 'seen')).toMatchObject({ ok: true });
  expect(await call(desk, user('u', 'umbrella'), 'acme', 'seen')).toMatchObject(refused('not_found'));
  expect(await call(desk, user('u'), 'acme', 'dismiss')).toMatchObject(refused('not_found'));
  expect(await call(desk, user('u', 'acme'), 'ops', 'seen')).toMatchObject(refused('not_found'));
  await desk.close();
});

test('[MS6] a reader counts once, a person on all devices, behind a key each device', async () => {
  const desk = await open();
  await write(desk, { id: 'm', title: 'x', publish: true });
  const numbers = (): unknown => {
    const row = desk.row('messages', 'm');
    return ['shown', 'clicked', 'dismissed', 'receipts'].map((field) => row?.[field]);
  };
  for (let i = 0; i < 3; i += 1) await call(desk, viewer, 'm', 'seen', { device: `device-${i}` });
  expect(numbers()).toEqual([1, 0, 0, 1]);
  await call(desk, viewer, 'm', 'click');
  await call(desk, viewer, 'm', 'click');
  await call(desk, viewer, 'm', 'dismiss');
  await call(desk, viewer, 'm', 'dismiss');
  expect(numbers()).toEqual([1, 1, 1, 1]);
  expect(await call(desk, key, 'm', 'seen')).toMatchObject({
    ...refused('bad_field'),
    message: expect.stringContaining('device'),
  });
  await call(desk, key, 'm', 'dismiss', { device: 'device-1' });
  await call(desk, key, 'm', 'seen', { device: 'device-2' });
  await call(desk, user('e1'), 'm', 'dismiss');
  expect(numbers()).toEqual([4, 1, 3, 4]);
  const whose = Array.from(desk.keep.live.entries('main', 'dismissals'), ({ row }) => JSON.stringify(row['person']));
  expect(whose.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
    ['https://app.example|e1', 'k9', 'k9', 'u2'].map((person) => JSON.stringify(person)),
  );
  await desk.close();
});

test('[MS7] receipts go with the message, and some days after its end, in slices', async () => {
  const desk = await open(new MemoryStore(), { receiptsSliceRows: 2, receiptsKeptMs: 60_000 });
  const left = (): number => Array.from(desk.keep.live.entries('main', 'dismissals')).length;
  for (const id of ['m', 'n']) {
    await write(desk, { id, title: 'x', publish: true });
    for (let i = 0; i < 5; i += 1) await call(desk, user(`e${i}`), id, 'seen');
  }
  await call(desk, ana, 'm', 'withdraw');
  await desk.clock.run(59_000);
  expect(left()).toBe(10);
  await desk.clock.run(3_000);
  expect(left()).toBe(5);
  expect(desk.row('messages', 'm')).toMatchObject({ receipts: 0, shown: 5, nextAt: null });
  const gone = desk.commands.mutate(ana, { collection: 'messages', id: 'n', op: 'del' });
  await desk.clock.run(0);
  expect(await gone).toMatchObject({ ok: true });
  expect(left()).toBe(0);
  await desk.close();
});

test('[MS7] beyond the bounds a message is shown and not counted; one more is refused', async () => {
  const desk = await open(new MemoryStore(), {
    receiptsPerMessageMax: 2,
    receiptsPerOrgMax: 3,
    messagesActiveMax: 2,
    messagesPerOrgMax: 3,
  });
  for (const id of ['a', 'b', 'c']) await write(desk, { id, title: 'x', publish: id !== 'c' });
  expect(await call(desk, ana, 'c', 'publish')).toMatchObject(refused('too_many_records'));
  expect(await write(desk, { title: 'x' })).toMatchObject(refused('too_many_records'));
  const kept: unknown[] = [];
  for (const [id, who] of [
    ['a', 'e1'],
    ['a', 'e2'],
    ['a', 'e3'],
    ['b', 'e1'],
    ['b', 'e2'],
  ] as const) {
    const said = await call(desk, user(who), id, 'seen');
    kept.push(said.ok && said.value.value['isKept']);
  }
  expect(kept).toEqual([true, true, false, true, false]);
  await desk.close();
});

test('[MS8] what cannot be put away stays; what is over stays as it was', async () => {
  const desk = await open();
  await write(desk, { id: 'm', title: 'x', dismissible: false, publish: true });
  expect(await call(desk, viewer, 'm', 'dismiss')).toMatchObject(refused('precondition'));
  await call(desk, ana, 'm', 'withdraw');
  const patched = desk.commands.mutate(ana, { collection: 'messages', id: 'm', op: 'patch', fields: { title: 'y' } });
  await desk.clock.run(0);
  expect(await patched).toMatchObject(refused('gone'));
  expect(await call(desk, ana, 'm', 'reactivate')).toMatchObject({ ok: true });
  expect(desk.row('messages', 'm')).toMatchObject({ state: 'active', title: 'x' });
  await desk.close();
});
