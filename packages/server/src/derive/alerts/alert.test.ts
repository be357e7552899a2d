import type { Alert, Policy } from '@statewire/model';
import { describe, expect, test } from 'vitest';
import { actOn, begin, foundAgain, isLive, timed, UNFOLD_MS, type AlertAct, type Hold, type Terms } from './alert.ts';
import { cannotSay, fails, holds, type Finding } from './finding.ts';

const T = 1_000_000_000_000;
const WAIT = 10_000;

const policy: Policy = {
  id: 'p',
  org: 'main',
  version: 1,
  createdAt: T,
  updatedAt: T,
  observedAt: null,
  labels: {},
  source: null,
  name: 'P',
  isDefault: true,
  match: { severity: null, on: null },
  groupBy: ['rule'],
  groupWaitMs: WAIT,
  groupIntervalMs: 300_000,
  steps: [
    { afterMs: 0, channels: ['ops'] },
    { afterMs: 600_000, channels: ['sms'] },
  ],
  repeatMs: 900_000,
  reminderMs: 1_800_000,
  quiet: [],
  digest: null,
  sendResolved: true,
  nextAt: null,
};
const terms: Terms = { policy, recovery: null, forMs: 0 };
const born: Alert = {
  id: 'al_1',
  org: 'main',
  version: 1,
  createdAt: T,
  updatedAt: T,
  observedAt: null,
  labels: {},
  source: null,
  rule: 'down',
  name: 'Down',
  severity: 'critical',
  subject: 'services/shop',
  subjectName: 'Shop',
  title: 'Shop is down',
  text: '',
  state: 'pending',
  suppressed: null,
  startedAt: T,
  firedAt: null,
  ackedAt: null,
  ackedBy: null,
  note: '',
  snoozedUntil: null,
  assignee: null,
  resolvedAt: null,
  resolution: '',
  evidence: {},
  parent: null,
  children: [],
  group: 'p|down',
  policy: 'p',
  step: 0,
  notified: { channels: [], count: 0, lastAt: null },
  incident: null,
  events: [],
  isSettled: true,
  due: {},
  nextAt: null,
};

const yes: Finding = holds('down', { status: 'down' }, T);
const no: Finding = fails('up');
const unknown: Finding = cannotSay('who knows');
const hold = (by: Hold['by'], ref: string | null = null, parent: string | null = null): Hold => ({ by, ref, parent });

const firing = timed({ ...born, state: 'firing', firedAt: T }, { tell: T + WAIT });
const told = timed(
  { ...firing, step: 1, notified: { channels: ['ops'], count: 1, lastAt: T + WAIT } },
  { step: T + 600_000, remind: T + WAIT + 1_800_000 },
);
const acked = timed({ ...told, state: 'acknowledged', ackedAt: T + 20_000, ackedBy: 'Ana' }, {});
const folded = timed(
  { ...firing, state: 'suppressed', suppressed: { by: 'dependency', ref: 'services/db' }, parent: 'al_db' },
  {},
);
const muted = timed({ ...firing, state: 'suppressed', suppressed: { by: 'muted', ref: null } }, {});
const quiet = timed({ ...firing, state: 'suppressed', suppressed: { by: 'quiet', ref: null } }, { release: T + 9e6 });
const flapping = timed({ ...firing, state: 'suppressed', suppressed: { by: 'flapping', ref: null } }, {});
const pending = timed({ ...born, state: 'pending' }, { fire: T + 60_000 });
const over = timed({ ...told, state: 'resolved', resolvedAt: T + 60_000 }, { recover: T + 70_000, forget: T + 9e9 });
const overAndTold = timed({ ...over }, { forget: T + 9e9 });
const byHand = timed({ ...overAndTold, isSettled: false }, { forget: T + 9e9 });
const later = (alert: Alert): Terms => ({ ...terms, forMs: alert === pending ? 60_000 : 0 });

/** Was, what the rule says, what holds it, how much later; becomes: state, held by, timers. Null: forgotten. */
type Row = readonly [
  name: string,
  was: Alert,
  says: Finding,
  hold: Hold | null,
  afterMs: number,
  becomes: { state: Alert['state']; by?: Hold['by'] | null; due?: readonly string[] } | null,
];

