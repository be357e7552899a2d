import { createHash } from 'node:crypto';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Identity, Scope } from '../../lib/principal.ts';

/** One trusted issuer of tokens, from the operator's configuration. */
export interface JwtIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** HS256 with a shared secret, or the URL of the issuer's public keys. Exactly one. */
  readonly key: { readonly secret: string } | { readonly jwks: string };
  readonly claims: JwtClaims;
  /** Used when the token has no such claim; null refuses the token. */
  readonly defaultOrg: string | null;
  readonly defaultScopes: readonly Scope[];
}

/** Where the facts are: a claim's name, or a path with dots (`app_metadata.org`). */
export interface JwtClaims {
  readonly org: string;
  readonly sub: string;
  readonly name: string;
  readonly scopes: string;
  /** The customer, or customers, of the app that the user belongs to. Default `customer`. */
  readonly customer?: string | undefined;
}

export interface JwtVerifierOptions {
  readonly clock: Clock;
  readonly issuers: readonly JwtIssuer[];
  /** Fetches key sets. The egress factory's, or plain fetch: the URL is the operator's own, never a token's. */
  readonly fetch: typeof fetch;
  /** Claims that collections of the app ask for. */
  readonly kept?: readonly string[] | undefined;
}

/**
 * Turns tokens of other systems into principals. The token's `iss` only chooses among configured issuers; key,
 * algorithms, audience and key URL always come from the configuration, so a token cannot pick how it is checked.
 */
export class JwtVerifier {
  readonly #clock: Clock;
  readonly #issuers: readonly JwtIssuer[];
  readonly #fetch: typeof fetch;
  #trusted: Promise<readonly Trusted[]> | null = null;
  readonly #kept: readonly string[];

  constructor({ clock, issuers, fetch, kept = [] }: JwtVerifierOptions) {
    this.#kept = kept;
    this.#clock = clock;
    this.#issuers = issuers;
    this.#fetch = fetch;
  }

  /** Is any issuer configured? Without one every token is refused. */
  get isConfigured(): boolean {
    return this.#issuers.length > 0;
  }

  async verify(token: string): Promise<Result<Identity>> {
    const candidates = await this.#candidates(token);
    let failure: Result<Identity> = invalid;
    for (const candidate of candidates) {
      const result = await this.#verifyWith(candidate, token);
      if (result.ok) return result;
      failure = result;
    }
    return failure;
  }

  /** Several entries may share an issuer (two audiences, a secret being rotated); each is tried. */
  async #candidates(token: string): Promise<readonly Trusted[]> {
    const { decodeJwt, errors } = await library();
    try {
      const { iss } = decodeJwt(token);
      const trusted = await (this.#trusted ??= Promise.all(this.#issuers.map((issuer) => trust(issuer, this.#fetch))));
      return trusted.filter((entry) => entry.issuer.issuer === iss);
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return [];
      throw error;
    }
  }

