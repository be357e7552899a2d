/** What every store must do with history, whatever is under it. Run by `<store>.test.ts` beside this file. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { measureOf, NO_MEASURE } from '../derive/history/measure.ts';
import { NO_TIME, type Tally } from '../derive/history/tally.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { NO_HISTORY, type MonthRow, type RollupWrite } from './history-store.ts';
import { batch, type StoreFixture } from './store.contract.ts';
import type { Store, TransitionRow } from './store.ts';

const LIMITS: Limits = { ...defaults, rollups5mMs: 1_000, rollups1hMs: 2_000, rollups1dMs: 3_000, deleteSliceRows: 3 };
const X = { org: 'a', collection: 'services', id: 'x' };
const Y = { ...X, id: 'y' };

export function testHistoryStore(name: string, fixture: () => Promise<StoreFixture>): void {
  describe(`history contract: ${name}`, () => {
    let at: StoreFixture;
    let store: Store;

    beforeEach(async () => {
      at = await fixture();
      store = await at.open(LIMITS);
      await store.open();
    });
    afterEach(async () => {
      await store.close();
      await at.dispose();
    });

    async function restart(): Promise<void> {
      await store.close();
      store = await at.reopen(LIMITS);
      await store.open();
    }

    const rows = (id: string): Promise<readonly { at: number }[]> =>
      store.rollups({ ...X, id, resolution: '5m', from: 0, to: 1e9, limit: 99 });

    test('[HI8] marks, gaps and stale spans outlive a restart; what is done is taken away', async () => {
      expect(await store.historyHead()).toEqual({ upTo: null, aliveAt: null, gaps: [] });
      const stale = { ...X, from: 5, to: 9, hasSamples: true };
      await store.commit(batch({ stale: [stale, { ...stale, id: 'y', hasSamples: false }] }));
      await store.putHistory({
        ...NO_HISTORY,
        upTo: 300,
        aliveAt: 310,
        gaps: [
          { from: 7, to: 9 },
          { from: 1, to: 3 },
        ],
      });
      await store.putHistory({ ...NO_HISTORY, aliveAt: 320, stale: [{ ...stale, id: 'z' }] });
      await restart();
      expect(await store.historyHead()).toEqual({
        upTo: 300,
        aliveAt: 320,
        gaps: [
          { from: 1, to: 3 },
          { from: 7, to: 9 },
        ],
      });
      const marks = await store.stale(9);
      expect(
        marks.map(({ org, collection, id, from, to, hasSamples }) => ({ org, collection, id, from, to, hasSamples })),
      ).toEqual([stale, { ...stale, id: 'y', hasSamples: false }, { ...stale, id: 'z' }]);
      await store.putHistory({ ...NO_HISTORY, done: marks.slice(0, 2).map(({ n }) => n) });
      expect((await store.stale(9)).map(({ id }) => id)).toEqual(['z']);
      expect(await store.stale(0)).toEqual([]);
    });

    test('[HI8] each half of a bucket is written by itself, and a bucket that says nothing has no row', async () => {
      const measure = measureOf([
        { ms: 12, v: 'u' },
        { ms: null, v: 'd' },
      ]);
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [write({ time: time({ up: 5 }) }), write({ at: 300, measure })],
      });
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [write({ measure }), write({ at: 300, time: time({ down: 2 }) })],
      });
      const both = [
        { ...X, resolution: '5m', at: 0, time: time({ up: 5 }), measure },
        { ...X, resolution: '5m', at: 300, time: time({ down: 2 }), measure },
      ];
      expect(await rows('x')).toEqual(both);
      await restart();
      expect(await rows('x')).toEqual(both);
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [write({ time: NO_TIME }), write({ at: 300, measure: NO_MEASURE })],
      });
      expect(await rows('x')).toEqual([
        { ...both[0], time: NO_TIME },
        { ...both[1], measure: NO_MEASURE },
      ]);
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [write({ measure: NO_MEASURE }), write({ at: 300, time: NO_TIME })],
      });
      expect(await rows('x')).toEqual([]);
    });

    test('[HI8] observations are folded per record, from samples and from finer buckets, within the span', async () => {
      const sample = (id: string, when: number, ms: number, org = 'a') => ({ ...X, org, id, at: when, ms, v: 'u' });
      await store.commit(
        batch({
          samples: [
            sample('x', 1, 10),
            sample('x', 9, 30),
            sample('x', 10, 99),
            sample('y', 5, 7),
            sample('x', 5, 1, 'b'),
          ],
        }),
      );
      const q = { from: 0, to: 10, after: 0, limit: 100 } as const;
      const found = await store.measures({ ...q, of: 'samples', subject: null });
      expect(
        found.rows
          .map(({ org, id, measure }) => [org, id, measure.checks, measure.sum].join(' '))
          .toSorted((a, b) => (a < b ? -1 : 1)),
      ).toEqual(['a x 2 40', 'a y 1 7', 'b x 1 1']);
      expect(found.next).toBeNull();
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [0, 5, 10].map((when) => write({ at: when, measure: measureOf([{ ms: when + 1, v: 'u' }]) })),
      });
      expect((await store.measures({ ...q, of: '5m', subject: X })).rows).toEqual([
        {
          ...X,
          measure: measureOf([
            { ms: 1, v: 'u' },
            { ms: 6, v: 'u' },
          ]),
        },
      ]);
      expect((await store.measures({ ...q, of: 'samples', subject: { ...X, org: 'c' } })).rows).toEqual([]);
      const recent = await store.recentSamples({ from: 9, after: 0, limit: 100 });
      expect(recent.rows.map(({ id, at: when }) => [id, when])).toEqual([
        ['x', 9],
        ['x', 10],
      ]);
    });

    test('[HI8] times of a collection are added up by record and stay inside their organization', async () => {
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [
          write({ resolution: '1d', at: 0, time: time({ up: 1 }) }),
          write({ resolution: '1d', at: 10, time: time({ up: 2, down: 3 }) }),
          write({ resolution: '1d', at: 20, time: time({ up: 50 }) }),
          { ...write({ resolution: '1d', at: 10, time: time({ paused: 4 }) }), id: 'y' },
          { ...write({ resolution: '1d', at: 10, time: time({ up: 4 }) }), org: 'b' },
          write({ resolution: '1h', at: 10, time: time({ up: 4 }) }),
        ],
      });
      const times = await store.times({ org: 'a', collection: 'services', resolution: '1d', from: 0, to: 20 });
      expect(times).toEqual([
        { ...X, time: time({ up: 3, down: 3 }) },
        { ...Y, time: time({ paused: 4 }) },
      ]);
    });

    test('[HI8] the log comes in the order of recording, of one record with its neighbours', async () => {
      const row = (id: string, when: number, to: string): TransitionRow => ({
        ...X,
        id,
        at: when,
        recordedAt: 100,
        from: 'was',
        to,
        code: '',
        text: '',
        cause: 'test',
      });
      await store.commit(
        batch({ transitions: [row('x', 1, 'a'), row('x', 5, 'b'), row('y', 5, 'c'), row('x', 4, 'd')] }),
      );
      await store.commit(batch({ transitions: [row('x', 9, 'e'), row('x', 20, 'f'), row('x', 30, 'g')] }));
      const first = await store.log({ since: 0, after: 0, limit: 4 });
      expect(first.rows.map(({ to }) => to).join('')).toBe('abcd');
      const second = await store.log({ since: 0, after: first.next ?? 0, limit: 4 });
      expect([second.rows.map(({ to }) => to).join(''), second.next]).toEqual(['efg', null]);
      expect((await store.log({ since: 101, after: 0, limit: 4 })).rows).toEqual([]);
      expect((await store.logOf({ ...X, from: 4, to: 10 })).map(({ to }) => to).join('')).toBe('abdef');
      expect((await store.logOf({ ...X, id: 'nobody', from: 4, to: 10 })).length).toBe(0);
      expect((await store.transitionsFrom({ ...X, from: 2, to: 21, limit: 3 })).map(({ to }) => to).join('')).toBe(
        'dbe',
      );
    });

    test('[HI11] a frozen month is never written over; corrections stand beside it', async () => {
      const value = { time: time({ up: 9, down: 1 }), pct: 90, strictPct: 90, coverage: 1, outages: 1, longestMs: 1 };
      const month = (n: number, pct: number, name = '2026-01'): MonthRow => ({
        ...X,
        month: name,
        n,
        at: n,
        value: { ...value, pct },
        cause: n === 0 ? 'frozen' : 'corrected',
      });
      await store.putHistory({
        ...NO_HISTORY,
        months: [month(0, 90), month(0, 80, '2026-02'), { ...month(0, 70), id: 'y' }],
      });
      await store.putHistory({ ...NO_HISTORY, months: [month(0, 11), month(1, 95)] });
      await restart();
      expect(await store.months({ ...X, month: null })).toEqual([month(0, 80, '2026-02'), month(0, 90), month(1, 95)]);
      const all = await store.months({ ...X, id: null, month: '2026-01' });
      expect(all.map(({ id, n }) => [id, n])).toEqual([
        ['x', 0],
        ['x', 1],
        ['y', 0],
      ]);
    });

    test('[HI8] buckets and gaps pass their time by resolution, in slices; months stay', async () => {
      const rollups = (['5m', '1h', '1d'] as const).flatMap((resolution) =>
        [0, 500, 1_500, 2_500, 9_000].map((when) => write({ resolution, at: when, time: time({ up: 1 }) })),
      );
      await store.putHistory({
        ...NO_HISTORY,
        rollups: [...rollups, ...rollups.map((row) => ({ ...row, id: 'y' }))],
        gaps: [
          { from: 0, to: 100 },
          { from: 0, to: 900 },
          { from: 950, to: 1_100 },
        ],
      });
      // Of each record: 5m up to 3000, 1h up to 2000, 1d up to 1000; and one gap.
      expect(await store.sweep(4_000)).toBe(2 * (4 + 3 + 2) + 1);
      expect(await store.sweep(4_000)).toBe(0);
      expect((await rows('y')).map(({ at: when }) => when)).toEqual([9_000]);
      expect((await store.historyHead()).gaps).toEqual([{ from: 950, to: 1_100 }]);
    });
  });
}

function write(parts: Partial<RollupWrite>): RollupWrite {
  return { ...X, resolution: '5m', at: 0, time: null, measure: null, ...parts };
}

function time(parts: Partial<Tally>): Tally {
  return { ...NO_TIME, ...parts };
}
