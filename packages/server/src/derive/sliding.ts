/**
 * Confirmation by a sliding window, for targets behind a load balancer: unhealthy when `bad` of the last `size`
 * observations were, whatever lies between them; better as soon as fewer are. A run in a row would never be believed of
 * a target whose every third answer fails.
 *
 * The window is the tail of `recent`; `unknown` is no observation. The times of the bad ones travel with the suspicion,
 * so that an outage begins with the first bad observation that is inside the window when it is believed.
 */
import type { Health, Suspect } from '@statewire/model';
import type { Belief, Verdict } from './confirm.ts';

export interface Window {
  readonly size: number;
  readonly bad: number;
}

/** What is believed after one more verdict. `letters` are the verdicts before it, newest last (see recent.ts). */
export function confirmSliding(
  health: Health,
  suspect: Suspect | null,
  said: Verdict,
  letters: string,
  window: Window,
): Belief {
  const { verdict, at } = said;
  if (verdict === 'unknown') return { health, suspect, movedAt: null };
  if (said.final) return { health: verdict, suspect: null, movedAt: verdict === health ? null : at };
  const heard = timesOf(suspect);
  const judged = letters.replaceAll('x', '');
  // Of a record of which nothing is known, only what was seen since then counts: all of it was bad.
  const before = health === 'unknown' ? judged.slice(judged.length - heard.length) : judged;
  const seen = `${before}${LETTER[verdict]}`.slice(-window.size);
  const down = countOf(seen, 'd');
  const bad = down + countOf(seen, 'g');
  const to: Health = down >= window.bad ? 'unhealthy' : bad >= window.bad ? 'degraded' : 'healthy';
  const times = [...heard, ...(verdict === 'healthy' ? [] : [at])].slice(-bad || Infinity);
  const next = suspicion(health, { down, bad, times }, window);
  if (to === health) return { health, suspect: next, movedAt: null };
  // Too little was seen to call it well, and something bad was among it.
  if (to === 'healthy' && health === 'unknown' && bad > 0 && verdict !== 'healthy')
    return { health, suspect: next, movedAt: null };
  const isWorse = to !== 'healthy' && health !== 'unhealthy';
  return { health: to, suspect: suspicion(to, { down, bad, times }, window), movedAt: isWorse ? (times[0] ?? at) : at };
}

const LETTER: Readonly<Record<Exclude<Health, 'unknown'>, string>> = { healthy: 'u', degraded: 'g', unhealthy: 'd' };

/** Bad answers inside the window that are not enough yet. */
function suspicion(
  health: Health,
  seen: { readonly down: number; readonly bad: number; readonly times: readonly number[] },
  window: Window,
): Suspect | null {
  const { down, bad, times } = seen;
  const since = times[0];
  if (bad === 0 || health === 'unhealthy' || (health === 'degraded' && down === 0) || since === undefined) return null;
  const to = down > 0 ? 'unhealthy' : 'degraded';
  const n = Math.min(to === 'unhealthy' ? down : bad, window.bad - 1);
  return n < 1 ? null : { to, n, of: window.bad, since, times: times.join(' ') };
}

function timesOf(suspect: Suspect | null): readonly number[] {
  const times = suspect?.['times'];
  return typeof times === 'string' && times !== '' ? times.split(' ').map(Number) : [];
}

function countOf(letters: string, letter: string): number {
  return letters.split(letter).length - 1;
}
