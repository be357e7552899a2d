/**
 * Incidents follow alerts: drafted when alerts of one cause fire long enough or widely enough, kept in step with the
 * records they are about, and brought to their end when the alerts end. Nothing here is remembered: each pass looks at
 * the records as they are, so a restart at any moment does what was left undone and nothing twice.
 */
import {
  draftingDefaults,
  INCIDENT_ALERTS_MAX,
  type Alert,
  type Drafting,
  type Incident,
  type Settings,
} from '@statewire/model';
import { ok, type Result, type Row } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import { linkedAlerts, statusIn } from '../collect/commands/linked.ts';
import { afterAlerts, bornIncident, draftDue, inStep, isFiring, lapsed } from '../derive/incident.ts';
import type { Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';

export interface IncidentsDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'deadlineRetryMs' | 'deadlineSleepMsMax'>;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

/** Nested alerts are followed so far to their root; more is a ring. */
const PARENTS_MAX = 8;

export class Incidents {
  readonly #deps: IncidentsDeps;
  /** Organizations that wait for a pass, and when. */
  readonly #timers = new Map<string, { readonly timer: Timer; readonly at: number }>();
  /** Records that open incidents are about: a change of one of them is a reason to look. */
  readonly #watched = new Map<string, ReadonlySet<string>>();
  #isOpen = true;

  constructor(deps: IncidentsDeps) {
    this.#deps = deps;
  }

  /** Looks at every organization once. */
  start(): void {
    for (const org of this.#deps.live.orgs()) {
      this.#watch(org);
      this.#plan(org, 0);
    }
  }

  /** Follows one durable transaction. */
  follow({ org, changes }: Committed): void {
    let isMoved = false;
    for (const { collection, id, before, after } of changes) {
      if (collection === 'incidents') {
        this.#watch(org);
        isMoved = true;
      } else if (collection === 'alerts' || collection === 'settings') isMoved = true;
      else if (
        before?.['status'] !== after?.['status'] &&
        this.#watched.get(org)?.has(`${collection}/${id}`) === true
      ) {
        isMoved = true;
      }
    }
    if (isMoved) this.#plan(org, 0);
  }

  /** A draft's own time has come: it resolves itself, if it still is as it was when that time was set. */
  async due(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'system', (draft) => {
      const incident = asIncident(draft.get('incidents', id));
      if (incident === null || incident.nextAt !== deadline) return ok(null);
      const alerts = linkedAlerts(draft, incident.alerts);
      const isOver = alerts.every(({ state }) => state === 'resolved');
      draft.put('incidents', id, isOver ? lapsed(incident, alerts, deadline) : { ...incident, nextAt: null });
      return ok(null);
    });
  }

  close(): void {
    this.#isOpen = false;
    for (const { timer } of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #watch(org: string): void {
    const refs = new Set<string>();
    for (const { row } of this.#deps.live.entries(org, 'incidents')) {
      const incident = asIncident(row);
      if (incident === null || incident.phase === 'resolved' || incident.isEdited) continue;
      for (const { ref } of incident.affected) refs.add(ref);
    }
    this.#watched.set(org, refs);
  }

  #plan(org: string, waitMs: number): void {
    if (!this.#isOpen) return;
    const { clock, limits } = this.#deps;
    const wait = Math.min(Math.max(0, waitMs), limits.deadlineSleepMsMax);
    const at = clock.mono() + wait;
    const known = this.#timers.get(org);
    if (known !== undefined && known.at <= at) return;
    known?.timer.cancel();
    const run = (): void => {
      this.#timers.delete(org);
      void this.#pass(org);
    };
    this.#timers.set(org, { timer: wait === 0 ? clock.soon(run) : clock.after(Math.ceil(wait), run), at });
  }

  async #pass(org: string): Promise<void> {
    const { commit, clock, limits, onError } = this.#deps;
    let next: number | null = null;
    const written = await commit.write(org, 'system', (draft) => {
      next = this.#look(draft);
      return ok(null);
    });
    if (!written.ok) {
      onError(new Error(written.message), `the incidents of ${org} could not be brought up to date`);
      this.#plan(org, limits.deadlineRetryMs);
    } else if (next !== null) this.#plan(org, next - clock.now());
  }

  /** One look at all open alerts and incidents. Returns when the next alert becomes an incident if nothing changes. */
  #look(draft: Draft): number | null {
    const drafting = draftingOf(draft);
    let next: number | null = null;
    for (const [cause, alerts] of this.#causes(draft)) {
      const at = this.#look1(draft, { cause, alerts, drafting });
      if (at !== null && (next === null || at < next)) next = at;
    }
    this.#settle(draft, drafting);
    return next;
  }

  /** One cause: its alerts join the incident that some of them have, or become one when it is time. */
  #look1(
    draft: Draft,
    {
      cause,
      alerts,
      drafting,
    }: { readonly cause: string; readonly alerts: readonly Alert[]; readonly drafting: Drafting },
  ): number | null {
    const loose = alerts.filter(({ incident, state }) => incident === null && state !== 'pending');
    if (loose.length === 0) return null;
    for (const { incident: id } of alerts) {
      const incident = id === null ? null : asIncident(draft.get('incidents', id));
      if (incident === null || incident.phase === 'resolved') continue;
      join(draft, incident, loose);
      return null;
    }
    const root = rootOf(loose);
    const due = drafting.isEnabled && root !== null ? draftDue({ alerts: loose }, drafting) : null;
    if (root === null || due === null || due > draft.now) return due;
    const id = `inc_${createHash('sha256').update(root.id).digest('hex').slice(0, 16)}`;
    if (draft.get('incidents', id) !== null) return null;
    const started = Math.min(...loose.map(({ startedAt }) => startedAt));
    const born = bornIncident(draft, {
      id,
      title: titleOf(root, loose),
      by: '',
      drafted: 'alert',
      cause,
      startedAt: started,
    });
    join(draft, born, loose);
    return null;
  }

  /** Open alerts by what they have in common: what is told together, and what is folded into one another. */
  #causes(draft: Draft): ReadonlyMap<string, readonly Alert[]> {
    const causes = new Map<string, Alert[]>();
    for (const { id } of this.#deps.live.entries(draft.org, 'alerts')) {
      // Candidates are found in memory; what counts is what this transaction sees.
      const alert = asAlert(draft.get('alerts', id));
      if (alert === null || alert.state === 'resolved') continue;
      const cause = causeOf(draft, alert);
      const known = causes.get(cause);
      if (known === undefined) causes.set(cause, [alert]);
      else known.push(alert);
    }
    return causes;
  }

  #settle(draft: Draft, { resolveAfterMs }: Drafting): void {
    for (const { id } of Array.from(this.#deps.live.entries(draft.org, 'incidents'))) {
      const incident = asIncident(draft.get('incidents', id));
      if (incident === null || incident.phase === 'resolved') continue;
      const alerts = linkedAlerts(draft, incident.alerts);
      const moved = afterAlerts(inStep(incident, alerts, statusIn(draft)), alerts, { at: draft.now, resolveAfterMs });
      if (moved !== incident) draft.put('incidents', id, moved);
    }
  }
}

