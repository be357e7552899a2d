import { expect, test } from 'vitest';
import { measureOf } from '../history/measure.ts';
import { NO_TIME, type Tally } from '../history/tally.ts';
import { analyse, type AnalyticsInput, type Watched } from './analyse.ts';

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 10, 10);
const NOW = FROM + 2 * DAY_MS + DAY_MS / 2;

/** Three days, of which the last is half over. */
const EMPTY: AnalyticsInput = {
  slots: { from: FROM, widthMs: DAY_MS, count: 3 },
  now: NOW,
  services: [],
  connections: [],
  alerts: [],
  incidents: [],
  runs: [],
};

function service(id: string, days: Readonly<Record<number, Partial<Tally>>>, more: Partial<Watched> = {}): Watched {
  return {
    id,
    name: id,
    kind: 'http',
    group: '',
    outages: 0,
    pieces: Object.entries(days).map(([day, ms]) => ({
      at: FROM + Number(day) * DAY_MS,
      ms: { ...NO_TIME, ...ms },
      measure: measureOf([{ ms: 100, v: 'u' }]),
    })),
    ...more,
  };
}

test('[DM5] nothing is null and 0, never 100 or a number that was not counted', () => {
  expect(analyse(EMPTY)).toMatchObject({
    from: FROM,
    to: NOW,
    at: [FROM, FROM + DAY_MS, FROM + 2 * DAY_MS],
    uptime: { values: [null, null, null], coverage: [0, 0, 0], now: null, before: null },
    latency: { p50: { values: [null, null, null], now: null }, p95: { now: null } },
    alerts: { values: [0, 0, 0], now: 0, before: 0, ackMs: { now: null }, recoverMs: { now: null }, byRule: [] },
    runs: { failureRate: { now: null, before: null } },
    services: [],
    groups: [],
  });
});

test('[DM5] uptime by day is of the time that was counted; a day of which nothing is known is a gap', () => {
  const found = analyse({
    ...EMPTY,
    services: [
      service('a', { 0: { up: DAY_MS }, 2: { up: DAY_MS / 4, down: DAY_MS / 4 } }),
      service('b', { 0: { up: DAY_MS / 2, unknown: DAY_MS / 2 } }),
    ],
  });
  expect(found.uptime.values).toEqual([100, null, 50]);
  expect(found.uptime.coverage).toEqual([0.75, 0, 0.5]);
  expect(found.uptime.now).toBe(87.5);
  expect(found.services).toMatchObject([
    { id: 'a', downMs: DAY_MS / 4, pct: 83.333, coverage: 0.6 },
    { id: 'b', downMs: 0, pct: 100 },
  ]);
});

test('[DM5] the window before is as long, and only what is in it counts', () => {
  const found = analyse({
    ...EMPTY,
    services: [
      service('a', { '-4': { down: DAY_MS }, '-3': { down: DAY_MS }, '-1': { up: DAY_MS }, 0: { up: DAY_MS } }),
    ],
    runs: [
      { endedAt: FROM - 3 * DAY_MS - 1, isFailed: true },
      { endedAt: FROM - 3 * DAY_MS, isFailed: true },
      { endedAt: FROM - 1, isFailed: false },
      { endedAt: FROM - DAY_MS / 2 - 1, isFailed: false },
      { endedAt: FROM, isFailed: false },
      { endedAt: NOW, isFailed: true },
    ],
  });
  expect(found.before).toEqual({ from: FROM - 3 * DAY_MS, to: NOW - 3 * DAY_MS });
  expect(found.uptime).toMatchObject({ now: 100, before: 50 });
  expect(found.services[0]).toMatchObject({ pctBefore: 50 });
  expect(found.runs.ended).toEqual({ values: [1, 0, 1], now: 2, before: 2 });
  expect(found.runs.failureRate).toEqual({ now: 50, before: 50 });
});

test('[DM6] mean times are of what has happened; what lasts is counted and in no mean', () => {
  const trouble = (startedAt: number, ackMs: number | null, recoverMs: number | null) => ({
    rule: 'down',
    subject: 'services/a',
    startedAt,
    ackedAt: ackMs === null ? null : startedAt + ackMs,
    resolvedAt: recoverMs === null ? null : startedAt + recoverMs,
  });
  const found = analyse({
    ...EMPTY,
    services: [service('quiet', {}, { group: 'shop' }), service('a', { 0: { down: 5 } }, { group: 'shop' })],
    alerts: [
      trouble(FROM, 1_000, 10_000),
      trouble(FROM + 1, 3_000, 30_000),
      trouble(FROM + DAY_MS, null, null),
      { ...trouble(FROM + DAY_MS, null, 20_000), rule: 'slow' },
      trouble(FROM - DAY_MS, 7_000, null),
    ],
  });
  expect(found.alerts).toMatchObject({
    values: [2, 2, 0],
    now: 4,
    before: 1,
    ackMs: { now: 2_000, before: 7_000 },
    recoverMs: { now: 20_000, before: null },
    byRule: [
      { rule: 'down', count: 3 },
      { rule: 'slow', count: 1 },
    ],
  });
  expect(found.services.map(({ id, alerts }) => [id, alerts])).toEqual([
    ['a', 4],
    ['quiet', 0],
  ]);
  expect(found.groups).toEqual([{ name: 'shop', services: 2, pct: 0, downMs: 5, alerts: 4 }]);
});

test('[DM5] percentiles are of all answers together, not means of percentiles', () => {
  const answers = (ms: number, count: number) => measureOf(Array.from({ length: count }, () => ({ ms, v: 'u' })));
  const found = analyse({
    ...EMPTY,
    services: [
      service('fast', {}, { pieces: [{ at: FROM, ms: NO_TIME, measure: answers(10, 99) }] }),
      service('slow', {}, { pieces: [{ at: FROM, ms: NO_TIME, measure: answers(5_000, 1) }] }),
    ],
  });
  expect(found.latency.p50.values[0]).toBeLessThan(20);
  expect(found.latency.p95.values[0]).toBeLessThan(20);
  expect(found.latency.p50.values.slice(1)).toEqual([null, null]);
});
