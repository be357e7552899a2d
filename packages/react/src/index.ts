export { StatewireProvider, useClient } from './provider.tsx';
export type { Live } from './live.ts';
export { useCollection, useRows, type CollectionOptions, type RowOf } from './use-collection.ts';
export { useRecord, useRow } from './use-record.ts';
export { useConnection, type LiveConnection } from './use-connection.ts';
export { useCommand, type LiveCommand } from './use-command.ts';
export { useNow } from './use-now.ts';
export {
  useAgentConnections,
  useAgents,
  useAgentStatus,
  useExecution,
  useExecutions,
  useFleetStats,
  useJob,
  useJobs,
  useRefresh,
  useServerMetrics,
  useServices,
  useServiceStatus,
} from './named.ts';
