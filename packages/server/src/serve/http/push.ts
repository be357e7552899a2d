import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

const deviceSchema = z
  .object({ id: z.string(), name: z.string(), host: z.string(), at: z.int() })
  .meta({ id: 'PushDevice', description: 'A browser that takes pushes; its address and keys are never shown' });

const subscriptionSchema = z.strictObject({
  endpoint: z.string().max(2_048).refine(isPushAddress, { error: 'expected the https address of a push service' }),
  expirationTime: z.number().nullish(),
  keys: z.strictObject({ p256dh: base64(65), auth: base64(16) }),
  name: z
    .string()
    .max(100)
    .regex(/^\P{Cc}*$/u, 'text without control characters')
    .default(''),
});

/** Web Push for the person who calls: the key to subscribe with, and their own browsers. */
export function pushRoutes({ push }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/push/key',
      access: 'preferences:read',
      tag: 'push',
      summary: 'The key that browsers subscribe with (VAPID public key)',
      answers: {
        ...answersOf('not_found'),
        200: {
          description: 'Base64url, as `applicationServerKey` takes it',
          schema: z.object({ publicKey: z.string() }),
        },
      },
      handle: ({ principal }) => {
        const key = push.key(principal.org);
        if (key === null) {
          throw new RefusedError({
            code: 'not_found',
            message: 'there is no enabled channel of kind webpush; an admin makes one with POST /v1/channels',
          });
        }
        return json({ publicKey: key.publicKey });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/push/subscriptions',
      access: 'preferences:change',
      tag: 'push',
      summary: 'Takes a browser of yours; the same one again is one device',
      body: subscriptionSchema,
      answers: {
        ...answersOf('bad_field', 'too_large'),
        201: { description: 'The device', schema: deviceSchema },
      },
      handle: async ({ principal, body: { endpoint, keys, name } }) =>
        json(must(await push.subscribe(principal, { endpoint, keys, name })).value, { status: 201 }),
    }),
    route({
      method: 'DELETE',
      path: '/v1/push/subscriptions/{id}',
      access: 'preferences:change',
      tag: 'push',
      summary: 'Forgets a browser of yours',
      answers: {
        ...answersOf('not_found'),
        200: { description: 'It is forgotten', schema: z.object({ id: z.string() }) },
      },
      handle: async ({ principal, params }) =>
        json(must(await push.unsubscribe(principal.org, principal.id, params['id'] ?? '')).value),
    }),
  ];
}

function isPushAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname } = new URL(text);
  return protocol === 'https:' && username === '' && password === '' && hostname !== '';
}

/** So many bytes in base64url, with or without padding. */
function base64(bytes: number): z.ZodType<string> {
  const length = Math.ceil((bytes * 4) / 3);
  return z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${length}}={0,2}$`, 'u'), `expected ${bytes} bytes in base64url`);
}
