import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient as createCore, type Client, type FullOptions } from '../create.ts';
import { FakeLocks } from '../testing/fake-locks.ts';
import { FakeEnv, FakeServer, FakeStore } from '../testing/index.ts';
import { Told } from '../state/told.ts';
import type { CollectionState } from '../views/shown.ts';
import type { OfflineOptions } from './keeper.ts';
import { KeptViews } from './kept-views.ts';
import { openKeep } from './open-keep.ts';
import { restore } from './recall.ts';

interface Page {
  readonly env: FakeEnv;
  readonly sw: Client;
}

/** One browser with what it keeps, and one server. Pages come and go. */
class Browser {
  readonly store = new FakeStore();
  now = 1_000_000;
  readonly server = new FakeServer({ now: () => this.now + 5_000 });
  readonly pages = new Set<Page>();
  readonly #locks = new FakeLocks();
  #opened = 0;

  open(options: Partial<FullOptions> & { readonly offline?: OfflineOptions; readonly hasLocks?: boolean } = {}): Page {
    const env = new FakeEnv(this.now, this.store);
    this.#opened += 1;
    env.idPrefix = `page${this.#opened}-`;
    env.online = this.server.isUp;
    const { offline = true, hasLocks = false, ...rest } = options;
    if (hasLocks) Object.assign(env, { lock: this.#locks.of(env) });
    const keep = openKeep(env, { offline, url: 'http://fake.test', token: rest.token }) ?? undefined;
    const page = { env, sw: createCore({ url: 'http://fake.test', env, dial: this.server.dial, keep, ...rest }) };
    this.pages.add(page);
    return page;
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    for (const { env } of this.pages) await env.advance(ms);
    this.now += ms;
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 10; i += 1) for (const { env } of this.pages) await env.settle();
  }

  /** The page is gone from one moment to the next, as by a crash: nothing of it runs any more. */
  kill(page: Page): void {
    this.pages.delete(page);
    this.#locks.end(page.env);
    this.server.cut();
  }

  /** The network is gone; the pages know. */
  cut(): void {
    this.server.isUp = false;
    this.server.cut();
    for (const { env } of this.pages) env.signal('offline');
  }

  mend(): void {
    this.server.isUp = true;
    for (const { env } of this.pages) env.signal('online');
  }
}

function watch(
  { sw }: Page,
  name = 'services',
): { readonly states: CollectionState<Row>[]; last(): CollectionState<Row> } {
  const states: CollectionState<Row>[] = [];
  sw.collection(name).subscribe((state) => states.push(state));
  return {
    states,
    last: () => {
      const state = states.at(-1);
      if (state === undefined) throw new Error('nothing was shown');
      return state;
    },
  };
}

const names = (state: CollectionState<Row>): unknown[] => state.rows.map((row) => row['name']);

async function lived(browser: Browser, options: Parameters<Browser['open']>[0] = {}): Promise<Page> {
  const page = browser.open(options);
  watch(page);
  await browser.settle();
  await browser.pass(2_500);
  return page;
}

test('[OF1] nothing is kept, opened or timed without the option, or before something is asked for', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const env = new FakeEnv(0, browser.store);
  expect(openKeep(env, { offline: false, url: 'x', token: undefined })).toBeNull();
  expect(openKeep(new FakeEnv(), { offline: true, url: 'x', token: undefined })).toBeNull();
  const page = browser.open();
  await browser.pass(10_000);
  expect(page.env.pending).toEqual({ timers: 0, listeners: 0 });
  page.sw.close();
  await browser.settle();
  expect(browser.store.entries).toEqual([]);
});

