/** Captures: databases whose rows are records here, one record per capture. How far it is, and what keeps it from going on. */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { count, envelopeShape, instant, type Shape } from '../schema.ts';

/** Where a capture can stand. */
export const CAPTURE_STATES = ['starting', 'snapshot', 'live', 'behind', 'waiting'] as const;

/** `snapshot`: all rows are being read. `behind`: changes come faster than they are taken. `waiting`: `reason` says what for. */
export type CaptureState = (typeof CAPTURE_STATES)[number];

/** What a capture can take rows from. */
export const CAPTURE_KINDS = ['json', 'mysql', 'postgres', 'webhook'] as const;

/** A database of this kind, a `json` document that is fetched, or a `webhook` that sends rows to us. */
export type CaptureKind = (typeof CAPTURE_KINDS)[number];

/** One table of a capture. */
export interface CapturedTable {
  readonly table: string;
  readonly collection: string;
  /** Rows that the snapshot under way, or the last one, has read. */
  readonly rows: number;
  /** Columns that the configuration names and the table lacks. */
  readonly missing: readonly string[];
  readonly [field: string]: string | number | readonly string[];
}

/** One database whose rows are records. The record's id is the capture's. */
export interface Capture extends Envelope {
  /** Whose rows they are: a database of this kind, `json` (a document that is fetched), `webhook` (sent to us). */
  readonly kind: CaptureKind;
  readonly mode: 'poll' | 'push' | 'stream';
  readonly state: CaptureState;
  /** Why it does not go on, with what to do; null while it does. */
  readonly reason: { readonly code: string; readonly text: string } | null;
  readonly since: number;
  /** Grows with each snapshot: what was known before was not enough to go on from. */
  readonly epoch: number;
  /** Why the last snapshot was taken, in a word: `first`, `slot_lost`, `changed`. Empty before the first. */
  readonly cause: string;
  /** The records are what the database said then, epoch ms. Null before the first snapshot is done. */
  readonly asOf: number | null;
  /** Bytes of the database's log that are not taken yet. Null: not known. */
  readonly lagBytes: number | null;
  /** Changes taken since this process began. */
  readonly changes: number;
  /** Rows that could not be records since this process began, and why the last one could not. */
  readonly refused: number;
  readonly refusal: string;
  readonly tables: readonly CapturedTable[];
}

const table: z.ZodType<CapturedTable> = z.object({
  table: z.string(),
  collection: z.string(),
  rows: count,
  missing: z.array(z.string()),
});

const shape: Shape<Capture> = {
  ...envelopeShape,
  kind: z.enum(CAPTURE_KINDS),
  mode: z.enum(['poll', 'push', 'stream']),
  state: z.enum(CAPTURE_STATES),
  reason: z.object({ code: z.string(), text: z.string() }).nullable(),
  since: instant,
  epoch: count,
  cause: z.string(),
  asOf: instant.nullable(),
  lagBytes: count.nullable(),
  changes: count,
  refused: count,
  refusal: z.string(),
  tables: z.array(table),
};

/** Every field of a capture, as a schema. */
export const captureRow: z.ZodType<Capture> = z.object(shape);

const configured = z.never({
  error: 'captures stand in the configuration file (capture); nobody writes their records',
});

export const captures: Collection = describeCollection({
  name: 'captures',
  kind: 'plain',
  row: captureRow,
  create: configured,
  patch: configured,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'operate', write: 'admin' },
  owns: { api: [], report: [] },
});
