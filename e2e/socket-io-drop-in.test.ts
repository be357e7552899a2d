// @vitest-environment jsdom
/** The live part of an app on Socket.IO (examples/socketio-drop-in), in React, against a real server: only its URL is new. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render } from '@testing-library/react';
import { createElement, type ReactElement } from 'react';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { setAuthToken } from '../examples/socketio-drop-in/auth.ts';
import { socketManager } from '../examples/socketio-drop-in/socket.ts';
import type { ServiceStatus, ServiceStatusUpdate } from '../examples/socketio-drop-in/types.ts';
import { useRealtimeStatus } from '../examples/socketio-drop-in/use-realtime-status.ts';
import { useWebSocket } from '../examples/socketio-drop-in/use-web-socket.ts';
import { CutProxy } from './harness/cut.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let proxy: CutProxy;
const queries = new QueryClient();

beforeAll(async () => {
  server = await TestServer.start();
  proxy = await CutProxy.open(server.port);
  vi.stubEnv('NEXT_PUBLIC_SOCKET_URL', `http://127.0.0.1:${proxy.port}`);
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  setAuthToken((await server.api('POST', '/v1/keys', { name: 'page', scope: 'read' })).body.secret);
});

afterAll(async () => {
  cleanup();
  socketManager.disconnect();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await proxy.close();
  await server.close();
});

/** Where the page shows the state of its connection. */
function Connection(): ReactElement {
  const { isConnected, connectionError, refreshService } = useWebSocket();
  return createElement(
    'button',
    { onClick: () => refreshService('shop') },
    connectionError ?? (isConnected ? 'connected' : 'connecting'),
  );
}

function Page(): ReactElement {
  useRealtimeStatus();
  return createElement(Connection);
}

function shown(): Readonly<Record<string, string>> {
  const all = queries.getQueryData<ServiceStatus[]>(['services', 'status']) ?? [];
  return Object.fromEntries(all.map(({ id, status }) => [id, status]));
}

async function say(id: string, health: string): Promise<void> {
  expect((await server.api('POST', '/v1/reports', { collection: 'services', id, health, final: true })).status).toBe(
    200,
  );
}

async function make(id: string): Promise<void> {
  const service = { id, name: id, kind: 'heartbeat', check: { intervalMs: 600_000 } };
  const made = await server.api('POST', '/v1/services', service);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
}

test('[SI1] [SI3] [SI5] the hooks of an app show what is true, through a cut and a restart, and are told why not', async () => {
  await make('shop');
  await say('shop', 'healthy');
  const page = render(createElement(QueryClientProvider, { client: queries }, createElement(Page)));
  const button = page.getByRole('button');
  await until('the page to be connected', () => button.textContent === 'connected');
  await until('the service', () => shown()['shop'] === 'up');
  await say('shop', 'unhealthy');
  await until('the failure', () => shown()['shop'] === 'down');
  const update = queries.getQueryData<ServiceStatusUpdate>(['service-update', 'shop']);
  expect(update).toMatchObject({ serviceId: 'shop', status: 'down' });
  expect(new Date(update?.timestamp ?? 0).getTime()).toBeGreaterThan(Date.now() - 60_000);
  await make('site');
  await until('the new one', () => Object.hasOwn(shown(), 'site'));

  // The page of somebody who may read and no more.
  button.click();
  await until('the refusal', () => button.textContent.includes('services:refresh'));

  proxy.cut();
  await say('shop', 'healthy');
  await say('site', 'degraded');
  proxy.mend();
  await until('what happened while it was away', () => shown()['shop'] === 'up' && shown()['site'] === 'degraded');

  await server.kill();
  await server.launch();
  await say('shop', 'unhealthy');
  await server.api('DELETE', '/v1/services/site');
  await until('what happened after the restart', () => shown()['shop'] === 'down' && !Object.hasOwn(shown(), 'site'));
});
