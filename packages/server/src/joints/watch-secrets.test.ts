import { expect, test } from 'vitest';
import { CHECK_SECRETS } from '../collect/commands/check-secrets.ts';
import { createEgress } from '../collect/egress/egress.ts';
import { createProbers } from '../collect/probes/index.ts';
import type { CheckPlan } from '../collect/probes/plan.ts';
import { limits } from '../lib/limits.ts';
import type { Vault } from '../lib/vault.ts';
import { reseal } from '../send/reseal.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { testVault } from '../testing/test-vault.ts';
import { ok } from '@statewire/protocol';
import { Watch } from './watch.ts';

const admin = caller(['admin']);

/** The plan that a server with this vault probes by. */
async function planned(desk: Desk, vault: Pick<Vault, 'open'>): Promise<CheckPlan> {
  const plans: CheckPlan[] = [];
  const watch = new Watch({
    live: desk.keep.live,
    store: desk.store,
    vault,
    schedule: { upsert: (plan) => void plans.push(plan), remove: () => undefined },
    deadlines: { set: () => undefined },
    forget: () => undefined,
    commands: {},
    onError: (error) => {
      throw error;
    },
  });
  await watch.start();
  const [plan] = plans;
  if (plan === undefined) throw new Error('nothing is watched');
  return plan;
}

async function withService(): Promise<Desk> {
  const desk = await openDesk();
  const check = { secretHeaders: { authorization: 'Bearer s3cret' }, secrets: { password: 'pw-1' } };
  const fields = { id: 'web', name: 'web', kind: 'http', target: 'https://example.com/', check };
  expect(await desk.commands.mutate(admin, { collection: 'services', id: '', op: 'create', fields })).toMatchObject({
    ok: true,
  });
  return desk;
}

test('[OW6] what a check logs in with is sealed where it is stored, and opened for its probes', async () => {
  const desk = await withService();
  for (const kind of ['check-secrets', 'check-secrets-password'])
    expect(JSON.stringify(await desk.store.document(kind, 'main', 'web'))).not.toMatch(/s3cret|pw-1/);
  expect(await planned(desk, testVault())).toMatchObject({
    secretHeaders: { authorization: 'Bearer s3cret' },
    credentials: { password: 'pw-1' },
    locked: null,
  });
  await desk.close();
});

test('[OW6] with a key that is not theirs nothing is asked and nothing is down: the reason says what to do', async () => {
  const desk = await withService();
  const plan = await planned(desk, testVault('another key, which is not the one of before'));
  expect(plan).toMatchObject({ secretHeaders: {}, credentials: {}, locked: expect.stringContaining('another key') });
  const probers = createProbers({
    clock: desk.clock,
    egress: createEgress({ mode: 'any', allow: [], clock: desk.clock }),
    limits,
    env: {},
    onTrip: () => undefined,
  });
  const { observation } = await probers.probe(plan);
  expect(observation).toMatchObject({
    verdict: 'unknown',
    reason: { code: 'secrets_locked', text: expect.stringContaining('enter the secrets again') },
    facts: { auth: { v: 'unknown', code: 'secrets_locked' } },
  });
  await probers.close();
  await desk.close();
});

test('[OW6] what an earlier release stored as it was is sealed at start, once', async () => {
  const desk = await withService();
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.document('check-secrets', 'web', { authorization: 'Bearer s3cret' });
    draft.document('check-secrets-password', 'web', 'pw-1');
    return ok(null);
  });
  const deps = { store: desk.store, commit: desk.keep.commit, vault: testVault() };
  expect(await reseal(deps, CHECK_SECRETS, { oncePlain: CHECK_SECRETS })).toBe(2);
  expect(await reseal(deps, CHECK_SECRETS, { oncePlain: CHECK_SECRETS })).toBe(0);
  expect(JSON.stringify(await desk.store.documents('check-secrets', null))).not.toContain('s3cret');
  expect(await planned(desk, testVault())).toMatchObject({
    secretHeaders: { authorization: 'Bearer s3cret' },
    credentials: { password: 'pw-1' },
  });
  await desk.close();
});
