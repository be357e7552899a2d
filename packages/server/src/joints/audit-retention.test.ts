import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { ANCHOR } from '../keep/audit.ts';
import { verifyAudit, type AuditVerdict } from '../keep/verify-audit.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { limits } from '../lib/limits.ts';
import { AuditRetention } from './audit-retention.ts';

const DAY = 86_400_000;
const ann = caller(['admin'], { kind: 'user', id: 'ann', name: 'Ann' });

async function act(desk: Desk): Promise<void> {
  const written = await desk.keep.commit.write('main', ann, (draft) => {
    draft.audit({ action: 'things:change' });
    return ok(null);
  });
  expect(written.ok).toBe(true);
}

function retentionOf(
  desk: Desk,
  store: ConstructorParameters<typeof AuditRetention>[0]['store'] = desk.store,
): AuditRetention {
  const { clock, keep } = desk;
  return new AuditRetention({
    clock,
    limits,
    live: keep.live,
    store,
    commit: keep.commit,
    heads: () => keep.commit.auditHeads(),
    onError: (error) => {
      throw error;
    },
  });
}

async function verdict(desk: Desk, kept: string | null = null): Promise<AuditVerdict> {
  const read = async (q: { org: string; after: number; limit: number }) => (await desk.store.audits(q)).rows;
  return verifyAudit('main', read, { head: await desk.store.auditHead('main'), kept });
}

test('[AT5] old rows go by the days of the settings, oldest first, and the log says from where on it is whole', async () => {
  const desk = await openDesk();
  const retention = retentionOf(desk);
  for (let day = 0; day < 50; day++) {
    await act(desk);
    desk.clock.advance(DAY);
  }
  await retention.sweep();
  expect(await verdict(desk)).toMatchObject({ isWhole: true, from: 1, rows: 50 });
  const set = await desk.commands.mutate(ann, {
    collection: 'settings',
    id: 'main',
    op: 'create',
    fields: { id: 'main', auditDays: 30 },
  });
  expect(set.ok).toBe(true);
  const { hash } = (await desk.store.audits({ org: 'main', before: 21, limit: 1 })).rows[0] ?? { hash: '' };
  await retention.sweep();
  const after = await verdict(desk, hash);
  // Twenty days are older than thirty; a head that was kept of what is gone is still known by the row that removed it.
  expect(after).toMatchObject({ isWhole: true, from: 21, rows: 32, flaws: [] });
  expect((await desk.store.audits({ org: 'main', limit: 1 })).rows[0]).toMatchObject({
    action: ANCHOR,
    actorId: 'server',
  });
  // Nothing more is old: nothing is written.
  await retention.sweep();
  expect(await verdict(desk)).toMatchObject({ rows: 32 });
  await retention.close();
  await desk.close();
});

test('[AT5] fewer than 30 days is refused; a log that has only the rows of earlier sweeps in front is left alone', async () => {
  const desk = await openDesk();
  const fields = { id: 'main', auditDays: 29 };
  expect(await desk.commands.mutate(ann, { collection: 'settings', id: 'main', op: 'create', fields })).toMatchObject({
    code: 'bad_field',
  });
  const retention = retentionOf(desk);
  await act(desk);
  await act(desk);
  for (let year = 0; year < 5; year++) {
    desk.clock.advance(500 * DAY);
    await retention.sweep();
  }
  expect(await verdict(desk)).toMatchObject({ isWhole: true, from: 3, head: { seq: 4 } });
  await retention.close();
  await desk.close();
});

test('[AT5] a kill between the row that says so and the removal leaves a whole log, and the next sweep removes', async () => {
  const desk = await openDesk();
  for (let i = 0; i < 5; i++) await act(desk);
  desk.clock.advance(500 * DAY);
  await act(desk);
  const cut = retentionOf(desk, {
    auditsBefore: (org, at) => desk.store.auditsBefore(org, at),
    sweepAudits: async () => 0,
  });
  await cut.sweep();
  await cut.close();
  expect(await verdict(desk)).toMatchObject({ isWhole: true, from: 1, rows: 7 });
  const retention = retentionOf(desk);
  await retention.sweep();
  expect(await verdict(desk)).toMatchObject({ isWhole: true, from: 6, rows: 3 });
  await retention.close();
  await desk.close();
});
