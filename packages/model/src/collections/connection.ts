/**
 * Connections: one agent's link to one service. Kept apart from the service because the two may disagree: the
 * server answers our probe while one agent's session to it is broken.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import { disagreementSchema, type Disagreement } from '../disagreement.ts';
import { statusReport, type InputShape, type StatusReport } from '../report.ts';
import {
  codeWord,
  count,
  idSchema,
  labelsSchema,
  named,
  statusDefaults,
  statusShape,
  words,
  type Shape,
} from '../schema.ts';
import type { Desired, StatusRow } from '../status.ts';

/** An agent's link to a service, with a health of its own that may disagree with the service's probe. Id: `<agent>:<service>` unless given. */
export interface Connection extends StatusRow {
  readonly agent: string;
  readonly service: string;
  readonly sessionId: string | null;
  readonly protocolVersion: string | null;
  readonly calls: number;
  readonly errors: number;
  readonly lastErrorCode: string | null;
  /** Tools that the agent used over it, the most used first, at most 50. */
  readonly tools: readonly ToolUse[];
  /** Set while the agent says otherwise than our look at the service. */
  readonly disagreement: Disagreement | null;
}

/** How often an agent used a tool of a service. Totals since the session began. */
export interface ToolUse {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly [field: string]: string | number;
}

/** Where a connection of an agent to a service stands. */
export type ConnectionPhase = 'connected' | 'connecting' | 'disconnected' | 'failed' | 'needs_auth' | 'reconnecting';

/** Body of `POST /v1/connections`. */
export interface ConnectionCreate {
  readonly id?: string | undefined;
  readonly agent: string;
  readonly service: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/connections/<id>`. */
export interface ConnectionPatch {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly desired?: Desired | undefined;
}

/** What an agent, or the gateway in front of it, says of a connection. The first report names both ends. */
export interface ConnectionReport extends StatusReport {
  readonly agent?: string | undefined;
  readonly service?: string | undefined;
  readonly phase?: ConnectionPhase | undefined;
  readonly sessionId?: string | null | undefined;
  readonly protocolVersion?: string | null | undefined;
  /** Totals since the session began, not differences. */
  readonly calls?: number | undefined;
  readonly errors?: number | undefined;
  readonly lastErrorCode?: string | null | undefined;
  /** Replaces what was said before; totals since the session began. */
  readonly tools?: readonly ToolUse[] | undefined;
}

const TOOLS_MAX = 50;

const toolUseSchema: z.ZodType<ToolUse> = z.strictObject({ name: named(128), calls: count, errors: count });

const shape: Shape<Connection> = {
  ...statusShape,
  agent: z.string(),
  service: z.string(),
  sessionId: z.string().nullable(),
  protocolVersion: z.string().nullable(),
  calls: count,
  errors: count,
  lastErrorCode: z.string().nullable(),
  tools: z.array(toolUseSchema).max(TOOLS_MAX),
  disagreement: disagreementSchema.nullable(),
};

/** Every field of a connection, as a schema. */
export const connectionRow: z.ZodType<Connection> = z.object(shape);

const createShape: InputShape<ConnectionCreate> = {
  id: idSchema.optional(),
  agent: idSchema,
  service: idSchema,
  labels: labelsSchema.optional(),
};

/** What makes a connection: the body of a create. */
export const connectionCreateSchema: z.ZodType<ConnectionCreate> = z.strictObject(createShape);

const patchShape: InputShape<ConnectionPatch> = {
  labels: labelsSchema.optional(),
  desired: z.enum(['active', 'paused', 'retired']).optional(),
};

/** What may be changed of a connection: the body of a patch. */
export const connectionPatchSchema: z.ZodType<ConnectionPatch> = z.strictObject(patchShape);

const reportShape: InputShape<ConnectionReport> = {
  ...statusReport,
  agent: idSchema.optional(),
  service: idSchema.optional(),
  phase: z.enum(['disconnected', 'connecting', 'connected', 'reconnecting', 'needs_auth', 'failed']).optional(),
  sessionId: words(256).nullish(),
  protocolVersion: words(64).nullish(),
  calls: count.optional(),
  errors: count.optional(),
  lastErrorCode: codeWord.nullish(),
  tools: z.array(toolUseSchema).max(TOOLS_MAX).optional(),
};

/** What may be reported of a connection. */
export const connectionReportSchema: z.ZodType<ConnectionReport> = z.strictObject(reportShape);

export const connections: Collection = describeCollection({
  name: 'connections',
  kind: 'status',
  row: connectionRow,
  create: connectionCreateSchema,
  patch: connectionPatchSchema,
  report: connectionReportSchema,
  fields: Object.keys(shape),
  defaults: { ...statusDefaults, tools: [] },
  access: { read: 'read', write: 'admin', report: 'report', command: 'operate' },
  owns: {
    api: ['agent', 'service', 'labels', 'desired'],
    report: [
      'agent',
      'service',
      'labels',
      'facts',
      'observed',
      'phase',
      'reason',
      'latencyMs',
      'observedAt',
      'sessionId',
      'protocolVersion',
      'calls',
      'errors',
      'lastErrorCode',
      'tools',
    ],
  },
});
