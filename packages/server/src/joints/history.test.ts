import type { StatusRow } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { bornService } from '../derive/born.ts';
import { DAY_MS, HOUR_MS } from '../derive/history/calendar.ts';
import { probe } from '../derive/examples.ts';
import { rulesOf } from '../derive/rules.ts';
import type { Committed } from '../keep/commit-types.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { createObserve, type Observe } from '../keep/observe.ts';
import { openKeep, type Keep } from '../keep/open.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { History } from './history.ts';

const NOON = Date.UTC(2026, 2, 20, 12);

class Place {
  readonly clock: FakeClock;
  readonly store = new MemoryStore();
  readonly errors: unknown[] = [];
  readonly limits: Limits;
  committed: Committed[] = [];
  keep!: Keep;
  history!: History;
  observe!: Observe;

  constructor(options: { readonly now?: number; readonly limits?: Partial<Limits> } = {}) {
    this.clock = new FakeClock({ now: options.now ?? NOON });
    this.limits = { ...defaults, ...options.limits };
  }

  async start(): Promise<void> {
    const { clock, store, limits } = this;
    let history: History | null = null;
    this.keep = await openKeep({
      clock,
      store,
      limits,
      log: silentLog,
      onCommitted: (committed) => {
        this.committed.push(committed);
        history?.follow(committed);
      },
    });
    const { live, commit } = this.keep;
    history = new History({ clock, limits, live, store, commit, onError: (error) => void this.errors.push(error) });
    this.history = history;
    this.observe = createObserve({ commit, rulesOf });
    await history.open();
    history.start();
  }

  async stop(): Promise<void> {
    const closing = this.history.close().then(() => this.keep.close());
    await this.clock.run(0);
    await closing;
    expect(this.errors).toEqual([]);
    expect(this.clock.pending).toBe(0);
  }

  async services(...ids: readonly string[]): Promise<void> {
    await this.keep.commit.write('main', 'test', (draft) => {
      for (const id of ids) draft.put('services', id, bornService(draft.now, { kind: 'http', name: id }));
      return ok(null);
    });
  }

  async see(id: string, verdict: 'healthy' | 'unhealthy', latencyMs: number | null = null): Promise<void> {
    const seen = await this.observe(
      'main',
      'services',
      id,
      probe(this.clock.now(), verdict, { final: true, latencyMs }),
    );
    expect(seen.ok).toBe(true);
  }

  put(collection: string, id: string, fields: JsonObject): Promise<unknown> {
    return this.keep.commit.write('main', 'test', (draft) => {
      draft.put(collection, id, fields);
      return ok(null);
    });
  }

  row(id: string): StatusRow {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of services are StatusRow.
    return this.keep.live.get('main', 'services', id)?.row as StatusRow;
  }

  /** Commits of history itself since the last time it was asked. */
  writes(): readonly number[] {
    const sizes = this.committed
      .filter(({ changes }) => changes[0]?.actor === 'history')
      .map(({ changes }) => changes.length);
    this.committed = [];
    return sizes;
  }
}

test('[HI10] a transition is in the fields within two seconds; time is each five minutes; nothing else is written', async () => {
  const place = new Place();
  await place.start();
  await place.services('shop', 'mail');
  await place.see('shop', 'healthy');
  await place.clock.run(2_000);
  expect(place.row('shop')).toMatchObject({ bar: 'u', uptime: { h24: { pct: 100, coverage: 0 } } });
  expect(place.row('mail').bar).toBe('p');
  await place.clock.run(6 * HOUR_MS);
  await place.see('shop', 'unhealthy');
  await place.clock.run(2 * HOUR_MS);
  await place.see('shop', 'healthy');
  await place.clock.run(2_000);
  // Six hours up, two down: 75 %, of which a third of a day is known.
  expect(place.row('shop')).toMatchObject({
    bar: 'd',
    uptime: { h24: { coverage: 0.33 }, d7: { coverage: 0.04 } },
  });
  expect(place.row('shop').uptime?.h24.pct).toBeCloseTo(75, 1);
  expect(place.history.uptime('main', 'services', 'shop', NOON, place.clock.now())?.outages).toMatchObject({
    count: 1,
    longestMs: 2 * HOUR_MS,
  });
  await place.clock.run(DAY_MS);
  expect(place.row('shop').bar).toBe('du');
  place.writes();
  await place.clock.run(HOUR_MS);
  // `mail` was never seen; the downtime of `shop` weighs less in each of its turns.
  expect(place.writes().length).toBeLessThanOrEqual(13);
  await place.stop();
});

