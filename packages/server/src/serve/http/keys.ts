import { isPermission, PERMISSIONS_MAX } from '@statewire/model';
import { z } from 'zod';
import type { ApiKey } from '../auth/api-key.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';
import { standingThere } from './standing-there.ts';

const scope = z.enum(['read', 'report', 'admin']);

const permissions = z
  .array(
    z.string().refine(isPermission, 'a permission: <collection or area>:<operation>, like services:read or alerts:*'),
  )
  .min(1)
  .max(PERMISSIONS_MAX);

const keySchema = z
  .object({
    id: z.string(),
    org: z.string(),
    name: z.string(),
    scope: scope.nullable().meta({ description: 'Null: it has `permissions` instead' }),
    permissions: z.array(z.string()).nullable().meta({ description: 'Null: it has a `scope` instead' }),
    answersTo: z
      .string()
      .nullable()
      .meta({ description: 'The person whose own permissions are the most it has; null: it stands by itself' }),
    holds: z.enum(['all', 'some', 'none']).meta({ description: 'How much of what it was given it has now' }),
    hint: z.string().meta({ description: 'The first characters of the key' }),
    createdAt: z.int(),
    createdBy: z.string(),
    expiresAt: z.int().nullable(),
    lastUsedAt: z.int().nullable(),
  })
  .meta({ id: 'ApiKey' });

const createSchema = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(128)
      .regex(/^\P{Cc}*$/u, 'text without control characters'),
    scope: scope.optional(),
    permissions: permissions.optional().meta({ description: 'Instead of a scope: what it may, one by one' }),
    expiresInMs: z
      .int()
      .min(60_000)
      .max(315_360_000_000)
      .optional()
      .meta({ description: 'The key ends by itself after this long; absent: never' }),
    org: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, '1 to 63 of a-z 0-9 _ -')
      .optional()
      .meta({ description: 'Another organization than your own; for operators of this instance' }),
  })
  .refine((body) => (body.scope === undefined) !== (body.permissions === undefined), {
    path: ['scope'],
    message: 'either a scope or permissions, and not both',
  });

/** API keys of an organization. The key itself is in the answer to its creation and nowhere else. */
export function keyRoutes(deps: HttpDeps): readonly Route[] {
  const { keys, clock, log, mayGrant } = deps;
  const shown = (key: ApiKey): ApiKey & { readonly holds: string } => ({ ...key, holds: keys.extentOf(key) });
  return [
    route({
      method: 'GET',
      path: '/v1/keys',
      access: 'keys:read',
      tag: 'keys',
      summary: 'Lists API keys, newest first',
      answers: {
        200: { description: 'The keys, without their secrets', schema: z.object({ keys: z.array(keySchema) }) },
      },
      handle: ({ principal }) => json({ keys: keys.list(principal.org).map(shown) }),
    }),
    route({
      method: 'POST',
      path: '/v1/keys',
      access: 'keys:create',
      tag: 'keys',
      summary: 'Makes an API key',
      body: createSchema,
      answers: {
        ...answersOf('bad_field', 'forbidden', 'too_large'),
        201: {
          description: 'The key; `secret` is shown only here',
          schema: z.object({ key: keySchema, secret: z.string() }),
        },
      },
      handle: async ({ principal: caller, body }) => {
        const org = body.org ?? caller.org;
        if (org !== caller.org && !caller.isOperator)
          throw new RefusedError({
            code: 'forbidden',
            message: 'keys of another organization are made by operators of this instance',
            do: 'leave `org` out',
          });
        // What somebody may give away is what they hold there, not where they are now.
        const principal = org === caller.org ? caller : standingThere(deps, caller, { org, permission: 'keys:create' });
        must(mayGrant(principal, body));
        const expiresAt = body.expiresInMs === undefined ? null : clock.now() + body.expiresInMs;
        const made = must(
          await keys.create(principal, {
            org,
            name: body.name,
            scope: body.scope,
            permissions: body.permissions,
            expiresAt,
          }),
        );
        log.info({ by: principal.id, keyId: made.key.id, scope: made.key.scope, keyOrg: org }, 'API key made');
        return json(
          { ...made, key: shown(made.key) },
          { status: 201, headers: { location: `/v1/keys/${made.key.id}` } },
        );
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/keys/{id}',
      access: 'keys:delete',
      tag: 'keys',
      summary: 'Revokes an API key at once; live connections that use it are closed',
      answers: {
        ...answersOf('not_found'),
        200: { description: 'It counts no more', schema: z.object({ id: z.string(), revoked: z.literal(true) }) },
      },
      handle: async ({ principal, params }) => {
        const key = must(await keys.revoke(principal, principal.org, params['id'] ?? ''));
        log.info({ by: principal.id, keyId: key.id }, 'API key revoked');
        return json({ id: key.id, revoked: true });
      },
    }),
  ];
}
