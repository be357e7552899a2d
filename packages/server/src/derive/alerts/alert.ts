/**
 * One alert, one event, one step. Pure: time comes in as `now`, and everything timed is an absolute time in `due`.
 *
 *   (nothing) --true--> pending --forMs--> firing <--ack, unack--> acknowledged --false--> resolved
 *                          |                  \____ held: suppressed ____/
 *                        false: forgotten
 *
 * Timers of an alert by itself: `fire`, `unfold`, `wake`, looked at whenever the alert is. Timers that tell somebody
 * (`tell`, `step`, `repeat`, `remind`, `recover`, `release`) belong to its group and are worked off in flush.ts;
 * `act` is the recovery action, `rest` and `forget` keep what is over. Not here: who is told what (flush.ts), what folds into what (the caller says by `hold`).
 */
import type { Alert, Policy, RecoveryAction, Suppression } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Finding } from './finding.ts';

/** What an alert goes by. */
export interface Terms {
  readonly policy: Policy | null;
  readonly recovery: RecoveryAction | null;
  readonly forMs: number;
}

/** Why it is held back, and the alert it is folded into when that is why. */
export type Hold = Suppression & { readonly parent: string | null };

/** What a person does to an alert. */
export type AlertAct =
  | { readonly do: 'ack'; readonly note: string }
  | { readonly do: 'unack' }
  | { readonly do: 'snooze'; readonly until: number; readonly note: string }
  | { readonly do: 'unsnooze' }
  | { readonly do: 'assign'; readonly to: string | null }
  | { readonly do: 'resolve'; readonly note: string };

export const GROUP_WAIT_MS = 10_000;
/** How long what failed behind a dependency may take to recover after it. */
export const UNFOLD_MS = 120_000;
const EVENTS_MAX = 50;
const SNOOZE_MS_MAX = 2_592_000_000;

/** How long an alert that is over is kept. */
export const FORGET_MS = 7_776_000_000;

/** Something is still to happen with it: it is open, or its end is not told yet, or it may not open again yet. */
export function isLive(alert: Pick<Alert, 'due' | 'isSettled' | 'state'>): boolean {
  return isOpen(alert) || !alert.isSettled || Object.keys(alert.due).some((timer) => timer !== 'forget');
}

/** An alert is open until it is resolved. */
export function isOpen({ state }: Pick<Alert, 'state'>): boolean {
  return state !== 'resolved';
}

/** The alert with other timers. */
export function timed(alert: Alert, due: Readonly<Record<string, number>>): Alert {
  const times = Object.values(due);
  return { ...alert, due, nextAt: times.length === 0 ? null : Math.min(...times) };
}

/** The alert with one more line of what happened. */
export function noted(alert: Alert, event: { at: number; kind: string; by?: string; text?: string }): Alert {
  const { at, kind, by = '', text = '' } = event;
  return { ...alert, events: [...alert.events, { at, kind, by, text: text.slice(0, 500) }].slice(-EVENTS_MAX) };
}

/** A new alert as it begins: pending while its time runs, else firing or held. */
export function begin(born: Alert, finding: Finding, hold: Hold | null, terms: Terms, now: number): Alert {
  const opened = noted(born, { at: now, kind: 'opened', text: finding.text });
  const fireAt = opened.startedAt + terms.forMs;
  if (fireAt > now) return timed({ ...opened, state: 'pending' }, { fire: fireAt });
  return hold === null ? fired(opened, terms, now) : held(opened, hold, now);
}

/** What the rule says now of an alert that is there. Null: it never was one. The same reference when nothing moved. */
export function foundAgain(alert: Alert, finding: Finding, hold: Hold | null, terms: Terms, now: number): Alert | null {
  const { is } = finding;
  switch (alert.state) {
    case 'resolved':
      return foundResolved(alert, finding, hold, terms, now);
    case 'pending':
      if (is === 'false') return null;
      if (is === 'true' && now >= Math.max(alert.startedAt + terms.forMs, alert.due['fire'] ?? 0)) {
        return hold === null ? fired(alert, terms, now) : held(alert, hold, now);
      }
      // What cannot be said starts nothing; the next true answer is asked again.
      return is === 'unknown' && alert.nextAt !== null && alert.nextAt <= now ? timed(alert, {}) : alert;
    default:
      if (is === 'false') {
        // To and fro is one problem: it ends when it has settled.
        if (hold?.by === 'flapping') return heldBy(alert, hold) ? alert : held(alert, hold, now);
        return resolved(alert, { at: finding.since ?? now, text: finding.text }, terms, now);
      }
      return foundOpen(alert, hold, terms, now);
  }
}

