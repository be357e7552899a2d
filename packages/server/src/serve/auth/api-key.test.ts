import { ok, type Json } from '@statewire/protocol';
import { expect, test, vi } from 'vitest';
import { GroupCommit } from '../../keep/commit.ts';
import { MemoryStore } from '../../keep/memory-store.ts';
import { openKeep } from '../../keep/open.ts';
import { systemClock } from '../../lib/clock.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { Principal } from '../../lib/principal.ts';
import { silentLog } from '../../lib/log.ts';
import { ApiKeys, isWellFormed } from './api-key.ts';
import { createHoldingOf } from './key-holding.ts';
import { granted } from '../../testing/granted.ts';

const ADMIN_KEY = 'an-operator-key-of-some-length';
const by: Principal = {
  kind: 'key',
  id: 'key:admin',
  name: 'a',
  org: 'main',
  scopes: ['admin'],
  permissions: ['*:*'],
  isOperator: true,
  expiresAt: null,
};

/** What people may do: the key of the map is their account. */
const people = new Map<string, readonly string[]>();
const holdingOf = createHoldingOf({
  ofScopes: granted,
  standingIn: (account) => {
    const permissions = people.get(account);
    return permissions === undefined ? null : { permissions };
  },
});

async function setup(options: { adminKey?: string | null; keysPerOrgMax?: number; store?: MemoryStore } = {}) {
  let shift = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + shift };
  const store = options.store ?? new MemoryStore();
  const keep = await openKeep({ clock, store, log: silentLog, onCommitted: () => undefined });
  const revoked = vi.fn<(id: string) => void>();
  const keys = new ApiKeys({
    clock,
    commit: keep.commit,
    store,
    onRevoked: revoked,
    adminKey: options.adminKey === undefined ? ADMIN_KEY : options.adminKey,
    keysPerOrgMax: options.keysPerOrgMax ?? 10,
    holdingOf,
  });
  await keys.open();
  const make = async (
    wanted: Partial<{ org: string; name: string; scope: 'read' | 'report' | 'admin'; expiresAt: number | null }> = {},
  ) => {
    const made = await keys.create(by, { org: 'main', name: 'ci', scope: 'read', expiresAt: null, ...wanted });
    if (!made.ok) throw new Error(made.message);
    return made.value;
  };
  return { keys, keep, store, revoked, make, skip: (ms: number) => (shift += ms), now: () => clock.now() };
}

test('a key is 256 random bits with its scope in front and a checksum behind', async () => {
  const { make } = await setup();
  const made = await Promise.all([make({ scope: 'read' }), make({ scope: 'report' }), make({ scope: 'admin' })]);
  for (const { key, secret } of made) {
    expect(secret).toMatch(new RegExp(`^sw_${key.scope}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$`, 'u'));
    expect(isWellFormed(secret)).toBe(true);
  }
  expect(new Set(made.map(({ secret }) => secret)).size).toBe(3);
});

test('every single changed character breaks the checksum', async () => {
  const { make } = await setup();
  const { secret } = await make();
  for (let i = 8; i < secret.length; i++) {
    const other = secret[i] === 'a' ? 'b' : 'a';
    expect(isWellFormed(secret.slice(0, i) + other + secret.slice(i + 1))).toBe(false);
  }
});

test('the store holds the SHA-256 and a hint, never the key', async () => {
  const { make, store } = await setup();
  const { key, secret } = await make();
  const [row] = await store.documents('api-key', 'main');
  const text = JSON.stringify(row);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(secret.slice(12, 40));
  expect(secret.startsWith(key.hint)).toBe(true);
  expect(key.hint.length).toBeLessThanOrEqual(16);
});

test('a key is a principal of its own organization with its one scope, and survives a restart', async () => {
  const { make, store, keep } = await setup();
  const { secret, key } = await make({ org: 'o7', scope: 'report', name: 'reporter' });
  await keep.close();
  const again = await setup({ store });
  expect(again.keys.verify(secret)).toEqual({
    kind: 'key',
    id: key.id,
    name: 'reporter',
    org: 'o7',
    scopes: ['report'],
    permissions: granted(['report']),
    isOperator: false,
    expiresAt: null,
  });
});

test('unknown, changed, cut and foreign keys are nobody', async () => {
  const { keys, make } = await setup();
  const { secret } = await make();
  for (const wrong of [
    '',
    secret.slice(0, -1),
    `${secret}x`,
    secret.toUpperCase(),
    secret.replace('read', 'admin'),
    'sw_read_',
    'x'.repeat(5_000),
    '__proto__',
  ]) {
    expect(keys.verify(wrong)).toBeNull();
  }
});

