import { expect, test } from 'vitest';
import { isLoopbackHost, isOriginAllowed } from './origin.ts';

const open = { publicUrl: null, origins: [] };

test('our own pages may act: the Origin names the Host of the request', () => {
  expect(isOriginAllowed({ origin: 'http://localhost:4800', host: 'localhost:4800' }, open)).toBe(true);
  expect(isOriginAllowed({ origin: 'https://status.example.com', host: 'status.example.com' }, open)).toBe(true);
});

test.each([
  [null, 'localhost:4800'],
  ['null', 'localhost:4800'],
  ['http://evil.example', 'localhost:4800'],
  ['http://localhost:4801', 'localhost:4800'],
  ['http://localhost:4800.evil.example', 'localhost:4800'],
  ['http://localhost:4800@evil.example', 'localhost:4800'],
  ['file://localhost:4800', 'localhost:4800'],
  ['http://localhost:4800', null],
  ['not a url', 'not a url'],
])('origin %s for host %s is foreign', (origin, host) => {
  expect(isOriginAllowed({ origin, host }, open)).toBe(false);
});

test('with a public URL only that one counts, whatever the Host header says', () => {
  const rules = { publicUrl: 'https://status.example.com', origins: [] };
  expect(isOriginAllowed({ origin: 'https://status.example.com', host: 'internal:4800' }, rules)).toBe(true);
  expect(isOriginAllowed({ origin: 'http://evil.example', host: 'evil.example' }, rules)).toBe(false);
  expect(isOriginAllowed({ origin: 'http://status.example.com', host: 'status.example.com' }, rules)).toBe(false);
});

test('listed origins may act, exactly as listed', () => {
  const rules = { publicUrl: null, origins: ['https://app.example.com'] };
  expect(isOriginAllowed({ origin: 'https://app.example.com', host: 'x' }, rules)).toBe(true);
  expect(isOriginAllowed({ origin: 'https://app.example.com.evil.example', host: 'x' }, rules)).toBe(false);
  expect(isOriginAllowed({ origin: 'https://sub.app.example.com', host: 'x' }, rules)).toBe(false);
});

test('a rebound name is not loopback', () => {
  expect(['localhost', 'localhost:4800', '127.0.0.1:4800', '[::1]:4800'].every(isLoopbackHost)).toBe(true);
  expect(['evil.example:4800', 'localhost.evil.example', '127.0.0.1.evil.example', '', null].some(isLoopbackHost)).toBe(
    false,
  );
});