function foundResolved(alert: Alert, { is, since }: Finding, hold: Hold | null, terms: Terms, now: number): Alert {
  if (!alert.isSettled) return is === 'false' ? { ...alert, isSettled: true } : alert;
  const isResting = (alert.due['rest'] ?? 0) > now;
  if (is !== 'true' || (alert.due['recover'] === undefined && !isResting)) return alert;
  const open = noted({ ...alert, resolvedAt: null, resolution: '' }, { at: now, kind: 'reopened' });
  // Back before anybody was told that it had gone: it never ended. Soon after it: the same trouble again, told anew, but
  // no sooner than its group may be told again.
  const again: Alert =
    alert.due['recover'] !== undefined
      ? open
      : {
          ...open,
          startedAt: Math.max(since ?? now, alert.startedAt),
          firedAt: now,
          step: 0,
          children: [],
          notified: { ...alert.notified, channels: [] },
        };
  return hold === null ? timed({ ...again, state: 'firing' }, schedule(again, terms, now)) : held(again, hold, now);
}

function foundOpen(alert: Alert, hold: Hold | null, terms: Terms, now: number): Alert {
  const awake =
    alert.snoozedUntil !== null && alert.snoozedUntil <= now
      ? woken({ ...alert, snoozedUntil: null }, terms, now)
      : alert;
  if (hold !== null) return heldBy(awake, hold) ? awake : held(awake, hold, now);
  if (awake.state !== 'suppressed' || awake.suppressed === null) return awake;
  if (awake.suppressed.by === 'quiet') return awake;
  if (awake.suppressed.by === 'dependency') {
    const unfoldAt = awake.due['unfold'];
    if (unfoldAt === undefined) return timed(awake, { unfold: now + UNFOLD_MS });
    if (unfoldAt > now) return awake;
  }
  return freed(awake, terms, now);
}

/** It fires: somebody is to be told after the wait of its group. */
function fired(alert: Alert, terms: Terms, now: number): Alert {
  const firing: Alert = { ...alert, state: 'firing', suppressed: null, firedAt: alert.firedAt ?? now };
  return timed(noted(firing, { at: now, kind: 'fired' }), {
    ...schedule(firing, terms, now),
    ...(terms.recovery === null ? {} : { act: now + GROUP_WAIT_MS }),
  });
}

/** Nobody is told for now. */
function held(alert: Alert, hold: Hold, now: number): Alert {
  const { by, ref, parent } = hold;
  const next: Alert = { ...alert, state: 'suppressed', suppressed: { by, ref }, parent, firedAt: alert.firedAt ?? now };
  const text = ref === null ? by : `${by}: ${ref}`;
  const wake = alert.due['wake'];
  return timed(noted(next, { at: now, kind: 'suppressed', text }), wake === undefined ? {} : { wake });
}

function heldBy(alert: Alert, hold: Hold): boolean {
  return (
    alert.state === 'suppressed' &&
    alert.suppressed?.by === hold.by &&
    alert.suppressed.ref === hold.ref &&
    alert.parent === hold.parent &&
    alert.due['unfold'] === undefined
  );
}

/** What held it has ended. */
export function freed(alert: Alert, terms: Terms, now: number): Alert {
  const state = alert.ackedAt === null ? 'firing' : 'acknowledged';
  const next: Alert = { ...alert, state, suppressed: null, parent: null };
  return timed(noted(next, { at: now, kind: 'released' }), {
    ...schedule(next, terms, now),
    ...(terms.recovery === null || state !== 'firing' ? {} : { act: now + GROUP_WAIT_MS }),
  });
}

function woken(alert: Alert, terms: Terms, now: number): Alert {
  const next = noted(alert, { at: now, kind: 'woken' });
  if (next.state !== 'firing') return timed(next, {});
  const due = schedule(next, terms, now);
  // Whoever was told once is reminded that it still is.
  return timed(next, next.step === 0 ? due : { ...due, remind: now });
}

/** It is over. */
export function resolved(
  alert: Alert,
  how: { readonly at: number; readonly text: string; readonly by?: string; readonly isSettled?: boolean },
  terms: Terms,
  now: number,
): Alert {
  const isTold = alert.notified.channels.length > 0 && (terms.policy?.sendResolved ?? true);
  const isHeld = alert.suppressed?.by === 'quiet' && alert.due['release'] !== undefined;
  const next: Alert = {
    ...alert,
    state: 'resolved',
    suppressed: null,
    // An end before the beginning would be a clock that was set.
    resolvedAt: Math.max(Math.min(how.at, now), alert.startedAt),
    resolution: how.text,
    ackedAt: null,
    ackedBy: null,
    snoozedUntil: null,
    isSettled: how.isSettled ?? true,
  };
  const due: Record<string, number> = { forget: now + FORGET_MS };
  if (isTold) due['recover'] = now + (terms.policy?.groupWaitMs ?? GROUP_WAIT_MS);
  else {
    if (isHeld) due['release'] = alert.due['release'] ?? now;
    const restUntil = restOf(alert, terms);
    if (restUntil > now) due['rest'] = restUntil;
  }
  return timed(noted(next, { at: now, kind: 'resolved', by: how.by ?? '', text: how.text }), due);
}

