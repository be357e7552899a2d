import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeCodes, codes, isCode } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { productFiles, root, withoutComments } from './tree.ts';

const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test('each code has one line in the docs, with its HTTP status, retry and meaning, and no line is left over', () => {
  const documented = rows
    .filter(([code]) => code?.startsWith('`'))
    .map(([code = '', http, retry, meaning]) => [code.replaceAll('`', ''), http, retry, meaning]);
  expect(documented).toEqual(
    Object.entries(codes).map(([code, info]) => [code, String(info.http), info.retry, info.meaning]),
  );
});

test('each close code has one line in the docs, and no line is left over', () => {
  const documented = rows.filter(([code]) => /^\d{4}$/.test(code ?? '')).map((cells) => cells.slice(0, 4));
  expect(documented).toEqual(
    Object.entries(closeCodes).map(([code, info]) => [code, info.name, info.comeBack ? 'yes' : 'no', info.meaning]),
  );
});

test('each line says what to do', () => {
  const lines = rows.filter(([code]) => code?.startsWith('`') || /^\d{4}$/.test(code ?? ''));
  expect(lines.length).toBe(Object.keys(codes).length + Object.keys(closeCodes).length);
  for (const line of lines) expect(line.at(-1), line[0]).toMatch(/^[A-Z].*\.$/);
});

test('the server closes connections with documented codes only', () => {
  const files = productFiles().filter((file) => file.path.startsWith('packages/server/'));
  expect(files.length).toBeGreaterThanOrEqual(30);
  const wrong = files.flatMap((file) =>
    [...withoutComments(file.text).matchAll(/\b(4[0-9]{3})\b/g)]
      .map(([, code = '']) => code)
      .filter((code) => isCloseLike(file.text, code) && !Object.hasOwn(closeCodes, code))
      .map((code) => `${file.path} uses ${code}`),
  );
  expect(wrong).toEqual([]);
});

test('the server refuses with documented codes only', () => {
  const files = productFiles().filter((file) => /^packages\/(server|protocol|model)\//.test(file.path));
  const used = files.flatMap((file) =>
    [...withoutComments(file.text).matchAll(/(?<![.\w])refuse\(\s*['"]([^'"]+)['"]/g)].map(([, code = '']) => code),
  );
  expect(used.length).toBeGreaterThanOrEqual(30);
  expect(used.filter((code) => !isCode(code))).toEqual([]);
});

/** Is the number used as a close code somewhere in this file, and not as a port or a size? */
function isCloseLike(text: string, code: string): boolean {
  return new RegExp(`(close|end|bye|stop)\\w*\\([^)]*\\b${code}\\b|code:\\s*${code}\\b`).test(text);
}
