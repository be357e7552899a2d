import { expect, test } from 'vitest';
import { openDesk, type Desk } from '../../testing/desk.ts';
import { Applier, CAPTURE_MARK, type RowChange } from './apply.ts';
import { captureDefinitions } from './definitions.ts';
import { PACKS } from './packs.ts';
import type { TablePlan } from './plan.ts';
import { captureListSchema } from './plans.ts';

const plansOf = (tables: readonly object[]): readonly TablePlan[] =>
  captureListSchema.parse([{ id: 'shop', url: 'postgres://x', tables }])[0]?.tables ?? [];

interface Set {
  readonly desk: Desk;
  readonly applier: Applier;
  readonly plan: (table: string) => TablePlan;
  /** A row that is there now. */
  readonly put: (table: string, row: Readonly<Record<string, string | null>>) => RowChange;
}

async function open(tables: readonly object[], limits: object = {}): Promise<Set> {
  const plans = plansOf(tables);
  const definitions = captureDefinitions(plans, []);
  const desk = await openDesk({ collections: definitions, limits });
  const deps = { ...desk.deps, definitions: new Map(definitions.map((each) => [each.name, each])) };
  const plan = (table: string): TablePlan => {
    const found = plans.find((each) => each.table === `public.${table}`);
    if (found === undefined) throw new Error(`no ${table}`);
    return found;
  };
  return {
    desk,
    applier: new Applier(deps, { id: 'shop', org: 'main' }),
    plan,
    put: (table, row) => ({ kind: 'put', plan: plan(table), row: new Map(Object.entries(row)), old: null }),
  };
}

test('[CP13] a row of each pack becomes the record that it is', async () => {
  const { desk, applier, put } = await open(Object.keys(PACKS).map((table) => ({ table, pack: table })));
  const now = '2026-11-30 09:00:00+00';
  const rows: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
    mcp_servers: { id: 's1', name: 'Search', url: 'https://s.example.org/mcp', description: null, status: 'running' },
    account_tool_instances: {
      id: 't1',
      instance_name_on_toolbox: 'Files',
      status_on_toolbox: 'error',
      mcp_server_type: 'files',
    },
    agent_status: { agent_id: 'a1', status: 'active' },
    agent_mcp_connections: { id: 'c1', agent_id: 'a1', server_id: 's1', status: 'connected' },
    agent_mcp_connection_logs: {
      id: '1',
      connection_id: 'c1',
      agent_id: 'a1',
      event_type: 'status_change',
      event_data: '{"ms": 3}',
      timestamp: now,
    },
    mcp_server_status_logs: { id: '1', server_id: 's1', status: 'running', metadata: '{"a": 1}', timestamp: now },
    agent_executions: { id: 'e1', agent_id: 'a1', title: 'Nightly', status: 'completed', message: null },
    streams: { id: 'j1', name: 'Signals', status: 'active', progress: '40', current_task: 'reading' },
    acquisition_scans: { id: 'j2', name: 'Scan', status: 'failed', progress: '7' },
    signal_alerts: {
      id: 'x',
      title: 'High',
      message: 'm',
      severity: 'high',
      status: 'new',
      organization_id: 'o',
      created_at: now,
    },
    notifications: { id: 'n', user_id: 'u', type: 'info', title: 'T', message: 'm', read: 'f', created_at: now },
    system_messages: {
      id: 'm',
      title: 'T',
      content: 'c',
      priority: 'high',
      is_active: 't',
      expires_at: null,
      created_at: now,
    },
    audit_logs: {
      id: 'l',
      user_id: 'u',
      action: 'login',
      resource_type: 'agent',
      resource_id: 'a1',
      details: '{}',
      created_at: now,
    },
  };
  expect(Object.keys(rows).toSorted()).toEqual(Object.keys(PACKS).toSorted());
  const applied = await applier.apply(
    Object.entries(rows).map(([table, row]) => put(table, row)),
    null,
  );
  expect(applied).toEqual({ ok: true, value: { refused: 0, why: null } });
  const time = Date.UTC(2026, 10, 30, 9);
  const made: Readonly<Record<string, object>> = {
    'services/s1': {
      name: 'Search',
      target: 'https://s.example.org/mcp',
      status: 'up',
      managedBy: 'capture',
      kind: 'mcp',
    },
    'services/t1': { name: 'Files', status: 'down', labels: { type: 'files' } },
    'agents/a1': { status: 'up', phase: 'running' },
    'connections/c1': { agent: 'a1', service: 's1', status: 'up' },
    'agent-mcp-connection-logs/1': {
      connection_id: 'c1',
      event_type: 'status_change',
      event_data: { ms: 3 },
      timestamp: time,
    },
    'mcp-server-status-logs/1': { server_id: 's1', status: 'running', metadata: { a: 1 }, timestamp: time },
    'executions/e1': { agent: 'a1', title: 'Nightly', state: 'succeeded' },
    'jobs/j1': { title: 'Signals', state: 'running', progress: { done: 40, total: 100, message: 'reading' } },
    'jobs/j2': { state: 'failed' },
    'signal-alerts/x': { severity: 'high', created_at: time },
    'app-notifications/n': { read: false },
    'system-messages/m': { is_active: true, expires_at: null },
    'audit-logs/l': { action: 'login', details: {} },
  };
  for (const [ref, fields] of Object.entries(made)) {
    const [collection = '', id = ''] = ref.split('/');
    expect(desk.row(collection, id), ref).toMatchObject(fields);
  }
  await desk.close();
});

