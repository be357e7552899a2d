import { expect, test } from 'vitest';
import { limits } from '../lib/limits.ts';
import { noticeOf, openPostRoom } from '../testing/post-room.ts';
import { fault } from './channels/channel.ts';
import { Retention } from './retention.ts';

const DAY_MS = 86_400_000;

test('[SN16] settled deliveries are forgotten after 30 days, in slices; what waits stays', async () => {
  const room = await openPostRoom({
    answer: ({ notice }) => ({ ...fault('http_5xx', 'no', notice.thread === 'w' ? 'later' : 'never') }),
  });
  await room.channel('c');
  const bounds = { ...limits, deliveriesSliceRows: 4 };
  const retention = new Retention({
    clock: room.clock,
    limits: bounds,
    live: room.desk.keep.live,
    commit: room.desk.keep.commit,
    onError: (error) => room.errors.push(error),
  });
  retention.start();
  await room.enqueue(...Array.from({ length: 10 }, (_, i) => noticeOf(`old${i}`)));
  await room.clock.run(DAY_MS);
  await room.enqueue(noticeOf('young'));
  await room.clock.run(29 * DAY_MS - 2 * limits.deliveriesSweepMs);
  expect(room.rows()).toHaveLength(11);
  const before = room.desk.committed.length;
  await room.clock.run(3 * limits.deliveriesSweepMs);
  expect(room.rows().map(({ thread }) => thread)).toEqual(['young']);
  const deletions = room.desk.committed
    .slice(before)
    .map(({ changes }) => changes.filter(({ after }) => after === null).length);
  expect(deletions.filter((n) => n > 0)).toEqual([4, 4, 2]);
  await room.channel('c', { isEnabled: true });
  await room.enqueue(noticeOf('w'));
  await room.clock.run(0);
  await retention.close();
  expect(room.row(room.rows().find(({ thread }) => thread === 'w')?.key ?? '')).toMatchObject({ state: 'queued' });
  expect(room.errors).toEqual([]);
  await room.close();
});

test('[SN16] there are never more than so many; the oldest settled ones go first', async () => {
  const room = await openPostRoom({ answer: () => fault('http_5xx', 'no', 'later') });
  await room.channel('c');
  await room.channel('d', { isEnabled: false });
  await room.enqueue(...Array.from({ length: 3 }, (_, i) => noticeOf(`q${i}`)));
  for (let i = 0; i < 6; i++) {
    await room.enqueue(noticeOf(`x${i}`, { channel: 'd' }));
    await room.clock.run(10);
  }
  const { clock } = room;
  const retention = new Retention({
    clock,
    limits: { ...limits, deliveriesPerOrgMax: 5 },
    live: room.desk.keep.live,
    commit: room.desk.keep.commit,
    onError: () => undefined,
  });
  await retention.sweep();
  expect(
    room
      .rows()
      .map(({ thread }) => thread)
      .sort(),
  ).toEqual(['q0', 'q1', 'q2', 'x4', 'x5']);
  await retention.close();
  await room.close();
});
