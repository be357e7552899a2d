import { ok, type Json, type JsonObject } from '@statewire/protocol';
import { afterEach, expect, test } from 'vitest';
import { limits } from '../../lib/limits.ts';
import { ADMIN_KEY, createWorld, type Reply, type World, type WorldOptions } from '../../testing/http-world.ts';
import { CLIENT, Issuer } from '../../testing/peers/issuer.ts';
import { MailServer, type Mail } from '../../testing/peers/receivers/mail-server.ts';
import { codeAt, stepAt, TOTP_STEP_MS } from '../auth/totp.ts';

const password = 'correct horse battery';
const own = { origin: 'http://localhost:4800', host: 'localhost:4800', 'user-agent': 'a test' };
const ann = { email: 'ann@example.com', password };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function open(options: WorldOptions = {}) {
  const world = await createWorld(options);
  cleanups.push(() => world.close());
  const first = await world.call('POST', '/v1/welcome', {
    body: { token: world.accounts.welcome(), ...ann, name: 'Ann' },
    headers: own,
  });
  expect(first.status).toBe(201);
  return { world, cookie: cookieOf(first), id: first.word('user', 'id') };
}

function cookieOf(reply: Reply): string {
  return reply.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

function ask(world: World, method: string, path: string, cookie: string | null, body?: unknown): Promise<Reply> {
  return world.call(method, path, {
    ...(body === undefined ? {} : { body }),
    headers: { ...own, ...(cookie === null ? {} : { cookie }) },
  });
}

const signIn = (world: World, body: object = ann): Promise<Reply> => ask(world, 'POST', '/v1/session', null, body);

/** Another person of this organization. */
async function join(
  world: World,
  cookie: string,
  email: string,
  role = 'viewer',
): Promise<{ cookie: string; id: string }> {
  const invite = await ask(world, 'POST', '/v1/invites', cookie, { email, role });
  const token = invite.word('path').split('/').at(-1);
  const joined = await ask(world, 'POST', '/v1/welcome', null, { token, name: 'Bo', password });
  expect(joined.status).toBe(201);
  return { cookie: cookieOf(joined), id: joined.word('user', 'id') };
}

function codeFor(world: World, secret: string): string {
  const bits = Array.from(secret, (c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  ).join('');
  const bytes = (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2));
  return codeAt(Buffer.from(bytes), stepAt(world.now()));
}

async function turnOn(world: World, cookie: string): Promise<{ secret: string; codes: readonly string[] }> {
  const begun = await ask(world, 'POST', '/v1/session/second-factor', cookie, { password });
  expect(begun.status).toBe(201);
  const secret = begun.word('secret');
  expect(begun.word('url')).toContain(`secret=${secret}`);
  const on = await ask(world, 'POST', '/v1/session/second-factor/confirm', cookie, { code: codeFor(world, secret) });
  expect(on.status).toBe(200);
  world.skip(TOTP_STEP_MS);
  return { secret, codes: textsIn(on.json['backupCodes']) };
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value.filter(
    (each: Json): each is JsonObject => typeof each === 'object' && each !== null && !Array.isArray(each),
  );
}

function textsIn(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value.map(String);
}

/** What the audit log of the organization says, oldest first. */
async function actions(world: World): Promise<readonly string[]> {
  const { rows } = await world.keep.store.audits({ org: 'main', limit: 100 });
  return rows.map(({ action }) => action);
}

test('[AC6] with a second factor the right password opens no session: a code does, once', async () => {
  const { world, cookie } = await open();
  const { secret } = await turnOn(world, cookie);
  const first = await signIn(world);
  expect(first.status).toBe(200);
  expect(first.headers.getSetCookie()).toEqual([]);
  const token = first.word('secondStep', 'token');
  expect(first.json).not.toHaveProperty('user');
  expect((await ask(world, 'POST', '/v1/session/second', null, { token, code: '000000' })).status).toBe(401);
  const code = codeFor(world, secret);
  const second = await ask(world, 'POST', '/v1/session/second', null, { token, code });
  expect(second.status).toBe(200);
  expect((await ask(world, 'GET', '/v1/me', cookieOf(second))).json).toMatchObject({ user: { email: ann.email } });
  expect((await ask(world, 'POST', '/v1/session/second', null, { token, code })).json).toMatchObject({ code: 'gone' });
  const again = await signIn(world);
  expect(
    (await ask(world, 'POST', '/v1/session/second', null, { token: again.word('secondStep', 'token'), code })).json,
  ).toMatchObject({ code: 'auth_invalid' });
  expect((await signIn(world, { ...ann, password: 'wrong password' })).json).not.toHaveProperty('secondStep');
});

test('[AC7] setting up needs the password; turning off and new backup codes need the password and a code', async () => {
  const { world, cookie } = await open();
  const begin = (given: object) => ask(world, 'POST', '/v1/session/second-factor', cookie, given);
  expect((await begin({})).status).toBe(403);
  expect((await begin({ password: 'not it at all' })).status).toBe(403);
  const { secret, codes } = await turnOn(world, cookie);
  expect((await begin({ password })).json).toMatchObject({ code: 'exists' });
  for (const path of ['off', 'backup-codes']) {
    const change = (given: object) => ask(world, 'POST', `/v1/session/second-factor/${path}`, cookie, given);
    expect((await change({ password, code: '000000' })).status).toBe(401);
    expect((await change({ password: 'not it at all', code: codeFor(world, secret) })).status).toBe(403);
  }
  const renewed = await ask(world, 'POST', '/v1/session/second-factor/backup-codes', cookie, {
    password,
    code: codes[0],
  });
  expect(renewed.json['backupCodes']).toHaveLength(10);
  const off = await ask(world, 'POST', '/v1/session/second-factor/off', cookie, {
    password,
    code: codeFor(world, secret),
  });
  expect(off.json).toEqual({ isOn: false });
  expect((await signIn(world)).json).toMatchObject({ user: { email: ann.email } });
}, 20_000);

test('[AC8] where a second factor is required, who has none may set one up and nothing else', async () => {
  const { world, cookie, id } = await open();
  await ask(world, 'POST', '/v1/settings', cookie, { id: 'main', requiresSecondFactor: true });
  const me = await ask(world, 'GET', '/v1/me', cookie);
  expect(me.json).toMatchObject({ needsSecondFactor: true, principal: { id, scopes: [], isOperator: false } });
  for (const path of ['/v1/services', '/v1/keys', '/v1/invites'])
    expect((await ask(world, 'GET', path, cookie)).status).toBe(403);
  await turnOn(world, cookie);
  expect((await ask(world, 'GET', '/v1/me', cookie)).json).toMatchObject({ needsSecondFactor: false });
  expect((await ask(world, 'GET', '/v1/services', cookie)).status).toBe(200);
});

test('[AC9] sessions are listed with where they come from, and ended one by one, all others, and by an admin', async () => {
  const { world, cookie, id } = await open();
  const phone = cookieOf(
    await world.call('POST', '/v1/session', { body: ann, headers: { ...own, 'user-agent': 'a phone' } }),
  );
  const list = async (as: string) => listOf((await ask(world, 'GET', '/v1/sessions', as)).json['sessions']);
  const seen = await list(phone);
  expect(seen).toHaveLength(2);
  expect(seen.find(({ isThis }) => isThis)).toMatchObject({ agent: 'a phone', way: 'password' });
  const here = (await list(cookie)).find(({ isThis }) => isThis === true)?.['id'];
  expect((await ask(world, 'DELETE', `/v1/sessions/${JSON.stringify(here).slice(1, -1)}`, phone)).status).toBe(200);
  expect((await ask(world, 'GET', '/v1/me', cookie)).status).toBe(401);
  expect((await ask(world, 'GET', '/v1/me', phone)).status).toBe(200);

  const tablet = cookieOf(await signIn(world));
  expect((await ask(world, 'POST', '/v1/sessions/end-others', phone)).json).toEqual({ ended: 1 });
  expect((await ask(world, 'GET', '/v1/me', tablet)).status).toBe(401);

  const bo = await join(world, phone, 'bo@example.com');
  const theirs = (await list(bo.cookie))[0]?.['id'];
  expect((await ask(world, 'DELETE', `/v1/sessions/${JSON.stringify(theirs).slice(1, -1)}`, phone)).status).toBe(404);
  expect((await ask(world, 'POST', `/v1/members/${id}/end-sessions`, bo.cookie)).status).toBe(403);
  expect((await ask(world, 'POST', `/v1/members/${bo.id}/end-sessions`, phone)).json).toEqual({ ended: 1 });
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).status).toBe(401);
}, 20_000);

