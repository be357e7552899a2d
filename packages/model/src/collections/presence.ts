/** Presences: who is here, and where. A record lives as long as a connection says so; the server makes and removes it. */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { envelopeShape, instant, words, type Shape } from '../schema.ts';

/** How somebody is here: at work, or only with the page open. */
export type PresenceState = 'active' | 'idle';

/** Somebody at one place. Several pages or programs of one caller at one place are one record. */
export interface Presence extends Envelope {
  /** The caller's id: of a person, a key, or `<issuer>|<sub>` of a token. */
  readonly who: string;
  readonly name: string;
  readonly kind: 'key' | 'token' | 'user';
  /** A page or a record, in the app's own words: `customers/42`. Empty: nowhere in particular. */
  readonly at: string;
  /** `active` where one of their pages is. */
  readonly state: PresenceState;
  readonly since: number;
}

/** The place of a presence, as callers name it. */
export const placeSchema: z.ZodType<string> = words(200);

/** How somebody is here, as callers say it. */
export const presenceStateSchema: z.ZodType<PresenceState> = z.enum(['active', 'idle']);

const shape: Shape<Presence> = {
  ...envelopeShape,
  who: z.string(),
  name: z.string(),
  kind: z.enum(['key', 'token', 'user']),
  at: placeSchema,
  state: presenceStateSchema,
  since: instant,
};

/** Every field of a presence, as a schema. */
export const presenceRow: z.ZodType<Presence> = z.object(shape);

const derived = z.never({ error: 'presences are of whoever is connected; nobody writes them' });

export const presences: Collection = describeCollection({
  name: 'presences',
  kind: 'plain',
  row: presenceRow,
  create: derived,
  patch: derived,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin' },
  owns: { api: [], report: [] },
});
