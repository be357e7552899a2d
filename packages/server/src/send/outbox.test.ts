import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../lib/limits.ts';
import { noticeOf, openPostRoom, type PostRoomOptions, type PostRoom } from '../testing/post-room.ts';
import { testVault } from '../testing/test-vault.ts';
import { fault, type SendResult } from './channels/channel.ts';
import { enqueue, deliveryId } from './enqueue.ts';
import { CHANNEL_SECRETS, RETRY_MS } from './outbox.ts';

async function open(options: PostRoomOptions = {}): Promise<PostRoom> {
  const room = await openPostRoom(options);
  await room.channel('c');
  return room;
}

const LATER = fault('http_5xx', 'The receiver failed with HTTP 503.', 'later');

test('[SN1] the same key is the same row, in one transaction and in two, and is sent once', async () => {
  const room = await open();
  const notice = noticeOf('a', { key: 'one' });
  await room.enqueue(notice, notice, { ...notice, title: 'another' });
  await room.clock.run(0);
  await room.enqueue(notice);
  await room.clock.run(10_000);
  expect(room.arrived).toHaveLength(1);
  expect(room.rows()).toMatchObject([{ id: deliveryId('one'), title: 'a is down', state: 'delivered', attempts: 1 }]);
  await room.close();
});

test('[SN1] a transaction that fails leaves no notice', async () => {
  const room = await open();
  await room.desk.keep.commit.write('main', 'test', (draft) => {
    enqueue(draft, noticeOf('a'));
    return { ok: false, code: 'internal', message: 'no' };
  });
  await room.clock.run(10_000);
  expect([...room.rows(), ...room.arrived]).toEqual([]);
  expect(await room.store.documents('notice', null)).toEqual([]);
  await room.close();
});

test('[SN2] a notice is sent at once, its row and its channel say so, and nothing of it is kept beside', async () => {
  const room = await open();
  await room.enqueue(noticeOf('a', { to: 'someone@example.org' }));
  await room.clock.run(0);
  expect(room.rows()).toMatchObject([
    { state: 'delivered', deliveredAt: room.clock.now(), nextAt: null, error: '', to: 's…@example.org' },
  ]);
  expect(room.desk.row('channels', 'c')).toMatchObject({ last: { ok: true }, failures: 0 });
  expect(await room.store.documents('notice', null)).toEqual([]);
  await room.close();
});

test('[SN3] what fails for now is tried after 1 s, 5 s, 30 s, 2 min and 10 min, then it has failed', async () => {
  const room = await open({ answer: () => LATER });
  await room.enqueue(noticeOf('a', { key: 'k' }));
  await room.clock.run(0);
  const start = room.arrived[0]?.at ?? 0;
  for (const [index, waitMs] of RETRY_MS.entries()) {
    expect(room.row('k')).toMatchObject({ state: 'queued', attempts: index + 1, nextAt: room.clock.now() + waitMs });
    await room.clock.run(waitMs - 2);
    expect(room.arrived).toHaveLength(index + 1);
    await room.clock.run(2);
    expect(room.arrived).toHaveLength(index + 2);
  }
  expect(room.row('k')).toMatchObject({
    state: 'failed',
    attempts: 6,
    nextAt: null,
    error: 'http_5xx: The receiver failed with HTTP 503.',
  });
  expect(room.desk.row('channels', 'c')).toMatchObject({ failures: 6, last: { ok: false, text: LATER.message } });
  expect((room.arrived.at(-1)?.at ?? 0) - start).toBe(RETRY_MS.reduce((sum, ms) => sum + ms, 0));
  await room.clock.run(3_600_000);
  expect(room.arrived).toHaveLength(6);
  expect(await room.store.documents('notice', null)).toEqual([]);
  await room.close();
});

test('[SN3] a restart moves no attempt: its time is on the row', async () => {
  const first = await open({ answer: () => LATER });
  await first.enqueue(noticeOf('a', { key: 'k' }));
  await first.clock.run(1_000);
  expect(first.row('k')).toMatchObject({ attempts: 2 });
  await first.clock.run(2_000);
  const { store, clock } = first;
  await first.close();
  const second = await openPostRoom({ store, clock });
  await clock.run(2_999);
  expect(second.arrived).toEqual([]);
  await clock.run(1);
  expect(second.arrived).toHaveLength(1);
  expect(second.row('k')).toMatchObject({ state: 'delivered', attempts: 3 });
  await second.close();
});

