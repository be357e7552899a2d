/**
 * Packs each public package and asks the judges of npm packages: publint (is the manifest right), attw
 * (do the types resolve) and size-limit (does the browser code stay small).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const bin = (name: string): string => join('node_modules', '.bin', name);
const packages = ['protocol', 'model', 'client', 'react', 'elements', 'adapters', 'server', 'cli'];
let isOk = true;

judge(bin('tsc'), ['-b']);
judge(bin('vite'), ['build', join('packages', 'elements')]);
for (const name of packages) {
  judge(bin('publint'), ['--strict', join('packages', name)]);
  judge(bin('attw'), [
    '--pack',
    join('packages', name),
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    './styles.css',
    './statewire-elements.js',
    '--no-summary',
    '--format',
    'ascii',
  ]);
}
judge(bin('size-limit'), []);
process.exitCode = isOk ? 0 : 1;

function judge(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status === 0) return;
  isOk = false;
  process.stdout.write(`${command} ${args.join(' ')}\n${done.stdout}${done.stderr}\n`);
}
