/**
 * What becomes of an incident: its timeline, its phases and what it says of the records it is about. Pure; who asks for
 * it are people (collect/commands/verbs/incidents.ts) and alerts (joints/incidents.ts).
 *
 *     investigating <-> identified <-> monitoring --> resolved --(within 24 h)--> any of the three
 */
import {
  INCIDENT_AFFECTED_MAX,
  INCIDENT_UPDATES_MAX,
  type Affected,
  type AffectedImpact,
  type Alert,
  type Incident,
  type IncidentImpact,
  type IncidentPhase,
  type Status,
} from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';

/** A resolved incident can be opened again for so long. */
export const REOPEN_MS: number = 24 * 3_600_000;

/** A new incident, before anything is said of it. The commit sets what it alone knows. */
export function bornIncident(
  on: { readonly org: string; readonly now: number },
  fields: Pick<Incident, 'by' | 'drafted' | 'id' | 'title'> & Partial<Incident>,
): Incident {
  const { org, now } = on;
  return {
    org,
    version: 0,
    createdAt: now,
    updatedAt: now,
    observedAt: null,
    labels: {},
    source: null,
    phase: 'investigating',
    impact: 'none',
    affected: [],
    isEdited: false,
    alerts: [],
    updates: [],
    isPublished: false,
    publishedAt: null,
    cause: '',
    startedAt: now,
    resolvedAt: null,
    postmortem: null,
    assignee: null,
    nextAt: null,
    ...fields,
  };
}

/** One entry for the timeline. `by` empty: nobody, the server itself. */
export interface Said {
  readonly at: number;
  readonly by: string;
  readonly text: string;
  readonly phase?: IncidentPhase | undefined;
  readonly isPublic: boolean;
}

/** Adds an entry, and moves the phase when the entry names one. */
export function said(incident: Incident, { at, by, text, phase = incident.phase, isPublic }: Said): Result<Incident> {
  const isReopened = incident.phase === 'resolved' && phase !== 'resolved';
  if (isReopened && at > (incident.resolvedAt ?? at) + REOPEN_MS) {
    return refuse('gone', 'the incident was resolved more than 24 hours ago; write a new one');
  }
  const kept = roomFor(incident.updates);
  if (kept === null) {
    return refuse('too_large', `the timeline has ${incident.updates.length} entries, which is the limit`);
  }
  const last = incident.updates.at(-1);
  const id = `u${last === undefined ? 1 : Number(last.id.slice(1)) + 1}`;
  return ok({
    ...incident,
    phase,
    updates: [...kept, { id, at, by, phase, text, isPublic }],
    resolvedAt: phase === 'resolved' ? (incident.resolvedAt ?? at) : null,
    nextAt: null,
  });
}

/** What of a linked alert matters here. */
export type LinkedAlert = Pick<Alert, 'id' | 'resolvedAt' | 'severity' | 'state' | 'subject'>;

/** What a record is now: its status word, or null where it has none or is gone. */
export type StatusOf = (ref: string) => Status | null;

/** The records an incident is about, as they are now. Those that recovered stay and say so. Once a person edited it, nothing follows. */
export function inStep(incident: Incident, alerts: readonly LinkedAlert[], statusOf: StatusOf): Incident {
  if (incident.isEdited || incident.phase === 'resolved') return incident;
  const now = new Map<string, AffectedImpact>();
  for (const { ref, impact } of incident.affected) now.set(ref, impactOf(statusOf(ref), [], impact));
  for (const { subject } of alerts) {
    if (subject === null || (!now.has(subject) && now.size >= INCIDENT_AFFECTED_MAX)) continue;
    const own = alerts.filter((other) => other.subject === subject && other.state !== 'resolved');
    now.set(subject, impactOf(statusOf(subject), own, now.get(subject) ?? 'none'));
  }
  const affected: Affected[] = [...now].map(([ref, impact]) => ({ ref, impact }));
  const impact = worse(incident.impact, impactOfAll(affected));
  const isSame =
    impact === incident.impact &&
    affected.length === incident.affected.length &&
    affected.every(
      ({ ref, impact: is }, at) => incident.affected[at]?.ref === ref && incident.affected[at].impact === is,
    );
  return isSame ? incident : { ...incident, affected, impact };
}

/** How bad the whole is: one record down is major, three are critical. */
export function impactOfAll(affected: readonly Affected[]): IncidentImpact {
  const down = affected.filter(({ impact }) => impact === 'down').length;
  if (down >= DOWN_CRITICAL) return 'critical';
  if (down > 0) return 'major';
  return affected.some(({ impact }) => impact === 'degraded') ? 'minor' : 'none';
}

/**
 * What the end of all its alerts means for an incident that alerts drafted: `monitoring`, and, when nobody published or
 * touched it, resolved after `resolveAfterMs`. What comes back before that opens it again.
 */
