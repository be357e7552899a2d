import { ok, refuse, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import { EMBED_TOKEN } from '../../lib/embed-token.ts';
import type { Principal, Scope } from '../../lib/principal.ts';
import type { Accounts } from './accounts.ts';
import { hasSessionCookie } from './cookie.ts';
import { isWellFormed, type ApiKeys } from './api-key.ts';
import type { JwtVerifier } from './jwt.ts';
import { isOriginAllowed, type Whence } from './origin.ts';

/** The credentials of one request or connection, before anything is believed. */
export interface Credentials extends Partial<Whence> {
  /** API key or token, without the word Bearer. */
  readonly bearer?: string | null | undefined;
  /** The whole Cookie header. */
  readonly cookie?: string | null | undefined;
  /**
   * GET and HEAD change nothing, so a cookie may come from anywhere (SameSite=Lax and no CORS answer keep the reply from
   * strangers). Everything else and every WebSocket upgrade needs our own origin. Default false.
   */
  readonly isSafe?: boolean | undefined;
}

/** Turns credentials into a principal; the only way any door learns who is calling. */
export type Authenticate = (credentials: Credentials) => Promise<Result<Principal>>;

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly keys: Pick<ApiKeys, 'verify'>;
  readonly jwt: Pick<JwtVerifier, 'verify' | 'isConfigured'>;
  readonly accounts: Pick<Accounts, 'session'>;
  /** What the scopes of a token come to. */
  readonly permissionsOf: (scopes: readonly Scope[]) => readonly string[];
  /** Is this organization deleted, or being deleted? */
  readonly isOver: (org: string) => boolean;
  readonly publicUrl: string | null;
  readonly origins: readonly string[];
}

/** Longer credentials are not ours; refusing them early keeps hashing and parsing cheap. */
const BEARER_LENGTH_MAX = 8_192;

export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  return async ({ bearer, cookie, origin = null, host = null, isSafe = false }) => {
    // A bearer wins over a cookie and is never mended by one: a wrong key must not silently become a person.
    if (bearer !== undefined && bearer !== null) {
      return byBearer(options, bearer);
    }
    if (cookie === undefined || cookie === null || !hasSessionCookie(cookie)) {
      return refuse(
        'auth_required',
        'no credential was sent; send Authorization: Bearer <API key or token>, or sign in',
      );
    }
    if (!isSafe && !isOriginAllowed({ origin, host }, options)) {
      return refuse(
        'forbidden',
        'a session cookie acts only for pages of this server; the Origin header is missing or foreign. Use an API key, or list the origin under origins in the configuration',
      );
    }
    const signedIn = await options.accounts.session(cookie);
    return signedIn === null ? refuse('auth_expired', 'the session has ended; sign in again') : ok(signedIn.principal);
  };
}

async function byBearer(
  { keys, jwt, clock, permissionsOf, isOver }: AuthenticatorOptions,
  bearer: string,
): Promise<Result<Principal>> {
  if (bearer === '' || bearer.length > BEARER_LENGTH_MAX)
    return refuse(
      'auth_invalid',
      `a credential has 1 to ${BEARER_LENGTH_MAX} characters, this one has ${bearer.length}`,
    );
  if (bearer.startsWith(EMBED_TOKEN)) {
    return refuse(
      'auth_invalid',
      'this is the token of an embed; it opens what the embed shows, below /panels, and no other door',
    );
  }
  const byKey = keys.verify(bearer);
  if (byKey !== null) return ok(byKey);
  if (bearer.startsWith('sw_')) {
    return isWellFormed(bearer)
      ? refuse(
          'auth_invalid',
          'the API key is unknown, revoked or expired, or its maker may do nothing here any more; make a new one',
        )
      : refuse('auth_invalid', 'the API key is not complete: its checksum does not match; copy it again');
  }
  if (!jwt.isConfigured || bearer.split('.').length !== 3)
    return refuse(
      'auth_invalid',
      'the credential is neither an API key of this server nor a token of an issuer it trusts',
    );
  const result = await jwt.verify(bearer);
  if (result.ok && result.value.expiresAt !== null && result.value.expiresAt <= clock.now() - 5_000)
    return refuse('auth_expired', 'the token has expired; get a fresh one from its issuer');
  if (!result.ok) return result;
  // Who issues tokens does not know which organizations there are; in the words for any other that does not count.
  if (isOver(result.value.org)) return refuse('auth_invalid', 'the organization that the token names is deleted');
  return ok({ ...result.value, permissions: permissionsOf(result.value.scopes) });
}
