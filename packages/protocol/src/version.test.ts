import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONTRACT_HISTORY, PROTOCOL_VERSION, PROTOCOL_VERSION_OLDEST } from './version.ts';

test('the wire contract has not changed without a line in its history', () => {
  const hash = contractHash();
  const newest = CONTRACT_HISTORY.at(-1);
  expect(
    newest?.hash,
    [
      `The frames in src/frames, or what they carry of filter.ts, order.ts and aggregate.ts, changed: their hash is now ${hash}.`,
      'Add an entry with this hash to CONTRACT_HISTORY in src/version.ts, and the rules to SPEC.md.',
      'If a peer of the present version would misread the new frames, the change is "breaking": raise PROTOCOL_VERSION too.',
    ].join('\n'),
  ).toBe(hash);
});

test('each breaking change raises the version by one, and no other does', () => {
  let version = 0;
  for (const entry of CONTRACT_HISTORY) {
    version += entry.change === 'breaking' ? 1 : 0;
    expect(entry.version).toBe(version);
    expect(entry.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(entry.what).not.toBe('');
  }
  expect(PROTOCOL_VERSION).toBe(version);
  expect(PROTOCOL_VERSION_OLDEST).toBeGreaterThanOrEqual(1);
  expect(PROTOCOL_VERSION_OLDEST).toBeLessThanOrEqual(PROTOCOL_VERSION);
  const dates = CONTRACT_HISTORY.map((entry) => entry.date);
  expect(dates).toEqual([...dates].sort());
  expect(new Set(CONTRACT_HISTORY.map((entry) => entry.hash)).size).toBe(CONTRACT_HISTORY.length);
});

test('the hash sees a changed field and does not see comments or layout', () => {
  const source = 'export interface Ack {\n  readonly n: number; // how many\n}\n';
  expect(bare(source)).toBe(bare('/** Acknowledges. */\nexport interface Ack { readonly n: number }'));
  expect(bare(source)).not.toBe(bare(source.replace('n: number', 'n: string')));
});

function contractHash(): string {
  const folder = new URL('./frames/', import.meta.url);
  const frames = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort()
    .map((name) => bare(readFileSync(new URL(name, folder), 'utf8')));
  const filter = readFileSync(new URL('./filter.ts', import.meta.url), 'utf8');
  const order = readFileSync(new URL('./order.ts', import.meta.url), 'utf8');
  const aggregate = readFileSync(new URL('./aggregate.ts', import.meta.url), 'utf8');
  const grammar = [
    [/export type Scalar = [^;]+;/, filter] as const,
    [/export type Filter =[\s\S]+?;\n\n/, filter] as const,
    [/const LEAF_OPERATORS = [^;]+;/, filter] as const,
    [/export type SortTerm = [^;]+;/, order] as const,
    [/export interface Aggregate [\s\S]+?\n\}/, aggregate] as const,
    [/export interface GroupFields [\s\S]+?\n\}/, aggregate] as const,
  ].map(([part, source]) => {
    const found = part.exec(source)?.[0];
    if (found === undefined) throw new Error(`the grammar is not where this test looks for it: ${part.source}`);
    return bare(found);
  });
  expect(frames.length).toBeGreaterThanOrEqual(2);
  return createHash('sha256')
    .update([...frames, ...grammar].join('\n'))
    .digest('hex')
    .slice(0, 16);
}

/** Source without comments, and without what a formatter may add or take away. */
function bare(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\/\/.*$/gm, '')
    .replaceAll(/\s+/g, '')
    .replaceAll(/[;,]+([}\])])/g, '$1')
    .replaceAll('=|', '=');
}
