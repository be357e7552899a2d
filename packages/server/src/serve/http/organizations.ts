import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'text without control characters');

const organizationSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.string().nullable().optional(),
    isCurrent: z.boolean().optional(),
  })
  .meta({ id: 'Organization' });

/** Organizations: which a caller may go into, making one, its name, and going into another with a session. */
export function organizationRoutes({ organizations, accounts, log }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/organizations',
      access: 'any',
      tag: 'organizations',
      summary: 'The organizations that you may go into',
      answers: { 200: { description: 'By id', schema: z.object({ organizations: z.array(organizationSchema) }) } },
      handle: ({ principal }) =>
        json({
          organizations: organizations
            .list(principal)
            .map((each) => ({ ...each, isCurrent: each.id === principal.org })),
        }),
    }),
    route({
      method: 'POST',
      path: '/v1/organizations',
      access: 'any',
      tag: 'organizations',
      summary: 'Makes an organization; for owners and admins of main',
      body: z.strictObject({
        id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, '1 to 63 of a-z 0-9 _ -'),
        name,
      }),
      answers: {
        ...answersOf('exists', 'forbidden', 'bad_field', 'too_large'),
        201: { description: 'The organization', schema: organizationSchema },
      },
      handle: async ({ principal, body }) => {
        const made = must(await organizations.make(principal, body));
        log.info({ by: principal.id, org: made.id }, 'organization made');
        return json(made, { status: 201 });
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/organizations/current',
      access: 'organization:change',
      tag: 'organizations',
      summary: 'Gives your organization another name',
      body: z.strictObject({ name }),
      answers: { ...answersOf('bad_field'), 200: { description: 'As it is now', schema: organizationSchema } },
      handle: async ({ principal, body }) => json(must(await organizations.rename(principal, body.name))),
    }),
    route({
      method: 'POST',
      path: '/v1/session/organization',
      access: 'any',
      tag: 'organizations',
      summary: 'Takes your session into another of your organizations; load the page anew afterwards',
      body: z.strictObject({ org: z.string().min(1).max(63) }),
      answers: {
        ...answersOf('forbidden', 'not_found', 'bad_field'),
        200: { description: 'Where the session is now', schema: z.object({ org: z.string(), role: z.string() }) },
      },
      handle: async ({ principal, body, context }) => {
        if (principal.kind !== 'user')
          throw new RefusedError({
            code: 'forbidden',
            message: 'only a session goes into another organization; a key belongs to one',
            do: 'make a key in the other organization',
          });
        const { user } = must(await accounts.choose(context.req.header('cookie') ?? '', body.org));
        return json({ org: user.org, role: user.role });
      },
    }),
  ];
}
