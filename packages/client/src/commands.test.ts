import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient, type Client, type FullOptions } from './create.ts';
import { FakeEnv, FakeServer } from './testing/index.ts';
import type { CollectionState } from './views/shown.ts';

interface World {
  readonly env: FakeEnv;
  readonly server: FakeServer;
  readonly sw: Client;
}

function world(options: Partial<FullOptions> = {}): World {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() + 5_000 });
  return { env, server, sw: createClient({ url: 'http://fake.test', env, dial: server.dial, ...options }) };
}

function watch(w: World, name = 'services', where?: Parameters<ReturnType<Client['collection']>['where']>[0]) {
  const states: CollectionState<Row>[] = [];
  const all = w.sw.collection(name);
  (where === undefined ? all : all.where(where)).subscribe((state) => states.push(state));
  const last = (): CollectionState<Row> => {
    const state = states.at(-1);
    if (state === undefined) throw new Error('nothing was shown');
    return state;
  };
  return { states, last, ids: () => last().rows.map(({ id }) => id) };
}

function end({ env, server, sw }: World): void {
  sw.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(server.connections).toBe(0);
  expect(env.errors).toEqual([]);
}

const body = { name: 'A', kind: 'http' } as const;

test('[CL50] a command that was refused for its rate is not overtaken by the next one of the same record', async () => {
  const w = world();
  w.sw.connect();
  await w.env.settle();
  let refusals = 1;
  w.server.onCommand = () => {
    refusals -= 1;
    return refusals < 0 ? null : { ok: false, code: 'rate_limited', msg: 'slow down' };
  };
  const made = w.sw.services.create(body, { id: 'a' });
  const changed = w.sw.services.patch('a', { name: 'B' });
  await w.env.advance(5_000);
  expect([await made, await changed]).toMatchObject([{ ok: true }, { ok: true }]);
  expect(w.server.get('services', 'a')).toMatchObject({ name: 'B' });
  end(w);
});

test('[CL52] a created record shows at once, marked pending, in the views it fits, and becomes the real one', async () => {
  const w = world();
  const all = watch(w);
  const http = watch(w, 'services', ['eq', 'kind', 'http']);
  const tcp = watch(w, 'services', ['eq', 'kind', 'tcp']);
  await w.env.settle();
  w.server.isMute = true;
  const done = w.sw.services.create(body, { optimistic: true });
  const [id = ''] = all.ids();
  expect(all.last().rows).toMatchObject([{ name: 'A', version: 0 }]);
  expect(all.last().pending).toEqual(new Set([id]));
  expect(http.ids()).toEqual([id]);
  expect(tcp.ids()).toEqual([]);
  w.server.isMute = false;
  w.server.flush();
  await w.env.settle();
  const result = await done;
  expect(result).toMatchObject({ ok: true });
  expect(all.ids()).toEqual([result.ok ? result.id : '']);
  expect(all.last().pending.size).toBe(0);
  expect(all.last().rows[0]?.version).toBeGreaterThan(0);
  // Never twice, never away in between.
  expect(all.states.filter((state) => state.hasData).map(({ rows }) => rows.length)).not.toContain(2);
  expect(all.states.slice(2).every(({ rows }) => rows.length === 1)).toBe(true);
  end(w);
});

test('[CL52] [T8] an optimistic change shows at once, is not applied twice, and is taken back when refused', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A', n: 1 });
  const { states } = watch(w);
  await w.env.settle();
  const names = (): unknown[] => states.filter((state) => state.hasData).map((state) => state.get('a')?.['name']);
  const good = w.sw.services.patch('a', { name: 'B' }, { optimistic: true });
  expect(states.at(-1)?.get('a')).toMatchObject({ name: 'B', n: 1 });
  await good;
  // Asked, told, confirmed: never back to A in between.
  expect(names()).toEqual(['A', 'B', 'B', 'B']);
  w.server.put('services', { id: 'a', name: 'by someone else' });
  expect(states.at(-1)?.get('a')).toMatchObject({ name: 'by someone else' });
  w.server.isMute = true;
  const bad = w.sw.services.patch('a', { name: 'X' }, { optimistic: true });
  expect(states.at(-1)?.get('a')).toMatchObject({ name: 'X' });
  w.server.isMute = false;
  w.server.onCommand = () => ({ ok: false, code: 'forbidden', msg: 'no' });
  w.server.cut();
  await w.env.advance(1_000);
  expect(await bad).toMatchObject({ ok: false, code: 'forbidden', conflict: null });
  expect(states.at(-1)?.get('a')).toMatchObject({ name: 'by someone else' });
  end(w);
});

