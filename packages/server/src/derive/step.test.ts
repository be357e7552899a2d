import type { StatusRow } from '@statewire/model';
import { expect, test } from 'vitest';
import type { Observation } from '../collect/observation.ts';
import { beat, believed, command, probe, report, RULES, serviceRow, T0 } from './examples.ts';
import { nextDeadline } from './freshness.ts';
import type { Rules } from './rules.ts';
import { step, type Step } from './step.ts';

const S = 1_000;

/** Applies observations in order, each at its own time, and keeps all transitions. */
function play(row: StatusRow, observations: readonly Observation[], rules: Rules = RULES): Step & { all: string[] } {
  let last: Step = { row, transitions: [], sample: null };
  const all: string[] = [];
  for (const o of observations) {
    last = step(last.row, o, o.kind === 'deadline' ? o.deadline : o.at, rules);
    for (const t of last.transitions) all.push(`${t.from}>${t.to}@${(t.at - T0) / S}`);
  }
  return { ...last, all };
}

test('[DE1] the first good probe of a new service makes it up', () => {
  const { row, all, sample } = play(serviceRow(), [probe(T0 + 5 * S, 'healthy')]);
  expect(row).toMatchObject({
    status: 'up',
    health: 'healthy',
    observed: 'healthy',
    fresh: 'live',
    phase: 'ready',
    latencyMs: 12,
  });
  expect(row).toMatchObject({ since: T0 + 5 * S, lastOkAt: T0 + 5 * S, lastBadAt: null, observedAt: T0 + 5 * S });
  expect(row.recent).toEqual({ bar: 'u', ms: [12] });
  expect(all).toEqual(['pending>up@5']);
  expect(sample).toEqual({ at: T0 + 5 * S, ms: 12, v: 'u' });
});

test('[DE4] a confirmed outage is stamped with its first failed probe', () => {
  const bad = [10, 20, 30].map((s) => probe(T0 + s * S, 'unhealthy'));
  const { row, all } = play(believed('healthy'), bad);
  expect(row).toMatchObject({ status: 'down', since: T0 + 10 * S, flaps: 1, suspect: null });
  expect(row.reason).toEqual({ code: 'refused', text: 'Connection refused.' });
  expect(all).toEqual(['up>down@10']);
});

test('[DE5] a suspicion shows in the row, keeps the status and its reason, and writes no transition', () => {
  const before = believed('healthy', { reason: { code: 'ok', text: 'fine' } });
  const { row, all } = play(before, [probe(T0 + 10 * S, 'unhealthy'), probe(T0 + 12 * S, 'unhealthy')]);
  expect(row).toMatchObject({ status: 'up', observed: 'unhealthy', health: 'healthy', since: T0 });
  expect(row.suspect).toMatchObject({ to: 'unhealthy', n: 2, of: 3, since: T0 + 10 * S });
  expect(row.reason).toEqual({ code: 'ok', text: 'fine' });
  expect(all).toEqual([]);
  expect(play(row, [probe(T0 + 14 * S, 'healthy')]).row.suspect).toBeNull();
});

test('[DE3] a process that exited is down at once', () => {
  const { row } = play(believed('healthy'), [probe(T0 + S, 'unhealthy', { final: true })]);
  expect(row.status).toBe('down');
});

test('[DE6] a fact keeps its since while its value stays, whatever its text says', () => {
  const auth = (text: string, v: 'ok' | 'fail') => ({ facts: { auth: { v, code: 'needs_auth', text, ms: null } } });
  const { row } = play(believed('degraded'), [
    probe(T0 + S, 'degraded', auth('401', 'fail')),
    probe(T0 + 2 * S, 'degraded', auth('403', 'fail')),
    probe(T0 + 3 * S, 'degraded', { facts: { reach: { v: 'ok', code: 'ok', text: '', ms: 3 } } }),
  ]);
  expect(row.facts['auth']).toEqual({
    v: 'fail',
    code: 'needs_auth',
    text: '403',
    ms: null,
    at: T0 + 2 * S,
    since: T0 + S,
  });
  expect(play(row, [probe(T0 + 4 * S, 'healthy', auth('', 'ok'))]).row.facts['auth']?.since).toBe(T0 + 4 * S);
});

