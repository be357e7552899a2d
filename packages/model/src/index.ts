export type { Access, Collection, CollectionKind, Glimpse, Level, Reader, Scope } from './define.ts';
export {
  allows,
  allowsAnywhere,
  AREAS,
  beyond,
  isPermission,
  OPERATIONS,
  PERMISSIONS_MAX,
  type Permission,
  common,
} from './permission.ts';
export {
  BUILTIN_ROLES,
  isBuiltinRole,
  operationsOf,
  operationTable,
  permissionsAt,
  permissionsOfRole,
  type BuiltinRole,
  type OperationTable,
  type RoleDefinition,
  SCOPE_LEVELS,
} from './role.ts';
export {
  memberPatchSchema,
  memberRow,
  MEMBER_STATES,
  type Member,
  type MemberPatch,
  type MemberState,
} from './collections/member.ts';
export {
  roleCreateSchema,
  rolePatchSchema,
  roleRow,
  type Role,
  type RoleCreate,
  type RolePatch,
} from './collections/role.ts';
export {
  caller,
  claim,
  defineCollection,
  isDefinition,
  type AnyDefinition,
  type Caller,
  type CallerValue,
  type CommandContext,
  type CommandFields,
  type CommandsOf,
  type CreateOf,
  type PatchOf,
  type CustomAccess,
  type CustomCommand,
  type CustomEnvelope,
  type Definition,
  type DefinitionInput,
  type Expiry,
  type Fields,
  type InputOf,
  type NoArgs,
  refusalCodes,
  type RecordOf,
  type RefusalCode,
  type Refused,
  type RowRule,
  type WritableOf,
} from './custom/definition.ts';
export { compileDefinition, type CustomCollection } from './custom/compile.ts';
export { claimsOf, flawOfDefinition, ruleWith } from './custom/flaw.ts';
export { fingerprintOf } from './custom/fingerprint.ts';
export { plain } from './custom/plain.ts';
export { adopt, dueOf, settle, valueOf, type Settling } from './custom/settle.ts';
export { collectionOf, collections, isCollectionName, type CollectionName, type Rows } from './collections/index.ts';
export { explain } from './explain.ts';
export { idSchema, labelsSchema } from './schema.ts';
export { SERVICE_KINDS } from './service-kind.ts';
export { serviceKindSchema } from './schema.ts';
export { parseCondition } from './condition/parse.ts';
export { printCondition } from './condition/print.ts';
export { unmetOf, type Matcher, type Scope as ConditionScope, type Unmet } from './condition/evaluate.ts';
export { mentions, rootsOf } from './condition/roots.ts';
export type { Condition, ConditionFlaw, Root } from './condition/condition.ts';
export { probeDefaults, probeSettingsSchema, type DnsRecord, type ProbeSettings } from './probe-settings.ts';
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
  UptimeValue,
  UptimeWindows,
} from './status.ts';
export { STATUSES } from './status.ts';
export { RUN_STATES, TERMINAL_RUN_STATES, type Progress, type RunRow, type RunState } from './run.ts';
export {
  annotationCreateSchema,
  annotationPatchSchema,
  annotationRow,
  type Annotation,
  type AnnotationCreate,
  type AnnotationKind,
  type AnnotationPatch,
} from './collections/annotation.ts';
export {
  groupFlaw,
  membersOf,
  serviceCreateSchema,
  servicePatchSchema,
  serviceReportSchema,
  serviceRow,
  type Fusion,
  type FusionInput,
  type LatencyShift,
  type McpInfo,
  type Members,
  type MembersInput,
  type Observer,
  type Service,
  type ServiceCreate,
  type ServiceKind,
  type ServicePatch,
  type ServiceReport,
} from './collections/service.ts';
export {
  checkDefaults,
  checkFlaw,
  checkInputSchema,
  checkRow,
  defaultGraceMs,
  SECRET_NAMES,
  type Canary,
  type Check,
  type CheckInput,
  type CheckSettings,
  type SecretName,
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
export type { Disagreement } from './disagreement.ts';
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
  type Asked,
} from './collections/agent.ts';
export {
  AGENT_ORDERS,
  agentStandOf,
  agentTransition,
  agentTransitions,
  worksThoughPaused,
  type AgentOrder,
  type AgentStand,
  type AgentTransition,
  type Standing,
} from './agent-order.ts';
export {
  INSTRUCTION_KINDS,
  INSTRUCTION_STATES,
  instructionAnswerSchema,
  instructionRow,
  type Instruction,
  type InstructionAnswer,
  type InstructionKind,
  type InstructionState,
} from './collections/instruction.ts';
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
  type Bulk,
  type BulkFailure,
  type Job,
  type JobCreate,
  type JobPatch,
  type JobReport,
} from './collections/job.ts';
export {
  metricReportSchema,
  metricRow,
  type Metric,
  type MetricKind,
  type MetricPast,
  type MetricReport,
  type MetricSeries,
  type MetricTrend,
} from './collections/metric.ts';
export {
  maintenanceCreateSchema,
  maintenancePatchSchema,
  maintenanceRow,
  maintenanceSelectorSchema,
  scheduleInputSchema,
  type Maintenance,
  type MaintenanceCreate,
  type MaintenancePatch,
  type MaintenanceSchedule,
  type MaintenanceState,
  type ScheduleInput,
  type Span,
} from './collections/maintenance.ts';
export {
  isZone,
  parseRecurrence,
  recurrenceLimits,
  recurrenceText,
  type Frequency,
  type Recurrence,
  type RuleDay,
  type RuleTime,
} from './recurrence.ts';
export { selectorFields, selectorSchema, selects, type SelectedCollection, type Selector } from './selector.ts';
export {
  ruleConditionSchema,
  ruleCreateSchema,
  ruleFlaw,
  rulePatchSchema,
  ruleRow,
  selectorOf,
  type RecoveryAction,
  type Rule,
  type RuleCondition,
  type RuleCreate,
  type RulePatch,
} from './collections/rule.ts';
export { SEVERITIES, type Severity } from './severity.ts';
export {
  alertRow,
  type Alert,
  type AlertEvent,
  type AlertState,
  type Notified,
  type Suppression,
} from './collections/alert.ts';
export {
  policyCreateSchema,
  policyPatchSchema,
  policyRow,
  type Digest,
  type DigestInput,
  type GroupKey,
  type Policy,
  type PolicyCreate,
  type PolicyMatch,
  type PolicyPatch,
  type PolicyStep,
  type QuietHours,
  type QuietInput,
} from './collections/policy.ts';
export {
  AFFECTED_IMPACTS,
  INCIDENT_AFFECTED_MAX,
  INCIDENT_ALERTS_MAX,
  INCIDENT_IMPACTS,
  INCIDENT_PHASES,
  INCIDENT_TEXT_MAX,
  INCIDENT_UPDATES_MAX,
  incidentCreateSchema,
  incidentPatchSchema,
  incidentRow,
  POSTMORTEM_TEXT_MAX,
  type Affected,
  type AffectedImpact,
  type Incident,
  type IncidentCreate,
  type IncidentImpact,
  type IncidentPatch,
  type IncidentPhase,
  type IncidentUpdate,
  type Postmortem,
} from './collections/incident.ts';
export {
  notificationCreateSchema,
  notificationPatchSchema,
  notificationRow,
  type Notification,
  type NotificationCreate,
  type NotificationPatch,
} from './collections/notification.ts';
export { NOTIFICATION_TYPES, type NotificationType } from './notification-type.ts';
export { PRIORITIES, type Priority } from './priority.ts';
export {
  preferenceDefaults,
  preferencesCreateSchema,
  preferencesRow,
  type PersonalQuiet,
  type Preferences,
  type PreferencesCreate,
  type PreferencesPatch,
  type PushDevice,
  type Ways,
} from './collections/preferences.ts';
export { type Look, lookDefaults, type LookInput } from './look.ts';
export {
  placeSchema,
  presenceRow,
  presenceStateSchema,
  type Presence,
  type PresenceState,
} from './collections/presence.ts';
export { inboxRow, type Inbox } from './collections/inbox.ts';
export {
  draftingDefaults,
  AUDIT_DAYS,
  settingsCreateSchema,
  settingsPatchSchema,
  settingsRow,
  type Drafting,
  type DraftingInput,
  type Settings,
  type SettingsCreate,
  type SettingsPatch,
} from './collections/settings.ts';
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
  CAPTURE_KINDS,
  CAPTURE_STATES,
  captureRow,
  type Capture,
  type CapturedTable,
  type CaptureKind,
  type CaptureState,
} from './collections/capture.ts';
export {
  DELIVERY_STATES,
  deliveryRow,
  NOTICE_KINDS,
  type Delivery,
  type DeliveryState,
  type NoticeKind,
} from './collections/delivery.ts';
export {
  cssFlaw,
  pageCreateSchema,
  pagePatchSchema,
  pageRow,
  type Page,
  type PageAccess,
  type PageCreate,
  type PageGroup,
  type PageLink,
  type PagePatch,
  type PageService,
  type PageTheme,
} from './collections/page.ts';
export {
  subscriberCreateSchema,
  subscriberFlaw,
  subscriberPatchSchema,
  subscriberRow,
  type Subscriber,
  type SubscriberCreate,
  type SubscriberPatch,
} from './collections/subscriber.ts';
export {
  CUSTOMER_STATUSES,
  customerCreateSchema,
  customerPatchSchema,
  customerRow,
  type Customer,
  type CustomerCreate,
  type CustomerPatch,
  type CustomerStatus,
} from './collections/customer.ts';
export {
  USER_STATUSES,
  userCreateSchema,
  userPatchSchema,
  userRow,
  type User,
  type UserCreate,
  type UserPatch,
  type UserStatus,
} from './collections/user.ts';
export {
  EMBED_COLLECTIONS,
  EMBED_FIELDS_MAX,
  EMBED_ORIGINS_MAX,
  EMBED_PANELS,
  embedCreateSchema,
  embedPatchSchema,
  embedRow,
  type Embed,
  type EmbedCollection,
  type EmbedCreate,
  type EmbedPanel,
  type EmbedPatch,
  type EmbedView,
} from './collections/embed.ts';
export {
  savedViewCreateSchema,
  savedViewPatchSchema,
  savedViewRow,
  type SavedView,
  type SavedViewCreate,
  type SavedViewPatch,
} from './collections/saved-view.ts';
export {
  MESSAGE_BODY_MAX,
  MESSAGE_CUSTOMERS_MAX,
  MESSAGE_EVENTS,
  messageCreateSchema,
  messageFieldSchemas,
  messageFlaw,
  messagePatchSchema,
  messageRow,
  messageUrlSchema,
  type Message,
  type MessageCreate,
  type MessageEvent,
  type MessageLink,
  type MessagePatch,
} from './collections/message.ts';
export {
  MESSAGE_AUDIENCES,
  MESSAGE_PRIORITIES,
  MESSAGE_STATES,
  type MessageAudience,
  type MessagePriority,
  type MessageState,
} from './collections/message-word.ts';
export { secret, secretPaths } from './secret.ts';
export { deviceSchema, dismissalRow, type Dismissal } from './collections/dismissal.ts';