test('[AC9] when it was seen last is written down once a minute; beyond fifty the one seen longest ago ends', async () => {
  const { world, cookie, id } = await open();
  const seenAt = () => world.accounts.sessions.list(id)[0]?.lastSeenAt;
  const at = seenAt();
  world.skip(limits.sessionSeenStepMs - 10_000);
  await ask(world, 'GET', '/v1/me', cookie);
  expect(seenAt()).toBe(at);
  world.skip(20_000);
  await ask(world, 'GET', '/v1/me', cookie);
  expect(seenAt()).toBeGreaterThan(at ?? 0);
  const oidc = {
    id: 'sso',
    name: 'x',
    issuer: 'x',
    clientId: 'x',
    clientSecret: null,
    scopes: [],
    domains: [],
    newcomers: null,
    org: 'main',
  };
  for (let i = 0; i < limits.sessionsPerPersonMax; i++) {
    world.skip(1_000);
    await world.accounts.enter(oidc, { subject: 'ann', email: ann.email, name: 'Ann' });
  }
  expect(world.accounts.sessions.list(id)).toHaveLength(limits.sessionsPerPersonMax);
  expect((await ask(world, 'GET', '/v1/me', cookie)).status).toBe(401);
});

test('[AC15] a link by an admin sets a new password, once, within an hour; every session is over, the second factor stays', async () => {
  const { world, cookie } = await open();
  const bo = await join(world, cookie, 'bo@example.com');
  await turnOn(world, bo.cookie);
  expect((await ask(world, 'POST', `/v1/members/${bo.id}/reset-link`, bo.cookie)).status).toBe(403);
  const link = async () =>
    (await ask(world, 'POST', `/v1/members/${bo.id}/reset-link`, cookie)).word('path').split('/').at(-1);
  const old = await link();
  const token = await link();
  const set = (given: string | undefined, next: string) =>
    ask(world, 'POST', '/v1/session/reset/finish', null, { token: given, password: next });
  expect((await set(old, 'another horse battery')).json).toMatchObject({ code: 'gone' });
  expect((await set(token, 'short')).status).toBe(422);
  expect((await ask(world, 'POST', '/v1/welcome', null, { token, name: 'X', password })).json).toMatchObject({
    code: 'gone',
  });
  expect((await set(token, 'another horse battery')).json).toEqual({ changed: true });
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).status).toBe(401);
  expect((await set(token, 'a third horse battery')).json).toMatchObject({ code: 'gone' });
  expect((await signIn(world, { email: 'bo@example.com', password })).status).toBe(401);
  expect((await signIn(world, { email: 'bo@example.com', password: 'another horse battery' })).json).toHaveProperty(
    'secondStep',
  );
  const late = await link();
  world.skip(limits.resetLinkMs);
  expect((await set(late, 'a third horse battery')).json).toMatchObject({ code: 'gone' });
}, 20_000);

