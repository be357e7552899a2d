import { ok, type JsonObject } from '@statewire/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits as defaults, type Limits } from '../../lib/limits.ts';
import { Board, type Sheet } from '../../publish/board.ts';
import { openDesk, type Desk } from '../../testing/desk.ts';
import { Drawings } from './drawn.ts';
import { Streams } from './stream.ts';

let desk: Desk;
let board: Board;
let streams: Streams;
let drawings: Drawings;
let heard: Heard[];

beforeEach(() => open());
afterEach(async () => {
  streams.close();
  board.close();
  await desk.close();
});

async function open(bounds: Partial<Limits> = {}): Promise<void> {
  const limits: Limits = { ...defaults, ...bounds };
  desk = await openDesk({ onCommitted: (committed) => board.follow(committed) });
  board = new Board({
    clock: desk.clock,
    live: desk.keep.live,
    limits,
    onError: (error) => {
      throw error;
    },
  });
  drawings = new Drawings(desk.clock);
  streams = new Streams({ clock: desk.clock, limits, board, drawings });
  heard = [];
  for (const [id, name] of Object.entries({ shop: 'Shop', docs: 'Docs', unlisted: 'Other' })) {
    const born = desk.deps.engine.bornService(desk.clock.now(), { kind: 'http', name, target: 'http://a.example/' });
    await put('services', id, { ...born, status: 'up', bar: 'uu' });
  }
  await put('pages', 'acme', PAGE);
}

async function reopen(bounds: Partial<Limits>): Promise<void> {
  streams.close();
  board.close();
  await desk.close();
  await open(bounds);
}

test('[PG9] a change is made once and the same bytes go to all; what no page shows is made for nobody', async () => {
  const [a, b] = [await listen(), await listen()];
  await put('services', 'shop', { status: 'down' });
  await settle();
  expect(a.chunks.at(-1)).toBe(b.chunks.at(-1));
  const event = a.take('state').at(-1);
  expect(Object.keys(event?.['parts'] ?? {})).toEqual(['p-banner', 's-shop']);
  expect(event).toMatchObject({ title: 'Down: Acme', v: sheet().version });
  const before = a.chunks.length;
  await put('services', 'shop', { latencyMs: 7, reason: { code: 'x', text: 'y' } });
  await put('services', 'unlisted', { status: 'down' });
  await settle();
  expect(a.chunks.length).toBe(before);
});

test('[PG9] many changes at once are few events, and the last one is what stands', async () => {
  const a = await listen();
  for (let i = 0; i < 50; i++) await put('services', 'shop', { status: i % 2 === 0 ? 'degraded' : 'down' });
  await desk.clock.run(1_000);
  await settle();
  const events = a.take('state');
  expect(events.length).toBeLessThanOrEqual(2);
  expect(events.at(-1)).toMatchObject({ v: sheet().version });
  expect(sheet().state.status).toBe('down');
});

test('[PG9] when services come, go or move, the whole is told', async () => {
  const a = await listen();
  await put('pages', 'acme', { groups: [{ name: '', services: [{ id: 'docs', name: null, isNumbered: false }] }] });
  await settle();
  expect(a.take('state')[0]).toMatchObject({ main: expect.stringContaining('id="s-docs"') });
});

test('[PG10] who comes back with what stands is told that it stands, anybody else the whole', async () => {
  const { version } = sheet();
  const back = await listen({ since: version });
  expect(back.take('state')).toEqual([]);
  expect(back.take('beat')).toEqual([{ at: desk.clock.now() }]);
  await put('services', 'shop', { status: 'down' });
  await settle();
  const late = await listen({ since: version });
  expect(late.take('state')[0]).toMatchObject({ main: expect.stringContaining('Shop is down') });
  expect((await listen({ since: 'nonsense' })).take('state')).toHaveLength(1);
});

test('[PG10] a beat goes to all every 15 s, and a new day is told without a commit', async () => {
  const a = await listen();
  a.take('beat');
  await desk.clock.run(15_000);
  await settle();
  expect(a.take('beat')).toHaveLength(1);
  const was = sheet().state.today;
  await desk.clock.run(86_400_000);
  await settle();
  expect(sheet().state.today).not.toBe(was);
  expect(a.take('state').at(-1)).toMatchObject({ v: sheet().version });
});

test('[PG6] listeners are put out when the page goes, moves, or changes its door', async () => {
  for (const change of [
    { isPublished: false },
    { access: 'password' },
    { securedAt: 5 },
    { slug: 'elsewhere' },
  ] satisfies JsonObject[]) {
    await put('pages', 'acme', PAGE);
    const a = await listen();
    await put('pages', 'acme', change);
    await settle();
    expect([a.take('gone').length, a.isOver, streams.size], JSON.stringify(change)).toEqual([1, true, 0]);
  }
  await put('pages', 'acme', PAGE);
  const a = await listen();
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.delete('pages', 'acme');
    return ok(null);
  });
  await settle();
  expect(a.isOver).toBe(true);
});

