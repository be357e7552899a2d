/**
 * Embeds: panels that stand in pages of others, and the one thing the token of each opens. A view is a collection, a filter
 * and a list of fields; of everything else there is nothing for whoever holds the token. The token stands in the source of
 * a page that anybody reads: it is made for that, and for no other door.
 */
import { parseFilter, type FilterJson } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { count, envelopeShape, idSchema, instant, labelsSchema, named, type Shape } from '../schema.ts';

/** What an embed may show: what is watched and what runs; never who people are, nor how anything is set up. */
export const EMBED_COLLECTIONS = [
  'services',
  'agents',
  'connections',
  'executions',
  'jobs',
  'incidents',
  'maintenances',
] as const;
/** A collection that an embed may show. */
export type EmbedCollection = (typeof EMBED_COLLECTIONS)[number];

/** How an embed shows it. */
export const EMBED_PANELS = ['badge', 'list', 'uptime', 'progress', 'connection'] as const;
/** The panel of an embed. */
export type EmbedPanel = (typeof EMBED_PANELS)[number];

/** What the token of an embed may read of one collection. */
export interface EmbedView {
  readonly collection: EmbedCollection;
  /** Which records; null: all of them. */
  readonly filter: FilterJson | null;
  /** Which of their fields, beside the id. */
  readonly fields: readonly string[];
  readonly [field: string]: FilterJson;
}

/** A panel for pages of others, and what its token may read. */
export interface Embed extends Envelope {
  readonly name: string;
  readonly panel: EmbedPanel;
  /** At most one of each collection. */
  readonly views: readonly EmbedView[];
  /** Origins whose pages may show it; null: all. */
  readonly origins: readonly string[] | null;
  /** When its token ends; null: never. */
  readonly expiresAt: number | null;
  /** A disabled one is nobody's, until it is enabled again. */
  readonly isEnabled: boolean;
  /** SHA-256 of the token; the token itself is sealed and is asked for by the command `token`. */
  readonly digest: string;
  /** How many tokens it has had: a new one ends the one before. */
  readonly tokens: number;
  /** Who made it. */
  readonly by: string;
  /** When somebody was let in by its token last, exact to a minute; null: never, or not since there is such a field. */
  readonly lastUsedAt: number | null;
}

/** Body of `POST /v1/embeds`. */
export interface EmbedCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly panel: EmbedPanel;
  readonly views: readonly EmbedView[];
  readonly origins?: readonly string[] | null | undefined;
  readonly expiresAt?: number | null | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/embeds/<id>`. */
export type EmbedPatch = { readonly [K in Exclude<keyof EmbedCreate, 'id'>]?: EmbedCreate[K] | undefined };

/** Fields that one view names. */
export const EMBED_FIELDS_MAX = 32;
/** Origins that one embed names. */
export const EMBED_ORIGINS_MAX = 20;

const filterSchema: z.ZodType<FilterJson> = z.custom<FilterJson>((value) => parseFilter(value).ok, {
  error: 'expected a filter such as ["eq","group","shop"]',
});

const viewSchema: z.ZodType<EmbedView> = z.strictObject({
  collection: z.enum(EMBED_COLLECTIONS),
  filter: filterSchema.nullable(),
  fields: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/u, { error: 'expected the name of a field' }))
    .min(1)
    .max(EMBED_FIELDS_MAX)
    .transform((names) => [...new Set(names)].filter((name) => !BESIDE.includes(name)).sort()),
});

/** What every record says beside its fields. */
const BESIDE: readonly string[] = ['id', 'org', 'version'];

const views: z.ZodType<readonly EmbedView[]> = z
  .array(viewSchema)
  .min(1)
  .max(EMBED_COLLECTIONS.length)
  .refine((all) => new Set(all.map(({ collection }) => collection)).size === all.length, {
    error: 'expected each collection once: two views of one collection would show the fields of both',
  });

const origin: z.ZodType<string> = z
  .string()
  .max(300)
  .regex(/^https?:\/\/(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[1-9]\d{0,4})?$/u, {
    error: 'expected an origin such as https://www.example.com, in lower case and without a path',
  });

const patchShape: InputShape<EmbedPatch> = {
  name: named(100).optional(),
  panel: z.enum(EMBED_PANELS).optional(),
  views: views.optional(),
  origins: z.array(origin).min(1).max(EMBED_ORIGINS_MAX).nullish(),
  expiresAt: z.int().min(946_684_800_000).max(4_102_444_800_000).nullish(),
  isEnabled: z.boolean().optional(),
  labels: labelsSchema.optional(),
};

const createShape: InputShape<EmbedCreate> = {
  ...patchShape,
  id: idSchema.optional(),
  name: named(100),
  panel: z.enum(EMBED_PANELS),
  views,
};

/** What makes an embed: the body of a create. */
export const embedCreateSchema: z.ZodType<EmbedCreate> = z.strictObject(createShape);

/** What may be changed of an embed: the body of a patch. */
export const embedPatchSchema: z.ZodType<EmbedPatch> = z.strictObject(patchShape);

const shape: Shape<Embed> = {
  ...envelopeShape,
  name: z.string(),
  panel: z.enum(EMBED_PANELS),
  views: z.array(
    z.object({ collection: z.enum(EMBED_COLLECTIONS), filter: filterSchema.nullable(), fields: z.array(z.string()) }),
  ),
  origins: z.array(z.string()).nullable(),
  expiresAt: instant.nullable(),
  isEnabled: z.boolean(),
  digest: z.string(),
  tokens: count,
  by: z.string(),
  lastUsedAt: instant.nullable(),
};

/** Every field of an embed, as a schema. */
export const embedRow: z.ZodType<Embed> = z.object(shape);

export const embeds: Collection = describeCollection({
  name: 'embeds',
  kind: 'plain',
  row: embedRow,
  create: embedCreateSchema,
  patch: embedPatchSchema,
  report: null,
  fields: Object.keys(shape),
  defaults: { lastUsedAt: null },
  access: { read: 'admin', write: 'admin' },
  owns: { api: Object.keys(patchShape), report: [] },
});