test('[HI10] many records change a bounded number a second, and all of them within five minutes of midnight', async () => {
  const place = new Place({ now: NOON + 11.9 * HOUR_MS, limits: { uptimeRecordsPerSecondMax: 20 } });
  await place.start();
  const ids = Array.from({ length: 300 }, (_, i) => `s${i}`);
  await place.services(...ids);
  place.writes();
  await place.clock.run(20_000);
  const sizes = place.writes();
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(300);
  await place.clock.run(0.1 * HOUR_MS);
  place.writes();
  await place.clock.run(310_000);
  expect(ids.every((id) => place.row(id).bar === 'pp')).toBe(true);
  expect(Math.max(0, ...place.writes())).toBeLessThanOrEqual(20);
  await place.stop();
});

test('[HI9] the time in which nobody was here, or slept, is unknown and charged to nobody', async () => {
  const place = new Place();
  await place.start();
  await place.services('shop');
  await place.see('shop', 'unhealthy');
  await place.clock.run(HOUR_MS);
  await place.stop();
  place.clock.jump(5 * HOUR_MS);
  await place.start();
  await place.clock.run(2_000);
  const window = (): readonly unknown[] => {
    const uptime = place.history.uptime('main', 'services', 'shop', NOON, place.clock.now());
    return [uptime?.ms.down, uptime?.ms.unknown];
  };
  expect(window()).toEqual([HOUR_MS + 2_000, 5 * HOUR_MS]);
  expect(place.row('shop').uptime?.h24.coverage).toBe(0.04);
  // The wall clock is set forward, or the machine slept: that hour did not happen either.
  await place.clock.run(300_000);
  place.clock.jump(HOUR_MS);
  await place.clock.run(40_000);
  const [down, unknown] = window();
  expect(Number(unknown) - 6 * HOUR_MS).toBeLessThanOrEqual(2 * defaults.aliveMarkMs);
  expect(Number(unknown)).toBeGreaterThanOrEqual(6 * HOUR_MS);
  expect(Number(down) + Number(unknown)).toBe(place.clock.now() - NOON);
  await place.stop();
});

