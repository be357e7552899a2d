import { z } from 'zod';
import type { Principal } from '../../lib/principal.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

const body = z.strictObject({ org: z.string().min(1).max(63) });

/** Whoever has an account takes an invitation to another organization with it, or not. */
export function invitationRoutes({ accounts, invitations, organizations, log }: HttpDeps): readonly Route[] {
  /** Who calls, when this organization has invited them. */
  const invitee = (principal: Principal, org: string) => {
    const link = accounts.invitationsFor(principal.id).find((each) => each.org === org);
    // In the words for one that does not exist: which there are is nobody's business.
    if (principal.kind !== 'user' || link === undefined)
      throw new RefusedError({
        code: 'not_found',
        message: 'there is no open invitation for you to such an organization',
        do: 'GET /v1/session/invitations lists yours; a link that has ended is sent again by who invited you',
      });
    return { id: principal.id, email: link.email, name: principal.name, org };
  };
  return [
    route({
      method: 'GET',
      path: '/v1/session/invitations',
      access: 'any',
      tag: 'people',
      summary: 'To which organizations your address is invited',
      answers: {
        200: {
          description: 'Newest first',
          schema: z.object({
            invitations: z.array(z.object({ org: z.string(), name: z.string(), role: z.string(), expiresAt: z.int() })),
          }),
        },
      },
      handle: ({ principal }) => {
        const links = principal.kind === 'user' ? accounts.invitationsFor(principal.id) : [];
        return json({
          invitations: links.map(({ org, role, expiresAt }) => ({
            org,
            role,
            expiresAt,
            name: organizations.nameOf(org),
          })),
        });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/invitations/accept',
      access: 'any',
      tag: 'people',
      summary: 'Makes you a member of an organization that has invited your address',
      body,
      answers: {
        ...answersOf('not_found', 'exists', 'gone', 'bad_field'),
        200: { description: 'You belong to it', schema: z.object({ org: z.string(), role: z.string() }) },
      },
      handle: async ({ principal, body: { org } }) => {
        const { role } = must(await invitations.accept(invitee(principal, org)));
        accounts.tellFactor(principal.id);
        log.info({ user: principal.id, org, role }, 'invitation accepted');
        return json({ org, role });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/invitations/decline',
      access: 'any',
      tag: 'people',
      summary: 'Says no to an invitation; its link counts no more',
      body,
      answers: {
        ...answersOf('not_found', 'bad_field'),
        200: { description: 'It is over', schema: z.object({ declined: z.literal(true) }) },
      },
      handle: async ({ principal, body: { org } }) => {
        const { email } = invitee(principal, org);
        must(await invitations.uninvited(org, email, principal));
        accounts.withdraw(org, email);
        return json({ declined: true });
      },
    }),
  ];
}
