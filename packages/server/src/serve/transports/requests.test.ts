import { assert, decodeDownstream, type Downstream, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { settle } from '../../testing/fake-clock.ts';
import { World, type WorldOptions } from '../../testing/world.ts';
import { RequestDoor } from './requests.ts';

// The door over sessions on a virtual clock: what an answer holds, and when it is complete.
const FROM = { cookie: null, origin: null, host: null };

class Requests {
  readonly world: World;
  readonly door: RequestDoor;

  constructor(options: WorldOptions = {}) {
    this.world = new World(options);
    this.door = new RequestDoor({
      clock: this.world.clock,
      limits: this.world.limits,
      epoch: 'e1',
      gateway: this.world.gateway,
      admit: () => Promise.resolve(),
    });
  }

  put(id: string, fields: object | null): void {
    this.world.write('main', { c: 'services', id, fields: fields === null ? null : { ...fields } });
  }

  async poll(more: object = {}, token = 'read'): Promise<Result<Answer>> {
    const text = JSON.stringify({ t: 'hello', p: 1, client: 'test', token, ...more });
    const opened = await this.door.poll(text, FROM);
    return opened.ok ? { ok: true, value: new Answer(opened.value) } : opened;
  }

  /** A stream that is let in. */
  async stream(more: object = {}): Promise<{ readonly answer: Answer; readonly sid: string }> {
    const opened = await this.door.stream(
      JSON.stringify({ t: 'hello', p: 1, client: 'test', token: 'read', ...more }),
      FROM,
    );
    assert(opened.ok, 'the stream was refused');
    const answer = new Answer(opened.value);
    await settle();
    const [welcome] = answer.frames;
    assert(welcome?.t === 'welcome', 'a stream begins with welcome');
    return { answer, sid: welcome.sid };
  }

  async cmd(sid: string, ...msgs: readonly object[]): Promise<Result<null>> {
    const text = JSON.stringify({ sid, msgs: msgs.map((msg) => JSON.stringify(msg)) });
    const done = await this.door.command(text, { ...FROM, bearer: 'read' });
    await settle();
    return done;
  }

  async view(collection: string | null, known: string | null = null, bearer = 'read'): Promise<Seen> {
    const asked = { sub: collection === null ? null : JSON.stringify({ c: collection }), known };
    const found = await this.door.view(asked, { ...FROM, bearer });
    assert(found.ok, 'the view was refused');
    const { etag, body } = found.value;
    const answer = body === null ? null : new Answer(body);
    await settle();
    expect(answer?.isDone ?? true).toBe(true);
    return { etag, answer };
  }

  /** Nothing is left of anything. */
  end(): void {
    this.world.gateway.close();
    this.world.close();
  }

  /** A poll that is let in. */
  async held(more: object = {}, token = 'read'): Promise<Answer> {
    const answer = await this.poll(more, token);
    assert(answer.ok, 'the poll was refused');
    return answer.value;
  }
}

/** Reads a body as it comes. */
class Answer {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  text = '';
  isDone = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.reader = body.getReader();
    void this.#read();
  }

  get frames(): Downstream[] {
    return this.text
      .split('\n')
      .map((line) => line.replace(/^data: /u, '').replace(/,$/u, ''))
      .filter((line) => line.startsWith('{') && !line.startsWith('{"t":"end"'))
      .map((line) => {
        const frame = decodeDownstream(line);
        assert(frame.ok, `no frame: ${line}`);
        return frame.value;
      });
  }

  get kinds(): string[] {
    return this.frames.map(({ t }) => t);
  }

  async #read(): Promise<void> {
    for (let part = await this.reader.read(); !part.done; part = await this.reader.read())
      this.text += new TextDecoder().decode(part.value);
    this.isDone = true;
  }
}

interface Seen {
  readonly etag: string | null;
  readonly answer: Answer | null;
}

