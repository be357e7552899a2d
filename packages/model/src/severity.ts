/** How bad an alert is. */
export type Severity = 'critical' | 'warning' | 'info';

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
