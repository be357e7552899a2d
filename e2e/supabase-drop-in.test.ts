/** The services of two apps as they have them for Supabase Realtime, against our server: only their addresses are others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({}, ['--collections', 'examples/supabase-drop-in/collections.ts']);
  const made = (await server.api('POST', '/v1/keys', { name: 'app', scope: 'admin' })).body;
  for (const app of ['REACT_APP', 'NEXT_PUBLIC']) {
    process.env[`${app}_SUPABASE_URL`] = server.url;
    process.env[`${app}_SUPABASE_ANON_KEY`] = made.secret;
  }
});

afterAll(() => server?.close());

interface Told {
  readonly eventType: string;
  readonly table: string;
  readonly new: Readonly<Record<string, unknown>>;
}

const link = (status: string) => ({
  collection: 'connections',
  id: 'a7:files',
  agent: 'a7',
  service: 'files',
  phase: status,
  health: 'healthy',
});

async function report(body: object): Promise<void> {
  const reply = await server.api('POST', '/v1/reports', body);
  expect([reply.status, reply.body], JSON.stringify(reply.body)).toMatchObject([200, {}]);
}

test('[SB1] SupabaseStatusSyncService: servers as a log, connections of one agent, and their log', async () => {
  const { SupabaseStatusSyncService } = await import('../examples/supabase-drop-in/status-sync.ts');
  const service = new SupabaseStatusSyncService();
  const told: Record<'servers' | 'connections' | 'logs', Told[]> = { servers: [], connections: [], logs: [] };
  await server.api('POST', '/v1/heartbeats/files?create=true&period=600000');
  service.subscribeToServerStatus((payload) => told.servers.push(payload));
  const connections = service.subscribeToConnectionStatus('a7', (payload) => told.connections.push(payload));
  service.subscribeToConnectionLogs((payload) => told.logs.push(payload));
  // What happens before it has joined is told when it has.
  await report(link('connected'));
  await report({ ...link('connected'), id: 'b8:files', agent: 'b8' });
  await until('the connection', () => told.connections.length > 0);
  await report(link('disconnected'));
  await until(
    'its end',
    () =>
      told.connections.some(({ eventType }) => eventType === 'UPDATE') &&
      // The log is of all agents: what is looked at is the end of this one.
      told.logs.at(-1)?.new['connection_id'] === 'a7:files',
  );
  expect(told.connections.every(({ new: row }) => row['agent_id'] === 'a7')).toBe(true);
  expect(told.logs.every(({ eventType }) => eventType === 'INSERT')).toBe(true);
  expect(told.logs.at(-1)?.new).toMatchObject({ connection_id: 'a7:files', agent_id: 'a7' });
  await server.api('GET', '/v1/heartbeats/files?status=fail');
  await until('the server to be down', () => told.servers.some(({ new: row }) => row['status'] === 'down'));
  expect(told.servers.at(-1)).toMatchObject({ eventType: 'INSERT', new: { server_id: 'files' } });

  connections.unsubscribe();
  service.disconnect();
});

test('[SB1] RealtimeService: its six subscriptions, each with its filter', async () => {
  const { RealtimeService } = await import('../examples/supabase-drop-in/realtime.ts');
  const service = new RealtimeService();
  const told = new Map<string, Told[]>();
  const statuses = new Map<string, string>();
  const on = (name: string) =>
    [
      (payload: Told) => void told.set(name, [...(told.get(name) ?? []), payload]),
      (status: string) => void statuses.set(name, status),
    ] as const;
  service.subscribeToStreamProgress('s1', ...on('stream'));
  service.subscribeToAllStreams('acme', ...on('streams'));
  service.subscribeToScanProgress('scan1', ...on('scan'));
  service.subscribeToSignalAlerts('ada', ...on('alerts'));
  service.subscribeToAgentExecutions('a7', ...on('executions'));
  service.subscribeToNotifications('ada', ...on('notifications'));
  await until(
    'all six to be connected',
    () => [...statuses.values()].filter((each) => each === 'connected').length === 6,
  );

  const stream = { collection: 'streams', status: 'running' };
  for (const [id, organization, progress] of [
    ['s1', 'acme', 10],
    ['s2', 'acme', 20],
    ['s3', 'other', 30],
    ['s1', 'acme', 40],
  ] as const) {
    await report({ ...stream, id, organization_id: organization, name: id, progress });
    // Each by itself: what comes within a tenth of a second would be told as one.
    if (organization === 'acme')
      await until(`${id} at ${progress}`, () => told.get('streams')?.at(-1)?.new['progress'] === progress);
  }
  for (const id of ['scan1', 'scan2']) {
    const scan = { organization_id: 'acme', status: 'running', progress: 5, companies_found: 3 };
    await report({ collection: 'acquisition-scans', id, ...scan });
  }
  for (const [id, user] of [
    ['x1', 'bea'],
    ['x2', 'ada'],
  ]) {
    await report({ collection: 'signal-alerts', id, user_id: user, title: 'Up 5 %', severity: 'high' });
  }
  for (const agent of ['b8', 'a7'])
    await report({ collection: 'executions', id: `run-${agent}`, agent, title: 'Run', state: 'running' });
  for (const user of ['bea', 'ada']) {
    const said = { id: `for-${user}`, user_id: user, title: 'Scan done', message: 'Three companies' };
    await report({ collection: 'app-notifications', ...said });
  }
  await until('a scan', () => told.has('scan'));
  await until('an alert', () => told.has('alerts'));
  await until('an execution', () => told.has('executions'));
  const ids = (name: string) => [...new Set(told.get(name)?.map(({ new: row }) => row['id']))];
  expect([ids('streams'), ids('scan'), ids('alerts'), ids('executions')]).toEqual([
    ['s1', 's2'],
    ['scan1'],
    ['x2'],
    ['run-a7'],
  ]);
  await until('its progress', () => told.get('stream')?.at(-1)?.new['progress'] === 40);
  expect(told.get('stream')?.every(({ eventType }) => eventType === 'UPDATE')).toBe(true);
  await until('a notification', () => told.has('notifications'));
  expect(told.get('notifications')).toMatchObject([
    { table: 'notifications', new: { user_id: 'ada', title: 'Scan done' } },
  ]);
  service.unsubscribeAll();
});
