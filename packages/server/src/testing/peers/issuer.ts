/**
 * A real identity provider on loopback, for tests: discovery, codes that count once, PKCE, client authentication, id tokens
 * signed with a key of its own, userinfo. It can be told to lie, in the ways that a provider, or somebody in its place, could.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export interface Person {
  readonly sub: string;
  readonly email?: string | undefined;
  readonly email_verified?: boolean | string | undefined;
  readonly name?: string | undefined;
}

/** What of an answer is not what it should be. */
export interface Lies {
  /** Claims of the id token that replace the true ones; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Signed with a key that is in no key set, or with the client's secret. */
  readonly key?: 'stranger' | 'secret' | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Who userinfo speaks of. */
  readonly userinfo?: Person | undefined;
  /** Status of the token endpoint. */
  readonly tokenStatus?: number | undefined;
  /** Answers with so many bytes of discovery. */
  readonly bytes?: number | undefined;
}

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly person: Person;
}

export const CLIENT = { clientId: 'statewire', clientSecret: 'a secret: of the & client' } as const;

export class Issuer {
  readonly #server: Server;
  readonly #key: CryptoKey;
  readonly #jwk: JWK;
  readonly #stranger: CryptoKey;
  readonly #grants = new Map<string, Grant>();
  readonly #byAccess = new Map<string, Person>();
  lies: Lies = {};
  person: Person = { sub: 'ann-1', email: 'ann@example.com', email_verified: true, name: 'Ann of the provider' };
  /** The address is in userinfo only. */
  isLean = false;
  /** Paths that were asked. */
  readonly asked: string[] = [];

  private constructor(key: CryptoKey, jwk: JWK, stranger: CryptoKey) {
    this.#key = key;
    this.#jwk = jwk;
    this.#stranger = stranger;
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(typeof body === 'string' ? body : JSON.stringify(body));
        },
        () => response.writeHead(500).end(),
      );
    });
  }

  static async open(): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const other = await generateKeyPair('ES256');
    const issuer = new Issuer(
      privateKey,
      { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' },
      other.privateKey,
    );
    await new Promise<void>((resolve) => void issuer.#server.listen(0, '127.0.0.1', () => resolve()));
    return issuer;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** What a person does on the provider's page: signs in there and is sent back. */
  visit(authorizationUrl: string): { readonly state: string; readonly code: string; readonly iss: string } {
    const query = new URL(authorizationUrl).searchParams;
    const must = (name: string): string => {
      const value = query.get(name);
      if (value === null) throw new Error(`the authorization request has no ${name}`);
      return value;
    };
    if (
      must('response_type') !== 'code' ||
      must('code_challenge_method') !== 'S256' ||
      must('client_id') !== CLIENT.clientId
    )
      throw new Error('not an authorization request of this client');
    const code = randomBytes(16).toString('hex');
    this.#grants.set(code, {
      nonce: must('nonce'),
      challenge: must('code_challenge'),
      redirectUri: must('redirect_uri'),
      person: this.person,
    });
    return { state: must('state'), code, iss: this.url };
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    this.asked.push(pathname);
    switch (pathname) {
      case '/.well-known/openid-configuration': {
        const metadata = {
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/jwks`,
          userinfo_endpoint: `${this.url}/userinfo`,
          ...this.lies.metadata,
        };
        return {
          status: 200,
          body: this.lies.bytes === undefined ? metadata : `{"x":"${'x'.repeat(this.lies.bytes)}"}`,
        };
      }
      case '/jwks':
        return { status: 200, body: { keys: [this.#jwk] } };
      case '/token':
        return this.#token(request);
      case '/userinfo': {
        const person = this.#byAccess.get((request.headers.authorization ?? '').replace('Bearer ', ''));
        return person === undefined
          ? { status: 401, body: { error: 'invalid_token' } }
          : { status: 200, body: this.lies.userinfo ?? person };
      }
      default:
        return { status: 404, body: {} };
    }
  }

  async #token(request: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (this.lies.tokenStatus !== undefined) return { status: this.lies.tokenStatus, body: { error: 'server_error' } };
    const form = new URLSearchParams(text);
    if (!isClient(request.headers.authorization, form)) return { status: 401, body: { error: 'invalid_client' } };
    const code = form.get('code') ?? '';
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (grant === undefined || grant.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri'))
      return { status: 400, body: { error: 'invalid_grant' } };
    const access = randomBytes(16).toString('hex');
    this.#byAccess.set(access, grant.person);
    return { status: 200, body: { token_type: 'Bearer', access_token: access, id_token: await this.#idToken(grant) } };
  }

  async #idToken({ nonce, person }: Grant): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.url,
      aud: CLIENT.clientId,
      iat: now,
      exp: now + 300,
      nonce,
      ...(this.isLean ? { sub: person.sub } : person),
      ...this.lies.claims,
    };
    const known = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
    if (this.lies.key === 'secret')
      return new SignJWT(known)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(CLIENT.clientSecret));
    return new SignJWT(known)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(this.lies.key === 'stranger' ? this.#stranger : this.#key);
  }
}

function isClient(authorization: string | undefined, form: URLSearchParams): boolean {
  if (authorization === undefined)
    return form.get('client_id') === CLIENT.clientId && form.get('client_secret') === CLIENT.clientSecret;
  const [id = '', secret = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8').split(':');
  const read = (part: string): string => new URLSearchParams(`x=${part}`).get('x') ?? '';
  return read(id) === CLIENT.clientId && read(secret) === CLIENT.clientSecret;
}