test('[OF2] [OF3] a page that starts offline shows the kept rows at once, as of when they were last known to be true', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const first = await lived(browser);
  browser.server.put('services', { id: 'b', name: 'B' });
  await browser.pass(2_500);
  const heardAt = first.sw.collection('services').view().verifiedAt;
  browser.cut();
  first.env.signal('pagehide');
  await browser.settle();
  browser.kill(first);
  await browser.pass(3_600_000);
  const second = browser.open();
  const shown = watch(second);
  expect(shown.last()).toMatchObject({ hasData: false, status: 'loading' });
  await browser.settle();
  expect(names(shown.last())).toEqual(['A', 'B']);
  expect(shown.last().status).toBe('offline');
  expect(shown.last().asOf).toBe(shown.last().verifiedAt);
  // The hour away is not hidden, and the time is the server's.
  expect(shown.last().asOf).toBeLessThanOrEqual(browser.now + 5_000 - 3_600_000);
  expect(Math.abs((shown.last().asOf ?? 0) - (heardAt ?? 0))).toBeLessThanOrEqual(2_500);
  expect(second.sw.serverNow()).toBe(second.env.now() + 5_000);
  second.sw.close();
  expect(second.env.pending).toEqual({ timers: 0, listeners: 0 });
});

test('[OF4] the first hello resumes from the kept position: what changed meanwhile is told, not everything', async () => {
  const browser = new Browser();
  for (let i = 0; i < 200; i += 1) browser.server.put('services', { id: `s${i}`, name: `S${i}` });
  const first = await lived(browser);
  browser.kill(first);
  browser.server.put('services', { id: 's7', name: 'new' });
  browser.server.remove('services', 's9');
  const second = browser.open();
  const shown = watch(second);
  await browser.settle();
  expect(shown.last().status).toBe('live');
  expect(shown.last().asOf).toBeNull();
  expect(shown.last().rows).toHaveLength(199);
  expect(shown.last().get('s7')).toMatchObject({ name: 'new' });
  const hello = browser.server.received.findLast((frame) => frame.t === 'hello');
  expect(hello?.t === 'hello' ? hello.subs : []).toMatchObject([{ c: 'services', since: { e: 'e1', v: 201 } }]);
  // The rows that did not change are the kept ones: shown before, not told again.
  expect(shown.states.filter((state) => state.hasData)[0]?.rows).toHaveLength(200);
  second.sw.close();
});

test('[OF4] a kept position of another epoch is worth nothing, and one that the server no longer reaches is reconciled', async () => {
  const browser = new Browser();
  for (let i = 0; i < 5; i += 1) browser.server.put('services', { id: `s${i}`, name: `S${i}` });
  browser.kill(await lived(browser));
  browser.server.put('services', { id: 's1', name: 'new' });
  browser.server.forgetHistory();
  const second = await lived(browser);
  expect(
    second.sw
      .collection('services')
      .view()
      .rows.map((row) => row['name']),
  ).toEqual(['S0', 'new', 'S2', 'S3', 'S4']);
  browser.kill(second);
  browser.server.startEpoch('e2');
  const third = await lived(browser);
  expect(third.sw.collection('services').view().get()).toMatchObject({ status: 'live' });
  expect(third.sw.collection('services').view().rows).toHaveLength(5);
  third.sw.close();
});

function jwt(claims: object): string {
  return `h.${btoa(JSON.stringify(claims))}.s`;
}

/** Whether a page that starts without a network shows what an earlier page with this credential was told. */
async function showsAfter(before: FullOptions['token'], after: FullOptions['token']): Promise<boolean> {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  browser.kill(await lived(browser, { token: before }));
  browser.cut();
  const page = browser.open({ token: after });
  const shown = watch(page);
  await browser.pass(3_000);
  page.sw.close();
  return shown.states.some(({ rows }) => rows.length > 0);
}

const ann = jwt({ sub: 'ann', exp: 1 });
const annLater = jwt({ sub: 'ann', exp: 2 });
const bob = jwt({ sub: 'bob' });
const failing = (): Promise<string> => Promise.reject(new Error('no network'));

test.each<[string, boolean, FullOptions['token'], FullOptions['token']]>([
  ['the cookie, which says nothing, is taken for whom the server named last', true, undefined, undefined],
  ['the same key', true, 'sw_one', 'sw_one'],
  ['another key', false, 'sw_one', 'sw_two'],
  ['a key where there was the cookie', false, undefined, 'sw_one'],
  ['the cookie where there was a key', false, 'sw_one', undefined],
  ['another token of the same person', true, ann, annLater],
  ['a token of somebody else', false, ann, bob],
  ['a function that gives a token of the same person', true, () => ann, () => annLater],
  ['a function that gives a token of somebody else', false, () => ann, () => bob],
  ['a function that fails, as it does without a network', true, () => ann, failing],
])('[OF5] before the server speaks: %s', async (_, isShown, before, after) => {
  expect(await showsAfter(before, after)).toBe(isShown);
});

