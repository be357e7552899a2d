/** What a run of vitest wrote down about itself (`--reporter=json`). */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** How one file of tests went. */
export interface FileReport {
  /** Path, from the root of the repository. */
  readonly file: string;
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** A test that failed, or a file that could not be run. */
export interface Failure {
  readonly file: string;
  /** Names of the groups and of the test; empty when the file itself failed. */
  readonly name: string;
  /** First line of what was said. */
  readonly message: string;
}

/** Reads a report, or null when the runner died before it wrote one. `root` is where paths start. */
export function readReport(path: string, root: string): readonly FileReport[] | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // No report is what a crashed runner leaves behind; anything else is a fault of this script.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const report: unknown = JSON.parse(text);
  return listIn(report, 'testResults').map((entry) => readFile(entry, relative(root, textIn(entry, 'name'))));
}

/** What two looks at one file say together. */
export interface Twice {
  /** The second look, with those failures only that both saw. */
  readonly report: FileReport;
  /** Failures that one look saw and the other did not. */
  readonly shaky: readonly Failure[];
}

/** Two looks at the same file: a test fails when both say so. A file that could not be run says nothing for any of its tests. */
export function twice(once: FileReport, again: FileReport): Twice {
  const still = again.failures.filter((failure) => isIn(once, failure));
  const shaky = [
    ...once.failures.filter((failure) => !isIn(again, failure)),
    ...again.failures.filter((failure) => !isIn(once, failure)),
  ];
  return { report: { ...again, passed: again.passed + again.failures.length - still.length, failures: still }, shaky };
}

function isIn({ failures }: FileReport, { name }: Failure): boolean {
  return failures.some((each) => each.name === name || each.name === '' || name === '');
}

/** A failure as one line for people. */
export function sayFailure({ file, name, message }: Failure): string {
  return `${file}${name === '' ? '' : ` > ${name}`}${message === '' ? '' : `: ${message}`}`;
}

function readFile(entry: unknown, file: string): FileReport {
  const tests = listIn(entry, 'assertionResults');
  const by = (...wanted: readonly string[]): readonly unknown[] =>
    tests.filter((test) => wanted.includes(textIn(test, 'status')));
  const failures = by('failed').map((test) => ({
    file,
    name: textIn(test, 'fullName'),
    message: firstLine(listIn(test, 'failureMessages')[0]),
  }));
  // A hook or an import that throws fails the file, and none of its tests.
  if (textIn(entry, 'status') === 'failed' && failures.length === 0)
    failures.push({ file, name: '', message: firstLine(textIn(entry, 'message')) });
  return { file, passed: by('passed').length, skipped: tests.length - by('passed', 'failed').length, failures };
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return Array.isArray(found) ? found : [];
}

function textIn(value: unknown, key: string): string {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === 'string' ? found : '';
}

function firstLine(text: unknown): string {
  const [line = ''] = typeof text === 'string' ? text.trim().split('\n', 1) : [];
  return line.slice(0, 300);
}
