/** The events of an app as data: which views its channels are, what is said of their records, what callers may ask for. */
import { z } from 'zod';
import { matchName, placesOf, type Params } from '../pattern.ts';
import { shapeSchema, type Shape } from '../shape.ts';
import { viewSchema, type ViewOf } from '../topics/template.ts';

/** What one event says. */
export interface Said {
  readonly event: string;
  readonly data: Shape;
}

/** All channels of one form: `status`, `service:{id}`. A caller in one of them is told what happens in its view. */
export interface ChannelTemplate {
  readonly name: string;
  /** Events that join and leave, with what stands in the places as arguments. `subscribe` and `unsubscribe` with a channel's name always do. */
  readonly join?: string | undefined;
  readonly leave?: string | undefined;
  /** Everybody is in it from the start: clients that join once, at their start, would not be in it any more after a cut. */
  readonly auto?: boolean | undefined;
  readonly view: ViewOf;
  /** How often at most it is told of one record, ms. */
  readonly intervalMs?: number | undefined;
  /** All of it in one event, as a list: to who joins, and where nothing smaller says the same. */
  readonly list: Said;
  /** One record that changed. */
  readonly change: Said;
  /** A record that came to be there; absent: the whole list. */
  readonly enter?: Said | undefined;
  /** A record that is there no more; absent: the whole list. */
  readonly gone?: Said | undefined;
}

/** An event that is a command or a report; its first argument is the record's id, its second the fields. */
export interface Call {
  readonly event: string;
  readonly collection: string;
  /** A command of the collection, or `report`. */
  readonly command: string;
  readonly fields?: Shape | undefined;
}

export interface Vocabulary {
  readonly channels: readonly ChannelTemplate[];
  readonly calls: readonly Call[];
  /** Told after each connect, and to whoever asks by the same event. */
  readonly status: string;
  readonly error: string;
  /** With a fresh token: keeps the connection beyond the old one's end. */
  readonly renew: string;
}

const event = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^(?!(?:connect|connect_error|disconnect|disconnecting|newListener|removeListener)$)\S+$/u,
    'the name of an event',
  );

const said = z.strictObject({ event, data: shapeSchema });

const channelSchema: z.ZodType<ChannelTemplate> = z
  .strictObject({
    name: z
      .string()
      .max(64)
      .regex(/^(?:[A-Za-z0-9_.:/-]|\{[a-z][A-Za-z0-9]{0,31}\})+$/u, 'a channel such as service:{id}'),
    join: event.optional(),
    leave: event.optional(),
    auto: z.boolean().optional(),
    view: viewSchema,
    intervalMs: z.int().min(0).max(60_000).optional(),
    list: said,
    change: said,
    enter: said.optional(),
    gone: said.optional(),
  })
  .refine(({ auto, name }) => auto !== true || placesOf(name).length === 0, {
    error: 'a name without places: nothing says what would stand in them',
    path: ['auto'],
  });

const callSchema: z.ZodType<Call> = z.strictObject({
  event,
  collection: z.string().min(1).max(64),
  command: z.string().min(1).max(64),
  fields: shapeSchema.optional(),
});

/** What an operator may say of it. */
export interface VocabularyInput {
  readonly channels?: readonly ChannelTemplate[] | undefined;
  readonly calls?: readonly Call[] | undefined;
  readonly status?: string | undefined;
  readonly error?: string | undefined;
  readonly renew?: string | undefined;
}

export const vocabularySchema: z.ZodType<VocabularyInput> = z.strictObject({
  channels: z.array(channelSchema).max(256).optional(),
  calls: z.array(callSchema).max(256).optional(),
  status: event.optional(),
  error: event.optional(),
  renew: event.optional(),
});

/** A channel by its name. */
export function channelOf(
  { channels }: Vocabulary,
  name: string,
): { readonly template: ChannelTemplate; readonly params: Params } | null {
  for (const template of channels) {
    const params = matchName(template.name, name);
    if (params !== null) return { template, params };
  }
  return null;
}

/** The words of the file, and those that are built in where it says nothing. */
export function vocabularyOf(input: VocabularyInput | undefined): Vocabulary {
  const { channels, calls, status, error, renew } = input ?? {};
  return {
    channels: channels ?? PACK.channels,
    calls: calls ?? PACK.calls,
    status: status ?? PACK.status,
    error: error ?? PACK.error,
    renew: renew ?? PACK.renew,
  };
}

const DETAILS: Shape = {
  details: { shape: { name: 'name', reason: 'reason.text', code: 'reason.code', health: 'health', phase: 'phase' } },
};

const SEEN: Shape[string] = {
  when: [{ if: ['null', 'observedAt', false], is: { field: 'observedAt', as: 'iso' } }],
  otherwise: { field: 'updatedAt', as: 'iso' },
};

/** The vocabulary of dashboards that show the state of services. */
export const PACK: Vocabulary = {
  channels: [
    {
      name: 'status',
      join: 'subscribe:status',
      leave: 'unsubscribe:status',
      auto: true,
      view: { collection: 'services' },
      intervalMs: 1_000,
      list: {
        event: 'service:bulk-update',
        data: {
          id: 'id',
          name: 'name',
          type: 'kind',
          status: 'status',
          responseTime: { field: 'latencyMs', optional: true },
          lastCheckAt: SEEN,
          ...DETAILS,
        },
      },
      change: {
        event: 'service:status',
        data: {
          serviceId: 'id',
          status: 'status',
          responseTime: { field: 'latencyMs', optional: true },
          timestamp: SEEN,
          ...DETAILS,
        },
      },
    },
  ],
  calls: [{ event: 'request:refresh', collection: 'services', command: 'refresh' }],
  status: 'connection:status',
  error: 'error',
  renew: 'auth:token',
};
