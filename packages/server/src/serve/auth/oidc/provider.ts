/**
 * One identity provider, as OpenID Connect Core 1.0 has it: discovery, the address people are sent to, the exchange of a code
 * for an id token, and the judgement of that token. The provider's words choose nothing: issuer, client and where it is come
 * from the configuration, and whatever it says of its own addresses must be https.
 */
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { ok, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { EgressFetch } from '../../../collect/egress/fetch.ts';
import { FaultError } from '../../../collect/egress/fault.ts';
import type { Clock } from '../../../lib/clock.ts';
import { limits } from '../../../lib/limits.ts';
import { refused, type OidcFailure } from './refusal.ts';

/** An identity provider that people may sign in with. */
export interface OidcConfig {
  /** In addresses: `/v1/oidc/<id>/start`. */
  readonly id: string;
  /** On the button. */
  readonly name: string;
  /** Exactly as the provider writes it in its tokens. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client, by PKCE alone. */
  readonly clientSecret: string | null;
  readonly scopes: readonly string[];
  /** Domains of addresses that may come in this way; empty: all. */
  readonly domains: readonly string[];
  /** Role of somebody who has no account; null: only who was invited gets one. */
  readonly newcomers: string | null;
  /** The organization that newcomers belong to. */
  readonly org: string;
}

/** Who somebody is, as the provider vouches for it. */
export interface Identity {
  /** Stable at this provider; the address is not. */
  readonly subject: string;
  /** In small letters; null when the provider gave none, or did not vouch for it. */
  readonly email: string | null;
  readonly name: string;
}

export interface OidcProviderOptions {
  readonly config: OidcConfig;
  readonly clock: Clock;
  readonly fetch: EgressFetch;
  /** Where the provider sends people back to. */
  readonly redirectUri: string;
}

export class OidcProvider {
  readonly config: OidcConfig;
  readonly #options: OidcProviderOptions;
  #known: { readonly at: number; readonly of: Promise<Known> } | null = null;

  constructor(options: OidcProviderOptions) {
    this.#options = options;
    this.config = options.config;
  }

  /** Where people are sent, with what comes back bound to this one sign-in. */
  async addressFor(trip: {
    readonly state: string;
    readonly nonce: string;
    /** SHA-256 of the verifier, base64url (RFC 7636). */
    readonly challenge: string;
  }): Promise<Result<string, OidcFailure>> {
    const known = await this.#discover();
    if (!known.ok) return known;
    const url = new URL(known.value.authorization_endpoint);
    const { clientId, scopes } = this.config;
    const asked = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.#options.redirectUri,
      scope: scopes.join(' '),
      state: trip.state,
      nonce: trip.nonce,
      code_challenge: trip.challenge,
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    return ok(url.href);
  }

  /** A code for who it stands for. The provider takes each code once. */
  async redeem(
    code: string,
    trip: { readonly verifier: string; readonly nonce: string },
  ): Promise<Result<Identity, OidcFailure>> {
    const known = await this.#discover();
    if (!known.ok) return known;
    const answer = await this.#ask(known.value.token_endpoint, tokenSchema, {
      method: 'POST',
      ...this.#tokenRequest(known.value, code, trip.verifier),
    });
    if (!answer.ok) return answer;
    const claims = await this.#judge(known.value, answer.value.id_token, trip.nonce);
    if (!claims.ok) return claims;
    const { sub: subject = '' } = claims.value;
    if (claims.value['email'] !== undefined || known.value.userinfo_endpoint === undefined)
      return ok(identityOf(subject, claims.value));
    // Some providers put the address into userinfo only. What it says counts for the same subject and nobody else.
    const info = await this.#ask(known.value.userinfo_endpoint, infoSchema, {
      headers: { authorization: `Bearer ${answer.value.access_token}` },
    });
    if (!info.ok) return info;
    if (info.value.sub !== subject)
      return refused('oidc-refused', 'userinfo speaks of another subject than the id token');
    return ok(identityOf(subject, { ...claims.value, ...info.value }));
  }

  async #judge(
    { jwks, id_token_signing_alg_values_supported: offered }: Known,
    token: string,
    nonce: string,
  ): Promise<Result<JWTPayload, OidcFailure>> {
    const { issuer, clientId } = this.config;
    const { errors, jwtVerify } = await import('jose');
    try {
      const { payload } = await jwtVerify(token, jwks, {
        // Public-key algorithms only: with HS256 the client's secret would do as a key.
        algorithms: ALGORITHMS.filter((algorithm) => offered === undefined || offered.includes(algorithm)),
        issuer,
        audience: clientId,
        clockTolerance: 5,
        currentDate: new Date(this.#options.clock.now()),
        requiredClaims: ['exp', 'iat', 'sub', 'nonce'],
      });
      if (payload['nonce'] !== nonce) return refused('oidc-refused', 'the id token belongs to another sign-in (nonce)');
      if (Array.isArray(payload.aud) && payload.aud.length > 1 && payload['azp'] !== clientId)
        return refused('oidc-refused', 'the id token was made for another client (azp)');
      if (payload['azp'] !== undefined && payload['azp'] !== clientId)
        return refused('oidc-refused', 'the id token was made for another client (azp)');
      if (payload.sub === undefined || payload.sub === '' || payload.sub.length > SUBJECT_LENGTH_MAX)
        return refused('oidc-refused', 'the id token has no usable subject');
      return ok(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refused('oidc-refused', 'the id token has expired');
      if (error instanceof errors.JWKSTimeout) return refused('oidc-unavailable', 'the key set did not answer in time');
      if (error instanceof errors.JOSEError) return refused('oidc-refused', `the id token is not good: ${error.code}`);
      if (error instanceof FaultError) return refused('oidc-unavailable', `the key set: ${error.message}`);
      if (error instanceof TypeError || error instanceof SyntaxError)
        return refused('oidc-unavailable', 'the key set could not be read');
      throw error;
    }
  }

  #tokenRequest(
    known: Known,
    code: string,
    verifier: string,
  ): { readonly headers: Record<string, string>; readonly body: string } {
    const { clientId, clientSecret } = this.config;
    const ways = known.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBasic =
      clientSecret !== null && (ways.includes('client_secret_basic') || !ways.includes('client_secret_post'));
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.#options.redirectUri,
      code_verifier: verifier,
      ...(isBasic ? {} : { client_id: clientId }),
      ...(isBasic || clientSecret === null ? {} : { client_secret: clientSecret }),
    });
    return {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(isBasic
          ? { authorization: `Basic ${Buffer.from(`${formed(clientId)}:${formed(clientSecret)}`).toString('base64')}` }
          : {}),
      },
      body: body.toString(),
    };
  }

  /** What the provider says of itself, read once an hour; many who come at once wait for the same answer. */
  async #discover(): Promise<Result<Known, OidcFailure>> {
    const now = this.#options.clock.now();
    if (this.#known === null || now - this.#known.at >= limits.oidcDiscoveryMs || now < this.#known.at)
      this.#known = { at: now, of: this.#read() };
    const reading = this.#known;
    try {
      return ok(await reading.of);
    } catch (error) {
      if (this.#known === reading) this.#known = null;
      if (error instanceof Unreadable) return error.failure;
      throw error;
    }
  }

  async #read(): Promise<Known> {
    const { issuer } = this.config;
    const found = await this.#ask(`${issuer.replace(/\/$/u, '')}/.well-known/openid-configuration`, metadataSchema);
    if (!found.ok) throw new Unreadable(found);
    // RFC 8414, 3.3: a document that names another issuer was put there by somebody else.
    if (found.value.issuer !== issuer)
      throw new Unreadable(
        refused(
          'oidc-unavailable',
          `the provider calls itself ${clip(found.value.issuer)}, the configuration calls it ${issuer}`,
        ),
      );
    const { fetch } = this.#options;
    const jose = await import('jose');
    const jwks = jose.createRemoteJWKSet(new URL(found.value.jwks_uri), {
      timeoutDuration: limits.oidcRequestMs,
      cooldownDuration: 30_000,
      cacheMaxAge: 600_000,
      [jose.customFetch]: (url) => fetch(url),
    });
    return { ...found.value, jwks };
  }

  async #ask<T>(
    url: string,
    schema: z.ZodType<T>,
    asked: Parameters<EgressFetch>[1] = {},
  ): Promise<Result<T, OidcFailure>> {
    try {
      const response = await this.#options.fetch(url, asked);
      const text = await response.text();
      const body = toJson(text);
      if (response.status === 400 || response.status === 401) {
        const said = errorSchema.safeParse(body);
        // `invalid_grant`: the code was used, is over, or belongs to another client or verifier.
        return refused(
          'oidc-refused',
          `the provider refused: ${said.success ? clip(said.data.error) : response.status}`,
        );
      }
      if (response.status !== 200)
        return refused('oidc-unavailable', `the provider answered with HTTP ${response.status}`);
      const parsed = schema.safeParse(body);
      if (!parsed.success)
        return refused(
          'oidc-unavailable',
          `the provider's answer is not what it should be: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`,
        );
      return ok(parsed.data);
    } catch (error) {
      if (error instanceof FaultError) return refused('oidc-unavailable', error.message);
      throw error;
    }
  }
}