test('[SN4] a receiver that asks for a pause is left alone by everything of that channel', async () => {
  let answer: SendResult = fault('rate_limited', 'too many', 'later', 40_000);
  const room = await open({ answer: () => answer });
  await room.channel('d');
  await room.enqueue(noticeOf('a', { key: 'a' }));
  await room.clock.run(0);
  answer = ok({});
  await room.enqueue(noticeOf('b', { key: 'b' }), noticeOf('x', { channel: 'd', key: 'x' }));
  await room.clock.run(39_998);
  expect(room.arrived.map(({ notice }) => notice.thread)).toEqual(['a', 'x']);
  await room.clock.run(10);
  expect(room.arrived.map(({ notice }) => notice.thread)).toEqual(['a', 'x', 'a', 'b']);
  await room.close();
});

test('[SN5] a refusal is final at once; a recipient that is gone is told of', async () => {
  const room = await open({ answer: () => fault('gone', 'The browser ended its subscription.', 'never') });
  await room.enqueue(noticeOf('a', { key: 'k', to: '{}' }));
  await room.clock.run(3_600_000);
  expect(room.arrived).toHaveLength(1);
  expect(room.row('k')).toMatchObject({ state: 'failed', attempts: 1 });
  expect(room.gone).toMatchObject([{ to: '{}' }]);
  await room.close();
});

test('[SN6] a channel that is disabled or deleted is not told what waits, and nothing waits for it', async () => {
  const room = await open({ answer: () => LATER });
  await room.channel('d');
  await room.enqueue(noticeOf('a', { key: 'a' }), noticeOf('b', { key: 'b', channel: 'd' }));
  await room.clock.run(0);
  await room.channel('c', { isEnabled: false });
  await room.desk.keep.commit.write('main', 'test', (draft) => (draft.delete('channels', 'd'), ok(null)));
  await room.enqueue(noticeOf('a', { key: 'a2' }), noticeOf('b', { key: 'b2', channel: 'd' }));
  await room.clock.run(3_600_000);
  expect(room.arrived).toHaveLength(2);
  expect(room.row('a')).toMatchObject({ state: 'canceled', error: 'the channel is disabled', nextAt: null });
  expect(room.row('a2')).toMatchObject({ state: 'canceled', error: 'the channel is disabled', attempts: 0 });
  expect(room.row('b')).toMatchObject({ state: 'canceled', error: 'there is no such channel any more' });
  expect(room.row('b2')).toMatchObject({ state: 'canceled', channelName: '' });
  expect(room.outbox.size).toBe(0);
  expect(await room.store.documents('notice', null)).toEqual([]);
  await room.close();
});

test('[SN7] a recovery never overtakes its alert; other threads and other recipients do not wait', async () => {
  let isDown = true;
  const room = await open({
    answer: ({ notice }) => (isDown && notice.thread === 'a' && notice.to !== 'ann' ? LATER : ok({})),
  });
  await room.enqueue(noticeOf('a', { key: '1' }));
  await room.clock.run(0);
  await room.enqueue(
    noticeOf('a', { key: '2', state: 'resolved', kind: 'recovery' }),
    noticeOf('b', { key: '3' }),
    noticeOf('a', { key: '4', to: 'ann' }),
  );
  await room.clock.run(3_000);
  expect(room.row('2')).toMatchObject({ state: 'queued', attempts: 0 });
  expect([room.row('3')?.state, room.row('4')?.state]).toEqual(['delivered', 'delivered']);
  isDown = false;
  await room.clock.run(10_000);
  expect(
    room.arrived
      .filter(({ notice }) => notice.thread === 'a' && notice.to === undefined)
      .map(({ notice }) => notice.state),
  ).toEqual(['firing', 'firing', 'firing', 'resolved']);
  await room.close();
});

test('[SN8] what is more than a channel may be told becomes one summary with the newest state of each thread', async () => {
  const room = await open();
  await room.channel('c', { rate: { perMinute: 6, burst: 2 } });
  const many = Array.from({ length: 20 }, (_, i) => noticeOf(`s${i}`, { severity: i === 7 ? 'critical' : 'warning' }));
  await room.enqueue(
    ...many,
    noticeOf('s3', { state: 'resolved', kind: 'recovery', title: 's3 is up', severity: 'warning' }),
  );
  await room.clock.run(0);
  expect(room.arrived.map(({ notice }) => notice.kind)).toEqual(['alert', 'alert']);
  await room.clock.run(60_000);
  expect(room.arrived.map(({ notice }) => notice.kind)).toEqual(['alert', 'alert', 'summary']);
  const summary = room.arrived[2]?.notice;
  expect(summary).toMatchObject({
    title: '19 notices in one: 17 firing, 1 resolved',
    state: 'firing',
    severity: 'critical',
  });
  const lines = summary?.text.split('\n') ?? [];
  expect(lines).toHaveLength(18);
  expect(lines[0]).toBe('[CRITICAL] s7 is down');
  expect(lines.at(-1)).toBe('[RESOLVED] s3 is up');
  expect(summary?.parts).toHaveLength(18);
  expect(room.rows().filter(({ state }) => state === 'summarized')).toHaveLength(19);
  expect(room.rows().filter(({ state }) => state === 'delivered')).toHaveLength(3);
  expect(room.outbox.size).toBe(0);
  await room.close();
});

