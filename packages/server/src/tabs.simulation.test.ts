/**
 * Several tabs of one browser against the real server, over the simulation's network: tabs are opened, crash, freeze, are
 * hidden, cached and signed out while the schedule writes, restarts, restores, cuts and stalls. See testing/simulation.
 */
import { createClient, type Client } from '@statewire/client';
import { FakeBrowser, type FakeTab } from '@statewire/client/testing';
import { equalJson, type Json } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { Random } from './testing/random.ts';
import { simulationConfig } from './testing/simulation/config.ts';
import { watchWith } from './testing/simulation/watch.ts';
import {
  runSchedule,
  type ClientParts,
  type Shown,
  type SimulatedClient,
  type ScheduleOptions,
} from './testing/simulation/schedule.ts';

type Want = Parameters<SimulatedClient['watch']>[0];

const { schedules, seed: onlySeed, firstSeed } = simulationConfig;

test('[TB1] [TB10] after each schedule every tab shows the truth, versions never went back, and there is one connection', async () => {
  // All of them at night; by day a part, because these are the slowest of all.
  const asked = schedules >= NIGHTLY ? schedules : Math.ceil(schedules / 5);
  const count = onlySeed === null ? asked : 1;
  const sum: Sum = { crashes: 0, freezes: 0, tabs: 0, dials: 0 };
  for (let i = 0; i < count; i++) {
    const seed = onlySeed ?? firstSeed + i;
    await run({ seed }, sum).catch((error: unknown) => {
      throw new Error(`schedule ${seed} failed; replay it with:\n  SIM_SEED=${seed} npm run unit -- tabs.simulation`, {
        cause: error,
      });
    });
  }
  // A simulation in which nothing happens would pass too.
  expect(sum.tabs).toBeGreaterThan(count * 2);
  if (onlySeed === null) expect(sum.crashes + sum.freezes).toBeGreaterThan(count);
}, 3_600_000);

const NIGHTLY = 10_000;

interface Sum {
  crashes: number;
  freezes: number;
  tabs: number;
  dials: number;
}

async function run(options: ScheduleOptions, sum: Sum): Promise<void> {
  await runSchedule({ ...options, client: (parts) => new Tabs(parts, sum) });
}

interface Tab {
  readonly page: FakeTab;
  readonly user: string;
  client: Client;
}

interface Watch {
  readonly want: Want;
  readonly onChange: (shown: Shown) => void;
  /** The same in all tabs that show it. */
  readonly copies: readonly Watch[];
  tab: Tab;
  shown: Shown | null;
  /** Counts the tabs it was shown in. */
  showing: number;
  stop: () => void;
}

class Tabs implements SimulatedClient {
  readonly #parts: ClientParts;
  readonly #random: Random;
  readonly #sum: Sum;
  readonly #browser: FakeBrowser;
  readonly #watches = new Set<Watch>();
  #tabs: Tab[] = [];
  #isHealed = false;
  #isOver = false;

