'use client';
export { StatewireProvider, useClient } from './provider.tsx';
export { StatusPanel, type StatusPanelProps } from './status-panel.tsx';
export { LiveError, type Live, type LiveOptions } from './live.ts';
export { LiveBoundary, type LiveBoundaryProps, type LiveProblem } from './live-boundary.tsx';
export {
  useCollection,
  useRows,
  type ChosenRow,
  type CollectionOptions,
  type LiveRows,
  type RowOf,
} from './use-collection.ts';
export { useAggregate, useCount, type AggregateOptions } from './use-aggregate.ts';
export { useWindow, type LiveWindow, type WindowOptions } from './use-window.ts';
export { useRecord, useRow } from './use-record.ts';
export { useConnection, type LiveConnection } from './use-connection.ts';
export { useCommand, useCommands, type LiveCommand } from './use-command.ts';
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
  type MessageStatistics,
  type MessageTimes,
  type SystemMessage,
  type SystemMessagesOptions,
} from './use-system-messages.ts';
export { useCustomers, useUsers, type LivePeople, type PeopleOptions } from './use-people.ts';
export type { Customer, User } from '@statewire/model';
export { usePresence, type PresenceOptions, type PresentHere } from './use-presence.ts';
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
export { askedWords, type AskedWords, type Ordered } from './components/asked.ts';
export { agentActions, type AgentAction, type AgentActionName, type Controlled } from './components/agent-actions.ts';
export {
  AgentStatusControl,
  type AgentStatusControlProps,
  type ShownAgent,
} from './components/agent-status-control.tsx';
export { ChangeHighlight, type ChangeHighlightProps } from './components/change-highlight.tsx';
export { ConnectionCounter, type ConnectionCounterProps } from './components/connection-counter.tsx';
export { ConnectionStatus, type ConnectionStatusProps } from './components/connection-status.tsx';
export { HealthDot, type HealthDotProps } from './components/health-dot.tsx';
export { JobCard, type JobCardProps, type ShownRun } from './components/job-card.tsx';
export {
  LatencyChart,
  type LatencyChartProps,
  type LatencyPoint,
  type LatencyStretch,
} from './components/latency-chart.tsx';
export { NotificationCenter, type NotificationCenterProps } from './components/notification-center.tsx';
export { PresenceAvatars, type PresenceAvatarsProps, type Present } from './components/presence-avatars.tsx';
export {
  MultiProgress,
  ProgressBar,
  type MultiProgressProps,
  type ProgressBarProps,
  type ProgressTone,
} from './components/progress-bar.tsx';
export { RelativeTime, type RelativeTimeProps } from './components/relative-time.tsx';
export { Sparkline, type SparklineProps } from './components/sparkline.tsx';
export { StatusBadge, StatusDot, type StatusBadgeProps, type StatusDotProps } from './components/status-badge.tsx';
export { StatusIndicator, type StatusIndicatorProps } from './components/status-indicator.tsx';
export type { Styled } from './components/styled.ts';
export { MessageBody, type MessageBodyProps } from './components/message-body.tsx';
export { SystemMessageBanner, type SystemMessageBannerProps } from './components/system-message-banner.tsx';
export { SystemMessageManager, type SystemMessageManagerProps } from './components/system-messages.tsx';
export { phaseOf, type MessageDraft, type ShownMessage } from './components/system-message.ts';
export { Toaster, type ToasterProps } from './components/toaster.tsx';
export { createToasts, type Toast, type ToastInput, type Toasts } from './components/toasts.ts';
export { UptimeBar, type UptimeBarProps } from './components/uptime-bar.tsx';
export { useNotificationCenter, type NotificationCenterState } from './components/use-notification-center.ts';
export { usePresenter } from './components/use-presenter.ts';
export type { BadgeStatus, Tone } from '@statewire/client/look';
