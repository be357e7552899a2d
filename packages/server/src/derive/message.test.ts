import { expect, test } from 'vitest';
import {
  advance,
  drafted,
  edit,
  isForgotten,
  publish,
  reactivate,
  withdraw,
  type Acting,
  type MessageCourse,
  type MessageTimes,
} from './message.ts';

const KEPT = 1_000;
const at = (now: number, by = 'Ana'): Acting => ({ by, now, keptMs: KEPT });

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string },
): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** One course in each state, as it comes to be. Shown from 100 to 200 where it is planned. */
const draft = drafted({ startsAt: 100, endsAt: 200 }, at(10));
const scheduled = must(publish(draft, {}, at(20)));
const active = advance(scheduled, at(150));
const expired = advance(active, at(250));
const withdrawn = must(withdraw(active, at(160)));
const states: Readonly<Record<MessageCourse['state'], MessageCourse>> = {
  draft,
  scheduled,
  active,
  expired,
  withdrawn,
};

test('[MS1] a planned message is scheduled, active and expired at its times', () => {
  for (const [state, course] of Object.entries(states)) expect(course.state).toBe(state);
  expect([scheduled.nextAt, active.nextAt, expired.nextAt]).toEqual([100, 200, null]);
  expect([active.activeAt, expired.endedAt, withdrawn.endedAt]).toEqual([100, 200, 160]);
  expect(advance(scheduled, at(99))).toBe(scheduled);
  expect(advance(scheduled, at(100)).state).toBe('active');
  expect(advance(active, at(199))).toBe(active);
  expect(advance(active, at(200)).state).toBe('expired');
  expect(expired.events.map(({ what, at: when, by }) => [what, when, by])).toEqual([
    ['drafted', 10, 'Ana'],
    ['scheduled', 20, 'Ana'],
    ['activated', 100, ''],
    ['expired', 200, ''],
  ]);
});

const acts: Readonly<Record<string, (course: MessageCourse, now: number) => ReturnType<typeof publish>>> = {
  publish: (course, now) => publish(course, { startsAt: null, endsAt: now + 50 }, at(now)),
  withdraw: (course, now) => withdraw(course, at(now)),
  reactivate: (course, now) => reactivate(course, { endsAt: now + 50 }, at(now)),
  edit: (course, now) => edit(course, {}, at(now)),
};

const allowed: Readonly<Record<string, Partial<Record<MessageCourse['state'], MessageCourse['state']>>>> = {
  publish: { draft: 'active' },
  withdraw: { scheduled: 'withdrawn', active: 'withdrawn' },
  reactivate: { expired: 'active', withdrawn: 'active' },
  edit: { draft: 'draft', scheduled: 'scheduled', active: 'active' },
};

test.each(
  Object.keys(acts).flatMap((act) =>
    (['draft', 'scheduled', 'active', 'expired', 'withdrawn'] as const).map((state) => [act, state] as const),
  ),
)('[MS1] [MS8] %s of one that is %s does what the table says, or is refused', (act, state) => {
  const result = acts[act]?.(states[state], 170);
  const wanted = allowed[act]?.[state];
  if (wanted === undefined) expect(result).toMatchObject({ ok: false, message: expect.stringContaining(state) });
  else expect(result).toMatchObject({ ok: true, value: { state: wanted } });
});

test('[MS2] both edges in the past are both applied, at their times', () => {
  const late = advance(scheduled, at(9_000));
  expect(late).toMatchObject({ state: 'expired', activeAt: 100, endedAt: 200, nextAt: null });
  expect(late).toEqual(expired);
});

test.each<[string, MessageTimes, object]>([
  ['no times: at once, until it is withdrawn', { startsAt: null, endsAt: null }, { state: 'active', nextAt: null }],
  ['a beginning behind: at once', { startsAt: 5, endsAt: 300 }, { state: 'active', nextAt: 300 }],
  ['a beginning now: at once', { startsAt: 50, endsAt: null }, { state: 'active', activeAt: 50 }],
  ['a beginning ahead', { startsAt: 51, endsAt: null }, { state: 'scheduled', nextAt: 51, activeAt: null }],
])('[MS1] publishing with %s', (_, times, wanted) => {
  expect(must(publish(draft, times, at(50)))).toMatchObject(wanted);
});

test.each<[string, MessageTimes]>([
  ['an end behind', { startsAt: null, endsAt: 49 }],
  ['an end now', { startsAt: null, endsAt: 50 }],
  ['an end before the beginning', { startsAt: 80, endsAt: 70 }],
])('[MS1] publishing with %s is refused', (_, times) => {
  expect(publish(draft, times, at(50))).toMatchObject({ ok: false, code: 'bad_field' });
});

test('[MS1] times that are moved move what is scheduled and active', () => {
  expect(must(edit(scheduled, { startsAt: 20 }, at(60)))).toMatchObject({ state: 'active', activeAt: 60 });
  expect(must(edit(scheduled, { startsAt: 120 }, at(60)))).toMatchObject({ state: 'scheduled', nextAt: 120 });
  expect(must(edit(active, { startsAt: 400, endsAt: 500 }, at(150)))).toMatchObject({
    state: 'scheduled',
    nextAt: 400,
    activeAt: null,
  });
  expect(must(edit(active, { endsAt: 600 }, at(150)))).toMatchObject({ state: 'active', nextAt: 600 });
  expect(edit(active, { endsAt: 150 }, at(150))).toMatchObject({ ok: false, code: 'bad_field' });
  expect(must(edit(draft, { endsAt: 5 }, at(150))).state).toBe('draft');
});

test('[MS1] what is reactivated does not keep an end that lies behind, and is told apart in its history', () => {
  const again = must(reactivate(expired, {}, at(900)));
  expect(again).toMatchObject({ state: 'active', startsAt: null, endsAt: null, nextAt: null, endedAt: null });
  expect(must(reactivate(withdrawn, {}, at(170)))).toMatchObject({ state: 'active', endsAt: 200, nextAt: 200 });
  expect(must(reactivate(withdrawn, { startsAt: 180 }, at(170)))).toMatchObject({ state: 'scheduled', nextAt: 180 });
});

test('[MS7] receipts are kept for a while after the end, and then it is time to forget', () => {
  const read = advance({ ...active, receipts: 3 }, at(250));
  expect(read.nextAt).toBe(200 + KEPT);
  expect([isForgotten(read, 1_199), isForgotten(read, 1_200), isForgotten(active, 1_200)]).toEqual([
    false,
    true,
    false,
  ]);
  expect(must(withdraw({ ...active, receipts: 1 }, at(160))).nextAt).toBe(160 + KEPT);
});

test('polishing is one line of the history, and the history is bounded', () => {
  let course = draft;
  for (let i = 0; i < 5; i += 1) course = must(edit(course, {}, at(30 + i)));
  expect(course.events).toHaveLength(2);
  for (let i = 0; i < 200; i += 1) course = must(edit(course, {}, at(100 + i, `p${i}`)));
  expect(course.events).toHaveLength(50);
  expect(course.events.at(-1)).toMatchObject({ by: 'p199' });
});
