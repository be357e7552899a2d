/**
 * What alerting does inside one transaction: looks at a record by all rules about it, folds, and tells what is due in a
 * group. Every decision is one of derive/alerts; here records are read and written, and notices put into the outbox.
 */
import { createHash } from 'node:crypto';
import type { Alert, Policy, RecoveryAction, Rule, Service, StatusRow } from '@statewire/model';
import { assert, type Row } from '@statewire/protocol';
import {
  begin,
  foundAgain,
  isOpen,
  noted,
  resolved,
  schedule,
  timed,
  type Hold,
  type Terms,
} from '../derive/alerts/alert.ts';
import { parentsOf, upstream } from '../derive/alerts/depend.ts';
import { evaluate, needsOf } from '../derive/alerts/evaluate.ts';
import { cannotSay, NOTHING_MEASURED, type Finding, type Measured } from '../derive/alerts/finding.ts';
import { flush, GROUP_TIMERS, release, type Flushed } from '../derive/alerts/flush.ts';
import { groupOf, nameOf, policyOf, type Subject } from '../derive/alerts/route.ts';
import { textOf, titleOf } from '../derive/alerts/say.ts';
import { bornJob } from '../derive/born.ts';
import type { Draft } from '../keep/commit-types.ts';
import type { Limits } from '../lib/limits.ts';
import { enqueue } from '../send/enqueue.ts';
import { isAboutMetric, type AlertIndex } from './alert-index.ts';

/** What was measured for which rule; rules that need measures and have none are not asked. */
export type MeasuredByRule = ReadonlyMap<string, Measured>;

const NONE: MeasuredByRule = new Map();
const CHILDREN_MAX = 500;
const TRIED_SUBJECTS_MAX = 200;
const DAY_MS = 86_400_000;

/** Conditions that a failed dependency explains. */
const FOLDED: ReadonlySet<Rule['when']['kind']> = new Set([
  'status',
  'freshness',
  'latency',
  'errors',
  'anomaly',
  'trend',
  'reconnects',
  'flapping',
]);

export class AlertDesk {
  readonly #draft: Draft;
  readonly #index: AlertIndex;
  readonly #limits: Pick<Limits, 'alertsLiveMax'>;
  readonly #notBefore: number;
  /** Opened in this transaction: the index learns of them when they are durable. */
  readonly #opened = new Map<string, string>();

  /** `notBefore`: after a gap of ours, when the first looks will have come. Nobody is told of a problem before it. */
  constructor(draft: Draft, index: AlertIndex, limits: Pick<Limits, 'alertsLiveMax'>, notBefore = 0) {
    this.#notBefore = notBefore;
    this.#draft = draft;
    this.#index = index;
    this.#limits = limits;
  }

  /** Asks every rule about a record, and moves its alerts. */
  look(ref: string, measured: MeasuredByRule = NONE): void {
    const { collection, row } = this.#subject(ref);
    const asked = new Set<string>();
    let told: readonly string[] = [];
    if (row !== null) {
      for (const rule of this.#rulesFor(collection, row)) {
        asked.add(rule.id);
        const before = this.#alertOf(ref, rule.id);
        const after = this.#ask(rule, ref, { collection, row }, before, measured, told);
        if (rule.when.kind === 'flapping' && before !== null && isOpen(before) && after !== null && !isOpen(after)) {
          told = before.notified.channels;
        }
      }
    }
    for (const id of this.#index.ofSubject(ref)) {
      const alert = this.#alert(id);
      if (alert === null || !isOpen(alert) || asked.has(alert.rule ?? '')) continue;
      const text = row === null ? 'The record was deleted.' : 'The rule does not look at it any more.';
      this.#put(resolved(alert, { at: this.#draft.now, text }, this.#termsOf(alert), this.#draft.now));
    }
    if (row !== null) this.#route(ref, { collection, row });
  }

