/**
 * Customers: whom the things that are watched are for. What people say of one is theirs; how many users, services, alerts
 * and messages it has is worked out by the server (joints/customers.ts).
 */
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import {
  attributesSchema,
  count,
  envelopeShape,
  idSchema,
  labelsSchema,
  named,
  prose,
  tagsSchema,
  words,
  type Shape,
} from '../schema.ts';
import { STATUSES, type Status } from '../status.ts';

/** Where a customer stands. */
export type CustomerStatus = 'active' | 'trial' | 'suspended' | 'churned';

/** Every word for where a customer stands. */
export const CUSTOMER_STATUSES: readonly CustomerStatus[] = ['active', 'trial', 'suspended', 'churned'];

/** A customer of the platform. */
export interface Customer extends Envelope {
  readonly name: string;
  readonly status: CustomerStatus;
  readonly plan: string;
  readonly email: string;
  readonly notes: string;
  readonly tags: readonly string[];
  /** Who looks after it, in the organization's own words. */
  readonly owner: string | null;
  /** Its id in another system; a file that is imported finds it by this. */
  readonly externalId: string | null;
  /** Fields of the app; at most 8 KiB as text. */
  readonly attributes: JsonObject;
  /** How many users name it. */
  readonly users: number;
  /** Services labelled `customer: <id>`. */
  readonly services: number;
  /** The worst status among them; null without any. */
  readonly worst: Status | null;
  /** Alerts of it that are open: of its services, or labelled with it themselves. */
  readonly openAlerts: number;
  /** Messages that are active and meant for it by name. */
  readonly messages: number;
}

/** Body of `POST /v1/customers`. */
export interface CustomerCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly status?: CustomerStatus | undefined;
  readonly plan?: string | undefined;
  readonly email?: string | undefined;
  readonly notes?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly owner?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly attributes?: JsonObject | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/customers/<id>`. */
export type CustomerPatch = { readonly [K in keyof Omit<CustomerCreate, 'id'>]?: CustomerCreate[K] | undefined };

const status: z.ZodType<CustomerStatus> = z.enum(['active', 'trial', 'suspended', 'churned']);

const patchShape: InputShape<CustomerPatch> = {
  name: named(200).optional(),
  status: status.optional(),
  plan: words(64).optional(),
  email: words(320).optional(),
  notes: prose(4_000).optional(),
  tags: tagsSchema.optional(),
  owner: words(128).nullish(),
  externalId: words(200).nullish(),
  attributes: attributesSchema.optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of a customer: the body of a patch. */
export const customerPatchSchema: z.ZodType<CustomerPatch> = z.strictObject(patchShape);

const createShape: InputShape<CustomerCreate> = { ...patchShape, id: idSchema.optional(), name: named(200) };

/** What makes a customer: the body of a create. */
export const customerCreateSchema: z.ZodType<CustomerCreate> = z.strictObject(createShape);

const shape: Shape<Customer> = {
  ...envelopeShape,
  name: z.string(),
  status,
  plan: z.string(),
  email: z.string(),
  notes: z.string(),
  tags: z.array(z.string()),
  owner: z.string().nullable(),
  externalId: z.string().nullable(),
  attributes: attributesSchema,
  users: count,
  services: count,
  worst: z.enum(STATUSES).nullable(),
  openAlerts: count,
  messages: count,
};

/** Every field of a customer, as a schema. */
export const customerRow: z.ZodType<Customer> = z.object(shape);

export const customers: Collection = describeCollection({
  name: 'customers',
  kind: 'plain',
  row: customerRow,
  create: customerCreateSchema,
  patch: customerPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate' },
  // Records that an app wrote under this name, before the server had such a collection.
  defaults: {
    status: 'active',
    plan: '',
    email: '',
    notes: '',
    tags: [],
    attributes: {},
    users: 0,
    services: 0,
    openAlerts: 0,
    messages: 0,
  },
  owns: { api: Object.keys(patchShape), report: [] },
});
