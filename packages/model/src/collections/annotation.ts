/**
 * Annotations: what people (and maintenances) say afterwards about a stretch of one record's time. `maintenance` and
 * `exclude` take the stretch out of the record's uptime; `note` only shows.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { idSchema, instant, labelsSchema, prose, envelopeShape, type Shape } from '../schema.ts';

/** `maintenance` and `exclude` take a span out of uptime; `note` only shows. */
export type AnnotationKind = 'maintenance' | 'exclude' | 'note';

/** A stretch of one record's time, and what is to be known about it. */
export interface Annotation extends Envelope {
  /** The record it is about: `services/shop`. */
  readonly subject: string;
  readonly from: number;
  readonly to: number;
  readonly kind: AnnotationKind;
  readonly text: string;
  /** Who said so. */
  readonly by: string;
  /** The maintenance it came from, or null. */
  readonly maintenance: string | null;
}

/** Body of `POST /v1/annotations`. */
export interface AnnotationCreate {
  readonly id?: string | undefined;
  readonly subject: string;
  readonly from: number;
  readonly to: number;
  readonly kind: AnnotationKind;
  readonly text?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/annotations/<id>`. */
export interface AnnotationPatch {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly kind?: AnnotationKind | undefined;
  readonly text?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const kind = z.enum(['maintenance', 'exclude', 'note']);

const subject: z.ZodType<string> = z
  .string()
  .max(200)
  .regex(/^(services|agents|connections)\/[A-Za-z0-9._:@-]{1,128}$/u, {
    error: 'expected a record with a status, for example services/shop',
  });

const shape: Shape<Annotation> = {
  ...envelopeShape,
  subject: z.string(),
  from: instant,
  to: instant,
  kind,
  text: z.string(),
  by: z.string(),
  maintenance: z.string().nullable(),
};

/** Every field of an annotation, as a schema. */
export const annotationRow: z.ZodType<Annotation> = z.object(shape);

const createShape: InputShape<AnnotationCreate> = {
  id: idSchema.optional(),
  subject,
  from: instant,
  to: instant,
  kind,
  text: prose(2_000).optional(),
  labels: labelsSchema.optional(),
};

/** What makes an annotation: the body of a create. */
export const annotationCreateSchema: z.ZodType<AnnotationCreate> = z.strictObject(createShape);

const patchShape: InputShape<AnnotationPatch> = {
  from: instant.optional(),
  to: instant.optional(),
  kind: kind.optional(),
  text: prose(2_000).optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of an annotation: the body of a patch. */
export const annotationPatchSchema: z.ZodType<AnnotationPatch> = z.strictObject(patchShape);

export const annotations: Collection = describeCollection({
  name: 'annotations',
  kind: 'plain',
  row: annotationRow,
  create: annotationCreateSchema,
  patch: annotationPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate' },
  owns: { api: ['subject', 'from', 'to', 'kind', 'text', 'labels'], report: [] },
});
