/**
 * `npm test`: every check of this repository, one after the other, and the counts at the end. Each step
 * is one tool with one purpose; a failed step does not stop the others, so that one run shows everything.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Vitest project whose report is counted test by test. */
  readonly project?: string;
}

const bin = (name: string): string => join('node_modules', '.bin', name);

const steps: readonly Step[] = [
  { name: 'lock file installs', command: ['npm', 'ci', '--dry-run', '--ignore-scripts', '--loglevel=error'] },
  { name: 'format', command: [bin('oxfmt'), '--check'] },
  { name: 'types of the packages', command: [bin('tsc'), '-b'] },
  { name: 'types of the tests', command: [bin('tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'types of the dashboard', command: [bin('tsc'), '-p', 'packages/dashboard'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'dead code', command: [bin('knip')] },
  { name: 'dashboard builds', command: [process.execPath, 'tools/ensure.mjs', 'build'] },
  { name: 'packages are fit to publish', command: [process.execPath, 'tools/packages.ts'] },
  { name: 'unit tests', command: [bin('vitest'), 'run', '--project', 'unit', '--project', 'dom'], project: 'unit' },
  { name: 'end-to-end tests', command: [bin('vitest'), 'run', '--project', 'e2e'], project: 'e2e' },
  { name: 'end-to-end tests that measure', command: [bin('vitest'), 'run', '--project', 'alone'], project: 'alone' },
];

const only = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'statewire-check-'));
const failures: string[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;

for (const step of steps) {
  if (only !== undefined && !step.name.includes(only)) continue;
  const startedAt = performance.now();
  const report = join(scratch, `${step.project ?? 'none'}.json`);
  const extra =
    step.project === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const [command = '', ...args] = step.command;
  process.stdout.write(`\n== ${step.name}\n`);
  const done = spawnSync(command, [...args, ...extra], { stdio: ['ignore', 'inherit', 'inherit'] });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const isOk = done.status === 0;
  process.stdout.write(`-- ${step.name}: ${isOk ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  if (!isOk) failures.push(step.name);
  const counts = step.project === undefined ? null : readCounts(report);
  passed += counts?.passed ?? (isOk ? 1 : 0);
  failed += counts === null ? (isOk ? 0 : 1) : Math.max(counts.failed, isOk ? 0 : 1);
  skipped += counts?.skipped ?? 0;
}

rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) process.stdout.write(`\nfailed steps: ${failures.join(', ')}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** Counts of a vitest run, or null when it died before it wrote its report. */
function readCounts(path: string): { passed: number; failed: number; skipped: number } | null {
  try {
    const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof report !== 'object' || report === null) return null;
    const count = (name: string): number => {
      const value: unknown = Reflect.get(report, name);
      return typeof value === 'number' ? value : 0;
    };
    return {
      passed: count('numPassedTests'),
      failed: count('numFailedTests'),
      skipped: count('numPendingTests') + count('numTodoTests'),
    };
  } catch (error) {
    // No report is what a crashed runner leaves behind; anything else is a fault of this script.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
