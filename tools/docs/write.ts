/** `npm run docs`: writes the API reference. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../tidy/tree.ts';
import { references } from './api.ts';

for (const { path, text, silent } of references()) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  process.stdout.write(
    `${path}: ${silent.length === 0 ? 'written' : `written; says nothing of ${silent.join(', ')}`}\n`,
  );
}
