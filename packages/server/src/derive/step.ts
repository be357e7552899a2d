/**
 * The status engine: one record, one observation, one step. Pure: time comes in as `now`.
 *
 * Each kind of observation moves separate facts (`take...` below); `settle` then derives the one word, its reason,
 * the transition and the flap penalty. Suspicions live in the row and never in a transition.
 * Not here: runs (run.ts), timers (collect/beats/deadline.ts), storing (keep/observe.ts).
 */
import type { Health, Reason, Source, StatusRow } from '@statewire/model';
import { unreachable, type JsonObject } from '@statewire/protocol';
import type {
  BeatObservation,
  BootObservation,
  CommandObservation,
  DeadlineObservation,
  GoneObservation,
  MembersObservation,
  Observation,
  OverlayObservation,
  ProbeObservation,
  ReportObservation,
} from '../collect/observation.ts';
import type { SampleRow, TransitionRow } from '../keep/store.ts';
import { limits } from '../lib/limits.ts';
import { afterClockStep } from './clock-step.ts';
import { confirm, type Belief } from './confirm.ts';
import { fuseFacts } from './facts.ts';
import { calm, penalize, pin } from './flap.ts';
import { hear, movedObservers, OWN, seqHeard, unheard, voterOf, voterSource } from './fusion.ts';
import { alive, aliveAmong, aliveOnce, awake, gone, lapse, nextDeadline, UNAWAITED } from './freshness.ts';
import { isSlow } from './latency.ts';
import { mutedAfter, muteOf, unmuted } from './mute.ts';
import { overrideAfter, overrideOf } from './override.ts';
import { heldReason, reasonOf } from './reason.ts';
import { LETTER, pushRecent } from './recent.ts';
import { graceOf, type Rules } from './rules.ts';
import { confirmSliding } from './sliding.ts';
import { isMeasured, word } from './word.ts';

/** What one observation made of a record. `row` is the same reference when nothing moved. */
export interface Step {
  readonly row: StatusRow;
  readonly transitions: readonly Omit<TransitionRow, 'org' | 'collection' | 'id' | 'recordedAt'>[];
  readonly sample: Omit<SampleRow, 'org' | 'collection' | 'id'> | null;
}

/** Applies one observation to one record. */
export function step(row: StatusRow, observation: Observation, now: number, rules: Rules): Step {
  const taken = take(row, observation, now, rules);
  return taken.row === row ? { row, transitions: [], sample: taken.sample } : settle(row, taken, now, rules);
}

/** What an observation moved, before the word is derived. */
interface Taken {
  readonly row: StatusRow;
  /** When it happened: the first observation of a confirmed run, the deadline itself, or the observation. */
  readonly stamp: number;
  readonly cause: string;
  /** Reason of an observation that supports what is believed. */
  readonly said: Reason | null;
  readonly sample: Step['sample'];
}

function take(row: StatusRow, o: Observation, now: number, rules: Rules): Taken {
  switch (o.kind) {
    case 'probe':
      return takeProbe(row, o, now, rules);
    case 'beat':
      return takeBeat(row, o, now, rules);
    case 'gone':
      return takeGone(row, o, now);
    case 'report':
      return takeReport(row, o, now, rules);
    case 'deadline':
      return takeDeadline(row, o, now, rules);
    case 'command':
      return takeCommand(row, o, now);
    case 'overlay':
      return takeOverlay(row, o, now);
    case 'members':
      return takeMembers(row, o, now);
    case 'clock':
      return { row: afterClockStep(row, o.deltaMs, now), stamp: now, cause: 'clock', said: null, sample: null };
    case 'boot':
      return takeBoot(row, o, rules);
    default:
      return unreachable(o);
  }
}