/** Until when what was told of an alert counts as just now: what comes back before it is the same trouble again. */
export function restOf({ notified }: Pick<Alert, 'notified'>, { policy }: Pick<Terms, 'policy'>): number {
  return notified.lastAt === null || policy === null ? 0 : notified.lastAt + policy.groupIntervalMs;
}

/** What is to be told next, and when, of an alert that fires. */
export function schedule(alert: Alert, { policy }: Terms, now: number): Readonly<Record<string, number>> {
  if (policy === null || alert.ackedAt !== null) return {};
  if (alert.snoozedUntil !== null) return { wake: alert.snoozedUntil };
  const firedAt = alert.firedAt ?? now;
  const wait = now + policy.groupWaitMs;
  if (alert.step === 0) {
    return { tell: Math.max(wait, firedAt + (policy.steps[0]?.afterMs ?? 0), restOf(alert, { policy })) };
  }
  const lastAt = alert.notified.lastAt ?? now;
  const due: Record<string, number> = {};
  const next = policy.steps[alert.step];
  if (next !== undefined) due['step'] = Math.max(firedAt + next.afterMs, now + 1);
  else if (policy.repeatMs !== null) due['repeat'] = Math.max(lastAt + policy.repeatMs, now + 1);
  if (policy.reminderMs !== null) due['remind'] = Math.max(lastAt + policy.reminderMs, now + 1);
  return due;
}

/** A person's act. What has ended cannot be acted on. */
export function actOn(alert: Alert, act: AlertAct, by: string, terms: Terms, now: number): Result<Alert> {
  if (!isOpen(alert)) {
    return refuse('gone', `the alert was resolved at ${new Date(alert.resolvedAt ?? now).toISOString()}`);
  }
  switch (act.do) {
    case 'ack': {
      const state = alert.state === 'firing' ? 'acknowledged' : alert.state;
      const next: Alert = { ...alert, state, ackedAt: now, ackedBy: by, note: act.note };
      // A pending alert goes on to fire, acknowledged; what is held stays held.
      const due = alert.state === 'firing' ? {} : alert.due;
      return ok(timed(noted(next, { at: now, kind: 'acknowledged', by, text: act.note }), due));
    }
    case 'unack': {
      if (alert.ackedAt === null) return ok(alert);
      const next: Alert = { ...alert, ackedAt: null, ackedBy: null, state: unacked(alert) };
      const due = next.state === 'firing' ? schedule(next, terms, now) : next.due;
      return ok(timed(noted(next, { at: now, kind: 'unacknowledged', by }), due));
    }
    case 'snooze': {
      if (act.until <= now || act.until > now + SNOOZE_MS_MAX) {
        return refuse('bad_field', `until: found ${act.until}, expected a time ahead, at most 30 days`);
      }
      const next: Alert = { ...alert, snoozedUntil: act.until, note: act.note === '' ? alert.note : act.note };
      const text = `until ${new Date(act.until).toISOString()}${act.note === '' ? '' : `: ${act.note}`}`;
      const due = { ...keep(alert.due, ['fire', 'unfold', 'release']), wake: act.until };
      return ok(timed(noted(next, { at: now, kind: 'snoozed', by, text }), due));
    }
    case 'unsnooze': {
      if (alert.snoozedUntil === null) return ok(alert);
      const next: Alert = { ...alert, snoozedUntil: null };
      const { wake: _, ...rest } = next.due;
      // Nobody is reminded at once, as when a snooze ends by itself: somebody is at it now.
      const due = next.state === 'firing' ? schedule(next, terms, now) : rest;
      return ok(timed(noted(next, { at: now, kind: 'woken', by }), due));
    }
    case 'assign':
      return ok(noted({ ...alert, assignee: act.to }, { at: now, kind: 'assigned', by, text: act.to ?? 'nobody' }));
    default: {
      const text = act.note === '' ? `Resolved by ${by}.` : `Resolved by ${by}: ${act.note}`;
      return ok(resolved(alert, { at: now, text, by, isSettled: false }, terms, now));
    }
  }
}

function unacked({ state }: Alert): Alert['state'] {
  return state === 'acknowledged' ? 'firing' : state;
}

function keep(due: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(due).filter(([name]) => names.includes(name)));
}
