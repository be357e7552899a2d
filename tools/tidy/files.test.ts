import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder, isCode, root } from './tree.ts';

const files = filesUnder(
  [''],
  (path) => !/\.(png|jpe?g|gif|ico|woff2?|pem|key|gz|db|sqlite)$/.test(path) && path !== 'package-lock.json',
);

test('the files were found', () => {
  expect(files.length).toBeGreaterThanOrEqual(150);
});

// Names that say a thing of our domain, where the ending is not a habit but the thing itself.
const domainWords = new Set(['packages/cli/src/demo/http-service.ts']);

test('a file is named after the one thing in it', () => {
  const vague = files
    .map((file) => file.path)
    .filter(
      (path) => isCode(path) && VAGUE.test(basename(path).replace(/(\.test)?\.\w+$/, '')) && !domainWords.has(path),
    );
  expect(vague, 'name the noun or the verb inside it').toEqual([]);
});

const VAGUE = /(^|[-.])(utils?|helpers?|managers?|misc|common|stuff)([-.]|$)|.-service([-.]|$)/;

test('folders and files of code are in small letters with dashes', () => {
  const odd = files
    .map((file) => file.path)
    .filter((path) => isCode(path) && path.startsWith('packages/') && !/^[a-z0-9$_./@()[\]-]+$/.test(path));
  expect(odd).toEqual([]);
});

// Put together here, so that this file does not hold what it looks for.
const absolute = [
  ['', 'home', '[a-z_][a-z0-9_-]*', ''].join('/'),
  ['', 'Users', '[A-Za-z][A-Za-z0-9._-]*', ''].join('/'),
  ['', 'root', ''].join('/'),
  ['', 'tmp', '[a-z0-9]'].join('/'),
  ['', 'var', 'folders', ''].join('/'),
  String.raw`[A-Z]:\\(Users|Documents)`,
  // Where this very checkout lies, when that is not something as short as one folder.
  ...(root.split('/').filter(Boolean).length >= 2 ? [root.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)] : []),
];

test('no path of one machine is written down', () => {
  const pattern = new RegExp(`(^|[\\s"'\`(=:])(${absolute.join('|')})`);
  const found = files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
      ),
  );
  expect(found, 'use a path relative to the repository, os.tmpdir() or a setting').toEqual([]);
});

test('the check for machine paths sees one', () => {
  const pattern = new RegExp(`(^|[\\s"'\`(=:])(${absolute.join('|')})`);
  for (const path of [
    ['', 'home', 'ann', 'x'],
    ['', 'tmp', 'x'],
  ])
    expect(pattern.test(`see "${path.join('/')}"`)).toBe(true);
  for (const fine of ['https://example.com/home/ann/x', 'GET /v1/tmp/x', 'a/tmp/x', '/tmp'])
    expect(pattern.test(`"${fine}"`)).toBe(false);
});

test('nothing unfinished is left', () => {
  const words = [
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['X', 'XX'],
    ['HA', 'CK'],
  ].map((halves) => halves.join(''));
  const pattern = new RegExp(`\\b(${words.join('|')})\\b`);
  const found = files
    .filter((file) => isCode(file.path))
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
        ),
    );
  expect(found).toEqual([]);
});

test('no test is left switched off or alone', () => {
  const found = files
    .filter((file) => /\.test\.tsx?$/.test(file.path))
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          /^\s*(test|it|describe)\.(skip|only|todo)\s*\(/.test(line) ? [`${file.path}:${index + 1}`] : [],
        ),
    );
  expect(found).toEqual([]);
});
