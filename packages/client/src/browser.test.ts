import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.includes('.test') && !name.includes('.example'),
);

/** What is imported at run time: of the model only what needs no library. */
const IMPORTED: readonly string[] = ['@statewire/protocol', '@statewire/model/markdown'];

test('[CL19] nothing in the client imports Node, and at run time it imports the protocol and the markdown of messages alone', () => {
  const markdown = readFileSync(join(import.meta.dirname, '..', '..', 'model', 'src', 'markdown.ts'), 'utf8');
  expect(markdown).not.toMatch(/^import /mu);
  expect(files.length).toBeGreaterThan(20);
  for (const name of files) {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    for (const [, isType, from] of text.matchAll(/^(?:import|export) (type )?[^;]*? from '([^']+)';/gms)) {
      if (isType !== undefined || from === undefined || from.startsWith('.')) continue;
      expect(IMPORTED, name).toContain(from);
    }
  }
});

test('[CL19] browser globals, time and chance are named in the env files alone', () => {
  const globals =
    /\b(?:window|document|navigator|localStorage|setTimeout|setInterval|Date\.now|Math\.random|performance\.now|new WebSocket|new Date)\b/;
  for (const name of files) {
    if (name === 'env.ts' || name === 'full-env.ts') continue;
    const code = readFileSync(join(import.meta.dirname, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect([name, globals.exec(code)?.[0]]).toEqual([name, undefined]);
  }
});
