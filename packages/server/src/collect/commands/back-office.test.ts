/** Customers, their users, and the views that people keep: what is particular about writing them. */
import { expect, test } from 'vitest';
import { isTheirs } from '../../lib/own.ts';
import { collections } from '@statewire/model';
import { caller, openDesk, type Desk } from '../../testing/desk.ts';
import { plainContract } from './plain.contract.ts';

plainContract('[BO1]', {
  collection: 'customers',
  body: { name: 'Acme', status: 'trial', plan: 'team', tags: ['vip'], attributes: { seats: 3 } },
  changes: [{ plan: 'pro' }, { plan: 'free' }, { owner: 'Ana' }],
  unfit: [{ name: 'Acme', status: 'gone' }, 'status'],
});
plainContract('[BO1]', {
  collection: 'users',
  body: { name: 'Bo', email: 'bo@acme.example', role: 'admin' },
  changes: [{ role: 'member' }, { role: 'owner' }, { status: 'suspended' }],
  unfit: [{ name: 'Bo', lastSeenAt: 'yesterday' }, 'lastSeenAt'],
});

const admin = caller(['admin']);

async function open(): Promise<Desk> {
  const desk = await openDesk();
  for (const id of ['acme', 'globex']) await make(desk, 'customers', id, { name: id });
  return desk;
}

const make = (desk: Desk, collection: string, id: string, fields: object) =>
  desk.commands.mutate(admin, { collection, id, op: 'create', fields: { ...fields } });
const change = (desk: Desk, collection: string, id: string, fields: object) =>
  desk.commands.mutate(admin, { collection, id, op: 'patch', fields: { ...fields } });
const users = (desk: Desk): readonly unknown[] => ['acme', 'globex'].map((id) => desk.row('customers', id)?.['users']);

test('[BO2] a customer knows how many users it has, in the transaction that makes, moves or deletes one', async () => {
  const desk = await open();
  await make(desk, 'users', 'u1', { name: 'Bo', customer: 'acme' });
  await make(desk, 'users', 'u2', { name: 'Cy', customer: 'acme' });
  await make(desk, 'users', 'u3', { name: 'Di' });
  expect(users(desk)).toEqual([2, 0]);
  expect(desk.committed.at(-2)?.changes.map(({ collection }) => collection)).toEqual(['customers', 'users']);
  await change(desk, 'users', 'u1', { customer: 'globex' });
  await change(desk, 'users', 'u2', { role: 'admin' });
  expect(users(desk)).toEqual([1, 1]);
  await change(desk, 'users', 'u1', { customer: null });
  await desk.commands.mutate(admin, { collection: 'users', id: 'u2', op: 'del' });
  expect(users(desk)).toEqual([0, 0]);
  await desk.close();
});

test('[BO2] a customer that is not there is refused, and nothing is written', async () => {
  const desk = await open();
  await make(desk, 'users', 'u1', { name: 'Bo', customer: 'acme' });
  const before = desk.committed.length;
  expect(await make(desk, 'users', 'u2', { name: 'Cy', customer: 'nosuch' })).toMatchObject({ code: 'not_found' });
  expect(await change(desk, 'users', 'u1', { customer: 'nosuch' })).toMatchObject({ code: 'not_found' });
  expect(desk.committed).toHaveLength(before);
  expect(users(desk)).toEqual([1, 0]);
  await desk.close();
});

test('[BO2] a customer with users is not deleted by the way; remove says what becomes of them', async () => {
  const desk = await open();
  for (const [id, customer] of Object.entries({ u1: 'acme', u2: 'acme', u3: 'globex' })) {
    await make(desk, 'users', id, { name: id, customer });
  }
  const refused = await desk.commands.mutate(admin, { collection: 'customers', id: 'acme', op: 'del' });
  expect(refused).toMatchObject({ ok: false, code: 'precondition' });
  expect(refused.ok ? '' : refused.message).toContain('has 2 users');
  const remove = (id: string, what: string) =>
    desk.commands.mutate(admin, { collection: 'customers', id, op: 'call', name: 'remove', fields: { users: what } });
  expect(await remove('globex', 'forget')).toMatchObject({ code: 'bad_field' });
  expect(await remove('globex', 'keep')).toMatchObject({ ok: true });
  expect(desk.row('customers', 'globex')).toBeNull();
  expect(desk.row('users', 'u3')).toMatchObject({ customer: null });
  expect(await remove('acme', 'delete')).toMatchObject({ ok: true });
  expect([desk.row('customers', 'acme'), desk.row('users', 'u1'), desk.row('users', 'u2')]).toEqual([null, null, null]);
  expect(await remove('acme', 'delete')).toMatchObject({ code: 'not_found' });
  await desk.close();
});

