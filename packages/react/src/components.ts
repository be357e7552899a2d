'use client';
export { ChangeHighlight, type ChangeHighlightProps } from './components/change-highlight.tsx';
export { ConnectionStatus, type ConnectionStatusProps } from './components/connection-status.tsx';
export { ProgressBar, type ProgressBarProps } from './components/progress-bar.tsx';
export { RelativeTime, type RelativeTimeProps } from './components/relative-time.tsx';
export { Sparkline, type SparklineProps } from './components/sparkline.tsx';
export { StatusBadge, StatusDot, type StatusBadgeProps } from './components/status-badge.tsx';
export { UptimeBar, type UptimeBarProps } from './components/uptime-bar.tsx';
export type { BadgeStatus } from './components/words.ts';
