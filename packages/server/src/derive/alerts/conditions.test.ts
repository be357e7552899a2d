import type { RuleCondition } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Random } from '../../testing/random.ts';
import { parentsOf, upstream } from './depend.ts';
import { evaluate } from './evaluate.ts';
import { NOTHING_MEASURED, type Finding, type Measured, type Sample } from './finding.ts';
import { mad, median, theilSen } from './robust.ts';

const NOW = Date.UTC(2026, 5, 3, 12);
const MIN = 60_000;
const HOUR = 3_600_000;
const row: Row = { id: 'x', org: 'main', version: 1 };

function ask(when: RuleCondition, measured: Partial<Measured>, isOpen = false): Finding {
  return evaluate(when, {
    collection: 'services',
    row,
    measured: { ...NOTHING_MEASURED, ...measured },
    now: NOW,
    isOpen,
  });
}

/** One observation every 30 s for so long, ending now. */
function series(ms: number, valueOf: (agoMs: number, i: number) => number | null, v = 'u'): readonly Sample[] {
  const count = Math.floor(ms / 30_000);
  return Array.from({ length: count }, (_, i) => {
    const agoMs = ms - i * 30_000 - 1;
    return { at: NOW - agoMs, ms: valueOf(agoMs, i), v };
  });
}

const trend = { kind: 'trend', of: 'latency', limit: 1_000, withinMs: HOUR, subject: null, name: null } as const;

test('[AL15] a steady rise says when it will reach the limit', () => {
  // 100 ms more every 20 minutes, 800 ms now: the limit is 40 minutes ahead.
  const found = ask(trend, { samples: series(2 * HOUR, (agoMs, i) => 800 - (agoMs / (20 * MIN)) * 100 + (i % 5)) });
  expect(found.is).toBe('true');
  const inMin = Number(found.evidence['inMs']) / MIN;
  expect(inMin).toBeGreaterThan(36);
  expect(inMin).toBeLessThan(42);
  expect(found.text).toMatch(/^Will reach 1000 in (3[6-9]|4[0-2]) min/);
});

test('[AL15] outliers neither make a trend nor break one', () => {
  const random = new Random(7);
  const flat = series(2 * HOUR, () => 500 + random.next() * 50);
  const spiked = flat.map((sample, i) => (i % 37 === 0 ? { ...sample, ms: 900 } : sample));
  expect(ask(trend, { samples: flat }).is).toBe('false');
  expect(ask(trend, { samples: spiked }).is).toBe('false');
  const rising = series(2 * HOUR, (agoMs) => 800 - (agoMs / (20 * MIN)) * 100);
  const broken = rising.map((sample, i) => (i === 100 || i === 101 ? { ...sample, ms: 5 } : sample));
  expect(ask(trend, { samples: broken }).is).toBe('true');
});

test('[AL15] noise alone is no trend: at most one alarm in a hundred series', () => {
  let alarms = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    if (ask(trend, { samples: series(2 * HOUR, () => 600 + random.next() * 350) }).is === 'true') alarms += 1;
  }
  expect(alarms).toBeLessThanOrEqual(3);
});

test('[AL15] a trend of a metric needs eight buckets', () => {
  const when = { ...trend, of: 'metric', subject: 'disk', name: 'pct', limit: 100 } as const;
  const points = Array.from({ length: 120 }, (_, i) => ({ at: NOW - (120 - i) * MIN, value: 50 + i * 0.4 }));
  expect(ask(when, { points })).toMatchObject({ is: 'true', text: expect.stringContaining('Will reach 100') });
  expect(ask(when, { points: points.slice(-20) }).is).toBe('unknown');
});

const anomaly = { kind: 'anomaly', of: 'latency', sensitivity: 5 } as const;

