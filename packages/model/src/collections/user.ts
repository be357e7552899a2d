/**
 * Users: people of the platform that is watched over, most of them of some customer. Not those who sign in to Statewire:
 * these are `members`.
 */
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import {
  attributesSchema,
  envelopeShape,
  idSchema,
  instant,
  labelsSchema,
  named,
  prose,
  tagsSchema,
  words,
  type Shape,
} from '../schema.ts';

/** Where a user stands. */
export type UserStatus = 'active' | 'invited' | 'suspended' | 'deactivated';

/** Every word for where a user stands. */
export const USER_STATUSES: readonly UserStatus[] = ['active', 'invited', 'suspended', 'deactivated'];

/** A user of the platform. */
export interface User extends Envelope {
  readonly name: string;
  readonly email: string;
  readonly status: UserStatus;
  /** Id of the customer whose user it is, or null. */
  readonly customer: string | null;
  /** What the user is there, in the platform's own words. */
  readonly role: string;
  readonly lastSeenAt: number | null;
  readonly notes: string;
  readonly tags: readonly string[];
  /** Its id in another system; a file that is imported finds it by this. */
  readonly externalId: string | null;
  /** Fields of the app; at most 8 KiB as text. */
  readonly attributes: JsonObject;
}

/** Body of `POST /v1/users`. */
export interface UserCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly email?: string | undefined;
  readonly status?: UserStatus | undefined;
  readonly customer?: string | null | undefined;
  readonly role?: string | undefined;
  readonly lastSeenAt?: number | null | undefined;
  readonly notes?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly externalId?: string | null | undefined;
  readonly attributes?: JsonObject | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/users/<id>`. */
export type UserPatch = { readonly [K in keyof Omit<UserCreate, 'id'>]?: UserCreate[K] | undefined };

const status: z.ZodType<UserStatus> = z.enum(['active', 'invited', 'suspended', 'deactivated']);

const patchShape: InputShape<UserPatch> = {
  name: named(200).optional(),
  email: words(320).optional(),
  status: status.optional(),
  customer: idSchema.nullish(),
  role: words(64).optional(),
  lastSeenAt: instant.nullish(),
  notes: prose(4_000).optional(),
  tags: tagsSchema.optional(),
  externalId: words(200).nullish(),
  attributes: attributesSchema.optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of a user: the body of a patch. */
export const userPatchSchema: z.ZodType<UserPatch> = z.strictObject(patchShape);

const createShape: InputShape<UserCreate> = { ...patchShape, id: idSchema.optional(), name: named(200) };

/** What makes a user: the body of a create. */
export const userCreateSchema: z.ZodType<UserCreate> = z.strictObject(createShape);

const shape: Shape<User> = {
  ...envelopeShape,
  name: z.string(),
  email: z.string(),
  status,
  customer: z.string().nullable(),
  role: z.string(),
  lastSeenAt: instant.nullable(),
  notes: z.string(),
  tags: z.array(z.string()),
  externalId: z.string().nullable(),
  attributes: attributesSchema,
};

/** Every field of a user, as a schema. */
export const userRow: z.ZodType<User> = z.object(shape);

export const users: Collection = describeCollection({
  name: 'users',
  kind: 'plain',
  row: userRow,
  create: userCreateSchema,
  patch: userPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate' },
  // Records that an app wrote under this name, before the server had such a collection.
  defaults: { status: 'active', email: '', role: '', notes: '', tags: [], attributes: {} },
  owns: { api: Object.keys(patchShape), report: [] },
});
