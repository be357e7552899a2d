import { expect, test } from 'vitest';
import { formatLsn, parseLsn } from './lsn.ts';
import { PgOutput } from './pgoutput.ts';

type Part = readonly [bytes: 1 | 2 | 4 | 8, value: number | bigint] | string | Buffer;

/** Bytes of a message: numbers of so many bytes, and texts that end in a zero. */
function bytes(...parts: Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (Buffer.isBuffer(part)) return part;
      if (typeof part === 'string') return Buffer.from(`${part}\0`);
      const [size, value] = part;
      const made = Buffer.alloc(size);
      if (size === 8) made.writeBigInt64BE(BigInt(value));
      else made.writeIntBE(Number(value), 0, size);
      return made;
    }),
  );
}
const letter = (text: string): Buffer => Buffer.from(text);
const value = (text: string): Buffer => bytes(letter('t'), [4, Buffer.byteLength(text)], letter(text));
const column = (name: string): Buffer => bytes([1, 0], name, [4, 25], [4, -1]);
const RELATION = bytes(
  letter('R'),
  [4, 7],
  'public',
  'orders',
  letter('d'),
  [2, 3],
  column('id'),
  column('state'),
  column('note'),
);

test('changes are read as the database writes them: a key alone, all old values, and large values that did not change', () => {
  const output = new PgOutput();
  const read = (...parts: Part[]) => output.read(bytes(...parts));
  expect(read(letter('B'), [8, 0x16_b3_74n], [8, 1_000_000n], [4, 9])).toEqual({
    kind: 'begin',
    finalLsn: 0x16_b3_74n,
    at: 946_684_801_000,
  });
  expect(output.read(RELATION)).toMatchObject({
    relation: { table: 'public.orders', columns: ['id', 'state', 'note'] },
  });
  const at = { relation: { oid: 7 } };
  const row = [[2, 3] as const, value('1'), letter('n'), value('häß')] as const;
  expect(read(letter('I'), [4, 7], letter('N'), ...row)).toMatchObject({
    ...at,
    kind: 'insert',
    row: new Map([
      ['id', '1'],
      ['state', null],
      ['note', 'häß'],
    ]),
  });
  const unchanged = [[2, 3] as const, value('2'), value('paid'), letter('u')] as const;
  expect(read(letter('U'), [4, 7], letter('N'), ...unchanged)).toMatchObject({
    kind: 'update',
    old: null,
    row: new Map([
      ['id', '2'],
      ['state', 'paid'],
    ]),
  });
  const key = [[2, 3] as const, value('1'), letter('n'), letter('n')] as const;
  expect(read(letter('U'), [4, 7], letter('K'), ...key, letter('N'), ...unchanged)).toMatchObject({
    old: new Map([['id', '1']]),
  });
  expect(read(letter('D'), [4, 7], letter('K'), ...key)).toMatchObject({ kind: 'delete', old: new Map([['id', '1']]) });
  expect(read(letter('D'), [4, 7], letter('O'), ...row)).toMatchObject({
    old: new Map([
      ['id', '1'],
      ['state', null],
      ['note', 'häß'],
    ]),
  });
  expect(read(letter('T'), [4, 1], [1, 0], [4, 7])).toMatchObject({
    kind: 'truncate',
    relations: [{ table: 'public.orders' }],
  });
  expect(read(letter('C'), [1, 0], [8, 5n], [8, 6n], [8, 0n])).toEqual({
    kind: 'commit',
    endLsn: 6n,
    at: 946_684_800_000,
  });
  for (const nothing of ['M', 'O', 'Y']) expect(read(letter(nothing), [4, 0])).toEqual({ kind: 'other' });
});

test('[CP1] a message that is not what the protocol says ends the stream: none is guessed at', () => {
  const begun = (): PgOutput => {
    const output = new PgOutput();
    output.read(RELATION);
    return output;
  };
  const insert = bytes(letter('I'), [4, 7], letter('N'), [2, 3], value('1'), letter('n'), letter('n'));
  expect(begun().read(insert).kind).toBe('insert');
  // Cut anywhere, it is refused and never half a row.
  for (let length = 0; length < insert.length; length++)
    expect(() => begun().read(insert.subarray(0, length))).toThrow();
  const wrong: readonly (readonly [Buffer, RegExp])[] = [
    [bytes(letter('?')), /protocol 1 does not have/],
    [bytes(letter('I'), [4, 8], letter('N')), /never described/],
    [bytes(letter('I'), [4, 7], letter('K')), /expected N/],
    [bytes(letter('D'), [4, 7], letter('N')), /expected K or O/],
    [bytes(letter('I'), [4, 7], letter('N'), [2, 2], value('1'), value('2')), /has 3 columns, a row 2/],
    [bytes(letter('I'), [4, 7], letter('N'), [2, 3], letter('b'), [4, 0]), /expected n, t or u/],
    [bytes(letter('I'), [4, 7], letter('N'), [2, 3], letter('t'), [4, -1]), /ends before it should/],
    [bytes(letter('R'), [4, 7], letter('no end')), /has no end/],
  ];
  for (const [message, why] of wrong) expect(() => begun().read(message)).toThrow(why);
});

test('places in the log are read and written as the database does', () => {
  for (const text of ['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF']) expect(formatLsn(parseLsn(text) ?? -1n)).toBe(text);
  for (const text of ['', '16', 'g/0', '1/2/3', '123456789/0']) expect(parseLsn(text), text).toBeNull();
});
