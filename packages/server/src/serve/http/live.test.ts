import { assert } from '@statewire/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type World } from '../../testing/http-world.ts';

/** The live doors as HTTP: who is let in, with which headers, and what a refusal looks like. */
const PUBLIC = 'http://localhost:4800';
const OTHER = 'https://app.example.com';
let world: World;
let key: string;
let cookie: string;

beforeAll(async () => {
  world = await createWorld({ settings: { origins: [OTHER] } });
  key = await world.key('admin');
  await world.call('POST', '/v1/services', { key, body: { id: 'a', name: 'A', kind: 'heartbeat' } });
  const made = await world.call('POST', '/v1/welcome', {
    body: {
      token: world.accounts.welcome() ?? '',
      email: 'ann@example.com',
      name: 'Ann',
      password: 'correct horse battery',
    },
  });
  cookie = (made.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
});
afterAll(() => world.close());

const hello = (more: object = {}) => ({
  t: 'hello',
  p: 1,
  client: 'test',
  subs: [{ t: 'sub', s: 1, c: 'services' }],
  ...more,
});

/** A request whose answer is read only as far as the test wants. */
function open(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return Promise.resolve(
    world.http.app.request(`${PUBLIC}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: 'localhost:4800', ...headers },
      body: JSON.stringify(body),
    }),
  );
}

/** Reads until the text holds `what`, then lets the answer go. */
async function readTo(response: Response, what: string): Promise<string> {
  assert(response.body !== null, 'the answer has a body');
  const reader = response.body.getReader();
  let text = '';
  while (!text.includes(what)) {
    const part = await reader.read();
    assert(!part.done, `the answer ended without ${what}: ${text}`);
    text += new TextDecoder().decode(part.value);
  }
  await reader.cancel();
  return text;
}

test('[TR2] a stream says that nothing may hold it back, and takes its credential in the hello or in a header', async () => {
  for (const [body, headers] of [
    [hello({ token: key }), {}],
    [hello(), { authorization: `Bearer ${key}` }],
    [hello(), { cookie, origin: PUBLIC }],
  ] as const) {
    const response = await open('/live/v1/sse', body, headers);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(await readTo(response, '"last":true')).toContain('"name":"A"');
  }
  expect(world.gateway.stats.connections).toBe(0);
});

test('[TR3] messages upstream: 204, and 404 alike for a stream of somebody else, one that ended and none', async () => {
  const response = await open('/live/v1/sse', hello({ token: key }));
  assert(response.body !== null, 'the answer has a body');
  const reader = response.body.getReader();
  let text = '';
  while (!text.includes('"t":"welcome"')) text += new TextDecoder().decode((await reader.read()).value);
  const sid = /"sid":"([^"]+)"/u.exec(text)?.[1] ?? '';
  const cmd = (as: Readonly<Record<string, string>>, to = sid) =>
    open('/live/v1/cmd', { sid: to, msgs: ['{"t":"p","i":5}'] }, as);
  const mine = { authorization: `Bearer ${key}` };
  expect((await cmd(mine)).status).toBe(204);
  while (!text.includes('{"t":"q","i":5')) text += new TextDecoder().decode((await reader.read()).value);
  const other = { authorization: `Bearer ${await world.key('admin')}` };
  const [none, foreign, person] = [await cmd(mine, 'none'), await cmd(other), await cmd({ cookie, origin: PUBLIC })];
  for (const each of [none, foreign, person]) expect(each.status).toBe(404);
  const said = await none.text();
  expect(JSON.parse(said)).toMatchObject({ code: 'not_found' });
  expect(await foreign.text()).toBe(said);
  expect(await person.text()).toBe(said);
  expect((await cmd({})).status).toBe(401);
  expect((await cmd({ authorization: 'Bearer nope' })).status).toBe(401);
  await reader.cancel();
  expect((await cmd(mine)).status).toBe(404);
});

test.each(['/live/v1/sse', '/live/v1/poll'])('[TR8] %s refuses with a status and a problem document', async (path) => {
  const cases: readonly (readonly [string, object, Readonly<Record<string, string>>, number, string])[] = [
    ['nobody', hello(), {}, 401, 'auth_required'],
    ['a bad key', hello({ token: 'nope' }), {}, 401, 'auth_invalid'],
    ['a bad key in a header', hello(), { authorization: 'Bearer nope' }, 401, 'auth_invalid'],
    [
      'a good key in the hello does not mend it',
      hello({ token: 'nope' }),
      { cookie, origin: PUBLIC },
      401,
      'auth_invalid',
    ],
    ['a cookie without an origin', hello(), { cookie }, 401, 'auth_required'],
    ['a cookie from elsewhere', hello(), { cookie, origin: 'https://evil.example' }, 403, 'forbidden'],
    ['a key from a page elsewhere', hello({ token: key }), { origin: 'https://evil.example' }, 403, 'forbidden'],
    ['no hello', { t: 'p', i: 1, token: key }, {}, 400, 'bad_request'],
    ['another protocol', hello({ token: key, p: 9 }), {}, 415, 'unsupported'],
    ['a form', hello({ token: key }), { 'content-type': 'text/plain' }, 415, 'unsupported'],
  ];
  for (const [what, body, headers, status, code] of cases) {
    const response = await open(path, body, headers);
    expect(response.status, what).toBe(status);
    expect(response.headers.get('content-type'), what).toBe('application/problem+json');
    expect(JSON.parse(await response.text()), what).toMatchObject({ code });
  }
  expect((await open(`${path}?token=${key}`, hello())).status).toBe(401);
  expect((await open(path, { ...hello({ token: key }), pad: 'x'.repeat(600_000) })).status).toBe(413);
  expect(world.gateway.stats.connections).toBe(0);
});

test('[TR8] a page of a listed origin may connect with its cookie and read the answer', async () => {
  const response = await open('/live/v1/poll', hello(), { cookie, origin: OTHER });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe(OTHER);
  expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  expect(JSON.parse(await response.text())).toHaveLength(4);
});

test('[TR4] [MU5] a mutation through polls is done once, however often it is asked for', async () => {
  const mut = JSON.stringify({
    t: 'mut',
    m: 'tab.1',
    c: 'services',
    k: '',
    op: 'create',
    f: { name: 'B', kind: 'heartbeat' },
  });
  const answers: { t: string; k?: string }[] = [];
  for (let i = 0; i < 3; i += 1) {
    const response = await open('/live/v1/poll', { ...hello({ token: key, subs: [] }), msgs: [mut], wait: 5_000 });
    const all: { t: string; k?: string }[] = JSON.parse(await response.text());
    answers.push(...all.filter(({ t }) => t === 'mr'));
  }
  expect(answers).toHaveLength(3);
  expect(new Set(answers.map(({ k }) => k)).size).toBe(1);
  const list = await world.call('GET', '/v1/services', { key });
  expect(list.words('rows', 'name').filter((name) => name === 'B')).toHaveLength(1);
});

test('[TR4] a poll that waits is answered by a change somebody else makes', async () => {
  const before = await world.call('GET', '/v1/services', { key });
  const since = { e: before.word('epoch'), v: Number(before.word('version')) };
  const response = await open('/live/v1/poll', {
    ...hello({ token: key, subs: [{ t: 'sub', s: 1, c: 'services', iv: 0, since }] }),
    wait: 25_000,
  });
  await world.call('PATCH', '/v1/services/a', { key, body: { name: 'A2' } });
  expect(await response.text()).toContain('{"name":"A2"');
});

test('[TR6] a view is 200 with an ETag and 304 until it changes, at one address', async () => {
  const path = `/live/v1/view?sub=${encodeURIComponent('{"c":"services","fields":["name"],"f":["eq","id","a"]}')}`;
  const first = await world.call('GET', path, { key });
  expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
  const etag = first.headers.get('etag') ?? '';
  const again = (as: string) => world.call('GET', path, { key: as, headers: { 'if-none-match': etag } });
  expect(await again(key)).toMatchObject({ status: 304, text: '' });
  // Somebody else is never told that they have what they never saw.
  expect((await again(await world.key('read'))).status).toBe(200);
  await world.call('PATCH', '/v1/services/a', { key, body: { name: 'A3' } });
  const changed = await again(key);
  expect(changed.status).toBe(200);
  expect(changed.text).toContain('"A3"');
  expect((await world.call('GET', '/live/v1/view', { headers: { cookie } })).status).toBe(200);
  expect((await world.call('GET', '/live/v1/view')).status).toBe(401);
  const refused = async (sub: string) =>
    (await world.call('GET', `/live/v1/view?sub=${encodeURIComponent(sub)}`, { key })).status;
  expect(await refused('{"c":"nope"}')).toBe(404);
  expect(await refused('{"c":"services","f":["like","id","a"]}')).toBe(400);
  expect(await refused('[')).toBe(400);
  expect(await refused(`{"c":"services","f":${'['.repeat(3_000)}${']'.repeat(3_000)}}`)).toBe(400);
  expect((await world.call('GET', '/live/v1/view?c=services', { key })).status).toBe(400);
  expect(world.errors).toEqual([]);
});

test('[TR1] no door shows another organization, or takes its records for more than none', async () => {
  const foreign = await world.key('admin', 'o7');
  await world.call('POST', '/v1/services', { key: foreign, body: { id: 'mine', name: 'Mine', kind: 'heartbeat' } });
  const call = (m: string, k: string) =>
    JSON.stringify({ t: 'mut', m, c: 'services', k, op: 'patch', f: { name: 'Taken over' } });
  const msgs = [call('x.1', 'a'), call('x.2', 'none')];
  const poll = await open('/live/v1/poll', { ...hello({ token: foreign }), msgs, wait: 5_000 });
  const stream = await open('/live/v1/sse', hello({ token: foreign }));
  const view = await world.call('GET', '/live/v1/view?sub=%7B%22c%22%3A%22services%22%7D', { key: foreign });
  const answers: { t: string; code?: string; msg?: string }[] = JSON.parse(await poll.text());
  const refused = answers.filter(({ t }) => t === 'mr');
  expect(refused.map(({ code }) => code)).toEqual(['not_found', 'not_found']);
  for (const text of [JSON.stringify(answers), await readTo(stream, '"last":true'), view.text]) {
    expect(text).toContain('"Mine"');
    expect(text).not.toMatch(/"A\d?"|"org":"main"|"B"/u);
  }
  expect((await world.call('GET', '/v1/services/a', { key })).word('name')).not.toBe('Taken over');
  // Scopes hold as on a socket: a reporter reads nothing, a reader sees no checks and writes nothing.
  const [reader, reporter] = [await world.key('read'), await world.key('report')];
  const checks = { subs: [{ t: 'sub', s: 1, c: 'checks' }] };
  expect(await (await open('/live/v1/poll', hello({ ...checks, token: reader }))).text()).toContain(
    '"code":"forbidden"',
  );
  expect(await (await open('/live/v1/poll', hello({ token: reporter }))).text()).toContain('"code":"forbidden"');
  const write = await open('/live/v1/poll', { ...hello({ token: reader }), msgs: [call('y.1', 'a')], wait: 5_000 });
  expect(await write.text()).toContain('"ok":false,"code":"forbidden"');
});