test('[AL15] an anomaly is far from what is usual, and shows value, baseline, spread and samples', () => {
  const random = new Random(3);
  const usual = (agoMs: number): number => (agoMs < 14 * MIN ? 400 : 100) + random.next() * 20;
  const found = ask(anomaly, { samples: series(24 * HOUR, usual) });
  expect(found.is).toBe('true');
  expect(found.evidence).toMatchObject({ basis: expect.any(String), samples: expect.any(Number) });
  expect(Number(found.evidence['value'])).toBeGreaterThan(390);
  expect(Number(found.evidence['baseline'])).toBeLessThan(125);
  expect(found.text).toMatch(/^Answers take 4\d\d ms, usually 1\d\d ms/);
});

test('[AL15] what is usual at this time of day is no anomaly', () => {
  // Every day around noon a backup makes it slow.
  const samples = series(48 * HOUR, (agoMs) => {
    const hour = (((NOW - agoMs) / HOUR) % 24) - 12;
    return Math.abs(hour) <= 1 ? 400 : 100;
  });
  expect(ask(anomaly, { samples }).is).toBe('false');
  expect(ask(anomaly, { samples }).evidence['basis']).toBe('same time of day');
});

test('[AL15] outliers in the past do not hide an anomaly, and noise is none', () => {
  const random = new Random(11);
  const noisy = series(24 * HOUR, (_, i) => (i % 41 === 0 ? 3_000 : 100 + random.next() * 60));
  expect(ask(anomaly, { samples: noisy }).is).toBe('false');
  const slow = noisy.map((sample) => (sample.at > NOW - 14 * MIN ? { ...sample, ms: 500 } : sample));
  expect(ask(anomaly, { samples: slow }).is).toBe('true');
});

test('[AL15] too little to compare with says nothing', () => {
  expect(ask(anomaly, { samples: series(2 * HOUR, () => 100) }).is).toBe('unknown');
  expect(ask(anomaly, { samples: [] }).is).toBe('unknown');
  expect(ask({ ...anomaly, of: 'errors' }, { samples: [] }).is).toBe('unknown');
});

test('[AL15] a metric beyond a limit, or far from the median of its window', () => {
  const when = { kind: 'metric', subject: 'g', name: 'n', above: 10, below: 2, change: null, overMs: HOUR } as const;
  const point = (value: number) => ({ points: [{ at: NOW, value }] });
  expect(ask(when, point(11)).is).toBe('true');
  expect(ask(when, point(1)).is).toBe('true');
  expect(ask(when, point(5)).is).toBe('false');
  expect(ask(when, { points: [] }).is).toBe('unknown');
});

test('[AL15] medians and slopes', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(mad([1, 1, 2, 9], 1.5)).toBe(0.5);
  const line = theilSen([0, 1, 2, 3, 4].map((at) => ({ at, value: at === 2 ? 100 : 2 * at + 1 })));
  expect(line.slope).toBe(2);
  expect(line.at(10)).toBe(21);
});

test('[AL6] a record stands on what it names, what the engine found, and what it is made of', () => {
  expect(parentsOf('services', { ...row, dependsOn: ['services/db', 'services/x'] })).toEqual(['services/db']);
  expect(parentsOf('connections', { ...row, service: 'shop' })).toEqual(['services/shop']);
  expect(parentsOf('services', { ...row, overlay: { impactedBy: 'services/net' } })).toEqual(['services/net']);
  const members = (rule: string) => ({ ...row, members: { refs: ['services/a'], rule } });
  expect(parentsOf('services', members('worst'))).toEqual(['services/a']);
  // That so many fail at once is news of its own.
  expect(parentsOf('services', members('quorum'))).toEqual([]);
});

test('[AL6] rings of dependencies end, and the way up is bounded', () => {
  const ring: Readonly<Record<string, readonly string[]>> = { a: ['b'], b: ['c'], c: ['a'] };
  expect([...upstream('a', (ref) => ring[ref] ?? [])]).toEqual(['b', 'c']);
  const chain = (ref: string): readonly string[] => [String(Number(ref) + 1)];
  expect([...upstream('0', chain)]).toEqual(['1', '2', '3', '4', '5']);
  expect([...upstream('0', () => Array.from({ length: 500 }, (_, i) => `p${i}`))].length).toBeLessThanOrEqual(64);
});