test('the admin key of the environment is an operator, and a prefix of it is nobody', async () => {
  const { keys } = await setup();
  expect(keys.verify(ADMIN_KEY)).toMatchObject({ id: 'admin-key', org: 'main', scopes: ['admin'], isOperator: true });
  expect(keys.verify(ADMIN_KEY.slice(0, -1))).toBeNull();
  expect(keys.verify(`${ADMIN_KEY} `)).toBeNull();
  const none = await setup({ adminKey: null });
  expect(none.keys.verify(ADMIN_KEY)).toBeNull();
});

test('an expired key counts until its moment and not after', async () => {
  const { keys, make, skip, now } = await setup();
  const { secret } = await make({ expiresAt: now() + 60_000 });
  expect(keys.verify(secret)).not.toBeNull();
  skip(60_001);
  expect(keys.verify(secret)).toBeNull();
});

test('a revoked key counts no more at once, its connections are told, and a late flush does not bring it back', async () => {
  const { keys, make, revoked, store, skip } = await setup();
  const { secret, key } = await make();
  skip(120_000);
  expect(keys.verify(secret)).not.toBeNull();
  const [result] = await Promise.all([keys.revoke(by, 'main', key.id), keys.flush()]);
  expect(result.ok).toBe(true);
  expect(keys.verify(secret)).toBeNull();
  expect(revoked.mock.calls).toEqual([[key.id]]);
  expect(await store.documents('api-key', null)).toEqual([]);
});

test('a key of another organization cannot be revoked, and is as missing as one that never was', async () => {
  const { keys, make, revoked } = await setup();
  const { secret, key } = await make({ org: 'o7' });
  const foreign = await keys.revoke(by, 'main', key.id);
  const missing = await keys.revoke(by, 'main', '0000000000000000');
  expect(foreign).toEqual({
    ...missing,
    message: missing.ok ? '' : missing.message.replace('0000000000000000', key.id),
  });
  expect(keys.verify(secret)).not.toBeNull();
  expect(revoked).not.toHaveBeenCalled();
});

test('when the store refuses, the key goes on counting: nobody was told otherwise', async () => {
  let isBroken = false;
  const store = new MemoryStore({
    onCommit: () => {
      if (isBroken) throw new Error('disk full');
    },
  });
  const { keys, make } = await setup({ store });
  const { secret, key } = await make();
  isBroken = true;
  expect(await keys.revoke(by, 'main', key.id)).toMatchObject({ ok: false, code: 'unavailable' });
  expect(keys.verify(secret)).not.toBeNull();
  expect(await keys.create(by, { org: 'main', name: 'x', scope: 'read', expiresAt: null })).toMatchObject({
    ok: false,
    code: 'unavailable',
  });
  expect(keys.list('main')).toHaveLength(1);
});

test('last use is stored by the minute, not by the request', async () => {
  const { keys, make, keep, skip } = await setup();
  const { secret } = await make();
  const write = vi.spyOn(GroupCommit.prototype, 'write');
  for (let i = 0; i < 100; i++) keys.verify(secret);
  await keys.flush();
  await keys.flush();
  expect(write).toHaveBeenCalledTimes(1);
  skip(61_000);
  keys.verify(secret);
  await keys.flush();
  expect(write).toHaveBeenCalledTimes(2);
  write.mockRestore();
  expect(keys.list('main')[0]?.lastUsedAt).not.toBeNull();
  await keep.close();
});

test('many requests at once cannot pass the limit of keys together', async () => {
  const { keys } = await setup({ keysPerOrgMax: 3 });
  const made = await Promise.all(
    Array.from({ length: 8 }, () => keys.create(by, { org: 'main', name: 'x', scope: 'read', expiresAt: null })),
  );
  expect(made.filter((result) => result.ok)).toHaveLength(3);
  expect(keys.list('main')).toHaveLength(3);
});

test('a stored document that is not a key is left out instead of stopping the start', async () => {
  const store = new MemoryStore();
  const first = await setup({ store });
  const odd: readonly Json[] = [
    null,
    7,
    'x',
    [],
    {},
    { hash: 1 },
    { hash: 'a', name: 'b', scope: 'root', createdAt: 1 },
  ];
  for (const [i, value] of odd.entries()) {
    await first.keep.commit.write('main', 'test', (draft) => {
      draft.document('api-key', `odd${i}`, value);
      return ok(null);
    });
  }
  await first.keep.close();
  const { keys } = await setup({ store });
  expect(keys.list('main')).toEqual([]);
});

