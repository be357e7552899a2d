import type { Service } from '@statewire/model';
import {
  dehydrate,
  HydrationBoundary,
  QueryClient,
  QueryClientProvider,
  skipToken,
  useQuery,
  type DehydratedState,
} from '@tanstack/react-query';
import { act, cleanup, render } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StatewireProvider } from './index.ts';
import { liveQueryOptions, useLiveQuery, useRealtimeStatus, type ServiceStatusItem } from './query.ts';
import { createTestStatewire, type TestWorld } from './testing/index.ts';

let world: TestWorld;
let cache: QueryClient;

beforeEach(() => {
  world = createTestStatewire({
    rows: {
      services: [
        { id: 'a', name: 'Search', status: 'up', reason: { text: '', code: '' } },
        { id: 'b', name: 'Shop', status: 'down', reason: { text: 'refused', code: 'refused' } },
      ],
    },
  });
  cache = new QueryClient();
});

afterEach(() => {
  cleanup();
  cache.clear();
  world.client.close();
  expect(world.env.errors).toEqual([]);
});

function inside(node: ReactNode, queries = cache): ReactNode {
  return (
    <QueryClientProvider client={queries}>
      <StatewireProvider client={world.client}>{node}</StatewireProvider>
    </QueryClientProvider>
  );
}

const settle = async (): Promise<void> => {
  // TanStack tells its observers in a turn of the event loop of its own.
  await world.settle();
  await act(() => vi.waitFor(() => expect(cache.isFetching()).toBe(0)));
};

const subs = (): number =>
  world.server.received.reduce((sum, frame) => {
    if (frame.t === 'sub') return sum + 1;
    return frame.t === 'hello' ? sum + (frame.subs?.length ?? 0) : sum;
  }, 0);

test('[RH13] one subscription gives the first answer and every change, to all who use the key', async () => {
  function Live(): ReactNode {
    const { data = [], isPending, live } = useLiveQuery('services', { where: { status: ['up', 'down'] } });
    return <p>{`${isPending} ${live.status} ${data.map(({ name, status }) => `${name}:${status}`).join()}`}</p>;
  }
  function Plain(): ReactNode {
    const { data = 0 } = useQuery({
      ...liveQueryOptions(world.client, 'services', { where: { status: ['down', 'up'] } }),
      select: (rows) => rows.filter(({ status }) => status === 'down').length,
    });
    return <b>{data} down</b>;
  }
  const view = render(
    <StrictMode>
      {inside(
        <>
          <Live />
          <Plain />
        </>,
      )}
    </StrictMode>,
  );
  expect(view.container.textContent).toBe('true loading 0 down');
  await settle();
  await vi.waitFor(() => expect(view.container.textContent).toBe('false live Search:up,Shop:down1 down'));
  world.put('services', { id: 'a', status: 'down' });
  await act(() => vi.waitFor(() => expect(view.container.textContent).toBe('false live Search:down,Shop:down2 down')));
  expect([subs(), world.server.subscriptions]).toEqual([1, 1]);
});

test('[RH13] an unchanged row stays the same object in the cache, and the same rows are not written again', async () => {
  function Live(): ReactNode {
    return useLiveQuery('services').data?.length ?? 0;
  }
  render(inside(<Live />));
  await settle();
  const { queryKey } = liveQueryOptions(world.client, 'services');
  const before = cache.getQueryData<readonly Service[]>(queryKey);
  const written = cache.getQueryState(queryKey)?.dataUpdateCount;
  world.offline();
  await world.online();
  expect(cache.getQueryState(queryKey)?.dataUpdateCount).toBe(written);
  world.put('services', { id: 'b', status: 'up' });
  const after = cache.getQueryData<readonly Service[]>(queryKey);
  expect(after?.[0]).toBe(before?.[0]);
  expect(after?.[1]).not.toBe(before?.[1]);
});

