import type { RunState, Step } from '@statewire/model';
import { TERMINAL_RUN_STATES, type RunRow } from '@statewire/model';
import { expect, test } from 'vitest';
import { runRow, T0 } from './examples.ts';
import { awakeRun, lapseRun, mayFollow, nextRunDeadline, stepRun, type RunReport } from './run.ts';

const S = 1_000;

function say(at: number, more: Partial<RunReport>): RunReport {
  return { at, seq: null, ...more };
}

/** Applies reports in order; refused ones are written down and change nothing. */
function play(row: RunRow, reports: readonly RunReport[]): { row: RunRow; all: string[] } {
  const all: string[] = [];
  for (const report of reports) {
    const stepped = stepRun(row, report, report.at);
    if (!stepped.ok) {
      all.push(stepped.code);
      continue;
    }
    row = stepped.value.row;
    for (const t of stepped.value.transitions) all.push(`${t.from}>${t.to}@${(t.at - T0) / S}`);
  }
  return { row, all };
}

test('[DE15] a run starts, moves and succeeds', () => {
  const { row, all } = play(runRow(), [
    say(T0 + S, { state: 'running', total: 100, unit: 'files' }),
    say(T0 + 11 * S, { done: 50, message: 'half', stage: 'scan' }),
    say(T0 + 21 * S, { state: 'succeeded', done: 100 }),
  ]);
  expect(row).toMatchObject({
    state: 'succeeded',
    startedAt: T0 + S,
    endedAt: T0 + 21 * S,
    leaseUntil: null,
    etaMs: null,
    attempt: 1,
  });
  expect(row.progress).toEqual({ done: 100, total: 100, unit: 'files', pct: 100, message: 'half', stage: 'scan' });
  expect(all).toEqual(['queued>running@1', 'running>succeeded@21']);
});

test.each(TERMINAL_RUN_STATES)('[DE15] a run that is %s never changes again in the same attempt', (state) => {
  const row = runRow({ state, endedAt: T0, attempt: 2 });
  for (const next of ['queued', 'running', 'failed', 'succeeded'] as const) {
    expect(stepRun(row, say(T0 + S, { state: next, done: 9 }), T0 + S)).toMatchObject({ ok: false, code: 'gone' });
    expect(stepRun(row, say(T0 + S, { state: next, attempt: 1 }), T0 + S)).toMatchObject({ ok: false, code: 'gone' });
  }
  expect(lapseRun(row, T0, T0 + S).row).toBe(row);
});

test('[DE15] a higher attempt starts an ended run over with its own progress', () => {
  const failed = play(runRow({ steps: [stepOf('a')] }), [
    say(T0, { state: 'running', done: 80, total: 100, cancelRequested: true }),
    say(T0 + S, { state: 'failed' }),
  ]).row;
  const { row, all } = play(failed, [say(T0 + 5 * S, { attempt: 2, done: 10 })]);
  expect(row).toMatchObject({
    state: 'running',
    attempt: 2,
    startedAt: T0 + 5 * S,
    endedAt: null,
    cancelRequested: false,
    steps: [],
  });
  expect(row.progress).toMatchObject({ done: 10, total: 100, pct: 10 });
  expect(all).toEqual(['failed>running@5']);
  expect(play(failed, [say(T0 + 5 * S, { attempt: 2, state: 'queued' })]).row).toMatchObject({
    state: 'queued',
    startedAt: null,
    leaseUntil: null,
  });
});

test('[DE16] done never falls inside one attempt, and percent is cut, not rounded', () => {
  const { row } = play(runRow(), [
    say(T0, { state: 'running', done: 50, total: 3000 }),
    say(T0 + S, { done: 20 }),
    say(T0 + 2 * S, { done: 2999 }),
  ]);
  expect(row.progress).toMatchObject({ done: 2999, pct: 99.9 });
  expect(play(row, [say(T0 + 3 * S, { total: null })]).row.progress).toMatchObject({ total: null, pct: null });
});

test('[DE16] the pace follows the reports and gives a time to the end', () => {
  const reports = Array.from({ length: 60 }, (_, i) => say(T0 + (i + 1) * S, { done: (i + 1) * 5 }));
  const { row } = play(runRow(), [say(T0, { state: 'running', total: 600 }), ...reports]);
  expect(row.rate).toBe(5);
  expect(row.etaMs).toBe(60 * S);
  expect(row.movedAt).toBe(T0 + 60 * S);
  expect(play(row, [say(T0 + 90 * S, { message: 'thinking' })]).row.movedAt).toBe(T0 + 60 * S);
});

test('[DE16] a burst of small reports moves the pace as far as one large one', () => {
  const begun = play(runRow(), [say(T0, { state: 'running', total: 1e6 }), say(T0 + 10 * S, { done: 100 })]).row;
  const burst = play(
    begun,
    Array.from({ length: 10 }, (_, i) => say(T0 + 20 * S, { done: 100 + (i + 1) * 10 })),
  ).row;
  const once = play(begun, [say(T0 + 20 * S, { done: 200 })]).row;
  expect(Math.abs((burst.rate ?? 0) - (once.rate ?? 0))).toBeLessThan(6);
});

