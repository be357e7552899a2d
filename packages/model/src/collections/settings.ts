/**
 * Settings of an organization that are neither a thing nor a person's: one record, `main`. Absent, every default holds.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { envelopeShape, labelsSchema, type Shape } from '../schema.ts';
import { SEVERITIES, type Severity } from '../severity.ts';

/** When an incident is drafted from alerts, without anybody asking for it. */
export interface Drafting {
  readonly isEnabled: boolean;
  /** Alerts of these severities count. */
  readonly severities: readonly Severity[];
  /** One that fires for longer than this is an incident. */
  readonly afterMs: number;
  /** So many subjects of one cause are an incident at once; null: never by number. */
  readonly subjects: number | null;
  /** A draft that nobody published is resolved so long after its last alert. */
  readonly resolveAfterMs: number;
  readonly [field: string]: boolean | readonly Severity[] | number | null;
}

/** The settings of one organization. */
export interface Settings extends Envelope {
  readonly drafting: Drafting;
  /** How many days the audit log is kept. */
  readonly auditDays: number;
  /** Who signs in by password does nothing before they have a second factor. */
  readonly requiresSecondFactor: boolean;
}

/** Body of `POST /v1/settings`; the record's id is `main`. */
export interface SettingsCreate {
  readonly id: 'main';
  readonly drafting?: DraftingInput | undefined;
  readonly auditDays?: number | undefined;
  readonly requiresSecondFactor?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/settings/main`. */
export interface SettingsPatch {
  readonly drafting?: DraftingInput | undefined;
  readonly auditDays?: number | undefined;
  readonly requiresSecondFactor?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What is left out keeps its value. */
export interface DraftingInput {
  readonly isEnabled?: boolean | undefined;
  readonly severities?: readonly Severity[] | undefined;
  readonly afterMs?: number | undefined;
  readonly subjects?: number | null | undefined;
  readonly resolveAfterMs?: number | undefined;
}

/** Critical alerts that fire for 2 minutes, or three subjects of one cause. */
export const draftingDefaults: Drafting = Object.freeze<Drafting>({
  isEnabled: true,
  severities: ['critical'],
  afterMs: 120_000,
  subjects: 3,
  resolveAfterMs: 300_000,
});

const severities: z.ZodType<readonly Severity[]> = z.array(z.enum(SEVERITIES)).max(3);

const draftingShape: InputShape<DraftingInput> = {
  isEnabled: z.boolean().optional(),
  severities: severities.optional(),
  afterMs: z.int().min(0).max(86_400_000).optional(),
  subjects: z.int().min(2).max(1_000).nullish(),
  resolveAfterMs: z.int().min(0).max(86_400_000).optional(),
};
const draftingInput: z.ZodType<DraftingInput> = z.strictObject(draftingShape);

/** How many days the audit log is kept: at least, at most, and when nothing is said. */
export const AUDIT_DAYS: { readonly min: number; readonly max: number; readonly default: number } = Object.freeze({
  min: 30,
  max: 36_500,
  default: 400,
});

const patchShape: InputShape<SettingsPatch> = {
  drafting: draftingInput.optional(),
  auditDays: z.int().min(AUDIT_DAYS.min).max(AUDIT_DAYS.max).optional(),
  requiresSecondFactor: z.boolean().optional(),
  labels: labelsSchema.optional(),
};
/** What may be changed of the settings: the body of a patch. */
export const settingsPatchSchema: z.ZodType<SettingsPatch> = z.strictObject(patchShape);

const createShape: InputShape<SettingsCreate> = { ...patchShape, id: z.literal('main') };
/** What makes the settings: the body of a create. */
export const settingsCreateSchema: z.ZodType<SettingsCreate> = z.strictObject(createShape);

const shape: Shape<Settings> = {
  ...envelopeShape,
  drafting: z.object({
    isEnabled: z.boolean(),
    severities,
    afterMs: z.int(),
    subjects: z.int().nullable(),
    resolveAfterMs: z.int(),
  }),
  auditDays: z.int(),
  requiresSecondFactor: z.boolean(),
};

/** Every field of the settings, as a schema. */
export const settingsRow: z.ZodType<Settings> = z.object(shape);

export const settings: Collection = describeCollection({
  name: 'settings',
  kind: 'plain',
  row: settingsRow,
  create: settingsCreateSchema,
  patch: settingsPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin' },
  defaults: { auditDays: AUDIT_DAYS.default, requiresSecondFactor: false },
  owns: { api: ['drafting', 'auditDays', 'requiresSecondFactor', 'labels'], report: [] },
});