test('[OF5] kept rows of somebody the server then does not name are let go of before anyone hears of the connection', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'of ann' });
  browser.kill(await lived(browser));
  browser.server.principal = 'bob';
  browser.server.put('services', { id: 'a', name: 'of bob' });
  const page = browser.open();
  const seen: unknown[] = [];
  page.sw.connection.subscribe(() => {
    if (page.sw.connection.state === 'live')
      seen.push(
        page.sw
          .collection('services')
          .view()
          .rows.map((row) => row['name']),
      );
  });
  const shown = watch(page);
  await browser.settle();
  expect(seen[0]).toEqual([]);
  expect(names(shown.last())).toEqual(['of bob']);
  await browser.pass(3_000);
  expect(browser.store.entries.filter(([, text]) => text.includes('of ann'))).toEqual([]);
  page.sw.close();
});

test('[OF6] signing out leaves nothing in the browser, and another tab that still lives writes nothing back', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const one = await lived(browser);
  const two = await lived(browser);
  browser.cut();
  const told = one.sw.services.patch('a', { name: 'B' });
  await browser.settle();
  expect(browser.store.entries.length).toBeGreaterThan(3);
  await one.sw.forget();
  expect(browser.store.entries).toEqual([]);
  expect(await told).toMatchObject({ ok: false, code: 'closed' });
  expect(one.sw.collection('services').view().rows).toEqual([]);
  expect(one.sw.connection.state).toBe('offline');
  void two.sw.services.patch('a', { name: 'C' });
  await browser.pass(10_000);
  expect(browser.store.entries).toEqual([]);
  one.sw.close();
  two.sw.close();
});

test('[OF6] a credential that the server refuses leaves no row; kept ones are shown no more', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  browser.kill(await lived(browser));
  browser.server.admits = () => false;
  const page = browser.open();
  const shown = watch(page);
  await browser.pass(1_000);
  expect(shown.states.some(({ rows }) => rows.length > 0)).toBe(true);
  expect(shown.last()).toMatchObject({ status: 'denied', rows: [] });
  expect(browser.store.entries.filter(([, text]) => text.includes('"A"'))).toEqual([]);
  page.sw.close();
});

test('[OF6] a view that may not be seen any more is kept no more, others are', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  browser.server.put('jobs', { id: 'j', name: 'J' });
  const page = browser.open();
  watch(page, 'services');
  watch(page, 'jobs');
  await browser.settle();
  await browser.pass(2_500);
  browser.server.say({ t: 'err', s: 1, code: 'forbidden', msg: 'not yours any more' });
  await browser.pass(2_500);
  expect(browser.store.entries.filter(([key]) => key.includes('["services"'))).toEqual([]);
  expect(browser.store.entries.filter(([key]) => key.includes('["jobs"'))).toHaveLength(2);
  page.sw.close();
});

test('[OF7] what is kept has a bound in bytes: views that were not written for the longest time go first', async () => {
  const browser = new Browser();
  const page = browser.open({ offline: { maxBytes: 10_000 } });
  for (const name of ['one', 'two', 'three']) {
    for (let i = 0; i < 50; i += 1) browser.server.put(name, { id: `r${i}`, name: 'x'.repeat(20) });
    watch(page, name);
    await browser.settle();
    await browser.pass(2_500);
  }
  const bytes = (part: string): number =>
    browser.store.entries.filter(([key]) => key.includes(part)).reduce((all, [, text]) => all + text.length * 2, 0);
  expect(bytes('/r/')).toBeLessThanOrEqual(10_000);
  expect(bytes('/r/["one"')).toBe(0);
  expect(bytes('/r/["three"')).toBeGreaterThan(0);
  // One that does not fit at all pushes nobody out.
  for (let i = 0; i < 500; i += 1) browser.server.put('large', { id: `r${i}`, name: 'x'.repeat(20) });
  watch(page, 'large');
  await browser.settle();
  await browser.pass(10_000);
  expect(bytes('["large"')).toBe(0);
  expect(bytes('/r/["three"')).toBeGreaterThan(0);
  page.sw.close();
});

