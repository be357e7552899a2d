import { defineCollection, type AnyDefinition } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { MemoryStore } from '../keep/memory-store.ts';
import { catalogWith } from '../lib/catalog.ts';
import { limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { CustomRecords, type Misfits } from './custom.ts';

const admin = caller(['admin']);

const A = (): AnyDefinition => defineCollection({ name: 'things', schema: { title: z.string() } });
const B = (): AnyDefinition =>
  defineCollection({ name: 'things', schema: { title: z.string(), size: z.string().default('big') } });
const C = (): AnyDefinition => defineCollection({ name: 'things', schema: { title: z.string().max(3) } });
/** As A, with a function that has a say. */
const F = (): AnyDefinition =>
  defineCollection({ name: 'things', schema: { title: z.string().superRefine(() => undefined) } });

/** A start as the server makes it, and how many organizations' records it looked at. */
async function start(
  desk: Desk,
  definition: AnyDefinition,
  slice: number = limits.customSliceRows,
): Promise<{ readonly looked: number; readonly misfits: readonly Misfits[] }> {
  let looked = 0;
  const { live, commit } = desk.keep;
  const records = new CustomRecords({
    clock: desk.clock,
    catalog: catalogWith([definition], limits),
    commit,
    live: {
      orgs: () => live.orgs(),
      size: (org, name) => live.size(org, name),
      entries: (org, name) => {
        looked += 1;
        return live.entries(org, name);
      },
    },
    store: desk.store,
    limits: { customSliceRows: slice },
    log: silentLog,
  });
  const misfits = await records.start();
  return { looked, misfits };
}

async function put(desk: Desk, id: string, fields: JsonObject, org = 'main'): Promise<void> {
  const written = await desk.keep.commit.write(org, 'test', (draft) => {
    draft.put('things', id, {
      labels: {},
      observedAt: 0,
      source: null,
      expiresAt: null,
      isStale: false,
      nextAt: null,
      ...fields,
    });
    return ok(null);
  });
  expect(written.ok).toBe(true);
}

test('[CC14] records found sound are not looked at again under the same definition, and are under another', async () => {
  const desk = await openDesk();
  await put(desk, 'a', { title: 'long' });
  await put(desk, 'z', { title: 'long' }, 'other');
  expect(await start(desk, A())).toEqual({ looked: 2, misfits: [] });
  expect(await start(desk, A())).toEqual({ looked: 0, misfits: [] });
  const version = desk.keep.commit.version('main');
  expect((await start(desk, C())).misfits).toMatchObject([{ count: 2, first: { org: 'main', id: 'a' } }]);
  // What does not fit is said again at each start.
  expect(await start(desk, C())).toMatchObject({ looked: 2, misfits: [{ count: 2 }] });
  expect(desk.keep.commit.version('main'), 'a mark is no version').toBe(version);
  expect((await start(desk, A())).looked).toBe(2);
  expect((await start(desk, A())).looked).toBe(0);
  await desk.close();
});

test('[CC14] an organization that was not there is looked at; the others are not', async () => {
  const desk = await openDesk();
  await put(desk, 'a', { title: 'x' });
  await start(desk, A());
  await put(desk, 'z', { title: 5 }, 'new');
  expect(await start(desk, A())).toMatchObject({ looked: 1, misfits: [{ count: 1, first: { org: 'new' } }] });
  await desk.close();
});

test('[CC14] what another definition left behind is found when the first is back, also where nothing was to adopt then', async () => {
  for (const between of [B, F]) {
    const desk = await openDesk();
    await put(desk, 'a', { title: 'x' });
    await start(desk, A());
    await desk.keep.commit.write('main', 'test', (draft) => {
      draft.delete('things', 'a');
      return ok(null);
    });
    await start(desk, between());
    await put(desk, 'b', { title: 7, size: 'big' });
    expect(await start(desk, A())).toMatchObject({ looked: 1, misfits: [{ count: 1, left: ['size'] }] });
    await desk.close();
  }
});

test('[CC14] where functions have a say every start looks', async () => {
  const desk = await openDesk();
  await put(desk, 'a', { title: 'x' });
  for (let i = 0; i < 3; i += 1) expect((await start(desk, F())).looked).toBe(1);
  expect(await desk.store.documents('custom-sound', null)).toEqual([]);
  await desk.close();
});

test('[CC14] a definition that is gone for a while loses nothing: nobody wrote its records meanwhile', async () => {
  const store = new MemoryStore();
  const first = await openDesk({ store, collections: [A()] });
  await first.commands.mutate(admin, { collection: 'things', id: 'a', op: 'create', fields: { title: 'x' } });
  await first.close();
  await (await openDesk({ store, collections: [A()] })).close();
  await (await openDesk({ store })).close();
  const back = await openDesk({ store });
  expect((await start(back, A())).looked).toBe(0);
  await back.close();
});

// The store fails at the k-th batch of a start, which ends it there: what a kill -9 between any two batches leaves behind.
test.each([
  [A, B],
  [B, A],
  [A, C],
  [B, F],
])('[CC14] a start that is cut short anywhere hides no record that does not fit (%#)', async (before, after) => {
  let cuts = 0;
  for (let cut = 1; cut < 20; cut += 1) {
    let left = Infinity;
    const store = new MemoryStore({
      onCommit: () => {
        left -= 1;
        if (left < 0) throw new Error('killed');
      },
    });
    let desk = await openDesk({ store });
    for (let i = 0; i < 5; i += 1)
      await put(desk, `a${i}`, before === B ? { title: 'long', size: 'big' } : { title: 'long' });
    expect((await start(desk, before())).misfits).toEqual([]);
    left = cut - 1;
    const isCut = await start(desk, after(), 2).then(
      () => false,
      () => true,
    );
    left = Infinity;
    if (isCut) cuts += 1;
    await desk.close();
    // The first definition again, or the second: what is told is what a look at every record tells.
    for (const next of [before, after]) {
      desk = await openDesk({ store });
      const { misfits } = await start(desk, next());
      await desk.keep.commit.write('main', 'test', (draft) => {
        draft.document('custom-sound', 'things', null);
        return ok(null);
      });
      expect(misfits, `cut ${cut}, then ${next.name}`).toEqual((await start(desk, next())).misfits);
      await desk.close();
    }
    if (!isCut) break;
  }
  expect(cuts).toBeGreaterThan(0);
});
