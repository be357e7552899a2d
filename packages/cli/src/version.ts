import { readFileSync } from 'node:fs';

/** This release, from the package's own manifest. */
export const version: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const found: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : null;
  if (typeof found !== 'string') throw new Error('the package has no version');
  return found;
}