  constructor(parts: ClientParts, sum: Sum) {
    const { clock, random } = parts;
    this.#parts = parts;
    this.#random = random.fork();
    this.#sum = sum;
    const hands = this.#random.fork();
    this.#browser = new FakeBrowser({
      now: () => clock.now(),
      after: (ms, fn) => clock.after(ms, fn),
      random: () => hands.next(),
    });
    this.#browser.latencyMs = () => (this.#isHealed ? 0 : this.#random.int(4));
    this.#browser.loses = () => !this.#isHealed && this.#random.chance(0.02);
    for (let i = 2 + this.#random.int(3); i > 0; i--) this.#open();
    this.#plan();
  }

  /** What one person looks at they often look at in several tabs. */
  watch(want: Want, onChange: (shown: Shown) => void): () => void {
    const copies: Watch[] = [];
    for (let i = this.#random.pick([1, 2, 3]); i > 0; i--) {
      copies.push({ want, onChange, copies, tab: this.#pick(), shown: null, showing: 0, stop: () => {} });
    }
    for (const watch of copies) {
      this.#watches.add(watch);
      this.#show(watch);
    }
    return () => {
      for (const watch of copies) {
        this.#watches.delete(watch);
        watch.stop();
      }
    };
  }

  signal(signal: 'focus' | 'hidden' | 'offline' | 'online' | 'visible'): void {
    const tabs = this.#isHealed ? this.#tabs : [this.#pick()];
    for (const { page } of tabs) page.signal(signal);
  }

  heal(): void {
    this.#isHealed = true;
    for (const { page } of this.#tabs) {
      page.restore();
      page.signal('focus');
    }
  }

  check(): void {
    const users = new Set([...this.#watches].map(({ tab }) => tab.user));
    const sockets = this.#tabs.reduce((sum, { page }) => sum + page.sockets, 0);
    const idle = new Set(this.#tabs.map(({ user }) => user));
    if (sockets > idle.size || sockets < users.size) {
      throw new Error(`${sockets} connections of ${this.#tabs.length} tabs of ${idle.size} people`);
    }
    for (const { want, shown, tab, copies } of this.#watches) {
      const other = copies[0]?.shown;
      const isSame = shown?.isLive === true && equalJson(rowsOf(shown), rowsOf(other ?? shown));
      if (!isSame) {
        const [is, should] = [shown, other].map((each) => JSON.stringify(each ?? null).slice(0, 1_000));
        throw new Error(`${tab.page.id} shows ${is}, another tab ${should}, for ${JSON.stringify(want)}`);
      }
    }
    for (const { page } of this.#tabs) {
      if (page.errors.length > 0) throw new Error(`a tab reported ${String(page.errors[0])}`);
    }
  }

  close(): void {
    this.#isOver = true;
    for (const { client } of this.#tabs) client.close();
    const { locks, channels } = this.#browser.pending;
    if (locks + channels > 0) throw new Error(`left behind: ${locks} locks, ${channels} channels`);
  }

  #open(): Tab {
    this.#sum.tabs += 1;
    const page = this.#browser.open(this.#random.chance(0.7));
    const user = this.#random.chance(0.85) ? 'a' : 'b';
    const tab: Tab = { page, user, client: this.#client(page, user) };
    this.#tabs.push(tab);
    return tab;
  }

  #client(page: FakeTab, user: string): Client {
    const { dial, token } = this.#parts;
    return createClient({
      url: 'http://simulated.test',
      tabs: 'auto',
      env: page,
      lingerMs: 500,
      token: () => Promise.resolve(jwtOf(token(), user)),
      dial: page.dial((_, events) => {
        this.#sum.dials += 1;
        const wire = dial({ ...events, closed: (code) => events.closed(code, '') });
        return { send: (text) => wire.send(plain(text)), close: () => wire.close() };
      }),
    });
  }

  #pick(): Tab {
    return this.#random.pick(this.#tabs);
  }

  #show(watch: Watch): void {
    const { want, tab } = watch;
    watch.showing += 1;
    const { showing } = watch;
    let last = -1;
    watch.stop = watchWith(tab.client, want, (shown) => {
      // What a tab that is gone still says is nobody's.
      if (showing !== watch.showing) return;
      const { version, isLive } = shown;
      if (isLive && version !== null) {
        // Restores take versions back; nothing else does.
        if (version < last && !this.#isRestored) this.#parts.trouble(`version went back: ${last} -> ${version}`);
        last = version;
      }
      watch.shown = shown;
      // Live is what is live in every tab.
      const isLiveInAll = watch.copies.every((each) => each.shown?.isLive === true);
      watch.onChange({ ...shown, isLive: isLiveInAll });
    });
  }

  get #isRestored(): boolean {
    return this.#parts.hasRestored();
  }

  #plan(): void {
    this.#parts.clock.after(20 + this.#random.int(2_500), () => {
      if (this.#isOver || this.#isHealed) return;
      this.#act();
      this.#plan();
    });
  }

  #act(): void {
    const random = this.#random;
    const tab = this.#pick();
    const { page } = tab;
    switch (random.int(12)) {
      case 0:
        if (this.#tabs.length < 6) this.#open();
        return;
      case 1:
        this.#crash(tab);
        return;
      case 2: {
        const leader = this.#browser.holderOf('');
        const found = this.#tabs.find((each) => each.page === leader);
        if (found !== undefined) this.#crash(found);
        return;
      }
      case 3:
      case 4: {
        this.#sum.freezes += 1;
        page.freeze(random.chance(0.5));
        const thaw = (): void => page.thaw();
        this.#parts.clock.after(random.int(25_000), thaw);
        return;
      }
      case 5:
        page.cache();
        this.#parts.clock.after(random.int(6_000), () => page.restore());
        return;
      case 6: {
        // One looks at one tab.
        for (const each of this.#tabs) each.page.signal(each === tab ? 'visible' : 'hidden');
        return;
      }
      case 7:
        for (const each of this.#tabs) each.page.signal('hidden');
        return;
      case 8:
        // Signs out, and in again.
        if (page.isFrozen) return;
        tab.client.close();
        tab.client = this.#client(page, tab.user);
        this.#move(tab, () => tab);
        return;
      case 9:
        tab.client.disconnect();
        tab.client.connect();
        return;
      default:
        page.signal(random.pick(['visible', 'hidden', 'focus']));
    }
  }

  #crash(tab: Tab): void {
    this.#sum.crashes += 1;
    tab.page.crash();
    this.#tabs = this.#tabs.filter((each) => each !== tab);
    if (this.#tabs.length === 0) this.#open();
    this.#move(tab, () => this.#pick());
    // The program is gone with its page; this only stops its timers.
    tab.client.close();
  }

  /** What was looked at there is looked at elsewhere. */
  #move(from: Tab, to: () => Tab): void {
    for (const watch of this.#watches) {
      if (watch.tab !== from) continue;
      watch.tab = to();
      this.#show(watch);
    }
  }
}

function rowsOf({ rows }: Shown): Json {
  return rows.map((row) => ({ ...row, version: 0 })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A token of the simulation as a JWT says it: whose it is, and what differs each time in its id. */
function jwtOf(token: string, user: string): string {
  const [name, org, expiresAt]: [string, string, number] = JSON.parse(token);
  const sub = `${name}${user}`;
  return `e.${btoa(JSON.stringify({ sub, org, jti: JSON.stringify([sub, org, expiresAt]) }))}.s`;
}

/** The frame with the simulation's own token in it. */
function plain(text: string): string {
  const frame: { readonly token?: string } = JSON.parse(text);
  if (frame.token === undefined) return text;
  const { jti }: { readonly jti: string } = JSON.parse(atob(frame.token.split('.')[1] ?? ''));
  return JSON.stringify({ ...frame, token: jti });
}
