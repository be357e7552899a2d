import { dated } from '../../lib/dated.ts';
import { minuteTime } from '../../lib/format.ts';

const DAY_MS = 86_400_000;

/** Names slots by their hour, or by their UTC day: days are cut there. */
export function slotNameOf(widthMs: number): (at: number) => string {
  return (at) => (widthMs >= DAY_MS ? dayOf : hourOf)(at);
}

/** The same for an axis, which has less room. */
export function tickOf(at: number, widthMs: number): string {
  return (widthMs >= DAY_MS ? dayOf : minuteTime)(at);
}

const dayOf = dated({ day: 'numeric', month: 'short', timeZone: 'UTC' });
const hourOf = dated({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
