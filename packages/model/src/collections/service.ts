/**
 * Services: anything that is checked. The record people look at; how it is checked lives in `checks` under
 * the same id.
 */
import { isRecordId, parseFilter, type FilterJson, type Json } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import { disagreementSchema, type Disagreement } from '../disagreement.ts';
import { statusReport, type InputShape, type StatusReport } from '../report.ts';
import {
  count,
  healthSchema,
  idSchema,
  instant,
  labelsSchema,
  serviceKindSchema,
  named,
  prose,
  statusDefaults,
  statusShape,
  words,
  type Shape,
} from '../schema.ts';
import type { ServiceKind } from '../service-kind.ts';
import type { Desired, Health, StatusRow } from '../status.ts';
import { targetFlaw } from '../target.ts';
import { checkFlaw, checkInputSchema, type CheckInput } from './check.ts';

/** What an MCP server said of itself, and how its tools compare with what a person accepted. */
export interface McpInfo {
  readonly transport: 'http' | 'sse' | 'stdio';
  /** `unknown` while nothing the server answered has told it: silence is no evidence. */
  readonly era: 'modern' | 'legacy' | 'unknown';
  readonly protocolVersion: string;
  readonly serverName: string;
  readonly serverVersion: string;
  /** Names of the capabilities the server declared. */
  readonly capabilities: readonly string[];
  readonly mode: 'hold' | 'fresh';
  /** How often a lost session was re-opened without an outage. */
  readonly sessionsLost: number;
  readonly tools: number | null;
  readonly fingerprint: string | null;
  readonly acceptedFingerprint: string | null;
  readonly drift: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
    readonly [f: string]: readonly string[];
  } | null;
  readonly [field: string]: string | number | null | readonly string[] | McpInfo['drift'];
}

/** The last word of one of several observers of a service. */
export interface Observer {
  readonly health: Health;
  /** Since when it says so. */
  readonly since: number;
  /** When it last spoke. */
  readonly at: number;
  readonly ms: number | null;
  readonly code: string;
  readonly text: string;
  /** From then on it does not vote any more. */
  readonly expiresAt: number;
  /** The reporter's own counter. */
  readonly seq: number | null;
  readonly [field: string]: string | number | null;
}

/** How the words of several observers become one. */
export interface Fusion {
  /** `majority`: unhealthy when more than half say so, degraded when they disagree. `any`: the worst word. `all`: unhealthy only when all agree. `named`: the word of one. */
  readonly rule: 'majority' | 'any' | 'all' | 'named';
  /** With `named`: the observer whose word counts, `server` (our own probe) or a reporter's id. */
  readonly named: string | null;
  readonly [field: string]: string | null;
}

/** The newest answers of a service beside what is usual for it. */
export interface LatencyShift {
  readonly isSlower: boolean;
  /** How many times the larger median is the smaller one, 1.6 or more. */
  readonly factor: number;
  /** Medians: of the last half hour, and of the two days before the last hour. */
  readonly nowMs: number;
  readonly usualMs: number;
  /** On how many answers each stands. */
  readonly checks: number;
  readonly usualChecks: number;
  readonly [field: string]: boolean | number;
}

/** What a group consists of, and how its members' statuses become one. */
export interface Members {
  /** `services/<id>`, `agents/<id>` or `connections/<id>`. */
  readonly refs: readonly string[];
  /** And every service that passes this filter; groups never do. */
  readonly where: FilterJson | null;
  /** `worst`: the worst of all. `quorum`: down when `bad` are down. `weighted`: by the weight that is down. `any`: the best of all. */
  readonly rule: 'worst' | 'quorum' | 'weighted' | 'any';
  readonly bad: number | null;
  /** By ref; 1 when not said. */
  readonly weights: Readonly<Record<string, number>>;
  readonly [field: string]: Json;
}

/** What a caller may say of a group. */
export interface MembersInput {
  readonly refs?: readonly string[] | undefined;
  readonly where?: FilterJson | undefined;
  readonly rule?: Members['rule'] | undefined;
  readonly bad?: number | null | undefined;
  readonly weights?: Readonly<Record<string, number>> | undefined;
}

/** What a caller may say of the fusion of observers. */
export interface FusionInput {
  readonly rule: Fusion['rule'];
  readonly named?: string | null | undefined;
}

/** Anything that is checked: an MCP server, a web service, a port, a certificate, a cron job that beats. */
export interface Service extends StatusRow {
  readonly name: string;
  readonly kind: ServiceKind;
  /** URL, `host:port`, `stdio:<command name>` or, for heartbeats, empty. */
  readonly target: string;
  readonly description: string;
  readonly group: string;
  readonly mcp: McpInfo | null;
  /** Certificate of a TLS target: days left and expiry, or null. */
  readonly certificate: {
    readonly expiresAt: number;
    readonly daysLeft: number;
    readonly issuer: string;
    readonly [f: string]: string | number;
  } | null;
  /** Who manages the record: `api`, `file` (read-only elsewhere) or `demo`. */
  readonly managedBy: string;
  /** What it needs to work: refs of other records. Its failures are folded into theirs. */
  readonly dependsOn: readonly string[];
  readonly fusion: Fusion;
  /** The last word of each observer while there is more than one; empty with one. */
  readonly observers: Readonly<Record<string, Observer>>;
  /** `1/3`: one of three observers says bad. Empty when they agree. */
  readonly split: string;
  /** Groups: what it consists of. Null for all other kinds. */
  readonly members: Members | null;
  /** Set while its agents say otherwise than we do. */
  readonly disagreement: Disagreement | null;
  /** Set while its latency is far from what is usual for it. Worked out every five minutes. */
  readonly latencyShift: LatencyShift | null;
}

