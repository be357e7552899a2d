import { ok } from '@statewire/protocol';
import { afterEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type Reply, type World, type WorldOptions } from '../../testing/http-world.ts';

const password = 'correct horse battery';
const own = { origin: 'http://localhost:4800', host: 'localhost:4800', 'user-agent': 'a test' };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

/** Ann runs the instance, and there is Acme beside it. */
async function open(options: WorldOptions = {}) {
  const world = await createWorld(options);
  cleanups.push(() => world.close());
  const first = await ask(world, 'POST', '/v1/welcome', null, {
    token: world.accounts.welcome(),
    email: 'ann@example.com',
    name: 'Ann',
    password,
  });
  expect(first.status).toBe(201);
  const cookie = cookieOf(first);
  expect((await ask(world, 'POST', '/v1/organizations', cookie, { id: 'acme', name: 'Acme Inc.' })).status).toBe(201);
  return { world, cookie, id: first.word('user', 'id') };
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

/** Somebody new in an organization, by its admin key. */
async function join(world: World, key: string, email: string, role: string): Promise<{ cookie: string; id: string }> {
  const invited = await world.call('POST', '/v1/invites', { key, body: { email, role } });
  expect(invited.status).toBe(201);
  const token = invited.word('path').split('/').at(-1);
  const joined = await ask(world, 'POST', '/v1/welcome', null, { token, name: email, password });
  expect(joined.status).toBe(201);
  return { cookie: cookieOf(joined), id: joined.word('user', 'id') };
}

const remove = (world: World, cookie: string, name: string, id = 'acme'): Promise<Reply> =>
  ask(world, 'POST', `/v1/organizations/${id}/delete`, cookie, { name });

const emailsOf = (world: World): readonly string[] =>
  Array.from(world.keep.live.entries('acme', 'members'), ({ row }) =>
    typeof row['email'] === 'string' ? row['email'] : '',
  ).toSorted((a, b) => a.localeCompare(b));

async function gone(world: World, id = 'acme'): Promise<void> {
  await expect.poll(() => [...world.keep.live.orgs()].includes(id), { timeout: 30_000 }).toBe(false);
}

test('[PM13] an owner deletes their organization by its name; nobody else does, and main stays', async () => {
  const { world, cookie } = await open({ limits: { organizationEndSettleMs: 1 } });
  const key = await world.key('admin', 'acme');
  const bo = await join(world, key, 'bo@example.com', 'admin');
  const cy = await join(world, key, 'cy@example.com', 'admin');
  const made = await world.call('POST', '/v1/services', { key, body: { id: 's1', name: 'One', kind: 'heartbeat' } });
  expect(made.status).toBe(201);
  await world.call('POST', '/v1/invites', { key, body: { email: 'di@example.com', role: 'viewer' } });

  const seen = await ask(world, 'GET', '/v1/organizations/acme', cookie);
  expect(seen.json).toMatchObject({
    id: 'acme',
    name: 'Acme Inc.',
    holds: { people: 2, peopleOnlyHere: 2, invitations: 1, keys: 1, collections: { services: 1 } },
  });
  // The first of an organization without an owner owns it; an admin may not, and neither may a key of it.
  expect((await remove(world, cy.cookie, 'Acme Inc.')).json).toMatchObject({ code: 'forbidden' });
  const byKey = await world.call('POST', '/v1/organizations/acme/delete', { key, body: { name: 'Acme Inc.' } });
  expect(byKey.json).toMatchObject({ code: 'forbidden', expected: 'organization:delete' });
  expect((await remove(world, cookie, 'acme')).json).toMatchObject({ code: 'bad_field', expected: 'Acme Inc.' });
  expect((await remove(world, cookie, 'main', 'main')).json).toMatchObject({ code: 'precondition' });
  // One that is not theirs is one that does not exist.
  expect((await remove(world, bo.cookie, 'main', 'main')).text).toBe(
    (await remove(world, bo.cookie, 'x', 'nowhere')).text.replace('nowhere', 'main'),
  );

  const done = await remove(world, bo.cookie, ' Acme Inc. ');
  expect(done.status).toBe(202);
  expect(done.json).toMatchObject({ id: 'acme', lost: { people: 2, keys: 1 } });
  // At once, whatever is left to be deleted.
  expect((await world.call('GET', '/v1/services', { key })).status).toBe(401);
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).status).toBe(401);
  expect((await ask(world, 'GET', '/v1/organizations/acme', cookie)).status).toBe(404);
  await gone(world);
  expect(world.accounts.users('acme')).toEqual([]);
  expect(world.accounts.invites('acme')).toEqual([]);
  // Theirs was the only one: the account is gone, and its address is free.
  const again = await ask(world, 'POST', '/v1/session', null, { email: 'bo@example.com', password });
  expect(again.json).toMatchObject({ code: 'auth_invalid' });
  const list = await ask(world, 'GET', '/v1/organizations', cookie);
  expect(list.words('organizations', 'id')).toEqual(['main']);
  expect((await ask(world, 'POST', '/v1/organizations', cookie, { id: 'acme', name: 'New' })).json).toMatchObject({
    code: 'exists',
  });
  expect((await ask(world, 'POST', '/v1/keys', cookie, { name: 'k', scope: 'read', org: 'acme' })).json).toMatchObject({
    code: 'not_found',
  });
  expect(world.errors).toEqual([]);
});