test('[CP13] what its row says of a record of ours is believed at once; runs go on as their rows do, and a row that goes takes its record along', async () => {
  const { desk, applier, put, plan } = await open([
    { table: 'mcp_servers', pack: 'mcp_servers' },
    { table: 'streams', pack: 'streams' },
  ]);
  const apply = (...changes: RowChange[]) => applier.apply(changes, null);
  await apply(
    put('mcp_servers', { id: 's', name: 'S', status: 'up' }),
    put('mcp_servers', { id: 's', name: 'S2', status: 'down' }),
  );
  expect(await desk.transitions('services', 's')).toEqual(['pending>up', 'up>down']);
  expect(desk.row('services', 's')).toMatchObject({ name: 'S2', status: 'down' });
  for (const status of ['pending', 'active', 'completed', 'completed', 'active', 'pending', 'failed']) {
    expect(await apply(put('streams', { id: 'j', name: 'J', status, progress: '1' })), status).toMatchObject({
      ok: true,
      value: { refused: 0 },
    });
  }
  expect(desk.row('jobs', 'j')).toMatchObject({ state: 'failed', attempt: 3 });
  // A day without a word is long for a run, and not for a row.
  await apply(put('streams', { id: 'k', name: 'K', status: 'active', progress: '1' }));
  await desk.clock.run(3_600_000);
  expect(desk.row('jobs', 'k')).toMatchObject({ state: 'running' });
  await desk.deps.commit.write('main', 'test', (draft) => {
    draft.put('services', 'theirs', { ...desk.row('services', 's'), managedBy: 'file' });
    return { ok: true, value: null };
  });
  const gone = (table: string, id: string): RowChange => ({
    kind: 'delete',
    plan: plan(table),
    old: new Map([['id', id]]),
  });
  await apply(gone('mcp_servers', 's'), gone('streams', 'j'), gone('mcp_servers', 'theirs'), gone('streams', 'never'));
  expect([desk.row('services', 's'), desk.row('jobs', 'j')]).toEqual([null, null]);
  expect(desk.row('services', 'theirs')).not.toBeNull();
  await desk.close();
});