test('[DE6] a fact named like a builtin is a fact like any other', () => {
  const facts = JSON.parse(
    '{"__proto__": {"v":"ok","code":"","text":"","ms":1}, "constructor": {"v":"ok","code":"","text":"","ms":1}}',
  );
  const { row } = play(believed('healthy'), [probe(T0 + S, 'healthy', { facts })]);
  expect(Object.keys(row.facts)).toEqual(['constructor']);
  expect(row.facts['constructor']?.since).toBe(T0 + S);
  expect(Object.getPrototypeOf(row.facts)).toBe(Object.prototype);
});

test('[DE7] a silent heartbeat is late at due and down at due plus grace, stamped with the deadline', () => {
  const rules: Rules = { ...RULES, onExpiry: 'down' };
  const beaten = play(serviceRow(), [beat(T0)], rules).row;
  expect(beaten).toMatchObject({ status: 'up', dueAt: T0 + 60 * S, expiresAt: T0 + 90 * S });
  expect(nextDeadline(beaten)).toBe(T0 + 60 * S);
  const late = step(beaten, { kind: 'deadline', deadline: T0 + 60 * S }, T0 + 60 * S + 200, rules);
  expect(late.row).toMatchObject({ fresh: 'late', status: 'up' });
  expect(late.transitions).toEqual([]);
  expect(nextDeadline(late.row)).toBe(T0 + 90 * S);
  const dead = step(late.row, { kind: 'deadline', deadline: T0 + 90 * S }, T0 + 90 * S + 200, rules);
  expect(dead.row).toMatchObject({ fresh: 'expired', status: 'down', since: T0 + 90 * S, health: 'healthy' });
  expect(dead.transitions).toEqual([
    {
      at: T0 + 90 * S,
      from: 'up',
      to: 'down',
      code: 'expired',
      text: 'No sign of life in the expected time.',
      cause: 'deadline',
    },
  ]);
  expect(nextDeadline(dead.row)).toBeNull();
});

test('[DE7] a deadline that a beat has moved, or that has not come, does nothing', () => {
  const { row } = play(serviceRow(), [beat(T0), beat(T0 + 50 * S)]);
  for (const [deadline, now] of [
    [T0 + 60 * S, T0 + 61 * S],
    [T0 + 90 * S, T0 + 91 * S],
    [T0 + 110 * S, T0 + 109 * S],
  ] as const) {
    expect(step(row, { kind: 'deadline', deadline }, now, RULES).row).toBe(row);
  }
});

test('[DE7] the first beat after an expiry brings the record back at once', () => {
  const rules: Rules = { ...RULES, onExpiry: 'down' };
  const { row, all } = play(
    serviceRow(),
    [
      beat(T0),
      { kind: 'deadline', deadline: T0 + 60 * S },
      { kind: 'deadline', deadline: T0 + 90 * S },
      beat(T0 + 200 * S),
    ],
    rules,
  );
  expect(row).toMatchObject({ status: 'up', fresh: 'live' });
  expect(all).toEqual(['pending>up@0', 'up>down@90', 'down>up@200']);
});

test('[DE7] an explicit fail is down at once and still renews the deadline', () => {
  const { row } = play(serviceRow(), [beat(T0), beat(T0 + 30 * S, 'fail', { text: 'exit code 2' })]);
  expect(row).toMatchObject({ status: 'down', fresh: 'live', dueAt: T0 + 90 * S });
  expect(row.reason).toEqual({ code: 'reported_fail', text: 'exit code 2' });
});

test('[DE7] start and log are signs of life and no verdict', () => {
  const first = play(serviceRow(), [beat(T0, 'start')]);
  expect(first.row).toMatchObject({ status: 'unknown', fresh: 'live' });
  expect(first.sample).toBeNull();
  expect(play(first.row, [beat(T0 + S), beat(T0 + 2 * S, 'log')]).row).toMatchObject({
    status: 'up',
    dueAt: T0 + 62 * S,
  });
});

