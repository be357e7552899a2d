/** What a case found, as a table with its targets under it. */

/** One line of a table: what was measured, and numbers under the case's headings. */
export interface Row {
  readonly name: string;
  readonly values: readonly (number | string | null)[];
}

/** A bound of the design, what was measured, and which of the two is smaller. */
export interface Target {
  readonly what: string;
  readonly bound: number;
  readonly measured: number;
  readonly better: 'at least' | 'at most';
  readonly unit: string;
}

export interface CaseResult {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  /** What a reader must know to read the numbers right. */
  readonly notes: readonly string[];
}

export function isReached({ bound, measured, better }: Target): boolean {
  return better === 'at most' ? measured <= bound : measured >= bound;
}

export function print(result: CaseResult): string {
  const table = [['', ...result.headings], ...result.rows.map(({ name, values }) => [name, ...values.map(cell)])];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const targets = result.targets.map(
    (target) =>
      `  ${isReached(target) ? 'reached    ' : 'NOT REACHED'}  ${target.what}: ${cell(target.measured)} ${target.unit}, target ${target.better} ${cell(target.bound)}`,
  );
  return [`\n## ${result.title}`, ...lines, ...targets, ...result.notes.map((note) => `  (${note})`)].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Median with the smallest and largest beside it. */
export function spread(values: readonly number[]): string {
  return `${cell(median(values))} (${cell(Math.min(...values))}-${cell(Math.max(...values))})`;
}

function cell(value: number | string | null): string {
  if (value === null) return '-';
  if (typeof value === 'string') return value;
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString('en-US');
  return size >= 100 || Number.isInteger(value) ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
