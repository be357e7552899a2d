import { expect, test } from 'vitest';
import { phaseOf, retryAfter, statusFault, verdictOf } from './classify.ts';

test.each([
  ['needs_auth', 'degraded', 'needs_auth'],
  ['credentials_rejected', 'degraded', 'needs_auth'],
  ['forbidden', 'degraded', 'needs_auth'],
  ['insufficient_scope', 'degraded', 'needs_auth'],
  ['host_rejected', 'degraded', 'ready'],
  ['rate_limited', 'degraded', 'ready'],
  ['unsupported_version', 'degraded', 'ready'],
  ['egress_denied', 'unknown', 'stopped'],
  ['aborted', 'unknown', 'stopped'],
  ['refused', 'unhealthy', 'failed'],
  ['timeout', 'unhealthy', 'failed'],
  ['misconfigured', 'unhealthy', 'failed'],
  ['a code nobody has thought of', 'unhealthy', 'failed'],
])('[CL1] %s means %s, phase %s', (code, verdict, phase) => {
  expect(verdictOf(code)).toBe(verdict);
  expect(phaseOf(code)).toBe(phase);
});

test.each([
  ['7', 7_000],
  ['0', 0],
  ['999999', 3_600_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 10_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  ['2030', 2_030_000],
  ['1970-01-01', null],
])('[CL2] Retry-After "%s" is %s ms', (value, ms) => {
  expect(retryAfter(value, 0)).toBe(ms);
});

test('[CL3] 401 and 403 are told apart by what was sent', () => {
  const of = (status: number, hasCredentials: boolean): string =>
    statusFault(status, {}, { hasCredentials, now: 0 }).code;
  expect([of(401, false), of(401, true), of(403, false), of(403, true)]).toEqual([
    'needs_auth',
    'credentials_rejected',
    'needs_auth',
    'forbidden',
  ]);
});