async function withMail() {
  const server = await MailServer.open({ tls: 'none' });
  cleanups.push(() => server.close());
  const opened = await open({
    mail: {
      host: '127.0.0.1',
      port: server.port,
      tls: 'none',
      user: '',
      password: '',
      from: 'Statewire <status@example.com>',
    },
  });
  const arrived = async (count: number): Promise<Mail> => {
    await expect.poll(() => server.mails.length, { timeout: 10_000 }).toBe(count);
    const mail = server.mails.at(-1);
    if (mail === undefined) throw new Error('no mail');
    return mail;
  };
  return { ...opened, server, arrived };
}

/** The link in a mail, whose lines may be folded. */
function linkIn({ raw }: Mail, place: string): string {
  const found = new RegExp(`/#/${place}/([\\w-]{43})`, 'u').exec(raw.replaceAll('=\r\n', ''))?.[1];
  if (found === undefined) throw new Error(`no link in ${raw}`);
  return found;
}

test('[AC16] a forgotten password: the same answer for everybody, a mail for who is here, and no word of the request in it', async () => {
  const { world, server, arrived } = await withMail();
  expect((await ask(world, 'GET', '/v1/session/ways', null)).json).toEqual({ oidc: [], reset: 'mail' });
  const forgot = (email: string) =>
    world.call('POST', '/v1/session/reset', {
      body: { email },
      headers: { ...own, 'x-forwarded-host': 'evil.example' },
    });
  const replies = [await forgot('nobody@example.com'), await forgot('ANN@example.com')];
  expect(replies.map(({ status, text }) => [status, text])).toEqual([
    [202, '{"heard":true}'],
    [202, '{"heard":true}'],
  ]);
  const mail = await arrived(1);
  expect(mail.to).toEqual(['ann@example.com']);
  expect(mail.raw).toContain('Subject: A new password for Statewire');
  expect(mail.raw).not.toContain('evil.example');
  expect(mail.raw).toContain('http://localhost:4800/#/reset/');
  const token = linkIn(mail, 'reset');
  expect(
    (await ask(world, 'POST', '/v1/session/reset/finish', null, { token, password: 'another horse battery' })).status,
  ).toBe(200);
  expect(server.mails).toHaveLength(1);
  // Of one address, whether it is somebody's or nobody's.
  for (const email of ['ann@example.com', 'nobody@example.com']) {
    const more = [await forgot(email), await forgot(email), await forgot(email)];
    expect(more.map(({ status }) => status)).toEqual([202, 202, 429]);
  }
}, 20_000);

