import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { JwtVerifier, type JwtIssuer } from './jwt.ts';

const SECRET = 'a secret of at least thirty-two characters';
const claims = { org: 'org', sub: 'sub', name: 'name', scopes: 'scope' };
const hs: JwtIssuer = {
  issuer: 'https://app.example',
  audience: 'statewire',
  key: { secret: SECRET },
  claims,
  defaultOrg: null,
  defaultScopes: [],
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function verifier(...issuers: readonly JwtIssuer[]): JwtVerifier {
  return new JwtVerifier({ clock: systemClock, issuers, fetch });
}

function sign(payload: Record<string, unknown>, secret: string = SECRET, alg = 'HS256'): Promise<string> {
  return builder(payload, alg).sign(new TextEncoder().encode(secret));
}

function builder(payload: Record<string, unknown>, alg: string, kid?: string): SignJWT {
  return new SignJWT({
    iss: 'https://app.example',
    aud: 'statewire',
    sub: 'ann',
    org: 'o7',
    scope: 'read report',
    exp: seconds() + 600,
    ...payload,
  }).setProtectedHeader(kid === undefined ? { alg } : { alg, kid });
}

function seconds(): number {
  return Math.floor(systemClock.now() / 1_000);
}

/** A real key set over HTTP; `hits` counts reads. */
async function keySet(
  keys: readonly { kid: string; publicKey: CryptoKey }[],
  status = 200,
): Promise<{ url: string; hits: () => number }> {
  let hits = 0;
  const body = JSON.stringify({
    keys: await Promise.all(
      keys.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, use: 'sig' })),
    ),
  });
  const server = createServer((_, response) => {
    hits++;
    response
      .writeHead(status, { 'content-type': 'application/json', ...(status === 302 ? { location: '/elsewhere' } : {}) })
      .end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it listens on TCP.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks`, hits: () => hits };
}

test('a token of a trusted issuer is a principal of its organization, with its scopes and expiry', async () => {
  const exp = seconds() + 600;
  const result = await verifier(hs).verify(await sign({ exp, name: 'Ann' }));
  expect(result).toEqual({
    ok: true,
    value: {
      kind: 'token',
      id: 'https://app.example|ann',
      name: 'Ann',
      org: 'o7',
      scopes: ['read', 'report'],
      isOperator: false,
      expiresAt: exp * 1_000,
      customers: [],
    },
  });
});

test('alg none is refused, in every spelling', async () => {
  const unsigned = new UnsecuredJWT({
    iss: hs.issuer,
    aud: hs.audience,
    sub: 'ann',
    org: 'o7',
    scope: 'admin',
    exp: seconds() + 600,
  }).encode();
  expect(await verifier(hs).verify(unsigned)).toMatchObject({ ok: false, code: 'auth_invalid' });
  const [, payload = ''] = unsigned.split('.');
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, 0]) {
    const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
    for (const signature of ['', 'AAAA'])
      expect(await verifier(hs).verify(`${header}.${payload}.${signature}`)).toMatchObject({
        ok: false,
        code: 'auth_invalid',
      });
  }
});

test.each<[string, Record<string, unknown>, string, string, string]>([
  ['another secret', {}, 'another secret of at least thirty-two chars', 'HS256', 'auth_invalid'],
  ['a stronger but not allowed algorithm', {}, SECRET.padEnd(64, '.'), 'HS512', 'auth_invalid'],
  ['an audience that is not ours', { aud: 'other' }, SECRET, 'HS256', 'auth_invalid'],
  ['no audience', { aud: undefined }, SECRET, 'HS256', 'auth_invalid'],
  ['an issuer nobody configured', { iss: 'https://evil.example' }, SECRET, 'HS256', 'auth_invalid'],
  ['an expiry in the past', { exp: 1_000_000 }, SECRET, 'HS256', 'auth_expired'],
  ['no expiry', { exp: undefined }, SECRET, 'HS256', 'auth_invalid'],
  ['a start in the future', { nbf: 9_999_999_999 }, SECRET, 'HS256', 'auth_invalid'],
  ['no user', { sub: undefined }, SECRET, 'HS256', 'auth_invalid'],
  ['no organization', { org: undefined }, SECRET, 'HS256', 'auth_invalid'],
  ['an organization that is not a name', { org: '../main' }, SECRET, 'HS256', 'auth_invalid'],
  ['an organization of another type', { org: ['main'] }, SECRET, 'HS256', 'auth_invalid'],
  ['no scope of ours', { scope: 'email openid' }, SECRET, 'HS256', 'forbidden'],
  ['scopes of another type', { scope: { admin: true } }, SECRET, 'HS256', 'forbidden'],
])('refused: %s', async (_: string, payload: Record<string, unknown>, secret: string, alg: string, code: string) => {
  expect(await verifier(hs).verify(await sign(payload, secret, alg))).toMatchObject({ ok: false, code });
});

test.each(['', '.', '..', 'a.b.c', 'eyJhbGciOiJIUzI1NiJ9.e30.', `${'x'.repeat(5_000)}.y.z`, '\u0000.\u0000.\u0000'])(
  'not a token: %j',
  async (token) => {
    expect(await verifier(hs).verify(token)).toMatchObject({ ok: false, code: 'auth_invalid' });
  },
);

test('a key set is read once and verifies public-key tokens', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = await keySet([{ kid: 'k1', publicKey }]);
  const subject = verifier({ ...hs, key: { jwks: jwks.url } });
  for (let i = 0; i < 5; i++)
    expect(await subject.verify(await builder({}, 'RS256', 'k1').sign(privateKey))).toMatchObject({
      ok: true,
      value: { org: 'o7' },
    });
  expect(jwks.hits()).toBe(1);
});

test('the public key is not a secret: a token signed with it as HS256 is refused', async () => {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwks = await keySet([{ kid: 'k1', publicKey }]);
  const subject = verifier({ ...hs, key: { jwks: jwks.url } });
  const pem = await exportSPKI(publicKey);
  const forged = await builder({ scope: 'admin' }, 'HS256', 'k1').sign(new TextEncoder().encode(pem));
  expect(await subject.verify(forged)).toMatchObject({ ok: false, code: 'auth_invalid' });
});

test('two issuers whose keys share a kid do not verify each other: the cache is per issuer and URL', async () => {
  const [a, b] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const [setA, setB] = await Promise.all([
    keySet([{ kid: 'same', publicKey: a.publicKey }]),
    keySet([{ kid: 'same', publicKey: b.publicKey }]),
  ]);
  const subject = verifier(
    { ...hs, issuer: 'https://a.example', key: { jwks: setA.url } },
    { ...hs, issuer: 'https://b.example', key: { jwks: setB.url } },
  );
  const good = await builder({ iss: 'https://a.example' }, 'ES256', 'same').sign(a.privateKey);
  const crossed = await builder({ iss: 'https://b.example' }, 'ES256', 'same').sign(a.privateKey);
  expect(await subject.verify(good)).toMatchObject({ ok: true });
  expect(await subject.verify(crossed)).toMatchObject({ ok: false, code: 'auth_invalid' });
});

test('a key URL or key inside the token is never used', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const evil = await keySet([{ kid: 'k1', publicKey }]);
  const token = await new SignJWT({
    iss: hs.issuer,
    aud: hs.audience,
    sub: 'ann',
    org: 'o7',
    scope: 'admin',
    exp: seconds() + 600,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', jku: evil.url, jwk: await exportJWK(publicKey) })
    .sign(privateKey);
  expect(await verifier(hs).verify(token)).toMatchObject({ ok: false, code: 'auth_invalid' });
  expect(evil.hits()).toBe(0);
});

test('a key set that redirects, fails or is away is not an invalid token but an unavailable issuer', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const token = await builder({}, 'RS256', 'k1').sign(privateKey);
  const redirecting = await keySet([{ kid: 'k1', publicKey }], 302);
  expect(await verifier({ ...hs, key: { jwks: redirecting.url } }).verify(token)).toMatchObject({ ok: false });
  expect(redirecting.hits()).toBe(1);
  expect(await verifier({ ...hs, key: { jwks: 'http://127.0.0.1:1/jwks' } }).verify(token)).toMatchObject({
    ok: false,
    code: 'unavailable',
  });
});

test('claims are found by name or by path, own properties only', async () => {
  const mapped: JwtIssuer = {
    ...hs,
    claims: { org: 'app_metadata.org', sub: 'uid', name: 'https://x.example/name', scopes: 'permissions' },
  };
  const token = await sign({
    org: undefined,
    uid: 'u1',
    app_metadata: { org: 'acme' },
    'https://x.example/name': 'Bo',
    permissions: ['statewire:read', 'other'],
  });
  expect(await verifier(mapped).verify(token)).toMatchObject({
    ok: true,
    value: { org: 'acme', id: 'https://app.example|u1', name: 'Bo', scopes: ['read'] },
  });
  const proto: JwtIssuer = { ...hs, claims: { ...claims, org: 'constructor.name' } };
  expect(await verifier(proto).verify(await sign({}))).toMatchObject({ ok: false, code: 'auth_invalid' });
});

test('defaults stand in for missing claims and do not override present ones', async () => {
  const lenient: JwtIssuer = { ...hs, defaultOrg: 'main', defaultScopes: ['read'] };
  expect(await verifier(lenient).verify(await sign({ org: undefined, scope: undefined }))).toMatchObject({
    ok: true,
    value: { org: 'main', scopes: ['read'] },
  });
  expect(await verifier(lenient).verify(await sign({ scope: 'email' }))).toMatchObject({
    ok: false,
    code: 'forbidden',
  });
});

test('while a secret is being changed both entries count', async () => {
  const next: JwtIssuer = { ...hs, key: { secret: 'the next secret, also long enough for it' } };
  expect(await verifier(next, hs).verify(await sign({}))).toMatchObject({ ok: true });
});

test('without an issuer every token is refused', async () => {
  expect(verifier().isConfigured).toBe(false);
  expect(await verifier().verify(await sign({}))).toMatchObject({ ok: false, code: 'auth_invalid' });
});
