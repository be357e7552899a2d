/** The mistakes that status screens usually make, by their numbers: see packages/client/src/defects.test.ts. */
import { createClient } from '@statewire/client';
import { FakeServer } from '@statewire/client/testing';
import { act, cleanup, render, screen } from '@testing-library/react';
import { useState, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ChangeHighlight,
  RelativeTime,
  StatewireProvider,
  useAgentConnections,
  useConnection,
  useServiceStatus,
  useServices,
  useWebSocket,
} from './index.ts';
import { createTestStatewire, type TestWorld } from './testing/index.ts';

let world: TestWorld;

beforeEach(() => {
  world = createTestStatewire();
});

afterEach(() => {
  cleanup();
  world.client.close();
  expect(world.env.pending).toEqual({ timers: 0, listeners: 0 });
});

function inside(node: ReactNode): ReactNode {
  return <StatewireProvider client={world.client}>{node}</StatewireProvider>;
}

test('T4 a page that a server renders opens nothing', () => {
  function Page(): ReactNode {
    return `${useServices().status} ${useConnection().state}`;
  }
  expect(renderToString(inside(<Page />))).toBe('loading idle');
  expect(world.server.dials).toBe(0);
});

test('T6 connections of an agent are an array, with none, one and two of them', async () => {
  const seen: boolean[] = [];
  function List(): ReactNode {
    const { data } = useAgentConnections('a7');
    seen.push(Array.isArray(data));
    return <p>{data.length}</p>;
  }
  render(inside(<List />));
  await world.settle();
  expect(screen.getByText('0')).toBeDefined();
  world.put('connections', { id: 'a7:s', agent: 'a7' });
  expect(screen.getByText('1')).toBeDefined();
  world.put('connections', { id: 'a7:t', agent: 'a7' });
  expect(screen.getByText('2')).toBeDefined();
  expect(new Set(seen)).toEqual(new Set([true]));
});

test('T11 "ago" counts from when it was observed, on the server’s clock, and ticks by itself', async () => {
  // This machine's clock is an hour behind the server's.
  const { env } = world;
  const server = new FakeServer({ now: () => env.now() + 3_600_000 });
  const observedAt = env.now() + 3_600_000;
  server.put('services', { id: 'a', observedAt });
  const client = createClient({ url: 'http://statewire.test', env, dial: server.dial });
  function Seen(): ReactNode {
    const { data } = useServiceStatus('a');
    return data === null ? null : <RelativeTime at={data.observedAt} />;
  }
  const view = render(
    <StatewireProvider client={client}>
      <Seen />
    </StatewireProvider>,
  );
  await world.settle();
  await world.advance(3_000);
  expect(screen.getByText('3 s ago').getAttribute('datetime')).toBe(new Date(observedAt).toISOString());
  await world.advance(9_000);
  expect(screen.getByText('12 s ago')).toBeDefined();
  view.unmount();
  client.close();
});

test('T24 a hundred hooks are one socket and one subscription for each thing they look at', async () => {
  function One({ kind }: { readonly kind: 'http' | 'mcp' }): ReactNode {
    return <p>{useServices({ kind }).status}</p>;
  }
  render(inside(Array.from({ length: 100 }, (_, i) => <One key={i} kind={i % 2 === 0 ? 'http' : 'mcp'} />)));
  await world.settle();
  expect(screen.getAllByText('live')).toHaveLength(100);
  expect([world.server.dials, world.server.subscriptions]).toEqual([1, 2]);
});

test('T29 a component that mounts late says connected in its first render', async () => {
  const first: boolean[] = [];
  function Late(): ReactNode {
    first.push(useWebSocket().isConnected);
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
  render(inside(<Page />));
  await world.advance(3_000);
  act(() => screen.getByRole('button').click());
  expect(first).toEqual([true]);
});

test('T30 one component unmounting ends nothing for the others, also after a reconnect', async () => {
  function One(): ReactNode {
    return <p>{`${useServices().data.length} ${useConnection().state}`}</p>;
  }
  function Page(): ReactNode {
    const [isOpen, setIsOpen] = useState(true);
    return (
      <>
        <One />
        {isOpen ? <One /> : null}
        <button type="button" onClick={() => setIsOpen(false)}>
          close
        </button>
      </>
    );
  }
  render(inside(<Page />));
  await world.settle();
  act(() => screen.getByRole('button').click());
  await world.advance(10_000);
  world.offline();
  await world.online();
  world.put('services', { id: 'a' });
  expect(screen.getByText('1 live')).toBeDefined();
  expect(world.server.subscriptions).toBe(1);
});

test('T34 what changes glows and stays mounted: it is there before the first change, while it glows and after', async () => {
  world.put('services', { id: 'a', status: 'up' });
  const mounts: number[] = [];
  function Card(): ReactNode {
    useState(() => mounts.push(1));
    const { data } = useServiceStatus('a');
    return <b>{data?.status ?? 'none'}</b>;
  }
  function Page(): ReactNode {
    const { data } = useServiceStatus('a');
    return (
      <ChangeHighlight value={data?.status ?? null}>
        <Card />
      </ChangeHighlight>
    );
  }
  const view = render(inside(<Page />));
  expect(screen.getByText('none')).toBeDefined();
  await world.settle();
  expect(screen.getByText('up')).toBeDefined();
  world.put('services', { id: 'a', status: 'down' });
  expect(screen.getByText('down')).toBeDefined();
  expect(view.container.querySelector('[data-changed]')).not.toBeNull();
  await world.advance(5_000);
  expect(screen.getByText('down')).toBeDefined();
  expect(mounts).toHaveLength(1);
});
