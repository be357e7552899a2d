/**
 * Live rows in the cache of TanStack Query. This file says no `use client`: options can be made where a server renders,
 * for prefetching; the hooks say it themselves.
 */
export {
  liveQueryOptions,
  type LiveQueryData,
  type LiveQueryKey,
  type LiveQueryOptions,
} from './query/live-query-options.ts';
export { useLiveQuery, type LiveQueryResult } from './query/use-live-query.ts';
export { useRealtimeStatus, type ServiceStatusItem } from './query/use-realtime-status.ts';