/** The incident with these alerts in it; each of them names it. */
function join(draft: Draft, incident: Incident, alerts: readonly Alert[]): void {
  const taken = alerts.slice(0, INCIDENT_ALERTS_MAX - incident.alerts.length);
  const ids = [...new Set([...incident.alerts, ...taken.map(({ id }) => id)])];
  for (const alert of taken) draft.put('alerts', alert.id, { ...alert, incident: incident.id });
  const next = { ...incident, alerts: ids };
  draft.put('incidents', incident.id, inStep(next, linkedAlerts(draft, ids), statusIn(draft)));
}

/** The root's group where it has one: what people are told of in one message is one thing to them. */
function causeOf(draft: Draft, alert: Alert): string {
  let root = alert;
  for (let steps = 0; steps < PARENTS_MAX && root.parent !== null; steps++) {
    const parent = asAlert(draft.get('alerts', root.parent));
    if (parent === null || parent.state === 'resolved') break;
    root = parent;
  }
  return root.group === '' ? `alert:${root.id}` : `group:${root.group}`;
}

/** The alert that fired first; of several at once the one with others folded into it. */
function rootOf(alerts: readonly Alert[]): Alert | null {
  const firing = alerts.filter(({ state }) => isFiring(state));
  const order = (a: Alert, b: Alert): number =>
    Number(a.parent !== null) - Number(b.parent !== null) ||
    (a.firedAt ?? 0) - (b.firedAt ?? 0) ||
    (a.id < b.id ? -1 : 1);
  return firing.toSorted(order)[0] ?? null;
}

function titleOf(root: Alert, alerts: readonly Alert[]): string {
  const others = new Set(
    alerts.flatMap(({ subject }) => (subject === null || subject === root.subject ? [] : [subject])),
  );
  const more = others.size === 0 ? '' : others.size === 1 ? ' and one more' : ` and ${others.size} more`;
  return `${root.title.slice(0, 200 - more.length)}${more}`;
}

function draftingOf(draft: Draft): Drafting {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `settings` are Settings.
  return (draft.get('settings', 'main') as Settings | null)?.drafting ?? draftingDefaults;
}

function asIncident(row: Row | null): Incident | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `incidents` are Incident.
  return row as Incident | null;
}

function asAlert(row: Row | null): Alert | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
  return row as Alert | null;
}