test('[AC16] without a mail server nobody waits for a mail', async () => {
  const { world } = await open();
  expect((await ask(world, 'GET', '/v1/session/ways', null)).json).toEqual({ oidc: [], reset: 'admin' });
  expect((await ask(world, 'POST', '/v1/session/reset', null, { email: ann.email })).json).toMatchObject({
    code: 'unsupported',
  });
});

test('[AC17] invitations are mailed, sent again and withdrawn; a newer link ends the older one', async () => {
  const { world, cookie, arrived } = await withMail();
  const made = await ask(world, 'POST', '/v1/invites', cookie, { email: 'bo@example.com', role: 'viewer' });
  expect(made.json).toMatchObject({ isMailed: true });
  const first = linkIn(await arrived(1), 'welcome');
  expect(made.word('path')).toContain(first);
  expect((await ask(world, 'POST', '/v1/invites/resend', cookie, { email: 'nobody@example.com' })).status).toBe(404);
  expect((await ask(world, 'POST', '/v1/invites/resend', cookie, { email: 'Bo@example.com' })).status).toBe(201);
  const mail = await arrived(2);
  expect(mail.to).toEqual(['bo@example.com']);
  expect(mail.raw).toContain('Subject: Ann invites you to Statewire');
  const check = (token: string) => ask(world, 'POST', '/v1/welcome/check', null, { token });
  expect((await check(first)).status).toBe(410);
  const second = linkIn(mail, 'welcome');
  expect((await check(second)).json).toMatchObject({ email: 'bo@example.com', role: 'viewer' });
  expect((await ask(world, 'POST', '/v1/invites/withdraw', cookie, { email: 'bo@example.com' })).status).toBe(200);
  expect((await check(second)).status).toBe(410);
}, 20_000);

