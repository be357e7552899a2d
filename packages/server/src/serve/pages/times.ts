/** Times as people of one zone write them. */
export class Times {
  readonly #zone: string;
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  constructor(zone: string) {
    this.#zone = zone;
  }

  /** `1 Mar, 10:41 UTC` */
  moment(at: number): string {
    return this.#format('moment', {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    }).format(at);
  }

  /** `10:41:07 UTC` */
  clock(at: number): string {
    return this.#format('clock', {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    }).format(at);
  }

  /** `March 2026` */
  month(at: number): string {
    return this.#format('month', { month: 'long', year: 'numeric' }).format(at);
  }

  /** `2026-03-01` */
  date(at: number): string {
    return this.#format('date', { year: 'numeric', month: '2-digit', day: '2-digit' }, 'en-CA').format(at);
  }

  #format(name: string, options: Intl.DateTimeFormatOptions, locale = 'en-GB'): Intl.DateTimeFormat {
    let format = this.#formats.get(name);
    if (format === undefined) {
      format = new Intl.DateTimeFormat(locale, { ...options, timeZone: this.#zone });
      this.#formats.set(name, format);
    }
    return format;
  }
}

/** The last `count` dates that end with this one, oldest first. */
export function datesUntil(today: string, count: number): readonly string[] {
  const end = Date.parse(`${today}T00:00:00Z`);
  return Array.from({ length: count }, (_, i) => new Date(end - (count - 1 - i) * DAY_MS).toISOString().slice(0, 10));
}

/** `28 Feb 2026` of a date. */
export function dayName(date: string): string {
  return DAY.format(Date.parse(`${date}T00:00:00Z`));
}

/** `2 h 5 min`; the two largest units. */
export function duration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const parts = [...(d > 0 ? [`${d} d`] : []), ...(h > 0 ? [`${h} h`] : []), ...(m > 0 ? [`${m} min`] : [])];
  return parts.slice(0, 2).join(' ');
}

const DAY_MS = 86_400_000;
// Dates are without a zone: noon and midnight are nobody's here.
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