test('[DE7] presence: gone is late now and expires after the grace, unless it comes back', () => {
  const rules: Rules = { ...RULES, onExpiry: 'down', alivePhase: 'idle', gonePhase: 'offline' };
  const open = play(serviceRow({ phase: 'offline' }), [beat(T0, 'ok', { periodMs: 0 })], rules).row;
  expect(open).toMatchObject({ status: 'up', phase: 'idle', dueAt: null, expiresAt: null });
  const closed = play(open, [{ kind: 'gone', at: T0 + 5 * S, graceMs: 10 * S }], rules).row;
  expect(closed).toMatchObject({ status: 'up', fresh: 'late', expiresAt: T0 + 15 * S });
  expect(nextDeadline(closed)).toBe(T0 + 15 * S);
  expect(play(closed, [beat(T0 + 8 * S, 'ok', { periodMs: 0 })], rules).all).toEqual([]);
  const dead = play(closed, [{ kind: 'deadline', deadline: T0 + 15 * S }], rules);
  expect(dead.row).toMatchObject({ status: 'down', phase: 'offline' });
  expect(play(dead.row, [{ kind: 'gone', at: T0 + 20 * S, graceMs: 10 * S }], rules).row).toBe(dead.row);
});

test('[DE7] a probed service of which we hear nothing becomes unknown, not down', () => {
  const { row } = play(serviceRow(), [probe(T0, 'healthy')]);
  expect(row.dueAt).toBe(T0 + 60 * S);
  const { row: late } = play(row, [{ kind: 'deadline', deadline: T0 + 60 * S }]);
  expect(play(late, [{ kind: 'deadline', deadline: T0 + 90 * S }]).row).toMatchObject({
    status: 'unknown',
    health: 'healthy',
  });
});

test('[DE7] a look that could not judge is no sign of life, and says why', () => {
  const denied = { code: 'egress_denied', text: 'A loopback address.' };
  const blind = (at: number): Observation =>
    probe(at, 'unknown', { reason: denied, facts: { reach: { v: 'unknown', ...denied, ms: null } } });
  const fresh = play(serviceRow(), [blind(T0)]).row;
  expect(fresh).toMatchObject({ status: 'unknown', fresh: 'live', reason: denied });
  expect(play(fresh, [{ kind: 'deadline', deadline: fresh.dueAt ?? 0 }]).row.reason).toEqual(denied);
  // One bad answer after that is a suspicion of its own.
  expect(play(fresh, [probe(T0 + 30 * S, 'unhealthy')]).row.reason.code).toBe('unconfirmed');

  const { row: up } = play(serviceRow(), [probe(T0, 'healthy')]);
  const { row: unseen, all } = play(up, [
    blind(T0 + 30 * S),
    { kind: 'deadline', deadline: T0 + 60 * S },
    blind(T0 + 60 * S),
    { kind: 'deadline', deadline: T0 + 90 * S },
    blind(T0 + 120 * S),
  ]);
  expect(unseen).toMatchObject({ status: 'unknown', fresh: 'expired', health: 'healthy', reason: denied });
  expect(all).toEqual(['up>unknown@90']);
  expect(play(unseen, [probe(T0 + 150 * S, 'healthy')]).row).toMatchObject({ status: 'up', fresh: 'live' });
});

test('[DE7] a run of observations does not reach across a silence', () => {
  const { row } = play(believed('healthy'), [probe(T0, 'unhealthy'), probe(T0 + 2 * S, 'unhealthy')]);
  const late = play(row, [{ kind: 'deadline', deadline: row.dueAt ?? 0 }]).row;
  const expired = play(late, [{ kind: 'deadline', deadline: late.expiresAt ?? 0 }]).row;
  expect(expired).toMatchObject({ status: 'unknown', suspect: null });
  const { row: back } = play(expired, [probe(T0 + 900 * S, 'unhealthy')]);
  expect(back).toMatchObject({ status: 'up', suspect: { n: 1, of: 3, since: T0 + 900 * S } });
});

