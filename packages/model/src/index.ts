export { defineCollection, type Collection, type CollectionKind, type Scope } from './define.ts';
export { collectionOf, collections, isCollectionName, type CollectionName, type Rows } from './collections/index.ts';
export { explain } from './explain.ts';
export { idSchema, labelsSchema } from './schema.ts';
export { serviceKindSchema } from './service-kind.ts';
export { targetFlaw } from './target.ts';
export {
  readReport,
  type ReadReport,
  type ReportBase,
  type ReportFact,
  type ReportReason,
  type RunReportFields,
  type StatusReport,
} from './report.ts';
export type { Envelope, Source } from './envelope.ts';
export type {
  Desired,
  Fact,
  FactName,
  Flap,
  Fresh,
  Health,
  Overlay,
  Override,
  Reason,
  Recent,
  Status,
  StatusRow,
  Suspect,
} from './status.ts';
export { STATUSES } from './status.ts';
export { RUN_STATES, TERMINAL_RUN_STATES, type Progress, type RunRow, type RunState } from './run.ts';
export {
  serviceCreateSchema,
  servicePatchSchema,
  serviceReportSchema,
  serviceRow,
  type McpInfo,
  type Service,
  type ServiceCreate,
  type ServiceKind,
  type ServicePatch,
  type ServiceReport,
} from './collections/service.ts';
export {
  checkDefaults,
  checkInputSchema,
  checkRow,
  defaultGraceMs,
  type Canary,
  type Check,
  type CheckInput,
  type CheckSettings,
} from './collections/check.ts';
export {
  connectionCreateSchema,
  connectionPatchSchema,
  connectionReportSchema,
  connectionRow,
  type Connection,
  type ConnectionCreate,
  type ConnectionPatch,
  type ConnectionPhase,
  type ConnectionReport,
} from './collections/connection.ts';
export {
  agentCreateSchema,
  agentPatchSchema,
  agentReportSchema,
  agentRow,
  type Agent,
  type AgentCreate,
  type AgentPatch,
  type AgentPhase,
  type AgentReport,
} from './collections/agent.ts';
export {
  executionCreateSchema,
  executionPatchSchema,
  executionReportSchema,
  executionRow,
  type Execution,
  type ExecutionCreate,
  type ExecutionPatch,
  type ExecutionReport,
  type Step,
  type StepInput,
} from './collections/execution.ts';
export {
  jobCreateSchema,
  jobPatchSchema,
  jobReportSchema,
  jobRow,
  type Job,
  type JobCreate,
  type JobPatch,
  type JobReport,
} from './collections/job.ts';
export { metricRow, type Metric } from './collections/metric.ts';
export {
  CHANNEL_KINDS,
  channelKindOf,
  channelKinds,
  type AlertmanagerSettings,
  type AppriseSettings,
  type BaseSettings,
  type ChannelKind,
  type ChannelSecret,
  type ChannelShape,
  type DiscordSettings,
  type EmailSettings,
  type MattermostSettings,
  type NoSettings,
  type NtfySettings,
  type PushoverSettings,
  type TelegramSettings,
  type TwilioSettings,
  type WebhookSettings,
  type WebpushSettings,
} from './channel-kind.ts';
export {
  channelCreateSchema,
  channelPatchSchema,
  channelRateDefault,
  channelRow,
  readChannelSecrets,
  readChannelSettings,
  type Channel,
  type ChannelCreate,
  type ChannelLast,
  type ChannelPatch,
  type ChannelRate,
} from './collections/channel.ts';
export {
  DELIVERY_STATES,
  deliveryRow,
  NOTICE_KINDS,
  type Delivery,
  type DeliveryState,
  type NoticeKind,
} from './collections/delivery.ts';
