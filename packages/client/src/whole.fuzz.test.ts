/**
 * The client as apps get it: the ladder of transports under one connection for all tabs under what is kept in the browser. Each
 * is proved alone beside its code; here they stand on each other.
 */
import type { JsonObject, Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ladder } from './connect/ladder.ts';
import type { Dial, Transport } from './connect/transport.ts';
import { createClient, type Client } from './create.ts';
import type { CommandResult } from './errors.ts';
import { Hosts } from './tabs/hosts.ts';
import { shareDial, type ToWorker } from './tabs/share.ts';
import { FakeBrowser, FakeEnv, FakeRequests, FakeServer, FakeStore, type FakeTab } from './testing/index.ts';

const RUNS = Number(process.env['WHOLE_RUNS'] ?? 150);
/** A seed that a failure named. */
const SEED = process.env['WHOLE_SEED'];
/** Where in its schedules the failing one is; without it all of them run again. */
const PATH = process.env['WHOLE_PATH'];

const IDS = ['a', 'b', 'c', 'd', 'e'];
const PEOPLE = ['ann', 'bob'] as const;
type Person = (typeof PEOPLE)[number];

const id = fc.constantFrom(...IDS);
const tab = fc.nat(2);

/** What may happen to a browser, its tabs, its person, the network and the server. */
const happening = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), id, n: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('command' as const), tab, id }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 2_100, 6_000, 40_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('sockets' as const), are: fc.constantFrom('open', 'refused', 'mute') }),
  },
  // A proxy from here on, and as the leader finds out about it.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('only' as const), way: fc.constantFrom('sse', 'poll', 'get') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('block' as const, 'stall' as const),
      doors: fc.subarray(['sse', 'cmd', 'poll'] as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'down' as const, 'up' as const, 'restart' as const, 'epoch' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'crash' as const,
        'reload' as const,
        'freeze' as const,
        'told' as const,
        'thaw' as const,
        'cache' as const,
        'hidden' as const,
        'visible' as const,
        'disconnect' as const,
        'reopen' as const,
      ),
      tab,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'crashLeader' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('become' as const), person: fc.constantFrom(...PEOPLE) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('signOut' as const), tab }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('loseAnswer' as const, 'online' as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

interface Tab {
  readonly page: FakeTab;
  sw: Client;
  /** The server said so, or what is shown says so. */
  as: Person | null;
  /** Somebody of this person signed out beside it: it writes nothing down any more (OF6). */
  isOut: boolean;
}

interface Given {
  readonly as: Person | null;
  readonly page: FakeTab;
  /** Its person has signed out in this browser since, and with that its place on the disk. */
  isGivenUp: boolean;
  result: CommandResult | null;
  readonly done: Person[];
}

/** Kinds of connections that carried anything in any schedule. */
const carried = new Set<Transport | null>();

class World {
  readonly env = new FakeEnv();
  readonly browser: FakeBrowser;
  readonly store = new FakeStore();
  readonly servers: Record<Person, FakeServer>;
  readonly doors: Record<Person, FakeRequests>;
  readonly given = new Map<string, Given>();
  readonly closed: Tab[] = [];
  readonly hasToken: boolean;
  /** A shared worker that leads, or null. It lives as long as the browser. */
  readonly worker: { readonly page: FakeTab; readonly hosts: Hosts } | null;
  tabs: Tab[] = [];
  person: Person = 'ann';
  sockets = 'open';
  losesAnswer = false;
  #epochs = 1;

  constructor({
    hasToken,
    hasWorker,
    seed,
  }: {
    readonly hasToken: boolean;
    readonly hasWorker: boolean;
    readonly seed: number;
  }) {
    this.hasToken = hasToken;
    const random = chances(seed);
    this.browser = new FakeBrowser({
      now: () => this.env.now(),
      after: (ms, fn) => this.env.after(ms, fn),
      random,
    });
    this.browser.latencyMs = () => Math.floor(random() * 3);
    this.browser.loses = () => random() < 0.01;
    // The same epoch and like versions on purpose: a position of one would fit the other.
    this.servers = { ann: this.#serve('ann'), bob: this.#serve('bob') };
    this.doors = {
      ann: new FakeRequests(this.servers.ann, this.env),
      bob: new FakeRequests(this.servers.bob, this.env),
    };
    this.worker = hasWorker ? this.#work() : null;
  }

  #work(): World['worker'] {
    const page = this.browser.open();
    page.fetch = page.requests((asking, events) => this.doors[this.person].fetch(asking, events));
    const hosts = new Hosts(page, () => ladder(page, { dials: { websocket: page.dial(this.#socket) } }));
    return { page, hosts };
  }

  #serve(person: Person): FakeServer {
    const server = new FakeServer({ now: () => this.env.now(), org: person, chunkRows: 2 });
    server.principal = person;
    server.onCommand = ({ f, k, op }) => {
      if (op !== 'call') return null;
      this.given.get(wishOf(f))?.done.push(person);
      if (this.losesAnswer) {
        this.losesAnswer = false;
        queueMicrotask(() => this.cut());
      }
      return { ok: true, v: server.version, k };
    };
    for (const each of ['a', 'b', 'c']) server.put('services', { id: each, owner: person, n: 0 });
    return server;
  }

  get server(): FakeServer {
    return this.servers[this.person];
  }

  cut(): void {
    for (const server of Object.values(this.servers)) server.cut();
    for (const doors of Object.values(this.doors)) doors.cut();
  }

  setUp(isUp: boolean): void {
    for (const server of Object.values(this.servers)) server.isUp = isUp;
    if (!isUp) this.cut();
  }

  readonly #socket: Dial = (url, events) => {
    if (this.sockets === 'open') return this.server.dial(url, events);
    if (this.sockets === 'mute') return { send: () => undefined, close: () => undefined };
    const timer = this.env.after(5, () => events.closed(1006, ''));
    return { send: () => undefined, close: () => timer.cancel() };
  };

  open(): void {
    if (this.tabs.length >= 3) return;
    const page = this.browser.open();
    page.store = page.shelves(this.store);
    page.fetch = page.requests((asking, events) => this.doors[this.person].fetch(asking, events));
    const opened: Tab = { page, sw: this.#client(page), as: null, isOut: false };
    this.tabs.push(opened);
    this.#look(opened);
  }

  #client(page: FakeTab): Client {
    const dial = ladder(page, { dials: { websocket: page.dial(this.#socket) } });
    const { worker } = this;
    const toWorker: ToWorker = (message) => worker?.page.later(() => worker.hosts.take(message));
    return createClient({
      url: 'http://fake.test',
      env: page,
      offline: true,
      ...(worker === null
        ? { dial }
        : { tabs: 'off', dial: shareDial(page, dial, { tabs: 'worker', worker: toWorker }) }),
      ...(this.hasToken ? { token: tokenOf(this.person) } : {}),
    });
  }

  #look(opened: Tab): void {
    const { page, sw } = opened;
    const look = (): void => {
      if (page.isGone || opened.sw !== sw) return;
      const { org, state, transport } = sw.connection.get();
      const owners = new Set(
        sw
          .collection('services')
          .view()
          .rows.map((row) => row['owner']),
      );
      // One person's rows at a time, and once the server has named somebody only theirs.
      expect(owners.size).toBeLessThanOrEqual(1);
      if (state === 'live') {
        expect([...owners].filter((owner) => owner !== org)).toEqual([]);
        carried.add(transport);
      }
      const [owner] = owners;
      const found = PEOPLE.find((each) => each === org) ?? PEOPLE.find((each) => each === owner);
      if (found !== undefined) opened.as = found;
    };
    sw.connection.subscribe(look);
    sw.collection('services').subscribe(look);
    sw.collection('services').where(['gt', 'n', 4]).subscribe(look);
  }

  /** Another program in the same page, as after signing in or a route of its own. */
  renew(each: Tab): void {
    const before = each.sw;
    each.sw = this.#client(each.page);
    each.as = null;
    each.isOut = false;
    before.close();
    this.#look(each);
  }

  end(each: Tab): void {
    each.page.crash();
    this.tabs = this.tabs.filter((other) => other !== each);
    this.closed.push(each);
    // The program is gone with its page; this only stops its timers.
    each.sw.close();
  }

  command({ page, sw, as, isOut }: Tab, k: string): void {
    const wish = `w${this.given.size}`;
    const given: Given = { as, page, isGivenUp: isOut, result: null, done: [] };
    this.given.set(wish, given);
    void sw
      .collection('services')
      .call(k, 'bump', { wish })
      .then((result) => {
        if (!page.isGone) given.result = result;
      });
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 4; i += 1) await this.env.settle();
  }

  become(person: Person): void {
    if (person === this.person) return;
    this.person = person;
    if (this.hasToken) for (const each of this.tabs) this.renew(each);
    else this.cut();
  }

  async signOut(each: Tab): Promise<void> {
    const { as } = each;
    const ended = each.sw.forget();
    await this.env.advance(2_000);
    await ended;
    // Nothing of this person is written down any more, whatever other tabs of theirs still wish.
    for (const given of this.given.values()) if (given.as === as) given.isGivenUp = true;
    for (const other of this.tabs) if (other !== each && other.as === as) other.isOut = true;
    each.as = null;
    each.sw.connect();
  }

  // oxlint-disable-next-line complexity -- true: one line for each thing that may happen.
  async do(each: Happening): Promise<void> {
    const found = 'tab' in each ? this.tabs[each.tab % Math.max(1, this.tabs.length)] : undefined;
    const alive = found?.page.isFrozen === true ? undefined : found;
    switch (each.do) {
      case 'put':
        this.server.put('services', { id: each.id, owner: this.person, n: each.n });
        return;
      case 'remove':
        this.server.remove('services', each.id);
        return;
      case 'command':
        if (alive !== undefined) this.command(alive, each.id);
        return;
      case 'pass':
        await this.env.advance(each.ms);
        break;
      case 'sockets':
        this.sockets = each.are;
        break;
      case 'block':
      case 'stall':
        for (const { network } of Object.values(this.doors))
          network[each.do === 'block' ? 'blocked' : 'stalled'] = new Set(each.doors);
        break;
      case 'only':
        this.sockets = 'refused';
        for (const { network } of Object.values(this.doors))
          network.blocked = new Set(each.way === 'sse' ? [] : each.way === 'poll' ? ['sse'] : ['sse', 'poll']);
        this.cut();
        await this.env.advance(25_000);
        break;
      case 'cut':
        this.cut();
        break;
      case 'down':
      case 'up':
        this.setUp(each.do === 'up');
        break;
      case 'restart':
        this.cut();
        for (const server of Object.values(this.servers)) server.renumber();
        break;
      case 'epoch':
        this.cut();
        this.#epochs += 1;
        for (const server of Object.values(this.servers)) server.startEpoch(`e${this.#epochs}`);
        break;
      case 'crash':
      case 'reload':
        // What it was given is written down as soon as the disk has had its turn.
        await this.settle();
        if (each.do === 'reload') found?.page.signal('pagehide');
        if (found !== undefined) this.end(found);
        if (each.do === 'reload' || this.tabs.length === 0) this.open();
        break;
      case 'crashLeader': {
        await this.settle();
        const leader = this.tabs.find(({ sw }) => sw.connection.get().role === 'leader');
        if (leader !== undefined) this.end(leader);
        if (this.tabs.length === 0) this.open();
        break;
      }
      case 'open':
        this.open();
        break;
      case 'freeze':
      case 'told':
        await this.settle();
        found?.page.freeze(each.do === 'told');
        break;
      case 'thaw':
        found?.page.restore();
        break;
      case 'cache':
        await this.settle();
        alive?.page.cache();
        break;
      case 'hidden':
      case 'visible':
        found?.page.signal(each.do);
        break;
      case 'disconnect':
        alive?.sw.disconnect();
        await this.settle();
        alive?.sw.connect();
        break;
      case 'reopen':
        if (alive !== undefined) {
          await this.settle();
          this.renew(alive);
        }
        break;
      case 'become':
        this.become(each.person);
        break;
      case 'signOut':
        if (alive !== undefined) await this.signOut(alive);
        break;
      case 'loseAnswer':
        this.losesAnswer = true;
        break;
      case 'online':
        for (const { page } of this.tabs) page.signal('online');
    }
    await this.settle();
  }

  /** Everything comes back, for one and then for the other; the tabs stay as they are, and all accounts are to be square. */
  async square(): Promise<void> {
    this.losesAnswer = false;
    this.sockets = 'open';
    this.browser.loses = () => false;
    for (const { network } of Object.values(this.doors))
      Object.assign(network, { blocked: new Set(), stalled: new Set() });
    const told = new Set<string>();
    for (const person of PEOPLE) {
      this.become(person);
      this.setUp(true);
      if (this.tabs.length === 0) this.open();
      for (const { page } of this.tabs) {
        page.restore();
        page.signal('visible');
      }
      for (let i = 0; i < 14; i += 1) {
        await this.env.advance(10_000);
        this.server.beat();
      }
      const truth: Row[] = IDS.flatMap((each) => this.server.get('services', each) ?? []);
      for (const { page, sw } of this.tabs) {
        for (const isPart of [false, true]) {
          const services = sw.collection('services');
          const state = (isPart ? services.where(['gt', 'n', 4]) : services).view().get();
          expect(state.status, page.id).toBe('live');
          const rows = [...state.rows].sort((a, b) => (a.id < b.id ? -1 : 1));
          expect(rows, page.id).toEqual(truth.filter((row) => !isPart || Number(row['n']) > 4));
        }
        const { pending, failed, conflicted } = sw.commands.get();
        expect(pending, page.id).toEqual([]);
        for (const each of [...failed, ...conflicted]) told.add(wishOf(each.fields));
        expect(page.errors).toEqual([]);
      }
      this.#haveOne();
    }
    for (const [wish, { as, page, isGivenUp, result, done }] of this.given) {
      // Never twice, and never for somebody else.
      expect(done.length, wish).toBeLessThanOrEqual(1);
      if (as !== null && done.length > 0) expect(done[0], wish).toBe(as);
      if (result?.ok === true) expect(done.length, wish).toBe(1);
      const isKnown = done.length === 1 || result !== null || told.has(wish);
      if (!isGivenUp && as !== null) expect(isKnown, `${wish} of ${as} in ${page.id} is lost`).toBe(true);
    }
  }

  /** One real connection, and every tab says the same of it. */
  #haveOne(): void {
    const seen = this.tabs.map(({ sw }) => sw.connection.get());
    // With a worker no tab leads, unless one did before it came.
    const leaders = seen.filter(({ role }) => role === 'leader').length;
    expect(seen.every(({ role }) => role !== 'alone')).toBe(true);
    expect(leaders).toBeLessThanOrEqual(1);
    if (this.worker === null) expect(leaders).toBe(1);
    expect(new Set(seen.map(({ transport }) => transport)).size).toBe(1);
    for (const [person, server] of Object.entries(this.servers))
      expect(server.connections, person).toBe(person === this.person ? 1 : 0);
  }

  async close(): Promise<void> {
    for (const { sw } of this.tabs) sw.close();
    await this.settle();
    // Timers of pages that are gone ring for nobody.
    await this.env.advance(120_000);
    this.worker?.hosts.close();
    expect(this.env.pending).toEqual({ timers: 0, listeners: 0 });
    expect(this.browser.pending).toEqual({ locks: 0, channels: 0 });
    for (const server of Object.values(this.servers)) expect(server.connections).toBe(0);
    for (const doors of Object.values(this.doors)) expect(doors.open).toBe(0);
  }
}

function wishOf(fields: JsonObject | undefined): string {
  const wish = fields?.['wish'];
  return typeof wish === 'string' ? wish : '';
}

function tokenOf(person: Person): string {
  return `e.${btoa(JSON.stringify({ sub: person, org: person }))}.s`;
}

/** Chance that is the same each time. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('[LA10] [TB1] [SW1] [OF8] tabs over every transport with a disk: after anything each equals the server, over one connection, and no command is lost or done twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 40 }),
      fc.boolean(),
      fc.boolean(),
      fc.nat(),
      async (happenings, hasToken, hasWorker, seed) => {
        const world = new World({ hasToken, hasWorker, seed });
        world.open();
        world.open();
        await world.env.advance(2_500);
        for (const each of happenings) await world.do(each);
        await world.square();
        await world.close();
      },
    ),
    {
      numRuns: RUNS,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      ...(PATH === undefined ? {} : { path: PATH, endOnFailure: true }),
    },
  );
  // The schedules did what they are for.
  if (PATH !== undefined) return;
  for (const each of ['websocket', 'sse', 'poll', 'get'] as const) expect(carried).toContain(each);
}, 3_600_000);
