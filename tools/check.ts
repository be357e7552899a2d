/**
 * `npm test`: every check of this repository, and the counts at the end. Each step is one tool with one purpose; a failed
 * step does not stop the others, so that one run shows everything. Steps of a round run two at a time, rounds one after the other.
 */
import { spawn } from 'node:child_process';
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

/** What needs nothing but the sources. */
const first: readonly Step[] = [
  { name: 'types of the packages', command: [bin('tsc'), '-b'] },
  { name: 'dashboard builds', command: [process.execPath, 'tools/ensure.mjs', 'build'] },
  { name: 'lock file installs', command: ['npm', 'ci', '--dry-run', '--ignore-scripts', '--loglevel=error'] },
  { name: 'format', command: [bin('oxfmt'), '--check'] },
];

/** What reads the types that the packages were built to; the longest first. */
const second: readonly Step[] = [
  { name: 'packages are fit to publish', command: [process.execPath, 'tools/packages.ts'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'types of the tests', command: [bin('tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'types of the dashboard', command: [bin('tsc'), '-p', 'packages/dashboard'] },
  { name: 'dead code', command: [bin('knip')] },
];

const third: readonly Step[] = [
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

/** Tests have the machine for themselves. */
const rounds: readonly (readonly Step[])[] = [first, second, ...third.map((step) => [step])];

for (const round of rounds) {
  const left = round.filter(({ name }) => only === undefined || name.includes(only));
  const lane = async (): Promise<void> => {
    for (let step = left.shift(); step !== undefined; step = left.shift()) await take(step);
  };
  await Promise.all([lane(), lane()]);
}

rmSync(scratch, { recursive: true, force: true });
if (shaky.length > 0) say('failed once and passed once', shaky);
if (failures.length > 0) say('failed', failures);
if (failedSteps.length > 0) process.stdout.write(`\nfailed steps: ${failedSteps.join(', ')}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function take(step: Step): Promise<void> {
  const startedAt = performance.now();
  // What runs beside others says what it said when it is over.
  if (step.project !== undefined) process.stdout.write(`\n== ${step.name}\n`);
  const { isOk, files, said } = await run(step);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (step.project === undefined) process.stdout.write(`\n== ${step.name}\n${said}`);
  process.stdout.write(`-- ${step.name}: ${isOk ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  if (!isOk) failedSteps.push(step.name);
  const seen = files.flatMap((file) => file.failures);
  failures.push(...seen);
  passed += step.project === undefined && isOk ? 1 : sum(files.map((file) => file.passed));
  failed += Math.max(seen.length, isOk ? 0 : 1);
  skipped += sum(files.map((file) => file.skipped));
}

interface Outcome {
  readonly isOk: boolean;
  /** Empty for a step that is not vitest, and for a runner that died. */
  readonly files: readonly FileReport[];
  /** What it printed; empty for tests, whose words are shown as they come. */
  readonly said: string;
}

async function run(step: Step): Promise<Outcome> {
  const once = await launch(step, step.project ?? '', []);
  const red = once.files.filter(({ failures: found }) => found.length > 0);
  const isWorthIt = step.isLookedAtTwice === true && !once.isOk;
  if (!isWorthIt || red.length === 0 || red.length > SECOND_LOOK_FILES_MAX) return once;
  process.stdout.write(`\n-- ${step.name}: ${red.length} files once more, one at a time\n`);
  const names = red.map(({ file }) => file);
  const again = await launch(step, `${step.project}-again`, ['--no-file-parallelism', ...names]);
  if (again.files.length < red.length) return once;
  const rest = once.files.filter(({ file }) => !names.includes(file));
  const looks = red.map((one) => twice(one, again.files.find(({ file }) => file === one.file) ?? one));
  const both = looks.map(({ report }) => report);
  shaky.push(...looks.flatMap((look) => look.shaky));
  return {
    isOk: both.every(({ failures: found }) => found.length === 0) && isSound(again),
    files: [...rest, ...both],
    said: '',
  };
}

/** Whether what made the run red is in its reports: a runner that died says nothing of its tests. */
function isSound({ isOk, files }: Outcome): boolean {
  return isOk || files.some(({ failures: found }) => found.length > 0);
}

async function launch(step: Step, name: string, more: readonly string[]): Promise<Outcome> {
  const [command = '', ...args] = step.command;
  const path = join(scratch, `${name}.json`);
  const isTest = step.project !== undefined;
  const counted = isTest ? ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`] : [];
  const output = isTest ? 'inherit' : 'pipe';
  const child = spawn(command, [...args, ...counted, ...more], { stdio: ['ignore', output, output] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said += `${error.message}\n`;
      resolve(null);
    });
    child.once('close', resolve);
  });
  const files = isTest ? (readReport(path, process.cwd()) ?? []) : [];
  return { isOk: status === 0, files, said };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function say(heading: string, list: readonly Failure[]): void {
  process.stdout.write(`\n${heading}:\n${list.map((failure) => `  ${sayFailure(failure)}\n`).join('')}`);
}
