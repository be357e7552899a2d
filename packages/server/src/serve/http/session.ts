import { idSchema } from '@statewire/model';
import { z } from 'zod';
import type { SignedIn } from '../auth/accounts.ts';
import { hasSessionCookie } from '../auth/cookie.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../auth/password.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Link } from '../auth/links.ts';
import type { HttpDeps } from './deps.ts';
import { assertOwnPage, withCookies } from './own-page.ts';
import { RefusedError } from './problem.ts';
import type { Rates } from './rate.ts';
import { agentOf, json, must, openRoute, route, type Route } from './router.ts';
import { codeSchema } from './second-factor.ts';
import { answersOf } from './shapes.ts';

const email = z.string().trim().max(254).pipe(z.email('an e-mail address'));
const newPassword = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);
const anyPassword = z.string().min(1).max(PASSWORD_LENGTH_MAX);
const token = z.string().regex(/^[A-Za-z0-9_-]{43}$/u, 'the token at the end of the link');
const role = idSchema.meta({ description: 'owner, admin, operator, viewer, or the id of a record of roles' });

const userSchema = z
  .object({ id: z.string(), email: z.string(), name: z.string(), org: z.string(), role, createdAt: z.int() })
  .meta({ id: 'User' });
const meSchema = z
  .object({
    principal: z.object({
      kind: z.enum(['user', 'key', 'token']),
      id: z.string(),
      name: z.string(),
      org: z.string(),
      scopes: z.array(z.string()),
      permissions: z.array(z.string()).meta({ description: '<collection or area>:<operation>; * is any' }),
      isOperator: z.boolean(),
      expiresAt: z.int().nullable(),
    }),
    user: userSchema.nullable(),
    needsSecondFactor: z.boolean().optional().meta({ description: 'Nothing else may be done before there is one' }),
  })
  .meta({ id: 'Me' });
const secondStepSchema = z.object({ secondStep: z.object({ token: z.string(), expiresAt: z.int() }) });
const linkSchema = z
  .object({
    kind: z.enum(['welcome', 'invite', 'reset']),
    email: z.string(),
    org: z.string(),
    role,
    expiresAt: z.int(),
  })
  .meta({ id: 'Link' });

const invitedSchema = z.object({
  invite: linkSchema,
  path: z.string(),
  url: z.string().nullable(),
  isMailed: z.boolean().meta({ description: 'It is on its way by mail' }),
});

/** Signing in and out, one-time links, people. */
export function sessionRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  return [...signInRoutes(deps, rates), ...linkRoutes(deps, rates)];
}

function signInRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { accounts, log } = deps;
  return [
    openRoute({
      method: 'POST',
      path: '/v1/session',
      access: 'open',
      tag: 'people',
      summary: 'Signs in; the answer sets a session cookie',
      body: z.strictObject({ email: z.string().max(254), password: anyPassword }),
      answers: {
        ...answersOf('auth_invalid', 'rate_limited', 'forbidden', 'bad_field'),
        200: { description: 'Signed in, or asked for a code', schema: z.union([meSchema, secondStepSchema]) },
      },
      handle: async ({ body, context, ip }) => {
        assertOwnPage(deps, context);
        await rates.spend('sign-in-ip', ip);
        await rates.spend('sign-in', `${ip} ${body.email.trim().toLowerCase()}`);
        const visit = { ip, agent: agentOf(context) };
        const result = await accounts.signIn({ email: body.email.trim(), password: body.password }, visit);
        if (!result.ok) log.warn({ ip }, 'sign-in refused');
        const entered = must(result);
        if ('secondStep' in entered) return json(entered);
        return withCookies(deps, context, me(entered), entered.cookies);
      },
    }),
    openRoute({
      method: 'POST',
      path: '/v1/session/second',
      access: 'open',
      tag: 'people',
      summary: 'The second step of signing in: a code of the app, or a backup code',
      body: z.strictObject({ token, code: codeSchema }),
      answers: {
        ...answersOf('auth_invalid', 'gone', 'rate_limited', 'forbidden', 'bad_field'),
        200: { description: 'Signed in', schema: meSchema },
      },
      handle: async ({ body, context, ip }) => {
        assertOwnPage(deps, context);
        await rates.spend('sign-in-ip', ip);
        const visit = { ip, agent: agentOf(context) };
        const result = await accounts.finishSignIn(body.token, body.code, visit);
        if (!result.ok) log.warn({ ip, code: result.code }, 'second step refused');
        const entered = must(result);
        return withCookies(deps, context, me(entered), entered.cookies);
      },
    }),
    openRoute({
      method: 'DELETE',
      path: '/v1/session',
      access: 'open',
      tag: 'people',
      summary: 'Signs out; live connections of the session are closed',
      answers: {
        ...answersOf('forbidden'),
        200: { description: 'Signed out', schema: z.object({ signedOut: z.literal(true) }) },
      },
      handle: async ({ context }) => {
        const cookie = context.req.header('cookie') ?? '';
        if (!hasSessionCookie(cookie)) return json({ signedOut: true });
        assertOwnPage(deps, context, true);
        return withCookies(deps, context, { signedOut: true }, await accounts.signOut(cookie));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/me',
      access: 'any',
      tag: 'people',
      summary: 'Who the credential is; renews a session cookie',
      answers: { 200: { description: 'The caller', schema: meSchema } },
      handle: async ({ principal, context }) => {
        const signedIn =
          principal.kind === 'user'
            ? await accounts.session(context.req.header('cookie') ?? '', { renew: true })
            : null;
        return signedIn === null
          ? json({ principal: { ...principal, from: undefined }, user: null })
          : withCookies(deps, context, me(signedIn), signedIn.cookies);
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/password',
      access: 'any',
      tag: 'people',
      summary: 'Changes your password; ends your other sessions',
      body: z.strictObject({ current: anyPassword, next: newPassword }),
      answers: {
        ...answersOf('forbidden', 'bad_field', 'rate_limited'),
        200: { description: 'Changed', schema: z.object({ changed: z.literal(true) }) },
      },
      handle: async ({ principal, body, ip }) => {
        if (principal.kind !== 'user')
          throw new RefusedError({
            code: 'forbidden',
            message: 'only a signed-in person has a password',
            do: 'sign in first',
          });
        await rates.spend('sign-in', `${ip} ${principal.id}`);
        must(await accounts.changePassword(principal.id, { ...body, session: principal.session ?? null }));
        log.info({ by: principal.id }, 'password changed');
        return json({ changed: true });
      },
    }),
  ];
}

/** The token travels in bodies only: in a path it would end up in logs of proxies. */
function linkRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { accounts, invitations, letters, log, settings } = deps;
  const invited = async (
    principal: Principal,
    made: { readonly token: string; readonly link: Link },
  ): Promise<Response> => {
    const { kind, email: to, org, role: as, expiresAt } = made.link;
    const path = `/#/welcome/${made.token}`;
    const kept = await invitations.invited({ org, email: to, role: as, by: principal.id }, principal.kind);
    // A link whose record is not there would let somebody in whom nobody sees.
    if (!kept.ok) accounts.withdraw(org, to);
    must(kept);
    log.info({ by: principal.id, role: as }, 'invitation made');
    letters.post(() => ({
      to,
      subject: `${principal.name} invites you to Statewire`,
      text: `${principal.name} invites you to ${org === 'main' ? 'Statewire' : `${org} on Statewire`}. The link works once, for a day, and only for this address.`,
      link: `${settings.linkUrl}${path}`,
    }));
    const url = settings.publicUrl === null ? null : `${settings.publicUrl}${path}`;
    return json(
      { invite: { kind, email: to, org, role: as, expiresAt }, path, url, isMailed: letters.isReady },
      { status: 201 },
    );
  };
  return [
    openRoute({
      method: 'POST',
      path: '/v1/welcome/check',
      access: 'open',
      tag: 'people',
      summary: 'What a one-time link is for, without using it up',
      body: z.strictObject({ token }),
      answers: {
        ...answersOf('gone', 'bad_field'),
        200: {
          description: 'It is good',
          schema: linkSchema.extend({
            hasAccount: z.boolean().meta({ description: 'The address has an account: sign in with it, and accept' }),
          }),
        },
      },
      handle: async ({ body, ip }) => {
        await rates.spend('sign-in-ip', ip);
        const link = accounts.link(body.token);
        if (link === null)
          throw new RefusedError({
            code: 'gone',
            message: 'this link was used, replaced or has ended',
            do: 'restart the server for a new first-run link, or ask an admin to invite you again',
          });
        const { kind, email: to, org, role: as, expiresAt } = link;
        const hasAccount = kind === 'invite' && accounts.hasAccount(to);
        return json({ kind, email: to, org, role: as, expiresAt, hasAccount });
      },
    }),
    openRoute({
      method: 'POST',
      path: '/v1/welcome',
      access: 'open',
      tag: 'people',
      summary: 'Uses a one-time link: makes the account and signs it in',
      body: z.strictObject({
        token,
        email: email.optional().meta({ description: 'Needed by the first-run link; an invitation has its own' }),
        name: z
          .string()
          .trim()
          .min(1)
          .max(128)
          .regex(/^\P{Cc}*$/u, 'text without control characters'),
        password: newPassword,
      }),
      answers: {
        ...answersOf('gone', 'exists', 'bad_field', 'forbidden', 'rate_limited'),
        201: { description: 'The account; signed in', schema: meSchema },
      },
      handle: async ({ body, context, ip }) => {
        assertOwnPage(deps, context);
        await rates.spend('sign-in-ip', ip);
        if (body.email === undefined && accounts.link(body.token)?.kind === 'welcome')
          throw new RefusedError({
            code: 'bad_field',
            message: 'body field email: nothing was found',
            expected: 'an e-mail address',
          });
        const signedIn = must(
          await accounts.redeem(
            body.token,
            { email: body.email ?? '', name: body.name, password: body.password },
            { ip, agent: agentOf(context) },
          ),
        );
        log.info({ user: signedIn.user.id, role: signedIn.user.role }, 'account made');
        return withCookies(deps, context, me(signedIn), signedIn.cookies, 201);
      },
    }),
    route({
      method: 'GET',
      path: '/v1/invites',
      access: 'members:read',
      tag: 'people',
      summary: 'Open invitations',
      answers: { 200: { description: 'Newest first', schema: z.object({ invites: z.array(linkSchema) }) } },
      handle: ({ principal }) =>
        json({
          invites: accounts
            .invites(principal.org)
            .map(({ kind, email, org, role, expiresAt }) => ({ kind, email, org, role, expiresAt })),
        }),
    }),
    route({
      method: 'POST',
      path: '/v1/invites',
      access: 'members:create',
      tag: 'people',
      summary: 'Invites a person by a one-time link, good for a day',
      body: z.strictObject({ email, role }),
      answers: {
        ...answersOf('exists', 'bad_field', 'too_large'),
        201: {
          description: 'The link, shown only here',
          schema: invitedSchema,
        },
      },
      handle: ({ principal, body }) => {
        must(deps.mayGive(principal, body.role));
        must(invitations.mayInvite(principal.org, body.email));
        return invited(principal, must(accounts.invite(principal, body)));
      },
    }),
    route({
      method: 'POST',
      path: '/v1/invites/resend',
      access: 'members:create',
      tag: 'people',
      summary: 'Makes the link of an open invitation anew; the old one is over',
      body: z.strictObject({ email }),
      answers: {
        ...answersOf('not_found', 'exists', 'bad_field'),
        201: { description: 'The link, shown only here', schema: invitedSchema },
      },
      handle: ({ principal, body }) => {
        // Also when the link has ended: they are still invited.
        const as = invitations.invitationOf(principal.org, body.email);
        if (as === null) throw new RefusedError({ code: 'not_found', message: 'no open invitation for this address' });
        must(deps.mayGive(principal, as));
        return invited(principal, must(accounts.invite(principal, { email: body.email, role: as })));
      },
    }),
    route({
      method: 'POST',
      path: '/v1/invites/withdraw',
      access: 'members:delete',
      tag: 'people',
      summary: 'Takes an invitation back',
      body: z.strictObject({ email }),
      answers: {
        ...answersOf('not_found'),
        200: { description: 'The link counts no more', schema: z.object({ withdrawn: z.literal(true) }) },
      },
      handle: async ({ principal, body }) => {
        const isOpen = invitations.invitationOf(principal.org, body.email) !== null;
        if (!accounts.withdraw(principal.org, body.email) && !isOpen)
          throw new RefusedError({ code: 'not_found', message: 'no open invitation for this address' });
        must(await invitations.uninvited(principal.org, body.email, principal));
        return json({ withdrawn: true });
      },
    }),
  ];
}

function me({ principal, user, needsSecondFactor }: SignedIn): object {
  return { principal, user, needsSecondFactor };
}