  /** An alert's time has come. Does nothing unless it still is its time. */
  due(id: string, deadline: number): void {
    const before = this.#alert(id);
    if (before === null || before.nextAt !== deadline) return;
    const { now } = this.#draft;
    if ((before.due['forget'] ?? Infinity) <= now) {
      this.#draft.delete('alerts', id);
      return;
    }
    if (before.subject !== null && isOpen(before)) this.look(before.subject);
    const alert = this.#alert(id);
    if (alert === null) return;
    const isDue = (timer: string): boolean => (alert.due[timer] ?? Infinity) <= now;
    if (GROUP_TIMERS.some(isDue)) this.#flush(alert);
    if (isDue('release')) this.#release(alert);
    if (isDue('act')) this.#act(alert);
    const after = this.#alert(id);
    // What nobody could work off (its policy is gone) must not come round for ever.
    if (after !== null && after.nextAt !== null && after.nextAt <= now) {
      this.#put(timed(after, Object.fromEntries(Object.entries(after.due).filter(([, at]) => at > now))));
    }
  }

  #rulesFor(collection: string, row: Row): readonly Rule[] {
    if (collection !== 'metrics') return this.#index.rulesFor(collection, row);
    return (this.#index.rules.get('metrics') ?? []).filter(
      ({ when }) => (when.kind === 'metric' || when.kind === 'trend') && when.subject === row.id,
    );
  }

  /** What one rule says of a record. */
  #ask(
    rule: Rule,
    ref: string,
    subject: Subject,
    before: Alert | null,
    measured: MeasuredByRule,
    told: readonly string[],
  ): Alert | null {
    const { now } = this.#draft;
    const finding = findingOf(rule, subject, { measured: measured.get(rule.id), now, isOpen: before !== null });
    if (before === null && finding.is !== 'true') return null;
    const hold = finding.is === 'false' && before !== null && !isOpen(before) ? null : this.#holdOf(rule, ref, subject);
    if (before === null) return this.#open(rule, ref, subject, finding, hold);
    const terms: Terms = { ...this.#termsOf(before), recovery: rule.recovery, forMs: rule.forMs };
    const after = foundAgain(before, finding, hold, terms, now);
    if (after === null) {
      this.#draft.delete('alerts', before.id);
      return null;
    }
    if (after === before) return before;
    const settled = this.#later(told.length === 0 ? after : settledBy(after, before, told));
    this.#put(settled);
    if (hold?.parent !== null && hold !== null && settled.parent === hold.parent) this.#fold(hold.parent, settled.id);
    return settled;
  }

  #open(rule: Rule, ref: string, subject: Subject, finding: Finding, hold: Hold | null): Alert | null {
    if (this.#index.size + this.#opened.size >= this.#limits.alertsLiveMax) return null;
    const { now } = this.#draft;
    const policy = policyOf(rule, subject, this.#policies());
    const startedAt = Math.min(finding.since ?? now, now);
    const id = this.#newId(ref, rule.id, startedAt);
    const name = nameOf(subject);
    const terms: Terms = { policy, recovery: rule.recovery, forMs: rule.forMs };
    const born: Alert = {
      id,
      org: this.#draft.org,
      version: 0,
      createdAt: now,
      updatedAt: now,
      observedAt: null,
      labels: labelsOf(subject.row),
      source: null,
      rule: rule.id,
      name: rule.name,
      severity: rule.severity,
      subject: ref,
      subjectName: name,
      title: titleOf(rule, name, finding),
      text: textOf(rule, finding),
      state: 'pending',
      suppressed: null,
      startedAt,
      firedAt: null,
      ackedAt: null,
      ackedBy: null,
      note: '',
      snoozedUntil: null,
      assignee: null,
      resolvedAt: null,
      resolution: '',
      evidence: finding.evidence,
      parent: null,
      children: [],
      group: groupOf(policy, rule, subject),
      policy: policy?.id ?? null,
      step: 0,
      notified: { channels: [], count: 0, lastAt: null },
      incident: null,
      events: [],
      isSettled: true,
      due: {},
      nextAt: null,
    };
    const alert = this.#later(begin(born, finding, hold, terms, now));
    this.#put(alert);
    this.#opened.set(`${ref}\n${rule.id}`, id);
    if (alert.parent !== null) this.#fold(alert.parent, id);
    return alert;
  }

  #later(alert: Alert): Alert {
    if (this.#notBefore <= this.#draft.now) return alert;
    const due = Object.entries(alert.due).map(
      ([timer, at]) => [timer, timer === 'tell' || timer === 'fire' ? Math.max(at, this.#notBefore) : at] as const,
    );
    return timed(alert, Object.fromEntries(due));
  }

  /** Why nobody is told of it for now: what people decided first, then what explains it. */
  #holdOf(rule: Rule, ref: string, { row }: Subject): Hold | null {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: records without a status have no overlay.
    const overlay = (row as Partial<StatusRow>).overlay;
    if (overlay?.maintenance !== null && overlay?.maintenance !== undefined) {
      return { by: 'maintenance', ref: `maintenances/${overlay.maintenance}`, parent: null };
    }
    if (overlay?.muted === true) return { by: 'muted', ref: null, parent: null };
    if (FOLDED.has(rule.when.kind)) {
      const parent = this.#failedParent(rule, ref);
      if (parent !== null) return { by: 'dependency', ref: parent.subject, parent: parent.id };
    }
    if (overlay?.flapping === true && (rule.when.kind === 'status' || rule.when.kind === 'freshness')) {
      return { by: 'flapping', ref: null, parent: null };
    }
    return null;
  }

  /** The alert of what it stands on, or of the record itself when that is down altogether. The root, never a middle. */
  #failedParent(rule: Rule, ref: string): Alert | null {
    const own = rule.when.kind === 'status' || rule.when.kind === 'flapping' ? null : this.#downAlert(ref, rule.id);
    if (own !== null) return own;
    for (const parent of upstream(ref, (each) => this.#parentsOf(each))) {
      const alert = this.#downAlert(parent, '');
      if (alert !== null && alert.subject !== ref) return alert;
    }
    return null;
  }

  #downAlert(ref: string, except: string): Alert | null {
    for (const alert of this.#alertsOf(ref)) {
      if (alert.rule === except || !isOpen(alert) || alert.state === 'pending') continue;
      if (alert.evidence['status'] !== 'down' || alert.suppressed?.by === 'flapping') continue;
      if (alert.parent === null) return alert;
      const root = this.#alert(alert.parent);
      if (root !== null && isOpen(root)) return root;
    }
    return null;
  }

  #parentsOf(ref: string): readonly string[] {
    const { collection, row } = this.#subject(ref);
    return row === null ? [] : parentsOf(collection, row);
  }

  #fold(parent: string, child: string): void {
    const alert = this.#alert(parent);
    if (alert === null || alert.children.includes(child) || alert.children.length >= CHILDREN_MAX) return;
    this.#put({ ...alert, children: [...alert.children, child] });
  }

  /** Tells what is due in an alert's group. */
  #flush(alert: Alert): void {
    const members = new Map<string, Alert>([[alert.id, alert]]);
    for (const id of this.#index.ofGroup(alert.group)) {
      const member = this.#alert(id);
      if (member !== null && member.policy === alert.policy) members.set(id, member);
    }
    const alerts = [...members.values()];
    const waiting = new Set(alerts.filter((each) => this.#isWaiting(each)).map(({ id }) => id));
    this.#write(flush({ alerts, waiting, ...this.#around(alert) }));
  }

  /** What it stands on is suspected, or down and not looked at yet: it may be about to fold. */
  #isWaiting({ subject, due }: Alert): boolean {
    if (subject === null || due['tell'] === undefined) return false;
    for (const parent of upstream(subject, (each) => this.#parentsOf(each))) {
      const { row } = this.#subject(parent);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: dependencies are status-bearing records; others lack both fields.
      const { suspect, status } = (row ?? {}) as Partial<Service>;
      if (suspect?.to === 'unhealthy') return true;
      if (
        status === 'down' &&
        this.#downAlert(parent, '') === null &&
        this.#rulesFor('services', row ?? NO_ROW).length > 0
      )
        return true;
    }
    return false;
  }

  /** Tells what quiet hours held, over all groups of the policy. */
  #release(alert: Alert): void {
    const alerts: Alert[] = [];
    for (const id of this.#index.ids()) {
      const each = this.#alert(id);
      if (each !== null && each.policy === alert.policy && each.due['release'] !== undefined) alerts.push(each);
    }
    if (!alerts.some(({ id }) => id === alert.id)) alerts.push(alert);
    this.#write(release({ alerts, waiting: new Set(), ...this.#around(alert) }));
  }

  #around(alert: Alert): { policy: Policy | null; now: number; nameOf: (id: string) => string } {
    return {
      policy: this.#policy(alert.policy),
      now: this.#draft.now,
      nameOf: (id) => this.#alert(id)?.subjectName ?? id,
    };
  }

  #write({ alerts, notices }: Flushed): void {
    for (const alert of alerts) this.#put(alert);
    for (const notice of notices) enqueue(this.#draft, notice);
  }

  /** Tries what the rule says may help: only while it fires, with a rest between two tries and a limit per day. */
  #act(alert: Alert): void {
    const rule = alert.rule === null ? null : this.#rule(alert.rule);
    const { now } = this.#draft;
    const rest = Object.fromEntries(Object.entries(alert.due).filter(([timer]) => timer !== 'act'));
    const recovery = rule?.recovery ?? null;
    if (rule === null || recovery === null || alert.state !== 'firing' || alert.subject === null) {
      this.#put(timed(alert, rest));
      return;
    }
    const tried = (rule.tried[alert.subject] ?? []).filter((at) => at > now - DAY_MS);
    const next = Math.max(0, ...tried) + recovery.cooldownMs;
    if (tried.length >= recovery.perDay) {
      const text = `${tried.length} tries within a day, which is the limit`;
      this.#put(noted(timed(alert, rest), { at: now, kind: 'recovery-limit', text }));
      return;
    }
    if (tried.length > 0 && next > now) {
      this.#put(timed(alert, { ...rest, act: next }));
      return;
    }
    const text = this.#try(alert, recovery, tried.length);
    const others = Object.entries(rule.tried)
      .filter(([ref]) => ref !== alert.subject)
      .slice(-TRIED_SUBJECTS_MAX);
    this.#draft.put('rules', rule.id, {
      ...rule,
      tried: { ...Object.fromEntries(others), [alert.subject]: [...tried, now] },
    });
    this.#put(noted(timed(alert, { ...rest, act: now + recovery.cooldownMs }), { at: now, kind: 'recovery', text }));
  }

  #try(alert: Alert, recovery: RecoveryAction, count: number): string {
    const { now } = this.#draft;
    if (recovery.kind === 'webhook') {
      enqueue(this.#draft, {
        key: `${alert.id}:action:${now}:${recovery.channel}`,
        channel: recovery.channel,
        kind: 'action',
        severity: alert.severity,
        state: 'firing',
        title: `Recover: ${alert.title}`,
        text: alert.text,
        facts: [
          { name: 'Subject', value: alert.subject ?? '' },
          { name: 'Try', value: String(count + 1) },
        ],
        refs: alert.subject === null ? [] : [alert.subject],
        path: `/alerts/${alert.id}`,
        thread: alert.id,
        at: now,
      });
      return `asked ${recovery.channel}, try ${count + 1}`;
    }
    const id = `rcv_${digest(`${alert.id}\n${now}`)}`;
    this.#draft.put(
      'jobs',
      id,
      bornJob({
        kind: 'recovery',
        title: recovery.command,
        // Whoever carries it out reads what about: one line of JSON.
        goal: JSON.stringify({ alert: alert.id, subject: alert.subject, args: recovery.args }),
        labels: { alert: alert.id },
      }),
    );
    return `offered the job ${id}: ${recovery.command}, try ${count + 1}`;
  }

  /** Alerts that nobody could be told of take the policy that is there now. */
  #route(ref: string, subject: Subject): void {
    for (const alert of this.#alertsOf(ref)) {
      if (!isOpen(alert) || alert.rule === null) continue;
      if (alert.policy !== null && this.#policy(alert.policy) !== null) continue;
      const rule = this.#rule(alert.rule);
      const policy = rule === null ? null : policyOf(rule, subject, this.#policies());
      if (rule === null || policy === null) continue;
      const terms: Terms = { policy, recovery: null, forMs: 0 };
      const routed: Alert = { ...alert, policy: policy.id, group: groupOf(policy, rule, subject), step: 0 };
      const due = routed.state === 'firing' ? schedule(routed, terms, this.#draft.now) : {};
      this.#put(timed(routed, { ...routed.due, ...due }));
    }
  }

  #termsOf(alert: Alert): Terms {
    return { policy: this.#policy(alert.policy), recovery: null, forMs: 0 };
  }

  #subject(ref: string): { readonly collection: string; readonly row: Row | null } {
    const slash = ref.indexOf('/');
    const collection = ref.slice(0, slash);
    return { collection, row: slash < 0 ? null : this.#draft.get(collection, ref.slice(slash + 1)) };
  }

  #alertOf(ref: string, rule: string): Alert | null {
    const id = this.#opened.get(`${ref}\n${rule}`) ?? this.#index.find(ref, rule);
    return id === null ? null : this.#alert(id);
  }

  #alertsOf(ref: string): readonly Alert[] {
    const opened = [...this.#opened].filter(([key]) => key.startsWith(`${ref}\n`)).map(([, id]) => id);
    return [...new Set([...this.#index.ofSubject(ref), ...opened])].flatMap((id) => this.#alert(id) ?? []);
  }

  #alert(id: string): Alert | null {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
    return this.#draft.get('alerts', id) as Alert | null;
  }

  #rule(id: string): Rule | null {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `rules` are Rule.
    return this.#draft.get('rules', id) as Rule | null;
  }

  #policy(id: string | null): Policy | null {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `policies` are Policy.
    return id === null ? null : (this.#draft.get('policies', id) as Policy | null);
  }

  #policies(): readonly Policy[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `policies` are Policy.
    return [...this.#draft.all('policies')] as unknown as Policy[];
  }

  #put(alert: Alert): void {
    assert(alert.state !== 'suppressed' || alert.suppressed !== null, `alert ${alert.id} is held by nothing`);
    this.#draft.put('alerts', alert.id, alert);
  }

  /** The same problem has the same id, whenever it is noticed: a restart finds what it had begun. */
  #newId(ref: string, rule: string, startedAt: number): string {
    const base = `al_${digest(`${ref}\n${rule}\n${startedAt}`)}`;
    let id = base;
    for (let n = 2; this.#draft.get('alerts', id) !== null; n++) id = `${base}-${n}`;
    return id;
  }
}

