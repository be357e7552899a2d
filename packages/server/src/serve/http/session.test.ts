import { afterEach, beforeEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld({ settings: { origins: ['https://app.example.com'] } });
});
afterEach(() => world.close());

const password = 'correct horse battery';
const own = { origin: 'http://localhost:4800', host: 'localhost:4800' };

async function first(): Promise<string> {
  const reply = await world.call('POST', '/v1/welcome', {
    body: { token: world.accounts.welcome(), email: 'ann@example.com', name: 'Ann', password },
    headers: own,
  });
  expect(reply.status).toBe(201);
  return cookieOf(reply);
}

function cookieOf(reply: Reply): string {
  return reply.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

function signIn(body: object, headers: Record<string, string> = own): Promise<Reply> {
  return world.call('POST', '/v1/session', { body, headers });
}

test('a first-run link becomes the first admin, who is signed in; the link is then over', async () => {
  const token = world.accounts.welcome();
  const check = await world.call('POST', '/v1/welcome/check', { body: { token } });
  expect(check.json).toMatchObject({ kind: 'welcome', role: 'admin', org: 'main' });
  const reply = await world.call('POST', '/v1/welcome', {
    body: { token, email: 'ann@example.com', name: 'Ann', password },
    headers: own,
  });
  expect(reply.json).toMatchObject({
    user: { email: 'ann@example.com', role: 'owner' },
    principal: { scopes: ['admin'], isOperator: true },
  });
  const me = await world.call('GET', '/v1/me', { headers: { cookie: cookieOf(reply) } });
  expect(me.json).toMatchObject({ user: { name: 'Ann' } });
  for (const path of ['/v1/welcome/check', '/v1/welcome']) {
    const again = await world.call('POST', path, {
      body: path.endsWith('check') ? { token } : { token, email: 'bo@example.com', name: 'Bo', password },
      headers: own,
    });
    expect(again.json).toMatchObject({ status: 410, code: 'gone' });
  }
});

test.each([
  [{ name: 'Ann', password }],
  [{ email: 'not an address', name: 'Ann', password }],
  [{ email: 'ann@example.com', name: '', password }],
  [{ email: 'ann@example.com', name: 'Ann', password: 'short' }],
  [{ email: 'ann@example.com', name: 'Ann', password: 'x'.repeat(300) }],
  [{ email: 'ann@example.com', name: 'Ann', password, role: 'admin' }],
  [{ email: 'ann@example.com', name: 'A\u0007nn', password }],
])('a welcome that is not one does not use up the link: %j', async (body) => {
  const token = world.accounts.welcome() ?? '';
  expect((await world.call('POST', '/v1/welcome', { body: { token, ...body }, headers: own })).status).toBe(422);
  expect(world.accounts.link(token)).not.toBeNull();
});

test('signing in and out', async () => {
  await first();
  const reply = await signIn({ email: 'ann@example.com', password });
  expect(reply.status).toBe(200);
  expect(reply.headers.getSetCookie().join()).toMatch(/HttpOnly; SameSite=Lax/u);
  const cookie = cookieOf(reply);
  const out = await world.call('DELETE', '/v1/session', { headers: { ...own, cookie } });
  expect(out.headers.getSetCookie().join()).toContain('Max-Age=0');
  expect((await world.call('GET', '/v1/me', { headers: { cookie } })).json).toMatchObject({
    status: 401,
    code: 'auth_expired',
  });
  expect(world.revoked).toHaveLength(1);
  expect((await world.call('DELETE', '/v1/session')).status).toBe(200);
});

test('an unknown address and a wrong password are answered alike', async () => {
  await first();
  const [wrong, unknown] = await Promise.all([
    signIn({ email: 'ann@example.com', password: 'wrong' }),
    signIn({ email: 'bo@example.com', password: 'wrong' }),
  ]);
  expect(wrong.status).toBe(401);
  expect(unknown.text).toBe(wrong.text);
  expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
});

test('ten sign-ins a minute per address and account, then wait; others go on', async () => {
  await first();
  const tries = await Promise.all(
    Array.from({ length: 14 }, () => signIn({ email: 'Ann@example.com ', password: 'wrong' })),
  );
  expect(tries.filter(({ status }) => status === 401)).toHaveLength(10);
  const refused = tries.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(4);
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await signIn({ email: 'bo@example.com', password: 'wrong' })).status).toBe(401);
}, 30_000);

