/**
 * Observations or days as cells of a bar: which look each letter has, what the bar says in words, and how it is drawn
 * on a canvas or as paths. Height says what colour says: bad is full, slow is tall, healthy is even, no data is low.
 */

/** `u` up, `g` degraded, `d` down, `m` maintenance, `p` paused or pending, `x` unknown, a blank for nothing yet. */
export type BarLetter = 'u' | 'g' | 'd' | 'm' | 'p' | 'x' | ' ';

/** The tone a cell has: that of a status, or `none` where nothing is known. */
export type BarTone = 'up' | 'degraded' | 'down' | 'maintenance' | 'none';

interface CellLook {
  readonly word: string;
  readonly tone: BarTone;
  /** Shares of the height. */
  readonly top: number;
  readonly height: number;
}

/** How each letter of a bar looks: tone, height, words. */
export const cellLooks: Readonly<Record<BarLetter, CellLook>> = {
  u: { word: 'up', tone: 'up', top: 0.2, height: 0.6 },
  g: { word: 'degraded', tone: 'degraded', top: 0.1, height: 0.8 },
  d: { word: 'down', tone: 'down', top: 0, height: 1 },
  m: { word: 'maintenance', tone: 'maintenance', top: 0.2, height: 0.6 },
  p: { word: 'paused or pending', tone: 'none', top: 0.4, height: 0.2 },
  x: { word: 'unknown', tone: 'none', top: 0.4, height: 0.2 },
  ' ': { word: 'nothing yet', tone: 'none', top: 0.46, height: 0.08 },
};

/** The tones of a bar in the order in which they are drawn. */
export const BAR_TONES: readonly BarTone[] = ['up', 'degraded', 'down', 'maintenance', 'none'];

/** The newest `count` letters, blanks before them where there are fewer. What no letter of ours is, is unknown. */
export function cellsOf(bar: string, count: number): readonly BarLetter[] {
  return Array.from(bar.slice(-count).padStart(count, ' '), (letter) => (isLetter(letter) ? letter : 'x'));
}

/** What the bar says, in words: `last 6 checks: 3 up, 1 degraded, 2 down`. */
export function barText(bar: string, unit: 'check' | 'day' = 'check'): string {
  if (bar.trim() === '') return unit === 'check' ? 'no checks yet' : 'no days yet';
  const counts = new Map<BarLetter, number>();
  for (const letter of cellsOf(bar, bar.length)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const list = LETTERS.flatMap((letter) => {
    const count = counts.get(letter) ?? 0;
    return count === 0 || letter === ' ' ? [] : [`${count} ${cellLooks[letter].word}`];
  });
  const known = bar.trimStart().length;
  return `last ${known} ${unit}${known === 1 ? '' : 's'}: ${list.join(', ')}`;
}

/** The part of a 2D canvas that drawing needs. */
export interface Painter {
  fillStyle: string | object;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
}

/** Draws the cells over `width` by `height` device pixels, each on whole pixels so that edges are sharp. */
export function drawBar(
  painter: Painter,
  cells: readonly BarLetter[],
  {
    width,
    height,
    colours,
  }: { readonly width: number; readonly height: number; readonly colours: Readonly<Record<BarTone, string>> },
): void {
  painter.clearRect(0, 0, width, height);
  const gap = gapOf(width, cells.length);
  for (const [i, letter] of cells.entries()) {
    const look = cellLooks[letter];
    // Each edge is rounded by itself: rounding one width and adding it up would end short of the box.
    const from = Math.round((i * (width + gap)) / cells.length);
    const to = Math.max(from + 1, Math.round(((i + 1) * (width + gap)) / cells.length) - gap);
    const top = Math.round(look.top * height);
    painter.fillStyle = colours[look.tone];
    painter.fillRect(from, top, to - from, Math.max(1, Math.round(look.height * height)));
  }
}

/** The cells as one path per tone, in a box of `count * 5 - 2` by 20: a handful of elements, whatever the count. */
export function barPaths(cells: readonly BarLetter[]): ReadonlyMap<BarTone, string> {
  const paths = new Map<BarTone, string>();
  for (const [i, letter] of cells.entries()) {
    const { tone, top, height } = cellLooks[letter];
    const h = Math.max(1, Math.round(height * BAR_BOX_HEIGHT));
    paths.set(tone, `${paths.get(tone) ?? ''}M${i * STEP} ${Math.round(top * BAR_BOX_HEIGHT)}h3v${h}h-3z`);
  }
  return paths;
}

/** Height of the drawing that `barRuns` speaks of, in its own units; 2 a cell wide. */
export const BAR_BOX_HEIGHT = 20;

/** Width of the box that `barPaths` draws in. */
export function barBoxWidth(count: number): number {
  return Math.max(1, count * STEP - 2);
}

const STEP = 5;
const LETTERS: readonly BarLetter[] = ['u', 'g', 'd', 'm', 'p', 'x', ' '];

function isLetter(letter: string): letter is BarLetter {
  return Object.hasOwn(cellLooks, letter);
}

/** A third of a cell is gap, none where cells are a pixel wide. */
function gapOf(width: number, count: number): number {
  return count === 0 ? 0 : Math.max(0, Math.round(width / count / 3));
}
