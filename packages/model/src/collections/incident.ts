/**
 * Incidents: what people say about a problem while it lasts and afterwards. Drafted from alerts or written by a person;
 * only what is published reaches a status page.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import {
  envelopeShape,
  idSchema,
  instant,
  labelsSchema,
  named,
  prose,
  refSchema,
  words,
  type Shape,
} from '../schema.ts';

/** The phases of an incident in their order. */
export const INCIDENT_PHASES = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
/** Where the work on an incident stands. */
export type IncidentPhase = (typeof INCIDENT_PHASES)[number];

/** How hard an incident can hit, least first. */
export const INCIDENT_IMPACTS = ['none', 'minor', 'major', 'critical'] as const;
/** How hard an incident hits. */
export type IncidentImpact = (typeof INCIDENT_IMPACTS)[number];

/** How one record is affected. `none`: it was, and has recovered. */
export const AFFECTED_IMPACTS = ['none', 'degraded', 'down', 'maintenance'] as const;
/** How hard an incident hits one record. */
export type AffectedImpact = (typeof AFFECTED_IMPACTS)[number];

/** One record that an incident is about. */
export interface Affected {
  /** `services/shop`. */
  readonly ref: string;
  readonly impact: AffectedImpact;
  readonly [field: string]: string;
}

/** One entry of an incident's timeline. Text is plain: Markdown is shown as it was typed. */
export interface IncidentUpdate {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly phase: IncidentPhase;
  readonly text: string;
  /** Shown on status pages while the incident is published. */
  readonly isPublic: boolean;
  readonly [field: string]: string | number | boolean;
}

/** What was learned. Public once `publishedAt` is set and the incident is published. */
export interface Postmortem {
  readonly text: string;
  readonly by: string;
  readonly at: number;
  readonly publishedAt: number | null;
  readonly [field: string]: string | number | null;
}

/** A problem and what people say about it. */
export interface Incident extends Envelope {
  readonly title: string;
  readonly phase: IncidentPhase;
  readonly impact: IncidentImpact;
  /** At most 200. Follows the records' statuses until a person edits it. */
  readonly affected: readonly Affected[];
  /** Has a person edited `affected` or `impact`? Then nothing follows any more. */
  readonly isEdited: boolean;
  /** Ids of linked alerts, at most 200. */
  readonly alerts: readonly string[];
  /** Oldest first, at most 200. */
  readonly updates: readonly IncidentUpdate[];
  readonly isPublished: boolean;
  /** When it was first published; stays when it is taken back. */
  readonly publishedAt: number | null;
  readonly drafted: 'alert' | 'person';
  /** What drafted alerts have in common; empty when a person wrote it. */
  readonly cause: string;
  readonly startedAt: number;
  readonly resolvedAt: number | null;
  readonly postmortem: Postmortem | null;
  readonly assignee: string | null;
  readonly by: string;
  /** When the next thing happens by itself. */
  readonly nextAt: number | null;
}

/** Body of `POST /v1/incidents`. */
export interface IncidentCreate {
  readonly id?: string | undefined;
  readonly title: string;
  readonly text?: string | undefined;
  readonly phase?: IncidentPhase | undefined;
  readonly impact?: IncidentImpact | undefined;
  readonly affected?: readonly Affected[] | undefined;
  readonly alerts?: readonly string[] | undefined;
  readonly isPublished?: boolean | undefined;
  /** Epoch ms, not ahead; default now. */
  readonly startedAt?: number | undefined;
  readonly assignee?: string | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/incidents/<id>`. Phase, publishing and post-mortem are commands. */
export interface IncidentPatch {
  readonly title?: string | undefined;
  readonly impact?: IncidentImpact | undefined;
  readonly affected?: readonly Affected[] | undefined;
  readonly startedAt?: number | undefined;
  readonly assignee?: string | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Most updates of an incident. */
export const INCIDENT_UPDATES_MAX = 200;
/** Most alerts that an incident gathers. */
export const INCIDENT_ALERTS_MAX = 200;
/** Most records that an incident names. */
export const INCIDENT_AFFECTED_MAX = 200;
/** Most characters of an update. */
export const INCIDENT_TEXT_MAX = 4_000;
/** Most characters of a post-mortem. */
export const POSTMORTEM_TEXT_MAX = 16_000;

const affectedSchema: z.ZodType<Affected> = z.strictObject({ ref: refSchema, impact: z.enum(AFFECTED_IMPACTS) });
const affectedList: z.ZodType<readonly Affected[]> = z
  .array(affectedSchema)
  .max(INCIDENT_AFFECTED_MAX)
  .refine((list) => new Set(list.map(({ ref }) => ref)).size === list.length, {
    error: 'expected each record once',
  });

const patchShape: InputShape<IncidentPatch> = {
  title: named(200).optional(),
  impact: z.enum(INCIDENT_IMPACTS).optional(),
  affected: affectedList.optional(),
  startedAt: instant.optional(),
  assignee: words(256).nullish(),
  labels: labelsSchema.optional(),
};
/** What may be changed of an incident: the body of a patch. */
export const incidentPatchSchema: z.ZodType<IncidentPatch> = z.strictObject(patchShape);

const createShape: InputShape<IncidentCreate> = {
  ...patchShape,
  id: idSchema.optional(),
  title: named(200),
  text: prose(INCIDENT_TEXT_MAX).optional(),
  phase: z.enum(INCIDENT_PHASES).optional(),
  alerts: z.array(idSchema).max(INCIDENT_ALERTS_MAX).optional(),
  isPublished: z.boolean().optional(),
};
/** What makes an incident: the body of a create. */
export const incidentCreateSchema: z.ZodType<IncidentCreate> = z.strictObject(createShape);

const updateSchema: z.ZodType<IncidentUpdate> = z.object({
  id: z.string(),
  at: instant,
  by: z.string(),
  phase: z.enum(INCIDENT_PHASES),
  text: z.string(),
  isPublic: z.boolean(),
});

const shape: Shape<Incident> = {
  ...envelopeShape,
  title: z.string(),
  phase: z.enum(INCIDENT_PHASES),
  impact: z.enum(INCIDENT_IMPACTS),
  affected: z.array(affectedSchema),
  isEdited: z.boolean(),
  alerts: z.array(z.string()),
  updates: z.array(updateSchema),
  isPublished: z.boolean(),
  publishedAt: instant.nullable(),
  drafted: z.enum(['alert', 'person']),
  cause: z.string(),
  startedAt: instant,
  resolvedAt: instant.nullable(),
  postmortem: z.object({ text: z.string(), by: z.string(), at: instant, publishedAt: instant.nullable() }).nullable(),
  assignee: z.string().nullable(),
  by: z.string(),
  nextAt: instant.nullable(),
};

/** Every field of an incident, as a schema. */
export const incidentRow: z.ZodType<Incident> = z.object(shape);

export const incidents: Collection = describeCollection({
  name: 'incidents',
  kind: 'plain',
  row: incidentRow,
  create: incidentCreateSchema,
  patch: incidentPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate' },
  owns: { api: ['title', 'impact', 'affected', 'startedAt', 'assignee', 'labels'], report: [] },
});
