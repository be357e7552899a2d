/**
 * `npm test`: every check of this repository, one after the other, and the counts at the end. Each step
 * is one tool with one purpose; a failed step does not stop the others, so that one run shows everything.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport, sayFailure, twice, type Failure, type FileReport } from './vitest-report.ts';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Vitest project whose report is counted test by test. */
  readonly project?: string;
  /**
   * Real browsers, servers and clocks on a machine that does other things too: files that failed are run once more, one
   * at a time. A test that fails both times is a failure; one that fails once is named at the end, so that it is seen and mended.
   */
  readonly isLookedAtTwice?: boolean;
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
  {
    name: 'end-to-end tests',
    command: [bin('vitest'), 'run', '--project', 'e2e'],
    project: 'e2e',
    isLookedAtTwice: true,
  },
  {
    name: 'end-to-end tests that measure',
    command: [bin('vitest'), 'run', '--project', 'alone'],
    project: 'alone',
    isLookedAtTwice: true,
  },
];

/** More files than this do not fail by chance: they are not looked at a second time. */
const SECOND_LOOK_FILES_MAX = 6;

const only = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'statewire-check-'));
const failedSteps: string[] = [];
const failures: Failure[] = [];
const shaky: Failure[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;

for (const step of steps) {
  if (only !== undefined && !step.name.includes(only)) continue;
  const startedAt = performance.now();
  process.stdout.write(`\n== ${step.name}\n`);
  const { isOk, files } = run(step);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`-- ${step.name}: ${isOk ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  if (!isOk) failedSteps.push(step.name);
  const seen = files.flatMap((file) => file.failures);
  failures.push(...seen);
  passed += step.project === undefined && isOk ? 1 : sum(files.map((file) => file.passed));
  failed += Math.max(seen.length, isOk ? 0 : 1);
  skipped += sum(files.map((file) => file.skipped));
}

rmSync(scratch, { recursive: true, force: true });
if (shaky.length > 0) say('failed once and passed once', shaky);
if (failures.length > 0) say('failed', failures);
if (failedSteps.length > 0) process.stdout.write(`\nfailed steps: ${failedSteps.join(', ')}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

interface Outcome {
  readonly isOk: boolean;
  /** Empty for a step that is not vitest, and for a runner that died. */
  readonly files: readonly FileReport[];
}

function run(step: Step): Outcome {
  const first = launch(step, step.project ?? '', []);
  const red = first.files.filter(({ failures: found }) => found.length > 0);
  const isWorthIt = step.isLookedAtTwice === true && !first.isOk;
  if (!isWorthIt || red.length === 0 || red.length > SECOND_LOOK_FILES_MAX) return first;
  process.stdout.write(`\n-- ${step.name}: ${red.length} files once more, one at a time\n`);
  const names = red.map(({ file }) => file);
  const second = launch(step, `${step.project}-again`, ['--no-file-parallelism', ...names]);
  if (second.files.length < red.length) return first;
  const rest = first.files.filter(({ file }) => !names.includes(file));
  const looks = red.map((once) => twice(once, second.files.find(({ file }) => file === once.file) ?? once));
  const both = looks.map(({ report }) => report);
  shaky.push(...looks.flatMap((look) => look.shaky));
  return {
    isOk: both.every(({ failures: found }) => found.length === 0) && isSound(second),
    files: [...rest, ...both],
  };
}

/** Whether what made the run red is in its reports: a runner that died says nothing of its tests. */
function isSound({ isOk, files }: Outcome): boolean {
  return isOk || files.some(({ failures: found }) => found.length > 0);
}

function launch(step: Step, name: string, more: readonly string[]): Outcome {
  const [command = '', ...args] = step.command;
  const path = join(scratch, `${name}.json`);
  const counted =
    step.project === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const { status } = spawnSync(command, [...args, ...counted, ...more], { stdio: ['ignore', 'inherit', 'inherit'] });
  const files = step.project === undefined ? [] : (readReport(path, process.cwd()) ?? []);
  return { isOk: status === 0, files };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function say(heading: string, list: readonly Failure[]): void {
  process.stdout.write(`\n${heading}:\n${list.map((failure) => `  ${sayFailure(failure)}\n`).join('')}`);
}