/** Body of `POST /v1/services`. */
export interface ServiceCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly kind: ServiceKind;
  /** See `Service.target`; may be absent for heartbeats. */
  readonly target?: string | undefined;
  readonly description?: string | undefined;
  readonly group?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** `paused`: made without being looked at, until somebody resumes it. Default `active`. */
  readonly desired?: 'active' | 'paused' | undefined;
  readonly check?: CheckInput | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly fusion?: FusionInput | undefined;
  readonly members?: MembersInput | undefined;
}

/** Body of `PATCH /v1/services/<id>`. The kind of a service never changes; whether a new target fits it is checked against the record (`targetFlaw`). */
export interface ServicePatch {
  readonly name?: string | undefined;
  readonly target?: string | undefined;
  readonly description?: string | undefined;
  readonly group?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly desired?: Desired | undefined;
  readonly check?: CheckInput | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly fusion?: FusionInput | undefined;
  readonly members?: MembersInput | undefined;
}

/** Report about a service by something that watches it for us. */
export interface ServiceReport extends StatusReport {
  readonly phase?: 'failed' | 'ready' | 'reconnecting' | 'starting' | 'stopped' | undefined;
}

const mcpSchema: z.ZodType<McpInfo> = z.object({
  transport: z.enum(['http', 'sse', 'stdio']),
  era: z.enum(['modern', 'legacy', 'unknown']),
  protocolVersion: z.string(),
  serverName: z.string(),
  serverVersion: z.string(),
  capabilities: z.array(z.string()),
  mode: z.enum(['hold', 'fresh']),
  sessionsLost: count,
  tools: count.nullable(),
  fingerprint: z.string().nullable(),
  acceptedFingerprint: z.string().nullable(),
  drift: z
    .object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()) })
    .nullable(),
});

const FUSION_RULES = ['majority', 'any', 'all', 'named'] as const;
const MEMBER_RULES = ['worst', 'quorum', 'weighted', 'any'] as const;

const observerSchema: z.ZodType<Observer> = z.object({
  health: healthSchema,
  since: instant,
  at: instant,
  ms: z.number().nullable(),
  code: z.string(),
  text: z.string(),
  expiresAt: instant,
  seq: z.number().nullable(),
});

const membersSchema: z.ZodType<Members> = z.object({
  refs: z.array(z.string()),
  where: z.json().nullable(),
  rule: z.enum(MEMBER_RULES),
  bad: z.int().nullable(),
  weights: z.record(z.string(), z.number()),
});

const shiftSchema: z.ZodType<LatencyShift> = z.object({
  isSlower: z.boolean(),
  factor: z.number(),
  nowMs: z.number(),
  usualMs: z.number(),
  checks: count,
  usualChecks: count,
});

const shape: Shape<Service> = {
  ...statusShape,
  name: z.string(),
  kind: serviceKindSchema,
  target: z.string(),
  description: z.string(),
  group: z.string(),
  mcp: mcpSchema.nullable(),
  certificate: z.object({ expiresAt: instant, daysLeft: z.number(), issuer: z.string() }).nullable(),
  managedBy: z.string(),
  dependsOn: z.array(z.string()),
  fusion: z.object({ rule: z.enum(FUSION_RULES), named: z.string().nullable() }),
  observers: z.record(z.string(), observerSchema),
  split: z.string(),
  members: membersSchema.nullable(),
  disagreement: disagreementSchema.nullable(),
  latencyShift: shiftSchema.nullable(),
};

/** Every field of a service, as a schema. */
export const serviceRow: z.ZodType<Service> = z.object(shape);

const DEPENDS_MAX = 32;
const MEMBERS_MAX = 1_000;

/** `services/shop`: a status-bearing record. */
const refSchema: z.ZodType<string> = z.string().refine(isStatusRef, {
  error: 'expected a record such as "services/shop", "agents/a7" or "connections/a7:shop"',
});

const dependsOnInput: z.ZodType<readonly string[]> = z
  .array(refSchema)
  .max(DEPENDS_MAX)
  .refine(isUnique, { error: 'expected each record once' });

const fusionInput: z.ZodType<FusionInput> = z
  .strictObject({ rule: z.enum(FUSION_RULES), named: words(128).nullish() })
  .refine(({ rule, named: who }) => (rule === 'named') === (typeof who === 'string' && who !== ''), {
    error: 'expected `named` (an observer) with the rule "named", and without it with every other rule',
    path: ['named'],
  });

