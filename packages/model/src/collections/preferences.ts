/**
 * Preferences: what a person wants to be told, how loudly and when, and how their screens look. A person who never said anything has no record,
 * and the defaults hold.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { count, envelopeShape, instant, labelsSchema, type Shape } from '../schema.ts';
import { NOTIFICATION_TYPES, type NotificationType } from '../notification-type.ts';
import { PRIORITIES, type Priority } from '../priority.ts';
import type { Look, LookInput } from '../look.ts';
import { lookInput, lookRow, zoneSchema } from './look.ts';

/** By which ways one type of notification reaches the person, and from which priority on. */
export interface Ways {
  readonly inbox: boolean;
  readonly push: boolean;
  readonly sound: boolean;
  readonly email: boolean;
  readonly minPriority: Priority;
  readonly [field: string]: boolean | Priority;
}

/** Hours without sound, push and e-mail. The inbox fills all the same. */
export interface PersonalQuiet {
  /** 0 is Sunday: days on which the quiet begins. */
  readonly days: readonly number[];
  /** `22:00`, in the zone. */
  readonly from: string;
  /** `07:00`; not after `from`: on the next day. */
  readonly to: string;
  /** `Europe/Berlin`. */
  readonly zone: string;
  /** Urgent ones are heard all the same. */
  readonly bypassUrgent: boolean;
  readonly [field: string]: readonly number[] | string | boolean;
}

/** A browser that takes pushes. Its address and keys are kept apart and never shown. */
export interface PushDevice {
  readonly id: string;
  readonly name: string;
  /** The push service: `fcm.googleapis.com`. */
  readonly host: string;
  readonly at: number;
  readonly [field: string]: string | number;
}

/** What one person wants. */
export interface Preferences extends Envelope {
  readonly person: string;
  readonly types: Readonly<Record<NotificationType, Ways>>;
  readonly quiet: PersonalQuiet | null;
  /** Beyond so many an hour the rest becomes one summary. */
  readonly throttle: { readonly perHour: number; readonly [field: string]: number };
  readonly push: readonly PushDevice[];
  /** Null, and absent in records of earlier releases: never said, so that each browser goes by what it kept. */
  readonly look: Look | null;
}

type WaysInput = { readonly [K in 'email' | 'inbox' | 'push' | 'sound']?: boolean | undefined } & {
  readonly minPriority?: Priority | undefined;
};

/** Body of `POST /v1/preferences`: the caller's own. */
export interface PreferencesCreate {
  readonly types?: { readonly [T in NotificationType]?: WaysInput | undefined } | undefined;
  readonly quiet?: PersonalQuiet | null | undefined;
  readonly throttle?: { readonly perHour: number } | undefined;
  readonly look?: LookInput | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/preferences/<id>`. What is left out of a type, or of the look, keeps its value. */
export type PreferencesPatch = PreferencesCreate;

const ways = (inbox: boolean, push: boolean, sound: boolean, minPriority: Priority): Ways =>
  Object.freeze({ inbox, push, sound, email: false, minPriority });

/** For a person who never set any: heard are alerts and incidents, pushed what is pressing, nothing is mailed. */
export const preferenceDefaults: Pick<Preferences, 'quiet' | 'throttle' | 'types'> = Object.freeze({
  types: Object.freeze({
    alert: ways(true, true, true, 'normal'),
    recovery: ways(true, true, false, 'normal'),
    incident: ways(true, true, true, 'low'),
    maintenance: ways(true, false, false, 'normal'),
    job: ways(true, false, false, 'low'),
    message: ways(true, true, true, 'low'),
    system: ways(true, false, false, 'low'),
  }),
  quiet: null,
  throttle: Object.freeze({ perHour: 60 }),
});

const waysShape: InputShape<WaysInput> = {
  inbox: z.boolean().optional(),
  push: z.boolean().optional(),
  sound: z.boolean().optional(),
  email: z.boolean().optional(),
  minPriority: z.enum(PRIORITIES).optional(),
};
const waysInput: z.ZodType<WaysInput> = z.strictObject(waysShape);

const timeOfDay: z.ZodType<string> = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of day such as 22:00' });

const quietSchema: z.ZodType<PersonalQuiet> = z.strictObject({
  days: z.array(z.int().min(0).max(6)).max(7),
  from: timeOfDay,
  to: timeOfDay,
  zone: zoneSchema,
  bypassUrgent: z.boolean(),
});

const throttleSchema: z.ZodType<{ readonly perHour: number }> = z.strictObject({
  perHour: z.int().min(1).max(1_000),
});

const createShape: InputShape<PreferencesCreate> = {
  types: z.partialRecord(z.enum(NOTIFICATION_TYPES), waysInput).optional(),
  quiet: quietSchema.nullish(),
  throttle: throttleSchema.optional(),
  look: lookInput.optional(),
  labels: labelsSchema.optional(),
};
/** What makes a person's preferences: the body of a create. */
export const preferencesCreateSchema: z.ZodType<PreferencesCreate> = z.strictObject(createShape);

const waysRow: z.ZodType<Ways> = z.object({
  inbox: z.boolean(),
  push: z.boolean(),
  sound: z.boolean(),
  email: z.boolean(),
  minPriority: z.enum(PRIORITIES),
});

const shape: Shape<Preferences> = {
  ...envelopeShape,
  person: z.string(),
  types: z.record(z.enum(NOTIFICATION_TYPES), waysRow),
  quiet: quietSchema.nullable(),
  throttle: z.object({ perHour: count }),
  push: z.array(z.object({ id: z.string(), name: z.string(), host: z.string(), at: instant })),
  look: lookRow.nullable(),
};

/** Every field of a person's preferences, as a schema. */
export const preferencesRow: z.ZodType<Preferences> = z.object(shape);

export const preferences: Collection = describeCollection({
  name: 'preferences',
  kind: 'plain',
  row: preferencesRow,
  create: preferencesCreateSchema,
  patch: preferencesCreateSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'read', own: 'person' },
  owns: { api: ['types', 'quiet', 'throttle', 'look', 'labels'], report: [] },
});
