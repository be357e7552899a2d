import type { Row } from '@statewire/protocol';
import { act, cleanup, render, screen } from '@testing-library/react';
import { memo, StrictMode, Suspense, type ReactNode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  LiveBoundary,
  StatewireProvider,
  useAgents,
  useAllStreamsProgress,
  useCollection,
  useConnectionStatus,
  useCustomers,
  useDashboardMetrics,
  useNow,
  usePresence,
  PresenceAvatars,
  useRealtimeAgentStatus,
  useRealtimeClients,
  useRealtimeConnectionStatus,
  useRealtimeDashboardMetrics,
  useRealtimeNotifications,
  useRealtimeServerMetrics,
  useRealtimeSystemMessages,
  useRealtimeUsers,
  useAgentExecutions,
  useConnectionHeartbeat,
  useRecord,
  useScanProgress,
  useServerMetrics,
  useServices,
  useSignalAlerts,
  useStreamProgress,
  useSystemMessages,
  useUsers,
  useWebSocket,
  type SignificantChange,
} from './index.ts';
import { createTestStatewire, TestStatewire, type TestWorld } from './testing/index.ts';

let world: TestWorld;

beforeEach(() => {
  world = createTestStatewire();
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  world.client.close();
  expect(world.env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(world.env.errors).toEqual([]);
});

function inside(node: ReactNode): ReactNode {
  return <StatewireProvider client={world.client}>{node}</StatewireProvider>;
}

function show(node: ReactNode): ReturnType<typeof render> {
  return render(inside(node));
}

/** Renders what a hook gives as text and keeps the newest. */
function probe<T>(use: () => T): { readonly Probe: () => ReactNode; is: () => T } {
  const seen: T[] = [];
  function Probe(): ReactNode {
    seen.push(use());
    return null;
  }
  return {
    Probe,
    is() {
      const last = seen.at(-1);
      if (last === undefined) throw new Error('it was not rendered yet');
      return last;
    },
  };
}

async function live<T>(use: () => T): Promise<() => T> {
  const { Probe, is } = probe(use);
  show(<Probe />);
  await world.settle();
  return is;
}

describe('the five of every hook', () => {
  test('[RH1] data, status, verifiedAt, version and error, and old data stays through an outage', async () => {
    world.put('services', { id: 'a', name: 'Search' });
    const is = await live(() => useServices());
    expect(is()).toMatchObject({ status: 'live', version: 2, error: null });
    expect(is().verifiedAt).toBe(world.env.now());
    world.offline();
    expect([is().status, is().data.length, is().error?.code]).toEqual(['stale', 1, 'unavailable']);
    await world.advance(60_000);
    expect([is().status, is().data.length]).toEqual(['offline', 1]);
    await world.online();
    expect([is().status, is().error]).toEqual(['live', null]);
  });

  test('[RH2] of a list of 200 rows exactly the changed ones render again', async () => {
    for (let i = 0; i < 200; i += 1) world.server.put('services', { id: `s${i}`, name: `S${i}`, status: 'up' });
    const renders: string[] = [];
    const Item = memo(function Item({ row }: { readonly row: Row & { readonly name: string } }): ReactNode {
      renders.push(row.id);
      return <li>{row.name}</li>;
    });
    function List(): ReactNode {
      return useServices({ status: ['up', 'down'] }).data.map((row) => <Item key={row.id} row={row} />);
    }
    show(<List />);
    await world.settle();
    expect(renders).toHaveLength(200);
    renders.length = 0;
    world.put('services', { id: 's7', status: 'down' });
    act(
      () =>
        void world.server.commit([
          { collection: 'services', fields: { id: 's9', name: 'nine' } },
          { collection: 'services', fields: { id: 's11', name: 'eleven' } },
          { collection: 'services', id: 's13' },
        ]),
    );
    world.put('agents', { id: 'z', name: 'nobody looks' });
    expect(renders.toSorted()).toEqual(['s11', 's7', 's9']);
  });

  test('[RH3] strict mode and a hundred components are one subscription, and nothing is left behind', async () => {
    function One(): ReactNode {
      return <i>{useServices({ kind: 'http' }).status}</i>;
    }
    const view = show(
      <StrictMode>
        {Array.from({ length: 100 }, (_, i) => (
          <One key={i} />
        ))}
      </StrictMode>,
    );
    await world.advance(6_000);
    expect(screen.getAllByText('live')).toHaveLength(100);
    expect([world.server.dials, world.server.subscriptions]).toEqual([1, 1]);
    expect(world.server.received.filter(({ t }) => t === 'sub' || t === 'unsub')).toEqual([]);
    view.unmount();
    await world.advance(6_000);
    expect(world.server.subscriptions).toBe(0);
  });

  test('[RH4] a hidden page renders no clocks, and shows what came meanwhile when it is shown', async () => {
    world.put('services', { id: 'a', name: 'Search', status: 'up' });
    const renders: number[] = [];
    function Clock(): ReactNode {
      renders.push(1);
      return <p>{useNow(1_000)}</p>;
    }
    function Name(): ReactNode {
      return <b>{useRecord('services', 'a').data?.status}</b>;
    }
    show(
      <>
        <Clock />
        <Name />
      </>,
    );
    await world.advance(1_000);
    const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    act(() => world.env.signal('hidden'));
    await world.settle();
    expect(world.server.received.at(-1)).toEqual({ t: 'vis', hidden: true });
    const before = renders.length;
    await world.advance(30_000);
    world.put('services', { id: 'a', status: 'down' });
    expect(renders).toHaveLength(before);
    hidden.mockReturnValue('visible');
    act(() => {
      world.env.signal('visible');
      document.dispatchEvent(new Event('visibilitychange'));
    });
    expect(renders).toHaveLength(before + 1);
    expect(screen.getByText(String(world.env.now()))).toBeDefined();
    expect(screen.getByText('down')).toBeDefined();
  });

  test('[RH8] a record hook without an id asks for nothing', async () => {
    const is = await live(() => useRecord('services', null, { suspense: true }));
    expect(is()).toEqual({ data: null, status: 'loading', verifiedAt: null, version: null, error: null });
    expect(world.server.dials).toBe(0);
  });

  test('[RH10] a collection that the server does not have is denied and says so', async () => {
    world.server.onSubscribe = ({ c }) =>
      c === 'messages' ? { code: 'unknown_collection', msg: 'there is no collection "messages"' } : null;
    const is = await live(() => useSystemMessages());
    expect([is().status, is().error?.code, is().data]).toEqual(['denied', 'unknown_collection', []]);
  });
});

describe('on a server that renders', () => {
  function Page(): ReactNode {
    const { data, status } = useServices();
    const metrics = useServerMetrics('a');
    return (
      <p>
        {status} {metrics.status} {data.map(({ name }) => name).join()} {useNow()}
      </p>
    );
  }

  test('[RH5] every hook says loading, nothing is opened, and the markup is taken over without a mismatch', async () => {
    world.put('services', { id: 'a', name: 'Search', recent: { bar: 'uud', ms: [10, null, 20] } });
    const html = renderToString(inside(<Page />));
    expect(html.replaceAll('<!-- -->', '')).toBe('<p>loading loading  0</p>');
    expect(world.server.dials).toBe(0);
    const container = document.createElement('div');
    container.innerHTML = html;
    const problems = vi.fn<(error: unknown) => void>();
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const root = await act(() =>
      Promise.resolve(hydrateRoot(container, inside(<Page />), { onRecoverableError: problems })),
    );
    await world.settle();
    expect(container.textContent).toBe(`live live Search ${world.env.now()}`);
    expect(problems).not.toHaveBeenCalled();
    expect(said).not.toHaveBeenCalled();
    act(() => root.unmount());
  });

  test('[RH6] nobody waits on a server, nor while the markup is taken over', async () => {
    world.put('services', { id: 'a', name: 'Search' });
    function Patient(): ReactNode {
      const { data, status } = useServices({}, { suspense: true });
      return <p>{`${status} ${data.length}`}</p>;
    }
    const tree = inside(
      <Suspense fallback={<p>waiting</p>}>
        <Patient />
      </Suspense>,
    );
    const html = renderToString(tree);
    expect(html).toContain('loading 0');
    expect(world.server.dials).toBe(0);
    const container = document.createElement('div');
    container.innerHTML = html;
    const problems = vi.fn<(error: unknown) => void>();
    const root = await act(() => Promise.resolve(hydrateRoot(container, tree, { onRecoverableError: problems })));
    await world.settle();
    expect(container.textContent).toContain('live 1');
    expect(problems).not.toHaveBeenCalled();
    act(() => root.unmount());
  });
});

describe('waiting and failing', () => {
  function Patient({ said }: { readonly said: string[] }): ReactNode {
    const { status, data } = useServices({ kind: 'http' }, { suspense: true });
    said.push(status);
    return <p>{`${status} ${data.length}`}</p>;
  }

  test('[RH6] with suspense a hook never says loading, and two that wait are one subscription', async () => {
    world.put('services', { id: 'a', kind: 'http' });
    const said: string[] = [];
    show(
      <StrictMode>
        <Suspense fallback={<p>waiting</p>}>
          <Patient said={said} />
          <Patient said={said} />
        </Suspense>
      </StrictMode>,
    );
    expect(screen.getByText('waiting')).toBeDefined();
    await world.advance(6_000);
    expect(screen.getAllByText('live 1')).toHaveLength(2);
    expect(new Set(said)).toEqual(new Set(['live']));
    expect(world.server.subscriptions).toBe(1);
    world.put('services', { id: 'b', kind: 'http' });
    expect(screen.getAllByText('live 2')).toHaveLength(2);
  });

  test('[RH6] a refusal and a lost connection end the wait', async () => {
    world.server.onSubscribe = () => ({ code: 'forbidden', msg: 'not yours' });
    const said: string[] = [];
    show(
      <Suspense fallback={<p>waiting</p>}>
        <Patient said={said} />
      </Suspense>,
    );
    await world.settle();
    expect(screen.getByText('denied 0')).toBeDefined();
    cleanup();
    await world.advance(6_000);
    world.server.onSubscribe = () => null;
    world.offline();
    show(
      <Suspense fallback={<p>waiting</p>}>
        <Patient said={said} />
      </Suspense>,
    );
    await world.advance(60_000);
    expect(screen.getByText('offline 0')).toBeDefined();
    expect(said).not.toContain('loading');
  });

  test('[RH7] what is refused is thrown to the boundary, which asks again by a click and by itself', async () => {
    const noise = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    world.put('services', { id: 'a', name: 'Search' });
    world.server.onSubscribe = () => ({ code: 'forbidden', msg: 'not yours' });
    const told: string[] = [];
    function Strict(): ReactNode {
      return <p>{useServices({}, { throwOnError: true }).data.map(({ name }) => name)}</p>;
    }
    show(
      <LiveBoundary
        onError={({ code }) => told.push(code)}
        fallback={({ error, retry }) => (
          <button type="button" onClick={retry}>{`${error.code}: ${error.message}`}</button>
        )}
      >
        <Strict />
      </LiveBoundary>,
    );
    await world.settle();
    expect(screen.getByText('forbidden: not yours')).toBeDefined();
    act(() => screen.getByRole('button').click());
    await world.settle();
    expect(screen.getByText('forbidden: not yours')).toBeDefined();
    expect(told).toEqual(['forbidden', 'forbidden']);
    world.server.onSubscribe = () => null;
    act(() => screen.getByRole('button').click());
    await world.settle();
    expect(screen.getByText('Search')).toBeDefined();
    world.server.onSubscribe = () => ({ code: 'forbidden', msg: 'not yours' });
    world.offline();
    await world.online();
    expect(screen.getByText('forbidden: not yours')).toBeDefined();
    world.server.onSubscribe = () => null;
    world.offline();
    await world.online();
    expect(screen.getByText('Search')).toBeDefined();
    noise.mockRestore();
  });

  test('[RH7] an error of another kind goes on to the boundary above', () => {
    const noise = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    function Broken(): ReactNode {
      throw new TypeError('a mistake of the app');
    }
    expect(() =>
      show(
        <LiveBoundary fallback={<p>hidden</p>}>
          <Broken />
        </LiveBoundary>,
      ),
    ).toThrow('a mistake of the app');
    noise.mockRestore();
  });
});

describe('named hooks', () => {
  test('[RH9] a connection tells its phase, when it was seen and its health; silence is no connection', async () => {
    const row = { id: 'a:s', agent: 'a', service: 's', phase: 'connected', fresh: 'live', health: 'healthy' };
    world.put('connections', { ...row, observedAt: 5, latencyMs: 12 });
    const is = await live(() => [useConnectionStatus('a:s'), useRealtimeConnectionStatus('a:s')] as const);
    expect(is()[0]).toMatchObject({ phase: 'connected', isConnected: true, lastSeen: 5, health: 'healthy' });
    expect(is()[1]).toMatchObject({
      status: 'connected',
      lastSeen: new Date(5),
      health: { status: 'healthy', latency: 12 },
      live: { status: 'live' },
    });
    world.put('connections', { id: 'a:s', fresh: 'expired', health: 'unknown' });
    expect([is()[0].phase, is()[1].status, is()[1].health?.status]).toEqual([
      'disconnected',
      'disconnected',
      'unknown',
    ]);
    world.put('connections', { id: 'a:s', phase: 'needs_auth', fresh: 'live', health: 'unhealthy' });
    expect([is()[1].status, is()[1].health?.status]).toEqual(['error', 'critical']);
  });

  test('[RH9] before anything is known a connection is unknown, not disconnected', async () => {
    const is = await live(() => useRealtimeConnectionStatus('none'));
    expect(is()).toMatchObject({
      status: 'unknown',
      lastSeen: null,
      health: null,
      live: { status: 'live', data: null },
    });
  });

  test('[RH9] the numbers of a service come from its checks and its connections', async () => {
    world.put('services', {
      id: 's',
      status: 'degraded',
      observedAt: 7,
      recent: { bar: 'uudg', ms: [10, 20, null, 31] },
    });
    world.put('connections', { id: '1', service: 's', phase: 'connected', fresh: 'live', calls: 90, errors: 9 });
    world.put('connections', { id: '2', service: 's', phase: 'connected', fresh: 'expired', calls: 10, errors: 1 });
    world.put('connections', { id: '3', service: 'other', phase: 'connected', fresh: 'live', calls: 5, errors: 5 });
    const is = await live(() => [useServerMetrics('s'), useRealtimeServerMetrics('s')] as const);
    expect(is()[0].data).toEqual({
      status: 'degraded',
      connectionCount: 1,
      avgResponseTimeMs: 20,
      errorRate: 0.25,
      callErrorRate: 0.1,
      lastActivity: 7,
    });
    expect(is()[1]).toMatchObject({
      status: 'degraded',
      connectionCount: 1,
      avgResponseTime: 20,
      errorRate: 0.25,
      lastActivity: new Date(7),
    });
    world.put('connections', { id: '2', fresh: 'live' });
    expect(is()[0].data?.connectionCount).toBe(2);
  });

  test('[RH9] a stream, a scan and all streams under way, with progress at hand', async () => {
    const progress = { done: 1, total: 3, unit: '', pct: 33.4, message: '', stage: '' };
    world.put('jobs', { id: 'x', kind: 'stream', state: 'running', progress });
    world.put('jobs', { id: 'y', kind: 'stream', state: 'succeeded', progress });
    world.put('jobs', { id: 'z', kind: 'scan', state: 'running', progress: { ...progress, pct: 99.9 } });
    const is = await live(() => [useStreamProgress('x'), useScanProgress('z'), useAllStreamsProgress()] as const);
    expect([is()[0].pct, is()[1].pct, is()[0].isConnected]).toEqual([33, 99, true]);
    expect(is()[2].streams.map(({ id }) => id)).toEqual(['x']);
    world.put('jobs', { id: 'x', progress: { ...progress, done: 2, pct: 66.7 } });
    expect([is()[0].progress?.done, is()[0].pct]).toEqual([2, 66]);
  });

  test('[RH9] alerts: those of nobody else, how many wait, and a word that takes one up', async () => {
    world.put('alerts', { id: '1', state: 'firing', assignee: null });
    world.put('alerts', { id: '2', state: 'acknowledged', assignee: 'ana' });
    world.put('alerts', { id: '3', state: 'firing', assignee: 'bob' });
    world.put('alerts', { id: '4', state: 'resolved', assignee: null });
    const is = await live(() => [useSignalAlerts('ana'), useSignalAlerts()] as const);
    expect(is()[0].alerts.map(({ id }) => id)).toEqual(['1', '2']);
    expect([is()[0].unreadCount, is()[1].unreadCount, is()[1].alerts.length]).toEqual([1, 2, 3]);
    await act(async () => {
      const done = is()[0].markAsRead('1');
      await world.env.settle();
      expect((await done).ok).toBe(true);
    });
    expect(world.server.received.at(-1)).toMatchObject({ t: 'mut', c: 'alerts', k: '1', op: 'call', name: 'ack' });
  });

  test('[RH9] runs of an agent, the inbox, the connection and the agents of a customer answer in their known shape', async () => {
    world.put('executions', { id: 'r', agent: 'a7', state: 'running' });
    world.put('executions', { id: 'q', agent: 'b8', state: 'running' });
    world.put('notifications', { id: 'n', state: 'unread', title: 'Hello' });
    world.put('notifications', { id: 'o', state: 'archived', title: 'Old' });
    world.put('agents', { id: 'a7', name: 'Ada', labels: { client: 'client-123' } });
    world.put('agents', { id: 'b8', name: 'Bob', labels: { client: 'other' } });
    const is = await live(() => ({
      runs: useAgentExecutions('a7'),
      inbox: useRealtimeNotifications(),
      heartbeat: useConnectionHeartbeat(),
      socket: useWebSocket(),
      agents: useRealtimeAgentStatus({ clientId: 'client-123' }),
    }));
    expect(is().runs.executions.map(({ id }) => id)).toEqual(['r']);
    expect([is().inbox.unreadCount, is().inbox.notifications.map(({ title }) => title)]).toEqual([1, ['Hello']]);
    expect(is().heartbeat).toMatchObject({ isConnected: true, latency: 0, quality: 'good' });
    expect(is().socket).toMatchObject({ isConnected: true, connectionError: null });
    expect(is().agents.agentStatus.map(({ id }) => id)).toEqual(['a7']);
    expect(is().agents.connectionStatus).toBe('live');
    await act(async () => {
      void is().inbox.markAsRead('n');
      void is().socket.refreshService('s');
      void is().agents.updateStatus('a7', 'maintenance', { reason: 'new disk' });
      await world.env.settle();
    });
    expect(is().inbox.unreadCount).toBe(0);
    expect(world.server.received.filter((frame) => frame.t === 'mut').map(({ c, op }) => `${c} ${op}`)).toEqual([
      'notifications patch',
      'services call',
      'agents call',
    ]);
    world.offline();
    expect(is().heartbeat.isConnected).toBe(false);
    expect(is().socket.connectionError).toMatch(/trying again/);
  });

  test('[RH11] a message ends at its moment without a frame, and is made, changed and removed', async () => {
    const ends = world.env.now() + 10_000;
    const shown = { state: 'active', priority: 'info', body: '', startsAt: null, link: null, dismissible: true };
    const theirs = { ...shown, audience: 'customers', endsAt: null };
    world.put('messages', { ...shown, id: '1', title: 'Soon over', endsAt: ends });
    world.put('messages', { ...theirs, id: '2', title: 'For them', customers: ['client-123'], shown: 4, dismissed: 1 });
    world.put('messages', { ...theirs, id: '3', title: 'For others', customers: ['other'] });
    world.put('messages', { ...shown, id: '4', title: 'Later', state: 'scheduled', startsAt: ends, endsAt: null });
    const is = await live(() => useRealtimeSystemMessages({ clientId: 'client-123', autoCleanupExpired: true }));
    expect(is().messages.map(({ id }) => id)).toEqual(['1', '2']);
    expect(is().live.scheduledMessages.map(({ id }) => id)).toEqual(['4']);
    expect(is().live.statistics).toMatchObject({ byState: { active: 2, scheduled: 1 }, shown: 4, dismissed: 1 });
    const heard = world.server.version;
    await world.advance(9_990);
    expect(is().activeMessages).toHaveLength(2);
    await world.advance(20);
    expect(is().messages.map(({ id }) => id)).toEqual(['2']);
    expect(is().live.expiredMessages.map(({ id }) => id)).toEqual(['1']);
    expect(world.server.version).toBe(heard);
    await act(async () => {
      void is().createMessage({ id: '9', title: 'New', publish: true });
      void is().updateMessage('2', { title: 'Changed' });
      void is().deleteMessage('1');
      await world.env.advance(200);
    });
    expect(is().messages.map(({ title }) => title)).toContain('Changed');
    expect(is().live.expiredMessages).toEqual([]);
  });

  test('[RH12] a customer is changed at once from the version on screen, and changed back when the server says no', async () => {
    world.put('customers', { id: 'c', name: 'Acme', status: 'active' });
    world.put('customers', { id: 'd', name: 'Gone', status: 'closed' });
    world.put('users', { id: 'u', name: 'Ana', email: 'ana@example.org', status: 'active' });
    const is = await live(() => ({
      clients: useRealtimeClients({ filters: { status: 'active' } }),
      users: useRealtimeUsers(),
      own: useCustomers({ collection: 'customers' }),
      people: useUsers(),
    }));
    expect(is().clients.clients.map(({ name }) => name)).toEqual(['Acme']);
    expect(is().users.users.map(({ email }) => email)).toEqual(['ana@example.org']);
    const version = is().clients.clients[0]?.version;
    world.server.onCommand = ({ base }) => ({ ok: false, code: 'forbidden', msg: `not you, from ${base}` });
    let result: unknown = null;
    act(
      () =>
        void is()
          .clients.updateClientOptimistically('c', { name: 'Ours' })
          .then((done) => (result = done)),
    );
    expect(is().clients.clients[0]?.name).toBe('Ours');
    await world.settle();
    expect(is().clients.clients[0]?.name).toBe('Acme');
    expect(result).toMatchObject({ ok: false, message: `not you, from ${version}` });
  });

  test('[RH9] the numbers of a dashboard come at their pace, and what moved by much is told once', async () => {
    world.put('metrics', { id: 'fleet', subject: 'fleet', values: { a: 100, b: 1 } });
    const told: (readonly SignificantChange[])[] = [];
    const is = await live(() => [
      useDashboardMetrics({ significant: 0.2, onSignificantChange: (changes) => told.push(changes) }),
      useRealtimeDashboardMetrics({ subject: 'none' }),
    ]);
    expect(is().map(({ metrics }) => metrics)).toEqual([{ a: 100, b: 1 }, {}]);
    expect(world.server.received.find((frame) => frame.t === 'hello')?.subs?.[0]).toMatchObject({ iv: 1_000 });
    world.put('metrics', { id: 'fleet', values: { a: 110, b: 1 } });
    world.put('metrics', { id: 'fleet', values: { a: 119, b: 1 } });
    expect(told).toEqual([]);
    world.put('metrics', { id: 'fleet', values: { a: 120, b: 0, c: 1 } });
    expect(told).toEqual([
      [
        { name: 'a', from: 100, to: 120 },
        { name: 'b', from: 1, to: 0 },
        { name: 'c', from: 0, to: 1 },
      ],
    ]);
    world.put('metrics', { id: 'fleet', values: { a: 121, b: 0, c: 1 } });
    expect(told).toHaveLength(1);
    expect(is()[0]?.changes).toEqual(told[0]);
    expect(is()[0]?.trend).toBeNull();
    world.put('metrics', { id: 'fleet', values: { a: 10, b: 0, c: 1 }, trend: { h1: -110, d1: null, d7: null } });
    expect(is()[0]?.changes[0]).toEqual({ name: 'a', from: 120, to: 10 });
    expect(is()[0]?.changes).toHaveLength(4);
    expect(is()[0]?.trend).toEqual({ h1: -110, d1: null, d7: null });
  });
});

describe('the testing entry', () => {
  test('[RH16] rows that are given are live, other rows replace them, and findBy waits for them', async () => {
    function Names(): ReactNode {
      return (
        <p>
          {useAgents()
            .data.map(({ name }) => name)
            .join()}
        </p>
      );
    }
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const rows = {
      agents: [
        { id: 'a', name: 'Ada' },
        { id: 'b', name: 'Bob' },
      ],
    };
    const view = render(
      <StrictMode>
        <TestStatewire rows={rows}>
          <Names />
        </TestStatewire>
      </StrictMode>,
    );
    expect(await screen.findByText('Ada,Bob')).toBeDefined();
    view.rerender(
      <StrictMode>
        <TestStatewire rows={{ agents: [{ id: 'a', name: 'Ann' }] }}>
          <Names />
        </TestStatewire>
      </StrictMode>,
    );
    expect(screen.getByText('Ann')).toBeDefined();
    expect(said).not.toHaveBeenCalled();
  });

  test('[RH16] a world of one’s own is changed by hand, without a word about act', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    function Names(): ReactNode {
      const { data, status } = useCollection('services');
      return <p>{`${status} ${data.map(({ name }) => name).join()}`}</p>;
    }
    render(
      <TestStatewire world={world}>
        <Names />
      </TestStatewire>,
    );
    await world.settle();
    world.put('services', { id: 'a', name: 'Search' });
    expect(screen.getByText('live Search')).toBeDefined();
    world.remove('services', 'a');
    expect(screen.getByText(/^live$/)).toBeDefined();
    world.offline();
    await world.advance(30_000);
    expect(screen.getByText(/^offline$/)).toBeDefined();
    await world.online();
    expect(screen.getByText(/^live$/)).toBeDefined();
    expect(said).not.toHaveBeenCalled();
  });
});

