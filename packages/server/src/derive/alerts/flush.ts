/**
 * A group of alerts is told together: one notice per channel, whatever the number. Pure, like alert.ts: it says what is to
 * be told and what the alerts look like afterwards; the caller writes both in one transaction, so that a kill at any
 * moment leaves either nothing told and nothing noted, or both.
 *
 * The first notice of a group waits `groupWaitMs` for others. The next ones come no sooner than `groupIntervalMs` after
 * the last, unless something worse came up; the end of all of it is told after the wait alone.
 */
import { SEVERITIES, type Alert, type Policy, type Severity } from '@statewire/model';
import { isOpen, noted, restOf, schedule, timed, type Terms } from './alert.ts';
import { quietUntil } from './quiet.ts';
import { heldWords, problemWords, recoveryWords, reminderWords, worst, type NameOf, type NoticeWords } from './say.ts';

/** A group and what is known around it. */
export interface Flush {
  readonly alerts: readonly Alert[];
  readonly policy: Policy | null;
  readonly now: number;
  /** Alerts whose dependency is suspected right now: they wait a little to be folded. */
  readonly waiting: ReadonlySet<string>;
  readonly nameOf: NameOf;
}

/** Something to be told through one channel: what send/ calls a notice. */
export interface Wanted {
  readonly key: string;
  readonly channel: string;
  readonly kind: 'alert' | 'digest' | 'escalation' | 'recovery' | 'reminder';
  readonly severity: Severity;
  readonly state: 'firing' | 'info' | 'resolved';
  readonly title: string;
  readonly text: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly refs: readonly string[];
  readonly path: string;
  readonly thread: string;
  readonly at: number;
}

/** What comes of it. */
export interface Flushed {
  /** Those that changed. */
  readonly alerts: readonly Alert[];
  readonly notices: readonly Wanted[];
}

const DEFAULT_INTERVAL_MS = 300_000;
/** How often a page that waits for its dependency's fate is looked at, and how long it waits at most. */
const WAITING_MS = 5_000;
const WAITING_MS_MAX = 60_000;

/** Tells what is due in a group. */
export function flush(flushing: Flush): Flushed {
  const work = new Work(flushing);
  work.recover();
  work.tell();
  work.escalate();
  work.remind();
  return work.done();
}

/** Tells what quiet hours held, once for all groups of a policy. */
export function release(flushing: Flush): Flushed {
  const work = new Work(flushing);
  work.release();
  return work.done();
}

/** Kinds of timers that flush works off. */
export const GROUP_TIMERS: readonly string[] = ['tell', 'step', 'repeat', 'remind', 'recover'];

class Work {
  readonly #flush: Flush;
  readonly #alerts: Map<string, Alert>;
  readonly #changed = new Set<string>();
  readonly #notices: Wanted[] = [];

  constructor(flushing: Flush) {
    this.#flush = flushing;
    this.#alerts = new Map(flushing.alerts.map((alert) => [alert.id, alert]));
  }