test('[HI6] maintenance said afterwards takes its time out of fields and buckets; a note does not; taking it back restores it', async () => {
  const place = new Place();
  await place.start();
  await place.services('shop');
  await place.see('shop', 'healthy');
  await place.clock.run(HOUR_MS);
  await place.see('shop', 'unhealthy');
  await place.clock.run(HOUR_MS);
  await place.see('shop', 'healthy');
  await place.clock.run(2 * HOUR_MS + 30_000);
  const hours = async (): Promise<readonly unknown[]> =>
    (
      await place.history.buckets('main', 'services', 'shop', { resolution: '1h', from: NOON, to: NOON + 2 * HOUR_MS })
    ).map(({ ms: { up, down, maintenance } }) => [up / HOUR_MS, down / HOUR_MS, maintenance / HOUR_MS]);
  expect(await hours()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
  expect(place.row('shop').bar).toBe('d');
  expect(place.row('shop').uptime?.h24.pct).toBeCloseTo(75, 0);
  const said = {
    subject: 'services/shop',
    from: NOON + HOUR_MS,
    to: NOON + 2 * HOUR_MS,
    text: '',
    by: 'Ann',
    maintenance: null,
  };
  await place.put('annotations', 'a', { ...said, kind: 'note' });
  await place.clock.run(30_000);
  expect(place.row('shop').bar).toBe('d');
  await place.put('annotations', 'a', { ...said, kind: 'maintenance' });
  await place.clock.run(30_000);
  expect([place.row('shop').bar, place.row('shop').uptime?.h24.pct]).toEqual(['u', 100]);
  expect(await hours()).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
  expect(
    (
      await place.store.rollups({
        org: 'main',
        collection: 'services',
        id: 'shop',
        resolution: '1d',
        from: 0,
        to: NOON,
        limit: 9,
      })
    )[0]?.time,
  ).toMatchObject({ down: 0, maintenance: HOUR_MS });
  await place.keep.commit.write('main', 'test', (draft) => {
    draft.delete('annotations', 'a');
    return ok(null);
  });
  await place.clock.run(30_000);
  expect(place.row('shop').bar).toBe('d');
  expect(await hours()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
  await place.stop();
});

test('[HI11] a month is frozen some time after its end; what is said of it later corrects it in the open', async () => {
  const april = Date.UTC(2026, 3, 1);
  const place = new Place({ now: april - 2 * HOUR_MS, limits: { monthFreezeMs: 2 * HOUR_MS } });
  await place.start();
  await place.services('shop');
  await place.see('shop', 'unhealthy');
  await place.clock.run(HOUR_MS);
  await place.see('shop', 'healthy');
  const subject = { org: 'main', collection: 'services', id: 'shop' };
  await place.clock.run(2.9 * HOUR_MS);
  expect(await place.history.past.months(subject)).toEqual([]);
  await place.clock.run(2 * HOUR_MS);
  const frozen = await place.history.past.months(subject);
  expect(frozen).toMatchObject([
    { month: '2026-03', n: 0, cause: 'frozen', value: { pct: 50, outages: 1, longestMs: HOUR_MS, coverage: 0.002 } },
  ]);
  await place.stop();
  await place.start();
  const excluded = { subject: 'services/shop', from: april - 2 * HOUR_MS, to: april - HOUR_MS, kind: 'exclude' };
  await place.put('annotations', 'a', excluded);
  await place.clock.run(2 * HOUR_MS);
  expect(await place.history.past.months(subject)).toMatchObject([
    frozen[0],
    { n: 1, cause: 'corrected', value: { pct: 100, outages: 0 } },
  ]);
  await place.stop();
});

test('[HI16] what was measured lately comes from memory, also after a start, and says how far back it speaks', async () => {
  const place = new Place({ limits: { measuredMax: 16 } });
  await place.start();
  await place.services('shop');
  for (const [i, ms] of [100, 200, 300, 400].entries()) {
    await place.see('shop', i === 3 ? 'unhealthy' : 'healthy', ms);
    await place.clock.run(60_000);
  }
  const of = (overMs: number): unknown => place.history.measured('main', 'services', 'shop', overMs);
  const all = {
    checks: 4,
    bad: 1,
    errorRate: 0.25,
    count: 4,
    min: 100,
    avg: 250,
    max: 400,
    p50: 200,
    p95: 400,
    p99: 400,
  };
  expect(of(HOUR_MS)).toMatchObject(all);
  expect(of(130_000)).toMatchObject({ from: place.clock.now() - 130_000, checks: 2, errorRate: 0.5, min: 300 });
  expect(of(1_000)).toMatchObject({ checks: 0, errorRate: null, p95: null });
  expect(place.history.measured('main', 'services', 'nobody', 1_000)).toBeNull();
  await place.stop();
  await place.start();
  expect(of(HOUR_MS)).toMatchObject(all);
  for (let i = 0; i < 20; i += 1) {
    await place.see('shop', 'healthy', 10);
    await place.clock.run(1_000);
  }
  const { from, checks } = place.history.measured('main', 'services', 'shop', HOUR_MS) ?? { from: 0, checks: 99 };
  expect(checks).toBeLessThanOrEqual(16);
  expect(from).toBeGreaterThan(place.clock.now() - 60_000);
  await place.stop();
});

test('[HI17] a service that became slow says so beside what is usual for it, also after a restart, until it is as before', async () => {
  const place = new Place();
  await place.start();
  await place.services('shop', 'mail');
  const minutes = async (n: number, ms: number): Promise<void> => {
    for (let i = 0; i < n; i++) {
      await place.see('shop', 'healthy', ms + (i % 5));
      await place.see('mail', 'healthy', 40);
      await place.clock.run(60_000);
    }
  };
  await minutes(5 * 60, 80);
  expect(place.row('shop')).toMatchObject({ latencyShift: null });
  await minutes(30, 250);
  await place.clock.run(5 * 60_000);
  const slow = { isSlower: true, factor: 3.1, nowMs: 250, usualMs: 82 };
  expect(place.row('shop')).toMatchObject({ latencyShift: slow });
  expect(place.row('mail')).toMatchObject({ latencyShift: null });
  await place.stop();
  await place.start();
  await minutes(6, 250);
  expect(place.row('shop')).toMatchObject({ latencyShift: slow });
  await minutes(40, 80);
  expect(place.row('shop')).toMatchObject({ latencyShift: null });
  await place.stop();
});
