import { caller as mine, defineCollection } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { AuditRow } from '../../keep/audit.ts';
import { verifyAudit } from '../../keep/verify-audit.ts';
import { caller, openDesk, type Desk } from '../../testing/desk.ts';
import type { Mutation } from '../commands/command.ts';

const from = { ip: '192.0.2.7', agent: 'curl/8', door: 'rest' } as const;
const ann = caller(['admin'], { kind: 'user', id: 'ann', name: 'Ann', from });
const program = caller(['report'], { id: 'k2', name: 'CI' });
const viewer = caller(['read'], { kind: 'user', id: 'vic', name: 'Vic', from });

function mutate(desk: Desk, mutation: Partial<Mutation> & Pick<Mutation, 'op'>, who = ann) {
  return desk.commands.mutate(who, { collection: 'services', id: 'web', ...mutation });
}

async function rowsOf(desk: Desk): Promise<readonly AuditRow[]> {
  return (await desk.store.audits({ org: 'main', after: 0, limit: 1_000 })).rows;
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const WEB = { name: 'Web', kind: 'http', target: 'https://example.com/' };

test('[AT2] a write says who, from where, why, and what was before and after: changed fields only', async () => {
  const desk = await openDesk();
  must(await mutate(desk, { op: 'create', fields: { ...WEB, check: { intervalMs: 5_000 } } }));
  must(await mutate(desk, { op: 'patch', fields: { name: 'Shop', labels: { env: 'prod' } }, why: 'it was renamed' }));
  must(await mutate(desk, { op: 'call', name: 'pause' }));
  must(await mutate(desk, { op: 'del' }));
  const rows = await rowsOf(desk);
  expect(rows.map(({ seq, action, outcome }) => [seq, action, outcome])).toEqual([
    [1, 'services:create', 'ok'],
    [2, 'services:change', 'ok'],
    [3, 'services:pause', 'ok'],
    [4, 'services:delete', 'ok'],
  ]);
  expect(rows[1]).toMatchObject({
    actorKind: 'user',
    actorId: 'ann',
    actorName: 'Ann',
    ...from,
    collection: 'services',
    id: 'web',
    why: 'it was renamed',
    before: '{"labels":{},"name":"Web"}',
    after: '{"labels":{"env":"prod"},"name":"Shop"}',
  });
  expect(JSON.parse(rows[0]?.after ?? '')).toMatchObject({
    name: 'Web',
    target: 'https://example.com/',
    'check.intervalMs': 5_000,
  });
  expect(rows[0]?.before).toBeNull();
  expect(JSON.parse(rows[2]?.after ?? '')).toMatchObject({ desired: 'paused' });
  expect(JSON.parse(rows[3]?.before ?? '')).toMatchObject({ name: 'Shop' });
  expect(rows[3]?.after).toBeNull();
  const verdict = await verifyAudit('main', async (q) => (await desk.store.audits(q)).rows, {
    head: await desk.store.auditHead('main'),
  });
  expect(verdict).toMatchObject({ isWhole: true, rows: 4 });
  await desk.close();
});

test('[AT1] what is refused, and a repeat that is only answered, leave no row of their own', async () => {
  const desk = await openDesk();
  must(await mutate(desk, { op: 'create', fields: WEB, key: 'once' }));
  must(await mutate(desk, { op: 'create', fields: WEB, key: 'once' }));
  expect(await mutate(desk, { op: 'patch', fields: { kind: 'no such kind' } })).toMatchObject({ code: 'bad_field' });
  expect(await mutate(desk, { op: 'patch', fields: { name: 'X' }, ifVersion: 99 })).toMatchObject({
    code: 'precondition',
  });
  expect(await rowsOf(desk)).toHaveLength(1);
  await desk.close();
});

test('[AT2] secrets are never in a row: their names are, with the word changed', async () => {
  const desk = await openDesk();
  const check = {
    secretHeaders: { 'x-token': 'hush-1' },
    secrets: { password: 'hush-2' },
    headers: { cookie: 'hush-3' },
  };
  must(await mutate(desk, { op: 'create', fields: { ...WEB, check } }));
  must(await mutate(desk, { op: 'patch', fields: { check: { secrets: { token: 'hush-4' } } } }));
  const channel = { collection: 'channels', id: 'hook' };
  const made = {
    name: 'Hook',
    kind: 'webhook',
    settings: { url: 'https://example.com/' },
    secrets: { secret: 'hush-5-hush-5-hush-5' },
  };
  const hook = await mutate(desk, { ...channel, op: 'create', fields: made });
  const rows = await rowsOf(desk);
  expect(JSON.stringify(rows)).not.toContain('hush');
  expect(JSON.parse(rows[0]?.after ?? '')).toMatchObject({
    'check.secretHeaders.x-token': 'changed',
    'check.secrets.password': 'changed',
    'check.headers.cookie': 'changed',
  });
  expect(JSON.parse(rows[1]?.after ?? '')).toMatchObject({ 'check.secrets.token': 'changed' });
  if (hook.ok) expect(JSON.parse(rows[2]?.after ?? '')).toMatchObject({ 'secrets.secret': 'changed' });
  await desk.close();
});

test('[AT2] what programs report, and what people do with what is theirs alone, is not audited', async () => {
  const desk = await openDesk();
  await desk.reports.report(program, {
    collection: 'executions',
    id: 'e1',
    agent: 'bot',
    title: 'Run',
    state: 'running',
  });
  must(
    await desk.commands.mutate(program, {
      collection: 'executions',
      id: 'e2',
      op: 'put',
      fields: { agent: 'bot', title: 'Run', state: 'running' },
    }),
  );
  const own = { collection: 'preferences', id: '', op: 'create' as const, fields: {} };
  await desk.commands.mutate(ann, own);
  expect(await rowsOf(desk)).toEqual([]);
  await desk.close();
});

test('[AT2] of records that only some may see the log says which fields changed and not to what', async () => {
  const notes = defineCollection({
    name: 'notes',
    schema: { text: z.string(), owner: z.string() },
    set: { patch: ['text'] },
    stamp: { owner: mine('id') },
    access: { write: 'report', rows: ['eq', 'owner', mine('id')] },
  });
  const desk = await openDesk({ collections: [notes] });
  const made = must(
    await desk.commands.mutate(ann, { collection: 'notes', id: '', op: 'create', fields: { text: 'dear diary' } }),
  );
  const { id } = made.value;
  must(await desk.commands.mutate(ann, { collection: 'notes', id, op: 'patch', fields: { text: 'dear me' } }));
  const rows = await rowsOf(desk);
  expect(rows.map(({ action }) => action)).toEqual(['notes:create', 'notes:change']);
  expect(JSON.stringify(rows)).not.toContain('dear');
  expect(rows[1]).toMatchObject({ before: '{"text":"changed"}', after: '{"text":"changed"}' });
  await desk.close();
});

test('[AT3] a refusal is a row at once; those like it are counted and are one row when their minute is over', async () => {
  const desk = await openDesk();
  must(await mutate(desk, { op: 'create', fields: WEB }));
  for (let i = 0; i < 500; i++) expect(await mutate(desk, { op: 'del' }, viewer)).toMatchObject({ code: 'forbidden' });
  await desk.clock.run(100);
  const first = await rowsOf(desk);
  expect(first.slice(1)).toMatchObject([
    { action: 'services:delete', outcome: 'forbidden', actorId: 'vic', id: 'web', ip: '192.0.2.7', after: null },
  ]);
  await desk.clock.run(61_000);
  const rows = await rowsOf(desk);
  expect(rows).toHaveLength(3);
  expect(JSON.parse(rows[2]?.after ?? '')).toMatchObject({ refusals: 499 });
  // The next minute begins anew.
  await mutate(desk, { op: 'del' }, viewer);
  await desk.clock.run(100);
  expect(await rowsOf(desk)).toHaveLength(4);
  await desk.close();
});

test('[AT3] what a connection counted itself is one row with its number, or adds to that of the running minute', async () => {
  const desk = await openDesk();
  const denied = { org: 'main', actor: viewer, action: 'checks:read', outcome: 'forbidden' } as const;
  desk.deps.refused?.({ ...denied, more: 49 });
  await desk.clock.run(100);
  expect(JSON.parse((await rowsOf(desk))[0]?.after ?? '')).toMatchObject({ refusals: 49 });
  desk.deps.refused?.(denied);
  desk.deps.refused?.({ ...denied, more: 5 });
  await desk.clock.run(61_000);
  const rows = await rowsOf(desk);
  expect(rows).toHaveLength(2);
  expect(JSON.parse(rows[1]?.after ?? '')).toMatchObject({ refusals: 6 });
  await desk.close();
});

test('[AT3] a flood of refusals of many kinds by many people adds a bounded number of rows, and none is uncounted', async () => {
  const desk = await openDesk({ limits: { refusalsPerMinuteMax: 10 } });
  for (let i = 0; i < 2_000; i++) {
    const who = { ...viewer, id: `v${i}` };
    await desk.commands.mutate(who, { collection: 'services', id: `s${i}`, op: 'del' });
  }
  await desk.clock.run(61_000);
  const rows = await rowsOf(desk);
  expect(rows).toHaveLength(11);
  expect(JSON.parse(rows[10]?.after ?? '')).toMatchObject({ refusals: 1_990 });
  await desk.close();
});

test('[AT2] an action that is more than a transaction is audited before it is acknowledged', async () => {
  const desk = await openDesk({
    acts: { 'services/refresh': async ({ id }) => ok({ version: 1, value: { id } }) },
  });
  must(await mutate(desk, { op: 'create', fields: WEB }));
  must(await mutate(desk, { op: 'call', name: 'refresh' }));
  expect((await rowsOf(desk)).map(({ action }) => action)).toEqual(['services:create', 'services:refresh']);
  await desk.close();
});

test('[AT2] services that a file or the demo says are audited as its own: what changed, and nothing when nothing did', async () => {
  const desk = await openDesk();
  const web = { id: 'web', name: 'Web', kind: 'http' as const, target: 'https://example.com/' };
  must(await desk.commands.sync('main', [web], 'file'));
  must(await desk.commands.sync('main', [web], 'file'));
  must(await desk.commands.sync('main', [{ ...web, name: 'Shop' }], 'file'));
  must(await desk.commands.sync('main', [], 'file'));
  expect((await rowsOf(desk)).map(({ action, actorId, id }) => [action, actorId, id])).toEqual([
    ['services:create', 'file', 'web'],
    ['services:change', 'file', 'web'],
    ['services:delete', 'file', 'web'],
  ]);
  await desk.close();
});

test('[AT2] the life of a message is told step by step, and what readers do with it is not', async () => {
  const desk = await openDesk();
  const on = { collection: 'messages', id: 'm' };
  must(await mutate(desk, { ...on, op: 'create', fields: { title: 'Soon', body: 'Wait' } }));
  must(await mutate(desk, { ...on, op: 'patch', fields: { title: 'Now' }, why: 'it is time' }));
  must(await mutate(desk, { ...on, op: 'call', name: 'publish' }));
  must(await mutate(desk, { ...on, op: 'call', name: 'seen' }, viewer));
  must(await mutate(desk, { ...on, op: 'call', name: 'dismiss' }, viewer));
  must(await mutate(desk, { ...on, op: 'call', name: 'withdraw' }));
  must(await mutate(desk, { ...on, op: 'call', name: 'reactivate' }));
  must(await mutate(desk, { ...on, op: 'del' }));
  const rows = await rowsOf(desk);
  expect(rows.map(({ action, actorName }) => [action, actorName])).toEqual([
    ['messages:create', 'Ann'],
    ['messages:change', 'Ann'],
    ['messages:publish', 'Ann'],
    ['messages:withdraw', 'Ann'],
    ['messages:reactivate', 'Ann'],
    ['messages:delete', 'Ann'],
  ]);
  expect(JSON.parse(rows[0]?.after ?? '')).toMatchObject({ title: 'Soon', body: 'Wait', state: 'draft' });
  expect(rows[1]?.why).toBe('it is time');
  expect(JSON.parse(rows[1]?.before ?? '')).toMatchObject({ title: 'Soon' });
  expect(JSON.parse(rows[1]?.after ?? '')).toMatchObject({ title: 'Now' });
  expect(JSON.parse(rows[2]?.before ?? '')).toMatchObject({ state: 'draft' });
  expect(JSON.parse(rows[2]?.after ?? '')).toMatchObject({ state: 'active' });
  expect(JSON.parse(rows[3]?.after ?? '')).toMatchObject({ state: 'withdrawn' });
  expect(JSON.parse(rows[4]?.after ?? '')).toMatchObject({ state: 'active' });
  expect(JSON.parse(rows[5]?.before ?? '')).toMatchObject({ title: 'Now', shown: 1, dismissed: 1 });
  await desk.close();
});
