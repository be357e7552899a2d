export type { Envelope, Source } from './envelope.ts';
export type {
  Desired, Fact, FactName, Flap, Fresh, Health, Overlay, Override, Reason, Recent, Status, StatusRow, Suspect,
} from './status.ts';
export { STATUSES } from './status.ts';
export { TERMINAL_RUN_STATES, type Progress, type RunRow, type RunState } from './run.ts';
export type { McpInfo, Service, ServiceKind } from './collections/service.ts';
export type { Check } from './collections/check.ts';
export type { Connection } from './collections/connection.ts';
export type { Agent } from './collections/agent.ts';
export type { Execution, Step } from './collections/execution.ts';
export type { Job } from './collections/job.ts';
export type { Metric } from './collections/metric.ts';
