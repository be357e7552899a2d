/** Every example in TypeScript of every page compiles against the packages as they are. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { filesUnder, root } from '../tidy/tree.ts';
import { blocksOf, programOf } from './snippets.ts';

/** Inside the repository, so that packages and their types are found as an app in it would find them. */
const folder = join(root, 'node_modules', '.docs');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('examples of all pages compile', { timeout: 120_000 }, () => {
  const programs = pages().flatMap(({ path, text }) => programOf(path, text) ?? []);
  expect(programs.length).toBeGreaterThanOrEqual(5);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const byFile = new Map(programs.map((program, i) => [`${i}.tsx`, program]));
  for (const [file, { text }] of byFile) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const complaints = stdout.split('\n').flatMap((line) => {
    const [, file = '', at = '', rest = line] = /^(\d+\.tsx)\((\d+),\d+\): (.*)$/u.exec(line) ?? [];
    const program = byFile.get(file);
    // The packages themselves are judged by a step of their own, with their own settings.
    return program === undefined ? [] : [`${program.page}:${program.lines[Number(at) - 1] ?? '?'}: ${rest}`];
  });
  expect(complaints).toEqual([]);
});

test('a block that names a file of ours is a part of that file', () => {
  const excerpts = pages().flatMap(({ path, text }) =>
    blocksOf(text)
      .filter(({ note }) => note.startsWith('examples/'))
      .map((block) => ({ ...block, page: path })),
  );
  expect(excerpts.length).toBeGreaterThanOrEqual(4);
  const foreign = excerpts.filter(
    ({ note, text }) => !bare(readFileSync(join(root, note), 'utf8')).includes(bare(text)),
  );
  expect(foreign.map(({ page, at, note }) => `${page}:${at} is not in ${note}`)).toEqual([]);
});

test('blocks, imports and what is given become one program', () => {
  const page = [
    '<!-- given: declare const id: string; -->',
    '```ts',
    "import { a, b } from 'x';",
    'const n = a(id);',
    '```',
    '```tsx src/app.tsx',
    "import { b, c } from 'x';",
    'export const n = b(c);',
    '```',
  ].join('\n');
  expect(blocksOf(page).map(({ language, note, at }) => [language, note, at])).toEqual([
    ['ts', '', 3],
    ['tsx', 'src/app.tsx', 7],
  ]);
  const program = programOf('page.md', page);
  const text = program?.text.split('\n').filter((line) => line.trim() !== '');
  expect(text).toEqual([
    "import { a, b } from 'x';",
    "import { c } from 'x';",
    ' declare const id: string; ',
    '{',
    'const n = a(id);',
    '{',
    'const n = b(c);',
    '}}',
    'export {};',
  ]);
  expect(program?.lines[program.text.split('\n').indexOf('const n = b(c);')]).toBe(8);
  expect(programOf('page.md', 'no code')).toBeNull();
});

function pages(): ReturnType<typeof filesUnder> {
  return filesUnder(
    [''],
    (path) =>
      path.endsWith('.md') &&
      !/^(?:\.changeset|docs\/reference\/api|docs\/decisions)\//u.test(path) &&
      !path.endsWith('SPEC.md'),
  );
}

/** Without what a page changes: how far lines stand in. */
function bare(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/gmu, '').trim();
}

const settings = {
  extends: '../../tsconfig.test.json',
  compilerOptions: {
    // Examples show one thing at a time.
    noUnusedLocals: false,
    noUnusedParameters: false,
    noPropertyAccessFromIndexSignature: false,
    // Other libraries as they declare themselves, as far as their declarations suit this compiler.
    paths: {
      '@modelcontextprotocol/client': ['../../e2e/peers/modelcontextprotocol-client.d.ts'],
      'socket.io-client': ['../../e2e/peers/socket-io-client.d.ts'],
    },
  },
  include: ['*.tsx'],
  exclude: [],
};
