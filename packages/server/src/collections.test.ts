import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadCollections } from './collections.ts';
import { ConfigError } from './config.ts';

const dir = mkdtempSync(join(tmpdir(), 'collections-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const MODEL = JSON.stringify(import.meta.resolve('@statewire/model'));
const ZOD = JSON.stringify(import.meta.resolve('zod'));
const HEAD = `import { defineCollection } from ${MODEL};\nimport { z } from ${ZOD};\n`;

let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(dir, `own-${files}.ts`);
  writeFileSync(path, text);
  return path;
}

async function refusal(path: string): Promise<string> {
  try {
    await loadCollections(path);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

test('[CC12] every definition that a module exports is found, by whatever name, once', async () => {
  const path = file(
    `${HEAD}export const a = defineCollection({ name: 'aa', schema: { n: z.int() } });\n` +
      `export default [a, defineCollection({ name: 'bb', schema: { n: z.int() } })];\nexport const other: number = 5;\n`,
  );
  expect((await loadCollections(path)).map(({ name }) => name).sort()).toEqual(['aa', 'bb']);
});

test.each([
  ['an empty module', 'export {};\n', /no collection among its exports \(none\)/],
  ['a module of other things', 'export const a = 5;\n', /no collection among its exports \(a\)/],
  ['a module that does not parse', 'export const = ;\n', /own-\d+\.ts/],
  ['a module that throws', `throw new Error('not today');\n`, /found not today/],
  ['a package that is not there', `import 'no-such-package-of-anybody';\n`, /install @statewire\/model and zod/],
  [
    'a definition that is wrong',
    `${HEAD}defineCollection({ name: 'aa', schema: { version: z.int() } });\n`,
    /schema\.version/,
  ],
  [
    'a name of ours',
    `${HEAD}export const a = defineCollection({ name: 'alerts', schema: {} });\n`,
    /collection alerts: the server has/,
  ],
])('[CC12] %s is refused with the file and what is wrong', async (_, text, message) => {
  const path = file(text);
  const said = await refusal(path);
  expect(said).toContain(path);
  expect(said).toMatch(message);
  expect(said).not.toContain(pathToFileURL(dir).href);
});

test('[CC12] a file that is not there is named', async () => {
  expect(await refusal(join(dir, 'none.ts'))).toContain('none.ts: found no such file');
});