const services = { t: 'sub', s: 1, c: 'services', iv: 100 } as const;
const at = (v: number) => ({ since: { e: 'e1', v } });

test('[TR4] a poll without a wait is what there is, as a JSON list that ends with a watermark', async () => {
  const r = new Requests();
  r.put('a', { status: 'up' });
  const answer = await r.held({ subs: [services] });
  await settle();
  expect(answer.isDone).toBe(true);
  expect(JSON.parse(answer.text)).toMatchObject([
    { t: 'welcome', epoch: 'e1' },
    { t: 'subd', s: 1, v: 1, how: 'snapshot', n: 1 },
    { t: 's', v: 1, last: true, r: [[1, 'a', 1, { status: 'up' }]] },
    { t: 'h', v: 1 },
  ]);
  r.end();
});

test('[TR4] a poll is held while nothing happens, and answered with a watermark when the wait is over', async () => {
  const r = new Requests();
  r.put('a', { status: 'up' });
  const answer = await r.held({ subs: [{ ...services, ...at(1) }], wait: 15_000 });
  await r.world.clock.run(14_999);
  expect(answer.isDone).toBe(false);
  expect(answer.kinds).toEqual(['welcome', 'subd']);
  expect(r.door.stats.polls).toBe(1);
  await r.world.clock.run(1);
  expect(answer.isDone).toBe(true);
  expect(answer.kinds).toEqual(['welcome', 'subd', 'h']);
  r.end();
});

test('[TR4] [TR5] a change ends the wait, no sooner than the interval after the request; what gathers comes with it', async () => {
  const r = new Requests();
  r.put('a', { status: 'up' });
  const answer = await r.held({ subs: [{ ...services, iv: 1000, ...at(1) }], wait: 15_000 });
  await r.world.clock.run(200);
  r.put('a', { status: 'down' });
  await r.world.clock.run(100);
  r.put('b', { status: 'up' });
  await r.world.clock.run(699);
  expect(answer.isDone).toBe(false);
  await r.world.clock.run(1);
  expect(answer.isDone).toBe(true);
  const deltas = answer.frames.flatMap((frame) => (frame.t === 'd' ? frame.o : []));
  expect(deltas.map(([rid, version]) => [rid, version])).toEqual([
    [1, 2],
    [2, 3],
  ]);
  r.end();
});

test('[TR4] polls that follow one another by `since` lose nothing, whatever happens between them', async () => {
  const r = new Requests();
  let v = 0;
  const held = new Map<string, unknown>();
  for (let round = 0; round < 20; round += 1) {
    r.put(`r${round % 4}`, round % 5 === 4 ? null : { latencyMs: round });
    const answer = await r.held({ subs: [{ ...services, iv: 0, ...at(v) }], wait: 1000 });
    await r.world.clock.run(1000);
    expect(answer.isDone).toBe(true);
    for (const frame of answer.frames) {
      if (frame.t === 's') for (const [rid, , , fields] of frame.r) held.set(`${rid}`, fields['latencyMs']);
      if (frame.t === 'd')
        for (const [rid, , fields] of frame.o) {
          if (fields === null) held.delete(`${rid}`);
          else held.set(`${rid}`, fields['latencyMs']);
        }
      if (frame.t === 'h') ({ v } = frame);
    }
    const truth = new Map<string, unknown>();
    for (const each of r.world.live.entries('main', 'services')) truth.set(`${each.rid}`, each.row['latencyMs']);
    expect(held).toEqual(truth);
  }
  r.end();
});

