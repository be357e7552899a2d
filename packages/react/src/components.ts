'use client';
export { agentActions, type AgentAction, type AgentActionName, type Controlled } from './components/agent-actions.ts';
export {
  AgentStatusControl,
  type AgentStatusControlProps,
  type ShownAgent,
} from './components/agent-status-control.tsx';
export { pushServer, type PushServer, type PushState, type PushWorker } from './components/browser-push.ts';
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
export { playTone } from './components/tone.ts';
export { useNotificationToasts, type NotificationToastsOptions } from './components/use-notification-toasts.ts';
export { usePresenter } from './components/use-presenter.ts';
export { usePush, usePushOpened, type PushOptIn, type PushOptions } from './components/use-push.ts';
export type { BadgeStatus, Tone } from '@statewire/client/look';