async function withIssuer(newcomers: string | null = null, domains: readonly string[] = []) {
  const issuer = await Issuer.open();
  cleanups.push(() => issuer.close());
  const config = {
    id: 'sso',
    name: 'Example',
    issuer: issuer.url,
    ...CLIENT,
    scopes: ['openid', 'email'],
    domains,
    newcomers,
    org: 'main',
  };
  const world = await createWorld({ oidc: [config] });
  cleanups.push(() => world.close());
  /** A browser's whole way; ends where it is sent to, with what it was given. */
  const travel = async (to = '/') => {
    const left = await world.call('GET', `/v1/oidc/sso/start?to=${encodeURIComponent(to)}`);
    const { state, code, iss } = issuer.visit(left.headers.get('location') ?? '');
    const back = await world.call('GET', `/v1/oidc/callback?${new URLSearchParams({ state, code, iss }).toString()}`, {
      headers: { cookie: cookieOf(left), 'user-agent': 'a browser' },
    });
    return { left, back, location: back.headers.get('location'), cookie: cookieOf(back) };
  };
  const first = async () => {
    const made = await ask(world, 'POST', '/v1/welcome', null, {
      token: world.accounts.welcome(),
      ...ann,
      name: 'Ann',
    });
    return { cookie: cookieOf(made), id: made.word('user', 'id') };
  };
  return { world, issuer, travel, first };
}

test('[AC14] who is vouched for is let in: by subject, by verified address, by invitation', async () => {
  const { world, issuer, travel, first } = await withIssuer();
  const before = await travel();
  // Nobody becomes the first account from outside: the first-run link stays good.
  expect(before.location).toBe('/#/sign-in/oidc-not-invited');
  expect(world.accounts.isEmpty).toBe(true);
  const admin = await first();

  const linked = await travel('/alerts');
  expect(linked.location).toBe('/alerts');
  const me = await ask(world, 'GET', '/v1/me', linked.cookie);
  expect(me.json).toMatchObject({ user: { id: admin.id, name: 'Ann' } });
  // The address at the provider may change; the subject is who they are.
  issuer.person = { sub: 'ann-1', email: 'ann@elsewhere.example', email_verified: true };
  expect((await ask(world, 'GET', '/v1/me', (await travel()).cookie)).json).toMatchObject({ user: { id: admin.id } });

  issuer.person = { sub: 'bo-1', email: 'bo@example.com', email_verified: true, name: 'Bo' };
  expect((await travel()).location).toBe('/#/sign-in/oidc-not-invited');
  await ask(world, 'POST', '/v1/invites', admin.cookie, { email: 'bo@example.com', role: 'operator' });
  const bo = await travel();
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).json).toMatchObject({
    user: { role: 'operator', name: 'Bo', email: 'bo@example.com' },
  });
  expect((await ask(world, 'GET', '/v1/invites', admin.cookie)).json).toEqual({ invites: [] });
  expect(world.accounts.sessions.list((await ask(world, 'GET', '/v1/me', bo.cookie)).word('user', 'id'))).toMatchObject(
    [{ way: 'oidc', agent: 'a browser' }],
  );
});

test('[AC14] an address that is not vouched for takes over no account and no invitation', async () => {
  const { world, issuer, travel, first } = await withIssuer('viewer');
  const admin = await first();
  await ask(world, 'POST', '/v1/invites', admin.cookie, { email: 'bo@example.com', role: 'admin' });
  for (const email of ['ann@example.com', 'bo@example.com', 'new@example.com']) {
    issuer.person = { sub: 'mallory', email, email_verified: false };
    expect((await travel()).location).toBe('/#/sign-in/oidc-unverified');
  }
  expect(world.accounts.users('main')).toHaveLength(1);
});

test('[AC14] newcomers get the role of the configuration, from the domains that may come in', async () => {
  const { world, issuer, travel, first } = await withIssuer('viewer', ['example.com']);
  await first();
  issuer.person = { sub: 'new-1', email: 'new@example.com', email_verified: true, name: 'New' };
  const made = await travel();
  expect((await ask(world, 'GET', '/v1/me', made.cookie)).json).toMatchObject({
    user: { role: 'viewer', org: 'main' },
  });
  issuer.person = { sub: 'new-2', email: 'new@example.net', email_verified: true };
  expect((await travel()).location).toBe('/#/sign-in/oidc-domain');
  // They have no password: none signs them in, and nothing of theirs asks for one.
  expect((await signIn(world, { email: 'new@example.com', password })).status).toBe(401);
  expect((await ask(world, 'GET', '/v1/session/second-factor', made.cookie)).json).toMatchObject({
    hasPassword: false,
  });
});

