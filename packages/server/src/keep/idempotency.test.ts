import { ok, refuse, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Draft } from './commit-types.ts';
import { MemoryStore } from './memory-store.ts';
import { openKeep, type Keep } from './open.ts';

const HOUR = 3_600_000;

async function open(store: MemoryStore, clock: FakeClock, limits: Partial<Limits> = {}): Promise<Keep> {
  return openKeep({ clock, store, log: silentLog, limits: { ...defaults, ...limits }, onCommitted: () => {} });
}

/** A write that counts how often it was done. */
function increment(draft: Draft): Result<number> {
  const n = Number(draft.get('things', 'counter')?.['n'] ?? 0) + 1;
  draft.put('things', 'counter', { n });
  return ok(n);
}

const ALICE = { org: 'a', principal: 'alice', id: 'm1' };

test('[CM13] a repeat is answered with the first result and not done again, also after a restart', async () => {
  const store = new MemoryStore();
  const clock = new FakeClock();
  const keep = await open(store, clock);
  const first = await keep.idempotency.write(ALICE, 'alice', increment);
  expect(first).toEqual({ ok: true, value: { version: 1, value: 1, repeated: false } });
  await keep.commit.write('a', 'x', (draft) => (draft.put('things', 'other', { n: 1 }), ok(null)));
  expect(await keep.idempotency.write(ALICE, 'alice', increment)).toEqual({
    ok: true,
    value: { version: 1, value: 1, repeated: true },
  });
  await keep.close();
  const again = await open(store, clock);
  expect(await again.idempotency.write(ALICE, 'alice', increment)).toEqual({
    ok: true,
    value: { version: 1, value: 1, repeated: true },
  });
  expect(again.live.get('a', 'things', 'counter')?.row['n']).toBe(1);
});

test('[CM13] repeats that come while the first is under way share it', async () => {
  const keep = await open(new MemoryStore(), new FakeClock());
  const results = await Promise.all(
    Array.from({ length: 20 }, () => keep.idempotency.write(ALICE, 'alice', increment)),
  );
  expect(results.map((r) => r.ok && r.value.value)).toEqual(Array.from({ length: 20 }, () => 1));
  expect(results.filter((r) => r.ok && !r.value.repeated)).toHaveLength(1);
  expect(keep.live.version('a')).toBe(1);
});

test('[CM13] the same id of another caller or organization is another write', async () => {
  const keep = await open(new MemoryStore(), new FakeClock());
  await keep.idempotency.write(ALICE, 'alice', increment);
  await keep.idempotency.write({ ...ALICE, principal: 'bob' }, 'bob', increment);
  await keep.idempotency.write({ ...ALICE, org: 'b' }, 'alice', increment);
  // Names cannot be glued together into another caller's.
  await keep.idempotency.write({ org: 'a', principal: 'alice","m1', id: '' }, 'x', increment);
  expect(keep.live.get('a', 'things', 'counter')?.row['n']).toBe(3);
  expect(keep.live.get('b', 'things', 'counter')?.row['n']).toBe(1);
});

test('[CM13] the same id with something else to say is refused', async () => {
  const keep = await open(new MemoryStore(), new FakeClock());
  await keep.idempotency.write({ ...ALICE, digest: 'aa' }, 'alice', increment);
  expect(await keep.idempotency.write({ ...ALICE, digest: 'bb' }, 'alice', increment)).toMatchObject({
    ok: false,
    code: 'bad_request',
  });
  expect(await keep.idempotency.write({ ...ALICE, digest: 'aa' }, 'alice', increment)).toMatchObject({ ok: true });
  expect(keep.live.version('a')).toBe(1);
});

test('[CM13] what was refused or not stored may be tried again under the same id', async () => {
  let isFull = true;
  const store = new MemoryStore({
    onCommit: () => {
      if (isFull) throw new Error('disk full');
    },
  });
  const keep = await open(store, new FakeClock());
  const no = await keep.idempotency.write(ALICE, 'alice', (): Result<number> => refuse('conflict', 'no'));
  expect(no).toMatchObject({ ok: false, code: 'conflict' });
  expect(await keep.idempotency.write(ALICE, 'alice', increment)).toMatchObject({ ok: false, code: 'unavailable' });
  isFull = false;
  expect(await keep.idempotency.write(ALICE, 'alice', increment)).toMatchObject({
    ok: true,
    value: { value: 1, repeated: false },
  });
});

test('[CM13] results are kept for their time and no longer', async () => {
  const store = new MemoryStore();
  const clock = new FakeClock();
  const keep = await open(store, clock);
  await keep.idempotency.write(ALICE, 'alice', increment);
  await clock.run(24 * HOUR - 1);
  expect(await keep.idempotency.write(ALICE, 'alice', increment)).toMatchObject({
    value: { value: 1, repeated: true },
  });
  await clock.run(HOUR);
  expect(await store.documents('mutation', 'a')).toEqual([]);
  expect(await keep.idempotency.write(ALICE, 'alice', increment)).toMatchObject({
    value: { value: 2, repeated: false },
  });
});

test('[CM13] beyond its bound the memory asks the store, and still nothing is done twice', async () => {
  const keep = await open(new MemoryStore(), new FakeClock(), { idempotencyMax: 3 });
  for (let i = 0; i < 10; i++) await keep.idempotency.write({ ...ALICE, id: `m${i}` }, 'alice', increment);
  expect(keep.idempotency.size).toBe(3);
  const results = await Promise.all(
    [0, 0, 5, 9].map((i) => keep.idempotency.write({ ...ALICE, id: `m${i}` }, 'alice', increment)),
  );
  expect(results.map((r) => r.ok && r.value.value)).toEqual([1, 1, 6, 10]);
  expect(keep.live.version('a')).toBe(10);
});