const NO_ROW: Row = { id: '', org: '', version: 0 };

/** What a rule says of a record; unknown when it was not measured. */
export function findingOf(
  rule: Rule,
  { collection, row }: Subject,
  known: { readonly measured: Measured | undefined; readonly now: number; readonly isOpen: boolean },
): Finding {
  const isMeasured = needsOf(rule.when).measures !== 'nothing' || isAboutMetric(rule);
  if (isMeasured && known.measured === undefined) return cannotSay('Not measured just now.');
  return evaluate(rule.when, {
    collection,
    row,
    measured: known.measured ?? NOTHING_MEASURED,
    now: known.now,
    isOpen: known.isOpen,
  });
}

/** What flapping has told when it settled is not told again by what was held meanwhile. */
function settledBy(after: Alert, before: Alert, told: readonly string[]): Alert {
  if (before.suppressed?.by !== 'flapping' || after.suppressed?.by === 'flapping') return after;
  if (isOpen(after)) {
    const channels = [...new Set([...after.notified.channels, ...told])];
    return { ...after, notified: { ...after.notified, channels } };
  }
  const channels = after.notified.channels.filter((channel) => !told.includes(channel));
  const due = Object.fromEntries(
    Object.entries(after.due).filter(([timer]) => timer !== 'recover' || channels.length > 0),
  );
  return timed({ ...after, notified: { ...after.notified, channels } }, due);
}

function labelsOf(row: Row): Alert['labels'] {
  const labels = row['labels'];
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 20).replaceAll(/[-_]/g, '0');
}