test('a foreign page cannot sign a browser in, and cannot use its cookie to change anything', async () => {
  const cookie = await first();
  for (const origin of [
    'https://evil.example',
    'null',
    'http://localhost:4801',
    'http://localhost:4800.evil.example',
  ]) {
    expect((await signIn({ email: 'ann@example.com', password }, { origin, host: 'localhost:4800' })).status).toBe(403);
    const write = await world.call('POST', '/v1/keys', {
      body: { name: 'x', scope: 'admin' },
      headers: { cookie, origin, host: 'localhost:4800' },
    });
    expect(write.json).toMatchObject({ status: 403, code: 'forbidden' });
    expect(write.headers.get('access-control-allow-origin')).toBeNull();
    expect(
      (await world.call('DELETE', '/v1/session', { headers: { cookie, origin, host: 'localhost:4800' } })).status,
    ).toBe(403);
  }
  const noOrigin = await world.call('POST', '/v1/keys', { body: { name: 'x', scope: 'admin' }, headers: { cookie } });
  expect(noOrigin.status).toBe(403);
  const ours = await world.call('POST', '/v1/keys', {
    body: { name: 'x', scope: 'admin' },
    headers: { cookie, ...own },
  });
  expect(ours.status).toBe(201);
  expect((await world.call('GET', '/v1/me', { headers: { cookie, ...own } })).status).toBe(200);
});

test('CORS: a listed origin gets its name back, others and `*` nothing; preflight needs no credential', async () => {
  const listed = await world.call('OPTIONS', '/v1/services', {
    headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
  });
  expect([listed.status, listed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example.com']);
  expect(listed.headers.get('access-control-allow-methods')).toContain('POST');
  const foreign = await world.call('OPTIONS', '/v1/services', { headers: { origin: 'https://evil.example' } });
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  for (const reply of [listed, foreign]) expect(reply.headers.get('vary')).toContain('Origin');
});

test('a new password ends other sessions; a wrong present one changes nothing', async () => {
  const here = await first();
  const elsewhere = cookieOf(await signIn({ email: 'ann@example.com', password }));
  const change = (current: string) =>
    world.call('POST', '/v1/session/password', {
      body: { current, next: 'another horse battery' },
      headers: { cookie: here, ...own },
    });
  expect((await change('wrong words')).status).toBe(403);
  expect((await world.call('GET', '/v1/me', { headers: { cookie: elsewhere } })).status).toBe(200);
  const changed = await change(password);
  expect(changed.status).toBe(200);
  expect((await world.call('GET', '/v1/me', { headers: { cookie: elsewhere } })).status).toBe(401);
  expect((await world.call('GET', '/v1/me', { headers: { cookie: here } })).status).toBe(200);
  expect(
    (
      await world.call('POST', '/v1/session/password', {
        key: ADMIN_KEY,
        body: { current: 'x', next: 'another horse battery' },
      })
    ).status,
  ).toBe(403);
});

test('inviting, joining, changing a role, removing', async () => {
  const cookie = await first();
  const admin = { headers: { cookie, ...own } };
  const made = await world.call('POST', '/v1/invites', { ...admin, body: { email: 'bo@example.com', role: 'viewer' } });
  expect(made.json).toMatchObject({
    invite: { email: 'bo@example.com', role: 'viewer' },
    url: null,
    path: expect.stringMatching(/^\/#\/welcome\/[\w-]{43}$/u),
  });
  const token = JSON.stringify(made.json['path']).slice(-44, -1);
  expect((await world.call('GET', '/v1/invites', admin)).text).not.toContain(token);
  const joined = await world.call('POST', '/v1/welcome', { body: { token, name: 'Bo', password }, headers: own });
  expect(joined.json).toMatchObject({ user: { email: 'bo@example.com', role: 'viewer' } });
  const bo = { headers: { cookie: cookieOf(joined), ...own } };
  expect((await world.call('GET', '/v1/services', bo)).status).toBe(200);
  expect((await world.call('GET', '/v1/members', bo)).status).toBe(403);
  const [, second] = world.accounts.users('main');
  expect(
    (await world.call('PATCH', `/v1/members/${second?.id}`, { ...admin, body: { role: 'admin' } })).json,
  ).toMatchObject({ role: 'admin' });
  expect((await world.call('GET', '/v1/members', bo)).status).toBe(200);
  expect((await world.call('PATCH', `/v1/members/${second?.id}`, { ...admin, body: { role: 'root' } })).status).toBe(
    422,
  );
  expect((await world.call('DELETE', `/v1/members/${second?.id}`, admin)).status).toBe(200);
  expect((await world.call('GET', '/v1/me', bo)).status).toBe(401);
  expect(
    (await world.call('POST', '/v1/invites/withdraw', { ...admin, body: { email: 'cy@example.com' } })).status,
  ).toBe(404);
});

test('behind a proxy that is trusted, https makes the cookie Secure', async () => {
  const proxied = await createWorld({ settings: { trustProxy: true } });
  const reply = await proxied.call('POST', '/v1/welcome', {
    body: { token: proxied.accounts.welcome(), email: 'ann@example.com', name: 'Ann', password },
    headers: {
      origin: 'https://status.example.com',
      host: 'internal:4800',
      'x-forwarded-host': 'status.example.com',
      'x-forwarded-proto': 'https',
    },
  });
  expect(reply.status).toBe(201);
  expect(reply.headers.getSetCookie().join()).toContain('; Secure');
  await proxied.close();
  const headers = { origin: 'https://evil.example', host: 'localhost:4800', 'x-forwarded-host': 'evil.example' };
  expect((await signIn({ email: 'a@example.com', password }, headers)).status).toBe(403);
});