test('[SN8] each recipient has a summary of its own; actions, digests and single notices are never in one', async () => {
  const room = await open();
  await room.channel('c', { rate: { perMinute: 6, burst: 1 } });
  await room.enqueue(
    noticeOf('first'),
    noticeOf('act', { kind: 'action' }),
    noticeOf('dig', { kind: 'digest' }),
    ...['a', 'b', 'c'].map((thread) => noticeOf(thread, { to: 'ann@example.org' })),
    noticeOf('alone', { to: 'bob@example.org' }),
    ...['x', 'y'].map((thread) => noticeOf(thread)),
  );
  await room.clock.run(600_000);
  const told = room.arrived.map(({ notice }) => `${notice.to ?? ''} ${notice.kind} ${notice.text.split('\n').length}`);
  expect(told.sort()).toEqual(
    [' alert 1', ' action 1', ' digest 1', ' summary 2', 'ann@example.org summary 3', 'bob@example.org alert 1'].sort(),
  );
  await room.close();
});

test('[SN9] a pager is told the newest state of each thread itself; older ones of that thread are superseded', async () => {
  const room = await open();
  await room.channel('c', { kind: 'pagerduty', rate: { perMinute: 6, burst: 1 } });
  await room.enqueue(
    noticeOf('z'),
    ...['a', 'b', 'c'].map((thread) => noticeOf(thread)),
    ...['a', 'b'].map((thread) => noticeOf(thread, { state: 'resolved', kind: 'recovery' })),
  );
  await room.clock.run(600_000);
  expect(room.arrived.map(({ notice }) => notice.kind)).not.toContain('summary');
  const last = new Map(room.arrived.map(({ notice }) => [notice.thread, notice.state]));
  expect(Object.fromEntries(last)).toEqual({ z: 'firing', a: 'resolved', b: 'resolved', c: 'firing' });
  expect(room.arrived).toHaveLength(4);
  expect(room.rows().filter(({ state }) => state === 'summarized')).toHaveLength(2);
  await room.close();
});

test('[SN8] a restart gives no new burst: what was told lately is in the log', async () => {
  const first = await open();
  await first.channel('c', { rate: { perMinute: 6, burst: 3 } });
  await first.enqueue(...['a', 'b', 'c'].map((thread) => noticeOf(thread)));
  await first.clock.run(0);
  const { store, clock } = first;
  await first.close();
  const second = await openPostRoom({ store, clock });
  await second.enqueue(noticeOf('d'));
  await clock.run(9_900);
  expect(second.arrived).toEqual([]);
  await clock.run(200);
  expect(second.arrived).toHaveLength(1);
  await second.close();
});

test('[SN2] so many are sent at the same time and no more, over all and per channel', async () => {
  let now = 0;
  let most = 0;
  const release: (() => void)[] = [];
  const room = await open({
    limits: { sendsConcurrentMax: 5, sendsPerChannelMax: 2 },
    answer: () => {
      now += 1;
      most = Math.max(most, now);
      return new Promise((resolve) =>
        release.push(() => {
          now -= 1;
          resolve(ok({}));
        }),
      );
    },
  });
  for (const id of ['c1', 'c2', 'c3', 'c4']) await room.channel(id);
  await room.enqueue(
    ...['c1', 'c2', 'c3', 'c4'].flatMap((channel) =>
      Array.from({ length: 6 }, (_, i) => noticeOf(`${channel}-${i}`, { channel })),
    ),
  );
  await room.clock.run(0);
  expect(room.arrived).toHaveLength(5);
  expect(room.arrived.filter(({ notice }) => notice.channel === 'c1')).toHaveLength(2);
  while (release.length > 0) {
    release.shift()?.();
    await room.clock.run(0);
  }
  expect(most).toBe(5);
  expect(room.arrived).toHaveLength(24);
  expect(room.rows().every(({ state }) => state === 'delivered')).toBe(true);
  await room.close();
});

