import { expect, test } from 'vitest';
import { explain } from '../explain.ts';
import { checkDefaults, checkInputSchema, defaultGraceMs } from './check.ts';
import { serviceCreateSchema, servicePatchSchema } from './service.ts';

const flaw = (body: unknown): string => {
  const read = serviceCreateSchema.safeParse(body);
  return read.success ? 'accepted' : explain(read.error, body);
};

test.each([
  { name: 'A', kind: 'http', target: 'https://a.example/health?x=1#y' },
  { id: 'a', name: 'A', kind: 'http', target: 'http://127.0.0.1:8080' },
  { name: 'A', kind: 'http', target: 'http://[::1]:8080/' },
  { name: 'A', kind: 'mcp', target: 'https://a.example/mcp' },
  { name: 'A', kind: 'mcp', target: 'stdio:everything' },
  { name: 'A', kind: 'tcp', target: 'db.internal:5432' },
  { name: 'A', kind: 'tls', target: '[::1]:443' },
  { name: 'A', kind: 'heartbeat' },
  { name: 'A', kind: 'heartbeat', target: '' },
  { name: 'A', kind: 'heartbeat', check: { intervalMs: 60_000, graceMs: 0 } },
  {
    name: 'A',
    kind: 'http',
    target: 'https://a.example',
    labels: { env: 'prod' },
    group: 'g',
    description: 'two\nlines',
    check: { secretHeaders: { Authorization: 'Bearer x' } },
  },
])('a service can be %j', (body) => {
  expect(flaw(body)).toBe('accepted');
});

test.each([
  [{ kind: 'http', target: 'https://a.example' }, /^name: found nothing, expected a string$/],
  [{ name: ' ', kind: 'http', target: 'https://a.example' }, /^name: found " ", expected a name/],
  [
    { name: 'a\u0000', kind: 'http', target: 'https://a.example' },
    /^name: .*expected text without control characters$/,
  ],
  [{ name: 'A', kind: 'smtp', target: 'x' }, /^kind: found "smtp", expected one of mcp, http, tcp, tls, heartbeat, /],
  [{ name: 'A', kind: 'http', target: '' }, /^target: .*an http service needs a URL/],
  [{ name: 'A', kind: 'http' }, /^target: .*an http service needs a URL/],
  [{ name: 'A', kind: 'http', target: 'ftp://a.example' }, /^target: .*http:\/\/ or https:\/\//],
  [{ name: 'A', kind: 'http', target: 'javascript:alert(1)' }, /^target: /],
  [{ name: 'A', kind: 'http', target: 'stdio:x' }, /^target: /],
  [{ name: 'A', kind: 'http', target: 'https://ann:pass@a.example/' }, /^target: .*check\.secretHeaders/],
  [{ name: 'A', kind: 'http', target: 'https://a.example/\r\nHost: b' }, /^target: .*control characters/],
  [{ name: 'A', kind: 'http', target: 'http://' }, /^target: /],
  [{ name: 'A', kind: 'http', target: 'http://a b/' }, /^target: .*blanks/],
  [{ name: 'A', kind: 'mcp', target: 'stdio:../../bin/sh' }, /^target: .*config file$/],
  [{ name: 'A', kind: 'mcp', target: 'stdio:' }, /^target: .*config file$/],
  [{ name: 'A', kind: 'mcp', target: 'npx everything' }, /^target: /],
  [{ name: 'A', kind: 'tcp', target: 'db.internal' }, /^target: found "db.internal", expected host:port/],
  [{ name: 'A', kind: 'tcp', target: 'db.internal:0' }, /^target: /],
  [{ name: 'A', kind: 'tcp', target: 'db.internal:65536' }, /^target: /],
  [{ name: 'A', kind: 'tls', target: 'https://a.example:443' }, /^target: /],
  [{ name: 'A', kind: 'heartbeat', target: 'x' }, /^target: found "x", expected nothing/],
  [{ id: 'a/b', name: 'A', kind: 'heartbeat' }, /^id: found "a\/b", expected 1 to 128 characters/],
  [{ id: '..', name: 'A', kind: 'heartbeat' }, /^id: /],
  [{ name: 'A', kind: 'heartbeat', nme: 1 }, /^nme: unknown field; remove or rename$/],
  [{ name: 'A', kind: 'heartbeat', check: { intervalms: 1 } }, /^check\.intervalms: unknown field/],
  [{ name: 'A', kind: 'heartbeat', check: { intervalMs: 10 } }, /^check\.intervalMs: found 10, expected >= 1000$/],
  [
    { name: 'A', kind: 'heartbeat', check: { intervalMs: 1000.5 } },
    /^check\.intervalMs: found 1000\.5, expected a whole number$/,
  ],
  [
    { name: 'A', kind: 'heartbeat', check: { intervalMs: '1000' } },
    /^check\.intervalMs: found "1000", expected a number$/,
  ],
  [{ name: 'A', kind: 'heartbeat', check: { timeoutMs: 99 } }, /^check\.timeoutMs: found 99, expected >= 100$/],
  [{ name: 'A', kind: 'heartbeat', check: { failAfter: 11 } }, /^check\.failAfter: found 11, expected <= 10$/],
  [{ name: 'A', kind: 'heartbeat', check: { recoverAfter: 0 } }, /^check\.recoverAfter: found 0, expected >= 1$/],
  [
    { name: 'A', kind: 'heartbeat', check: { mode: 'sometimes' } },
    /^check\.mode: found "sometimes", expected one of hold, fresh$/,
  ],
  [
    { name: 'A', kind: 'heartbeat', check: { expectStatus: ['2xx'] } },
    /^check\.expectStatus\[0\]: found "2xx", expected a status/,
  ],
  [{ name: 'A', kind: 'heartbeat', check: { expectStatus: ['299-200'] } }, /^check\.expectStatus\[0\]: .*low to high$/],
  [{ name: 'A', kind: 'heartbeat', check: { headers: { 'a b': 'x' } } }, /^check\.headers/],
  [{ name: 'A', kind: 'heartbeat', check: { headers: { a: 'x\r\nb: y' } } }, /^check\.headers/],
  [{ name: 'A', kind: 'heartbeat', check: { headers: { Host: 'b' } } }, /^check\.headers: .*the probe sets them$/],
  [
    { name: 'A', kind: 'heartbeat', check: { canary: { tool: 'x', args: { constructor: 1 } } } },
    /^check\.canary\.args/,
  ],
  [{ name: 'A', kind: 'heartbeat', labels: { a: 1 } }, /^labels\.a: found 1, expected a string$/],
  [
    { name: 'A', kind: 'heartbeat', labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, ''])) },
    /^labels: .*at most 32 labels$/,
  ],
  [{ name: 'A', kind: 'heartbeat', labels: { ['x'.repeat(129)]: '' } }, /^labels/],
  [null, /^found null, expected an object$/],
  [[], /^found a list of 0, expected an object$/],
])('%j is refused', (body, message) => {
  expect(flaw(body)).toMatch(message);
});

