/**
 * QR codes (ISO/IEC 18004): text as bytes, error correction M, versions 1 to 20, which is far more than the address of a second
 * factor needs. In the order of the standard: data, error correction per block, interleaving, placing, the best of eight masks.
 */

/** The modules of a code, row by row, true where it is dark; null when the text is longer than 664 bytes. */
export function qrOf(text: string): readonly (readonly boolean[])[] | null {
  const bytes = new TextEncoder().encode(text);
  const version = VERSIONS.find((each) => headBits(each) + bytes.length * 8 <= dataBytes(each) * 8);
  if (version === undefined) return null;
  const words = interleaved(version, padded(version, bytes));
  const drawn = Array.from({ length: 8 }, (_, mask) => draw(version, words, mask));
  const best = Math.min(...drawn.map(penalty));
  return drawn.find((each) => penalty(each) === best) ?? null;
}

/** Error correction bytes of each block, and the number of blocks, of versions 1 to 20 at level M. */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const VERSIONS = CORRECTION.map((_, index) => index + 1);

type Grid = boolean[][];

function headBits(version: number): number {
  return 4 + (version < 10 ? 8 : 16);
}

function at(list: readonly number[], index: number): number {
  return list[index] ?? 0;
}

/** Bytes of data and correction that a version has room for. */
function allBytes(version: number): number {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2;
    bits -= (25 * marks - 10) * marks - 55;
    if (version >= 7) bits -= 36;
  }
  return Math.floor(bits / 8);
}

function dataBytes(version: number): number {
  return allBytes(version) - at(CORRECTION, version - 1) * at(BLOCKS, version - 1);
}

function padded(version: number, bytes: Uint8Array): readonly number[] {
  const length = bytes.length.toString(2).padStart(headBits(version) - 4, '0');
  let bits = `0100${length}`;
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  const room = dataBytes(version) * 8;
  bits += '0'.repeat(Math.min(4, room - bits.length));
  bits += '0'.repeat((8 - (bits.length % 8)) % 8);
  const words = (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2));
  for (let pad = 0xec; words.length < room / 8; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

function interleaved(version: number, data: readonly number[]): readonly number[] {
  const blocks = at(BLOCKS, version - 1);
  const correction = at(CORRECTION, version - 1);
  const all = allBytes(version);
  const short = blocks - (all % blocks);
  const shortBytes = Math.floor(all / blocks) - correction;
  const divisor = generator(correction);
  let from = 0;
  const parts = Array.from({ length: blocks }, (_, index) => {
    const part = data.slice(from, from + shortBytes + (index < short ? 0 : 1));
    from += part.length;
    return { part, rest: remainder(part, divisor) };
  });
  const words: number[] = [];
  for (let i = 0; i <= shortBytes; i++) for (const { part } of parts) if (i < part.length) words.push(at(part, i));
  for (let i = 0; i < correction; i++) for (const { rest } of parts) words.push(at(rest, i));
  return words;
}

/** Product in the field of 256 elements, modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

/** The polynomial with the roots 2^0 ... 2^(degree - 1), without its highest term. */
function generator(degree: number): readonly number[] {
  const found: number[] = Array.from({ length: degree }, (_, index) => (index === degree - 1 ? 1 : 0));
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) found[j] = times(at(found, j), root) ^ (j + 1 < degree ? at(found, j + 1) : 0);
    root = times(root, 2);
  }
  return found;
}

function remainder(data: readonly number[], divisor: readonly number[]): readonly number[] {
  const rest = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ at(rest, 0);
    rest.shift();
    rest.push(0);
    for (const [i, part] of divisor.entries()) rest[i] = at(rest, i) ^ times(part, factor);
  }
  return rest;
}

function draw(version: number, words: readonly number[], mask: number): Grid {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  const taken: Grid = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  const set = (x: number, y: number, dark: boolean): void => {
    const [row, mark] = [grid[y], taken[y]];
    if (row === undefined || mark === undefined || x < 0 || x >= size) return;
    row[x] = dark;
    mark[x] = true;
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const) {
    for (let dy = -4; dy <= 4; dy++)
      for (let dx = -4; dx <= 4; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, ring !== 2 && ring !== 4);
      }
  }
  const marks = markPlaces(version, size);
  for (const cx of marks)
    for (const cy of marks) {
      const isFinder = (cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6);
      if (isFinder) continue;
      for (let dy = -2; dy <= 2; dy++)
        for (let dx = -2; dx <= 2; dx++) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  drawFormat(set, size, mask);
  if (version >= 7) drawVersion(set, size, version);
  place(grid, taken, words, mask);
  return grid;
}

function markPlaces(version: number, size: number): readonly number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, index) => size - 7 - step * (count - 2 - index))];
}

type Set = (x: number, y: number, dark: boolean) => void;

function drawFormat(set: Set, size: number, mask: number): void {
  let rest = mask;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const bit = (index: number): boolean => ((bits >>> index) & 1) === 1;
  for (let i = 0; i <= 5; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
  set(8, size - 8, true);
}

function drawVersion(set: Set, size: number, version: number): void {
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const dark = ((bits >>> i) & 1) === 1;
    const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
    set(a, b, dark);
    set(b, a, dark);
  }
}

/** In zigzag from the lower right, two columns at a time, around what is taken. */
function place(grid: Grid, taken: Grid, words: readonly number[], mask: number): void {
  const size = grid.length;
  let index = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const isUp = ((right + 1) & 2) === 0;
      const y = isUp ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = grid[y];
        if (row === undefined || taken[y]?.[x] === true) continue;
        const dark = ((at(words, index >>> 3) >>> (7 - (index & 7))) & 1) === 1;
        row[x] = dark !== isMasked(mask, x, y);
        index += 1;
      }
    }
  }
}

function isMasked(mask: number, x: number, y: number): boolean {
  const product = x * y;
  switch (mask) {
    case 0:
      return (x + y) % 2 === 0;
    case 1:
      return y % 2 === 0;
    case 2:
      return x % 3 === 0;
    case 3:
      return (x + y) % 3 === 0;
    case 4:
      return (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0;
    case 5:
      return (product % 2) + (product % 3) === 0;
    case 6:
      return ((product % 2) + (product % 3)) % 2 === 0;
    default:
      return (((x + y) % 2) + (product % 3)) % 2 === 0;
  }
}

/** How hard a code is to read: long runs, squares of one colour, what looks like a corner, more of one colour than of the other. */
function penalty(grid: Grid): number {
  const columns = grid.map((_, x) => grid.map((row) => row[x] === true));
  let sum = 0;
  for (const line of [...grid, ...columns]) {
    const text = line.map((dark) => (dark ? '1' : '0')).join('');
    for (const run of text.match(/0{5,}|1{5,}/gu) ?? []) sum += run.length - 2;
    sum += 40 * (text.match(/(?=00001011101)|(?=10111010000)/gu) ?? []).length;
  }
  const size = grid.length;
  let dark = 0;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const here = grid[y]?.[x] === true;
      if (here) dark += 1;
      const isSquare =
        x + 1 < size &&
        y + 1 < size &&
        [grid[y]?.[x + 1], grid[y + 1]?.[x], grid[y + 1]?.[x + 1]].every((each) => each === here);
      if (isSquare) sum += 3;
    }
  return sum + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10));
}