test('[OF7] what is older than it may be is not shown again, and goes', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const offline = { maxAgeMs: 3_600_000 };
  browser.kill(await lived(browser, { offline }));
  browser.cut();
  await browser.pass(1_000);
  browser.now += 3_600_000;
  const page = browser.open({ offline });
  const shown = watch(page);
  await browser.pass(1_000);
  expect(shown.states.every(({ hasData }) => !hasData)).toBe(true);
  expect(browser.store.entries.filter(([key]) => key.includes('"services"'))).toEqual([]);
  page.sw.close();
});

test.each(['quota', 'refused', 'blocked'] as const)(
  '[OF9] a disk with the trouble "%s" keeps nothing and breaks nothing',
  async (trouble) => {
    const browser = new Browser();
    browser.store.trouble = trouble;
    browser.server.put('services', { id: 'a', name: 'A' });
    const page = browser.open();
    const shown = watch(page);
    await browser.settle();
    await browser.pass(trouble === 'blocked' ? 2_000 : 100);
    expect(shown.last()).toMatchObject({ status: 'live', rows: [{ name: 'A' }] });
    expect(await page.sw.services.patch('a', { name: 'B' }, { optimistic: true })).toMatchObject({ ok: true });
    await browser.pass(10_000);
    expect(names(shown.last())).toEqual(['B']);
    const signedOut = page.sw.forget();
    await browser.pass(2_000);
    await signedOut;
    expect(page.env.errors).toEqual([]);
    page.sw.close();
    await browser.settle();
    expect(page.env.pending).toEqual({ timers: 0, listeners: 0 });
  },
);

test('[OF9] when there is no room for rows any more, commands are kept all the same', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const page = await lived(browser);
  browser.store.trouble = 'quota';
  browser.server.put('services', { id: 'a', name: 'B' });
  await browser.pass(2_500);
  expect(browser.store.entries.filter(([key]) => key.includes('/r/'))).toEqual([]);
  browser.store.trouble = 'none';
  browser.cut();
  void page.sw.services.patch('a', { name: 'C' });
  await browser.settle();
  expect(browser.store.entries.filter(([key]) => key.includes('/c/'))).toHaveLength(1);
  page.sw.close();
});

test.each<[string, (text: string, key: string) => string]>([
  ['half of it is missing', (text) => text.slice(0, text.length / 2)],
  ['it is something else', () => '{"rows":[1,2,3],"who":7}'],
  ['a row is missing', (text, key) => (key.includes('/r/') ? '[]' : text)],
  ['a row is newer than its view', (text, key) => (key.includes('/r/') ? text.replace('"a",2', '"a",99') : text)],
])('[OF9] what is spoilt is as if it were not there: %s', async (_, change) => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  browser.kill(await lived(browser));
  browser.store.spoil(change);
  const page = browser.open();
  const shown = watch(page);
  await browser.settle();
  expect(shown.last()).toMatchObject({ status: 'live', rows: [{ name: 'A' }] });
  await browser.pass(3_000);
  expect(page.env.errors).toEqual([]);
  page.sw.close();
});

test('[OF10] commands given offline survive the page, are shown by the next one, and are sent in order under their ids', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const first = await lived(browser);
  browser.cut();
  void first.sw.services.patch('a', { name: 'B' }, { optimistic: true });
  void first.sw.collection('services').create({ name: 'N' }, { id: 'n', optimistic: true });
  void first.sw.services.patch('a', { name: 'C' }, { optimistic: true });
  await browser.settle();
  first.env.signal('pagehide');
  await browser.settle();
  browser.kill(first);
  const second = browser.open();
  const shown = watch(second);
  await browser.settle();
  expect(names(shown.last())).toEqual(['C', 'N']);
  expect(shown.last().pending).toEqual(new Set(['a', 'n']));
  expect(second.sw.commands.get().pending).toMatchObject([{ key: 'a' }, { key: 'n' }, { key: 'a' }]);
  browser.mend();
  await browser.pass(5_000);
  expect(names(shown.last())).toEqual(['C', 'N']);
  expect(shown.last().pending.size).toBe(0);
  const sent = browser.server.received.flatMap((frame) => (frame.t === 'mut' ? [frame.m] : []));
  expect([...new Set(sent)].filter((m) => m.startsWith('page1-'))).toEqual(['page1-1.1', 'page1-1.2', 'page1-1.3']);
  expect(browser.store.entries.filter(([key]) => key.includes('/c/'))).toEqual([]);
  expect(second.sw.commands.get()).toEqual({ pending: [], conflicted: [], failed: [] });
  second.sw.close();
});

