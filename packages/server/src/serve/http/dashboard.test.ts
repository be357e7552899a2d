import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Reply, type World } from '../../testing/http-world.ts';

const base = mkdtempSync(join(tmpdir(), 'dashboard-'));
const dir = join(base, 'dist');
const script = 'console.log("statewire");'.repeat(50);
let world: World;
beforeAll(async () => {
  world = await createWorld({ settings: { dashboardDir: dir } });
});
afterAll(async () => {
  await world.close();
  rmSync(base, { recursive: true });
});

const html = { accept: 'text/html,application/xhtml+xml' };

function get(path: string, headers: Record<string, string> = html): Promise<Reply> {
  return world.call('GET', path, { headers });
}

test('not built yet: the page says so and what to do; once built it is there without a restart', async () => {
  const before = await get('/');
  expect([before.status, before.text]).toEqual([503, expect.stringContaining('npm run build')]);
  mkdirSync(join(dir, 'assets'), { recursive: true });
  writeFileSync(join(base, 'secret.txt'), 'outside');
  writeFileSync(join(dir, 'assets', 'app-AbC123.js'), script);
  writeFileSync(join(dir, 'assets', 'app-AbC123.js.gz'), gzipSync(script));
  writeFileSync(join(dir, 'favicon.svg'), '<svg/>');
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>Statewire</title>');
  const after = await get('/');
  expect([after.status, after.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
});

test('pages are index.html, never cached; hashed assets for a year', async () => {
  for (const path of ['/', '/index.html', '/services', '/services/api', '/monitoring']) {
    const reply = await get(path);
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect(reply.text).toContain('<title>Statewire');
  }
  const asset = await get('/assets/app-AbC123.js', {});
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(asset.text).toBe(script);
  expect((await get('/favicon.svg', {})).headers.get('content-type')).toBe('image/svg+xml');
});

test('scripts only from our files, no framing, no sniffing, no referrer', async () => {
  const { headers } = await get('/');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/script-src[^;]*unsafe|\*/u);
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
    expect(policy).toContain(part);
  expect([
    headers.get('x-content-type-options'),
    headers.get('referrer-policy'),
    headers.get('x-frame-options'),
  ]).toEqual(['nosniff', 'no-referrer', 'DENY']);
});

test('a compressed copy is sent to who takes it', async () => {
  const zipped = await world.http.app.request('http://localhost/assets/app-AbC123.js', {
    headers: { 'accept-encoding': 'gzip, br' },
  });
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(Buffer.from(await zipped.arrayBuffer()).equals(gzipSync(script))).toBe(true);
  expect(zipped.headers.get('vary')).toContain('Accept-Encoding');
  for (const encodings of ['', 'identity', 'gzip;q=0'])
    expect(
      (await get('/assets/app-AbC123.js', { 'accept-encoding': encodings })).headers.get('content-encoding'),
    ).toBeNull();
});

test('an ETag spares the body; a new build has another one', async () => {
  const etag = (await get('/')).headers.get('etag') ?? '';
  expect((await get('/', { ...html, 'if-none-match': etag })).status).toBe(304);
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>Statewire 2</title>');
  utimesSync(join(dir, 'index.html'), 2_000_000_000, 2_000_000_000);
  const next = await get('/', { ...html, 'if-none-match': etag });
  expect([next.status, next.text]).toEqual([200, expect.stringContaining('Statewire 2')]);
});

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/assets/%2e%2e%5c%2e%2e%5csecret.txt',
  '//secret.txt',
  '/assets/',
  '/assets/none.js',
  '/.env',
  '/app.js',
])('%s is not a file of ours', async (path) => {
  const reply = await get(path, {});
  expect(reply.status).toBe(404);
  expect(reply.text).not.toContain('outside');
});

test.each(['/v1', '/v1/none', '//v1/services', '/v1/services/x/none', '/live', '/metrics/x', '/health/x'])(
  '%s is never answered with a page: a program would take it for data',
  async (path) => {
    const reply = await get(path);
    expect(reply.status).toBe(404);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
  },
);

test('only reading: a POST to a page is not one', async () => {
  expect((await world.call('POST', '/', { headers: html })).status).toBe(404);
});
