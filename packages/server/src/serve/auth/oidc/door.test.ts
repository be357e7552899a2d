import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ok } from '@statewire/protocol';
import { createEgress } from '../../../collect/egress/egress.ts';
import { egressFetch } from '../../../collect/egress/fetch.ts';
import { systemClock } from '../../../lib/clock.ts';
import { limits } from '../../../lib/limits.ts';
import { CLIENT, Issuer } from '../../../testing/peers/issuer.ts';
import { OidcDoor } from './door.ts';
import type { Identity, OidcConfig } from './provider.ts';
import { Trips } from './trips.ts';

let issuer: Issuer;
beforeEach(async () => {
  issuer = await Issuer.open();
});
afterEach(() => issuer.close());

interface Setting {
  readonly config?: Partial<OidcConfig>;
  readonly egress?: 'any' | 'public';
  readonly db?: DatabaseSync;
}

function setup({ config = {}, egress = 'any', db = new DatabaseSync(':memory:') }: Setting = {}) {
  let shift = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + shift };
  const entered: Identity[] = [];
  const door = new OidcDoor<Identity>({
    clock,
    configs: [
      {
        id: 'sso',
        name: 'Example',
        issuer: issuer.url,
        ...CLIENT,
        scopes: ['openid', 'email'],
        domains: [],
        newcomers: null,
        org: 'main',
        ...config,
      },
    ],
    fetch: egressFetch({
      egress: createEgress({ mode: egress, allow: [], clock }),
      clock,
      limits,
      timeoutMs: limits.oidcRequestMs,
      bytesMax: limits.oidcAnswerBytesMax,
    }),
    trips: new Trips({ db, clock }),
    publicUrl: 'http://localhost:4800',
    enter: (_config, identity) => {
      entered.push(identity);
      return Promise.resolve(ok(identity));
    },
  });
  const depart = async (to = '/') => {
    const left = await door.depart('sso', to, null);
    if (left === null || !left.ok) throw new Error(`did not leave: ${left?.message ?? 'no provider'}`);
    return left.value;
  };
  /** The whole way: out, through the provider's page, back. */
  const travel = async (to = '/') => {
    const { url, browser } = await depart(to);
    return door.arrive(issuer.visit(url), browser);
  };
  return { door, db, depart, travel, entered, skip: (ms: number) => (shift += ms) };
}

test('[AC10] out with code, PKCE, state and nonce; back with who it is', async () => {
  const { depart, travel, entered } = setup();
  const query = new URL((await depart()).url).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    response_type: 'code',
    client_id: 'statewire',
    scope: 'openid email',
    redirect_uri: 'http://localhost:4800/v1/oidc/callback',
    code_challenge_method: 'S256',
  });
  for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[\w-]{43}$/u);
  expect(await travel('/services?status=down')).toMatchObject({ ok: true, value: { to: '/services?status=down' } });
  expect(entered).toEqual([{ subject: 'ann-1', email: 'ann@example.com', name: 'Ann of the provider' }]);
});

test('[AC10] nothing of one trip is on another', async () => {
  const { depart } = setup();
  const [a, b] = [new URL((await depart()).url).searchParams, new URL((await depart()).url).searchParams];
  for (const name of ['state', 'nonce', 'code_challenge']) expect(a.get(name)).not.toBe(b.get(name));
});

const past = () => Math.floor(Date.now() / 1_000) - 3_600;
test.each([
  ['a nonce of another sign-in', { claims: { nonce: 'another' } }],
  ['no nonce', { claims: { nonce: undefined } }],
  ['another audience', { claims: { aud: 'somebody-else' } }],
  ['two audiences without saying for whom', { claims: { aud: ['statewire', 'other'] } }],
  ['two audiences, made for the other', { claims: { aud: ['statewire', 'other'], azp: 'other' } }],
  ['made for another client', { claims: { azp: 'other' } }],
  ['another issuer', { claims: { iss: 'https://evil.example' } }],
  ['expired', { claims: { exp: past() } }],
  ['no end', { claims: { exp: undefined } }],
  ['no subject', { claims: { sub: undefined } }],
  ['an empty subject', { claims: { sub: '' } }],
  ['signed by a stranger', { key: 'stranger' as const }],
  ['signed with the secret of the client', { key: 'secret' as const }],
])('[AC11] an id token is refused: %s', async (_what, lies) => {
  issuer.lies = lies;
  const { travel, entered } = setup();
  expect(await travel()).toMatchObject({ ok: false, code: 'oidc-refused' });
  expect(entered).toEqual([]);
});