test('[TR4] [MU2] a mutation in a poll is answered in it, after the frames that show it', async () => {
  const world: { r?: Requests } = {};
  const r = new Requests({
    mutate: async () => {
      await settle();
      world.r?.put('a', { status: 'paused' });
      return { ok: true, v: 2, k: 'a' };
    },
  });
  world.r = r;
  r.put('a', { status: 'up' });
  const mut = JSON.stringify({ t: 'mut', m: 't.1', c: 'services', k: 'a', op: 'call', name: 'pause' });
  const answer = await r.held({ subs: [{ ...services, iv: 5000, ...at(1) }], wait: 15_000, msgs: [mut] }, 'admin');
  await settle();
  expect(answer.isDone, 'it does not wait for the interval').toBe(true);
  expect(answer.kinds).toEqual(['welcome', 'subd', 'd', 'mr', 'h']);
  r.end();
});

test('[TR5] a snapshot larger than the window comes in one answer, no faster than it is taken', async () => {
  const r = new Requests();
  for (let i = 0; i < 60; i += 1) r.put(`s${i}`, { description: 'x'.repeat(20_000) });
  const text = JSON.stringify({ t: 'hello', p: 1, client: 'test', token: 'read', subs: [services] });
  const opened = await r.door.poll(text, FROM);
  assert(opened.ok, 'the poll was refused');
  await settle();
  // Nobody reads yet: no more than the window is made.
  expect(r.world.gateway.stats.bytes).toBeLessThan(300_000);
  const answer = new Answer(opened.value);
  await r.world.clock.run(1_000);
  expect(answer.isDone).toBe(true);
  expect(answer.frames.flatMap((frame) => (frame.t === 's' ? frame.r : []))).toHaveLength(60);
  r.end();
});

test('[TR4] messages that are for another than who is calling now are not taken', async () => {
  const taken: string[] = [];
  const r = new Requests({
    mutate: (_, { m }) => {
      taken.push(m);
      return Promise.resolve({ ok: true, v: 1, k: 'a' });
    },
  });
  const mut = (m: string): string => JSON.stringify({ t: 'mut', m, c: 'services', k: 'a', op: 'call', name: 'pause' });
  const first = await r.held({ subs: [services] }, 'admin');
  await settle();
  const [welcome] = first.frames;
  const who = welcome?.t === 'welcome' ? welcome.who : '';
  expect(who).toMatch(/^[0-9a-f]{16}$/);
  const other = await r.held({ subs: [], msgs: [mut('t.1')], who: 'f'.repeat(16) }, 'admin');
  await settle();
  expect([other.kinds, taken]).toEqual([['welcome', 'h'], []]);
  const same = await r.held({ subs: [], msgs: [mut('t.2')], who }, 'admin');
  await settle();
  expect([same.kinds, taken]).toEqual([['welcome', 'mr', 'h'], ['t.2']]);
  r.end();
});

test('[TR4] a caller that goes away ends its poll at once', async () => {
  const r = new Requests();
  const answer = await r.held({ subs: [services], wait: 15_000, msgs: [] });
  await settle();
  const later = await r.held({ subs: [{ ...services, ...at(0) }], wait: 15_000 });
  await later.reader.cancel();
  await answer.reader.cancel();
  expect(r.door.stats.polls).toBe(0);
  r.end();
});

test('[TR9] a principal has a bounded number of held polls and streams, and a process too', async () => {
  const r = new Requests({ limits: { pollsPerPrincipalMax: 2, streamsPerPrincipalMax: 1, pollsMax: 3 } });
  const wait = { subs: [{ ...services, ...at(0) }], wait: 15_000 };
  const held = [await r.held(wait), await r.held(wait)];
  expect(await r.poll(wait)).toMatchObject({ ok: false, code: 'rate_limited' });
  held.push(await r.held(wait, 'admin'));
  expect(await r.poll(wait, 'other')).toMatchObject({ ok: false, code: 'overloaded' });
  await r.stream();
  const hello = JSON.stringify({ t: 'hello', p: 1, client: 'test', token: 'read' });
  expect(await r.door.stream(hello, FROM)).toMatchObject({ ok: false, code: 'rate_limited' });
  expect(r.world.gateway.stats.connections).toBe(4);
  for (const each of held) await each.reader.cancel();
  await r.world.clock.run(15_000);
  await r.poll(wait);
  r.end();
});