test('last use reaches the store by itself within a minute', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const keep = await openKeep({ clock: systemClock, store, log: silentLog, onCommitted: () => undefined });
  const keys = new ApiKeys({
    clock,
    commit: keep.commit,
    store,
    adminKey: null,
    onRevoked: () => undefined,
    keysPerOrgMax: 5,
    holdingOf,
  });
  const made = await keys.create(by, { org: 'main', name: 'x', scope: 'read', expiresAt: null });
  if (!made.ok) throw new Error(made.message);
  keys.verify(made.value.secret);
  keys.verify(made.value.secret);
  expect(clock.pending).toBe(1);
  await clock.run(60_000);
  await vi.waitFor(async () =>
    expect(await store.document('api-key', 'main', made.value.key.id)).toMatchObject({
      lastUsedAt: expect.any(Number),
    }),
  );
  expect(clock.pending).toBe(0);
  await keep.close();
});

test('[PM8] a key that ended while its request was on the way makes no other, which would answer to nobody', async () => {
  const { keys, keep } = await setup();
  const anna: Principal = { ...by, kind: 'user', id: 'anna' };
  people.set('anna', ['*:*']);
  const made = await keys.create(anna, { org: 'main', name: 'x', scope: 'admin', expiresAt: null });
  if (!made.ok) throw new Error(made.message);
  const asKey = keys.verify(made.value.secret);
  if (asKey === null) throw new Error('the key is not known');
  await keys.revoke(anna, 'main', made.value.key.id);
  expect(await keys.create(asKey, { org: 'main', name: 'z', scope: 'read', expiresAt: null })).toMatchObject({
    ok: false,
    code: 'forbidden',
  });
  expect(keys.list('main')).toEqual([]);
  people.delete('anna');
  await keep.close();
});

test('[PM8] a key of a person has what both hold, survives a restart with it, and what it makes answers to the same person', async () => {
  const { keys, store, keep } = await setup();
  const anna: Principal = { ...by, kind: 'user', id: 'anna' };
  people.set('anna', ['*:read', 'alerts:ack']);
  const made = await keys.create(anna, {
    org: 'main',
    name: 'x',
    permissions: ['services:*', 'alerts:ack'],
    expiresAt: null,
  });
  if (!made.ok) throw new Error(made.message);
  const { secret, key } = made.value;
  expect(secret).toMatch(/^sw_custom_/u);
  expect(keys.verify(secret)).toMatchObject({ scopes: ['read'] });
  expect(keys.verify(secret)?.permissions.toSorted()).toEqual(['alerts:ack', 'services:read']);
  expect(keys.extentOf(key)).toBe('some');
  const asKey = keys.verify(secret);
  if (asKey === null) throw new Error('the key is not known');
  const child = await keys.create(asKey, { org: 'main', name: 'y', scope: 'read', expiresAt: null });
  expect(child).toMatchObject({ value: { key: { answersTo: 'anna' } } });

  people.set('anna', ['services:*', 'alerts:*']);
  expect(keys.renewed(asKey)?.permissions).toEqual(['services:*', 'alerts:ack']);
  people.delete('anna');
  expect(keys.renewed(asKey)).toBeNull();
  expect(keys.verify(secret)).toBeNull();
  expect(keys.answeringTo('anna')).toHaveLength(2);
  await keep.close();
  const again = await setup({ store });
  expect(again.keys.verify(secret)).toBeNull();
  people.set('anna', ['*:*']);
  expect(again.keys.verify(secret)).toMatchObject({ permissions: ['services:*', 'alerts:ack'] });
  people.clear();
});

test('[PM8] keys of earlier releases answer to the person who made them, and those of programs to nobody', async () => {
  const { keep, store } = await setup();
  const old = { name: 'old', scope: 'read', hint: 'sw_read_', createdAt: 1, expiresAt: null, lastUsedAt: null };
  await keep.commit.write('main', 'system', (draft) => {
    draft.document('api-key', 'k1', { ...old, hash: 'h1', createdBy: 'Zk3vYq81LmNo' });
    draft.document('api-key', 'k2', { ...old, hash: 'h2', createdBy: '0123456789abcdef' });
    draft.document('api-key', 'k3', { ...old, hash: 'h3', createdBy: 'admin-key' });
    return ok(null);
  });
  await keep.close();
  const { keys } = await setup({ store });
  const answering = Object.fromEntries(keys.list('main').map(({ id, answersTo }) => [id, answersTo]));
  expect(answering).toEqual({ k1: 'Zk3vYq81LmNo', k2: null, k3: null });
});
