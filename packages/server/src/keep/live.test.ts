import { ok } from '@statewire/protocol';
import { array, assert as check, asyncProperty, constantFrom, nat, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Live } from './live.ts';
import { MemoryStore } from './memory-store.ts';
import { openKeep } from './open.ts';

/** What was touched after a version, newest first: rid, version, and whether it still exists. */
function since(live: Live, version: number): string[] {
  return [...live.changedSince('a', 'things', version)].map(
    (e) => `${e.rid}@${e.version}${e.row === null ? ' gone' : ''}`,
  );
}

test('[CM11] what changed since any version is exact, after any history and after a restart', async () => {
  const act = tuple(constantFrom('put', 'put', 'del', 'both'), nat(6), nat(3));
  await check(
    asyncProperty(array(act, { maxLength: 60 }), async (acts) => {
      const store = new MemoryStore();
      const keep = await openKeep({ clock: new FakeClock(), store, log: silentLog, onCommitted: () => {} });
      // By rid: the version that touched it last, and whether it exists.
      const truth = new Map<number, { version: number; isGone: boolean }>();
      for (const [what, id, n] of acts) {
        await keep.commit.write('a', 'me', (draft) => {
          if (what === 'del') draft.delete('things', `r${id}`);
          else draft.put('things', `r${id}`, { n });
          if (what === 'both') draft.put('things', `r${id + 1}`, { n: n + 1 });
          return ok(null);
        });
      }
      for (let v = 1; v <= keep.live.version('a'); v++) {
        for (const change of (await store.changesSince({ org: 'a', version: v - 1, limit: 99 })).filter(
          (c) => c.version === v,
        )) {
          const rid = ridAt(change.id, v);
          truth.set(rid, { version: v, isGone: change.op === 'del' });
        }
      }
      function ridAt(id: string, version: number): number {
        // The rid of an id is that of its newest making up to then; the store keeps one row for each.
        const rows = [...keep.live.changedSince('a', 'things', 0)].filter((e) => e.id === id && e.version >= version);
        return Math.min(...rows.map((e) => e.rid));
      }
      const wanted = (from: number): string[] =>
        [...truth]
          .filter(([, t]) => t.version > from)
          .sort(([ridA, a], [ridB, b]) => b.version - a.version || ridA - ridB)
          .map(([rid, t]) => `${rid}@${t.version}${t.isGone ? ' gone' : ''}`);
      const inOrder = (found: string[]): string[] =>
        found.toSorted(
          (x, y) =>
            Number(y.split(/[@ ]/)[1]) - Number(x.split(/[@ ]/)[1]) || Number.parseInt(x, 10) - Number.parseInt(y, 10),
        );
      for (let from = 0; from <= keep.live.version('a'); from++) {
        const found = since(keep.live, from);
        expect(inOrder(found)).toEqual(wanted(from));
        const versions = found.map((text) => Number(text.split(/[@ ]/)[1]));
        expect(versions).toEqual(versions.toSorted((x, y) => y - x));
      }
      await keep.close();
      const again = await openKeep({ clock: new FakeClock(), store, log: silentLog, onCommitted: () => {} });
      for (let from = 0; from <= keep.live.version('a'); from++) {
        expect(inOrder(since(again.live, from))).toEqual(inOrder(since(keep.live, from)));
      }
      const rows = (live: Live): unknown[] =>
        [...live.entries('a', 'things')].map((e) => e.row).sort((x, y) => (x.id < y.id ? -1 : 1));
      expect(rows(again.live)).toEqual(rows(keep.live));
      expect(again.live.count('a')).toBe(keep.live.count('a'));
      await again.close();
    }),
    { numRuns: 150 },
  );
});

test('[CM11] asking what changed costs what changed, not what there is', async () => {
  const keep = await openKeep({
    clock: new FakeClock(),
    store: new MemoryStore(),
    log: silentLog,
    onCommitted: () => {},
  });
  await keep.commit.write('a', 'me', (draft) => {
    for (let i = 0; i < 5_000; i++) draft.put('things', `r${i}`, { n: 0 });
    return ok(null);
  });
  await keep.commit.write('a', 'me', (draft) => (draft.put('things', 'r7', { n: 1 }), ok(null)));
  // A walk that went on past what is newer would call `next` on all of them.
  const walk = keep.live.changedSince('a', 'things', 1)[Symbol.iterator]();
  expect(walk.next().value).toMatchObject({ id: 'r7' });
  expect(walk.next().done).toBe(true);
});

test('names that reach a prototype are names like any other', async () => {
  const keep = await openKeep({
    clock: new FakeClock(),
    store: new MemoryStore(),
    log: silentLog,
    onCommitted: () => {},
  });
  await keep.commit.write('__proto__', 'me', (draft) => (draft.put('constructor', 'toString', { n: 1 }), ok(null)));
  expect(keep.live.get('__proto__', 'constructor', 'toString')?.row['n']).toBe(1);
  expect(keep.live.get('__proto__', 'constructor', 'valueOf')).toBeNull();
  expect(keep.live.get('constructor', 'constructor', 'toString')).toBeNull();
  expect([...keep.live.orgs()]).toEqual(['__proto__']);
  const bad = await keep.commit.write(
    'a',
    'me',
    (draft) => (draft.put('things', 'x', JSON.parse('{"__proto__":{"evil":1}}')), ok(null)),
  );
  expect(bad).toMatchObject({ ok: false, code: 'internal' });
  expect(({} as { evil?: number }).evil).toBeUndefined();
});
