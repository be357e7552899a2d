import { Cron } from 'croner';

/** A time that comes again: a cron pattern of five or six fields, read in a time zone. */
export interface CronTime {
  readonly pattern: string;
  readonly zone: string;
}

/** Patterns in use are few and asked for at each heartbeat. */
const REMEMBERED_MAX = 1_000;
const remembered = new Map<string, Cron>();

/** The first time after an instant, epoch milliseconds; null when it never comes again. */
export function nextRun(time: CronTime, after: number): number | null {
  return cronOf(time).nextRun(new Date(after))?.getTime() ?? null;
}

/** What is wrong with a pattern, or null. */
export function cronFlaw(time: CronTime, now: number): string | null {
  try {
    return nextRun(time, now) === null ? 'found a time that never comes, expected one that does' : null;
  } catch (error) {
    return `found no cron pattern (${error instanceof Error ? error.message : String(error)})`;
  }
}

function cronOf({ pattern, zone }: CronTime): Cron {
  const key = `${zone} ${pattern}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const made = new Cron(pattern, { timezone: zone, paused: true });
  const [oldest] = remembered.keys();
  if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
  remembered.set(key, made);
  return made;
}
