/** The React example, built and opened in a real browser: each hook's widget shows what is true, and what becomes of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const ROOT = join(import.meta.dirname, '../examples/react-monitoring');

let server: TestServer;
let target: Server;
let site: PreviewServer;
let browser: Browser;
let page: Page;
let isWell = true;
const outDir = mkdtempSync(join(tmpdir(), 'statewire-example-'));
const problems: string[] = [];

beforeAll(async () => {
  target = createServer((_, response) => response.writeHead(isWell ? 200 : 503).end('ok'));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  server = await TestServer.start({});
  const proxy = { '/live': { target: server.url, ws: true }, '/v1': { target: server.url } };
  await build({ root: ROOT, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  site = await preview({
    root: ROOT,
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1', proxy },
  });
  await fill();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  await page.goto(siteUrl());
  await page.getByLabel('API key').fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Open' }).click();
  await shows('useWebSocket', 'connected');
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await server?.close();
  target?.close();
  rmSync(outDir, { recursive: true, force: true });
});

describe('what each hook shows, and what it shows after a change', () => {
  test('servers: status, the link of an agent, numbers, counts', async () => {
    await shows('useServiceStatus', 'Up');
    await shows('StatusIndicator', 'Up');
    await shows('useRealtimeConnectionStatus', 'connected, healthy, 12 ms');
    await shows('useRealtimeServerMetrics', 'up: 1 connected');
    await shows('ConnectionCounter', '1');
    await shows('useAgentConnections', 'shop: connected');
    await shows('useFleetStats', '1 services, 0 down');
    await shows('useRealtimeStatus', 'Shop');
    await shows('useLiveQuery', '0 need attention, live');
    await report('connections', 'a7:shop', { phase: 'failed', health: 'unhealthy', final: true, latencyMs: 900 });
    await report('connections', 'b8:shop', { agent: 'b8', service: 'shop', phase: 'connected', health: 'healthy' });
    await report('connections', 'c9:shop', { agent: 'c9', service: 'shop', phase: 'connected', health: 'healthy' });
    isWell = false;
    await shows('useRealtimeConnectionStatus', 'error, critical, 900 ms');
    await shows('useAgentConnections', 'shop: failed');
    await shows('useRealtimeServerMetrics', 'down: 2 connected');
    await shows('ConnectionCounter', '2');
    await shows('useServiceStatus', 'Down');
    await shows('StatusIndicator', 'Down');
    await shows('useRealtimeStatus', 'Down');
    await shows('useFleetStats', '1 services, 1 down');
    await shows('useLiveQuery', '1 need attention, live');
  });

  test('monitoring: streams, scans, runs, alerts and the heartbeat', async () => {
    await shows('useStreamProgress', '30');
    await shows('useScanProgress', 'Nightly scan: 50 %, running');
    await shows('useAllStreamsProgress', '1 under way');
    await shows('useAgentExecutions', 'Summarize');
    await shows('useConnectionHeartbeat', 'connected');
    // The service that the test before broke is an alert now; taking it up is heard by everybody.
    await shows('useSignalAlerts', '1 unread');
    await widget('useSignalAlerts').getByRole('button', { name: 'Take up' }).click();
    await shows('useSignalAlerts', '0 unread');
    await report('jobs', 'import-1', { done: 90 });
    await report('jobs', 'import-2', { kind: 'stream', title: 'Import 2', state: 'running', done: 0, total: 10 });
    await report('jobs', 'scan-1', { done: 100, state: 'succeeded' });
    await report('executions', 'r1', { state: 'failed', reason: { code: 'error', text: 'no' } });
    await shows('useStreamProgress', '90');
    await shows('useAllStreamsProgress', '2 under way');
    await shows('useScanProgress', 'Nightly scan: 100 %, succeeded');
    await shows('useAgentExecutions', 'Failed');
  });

  test('admin: agents, messages, customers, users and numbers, changed by whom it may', async () => {
    await shows('useRealtimeAgentStatus', 'Ada');
    await shows('useRealtimeSystemMessages', '1 active');
    await shows('useRealtimeClients', 'Acme');
    await shows('useRealtimeUsers', 'Ana <ana@example.org>');
    await shows('useRealtimeDashboardMetrics', '1 agents');
    await widget('useRealtimeAgentStatus').getByRole('button', { name: 'Maintenance' }).click();
    await shows('useRealtimeAgentStatus', 'Maintenance Ada');
    await widget('useRealtimeSystemMessages').getByRole('button', { name: 'Tell everybody' }).click();
    await shows('useRealtimeSystemMessages', '2 active');
    await widget('useRealtimeClients').getByRole('button', { name: 'Rename' }).click();
    await shows('useRealtimeClients', 'Acme Ltd');
    await until('the server to know', async () => {
      return (await server.api('GET', '/v1/customers/acme')).body.name === 'Acme Ltd';
    });
    await server.api('PATCH', '/v1/users/ana', { name: 'Anna' });
    await shows('useRealtimeUsers', 'Anna <ana@example.org>');
    await report('agents', 'z1', { name: 'Zoe', phase: 'idle', health: 'healthy' });
    await shows('useRealtimeDashboardMetrics', '2 agents');
    // A message that ends goes away by itself.
    await post('/v1/messages', { id: 'soon', title: 'Soon over', endsAt: Date.now() + 2_500, publish: true });
    await shows('useRealtimeSystemMessages', 'Soon over');
    await until(
      'it to be gone',
      async () => !(await widget('useRealtimeSystemMessages').innerText()).includes('Soon over'),
    );
  });

  test('notifications are a person’s: a key has none, and says so as live', async () => {
    await shows('useRealtimeNotifications', '0 unread, live');
  });
});

test('nothing was said in the console, and all of it is one socket and fits a phone', async () => {
  expect(problems).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});

test('the server goes and comes back: old values stay, and new ones follow without a reload', async () => {
  await server.kill();
  await until('the loss to be seen', async () => !(await widget('useWebSocket').innerText()).includes('connected'));
  await shows('useRealtimeUsers', 'Anna');
  await server.launch();
  await shows('useWebSocket', 'connected');
  await server.api('PATCH', '/v1/users/ana', { name: 'Annika' });
  await shows('useRealtimeUsers', 'Annika');
});

async function fill(): Promise<void> {
  const address = target.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await post('/v1/services', {
    id: 'shop',
    name: 'Shop',
    kind: 'http',
    target: `http://127.0.0.1:${port}/`,
    check: { intervalMs: 1_000, timeoutMs: 900, failAfter: 2, recoverAfter: 1 },
  });
  await report('agents', 'a7', { name: 'Ada', phase: 'running', health: 'healthy', labels: { client: 'client-123' } });
  await report('connections', 'a7:shop', {
    agent: 'a7',
    service: 'shop',
    phase: 'connected',
    health: 'healthy',
    final: true,
    latencyMs: 12,
  });
  const stream = { kind: 'stream', title: 'Import 1', state: 'running', done: 30, total: 100, leaseMs: 600_000 };
  await report('jobs', 'import-1', stream);
  await report('jobs', 'scan-1', { ...stream, kind: 'scan', title: 'Nightly scan', done: 50 });
  await report('executions', 'r1', { agent: 'a7', title: 'Summarize', state: 'running', leaseMs: 600_000 });
  await post('/v1/messages', { id: 'm1', title: 'Maintenance tonight', publish: true });
  await post('/v1/customers', { id: 'acme', name: 'Acme' });
  await post('/v1/customers', { id: 'gone', name: 'Gone', status: 'churned' });
  await post('/v1/users', { id: 'ana', name: 'Ana', email: 'ana@example.org' });
}

async function post(path: string, body: object): Promise<void> {
  const made = await server.api('POST', path, body);
  expect([path, made.status, made.body.code]).toEqual([path, 201, undefined]);
}

async function report(collection: string, id: string, fields: object): Promise<void> {
  const done = await server.api('POST', '/v1/reports', { collection, id, ...fields });
  expect([collection, done.status, done.body.code]).toEqual([collection, 200, undefined]);
}

function widget(hook: string): ReturnType<Page['locator']> {
  return page.locator(`[data-hook="${hook}"]`);
}

async function shows(hook: string, text: string): Promise<void> {
  let last = '';
  await until(`${hook} to show "${text}"`, async () => {
    last = (await widget(hook).innerText()).replaceAll(/\s+/g, ' ');
    return last.includes(text);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it shows "${last}"`);
  });
}

function siteUrl(): string {
  const url = site.resolvedUrls?.local[0];
  if (url === undefined) throw new Error('the page is not served');
  return url;
}