const whereInput: z.ZodType<FilterJson> = z.json().check(({ value, issues }) => {
  const filter = parseFilter(value ?? undefined);
  if (!filter.ok) issues.push({ code: 'custom', message: filter.message, input: value });
});

const membersInput: z.ZodType<MembersInput> = z
  .strictObject({
    refs: z.array(refSchema).max(MEMBERS_MAX).refine(isUnique, { error: 'expected each record once' }).optional(),
    where: whereInput.optional(),
    rule: z.enum(MEMBER_RULES).optional(),
    bad: z.int().min(1).max(MEMBERS_MAX).nullish(),
    weights: z.record(refSchema, z.number().min(0).max(1_000_000)).optional(),
  })
  .refine(({ rule = 'worst', bad }) => (rule === 'quorum') === (typeof bad === 'number'), {
    error: 'expected `bad` (how many down members make the group down) with the rule "quorum" only',
    path: ['bad'],
  });

/** The whole of what was said of a group. */
export function membersOf(given: MembersInput): Members {
  const { refs = [], where = null, rule = 'worst', bad = null, weights = {} } = given;
  return { refs, where, rule, bad: rule === 'quorum' ? bad : null, weights };
}

function isStatusRef(ref: string): boolean {
  const [collection = '', id = '', ...more] = ref.split('/');
  return more.length === 0 && STATUS_COLLECTIONS.includes(collection) && isRecordId(id);
}

const STATUS_COLLECTIONS: readonly string[] = ['services', 'agents', 'connections'];

function isUnique(refs: readonly string[]): boolean {
  return new Set(refs).size === refs.length;
}

const createShape: InputShape<ServiceCreate> = {
  id: idSchema.optional(),
  name: named(200),
  kind: serviceKindSchema,
  target: words(2048).optional(),
  description: prose(2000).optional(),
  group: words(128).optional(),
  labels: labelsSchema.optional(),
  desired: z.enum(['active', 'paused']).optional(),
  check: checkInputSchema.optional(),
  dependsOn: dependsOnInput.optional(),
  fusion: fusionInput.optional(),
  members: membersInput.optional(),
};

/** What makes a service: the body of a create. */
export const serviceCreateSchema: z.ZodType<ServiceCreate> = z.strictObject(createShape).check(({ value, issues }) => {
  const flaw = targetFlaw(value.kind, value.target ?? '');
  if (flaw !== null) issues.push({ code: 'custom', path: ['target'], message: flaw, input: value.target });
  const odd = groupFlaw(value.kind, value);
  if (odd !== null) issues.push({ code: 'custom', path: [odd.field], message: odd.message, input: value });
  const unfit = checkFlaw(value.kind, value.check ?? {});
  if (unfit !== null) issues.push({ code: 'custom', path: [], message: unfit, input: value.check });
});

/** What a group must have and nothing else may, or the other way round; null when all fits. */
export function groupFlaw(
  kind: ServiceKind,
  given: Pick<ServicePatch, 'members' | 'check' | 'fusion'>,
): { readonly field: string; readonly message: string } | null {
  if (kind !== 'group') {
    if (given.members === undefined) return null;
    return { field: 'members', message: 'only a service of kind group has members' };
  }
  if (given.check !== undefined) return { field: 'check', message: 'a group is not checked; its members are' };
  if (given.fusion !== undefined) return { field: 'fusion', message: 'a group has no observers; its members have' };
  return null;
}

const patchShape: InputShape<ServicePatch> = {
  name: named(200).optional(),
  target: words(2048).optional(),
  description: prose(2000).optional(),
  group: words(128).optional(),
  labels: labelsSchema.optional(),
  desired: z.enum(['active', 'paused', 'retired']).optional(),
  check: checkInputSchema.optional(),
  dependsOn: dependsOnInput.optional(),
  fusion: fusionInput.optional(),
  members: membersInput.optional(),
};

/** What may be changed of a service: the body of a patch. */
export const servicePatchSchema: z.ZodType<ServicePatch> = z.strictObject(patchShape);

const reportShape: InputShape<ServiceReport> = {
  ...statusReport,
  phase: z.enum(['stopped', 'starting', 'ready', 'reconnecting', 'failed']).optional(),
};

/** What may be reported of a service. */
export const serviceReportSchema: z.ZodType<ServiceReport> = z.strictObject(reportShape);

export const services: Collection = describeCollection({
  name: 'services',
  kind: 'status',
  row: serviceRow,
  create: serviceCreateSchema,
  patch: servicePatchSchema,
  report: serviceReportSchema,
  fields: Object.keys(shape),
  defaults: {
    ...statusDefaults,
    dependsOn: [],
    fusion: { rule: 'majority', named: null },
    observers: {},
    split: '',
    latencyShift: null,
  },
  access: { read: 'read', write: 'admin', report: 'report' },
  owns: {
    api: ['name', 'kind', 'target', 'description', 'group', 'labels', 'desired', 'dependsOn', 'fusion', 'members'],
    report: ['labels', 'facts', 'observed', 'phase', 'reason', 'latencyMs', 'observedAt'],
  },
});

export type { ServiceKind };
