import { expect, test } from 'vitest';
import { unmetOf, type Matcher, type Scope, type Unmet } from './evaluate.ts';
import { parseCondition } from './parse.ts';
import { mentions } from './roots.ts';

const scope: Scope = {
  status: 503,
  latency: 120.5,
  body: 'Welcome, friend',
  json: {
    data: [{ state: 'ok', n: 3 }],
    text: '3',
    empty: [],
    none: null,
    yes: true,
    api_token: 'sw_s3cret',
    long: 'x'.repeat(500),
    deep: { a: 1 },
  },
  header: { 'x-cache': 'HIT', 'set-cookie': 'sid=s3cret' },
  certificate: null,
};

const matcher: Matcher = ({ source, flags }, text) => new RegExp(source, flags).test(text);

function unmet(text: string): Unmet | null {
  const parsed = parseCondition(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return unmetOf(parsed.value, scope, matcher);
}

test.each([
  ['status == 503', true],
  ['status == "503"', false],
  ['status != "503"', true],
  ['json.text == 3', false],
  ['json.text < 4', false],
  ['json.data[0].n <= 3', true],
  ['json.data[0].n < 3', false],
  ['json.data[1].n == null', true],
  ['json.data[1].n < 3', false],
  ['json.data[1].n >= 3', false],
  ['json.none == null', true],
  ['json.none == false', false],
  ['json.missing.deeper[3].x == null', true],
  ['json.data.length == null', true],
  ['json.toString == null', true],
  ['json["data"][0]["state"] in ["ok", "warn"]', true],
  ['"ok" in json.data', false],
  ['json.yes', true],
  ['json.text', false],
  ['json.missing', false],
  ['!json.missing', true],
  ['header["X-CACHE"] == "HIT"', true],
  ['latency < 200ms && latency < 1s', true],
  ['latency < 100', false],
  ['body contains "Welcome"', true],
  ['status contains "5"', false],
  ['json.empty contains null', false],
  ['body matches /^welcome/i', true],
  ['body matches /^welcome/', false],
  ['status matches /5/', false],
  ['len(body) == 15 && len(json.data) == 1 && len(json.empty) == 0 && len(json.deep) == 1', true],
  ['len(status) == null', true],
  ['json.empty == []', true],
  ['json.deep == null', false],
  ['json.deep == json.deep', false],
  ['certificate.days > 14', false],
  ['status == 200 || status == 503', true],
])('[CN5] %s is %s', (text, expected) => {
  expect(unmet(text) === null).toBe(expected);
});

test.each([
  ['status == 503 && json.data[0].state == "up"', 'json.data[0].state == "up"', '"ok"'],
  ['status == 200 || status == 204', 'status == 200 || status == 204', '503'],
  ['!json.yes', '!json.yes', 'true'],
  ['json.missing == 1', 'json.missing == 1', 'nothing (null)'],
  ['body contains "Bye"', 'body contains "Bye"', 'a text of 15 characters'],
  ['header["set-cookie"] == "x"', 'header["set-cookie"] == "x"', 'a hidden value'],
  ['json.api_token == "x"', 'json.api_token == "x"', 'a hidden value'],
  ['json.long == "x"', 'json.long == "x"', `"${'x'.repeat(80)}..."`],
  ['json.data == 1', 'json.data == 1', 'a list of 1'],
  ['len(json.data) > 1', 'len(json.data) > 1', '1'],
])('[CN6] %s names the part that fails and what was found', (text, part, found) => {
  expect(unmet(text)).toEqual({ part, found });
});

test('[CN7] the values a condition speaks of are known before it runs', () => {
  const parsed = parseCondition('!(status == 1 || len(rows) > 2) && json.ok && 1 < latency');
  expect(parsed.ok && [...mentions(parsed.value)].sort()).toEqual(['json', 'latency', 'rows', 'status']);
});