test('[PM13] the log of a deleted organization is read by who reads that of the instance, and is all they may there', async () => {
  const { world, cookie } = await open({ limits: { organizationEndSettleMs: 1 } });
  expect((await remove(world, cookie, 'Acme Inc.')).status).toBe(202);
  await gone(world);
  const there = { key: ADMIN_KEY, headers: { 'statewire-organization': 'acme' } };
  const log = await world.call('GET', '/v1/audit', there);
  expect(log.status).toBe(200);
  expect(log.words('rows', 'action')).toEqual(['organization:delete', 'organization:create']);
  expect((await world.call('GET', '/v1/services', there)).status).toBe(403);
  const key = await world.key('admin', 'main');
  expect((await world.call('GET', '/v1/audit', { ...there, key })).status).toBe(403);
  const { rows } = await world.keep.store.audits({ org: 'main', limit: 10, action: 'organization' });
  expect(rows).toMatchObject([{ action: 'organization:delete', id: 'acme', actorName: 'Ann' }]);
});

test('[PM13] whoever is in another organization too stays, and is at home there', async () => {
  const { world, cookie } = await open({ limits: { organizationEndSettleMs: 1 } });
  const key = await world.key('admin', 'acme');
  const bo = await join(world, key, 'bo@example.com', 'operator');
  const put = await world.keep.commit.write('beta', 'test', (draft) => {
    draft.put('members', bo.id, { name: 'Bo', email: 'bo@example.com', role: 'viewer', state: 'active', labels: {} });
    return ok(null);
  });
  expect(put.ok).toBe(true);
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).word('principal', 'org')).toBe('acme');
  // Ann looks at Acme when it goes: she is back at home.
  await ask(world, 'POST', '/v1/session/organization', cookie, { org: 'acme' });
  expect((await remove(world, cookie, 'Acme Inc.')).status).toBe(202);
  expect((await ask(world, 'GET', '/v1/me', cookie)).word('principal', 'org')).toBe('main');
  expect((await ask(world, 'GET', '/v1/me', bo.cookie)).json).toMatchObject({ user: { org: 'beta', role: 'viewer' } });
  await gone(world);
  expect(world.accounts.users('beta').map(({ id }) => id)).toEqual([bo.id]);
});