function takeProbe(row: StatusRow, o: ProbeObservation, now: number, rules: Rules): Taken {
  const at = Math.min(o.at, now);
  const wasSlow = row.facts['latency']?.v === 'warn';
  const slow = o.latencyMs !== null && isSlow(row.recent, o.latencyMs, rules.degradedMs, wasSlow);
  const isDegradedBySlowness = slow && o.verdict === 'healthy';
  const verdict = isDegradedBySlowness ? 'degraded' : o.verdict;
  const reason = isDegradedBySlowness
    ? { code: 'slow', text: `Answers take longer than ${rules.degradedMs} ms (p95 of the last 20).` }
    : o.reason;
  const readings =
    o.latencyMs === null || rules.degradedMs === null
      ? o.facts
      : {
          ...o.facts,
          latency: slow
            ? { v: 'warn' as const, code: 'slow', text: `p95 above ${rules.degradedMs} ms`, ms: o.latencyMs }
            : { v: 'ok' as const, code: 'ok', text: '', ms: o.latencyMs },
        };
  const next = Math.max(o.nextAt ?? 0, at + rules.intervalMs);
  // Late only when we are clearly overdue ourselves: queued probes are no news about the target.
  const own = alive(at, { periodMs: next - at + rules.graceMs, graceMs: rules.graceMs });
  const word = { by: OWN, verdict, at, ms: o.latencyMs, reason, final: o.final, expiresAt: own.expiresAt, seq: null };
  const fused = hear(row, word, now, rules);
  const heard: StatusRow = {
    ...row,
    ...knowledge(row, o),
    facts: fuseFacts(row.facts, readings, at),
    phase: o.phase,
    latencyMs: o.latencyMs,
    nextProbeAt: row.desired === 'active' ? o.nextAt : null,
    observedAt: at,
    source: sourceOf('probe', '', null),
    // A look that could not judge is no sign of life: what is believed of a target that we cannot look at any more must
    // not stay live.
    ...(row.desired !== 'active'
      ? UNAWAITED
      : o.verdict === 'unknown' && row.health !== 'unknown'
        ? {}
        : aliveAmong(row, own, fused.round !== undefined)),
    ...fused.fields,
  };
  return judge(heard, { ...fused, at, ms: o.latencyMs }, rules, 'probe');
}

/** What a probe learned besides health. Only services have these fields; a probe that failed early learned nothing. */
function knowledge(row: StatusRow, o: ProbeObservation): JsonObject {
  const learned: Record<string, JsonObject> = {};
  if (o.mcp !== null && 'mcp' in row) learned['mcp'] = o.mcp;
  if (o.certificate !== null && 'certificate' in row) learned['certificate'] = o.certificate;
  return learned;
}

function takeBeat(row: StatusRow, o: BeatObservation, now: number, rules: Rules): Taken {
  const at = Math.min(o.at, now);
  const heard: StatusRow = {
    ...row,
    phase:
      rules.alivePhase !== null && (row.phase === '' || row.phase === rules.gonePhase) ? rules.alivePhase : row.phase,
    observedAt: Math.max(row.observedAt ?? 0, at),
    source: row.source ?? sourceOf('beat', '', null),
    ...(row.desired === 'active' ? alive(at, o) : UNAWAITED),
  };
  if (o.signal === 'start' || o.signal === 'log') {
    return { row: heard, stamp: at, cause: 'beat', said: null, sample: null };
  }
  const verdict = o.signal === 'ok' ? 'healthy' : 'unhealthy';
  const reason = o.signal === 'ok' ? { code: 'ok', text: o.text } : { code: 'reported_fail', text: o.text };
  // A beat is the job's own word about itself: there is nothing to damp.
  const timed = o.ms === null ? heard : { ...heard, latencyMs: o.ms };
  return judge(timed, { verdict, at, final: true, reason, ms: o.ms }, rules, 'beat');
}

function takeGone(row: StatusRow, o: GoneObservation, now: number): Taken {
  const at = Math.min(o.at, now);
  const still: Taken = { row, stamp: at, cause: 'beat', said: null, sample: null };
  if (row.desired !== 'active' || row.fresh === 'never' || row.fresh === 'expired') return still;
  return { ...still, row: { ...row, ...gone(at, o.graceMs) } };
}

