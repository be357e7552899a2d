import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';
import { standingThere } from './standing-there.ts';
import { whyOf } from './write-headers.ts';

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

const holdingsSchema = z
  .object({
    people: z.int(),
    peopleOnlyHere: z.int().meta({ description: 'Of these, who belongs to no other organization' }),
    invitations: z.int(),
    keys: z.int(),
    records: z.int(),
    collections: z.record(z.string(), z.int()).meta({ description: 'How many records of each collection' }),
  })
  .meta({ id: 'OrganizationHoldings' });

/** Organizations: which a caller may go into, making, naming and deleting one, and going into another with a session. */
export function organizationRoutes(deps: HttpDeps): readonly Route[] {
  const { organizations, ends, keys, accounts, log } = deps;
  const lostWith = (id: string): z.infer<typeof holdingsSchema> => ({
    ...organizations.holdings(id),
    keys: keys.list(id).length,
  });
  return [
    route({
      method: 'GET',
      path: '/v1/organizations',
      access: 'any',
      tag: 'organizations',
      summary: 'The organizations that you may go into',
      answers: {
        200: {
          description: 'By id',
          schema: z.object({
            organizations: z.array(organizationSchema),
            ending: z
              .array(z.object({ id: z.string(), name: z.string(), records: z.int() }))
              .meta({ description: 'Those that are being deleted, for who runs the instance; `records` are left' }),
          }),
        },
      },
      handle: ({ principal }) =>
        json({
          organizations: organizations
            .list(principal)
            .map((each) => ({ ...each, isCurrent: each.id === principal.org })),
          ending: principal.isOperator ? [...ends.underWay()] : [],
        }),
    }),
    route({
      method: 'POST',
      path: '/v1/organizations',
      access: 'any',
      tag: 'organizations',
      summary: 'Makes an organization; for owners and admins of main',
      body: z.strictObject({
        id: z
          .string()
          .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, '1 to 63 of a-z 0-9 _ -')
          .refine((id) => id !== 'current', 'another id: current is the one that a caller is in'),
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
      method: 'GET',
      path: '/v1/organizations/{id}',
      access: 'any',
      tag: 'organizations',
      summary: 'One of your organizations, and what is in it',
      answers: {
        ...answersOf('not_found', 'forbidden'),
        200: { description: 'The organization', schema: organizationSchema.extend({ holds: holdingsSchema }) },
      },
      handle: ({ principal, params }) => {
        const { org: id } = standingThere(deps, principal, {
          org: params['id'] ?? '',
          permission: 'organization:read',
        });
        return json({ id, name: organizations.nameOf(id), isCurrent: id === principal.org, holds: lostWith(id) });
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/organizations/{id}',
      access: 'any',
      tag: 'organizations',
      summary: 'Gives one of your organizations another name',
      body: z.strictObject({ name }),
      answers: {
        ...answersOf('not_found', 'forbidden', 'bad_field'),
        200: { description: 'As it is now', schema: organizationSchema },
      },
      handle: async ({ principal, params, body }) => {
        const there = standingThere(deps, principal, { org: params['id'] ?? '', permission: 'organization:change' });
        return json(must(await organizations.rename(there, body.name)));
      },
    }),
    route({
      method: 'POST',
      path: '/v1/organizations/{id}/delete',
      access: 'any',
      tag: 'organizations',
      summary: 'Deletes an organization with all that is in it; its audit log stays',
      body: z.strictObject({ name: z.string().max(100).meta({ description: 'Its name, so that it is this one' }) }),
      answers: {
        ...answersOf('not_found', 'forbidden', 'bad_field', 'precondition', 'too_large'),
        202: {
          description: 'Nobody is let in any more; what is in it goes now',
          schema: z.object({ id: z.string(), lost: holdingsSchema }),
        },
      },
      handle: async ({ principal, params, body, context }) => {
        const there = standingThere(deps, principal, { org: params['id'] ?? '', permission: 'organization:delete' });
        const { org: id } = there;
        const is = organizations.nameOf(id);
        if (body.name.trim() !== is)
          throw new RefusedError({
            code: 'bad_field',
            message: 'body field name: found another name than the organization has; nothing was deleted',
            expected: is,
          });
        const lost = lostWith(id);
        must(await ends.begin(there, { id, name: is, lost, why: whyOf(context) }));
        log.warn({ by: principal.id, org: id }, 'organization deleted');
        return json({ id, lost }, { status: 202 });
      },
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
