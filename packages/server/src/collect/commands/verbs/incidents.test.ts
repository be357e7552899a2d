import type { Incident } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { caller, openDesk, type Desk } from '../../../testing/desk.ts';
import type { Mutation } from '../command.ts';

const admin = caller(['admin']);

function mutate(desk: Desk, mutation: Partial<Mutation> & Pick<Mutation, 'op'>, who = admin) {
  return desk.commands.mutate(who, { collection: 'incidents', id: 'i1', ...mutation });
}

function call(desk: Desk, name: string, fields: JsonObject = {}, who = admin) {
  return mutate(desk, { op: 'call', name, fields }, who);
}

async function written(fields: JsonObject = {}): Promise<Desk> {
  const desk = await openDesk();
  expect(await mutate(desk, { op: 'create', fields: { title: 'Shop is slow', ...fields } })).toMatchObject({
    ok: true,
  });
  return desk;
}

function incident(desk: Desk): Incident {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `incidents` are Incident.
  return desk.row('incidents', 'i1') as Incident;
}

async function alert(desk: Desk, id: string, subject = 'services/shop'): Promise<void> {
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put('alerts', id, { subject, state: 'firing', severity: 'critical', incident: null, resolvedAt: null });
    return ok(null);
  });
}

test('[IC1] a person writes an incident; what is not said has its default', async () => {
  const desk = await written({ text: 'We are looking.', affected: [{ ref: 'services/shop', impact: 'down' }] });
  expect(incident(desk)).toMatchObject({
    phase: 'investigating',
    impact: 'major',
    isEdited: true,
    isPublished: false,
    publishedAt: null,
    drafted: 'person',
    by: 'Ana',
    startedAt: desk.clock.now(),
    updates: [{ id: 'u1', by: 'Ana', phase: 'investigating', text: 'We are looking.', isPublic: true }],
  });
  const ahead = await mutate(desk, { op: 'create', id: 'i2', fields: { title: 'X', startedAt: desk.clock.now() + 1 } });
  expect(ahead).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await mutate(desk, { op: 'create', id: 'i2', fields: { title: 'X' } }, caller(['read']))).toMatchObject({
    ok: false,
    code: 'forbidden',
  });
  await desk.close();
});

test('[IC1] updates and resolving make the timeline; opening it again ends with the day', async () => {
  const desk = await written();
  await call(desk, 'update', { text: 'It is the cache.', phase: 'identified', isPublic: false });
  await call(desk, 'resolve', {});
  expect(incident(desk)).toMatchObject({
    phase: 'resolved',
    resolvedAt: desk.clock.now(),
    updates: [
      { text: 'It is the cache.', phase: 'identified', isPublic: false },
      { text: 'Resolved.', phase: 'resolved', isPublic: true },
    ],
  });
  expect(await call(desk, 'resolve', {})).toMatchObject({ ok: false, code: 'gone' });
  await desk.clock.run(23 * 3_600_000);
  expect(await call(desk, 'update', { text: 'Back.', phase: 'investigating' })).toMatchObject({ ok: true });
  expect(incident(desk)).toMatchObject({ phase: 'investigating', resolvedAt: null });
  await call(desk, 'resolve', { text: 'Now really.' });
  await desk.clock.run(25 * 3_600_000);
  expect(await call(desk, 'update', { text: 'Back.', phase: 'monitoring' })).toMatchObject({ ok: false, code: 'gone' });
  expect(await call(desk, 'update', { text: '' })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await call(desk, 'update', { text: 'x'.repeat(4_001) })).toMatchObject({ ok: false, code: 'bad_field' });
  await desk.close();
});

test('[IC2] publishing remembers its first time; a post-mortem is public only when it is said to be', async () => {
  const desk = await written();
  const first = desk.clock.now();
  await call(desk, 'publish');
  await desk.clock.run(5_000);
  await call(desk, 'unpublish');
  expect(incident(desk)).toMatchObject({ isPublished: false, publishedAt: first });
  await call(desk, 'publish');
  expect(incident(desk)).toMatchObject({ isPublished: true, publishedAt: first });
  await call(desk, 'postmortem', { text: 'A disk was full.' });
  expect(incident(desk).postmortem).toMatchObject({ text: 'A disk was full.', by: 'Ana', publishedAt: null });
  await call(desk, 'postmortem', { text: 'A disk was full.', publish: true });
  const publishedAt = desk.clock.now();
  await desk.clock.run(5_000);
  await call(desk, 'postmortem', { text: 'Two disks were full.' });
  expect(incident(desk).postmortem).toMatchObject({ text: 'Two disks were full.', publishedAt });
  await call(desk, 'postmortem', { text: 'Two disks were full.', publish: false });
  expect(incident(desk).postmortem?.publishedAt).toBeNull();
  await desk.close();
});

test('[IC4] what a person says of the affected records stays', async () => {
  const desk = await written();
  expect(incident(desk).isEdited).toBe(false);
  await mutate(desk, { op: 'patch', fields: { title: 'Shop is very slow' } });
  expect(incident(desk)).toMatchObject({ title: 'Shop is very slow', isEdited: false });
  await mutate(desk, { op: 'patch', fields: { impact: 'minor' } });
  expect(incident(desk).isEdited).toBe(true);
  for (const fields of [
    { phase: 'resolved' },
    { isPublished: true },
    { updates: [] },
    { startedAt: desk.clock.now() + 1 },
  ]) {
    expect(await mutate(desk, { op: 'patch', fields })).toMatchObject({ ok: false, code: 'bad_field' });
  }
  await desk.close();
});

test('[IC6] an alert belongs to one incident, and both say so', async () => {
  const desk = await written();
  await alert(desk, 'a1');
  expect(await call(desk, 'link', { alert: 'a1' })).toMatchObject({ ok: true });
  expect(await call(desk, 'link', { alert: 'a1' })).toMatchObject({ ok: true });
  expect(incident(desk)).toMatchObject({ alerts: ['a1'], affected: [{ ref: 'services/shop', impact: 'down' }] });
  expect(desk.row('alerts', 'a1')?.['incident']).toBe('i1');
  expect(await mutate(desk, { op: 'create', id: 'i2', fields: { title: 'Other', alerts: ['a1'] } })).toMatchObject({
    ok: false,
    code: 'exists',
  });
  expect(desk.row('incidents', 'i2')).toBeNull();
  expect(await call(desk, 'unlink', { alert: 'a1' })).toMatchObject({ ok: true });
  expect(incident(desk).alerts).toEqual([]);
  expect(desk.row('alerts', 'a1')?.['incident']).toBeNull();
  expect(await call(desk, 'unlink', { alert: 'a1' })).toMatchObject({ ok: false, code: 'not_found' });
  expect(await call(desk, 'link', { alert: 'nobody' })).toMatchObject({ ok: false, code: 'not_found' });
  expect(await mutate(desk, { op: 'create', id: 'i2', fields: { title: 'Other', alerts: ['a1'] } })).toMatchObject({
    ok: true,
  });
  expect(desk.row('incidents', 'i2')).toMatchObject({ affected: [{ ref: 'services/shop' }] });
  await desk.close();
});

test('[IC6] somebody is responsible, or nobody', async () => {
  const desk = await written();
  await call(desk, 'assign', { to: 'ben' });
  expect(incident(desk).assignee).toBe('ben');
  await call(desk, 'assign', { to: null });
  expect(incident(desk).assignee).toBeNull();
  expect(await call(desk, 'assign', {})).toMatchObject({ ok: false, code: 'bad_field' });
  await desk.close();
});