test('[AC11] a state counts once, from the browser that left, for ten minutes', async () => {
  const { door, depart, skip } = setup();
  const mine = await depart();
  const back = issuer.visit(mine.url);
  expect(await door.arrive(back, null)).toMatchObject({ ok: false, code: 'oidc-expired' });
  expect(await door.arrive(back, mine.browser)).toMatchObject({ ok: false, code: 'oidc-expired' });

  const other = await depart();
  const theirs = await depart();
  expect(await door.arrive(issuer.visit(theirs.url), other.browser)).toMatchObject({ ok: false, code: 'oidc-expired' });
  expect(await door.arrive({ ...issuer.visit(other.url), state: 'x'.repeat(43) }, other.browser)).toMatchObject({
    ok: false,
  });
  expect(await door.arrive(issuer.visit(other.url), other.browser)).toMatchObject({ ok: true });
  expect(await door.arrive(issuer.visit(other.url), other.browser)).toMatchObject({ ok: false, code: 'oidc-expired' });

  const late = await depart();
  skip(limits.oidcTripMs);
  expect(await door.arrive(issuer.visit(late.url), late.browser)).toMatchObject({ ok: false, code: 'oidc-expired' });
});

test('[AC11] a code that was used, or belongs to another trip, gets nobody in', async () => {
  const { door, depart, entered } = setup();
  const first = await depart();
  const used = issuer.visit(first.url);
  expect(await door.arrive(used, first.browser)).toMatchObject({ ok: true });
  const second = await depart();
  expect(await door.arrive({ ...issuer.visit(second.url), code: used.code }, second.browser)).toMatchObject({
    ok: false,
    code: 'oidc-refused',
  });
  const third = await depart();
  const fourth = await depart();
  // The verifier of the third does not open what was asked for by the fourth.
  expect(
    await door.arrive({ ...issuer.visit(third.url), code: issuer.visit(fourth.url).code }, third.browser),
  ).toMatchObject({
    ok: false,
    code: 'oidc-refused',
  });
  expect(entered).toHaveLength(1);
});

test('[AC11] an answer that names another issuer is not believed', async () => {
  const { door, depart } = setup();
  const { url, browser } = await depart();
  expect(await door.arrive({ ...issuer.visit(url), iss: 'https://evil.example' }, browser)).toMatchObject({
    ok: false,
    code: 'oidc-refused',
  });
});

test('[AC12] an address counts when the provider vouches for it, and only as true', async () => {
  for (const email_verified of [false, undefined, 'true']) {
    issuer.person = { sub: 'bo-1', email: 'bo@example.com', email_verified };
    const { travel, entered } = setup();
    expect(await travel()).toMatchObject({ ok: true });
    expect(entered).toMatchObject([{ subject: 'bo-1', email: null }]);
    expect(await setup({ config: { domains: ['example.com'] } }).travel()).toMatchObject({
      ok: false,
      code: 'oidc-unverified',
    });
  }
});

test('[AC12] an address from userinfo counts for the same subject only', async () => {
  issuer.isLean = true;
  const { travel, entered } = setup();
  expect(await travel()).toMatchObject({ ok: true });
  expect(entered).toMatchObject([{ email: 'ann@example.com' }]);
  issuer.lies = { userinfo: { sub: 'mallory', email: 'ann@example.com', email_verified: true } };
  expect(await travel()).toMatchObject({ ok: false, code: 'oidc-refused' });
});