test('[AC11] the cookie of the trip stays with its paths and its browser; foreign and used answers end on the sign-in page', async () => {
  const { world, issuer, travel, first } = await withIssuer();
  await first();
  const left = await world.call('GET', '/v1/oidc/sso/start');
  expect(left.status).toBe(302);
  expect(left.headers.getSetCookie().join()).toMatch(
    /^statewire\.trip=[\w-]{43}; Max-Age=600; Path=\/v1\/oidc; HttpOnly; SameSite=Lax$/u,
  );
  const { state, code } = issuer.visit(left.headers.get('location') ?? '');
  const back = (headers = {}) => world.call('GET', `/v1/oidc/callback?state=${state}&code=${code}`, { headers });
  expect((await back()).headers.get('location')).toBe('/#/sign-in/oidc-expired');
  expect((await back({ cookie: cookieOf(left) })).headers.get('location')).toBe('/#/sign-in/oidc-expired');
  expect((await world.call('GET', '/v1/oidc/callback?error=%3Cscript%3E&state=x')).headers.get('location')).toBe(
    '/#/sign-in/oidc-expired',
  );
  expect((await world.call('GET', '/v1/oidc/nobody/start')).headers.get('location')).toBe(
    '/#/sign-in/oidc-unavailable',
  );
  expect((await travel()).location).toBe('/');
  issuer.lies = { claims: { nonce: 'another' } };
  const refused = await travel();
  expect(refused.location).toBe('/#/sign-in/oidc-refused');
  expect(refused.cookie).toBe('');
});

test('[AC18] what is done to accounts is in the audit log, with who and from where, and no secret', async () => {
  const { world, cookie, id } = await open();
  const { codes } = await turnOn(world, cookie);
  const bo = await join(world, cookie, 'bo@example.com');
  const link = await ask(world, 'POST', `/v1/members/${bo.id}/reset-link`, cookie);
  await ask(world, 'POST', '/v1/session/reset/finish', null, {
    token: link.word('path').split('/').at(-1),
    password: 'another horse battery',
  });
  await ask(world, 'POST', `/v1/members/${bo.id}/remove-second-factor`, cookie);
  const found = await actions(world);
  for (const action of [
    'members:join',
    'second-factor:turn-on',
    'members:invite',
    'members:reset-link',
    'password:reset',
    'members:remove-second-factor',
  ])
    expect(found).toContain(action);
  const rows = JSON.stringify(await world.keep.store.audits({ org: 'main', limit: 100 }));
  expect(rows).toContain(id);
  expect(rows).toContain('a test');
  for (const secret of [password, link.word('path').slice(-43), ...codes]) expect(rows).not.toContain(secret);
}, 20_000);

test('a person renames and deletes themselves, with the password and the address typed once more', async () => {
  const { world, cookie } = await open();
  const bo = await join(world, cookie, 'bo@example.com');
  expect((await ask(world, 'PATCH', '/v1/me', bo.cookie, { name: 'Bo the second' })).status).toBe(200);
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).json).toMatchObject({ user: { name: 'Bo the second' } });
  const leave = (body: object) => ask(world, 'POST', '/v1/me/delete', bo.cookie, body);
  expect((await leave({ password, email: 'ann@example.com' })).status).toBe(403);
  expect((await leave({ password: 'not it at all', email: 'bo@example.com' })).status).toBe(403);
  expect((await leave({ password, email: 'Bo@example.com' })).json).toEqual({ deleted: true });
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).status).toBe(401);
  // The last owner cannot go: nobody could let anybody in again.
  expect((await ask(world, 'POST', '/v1/me/delete', cookie, { password, email: ann.email })).status).toBe(412);
});