  async #verifyWith({ issuer, algorithms, key }: Trusted, token: string): Promise<Result<Identity>> {
    const { errors, jwtVerify } = await library();
    const options: JWTVerifyOptions = {
      algorithms,
      issuer: issuer.issuer,
      audience: issuer.audience,
      clockTolerance: 5,
      currentDate: new Date(this.#clock.now()),
      requiredClaims: ['exp'],
    };
    try {
      const { payload } =
        key instanceof Uint8Array ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
      return toIdentity(issuer, payload, this.#kept);
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        return refuse('auth_expired', 'the token has expired; get a fresh one from its issuer');
      if (error instanceof errors.JWKSTimeout)
        return refuse('unavailable', "the issuer's key set did not answer in 5 s; try again");
      if (error instanceof errors.JOSEError) return invalid;
      // The key set could not be fetched (a TypeError of fetch) or was not one.
      if (error instanceof TypeError || error instanceof SyntaxError)
        return refuse('unavailable', "the issuer's key set could not be read; try again");
      throw error;
    }
  }
}

interface Trusted {
  readonly issuer: JwtIssuer;
  readonly algorithms: string[];
  readonly key: Uint8Array | JWTVerifyGetKey;
}

const invalid = refuse(
  'auth_invalid',
  'the token is not one this server trusts; check issuer, audience and key under auth.jwt in the configuration',
);

/** Loaded with the first token: most servers are never shown one. */
function library(): Promise<typeof import('jose')> {
  return import('jose');
}

async function trust(issuer: JwtIssuer, fetch: typeof globalThis.fetch): Promise<Trusted> {
  // A secret verifies HS256 only and a key set public-key algorithms only: the token's `alg` never crosses from one to the other.
  if ('secret' in issuer.key)
    return { issuer, algorithms: ['HS256'], key: new TextEncoder().encode(issuer.key.secret) };
  // One key set per configured issuer and URL: a `kid` of one issuer can never find a key of another.
  const jose = await library();
  const key = jose.createRemoteJWKSet(new URL(issuer.key.jwks), {
    timeoutDuration: 5_000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    // jose asks with `redirect: 'manual'` and takes only a 200: the key host cannot choose which address we read next.
    [jose.customFetch]: (url, init) => fetch(url, init),
  });
  return {
    issuer,
    algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
    key,
  };
}

function toIdentity(
  { issuer, claims, defaultOrg, defaultScopes }: JwtIssuer,
  payload: JWTPayload,
  kept: readonly string[],
): Result<Identity> {
  const sub = text(claimAt(payload, claims.sub));
  if (sub === null)
    return refuse(
      'auth_invalid',
      `the token has no claim ${claims.sub}, which names its user; add it at the issuer or set claims.sub`,
    );
  const org = text(claimAt(payload, claims.org)) ?? defaultOrg;
  if (org === null || !/^[a-z0-9][a-z0-9_-]{0,62}$/u.test(org)) {
    return refuse(
      'auth_invalid',
      `the token has no organization in claim ${claims.org} (1 to 63 of a-z 0-9 _ -); add it at the issuer or set claims.org or defaultOrg`,
    );
  }
  const scopes = toScopes(claimAt(payload, claims.scopes)) ?? defaultScopes;
  if (scopes.length === 0)
    return refuse(
      'forbidden',
      `the token has none of the scopes read, report, admin in claim ${claims.scopes}; add one at the issuer`,
    );
  const expiresAt = typeof payload.exp === 'number' ? payload.exp * 1_000 : null;
  const name = text(claimAt(payload, claims.name)) ?? sub;
  return ok({
    kind: 'token',
    id: boundedId(`${issuer}|${sub}`),
    name: name.slice(0, 128),
    org,
    scopes,
    isOperator: false,
    expiresAt,
    customers: customersIn(claimAt(payload, claims.customer ?? 'customer')),
    ...(kept.length === 0 ? {} : { claims: keptClaims(payload, kept) }),
  });
}

/** Own properties only: a claim path must not reach `constructor` or `__proto__`. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  let at: unknown = payload;
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}

/** Words, numbers, yes or no, and short lists of words: what a record's field can be compared with. */
function keptClaims(payload: JWTPayload, kept: readonly string[]): JsonObject {
  const found: Record<string, Json> = {};
  for (const name of kept) {
    const value = claimAt(payload, name);
    const word = text(value);
    if (word !== null) found[name] = word;
    else if (typeof value === 'number' || typeof value === 'boolean') found[name] = value;
    else if (Array.isArray(value) && value.length <= CLAIM_WORDS_MAX && value.every((each) => text(each) !== null)) {
      found[name] = value.flatMap((each) => text(each) ?? []);
    }
  }
  return found;
}

const CLAIM_WORDS_MAX = 100;

/** One word or a short list of them; anything else is no customer. */
function customersIn(claim: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(claim) ? claim.slice(0, CLAIM_WORDS_MAX) : [claim];
  return words.flatMap((word) => text(word) ?? []);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 512 ? value : null;
}

/** A list or words with spaces; `statewire:read` counts as `read`. Null when the claim is missing. */
function toScopes(value: unknown): readonly Scope[] | null {
  if (value === undefined) return null;
  const words: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  const named = new Set(words.map((word) => (typeof word === 'string' ? word.replace(/^statewire:/u, '') : '')));
  return (['read', 'report', 'admin'] as const).filter((scope) => named.has(scope));
}

/** Ids end up in logs and as actors; a long one keeps its identity by hash. */
function boundedId(id: string): string {
  return id.length <= 256 ? id : `${id.slice(0, 191)}#${createHash('sha256').update(id).digest('hex')}`;
}