test('[CL52] a deleted record goes at once and comes back when the server refuses', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A' });
  w.server.put('services', { id: 'b', name: 'B' });
  const all = watch(w);
  await w.env.settle();
  w.server.onCommand = ({ k }) => (k === 'a' ? { ok: false, code: 'forbidden', msg: 'not yours' } : null);
  const refused = w.sw.services.delete('a', { optimistic: true });
  const done = w.sw.services.delete('b', { optimistic: true });
  expect(all.ids()).toEqual([]);
  expect(await refused).toMatchObject({ ok: false, code: 'forbidden', message: 'not yours' });
  expect(await done).toMatchObject({ ok: true });
  expect(all.ids()).toEqual(['a']);
  expect(all.last().pending.size).toBe(0);
  end(w);
});

test('[CL52] a changed record leaves a view it no longer fits, and comes back when the server refuses', async () => {
  const w = world();
  w.server.put('services', { id: 'a', kind: 'http' });
  const http = watch(w, 'services', ['eq', 'kind', 'http']);
  await w.env.settle();
  w.server.onCommand = () => ({ ok: false, code: 'bad_field', msg: 'no' });
  const done = w.sw.collection('services').patch('a', { kind: 'tcp' }, { optimistic: true });
  expect(http.ids()).toEqual([]);
  await done;
  expect(http.ids()).toEqual(['a']);
  end(w);
});

test('[CL52] what is shown of several changes of one record is all of them, and one refused takes only itself back', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A', kind: 'http' });
  const all = watch(w);
  await w.env.settle();
  w.server.onCommand = ({ f }) => (f?.['name'] === 'B' ? { ok: false, code: 'bad_field', msg: 'no' } : null);
  const one = w.sw.services.patch('a', { name: 'B' }, { optimistic: true });
  const two = w.sw.collection('services').patch('a', { kind: 'tcp' }, { optimistic: true });
  expect(all.last().get('a')).toMatchObject({ name: 'B', kind: 'tcp' });
  await one;
  expect(all.last().get('a')).toMatchObject({ name: 'A', kind: 'tcp' });
  await two;
  expect(all.last().get('a')).toMatchObject({ name: 'A', kind: 'tcp' });
  end(w);
});

test('[CL51] a conflict has both sides and a way on: again with merged values, on top of what is there now', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A', url: 'u' });
  watch(w);
  await w.env.settle();
  w.server.onCommand = (mut) =>
    mut.base === 2 ? { ok: false, code: 'conflict', msg: 'changed', v: 3, cur: { name: 'B' }, fields: ['name'] } : null;
  const result = await w.sw.collection('services').patch('a', { name: 'C', url: 'v' }, { base: 2 });
  w.server.put('services', { id: 'a', name: 'B' });
  expect(result).toMatchObject({
    ok: false,
    conflict: { version: 3, fields: ['name'], yours: { name: 'C' }, theirs: { name: 'B' }, base: { name: 'A' } },
  });
  const again = !result.ok && result.conflict !== null ? await result.conflict.retry({ name: 'B and C' }) : null;
  expect(again).toMatchObject({ ok: true });
  expect(w.server.get('services', 'a')).toMatchObject({ name: 'B and C', url: 'v' });
  expect(w.server.received.flatMap((frame) => (frame.t === 'mut' ? [frame.base] : []))).toEqual([2, 3]);
  end(w);
});

