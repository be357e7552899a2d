/**
 * Who sees whose: two people, a key of each scope and another organization, through every REST door. What is somebody
 * else's must look exactly like what never was.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type CallOptions, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
type Who = Pick<CallOptions, 'headers' | 'key'>;
const who: Record<string, Who> = {};
const ids: Record<string, string> = {};

async function person(token: string, name: string, email: string): Promise<void> {
  const body = { token, email, name, password: 'correct horse battery' };
  const made = await world.call('POST', '/v1/welcome', { body });
  expect(made.status, made.text).toBe(201);
  const cookie = made.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  who[name] = { headers: { cookie, origin: 'http://localhost:4800', host: 'localhost:4800' } };
  ids[name] = world.accounts.users('main').find((user) => user.email === email)?.id ?? '';
}

function as(name: string, method: string, path: string, body?: unknown): Promise<Reply> {
  return world.call(method, path, { ...who[name], ...(body === undefined ? {} : { body }) });
}

async function rows(name: string, collection: string): Promise<readonly string[]> {
  const reply = await as(name, 'GET', `/v1/${collection}`);
  return reply.words('rows', 'id');
}

beforeAll(async () => {
  world = await createWorld();
  await person(world.accounts.welcome() ?? '', 'ana', 'ana@example.com');
  const inviter = world.accounts.users('main')[0];
  const by = {
    kind: 'user',
    id: inviter?.id ?? '',
    name: 'ana',
    org: 'main',
    scopes: ['admin'],
    permissions: ['*:*'],
    isOperator: true,
    expiresAt: null,
  } as const;
  const invite = world.accounts.invite(by, { email: 'ben@example.com', role: 'viewer' });
  if (!invite.ok) throw new Error(invite.message);
  await person(invite.value.token, 'ben', 'ben@example.com');
  who['admin key'] = { key: await world.key('admin') };
  who['read key'] = { key: await world.key('read') };
  who['report key'] = { key: await world.key('report') };
  who['foreign admin'] = { key: await world.key('admin', 'o2') };
  expect((await as('admin key', 'POST', '/v1/notifications', { person: ids['ana'], title: 'For Ana' })).status).toBe(
    202,
  );
  expect((await as('report key', 'POST', '/v1/notifications', { person: ids['ben'], title: 'For Ben' })).status).toBe(
    202,
  );
  for (const name of ['ana', 'ben']) expect((await as(name, 'POST', '/v1/preferences', {})).status).toBe(201);
});
afterAll(() => world.close());

test('[IB1] each person lists their own, keys and other organizations nothing', async () => {
  for (const collection of ['notifications', 'preferences', 'inboxes']) {
    for (const name of ['ana', 'ben']) {
      const reply = await as(name, 'GET', `/v1/${collection}`);
      expect(reply.words('rows', 'person'), `${name} ${collection}`).toEqual([ids[name]]);
    }
    for (const name of ['admin key', 'read key', 'foreign admin']) {
      expect(await rows(name, collection), `${name} ${collection}`).toEqual([]);
    }
    expect((await as('report key', 'GET', `/v1/${collection}`)).status).toBe(403);
  }
  // A filter of one's own narrows, and opens nothing.
  const filter = encodeURIComponent(JSON.stringify(['or', ['eq', 'person', ids['ben'] ?? ''], ['all']]));
  expect((await as('ana', 'GET', `/v1/notifications?filter=${filter}`)).words('rows', 'title')).toEqual(['For Ana']);
});

test('[IB1] somebody else’s record is answered in the words in which one that never was is', async () => {
  const verbs: readonly (readonly [string, string, unknown])[] = [
    ['GET', '', undefined],
    ['PATCH', '', { state: 'read' }],
    ['DELETE', '', undefined],
    ['POST', '/read', undefined],
    ['POST', '/unread', undefined],
    ['POST', '/archive', undefined],
    ['POST', '/snooze', { until: 4_102_444_800_000 }],
  ];
  const [theirs = ''] = await rows('ben', 'notifications');
  const before = await as('ben', 'GET', `/v1/notifications/${theirs}`);
  expect(before.status).toBe(200);
  const version = world.keep.live.version('main');
  for (const name of ['ana', 'admin key', 'read key', 'foreign admin']) {
    for (const [method, suffix, body] of verbs) {
      const seen = await as(name, method, `/v1/notifications/${theirs}${suffix}`, body);
      const never = await as(name, method, `/v1/notifications/never-was${suffix}`, body);
      const where = `${name} ${method} ${suffix}`;
      expect(seen.status, where).toBe(404);
      expect(seen.text.replaceAll(theirs, '*'), where).toBe(never.text.replaceAll('never-was', '*'));
    }
  }
  for (const [collection, suffix, body] of [
    ['preferences', '', { throttle: { perHour: 1 } }],
    ['inboxes', '/read-all', undefined],
    ['inboxes', '/archive-all', undefined],
  ] as const) {
    const method = suffix === '' ? 'PATCH' : 'POST';
    const own = ids['ben'] ?? '';
    const seen = await as('ana', method, `/v1/${collection}/${own}${suffix}`, body);
    const never = await as('ana', method, `/v1/${collection}/never-was${suffix}`, body);
    expect(seen.status, `${collection}${suffix}`).toBe(404);
    expect(seen.text.replaceAll(own, '*')).toBe(never.text.replaceAll('never-was', '*'));
  }
  const bulk = await as('ana', 'POST', '/v1/notifications/bulk', {
    lines: [
      { op: 'delete', id: theirs },
      { op: 'patch', id: theirs, fields: { state: 'read' } },
      { op: 'delete', id: 'never-was' },
    ],
  });
  expect(bulk.words('results', 'code')).toEqual(['not_found', 'not_found', 'not_found']);
  expect(world.keep.live.version('main')).toBe(version);
  expect((await as('ben', 'GET', `/v1/notifications/${theirs}`)).text).toBe(before.text);
});

test('[IB9] a look is changed part by part, and what no runtime knows is refused', async () => {
  const look = async (): Promise<unknown> => {
    const { json } = await as('ana', 'GET', '/v1/preferences');
    expect(json['rows']).toHaveLength(1);
    const own: unknown = Array.isArray(json['rows']) ? json['rows'][0] : null;
    return typeof own === 'object' && own !== null ? Reflect.get(own, 'look') : undefined;
  };
  expect(await look()).toBe(null);
  const at = `/v1/preferences/${(await rows('ana', 'preferences'))[0]}`;
  expect((await as('ana', 'PATCH', at, { look: { theme: 'dark', zone: 'Asia/Tokyo' } })).status).toBe(200);
  const said = {
    theme: 'dark',
    density: 'comfortable',
    zone: 'Asia/Tokyo',
    locale: null,
    hours: '24',
    rail: 'auto',
    refresh: '1s',
  };
  expect(await look()).toEqual(said);
  expect((await as('ana', 'PATCH', at, { look: { locale: 'de-DE', hours: '12', refresh: '5s' } })).status).toBe(200);
  expect(await look()).toEqual({ ...said, locale: 'de-DE', hours: '12', refresh: '5s' });
  for (const wrong of [
    { zone: 'Mars/Olympus' },
    { locale: 'zz' },
    { theme: 'blue' },
    { refresh: '2s' },
    { font: 'Inter' },
  ]) {
    expect((await as('ana', 'PATCH', at, { look: wrong })).status, JSON.stringify(wrong)).toBe(422);
  }
  expect((await as('ana', 'PATCH', at, { throttle: { perHour: 9 } })).status).toBe(200);
  expect(await look()).toEqual({ ...said, locale: 'de-DE', hours: '12', refresh: '5s' });
});

test('[IB1] preferences cannot be made for somebody else, and the refusal tells nothing', async () => {
  const seen = await as('read key', 'POST', '/v1/preferences', { id: ids['ben'] });
  const never = await as('read key', 'POST', '/v1/preferences', { id: 'never-was' });
  expect(seen.status).toBe(422);
  expect(seen.text.replaceAll(ids['ben'] ?? '', '*')).toBe(never.text.replaceAll('never-was', '*'));
});

test('[IB1] one browser, two people: what it kept for the first is not fresh for the second', async () => {
  const etag = (await as('ana', 'GET', '/v1/notifications')).headers.get('etag') ?? '';
  const again = async (name: string) =>
    (await world.call('GET', '/v1/notifications', { headers: { ...who[name]?.headers, 'if-none-match': etag } }))
      .status;
  expect(await again('ana')).toBe(304);
  expect(await again('ben')).toBe(200);
});

test('[IB1] a viewer marks and changes their own', async () => {
  const [own = ''] = await rows('ben', 'notifications');
  expect((await as('ben', 'POST', `/v1/notifications/${own}/read`)).json).toMatchObject({ state: 'read' });
  expect((await as('ben', 'GET', `/v1/inboxes/${ids['ben']}`)).json).toMatchObject({ unread: 0, total: 1 });
  expect((await as('ana', 'GET', `/v1/inboxes/${ids['ana']}`)).json).toMatchObject({ unread: 1 });
  const changed = await as('ben', 'PATCH', `/v1/preferences/${ids['ben']}`, { types: { job: { push: true } } });
  expect(changed.json).toMatchObject({ types: { job: { push: true, inbox: true }, alert: { sound: true } } });
});

test('[IB7] whoever writes a notification gets none of it back', async () => {
  const sent = await as('admin key', 'POST', '/v1/notifications', { person: '*', title: 'To all' });
  expect(sent.status).toBe(202);
  expect(sent.text).not.toContain('To all');
  expect((await as('ben', 'POST', '/v1/notifications', { person: '*', title: 'x' })).status).toBe(403);
  const same = await as('report key', 'POST', '/v1/notifications', { person: 'nobody', title: 'x' });
  expect(same.status).toBe(202);
});

const BROWSER = {
  endpoint: 'https://push.example.org/abc',
  keys: { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) },
  name: 'Phone',
};

test('[IB8] a browser is one device of one person; address and keys are in no answer and in no record', async () => {
  expect((await as('ana', 'GET', '/v1/push/key')).status).toBe(404);
  await as('admin key', 'POST', '/v1/channels', {
    id: 'push',
    name: 'Push',
    kind: 'webpush',
    settings: { subject: 'mailto:ops@example.org' },
  });
  expect((await as('ben', 'GET', '/v1/push/key')).word('publicKey')).toMatch(/^[\w-]{80,}$/);
  const made = await as('ana', 'POST', '/v1/push/subscriptions', BROWSER);
  expect(made.status, made.text).toBe(201);
  await as('ana', 'POST', '/v1/push/subscriptions', { ...BROWSER, name: 'Phone 2' });
  const mine = await as('ana', 'GET', `/v1/preferences/${ids['ana']}`);
  expect(mine.json).toMatchObject({ push: [{ name: 'Phone 2', host: 'push.example.org' }] });
  for (const text of [made.text, mine.text]) {
    expect(text).not.toContain('/abc');
    expect(text).not.toContain(BROWSER.keys.auth);
  }
  const id = made.word('id');
  expect((await as('ben', 'DELETE', `/v1/push/subscriptions/${id}`)).status).toBe(404);
  expect((await as('ana', 'DELETE', `/v1/push/subscriptions/${id}`)).status).toBe(200);
  expect((await as('ana', 'GET', `/v1/preferences/${ids['ana']}`)).json).toMatchObject({ push: [] });
});

test.each([
  { ...BROWSER, endpoint: 'http://push.example.org/' },
  { ...BROWSER, endpoint: 'https://user:pw@push.example.org/' },
  { ...BROWSER, keys: { ...BROWSER.keys, auth: 'short' } },
  { ...BROWSER, extra: 1 },
])('[IB8] what is no push subscription is refused: %j', async (body) => {
  expect((await as('ana', 'POST', '/v1/push/subscriptions', body)).status).toBe(422);
});