test('keys have no password, no session and no second factor', async () => {
  const { world } = await open();
  const key = await world.key('admin');
  for (const [method, path] of [
    ['GET', '/v1/sessions'],
    ['GET', '/v1/session/second-factor'],
    ['POST', '/v1/sessions/end-others'],
  ] as const)
    expect((await world.call(method, path, { key })).json).toMatchObject({ code: 'forbidden' });
});

test('[PM9] a member’s record says when they were here, written once in ten minutes, and whether they have a second factor', async () => {
  const { world, cookie } = await open();
  const bo = await join(world, cookie, 'bo@example.com');
  // Behind everything that was queued before.
  const settled = (): Promise<unknown> => world.keep.commit.write('main', 'test', () => ok(null));
  const member = () => world.keep.live.get('main', 'members', bo.id)?.row ?? null;
  const seen = async (): Promise<unknown> => {
    expect((await ask(world, 'GET', '/v1/me', bo.cookie)).status).toBe(200);
    await settled();
    return member()?.['lastSeenAt'];
  };
  const first = await seen();
  expect(first).toBeGreaterThan(world.now() - 60_000);
  world.skip(limits.memberSeenStepMs - 60_000);
  expect(await seen()).toBe(first);
  world.skip(120_000);
  const later = await seen();
  expect(later).toBeGreaterThan(world.now() - 60_000);
  // A clock that was put back keeps nobody unseen.
  world.skip(-3_600_000);
  expect(await seen()).toBeLessThan(Number(later) - 3_000_000);
  world.skip(3_600_000);

  expect(member()).toMatchObject({ hasSecondFactor: false });
  const { secret } = await turnOn(world, bo.cookie);
  await settled();
  expect(member()).toMatchObject({ hasSecondFactor: true });
  const off = await ask(world, 'POST', '/v1/session/second-factor/off', bo.cookie, {
    password,
    code: codeFor(world, secret),
  });
  expect(off.status).toBe(200);
  await settled();
  expect(member()).toMatchObject({ hasSecondFactor: false, role: 'viewer', state: 'active' });
});

test('[PM10] a bearer of those who run the instance acts in the organization it names; nobody else does', async () => {
  const { world, cookie } = await open();
  expect((await ask(world, 'POST', '/v1/organizations', cookie, { id: 'acme', name: 'Acme' })).status).toBe(201);
  const by = (key: string, org: string, method = 'GET', path = '/v1/me', body?: unknown): Promise<Reply> =>
    world.call(method, path, {
      key,
      headers: { 'statewire-organization': org },
      ...(body === undefined ? {} : { body }),
    });
  expect((await by(ADMIN_KEY, 'acme')).word('principal', 'org')).toBe('acme');
  const key = { name: 'acme’s own', scope: 'admin' };
  const made = await by(ADMIN_KEY, 'acme', 'POST', '/v1/keys', key);
  expect(made.status).toBe(201);
  expect(made.word('key', 'org')).toBe('acme');
  expect(
    (await by(ADMIN_KEY, 'acme', 'POST', '/v1/services', { id: 's1', name: 'One', kind: 'heartbeat' })).status,
  ).toBe(201);
  expect(world.keep.live.get('acme', 'services', 's1')).not.toBeNull();
  expect(world.keep.live.get('main', 'services', 's1')).toBeNull();
  // One that does not exist is not made by naming it.
  expect((await by(ADMIN_KEY, 'nowhere')).status).toBe(404);

  const theirs = made.word('secret');
  expect((await by(theirs, 'acme')).word('principal', 'org')).toBe('acme');
  // In the same words whether there is such a one or not.
  const [main, nowhere] = [await by(theirs, 'main'), await by(theirs, 'nowhere')];
  expect([main.status, nowhere.status]).toEqual([403, 403]);
  expect(main.text).toBe(nowhere.text);
  expect((await by(theirs, 'main', 'GET', '/v1/services')).status).toBe(403);
  const person = await world.call('GET', '/v1/me', { headers: { ...own, cookie, 'statewire-organization': 'acme' } });
  expect(person.status).toBe(403);
});

