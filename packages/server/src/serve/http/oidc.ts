import { z } from 'zod';
import type { OidcReason } from '../auth/oidc/refusal.ts';
import type { HttpDeps } from './deps.ts';
import { note } from './note.ts';
import { setCookies } from './own-page.ts';
import type { Rates } from './rate.ts';
import { agentOf, openRoute, type Route } from './router.ts';

/** Keeps the browser that left apart from every other. Lax: the provider's page sends people back with it. */
const COOKIE = 'statewire.trip';

/** Sign-in through an identity provider: two addresses that a browser visits, and nothing that a page reads. */
export function oidcRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { oidc, log } = deps;
  const moved = { 302: { description: 'To the provider, into the dashboard, or to the sign-in page with the reason' } };
  return [
    openRoute({
      method: 'GET',
      path: '/v1/oidc/{id}/start',
      access: 'open',
      tag: 'people',
      summary: 'Sends the browser to an identity provider',
      query: z.object({ to: z.string().max(512).default('/').meta({ description: 'Where to go afterwards' }) }),
      answers: moved,
      handle: async ({ params, query, context, ip }) => {
        await rates.spend('sign-in-ip', ip);
        const left = await oidc.depart(params['id'] ?? '', query.to, tripOf(context.req.header('cookie') ?? ''));
        if (left === null) return refusedTo('oidc-unavailable');
        if (!left.ok) {
          log.warn(
            { provider: params['id'], code: left.code, detail: left.message },
            'sign-in by provider could not begin',
          );
          return refusedTo(left.code);
        }
        const { url, browser } = left.value;
        return setCookies(deps, context, moveTo(url), [
          `${COOKIE}=${browser}; Max-Age=600; Path=/v1/oidc; HttpOnly; SameSite=Lax${isSecure(deps) ? '; Secure' : ''}`,
        ]);
      },
    }),
    openRoute({
      method: 'GET',
      path: '/v1/oidc/callback',
      access: 'open',
      tag: 'people',
      summary: 'Where identity providers send people back to',
      query: z.object({
        state: z.string().max(512).default(''),
        code: z.string().max(8_192).optional(),
        error: z.string().max(512).optional(),
        error_description: z.string().max(8_192).optional(),
        error_uri: z.string().max(8_192).optional(),
        iss: z.string().max(2_048).optional(),
        scope: z.string().max(8_192).optional(),
        session_state: z.string().max(2_048).optional(),
        authuser: z.string().max(64).optional(),
        prompt: z.string().max(64).optional(),
        hd: z.string().max(253).optional(),
      }),
      answers: moved,
      handle: async ({ query, context, ip }) => {
        await rates.spend('sign-in-ip', ip);
        const { state, code, error, iss } = query;
        const arrived = await oidc.arrive({ state, code, error, iss }, tripOf(context.req.header('cookie') ?? ''), {
          ip,
          agent: agentOf(context),
        });
        if (!arrived.ok) {
          log.warn({ ip, code: arrived.code, detail: arrived.message }, 'sign-in by provider refused');
          deps.audit.refused({
            org: 'main',
            actor: { kind: 'stranger', id: ip, name: ip, from: { ip, agent: agentOf(context), door: 'rest' } },
            action: 'session:sign-in',
            target: null,
            outcome: arrived.code,
          });
          return refusedTo(arrived.code);
        }
        const { entered, to } = arrived.value;
        await note(
          deps,
          { ...entered.principal, from: { ip, agent: agentOf(context), door: 'rest' } },
          {
            action: 'session:sign-in',
            id: entered.user.id,
            after: { way: 'oidc' },
          },
        );
        return setCookies(deps, context, moveTo(to), entered.cookies);
      },
    }),
  ];
}

function isSecure({ settings }: HttpDeps): boolean {
  return settings.publicUrl?.startsWith('https:') ?? false;
}

function tripOf(cookie: string): string | null {
  return /(?:^|;\s*)statewire\.trip=([\w-]{43})(?:;|$)/u.exec(cookie)?.[1] ?? null;
}

/** The page has a sentence for each reason; nothing that a provider said is in the address. */
function refusedTo(reason: OidcReason): Response {
  return moveTo(`/#/sign-in/${reason}`);
}

function moveTo(location: string): Response {
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } });
}
