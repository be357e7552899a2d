/**
 * Dismissals: what one reader did with one message. A receipt is made when the message is shown to them, and goes with the
 * message, or some days after its end.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { envelopeShape, idSchema, instant, words, type Shape } from '../schema.ts';

/** One reader's receipt of one message. Nobody else sees it. */
export interface Dismissal extends Envelope {
  /** Id of the person, key, or `<issuer>|<sub>` of the token. */
  readonly person: string;
  /** Where many readers come with one key: which of their devices. Empty for people and tokens. */
  readonly device: string;
  readonly message: string;
  readonly shownAt: number;
  readonly clickedAt: number | null;
  readonly dismissedAt: number | null;
}

/** A device as readers name it: by chance, once, kept by the browser. */
export const deviceSchema: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, { error: 'expected 8 to 64 characters of A-Z a-z 0-9 _ -' });

const shape: Shape<Dismissal> = {
  ...envelopeShape,
  person: words(256),
  device: z.string(),
  message: idSchema,
  shownAt: instant,
  clickedAt: instant.nullable(),
  dismissedAt: instant.nullable(),
};

/** Every field of a dismissal, as a schema. */
export const dismissalRow: z.ZodType<Dismissal> = z.object(shape);

const derived = z.never({
  error: 'dismissals are written by the commands seen, click and dismiss of a message; call those',
});

export const dismissals: Collection = describeCollection({
  name: 'dismissals',
  kind: 'plain',
  row: dismissalRow,
  create: derived,
  patch: derived,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'read', own: 'person' },
  owns: { api: [], report: [] },
});