const rows: readonly Row[] = [
  ['pending, true, too early', pending, yes, null, 30_000, { state: 'pending', due: ['fire'] }],
  ['pending, true, in time', pending, yes, null, 60_000, { state: 'firing', due: ['tell'] }],
  ['pending, true, held', pending, yes, hold('maintenance', 'm'), 60_000, { state: 'suppressed', by: 'maintenance' }],
  ['pending, false', pending, no, null, 30_000, null],
  ['pending, unknown', pending, unknown, null, 30_000, { state: 'pending', due: ['fire'] }],
  ['pending, unknown, in time', pending, unknown, null, 60_000, { state: 'pending', due: [] }],
  ['firing, true', firing, yes, null, 1_000, { state: 'firing', due: ['tell'] }],
  ['firing, unknown', firing, unknown, null, 1_000, { state: 'firing', due: ['tell'] }],
  ['firing, false, nobody told', firing, no, null, 1_000, { state: 'resolved', due: ['forget'] }],
  ['told, false', told, no, null, 60_000, { state: 'resolved', due: ['forget', 'recover'] }],
  ['acked, false', acked, no, null, 60_000, { state: 'resolved', due: ['forget', 'recover'] }],
  ['acked, true', acked, yes, null, 60_000, { state: 'acknowledged', due: [] }],
  [
    'firing, maintenance',
    firing,
    yes,
    hold('maintenance', 'm'),
    1_000,
    { state: 'suppressed', by: 'maintenance', due: [] },
  ],
  ['firing, muted', firing, yes, hold('muted'), 1_000, { state: 'suppressed', by: 'muted', due: [] }],
  [
    'told, folds',
    told,
    yes,
    hold('dependency', 'services/db', 'al_db'),
    1_000,
    { state: 'suppressed', by: 'dependency', due: [] },
  ],
  ['told, flaps', told, yes, hold('flapping'), 1_000, { state: 'suppressed', by: 'flapping', due: [] }],
  ['flapping, false while flapping', flapping, no, hold('flapping'), 1_000, { state: 'suppressed', by: 'flapping' }],
  ['firing, false while flapping', firing, no, hold('flapping'), 1_000, { state: 'suppressed', by: 'flapping' }],
  ['flapping, settled bad', flapping, yes, null, 1_000, { state: 'firing', due: ['tell'] }],
  ['flapping, settled well', flapping, no, null, 1_000, { state: 'resolved', due: ['forget'] }],
  ['muted, still muted', muted, yes, hold('muted'), 1_000, { state: 'suppressed', by: 'muted' }],
  ['muted, free', muted, yes, null, 1_000, { state: 'firing', due: ['tell'] }],
  [
    'muted, maintenance instead',
    muted,
    yes,
    hold('maintenance', 'm'),
    1_000,
    { state: 'suppressed', by: 'maintenance' },
  ],
  ['folded, parent over', folded, yes, null, 1_000, { state: 'suppressed', by: 'dependency', due: ['unfold'] }],
  [
    'folded, parent over, unknown',
    folded,
    unknown,
    null,
    1_000,
    { state: 'suppressed', by: 'dependency', due: ['unfold'] },
  ],
  ['folded, false', folded, no, null, 1_000, { state: 'resolved', due: ['forget'] }],
  [
    'folded, grace over',
    timed(folded, { unfold: T + UNFOLD_MS }),
    yes,
    null,
    UNFOLD_MS,
    { state: 'firing', due: ['tell'] },
  ],
  [
    'folded, grace not over',
    timed(folded, { unfold: T + UNFOLD_MS }),
    yes,
    null,
    UNFOLD_MS - 1,
    { state: 'suppressed', by: 'dependency', due: ['unfold'] },
  ],
  [
    'folded, parent fails again',
    timed(folded, { unfold: T + UNFOLD_MS }),
    yes,
    hold('dependency', 'services/db', 'al_db2'),
    9_000,
    { state: 'suppressed', by: 'dependency', due: [] },
  ],
  ['quiet, true', quiet, yes, null, 1_000, { state: 'suppressed', by: 'quiet', due: ['release'] }],
  ['quiet, false: still listed', quiet, no, null, 1_000, { state: 'resolved', due: ['forget', 'release'] }],
  ['quiet, muted', quiet, yes, hold('muted'), 1_000, { state: 'suppressed', by: 'muted', due: [] }],
  ['over, back before it was told', over, yes, null, 65_000, { state: 'firing', due: ['remind', 'step'] }],
  ['over, back and held', over, yes, hold('muted'), 65_000, { state: 'suppressed', by: 'muted', due: [] }],
  ['over, still well', over, no, null, 65_000, { state: 'resolved', due: ['forget', 'recover'] }],
  ['over and told, back', overAndTold, yes, null, 90_000, { state: 'resolved', due: ['forget'] }],
  ['by hand, still true', byHand, yes, null, 90_000, { state: 'resolved', due: ['forget'] }],
  ['by hand, unknown', byHand, unknown, null, 90_000, { state: 'resolved', due: ['forget'] }],
];

describe('[AL5] [AL6] [AL7] what a rule says moves an alert', () => {
  test.each(rows)('%s', (_, was, says, held, afterMs, becomes) => {
    const after = foundAgain(was, says, held, later(was), T + afterMs);
    if (becomes === null) {
      expect(after).toBeNull();
      return;
    }
    expect(after?.state).toBe(becomes.state);
    expect(after?.suppressed?.by ?? null).toBe(becomes.by ?? null);
    if (becomes.due !== undefined) expect(Object.keys(after?.due ?? {}).toSorted()).toEqual(becomes.due);
    const times = Object.values(after?.due ?? {});
    expect(after?.nextAt).toBe(times.length === 0 ? null : Math.min(...times));
  });

  test('the same answer twice moves nothing', () => {
    for (const [, was, says, held, afterMs, becomes] of rows) {
      if (becomes === null) continue;
      const once = foundAgain(was, says, held, later(was), T + afterMs);
      if (once === null) throw new Error('it is there');
      const twice = foundAgain(once, says, held, later(was), T + afterMs);
      expect(twice).toBe(once);
    }
  });

  test('by hand and well: it may open again', () => {
    const after = foundAgain(byHand, no, null, terms, T + 90_000);
    expect(after).toMatchObject({ state: 'resolved', isSettled: true });
    expect(isLive(byHand)).toBe(true);
    expect(after !== null && isLive(after)).toBe(false);
  });
});