test('[DE7] a back-off that puts the next probe later puts the deadline later', () => {
  const { row } = play(believed('unhealthy'), [probe(T0, 'unhealthy', { nextAt: T0 + 120 * S })]);
  expect(row.dueAt).toBe(T0 + 150 * S);
});

test('[DE8] a restart moves deadlines, writes no transition and keeps suspicions', () => {
  const counting = play(believed('healthy'), [probe(T0 + S, 'unhealthy'), probe(T0 + 3 * S, 'unhealthy')]).row;
  const boot = step(counting, { kind: 'boot', at: T0 + 3_600 * S }, T0 + 3_600 * S, RULES);
  expect(boot.transitions).toEqual([]);
  expect(boot.row).toMatchObject({ status: 'up', suspect: counting.suspect, fresh: 'live' });
  expect(boot.row.expiresAt).toBeGreaterThanOrEqual(T0 + 3_600 * S + RULES.graceMs);
  expect(play(boot.row, [probe(T0 + 3_601 * S, 'unhealthy')]).all).toEqual(['up>down@1']);
});

test('[DE8] after a restart a deadline ahead gets at least the grace, a passed one moves to the next beat of its rhythm', () => {
  const rules: Rules = { ...RULES, intervalMs: 60 * S };
  const row = play(serviceRow(), [beat(T0)], rules).row; // due 60, expires 90
  const bootAt = (s: number) => step(row, { kind: 'boot', at: T0 + s * S }, T0 + s * S, rules).row;
  expect(bootAt(10)).toBe(row);
  expect(bootAt(59)).toMatchObject({ dueAt: T0 + 60 * S, expiresAt: T0 + 90 * S });
  expect(bootAt(70)).toMatchObject({ fresh: 'live', dueAt: T0 + 120 * S, expiresAt: T0 + 150 * S });
  expect(bootAt(1_000)).toMatchObject({ dueAt: T0 + 1_020 * S, expiresAt: T0 + 1_050 * S });
});

test('[DE8] a restart ends open sockets: an agent has the grace to come back', () => {
  const open = serviceRow({ health: 'healthy', fresh: 'live', status: 'up', presence: 'socket' });
  const { row } = step(open, { kind: 'boot', at: T0 + S }, T0 + S, RULES);
  expect(row).toMatchObject({ fresh: 'live', dueAt: T0 + 31 * S, expiresAt: T0 + 61 * S });
  const told = serviceRow({ health: 'healthy', fresh: 'live', status: 'up', presence: 'report' });
  expect(step(told, { kind: 'boot', at: T0 + S }, T0 + S, RULES).row).toBe(told);
});

test('[DE8] what had expired before the restart stays expired', () => {
  const row = serviceRow({ fresh: 'expired', status: 'down', dueAt: T0, expiresAt: T0 + S });
  expect(step(row, { kind: 'boot', at: T0 + 9 * S }, T0 + 9 * S, RULES).row).toBe(row);
});

const PUSHED: Rules = { ...RULES, failAfter: 1, recoverAfter: 1, degradeAfter: 1 };

test('[DE9] an older report of the same source is a sample and moves nothing, an equal one is a repeat', () => {
  const { row } = play(serviceRow(), [report(T0 + S, 'healthy', { seq: 7 })], PUSHED);
  const older = step(row, report(T0 + 2 * S, 'unhealthy', { seq: 6, observedAt: T0 }), T0 + 2 * S, PUSHED);
  expect(older.row).toBe(row);
  expect(older.sample).toEqual({ at: T0, ms: null, v: 'd' });
  const repeat = step(row, report(T0 + 2 * S, 'unhealthy', { seq: 7 }), T0 + 2 * S, PUSHED);
  expect(repeat).toEqual({ row, transitions: [], sample: null });
  expect(step(row, report(T0 + 2 * S, 'unhealthy', { seq: 8 }), T0 + 2 * S, PUSHED).row.status).toBe('down');
});

