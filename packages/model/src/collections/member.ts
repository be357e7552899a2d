/**
 * Members: who belongs to the organization, and as what. The id is the account's, so one person is one record in each
 * organization they belong to. What they sign in with is kept elsewhere; a record here is the one truth of what they may.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { envelopeShape, idSchema, instant, labelsSchema, type Shape } from '../schema.ts';

/** Only an active member may do anything. */
export type MemberState = 'active' | 'invited' | 'suspended';

/** Before they came, while they are here, and while they may not. */
export const MEMBER_STATES: readonly MemberState[] = ['invited', 'active', 'suspended'];

/** A person of an organization. */
export interface Member extends Envelope {
  readonly name: string;
  readonly email: string;
  /** `owner`, `admin`, `operator`, `viewer`, or the id of a record of `roles`. */
  readonly role: string;
  readonly state: MemberState;
  /** When they first could act here; null while they are invited only. */
  readonly joinedAt: number | null;
  /** The account that invited them, or null. */
  readonly invitedBy: string | null;
  /** When they were here last, to about ten minutes. */
  readonly lastSeenAt: number | null;
  readonly hasSecondFactor: boolean;
}

/** Body of `PATCH /v1/members/<id>`. */
export interface MemberPatch {
  readonly role?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const shape: Shape<Member> = {
  ...envelopeShape,
  name: z.string(),
  email: z.string(),
  role: z.string(),
  state: z.enum(['active', 'invited', 'suspended']),
  joinedAt: instant.nullable(),
  invitedBy: z.string().nullable(),
  lastSeenAt: instant.nullable(),
  hasSecondFactor: z.boolean(),
};

/** Every field of a member, as a schema. */
export const memberRow: z.ZodType<Member> = z.object(shape);

const patchShape: InputShape<MemberPatch> = { role: idSchema.optional(), labels: labelsSchema.optional() };

/** What may be changed of a member: the body of a patch. */
export const memberPatchSchema: z.ZodType<MemberPatch> = z.strictObject(patchShape);

export const members: Collection = describeCollection({
  name: 'members',
  kind: 'plain',
  row: memberRow,
  create: z.never({ error: 'people join by an invitation: POST /v1/invites' }),
  patch: memberPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'admin', write: 'admin' },
  owns: { api: ['role', 'labels'], report: [] },
});
