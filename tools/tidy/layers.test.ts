import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder, importsOf, isCode, isTest, type SourceFile } from './tree.ts';

/** Which packages of ours a package may import. */
const packages: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  model: ['protocol'],
  server: ['protocol', 'model'],
  client: ['protocol', 'model'],
  react: ['protocol', 'model', 'client'],
  elements: ['protocol', 'model', 'client'],
  adapters: ['protocol', 'model', 'client'],
  dashboard: ['protocol', 'model', 'client', 'react'],
  cli: ['protocol', 'model', 'client', 'server'],
};

/** The stages of the server in the order in which data flows; each imports itself and those before it. */
const stages: readonly string[] = ['collect', 'derive', 'keep', 'publish', 'send', 'serve'];

/** Files in the server's root and in joints/ connect the stages and may import all of them; no stage imports them. */
const wiring: readonly string[] = ['', 'joints'];

/** Shapes a stage may name although the file lies further down the corridor: types only, nothing runs. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  // What a transition and a sample look like is the store's contract; derive makes them.
  derive: ['packages/server/src/keep/store.ts'],
  // Reports end in a derivation and a write. They are handed both, as parameters, and know only their shapes.
  collect: [
    'packages/server/src/derive/engine.ts',
    'packages/server/src/derive/mapping.ts',
    'packages/server/src/derive/run.ts',
    'packages/server/src/keep/commit-types.ts',
  ],
};

const files = filesUnder(['packages'], (path) => isCode(path) && /^packages\/[^/]+\/src\//.test(path));

test('the rules below saw the whole house', () => {
  expect(files.length).toBeGreaterThanOrEqual(100);
  for (const name of Object.keys(packages)) {
    expect(files.filter((file) => packageOf(file) === name).length, `files of ${name}`).toBeGreaterThanOrEqual(3);
  }
  for (const stage of stages) {
    expect(
      files.filter((file) => stageOf(file.path) === stage).length,
      `files of server/${stage}`,
    ).toBeGreaterThanOrEqual(3);
  }
  expect(files.flatMap(importsOf).length).toBeGreaterThanOrEqual(300);
});

test('a package imports only packages below it', () => {
  const wrong = files.flatMap((file) => {
    const own = packageOf(file);
    const allowed = packages[own];
    if (allowed === undefined) return [`${file.path}: package ${own} is not in the table of this test`];
    return importsOf(file).flatMap((target) => {
      const name = /^@statewire\/([^/]+)/.exec(target)?.[1];
      return name === undefined || allowed.includes(name) || (isTest(file.path) && mayTest(own, name))
        ? []
        : [`${file.path} imports ${target}`];
    });
  });
  expect(wrong).toEqual([]);
});

test('a relative import stays inside its package', () => {
  const wrong = files.flatMap((file) =>
    relativeTargets(file)
      .filter((target) => !target.startsWith(`packages/${packageOf(file)}/`))
      .map((target) => `${file.path} reaches into ${target}; import the package by its name`),
  );
  expect(wrong).toEqual([]);
});

test('a stage of the server imports itself, lib/ and the stages before it', () => {
  const wrong = files
    .filter((file) => packageOf(file) === 'server' && !isTest(file.path))
    .flatMap((file) => {
      const from = stageOf(file.path);
      const named = shapes[from ?? ''] ?? [];
      return relativeTargets(file)
        .filter((target) => !mayReach(from, stageOf(target)))
        .filter((target) => !(named.includes(target) && isTypeOnly(file, target)))
        .map((target) => `${file.path} (${from}) imports ${target}`);
    });
  expect(wrong).toEqual([]);
});

test('nothing that ships imports what is for tests', () => {
  const wrong = files
    .filter((file) => !isTest(file.path))
    .flatMap((file) =>
      relativeTargets(file)
        .filter(isTest)
        .map((target) => `${file.path} imports ${target}`),
    );
  expect(wrong).toEqual([]);
});

test('derive is pure: no Node, no clock, no input or output', () => {
  const pure = files.filter((file) => stageOf(file.path) === 'derive' && !isTest(file.path));
  expect(pure.length).toBeGreaterThanOrEqual(3);
  const wrong = pure.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('node:') || /\/(clock|log)\.ts$/.test(target))
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('only serve knows sockets, HTTP frameworks and dialects', () => {
  const early = files.filter(
    (file) => ['derive', 'keep', 'publish'].includes(stageOf(file.path) ?? '') && !isTest(file.path),
  );
  const wrong = early.flatMap((file) =>
    importsOf(file)
      .filter((target) => /^(node:(net|http|https|http2|tls|dgram)|ws|hono|@hono\/.*)$/.test(target))
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('packages that run in a browser import nothing of Node', () => {
  const browser = files.filter(
    (file) =>
      ['protocol', 'model', 'client', 'react', 'elements', 'adapters', 'dashboard'].includes(packageOf(file)) &&
      !isTest(file.path),
  );
  expect(browser.length).toBeGreaterThanOrEqual(50);
  const wrong = browser.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('node:') || target === 'ws')
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

/** A test may hold the real server against the real client. */
function mayTest(own: string, other: string): boolean {
  return own !== 'protocol' && own !== 'model' && ['server', 'client'].includes(other);
}

function packageOf({ path }: SourceFile): string {
  return path.split('/')[1] ?? '';
}

function relativeTargets(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => posix.normalize(posix.join(posix.dirname(file.path), target)));
}

/** `collect`, `lib`, ...; empty for files in the root; null outside the server. */
function stageOf(path: string): string | null {
  const found = /^packages\/server\/src\/(?:([^/]+)\/)?[^/]/.exec(path);
  return found === null ? null : (found[1] ?? '');
}

function mayReach(from: string | null, to: string | null): boolean {
  if (from === to || wiring.includes(from ?? 'none') || from === 'testing' || to === 'lib') return true;
  const before = stages.indexOf(from ?? '');
  const target = stages.indexOf(to ?? '');
  return before >= 0 && target >= 0 && target < before;
}

/** Does every import of that file say `import type`? */
function isTypeOnly(file: SourceFile, target: string): boolean {
  const name = posix.basename(target).replaceAll('.', String.raw`\.`);
  const statements = [...file.text.matchAll(new RegExp(`^(import|export)( type)?\\b[^;]*/${name}'`, 'gm'))];
  return statements.length > 0 && statements.every(([, , type]) => type !== undefined);
}
