import type { Fusion, Health, Service, StatusRow } from '@statewire/model';
import { expect, test } from 'vitest';
import type { Observation } from '../collect/observation.ts';
import { believed, command, probe, report, RULES, serviceRow, T0 } from './examples.ts';
import { nextDeadline } from './freshness.ts';
import type { Rules } from './rules.ts';
import { step } from './step.ts';

const S = 1_000;
const AT_ONCE: Rules = { ...RULES, failAfter: 1, recoverAfter: 1, degradeAfter: 1 };

function play(row: StatusRow, observations: readonly Observation[], rules: Rules = RULES): StatusRow {
  return observations.reduce((now, o) => step(now, o, o.kind === 'deadline' ? o.deadline : o.at, rules).row, row);
}

/** What the observers a, b, c, ... say, one second apart. */
function told(fusion: Fusion, words: readonly Health[], rules: Rules = AT_ONCE): Service {
  const row: StatusRow = serviceRow({ fusion });
  const says = words.map((health, i) => report(T0 + i * S, health, { sourceId: 'abcdef'[i] ?? 'x', periodMs: 60 * S }));
  return asService(play(row, says, rules));
}

function asService(row: StatusRow): Service {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the examples build services.
  return row as Service;
}

const U = 'unhealthy';
const H = 'healthy';
const G = 'degraded';
const X = 'unknown';
const majority: Fusion = { rule: 'majority', named: null };

test.each<readonly [Fusion['rule'], readonly Health[], Health, string]>([
  ['majority', [H, H, H], H, ''],
  ['majority', [U, U, U], U, ''],
  ['majority', [H, H, U], G, '1/3'],
  ['majority', [H, U, U], U, '2/3'],
  ['majority', [H, U], G, '1/2'],
  ['majority', [H, H, U, U], G, '2/4'],
  ['majority', [H, H, G], G, '1/3'],
  ['majority', [G, U], G, '1/2'],
  ['majority', [H, X, X], H, ''],
  ['majority', [U, X, H], G, '1/2'],
  ['majority', [X, X], X, ''],
  ['any', [H, H, U], U, '1/3'],
  ['any', [H, H, G], G, '1/3'],
  ['any', [H, H, H], H, ''],
  ['any', [X, U], U, ''],
  ['all', [H, U, U], G, '2/3'],
  ['all', [U, U, U], U, ''],
  ['all', [H, H], H, ''],
])('[DE23] %s of %j is %s, split "%s"', (rule, words, health, split) => {
  const row = told({ rule, named: null }, words);
  expect([row.observed, row.split]).toEqual([health, split]);
  expect(Object.keys(row.observers)).toHaveLength(words.length);
});

test('[DE23] a named observer decides alone, and the others are shown; when it falls silent the majority decides', () => {
  const row = told({ rule: 'named', named: 'a' }, [H, U, U]);
  expect(row).toMatchObject({ status: 'up', observed: H, split: '2/3' });
  const down = asService(play(row, [report(T0 + 5 * S, U, { sourceId: 'a', periodMs: 60 * S })], AT_ONCE));
  expect(down).toMatchObject({ status: 'down', split: '' });
  expect(told({ rule: 'named', named: 'z' }, [H, U, U])).toMatchObject({ status: 'down', split: '2/3' });
});

test('[DE23] disagreement says who and what', () => {
  const row = told(majority, [H, H, U]);
  expect(row.reason).toEqual({ code: 'split', text: '1 of 3 observers says unhealthy (c)' });
});

test('[DE23] one observer leaves the row as it was: nothing is stored about it', () => {
  const probed = asService(play(serviceRow(), [probe(T0, H), probe(T0 + 30 * S, U), probe(T0 + 40 * S, H)]));
  expect(probed).toMatchObject({ observers: {}, split: '', status: 'up' });
  expect(probed.suspect).toBeNull();
  const reported = told(majority, [H]);
  expect(reported).toMatchObject({ observers: {}, split: '' });
});

test('[DE23] our own probe is the observer "server", beside reporters', () => {
  const row = asService(play(serviceRow(), [probe(T0, H), report(T0 + S, U, { sourceId: 'eu', periodMs: 60 * S })]));
  expect(row.observers).toMatchObject({
    server: { health: H, at: T0, ms: 12, expiresAt: T0 + 90 * S },
    eu: { health: U, at: T0 + S, since: T0 + S, expiresAt: T0 + S + 90 * S },
  });
  expect(row).toMatchObject({ split: '1/2', observed: G, health: H, suspect: { to: G, n: 1, of: 3 } });
});

