import { expect, test } from 'vitest';
import { explain } from '../explain.ts';
import { maintenanceCreateSchema } from './maintenance.ts';

const HOUR = 3_600_000;
const all = { collection: 'services', where: null };
const once = { kind: 'once', durationMs: HOUR };

test('the least that makes a maintenance: a title, whom, and how long from now', () => {
  expect(maintenanceCreateSchema.safeParse({ title: 'Patch', selector: all, schedule: once }).success).toBe(true);
});

test.each([
  [{ selector: { collection: 'jobs', where: null } }, /selector.collection: found jobs, expected services, agents/],
  [
    { selector: { collection: 'services', where: ['eq', 'status', 'down'] } },
    /selector.where: .*status, which is measured/,
  ],
  [{ selector: { collection: 'services', where: ['eq', 'nope', 1] } }, /selector.where: .*no field "nope"/],
  [{ schedule: { kind: 'once' } }, /schedule.to: .*one of `to` and `durationMs`/],
  [{ schedule: { kind: 'once', to: 2e12, durationMs: HOUR } }, /one of `to` and `durationMs`/],
  [{ schedule: { kind: 'once', from: 1.8e12, to: 1.7e12 } }, /a time after `from`/],
  [{ schedule: { kind: 'once', from: 1.7e12, to: 1.8e12 } }, /at most 90 days/],
  [{ schedule: { kind: 'once', durationMs: 1000 } }, /durationMs: .*>= 60000/],
  [{ schedule: { kind: 'repeat', rrule: 'FREQ=DAILY' } }, /schedule.durationMs: .*length of a window/],
  [{ schedule: { kind: 'repeat', rrule: 'FREQ=HOURLY', durationMs: HOUR } }, /schedule.rrule: found FREQ=HOURLY/],
  [
    { schedule: { kind: 'repeat', rrule: 'FREQ=DAILY', durationMs: HOUR, zone: 'Mars' } },
    /schedule.zone: .*Europe\/Berlin/,
  ],
  [
    {
      schedule: { kind: 'repeat', rrule: 'DTSTART:20260101T000000\nRRULE:FREQ=DAILY', durationMs: HOUR, from: 1.8e12 },
    },
    /schedule.from: .*as DTSTART in the rule/,
  ],
  [{ title: '  ' }, /title: /],
  [{ colour: 'red' }, /colour: unknown field/],
])('%j is refused with what was found', (over, message) => {
  const raw = { title: 'Patch', selector: all, schedule: once, ...over };
  const read = maintenanceCreateSchema.safeParse(raw);
  expect(read.success ? '' : explain(read.error, raw)).toMatch(message);
});
