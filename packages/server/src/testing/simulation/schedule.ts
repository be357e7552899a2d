/**
 * One schedule: everything that can happen, in an order that a seed decides. The real writer, memory, hub, sessions and
 * flusher run on a virtual clock over virtual wires; writers, restarts, restored backups, cuts, stalls, slow readers and
 * people who change their mind are drawn from the seed. Replicas check every frame; at the end the network heals and
 * each must hold exactly what is true.
 */
import {
  cursorOf,
  equalJson,
  ok,
  parseFilter,
  parseSort,
  type Json,
  type JsonObject,
  type Row,
  type Sort,
} from '@statewire/protocol';
import type { Committed } from '../../keep/commit-types.ts';
import { MemoryStore } from '../../keep/memory-store.ts';
import { openKeep, type Keep } from '../../keep/open.ts';
import { limits as defaults, type Limits } from '../../lib/limits.ts';
import type { Log } from '../../lib/log.ts';
import { Hub } from '../../publish/hub.ts';
import { SOUND, type Planted } from '../../publish/planted.ts';
import { Gateway } from '../../serve/gateway.ts';
import { FakeClock } from '../fake-clock.ts';
import { Random } from '../random.ts';
import { SocketPair } from '../socket-pair.ts';
import { principal } from '../world.ts';
import { Oracle, type WindowWant } from './oracle.ts';
import { Replica, type Want } from './replica.ts';

export interface ScheduleOptions {
  readonly seed: number;
  /** Steps; drawn from the seed when absent. */
  readonly steps?: number | undefined;
  readonly planted?: Partial<Planted> | undefined;
  /** Makes clients that take part beside the replicas; how many is drawn from the seed. */
  readonly client?: MakeClient | undefined;
  /** Nobody wants windows or counters. */
  readonly isPlain?: boolean | undefined;
}

/** A client under test, whatever it is inside. */
export interface SimulatedClient {
  /** Shows a view until the returned function is called. */
  watch(want: Want, onChange: (shown: Shown) => void): () => void;
  /** What the page or the network tells it. */
  signal(signal: 'focus' | 'hidden' | 'offline' | 'online' | 'visible'): void;
  /** From here on nothing goes wrong any more. */
  heal?(): void;
  /** Everything has settled: throws when something is not as it must be. */
  check?(): void;
  close(): void;
}

/** What a client shows of a view. */
export interface Shown {
  readonly rows: readonly Row[];
  /** The version at which this is true, or null before the first snapshot. */
  readonly version: number | null;
  readonly isLive: boolean;
  /** Of a window: records in the whole view, where that is known. */
  readonly total: number | null;
}

export interface ClientParts {
  readonly clock: FakeClock;
  readonly random: Random;
  /** Opens a wire to the server; `closed` is called when that fails or it ends. */
  readonly dial: (events: { opened(): void; text(text: string): void; closed(code: number): void }) => {
    send(text: string): void;
    close(): void;
  };
  readonly token: () => string;
  /** Was the store ever taken back to a backup? */
  readonly hasRestored: () => boolean;
  /** Something that must not happen. */
  readonly trouble: (what: string) => void;
}

export type MakeClient = (parts: ClientParts) => SimulatedClient;

/** What happened, to see that schedules do something. */
export interface Ran {
  readonly steps: number;
  readonly commits: number;
  readonly frames: number;
  readonly restarts: number;
}

/** Runs a schedule; throws at the first thing that is not as it must be. */
export async function runSchedule(options: ScheduleOptions): Promise<Ran> {
  const schedule = new Schedule(options);
  return await schedule.run();
}