test('[PM11] a key for another organization is judged by what its maker holds there', async () => {
  const { world, cookie, id } = await open();
  await ask(world, 'POST', '/v1/organizations', cookie, { id: 'acme', name: 'Acme' });
  const make = (scope: string): Promise<Reply> =>
    ask(world, 'POST', '/v1/keys', cookie, { name: scope, scope, org: 'acme' });
  // Who runs the instance has there the role that they have at home...
  expect((await make('admin')).status).toBe(201);
  // ...until acme itself says who they are.
  const put = (role: string): Promise<unknown> =>
    world.keep.commit.write('acme', 'test', (draft) => {
      draft.put('members', id, { name: 'Ann', email: ann.email, role, state: 'active', labels: {} });
      return ok(null);
    });
  await put('viewer');
  expect((await make('read')).json).toMatchObject({ code: 'forbidden', expected: 'keys:create' });
  await put('admin');
  expect((await make('report')).status).toBe(201);
  expect((await ask(world, 'POST', '/v1/keys', cookie, { name: 'x', scope: 'read', org: 'nowhere' })).status).toBe(404);
});

test('[PM12] who is invited is a member in that state until they join or it is taken back by any door; then the link is over', async () => {
  const { world, cookie } = await open();
  const members = async (): Promise<readonly (readonly [name: string, state: string])[]> => {
    const { json } = await ask(world, 'GET', '/v1/members', cookie);
    const rows = Array.isArray(json['rows']) ? json['rows'] : [];
    return rows.map((row) => [String(Reflect.get(Object(row), 'email')), String(Reflect.get(Object(row), 'state'))]);
  };
  const invite = async (email: string, path = '/v1/invites'): Promise<string> => {
    const made = await ask(world, 'POST', path, cookie, path === '/v1/invites' ? { email, role: 'viewer' } : { email });
    expect(made.status).toBe(201);
    return made.word('path').split('/').at(-1) ?? '';
  };
  const check = async (token: string): Promise<number> =>
    (await ask(world, 'POST', '/v1/welcome/check', null, { token })).status;
  const here = ['ann@example.com', 'active'];
  const first = await invite('Bo@Example.com');
  const second = await invite('bo@example.com');
  expect(await members()).toEqual([here, ['bo@example.com', 'invited']]);
  expect(await check(first)).toBe(410);
  // The link ends after a day; they stay invited, and get another one.
  world.skip(86_400_001);
  expect(await check(second)).toBe(410);
  const again = await signIn(world);
  const third = await ask(world, 'POST', '/v1/invites/resend', cookieOf(again), { email: 'bo@example.com' });
  expect(third.status).toBe(201);
  const token = third.word('path').split('/').at(-1);
  // Nothing is changed of somebody who is not here yet.
  const invited = Array.from(world.keep.live.entries('main', 'members')).find(({ row }) => row['state'] === 'invited');
  const at = `/v1/members/${invited?.id ?? ''}`;
  expect((await ask(world, 'PATCH', at, cookieOf(again), { role: 'operator' })).json).toMatchObject({
    code: 'precondition',
  });
  expect((await ask(world, 'POST', `${at}/suspend`, cookieOf(again))).json).toMatchObject({ code: 'precondition' });
  expect((await ask(world, 'POST', '/v1/welcome', null, { token, name: 'Bo', password })).status).toBe(201);
  expect(Array.from(world.keep.live.entries('main', 'members'), ({ row }) => [row['email'], row['state']])).toEqual([
    here,
    ['bo@example.com', 'active'],
  ]);

  const other = await ask(world, 'POST', '/v1/invites', cookieOf(again), { email: 'cy@example.com', role: 'viewer' });
  const lost = other.word('path').split('/').at(-1) ?? '';
  const record = Array.from(world.keep.live.entries('main', 'members')).find(({ row }) => row['state'] === 'invited');
  expect(await check(lost)).toBe(200);
  expect((await ask(world, 'DELETE', `/v1/members/${record?.id ?? ''}`, cookieOf(again))).status).toBe(200);
  expect(await check(lost)).toBe(410);
});