test('a secret is never repeated in an error', () => {
  const body = {
    name: 'A',
    kind: 'http',
    target: 'https://ann:hunter2@a.example/',
    check: { secretHeaders: { Authorization: 'hunter2\n' }, headers: { cookie: 'hunter2\n' } },
  };
  expect(flaw(body)).not.toContain('hunter2');
});

test('a patch changes what people own, and not the kind', () => {
  expect(servicePatchSchema.safeParse({}).success).toBe(true);
  expect(servicePatchSchema.safeParse({ name: 'B', desired: 'paused', check: { intervalMs: 5000 } }).success).toBe(
    true,
  );
  expect(servicePatchSchema.safeParse({ kind: 'tcp' }).success).toBe(false);
  expect(servicePatchSchema.safeParse({ id: 'b' }).success).toBe(false);
});

test('checkDefaults fills in what was not said', () => {
  expect(checkDefaults('http')).toMatchObject({
    intervalMs: 30_000,
    connectTimeoutMs: 3000,
    timeoutMs: 10_000,
    failAfter: 3,
    recoverAfter: 2,
    degradeAfter: 3,
    graceMs: null,
    mode: 'hold',
  });
  expect(checkDefaults('http', { timeoutMs: 500, failAfter: 1, followRedirects: true })).toMatchObject({
    timeoutMs: 500,
    connectTimeoutMs: 500,
    failAfter: 1,
    followRedirects: true,
  });
  expect(checkDefaults('http', { graceMs: 5 }).graceMs).toBeNull();
});

test('settings that were filled in are settings that may be sent', () => {
  for (const kind of ['http', 'mcp', 'tcp', 'tls', 'heartbeat'] as const)
    expect(checkInputSchema.safeParse(checkDefaults(kind)).success).toBe(true);
});

test.each([
  [1000, 15_000],
  [60_000, 30_000],
  [86_400_000, 3_600_000],
])('a heartbeat each %d ms may be %d ms late', (intervalMs, graceMs) => {
  expect(defaultGraceMs(intervalMs)).toBe(graceMs);
  expect(checkDefaults('heartbeat', { intervalMs }).graceMs).toBe(graceMs);
  expect(checkDefaults('heartbeat', { intervalMs, graceMs: 0 }).graceMs).toBe(0);
});
