import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { Principal } from '../../../lib/principal.ts';
import { caller, openDesk, type Desk } from '../../../testing/desk.ts';

const admin = caller(['admin'], { id: 'admin' });
/** May make roles, and holds little else. */
const clerk = caller([], { id: 'clerk', permissions: ['roles:*', 'alerts:*', 'services:read'] });
const make = (desk: Desk, by: Principal, id: string, permissions: readonly string[]) =>
  desk.commands.mutate(by, { collection: 'roles', id, op: 'create', fields: { name: id, permissions } });
const change = (desk: Desk, by: Principal, id: string, fields: JsonObject) =>
  desk.commands.mutate(by, { collection: 'roles', id, op: 'patch', fields });
const remove = (desk: Desk, by: Principal, id: string) =>
  desk.commands.mutate(by, { collection: 'roles', id, op: 'del' });

test('[PM2] nobody puts into a role what they do not hold, and the refusal names it', async () => {
  const desk = await openDesk();
  expect(await make(desk, clerk, 'night', ['alerts:ack', 'services:read'])).toMatchObject({ ok: true });
  expect(await make(desk, clerk, 'more', ['alerts:ack', 'services:delete'])).toMatchObject({
    ok: false,
    code: 'forbidden',
    message: expect.stringContaining('services:delete'),
  });
  // A star holds what it reaches, and is itself held only by a star.
  for (const beyond of ['*:read', 'services:*', '*:*', 'keys:create']) {
    expect(await make(desk, clerk, 'star', [beyond]), beyond).toMatchObject({ code: 'forbidden' });
  }
  expect(await make(desk, admin, 'own', ['organization:delete'])).toMatchObject({ code: 'forbidden' });
  expect(await make(desk, admin, 'own', ['*:*'])).toMatchObject({ code: 'forbidden' });
  expect(desk.row('roles', 'own')).toBeNull();
  await desk.close();
});

test('[PM2] a role that holds more than its editor is neither changed nor taken away by them', async () => {
  const desk = await openDesk();
  await make(desk, admin, 'strong', ['services:delete']);
  expect(await change(desk, clerk, 'strong', { permissions: ['alerts:ack'] })).toMatchObject({ code: 'forbidden' });
  expect(await change(desk, clerk, 'strong', { name: 'weak' })).toMatchObject({ code: 'forbidden' });
  expect(await remove(desk, clerk, 'strong')).toMatchObject({ code: 'forbidden' });
  expect(desk.row('roles', 'strong')).toMatchObject({ permissions: ['services:delete'] });
  expect(
    await change(desk, admin, 'strong', { permissions: ['services:delete', 'alerts:ack', 'alerts:ack'] }),
  ).toMatchObject({
    ok: true,
  });
  expect(desk.row('roles', 'strong')).toMatchObject({ permissions: ['alerts:ack', 'services:delete'] });
  await desk.close();
});

test('[PM2] a role somebody has stays, and the refusal says who; the built-in ones are no records', async () => {
  const desk = await openDesk();
  await make(desk, admin, 'night', ['alerts:ack']);
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put('members', 'u1', { name: 'Bo', email: 'bo@example.com', role: 'night', state: 'active' });
    return { ok: true, value: null };
  });
  expect(await remove(desk, admin, 'night')).toMatchObject({
    ok: false,
    code: 'precondition',
    message: expect.stringContaining('Bo'),
  });
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.delete('members', 'u1');
    return { ok: true, value: null };
  });
  expect(await remove(desk, admin, 'night')).toMatchObject({ ok: true });
  for (const id of ['owner', 'admin', 'operator', 'viewer']) {
    expect(await make(desk, admin, id, []), id).toMatchObject({ code: 'exists' });
  }
  await desk.close();
});

test.each(['alerts', 'alerts:', ':read', 'Alerts:read', 'alerts:read:write', 'alerts read', '__proto__:read', ''])(
  '[PM1] %j is no permission',
  async (text) => {
    const desk = await openDesk();
    expect(await make(desk, admin, 'x', [text])).toMatchObject({ ok: false, code: 'bad_field' });
    await desk.close();
  },
);