test.each([
  ['ann@example.com', true],
  ['Ann@EXAMPLE.com', true],
  ['ann@sub.example.com', false],
  ['ann@example.com.evil.net', false],
  ['"ann@example.com"@evil.net', false],
  ['ann@notexample.com', false],
])('[AC12] only listed domains come in: %s %s', async (email, isLet) => {
  issuer.person = { sub: 'x', email, email_verified: true };
  const reply = await setup({ config: { domains: ['example.com'] } }).travel();
  expect(reply.ok).toBe(isLet);
});

test('the secret of the client goes the way the provider takes it, whatever is in it', async () => {
  for (const ways of [undefined, ['client_secret_basic'], ['client_secret_post'], ['none', 'client_secret_post']]) {
    issuer.lies = { metadata: { token_endpoint_auth_methods_supported: ways } };
    expect(await setup().travel()).toMatchObject({ ok: true });
  }
  expect(await setup({ config: { clientSecret: 'wrong' } }).travel()).toMatchObject({
    ok: false,
    code: 'oidc-refused',
  });
});

test.each([
  ['another issuer', { metadata: { issuer: 'https://evil.example' } }],
  ['an endpoint without TLS', { metadata: { token_endpoint: 'http://evil.example/token' } }],
  ['no key set', { metadata: { jwks_uri: undefined } }],
  ['more bytes than anybody reads', { bytes: limits.oidcAnswerBytesMax }],
])('[AC13] a provider that says of itself %s is not used, and is asked again next time', async (_what, lies) => {
  issuer.lies = lies;
  const { door, travel } = setup();
  expect(await door.depart('sso', '/', null)).toMatchObject({ ok: false, code: 'oidc-unavailable' });
  issuer.lies = {};
  expect(await travel()).toMatchObject({ ok: true });
});

test('[AC13] what a provider says of itself is read once an hour', async () => {
  const { travel, depart, skip } = setup();
  await Promise.all([depart(), depart(), depart()]);
  expect(await travel()).toMatchObject({ ok: true });
  expect(issuer.asked.filter((path) => path.includes('well-known'))).toHaveLength(1);
  skip(limits.oidcDiscoveryMs);
  await depart();
  expect(issuer.asked.filter((path) => path.includes('well-known'))).toHaveLength(2);
});

test('[AC13] a provider is reached through the one way out: a private address has to be allowed', async () => {
  const { door } = setup({ egress: 'public' });
  expect(await door.depart('sso', '/', null)).toMatchObject({ ok: false, code: 'oidc-unavailable' });
  expect(issuer.asked).toEqual([]);
});

test('[AC13] a provider that fails, and a person who changed their mind, are told apart', async () => {
  const { door, depart } = setup();
  const one = await depart();
  issuer.lies = { tokenStatus: 503 };
  expect(await door.arrive(issuer.visit(one.url), one.browser)).toMatchObject({ ok: false, code: 'oidc-unavailable' });
  const two = await depart();
  const { state } = issuer.visit(two.url);
  expect(await door.arrive({ state, error: 'access_denied' }, two.browser)).toMatchObject({
    ok: false,
    code: 'oidc-cancelled',
  });
  const three = await depart();
  expect(
    await door.arrive({ state: issuer.visit(three.url).state, error: 'login_required' }, three.browser),
  ).toMatchObject({
    ok: false,
    code: 'oidc-refused',
  });
  expect(await door.depart('nobody', '/', null)).toBeNull();
});

test.each([
  ['//evil.example/x', '/'],
  ['https://evil.example/x', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/v1/session', '/'],
  ['javascript:alert(1)', '/'],
  ['services', '/'],
  ['/services#x', '/services#x'],
])('[AC11] a sign-in ends on a page of ours: %s leads to %s', async (asked, led) => {
  expect(await setup().travel(asked)).toMatchObject({ ok: true, value: { to: led } });
});

test('a restart in between ends no trip', async () => {
  const before = setup();
  const { url, browser } = await before.depart('/alerts');
  const after = setup({ db: before.db });
  expect(await after.door.arrive(issuer.visit(url), browser)).toMatchObject({ ok: true, value: { to: '/alerts' } });
});
