import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Grants } from '../grants.ts';
import { collections } from '@statewire/model';
import { caller, openDesk, type Desk } from '../../../testing/desk.ts';

const grants = new Grants(Object.values(collections));
const as = (role: 'admin' | 'operator' | 'owner' | 'viewer', id: string) =>
  caller([], { kind: 'user', id, permissions: grants.ofRole(role) });
const owner = as('owner', 'o1');
const admin = as('admin', 'a1');

async function staffed(): Promise<Desk> {
  const desk = await openDesk();
  await desk.keep.commit.write('main', 'test', (draft) => {
    for (const [id, role] of [
      ['o1', 'owner'],
      ['a1', 'admin'],
      ['a2', 'admin'],
      ['v1', 'viewer'],
    ] as const) {
      draft.put('members', id, { name: id, email: `${id}@example.com`, role, state: 'active', labels: {} });
    }
    return ok(null);
  });
  return desk;
}

const change = (desk: Desk, by: typeof owner, id: string, fields: JsonObject) =>
  desk.commands.mutate(by, { collection: 'members', id, op: 'patch', fields });
const call = (desk: Desk, by: typeof owner, id: string, name: string) =>
  desk.commands.mutate(by, { collection: 'members', id, op: 'call', name });
const remove = (desk: Desk, by: typeof owner, id: string) =>
  desk.commands.mutate(by, { collection: 'members', id, op: 'del' });

test('[PM2] an admin makes nobody an owner and decides over no owner; an owner does', async () => {
  const desk = await staffed();
  expect(await change(desk, admin, 'v1', { role: 'owner' })).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await change(desk, admin, 'o1', { role: 'viewer' })).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await call(desk, admin, 'o1', 'suspend')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await remove(desk, admin, 'o1')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await change(desk, admin, 'v1', { role: 'operator' })).toMatchObject({ ok: true });
  expect(await change(desk, admin, 'a2', { role: 'viewer' })).toMatchObject({ ok: true });
  expect(await change(desk, owner, 'v1', { role: 'owner' })).toMatchObject({ ok: true });
  expect(await change(desk, owner, 'v1', { role: 'nothing' })).toMatchObject({ ok: false, code: 'bad_field' });
  await desk.close();
});

test('[PM5] the last owner is neither demoted, suspended nor removed; one of two is', async () => {
  const desk = await staffed();
  expect(await change(desk, owner, 'o1', { role: 'admin' })).toMatchObject({ ok: false, code: 'precondition' });
  expect(await remove(desk, owner, 'o1')).toMatchObject({ ok: false, code: 'precondition' });
  const other = as('owner', 'a1');
  expect(await call(desk, other, 'o1', 'suspend')).toMatchObject({ ok: false, code: 'precondition' });
  await change(desk, owner, 'a1', { role: 'owner' });
  expect(await call(desk, other, 'o1', 'suspend')).toMatchObject({ ok: true });
  expect(desk.row('members', 'o1')).toMatchObject({ state: 'suspended' });
  // A suspended owner is none: the other one stays now.
  expect(await remove(desk, other, 'a1')).toMatchObject({ ok: false, code: 'precondition' });
  expect(await remove(desk, other, 'o1')).toMatchObject({ ok: true });
  await desk.close();
});

test('[PM4] a command that was let in and waited is judged by what its caller may do when it runs', async () => {
  const desk = await staffed();
  const { commit } = desk.keep;
  // Both are queued: the demotion first, the command behind it, let in by what was true before.
  const [, late] = await Promise.all([
    commit.write('main', 'test', (draft) => {
      draft.put('members', 'a1', { ...draft.get('members', 'a1'), role: 'viewer' });
      return ok(null);
    }),
    change(desk, admin, 'v1', { role: 'operator' }),
  ]);
  expect(late).toMatchObject({ ok: false, code: 'forbidden' });
  expect(desk.row('members', 'v1')).toMatchObject({ role: 'viewer' });
  await desk.close();
});