  done(): Flushed {
    return {
      alerts: [...this.#changed].flatMap((id) => this.#alerts.get(id) ?? []),
      notices: this.#notices,
    };
  }

  /** Ends are told to exactly those who were told of the problem. */
  recover(): void {
    const { now, policy, nameOf } = this.#flush;
    const ended = this.#all((alert) => alert.due['recover'] !== undefined);
    if (!ended.some((alert) => this.#isDue(alert, 'recover'))) return;
    const still = this.#all((alert) => isTold(alert) && alert.state !== 'suppressed');
    const nextAt = this.#lastAt(still) + (policy?.groupIntervalMs ?? DEFAULT_INTERVAL_MS);
    if (still.length > 0 && nextAt > now) {
      for (const alert of ended) this.#set(timed(alert, { ...alert.due, recover: nextAt }));
      return;
    }
    for (const [channel, list] of byChannel(ended, (alert) => alert.notified.channels)) {
      const open = still.filter((alert) => alert.notified.channels.includes(channel));
      const words = recoveryWords(list, open, nameOf);
      this.#say('recovery', channel, list, words, open.length === 0 ? 'resolved' : 'firing');
    }
    for (const alert of ended) {
      const told: Alert = { ...alert, notified: { ...alert.notified, lastAt: now } };
      const restUntil = restOf(told, this.#terms());
      const due = { ...without(alert.due, 'recover'), ...(restUntil > now ? { rest: restUntil } : {}) };
      this.#set(noted(timed(told, due), { at: now, kind: 'told', text: 'recovery' }));
    }
  }

  /** Problems nobody has been told of yet. */
  tell(): void {
    const { now, policy, waiting, nameOf } = this.#flush;
    if (policy === null) return;
    const fresh = this.#all((alert) => alert.state === 'firing' && alert.due['tell'] !== undefined);
    if (!fresh.some((alert) => this.#isDue(alert, 'tell'))) return;
    const ready: Alert[] = [];
    for (const alert of fresh) {
      const until = quietUntil(policy.quiet, alert.severity, now);
      if (waiting.has(alert.id) && now - (alert.firedAt ?? now) < WAITING_MS_MAX) {
        this.#set(timed(alert, { ...alert.due, tell: now + WAITING_MS }));
      } else if (until !== null) {
        const quiet: Alert = { ...alert, state: 'suppressed', suppressed: { by: 'quiet', ref: null } };
        this.#set(noted(timed(quiet, { release: until }), { at: now, kind: 'suppressed', text: 'quiet' }));
      } else {
        ready.push(alert);
      }
    }
    if (ready.length === 0) return;
    const told = this.#all(isTold);
    const nextAt = this.#lastAt(told) + policy.groupIntervalMs;
    const isWorse = SEVERITIES.indexOf(worst(ready)) < SEVERITIES.indexOf(worst(told));
    if (told.length > 0 && nextAt > now && !isWorse) {
      for (const alert of ready) this.#set(timed(alert, { ...alert.due, tell: nextAt }));
      return;
    }
    const channels = policy.steps[0]?.channels ?? [];
    // Whoever has heard of it by another alert (flapping that settled) is not told twice.
    const lists = byChannel(ready, (alert) => channels.filter((channel) => !alert.notified.channels.includes(channel)));
    for (const [channel, list] of lists) this.#say('alert', channel, list, problemWords(list, nameOf), 'firing');
    for (const alert of ready) this.#toldStep(alert, channels, 1, 'told');
  }

  /** The next step, or the last one again, while nobody acknowledges. */
  escalate(): void {
    const { now, policy, nameOf } = this.#flush;
    if (policy === null) return;
    for (const timer of ['step', 'repeat'] as const) {
      const late = this.#all((alert) => alert.state === 'firing' && this.#isDue(alert, timer)).filter(
        (alert) => !this.#quiet(alert, timer),
      );
      for (const [index, list] of groupBy(late, (alert) => (timer === 'step' ? alert.step : policy.steps.length - 1))) {
        const channels = policy.steps[index]?.channels ?? [];
        const words = problemWords(list, nameOf);
        const title = `Not acknowledged for ${minutes(now - Math.min(...list.map((a) => a.firedAt ?? now)))}: ${words.title}`;
        for (const channel of channels) this.#say('escalation', channel, list, { ...words, title }, 'firing');
        for (const alert of list)
          this.#toldStep(alert, channels, timer === 'step' ? index + 1 : alert.step, 'escalated');
      }
    }
  }

  /** The current list, to everybody who was told, while nobody acknowledges. */
  remind(): void {
    const { now, nameOf } = this.#flush;
    const due = this.#all((alert) => alert.state === 'firing' && this.#isDue(alert, 'remind')).filter(
      (alert) => !this.#quiet(alert, 'remind'),
    );
    if (due.length === 0) return;
    const still = this.#all((alert) => alert.state === 'firing' && isTold(alert));
    for (const [channel, list] of byChannel(still, (alert) => alert.notified.channels)) {
      this.#say('reminder', channel, list, reminderWords(list, nameOf), 'firing');
    }
    for (const alert of still) {
      const next: Alert = { ...alert, notified: { ...alert.notified, count: alert.notified.count + 1, lastAt: now } };
      this.#set(noted(this.#rescheduled(next), { at: now, kind: 'reminded' }));
    }
  }

  /** What quiet hours held: one list for all of it. */
  release(): void {
    const { now, policy, nameOf } = this.#flush;
    const ready: Alert[] = [];
    for (const alert of this.#all((each) => this.#isDue(each, 'release'))) {
      const until = policy === null ? null : quietUntil(policy.quiet, alert.severity, now);
      if (until === null) ready.push(alert);
      else this.#set(timed(alert, { ...alert.due, release: until }));
    }
    if (ready.length === 0) return;
    const open = ready.filter(isOpen);
    const ended = ready.filter((alert) => !isOpen(alert));
    const channels = policy?.steps[0]?.channels ?? [];
    for (const channel of channels) {
      const state = open.length === 0 ? 'info' : 'firing';
      this.#say('digest', channel, [...open, ...ended], heldWords(open, ended, nameOf), state);
    }
    for (const alert of ended) this.#set(timed(alert, without(alert.due, 'release')));
    for (const alert of open) {
      const state = alert.ackedAt === null ? 'firing' : 'acknowledged';
      this.#toldStep({ ...alert, state, suppressed: null }, channels, 1, 'told');
    }
  }

  /** Held until the quiet hours end, when they do. */
  #quiet(alert: Alert, timer: string): boolean {
    const until = quietUntil(this.#flush.policy?.quiet ?? [], alert.severity, this.#flush.now);
    if (until === null) return false;
    this.#set(timed(alert, { ...alert.due, [timer]: until }));
    return true;
  }

  #toldStep(alert: Alert, channels: readonly string[], step: number, kind: string): void {
    const { now } = this.#flush;
    const next: Alert = {
      ...alert,
      step,
      notified: {
        channels: [...new Set([...alert.notified.channels, ...channels])],
        count: alert.notified.count + 1,
        lastAt: now,
      },
    };
    this.#set(noted(this.#rescheduled(next), { at: now, kind, text: channels.join(', ') }));
  }

  /** What comes next; the recovery action keeps its own time. */
  #rescheduled(alert: Alert): Alert {
    const due = schedule(alert, this.#terms(), this.#flush.now);
    const act = alert.due['act'];
    return timed(alert, act === undefined ? due : { ...due, act });
  }

  #say(
    kind: Wanted['kind'],
    channel: string,
    list: readonly Alert[],
    { title, text }: NoticeWords,
    state: Wanted['state'],
  ): void {
    const { now, policy } = this.#flush;
    const [lead] = list;
    if (lead === undefined) return;
    const isOne = list.length === 1;
    this.#notices.push({
      key: `${lead.id}:${kind}:${lead.notified.count}:${channel}`,
      channel,
      kind,
      severity: worst(list),
      state,
      title,
      text,
      facts: [
        { name: 'Severity', value: worst(list) },
        ...(isOne && lead.subject !== null ? [{ name: 'Subject', value: lead.subject }] : []),
        ...(isOne ? [{ name: 'Rule', value: lead.name }] : []),
        ...(policy === null ? [] : [{ name: 'Policy', value: policy.name }]),
      ],
      refs: list.flatMap(({ subject }) => subject ?? []).slice(0, 100),
      path: isOne ? `/alerts/${lead.id}` : '/alerts',
      thread: lead.group === '' ? lead.id : lead.group,
      at: now,
    });
  }