describe('presence', () => {
  const ben = { id: 'p2', who: 'u2', name: 'Ben Ode', kind: 'user', at: 'customers/42', state: 'idle', since: 1 };

  test('[RH21] announces while mounted and visible, and shows everybody at the place once, in the order they came', async () => {
    world.put('presences', ben);
    world.put('presences', { ...ben, id: 'p3', at: 'customers/7' });
    const { Probe, is } = probe(() => usePresence('customers/42'));
    function Faces(): ReactNode {
      return <PresenceAvatars people={usePresence('customers/42').data} />;
    }
    const page = show(
      <StrictMode>
        <Probe />
        <Faces />
      </StrictMode>,
    );
    await world.settle();
    const shown = (): unknown => is().data.map(({ name, state, isMe }) => [name, state, isMe]);
    const both = [
      ['Ben Ode', 'away', false],
      ['somebody', 'active', true],
    ];
    expect(shown()).toEqual(both);
    expect(is().status).toBe('live');
    expect(screen.getByRole('list', { name: 'Here now: 2' })).toBeDefined();
    act(() => world.env.signal('hidden'));
    await world.settle();
    expect(shown()).toEqual([both[0]]);
    act(() => world.env.signal('visible'));
    await world.settle();
    expect(shown()).toEqual(both);
    world.offline();
    await world.online();
    await world.settle();
    expect(shown()).toEqual(both);
    page.unmount();
    await world.settle();
    expect(world.server.get('presences', 'somebody-at-customers-42')).toBeUndefined();
  });

  test('[RH21] looks without announcing where it is told to', async () => {
    world.put('presences', ben);
    const is = await live(() => usePresence('customers/42', { announce: false }));
    expect(is().data).toMatchObject([{ who: 'u2', isMe: false }]);
    expect(world.server.received.filter(({ t }) => t === 'mut')).toEqual([]);
  });
});
