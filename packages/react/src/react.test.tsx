import { createClient, type Client } from '@statewire/client';
import { defineCollection, type Service } from '@statewire/model';
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode, useState, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import {
  ConnectionStatus,
  RelativeTime,
  StatewireProvider,
  useAgentStatus,
  useAlerts,
  useCollection,
  useCommand,
  useConnection,
  useIncidents,
  useNotifications,
  useRecord,
  useRefresh,
  useServices,
  useSignalAlerts,
  useUnread,
} from './index.ts';

let env: FakeEnv;
let server: FakeServer;
let client: Client;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  client = createClient({ url: 'http://fake.test', env, dial: server.dial });
});

afterEach(() => {
  cleanup();
  client.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(env.errors).toEqual([]);
});

function show(node: ReactNode): ReturnType<typeof render> {
  return render(<StatewireProvider client={client}>{node}</StatewireProvider>);
}

const orders = defineCollection({
  name: 'orders',
  schema: { title: z.string(), state: z.enum(['open', 'paid']).default('open'), cents: z.number() },
});

const pass = (ms = 0): Promise<void> => act(() => env.advance(ms));
const put = (fields: Parameters<FakeServer['put']>[1], name = 'services'): void =>
  act(() => void server.put(name, fields));

test('[CC2] a collection of the app is watched by its definition, and its rows are typed by it', async () => {
  function Orders(): ReactNode {
    const { data } = useCollection(orders, { where: { state: 'open' }, fields: ['title', 'cents'] });
    const first = useRecord(orders, 'o1').data;
    const sum: number = data.reduce((total, { cents }) => total + cents, 0);
    return <p>{`${data.map(({ title }) => title).join()} ${sum} ${first?.state ?? 'none'}`}</p>;
  }
  show(<Orders />);
  await pass(200);
  put({ id: 'o1', title: 'Tea', state: 'open', cents: 5 }, 'orders');
  put({ id: 'o2', title: 'Ale', state: 'paid', cents: 7 }, 'orders');
  await pass(200);
  expect(screen.getByText('Tea 5 open')).toBeDefined();
  put({ id: 'o1', title: 'Tea', state: 'paid', cents: 5 }, 'orders');
  await pass(200);
  expect(screen.getByText('0 paid')).toBeDefined();
});