// Everything small, so that every bound is met within a few hundred steps.
const limits: Limits = {
  ...defaults,
  windowBytes: 2_500,
  snapshotChunkBytes: 500,
  deltaBytesMax: 1_500,
  ackAgeMsMax: 600,
  stallMs: 6_000,
  captureHoldMs: 1_500,
  socketQueueBytesMax: 3_000,
  socketHoldBytesMax: 60_000,
  viewLeavesMax: 4,
  viewLingerMs: 3_000,
  heartbeatMs: 2_000,
  tombstoneMs: 6_000,
  sweepIntervalMs: 1_500,
  authRenewMs: 2_000,
  authGraceMs: 1_000,
  authPauseMs: 15_000,
};

const ORGS = ['north', 'south'];
const COLLECTIONS = ['services', 'connections'];
const WORDS = ['up', 'down', 'degraded', 'unknown'];
const ENVS = ['prod', 'test', 'däv'];

class Schedule {
  readonly #seed: number;
  readonly #chance: Random;
  readonly #clock: FakeClock;
  readonly #planted: Planted;
  readonly #oracle = new Oracle();
  readonly #replicas: Replica[] = [];
  readonly #clients: Client[] = [];
  readonly #makeClient: MakeClient | undefined;
  /** How late each replica confirms: probability per step. */
  readonly #diligence = new Map<Replica, number>();
  readonly #stalled = new Map<SocketPair, number>();
  readonly #wires = new Set<SocketPair>();
  readonly #trouble: string[] = [];
  readonly #wants: Want[] = [];
  readonly #isPlain: boolean;
  #store: MemoryStore;
  #epochs = 1;
  #server: Server | null = null;
  #backup: Backup | null = null;
  #commits = 0;
  #restarts = 0;
  #isHealed = false;
  #hasRestored = false;
  readonly #steps: number;

  constructor({ seed, steps, planted, client, isPlain }: ScheduleOptions) {
    this.#isPlain = isPlain === true;
    this.#makeClient = client;
    this.#seed = seed;
    this.#chance = new Random(seed);
    this.#clock = new FakeClock({ seed });
    this.#planted = { ...SOUND, ...planted };
    this.#steps = steps ?? 60 + this.#chance.int(240);
    this.#store = this.#newStore();
  }