interface Known extends z.infer<typeof metadataSchema> {
  readonly jwks: JWTVerifyGetKey;
}

/** Carries a failure out of what several callers wait for. */
class Unreadable extends Error {
  readonly failure: { readonly ok: false } & OidcFailure;

  constructor(failure: { readonly ok: false } & OidcFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const SUBJECT_LENGTH_MAX = 255;
const TEXT_MAX = 200;

const endpoint = z
  .string()
  .max(2_048)
  .refine((text) => {
    const url = URL.parse(text);
    if (url === null || url.username !== '' || url.hash !== '') return false;
    return (
      url.protocol === 'https:' ||
      (url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
    );
  }, 'expected an https URL');
const words = z.array(z.string().max(64)).max(100);
const metadataSchema = z.object({
  issuer: z.string().max(2_048),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
  token_endpoint_auth_methods_supported: words.optional(),
  id_token_signing_alg_values_supported: words.optional(),
});
const tokenSchema = z.object({ id_token: z.string().max(65_536), access_token: z.string().max(65_536) });
const infoSchema = z.looseObject({ sub: z.string() });
const errorSchema = z.object({ error: z.string() });

function identityOf(subject: string, claims: Readonly<Record<string, unknown>>): Identity {
  const email = z.email().max(254).safeParse(claims['email']);
  // Nothing but the word of the provider that it has looked: an address somebody typed there is anybody's.
  const isVerified = claims['email_verified'] === true;
  const given = [claims['name'], claims['preferred_username'], email.success ? email.data.split('@')[0] : null];
  const name = given.find((each): each is string => typeof each === 'string' && each.trim() !== '') ?? subject;
  return {
    subject,
    email: email.success && isVerified ? email.data.toLowerCase() : null,
    name: name
      .replaceAll(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, 128),
  };
}

/** RFC 6749, 2.3.1: both halves are form-encoded before they are put together. */
function formed(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function clip(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').slice(0, TEXT_MAX);
}