function takeReport(row: StatusRow, o: ReportObservation, now: number, rules: Rules): Taken {
  const at = Math.min(o.at, now);
  const order = orderOf(row, o);
  if (order !== 'newer') {
    // Recorded, but it never moves state: what it says was overtaken.
    const isRecorded = order === 'older' && (o.health !== null || o.latencyMs !== null);
    const sample = isRecorded
      ? { at: Math.min(o.observedAt, now), ms: o.latencyMs, v: LETTER[o.health ?? 'unknown'] }
      : null;
    return { row, stamp: at, cause: 'report', said: null, sample };
  }
  const seen = Math.min(o.observedAt, now);
  const reason = o.reason ?? { code: o.health === null || o.health === 'healthy' ? 'ok' : o.health, text: '' };
  const own =
    o.periodMs === null ? aliveOnce(row, at) : alive(at, { periodMs: o.periodMs, graceMs: graceOf(o.periodMs) });
  const seq = o.seq ?? seqOf(row, o.sourceId);
  const expiresAt = o.periodMs === null ? null : own.expiresAt;
  const fused =
    o.health === null
      ? null
      : hear(
          row,
          { by: o.sourceId, verdict: o.health, at, ms: o.latencyMs, reason, final: o.final, expiresAt, seq },
          now,
          rules,
        );
  const heard: StatusRow = {
    ...row,
    ...o.fields,
    facts: fuseFacts(row.facts, o.facts, at),
    phase: o.phase ?? row.phase,
    latencyMs: o.latencyMs ?? row.latencyMs,
    observedAt: seen,
    source:
      fused === null
        ? voterSource(sourceOf('report', o.sourceId, seq), voterOf(row.source))
        : sourceOf('report', o.sourceId, seq),
    ...(row.desired !== 'active' ? UNAWAITED : aliveAmong(row, own, fused?.round !== undefined)),
    ...fused?.fields,
  };
  if (fused === null) return { row: heard, stamp: at, cause: 'report', said: o.reason, sample: null };
  return judge(heard, { ...fused, at, ms: o.latencyMs }, rules, 'report');
}

/** Order is judged inside one source: clocks and counters of different sources cannot be compared. */
function orderOf(row: StatusRow, o: ReportObservation): 'newer' | 'same' | 'older' {
  const heard = seqHeard(row, o.sourceId);
  if (heard !== null && o.seq !== null && heard.seq !== null) {
    return o.seq > heard.seq ? 'newer' : o.seq === heard.seq ? 'same' : 'older';
  }
  if (row.source === null || row.source.kind !== 'report' || row.source.id !== o.sourceId) return 'newer';
  if (o.seq !== null && row.source.seq !== null) {
    return o.seq > row.source.seq ? 'newer' : o.seq === row.source.seq ? 'same' : 'older';
  }
  return row.observedAt !== null && o.observedAt < row.observedAt ? 'older' : 'newer';
}

function seqOf(row: StatusRow, sourceId: string): number | null {
  if (row.source !== null && row.source.kind === 'report' && row.source.id === sourceId) return row.source.seq;
  return seqHeard(row, sourceId)?.seq ?? null;
}

function takeDeadline(row: StatusRow, o: DeadlineObservation, now: number, rules: Rules): Taken {
  const { deadline } = o;
  const still: Taken = { row, stamp: deadline, cause: 'deadline', said: null, sample: null };
  // Compare-and-set: a deadline that life has moved since, or that has not come yet, says nothing.
  if (deadline > now || nextDeadline(row) !== deadline) return still;
  const fresh = row.desired === 'active' ? lapse(row, deadline) : row.fresh;
  const isExpiring = fresh === 'expired' && row.fresh !== 'expired';
  const damping = calm({ flap: row.flap, flapping: row.overlay.flapping }, deadline);
  return {
    ...still,
    row: {
      ...row,
      ...unheard(row, deadline),
      fresh,
      phase: isExpiring && rules.gonePhase !== null ? rules.gonePhase : row.phase,
      // A run of observations does not reach across a silence.
      suspect: isExpiring ? null : row.suspect,
      override: overrideAfter(row.override, deadline),
      flap: damping.flap,
      ...mutedAfter({ overlay: withFlapping(row.overlay, damping.flapping), mutedUntil: row.mutedUntil }, deadline),
    },
  };
}

