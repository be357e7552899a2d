import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { serverNow } from '../lib/ticker.ts';
import { fetched, request } from './request.ts';
import type {
  Analytics,
  DemoServer,
  History,
  Inventories,
  Inventory,
  SystemAnswer,
  Transition,
  Uptime,
} from './types.ts';

const HISTORY_ROWS_MAX = 5000;

// Longer spans are drawn from buckets, which end every five minutes at most.
const BUCKETS_MS = 300_000;
const RAW_MS_MAX = 6 * 3_600_000;

/** What a chart of the last `spanMs` shows: samples, or buckets for long spans. The caller adds what arrives live since. */
export const historyQuery = (collection: string, id: string, spanMs: number, changes: number) =>
  queryOptions({
    // A confirmed change is a new line of the timeline: the record counts them, the history says what they are.
    queryKey: ['history', collection, id, spanMs, changes],
    queryFn: ({ signal }) =>
      fetched<History>(
        `/v1/${collection}/${encodeURIComponent(id)}/history?from=${Math.round(serverNow() - spanMs)}&limit=${HISTORY_ROWS_MAX}&resolution=auto`,
        signal,
      ),
    // Another span of the same record may show the old one until it is here; another record never.
    placeholderData: (before: History | undefined, query) => (query?.queryKey[2] === id ? before : undefined),
    staleTime: 60_000,
    refetchInterval: spanMs > RAW_MS_MAX ? BUCKETS_MS : false,
  });

const LOG_PAGE = 15;

/** The transitions of one record, newest first, a page at a time for as long as they are kept. */
export const logQuery = (collection: string, id: string, changes: number) =>
  infiniteQueryOptions({
    queryKey: ['log', collection, id, changes],
    queryFn: ({ signal, pageParam }): Promise<readonly Transition[]> =>
      fetched<History>(
        `/v1/${collection}/${encodeURIComponent(id)}/history?from=0&limit=${LOG_PAGE}${pageParam === null ? '' : `&to=${pageParam}`}`,
        signal,
      ).then(({ transitions }) => transitions),
    initialPageParam: oldestOf(null),
    // The end of a span is not part of it; more than one change may lie in the moment where pages meet.
    getNextPageParam: (page, _, before) => {
      const next = oldestOf(page);
      return page.length < LOG_PAGE || next === before ? null : next;
    },
    placeholderData: (before, query) => (query?.queryKey[2] === id ? before : undefined),
    staleTime: 60_000,
  });

function oldestOf(page: readonly Transition[] | null): number | null {
  const oldest = page?.at(-1);
  return oldest === undefined ? null : oldest.at + 1;
}

/** Uptime and outages within a window; `as` is what on the live record changes with it. */
export const uptimeQuery = (
  collection: string,
  id: string,
  window: { readonly from: number; readonly to: number } | '90d',
  as: string,
) =>
  queryOptions({
    queryKey: ['uptime', collection, id, window, as],
    queryFn: ({ signal }) =>
      fetched<Uptime>(
        `/v1/${collection}/${encodeURIComponent(id)}/uptime?${window === '90d' ? 'window=90d' : `from=${window.from}&to=${window.to}`}`,
        signal,
      ),
    staleTime: 300_000,
  });

/** Where the browser fetches a record's history as a file. */
export function exportUrl(
  collection: string,
  id: string,
  format: 'csv' | 'json',
  what: 'transitions' | 'samples' | 'buckets',
): string {
  return `/v1/${collection}/${encodeURIComponent(id)}/export.${format}?what=${what}&window=${what === 'samples' ? '48h' : '90d'}`;
}

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

/** Trends over a window; the server keeps an answer for half a minute. */
export const analyticsQuery = (query: string) =>
  queryOptions({
    queryKey: ['analytics', query],
    queryFn: ({ signal }) => fetched<Analytics>(`/v1/analytics?${query}`, signal),
    staleTime: 30_000,
    refetchInterval: 60_000,
  });

/** What the process knows of itself. Polled while it is looked at. */
export const systemQuery = () =>
  queryOptions({
    queryKey: ['system'],
    queryFn: ({ signal }) => fetched<SystemAnswer>('/v1/system', signal),
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
