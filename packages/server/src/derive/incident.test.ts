import type { AffectedImpact, Incident, IncidentImpact, Status } from '@statewire/model';
import { expect, test } from 'vitest';
import {
  afterAlerts,
  bornIncident,
  draftDue,
  impactOfAll,
  inStep,
  lapsed,
  REOPEN_MS,
  said,
  type LinkedAlert,
} from './incident.ts';

const MIN = 60_000;
const on = { org: 'main', now: 1_000_000 };

function incident(more: Partial<Incident> = {}): Incident {
  return bornIncident(on, { id: 'i', title: 'Shop is down', by: '', drafted: 'alert', ...more });
}

function alert(more: Partial<LinkedAlert> = {}): LinkedAlert {
  return { id: 'a', severity: 'critical', state: 'firing', subject: 'services/shop', resolvedAt: null, ...more };
}

function must(result: ReturnType<typeof said>): Incident {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const say = (from: Incident, more: Partial<Parameters<typeof said>[1]> = {}) =>
  said(from, { at: on.now, by: 'Ana', text: 'x', isPublic: true, ...more });

test('[IC1] what is said moves the phase, resolving stamps the end, and entries are numbered', () => {
  const one = must(say(incident(), { phase: 'identified' }));
  expect(one).toMatchObject({
    phase: 'identified',
    resolvedAt: null,
    updates: [{ id: 'u1', by: 'Ana', phase: 'identified' }],
  });
  const two = must(say(one, { at: on.now + 5, phase: 'resolved' }));
  expect(two).toMatchObject({ phase: 'resolved', resolvedAt: on.now + 5 });
  // A word about something that is over does not move its end.
  expect(must(say(two, { at: on.now + 9 }))).toMatchObject({ phase: 'resolved', resolvedAt: on.now + 5 });
  expect(two.updates.map(({ id }) => id)).toEqual(['u1', 'u2']);
});

test.each([
  [REOPEN_MS, true],
  [REOPEN_MS + 1, false],
])('[IC1] an incident that was resolved %i ms ago may be opened again: %s', (ago, may) => {
  const over = must(say(incident(), { phase: 'resolved' }));
  const again = say(over, { at: on.now + ago, phase: 'investigating' });
  if (may) expect(must(again)).toMatchObject({ phase: 'investigating', resolvedAt: null });
  else expect(again).toMatchObject({ ok: false, code: 'gone' });
  // Saying something without opening it is always possible.
  expect(say(over, { at: on.now + ago }).ok).toBe(true);
});

test('[IC1] the timeline ends at 200 entries; our own make room, people’s never do', () => {
  let full = incident();
  for (let n = 0; n < 200; n++) full = must(say(full, { by: n === 3 ? '' : 'Ana', text: `${n}` }));
  expect(full.updates).toHaveLength(200);
  const more = must(say(full, { text: 'more' }));
  expect(more.updates).toHaveLength(200);
  expect(more.updates.some(({ text }) => text === '3')).toBe(false);
  expect(more.updates.at(-1)).toMatchObject({ id: 'u201', text: 'more' });
  expect(say(more)).toMatchObject({ ok: false, code: 'too_large' });
});

test.each<[Status | null, LinkedAlert['state'], AffectedImpact]>([
  ['down', 'firing', 'down'],
  ['degraded', 'firing', 'degraded'],
  ['maintenance', 'suppressed', 'maintenance'],
  ['up', 'firing', 'degraded'],
  ['up', 'resolved', 'none'],
  [null, 'firing', 'down'],
  [null, 'resolved', 'none'],
  ['unknown', 'firing', 'none'],
  ['paused', 'firing', 'none'],
])('[IC4] a record that is %s while its alert is %s is affected as %s', (status, state, impact) => {
  const next = inStep(incident(), [alert({ state })], () => status);
  expect(next.affected).toEqual([{ ref: 'services/shop', impact }]);
});

test('[IC4] affected records recover one by one and stay; the impact of the whole never falls', () => {
  const alerts = ['a', 'b', 'c'].map((id) => alert({ id, subject: `services/${id}` }));
  const down = inStep(incident(), alerts, () => 'down');
  expect(down.impact).toBe('critical');
  const over = inStep(
    down,
    alerts.map((each) => ({ ...each, state: 'resolved' as const })),
    () => 'up',
  );
  expect(over.affected.map(({ impact }) => impact)).toEqual(['none', 'none', 'none']);
  expect(over.impact).toBe('critical');
  // Nothing new is no change.
  expect(inStep(over, [], () => 'up')).toBe(over);
});

test('[IC4] nothing follows once a person edited it, nor after the end', () => {
  const edited = incident({ isEdited: true });
  expect(inStep(edited, [alert()], () => 'down')).toBe(edited);
  const over = incident({ phase: 'resolved' });
  expect(inStep(over, [alert()], () => 'down')).toBe(over);
});

test.each<[AffectedImpact[], IncidentImpact]>([
  [[], 'none'],
  [['none', 'maintenance'], 'none'],
  [['degraded', 'none'], 'minor'],
  [['down'], 'major'],
  [['down', 'down', 'degraded'], 'major'],
  [['down', 'down', 'down'], 'critical'],
])('[IC4] %j together are %s', (impacts, whole) => {
  expect(impactOfAll(impacts.map((impact, n) => ({ ref: `services/${n}`, impact })))).toBe(whole);
});

const over = (at: number): LinkedAlert => alert({ state: 'resolved', resolvedAt: at });

test('[IC5] an untouched draft goes to monitoring with its last alert, and is resolved as of that end', () => {
  const watched = afterAlerts(incident(), [over(700), over(900)], { at: 1_000, resolveAfterMs: 5 * MIN });
  expect(watched).toMatchObject({ phase: 'monitoring', nextAt: 900 + 5 * MIN });
  const done = lapsed(watched, [over(700), over(900)], 900 + 5 * MIN);
  expect(done).toMatchObject({ phase: 'resolved', resolvedAt: 900, nextAt: null });
  expect(done.updates.at(-1)).toMatchObject({ by: '', isPublic: false });
});

test('[IC5] what comes back while we watch opens it again; a person who says monitoring is believed', () => {
  const watched = afterAlerts(incident(), [over(900)], { at: 1_000, resolveAfterMs: 5 * MIN });
  const back = afterAlerts(watched, [over(900), alert({ id: 'b' })], { at: 2_000, resolveAfterMs: 5 * MIN });
  expect(back).toMatchObject({ phase: 'investigating', nextAt: null });
  const said1 = must(say(incident(), { phase: 'monitoring' }));
  expect(afterAlerts(said1, [alert()], { at: 2_000, resolveAfterMs: 0 })).toBe(said1);
});

test.each<[string, Partial<Incident>]>([
  ['published once', { publishedAt: 5 }],
  ['given to somebody', { assignee: 'ana' }],
  ['edited', { isEdited: true }],
  ['spoken of', { updates: [{ id: 'u1', at: 1, by: 'Ana', phase: 'identified', text: 'x', isPublic: false }] }],
])('[IC5] a draft that was %s goes to monitoring and waits for a person', (_, more) => {
  const watched = afterAlerts(incident(more), [over(900)], { at: 1_000, resolveAfterMs: 0 });
  expect(watched).toMatchObject({ phase: 'monitoring', nextAt: null });
});

test('[IC5] what a person wrote does not move by alerts, and without alerts nothing moves', () => {
  const theirs = incident({ drafted: 'person' });
  expect(afterAlerts(theirs, [over(900)], { at: 1_000, resolveAfterMs: 0 })).toBe(theirs);
  const bare = incident();
  expect(afterAlerts(bare, [], { at: 1_000, resolveAfterMs: 0 })).toBe(bare);
});

const drafting = { severities: ['critical'], afterMs: 2 * MIN, subjects: 3 };
const firing = (n: number, more: Partial<Parameters<typeof draftDue>[0]['alerts'][number]> = {}) => ({
  firedAt: 1_000 + n,
  severity: 'critical' as const,
  state: 'firing' as const,
  subject: `services/${n}`,
  ...more,
});

test.each<[string, Parameters<typeof draftDue>[0]['alerts'], number | null]>([
  ['one critical alert after its time', [firing(0)], 1_000 + 2 * MIN],
  ['an acknowledged one as well', [firing(0, { state: 'acknowledged' })], 1_000 + 2 * MIN],
  ['three subjects at once', [firing(0), firing(1), firing(2)], 1_000],
  ['two subjects wait', [firing(0), firing(1)], 1_000 + 2 * MIN],
  ['three alerts of one subject are one', [0, 1, 2].map((n) => firing(n, { subject: 'services/a' })), 1_000 + 2 * MIN],
  [
    'folded ones count as subjects',
    [firing(0), firing(1, { state: 'suppressed' }), firing(2, { state: 'suppressed' })],
    1_000,
  ],
  ['warnings alone never', [0, 1, 2].map((n) => firing(n, { severity: 'warning' })), null],
  ['what is only pending never', [firing(0, { state: 'pending', firedAt: null })], null],
  ['what nobody is told of never', [firing(0, { state: 'suppressed' })], null],
])('[IC3] drafted: %s', (_, alerts, due) => {
  expect(draftDue({ alerts }, drafting)).toBe(due);
});

test('[IC3] without a number of subjects only time drafts', () => {
  const many = Array.from({ length: 50 }, (_, n) => firing(n));
  expect(draftDue({ alerts: many }, { ...drafting, subjects: null })).toBe(1_000 + 2 * MIN);
});
