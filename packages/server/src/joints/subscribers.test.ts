import type { Delivery } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { afterEach, expect, test } from 'vitest';
import { signUp, subscriberId, SUBSCRIBER_TARGET } from '../collect/commands/plains/subscribers.ts';
import type { PublicIncident, PublicMaintenance, PublicState } from '../derive/public-state.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits } from '../lib/limits.ts';
import { Board } from '../publish/board.ts';
import { NOTICE } from '../send/enqueue.ts';
import { openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { newsOf, Subscribers } from './subscribers.ts';

let desk: Desk;
let subscribers: Subscribers;
let board: Board;

afterEach(async () => {
  subscribers.close();
  board.close();
  await desk.close();
});

async function open(store = new MemoryStore(), clock = new FakeClock()): Promise<void> {
  const errors: unknown[] = [];
  desk = await openDesk({
    store,
    clock,
    onCommitted: (committed) => {
      board.follow(committed);
      subscribers.follow(committed);
    },
    onDue: { subscribers: (org, id, deadline) => subscribers.lapse(org, id, deadline) },
  });
  const { live, commit } = desk.keep;
  const onError = (error: unknown): void => void errors.push(error);
  board = new Board({ clock, live, limits, onError });
  subscribers = new Subscribers({
    clock,
    limits,
    live,
    store,
    commit,
    board,
    publicUrl: 'https://sw.example',
    onError,
  });
  board.start();
  subscribers.start();
  await settle();
  expect(errors).toEqual([]);
}

/** The process ends without a word and another one opens what is on the disk. */
async function restart(): Promise<void> {
  const { store, clock } = desk;
  subscribers.close();
  board.close();
  await desk.close();
  await open(store, clock);
}

test('[PG13] who signs up is asked, told nothing before they confirm, and forgotten when they do not', async () => {
  await open();
  await fill();
  await sign('ada@example.org');
  const [asked] = deliveries();
  expect(asked).toMatchObject({ kind: 'notification', state: 'queued', channel: 'mail', to: 'a…@example.org' });
  const notice = await noticeOf(asked);
  const { token } = await secretOf('ada@example.org');
  expect(notice).toMatchObject({ to: 'ada@example.org', refs: [] });
  expect(notice['link']).toBe(`https://sw.example/status/-/confirm?s=${ID('ada@example.org')}&t=${token}`);
  await update('u1', 'Not for those who only asked');
  expect(deliveries()).toHaveLength(1);
  await desk.clock.run(limits.subscriberPendingMs + 1_000);
  await settle();
  expect(desk.row('subscribers', ID('ada@example.org'))).toBeNull();
  expect(await desk.store.document(SUBSCRIBER_TARGET, 'main', ID('ada@example.org'))).toBeNull();
});

test('[PG13] who signs up again is asked again, but not at once', async () => {
  await open();
  await fill();
  await sign('ada@example.org');
  await sign('ada@example.org');
  expect(deliveries()).toHaveLength(1);
  await desk.clock.run(limits.subscriberAgainMs + 1_000);
  await sign('ada@example.org');
  expect(deliveries()).toHaveLength(2);
});

test('[PG14] each public word is told to each confirmed subscriber once, with a way to leave and nothing from inside', async () => {
  await open();
  await fill();
  await confirmed('ada@example.org');
  await confirmed('ben@example.org');
  await update('u1', 'Known');
  await update('u2', 'For ourselves', false);
  await update('u3', 'Fixed');
  const told = deliveries('incident');
  expect(told).toHaveLength(4);
  expect(new Set(told.map(({ key }) => key)).size).toBe(4);
  const notice = await noticeOf(told.find(({ to }) => to.startsWith('a')));
  const { token } = await secretOf('ada@example.org');
  expect(notice).toMatchObject({
    to: 'ada@example.org',
    refs: [],
    severity: 'critical',
    state: 'firing',
    title: 'Acme: Identified: Slow',
    text: 'Known',
    facts: [{ name: 'Affects', value: 'The shop' }],
    unsubscribe: `https://sw.example/status/-/leave?s=${ID('ada@example.org')}&t=${token}`,
  });
  expect(notice['link']).toMatch(/^https:\/\/sw\.example\/status\/acme#i-/);
  const { channel: _channel, key: _key, ...said } = notice;
  expect(JSON.stringify(said)).not.toMatch(/services\/|inside|u1|"acme"|fire/);
});

test('[PG14] nothing is told of what the page does not show, and what is published late is told by its newest word', async () => {
  await open();
  await fill();
  await confirmed('ada@example.org');
  await put('incidents', 'hidden', { ...INCIDENT, isPublished: false, updates: [word('h1', 'A'), word('h2', 'B')] });
  await put('incidents', 'else', {
    ...INCIDENT,
    affected: [{ ref: 'services/x', impact: 'down' }],
    updates: [word('x', 'X')],
  });
  expect(deliveries('incident')).toEqual([]);
  await put('incidents', 'hidden', { isPublished: true });
  expect(await texts()).toEqual(['B']);
  await put('pages', 'acme', { isPublished: false });
  await update('u1', 'Nobody sees this');
  expect(await texts()).toEqual(['B']);
});

test('[PG14] a subscriber of some groups hears of those', async () => {
  await open();
  await fill();
  await confirmed('shop@example.org', ['Shop']);
  await confirmed('docs@example.org', ['Docs']);
  await update('u1', 'Known');
  expect(deliveries('incident').map(({ to }) => to)).toEqual(['s…@example.org']);
});

test('[PG14] killed at any commit and started again, everybody is told once', async () => {
  for (let commits = 0; commits < 8; commits++) {
    await open();
    await fill();
    for (let i = 0; i < 5; i++) await confirmed(`s${i}@example.org`);
    // The joint dies after some of its commits: the page is told in slices of two.
    subscribers.close();
    let left = commits;
    const dying = new Subscribers({
      clock: desk.clock,
      limits: { ...limits, subscribersPerTransactionMax: 2 },
      live: desk.keep.live,
      store: desk.store,
      commit: {
        write: (org, actor, tx) => {
          left -= 1;
          return left < 0 ? new Promise(() => undefined) : desk.keep.commit.write(org, actor, tx);
        },
      },
      board,
      publicUrl: 'https://sw.example',
      onError: () => undefined,
    });
    subscribers = dying;
    dying.start();
    await update('u1', 'Known');
    // It may die in the middle of one word, and the next one may come before it is there again.
    if (commits % 2 === 1) await update('u2', 'Fixed');
    await restart();
    if (commits % 2 === 0) await update('u2', 'Fixed');
    await restart();
    const said = (await texts()).map(String).toSorted((a, b) => (a < b ? -1 : 1));
    const words = [...Array.from({ length: 5 }, () => 'Fixed'), ...Array.from({ length: 5 }, () => 'Known')];
    expect(said, `after ${commits} commits`).toEqual(words);
    expect(new Set(deliveries('incident').map(({ key }) => key)).size).toBe(10);
    if (commits < 7) {
      subscribers.close();
      board.close();
      await desk.close();
    }
  }
});

test('[PG14] what is older than a day is not told', async () => {
  await open();
  await fill();
  await confirmed('ada@example.org');
  const { store, clock } = desk;
  subscribers.close();
  await update('u1', 'Old');
  await clock.run(limits.noticeAgeMsMax + 1_000);
  board.close();
  await desk.close();
  await open(store, clock);
  expect(deliveries('incident')).toEqual([]);
});

test('[PG14] of a maintenance, that it is planned, under way and over, and of one marked afterwards nothing', () => {
  const state = (...maintenances: readonly Partial<PublicMaintenance>[]): PublicState => ({
    ...EMPTY,
    maintenances: maintenances.map((each) => ({
      id: 'm',
      title: 'Patch',
      text: '',
      state: 'scheduled',
      from: 2_000,
      to: 3_000,
      services: [],
      ...each,
    })),
  });
  const when = { now: 1_000, ageMsMax: 86_400_000 };
  const planned = newsOf(state({}), {}, when);
  expect(planned.news.map(({ key, says }) => [key, says.title])).toEqual([['m:scheduled', 'Planned: Patch']]);
  expect(newsOf(state({}), planned.next, when).news).toEqual([]);
  const active = newsOf(state({ state: 'active' }), planned.next, { ...when, now: 2_000 });
  expect(active.news.map(({ key }) => key)).toEqual(['m:active']);
  const over = newsOf(state({ state: 'completed' }), active.next, { ...when, now: 3_000 });
  expect(over.news.map(({ key }) => key)).toEqual(['m:completed']);
  expect(newsOf(state({ state: 'completed' }), over.next, when).news).toEqual([]);
  expect(newsOf(state({ state: 'completed' }), {}, { ...when, now: 9_000 }).news).toEqual([]);
});

test('what was told of an incident that is gone from the page is forgotten', () => {
  const incident: PublicIncident = {
    id: 'i',
    title: 'Slow',
    phase: 'identified',
    impact: 'minor',
    startedAt: 0,
    resolvedAt: null,
    services: [],
    updates: [{ id: 'u', at: 0, phase: 'identified', text: '' }],
    postmortem: null,
  };
  const when = { now: 1_000, ageMsMax: 86_400_000 };
  const { next } = newsOf({ ...EMPTY, incidents: [incident] }, { old: 'x' }, when);
  expect(next).toEqual({ i: 'u' });
});

const EMPTY: PublicState = {
  slug: 'acme',
  title: 'Acme',
  text: '',
  links: [],
  zone: 'UTC',
  days: 7,
  today: '2026-03-01',
  status: 'up',
  sentence: '',
  groups: [],
  incidents: [],
  maintenances: [],
};

const INCIDENT: JsonObject = {
  title: 'Slow',
  phase: 'identified',
  impact: 'major',
  affected: [{ ref: 'services/shop', impact: 'down' }],
  updates: [],
  isPublished: true,
  startedAt: 0,
  resolvedAt: null,
  postmortem: null,
};

const ID = (target: string): string => subscriberId('acme', 'email', target);

async function fill(): Promise<void> {
  for (const id of ['shop', 'docs']) {
    const born = desk.deps.engine.bornService(desk.clock.now(), { kind: 'http', name: `${id} inside` });
    await put('services', id, born);
  }
  await put('channels', 'mail', { name: 'Mail', kind: 'email', isEnabled: true });
  await put('pages', 'acme', {
    slug: 'acme',
    title: 'Acme',
    text: '',
    isPublished: true,
    access: 'public',
    groups: [
      { name: 'Shop', services: [{ id: 'shop', name: 'The shop', isNumbered: false }] },
      { name: 'Docs', services: [{ id: 'docs', name: 'The docs', isNumbered: false }] },
    ],
    theme: { accent: '', mode: 'system', logo: '', css: '' },
    days: 7,
    zone: 'UTC',
    links: [],
    domain: '',
    refreshMs: 30_000,
    channel: 'mail',
    webhookChannel: null,
    frames: [],
    secrets: [],
    securedAt: null,
  });
  await put('incidents', 'fire', INCIDENT);
}

async function put(collection: string, id: string, fields: JsonObject): Promise<void> {
  const written = await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put(collection, id, { ...draft.get(collection, id), ...fields });
    return ok(null);
  });
  expect(written.ok).toBe(true);
  await settle();
}

