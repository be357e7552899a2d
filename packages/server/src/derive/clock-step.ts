import type { Alert, Delivery, Observer, RunRow, Service, StatusRow, Suspect } from '@statewire/model';
import { movedObservers } from './fusion.ts';

/**
 * The machine's clock was set: everything that says how long to wait, or since when something is suspected, moves with
 * it. What a person set for a time of day (the end of an override, of a mute) stays at that time of day. Times that
 * have passed stay as they were told, but none of them lies in the future.
 */
export function afterClockStep(row: StatusRow, deltaMs: number, now: number): StatusRow {
  const move = (at: number): number => at + deltaMs;
  const past = (at: number): number => Math.min(at, now);
  return {
    ...row,
    ...observersAfter(row, move),
    dueAt: row.dueAt === null ? null : move(row.dueAt),
    expiresAt: row.expiresAt === null ? null : move(row.expiresAt),
    nextProbeAt: row.nextProbeAt === null ? null : move(row.nextProbeAt),
    suspect: row.suspect === null ? null : suspectAfter(row.suspect, move),
    flap: flapAfter(row.flap, move),
    since: past(row.since),
    observedAt: row.observedAt === null ? null : past(row.observedAt),
    lastOkAt: row.lastOkAt === null ? null : past(row.lastOkAt),
    lastBadAt: row.lastBadAt === null ? null : past(row.lastBadAt),
  };
}

/** A run's lease is a wait, too. */
export function runAfterClockStep(row: RunRow, deltaMs: number): RunRow {
  return row.leaseUntil === null ? row : { ...row, leaseUntil: row.leaseUntil + deltaMs };
}

/**
 * Nobody is paged an hour early or late: what an alert waits for moves, and so does what its next waits are counted from.
 * A snooze and the end of quiet hours are times of day and stay.
 */
export function alertAfterClockStep(alert: Alert, deltaMs: number): Alert {
  const move = (at: number): number => at + deltaMs;
  const due = Object.fromEntries(
    Object.entries(alert.due).map(([timer, at]) => [timer, TIMES_OF_DAY.has(timer) ? at : move(at)]),
  );
  const times = Object.values(due);
  const isOver = alert.state === 'resolved';
  return {
    ...alert,
    startedAt: isOver ? alert.startedAt : move(alert.startedAt),
    firedAt: isOver || alert.firedAt === null ? alert.firedAt : move(alert.firedAt),
    notified: { ...alert.notified, lastAt: alert.notified.lastAt === null ? null : move(alert.notified.lastAt) },
    due,
    nextAt: times.length === 0 ? null : Math.min(...times),
  };
}

/** The next try of a delivery is a wait. */
export function deliveryAfterClockStep(delivery: Delivery, deltaMs: number): Delivery {
  return delivery.nextAt === null ? delivery : { ...delivery, nextAt: delivery.nextAt + deltaMs };
}

const TIMES_OF_DAY: ReadonlySet<string> = new Set(['wake', 'release']);

/** Whether a record waits for anything that a step of the clock would make come too early or too late. */
export function isWaiting(row: StatusRow, now: number): boolean {
  // Set back, what was observed last would be newer than everything that comes for as long.
  const isAhead = (row.observedAt ?? 0) > now || row.since > now;
  return isAhead || row.dueAt !== null || row.expiresAt !== null || row.suspect !== null || row.flap.score > 0;
}

type Move = (at: number) => number;

const TIMES_OF_SUSPECT: readonly string[] = ['since', 'runSince', 'countedAt'];

function suspectAfter(suspect: Suspect, move: Move): Suspect {
  const next: Record<string, string | number> = {};
  for (const [field, value] of Object.entries(suspect)) {
    if (typeof value === 'number' && TIMES_OF_SUSPECT.includes(field)) next[field] = move(value);
    else if (field === 'times' && typeof value === 'string')
      next[field] = value
        .split(' ')
        .map((t) => move(Number(t)))
        .join(' ');
    else next[field] = value;
  }
  return { ...suspect, ...next };
}

function flapAfter(flap: StatusRow['flap'], move: Move): StatusRow['flap'] {
  const { score, at, ends, worst, worstEnds } = flap;
  return {
    score,
    at: move(at),
    ...(ends === undefined ? {} : { ends: move(ends) }),
    ...(worst === undefined ? {} : { worst }),
    ...(worstEnds === undefined ? {} : { worstEnds: move(worstEnds) }),
  };
}

function observersAfter(row: StatusRow, move: Move): Partial<Service> {
  const { observers } = movedObservers(row, move);
  if (observers === undefined) return {};
  const next: Record<string, Observer> = {};
  // Also when each last spoke: it is compared with when a suspicion was last counted.
  for (const [id, observer] of Object.entries(observers)) {
    next[id] = { ...observer, at: move(observer.at), since: move(observer.since) };
  }
  return { observers: next };
}
