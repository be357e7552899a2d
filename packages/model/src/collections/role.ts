/**
 * Roles that an organization makes for itself: a name and a list of permissions. The ones that everybody has (owner,
 * admin, operator, viewer) are no records: nobody edits them.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { isPermission, PERMISSIONS_MAX } from '../permission.ts';
import type { InputShape } from '../report.ts';
import { envelopeShape, idSchema, labelsSchema, named, prose, type Shape } from '../schema.ts';

/** A role of an organization's own. */
export interface Role extends Envelope {
  readonly name: string;
  readonly description: string;
  /** `<collection or area>:<operation>` each; `*` is any. */
  readonly permissions: readonly string[];
}

/** Body of `POST /v1/roles`. */
export interface RoleCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly description?: string | undefined;
  readonly permissions: readonly string[];
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/roles/<id>`. */
export type RolePatch = { readonly [K in Exclude<keyof RoleCreate, 'id'>]?: RoleCreate[K] | undefined };

const permissions: z.ZodType<readonly string[]> = z
  .array(
    z.string().refine(isPermission, {
      error: 'expected <collection or area>:<operation>, for example alerts:acknowledge or services:*',
    }),
  )
  .max(PERMISSIONS_MAX)
  .transform((texts) => [...new Set(texts)].sort());

const shape: Shape<Role> = {
  ...envelopeShape,
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.string()),
};

/** Every field of a role, as a schema. */
export const roleRow: z.ZodType<Role> = z.object(shape);

const patchShape: InputShape<RolePatch> = {
  name: named(100).optional(),
  description: prose(500).optional(),
  permissions: permissions.optional(),
  labels: labelsSchema.optional(),
};

const createShape: InputShape<RoleCreate> = { ...patchShape, id: idSchema.optional(), name: named(100), permissions };

/** What makes a role: the body of a create. */
export const roleCreateSchema: z.ZodType<RoleCreate> = z.strictObject(createShape);

/** What may be changed of a role: the body of a patch. */
export const rolePatchSchema: z.ZodType<RolePatch> = z.strictObject(patchShape);

export const roles: Collection = describeCollection({
  name: 'roles',
  kind: 'plain',
  row: roleRow,
  create: roleCreateSchema,
  patch: rolePatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'admin', write: 'admin' },
  owns: { api: ['name', 'description', 'permissions', 'labels'], report: [] },
});
