/**
 * The files of this repository, read for the tidy tests: what is written by people, without installed
 * packages and build output.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The folder that holds package.json of the workspace. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** Every file whose path passes, under the given folders of the root (`''` for all). */
export function filesUnder(folders: readonly string[], passes: (path: string) => boolean): readonly SourceFile[] {
  return folders
    .flatMap((folder) => [...walk(folder)])
    .filter(passes)
    .sort()
    .map(read);
}

/** Code of the product: packages, without tests and what only tests use. */
export function productFiles(): readonly SourceFile[] {
  return filesUnder(['packages'], (path) => isCode(path) && /^packages\/[^/]+\/src\//.test(path) && !isTest(path));
}

export function isCode(path: string): boolean {
  return /\.(ts|tsx|mjs)$/.test(path);
}

/** A test, or a suite that tests run. */
export function isTest(path: string): boolean {
  return /\.(test|test-d|contract|fuzz|fixture)\.tsx?$/.test(path) || /\/(testing|fixtures)\//.test(path);
}

/** Source without comments, so that a rule about code does not trip over prose. Line numbers stay. */
export function withoutComments(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|[\s;,{}()])\/\/.*$/gm, '$1');
}

/** The targets of all imports and re-exports. */
export function importsOf({ text }: SourceFile): readonly string[] {
  const found = withoutComments(text).matchAll(
    /(?:^|[\s;}])(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm,
  );
  return [...found].map(([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? '');
}

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.statewire', 'data', 'screenshots']);

function* walk(folder: string): Iterable<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* walk(path);
    } else if (entry.isFile() && !entry.name.endsWith('.tsbuildinfo') && !entry.name.endsWith('.log')) {
      yield path;
    }
  }
}

function read(path: string): SourceFile {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}
