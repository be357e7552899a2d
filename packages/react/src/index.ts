export { StatewireProvider, useClient } from './provider.tsx';
export type { Live } from './live.ts';
export { useCollection, useRows, type ChosenRow, type CollectionOptions, type RowOf } from './use-collection.ts';
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
  useAlerts,
  useFleetStats,
  useIncidents,
  useNotifications,
  useSignalAlerts,
  useUnread,
  useJob,
  useJobs,
  useRefresh,
  useServerMetrics,
  useServices,
  useServiceStatus,
} from './named.ts';
export { ChangeHighlight, type ChangeHighlightProps } from './components/change-highlight.tsx';
export { ConnectionStatus, type ConnectionStatusProps } from './components/connection-status.tsx';
export { ProgressBar, type ProgressBarProps } from './components/progress-bar.tsx';
export { RelativeTime, type RelativeTimeProps } from './components/relative-time.tsx';
export { Sparkline, type SparklineProps } from './components/sparkline.tsx';
export { StatusBadge, StatusDot, type StatusBadgeProps } from './components/status-badge.tsx';
export { UptimeBar, type UptimeBarProps } from './components/uptime-bar.tsx';
export type { BadgeStatus } from './components/words.ts';
