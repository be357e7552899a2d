import { parseRecurrence } from '@statewire/model';
import * as fc from 'fast-check';
// oxlint-disable-next-line import/default -- true: the package is CommonJS, its exports are the default.
import rrule from 'rrule';
import { expect, test } from 'vitest';
import { eachStart } from './occurrences.ts';

const DAY_MS = 86_400_000;

// oxlint-disable-next-line import/no-named-as-default-member -- true: Node finds no names in it.
const { RRule } = rrule;

/** The first starts of a rule. */
function ours(text: string, first: number, near: number, max: number): readonly number[] {
  const read = parseRecurrence(text);
  if (!read.ok) throw new Error(`${text}: ${read.message}`);
  const found: number[] = [];
  const horizon = first + 40 * 366 * DAY_MS;
  eachStart(read.value, { first, near, horizon }, (wall) => {
    if (wall >= near) found.push(wall);
    return found.length < max;
  });
  return found;
}

/** The same by another hand. */
function theirs(text: string, first: number, near: number, max: number): readonly number[] {
  const options = RRule.parseString(text);
  const found: number[] = [];
  new RRule({ ...options, dtstart: new Date(first), until: new Date(first + 40 * 366 * DAY_MS) }, true).all((date) => {
    if (date.getTime() >= near) found.push(date.getTime());
    return found.length < max;
  });
  return found;
}

// In order: given times out of order, the other hand answers out of order.
const some = (min: number, max: number) =>
  fc
    .uniqueArray(
      fc.integer({ min, max }).filter((n) => n !== 0),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) => list.toSorted((a, b) => a - b));
const part = (name: string, values: fc.Arbitrary<readonly (number | string)[]>) =>
  fc.option(
    values.map((list) => `;${name}=${list.join(',')}`),
    { nil: '' },
  );
const days = fc.uniqueArray(fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'), { minLength: 1, maxLength: 4 });
const nthDays = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom('1', '2', '-1', '-2'), fc.constantFrom('MO', 'WE', 'SA', 'SU'))
    .map(([nth, day]) => nth + day),
  { minLength: 1, maxLength: 3 },
);

const rules = fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY').chain((freq) => {
  const isLong = freq === 'MONTHLY' || freq === 'YEARLY';
  return fc
    .tuple(
      fc.integer({ min: 1, max: 4 }).map((n) => `;INTERVAL=${n}`),
      part('BYMONTH', some(1, 12)),
      // One of these at a time: together they often leave no day at all, which the other hand looks for until the year 9999.
      fc.oneof(
        fc.constant(''),
        // Of numbered and plain days together the other hand takes those that are both; the RFC says either.
        part('BYDAY', days),
        isLong ? part('BYDAY', nthDays) : fc.constant(''),
        isLong ? part('BYMONTHDAY', some(-5, 28)) : fc.constant(''),
        freq === 'YEARLY' ? part('BYYEARDAY', some(-300, 300)) : fc.constant(''),
      ),
      part('BYHOUR', some(1, 23)),
      part('BYMINUTE', some(1, 59)),
      fc.constantFrom('', '', ';COUNT=7'),
      fc.constantFrom('', ';WKST=SU', ';WKST=WE'),
    )
    .map(([interval, month, day, hour, minute, count, wkst]) => {
      // A day of the year in a month it is not in never comes.
      const months = day.includes('BYYEARDAY') ? '' : month;
      return `FREQ=${freq}${interval}${months}${day}${hour}${minute}${count}${wkst}`;
    });
});

test('[MT2] random rules begin when another implementation says they do', () => {
  fc.assert(
    fc.property(rules, fc.integer({ min: 0, max: 9000 }), fc.integer({ min: -30, max: 1500 }), (text, day, later) => {
      const first = Date.UTC(2000, 0, 1, 4, 20) + day * DAY_MS;
      const near = first + later * DAY_MS;
      expect(ours(text, first, near, 12)).toEqual(theirs(text, first, near, 12));
    }),
    { numRuns: 300 },
  );
});

test.each([
  'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
  'FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYSETPOS=1,-1',
  'FREQ=DAILY;BYHOUR=1,2,3;BYSETPOS=2',
])('[MT2] %s picks by place', (text) => {
  const first = Date.UTC(2026, 0, 1, 3);
  expect(ours(text, first, first, 12)).toEqual(theirs(text, first, first, 12));
});
