/**
 * Channels: where notices go outside. Settings are readable by administrators; secrets are written, stored encrypted
 * apart from the record, and never returned: a channel shows their names.
 */
import { refuse, ok, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { z } from 'zod';
import { CHANNEL_KINDS, channelKinds, type ChannelKind } from '../channel-kind.ts';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { explain } from '../explain.ts';
import type { InputShape } from '../report.ts';
import {
  count,
  envelopeShape,
  idSchema,
  instant,
  keySchema,
  labelsSchema,
  named,
  plainObject,
  type Shape,
} from '../schema.ts';
import { secret } from '../secret.ts';

/** A way to tell people or programs outside. */
export interface Channel extends Envelope {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly isEnabled: boolean;
  /** Per kind (`channelKinds`), without secrets. */
  readonly settings: JsonObject;
  /** Names of the secrets that are set. */
  readonly secrets: readonly string[];
  /** What is more than this becomes one summary. */
  readonly rate: ChannelRate;
  /** The newest attempt to send. */
  readonly last: ChannelLast | null;
  /** Attempts that failed since the last one that did not. */
  readonly failures: number;
}

/** How much a channel may send before what is more becomes one summary. */
export interface ChannelRate {
  readonly perMinute: number;
  readonly burst: number;
  readonly [f: string]: Json;
}

export interface ChannelRateInput {
  readonly perMinute?: number | undefined;
  readonly burst?: number | undefined;
}

/** The newest attempt of a channel. */
export interface ChannelLast {
  readonly at: number;
  readonly ok: boolean;
  readonly text: string;
  readonly [f: string]: Json;
}

/** Body of `POST /v1/channels`. */
export interface ChannelCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly isEnabled?: boolean | undefined;
  readonly settings: object;
  readonly secrets: Readonly<Record<string, string>>;
  readonly rate?: ChannelRateInput | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/channels/<id>`. Settings and secrets that are not named stay; a secret of null is taken away. */
export interface ChannelPatch {
  readonly name?: string | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly settings?: JsonObject | undefined;
  readonly secrets?: Readonly<Record<string, string | null>> | undefined;
  readonly rate?: ChannelRateInput | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What a channel may send unless it says else. */
export const channelRateDefault: ChannelRate = { perMinute: 30, burst: 10 };

/** A channel's whole settings as its kind reads them: defaults filled in, unknown ones refused. */
export function readChannelSettings(kind: ChannelKind, raw: JsonObject): Result<JsonObject> {
  const parsed = channelKinds[kind].settings.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw).replaceAll(/(^|; )/g, '$1settings.'));
  return ok(parsed.data);
}

/** The secrets of a channel after a change: those it has, what was set, without what was taken away. */
export function readChannelSecrets(
  kind: ChannelKind,
  known: readonly string[],
  given: Readonly<Record<string, string | null>>,
): Result<readonly string[]> {
  const shapes = channelKinds[kind].secrets;
  const names = new Set(known);
  for (const [name, value] of Object.entries(given)) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (shape === undefined) {
      const expected = Object.keys(shapes).join(', ') || 'none';
      return refuse('bad_field', `secrets: ${kind} has no secret of that name, expected ${expected}`);
    }
    if (value === null) {
      names.delete(name);
      continue;
    }
    const read = shape.value.safeParse(value);
    // Never the value itself, not even a part of it.
    if (!read.success) return refuse('bad_field', `secrets.${name}: ${read.error.issues[0]?.message ?? 'not valid'}`);
    names.add(name);
  }
  const missing = Object.keys(shapes).filter((name) => shapes[name]?.isRequired === true && !names.has(name));
  if (missing.length > 0) {
    return refuse(
      'bad_field',
      `secrets.${missing.join(', secrets.')}: found nothing, expected a value; ${kind} cannot send without`,
    );
  }
  return ok([...names].sort());
}

const rateShape = {
  perMinute: z.int().min(1).max(600),
  burst: z.int().min(1).max(100),
};
const rateInput: z.ZodType<ChannelRateInput> = z.strictObject({
  perMinute: rateShape.perMinute.optional(),
  burst: rateShape.burst.optional(),
});
const secretValues = secret(z.record(keySchema, z.string().max(4096)));

const common = {
  id: idSchema.optional(),
  name: named(200),
  isEnabled: z.boolean().optional(),
  rate: rateInput.optional(),
  labels: labelsSchema.optional(),
};

const [first, ...others] = CHANNEL_KINDS.map((kind) =>
  z.strictObject({
    ...common,
    kind: z.literal(kind),
    settings: channelKinds[kind].settings,
    secrets: secretValues.default({}),
  }),
);

/** One shape per kind, told apart by `kind`. */
export const channelCreateSchema: z.ZodType<ChannelCreate> =
  first === undefined ? z.never() : z.discriminatedUnion('kind', [first, ...others]);

const patchShape: InputShape<ChannelPatch> = {
  name: named(200).optional(),
  isEnabled: z.boolean().optional(),
  settings: plainObject.optional(),
  secrets: secret(z.record(keySchema, z.string().max(4096).nullable())).optional(),
  rate: rateInput.optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of a channel: the body of a patch. */
export const channelPatchSchema: z.ZodType<ChannelPatch> = z.strictObject(patchShape);

const shape: Shape<Channel> = {
  ...envelopeShape,
  name: z.string(),
  kind: z.enum(CHANNEL_KINDS),
  isEnabled: z.boolean(),
  settings: z.record(z.string(), z.json()),
  secrets: z.array(z.string()),
  rate: z.object(rateShape),
  last: z.object({ at: instant, ok: z.boolean(), text: z.string() }).nullable(),
  failures: count,
};

/** Every field of a channel, as a schema. */
export const channelRow: z.ZodType<Channel> = z.object(shape);

export const channels: Collection = describeCollection({
  name: 'channels',
  kind: 'plain',
  row: channelRow,
  create: channelCreateSchema,
  patch: channelPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'admin', write: 'admin' },
  owns: { api: Object.keys(patchShape), report: [] },
});