test('[BO3] attributes and tags are bounded, and numbers that the server works out are not taken', async () => {
  const desk = await openDesk();
  const bad: readonly object[] = [
    { attributes: { a: 'x'.repeat(8_192) } },
    { attributes: { constructor: 1 } },
    { tags: Array.from({ length: 33 }, (_, i) => `t${i}`) },
    { notes: 'x'.repeat(4_001) },
    { users: 5 },
    { worst: 'up' },
    { openAlerts: 0 },
  ];
  for (const fields of bad) {
    expect(await make(desk, 'customers', 'c', { name: 'Acme', ...fields })).toMatchObject({ code: 'bad_field' });
  }
  expect(await make(desk, 'customers', 'c', { name: 'Acme', tags: ['a', 'b', 'a'] })).toMatchObject({ ok: true });
  expect(desk.row('customers', 'c')).toMatchObject({ tags: ['a', 'b'], users: 0, worst: null });
  await desk.close();
});

test('[BO4] a view that somebody keeps is theirs alone until they share it, and only they change it', async () => {
  const desk = await openDesk();
  const ana = caller(['read'], { id: 'ana', name: 'Ana' });
  const bo = caller(['admin'], { id: 'bo', name: 'Bo' });
  const keep = (who: typeof ana, fields: object) =>
    desk.commands.mutate(who, {
      collection: 'saved-views',
      id: '',
      op: 'create',
      fields: { page: 'customers', ...fields },
    });
  const made = await keep(ana, { name: 'Trials', search: { status: ['trial'] }, isDefault: true });
  const id = made.ok ? made.value.value.id : '';
  expect(desk.row('saved-views', id)).toMatchObject({ owner: 'ana', ownerName: 'Ana', isShared: false });
  const of = (who: typeof ana, op: 'del' | 'patch', fields?: object) =>
    desk.commands.mutate(who, {
      collection: 'saved-views',
      id,
      op,
      ...(fields === undefined ? {} : { fields: { ...fields } }),
    });
  expect(await of(bo, 'patch', { name: 'Mine' })).toMatchObject({ code: 'not_found' });
  expect(await of(ana, 'patch', { isShared: true })).toMatchObject({ ok: true });
  const row = desk.row('saved-views', id) ?? {};
  expect([ana, bo].map((who) => isTheirs(who, collections['saved-views'].access, row))).toEqual([true, true]);
  expect(await of(bo, 'patch', { name: 'Mine' })).toMatchObject({ code: 'forbidden' });
  expect(await of(bo, 'del')).toMatchObject({ code: 'forbidden' });
  // Of one page one is the default, and of each person another.
  const second = await keep(ana, { name: 'All', isDefault: true });
  await keep(bo, { name: 'Of Bo', isDefault: true });
  await keep(ana, { name: 'Elsewhere', page: 'users', isDefault: true });
  expect(desk.row('saved-views', id)).toMatchObject({ isDefault: false });
  expect(desk.row('saved-views', second.ok ? second.value.value.id : '')).toMatchObject({ isDefault: true });
  await desk.close();
});

test('[BO4] views of one person are bounded', async () => {
  const desk = await openDesk({ limits: { savedViewsPerPersonMax: 2 } });
  const keep = () =>
    desk.commands.mutate(admin, {
      collection: 'saved-views',
      id: '',
      op: 'create',
      fields: { page: 'users', name: 'v' },
    });
  await keep();
  await keep();
  expect(await keep()).toMatchObject({ code: 'too_many_records' });
  await desk.close();
});