test('[DE9] without counters the source time decides; another source is not compared, it is another observer', () => {
  const { row } = play(serviceRow(), [report(T0 + 5 * S, 'healthy')], PUSHED);
  const late = report(T0 + 6 * S, 'unhealthy', { observedAt: T0 + 4 * S });
  expect(step(row, late, T0 + 6 * S, PUSHED).row).toBe(row);
  expect(step(row, { ...late, sourceId: 'other' }, T0 + 6 * S, PUSHED).row).toMatchObject({
    status: 'degraded',
    split: '1/2',
  });
});

test('[DE9] a report sets phase, facts and plain fields, and keeps what it does not mention', () => {
  const before = serviceRow({ phase: 'ready' });
  const { row } = play(before, [report(T0 + S, 'healthy', { fields: { name: 'Found' }, periodMs: 30 * S })], PUSHED);
  expect(row).toMatchObject({
    name: 'Found',
    phase: 'ready',
    status: 'up',
    dueAt: T0 + 31 * S,
    expiresAt: T0 + 46 * S,
  });
  expect(row.source).toEqual({ kind: 'report', id: 'sdk', seq: null });
});

test('[DE9] a report without a lease is a sign of life that promises no next one', () => {
  const rules: Rules = { ...PUSHED, onExpiry: 'down' };
  const dead = serviceRow({ fresh: 'expired', health: 'healthy', status: 'down', dueAt: T0, expiresAt: T0 });
  const { row } = play(dead, [report(T0 + S, null)], rules);
  expect(row).toMatchObject({ fresh: 'live', status: 'up', dueAt: null, expiresAt: null });
  const awaited = play(serviceRow(), [beat(T0), report(T0 + S, null)], rules).row;
  expect(awaited).toMatchObject({ dueAt: T0 + 60 * S, expiresAt: T0 + 90 * S });
});

test('[DE10] a paused record says paused, awaits nothing, and remembers without believing', () => {
  const { row, all } = play(believed('healthy', { dueAt: T0 + 9 * S, expiresAt: T0 + 19 * S }), [
    command(T0 + S, { do: 'desire', desired: 'paused' }),
    probe(T0 + 2 * S, 'unhealthy', { final: true }),
  ]);
  expect(row).toMatchObject({
    status: 'paused',
    health: 'healthy',
    observed: 'unhealthy',
    dueAt: null,
    nextProbeAt: null,
  });
  expect(nextDeadline(row)).toBeNull();
  expect(all).toEqual(['up>paused@1']);
});

test('[DE10] resuming starts from pending, not from what was believed before', () => {
  const { row, all } = play(believed('healthy'), [
    command(T0 + S, { do: 'desire', desired: 'retired' }),
    command(T0 + 2 * S, { do: 'desire', desired: 'active' }),
    probe(T0 + 3 * S, 'healthy'),
  ]);
  expect(row.status).toBe('up');
  expect(all).toEqual(['up>paused@1', 'paused>pending@2', 'pending>up@3']);
  expect(step(row, command(T0 + 4 * S, { do: 'desire', desired: 'active' }), T0 + 4 * S, RULES).row).toBe(row);
});

test('[DE11] an override shows at once, the measured value goes on beside it, and it ends by itself', () => {
  const act = { do: 'override', status: 'up', until: T0 + 100 * S, reason: 'known noise' } as const;
  const { row } = play(believed('unhealthy'), [command(T0 + S, act), probe(T0 + 2 * S, 'unhealthy')]);
  expect(row).toMatchObject({ status: 'up', health: 'unhealthy', override: { by: 'ana', until: T0 + 100 * S } });
  expect(row.reason).toEqual({ code: 'override', text: 'known noise' });
  const next = nextDeadline({ ...row, fresh: 'expired' });
  expect(next).toBe(T0 + 100 * S);
  const { row: after, all } = play({ ...row, fresh: 'live', dueAt: null, expiresAt: null }, [
    { kind: 'deadline', deadline: T0 + 100 * S },
  ]);
  expect(after).toMatchObject({ status: 'down', override: null });
  expect(all).toEqual(['up>down@100']);
});

