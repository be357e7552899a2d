/**
 * Services: anything that is checked. The record people look at; how it is checked lives in `checks` under
 * the same id.
 */
import { z } from 'zod';
import { defineCollection, type Collection } from '../define.ts';
import { statusReport, type InputShape, type StatusReport } from '../report.ts';
import { count, idSchema, instant, labelsSchema, named, prose, statusShape, words, type Shape } from '../schema.ts';
import { serviceKindSchema, type ServiceKind } from '../service-kind.ts';
import type { Desired, StatusRow } from '../status.ts';
import { targetFlaw } from '../target.ts';
import { checkFlaw, checkInputSchema, type CheckInput } from './check.ts';

/** What an MCP server said of itself, and how its tools compare with what a person accepted. */
export interface McpInfo {
  readonly transport: 'http' | 'sse' | 'stdio';
  readonly era: 'modern' | 'legacy';
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
  readonly check?: CheckInput | undefined;
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
}

/** Report about a service by something that watches it for us. */
export interface ServiceReport extends StatusReport {
  readonly phase?: 'failed' | 'ready' | 'reconnecting' | 'starting' | 'stopped' | undefined;
}

const mcpSchema: z.ZodType<McpInfo> = z.object({
  transport: z.enum(['http', 'sse', 'stdio']),
  era: z.enum(['modern', 'legacy']),
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
};

export const serviceRow: z.ZodType<Service> = z.object(shape);

const createShape: InputShape<ServiceCreate> = {
  id: idSchema.optional(),
  name: named(200),
  kind: serviceKindSchema,
  target: words(2048).optional(),
  description: prose(2000).optional(),
  group: words(128).optional(),
  labels: labelsSchema.optional(),
  check: checkInputSchema.optional(),
};

export const serviceCreateSchema: z.ZodType<ServiceCreate> = z.strictObject(createShape).check(({ value, issues }) => {
  const flaw = targetFlaw(value.kind, value.target ?? '');
  if (flaw !== null) issues.push({ code: 'custom', path: ['target'], message: flaw, input: value.target });
  const unfit = checkFlaw(value.kind, value.check ?? {});
  if (unfit !== null) issues.push({ code: 'custom', path: [], message: unfit, input: value.check });
});

const patchShape: InputShape<ServicePatch> = {
  name: named(200).optional(),
  target: words(2048).optional(),
  description: prose(2000).optional(),
  group: words(128).optional(),
  labels: labelsSchema.optional(),
  desired: z.enum(['active', 'paused', 'retired']).optional(),
  check: checkInputSchema.optional(),
};

export const servicePatchSchema: z.ZodType<ServicePatch> = z.strictObject(patchShape);

const reportShape: InputShape<ServiceReport> = {
  ...statusReport,
  phase: z.enum(['stopped', 'starting', 'ready', 'reconnecting', 'failed']).optional(),
};

export const serviceReportSchema: z.ZodType<ServiceReport> = z.strictObject(reportShape);

export const services: Collection = defineCollection({
  name: 'services',
  kind: 'status',
  row: serviceRow,
  create: serviceCreateSchema,
  patch: servicePatchSchema,
  report: serviceReportSchema,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin', report: 'report' },
  owns: {
    api: ['name', 'kind', 'target', 'description', 'group', 'labels', 'desired'],
    report: ['labels', 'facts', 'observed', 'phase', 'reason', 'latencyMs', 'observedAt'],
  },
});

export type { ServiceKind };
