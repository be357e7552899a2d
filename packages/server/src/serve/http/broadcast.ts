import { isJsonObject, refuse, type JsonObject } from '@statewire/protocol';
import type { Context } from 'hono';
import { z } from 'zod';
import type { Principal } from '../../lib/principal.ts';
import { ttlOf } from '../dialects/supabase/channel.ts';
import { REALTIME_PATH } from '../dialects/supabase/topics.ts';
import { isName, TOPIC_BYTES_MAX } from '../dialects/supabase/wire.ts';
import { assertMediaType, parseJson, readBytes, readJson, textOf, tooLarge, JSON_TYPE } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError, refusalOf, type Refusal } from './problem.ts';
import type { Rates } from './rate.ts';
import { bearerOf, must, openRoute, rawHeadersOf, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/**
 * Saying something in a topic without joining it, as Supabase's clients do it. Their credential is a header of their own, or
 * stands in the address, so it is looked for here and not at the guard.
 */
export function broadcastRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { limits, topics } = deps;
  const accepted = {
    ...answersOf(
      'auth_required',
      'auth_invalid',
      'forbidden',
      'bad_field',
      'bad_request',
      'too_large',
      'rate_limited',
      'overloaded',
      'unavailable',
    ),
    202: { description: 'Said to whoever is in the topic' },
  };
  const shown = {
    refusal,
    method: 'POST',
    access: 'live',
    tag: 'realtime',
    query: querySchema,
    answers: accepted,
  } as const;
  return [
    openRoute({
      ...shown,
      path: `${REALTIME_PATH}/api/broadcast`,
      raw: ['application/json'],
      summary: 'Says something in topics of Supabase clients',
      handle: async ({ context, query, ip }) => {
        const principal = await callerOf(deps, rates, { context, query, ip });
        const body = messagesSchema(limits.broadcastsPerRequestMax).safeParse(
          await readJson(context.req.raw, limits, rawHeadersOf(context)),
        );
        if (!body.success) throw new RefusedError(refusalOf(body.error, 'body'));
        const messages = body.data.messages.map(({ topic, event, payload, private: isPrivate }) => ({
          topic: topic.replace(/^realtime:/u, ''),
          event,
          payload: within(payload, limits.messageBytesMax),
          isPrivate,
          ttlMs: null,
        }));
        must(await topics.sayAll(principal, messages));
        return new Response(null, { status: 202 });
      },
    }),
    openRoute({
      ...shown,
      path: `${REALTIME_PATH}/api/broadcast/{topic}/events/{event}`,
      texts: ['topic', 'event'],
      raw: ['application/json', 'application/octet-stream'],
      summary: 'Says one thing in a topic of Supabase clients',
      handle: async ({ context, query, ip, params }) => {
        const principal = await callerOf(deps, rates, { context, query, ip });
        const { topic = '', event = '' } = params;
        if (!isName(topic) || !isName(event)) throw new RefusedError(unnamed);
        const bytes = await readBytes(context.req.raw, limits.messageBytesMax);
        const isRaw = /^application\/octet-stream$/iu.test(context.req.header('content-type') ?? '');
        if (!isRaw) assertMediaType(context.req.raw, rawHeadersOf(context), JSON_TYPE, 'application/json');
        const payload = isRaw ? bytes : parseJson(textOf(bytes), limits.jsonDepthMax);
        if (!(payload instanceof Uint8Array) && !isJsonObject(payload))
          throw new RefusedError(refuse('bad_request', 'the payload is no object'));
        const ttl = query['persist[ttl]'];
        const persist = ttl === undefined ? query.persist === 'true' : { ttl };
        const isPrivate = query.private === 'true';
        if (ttlOf(persist) !== null && !isPrivate)
          throw new RefusedError(refuse('bad_request', 'only what is said in private topics is kept'));
        must(await topics.sayAll(principal, [{ topic, event, payload, isPrivate, ttlMs: ttlOf(persist) }]));
        return new Response(null, { status: 202 });
      },
    }),
  ];
}

/** These clients show people `error` or `message`. */
function refusal(answer: Response, { code, message, extra }: Refusal): Response {
  const { status, headers } = answer;
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify({ code, error: message, message, ...extra }), { status, headers });
}

const querySchema = z.object({
  apikey: z.string().max(8_192).optional(),
  private: z.enum(['true', 'false']).optional(),
  persist: z.enum(['true', 'false']).optional(),
  'persist[ttl]': z
    .string()
    .regex(/^\d{1,9}$/u, 'seconds')
    .transform(Number)
    .optional(),
});

const unnamed = refuse('bad_request', `topic and event have 1 to ${TOPIC_BYTES_MAX} bytes`);

const nameSchema = z.string().refine(isName, `1 to ${TOPIC_BYTES_MAX} bytes`);

function messagesSchema(most: number) {
  return z.object({
    messages: z
      .array(
        z.object({
          topic: nameSchema,
          event: nameSchema,
          payload: z.custom<JsonObject>(isJsonObject, 'an object'),
          private: z
            .boolean()
            .nullish()
            .transform((value) => value ?? false),
        }),
      )
      .min(1)
      .max(most),
  });
}

/** Who calls: by its token, or by the key that these clients always send. */
async function callerOf(
  { authenticate }: HttpDeps,
  rates: Rates,
  {
    context,
    query,
    ip,
  }: { readonly context: Context; readonly query: { readonly apikey?: string | undefined }; readonly ip: string },
): Promise<Principal> {
  // Old releases send the header empty when they have no token.
  const token = context.req.header('authorization') === '' ? null : bearerOf(context);
  const result = await authenticate({ bearer: token ?? (context.req.header('apikey') || query.apikey) ?? null });
  if (!result.ok) {
    await rates.spend('ip', ip);
    throw new RefusedError(result);
  }
  await rates.spend('principal', result.value.id);
  return result.value;
}

function within(payload: JsonObject, bytesMax: number): JsonObject {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > bytesMax) throw tooLarge(`a payload of ${bytes} bytes`, bytesMax);
  return payload;
}
