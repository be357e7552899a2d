/**
 * Agents: whether each one is there, and what it is doing. Presence comes from an open SDK connection, beats or
 * reports; activity is what the agent says of itself.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import { statusReport, type InputShape, type StatusReport } from '../report.ts';
import {
  count,
  idSchema,
  instant,
  labelsSchema,
  named,
  prose,
  statusDefaults,
  statusShape,
  words,
  type Shape,
} from '../schema.ts';
import type { Desired, StatusRow } from '../status.ts';
import { INSTRUCTION_KINDS, INSTRUCTION_STATES, type InstructionKind, type InstructionState } from './instruction.ts';

/** An agent: its presence and what it is doing. Phases: offline starting idle running waiting stopping failed. */
export interface Agent extends StatusRow {
  readonly name: string;
  readonly platform: string;
  /** Agent software's own version word (not the record's version). */
  readonly release: string;
  readonly currentExecution: string | null;
  /** How presence is known: an open SDK connection, heartbeats, or reports. */
  readonly presence: 'socket' | 'beat' | 'report';
  readonly activity: string;
  /** The credential that speaks for it: its instructions are shown to that one. Null until it was heard. */
  readonly speaker: string | null;
  /** What it was asked last, beside messages, and how far that is. */
  readonly asked: Asked | null;
  /** Number of the newest instruction. */
  readonly instructed: number;
  /** Instructions that it has not answered yet. */
  readonly waiting: number;
}

/** The newest order to an agent, and what became of it. */
export interface Asked {
  /** Id of the instruction. */
  readonly instruction: string;
  readonly kind: InstructionKind;
  readonly state: InstructionState;
  readonly answer: string;
  /** When it came into this state. */
  readonly at: number;
  readonly [field: string]: string | number;
}

/** What an agent is doing, as it says itself. */
export type AgentPhase = 'failed' | 'idle' | 'offline' | 'running' | 'starting' | 'stopping' | 'waiting';

/** Body of `POST /v1/agents`. An agent that reports makes its own record; this announces one that has not yet. */
export interface AgentCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly platform?: string | undefined;
  readonly release?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/agents/<id>`. */
export interface AgentPatch {
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly release?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly desired?: Desired | undefined;
}

/** What an agent, or whoever runs it, says of it. */
export interface AgentReport extends StatusReport {
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly release?: string | undefined;
  readonly phase?: AgentPhase | undefined;
  readonly activity?: string | undefined;
  readonly currentExecution?: string | null | undefined;
}

const askedSchema: z.ZodType<Asked> = z.object({
  instruction: z.string(),
  kind: z.enum(INSTRUCTION_KINDS),
  state: z.enum(INSTRUCTION_STATES),
  answer: z.string(),
  at: instant,
});

const shape: Shape<Agent> = {
  ...statusShape,
  name: z.string(),
  platform: z.string(),
  release: z.string(),
  currentExecution: z.string().nullable(),
  presence: z.enum(['socket', 'beat', 'report']),
  activity: z.string(),
  speaker: z.string().nullable(),
  asked: askedSchema.nullable(),
  instructed: count,
  waiting: count,
};

/** Every field of an agent, as a schema. */
export const agentRow: z.ZodType<Agent> = z.object(shape);

const createShape: InputShape<AgentCreate> = {
  id: idSchema.optional(),
  name: named(200),
  platform: words(128).optional(),
  release: words(128).optional(),
  labels: labelsSchema.optional(),
};

/** What makes an agent: the body of a create. */
export const agentCreateSchema: z.ZodType<AgentCreate> = z.strictObject(createShape);

const patchShape: InputShape<AgentPatch> = {
  name: named(200).optional(),
  platform: words(128).optional(),
  release: words(128).optional(),
  labels: labelsSchema.optional(),
  desired: z.enum(['active', 'paused', 'retired']).optional(),
};

/** What may be changed of an agent: the body of a patch. */
export const agentPatchSchema: z.ZodType<AgentPatch> = z.strictObject(patchShape);

const reportShape: InputShape<AgentReport> = {
  ...statusReport,
  name: named(200).optional(),
  platform: words(128).optional(),
  release: words(128).optional(),
  phase: z.enum(['offline', 'starting', 'idle', 'running', 'waiting', 'stopping', 'failed']).optional(),
  activity: prose(500).optional(),
  currentExecution: idSchema.nullish(),
};

/** What may be reported of an agent. */
export const agentReportSchema: z.ZodType<AgentReport> = z.strictObject(reportShape);

export const agents: Collection = describeCollection({
  name: 'agents',
  kind: 'status',
  row: agentRow,
  create: agentCreateSchema,
  patch: agentPatchSchema,
  report: agentReportSchema,
  fields: Object.keys(shape),
  defaults: { ...statusDefaults, instructed: 0, waiting: 0 },
  access: { read: 'read', write: 'admin', report: 'report', command: 'operate' },
  owns: {
    api: ['name', 'platform', 'release', 'labels', 'desired'],
    report: [
      'name',
      'platform',
      'release',
      'labels',
      'facts',
      'observed',
      'phase',
      'reason',
      'latencyMs',
      'observedAt',
      'activity',
      'currentExecution',
    ],
  },
});
