import { expect, test } from 'vitest';
import { qrOf } from './qr.ts';

/**
 * Reads a code back, by other means than it was drawn: a map of what is no data, powers of 2 as logarithms, and syndromes, which are
 * all 0 where data and correction belong together.
 */
function read(grid: readonly (readonly boolean[])[]): { readonly text: string; readonly syndromes: number } {
  const size = grid.length;
  const version = (size - 17) / 4;
  const dark = (x: number, y: number): boolean => grid[y]?.[x] === true;
  let format = 0;
  for (const [x, y] of [
    [0, 8],
    [1, 8],
    [2, 8],
    [3, 8],
    [4, 8],
    [5, 8],
    [7, 8],
    [8, 8],
    [8, 7],
    [8, 5],
    [8, 4],
    [8, 3],
    [8, 2],
    [8, 1],
    [8, 0],
  ] as const)
    format = (format << 1) | (dark(x, y) ? 1 : 0);
  const told = (format ^ 0b101010000010010) >>> 10;
  expect(told >>> 3).toBe(0);
  const masks: readonly ((x: number, y: number) => boolean)[] = [
    (x, y) => (x + y) % 2 === 0,
    (_x, y) => y % 2 === 0,
    (x) => x % 3 === 0,
    (x, y) => (x + y) % 3 === 0,
    (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
    (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
    (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
    (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
  ];
  const mask = masks[told & 7] ?? (() => false);
  const marks: Readonly<Record<number, readonly number[]>> = {
    1: [],
    2: [6, 18],
    3: [6, 22],
    4: [6, 26],
    5: [6, 30],
    6: [6, 34],
    7: [6, 22, 38],
    8: [6, 24, 42],
    9: [6, 26, 46],
    10: [6, 28, 50],
    11: [6, 30, 54],
    12: [6, 32, 58],
    13: [6, 34, 62],
    14: [6, 26, 46, 66],
  };
  const isData = (x: number, y: number): boolean => {
    if ((x < 9 && y < 9) || (x >= size - 8 && y < 9) || (x < 9 && y >= size - 8) || x === 6 || y === 6) return false;
    if (version >= 7 && ((x >= size - 11 && y < 6) || (y >= size - 11 && x < 6))) return false;
    const all = marks[version] ?? [];
    return !all.some((cx) =>
      all.some(
        (cy) =>
          Math.abs(x - cx) <= 2 &&
          Math.abs(y - cy) <= 2 &&
          !(cx === 6 && cy === 6) &&
          !(cx === 6 && cy === size - 7) &&
          !(cx === size - 7 && cy === 6),
      ),
    );
  };
  let bits = '';
  let isUp = true;
  for (let right = size - 1; right > 0; right -= 2, isUp = !isUp) {
    if (right === 6) right -= 1;
    for (let i = 0; i < size; i++) {
      const y = isUp ? size - 1 - i : i;
      for (const x of [right, right - 1]) if (isData(x, y)) bits += dark(x, y) === mask(x, y) ? '0' : '1';
    }
  }
  const words = (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2));
  // Blocks of the standard's table for level M: [how many, bytes of data] twice, and bytes of correction.
  const table: Readonly<Record<number, readonly [number, number, number, number, number]>> = {
    1: [1, 16, 0, 0, 10],
    2: [1, 28, 0, 0, 16],
    3: [1, 44, 0, 0, 26],
    4: [2, 32, 0, 0, 18],
    5: [2, 43, 0, 0, 24],
    6: [4, 27, 0, 0, 16],
    7: [4, 31, 0, 0, 18],
    8: [2, 38, 2, 39, 22],
    9: [3, 36, 2, 37, 22],
    10: [4, 43, 1, 44, 26],
    11: [1, 50, 4, 51, 30],
    12: [6, 36, 2, 37, 22],
    13: [8, 37, 1, 38, 22],
    14: [4, 40, 5, 41, 24],
  };
  const [n1, d1, n2, d2, correction] = table[version] ?? [0, 0, 0, 0, 0];
  const blocks = [...Array.from({ length: n1 }, () => d1), ...Array.from({ length: n2 }, () => d2)].map((length) => ({
    length,
    data: [] as number[],
    rest: [] as number[],
  }));
  let next = 0;
  for (let i = 0; i < Math.max(d1, d2); i++)
    for (const block of blocks) if (i < block.length) block.data.push(words[next++] ?? 0);
  for (let i = 0; i < correction; i++) for (const block of blocks) block.rest.push(words[next++] ?? 0);
  const powers: number[] = [1];
  for (let i = 1; i < 255; i++) {
    const doubled = (powers[i - 1] ?? 0) * 2;
    powers.push(doubled > 255 ? doubled ^ 285 : doubled);
  }
  const logs = new Map(powers.map((power, index) => [power, index]));
  let syndromes = 0;
  for (const { data, rest } of blocks)
    for (let root = 0; root < correction; root++) {
      let value = 0;
      for (const word of [...data, ...rest])
        value = word ^ (value === 0 ? 0 : (powers[((logs.get(value) ?? 0) + root) % 255] ?? 0));
      if (value !== 0) syndromes += 1;
    }
  const all = blocks
    .flatMap(({ data }) => data)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  expect(all.slice(0, 4)).toBe('0100');
  const head = version < 10 ? 12 : 20;
  const length = Number.parseInt(all.slice(4, head), 2);
  const bytes = Array.from({ length }, (_, i) => Number.parseInt(all.slice(head + i * 8, head + i * 8 + 8), 2));
  return { text: new TextDecoder().decode(Uint8Array.from(bytes)), syndromes };
}

test.each([1, 14, 15, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362])(
  'a text of %i bytes is read back, with its correction',
  (length) => {
    const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 37) % 90))).join('');
    const grid = qrOf(text);
    if (grid === null) throw new Error('no code');
    expect(read(grid)).toEqual({ text, syndromes: 0 });
  },
);

test('what an app scans, with letters of more than one byte', () => {
  const text = 'otpauth://totp/Statewire:ann%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Zürich';
  expect(read(qrOf(text) ?? [])).toEqual({ text, syndromes: 0 });
});

test('a damaged code has syndromes: the reader above would notice', () => {
  const grid = (qrOf('hello') ?? []).map((row) => [...row]);
  const row = grid[12];
  if (row !== undefined) row[12] = row[12] !== true;
  expect(read(grid).syndromes).toBeGreaterThan(0);
});

test('the most that fits, and one more', () => {
  expect(qrOf('x'.repeat(664))).not.toBeNull();
  expect(qrOf('x'.repeat(667))).toBeNull();
});