describe('hooks', () => {
  test('a list is loading, then live, then changes in place', async () => {
    server.put('services', { id: 'a', name: 'Search', status: 'up' });
    function List(): ReactNode {
      const { data, status, error, version, verifiedAt } = useServices();
      return (
        <p>{`${status} ${data.map((row) => `${row.name}:${row.status}`).join()} ${error?.code ?? 'fine'} ${version} ${verifiedAt === null}`}</p>
      );
    }
    show(<List />);
    expect(screen.getByText('loading fine null true')).toBeDefined();
    await pass();
    expect(screen.getByText('live Search:up fine 2 false')).toBeDefined();
    put({ id: 'a', status: 'down' });
    expect(screen.getByText('live Search:down fine 3 false')).toBeDefined();
    server.isUp = false;
    act(() => server.cut());
    expect(screen.getByText(/^stale Search:down/)).toBeDefined();
    await pass(30_000);
    expect(screen.getByText(/^offline Search:down/)).toBeDefined();
  });

  test('open alerts, incidents, one’s own notifications and their counter, each by its name', async () => {
    server.put('alerts', { id: 'a', state: 'firing', title: 'Shop is down' });
    server.put('alerts', { id: 'b', state: 'resolved', title: 'Cart is down' });
    server.put('incidents', { id: 'i', title: 'Outage' });
    server.put('notifications', { id: 'n', title: 'Hello' });
    server.put('inboxes', { id: 'ana', unread: 1 });
    function Bell(): ReactNode {
      const words = [useAlerts(), useSignalAlerts(), useIncidents(), useNotifications()].map(({ data }) =>
        data.map(({ title }) => title).join(),
      );
      return <p>{`${words.join(' | ')} | ${useUnread().data[0]?.unread ?? 0}`}</p>;
    }
    show(<Bell />);
    await pass();
    expect(screen.getByText('Shop is down | Shop is down | Outage | Hello | 1')).toBeDefined();
    put({ id: 'ana', unread: 2 }, 'inboxes');
    put({ id: 'b', state: 'firing' }, 'alerts');
    await pass(100);
    expect(screen.getByText(/^Shop is down,Cart is down .* \| 2$/)).toBeDefined();
  });

  test('a component renders again only when what it shows has changed, also with a new where each time', async () => {
    server.put('services', { id: 'a', kind: 'mcp', status: 'up' });
    server.put('services', { id: 'b', kind: 'http', status: 'up' });
    const renders: string[] = [];
    const count = (): readonly number[] => ['mcp', 'b'].map((name) => renders.filter((each) => each === name).length);
    function Mcp(): ReactNode {
      renders.push('mcp');
      return <p>mcp {useServices({ kind: 'mcp' }).data.length}</p>;
    }
    function One(): ReactNode {
      renders.push('b');
      return <p>b {useRecord('services', 'b').data?.status}</p>;
    }
    show(
      <>
        <Mcp />
        <One />
      </>,
    );
    await pass();
    const [mcp = 0, b = 0] = count();
    put({ id: 'b', status: 'down' });
    expect(count()).toEqual([mcp, b + 1]);
    put({ id: 'z', status: 'x' }, 'agents');
    act(() => server.beat());
    await pass(10_000);
    expect(count()).toEqual([mcp, b + 1]);
    put({ id: 'c', kind: 'mcp' });
    expect(count()).toEqual([mcp + 1, b + 1]);
  });

  test('an unchanged row keeps its identity beside a changed one', async () => {
    server.put('services', { id: 'a', status: 'up' });
    server.put('services', { id: 'b', status: 'up' });
    const seen: (readonly Service[])[] = [];
    function List(): ReactNode {
      seen.push(useCollection('services').data);
      return null;
    }
    show(<List />);
    await pass();
    const before = seen.at(-1) ?? [];
    put({ id: 'b', status: 'down' });
    const after = seen.at(-1) ?? [];
    expect(after).not.toBe(before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  test('[T24] many hooks with one wish are one subscription over one socket', async () => {
    function List(): ReactNode {
      return <p>{useServices({ status: ['down', 'degraded'] }).status}</p>;
    }
    show(
      <>
        <List />
        <List />
        <List />
      </>,
    );
    await pass();
    expect(screen.getAllByText('live')).toHaveLength(3);
    expect([server.dials, server.subscriptions]).toEqual([1, 1]);
  });

  test('[T29] a component that mounts later shows the present state in its first render', async () => {
    server.put('services', { id: 'a', status: 'up' });
    const first: string[] = [];
    function Late(): ReactNode {
      const { state } = useConnection();
      first.push(`${state} ${useServices().data.length}`);
      return null;
    }
    function Page(): ReactNode {
      const [isOpen, setIsOpen] = useState(false);
      useServices();
      return isOpen ? (
        <Late />
      ) : (
        <button type="button" onClick={() => setIsOpen(true)}>
          open
        </button>
      );
    }
    show(<Page />);
    await pass();
    act(() => screen.getByText('open').click());
    expect(first).toEqual(['live 1']);
  });

  test('[T30] one component leaving takes nothing from the others; the last one leaves nothing behind', async () => {
    function List({ name }: { readonly name: string }): ReactNode {
      return <p>{`${name} ${useServices().data.length}`}</p>;
    }
    const view = show(
      <>
        <List name="one" />
        <List name="two" />
      </>,
    );
    await pass();
    view.rerender(
      <StatewireProvider client={client}>
        <List name="two" />
      </StatewireProvider>,
    );
    act(() => server.cut());
    await pass(20_000);
    put({ id: 'a' });
    expect(screen.getByText('two 1')).toBeDefined();
    view.unmount();
    await pass(6_000);
    expect(server.subscriptions).toBe(0);
  });

  test('[T31] a key that went away is gone from the screen', async () => {
    server.put('services', { id: 'a', labels: { team: 'x', env: 'prod' } });
    function One(): ReactNode {
      return <p>{Object.keys(useRecord('services', 'a').data?.labels ?? {}).join()}</p>;
    }
    show(<One />);
    await pass();
    expect(screen.getByText('team,env')).toBeDefined();
    put({ id: 'a', labels: { team: 'x' } });
    expect(screen.getByText('team')).toBeDefined();
  });

  test('StrictMode’s double mount makes one subscription and loses none', async () => {
    function List(): ReactNode {
      return <p>{useServices().status}</p>;
    }
    show(
      <StrictMode>
        <List />
      </StrictMode>,
    );
    await pass(6_000);
    expect(screen.getByText('live')).toBeDefined();
    expect(server.received.filter(({ t }) => t === 'unsub')).toEqual([]);
    expect(server.subscriptions).toBe(1);
  });

  test('a record can be switched for another', async () => {
    server.put('agents', { id: 'a', name: 'Ada' });
    server.put('agents', { id: 'b', name: 'Bob' });
    function One({ id }: { readonly id: string }): ReactNode {
      const { data, status } = useAgentStatus(id);
      return <p>{`${status} ${data?.name ?? 'none'}`}</p>;
    }
    const view = show(<One id="a" />);
    await pass();
    expect(screen.getByText('live Ada')).toBeDefined();
    view.rerender(
      <StatewireProvider client={client}>
        <One id="b" />
      </StatewireProvider>,
    );
    expect(screen.getByText('loading none')).toBeDefined();
    await pass();
    expect(screen.getByText('live Bob')).toBeDefined();
  });

  test('a server renders pages without connecting, and every hook says loading', () => {
    function Page(): ReactNode {
      const services = useServices();
      const { state } = useConnection();
      return (
        <p>
          {`${services.status} ${state}`}
          <RelativeTime at={0} />
          <ConnectionStatus />
        </p>
      );
    }
    const html = renderToString(
      <StatewireProvider client={client}>
        <Page />
      </StatewireProvider>,
    );
    expect(html).toContain('loading idle');
    expect(html).toContain('1970-01-01T00:00:00.000Z');
    expect(server.dials).toBe(0);
  });

  test('without a provider it says what is missing', () => {
    function Page(): ReactNode {
      return useServices().status;
    }
    expect(() => renderToString(<Page />)).toThrow('<StatewireProvider client={...}>');
  });

  test('a command is pending, then done; a conflict can be told; unmounting while it runs is no error', async () => {
    server.put('services', { id: 'a', name: 'A' });
    server.put('services', { id: 'a', name: 'B' });
    function Rename({ base }: { readonly base: number | undefined }): ReactNode {
      const rename = useCommand((sw, name: string) => sw.services.patch('a', { name }, { base }));
      const refresh = useRefresh();
      const text = rename.isPending ? 'pending' : (rename.error?.code ?? (rename.result === null ? 'idle' : 'done'));
      return (
        <>
          <button type="button" onClick={() => void rename.run('C')}>
            rename
          </button>
          <button type="button" onClick={rename.reset}>
            reset
          </button>
          <button type="button" onClick={() => void refresh.run('a')}>
            refresh
          </button>
          <p>{`${text} ${rename.conflict?.version ?? '-'}`}</p>
        </>
      );
    }
    const view = show(<Rename base={2} />);
    act(() => screen.getByText('rename').click());
    expect(screen.getByText('pending -')).toBeDefined();
    await pass();
    expect(screen.getByText('conflict 3')).toBeDefined();
    act(() => screen.getByText('reset').click());
    expect(screen.getByText('idle -')).toBeDefined();
    view.rerender(
      <StatewireProvider client={client}>
        <Rename base={3} />
      </StatewireProvider>,
    );
    act(() => screen.getByText('rename').click());
    await pass();
    expect(screen.getByText('done -')).toBeDefined();
    act(() => screen.getByText('refresh').click());
    view.unmount();
    await pass();
    expect(server.received.at(-1)).toMatchObject({ t: 'mut', op: 'call', name: 'refresh', k: 'a' });
  });
});
