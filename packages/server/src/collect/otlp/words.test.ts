import { expect, test } from 'vitest';
import { codeOf, meaningOf } from './words.ts';

test.each([
  ['tool_error', 'healthy', 'connected', ''],
  ['-32602', 'healthy', 'connected', ''],
  ['-32603', 'healthy', 'connected', ''],
  ['404', 'healthy', 'connected', ''],
  ['401', 'degraded', 'needs_auth', 'needs_auth'],
  ['UnauthorizedError', 'degraded', 'needs_auth', 'needs_auth'],
  ['invalid_token', 'degraded', 'needs_auth', 'needs_auth'],
  ['429', 'degraded', 'connected', 'limited'],
  ['RateLimitError', 'degraded', 'connected', 'limited'],
  ['-32001', 'unhealthy', 'failed', 'timeout'],
  ['TimeoutError', 'unhealthy', 'failed', 'timeout'],
  ['java.net.SocketTimeoutException', 'unhealthy', 'failed', 'timeout'],
  ['context.deadline_exceeded', 'unhealthy', 'failed', 'error'],
  ['DEADLINE_EXCEEDED', 'unhealthy', 'failed', 'timeout'],
  ['timed out', 'unhealthy', 'failed', 'timeout'],
  ['ECONNREFUSED', 'unhealthy', 'failed', 'refused'],
  ['ConnectionRefusedError', 'unhealthy', 'failed', 'refused'],
  ['ENOTFOUND', 'unhealthy', 'failed', 'dns'],
  ['CERT_HAS_EXPIRED', 'unhealthy', 'failed', 'tls'],
  ['ECONNRESET', 'unhealthy', 'failed', 'reset'],
  ['-32000', 'unhealthy', 'failed', 'reset'],
  ['503', 'unhealthy', 'failed', 'server_error'],
  ['UNAVAILABLE', 'unhealthy', 'failed', 'unavailable'],
  ['SomethingElse', 'unhealthy', 'failed', 'error'],
])('[OT9] %s is %s, %s', (error, health, phase, code) => {
  expect(meaningOf(error)).toEqual({ health, phase, code });
});

test('[OT9] an error becomes a code that a record may hold', () => {
  expect(codeOf('java.net.Socket Exception: <b>')).toBe('java.net.Socket_Exception:_b_');
  expect(codeOf('x'.repeat(200))).toHaveLength(64);
});
