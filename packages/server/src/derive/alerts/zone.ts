/** Times of day as people in a zone see them. Zone names were checked when they came in; Intl knows their rules. */

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Day of the week (0 is Sunday) and minutes since midnight, there and then. */
export function localAt(at: number, zone: string): { readonly weekday: number; readonly minutes: number } {
  const parts = formatOf(zone).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((each) => each.type === type)?.value ?? '0';
  return { weekday: WEEKDAYS.indexOf(part('weekday')), minutes: Number(part('hour')) * 60 + Number(part('minute')) };
}

/** The next time after `now` at which clocks there show this time of day. */
export function nextLocal(now: number, zone: string, minutes: number): number {
  const start = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const ahead = (minutes - localAt(start, zone).minutes + DAY_MINUTES) % DAY_MINUTES;
  let at = start + (ahead === 0 ? DAY_MINUTES : ahead) * MINUTE_MS;
  // A clock that was set between now and then shows something else: go by the difference, once.
  const off = ((minutes - localAt(at, zone).minutes + DAY_MINUTES * 1.5) % DAY_MINUTES) - DAY_MINUTES / 2;
  at += off * MINUTE_MS;
  return at > now ? at : at + DAY_MINUTES * MINUTE_MS;
}

/** `22:30` in minutes. */
export function minutesOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  formats.set(zone, made);
  return made;
}