function word(id: string, text: string, isPublic = true): JsonObject {
  return { id, at: desk.clock.now(), by: 'inside', phase: 'identified', text, isPublic };
}

async function update(id: string, text: string, isPublic = true): Promise<void> {
  const updates = desk.row('incidents', 'fire')?.['updates'];
  await put('incidents', 'fire', { updates: [...(Array.isArray(updates) ? updates : []), word(id, text, isPublic)] });
}

async function sign(target: string): Promise<void> {
  const written = await desk.keep.commit.write('main', 'public', (draft) =>
    signUp(limits, draft, { page: 'acme', kind: 'email', target }),
  );
  expect(written.ok).toBe(true);
  await settle();
}

async function confirmed(target: string, groups: readonly string[] | null = null): Promise<void> {
  await sign(target);
  await put('subscribers', ID(target), {
    state: 'confirmed',
    nextAt: null,
    groups: groups === null ? null : [...groups],
  });
}

function deliveries(kind?: string): readonly Delivery[] {
  const rows = Array.from(desk.keep.live.entries('main', 'deliveries'), ({ row }) => row);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `deliveries` are Delivery.
  return (rows as unknown as Delivery[]).filter((row) => kind === undefined || row.kind === kind);
}

async function noticeOf(delivery: Delivery | undefined): Promise<JsonObject> {
  const notice = await desk.store.document(NOTICE, 'main', delivery?.id ?? '');
  if (typeof notice !== 'object' || notice === null || Array.isArray(notice)) throw new Error('expected a notice');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it is an object and no list.
  return notice as JsonObject;
}

async function texts(): Promise<readonly unknown[]> {
  return Promise.all(deliveries('incident').map(async (delivery) => (await noticeOf(delivery))['text']));
}

async function secretOf(target: string): Promise<{ readonly token: string }> {
  const document = await desk.store.document(SUBSCRIBER_TARGET, 'main', ID(target));
  if (typeof document === 'object' && document !== null && 'token' in document && typeof document['token'] === 'string')
    return { token: document['token'] };
  throw new Error('expected a target');
}

/** The joint works in promises, one after the other, until nothing is left. */
async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
