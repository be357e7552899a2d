import { z } from 'zod';
import type { Principal } from '../../lib/principal.ts';
import type { User } from '../auth/accounts.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../auth/password.ts';
import type { HttpDeps } from './deps.ts';
import { note } from './note.ts';
import { assertOwnPage } from './own-page.ts';
import { RefusedError } from './problem.ts';
import type { Rates } from './rate.ts';
import { agentOf, json, must, openRoute, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

const token = z.string().regex(/^[A-Za-z0-9_-]{43}$/u, 'the token at the end of the link');

/** A forgotten password: a link by mail, or by an admin where there is no mail server. */
export function resetRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { accounts, letters, log, settings, oidc } = deps;
  const linkOf = (made: string): string => `/#/reset/${made}`;
  return [
    openRoute({
      method: 'GET',
      path: '/v1/session/ways',
      access: 'open',
      tag: 'people',
      summary: 'How people sign in here',
      answers: {
        200: {
          description: 'For the sign-in page',
          schema: z.object({
            oidc: z.array(z.object({ id: z.string(), name: z.string() })),
            reset: z.enum(['mail', 'admin']),
          }),
        },
      },
      handle: () => json({ oidc: oidc.providers, reset: letters.isReady ? 'mail' : 'admin' }),
    }),
    openRoute({
      method: 'POST',
      path: '/v1/session/reset',
      access: 'open',
      tag: 'people',
      summary: 'Sends a link for a new password, when this address has an account; the answer does not say',
      body: z.strictObject({ email: z.string().trim().min(3).max(254) }),
      answers: {
        ...answersOf('forbidden', 'rate_limited', 'bad_field', 'unsupported'),
        202: { description: 'Heard', schema: z.object({ heard: z.literal(true) }) },
      },
      handle: async ({ body, context, ip }) => {
        assertOwnPage(deps, context);
        if (!letters.isReady)
          throw new RefusedError({
            code: 'unsupported',
            message: 'this server has no mail server',
            do: 'ask an admin for a link: they make one under Settings, Members',
          });
        const email = body.email.toLowerCase();
        await rates.spend('reset', ip);
        await rates.spend('reset-target', email);
        // Looked up after the answer: neither what it says nor how long it takes tells whether there is such an account.
        letters.post(() => {
          const made = accounts.resetFor(email, 'self');
          if (made === null) return null;
          return {
            to: made.user.email,
            subject: 'A new password for Statewire',
            text: 'Somebody asked for a new password for your account. The link works once, for an hour. If it was not you, nothing has to be done: your password stays as it is.',
            link: `${settings.linkUrl}${linkOf(made.token)}`,
          };
        });
        return json({ heard: true }, { status: 202 });
      },
    }),
    openRoute({
      method: 'POST',
      path: '/v1/session/reset/finish',
      access: 'open',
      tag: 'people',
      summary: 'Sets a new password by such a link; every session is over',
      body: z.strictObject({ token, password: z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX) }),
      answers: {
        ...answersOf('forbidden', 'gone', 'rate_limited', 'bad_field'),
        200: { description: 'Sign in with it now', schema: z.object({ changed: z.literal(true) }) },
      },
      handle: async ({ body, context, ip }) => {
        assertOwnPage(deps, context);
        await rates.spend('sign-in-ip', ip);
        const user = must(await accounts.reset(body.token, body.password));
        log.info({ user: user.id }, 'password set by a link');
        await note(deps, actorOf(user, ip, agentOf(context)), { action: 'password:reset', id: user.id });
        return json({ changed: true });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/members/{id}/reset-link',
      access: 'members:change',
      tag: 'people',
      summary: 'Makes a link for a new password of a member',
      answers: {
        ...answersOf('not_found', 'forbidden'),
        201: {
          description: 'The link, shown only here',
          schema: z.object({ path: z.string(), url: z.string().nullable(), expiresAt: z.int() }),
        },
      },
      handle: async ({ principal, params }) => {
        const user = memberOf(principal, params['id'] ?? '');
        const made = accounts.resetFor(user.email, principal.id);
        if (made === null)
          throw new RefusedError({ code: 'not_found', message: 'this person has no account any more' });
        const path = linkOf(made.token);
        return json(
          {
            path,
            url: settings.publicUrl === null ? null : `${settings.publicUrl}${path}`,
            expiresAt: made.link.expiresAt,
          },
          { status: 201, headers: { 'cache-control': 'no-store' } },
        );
      },
    }),
    route({
      method: 'POST',
      path: '/v1/members/{id}/end-sessions',
      access: 'members:change',
      tag: 'people',
      summary: 'Ends every session of a member; live connections are closed',
      answers: {
        ...answersOf('not_found', 'forbidden'),
        200: { description: 'How many ended', schema: z.object({ ended: z.int() }) },
      },
      handle: async ({ principal, params }) => {
        const user = memberOf(principal, params['id'] ?? '');
        const ended = accounts.endSessions(user.id, user.id === principal.id ? (principal.session ?? null) : null);
        return json({ ended });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/members/{id}/remove-second-factor',
      access: 'members:change',
      tag: 'people',
      summary: 'Removes the second factor of a member who has lost it; every session of theirs ends',
      answers: {
        ...answersOf('not_found', 'forbidden'),
        200: { description: 'They sign in by password alone', schema: z.object({ isOn: z.literal(false) }) },
      },
      handle: async ({ principal, params }) => {
        const user = memberOf(principal, params['id'] ?? '');
        if (user.id === principal.id)
          throw new RefusedError({
            code: 'forbidden',
            message: 'your own is turned off with your password and a code',
          });
        accounts.secondFactors.turnOff(user.id);
        accounts.endSessions(user.id);
        return json({ isOn: false });
      },
    }),
  ];

  function memberOf(by: Principal, id: string): User {
    const user = accounts.user(by.org, id);
    if (user === null) throw new RefusedError({ code: 'not_found', message: `no member ${id}` });
    if (accounts.isBeyond(by, user))
      throw new RefusedError({
        code: 'forbidden',
        message: 'this person may do what you may not; somebody with their role has to do this',
      });
    return user;
  }
}

/** Who holds the link is who the account belongs to, as far as anybody can know. */
function actorOf(user: User, ip: string, agent: string) {
  return {
    kind: 'user',
    id: user.id,
    name: user.name,
    org: user.org,
    scopes: [],
    permissions: [],
    isOperator: false,
    expiresAt: null,
    from: { ip, agent, door: 'rest' },
  } as const;
}