test('[DE24] three observers at 30 s confirm no faster than one of them alone', () => {
  let row: StatusRow = serviceRow();
  const says = (at: number, id: string, health: Health) => report(at, health, { sourceId: id, periodMs: 60 * S });
  row = play(row, [says(T0, 'a', H), says(T0 + S, 'b', H), says(T0 + 2 * S, 'c', H)]);
  const when: string[] = [];
  for (let round = 1; round <= 4; round++) {
    for (const [i, id] of ['a', 'b', 'c'].entries()) {
      const at = T0 + round * 30 * S + i * 10 * S;
      row = play(row, [says(at, id, U)]);
      when.push(
        `${(at - T0) / S} ${row.suspect === null ? row.health : `${row.suspect.to} ${row.suspect.n}/${row.suspect.of}`}`,
      );
    }
  }
  expect(when).toEqual([
    '30 degraded 1/3',
    '40 degraded 1/3',
    '50 degraded 1/3',
    '60 unhealthy 1/3',
    '70 unhealthy 1/3',
    '80 unhealthy 1/3',
    '90 unhealthy 2/3',
    '100 unhealthy 2/3',
    '110 unhealthy 2/3',
    '120 unhealthy',
    '130 unhealthy',
    '140 unhealthy',
  ]);
});

test('[DE24] a fused verdict that agrees with what is believed ends the suspicion whoever says it', () => {
  const says = (at: number, id: string, health: Health) => report(at, health, { sourceId: id, periodMs: 60 * S });
  const row = play(serviceRow(), [says(T0, 'a', H), says(T0 + S, 'b', H), says(T0 + 30 * S, 'a', U)]);
  expect(row.suspect).not.toBeNull();
  expect(play(row, [says(T0 + 35 * S, 'a', H)]).suspect).toBeNull();
});

test('[DE24] a final word of one observer is final only when it is what all together say', () => {
  const says = (at: number, id: string, health: Health, final: boolean) =>
    report(at, health, { sourceId: id, periodMs: 60 * S, final });
  const row = play(serviceRow(), [
    says(T0, 'a', H, false),
    says(T0 + S, 'b', H, false),
    says(T0 + 2 * S, 'b', U, true),
  ]);
  expect(row).toMatchObject({ health: H, suspect: { to: G, n: 1 } });
  expect(play(row, [says(T0 + 3 * S, 'a', U, true)])).toMatchObject({ health: U, status: 'down' });
});

test('[DE25] a word expires: it drops out of the vote by deadline, and the last one left is a single observer again', () => {
  const row = asService(
    play(serviceRow(), [probe(T0, H), report(T0 + S, U, { sourceId: 'eu', periodMs: 10 * S })], AT_ONCE),
  );
  expect(row).toMatchObject({ status: 'degraded', split: '1/2' });
  expect(nextDeadline(row)).toBe(T0 + 26 * S);
  const left = asService(play(row, [{ kind: 'deadline', deadline: T0 + 26 * S }], AT_ONCE));
  expect(left).toMatchObject({ observers: {}, split: '', observed: H, status: 'degraded', fresh: 'live' });
  const next = asService(play(left, [probe(T0 + 30 * S, H)], AT_ONCE));
  expect(next).toMatchObject({ status: 'up', observers: {} });
});

test('[DE25] a word without a promise of the next counts for five minutes, and nothing is late while another lives', () => {
  const rules: Rules = { ...AT_ONCE, onExpiry: 'down' };
  const row = play(serviceRow(), [report(T0, U, { sourceId: 'once' }), probe(T0 + S, H)], rules);
  expect(asService(row).observers['once']).toMatchObject({ expiresAt: T0 + 300 * S });
  expect(row).toMatchObject({ dueAt: T0 + 61 * S, status: 'degraded' });
  const slow = play(
    row,
    [report(T0 + 2 * S, H, { sourceId: 'slow', periodMs: 600 * S }), probe(T0 + 31 * S, H)],
    rules,
  );
  expect(slow).toMatchObject({ dueAt: T0 + 602 * S, fresh: 'live' });
});

test('[DE25] the restart gives every observer the time to speak again', () => {
  const row = play(serviceRow(), [probe(T0, H), report(T0 + S, U, { sourceId: 'eu', periodMs: 10 * S })]);
  const boot = step(row, { kind: 'boot', at: T0 + 900 * S }, T0 + 900 * S, RULES);
  expect(boot.transitions).toEqual([]);
  for (const { expiresAt } of Object.values(asService(boot.row).observers)) {
    expect(expiresAt).toBe(T0 + 900 * S + RULES.intervalMs + RULES.graceMs);
  }
});

