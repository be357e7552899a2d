import { maintenanceCreateSchema, type MaintenanceSchedule } from '@statewire/model';
import { expect, test } from 'vitest';
import { type Plan, scheduleOf, scheduleText } from './plan.ts';

const repeat = {
  kind: 'repeat',
  days: ['SU', 'MO'],
  time: '02:30',
  rule: '',
  durationMs: 3_600_000,
  zone: 'UTC',
} as const;

test.each<[Plan, string]>([
  [{ ...repeat, pattern: 'daily' }, 'every day at 02:30, 1 h, UTC'],
  [{ ...repeat, pattern: 'weekly' }, 'every Monday, Sunday at 02:30, 1 h, UTC'],
  [{ ...repeat, pattern: 'monthly', days: ['TU'] }, 'first Tuesday of the month at 02:30, 1 h, UTC'],
  [
    { ...repeat, pattern: 'rule', rule: 'FREQ=MONTHLY;BYMONTHDAY=15;INTERVAL=2' },
    'FREQ=MONTHLY;BYMONTHDAY=15;INTERVAL=2, 1 h, UTC',
  ],
])('%j is a schedule the server takes, and is said in words', (plan, text) => {
  const schedule = scheduleOf(plan);
  const body = { title: 'x', selector: { collection: 'services', where: null }, schedule };
  expect(maintenanceCreateSchema.safeParse(body).error?.issues ?? []).toEqual([]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the schema above has read it.
  expect(scheduleText({ from: 0, until: null, ...(schedule as object) } as unknown as MaintenanceSchedule)).toBe(text);
});

test('what is missing is said', () => {
  expect(scheduleOf({ ...repeat, pattern: 'weekly', days: [] })).toBe('Choose at least one day');
  expect(scheduleOf({ kind: 'once', from: null, to: 1 })).toBe('Choose when it begins and ends');
  expect(scheduleOf({ kind: 'once', from: 2, to: 1 })).toBe('It ends before it begins');
  expect(scheduleOf({ kind: 'now', durationMs: 1_800_000 })).toEqual({ kind: 'once', durationMs: 1_800_000 });
});