test('[DE17] a run without a report within its lease is lost, as of the end of the lease', () => {
  const { row } = play(runRow(), [say(T0, { state: 'running' })]);
  expect(nextRunDeadline(row)).toBe(T0 + 60 * S);
  expect(lapseRun(row, T0 + 60 * S, T0 + 59 * S).row).toBe(row);
  expect(lapseRun(row, T0 + 59 * S, T0 + 99 * S).row).toBe(row);
  const lost = lapseRun(row, T0 + 60 * S, T0 + 61 * S);
  expect(lost.row).toMatchObject({ state: 'lost', endedAt: T0 + 60 * S, reason: { code: 'lease_expired' } });
  expect(lost.transitions).toMatchObject([{ at: T0 + 60 * S, from: 'running', to: 'lost', cause: 'deadline' }]);
});

test('[DE17] each report renews the lease; its length stays within 5 s and 24 h', () => {
  const lease = (leaseMs: number) => play(runRow(), [say(T0, { state: 'running', leaseMs })]).row.leaseUntil;
  expect(lease(1)).toBe(T0 + 5 * S);
  expect(lease(90 * S)).toBe(T0 + 90 * S);
  expect(lease(9e12)).toBe(T0 + 86_400 * S);
  expect(play(runRow(), [say(T0, { state: 'running' }), say(T0 + 50 * S, {})]).row.leaseUntil).toBe(T0 + 110 * S);
});

test.each(['queued', 'delayed', 'waiting_input', 'paused'] as const)(
  '[DE17] a run that is %s holds no lease',
  (state) => {
    const { row } = play(runRow(), [say(T0, { state })]);
    expect(row.leaseUntil).toBeNull();
  },
);

test('[DE17] waiting for other work holds the lease, waiting for a person gives it up', () => {
  const { row } = play(runRow(), [say(T0, { state: 'running' }), say(T0 + S, { state: 'waiting_dependency' })]);
  expect(row.leaseUntil).toBe(T0 + 61 * S);
  expect(play(row, [say(T0 + 2 * S, { state: 'waiting_input' })]).row.leaseUntil).toBeNull();
});

test('[DE17] after a restart every lease holds for its whole length again', () => {
  const { row } = play(runRow(), [say(T0, { state: 'running' })]);
  expect(awakeRun(row, T0 + 600 * S).leaseUntil).toBe(T0 + 660 * S);
  expect(awakeRun(row, T0)).toBe(row);
  const waiting = runRow({ state: 'waiting_input' });
  expect(awakeRun(waiting, T0 + 600 * S)).toBe(waiting);
});

test('[DE18] which state may follow which: the whole table', () => {
  const states: RunState[] = [
    'queued',
    'delayed',
    'running',
    'waiting_input',
    'waiting_dependency',
    'paused',
    ...TERMINAL_RUN_STATES,
  ];
  const table = Object.fromEntries(
    states.map((from) => [from, states.map((to) => (mayFollow(from, to) ? 'x' : '.')).join('')]),
  );
  expect(table).toEqual({
    queued: 'xxxxxxxxxxx',
    delayed: 'xxxxxxxxxxx',
    running: '..xxxxxxxxx',
    waiting_input: '..xxxxxxxxx',
    waiting_dependency: '..xxxxxxxxx',
    paused: '..xxxxxxxxx',
    succeeded: '......x....',
    failed: '.......x...',
    canceled: '........x..',
    timed_out: '.........x.',
    lost: '..........x',
  });
});

test('[DE18] a late queued does not undo running', () => {
  const { row, all } = play(runRow(), [say(T0, { state: 'running' }), say(T0 + S, { state: 'queued' })]);
  expect(row.state).toBe('running');
  expect(all).toEqual(['queued>running@0', 'conflict']);
});

test('[DE9] a run ignores a repeated or older counter of the same source', () => {
  const { row } = play(runRow(), [say(T0, { seq: 5, sourceId: 'w1', state: 'running', done: 5 })]);
  for (const seq of [5, 4]) {
    const again = stepRun(row, say(T0 + S, { seq, sourceId: 'w1', state: 'failed' }), T0 + S);
    expect(again).toEqual({ ok: true, value: { row, transitions: [] } });
  }
  expect(play(row, [say(T0 + S, { seq: 1, sourceId: 'w2', message: 'hello' })]).row.progress.message).toBe('hello');
});

test('[DE15] steps are updated by id and the last fifty are kept', () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ id: `s${i}`, title: `Step ${i}` }));
  const { row } = play(runRow(), [
    say(T0, { state: 'running', steps: many }),
    say(T0 + S, { steps: [{ id: 's59', state: 'done', endedAt: T0 }] }),
  ]);
  expect(row['steps']).toHaveLength(50);
  expect(row).toHaveProperty('steps.49', { id: 's59', title: 'Step 59', state: 'done', startedAt: null, endedAt: T0 });
});

test('[DE15] cancelRequested is a flag: the run goes on until its worker ends it', () => {
  const { row } = play(runRow(), [
    say(T0, { state: 'running' }),
    say(T0 + S, { cancelRequested: true }),
    say(T0 + 2 * S, { done: 1 }),
  ]);
  expect(row).toMatchObject({ state: 'running', cancelRequested: true });
});

function stepOf(id: string): Step {
  return { id, title: '', state: 'running', startedAt: null, endedAt: null };
}