test('[PM15] an address that has an account is invited like any other, and its account accepts as itself', async () => {
  const { world, cookie, id } = await open();
  const key = await world.key('admin', 'acme');
  const invite = (email: string): Promise<Reply> =>
    world.call('POST', '/v1/invites', { key, body: { email, role: 'operator' } });
  const [known, stranger] = [await invite('ann@example.com'), await invite('nobody@example.com')];
  expect([known.status, stranger.status]).toEqual([201, 201]);
  expect(Object.keys(known.json)).toEqual(Object.keys(stranger.json));
  const token = known.word('path').split('/').at(-1);
  expect((await ask(world, 'POST', '/v1/welcome/check', null, { token })).json).toMatchObject({
    org: 'acme',
    hasAccount: true,
  });
  // The link makes no second account, and is not used up by trying.
  const redeemed = await ask(world, 'POST', '/v1/welcome', null, { token, name: 'X', password });
  expect(redeemed.json).toMatchObject({ code: 'exists' });

  const mine = (path: string, who = cookie): Promise<Reply> =>
    ask(world, 'POST', `/v1/session/invitations/${path}`, who, { org: 'acme' });
  const list = await ask(world, 'GET', '/v1/session/invitations', cookie);
  expect(list.json).toMatchObject({ invitations: [{ org: 'acme', name: 'Acme Inc.', role: 'operator' }] });
  const bo = await join(world, key, 'bo@example.com', 'viewer');
  // Another one's invitation is nobody's, and neither is that of an organization that has invited nobody.
  expect((await mine('accept', bo.cookie)).text).toBe(
    (await ask(world, 'POST', '/v1/session/invitations/accept', bo.cookie, { org: 'nowhere' })).text,
  );
  expect((await mine('accept')).json).toEqual({ org: 'acme', role: 'operator' });
  expect((await mine('accept')).status).toBe(404);
  expect((await ask(world, 'POST', '/v1/welcome/check', null, { token })).status).toBe(410);
  const member = world.keep.live.get('acme', 'members', id)?.row;
  expect(member).toMatchObject({ email: 'ann@example.com', role: 'operator', state: 'active' });
  expect(emailsOf(world)).toEqual(['ann@example.com', 'bo@example.com', 'nobody@example.com']);
  const went = await ask(world, 'POST', '/v1/session/organization', cookie, { org: 'acme' });
  expect(went.json).toMatchObject({ org: 'acme', role: 'operator' });
  expect((await invite('Ann@Example.com')).json).toMatchObject({ code: 'exists' });
  const { rows } = await world.keep.store.audits({ org: 'acme', limit: 10, action: 'members:join' });
  expect(rows[0]).toMatchObject({ actorId: id, outcome: 'ok' });
});

test('[PM15] an invitation that is declined, taken back or over makes nobody a member', async () => {
  const { world, cookie, id } = await open();
  const key = await world.key('admin', 'acme');
  const invite = async (): Promise<string> => {
    const made = await world.call('POST', '/v1/invites', { key, body: { email: 'ann@example.com', role: 'viewer' } });
    expect(made.status).toBe(201);
    return made.word('path').split('/').at(-1) ?? '';
  };
  const accept = (): Promise<Reply> => ask(world, 'POST', '/v1/session/invitations/accept', cookie, { org: 'acme' });
  const token = await invite();
  const declined = await ask(world, 'POST', '/v1/session/invitations/decline', cookie, { org: 'acme' });
  expect(declined.json).toEqual({ declined: true });
  expect((await ask(world, 'POST', '/v1/welcome/check', null, { token })).status).toBe(410);
  expect((await accept()).status).toBe(404);
  await invite();
  await world.call('POST', '/v1/invites/withdraw', { key, body: { email: 'ann@example.com' } });
  expect((await accept()).status).toBe(404);
  await invite();
  world.skip(86_400_001);
  expect((await accept()).status).toBe(404);
  expect(world.keep.live.get('acme', 'members', id)).toBeNull();
});

test('[PM16] so many are invited to one organization at once, those whose links have ended among them', async () => {
  const { world } = await open({ limits: { invitationsPerOrgMax: 2 } });
  const key = await world.key('admin', 'acme');
  const invite = (name: string): Promise<Reply> =>
    world.call('POST', '/v1/invites', { key, body: { email: `${name}@example.com`, role: 'viewer' } });
  // Together: what is counted is what is written.
  const all = await Promise.all(['a', 'b', 'c', 'd'].map(invite));
  expect(all.filter(({ status }) => status === 201)).toHaveLength(2);
  expect(all.find(({ status }) => status !== 201)?.json).toMatchObject({ code: 'too_large' });
  expect(world.accounts.invites('acme')).toHaveLength(2);
  world.skip(86_400_001);
  expect((await invite('e')).json).toMatchObject({ code: 'too_large' });
  const [email = ''] = emailsOf(world);
  // The same one again is no more than before.
  expect((await world.call('POST', '/v1/invites', { key, body: { email, role: 'operator' } })).status).toBe(201);
  await world.call('POST', '/v1/invites/withdraw', { key, body: { email } });
  expect((await invite('e')).status).toBe(201);
});