function takeCommand(row: StatusRow, o: CommandObservation, now: number): Taken {
  const at = Math.min(o.at, now);
  const moved = (next: StatusRow): Taken => ({
    row: next,
    stamp: at,
    cause: `command:${o.by}`,
    said: null,
    sample: null,
  });
  if (o.act.do === 'override') {
    const override = overrideOf(o.act, o.by, now);
    return moved(override === null ? row : { ...row, override });
  }
  if (o.act.do === 'mute') {
    const muted = muteOf(row, { ...o.act, by: o.by }, now);
    return moved(muted === null ? row : { ...row, ...muted });
  }
  if (o.act.do === 'unmute') return moved(row.overlay.muted ? { ...row, ...unmuted(row) } : row);
  if (o.act.do === 'clear-override') return moved(row.override === null ? row : { ...row, override: null });
  if (o.act.desired === row.desired) return moved(row);
  if (o.act.desired !== 'active') {
    const alone = 'observers' in row ? { observers: {}, split: '' } : {};
    return moved({ ...row, ...alone, desired: o.act.desired, suspect: null, nextProbeAt: null, ...UNAWAITED });
  }
  // What was believed before the pause may be long untrue: start again from nothing.
  return moved({
    ...row,
    desired: 'active',
    fresh: 'never',
    observed: 'unknown',
    health: 'unknown',
    suspect: null,
    ...UNAWAITED,
  });
}

function takeOverlay(row: StatusRow, o: OverlayObservation, now: number): Taken {
  const { maintenance, acked, impactedBy } = { ...row.overlay, ...o.set };
  const isSame =
    maintenance === row.overlay.maintenance && acked === row.overlay.acked && impactedBy === row.overlay.impactedBy;
  return {
    row: isSame ? row : { ...row, overlay: { ...row.overlay, maintenance, acked, impactedBy } },
    stamp: Math.min(o.at, now),
    cause: `overlay:${o.by}`,
    said: null,
    sample: null,
  };
}

/** Members are believed already: their group is what they make it, at once. It awaits nothing, they do. */
function takeMembers(row: StatusRow, o: MembersObservation, now: number): Taken {
  const at = Math.min(o.at, now);
  const isActive = row.desired === 'active';
  const said: Taken = { row, stamp: at, cause: 'members', said: isActive ? o.reason : null, sample: null };
  if (isActive && isTold(row, o)) return said;
  const isBad = o.verdict === 'degraded' || o.verdict === 'unhealthy';
  return {
    ...said,
    row: {
      ...row,
      facts: fuseFacts(row.facts, o.facts, now),
      phase: 'ready',
      fresh: isActive ? 'live' : row.fresh,
      observed: o.verdict,
      health: isActive ? o.verdict : row.health,
      suspect: null,
      observedAt: now,
      source: sourceOf('members', '', null),
      lastOkAt: o.verdict === 'healthy' ? at : row.lastOkAt,
      lastBadAt: isBad ? at : row.lastBadAt,
      ...UNAWAITED,
    },
  };
}

/** Whether the group says all of this already: members that change nothing about it write nothing. */
function isTold(row: StatusRow, o: MembersObservation): boolean {
  if (row.fresh !== 'live' || row.health !== o.verdict || row.observed !== o.verdict) return false;
  const isMaskedNow = !isMeasured(row) || row.overlay.flapping;
  if (!isMaskedNow && (row.reason.code !== o.reason.code || row.reason.text !== o.reason.text)) return false;
  return Object.entries(o.facts).every(([name, { v, code, text, ms }]) => {
    const known = Object.hasOwn(row.facts, name) ? row.facts[name] : undefined;
    return known !== undefined && known.v === v && known.code === code && known.text === text && known.ms === ms;
  });
}

function takeBoot(row: StatusRow, o: BootObservation, rules: Rules): Taken {
  const still: Taken = { row, stamp: o.at, cause: 'boot', said: null, sample: null };
  const next = awake(row, o.at, { periodMs: rules.intervalMs, graceMs: rules.graceMs, cron: rules.cron });
  // In our own gap nobody could be heard: each observer gets the time to speak again before its word expires.
  const heard = movedObservers(row, (end) => Math.max(end, o.at + rules.intervalMs + rules.graceMs));
  const isSame = next.fresh === row.fresh && next.dueAt === row.dueAt && next.expiresAt === row.expiresAt;
  return isSame && !('observers' in heard) ? still : { ...still, row: { ...row, ...heard, ...next } };
}

