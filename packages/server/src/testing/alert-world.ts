/**
 * Alerting on a virtual clock: the real commit, status engine, deadlines, commands and joint over a store in memory. Nothing
 * is sent: what would be is counted in rows of `deliveries`.
 */
import type { Alert, Delivery, Health } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { awake } from '../collect/beats/awake.ts';
import { engine } from '../derive/engine.ts';
import { Alerting } from '../joints/alerting.ts';
import { ClockSteps } from '../joints/clock-steps.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import type { Limits } from '../lib/limits.ts';
import { limits as defaults } from '../lib/limits.ts';
import { SteadyClock } from '../lib/steady-clock.ts';
import { caller, openDesk, type Desk } from './desk.ts';
import { FakeClock } from './fake-clock.ts';

const admin = caller(['admin']);

export class AlertWorld {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly errors: string[] = [];
  readonly #limits: Partial<Limits>;
  /** What everybody is told of the time: it follows the clock when that is set, as in a server. */
  readonly #time: SteadyClock;
  #steps: ClockSteps | null = null;
  #desk: Desk | null = null;
  #alerting: Alerting | null = null;

  private constructor(limits: Partial<Limits>) {
    this.#limits = limits;
    this.clock = new FakeClock();
    this.#time = new SteadyClock(this.clock, defaults.pauseMsMin);
    this.store = new MemoryStore();
  }

  /** A world with one channel `ops`. */
  static async open(limits: Partial<Limits> = {}): Promise<AlertWorld> {
    const world = new AlertWorld(limits);
    await world.#start();
    await world.channel('ops');
    return world;
  }

  get desk(): Desk {
    if (this.#desk === null) throw new Error('the world is closed');
    return this.#desk;
  }

  get alerting(): Alerting {
    if (this.#alerting === null) throw new Error('the world is closed');
    return this.#alerting;
  }

  /** Everything that is or was open, oldest first. */
  get alerts(): readonly Alert[] {
    return this.#rows<Alert>('alerts').toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  }

  /** What was told, oldest first: `channel kind title`. */
  get told(): readonly string[] {
    return this.deliveries.map(({ channel, kind, title }) => `${channel} ${kind} ${title}`);
  }

  get deliveries(): readonly Delivery[] {
    return this.#rows<Delivery>('deliveries').toSorted((a, b) => a.queuedAt - b.queuedAt || (a.key < b.key ? -1 : 1));
  }

  alertOf(subject: string, rule = 'down'): Alert {
    const found = this.alerts.filter((alert) => alert.subject === subject && alert.rule === rule).at(-1);
    if (found === undefined) throw new Error(`no alert of ${subject} by ${rule}`);
    return found;
  }

  channel(id: string): Promise<void> {
    return this.put('channels', id, {
      name: id,
      kind: 'webhook',
      isEnabled: true,
      settings: {},
      secrets: [],
      labels: {},
      source: null,
      observedAt: null,
    });
  }

  async put(collection: string, id: string, fields: JsonObject): Promise<void> {
    const written = await this.desk.keep.commit.write('main', 'test', (draft) => {
      draft.put(collection, id, fields);
      return ok(null);
    });
    if (!written.ok) throw new Error(written.message);
  }

  /** A create, patch or command by an administrator. */
  async do(
    collection: string,
    id: string,
    op: 'call' | 'create' | 'del' | 'patch',
    fields: JsonObject = {},
    name?: string,
  ): Promise<void> {
    const done = await this.desk.commands.mutate(admin, { collection, id, op, fields, name });
    if (!done.ok) throw new Error(`${done.code}: ${done.message}`);
  }

  policy(fields: JsonObject = {}, id = 'p'): Promise<void> {
    return this.do('policies', id, 'create', { name: id, steps: [{ afterMs: 0, channels: ['ops'] }], ...fields });
  }

  service(id: string, fields: JsonObject = {}): Promise<void> {
    return this.do('services', id, 'create', { name: id, kind: 'http', target: `http://${id}.example/`, ...fields });
  }

  /** What is observed of a service, believed at once. */
  async see(id: string, health: Health, collection = 'services'): Promise<void> {
    const now = this.#time.now();
    const seen = await this.desk.observe('main', collection, id, {
      kind: 'report',
      at: now,
      observedAt: now,
      seq: null,
      sourceId: 'test',
      health,
      phase: null,
      reason: { code: health === 'healthy' ? 'ok' : 'refused', text: health === 'healthy' ? '' : 'Nobody answers.' },
      final: true,
      facts: {},
      latencyMs: null,
      periodMs: null,
      fields: {},
    });
    if (!seen.ok) throw new Error(seen.message);
  }

  run(ms: number): Promise<void> {
    return this.clock.run(ms);
  }

  /** The process is gone for a while and comes back on the same data; nothing that was not durable is left. */
  async restart(awayMs = 0): Promise<void> {
    await this.#stop();
    this.clock.advance(awayMs);
    await this.#start();
  }

  async close(): Promise<void> {
    await this.#stop();
    if (this.errors.length > 0) throw new Error(this.errors.join('; '));
  }

  async #start(): Promise<void> {
    const desk = await openDesk({
      clock: this.clock,
      time: this.#time,
      store: this.store,
      limits: this.#limits,
      onCommitted: (committed) => this.#alerting?.follow(committed),
      onDue: {
        alerts: (org, id, deadline) => this.alerting.alertDue(org, id, deadline),
        policies: (org, id, deadline) => this.alerting.policyDue(org, id, deadline),
      },
      acts: { 'rules/test': (call) => this.alerting.test(call) },
    });
    this.#desk = desk;
    this.#alerting = new Alerting({
      clock: this.#time,
      limits: { ...defaults, ...this.#limits },
      live: desk.keep.live,
      commit: desk.keep.commit,
      store: this.store,
      observeIn: desk.deps.observeIn,
      onError: (error, what) => this.errors.push(`${what}: ${String(error)}`),
    });
    await awake(desk.deps, desk.keep.live);
    await this.#alerting.start();
    this.#steps = new ClockSteps({
      clock: this.#time,
      live: desk.keep.live,
      commit: desk.keep.commit,
      rulesOf: engine.rulesOf,
      limits: defaults,
      onAdopt: (ms) => this.#alerting?.clockMoved(ms),
      onStep: () => undefined,
      onError: (error, what) => this.errors.push(`${what}: ${String(error)}`),
    });
    this.#steps.start();
  }

  async #stop(): Promise<void> {
    this.#steps?.close();
    this.#steps = null;
    await this.#alerting?.close();
    this.#alerting = null;
    await this.#desk?.close();
    this.#desk = null;
  }

  #rows<T>(collection: string): T[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of the collection whose type the caller names.
    return Array.from(this.desk.keep.live.entries('main', collection), ({ row }) => row as T);
  }
}