test('[OF10] a command whose answer was lost with the page is not carried out twice', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', n: 0 });
  const first = await lived(browser);
  let times = 0;
  browser.server.onCommand = ({ k }) => {
    times += 1;
    browser.kill(first);
    return { ok: true, v: browser.server.version, k };
  };
  void first.sw.services.call('a', 'refresh');
  await browser.settle();
  await first.env.settle();
  expect(times).toBe(1);
  const second = await lived(browser);
  await browser.pass(60_000);
  expect(times).toBe(1);
  expect(browser.server.received.filter(({ t }) => t === 'mut').length).toBeGreaterThanOrEqual(2);
  expect(second.sw.commands.get().pending).toEqual([]);
  expect(browser.store.entries.filter(([key]) => key.includes('/c/'))).toEqual([]);
  second.sw.close();
});

test('[OF10] a tab that lives sends its own commands; with locks another takes them over the moment it ends', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const first = await lived(browser, { hasLocks: true });
  browser.cut();
  void first.sw.services.patch('a', { name: 'B' });
  await browser.settle();
  const second = await lived(browser, { hasLocks: true });
  await browser.pass(120_000);
  expect(second.sw.commands.get().pending).toEqual([]);
  browser.kill(first);
  await browser.settle();
  expect(second.sw.commands.get().pending).toMatchObject([{ id: 'page1-1.1' }]);
  browser.mend();
  await browser.pass(20_000);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'B' });
  second.sw.close();
});

test('[OF10] without locks a tab that has not said for half a minute that it lives is gone', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A' });
  const first = await lived(browser);
  browser.cut();
  void first.sw.services.patch('a', { name: 'B' });
  await browser.settle();
  const second = await lived(browser);
  await browser.pass(120_000);
  expect(second.sw.commands.get().pending).toEqual([]);
  browser.kill(first);
  browser.mend();
  await browser.pass(15_000);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'A' });
  await browser.pass(60_000);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'B' });
  second.sw.close();
});

test('[OF11] commands of one person are never sent for another; they wait for theirs, a day at most', async () => {
  const browser = new Browser();
  browser.server.principal = 'ann';
  browser.server.put('services', { id: 'a', name: 'A' });
  const first = await lived(browser);
  browser.cut();
  void first.sw.services.patch('a', { name: 'of ann' });
  await browser.settle();
  browser.kill(first);
  browser.server.principal = 'bob';
  browser.mend();
  const second = await lived(browser);
  await browser.pass(60_000);
  expect(second.sw.commands.get()).toEqual({ pending: [], conflicted: [], failed: [] });
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'A' });
  browser.kill(second);
  browser.server.principal = 'ann';
  browser.kill(await lived(browser));
  const third = await lived(browser);
  await browser.pass(60_000);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'of ann' });
  browser.cut();
  void third.sw.services.patch('a', { name: 'too late' });
  await browser.settle();
  browser.kill(third);
  browser.now += 86_400_000;
  browser.mend();
  const fourth = await lived(browser);
  await browser.pass(60_000);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'of ann' });
  expect(fourth.sw.commands.get().failed).toMatchObject([{ fields: { name: 'too late' }, error: { code: 'expired' } }]);
  fourth.sw.close();
});

