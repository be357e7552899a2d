import { ok, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { Applied, RowChange } from './apply.ts';
import { captureListSchema } from './plans.ts';
import { Stream, type Progress } from './stream.ts';
import { trouble, type Trouble } from './trouble.ts';

const { tables } = captureListSchema
  .parse([{ url: 'postgres://x', tables: [{ table: 't', collection: 'orders', columns: { n: 'number' } }] }])
  .reduce((only) => only);
const plan = tables.reduce((only) => only);

const text = (value: string): Buffer => Buffer.concat([letter('t'), int(Buffer.byteLength(value), 4), letter(value)]);
const letter = (value: string): Buffer => Buffer.from(value);
const int = (value: number, bytes: number): Buffer => {
  const made = Buffer.alloc(bytes);
  made.writeUIntBE(value, bytes - Math.min(bytes, 6), Math.min(bytes, 6));
  return made;
};
/** A message of the log as it is carried: a letter, two places and a time stand before it. */
const carried = (...parts: readonly Buffer[]): Buffer => Buffer.concat([letter('w'), Buffer.alloc(24), ...parts]);
const column = (name: string): Buffer => Buffer.concat([int(0, 1), letter(`${name}\0`), int(25, 4), int(0, 4)]);
const RELATION = carried(letter('R'), int(7, 4), letter('public\0t\0d'), int(2, 2), column('id'), column('n'));
/** One transaction of theirs that puts one row; it ends at `lsn`. */
const transaction = (lsn: number): readonly Buffer[] => [
  carried(letter('B'), int(lsn, 8), int(0, 8), int(1, 4)),
  carried(letter('I'), int(7, 4), letter('N'), int(2, 2), text(`${lsn}`), text('1')),
  carried(letter('C'), int(0, 1), int(lsn, 8), int(lsn, 8), int(0, 8)),
];

test('[CP18] a store that is slow makes the database wait: what is held is bounded, and only what is written is confirmed', async () => {
  const clock = new FakeClock();
  const writes: { readonly changes: readonly RowChange[]; done(): void }[] = [];
  const confirmed: bigint[] = [];
  const wire = { isPaused: false, confirmed };
  const gone = Promise.withResolvers<Trouble>();
  let tell: (chunk: Buffer) => void = () => undefined;
  const told: Progress[] = [];
  const stream = new Stream(
    {
      clock,
      db: {
        gone: gone.promise,
        close: () => undefined,
        copyBoth: (_sql, onData) => {
          tell = onData;
          return {
            ended: gone.promise,
            send: (chunk) => void wire.confirmed.push(chunk.readBigUInt64BE(9)),
            pause: () => void (wire.isPaused = true),
            resume: () => void (wire.isPaused = false),
          };
        },
      },
      applier: {
        apply: (changes) =>
          new Promise<Result<Applied>>((resolve) => {
            writes.push({ changes, done: () => resolve(ok({ refused: 0, why: null })) });
          }),
      },
      tables: [{ plan, oid: '7', columns: ['id', 'n'], missing: [], isPartitioned: false, cursorType: '' }],
      slot: 's',
      publication: 'p',
      markOf: () => ({}),
      overlap: null,
      idsOf: () => [],
      rowsMax: 4,
      queueMax: 10,
      queueBytesMax: 1_000_000,
      confirmMs: 10_000,
      onProgress: (progress) => told.push(progress),
    },
    { lsn: 0n, part: null },
  );
  const running = stream.run();
  tell(RELATION);
  // The database goes on as long as it is read.
  let lsn = 0;
  while (!wire.isPaused) for (const chunk of transaction((lsn += 1))) tell(chunk);
  expect(lsn).toBeLessThan(10);
  expect(writes).toHaveLength(1);
  await clock.run(30_000);
  expect(told).toEqual([]);
  expect(wire.confirmed.every((at) => at === 0n)).toBe(true);
  // It is alive meanwhile, and says so: the database would cut it off.
  expect(wire.confirmed.length).toBeGreaterThanOrEqual(3);

  for (let write = 0; write < writes.length; write++) {
    writes[write]?.done();
    await clock.run(1);
  }
  expect(writes.every(({ changes }) => changes.length <= 4)).toBe(true);
  expect(writes.flatMap(({ changes }) => changes)).toHaveLength(lsn);
  expect(wire.isPaused).toBe(false);
  await clock.run(10_000);
  expect(wire.confirmed.at(-1)).toBe(BigInt(lsn));
  expect(told.at(-1)).toMatchObject({ lsn: BigInt(lsn) });
  stream.close(trouble('closed', 'the test is over'));
  expect(await running).toMatchObject({ code: 'closed' });
});
