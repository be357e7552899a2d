/** `StatusSyncService` for screens that were written against such a class. */
export { StatusSyncService, type Cached } from './status-sync.ts';
export type {
  AgentConnection,
  ConnectionHealth,
  ConnectionStatusData,
  PublishedStatus,
  ServerMetricsData,
  ServerStats,
  ServerStatus,
  Topics,
} from './topics.ts';
