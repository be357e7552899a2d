import type { Context } from 'hono';
import { isOriginAllowed } from '../auth/origin.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { hostOf, json } from './router.ts';

/** A foreign page must not sign a browser in, out or up. Programs send no Origin and no cookie, and are let through. */
export function assertOwnPage({ settings, ...deps }: HttpDeps, context: Context, isRequired = false): void {
  const origin = context.req.header('origin') ?? null;
  if (origin === null && !isRequired) return;
  if (isOriginAllowed({ origin, host: hostOf({ settings, ...deps }, context) }, settings)) return;
  throw new RefusedError({
    code: 'forbidden',
    message: 'this is done from pages of this server only',
    found: origin ?? 'no Origin',
    expected: 'the origin of this server, or one listed under origins in the configuration',
  });
}

export function withCookies(
  deps: HttpDeps,
  context: Context,
  body: object,
  cookies: readonly string[],
  status = 200,
): Response {
  return setCookies(deps, context, json(body, { status }), cookies);
}

export function setCookies(
  { settings }: HttpDeps,
  context: Context,
  response: Response,
  cookies: readonly string[],
): Response {
  const isHttps = settings.trustProxy && context.req.header('x-forwarded-proto') === 'https';
  for (const cookie of cookies)
    response.headers.append('set-cookie', isHttps && !/;\s*secure/iu.test(cookie) ? `${cookie}; Secure` : cookie);
  return response;
}