test('[CP13] a row that goes, or that is left out, takes no record along that somebody else speaks of', async () => {
  const { desk, applier, put, plan } = await open([
    { table: 'agent_status', pack: 'agent_status' },
    { table: 'orders', collection: 'orders', columns: { n: 'number' } },
    { table: 'closed', collection: 'orders', columns: { n: 'number' }, only: { state: ['open'] } },
  ]);
  await applier.apply(
    [put('agent_status', { agent_id: 'a', status: 'active' }), put('orders', { id: '1', n: '1' })],
    null,
  );
  expect(desk.row('agents', 'a')).toMatchObject({ status: 'up' });
  await desk.deps.commit.write('main', 'test', (draft) => {
    draft.put('agents', 'a', { ...desk.row('agents', 'a'), source: { kind: 'sdk', id: 'its own', seq: 1 } });
    return { ok: true, value: null };
  });
  await applier.apply(
    [
      { kind: 'delete', plan: plan('agent_status'), old: new Map([['agent_id', 'a']]) },
      put('closed', { id: '1', n: '5', state: 'closed' }),
      { kind: 'delete', plan: plan('closed'), old: new Map([['id', '1']]) },
    ],
    null,
  );
  expect(desk.row('agents', 'a')).not.toBeNull();
  expect(desk.row('orders', '1')).toMatchObject({ n: 1 });
  await applier.apply([{ kind: 'delete', plan: plan('orders'), old: new Map([['id', '1']]) }], null);
  expect(desk.row('orders', '1')).toBeNull();
  await desk.close();
});

test('[CP8] rows that are refused, alone or by the store, are counted; the others and the mark are written, once', async () => {
  const { desk, applier, put } = await open(
    [{ table: 'orders', collection: 'orders', columns: { n: 'number', note: 'text' } }],
    {
      customRecordBytesMax: 1_000_000,
      recordBytesMax: 1_000,
    },
  );
  const changes = ['1', 'x', '3', '4', '5'].map((n, i) =>
    put('orders', { id: `${i}`, n, note: i === 3 ? 'y'.repeat(2_000) : null }),
  );
  const applied = await applier.apply(changes, { at: 1 });
  expect(applied).toMatchObject({ ok: true, value: { refused: 2 } });
  expect([0, 1, 2, 3, 4].map((id) => desk.row('orders', `${id}`)?.['n'] ?? null)).toEqual([1, null, 3, null, 5]);
  expect(await desk.store.document(CAPTURE_MARK, 'main', 'shop')).toEqual({ at: 1 });
  const { version } = desk.row('orders', '0') ?? {};
  expect(await applier.apply(changes.slice(0, 1), { at: 2 })).toMatchObject({ ok: true });
  expect(desk.row('orders', '0')?.version).toBe(version);
  expect(await desk.store.document(CAPTURE_MARK, 'main', 'shop')).toEqual({ at: 2 });
  await desk.close();
});

test('[CP8] what is wrong with all rows is told and leaves the mark where it was', async () => {
  const { desk, applier, put } = await open([{ table: 'orders', collection: 'orders', columns: { n: 'number' } }], {
    recordsPerOrgMax: 2,
  });
  await applier.apply([put('orders', { id: 'a', n: '1' })], { at: 1 });
  const full = await applier.apply(
    ['b', 'c', 'd'].map((id) => put('orders', { id, n: '1' })),
    { at: 2 },
  );
  expect(full).toMatchObject({ ok: false, code: 'too_many_records' });
  expect(desk.row('orders', 'b')).toBeNull();
  expect(await desk.store.document(CAPTURE_MARK, 'main', 'shop')).toEqual({ at: 1 });
  await desk.close();
});

test('[CP7] a key that changes takes along what was not sent', async () => {
  const { desk, applier, put } = await open([
    { table: 'orders', collection: 'orders', columns: { n: 'number', note: 'text' } },
  ]);
  await applier.apply([put('orders', { id: 'a', n: '1', note: 'long' })], null);
  const moved = put('orders', { id: 'b', n: '2' });
  if (moved.kind !== 'put') throw new Error('a put is one');
  await applier.apply([{ ...moved, old: new Map([['id', 'a']]) }], null);
  expect(desk.row('orders', 'a')).toBeNull();
  expect(desk.row('orders', 'b')).toMatchObject({ n: 2, note: 'long' });
  await desk.close();
});

