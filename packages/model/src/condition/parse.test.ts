import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Condition, Operand, Operator, Path, Scalar } from './condition.ts';
import { parseCondition } from './parse.ts';
import { printCondition } from './print.ts';

test.each([
  ['status == 200', 'status == 200'],
  ['latency<2s', 'latency < 2000ms'],
  ['json.data[0].state in ["ok","warn"]', 'json.data[0].state in ["ok", "warn"]'],
  ['header["X-Cache"] != "MISS"', 'header["x-cache"] != "MISS"'],
  ['body contains "Welcome" && body matches /re2|[/]/i', 'body contains "Welcome" && body matches /re2|[/]/i'],
  ['certificate.days > 14 || !json.ok', 'certificate.days > 14 || !json.ok'],
  ['(status == 200)', 'status == 200'],
  ['!(status == 200 || status == 204)', '!(status == 200 || status == 204)'],
  ['(status == 1 || status == 2) && json.ok', '(status == 1 || status == 2) && json.ok'],
  ['len(rows) >= 1', 'len(rows) >= 1'],
  ['json["a b"].c == null', 'json["a b"].c == null'],
  ['value == -0', 'value == 0'],
])('[CN1] %s reads as %s', (text, printed) => {
  const parsed = parseCondition(text);
  expect(parsed.ok && printCondition(parsed.value)).toBe(printed);
});

test.each([
  ['', 'column 1: found the end, expected a value or one of status,'],
  ['status = 200', 'column 8: found =, expected == to compare'],
  ['status == 200 & json.ok', 'column 15: found &, expected && for "and"'],
  ["body contains 'x'", `column 15: found ', expected a text in double quotes`],
  ['stat == 200', 'column 1: found stat, expected a value or one of'],
  ['status ==', 'column 10: found the end'],
  ['status == 200 json.ok', 'column 15: found json, expected an operator, && or ||, or the end'],
  ['(status == 200', 'column 15: found the end, expected )'],
  ['latency < 3 weeks', 'column 13: found weeks, expected an operator'],
  ['latency < 3weeks', 'column 12: found weeks, expected one of the units ms, s, m, h, d'],
  ['body contains "x', 'column 15: found a text without an end, expected a closing "'],
  ['body contains "\\x"', 'column 15: found "\\x", expected a text as JSON writes it'],
  ['body matches "x"', 'column 14: found "x", expected a pattern such as'],
  ['body matches /x', 'column 14: found a pattern without an end, expected a closing /'],
  ['body matches /x/g', 'column 17: found g, expected no flag or i'],
  ['body matches /(/', 'column 14: found /(/, expected a regular expression'],
  ['body matches /(?=a)/', 'expected no look-ahead'],
  ['body matches /(a)\\1/', 'expected no back-references'],
  ['body matches /a{2000}/', 'expected at most 1000 repetitions'],
  ['body == /x/', 'column 9: found /, expected a pattern only after "matches"'],
  ['status in 200', 'column 11: found 200, expected a list such as'],
  ['status < "a" || 1', 'column 18: found the end, expected an operator'],
  ['json[-1] == 2', 'column 6: found -1, expected a position from 0'],
  ['json[1.5] == 2', 'column 6: found 1.5, expected a position from 0'],
  ['json. == 2', 'column 7: found ==, expected a name'],
  ['status in [1 2]', 'column 14: found 2, expected ,'],
])('[CN2] %s is refused at its column', (text, message) => {
  const parsed = parseCondition(text);
  expect(parsed).toMatchObject({ ok: false, code: 'bad_condition' });
  expect(parsed.ok ? '' : parsed.message).toContain(message);
});

test.each([
  ['characters', `status == ${'1'.repeat(1_000)}`, 'at most 1000'],
  ['levels', `${'('.repeat(20)}json.a${')'.repeat(20)}`, 'at most 16 levels'],
  ['negations', `${'!'.repeat(20)}json.a`, 'at most 16 levels'],
  ['parts', Array.from({ length: 70 }, () => 'json.a').join('&&'), 'at most 64 comparisons'],
  ['steps', `json${'.a'.repeat(20)}`, 'at most 16 steps'],
  ['items', `status in [${Array.from({ length: 70 }, () => '1').join(',')}]`, 'at most 64 items'],
  ['pattern', `body matches /${'a'.repeat(300)}/`, 'at most 200 characters'],
])('[CN3] too many %s are refused', (_name, text, message) => {
  const parsed = parseCondition(text);
  expect(parsed.ok ? '' : parsed.message).toContain(message);
});

const name = fc.oneof(fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/), fc.string({ maxLength: 6 }));
const path: fc.Arbitrary<Path> = fc.record({
  root: fc.constantFrom('status', 'json', 'value', 'certificate'),
  steps: fc.array(fc.oneof(fc.nat(99), name), { maxLength: 4 }),
});
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(number, fc.string({ maxLength: 12 }), fc.boolean(), fc.constant(null));
const time: fc.Arbitrary<Operand> = fc.nat(1_000_000).map((value) => ({ is: 'value', value, isTime: true }));
const value: fc.Arbitrary<Operand> = fc.oneof(
  scalar.map((value): Operand => ({ is: 'value', value, isTime: false })),
  time,
);
const place: fc.Arbitrary<Operand> = fc.oneof(
  path.map((path): Operand => ({ is: 'path', path })),
  path.map((path): Operand => ({ is: 'len', path })),
);
const list: fc.Arbitrary<Operand> = fc.array(scalar, { maxLength: 4 }).map((items) => ({ is: 'list', items }));
const regex: fc.Arbitrary<Operand> = fc.record({
  is: fc.constant('regex' as const),
  source: fc.constantFrom('a', 'a|b', '\\/x', '[/]y', '^\\d{3}$', '\\\\'),
  flags: fc.constantFrom('' as const, 'i' as const),
});
const compare = (operator: Operator, right: fc.Arbitrary<Operand>): fc.Arbitrary<Condition> =>
  fc.tuple(place, right).map(([left, right]) => ({ is: 'compare', left, operator, right }));
const condition: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    path.map((path): Condition => ({ is: 'true', path })),
    compare('==', fc.oneof(value, place, list)),
    compare('<=', value),
    compare('in', list),
    compare('matches', regex),
    tie('any').map((part): Condition => ({ is: 'not', part })),
    fc
      .tuple(fc.constantFrom('all' as const, 'any' as const), fc.array(tie('any'), { minLength: 2, maxLength: 3 }))
      .map(([is, parts]): Condition => ({ is, parts: parts.map((part) => part) })),
  ),
})).any;

test('[CN4] what is printed parses to the same condition', () => {
  fc.assert(
    fc.property(condition, (made) => {
      const text = printCondition(made);
      if (text.length > 1_000) return;
      const parsed = parseCondition(text);
      // -0 prints as 0, which JSON cannot tell apart either.
      expect(parsed, text).toEqual({ ok: true, value: JSON.parse(JSON.stringify(made)) });
      expect(parsed.ok && printCondition(parsed.value)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test('[CN4] whatever is typed, parsing does not throw, and what it accepts prints to what it accepts', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...'status|json|body|.|[|]|(|)|!|&&|==|<|in|matches|contains|/a/|"x"|1|5ms|,|len|null'.split('|'),
      '||',
    ),
    fc.string({ maxLength: 4 }),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, (typed) => {
      const parsed = parseCondition(typed);
      if (!parsed.ok) {
        expect(parsed.column).toBeGreaterThan(0);
        return;
      }
      expect(parseCondition(printCondition(parsed.value))).toEqual(parsed);
    }),
    { numRuns: 5_000 },
  );
});