test('[SN2] an outcome that cannot be written is written later; the notice is not sent again for that', async () => {
  const room = await open();
  let isFull = false;
  const { commit } = room.desk.keep;
  const write = commit.write.bind(commit);
  commit.write = (org, actor, tx) =>
    isFull && actor === 'outbox'
      ? Promise.resolve({ ok: false, code: 'unavailable', message: 'no' })
      : write(org, actor, tx);
  isFull = true;
  await room.enqueue(noticeOf('a', { key: 'k' }));
  await room.clock.run(10_000);
  expect(room.row('k')).toMatchObject({ state: 'queued' });
  isFull = false;
  await room.clock.run(limits.sendSettleRetryMs);
  expect(room.row('k')).toMatchObject({ state: 'delivered', attempts: 1 });
  expect(room.arrived).toHaveLength(1);
  await room.close();
});

test('[SN2] what is being sent when the server stops stays queued and is sent by the next one', async () => {
  const first = await open({
    answer: (_, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () =>
          resolve(fault('aborted', 'This server was stopped meanwhile.', 'later')),
        ),
      ),
  });
  await first.enqueue(noticeOf('a', { key: 'k' }));
  await first.clock.run(0);
  const { store, clock } = first;
  await first.close();
  const second = await openPostRoom({ store, clock });
  await clock.run(0);
  expect(second.row('k')).toMatchObject({ state: 'delivered', attempts: 1 });
  await second.close();
});

test('[SN10] secrets are opened for the sending alone; with another key the channel says what is wrong', async () => {
  const first = await open({ answer: () => LATER });
  const id = 'c/url';
  await first.desk.keep.commit.write('main', 'test', (draft) => {
    draft.document(
      CHANNEL_SECRETS,
      id,
      testVault().seal({ org: 'main', kind: CHANNEL_SECRETS, id }, 'https://hook.example/secret'),
    );
    draft.put('channels', 'c', { ...draft.get('channels', 'c'), secrets: ['url'] });
    return ok(null);
  });
  await first.enqueue(noticeOf('a', { key: 'k' }));
  await first.clock.run(0);
  expect(first.arrived[0]?.secrets).toEqual({ url: 'https://hook.example/secret' });
  const { store, clock } = first;
  await first.close();
  const second = await openPostRoom({ store, clock, key: 'another key, long enough to be one' });
  await clock.run(1_000);
  expect(second.arrived).toEqual([]);
  expect(second.row('k')).toMatchObject({
    state: 'queued',
    attempts: 2,
    error: expect.stringContaining('secret_key: '),
  });
  expect(second.desk.row('channels', 'c')).toMatchObject({
    last: { ok: false, text: expect.stringContaining('sealed with another key') },
  });
  await second.close();
  const third = await openPostRoom({ store, clock });
  await clock.run(5_000);
  expect(third.row('k')).toMatchObject({ state: 'delivered' });
  await third.close();
});

test('[SN15] a test is a real notice, sent now, also through a disabled channel, and answers with what came of it', async () => {
  let answer: SendResult = ok({});
  const room = await open({ answer: () => answer });
  await room.channel('c', { isEnabled: false, rate: { perMinute: 1, burst: 1 } });
  expect(await room.outbox.test('main', 'c', 'Ana')).toMatchObject({
    ok: true,
    value: { ok: true, code: 'delivered' },
  });
  answer = LATER;
  const failed = await room.outbox.test('main', 'c', 'Ana');
  expect(failed).toMatchObject({ ok: true, value: { ok: false, code: 'http_5xx', text: LATER.message } });
  expect(room.rows().map(({ kind, state, attempts }) => [kind, state, attempts])).toEqual([
    ['test', 'delivered', 1],
    ['test', 'failed', 1],
  ]);
  expect(room.desk.row('channels', 'c')).toMatchObject({ last: { ok: false }, failures: 1 });
  await room.clock.run(3_600_000);
  expect(room.arrived).toHaveLength(2);
  expect(await room.outbox.test('main', 'none', 'Ana')).toMatchObject({ ok: false, code: 'not_found' });
  expect(await room.store.documents('notice', null)).toEqual([]);
  await room.close();
});

test('[SN3] a wall clock set forward is noticed within a minute; set back it sends nothing twice', async () => {
  const room = await open({ answer: ({ notice }) => (notice.key === 'slow' ? LATER : ok({})) });
  await room.enqueue(noticeOf('a', { key: 'slow' }));
  await room.clock.run(40_000);
  expect(room.row('slow')).toMatchObject({ attempts: 4 });
  room.clock.jump(3_600_000);
  await room.clock.run(60_000);
  expect(room.row('slow')).toMatchObject({ attempts: 5 });
  room.clock.jump(-7_200_000);
  await room.enqueue(noticeOf('b', { key: 'b' }));
  await room.clock.run(1_000);
  expect(room.arrived.filter(({ notice }) => notice.key === 'b')).toHaveLength(1);
  await room.close();
});