export function afterAlerts(
  incident: Incident,
  alerts: readonly LinkedAlert[],
  { at, resolveAfterMs }: { readonly at: number; readonly resolveAfterMs: number },
): Incident {
  if (incident.drafted !== 'alert' || incident.phase === 'resolved' || alerts.length === 0) return incident;
  const hasRecovered = alerts.every(({ state }) => state === 'resolved');
  if (!hasRecovered) return isWatchedByUs(incident) ? again(incident, at) : incident;
  if (incident.phase === 'monitoring') return incident;
  const text = 'All linked alerts have recovered.';
  const moved = said(incident, { at, by: '', text, phase: 'monitoring', isPublic: true });
  const next = moved.ok ? moved.value : { ...incident, phase: 'monitoring' as const };
  if (!isUntouched(incident)) return next;
  return { ...next, nextAt: lastEnd(alerts, at) + resolveAfterMs };
}

/** The time has come at which an untouched draft resolves itself. */
export function lapsed(incident: Incident, alerts: readonly LinkedAlert[], at: number): Incident {
  const text = 'Resolved by itself: all alerts recovered and nobody published it.';
  const done = said(incident, { at, by: '', text, phase: 'resolved', isPublic: false });
  const next = done.ok ? done.value : { ...incident, phase: 'resolved' as const, nextAt: null };
  return { ...next, resolvedAt: Math.min(at, lastEnd(alerts, at)) };
}

/** Alerts that have one cause, as far as drafting is concerned. */
export interface Cause {
  readonly alerts: readonly Pick<Alert, 'firedAt' | 'severity' | 'state' | 'subject'>[];
}

/** Is this an incident by now? Otherwise when it will be if nothing changes, or null. */
export function draftDue(
  { alerts }: Cause,
  drafting: { readonly severities: readonly string[]; readonly afterMs: number; readonly subjects: number | null },
): number | null {
  const firing = alerts.filter(({ state, severity }) => isFiring(state) && drafting.severities.includes(severity));
  if (firing.length === 0) return null;
  const subjects = new Set(
    alerts.filter(({ state }) => state !== 'resolved' && state !== 'pending').map(({ subject }) => subject),
  );
  const times = firing.flatMap(({ firedAt }) => (firedAt === null ? [] : [firedAt]));
  if (times.length === 0) return null;
  const first = Math.min(...times);
  return drafting.subjects !== null && subjects.size >= drafting.subjects ? first : first + drafting.afterMs;
}

/** Somebody answers for it or not, it fires. */
export function isFiring(state: Alert['state']): boolean {
  return state === 'firing' || state === 'acknowledged';
}

const DOWN_CRITICAL = 3;

const RANK: readonly IncidentImpact[] = ['none', 'minor', 'major', 'critical'];

/** An incident is as bad as it ever was. */
function worse(a: IncidentImpact, b: IncidentImpact): IncidentImpact {
  return RANK.indexOf(a) >= RANK.indexOf(b) ? a : b;
}

function impactOf(status: Status | null, open: readonly LinkedAlert[], was: AffectedImpact): AffectedImpact {
  switch (status) {
    case 'down':
    case 'degraded':
    case 'maintenance':
      return status;
    case 'up':
      // A healthy record may have a problem that its status does not say: a slow answer, a changed tool.
      return open.length > 0 ? 'degraded' : 'none';
    case 'unknown':
    case 'pending':
    case 'paused':
      return was;
    default:
      if (open.length === 0) return 'none';
      return open.some(({ severity }) => severity === 'critical') ? 'down' : 'degraded';
  }
}

/** The limit holds for people; an entry of our own makes room when there is none. */
function roomFor(updates: Incident['updates']): Incident['updates'] | null {
  if (updates.length < INCIDENT_UPDATES_MAX) return updates;
  const ours = updates.findIndex(({ by }) => by === '');
  return ours < 0 ? null : updates.toSpliced(ours, 1);
}

function lastEnd(alerts: readonly LinkedAlert[], at: number): number {
  const ends = alerts.flatMap(({ resolvedAt }) => (resolvedAt === null ? [] : [resolvedAt]));
  return ends.length === 0 ? at : Math.max(...ends);
}

function isUntouched({ publishedAt, updates, assignee, isEdited, postmortem }: Incident): boolean {
  const isOurs = updates.every(({ by }) => by === '');
  return publishedAt === null && assignee === null && !isEdited && postmortem === null && isOurs;
}

/** Was it the server that moved it to `monitoring`? What a person said stays. */
function isWatchedByUs({ phase, updates }: Incident): boolean {
  const moved = updates.findLast(
    (update, at) => update.phase === 'monitoring' && updates[at - 1]?.phase !== 'monitoring',
  );
  return phase === 'monitoring' && moved?.by === '';
}

function again(incident: Incident, at: number): Incident {
  const text = 'It is back.';
  const moved = said(incident, { at, by: '', text, phase: 'investigating', isPublic: true });
  return moved.ok ? moved.value : { ...incident, phase: 'investigating', nextAt: null };
}
