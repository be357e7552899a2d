import { queryOptions } from '@tanstack/react-query';
import { serverNow } from '../lib/ticker.ts';
import { fetched, request } from './request.ts';
import type { DemoServer, History, Inventories, Inventory, Transition } from './types.ts';

const HISTORY_ROWS_MAX = 5000;

/** Transitions and samples of one record over the last `spanMs`. The caller adds what arrives live since. */
export const historyQuery = (collection: string, id: string, spanMs: number, changes: number) =>
  queryOptions({
    // A confirmed change is a new line of the timeline: the record counts them, the history says what they are.
    queryKey: ['history', collection, id, spanMs, changes],
    queryFn: ({ signal }) =>
      fetched<History>(
        `/v1/${collection}/${encodeURIComponent(id)}/history?from=${Math.round(serverNow() - spanMs)}&limit=${HISTORY_ROWS_MAX}`,
        signal,
      ),
    // Another span of the same record may show the old one until it is here; another record never.
    placeholderData: (before: History | undefined, query) => (query?.queryKey[2] === id ? before : undefined),
    staleTime: 60_000,
  });

/** The newest changes of everything, newest first. */
export const activityQuery = (version: number) =>
  queryOptions({
    // Every change of status moves a count of the fleet's record, whose version this is.
    queryKey: ['activity', version],
    queryFn: ({ signal }): Promise<readonly Transition[]> =>
      fetched<{ transitions: readonly Transition[] }>('/v1/activity?limit=30', signal).then((a) => a.transitions),
    staleTime: 10_000,
  });

/** What an MCP server listed last; null until it did. */
export const inventoryQuery = (id: string, fingerprints: readonly (string | null)[]) =>
  queryOptions({
    // The fingerprints are on the live record: a changed one fetches the new lists.
    queryKey: ['inventory', id, ...fingerprints],
    queryFn: ({ signal }) =>
      fetched<{ inventory: Inventory | null; accepted: Inventory | null }>(
        `/v1/services/${encodeURIComponent(id)}/inventory`,
        signal,
      ).then((answer): Inventories => ({ current: answer.inventory, accepted: answer.accepted })),
    placeholderData: (before: Inventories | undefined, query) => (query?.queryKey[1] === id ? before : undefined),
    staleTime: Infinity,
  });

/** What the process knows of itself. Polled while it is looked at. */
export const systemQuery = () =>
  queryOptions({
    queryKey: ['system'],
    queryFn: ({ signal }) => fetched<Readonly<Record<string, unknown>>>('/v1/system', signal),
    refetchInterval: 5000,
  });

/** The demo's servers and the faults each can be given; null when this server runs no demo. */
export const demoQuery = () =>
  queryOptions({
    queryKey: ['demo'],
    queryFn: async ({ signal }): Promise<readonly DemoServer[] | null> => {
      const answer = await request<{ servers: readonly DemoServer[] }>('/v1/demo', { signal });
      return answer.ok ? answer.value.servers : null;
    },
    refetchInterval: 5000,
  });
