import type { Maintenance, MaintenanceSchedule } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { duration } from '../../lib/format.ts';

/** A schedule as the form holds it. */
export type Plan =
  | { readonly kind: 'now'; readonly durationMs: number }
  | { readonly kind: 'once'; readonly from: number | null; readonly to: number | null }
  | {
      readonly kind: 'repeat';
      readonly pattern: 'daily' | 'weekly' | 'monthly' | 'rule';
      /** Two letters each, as in an RRULE. */
      readonly days: readonly string[];
      /** `02:30`. */
      readonly time: string;
      readonly rule: string;
      readonly durationMs: number;
      readonly zone: string;
    };

export const WEEKDAYS: readonly { readonly code: string; readonly short: string; readonly title: string }[] = [
  { code: 'MO', short: 'Mo', title: 'Monday' },
  { code: 'TU', short: 'Tu', title: 'Tuesday' },
  { code: 'WE', short: 'We', title: 'Wednesday' },
  { code: 'TH', short: 'Th', title: 'Thursday' },
  { code: 'FR', short: 'Fr', title: 'Friday' },
  { code: 'SA', short: 'Sa', title: 'Saturday' },
  { code: 'SU', short: 'Su', title: 'Sunday' },
];

/** The schedule a form means, as the server takes it (`ScheduleInput`), or what is missing. */
export function scheduleOf(plan: Plan): JsonObject | string {
  switch (plan.kind) {
    case 'now':
      return { kind: 'once', durationMs: plan.durationMs };
    case 'once':
      if (plan.from === null || plan.to === null) return 'Choose when it begins and ends';
      if (plan.to <= plan.from) return 'It ends before it begins';
      return { kind: 'once', from: plan.from, to: plan.to };
    default: {
      const rule = ruleOf(plan);
      return rule === null
        ? 'Choose at least one day'
        : { kind: 'repeat', rrule: rule, durationMs: plan.durationMs, zone: plan.zone };
    }
  }
}

function ruleOf(plan: Extract<Plan, { kind: 'repeat' }>): string | null {
  if (plan.pattern === 'rule') return plan.rule;
  const [hour = 0, minute = 0] = plan.time.split(':').map(Number);
  const at = `BYHOUR=${hour};BYMINUTE=${minute};BYSECOND=0`;
  if (plan.pattern === 'daily') return `FREQ=DAILY;${at}`;
  if (plan.days.length === 0) return null;
  const days = WEEKDAYS.map(({ code }) => code).filter((code) => plan.days.includes(code));
  // The first such weekday of the month: what people mean by "monthly" in a maintenance plan.
  return plan.pattern === 'weekly'
    ? `FREQ=WEEKLY;BYDAY=${days.join(',')};${at}`
    : `FREQ=MONTHLY;BYDAY=${days.map((day) => `1${day}`).join(',')};${at}`;
}

/** When, in words: `every Sunday at 02:30, 1 h`. */
export function scheduleText(schedule: MaintenanceSchedule): string {
  if (schedule.kind === 'once') return `once, ${duration(schedule.to - schedule.from)}`;
  const long = `${duration(schedule.durationMs)}, ${schedule.zone}`;
  const parts = new Map(
    schedule.rrule
      .replace(/^RRULE:/iu, '')
      .split(';')
      .map((part): [string, string] => {
        const [key = '', value = ''] = part.split('=');
        return [key.toUpperCase(), value];
      }),
  );
  const hour = parts.get('BYHOUR');
  const minute = parts.get('BYMINUTE') ?? '0';
  const at = hour === undefined || hour.includes(',') ? '' : ` at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  const days = (parts.get('BYDAY') ?? '')
    .split(',')
    .flatMap((day) => {
      const found = WEEKDAYS.find(({ code }) => day.endsWith(code));
      return found === undefined ? [] : [found.title];
    })
    .join(', ');
  const isPlain = !parts.has('INTERVAL') && !parts.has('COUNT') && !parts.has('BYSETPOS') && !parts.has('BYMONTH');
  if (isPlain && parts.get('FREQ') === 'DAILY' && days === '') return `every day${at}, ${long}`;
  if (isPlain && parts.get('FREQ') === 'WEEKLY' && days !== '') return `every ${days}${at}, ${long}`;
  if (isPlain && parts.get('FREQ') === 'MONTHLY' && /^1[A-Z]{2}$/u.test(parts.get('BYDAY') ?? ''))
    return `first ${days} of the month${at}, ${long}`;
  return `${schedule.rrule}, ${long}`;
}

/** The form of a maintenance that is there. */
export function planOf({ schedule }: Pick<Maintenance, 'schedule'>): Plan {
  if (schedule.kind === 'once') return { kind: 'once', from: schedule.from, to: schedule.to };
  return {
    kind: 'repeat',
    pattern: 'rule',
    days: [],
    time: '02:00',
    rule: schedule.rrule,
    durationMs: schedule.durationMs,
    zone: schedule.zone,
  };
}
