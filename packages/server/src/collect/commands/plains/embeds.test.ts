import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { testVault } from '../../../testing/test-vault.ts';
import { caller, openDesk, type Desk } from '../../../testing/desk.ts';

const admin = caller(['admin'], { id: 'admin' });
/** May make embeds, and reads little else. */
const clerk = caller([], { id: 'clerk', permissions: ['embeds:*', 'agents:read'] });
const of = (collection: string): JsonObject => ({
  name: 'On www',
  panel: 'list',
  views: [{ collection, filter: null, fields: ['status', 'name', 'name', 'id'] }],
});
const make = (desk: Desk, by: typeof admin, id: string, fields: JsonObject) =>
  desk.commands.mutate(by, { collection: 'embeds', id, op: 'create', fields });
const change = (desk: Desk, by: typeof admin, id: string, fields: JsonObject) =>
  desk.commands.mutate(by, { collection: 'embeds', id, op: 'patch', fields });

test('[HO5] nobody shows to strangers what they may not read, nor decides over what somebody else shows', async () => {
  const desk = await openDesk();
  expect(await make(desk, clerk, 'agents', of('agents'))).toMatchObject({ ok: true });
  expect(await make(desk, clerk, 'services', of('services'))).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await make(desk, admin, 'services', of('services'))).toMatchObject({ ok: true });
  expect(await change(desk, clerk, 'services', { name: 'mine now' })).toMatchObject({ code: 'forbidden' });
  expect(await change(desk, clerk, 'agents', { views: of('services')['views'] ?? null })).toMatchObject({
    code: 'forbidden',
  });
  expect(desk.row('embeds', 'agents')).toMatchObject({ views: [{ collection: 'agents', fields: ['name', 'status'] }] });
  await desk.close();
});

test('[HO7] a token is sealed and its hash kept: none is in a record, a new one has another hash, and it goes with its embed', async () => {
  const desk = await openDesk();
  await make(desk, admin, 'one', of('services'));
  const sealed = await desk.store.document('embed-token', 'main', 'one');
  const digest = desk.row('embeds', 'one')?.['digest'];
  const opened = testVault().open({ org: 'main', kind: 'embed-token', id: 'one' }, sealed);
  expect(opened).toMatchObject({ ok: true, value: expect.stringMatching(/^sw_embed_/) });
  expect(JSON.stringify([desk.committed, sealed])).not.toContain('sw_embed_');
  await desk.commands.mutate(admin, { collection: 'embeds', id: 'one', op: 'call', name: 'renew' });
  expect(desk.row('embeds', 'one')).toMatchObject({ tokens: 2, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(desk.row('embeds', 'one')?.['digest']).not.toBe(digest);
  await desk.commands.mutate(admin, { collection: 'embeds', id: 'one', op: 'del' });
  expect(await desk.store.document('embed-token', 'main', 'one')).toBeNull();
  await desk.close();
});

test('[HO5] an organization has a bounded number of embeds', async () => {
  const desk = await openDesk({ limits: { embedsPerOrgMax: 2 } });
  await make(desk, admin, 'a', of('services'));
  await make(desk, admin, 'b', of('services'));
  expect(await make(desk, admin, 'c', of('services'))).toMatchObject({ code: 'too_many_records' });
  await desk.close();
});