  async run(): Promise<Ran> {
    try {
      await this.#start();
      const subscribers = 2 + this.#chance.int(4);
      for (let i = 0; i < subscribers; i++) this.#enlist(i);
      if (this.#makeClient !== undefined) {
        for (let i = 0; i < subscribers - 1; i++) this.#engage(this.#makeClient, `c${i}`);
      }
      for (let step = 0; step < this.#steps; step++) {
        await this.#step();
        this.#checkTrouble();
      }
      await this.#heal();
      this.#checkTrouble();
      for (const replica of this.#replicas) replica.check();
      for (const client of this.#clients) this.#checkClient(client);
      for (const { client } of this.#clients) client.check?.();
      return {
        steps: this.#steps,
        commits: this.#commits,
        frames: this.#replicas.reduce((sum, replica) => sum + replica.frames, 0),
        restarts: this.#restarts,
      };
    } finally {
      for (const { client } of this.#clients) client.close();
      await this.#stop();
    }
  }

  async #step(): Promise<void> {
    const chance = this.#chance;
    const replica = chance.pick(this.#replicas);
    const dice = chance.int(1000);
    if (dice < 520) this.#write();
    else if (dice < 590) this.#reconnect(replica);
    else if (dice < 640) this.#cut(replica);
    else if (dice < 690) this.#stall(replica);
    else if (dice < 740) this.#changeMind(replica);
    else if (dice < 770) this.#pace(replica);
    else if (dice < 800) this.#diligence.set(replica, chance.pick([0, 0.05, 0.3, 1]));
    else if (dice < 820) this.#burst();
    else if (dice < 840) this.#renew(replica);
    else if (dice < 855) await this.#restart();
    else if (dice < 862) await this.#backUp();
    else if (dice < 868) await this.#restore();
    else if (dice < 960) await this.#clock.run(chance.int(60));
    else if (dice < 990) await this.#clock.run(chance.int(1_200));
    else await this.#clock.run(chance.int(8_000));
    if (this.#clients.length > 0 && chance.chance(0.15)) this.#disturb(chance.pick(this.#clients));
    this.#live();
    if (chance.chance(0.5)) await this.#clock.run(chance.int(12));
  }

  /** What happens by itself at every step: confirmations, stalls that end, tokens that are asked for. */
  #live(): void {
    for (const replica of this.#replicas) {
      if (this.#isHealed || this.#chance.chance(this.#diligence.get(replica) ?? 1)) replica.ack();
      if (replica.asksForToken && (this.#isHealed || this.#chance.chance(0.2))) this.#renew(replica);
      if (replica.closedWith !== null && (this.#isHealed || this.#chance.chance(0.3))) this.#reconnect(replica);
    }
    for (const [pair, until] of this.#stalled) {
      if (!this.#isHealed && this.#clock.mono() < until) continue;
      this.#stalled.delete(pair);
      pair.stall(false);
    }
  }

  #enlist(i: number): void {
    const replica = new Replica({ name: `r${i}`, org: this.#chance.pick(ORGS), oracle: this.#oracle });
    this.#replicas.push(replica);
    const views = 1 + this.#chance.int(3);
    for (let v = 0; v < views; v++) replica.add(this.#want());
    this.#reconnect(replica);
  }

  /** Now and then what somebody else wants too: views are shared. */
  #want(): Want {
    if (this.#wants.length > 0 && this.#chance.chance(0.3)) return this.#chance.pick(this.#wants);
    const want = this.#newWant();
    this.#wants.push(want);
    return want;
  }

  #newWant(): Want {
    return {
      collection: this.#chance.pick(COLLECTIONS),
      filter: this.#filter(2),
      fields: this.#chance.chance(0.2) ? ['status', 'labels'] : null,
      iv: this.#chance.pick([0, 0, 50, 100, 100, 250, 1000]),
      ...this.#kind(),
    };
  }

  /** Everything, a window of it, or what there is of it. */
  #kind(): Pick<Want, 'window' | 'agg'> {
    const dice = this.#chance.int(10);
    if (dice < 5 || this.#isPlain) return { window: null, agg: null };
    if (dice < 9) return { window: this.#window(), agg: null };
    const by = this.#chance.pick(['status', 'labels.env', 'latencyMs', null]);
    const agg = { count: true, sum: ['latencyMs'], avg: ['latencyMs'], min: ['latencyMs'], max: ['phase'] } as const;
    return { window: null, agg: by === null ? agg : { ...agg, by } };
  }

  #window(): WindowWant {
    const chance = this.#chance;
    const way = (): 'asc' | 'desc' => chance.pick(['asc', 'desc']);
    const fields = chance.shuffle(['latencyMs', 'status', 'labels.env', 'version', 'phase']).slice(0, chance.int(3));
    const sort: Sort = fields.map((field) => [field, way()]);
    const window = { sort, limit: 1 + chance.int(6) };
    const order = parseSort(sort);
    if (!order.ok || chance.chance(0.3)) return window;
    if (chance.chance(0.3)) return { ...window, skip: chance.int(8) };
    const place = {
      id: `x${chance.int(14)}`,
      version: chance.int(200),
      latencyMs: chance.pick([null, chance.int(120)]),
      status: chance.pick(WORDS),
      phase: `phase-${chance.int(50)}-ü`,
      labels: { env: chance.pick(ENVS) },
    };
    const cursor = cursorOf(order.value, place);
    return chance.chance(0.5) ? { ...window, after: cursor } : { ...window, before: cursor };
  }

  #filter(depth: number): readonly Json[] {
    const chance = this.#chance;
    switch (chance.int(depth > 0 ? 10 : 7)) {
      case 0:
      case 1:
        return ['all'];
      case 2:
        return ['eq', 'status', chance.pick(WORDS)];
      case 3:
        return ['in', 'status', [chance.pick(WORDS), chance.pick(WORDS), 'up']];
      case 4:
        return ['eq', 'labels.env', chance.pick(ENVS)];
      case 5:
        return ['eq', 'id', `x${chance.int(14)}`];
      case 6:
        return ['gt', 'latencyMs', chance.int(100)];
      case 7:
        return ['and', this.#filter(depth - 1), this.#filter(depth - 1)];
      case 8:
        return ['or', this.#filter(depth - 1), this.#filter(depth - 1)];
      default:
        return ['not', this.#filter(depth - 1)];
    }
  }

  #write(): void {
    const chance = this.#chance;
    const org = chance.pick(ORGS);
    const writes = chance.chance(0.2) ? 1 + chance.int(6) : 1;
    const plans = Array.from({ length: writes }, () => ({
      collection: chance.pick(COLLECTIONS),
      id: `x${chance.int(14)}`,
      isDelete: chance.chance(0.15),
      fields: this.#fields(),
    }));
    const server = this.#server;
    if (server === null) return;
    void server.keep.commit.write(org, 'writer', (draft) => {
      for (const { collection, id, isDelete, fields } of plans) {
        const before = draft.get(collection, id);
        if (isDelete) {
          if (before !== null) draft.delete(collection, id);
        } else {
          const { id: _id, org: _org, version: _version, ...held } = before ?? { id, org, version: 0, ...BLANK };
          draft.put(collection, id, { ...held, ...fields });
        }
      }
      return ok(null);
    });
  }

  #fields(): JsonObject {
    const chance = this.#chance;
    const fields: Record<string, JsonObject[string]> = {};
    if (chance.chance(0.5)) fields['status'] = chance.pick(WORDS);
    if (chance.chance(0.4)) fields['latencyMs'] = chance.int(120);
    if (chance.chance(0.3)) fields['phase'] = `phase-${chance.int(50)}-ü`;
    if (chance.chance(0.3))
      fields['labels'] = { env: chance.pick(ENVS), ...(chance.chance(0.4) ? { team: `t${chance.int(3)}` } : {}) };
    if (chance.chance(0.05)) fields['reason'] = 'long '.repeat(chance.int(160));
    return fields;
  }

  #burst(): void {
    for (let i = 0; i < 12; i++) this.#write();
  }

  #reconnect(replica: Replica): void {
    const server = this.#server;
    if (server === null) return;
    const { pair: old } = replica;
    // Sometimes the old wire is left dangling, as after a change of networks.
    if (old !== null && this.#chance.chance(0.7)) old.caller.close();
    if (old !== null) old.vanish();
    const base = this.#isHealed ? 1 : this.#chance.int(60);
    const spread = 1 + this.#chance.int(40);
    const pair: SocketPair = new SocketPair({
      clock: this.#clock,
      delayMs: () => base + this.#chance.int(spread),
      kernelBytes: 1_000,
    });
    this.#wires.add(pair);
    pair.receiver = server.gateway.open(pair, { cookie: null, origin: null, host: null });
    replica.attach(pair, this.#token(replica));
  }

  #engage(make: MakeClient, name: string): void {
    const random = this.#chance.fork();
    const org = random.pick(ORGS);
    const state: Client = { name, org, random, shows: [], pair: null, client: NOBODY };
    state.client = make({
      clock: this.#clock,
      random,
      dial: (events) => this.#dial(state, events),
      token: () => this.#token(state),
      hasRestored: () => this.#hasRestored,
      trouble: (what) => void this.#trouble.push(`${name}: ${what}`),
    });
    this.#clients.push(state);
    for (let i = 1 + random.int(3); i > 0; i--) this.#watch(state);
  }

  #dial(state: Client, events: Parameters<ClientParts['dial']>[0]): ReturnType<ClientParts['dial']> {
    const { random } = state;
    const server = this.#server;
    if (server === null) {
      this.#clock.after(random.int(50), () => events.closed(1006));
      return { send() {}, close() {} };
    }
    const base = this.#isHealed ? 1 : random.int(60);
    const spread = 1 + random.int(40);
    const pair = new SocketPair({ clock: this.#clock, delayMs: () => base + random.int(spread), kernelBytes: 1_000 });
    this.#wires.add(pair);
    state.pair = pair;
    pair.receiver = server.gateway.open(pair, { cookie: null, origin: null, host: null });
    pair.caller.onMessage = (text) => events.text(text);
    pair.caller.onClose = (code) => events.closed(code);
    this.#clock.after(base, () => events.opened());
    return {
      send: (text) => pair.caller.send(text),
      close: () => {
        // What this side has closed says nothing more to it.
        pair.caller.onMessage = () => {};
        pair.caller.onClose = () => {};
        pair.caller.close();
      },
    };
  }

  #watch(state: Client): void {
    const known = state.random.chance(0.4) ? state.shows[0]?.drawn : undefined;
    const drawn = known ?? this.#want();
    const want = known === undefined ? drawn : rewritten(known, state.random);
    const show: Show = { drawn, want, shown: null, stop: () => {} };
    state.shows.push(show);
    show.stop = state.client.watch(want, (shown) => {
      show.shown = shown;
      // After a restore old rows may still be on screen, honestly not live; what they were true for is gone.
      if (shown.version !== null && !this.#hasRestored) this.#checkShown(state, want, shown, shown.version);
    });
  }

  /** Something happens to a client, or it changes its mind. */
  #disturb(state: Client): void {
    const { random, pair, client, shows } = state;
    const dice = random.int(8);
    if (dice === 0) pair?.cut();
    else if (dice === 1 && pair !== null) {
      pair.stall(true);
      this.#stalled.set(pair, this.#clock.mono() + random.int(9_000));
    } else if (dice === 2) client.signal(random.pick(['hidden', 'visible']));
    else if (dice === 3) client.signal(random.pick(['offline', 'online', 'focus']));
    else if (dice < 6 && shows.length < 4) this.#watch(state);
    else if (shows.length > 1) shows.splice(random.int(shows.length), 1)[0]?.stop();
  }

  #checkClient(state: Client): void {
    for (const { want, shown } of state.shows) {
      if (shown?.isLive !== true || shown.version === null) {
        throw new Error(
          `${state.name}: ${JSON.stringify(want)} is not live in the end: ${JSON.stringify(shown).slice(0, 300)}`,
        );
      }
      this.#checkShown(state, want, shown, this.#oracle.version(state.org));
    }
  }

  #checkShown({ name, org }: Client, want: Want, { rows, total }: Shown, v: number): void {
    const filter = parseFilter(want.filter);
    if (!filter.ok) throw new Error(filter.message);
    const truth = this.#oracle.view({ ...want, org, filter: filter.value }, v);
    const { window } = want;
    if (
      window !== null &&
      total !== null &&
      total !== this.#oracle.place({ ...want, org, filter: filter.value }, v).n
    ) {
      throw new Error(`${name}: ${JSON.stringify(want)} at ${v} says there are ${total}`);
    }
    if (want.window !== null && rows.map(({ id }) => id).join() !== [...truth.keys()].join()) {
      throw new Error(`${name}: ${JSON.stringify(want)} at ${v} shows ${rows.map(({ id }) => id).join()}`);
    }
    const held = new Map(rows.map((row) => [row.id, row]));
    for (const id of new Set([...truth.keys(), ...held.keys()])) {
      const [is, should] = [held.get(id), truth.get(id)];
      if (is !== undefined && should !== undefined && equalJson({ ...is, version: 0 }, { ...should, version: 0 }))
        continue;
      throw new Error(
        `${name}: ${JSON.stringify(want)} at ${v}: ${id} is ${JSON.stringify(is)}, true is ${JSON.stringify(should)}`,
      );
    }
  }

  #token(replica: { readonly name: string; readonly org: string }): string {
    const lifeMs = this.#isHealed ? 3_600_000 : this.#chance.pick([3_000, 8_000, 3_600_000]);
    return JSON.stringify([replica.name, replica.org, this.#clock.now() + lifeMs]);
  }

  #renew(replica: Replica): void {
    if (replica.isWelcome) replica.say({ t: 'auth', token: this.#token(replica) });
    replica.asksForToken = false;
  }

  #cut(replica: Replica): void {
    const { pair } = replica;
    if (pair === null) return;
    pair.cut();
    if (this.#chance.chance(0.6)) this.#reconnect(replica);
  }

  #stall(replica: Replica): void {
    const { pair } = replica;
    if (pair === null || this.#stalled.has(pair)) return;
    pair.stall(true);
    this.#stalled.set(pair, this.#clock.mono() + this.#chance.int(this.#chance.chance(0.2) ? 9_000 : 900));
  }

  #changeMind(replica: Replica): void {
    const chance = this.#chance;
    const view = replica.views[chance.int(Math.max(1, replica.views.length))];
    const dice = chance.int(4);
    if (view === undefined || (dice === 0 && replica.views.length < 4)) replica.add(this.#want());
    else if (dice === 1 && replica.views.length > 1) replica.remove(view);
    else replica.again(view, chance.chance(0.5));
  }

  #pace(replica: Replica): void {
    const chance = this.#chance;
    const view = replica.views[chance.int(Math.max(1, replica.views.length))];
    if (chance.chance(0.4)) {
      replica.isHidden = !replica.isHidden;
      if (replica.isWelcome) replica.say({ t: 'vis', hidden: replica.isHidden });
    } else if (view !== undefined && replica.isWelcome) {
      replica.say({ t: 'iv', s: view.s, iv: chance.pick([0, 50, 100, 250, 1000, 5000]) });
    }
  }

  async #start(): Promise<void> {
    const clock = this.#clock;
    const log = this.#log();
    let hub: Hub | null = null;
    const publish = (committed: Committed): void => {
      this.#commits += 1;
      this.#oracle.apply(committed);
      hub?.apply(committed);
    };
    const keep = await this.#await(openKeep({ clock, store: this.#store, log, limits, onCommitted: publish }));
    hub = new Hub({ clock, live: keep.live, epoch: keep.commit.epoch, limits, planted: this.#planted });
    const gateway = new Gateway({
      clock,
      hub,
      limits,
      log,
      planted: this.#planted,
      authenticate: async ({ bearer }) => {
        const [name, org, expiresAt]: [string, string, number] = JSON.parse(bearer ?? '');
        return ok(principal(name, org, ['read'], expiresAt));
      },
      mutate: async () => ({ ok: false, code: 'unsupported', msg: 'not here' }),
    });
    this.#server = { keep, hub, gateway };
  }

  async #stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    // Nobody is told: the process is gone.
    for (const pair of this.#wires) pair.cut();
    this.#wires.clear();
    this.#stalled.clear();
    server.gateway.close();
    server.hub.close();
    await this.#await(server.keep.close());
  }

  async #restart(): Promise<void> {
    this.#restarts += 1;
    await this.#stop();
    await this.#clock.run(this.#chance.int(2_000));
    await this.#start();
    for (const replica of this.#replicas) if (this.#chance.chance(0.8)) this.#reconnect(replica);
  }

  async #backUp(): Promise<void> {
    await this.#clock.run(50);
    const records: Parameters<Parameters<MemoryStore['load']>[0]>[0][number][] = [];
    await this.#store.load((rows) => void records.push(...rows));
    this.#backup = { records, versions: new Map(ORGS.map((org) => [org, this.#oracle.version(org)])) };
  }

  /** Goes back to the backup: another history, which must have another epoch. */
  async #restore(): Promise<void> {
    const backup = this.#backup;
    if (backup === null) return;
    await this.#stop();
    this.#oracle.rewind(backup.versions);
    this.#hasRestored = true;
    this.#store = this.#newStore();
    await this.#store.open();
    await this.#await(
      this.#store.commit({
        records: backup.records,
        changes: [...backup.versions].flatMap(([org, version]) =>
          version === 0
            ? []
            : [
                {
                  org,
                  version,
                  collection: 'services',
                  id: 'restored',
                  op: 'put' as const,
                  patch: null,
                  actor: 'restore',
                  at: 0,
                },
              ],
        ),
        transitions: [],
        samples: [],
        documents: [],
        stale: [],
        audits: [],
      }),
    );
    await this.#store.close();
    await this.#start();
    for (const replica of this.#replicas) this.#reconnect(replica);
  }

  async #heal(): Promise<void> {
    this.#isHealed = true;
    for (const pair of this.#stalled.keys()) pair.stall(false);
    this.#stalled.clear();
    for (const replica of this.#replicas) {
      replica.isHidden = false;
      if (replica.isWelcome) replica.say({ t: 'vis', hidden: false });
      if (replica.pair === null || this.#chance.chance(0.3)) this.#reconnect(replica);
    }
    for (const { client } of this.#clients) {
      client.heal?.();
      client.signal('online');
      client.signal('visible');
    }
    // Long enough for the slowest interval, chunk by chunk, and for a watermark after it.
    for (let i = 0; i < 40; i++) await this.#quiet();
    // A client may wait: for the answer of a wire that is dead, or until it asks for a token again.
    const isLive = (): boolean =>
      this.#clients.every(({ shows }) => shows.every(({ shown }) => shown?.isLive === true));
    for (let i = 0; i < 200 && !isLive(); i++) await this.#quiet();
  }

  async #quiet(): Promise<void> {
    await this.#clock.run(250);
    this.#live();
  }

  #newStore(): MemoryStore {
    const chance = this.#chance.fork();
    const epoch = `e${this.#epochs}`;
    this.#epochs += 1;
    return new MemoryStore({
      epoch,
      limits,
      onCommit: () => new Promise((resolve) => void this.#clock.after(chance.int(20), resolve)),
    });
  }

  /** Waits for something that may need virtual time to pass. */
  async #await<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = promise.finally(() => {
      isDone = true;
    });
    for (let i = 0; i < 1_000; i++) {
      await this.#clock.run(0);
      if (isDone) break;
      await this.#clock.run(10);
    }
    return await done;
  }

  #log(): Log {
    const bad = (details: object, text: string): void => {
      // A credential that has ended meanwhile is part of the schedule.
      if (text !== 'connection refused') this.#trouble.push(`${text} ${String(Object.values(details)[0])}`);
    };
    return { debug() {}, info() {}, warn: bad, error: bad };
  }

  #checkTrouble(): void {
    const [first] = this.#trouble;
    if (first !== undefined) throw new Error(`seed ${this.#seed}: the log says: ${first}`);
  }
}

const BLANK: JsonObject = { phase: '', status: 'unknown', latencyMs: null, labels: {}, reason: '' };

interface Client {
  readonly name: string;
  readonly org: string;
  readonly random: Random;
  readonly shows: Show[];
  pair: SocketPair | null;
  client: SimulatedClient;
}

interface Show {
  /** What it means; `want` may say it in other words. */
  readonly drawn: Want;
  readonly want: Want;
  shown: Shown | null;
  stop: () => void;
}

/** The same view for the server, in other words. */
function rewritten(want: Want, random: Random): Want {
  const { filter } = want;
  return {
    ...want,
    filter: random.pick([
      ['and', filter, filter],
      ['not', ['not', filter]],
      ['or', filter],
    ]),
  };
}

const NOBODY: SimulatedClient = { watch: () => () => {}, signal() {}, close() {} };

interface Server {
  readonly keep: Keep;
  readonly hub: Hub;
  readonly gateway: Gateway;
}

interface Backup {
  readonly records: Parameters<Parameters<MemoryStore['load']>[0]>[0][number][];
  readonly versions: ReadonlyMap<string, number>;
}
