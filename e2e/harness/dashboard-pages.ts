/**
 * Every page of the dashboard, in one table: what is looked at, walked by keyboard and measured, page by page. A test
 * holds it against the router, so that a page that is added is looked at too.
 */
import { createServer, type Server } from 'node:http';
import { expect } from 'vitest';
import type { TestServer } from './server.ts';
import { until } from './until.ts';

/** One page as a person meets it. */
export interface DashboardPage {
  /** Its path in the router. */
  readonly route: string;
  /** Its address with the records of `fillEverything`. */
  readonly path: string;
  /** What its first heading says, where no record's name does. */
  readonly heading: string | RegExp;
  /** What stands before " · Statewire" in the tab, without the number of what is down. */
  readonly title: string | RegExp;
  /** Something of its data, which is there before it is looked at. */
  readonly shows: string | RegExp;
  /** The permission without which it has nothing to show; null where whoever is signed in may look. */
  readonly needs: string | null;
}

/** Every page that is one, in the order of the rail. */
export const dashboardPages: readonly DashboardPage[] = [
  page('/', /needs? attention/u, 'Overview', 'Billing'),
  page('/services', 'Services', 'Services', 'Billing', undefined, 'services:read'),
  page('/services/$id', 'Billing', /· Billing$/u, /HTTP 500/u, '/services/billing', 'services:read'),
  page('/agents', 'Agents & connections', /^Agents/u, 'Agent 1', undefined, 'agents:read'),
  page('/agents/$id', 'Agent 1', /· Agent 1$/u, 'Reading', '/agents/agent-1', 'agents:read'),
  page('/jobs', 'Jobs', 'Jobs', 'Nightly scan', undefined, 'jobs:read'),
  page('/monitoring', 'Live monitoring', 'Live monitoring', /Orders to warehouse/u, undefined, 'metrics:read'),
  page('/alerts', 'Alerts', 'Alerts', /Billing/u, undefined, 'alerts:read'),
  page('/incidents', 'Incidents', 'Incidents', 'Checkout is slow', undefined, 'incidents:read'),
  page(
    '/incidents/$id',
    'Checkout is slow',
    /· Checkout is slow$/u,
    'We see it, and look for the cause.',
    '/incidents/slow',
    'incidents:read',
  ),
  page('/maintenance', 'Maintenance', 'Maintenance', 'Database upgrade', undefined, 'maintenances:read'),
  page('/pages', 'Status pages', 'Status pages', 'Shop status', undefined, 'pages:read'),
  page('/pages/$id', 'Shop status', /· Shop status$/u, 'What it shows', '/pages/shop', 'pages:read'),
  page('/messages', 'Messages', 'Messages', 'The new search is here'),
  page(
    '/messages/$id',
    'The new search is here',
    /· The new search is here$/u,
    /All customers/u,
    '/messages/welcome',
    null,
  ),
  page('/inbox', 'Inbox', 'Inbox', /Billing/u),
  page('/notifications', 'Notifications', 'Notifications', 'Hook', undefined, 'channels:read'),
  page('/customers', 'Customers', 'Customers', 'Customer 3', undefined, 'customers:read'),
  page('/customers/$id', 'Customer 3', /· Customer 3$/u, 'Growth', '/customers/customer-3', 'customers:read'),
  page('/users', 'Users', 'Users', 'User 3', undefined, 'users:read'),
  page('/users/$id', 'User 3', /· User 3$/u, 'user-3@example.org', '/users/user-3', 'users:read'),
  page('/analytics', 'Analytics', 'Analytics', /Billing/u, undefined, 'services:read'),
  page('/audit', 'Audit', 'Audit', 'users/user-23', undefined, 'audit:read'),
  page('/system', 'System', 'System', /Memory/u, undefined, 'system:read'),
  page('/system/captures', 'Captures', /· Captures$/u, 'No tables are captured yet', undefined, 'captures:read'),
  page('/demo', 'Realtime, to be broken', 'Realtime', 'Another reader', undefined, 'demo:read'),
  page('/settings/account', 'Settings', /· Account$/u, 'Second factor'),
  page('/settings/organization', 'Settings', /· Organization$/u, 'Signing in', undefined, 'organization:change'),
  page('/settings/members', 'Settings', /· Members$/u, 'ada@example.org', undefined, 'members:read'),
  page('/settings/roles', 'Settings', /· Roles$/u, /operator/iu, undefined, 'roles:read'),
  page('/settings/keys', 'Settings', /· API keys$/u, /No keys yet/u, undefined, 'keys:read'),
  page('/settings/embeds', 'Settings', /· Embeds$/u, 'Shop on www', undefined, 'embeds:create'),
];

