const DAY_MS = 86_400_000;

/** Names slots by their hour, or by their UTC day: days are cut there. */
export function slotNameOf(widthMs: number): (at: number) => string {
  return (at) => (widthMs >= DAY_MS ? dayOf : hourOf).format(at);
}

/** The same for an axis, which has less room. */
export function tickOf(at: number, widthMs: number): string {
  return (widthMs >= DAY_MS ? dayOf : clockOf).format(at);
}

const dayOf = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const hourOf = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const clockOf = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