test('[OF12] what was given without a connection conflicts by field with what others did meanwhile, and says so later', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A', url: 'u' });
  const first = await lived(browser);
  browser.cut();
  void first.sw.services.patch('a', { name: 'mine' }, { optimistic: true });
  void first.sw.services.patch('a', { name: 'mine again' }, { optimistic: true });
  await browser.settle();
  browser.kill(first);
  browser.server.put('services', { id: 'a', name: 'theirs' });
  browser.mend();
  const second = await lived(browser);
  const shown = watch(second);
  await browser.pass(60_000);
  expect(names(shown.last())).toEqual(['theirs']);
  const [one, two] = second.sw.commands.get().conflicted;
  expect(one?.conflict).toMatchObject({ yours: { name: 'mine' }, theirs: { name: 'theirs' }, base: { name: 'A' } });
  expect(two?.conflict).toMatchObject({ yours: { name: 'mine again' }, theirs: { name: 'theirs' } });
  // Not seen by anybody yet: the next page says it again.
  browser.kill(second);
  const third = await lived(browser);
  await browser.pass(60_000);
  const [again, other] = third.sw.commands.get().conflicted;
  expect(again?.conflict).toMatchObject({ yours: { name: 'mine' }, theirs: { name: 'theirs' } });
  const retried = again?.conflict?.retry({ name: 'both' });
  third.sw.commands.dismiss(other?.id ?? '');
  await browser.pass(1_000);
  expect(await retried).toMatchObject({ ok: true });
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'both' });
  browser.kill(third);
  const fourth = await lived(browser);
  await browser.pass(60_000);
  expect(fourth.sw.commands.get()).toEqual({ pending: [], conflicted: [], failed: [] });
  fourth.sw.close();
});

test('[OF12] a field that nobody else touched goes through, and our own earlier command is no conflict', async () => {
  const browser = new Browser();
  browser.server.put('services', { id: 'a', name: 'A', url: 'u' });
  const page = await lived(browser);
  browser.cut();
  const one = page.sw.services.patch('a', { name: 'B' });
  const two = page.sw.services.patch('a', { name: 'C' });
  await browser.settle();
  browser.mend();
  await browser.pass(20_000);
  expect([await one, await two]).toMatchObject([{ ok: true }, { ok: true }]);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'C' });
  page.sw.close();
});

