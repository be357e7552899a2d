import { expect, test } from 'vitest';
import { codeAt, otpauthUrl, stepAt, stepOfCode, toBase32, TOTP_STEP_MS } from './totp.ts';

const rfc = Buffer.from('12345678901234567890', 'ascii');

test.each([
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
])('[AC1] the vector of RFC 6238 at %i s is %s', (seconds, expected) => {
  expect(codeAt(rfc, stepAt(seconds * 1_000), 8)).toBe(expected);
  expect(codeAt(rfc, stepAt(seconds * 1_000))).toBe(expected.slice(2));
});

test.each(
  ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'].map(
    (code, count) => [count, code] as const,
  ),
)('[AC1] the vector of RFC 4226 at count %i is %s', (count, expected) => {
  expect(codeAt(rfc, count)).toBe(expected);
});

test('[AC2] a code counts one step early and one step late, and no further', () => {
  const now = 1_800_000_000_000;
  const here = stepAt(now);
  const ask = (step: number) => stepOfCode(rfc, codeAt(rfc, step), { now, after: -1 });
  expect([-2, -1, 0, 1, 2].map((by) => ask(here + by))).toEqual([null, here - 1, here, here + 1, null]);
});

test('[AC2] a step that was used, and every one before it, counts no more', () => {
  const now = 1_800_000_000_000;
  const here = stepAt(now);
  const ask = (step: number, after: number) => stepOfCode(rfc, codeAt(rfc, step), { now, after });
  expect(ask(here, here)).toBeNull();
  expect(ask(here - 1, here)).toBeNull();
  expect(ask(here + 1, here)).toBe(here + 1);
  expect(stepOfCode(rfc, codeAt(rfc, here), { now: now + TOTP_STEP_MS, after: here - 1 })).toBe(here);
});

test.each(['', '12345', '1234567', 'abcdef', ' 287082', '２８７０８２'])('what is no code is none: %j', (code) => {
  expect(stepOfCode(rfc, code, { now: 59_000, after: -1 })).toBeNull();
});

test('a secret is written in the base32 of RFC 4648, whose vectors hold', () => {
  const write = (text: string) => toBase32(Buffer.from(text, 'ascii'));
  expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map(write)).toEqual([
    '',
    'MY',
    'MZXQ',
    'MZXW6',
    'MZXW6YQ',
    'MZXW6YTB',
    'MZXW6YTBOI',
  ]);
});

test('what an app scans names the account and cannot be broken out of', () => {
  const url = new URL(otpauthUrl('MZXW6', { issuer: 'Acme & Co', account: 'ann?x=1&secret=evil@example.com' }));
  expect(url.protocol).toBe('otpauth:');
  expect(url.searchParams.getAll('secret')).toEqual(['MZXW6']);
  expect(url.searchParams.get('issuer')).toBe('Acme & Co');
});
