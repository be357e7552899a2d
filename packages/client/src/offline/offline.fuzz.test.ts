import type { JsonObject, Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient, type Client } from '../create.ts';
import type { CommandResult } from '../errors.ts';
import { FakeLocks } from '../testing/fake-locks.ts';
import { FakeEnv, FakeServer, FakeStore } from '../testing/index.ts';
import { openKeep } from './open-keep.ts';

const RUNS = Number(process.env['OFFLINE_RUNS'] ?? 400);

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const person = fc.constantFrom('ann' as const, 'bob' as const);
const page = fc.nat(1);

/** What may happen to a browser, its pages, its disk, its network, and the server. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), id, n: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('command' as const), page, id, shown: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 2_100, 16_000, 45_000) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'down' as const, 'up' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('reload' as const, 'crash' as const, 'open' as const), page }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('become' as const), person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('signOut' as const), page }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('quota' as const, 'refused' as const, 'room' as const, 'spoil' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forget' as const, 'epoch' as const, 'day' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('loseAnswer' as const, 'hidden' as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;
type Person = 'ann' | 'bob';

interface Given {
  /** Whose the page was when it was given; null when nobody knew. */
  as: Person | null;
  on: LivePage;
  result: CommandResult | null;
  done: { person: Person; times: number }[];
}

interface LivePage {
  readonly env: FakeEnv;
  readonly sw: Client;
  /** The server said so, or what is shown says so. */
  as: Person | null;
  /** Its disk always did what it should: what it wrote down is there. */
  isSound: boolean;
  isAlive: boolean;
}

function nameOf(fields: JsonObject | undefined): string {
  const wish = fields?.['wish'];
  return typeof wish === 'string' ? wish : '';
}

class World {
  readonly store = new FakeStore();
  readonly servers: Record<Person, FakeServer>;
  readonly pages: LivePage[] = [];
  readonly given = new Map<string, Given>();
  readonly hasLocks: boolean;
  /** Whose cookie the browser has. */
  person: Person = 'ann';
  losesAnswer = false;
  isUp = true;
  readonly #locks = new FakeLocks();
  #now = 1_000_000;
  #opened = 0;
  #wishes = 0;

