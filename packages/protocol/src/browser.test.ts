import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../', import.meta.url));

test.each([
  { name: 'protocol', allowed: [] as string[], least: 12 },
  { name: 'model', allowed: ['@statewire/protocol', 'zod'], least: 12 },
])('$name runs in a browser: from its entry no import leads to Node', ({ name, allowed, least }) => {
  const { files, packagesUsed } = walk(resolve(packages, name, 'src/index.ts'));
  expect(files.size).toBeGreaterThanOrEqual(least);
  expect([...packagesUsed].toSorted()).toEqual(allowed);
  for (const file of files) {
    const source = withoutComments(readFileSync(file, 'utf8'));
    expect(source, file).not.toMatch(/\b(process|Buffer|require|__dirname|window|document|navigator)\b\s*[.([]/);
  }
});

/** Follows every import and re-export, types included. */
function walk(entry: string): { files: Set<string>; packagesUsed: Set<string> } {
  const files = new Set<string>();
  const packagesUsed = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    expect(existsSync(file), file).toBe(true);
    files.add(file);
    for (const [, target = ''] of withoutComments(readFileSync(file, 'utf8')).matchAll(
      /(?<!['"])\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g,
    )) {
      if (target.startsWith('.')) open.push(resolve(dirname(file), target));
      else packagesUsed.add(target);
    }
  }
  return { files, packagesUsed };
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
