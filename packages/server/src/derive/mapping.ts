/**
 * Mapping is data: what other systems say (raw) becomes our words (normalized), and our words become theirs again
 * for an audience (presented). A document carries its own test vectors; they run when it is loaded, and a document
 * that fails its vectors is refused and the one before it stays in force.
 *
 *   raw { code, ageMs }  --first rule that matches, else default-->  { health?, phase?, state?, reason?, cancelRequested? }
 */
import { RUN_STATES, type Health, type RunState } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { z } from 'zod';

/** What a source said, in its own words. */
export interface Raw {
  readonly code: string;
  /** How old the source's own sign of life is, when it says so. */
  readonly ageMs?: number | undefined;
}

/** The same in our words. Absent: the document does not speak about it. */
export interface Normal {
  readonly health?: Health | undefined;
  readonly phase?: string | undefined;
  readonly state?: RunState | undefined;
  readonly reason?: { readonly code: string; readonly text: string } | undefined;
  readonly cancelRequested?: boolean | undefined;
}

/** One rule: all conditions that are given must hold. Codes are compared without case; `-` and blank equal `_`. */
export interface Rule {
  readonly when: { readonly code?: readonly string[] | undefined; readonly ageMsMin?: number | undefined };
  readonly set: Normal;
}

export interface MappingDocument {
  readonly id: string;
  readonly version: number;
  /** The collection it is for, or `*`. */
  readonly collection: string;
  /** Whose vocabulary it is, for people. */
  readonly source: string;
  readonly match: readonly Rule[];
  readonly default: Normal;
  /** Audience -> our word -> the word to show. */
  readonly present: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly vectors: readonly { readonly in: Raw; readonly out: Normal }[];
}

/** The documents in force, by id. Loading returns a new set; a refused document leaves the set as it was. */
export class Mappings {
  readonly #documents: ReadonlyMap<string, MappingDocument>;

  constructor(documents: readonly MappingDocument[] = []) {
    this.#documents = new Map(documents.map((document) => [document.id, document]));
  }

  get ids(): readonly string[] {
    return [...this.#documents.keys()];
  }

  get(id: string): MappingDocument | null {
    return this.#documents.get(id) ?? null;
  }

  /** This set with one more document, or with a newer version of one. */
  load(raw: unknown): Result<Mappings> {
    const loaded = loadMapping(raw);
    if (!loaded.ok) return loaded;
    return ok(new Mappings([...this.#documents.values(), loaded.value]));
  }

  /** What a raw word means under a document. */
  normalize(id: string, raw: Raw): Result<Normal> {
    const document = this.#documents.get(id);
    if (document === undefined) {
      return refuse('bad_field', `mapping: found "${id}", expected one of ${this.ids.join(', ')}`);
    }
    return ok(normalize(document, raw));
  }
}

/** Reads and proves a document: its shape, then every vector. */
export function loadMapping(raw: unknown): Result<MappingDocument> {
  const parsed = documentSchema.safeParse(raw);
  if (!parsed.success) {
    return refuse('bad_field', `mapping document: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`);
  }
  const document: MappingDocument = parsed.data;
  for (const [i, vector] of document.vectors.entries()) {
    const found = canonical(normalize(document, vector.in));
    const expected = canonical(vector.out);
    if (found !== expected) {
      const said = JSON.stringify(vector.in);
      return refuse('bad_field', `mapping ${document.id}: vector ${i} ${said} gives ${found}, expected ${expected}`);
    }
  }
  return ok(document);
}

/** What a raw word means: the first rule that matches, else the default. */
export function normalize(document: MappingDocument, raw: Raw): Normal {
  const code = fold(raw.code);
  const rule = document.match.find(
    ({ when }) =>
      (when.code === undefined || when.code.some((word) => fold(word) === code)) &&
      (when.ageMsMin === undefined || (raw.ageMs !== undefined && raw.ageMs >= when.ageMsMin)),
  );
  return rule === undefined ? document.default : rule.set;
}

/** Our word as an audience knows it; our own where the document has no other. */
export function present(document: MappingDocument, audience: string, word: string): string {
  const words = document.present[audience];
  return (words !== undefined && Object.hasOwn(words, word) ? words[word] : undefined) ?? word;
}

function fold(code: string): string {
  return code.trim().toLowerCase().replaceAll(/[-\s]/g, '_');
}

function canonical(normal: Normal): string {
  const { health, phase, state, reason, cancelRequested } = normal;
  return JSON.stringify({ health, phase, state, reason, cancelRequested });
}

const word: z.ZodString = z.string().min(1).max(64);
const normalSchema = z.strictObject({
  health: z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']).optional(),
  phase: word.optional(),
  state: z.enum(RUN_STATES).optional(),
  reason: z.strictObject({ code: word, text: z.string().max(256) }).optional(),
  cancelRequested: z.boolean().optional(),
});
const rawSchema = z.strictObject({ code: z.string().max(64), ageMs: z.number().min(0).optional() });
const documentSchema = z.strictObject({
  id: word.regex(/^[a-z0-9-]+$/),
  version: z.int().min(1),
  collection: word,
  source: word,
  match: z
    .array(
      z.strictObject({
        when: z.strictObject({ code: z.array(word).min(1).max(64).optional(), ageMsMin: z.int().min(0).optional() }),
        set: normalSchema,
      }),
    )
    .max(256),
  default: normalSchema,
  present: z.record(word, z.record(word, word)),
  // A document without a vector proves nothing about itself.
  vectors: z
    .array(z.strictObject({ in: rawSchema, out: normalSchema }))
    .min(1)
    .max(1024),
});
