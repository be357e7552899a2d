/**
 * Alerting follows the records: what a commit can have changed is looked at by the rules about it, a moment later and in
 * transactions of its own; what time alone changes is asked in turns. The alert, its timers and its notices are one
 * transaction, so that a kill at any moment leaves nothing half told; at start everything is looked at once, and an
 * alert that is missing is opened with the id it would have had.
 *
 * Only here are alerts opened, one transaction after the other: that is why there are never two of one subject and rule.
 */
import { collectionOf, selects, type Rule } from '@statewire/model';
import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import type { Act } from '../collect/commands/verb.ts';
import { timed } from '../derive/alerts/alert.ts';
import { digestOf } from '../derive/alerts/digest.ts';
import { evaluate, metricOf, needsOf } from '../derive/alerts/evaluate.ts';
import { NOTHING_MEASURED, type Measured } from '../derive/alerts/finding.ts';
import { nextDigestAt } from '../derive/alerts/quiet.ts';
import { textOf, titleOf } from '../derive/alerts/say.ts';
import { nameOf } from '../derive/alerts/route.ts';
import { ruleOf, shippedRules } from '../derive/alerts/shipped.ts';
import type { Observation } from '../collect/observation.ts';
import type { Change, Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { enqueue } from '../send/enqueue.ts';
import { AlertDesk, findingOf, type MeasuredByRule } from './alert-desk.ts';
import { AlertIndex } from './alert-index.ts';
import { AlertTracks } from './alert-tracks.ts';

export interface AlertingDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly commit: Pick<Commit, 'version' | 'write'>;
  readonly store: Pick<Store, 'samples'>;
  readonly observeIn: (
    draft: Draft,
    what: { readonly collection: string; readonly id: string; readonly observation: Observation },
  ) => Result<Row>;
  readonly onError: (error: unknown, what: string) => void;
}

/** Collections that rules look at. */
const WATCHED = ['services', 'agents', 'connections', 'executions', 'jobs'] as const;
const HOME = 'main';
const SAMPLES_MAX = 10_000;
const SILENT: ReadonlySet<string> = new Set(['tried', 'text', 'runbook', 'labels', 'name', 'updatedAt']);

export class Alerting {
  readonly #deps: AlertingDeps;
  readonly #tracks: AlertTracks;
  readonly #orgs = new Map<string, Org>();
  #timer: Timer | null = null;
  #pumpTimer: Timer | null = null;
  #work: Promise<void> | null = null;
  #endRest: (() => void) | null = null;
  #turn: Promise<void> = Promise.resolve();
  #round: Asked[] = [];
  /** After a gap of ours: when the first looks will have come. */
  #notBefore = 0;
  #isOpen = true;
  #isStarted = false;

  constructor(deps: AlertingDeps) {
    this.#deps = deps;
    this.#tracks = new AlertTracks(deps.limits);
  }

  /** Records that wait to be looked at. */
  get waiting(): number {
    let count = 0;
    for (const { dirty } of this.#orgs.values()) count += dirty.size;
    return count;
  }

  /** Makes the shipped rules, takes up what is stored, and looks at everything once. */
  async start(): Promise<void> {
    const { live, clock } = this.#deps;
    for (const org of new Set([HOME, ...live.orgs()])) {
      await this.#ship(org);
      this.#take(org);
      await this.#bridge(org, clock.now());
    }
    this.#isStarted = true;
    this.#arm();
    this.#wake();
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    const known = this.#orgs.get(committed.org);
    if (known === undefined) {
      // An organization's first record: it gets the shipped rules like everybody.
      if (this.#isStarted) void this.#welcome(committed.org);
      return;
    }
    for (const { collection, id, before, after, patch } of committed.changes) {
      if (collection === 'alerts') this.#alertChanged(known, id, before, after);
      else if (collection === 'rules') this.#ruleChanged(committed.org, known, { before, after, patch });
      else if (collection === 'policies') for (const ref of known.index.subjects()) known.dirty.add(ref);
      else if (isWatched(collection)) {
        const ref = `${collection}/${id}`;
        if (before === null || after === null || patch === null) {
          known.index.recordChanged(collection, id, before, after);
          known.dirty.add(ref);
        } else {
          const fields = Object.keys(patch);
          if (
            fields.some(
              (field) => field.startsWith('dependsOn') || field.startsWith('members') || field.startsWith('overlay'),
            )
          )
            known.index.recordChanged(collection, id, before, after);
          if (known.index.isTouched(collection, fields)) known.dirty.add(ref);
        }
        this.#tracks.changed(`${committed.org}/${ref}`, before, after, committed.at);
      }
    }
    if (known.dirty.size > 0) this.#wake();
  }

  /** The time of an alert has come. */
  alertDue(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    const { index } = this.#take(org);
    return this.#alone(() =>
      this.#deps.commit.write(org, 'alerts', (draft) => {
        new AlertDesk(draft, index, this.#deps.limits, this.#notBefore).due(id, deadline);
        return ok(null);
      }),
    );
  }