  constructor(hasLocks: boolean) {
    this.hasLocks = hasLocks;
    // The same epoch and like versions on purpose: a position of one would fit the other.
    this.servers = { ann: this.#serve('ann'), bob: this.#serve('bob') };
  }

  #serve(person: Person): FakeServer {
    const server = new FakeServer({ now: () => this.#now, org: person, chunkRows: 2 });
    server.onCommand = ({ f, k, op }) => {
      if (op !== 'call') return null;
      const given = this.given.get(nameOf(f));
      const entry = given?.done.find((each) => each.person === person);
      if (entry === undefined) given?.done.push({ person, times: 1 });
      else entry.times += 1;
      if (this.losesAnswer) {
        this.losesAnswer = false;
        server.cut();
      }
      return { ok: true, v: server.version, k };
    };
    for (const each of ['a', 'b', 'c']) server.put('services', { id: each, owner: person, n: 0 });
    return server;
  }

  get server(): FakeServer {
    return this.servers[this.person];
  }

  open(): void {
    if (this.pages.length >= 2) return;
    const env = new FakeEnv(this.#now, this.store);
    this.#opened += 1;
    env.idPrefix = `page${this.#opened}-`;
    env.online = this.isUp;
    if (this.hasLocks) Object.assign(env, { lock: this.#locks.of(env) });
    const keep =
      openKeep(env, { offline: { maxBytes: 4_000 }, url: 'http://fake.test', token: undefined }) ?? undefined;
    const sw = createClient({ url: 'http://fake.test', env, dial: (...wire) => this.server.dial(...wire), keep });
    const page: LivePage = { env, sw, as: null, isSound: this.store.trouble === 'none', isAlive: true };
    this.pages.push(page);
    const look = (): void => {
      if (!page.isAlive) return;
      const { org, state } = sw.connection.get();
      const owners = new Set(
        sw
          .collection('services')
          .view()
          .rows.flatMap((row) => row['owner'] ?? []),
      );
      // One person's rows at a time, and once the server has named somebody only theirs.
      expect(owners.size).toBeLessThanOrEqual(1);
      if (state === 'live') expect([...owners].filter((owner) => owner !== org)).toEqual([]);
      const [owner] = owners;
      if (org === 'ann' || org === 'bob') page.as = org;
      else if (owner === 'ann' || owner === 'bob') page.as = owner;
    };
    sw.connection.subscribe(look);
    sw.collection('services').subscribe(look);
    sw.collection('services').where(['gt', 'n', 4]).subscribe(look);
  }

  close(page: LivePage, isCrash: boolean): void {
    if (!isCrash) page.env.signal('pagehide');
    page.isAlive = false;
    this.pages.splice(this.pages.indexOf(page), 1);
    this.#locks.end(page.env);
    for (const server of Object.values(this.servers)) server.cut();
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 12; i += 1) for (const { env } of this.pages) await env.settle();
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    // In steps, so that pages live side by side.
    for (let left = ms; left > 0; left -= 15_000) {
      const step = Math.min(left, 15_000);
      for (const { env } of this.pages) await env.advance(step);
      this.#now += step;
    }
  }

  jump(ms: number): void {
    for (const { env } of this.pages) env.jump(ms);
    this.#now += ms;
  }

  command(page: LivePage, k: string, isShown: boolean): void {
    this.#wishes += 1;
    const wish = `w${this.#wishes}`;
    const given: Given = { as: page.as, on: page, result: null, done: [] };
    this.given.set(wish, given);
    void page.sw
      .collection('services')
      .call(k, 'bump', { wish, isShown })
      .then((result) => {
        // A page that is gone hears nothing.
        if (page.isAlive) given.result = result;
      });
  }

  trouble(what: FakeStore['trouble']): void {
    this.store.trouble = what;
    if (what !== 'none') for (const page of this.pages) page.isSound = false;
  }

  async do(each: Happening): Promise<void> {
    const page = 'page' in each ? this.pages[each.page % Math.max(1, this.pages.length)] : undefined;
    switch (each.do) {
      case 'put':
        this.server.put('services', { id: each.id, owner: this.person, n: each.n });
        break;
      case 'remove':
        this.server.remove('services', each.id);
        break;
      case 'command':
        if (page !== undefined) this.command(page, each.id, each.shown);
        break;
      case 'pass':
        await this.pass(each.ms);
        break;
      case 'cut':
        this.server.cut();
        break;
      case 'down':
      case 'up':
        this.setUp(each.do === 'up');
        break;
      case 'reload':
      case 'crash':
        if (page !== undefined) {
          // What it was given is written down as soon as the disk has had its turn.
          await this.settle();
          this.close(page, each.do === 'crash');
        }
        if (each.do === 'reload') this.open();
        break;
      case 'open':
        this.open();
        break;
      case 'become':
        this.person = each.person;
        for (const server of Object.values(this.servers)) server.cut();
        break;
      case 'signOut':
        if (page !== undefined) await this.signOut(page);
        break;
      case 'quota':
      case 'refused':
        this.trouble(each.do);
        break;
      case 'room':
        this.trouble('none');
        break;
      case 'spoil':
        this.store.spoil((text, key) =>
          key.includes('/r/') || key.includes('/v/') ? text.slice(0, text.length / 2) : text,
        );
        break;
      case 'forget':
        this.server.forgetHistory();
        break;
      case 'epoch':
        this.server.cut();
        this.server.startEpoch(`e${this.#now}`);
        break;
      case 'day':
        this.jump(87_000_000);
        break;
      case 'loseAnswer':
        this.losesAnswer = true;
        break;
      case 'hidden':
        for (const { env } of this.pages) env.signal('hidden');
    }
    if (each.do !== 'command' && each.do !== 'put') await this.settle();
  }

  setUp(isUp: boolean): void {
    this.isUp = isUp;
    for (const server of Object.values(this.servers)) {
      server.isUp = isUp;
      if (!isUp) server.cut();
    }
    for (const { env } of this.pages) env.signal(isUp ? 'online' : 'offline');
  }

  async signOut(page: LivePage): Promise<void> {
    const { as } = page;
    const ended = page.sw.forget();
    await this.pass(2_000);
    await ended;
    const isAlone = this.pages.every((each) => each === page);
    if (isAlone && this.store.trouble === 'none' && as !== null)
      expect(this.store.entries.filter(([, text]) => text.includes(`"owner":"${as}"`))).toEqual([]);
    // Nothing of this person is written down any more, whatever other pages of theirs still wish.
    // Who signs out where nothing is shown (offline, and the rows are spoiled) may be anybody.
    const isTheirs = (owner: Person | null): boolean => as === null || owner === as;
    for (const each of this.pages) if (isTheirs(each.as)) each.isSound = false;
    // Commands of dead pages were theirs too, and are given up with them.
    for (const given of this.given.values()) if (isTheirs(given.as) && !given.on.isAlive) given.on.isSound = false;
    page.as = null;
    page.sw.connect();
  }

  /** Everything comes back, for one and then for the other: then all accounts are to be square. */
  async end(): Promise<void> {
    this.trouble('none');
    this.losesAnswer = false;
    const seen = new Set<string>();
    await this.settle();
    for (const person of ['ann', 'bob'] as const) {
      this.person = person;
      for (const server of Object.values(this.servers)) server.cut();
      this.setUp(true);
      while (this.pages.length > 0) {
        const [page] = this.pages;
        if (page !== undefined) this.close(page, true);
      }
      this.open();
      await this.settle();
      for (let i = 0; i < 8; i += 1) {
        await this.pass(15_000);
        this.server.beat();
      }
      const [page] = this.pages;
      const { sw } = page ?? {};
      const state = sw?.collection('services').view().get();
      expect(state?.status).toBe('live');
      const truth: Row[] = ['a', 'b', 'c', 'd', 'e'].flatMap((each) => this.server.get('services', each) ?? []);
      expect([...(state?.rows ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(truth);
      expect(sw?.commands.get().pending).toEqual([]);
      for (const each of [...(sw?.commands.get().failed ?? []), ...(sw?.commands.get().conflicted ?? [])])
        seen.add(nameOf(each.fields));
      expect(page?.env.errors).toEqual([]);
    }
    for (const [wish, given] of this.given) {
      const { as, on, result, done } = given;
      const times = done.reduce((all, each) => all + each.times, 0);
      // Never twice, and never for somebody else.
      expect(times, wish).toBeLessThanOrEqual(1);
      if (as !== null && times > 0) expect(done[0]?.person, wish).toBe(as);
      // Never lost without a word: carried out, told to who gave it, or listed; but for what no disk took.
      const isKnown = times === 1 || result !== null || seen.has(wish);
      if (on.isSound && as !== null) expect(isKnown, `${wish} of ${as} is lost`).toBe(true);
    }
    for (const page of this.pages) {
      page.sw.close();
      await page.env.settle();
      expect(page.env.pending).toEqual({ timers: 0, listeners: 0 });
    }
  }
}

test('[OF8] whatever happens to pages, disk, network, server and person: no command twice or lost, no row of another, and equal after', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 50 }), fc.boolean(), async (happenings, hasLocks) => {
      const world = new World(hasLocks);
      world.open();
      await world.settle();
      await world.pass(2_500);
      for (const each of happenings) await world.do(each);
      await world.end();
    }),
    { numRuns: RUNS },
  );
}, 3_600_000);