test('[AL5] a problem begins pending, firing or held', () => {
  expect(begin(born, yes, null, { ...terms, forMs: 60_000 }, T)).toMatchObject({
    state: 'pending',
    nextAt: T + 60_000,
  });
  // What has lasted that long when it is noticed has lasted that long.
  expect(begin(born, yes, null, { ...terms, forMs: 60_000 }, T + 60_000)).toMatchObject({ state: 'firing' });
  expect(begin(born, yes, null, terms, T)).toMatchObject({ state: 'firing', firedAt: T, nextAt: T + WAIT });
  expect(begin(born, yes, hold('muted'), terms, T)).toMatchObject({ state: 'suppressed', nextAt: null });
  expect(begin(born, yes, null, { ...terms, policy: null }, T)).toMatchObject({ state: 'firing', nextAt: null });
  expect(begin(born, yes, null, { ...terms, policy: null, recovery: RECOVERY }, T).due).toEqual({ act: T + WAIT });
});

const RECOVERY = { kind: 'webhook', channel: 'c', cooldownMs: 60_000, perDay: 1 } as const;

/** Was, act; becomes state, timers, or a code of refusal. */
const acts: readonly (readonly [string, Alert, AlertAct, string, readonly string[]])[] = [
  ['ack of what fires', told, { do: 'ack', note: 'x' }, 'acknowledged', []],
  ['ack before anybody was told', firing, { do: 'ack', note: '' }, 'acknowledged', []],
  ['ack of what is pending', pending, { do: 'ack', note: '' }, 'pending', ['fire']],
  ['ack of what is held', folded, { do: 'ack', note: '' }, 'suppressed', []],
  ['ack in quiet hours', quiet, { do: 'ack', note: '' }, 'suppressed', ['release']],
  ['ack of what is over', over, { do: 'ack', note: '' }, 'gone', []],
  ['unack', acked, { do: 'unack' }, 'firing', ['remind', 'step']],
  ['unack of what was not', told, { do: 'unack' }, 'firing', ['remind', 'step']],
  ['snooze', told, { do: 'snooze', until: T + 3_600_000, note: '' }, 'firing', ['wake']],
  ['snooze into the past', told, { do: 'snooze', until: T, note: '' }, 'bad_field', []],
  ['snooze without an end', told, { do: 'snooze', until: T + 90 * 86_400_000, note: '' }, 'bad_field', []],
  ['assign', told, { do: 'assign', to: 'ann' }, 'firing', ['remind', 'step']],
  ['resolve', told, { do: 'resolve', note: '' }, 'resolved', ['forget', 'recover']],
  ['resolve what nobody was told of', firing, { do: 'resolve', note: '' }, 'resolved', ['forget']],
  ['resolve twice', over, { do: 'resolve', note: '' }, 'gone', []],
];

test.each(acts)('[AL9] %s', (_, was, act, becomes, due) => {
  const done = actOn(was, act, 'Ana', terms, T + 60_000);
  if (!done.ok) {
    expect(done.code).toBe(becomes);
    return;
  }
  expect(done.value.state).toBe(becomes);
  expect(Object.keys(done.value.due).toSorted()).toEqual(due);
});

test('[AL9] a snooze that ends reminds whoever was told, and tells whoever was not', () => {
  const snooze = (was: Alert): Alert => {
    const done = actOn(was, { do: 'snooze', until: T + 3_600_000, note: '' }, 'Ana', terms, T + 60_000);
    if (!done.ok) throw new Error(done.message);
    return done.value;
  };
  const at = T + 3_600_000;
  expect(foundAgain(snooze(told), yes, null, terms, at - 1)?.due).toEqual({ wake: at });
  expect(foundAgain(snooze(told), yes, null, terms, at)).toMatchObject({ snoozedUntil: null, due: { remind: at } });
  expect(foundAgain(snooze(firing), yes, null, terms, at)).toMatchObject({ due: { tell: at + WAIT } });
});

test('[AL13] an alert remembers its newest 50 events', () => {
  let alert = told;
  for (let i = 0; i < 60; i++) {
    const done = actOn(alert, { do: 'assign', to: `p${i}` }, 'Ana', terms, T + i);
    if (done.ok) alert = done.value;
  }
  expect(alert.events).toHaveLength(50);
  expect(alert.events.at(-1)).toMatchObject({ kind: 'assigned', text: 'p59', by: 'Ana' });
});