test('[DE11] an override ends in 30 days at the latest; one that has ended already does nothing', () => {
  const set = (until: number) =>
    step(believed('healthy'), command(T0, { do: 'override', status: 'down', until, reason: '' }), T0, RULES);
  expect(set(T0 + 900 * 86_400 * S).row.override?.until).toBe(T0 + 30 * 86_400 * S);
  expect(set(T0).row.override).toBeNull();
  expect(set(T0).transitions).toEqual([]);
});

test('[DE11] clearing an override gives the measured word back', () => {
  const set = play(believed('healthy'), [
    command(T0 + S, { do: 'override', status: 'down', until: T0 + 90 * S, reason: '' }),
  ]);
  expect(set.row).toMatchObject({ status: 'down', reason: { code: 'override', text: 'Set by ana.' } });
  const cleared = play(set.row, [command(T0 + 2 * S, { do: 'clear-override' })]);
  expect(cleared.row.status).toBe('up');
  expect(cleared.row.flap.score).toBe(0);
});

/** One confirmed flip per `every` seconds, healthy and unhealthy in turn. */
function flips(count: number, every: number): Observation[] {
  return Array.from({ length: count }, (_, i) =>
    probe(T0 + (i + 1) * every * S, i % 2 === 0 ? 'unhealthy' : 'healthy', { final: true }),
  );
}

test('[DE12] a flip per minute is flapping from the sixth on; one per four minutes never is', () => {
  expect(play(believed('healthy'), flips(5, 60)).row.overlay.flapping).toBe(false);
  expect(play(believed('healthy'), flips(6, 60)).row.overlay.flapping).toBe(true);
  expect(play(believed('healthy'), flips(200, 240)).row.overlay.flapping).toBe(false);
});

test('[DE12] while flapping the worst of the half-life is shown and the log records what was confirmed', () => {
  const { row, all } = play(believed('healthy'), flips(8, 60));
  expect(row).toMatchObject({ health: 'healthy', status: 'down', flaps: 8 });
  expect(all).toEqual([
    'up>down@60',
    'down>up@120',
    'up>down@180',
    'down>up@240',
    'up>down@300',
    'down>up@360',
    'up>down@420',
    'down>up@480',
  ]);
});

test('[DE12] a status held by flapping says so, and what is measured now', () => {
  const { row: flipped } = play(believed('healthy'), flips(6, 60));
  const row: StatusRow = { ...flipped, dueAt: null, expiresAt: null };
  expect(row.status).toBe('down');
  expect(row.reason.code).toBe('flapping');
  expect(row.reason.text).toMatch(/^Changes too often to be believed\. Now up/u);
  const worstEnds = nextDeadline(row) ?? 0;
  const eased = play(row, [{ kind: 'deadline', deadline: worstEnds }]);
  expect(eased.row.reason.code).not.toBe('flapping');
});

test('[DE12] after a half-life of quiet the worst is forgotten, then flapping ends, both by deadline', () => {
  let row: StatusRow = { ...play(believed('healthy'), flips(6, 60)).row, dueAt: null, expiresAt: null };
  const worstEnds = nextDeadline(row) ?? 0;
  expect(worstEnds).toBe(T0 + 360 * S + 600 * S);
  const eased = play(row, [{ kind: 'deadline', deadline: worstEnds }]);
  expect(eased.row).toMatchObject({ status: 'up', overlay: { flapping: true }, since: worstEnds });
  expect(eased.all).toEqual([]);
  row = eased.row;
  const ends = nextDeadline(row) ?? 0;
  expect(ends - (T0 + 360 * S)).toBeGreaterThan(13 * 60 * S);
  expect(ends - (T0 + 360 * S)).toBeLessThan(16 * 60 * S);
  const calm = play(row, [{ kind: 'deadline', deadline: ends }]).row;
  expect(calm).toMatchObject({ status: 'up', overlay: { flapping: false } });
  expect(nextDeadline(calm)).toBeNull();
});

