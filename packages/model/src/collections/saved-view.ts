/** Saved views: how somebody wants to look at a page, under a name. Their own, or shown to everybody of the organization. */
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { attributesSchema, envelopeShape, idSchema, labelsSchema, named, type Shape } from '../schema.ts';

/** A view of a page that somebody keeps. */
export interface SavedView extends Envelope {
  /** The page: `services`, `customers`. */
  readonly page: string;
  readonly name: string;
  /** The search part of the page's address, field by field. */
  readonly search: JsonObject;
  /** Everybody of the organization sees it; only its owner changes it. */
  readonly isShared: boolean;
  /** What its owner sees on opening the page. At most one of a page and person is. */
  readonly isDefault: boolean;
  /** The caller's id of whoever made it. */
  readonly owner: string;
  readonly ownerName: string;
}

/** Body of `POST /v1/saved-views`. */
export interface SavedViewCreate {
  readonly id?: string | undefined;
  readonly page: string;
  readonly name: string;
  readonly search?: JsonObject | undefined;
  readonly isShared?: boolean | undefined;
  readonly isDefault?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/saved-views/<id>`. */
export type SavedViewPatch = {
  readonly [K in keyof Omit<SavedViewCreate, 'id' | 'page'>]?: SavedViewCreate[K] | undefined;
};

const page: z.ZodType<string> = z
  .string()
  .regex(/^[a-z][a-z-]{0,63}$/u, { error: 'expected the name of a page such as services' });

const patchShape: InputShape<SavedViewPatch> = {
  name: named(100).optional(),
  search: attributesSchema.optional(),
  isShared: z.boolean().optional(),
  isDefault: z.boolean().optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of a saved view: the body of a patch. */
export const savedViewPatchSchema: z.ZodType<SavedViewPatch> = z.strictObject(patchShape);

const createShape: InputShape<SavedViewCreate> = { ...patchShape, id: idSchema.optional(), page, name: named(100) };

/** What makes a saved view: the body of a create. */
export const savedViewCreateSchema: z.ZodType<SavedViewCreate> = z.strictObject(createShape);

const shape: Shape<SavedView> = {
  ...envelopeShape,
  page: z.string(),
  name: z.string(),
  search: attributesSchema,
  isShared: z.boolean(),
  isDefault: z.boolean(),
  owner: z.string(),
  ownerName: z.string(),
};

/** Every field of a saved view, as a schema. */
export const savedViewRow: z.ZodType<SavedView> = z.object(shape);

export const savedViews: Collection = describeCollection({
  name: 'saved-views',
  kind: 'plain',
  row: savedViewRow,
  create: savedViewCreateSchema,
  patch: savedViewPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: {
    read: 'read',
    write: 'read',
    rows: ['or', ['eq', 'isShared', true], ['eq', 'owner', { $caller: 'id' }]],
    writeRows: ['eq', 'owner', { $caller: 'id' }],
  },
  owns: { api: ['page', ...Object.keys(patchShape)], report: [] },
});