/** Routes that only lead to another page, with the page. */
export const leadsElsewhere: Readonly<Record<string, { readonly from: string; readonly to: string }>> = {
  '/alerts/$id': { from: '/alerts/none', to: '/alerts' },
  '/jobs/$id': { from: '/jobs/scan', to: '/jobs' },
  '/executions/$id': { from: '/executions/run-1', to: '/jobs' },
  '/maintenances/$id': { from: '/maintenances/upgrade', to: '/maintenance' },
  '/settings': { from: '/settings', to: '/settings/account' },
  '/channels/$id': { from: '/channels/hook', to: '/notifications' },
};

function page(
  route: string,
  heading: DashboardPage['heading'],
  title: DashboardPage['title'],
  shows: DashboardPage['shows'],
  path: string = route,
  needs: string | null = null,
): DashboardPage {
  return { route, path, heading, title, shows, needs };
}

/** What the services of a full server are probed at: all is well but `/500`. */
export async function startTarget(): Promise<{ readonly url: string; close(): void }> {
  const web: Server = createServer((request, response) => {
    response.statusCode = request.url === '/500' ? 500 : 200;
    response.end('hello');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      web.closeAllConnections();
      web.close();
    },
  };
}

/** Something of everything, so that no page is empty. Whoever is to be told signs in before. */
export async function fillEverything(server: TestServer, targetUrl: string): Promise<void> {
  const post = async (path: string, ...bodies: readonly object[]): Promise<void> => {
    for (const body of bodies) {
      const reply = await server.api('POST', path, body);
      expect(reply.status, `${path} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
    }
  };
  const check = { intervalMs: 60_000, timeoutMs: 10_000, failAfter: 1, recoverAfter: 1 };
  await post('/v1/channels', {
    id: 'hook',
    name: 'Hook',
    kind: 'webhook',
    settings: { url: `${targetUrl}/hook` },
    secrets: { secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' },
  });
  await post('/v1/policies', {
    id: 'all',
    name: 'Everybody',
    isDefault: true,
    groupWaitMs: 0,
    groupIntervalMs: 0,
    groupBy: ['subject'],
    steps: [{ afterMs: 0, channels: ['hook'] }],
  });
  await post(
    '/v1/services',
    { id: 'search-api', name: 'Search API', kind: 'http', target: `${targetUrl}/ok`, labels: { env: 'prod' }, check },
    {
      id: 'billing',
      name: 'Billing',
      kind: 'http',
      target: `${targetUrl}/500`,
      labels: { customer: 'customer-3' },
      check,
    },
    { id: 'backup', name: 'Nightly backup', kind: 'heartbeat', check: { intervalMs: 3_600_000 } },
    ...numbered(12, (i) => ({
      id: `beat-${i}`,
      name: `Cron job ${i}`,
      kind: 'heartbeat',
      labels: { team: 'ops' },
      check: { intervalMs: 3_600_000 },
    })),
  );
  for (let i = 0; i < 12; i += 1) await server.api('GET', `/v1/heartbeats/beat-${i}`);
  await post(
    '/v1/reports',
    ...numbered(3, (i) => ({
      collection: 'agents',
      id: `agent-${i}`,
      name: `Agent ${i}`,
      phase: i === 2 ? 'failed' : 'running',
      health: i === 2 ? 'unhealthy' : 'healthy',
      final: true,
      activity: 'Reading',
      ...(i === 1 ? { currentExecution: 'run-1' } : {}),
    })),
    ...numbered(6, (i) => ({
      collection: 'connections',
      id: `agent-${i % 3}:${i < 3 ? 'billing' : 'search-api'}`,
      agent: `agent-${i % 3}`,
      service: i < 3 ? 'billing' : 'search-api',
      phase: i === 3 ? 'failed' : 'connected',
      health: i === 3 ? 'unhealthy' : 'healthy',
      final: true,
      calls: 12,
      errors: 1,
    })),
  );
  await post('/v1/executions', {
    id: 'run-1',
    agent: 'agent-1',
    title: 'Collect sources',
    total: 10,
    done: 4,
    unit: 'papers',
    stage: 'reading',
    steps: [
      { id: 'a', title: 'Plan', state: 'succeeded', startedAt: 1, endedAt: 2 },
      { id: 'b', title: 'Read', state: 'running', startedAt: 3 },
    ],
    leaseMs: 3_600_000,
  });
  await post(
    '/v1/jobs',
    { id: 'scan', title: 'Nightly scan', kind: 'scan', total: 500, done: 120, unit: 'images', leaseMs: 3_600_000 },
    { id: 'stream', title: 'Orders to warehouse', kind: 'stream', done: 1234, unit: 'events', leaseMs: 3_600_000 },
  );
  await post('/v1/maintenances', {
    id: 'upgrade',
    title: 'Database upgrade',
    selector: { collection: 'services', where: ['in', 'id', ['search-api']] },
    schedule: {
      kind: 'repeat',
      rrule: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0',
      durationMs: 3_600_000,
      zone: 'Europe/Berlin',
      from: Date.now(),
      until: null,
    },
  });
  await post('/v1/incidents', {
    id: 'slow',
    title: 'Checkout is slow',
    text: 'We see it, and look for the cause.',
    phase: 'investigating',
    impact: 'minor',
    affected: [{ ref: 'services/billing', impact: 'degraded' }],
    isPublished: false,
  });
  await post('/v1/pages', {
    id: 'shop',
    slug: 'shop',
    title: 'Shop status',
    groups: [{ name: 'Storefront', services: [{ id: 'search-api', name: null, isNumbered: true }] }],
  });
  await post(
    '/v1/customers',
    ...numbered(24, (i) => ({
      id: `customer-${i}`,
      name: `Customer ${i}`,
      plan: i % 2 === 0 ? 'Starter' : 'Growth',
      status: i % 5 === 4 ? 'suspended' : 'active',
      email: `contact-${i}@example.org`,
      tags: i % 3 === 0 ? ['north', 'vip'] : [],
    })),
  );
  await post(
    '/v1/users',
    ...numbered(24, (i) => ({
      id: `user-${i}`,
      name: `User ${i}`,
      email: `user-${i}@example.org`,
      customer: `customer-${i % 8}`,
      role: 'buyer',
    })),
  );
  await post('/v1/embeds', {
    name: 'Shop on www',
    panel: 'list',
    views: [{ collection: 'services', filter: null, fields: ['name', 'status'] }],
  });
  await post('/v1/messages', {
    id: 'welcome',
    title: 'The new search is here',
    body: 'Try it, and **tell us** what you miss.',
    audience: 'customers',
    publish: true,
  });
  await until('the first alert', async () => {
    const open = (await server.api('GET', '/v1/alerts')).body.rows;
    return JSON.stringify(open ?? '').includes('services/billing');
  });
}

function numbered<T>(n: number, of: (i: number) => T): readonly T[] {
  return Array.from({ length: n }, (_, i) => of(i));
}