test('[CP20] a bad rule of who sees what, two of one collection, and one of our own records are refused', () => {
  const of = (...sees: readonly unknown[]) =>
    plansOf(sees.map((rule, n) => ({ table: `t${n}`, collection: 'rows', columns: { team: 'text' }, sees: rule })));
  expect(captureDefinitions(of(['eq', 'team', { claim: 'team' }]), [])[0]?.access).toEqual({
    rows: ['eq', 'team', { $claim: 'team' }],
    writeRows: ['eq', 'id', ''],
    adminSeesAll: true,
  });
  for (const rule of [
    ['eq', 'other', 'x'],
    ['nothing', 'team', 'x'],
    ['eq', 'team', { claim: '' }],
    ['eq', 'team', {}],
  ])
    expect(() => captureDefinitions(of(rule), []), JSON.stringify(rule)).toThrow('access.rows');
  expect(() => captureDefinitions(of(['eq', 'team', 'a'], ['eq', 'team', 'b']), [])).toThrow('the same sees');
  expect(() => plansOf([{ table: 'mcp_servers', pack: 'mcp_servers', sees: ['eq', 'id', 'x'] }])).toThrow('sees');
});

test('[CP13] a toolbox that says running is believed for 90 s after its heartbeat, and from the start not when that is older', async () => {
  const { desk, applier, put } = await open([
    { table: 'account_tool_instances', pack: 'account_tool_instances' },
    { table: 'mcp_servers', pack: 'mcp_servers', heartbeat: { column: 'seen', forMs: 10_000 } },
  ]);
  const ago = (ms: number): string => new Date(desk.clock.now() - ms).toISOString();
  const tool = (id: string, status: string, last: string | null): RowChange =>
    put('account_tool_instances', { id, status_on_toolbox: status, last_heartbeat_from_dtma: last });
  await applier.apply(
    [
      tool('fresh', 'running', ago(60_000)),
      tool('old', 'running', ago(91_000)),
      tool('stopped', 'stopped', ago(200_000)),
      tool('never', 'running', null),
      put('mcp_servers', { id: 'other', name: 'O', status: 'up', seen: ago(10_000) }),
    ],
    null,
  );
  const status = (id: string): unknown => desk.row('services', id)?.['status'];
  expect(['fresh', 'old', 'stopped', 'never', 'other'].map(status)).toEqual(['up', 'unknown', 'down', 'up', 'unknown']);
  expect(desk.row('services', 'other')).toMatchObject({ reason: { code: 'heartbeat_stale' } });
  await desk.clock.run(29_000);
  expect(desk.row('services', 'fresh')).toMatchObject({ status: 'up', fresh: 'live' });
  await desk.clock.run(60_000);
  expect(desk.row('services', 'fresh')).toMatchObject({ fresh: 'expired' });
  expect(status('fresh')).not.toBe('up');
  await applier.apply([tool('fresh', 'running', ago(0))], null);
  expect(desk.row('services', 'fresh')).toMatchObject({ status: 'up', fresh: 'live' });
  expect(status('stopped')).toBe('down');
  await desk.close();
});

test('[CP13] two tables whose rows would be the same service: the second is refused and told, and the first stays', async () => {
  const { desk, applier, put } = await open([
    { table: 'mcp_servers', pack: 'mcp_servers' },
    { table: 'account_tool_instances', pack: 'account_tool_instances' },
  ]);
  const applied = await applier.apply(
    [
      put('mcp_servers', { id: '1', name: 'Search', status: 'up' }),
      put('account_tool_instances', { id: '1', instance_name_on_toolbox: 'Files', status_on_toolbox: 'error' }),
      put('account_tool_instances', { id: '2', instance_name_on_toolbox: 'Mail', status_on_toolbox: 'error' }),
    ],
    null,
  );
  expect(applied).toMatchObject({
    ok: true,
    value: { refused: 1, why: expect.stringMatching(/account_tool_instances: .* capture:shop:public\.mcp_servers /) },
  });
  expect(desk.row('services', '1')).toMatchObject({ name: 'Search', status: 'up' });
  expect(desk.row('services', '2')).toMatchObject({ name: 'Mail', status: 'down' });
  await desk.close();
});