test('[RH13] invalidating a live view fetches nothing; focus and age never do', async () => {
  function Live(): ReactNode {
    return useLiveQuery('services').data?.length ?? 0;
  }
  render(inside(<Live />));
  await settle();
  const asked = world.server.received.length;
  await act(() => cache.invalidateQueries({ queryKey: ['statewire', 'services'] }));
  act(() => void window.dispatchEvent(new Event('visibilitychange')));
  expect(world.server.received.length).toBe(asked);
  expect(cache.getQueryState(liveQueryOptions(world.client, 'services').queryKey)?.status).toBe('success');
});

test('[RH13] what the server refuses is an error of the query with its code, not tried again', async () => {
  world.server.onSubscribe = () => ({ code: 'forbidden', msg: 'not yours' });
  function Live(): ReactNode {
    const { error, live } = useLiveQuery('services');
    return `${error?.message ?? ''} ${live.status}`;
  }
  const view = render(inside(<Live />));
  await settle();
  await act(() => vi.waitFor(() => expect(view.container.textContent).toBe('not yours denied')));
  expect(subs()).toBe(1);
});

test('[RH14] what a server prefetched is in the first render of the browser, without a fetch, and then live', async () => {
  function Page(): ReactNode {
    const { data = [], live } = useLiveQuery('services', { where: { status: 'down' } });
    return <p>{`${live.status} ${data.map(({ name }) => name).join()}`}</p>;
  }
  const onServer = new QueryClient();
  const prefetched = onServer.prefetchQuery(liveQueryOptions(world.client, 'services', { where: { status: 'down' } }));
  await world.settle();
  await prefetched;
  const state: DehydratedState = JSON.parse(JSON.stringify(dehydrate(onServer)));
  const tree = (queries: QueryClient): ReactNode =>
    inside(
      <HydrationBoundary state={state}>
        <Page />
      </HydrationBoundary>,
      queries,
    );
  const html = renderToString(tree(onServer));
  expect(html).toBe('<p>loading Shop</p>');
  const container = document.createElement('div');
  container.innerHTML = html;
  const problems = vi.fn<(error: unknown) => void>();
  const root = await act(() => Promise.resolve(hydrateRoot(container, tree(cache), { onRecoverableError: problems })));
  const { queryKey } = liveQueryOptions(world.client, 'services', { where: { status: 'down' } });
  expect(cache.getQueryState(queryKey)?.fetchStatus).toBe('idle');
  await settle();
  expect(container.textContent).toBe('live Shop');
  world.put('services', { id: 'a', status: 'down' });
  await act(() => vi.waitFor(() => expect(container.textContent).toBe('live Search,Shop')));
  expect(problems).not.toHaveBeenCalled();
  act(() => root.unmount());
});

test('[RH15] the list by its known key is filled for who asked early and kept true, and each change is told', async () => {
  function List(): ReactNode {
    const { data = [] } = useQuery<readonly ServiceStatusItem[]>({
      queryKey: ['services', 'status'],
      queryFn: skipToken,
    });
    return <p>{data.map(({ name, status }) => `${name}:${status}`).join()}</p>;
  }
  function Dashboard(): ReactNode {
    useRealtimeStatus();
    return <List />;
  }
  world.put('services', { id: 'a', status: 'degraded' });
  const view = render(inside(<Dashboard />));
  await settle();
  await act(() => vi.waitFor(() => expect(view.container.textContent).toBe('Search:degraded,Shop:down')));
  const before = cache.getQueryData<readonly ServiceStatusItem[]>(['services', 'status']);
  expect(cache.getQueryData(['service-update', 'a'])).toBeUndefined();
  world.put('services', { id: 'b', status: 'up', observedAt: 5, latencyMs: 12 });
  await act(() => vi.waitFor(() => expect(view.container.textContent).toBe('Search:degraded,Shop:up')));
  const after = cache.getQueryData<readonly ServiceStatusItem[]>(['services', 'status']);
  expect(after?.[0]).toBe(before?.[0]);
  expect(cache.getQueryData(['service-update', 'b'])).toMatchObject({ responseTime: 12, lastCheckAt: new Date(5) });
  world.remove('services', 'a');
  await act(() => vi.waitFor(() => expect(view.container.textContent).toBe('Shop:up')));
});
