import { expect, test } from 'vitest';
import { filesUnder, isCode, isTest, withoutComments } from './tree.ts';

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** The files it is about; absent means all. */
  readonly about?: RegExp;
  /** Where it may appear: the one place per package that hands it on as a parameter. */
  readonly allowed: RegExp;
  /** Why, and what to do instead. */
  readonly instead: string;
}

const rules: readonly Rule[] = [
  {
    name: 'time and timers',
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\brequestAnimationFrame\b/,
    allowed: /^packages\/(server\/src\/lib\/clock|client\/src\/env|dashboard\/src\/lib\/env|cli\/src\/env)\.ts$/,
    instead: 'take a Clock (or Env) as a parameter, so that tests can drive it',
  },
  {
    name: 'chance',
    pattern: /\bMath\.random\b/,
    allowed: /^packages\/(server\/src\/lib\/clock|client\/src\/env|dashboard\/src\/lib\/env|cli\/src\/env)\.ts$/,
    instead: 'take it from the Clock (or Env), so that a run can be repeated by its seed',
  },
  {
    name: 'environment variables',
    pattern: /\bprocess\.env\b|\bimport\.meta\.env\b/,
    allowed: /^packages\/(server\/src\/config|cli\/src\/env)\.ts$/,
    instead: 'read it in config.ts and hand it on',
  },
  {
    name: 'browser globals',
    pattern: /\b(window|document|navigator|localStorage|sessionStorage|location)\.\w/,
    about: /^packages\/(protocol|model|client)\//,
    allowed: /^packages\/client\/src\/(full-)?env\.ts$/,
    instead: 'take it from env.ts, so that the client runs in Node and workers too',
  },
  {
    name: 'the console',
    pattern: /\bconsole\.\w/,
    allowed: /^packages\/(cli\/src\/.*|client\/src\/env)\.ts$/,
    instead: 'take a log as a parameter, or return the failure',
  },
];

const files = filesUnder(['packages'], (path) => isCode(path) && /^packages\/[^/]+\/src\//.test(path) && !isTest(path));

test('the rules below saw the code, and each allowed place exists', () => {
  expect(files.length).toBeGreaterThanOrEqual(80);
  for (const rule of rules) {
    expect(
      files.some((file) => rule.allowed.test(file.path)),
      rule.name,
    ).toBe(true);
  }
  const clock = files.find((file) => file.path === 'packages/server/src/lib/clock.ts');
  expect(offences(clock?.text ?? '', /\bDate\.now\b/)).not.toEqual([]);
});

test.each(rules)('$name only where it is handed out', ({ pattern, about, allowed, instead }) => {
  const wrong = files
    .filter((file) => (about?.test(file.path) ?? true) && !allowed.test(file.path))
    .flatMap((file) => offences(file.text, pattern).map((line) => `${file.path}:${line}: ${instead}`));
  expect(wrong).toEqual([]);
});

test('unit tests wait for conditions, not for time', () => {
  const tests = filesUnder(['packages'], (path) => /\.test\.tsx?$/.test(path));
  expect(tests.length).toBeGreaterThanOrEqual(20);
  const wrong = tests.flatMap((file) =>
    offences(file.text, /\bsetTimeout\(\s*(resolve|done|r)\s*,|\bsleep\(|\btimers\/promises\b/).map(
      (line) => `${file.path}:${line}: drive a fake clock, or wait for what must happen`,
    ),
  );
  expect(wrong).toEqual([]);
});

/** Numbers of the lines that match, comments and strings of prose aside. */
function offences(source: string, pattern: RegExp): readonly number[] {
  return withoutComments(source)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}
