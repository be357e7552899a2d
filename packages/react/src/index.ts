'use client';
export { StatewireProvider, useClient } from './provider.tsx';
export { LiveError, type Live, type LiveOptions } from './live.ts';
export { LiveBoundary, type LiveBoundaryProps, type LiveProblem } from './live-boundary.tsx';
export { useCollection, useRows, type ChosenRow, type CollectionOptions, type RowOf } from './use-collection.ts';
export { useRecord, useRow } from './use-record.ts';
export { useConnection, type LiveConnection } from './use-connection.ts';
export { useCommand, type LiveCommand } from './use-command.ts';
export { useNow } from './use-now.ts';
export {
  useAgentConnections,
  useAgents,
  useAgentStatus,
  useAlerts,
  useExecution,
  useExecutions,
  useFleetStats,
  useGatewayMetrics,
  useIncidents,
  useJob,
  useJobs,
  useNotifications,
  useRefresh,
  useServices,
  useServiceStatus,
  useUnread,
} from './named.ts';
export { useConnectionStatus, type LiveConnectionStatus } from './use-connection-status.ts';
export { useServerMetrics, type ServerMetrics } from './use-server-metrics.ts';
export {
  useAllStreamsProgress,
  useScanProgress,
  useStreamProgress,
  type AllStreamsOptions,
  type LiveProgress,
  type LiveProgressList,
} from './use-progress.ts';
export { useSignalAlerts, type LiveSignalAlerts } from './use-signal-alerts.ts';
export {
  useSystemMessages,
  type LiveSystemMessages,
  type SystemMessage,
  type SystemMessagesOptions,
} from './use-system-messages.ts';
export { useCustomers, useUsers, type Customer, type LivePeople, type PeopleOptions, type User } from './use-people.ts';
export {
  useDashboardMetrics,
  type DashboardMetricsOptions,
  type LiveMetrics,
  type SignificantChange,
} from './use-dashboard-metrics.ts';
export {
  useAgentExecutions,
  useConnectionHeartbeat,
  useRealtimeAgentStatus,
  useRealtimeClients,
  useRealtimeConnectionStatus,
  useRealtimeDashboardMetrics,
  useRealtimeNotifications,
  useRealtimeServerMetrics,
  useRealtimeSystemMessages,
  useRealtimeUsers,
  useWebSocket,
} from './aliases.ts';
export { ChangeHighlight, type ChangeHighlightProps } from './components/change-highlight.tsx';
export { ConnectionStatus, type ConnectionStatusProps } from './components/connection-status.tsx';
export { ProgressBar, type ProgressBarProps } from './components/progress-bar.tsx';
export { RelativeTime, type RelativeTimeProps } from './components/relative-time.tsx';
export { Sparkline, type SparklineProps } from './components/sparkline.tsx';
export { StatusBadge, StatusDot, type StatusBadgeProps } from './components/status-badge.tsx';
export { UptimeBar, type UptimeBarProps } from './components/uptime-bar.tsx';
export type { BadgeStatus } from './components/words.ts';