  #terms(): Terms {
    return { policy: this.#flush.policy, recovery: null, forMs: 0 };
  }

  #all(is: (alert: Alert) => boolean): readonly Alert[] {
    return [...this.#alerts.values()].filter(is).toSorted(byAge);
  }

  #isDue(alert: Alert, timer: string): boolean {
    const at = alert.due[timer];
    return at !== undefined && at <= this.#flush.now;
  }

  #lastAt(alerts: readonly Alert[]): number {
    return Math.max(0, ...alerts.map(({ notified }) => notified.lastAt ?? 0));
  }

  #set(alert: Alert): void {
    this.#alerts.set(alert.id, alert);
    this.#changed.add(alert.id);
  }
}

/** Open, and somebody knows. */
function isTold(alert: Alert): boolean {
  return isOpen(alert) && alert.step > 0 && alert.notified.channels.length > 0;
}

function byAge(a: Alert, b: Alert): number {
  return a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1);
}

function byChannel(
  alerts: readonly Alert[],
  channelsOf: (alert: Alert) => readonly string[],
): ReadonlyMap<string, readonly Alert[]> {
  const lists = new Map<string, Alert[]>();
  for (const alert of alerts) {
    for (const channel of channelsOf(alert)) {
      const list = lists.get(channel) ?? [];
      lists.set(channel, list);
      list.push(alert);
    }
  }
  return lists;
}

function groupBy(alerts: readonly Alert[], keyOf: (alert: Alert) => number): ReadonlyMap<number, readonly Alert[]> {
  const groups = new Map<number, Alert[]>();
  for (const alert of alerts) {
    const key = keyOf(alert);
    const list = groups.get(key) ?? [];
    groups.set(key, list);
    list.push(alert);
  }
  return groups;
}

function without(due: Readonly<Record<string, number>>, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(due).filter(([each]) => each !== name));
}

function minutes(ms: number): string {
  return `${Math.max(1, Math.round(ms / 60_000))} min`;
}