test('[CL54] what our own earlier command made of a record is no conflict; what somebody else did is', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A', url: 'u' });
  w.sw.connect();
  await w.env.settle();
  const one = w.sw.collection('services').patch('a', { name: 'B' }, { base: 2 });
  const two = w.sw.collection('services').patch('a', { name: 'C' }, { base: 2 });
  expect([await one, await two]).toMatchObject([{ ok: true }, { ok: true }]);
  expect(w.server.get('services', 'a')).toMatchObject({ name: 'C' });
  const { version = 0 } = w.server.get('services', 'a') ?? {};
  const three = w.sw.collection('services').patch('a', { name: 'D' }, { base: version });
  const four = w.sw.collection('services').patch('a', { name: 'E' }, { base: version });
  await three;
  w.server.put('services', { id: 'a', name: 'by someone else' });
  expect(await four).toMatchObject({
    ok: false,
    conflict: { yours: { name: 'E' }, theirs: { name: 'by someone else' } },
  });
  end(w);
});

test('[CL55] a bulk call is one promise with one result per line; a refused line undoes no other', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A' });
  const all = watch(w);
  await w.env.settle();
  const done = w.sw.services.bulk(
    [
      { op: 'create', fields: body, id: 'b' },
      { op: 'patch', id: 'none', fields: { name: 'X' } },
      { op: 'patch', id: 'a', fields: { name: 'A2' } },
      { op: 'call', id: 'a', name: 'refresh' },
      { op: 'delete', id: 'a' },
    ],
    { optimistic: true },
  );
  expect(all.ids()).toEqual(['b']);
  const result = await done;
  expect(result.ok).toBe(false);
  expect(result.failed).toEqual([1]);
  expect(result.results).toMatchObject([
    { ok: true, id: 'b' },
    { ok: false, code: 'not_found' },
    { ok: true, id: 'a' },
    { ok: true },
    { ok: true, id: 'a' },
  ]);
  end(w);
});

test('[CL55] a bulk call leaves room for others, however long it is, and one that is too long says so per line', async () => {
  const w = world();
  w.sw.connect();
  await w.env.settle();
  let most = 0;
  const lines = Array.from({ length: 5_130 }, (_, i) => ({ op: 'call' as const, id: `r${i}`, name: 'refresh' }));
  const done = w.sw.services.bulk(lines);
  w.sw.commands.subscribe(() => (most = Math.max(most, w.sw.commands.get().pending.length)));
  const { results, failed } = await done;
  expect(most).toBeLessThanOrEqual(256);
  expect(results).toHaveLength(5_130);
  expect(failed).toEqual(Array.from({ length: 10 }, (_, i) => 5_120 + i));
  expect(results.at(-1)).toMatchObject({ ok: false, code: 'too_large' });
  end(w);
});

test('[CL56] a result can be taken back: old values again, the created one gone; what others did since is a conflict', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A', labels: { env: 'prod' } });
  watch(w);
  await w.env.settle();
  const services = w.sw.collection('services');
  const changed = await services.patch('a', { name: 'B', 'labels.env': 'test' });
  expect(changed.ok && (await changed.undo?.())).toMatchObject({ ok: true });
  expect(w.server.get('services', 'a')).toMatchObject({ name: 'A', labels: { env: 'prod' } });
  const labelled = await services.patch('a', { 'labels.team': 'x' });
  expect(labelled.ok && (await labelled.undo?.())).toMatchObject({ ok: true });
  expect(w.server.get('services', 'a')).toMatchObject({ labels: { env: 'prod' } });
  expect(Object.keys(Object(w.server.get('services', 'a')?.['labels']))).toEqual(['env']);
  const made = await services.create({ name: 'N' }, { id: 'n' });
  expect(made.ok && (await made.undo?.())).toMatchObject({ ok: true });
  expect(w.server.get('services', 'n')).toBeUndefined();
  const mine = await services.patch('a', { name: 'C' });
  w.server.put('services', { id: 'a', name: 'by someone else' });
  expect(mine.ok && (await mine.undo?.())).toMatchObject({ ok: false, code: 'conflict' });
  const deleted = await services.delete('a');
  expect(deleted).toMatchObject({ ok: true, undo: null });
  end(w);
});