test('[OF13] two tabs of one person keep one copy of a view; one writes it, and what lies there is always one state', async () => {
  const browser = new Browser();
  for (let i = 0; i < 130; i += 1) browser.server.put('services', { id: `s${i}`, name: 'x' });
  const one = await lived(browser);
  const two = await lived(browser);
  for (let i = 0; i < 20; i += 1) {
    browser.server.put('services', { id: `s${i * 6}`, name: `n${i}` });
    await browser.pass(2_100);
  }
  const writers = new Set(
    browser.store.entries.flatMap(([key, text]) => (key.includes('/v/') ? [/"by":"([^"]+)"/.exec(text)?.[1]] : [])),
  );
  expect(writers).toEqual(new Set(['page1-1']));
  browser.kill(one);
  browser.server.put('services', { id: 's1', name: 'last' });
  await browser.settle();
  await browser.pass(15_000);
  browser.kill(two);
  browser.cut();
  const three = browser.open();
  const shown = watch(three);
  await browser.settle();
  expect(shown.last().get('s1')).toMatchObject({ name: 'last' });
  expect(shown.last().rows).toHaveLength(130);
  expect(shown.last().rows.map((row) => row['name'])).toEqual(
    Array.from({ length: 130 }, (_, i) => browser.server.get('services', `s${i}`)?.['name']),
  );
  three.sw.close();
});

test('[OF14] rows are written at most each two seconds, and only what changed of them; a page that is hidden writes at once', async () => {
  const browser = new Browser();
  for (let i = 0; i < 1_000; i += 1) browser.server.put('services', { id: `s${i}`, name: 'x' });
  const page = await lived(browser);
  const before = browser.store.writes;
  for (let i = 0; i < 200; i += 1) {
    browser.server.put('services', { id: 's3', name: `n${i}` });
    await browser.pass(50);
  }
  expect(browser.store.writes - before).toBeLessThanOrEqual(6);
  await browser.pass(2_000);
  const texts = new Map(browser.store.entries);
  browser.server.put('services', { id: 's3', name: 'last' });
  page.env.signal('hidden');
  await browser.settle();
  const changed = browser.store.entries
    .filter(([key, text]) => texts.get(key) !== text)
    .map(([key]) => key.slice(17, 19));
  expect(changed).toEqual(['r/', 'v/']);
  page.sw.close();
});

test('[OF11] commands left by one person are not sent for another either when none of their rows were kept', async () => {
  const browser = new Browser();
  browser.server.principal = 'ann';
  browser.server.put('services', { id: 'a', name: 'A' });
  const first = await lived(browser, { hasLocks: true });
  browser.cut();
  void first.sw.services.patch('a', { name: 'of ann' });
  await browser.settle();
  browser.kill(first);
  browser.store.spoil((text, key) => (key.includes('/r/') ? '' : text));
  browser.server.principal = 'bob';
  const second = browser.open({ hasLocks: true });
  watch(second);
  await browser.settle();
  // Nobody has said yet that this is not ann any more.
  expect(second.sw.commands.get().pending).toHaveLength(1);
  browser.mend();
  await browser.pass(20_000);
  expect(second.sw.connection.state).toBe('live');
  expect(second.sw.commands.get().pending).toEqual([]);
  expect(browser.server.get('services', 'a')).toMatchObject({ name: 'A' });
  expect(browser.store.entries.filter(([key]) => key.includes('/c/'))).toHaveLength(1);
  second.sw.close();
});

test('[OF11] a command given before the server said to whom it speaks is written down for the one it then names, and for no other', async () => {
  const browser = new Browser();
  browser.server.principal = 'ann';
  browser.server.put('services', { id: 'a', name: 'A' });
  browser.kill(await lived(browser));
  browser.cut();
  const page = browser.open();
  void page.sw.services.patch('a', { name: 'B' });
  await browser.settle();
  const commands = (): readonly string[] =>
    browser.store.entries.flatMap(([key]) => (key.includes('/c/') ? [key.slice(0, 16)] : []));
  const [ann] = commands();
  browser.server.principal = 'bob';
  // Named, and not answered yet.
  browser.server.onCommand = () => ({ ok: false, code: 'rate_limited', msg: 'slow down' });
  browser.mend();
  await browser.pass(500);
  expect(page.sw.connection.state).toBe('live');
  expect(commands()).toHaveLength(1);
  expect(commands()).not.toContain(ann);
  page.sw.close();
});

test('[OF13] rows are not written for one person once another one is being told', async () => {
  const store = new FakeStore();
  const shelf = await store.open('x');
  const views = new KeptViews({ now: () => 1_000, tab: 't', maxBytes: 1_000_000, maxAgeMs: 1_000_000 });
  const told = new Told();
  restore(told, { org: 'o', position: { e: 'e', v: 1 }, rows: [[1, 'a', 1, { name: 'of bob' }]] });
  const view = { key: '["x",null,null]', told, asOf: 900, isDenied: false };
  await shelf.write({ put: [['ann/mark', 'm']] });
  const owner = { who: 'ann', mark: ['ann/mark', 'm'] as const };
  await views.save(shelf, owner, view, { asOfMs: 0, stands: () => false });
  expect(store.entries).toHaveLength(1);
  await views.save(shelf, owner, view, { asOfMs: 0, stands: () => true });
  expect(store.entries).toHaveLength(3);
  // And not at all when the mark is gone.
  await shelf.write({ dropAll: [''] });
  expect(
    await new KeptViews({ now: () => 1_000, tab: 't', maxBytes: 1e6, maxAgeMs: 1e6 }).save(shelf, owner, view, {
      asOfMs: 0,
      stands: () => true,
    }),
  ).toBe(false);
  expect(store.entries).toEqual([]);
});

test('[CL68] a presence that waited for its answer when the page died is not said by the next one', async () => {
  const browser = new Browser();
  const page = await lived(browser);
  browser.server.isMute = true;
  void page.sw.collection('presences').call('stay-1', 'enter', { at: 'a' });
  void page.sw.collection('services').call('s1', 'refresh');
  await browser.pass(1_000);
  page.env.signal('pagehide');
  await browser.settle();
  browser.kill(page);
  browser.server.isMute = false;
  browser.server.received.length = 0;
  const next = browser.open();
  watch(next);
  await browser.pass(10_000);
  const muts = browser.server.received.flatMap((frame) => (frame.t === 'mut' ? [frame.c] : []));
  expect(muts).toEqual(['services']);
  next.sw.close();
});