test.each([
  ['nothing', {}, 'auth_required'],
  ['a bad token', { token: 'nope' }, 'auth_invalid'],
  ['another protocol', { token: 'read', p: 99 }, 'unsupported'],
])('[TR8] who comes with %s is not let in, by any of the doors', async (_, more, code) => {
  const r = new Requests();
  const text = JSON.stringify({ t: 'hello', p: 1, client: 'test', ...more });
  expect(await r.door.poll(text, FROM)).toMatchObject({ ok: false, code });
  expect(await r.door.stream(text, FROM)).toMatchObject({ ok: false, code });
  expect(r.door.stats).toEqual({ streams: 0, polls: 0 });
  r.end();
});

test('[TR2] [TR3] a stream is what a WebSocket is, with its messages upstream by requests', async () => {
  const r = new Requests();
  r.put('a', { name: 'Süche', status: 'up' });
  const { answer, sid } = await r.stream({ subs: [services] });
  expect(answer.text).toMatch(/^: {2048}\n\ndata: \{"t":"welcome"/u);
  expect(answer.text).toContain('\n\nid: e1.1\ndata: {"t":"s"');
  expect(answer.kinds).toEqual(['welcome', 'subd', 's']);
  expect(await r.cmd(sid, { t: 'a', n: 1 }, { t: 'p', i: 7 })).toEqual({ ok: true, value: null });
  r.put('a', { status: 'down' });
  await r.world.clock.run(0);
  expect(answer.kinds.slice(3)).toEqual(['q', 'd']);
  expect(answer.text).toContain('\n\nid: e1.2\ndata: {"t":"d"');
  await r.cmd(sid, { t: 'a', n: 2 });
  await r.world.clock.run(16_000);
  expect(answer.kinds.at(-1), '[LV1]').toBe('h');
  await r.cmd(sid, { t: 'bye' });
  await settle();
  expect(answer.isDone).toBe(true);
  expect(answer.text).toMatch(/data: \{"t":"end","code":1000,"reason":"bye"\}\n\n$/u);
  expect(await r.cmd(sid, { t: 'p', i: 8 })).toMatchObject({ ok: false, code: 'not_found' });
  r.end();
});

test('[TR2] a stream that may say nothing says a comment, so that nothing between cuts it', async () => {
  const r = new Requests();
  r.put('a', { status: 'up' });
  const { answer } = await r.stream({ subs: [services] });
  // The snapshot is never acknowledged: the session lags, and a watermark would be a lie.
  await r.world.clock.run(46_000);
  expect(answer.kinds).toEqual(['welcome', 'subd', 's']);
  expect(answer.text.split('\n\n').filter((event) => event === ':').length).toBeGreaterThanOrEqual(2);
  await r.world.clock.run(30_000);
  expect(answer.text, '[BP5]').toContain('{"t":"end","code":4408,"reason":"overloaded"}');
  r.end();
});

test('[TR3] nobody but who opened a stream speaks on it, and nothing tells it from none', async () => {
  const r = new Requests();
  const { sid } = await r.stream();
  const text = JSON.stringify({ sid, msgs: ['{"t":"bye"}'] });
  const none = await r.door.command(JSON.stringify({ sid: 'none', msgs: [] }), { ...FROM, bearer: 'read' });
  expect(none).toMatchObject({ ok: false, code: 'not_found' });
  for (const bearer of ['other', 'admin', 'nope', '']) {
    expect(await r.door.command(text, { ...FROM, bearer })).toEqual(none);
  }
  expect(await r.door.command(text, { ...FROM, cookie: 'read' })).toEqual(none);
  expect(r.door.stats.streams).toBe(1);
  const sids = await Promise.all(Array.from({ length: 20 }, async () => (await r.stream()).sid));
  expect(new Set(sids).size).toBe(20);
  for (const each of sids) expect(each).toMatch(/^[\w-]{24}$/u);
  r.end();
});

test('[TR1] [TR7] what ends a connection ends a stream and a poll: revoked, stopped, too many messages', async () => {
  const r = new Requests();
  const { answer } = await r.stream({ subs: [services] });
  const held = await r.held({ subs: [{ ...services, ...at(0) }], wait: 15_000 });
  r.world.gateway.revise('reader', null);
  await settle();
  for (const each of [answer, held]) {
    expect(each.isDone).toBe(true);
    expect(each.text).toContain('{"t":"end","code":4401,"reason":"auth_invalid"}');
  }
  const noisy = await r.stream();
  for (let i = 0; i < 20; i += 1)
    await r.cmd(noisy.sid, ...Array.from({ length: 200 }, () => ({ t: 'p' as const, i: 1 })));
  expect(noisy.answer.text).toContain('{"t":"end","code":4429,"reason":"rate_limited"}');
  const [stopped, waiting] = [await r.stream(), await r.held({ wait: 15_000 })];
  r.world.gateway.close();
  await settle();
  for (const each of [stopped.answer, waiting]) {
    expect(each.kinds).toContain('bye');
    expect(each.text).toContain('{"t":"end","code":4001,"reason":"restart"}');
  }
  expect(await r.poll()).toMatchObject({ ok: false, code: 'overloaded' });
  expect(r.door.stats).toEqual({ streams: 0, polls: 0 });
});

test('[TR6] a view is a snapshot with an ETag, 304 while it stays, and the whole again when it changed', async () => {
  const r = new Requests();
  r.put('a', { status: 'up' });
  const first = await r.view('services');
  expect(first.answer?.kinds).toEqual(['welcome', 'subd', 's']);
  expect(first.etag).toMatch(/^"e1\.1\.[0-9a-f]{16}"$/u);
  // Something else changes: this view does not.
  r.world.write('main', { c: 'agents', id: 'x', fields: { name: 'x' } });
  expect(await r.view('services', first.etag)).toEqual({ etag: first.etag, answer: null });
  r.put('a', { status: 'down' });
  const next = await r.view('services', first.etag);
  expect(next.etag).not.toBe(first.etag);
  expect(next.answer?.kinds).toEqual(['welcome', 'subd', 's']);
  expect(next.answer?.frames.at(-1)).toMatchObject({ r: [[1, 'a', 3, { status: 'down' }]] });
  // Somebody else's ETag, another epoch's, one of the future and one that is none are worth nothing.
  const admin = await r.view('services', next.etag, 'admin');
  expect(admin.answer?.kinds).toContain('s');
  const worthless = [next.etag?.replace('e1', 'e0'), next.etag?.replace(/\.\d+\./u, '.99.'), '"x"', '*', 'W/"e1.3"'];
  for (const etag of worthless) expect((await r.view('services', etag ?? null)).answer?.kinds).toContain('s');
  r.end();
});

test('[TR6] a view that may not be seen, or is none, is refused with a status; without one it is who is calling', async () => {
  const r = new Requests();
  expect((await r.view(null)).answer?.kinds).toEqual(['welcome']);
  const refused = (sub: string) => r.door.view({ sub, known: null }, { ...FROM, bearer: 'read' });
  expect(await refused('{"c":"checks"}')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await refused('{"c":"nope"}')).toMatchObject({ ok: false, code: 'unknown_collection' });
  expect(await refused('{"c":"services","f":["like","name","x"]}')).toMatchObject({ ok: false, code: 'bad_filter' });
  expect(await refused('{"c":7}')).toMatchObject({ ok: false, code: 'bad_request' });
  expect(await refused(`{"c":"services","f":${'['.repeat(60)}${']'.repeat(60)}}`)).toMatchObject({ ok: false });
  expect(await refused('x')).toMatchObject({ ok: false, code: 'bad_request' });
  r.end();
});