test('[DE12] a healthy probe after the flapping ended clears it too, without waiting for the deadline', () => {
  const { row } = play(believed('healthy'), [...flips(8, 60), probe(T0 + 7_200 * S, 'healthy')]);
  expect(row).toMatchObject({ status: 'up', overlay: { flapping: false } });
});

test('[DE12] what people do is no flapping', () => {
  const acts = Array.from({ length: 20 }, (_, i) =>
    command(T0 + i * S, { do: 'desire', desired: i % 2 === 0 ? 'paused' : 'active' }),
  );
  expect(play(believed('healthy'), acts).row).toMatchObject({ overlay: { flapping: false }, flaps: 20 });
});

test('[DE13] answers that are too slow degrade; one outlier does not; leaving needs 0.8 of the limit', () => {
  const rules: Rules = { ...RULES, degradedMs: 1_000, degradeAfter: 3, recoverAfter: 1 };
  const at = (ms: number[]) => ms.map((latencyMs, i) => probe(T0 + i * S, 'healthy', { latencyMs }));
  const quick = Array.from({ length: 19 }, () => 100);
  expect(play(serviceRow(), at([...quick, 5_000, 100, 100]), rules).row).toMatchObject({ status: 'up', suspect: null });
  const slow = play(serviceRow(), at([...quick, 5_000, 5_000, 5_000, 5_000]), rules).row;
  expect(slow).toMatchObject({ status: 'degraded', reason: { code: 'slow' }, facts: { latency: { v: 'warn' } } });
  const later = (ms: number[]) => ms.map((latencyMs, i) => probe(T0 + (100 + i) * S, 'healthy', { latencyMs }));
  expect(play(slow, later(Array.from({ length: 30 }, () => 900)), rules).row.status).toBe('degraded');
  expect(play(slow, later(Array.from({ length: 30 }, () => 700)), rules).row.status).toBe('up');
});

test('[DE13] without a limit nothing is slow, and a failed probe is no latency', () => {
  expect(play(believed('healthy'), [probe(T0, 'healthy', { latencyMs: 60_000 })]).row.observed).toBe('healthy');
  const rules: Rules = { ...RULES, degradedMs: 10 };
  expect(play(believed('healthy'), [probe(T0, 'unhealthy')], rules).row).toMatchObject({
    observed: 'unhealthy',
    latencyMs: null,
  });
});

test('[DE1] maintenance hides the outage behind its word and keeps the true health inside', () => {
  const overlay = { maintenance: 'm1', muted: false, acked: false, flapping: false, impactedBy: null };
  const { row } = play(believed('healthy', { overlay, status: 'maintenance' }), flips(1, 10));
  expect(row).toMatchObject({ status: 'maintenance', health: 'unhealthy' });
});

test('[DE1] the last thirty observations are kept', () => {
  const { row } = play(
    serviceRow(),
    Array.from({ length: 60 }, (_, i) => probe(T0 + i * S, 'healthy')),
  );
  expect(row.recent.bar).toHaveLength(30);
  expect(row.recent.ms).toHaveLength(30);
});

test('[DE14] a clock that jumps back never puts since or a transition into the future', () => {
  const { row, transitions } = step(
    believed('healthy', { since: T0 + 500 * S }),
    probe(T0 + 900 * S, 'unhealthy', { final: true }),
    T0 + S,
    RULES,
  );
  expect(row.since).toBe(T0 + S);
  expect(transitions[0]?.at).toBe(T0 + S);
});

test('[DE14] what a probe learned of an MCP server stays when a later probe learns nothing', () => {
  const mcp = {
    transport: 'http',
    era: 'legacy',
    protocolVersion: '2025-06-18',
    serverName: 'x',
    serverVersion: '1',
    capabilities: [],
    mode: 'hold',
    sessionsLost: 0,
    tools: 3,
    fingerprint: 'f',
    acceptedFingerprint: null,
    drift: null,
  } as const;
  const { row } = play(serviceRow(), [probe(T0, 'healthy', { mcp }), probe(T0 + S, 'unhealthy')]);
  expect(row['mcp']).toMatchObject({ tools: 3 });
});