  /** The time of a policy's digest has come. */
  policyDue(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'alerts', (draft) => {
      const row = draft.get('policies', id);
      if (row === null || row['nextAt'] !== deadline) return ok(null);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `policies` are Policy.
      const policy = row as unknown as Parameters<typeof digestOf>[0];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
      const alerts = [...draft.all('alerts')] as unknown as Parameters<typeof digestOf>[1];
      for (const notice of digestOf(policy, alerts, deadline)) enqueue(draft, notice);
      const nextAt = policy.digest === null ? null : nextDigestAt(policy.digest, draft.now);
      draft.put('policies', id, { ...row, nextAt });
      return ok(null);
    });
  }

  /** The command `test` of a rule: what it would say of a record now. Writes nothing. */
  readonly test: Act = async ({ principal: { org }, id, args }) => {
    const { live, clock, commit } = this.#deps;
    const row = live.get(org, 'rules', id)?.row;
    if (row === undefined) return refuse('not_found', `there is no rules/${id}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `rules` are Rule.
    const rule = row as Rule;
    const metric = metricOf(rule.when);
    const given = typeof args['ref'] === 'string' ? args['ref'] : '';
    const ref = metric === null ? given : `metrics/${metric.subject}`;
    const [collection = '', ...rest] = ref.split('/');
    const record = live.get(org, collection, rest.join('/'))?.row;
    if (record === undefined) return refuse('not_found', `there is no ${ref}, expected a record such as services/shop`);
    if (metric === null && rule.on.collection !== collection) {
      return refuse(
        'bad_field',
        `ref: found ${collection}, expected one of ${rule.on.collection}: the rule looks at those`,
      );
    }
    const now = clock.now();
    const measured = await this.#measure(org, ref, rule, now);
    const finding = evaluate(rule.when, { collection, row: record, measured, now, isOpen: false });
    const subject = { collection, row: record };
    return ok({
      version: commit.version(org),
      value: {
        id,
        ref,
        isSelected: metric !== null || selects(rule.on, collection, record),
        is: finding.is,
        since: finding.since,
        title: titleOf(rule, nameOf(subject), finding),
        text: textOf(rule, finding),
        evidence: finding.evidence,
      },
    });
  };

  /** The clock was set by this much: what waits in memory for the first looks moves along. */
  clockMoved(ms: number): void {
    this.#notBefore += ms;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#pumpTimer?.cancel();
    this.#endRest?.();
    await this.#work;
  }

  async #welcome(org: string): Promise<void> {
    this.#take(org);
    await this.#ship(org);
    this.#wake();
  }

  /** What is known of an organization; made of its records when it is new. */
  #take(org: string): Org {
    const known = this.#orgs.get(org);
    if (known !== undefined) return known;
    const { live } = this.#deps;
    const made: Org = { index: new AlertIndex(), dirty: new Set(), measured: new Map() };
    this.#orgs.set(org, made);
    for (const { id, row } of live.entries(org, 'alerts')) made.index.alertChanged(id, row);
    made.index.rulesChanged(Array.from(live.entries(org, 'rules'), ({ row }) => row));
    for (const collection of WATCHED) {
      for (const { id, row } of live.entries(org, collection)) {
        made.index.recordChanged(collection, id, null, row);
        made.dirty.add(`${collection}/${id}`);
      }
    }
    for (const ref of made.index.subjects()) made.dirty.add(ref);
    return made;
  }

  /** The shipped rules are records of every organization. What is there stays as it is. */
  async #ship(org: string): Promise<void> {
    const { live, commit, onError } = this.#deps;
    const missing = shippedRules.filter(({ id }) => live.get(org, 'rules', id) === null);
    if (missing.length === 0) return;
    const written = await commit.write(org, 'system', (draft) => {
      for (const rule of missing) if (draft.get('rules', rule.id) === null) draft.put('rules', rule.id, ruleOf(rule));
      return ok(null);
    });
    if (!written.ok) onError(new Error(written.message), `the shipped rules of ${org} could not be made`);
  }

  /** After a long gap of ours what was due in it waits for the first looks: whoever is well by now is not paged. */
  async #bridge(org: string, boot: number): Promise<void> {
    const { live, commit, limits } = this.#deps;
    const aliveAt = lastSign(live);
    if (aliveAt === null || boot - aliveAt < limits.alertGapMs) return;
    const until = boot + limits.alertBootGraceMs;
    this.#notBefore = until;
    const ids = Array.from(this.#take(org).index.ids());
    await commit.write(org, 'boot', (draft) => {
      for (const id of ids) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
        const alert = draft.get('alerts', id) as Parameters<typeof timed>[0] | null;
        if (alert === null || alert.nextAt === null || alert.nextAt >= until) continue;
        const due = Object.entries(alert.due).map(([timer, at]) => [timer, Math.max(at, until)] as const);
        draft.put('alerts', id, timed(alert, Object.fromEntries(due)));
      }
      return ok(null);
    });
  }

  #alertChanged({ index, dirty }: Org, id: string, before: Row | null, after: Row | null): void {
    index.alertChanged(id, after);
    const row = after ?? before;
    const subject = row?.['subject'];
    if (typeof subject !== 'string' || before?.['state'] === after?.['state']) {
      if (typeof subject === 'string' && before?.['ackedAt'] !== after?.['ackedAt']) dirty.add(subject);
      return;
    }
    dirty.add(subject);
    // What stands on it folds into its alert, or is free again.
    for (const ref of index.dependentsOf(subject)) dirty.add(ref);
  }

  #ruleChanged(org: string, { index, dirty }: Org, change: Pick<Change, 'after' | 'before' | 'patch'>): void {
    const { live } = this.#deps;
    const { before, after, patch } = change;
    index.rulesChanged(Array.from(live.entries(org, 'rules'), ({ row }) => row));
    // A note, or a try of its recovery action, changes nothing of what it says.
    if (patch !== null && Object.keys(patch).every((field) => SILENT.has(field.split('.')[0] ?? ''))) return;
    for (const row of [before, after]) {
      const on = row?.['on'];
      const collection = typeof on === 'object' && on !== null && 'collection' in on ? on['collection'] : null;
      if (typeof collection !== 'string') continue;
      for (const { id } of live.entries(org, collection)) dirty.add(`${collection}/${id}`);
    }
    for (const ref of index.subjects()) dirty.add(ref);
  }

  #wake(delayMs = 0): void {
    if (!this.#isOpen || !this.#isStarted || this.#work !== null || this.#pumpTimer !== null) return;
    const run = (): void => {
      this.#pumpTimer = null;
      if (this.#work !== null) return;
      this.#work = this.#pump().finally(() => {
        this.#work = null;
        if (this.waiting > 0) this.#wake(this.#deps.limits.alertRetryMs);
      });
    };
    this.#pumpTimer = delayMs === 0 ? this.#deps.clock.soon(run) : this.#deps.clock.after(delayMs, run);
  }

  /** Looks at what waits, in slices. Ends when nothing waits or a write was refused. */
  async #pump(): Promise<void> {
    const { commit, limits, onError } = this.#deps;
    for (const [org, state] of this.#orgs) {
      while (state.dirty.size > 0 && this.#isOpen) {
        const slice = take(state.dirty, limits.alertLooksPerTurnMax);
        const refs = slice.filter((ref) => this.#matters(org, state, ref));
        if (refs.length === 0) {
          // Mostly nothing is wrong: let others have the thread between two slices of it.
          await this.#rest();
          continue;
        }
        const written = await this.#alone(() =>
          commit.write(org, 'alerts', (draft) => {
            const desk = new AlertDesk(draft, state.index, limits, this.#notBefore);
            for (const ref of refs) desk.look(ref, state.measured.get(ref));
            for (const ref of refs) this.#showAcked(draft, state, ref);
            return ok(null);
          }),
        );
        for (const ref of refs) state.measured.delete(ref);
        if (written.ok) continue;
        for (const ref of refs) state.dirty.add(ref);
        if (written.code !== 'overloaded' && written.code !== 'unavailable')
          onError(new Error(written.message), `alerts of ${org} could not be moved`);
        return;
      }
    }
  }

  /** Until the end of this turn, or until it is closed. */
  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.soon(() => this.#endRest?.());
      this.#endRest = () => {
        this.#endRest = null;
        timer.cancel();
        resolve();
      };
    });
  }

  /** Whether a look could change anything: a rule says yes, or there is an alert to move. */
  #matters(org: string, { index, measured }: Org, ref: string): boolean {
    if (index.ofSubject(ref).length > 0 || measured.has(ref)) return true;
    const [collection = '', ...rest] = ref.split('/');
    const row = this.#deps.live.get(org, collection, rest.join('/'))?.row;
    if (row === undefined) return false;
    const now = this.#deps.clock.now();
    return (
      isAcked(row) ||
      index
        .rulesFor(collection, row)
        .some((rule) => findingOf(rule, { collection, row }, { measured: undefined, now, isOpen: false }).is === 'true')
    );
  }

  /** A record shows that somebody has taken up its problem. */
  #showAcked(draft: Draft, { index }: Org, ref: string): void {
    const [collection = '', ...rest] = ref.split('/');
    const id = rest.join('/');
    const row = draft.get(collection, id);
    if (row === null || collectionOf(collection)?.kind !== 'status') return;
    const acked = index.ofSubject(ref).some((alert) => {
      const found = draft.get('alerts', alert);
      return found !== null && found['state'] !== 'resolved' && found['ackedAt'] !== null;
    });
    if (acked === isAcked(row)) return;
    this.#deps.observeIn(draft, {
      collection,
      id,
      observation: { kind: 'overlay', at: draft.now, by: 'alerts', set: { acked } },
    });
  }

  /** One transaction that may open alerts after the other: each finds in the index what the one before has opened. */
  #alone<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(write);
    this.#turn = turn.then(nothing, nothing);
    return turn;
  }

  #arm(): void {
    if (!this.#isOpen) return;
    this.#timer = this.#deps.clock.after(this.#deps.limits.alertTickMs, () => {
      this.#tick().then(
        () => this.#arm(),
        (error: unknown) => {
          this.#deps.onError(error, 'rules about numbers could not be asked');
          this.#arm();
        },
      );
    });
  }

  /** Asks what time alone can change: a bounded number each time, in rounds. */
  async #tick(): Promise<void> {
    this.#sampleMetrics();
    if (this.#round.length === 0) this.#round = [...this.#timedRules()];
    const { limits, clock } = this.#deps;
    const asked = this.#round.splice(0, limits.alertMeasuresPerTickMax);
    for (const { org, ref, rule } of asked) {
      if (!this.#isOpen) return;
      const state = this.#take(org);
      const now = clock.now();
      if (needsOf(rule.when).measures === 'nothing') {
        state.dirty.add(ref);
        continue;
      }
      const measured = await this.#measure(org, ref, rule, now);
      if (!this.#says(org, state, { ref, rule, measured, now })) continue;
      const byRule = new Map(state.measured.get(ref) ?? []);
      state.measured.set(ref, byRule.set(rule.id, measured));
      state.dirty.add(ref);
    }
    this.#wake();
  }

  /** Whether the answer could open or move an alert. */
  #says(
    org: string,
    { index }: Org,
    { ref, rule, measured, now }: { ref: string; rule: Rule; measured: Measured; now: number },
  ): boolean {
    if (index.find(ref, rule.id) !== null) return true;
    const [collection = '', ...rest] = ref.split('/');
    const row = this.#deps.live.get(org, collection, rest.join('/'))?.row;
    return row !== undefined && findingOf(rule, { collection, row }, { measured, now, isOpen: false }).is === 'true';
  }

  *#timedRules(): Iterable<Asked> {
    const { live } = this.#deps;
    for (const [org, { index }] of this.#orgs) {
      for (const rules of index.rules.values()) {
        for (const rule of rules) {
          if (!needsOf(rule.when).isTimed) continue;
          const metric = metricOf(rule.when);
          if (metric !== null) {
            yield { org, ref: `metrics/${metric.subject}`, rule };
            continue;
          }
          const { collection } = rule.on;
          for (const { id, row } of live.entries(org, collection)) {
            // Most runs have ended and most services have no certificate: only what time can move is asked.
            const ref = `${collection}/${id}`;
            if (selects(rule.on, collection, row) && (canMove(rule, row) || index.find(ref, rule.id) !== null))
              yield { org, ref, rule };
          }
        }
      }
    }
  }

  async #measure(org: string, ref: string, rule: Rule, now: number): Promise<Measured> {
    const needs = needsOf(rule.when);
    const key = `${org}/${ref}`;
    if (needs.measures === 'reconnects') return { ...NOTHING_MEASURED, reconnects: this.#tracks.reconnects(key) };
    const metric = metricOf(rule.when);
    if (metric !== null) return { ...NOTHING_MEASURED, points: this.#tracks.points(`${key}/${metric.name}`) };
    if (needs.measures !== 'samples') return NOTHING_MEASURED;
    const [collection = '', ...rest] = ref.split('/');
    const samples = await this.#deps.store.samples({
      org,
      collection,
      id: rest.join('/'),
      from: now - needs.overMs,
      to: now + 1,
      limit: SAMPLES_MAX,
    });
    return { ...NOTHING_MEASURED, samples };
  }

  /** Values of metrics that rules ask for, once per tick. */
  #sampleMetrics(): void {
    const { live, clock } = this.#deps;
    for (const [org, { index }] of this.#orgs) {
      for (const rule of index.rules.get('metrics') ?? []) {
        const metric = metricOf(rule.when);
        const values = metric === null ? null : live.get(org, 'metrics', metric.subject)?.row['values'];
        if (metric === null || typeof values !== 'object' || values === null) continue;
        const value: unknown = Reflect.get(values, metric.name);
        if (typeof value === 'number')
          this.#tracks.measured(`${org}/metrics/${metric.subject}/${metric.name}`, { at: clock.now(), value });
      }
    }
  }
}

interface Org {
  readonly index: AlertIndex;
  /** Refs that wait to be looked at. At most as many as there are records. */
  readonly dirty: Set<string>;
  readonly measured: Map<string, MeasuredByRule>;
}

interface Asked {
  readonly org: string;
  readonly ref: string;
  readonly rule: Rule;
}

/** Takes the first out of a set. */
function take(refs: Set<string>, max: number): readonly string[] {
  const taken: string[] = [];
  for (const ref of refs) {
    taken.push(ref);
    refs.delete(ref);
    if (taken.length >= max) break;
  }
  return taken;
}

function nothing(): void {
  // Whoever wrote has the answer; the next one only waits for its end.
}

function isWatched(collection: string): boolean {
  return WATCHED.some((name) => name === collection);
}

function canMove({ when }: Rule, row: Row): boolean {
  if (when.kind === 'run') return row['state'] === 'running' && when.is.includes('stalled');
  return when.kind === 'certificate' ? row['certificate'] !== null : true;
}

function isAcked(row: Row): boolean {
  const overlay = row['overlay'];
  return typeof overlay === 'object' && overlay !== null && 'acked' in overlay && overlay['acked'] === true;
}

/** When this process was last seen alive: its own numbers are written every few seconds. */
function lastSign(live: AlertingDeps['live']): number | null {
  const at = live.get(HOME, 'metrics', 'gateway')?.row['updatedAt'];
  return typeof at === 'number' ? at : null;
}