test('[CL56] of a record that is not in view, or of a field that is not, nothing can be taken back', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A', url: 'u' });
  w.sw.connect();
  await w.env.settle();
  expect(await w.sw.services.patch('a', { name: 'B' })).toMatchObject({ ok: true, undo: null });
  end(w);
});

test('[CL57] what waits is listed, and what was refused after it had waited, until somebody has seen it', async () => {
  const w = world();
  w.server.put('services', { id: 'a', name: 'A' });
  let changes = 0;
  w.sw.commands.subscribe(() => (changes += 1));
  expect(w.sw.commands.get()).toEqual({ pending: [], conflicted: [], failed: [] });
  w.server.isUp = false;
  void w.sw.services.patch('a', { name: 'B' }, { base: 1 });
  void w.sw.services.patch('none', { name: 'B' });
  void w.sw.services.call('a', 'refresh');
  const { pending } = w.sw.commands.get();
  expect(pending).toMatchObject([
    { collection: 'services', key: 'a', op: 'patch', name: null, fields: { name: 'B' }, error: null, conflict: null },
    { key: 'none' },
    { key: 'a', op: 'call', name: 'refresh' },
  ]);
  expect(changes).toBe(3);
  expect(w.sw.commands.get()).toBe(w.sw.commands.get());
  await w.env.advance(1_000);
  w.server.isUp = true;
  await w.env.advance(15_000);
  const after = w.sw.commands.get();
  expect(after.pending).toEqual([]);
  expect(after.conflicted).toMatchObject([
    { key: 'a', error: { code: 'conflict' }, conflict: { theirs: { name: 'A' }, yours: { name: 'B' } } },
  ]);
  expect(after.failed).toMatchObject([{ key: 'none', error: { code: 'not_found' } }]);
  w.sw.commands.dismiss(after.failed[0]?.id ?? '');
  expect(w.sw.commands.get().failed).toEqual([]);
  expect(await after.conflicted[0]?.conflict?.retry()).toMatchObject({ ok: true });
  expect(w.sw.commands.get()).toEqual({ pending: [], conflicted: [], failed: [] });
  // One that is answered at once is told to its caller alone.
  expect(await w.sw.services.patch('none', { name: 'X' })).toMatchObject({ ok: false });
  expect(w.sw.commands.get().failed).toEqual([]);
  end(w);
});

test('[CL57] of what was refused the newest hundred are remembered', async () => {
  const w = world();
  w.server.isUp = false;
  for (let i = 0; i < 120; i += 1) void w.sw.services.patch(`none${i}`, { name: 'X' });
  await w.env.advance(1_000);
  w.server.isUp = true;
  await w.env.advance(15_000);
  const { failed } = w.sw.commands.get();
  expect(failed).toHaveLength(100);
  expect(failed[0]).toMatchObject({ key: 'none20' });
  end(w);
});

test('[CL58] a command older than the day for which the server knows its id is not sent, and says so', async () => {
  const w = world();
  w.server.isUp = false;
  const old = w.sw.services.create(body, { id: 'a', optimistic: true });
  await w.env.advance(3_600_000);
  const young = w.sw.services.create(body, { id: 'b' });
  await w.env.advance(86_400_000 - 3_600_000 - 16_000);
  w.env.jump(16_000);
  w.server.isUp = true;
  await w.env.advance(15_000);
  expect(await old).toMatchObject({ ok: false, code: 'expired' });
  expect(await young).toMatchObject({ ok: true, id: 'b' });
  expect(w.server.get('services', 'a')).toBeUndefined();
  expect(w.sw.commands.get().failed).toMatchObject([{ key: 'a', error: { code: 'expired' } }]);
  end(w);
});