test('[PG11] listeners are bounded per address, per page and in all, and a place is free again when one leaves', async () => {
  await reopen({ pageListenersPerIpMax: 2, pageListenersMax: 3, pagesListenersMax: 4 });
  const first = await listen({ ip: '10.0.0.1' });
  await listen({ ip: '10.0.0.1' });
  expect(streams.open(sheet(), { ip: '10.0.0.1', since: null })).toBe('address');
  // The addresses of one network of IPv6 are one.
  await listen({ ip: '2001:db8::1' });
  expect(streams.open(sheet(), { ip: '10.0.0.2', since: null })).toBe('page');
  await put('pages', 'two', { ...PAGE, slug: 'two' });
  const two = board.sheet('two');
  if (two === null) throw new Error('expected the second page');
  heard.push(await hear(streams.open(two, { ip: '10.0.0.2', since: null })));
  expect(streams.open(two, { ip: '10.0.0.3', since: null })).toBe('server');
  await first.leave();
  expect(streams.size).toBe(3);
  expect(typeof streams.open(sheet(), { ip: '10.0.0.1', since: null })).toBe('object');
});

test('[PG11] one who does not read is let go; the others hear on', async () => {
  await reopen({ pageListenerBytesMax: 16_384 });
  const idle = streams.open(sheet(), { ip: '10.0.0.9', since: sheet().version });
  expect(typeof idle).toBe('object');
  const a = await listen();
  expect(streams.size).toBe(2);
  for (let i = 0; i < 30; i++) {
    await put('services', 'shop', { status: i % 2 === 0 ? 'down' : 'up' });
    await desk.clock.run(250);
    await settle();
  }
  expect(streams.size).toBe(1);
  expect(a.take('state').at(-1)).toMatchObject({ v: sheet().version });
});

test('a page that nobody watches is not built, and costs no timer', async () => {
  const { pending } = desk.clock;
  const a = await listen();
  expect(desk.clock.pending).toBe(pending + 1);
  await a.leave();
  await put('services', 'shop', { status: 'down' });
  expect(desk.clock.pending).toBe(pending + 1);
  await desk.clock.run(20_000);
  expect(desk.clock.pending).toBe(pending);
});

const PAGE: JsonObject = {
  slug: 'acme',
  title: 'Acme',
  text: '',
  isPublished: true,
  access: 'public',
  groups: [
    {
      name: '',
      services: [
        { id: 'shop', name: null, isNumbered: false },
        { id: 'docs', name: null, isNumbered: false },
      ],
    },
  ],
  theme: { accent: '', mode: 'system', logo: '', css: '' },
  days: 7,
  zone: 'UTC',
  links: [],
  domain: '',
  refreshMs: 30_000,
  channel: null,
  webhookChannel: null,
  frames: [],
  secrets: [],
  securedAt: null,
};

async function put(collection: string, id: string, fields: JsonObject): Promise<void> {
  const written = await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put(collection, id, { ...draft.get(collection, id), ...fields });
    return ok(null);
  });
  expect(written.ok).toBe(true);
}

function sheet(): Sheet {
  const found = board.sheet('acme');
  if (found === null) throw new Error('expected a published page');
  return found;
}

interface Heard {
  readonly chunks: string[];
  readonly isOver: boolean;
  /** The data of events of this name that came since the last time. */
  take(name: string): readonly JsonObject[];
  leave(): Promise<void>;
}

async function listen({ ip = '10.0.0.7', since = null }: { ip?: string; since?: string | null } = {}): Promise<Heard> {
  const one = await hear(streams.open(sheet(), { ip, since }));
  heard.push(one);
  return one;
}

async function hear(opened: ReturnType<Streams['open']>): Promise<Heard> {
  if (typeof opened === 'string') throw new Error(`refused: ${opened}`);
  const reader = opened.getReader();
  const chunks: string[] = [];
  const events: { readonly name: string; readonly data: JsonObject }[] = [];
  let isOver = false;
  const decoder = new TextDecoder();
  const pump = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const text = decoder.decode(value);
      chunks.push(text);
      const name = /^event: (\w+)$/m.exec(text)?.[1];
      const data = /^data: (.*)$/m.exec(text)?.[1];
      if (name !== undefined && data !== undefined) events.push({ name, data: JSON.parse(data) });
    }
    isOver = true;
  };
  void pump();
  await turn();
  return {
    chunks,
    get isOver() {
      return isOver;
    },
    take(name) {
      const taken = events.filter((event) => event.name === name).map(({ data }) => data);
      events.splice(0, events.length, ...events.filter((event) => event.name !== name));
      return taken;
    },
    leave: () => reader.cancel(),
  };
}

/** Lets the board build and the streams flow. */
async function settle(): Promise<void> {
  await desk.clock.run(defaults.pageBuildMs);
  await turn();
}

/** Streams hand on in promises: one turn of the event loop sees them all. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
