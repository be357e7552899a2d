import { z } from 'zod';
import { PASSWORD_LENGTH_MAX } from '../auth/password.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import type { Rates } from './rate.ts';
import { json, must, route, type Route } from './router.ts';
import { assertPerson } from './second-factor.ts';
import { answersOf } from './shapes.ts';

const sessionSchema = z
  .object({
    id: z.string(),
    ip: z.string(),
    agent: z.string(),
    way: z.enum(['password', 'oidc']),
    createdAt: z.int(),
    lastSeenAt: z.int(),
    expiresAt: z.int(),
    isThis: z.boolean(),
  })
  .meta({ id: 'Session' });

/** The sessions of whoever calls, their own account, and what admins do to those of others. */
export function sessionListRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { accounts } = deps;
  return [
    route({
      method: 'GET',
      path: '/v1/sessions',
      access: 'any',
      tag: 'people',
      summary: 'Your open sessions',
      answers: {
        ...answersOf('forbidden'),
        200: { description: 'Seen last first', schema: z.object({ sessions: z.array(sessionSchema) }) },
      },
      handle: ({ principal }) => {
        assertPerson(principal);
        const sessions = accounts.sessions.list(principal.id);
        return json({
          sessions: sessions.map((session) => ({ ...session, isThis: session.id === principal.session })),
        });
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/sessions/{id}',
      access: 'any',
      tag: 'people',
      summary: 'Ends a session of yours; its live connections are closed',
      answers: {
        ...answersOf('forbidden', 'not_found'),
        200: { description: 'It is over', schema: z.object({ id: z.string(), ended: z.literal(true) }) },
      },
      handle: async ({ principal, params }) => {
        const id = params['id'] ?? '';
        // Keys have no sessions: for them, too, there is none of this id.
        must(accounts.endSession(principal.id, id));
        return json({ id, ended: true });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/sessions/end-others',
      access: 'any',
      tag: 'people',
      summary: 'Ends all your sessions but this one',
      answers: {
        ...answersOf('forbidden'),
        200: { description: 'How many ended', schema: z.object({ ended: z.int() }) },
      },
      handle: async ({ principal }) => {
        assertPerson(principal);
        const ended = accounts.endSessions(principal.id, principal.session ?? null);
        return json({ ended });
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/me',
      access: 'any',
      tag: 'people',
      summary: 'Changes your name',
      body: z.strictObject({
        name: z
          .string()
          .trim()
          .min(1)
          .max(128)
          .regex(/^\P{Cc}*$/u, 'text without control characters'),
      }),
      answers: {
        ...answersOf('forbidden', 'bad_field'),
        200: { description: 'Changed', schema: z.object({ name: z.string() }) },
      },
      handle: async ({ principal, body }) => {
        assertPerson(principal);
        accounts.rename(principal.id, body.name);
        return json({ name: body.name });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/me/delete',
      access: 'any',
      tag: 'people',
      summary: 'Deletes your own account, with every session',
      body: z.strictObject({
        password: z.string().max(PASSWORD_LENGTH_MAX).optional(),
        email: z.string().max(254).meta({ description: 'Your address, typed once more' }),
      }),
      answers: {
        ...answersOf('forbidden', 'rate_limited', 'bad_field'),
        200: { description: 'Deleted', schema: z.object({ deleted: z.literal(true) }) },
      },
      handle: async ({ principal, body, ip }) => {
        assertPerson(principal);
        await rates.spend('sign-in', `${ip} ${principal.id}`);
        const user = accounts.user(principal.org, principal.id);
        const isSelf =
          !accounts.hasPassword(principal.id) || (await accounts.isPassword(principal.id, body.password ?? ''));
        if (!isSelf || user?.email !== body.email.trim().toLowerCase())
          throw new RefusedError({
            code: 'forbidden',
            message: 'the password or the address is not yours; nothing was deleted',
          });
        must(await accounts.leave(principal.id));
        return json({ deleted: true });
      },
    }),
  ];
}