test('[DE25] at most 16 observers are kept; the one that was silent longest goes', () => {
  let row: StatusRow = serviceRow();
  for (let i = 0; i < 20; i++) row = play(row, [report(T0 + i * S, H, { sourceId: `o${i}`, periodMs: 600 * S })]);
  const ids = Object.keys(asService(row).observers);
  expect(ids).toHaveLength(16);
  expect(ids).not.toContain('o3');
  expect(ids).toContain('o4');
});

test('[DE9] the counters of several observers are kept apart', () => {
  const says = (at: number, id: string, health: Health, seq: number) =>
    report(at, health, { sourceId: id, seq, periodMs: 60 * S });
  const row = play(serviceRow(), [says(T0, 'a', H, 7), says(T0 + S, 'b', H, 2)], AT_ONCE);
  expect(step(row, says(T0 + 2 * S, 'a', U, 6), T0 + 2 * S, AT_ONCE).row).toBe(row);
  expect(step(row, says(T0 + 2 * S, 'a', U, 8), T0 + 2 * S, AT_ONCE).row.status).toBe('degraded');
});

test('[DE23] a report that judges nothing is no observer, and does not take over the word of the one that does', () => {
  const row = play(serviceRow(), [probe(T0, H), report(T0 + S, null, { sourceId: 'labels' }), probe(T0 + 2 * S, U)]);
  expect(row).toMatchObject({ observers: {}, split: '', suspect: { to: U, n: 1 } });
});

test('[DE10] pausing forgets what observers said', () => {
  const row = play(serviceRow(), [probe(T0, H), report(T0 + S, U, { sourceId: 'eu', periodMs: 60 * S })]);
  const paused = play(row, [command(T0 + 2 * S, { do: 'desire', desired: 'paused' }), probe(T0 + 3 * S, H)]);
  expect(paused).toMatchObject({ observers: {}, split: '', status: 'paused' });
});

const SLIDING: Rules = { ...RULES, window: { size: 5, bad: 3 } };

test('[DE26] with a window a change is believed when enough of the last answers say so, in whatever order', () => {
  const words: readonly Health[] = [H, U, H, U, H, U, H, H, H];
  let row = believed(H);
  const seen: string[] = [];
  for (const [i, verdict] of words.entries()) {
    row = play(row, [probe(T0 + i * 10 * S, verdict)], SLIDING);
    seen.push(row.suspect === null ? row.status : `${row.status}? ${row.suspect.n}/${row.suspect.of}`);
  }
  expect(seen).toEqual(['up', 'up? 1/3', 'up? 1/3', 'up? 2/3', 'up? 2/3', 'down', 'up', 'up', 'up']);
  expect(row.since).toBeGreaterThan(T0);
});

test('[DE26] an outage found by a window begins with its first bad answer inside the window', () => {
  const bad = [0, 20, 40].map((s) => probe(T0 + s * S, U));
  const down = play(
    believed(H),
    [bad[0], probe(T0 + 10 * S, H), bad[1], probe(T0 + 30 * S, H), bad[2]].filter((o) => o !== undefined),
    SLIDING,
  );
  expect(down).toMatchObject({ status: 'down', since: T0 });
  // A bad answer long before the window is not part of the outage.
  const old = play(believed(H), [probe(T0, U), ...[10, 20, 30, 40, 50].map((s) => probe(T0 + s * S, H))], SLIDING);
  expect(old.suspect).toBeNull();
  const late = play(
    old,
    [60, 70, 80].map((s) => probe(T0 + s * S, U)),
    SLIDING,
  );
  expect(late).toMatchObject({ status: 'down', since: T0 + 60 * S });
});

test('[DE26] a new or resumed record counts from nothing, unknown is no answer, and final needs no window', () => {
  const fresh = play(serviceRow(), [probe(T0, U), probe(T0 + S, X), probe(T0 + 2 * S, U)], SLIDING);
  expect(fresh).toMatchObject({ status: 'unknown', suspect: { n: 2, of: 3 } });
  expect(play(fresh, [probe(T0 + 3 * S, U)], SLIDING)).toMatchObject({ status: 'down', since: T0 });
  const resumed = play(
    fresh,
    [
      probe(T0 + 3 * S, U),
      command(T0 + 4 * S, { do: 'desire', desired: 'paused' }),
      command(T0 + 5 * S, { do: 'desire', desired: 'active' }),
      probe(T0 + 6 * S, H),
    ],
    SLIDING,
  );
  expect(resumed.status).toBe('up');
  expect(play(believed(H), [probe(T0, U, { final: true })], SLIDING).status).toBe('down');
});
