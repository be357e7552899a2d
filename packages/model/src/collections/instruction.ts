/**
 * Instructions: what an agent is told to do, and what became of it. Made by commands on agents, carried to the agent's own
 * program by its live connection or by a held request, and answered there.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { count, envelopeShape, instant, prose, type Shape } from '../schema.ts';

/** Everything an agent can be told. */
export const INSTRUCTION_KINDS = ['pause', 'resume', 'maintenance', 'message'] as const;
/** What an agent is told. */
export type InstructionKind = (typeof INSTRUCTION_KINDS)[number];

/** Every state of an instruction, in the order of its life. */
export const INSTRUCTION_STATES = ['sent', 'received', 'done', 'refused', 'expired'] as const;
/** How far an instruction is. `done`, `refused` and `expired` are ends. */
export type InstructionState = (typeof INSTRUCTION_STATES)[number];

/** One instruction to one agent. Id: `<agent>:<number>`, or a digest of the agent's in place of a long one. */
export interface Instruction extends Envelope {
  readonly agent: string;
  /** Counts up per agent: they are handled in this order. */
  readonly number: number;
  readonly kind: InstructionKind;
  readonly text: string;
  /** When a maintenance ends; null for the others. */
  readonly until: number | null;
  readonly state: InstructionState;
  /** What the agent said to it, or why it ended without a word. */
  readonly answer: string;
  /** Who gave it. */
  readonly by: string;
  /** The credential that speaks for the agent: it may read this with the scope `report` alone. Null while none does. */
  readonly recipient: string | null;
  readonly receivedAt: number | null;
  readonly endedAt: number | null;
  /** Unanswered by then it has expired. */
  readonly expiresAt: number;
  /** When it next moves by itself. */
  readonly nextAt: number | null;
}

/** How an agent answers. */
export interface InstructionAnswer {
  /** `received`: it was heard and is being handled. The others end it. */
  readonly state: 'done' | 'received' | 'refused';
  readonly answer?: string | undefined;
}

const answerShape: InputShape<InstructionAnswer> = {
  state: z.enum(['received', 'done', 'refused']),
  answer: prose(2_000).optional(),
};

/** Reads an agent's answer. */
export const instructionAnswerSchema: z.ZodType<InstructionAnswer> = z.strictObject(answerShape);

const shape: Shape<Instruction> = {
  ...envelopeShape,
  agent: z.string(),
  number: count,
  kind: z.enum(INSTRUCTION_KINDS),
  text: z.string(),
  until: instant.nullable(),
  state: z.enum(INSTRUCTION_STATES),
  answer: z.string(),
  by: z.string(),
  recipient: z.string().nullable(),
  receivedAt: instant.nullable(),
  endedAt: instant.nullable(),
  expiresAt: instant,
  nextAt: instant.nullable(),
};

/** Every field of an instruction, as a schema. */
export const instructionRow: z.ZodType<Instruction> = z.object(shape);

const byCommand = z.never({
  error: 'instructions are given by the commands pause, resume, maintenance and message of an agent',
});

export const instructions: Collection = describeCollection({
  name: 'instructions',
  kind: 'plain',
  row: instructionRow,
  create: byCommand,
  patch: byCommand,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin', report: 'report', told: 'recipient' },
  owns: { api: [], report: [] },
});