interface Said {
  readonly verdict: Health;
  readonly at: number;
  readonly final: boolean;
  readonly reason: Reason;
  readonly ms: number | null;
  readonly round?: boolean | undefined;
}

/** Counts a verdict towards what is believed. A paused record remembers what was seen and believes nothing new. */
function judge(row: StatusRow, said: Said, rules: Rules, cause: string): Taken {
  const isBad = said.verdict === 'degraded' || said.verdict === 'unhealthy';
  const belief =
    row.desired === 'active' ? believe(row, said, rules) : { health: row.health, suspect: row.suspect, movedAt: null };
  const next: StatusRow = {
    ...row,
    observed: said.verdict,
    health: belief.health,
    suspect: belief.suspect,
    recent: pushRecent(row.recent, LETTER[said.verdict], said.ms),
    lastOkAt: said.verdict === 'healthy' ? said.at : row.lastOkAt,
    lastBadAt: isBad ? said.at : row.lastBadAt,
  };
  return {
    row: next,
    stamp: belief.movedAt ?? said.at,
    cause,
    said: said.verdict === belief.health ? said.reason : null,
    sample: { at: said.at, ms: said.ms, v: LETTER[said.verdict] },
  };
}

function believe(row: StatusRow, said: Said, rules: Rules): Belief {
  if (rules.window === null) return confirm(row.health, row.suspect, said, rules);
  // Each observer fills the window with its own words; it holds as many rounds whatever their number.
  const observers = 'observers' in row ? Object.keys(row['observers'] ?? {}).length : 0;
  const times = Math.max(1, Math.min(observers, Math.floor(limits.recentMax / rules.window.size)));
  const window = { size: rules.window.size * times, bad: rules.window.bad * times };
  return confirmSliding(row.health, row.suspect, said, row.recent.bar, window);
}

/** Derives the word, its reason and its transition from what was moved. */
function settle(before: StatusRow, taken: Taken, now: number, rules: Rules): Step {
  const { row } = taken;
  const quiet = calm({ flap: row.flap, flapping: row.overlay.flapping }, now);
  const from = measuredBefore(before, rules);
  const to = word(row, rules);
  // Never in the future, and never before the transition it follows.
  const at = Math.min(Math.max(taken.stamp, before.flap.at), now);
  const isMove = from !== to;
  const counts = isMove && isMeasured(before) && isMeasured(row);
  const damping = isMove ? penalize(quiet, { from, to, at, counts }, rules.intervalMs) : quiet;

  const status = pin(to, damping);
  const isShown = status !== before.status;
  const derived: StatusRow = {
    ...row,
    status,
    since: isShown ? Math.min(Math.max(at, before.since), now) : before.since,
    flap: damping.flap,
    flaps: before.flaps + (isMove ? 1 : 0),
    overlay: withFlapping(row.overlay, damping.flapping),
  };
  const reason = reasonOf(before, derived, taken.said);
  return {
    // What is held against the newest measurement says so: "down: the server answers" would be a riddle.
    row: { ...derived, reason: status === to ? reason : heldReason(to, reason) },
    transitions: isMove ? [{ at, from, to, code: reason.code, text: reason.text, cause: taken.cause }] : [],
    sample: taken.sample,
  };
}

/** The word the last transition led to: what is shown, unless damping shows something worse. */
function measuredBefore(before: StatusRow, rules: Rules): StatusRow['status'] {
  return before.overlay.flapping ? word(before, rules) : before.status;
}

function withFlapping(overlay: StatusRow['overlay'], flapping: boolean): StatusRow['overlay'] {
  return overlay.flapping === flapping ? overlay : { ...overlay, flapping };
}

function sourceOf(kind: string, id: string, seq: number | null): Source {
  return { kind, id, seq };
}
