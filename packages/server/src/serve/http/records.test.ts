import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Json } from '@statewire/protocol';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
let read: string;
beforeEach(async () => {
  world = await createWorld();
  read = await world.key('read');
});
afterEach(() => world.close());

const service = { id: 'api', name: 'Search API', kind: 'http', target: 'https://example.com/health' };

function create(body: unknown = service): Promise<Reply> {
  return world.call('POST', '/v1/services', { key: ADMIN_KEY, body });
}

async function many(count: number): Promise<void> {
  await world.keep.commit.write('main', 'test', (draft) => {
    for (let i = 0; i < count; i++)
      draft.put('services', `s${String(count - i).padStart(3, '0')}`, {
        name: `n${i}`,
        status: i % 2 === 0 ? 'up' : 'down',
        labels: { env: i < 5 ? 'prod' : 'dev' },
      });
    return { ok: true, value: null };
  });
}

test('create, get, change, delete: versions in ETags, the record at the top level', async () => {
  const made = await create();
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe('/v1/services/api');
  expect(made.json).toMatchObject({ ...service, org: 'main', version: 1, status: 'pending', facts: {} });
  const got = await world.call('GET', '/v1/services/api', { key: read });
  expect(got.json).toEqual(made.json);
  expect(got.headers.get('etag')).toBe('"1"');
  const patched = await world.call('PATCH', '/v1/services/api', { key: ADMIN_KEY, body: { name: 'Find API' } });
  expect(patched.json).toMatchObject({ name: 'Find API', version: 2 });
  expect(patched.headers.get('etag')).toBe('"2"');
  const gone = await world.call('DELETE', '/v1/services/api', { key: ADMIN_KEY });
  expect(gone.json).toEqual({ id: 'api', version: 3, deleted: true });
  expect((await world.call('GET', '/v1/services/api', { key: read })).status).toBe(404);
  expect((await world.call('DELETE', '/v1/services/api', { key: ADMIN_KEY })).status).toBe(404);
});

test('a problem says its code, what to do, and whether to repeat', async () => {
  const { status, headers, json } = await world.call('GET', '/v1/services/none', { key: read });
  expect(status).toBe(404);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(json).toMatchObject({
    type: 'urn:statewire:error:not_found',
    status: 404,
    code: 'not_found',
    detail: 'no record services/none',
    retry: 'never',
  });
  expect(json['do']).toEqual(expect.stringMatching(/\w/u));
});

test('an id that is taken is refused', async () => {
  await create();
  expect((await create()).json).toMatchObject({ status: 409, code: 'exists' });
});

test('without an id the server makes one and says where it is', async () => {
  const { id: _, ...rest } = service;
  const made = await create(rest);
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe(`/v1/services/${made.word('id')}`);
});

test.each([
  [{ ...service, colour: 'red' }, 'colour'],
  [{ ...service, status: 'up' }, 'status'],
  [{ ...service, org: 'o7' }, 'org'],
  [{ ...service, version: 9 }, 'version'],
  [{ ...service, kind: 'ftp' }, 'kind'],
  [{ ...service, name: 7 }, 'name'],
  [{ ...service, name: '   ' }, 'name'],
  [{ ...service, id: 'a/b' }, 'id'],
  [{ ...service, id: 'a\u0000b' }, 'id'],
  [{ ...service, id: '..' }, 'id'],
  [{ ...service, target: 'file:///etc/passwd' }, 'target'],
  [{ ...service, target: 'not a url' }, 'target'],
  [{ ...service, check: { intervalMs: 10 } }, 'check.intervalMs'],
  [{ ...service, check: { timeoutMs: 'soon' } }, 'check.timeoutMs'],
  [{ ...service, labels: { a: 1 } }, 'labels.a'],
  [[service], ''],
  ['text', ''],
  [null, ''],
])('a create that is not one is refused and names the field: %j', async (body, path) => {
  const reply = await create(body);
  expect(reply.status).toBe(422);
  expect(reply.json['code']).toBe('bad_field');
  const paths = reply.words('errors', 'path');
  expect(paths.length).toBeGreaterThan(0);
  expect(`${paths[0]} ${reply.word('detail')}`).toContain(path);
  expect([...world.keep.live.entries('main', 'services')]).toEqual([]);
});

test('If-Match: the record must still have that version', async () => {
  await create();
  const patch = (ifMatch: string) =>
    world.call('PATCH', '/v1/services/api', { key: ADMIN_KEY, body: { name: 'X' }, headers: { 'if-match': ifMatch } });
  expect((await patch('"1"')).status).toBe(200);
  expect((await patch('"1"')).json).toMatchObject({ status: 412, code: 'precondition' });
  expect((await patch('*')).status).toBe(200);
  for (const odd of ['1', 'W/"1"', '"a"', '"1", "2"', '"-1"']) expect((await patch(odd)).status).toBe(400);
  const deletion = await world.call('DELETE', '/v1/services/api', { key: ADMIN_KEY, headers: { 'if-match': '"1"' } });
  expect(deletion.status).toBe(412);
});

test('of fifty conditional writes at once exactly one wins', async () => {
  await create();
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      world.call('PATCH', '/v1/services/api', {
        key: ADMIN_KEY,
        body: { name: `n${i}` },
        headers: { 'if-match': '"1"' },
      }),
    ),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(replies.filter(({ status }) => status === 412)).toHaveLength(49);
});

test('?base: only a touched field that changed since conflicts, and the answer has what is there now', async () => {
  await create();
  await world.call('PATCH', '/v1/services/api', { key: ADMIN_KEY, body: { name: 'Theirs' } });
  const other = await world.call('PATCH', '/v1/services/api?base=1', { key: ADMIN_KEY, body: { description: 'mine' } });
  expect(other.status).toBe(200);
  const same = await world.call('PATCH', '/v1/services/api?base=1', { key: ADMIN_KEY, body: { name: 'Mine' } });
  expect(same.json).toMatchObject({
    status: 409,
    code: 'conflict',
    fields: ['name'],
    current: { name: 'Theirs' },
    version: 3,
  });
});

test('Idempotency-Key: a repeat is answered and not repeated', async () => {
  const send = () =>
    world.call('POST', '/v1/services', { key: ADMIN_KEY, body: service, headers: { 'idempotency-key': 'k-1' } });
  const [first, second] = [await send(), await send()];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.json).toEqual(first.json);
  expect(world.keep.live.version('main')).toBe(Number(first.json['version']));
  expect(
    (
      await world.call('POST', '/v1/services', {
        key: ADMIN_KEY,
        body: service,
        headers: { 'idempotency-key': 'with space' },
      })
    ).status,
  ).toBe(400);
});

test('If-None-Match spares the body, of a record and of a list', async () => {
  await create();
  for (const path of ['/v1/services/api', '/v1/services']) {
    const etag = (await world.call('GET', path, { key: read })).headers.get('etag') ?? '';
    const again = await world.call('GET', path, { key: read, headers: { 'if-none-match': etag } });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await world.call('GET', path, { key: read, headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  }
});

test('[WI1] [WI5] [WI11] a list is sorted and paged in its order, and a cursor of another order is refused', async () => {
  await many(25);
  const listed = (sort: string, more = ''): Promise<Reply> =>
    world.call('GET', `/v1/services?sort=${encodeURIComponent(sort)}${more}`, { key: read });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Reply = await listed(
      '[["kind","asc"],["id","desc"]]',
      `&limit=10${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...page.words('rows', 'id'));
    cursor = page.json['next'] === null ? null : page.word('next');
    if (cursor !== null) expect((await listed('[["id","asc"]]', `&cursor=${cursor}`)).status).toBe(400);
  } while (cursor !== null);
  expect(seen).toHaveLength(25);
  expect(seen).toEqual(seen.toSorted((a, b) => (a > b ? -1 : 1)));
  expect((await listed('[["secret","asc"]]')).json).toMatchObject({ code: 'bad_field' });
  for (const bad of ['name', '[["name"]]', '{}']) expect((await listed(bad)).status, bad).toBe(400);
});

test('a list is paged by cursor: every record once, also when records change and go meanwhile', async () => {
  await many(25);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Reply = await world.call('GET', `/v1/services?limit=10${cursor === null ? '' : `&cursor=${cursor}`}`, {
      key: read,
    });
    seen.push(...page.words('rows', 'id'));
    cursor = page.json['next'] === null ? null : page.word('next');
    await world.keep.commit.write('main', 'test', (draft) => {
      draft.put('services', 's025', { name: `changed ${seen.length}` });
      if (seen.length === 10) draft.delete('services', 's024');
      return { ok: true, value: null };
    });
  } while (cursor !== null);
  expect(seen).toHaveLength(25);
  expect(new Set(seen).size).toBe(25);
});

test('a list is filtered as a subscription is', async () => {
  await many(10);
  const ids = async (filter: Json) => {
    const reply = await world.call('GET', `/v1/services?filter=${encodeURIComponent(JSON.stringify(filter))}`, {
      key: read,
    });
    return reply.words('rows', 'id').length;
  };
  expect(await ids(['eq', 'status', 'down'])).toBe(5);
  expect(await ids(['and', ['eq', 'status', 'up'], ['eq', 'labels.env', 'prod']])).toBe(3);
  expect(await ids(['in', 'status', []])).toBe(0);
});

test.each([
  ['filter=%7B', 'bad_filter'],
  ['filter=%5B%22drop%22%5D', 'bad_filter'],
  ['filter=%5B%22eq%22%2C%22secretHeaders%22%2C1%5D', 'bad_filter'],
  ['filter=%5B%22eq%22%2C%22__proto__%22%2C1%5D', 'bad_filter'],
  ['filter=%5B%22eq%22%2C%22constructor.name%22%2C1%5D', 'bad_filter'],
  [
    `filter=${encodeURIComponent(JSON.stringify(['not', ['not', ['not', ['not', ['not', ['not', ['eq', 'a', 1]]]]]]]))}`,
    'too_complex',
  ],
  ['limit=0', 'bad_request'],
  ['limit=1001', 'bad_request'],
  ['limit=-1', 'bad_request'],
  ['limit=1e2', 'bad_request'],
  ['limit=', 'bad_request'],
  ['limit=1&limit=2', 'bad_request'],
  ['cursor=abc', 'bad_request'],
  ['cursor=', 'bad_request'],
  ['min_version=-1', 'bad_request'],
  ['colour=red', 'bad_request'],
  ['__proto__=1', 'bad_request'],
])('a query that is not one is refused: %s', async (query, code) => {
  const reply = await world.call('GET', `/v1/services?${query}`, { key: read });
  expect(reply.json).toMatchObject({ status: 400, code });
});

test('min_version: an answer that would be older is refused, to be asked again', async () => {
  const { version } = (await create()).json;
  expect((await world.call('GET', `/v1/services?min_version=${Number(version)}`, { key: read })).status).toBe(200);
  const reply = await world.call('GET', `/v1/services?min_version=${Number(version) + 1}`, { key: read });
  expect(reply.json).toMatchObject({ status: 503, code: 'unavailable', retry: 'later' });
  expect(reply.headers.get('retry-after')).toBe('1');
});

test('bulk: each line stands for itself', async () => {
  await create();
  const reply = await world.call('POST', '/v1/services/bulk', {
    key: ADMIN_KEY,
    body: {
      lines: [
        { op: 'create', fields: { ...service, id: 'b' } },
        { op: 'create', fields: service },
        { op: 'patch', id: 'api', fields: { name: 'New' } },
        { op: 'patch', id: 'none', fields: { name: 'New' } },
        { op: 'delete', id: 'api' },
      ],
    },
  });
  expect(reply.status).toBe(200);
  expect(reply.json['results']).toMatchObject([
    { id: 'b', ok: true },
    { id: 'api', ok: false, code: 'exists' },
    { id: 'api', ok: true },
    { id: 'none', ok: false, code: 'not_found' },
    { id: 'api', ok: true },
  ]);
  expect(
    (await world.call('POST', '/v1/services/bulk', { key: ADMIN_KEY, body: { lines: [{ op: 'drop' }] } })).status,
  ).toBe(422);
  expect((await world.call('POST', '/v1/services/bulk', { key: ADMIN_KEY, body: { lines: [] } })).status).toBe(422);
});

test('commands change the record at once; a wrong one is refused before', async () => {
  await create();
  const call = (name: string, body?: object) =>
    world.call('POST', `/v1/services/api/${name}`, { key: ADMIN_KEY, body });
  expect((await call('pause')).json).toMatchObject({ desired: 'paused', status: 'paused' });
  expect((await call('resume')).json).toMatchObject({ desired: 'active', status: 'pending' });
  const overridden = await call('override', { status: 'maintenance', reason: 'rebuild' });
  expect(overridden.json).toMatchObject({
    status: 'maintenance',
    override: { status: 'maintenance', reason: 'rebuild' },
  });
  expect((await call('clear-override')).json).toMatchObject({ status: 'pending', override: null });
  expect((await call('refresh')).status).toBe(200);
  expect(world.refreshed).toEqual(['api']);
  expect((await call('accept-tools')).status).toBeGreaterThanOrEqual(400);
  expect((await call('override', { status: 'fine' })).status).toBe(422);
  expect((await call('override', { status: 'up', forever: true })).status).toBe(422);
  expect((await call('explode')).status).toBe(404);
  const read405 = await world.call('GET', '/v1/services/api/refresh', { key: ADMIN_KEY });
  expect(read405.json).toMatchObject({ status: 405, code: 'method_not_allowed' });
});

test('a run is cancelled by asking its runner', async () => {
  const reporter = await world.key('report');
  const made = await world.call('POST', '/v1/jobs', {
    key: reporter,
    body: { id: 'scan', title: 'Scan', kind: 'scan', state: 'running' },
  });
  expect([made.status, made.text]).toEqual([201, expect.stringContaining('"state":"running"')]);
  expect((await world.call('POST', '/v1/jobs/scan/cancel', { key: reporter })).json).toMatchObject({
    cancelRequested: true,
  });
});

test('secret headers go in and never come out: not from the service, its check, lists, the export or an error', async () => {
  const secret = 'hunter2-hunter2';
  const made = await create({
    ...service,
    check: { headers: { accept: 'text/plain' }, secretHeaders: { 'x-api-key': secret } },
  });
  expect(made.status).toBe(201);
  const answers = [made];
  for (const path of [
    '/v1/services/api',
    '/v1/services',
    '/v1/checks/api',
    '/v1/checks',
    '/v1/export/services.yaml',
    '/v1/services/api/history',
    '/v1/activity',
    '/v1/system',
  ]) {
    answers.push(await world.call('GET', path, { key: ADMIN_KEY }));
  }
  answers.push(
    await world.call('PATCH', '/v1/services/api', {
      key: ADMIN_KEY,
      body: { check: { secretHeaders: { 'x-api-key': `${secret}\n` } } },
    }),
  );
  answers.push(
    await world.call('PATCH', '/v1/services/api', {
      key: ADMIN_KEY,
      body: { check: { secretHeaders: { 'x-api-key': `${secret}3` } } },
    }),
  );
  for (const answer of answers) expect(answer.text).not.toContain('hunter2');
  expect(answers[3]?.json).toMatchObject({ secrets: ['x-api-key'], headers: { accept: 'text/plain' } });
  expect((await world.call('GET', '/v1/checks/api', { key: read })).status).toBe(403);
});

test('a store that takes no writes says so, and that it is worth repeating', async () => {
  await world.keep.commit.close();
  const reply = await create();
  expect(reply.json).toMatchObject({ status: 503, retry: 'later' });
  expect(reply.headers.get('retry-after')).toBe('1');
});

test('history and inventory: of one record, bounded, and only of what is there', async () => {
  await create();
  const now = world.now();
  await world.keep.commit.write('main', 'test', (draft) => {
    for (let i = 0; i < 5; i++) {
      draft.transition({
        collection: 'services',
        id: 'api',
        at: now - i * 1_000,
        from: 'up',
        to: 'down',
        code: 'refused',
        text: 'x',
        cause: 'probe',
      });
      draft.sample({ collection: 'services', id: 'api', at: now - i * 1_000, ms: i, v: 'u' });
    }
    draft.document('inventory', 'api', { current: { at: now, tools: [] }, accepted: null });
    draft.put('services', 'api', { name: 'touched' });
    return { ok: true, value: null };
  });
  const all = await world.call('GET', '/v1/services/api/history', { key: read });
  expect(all.json['transitions']).toHaveLength(5);
  expect(all.json['samples']).toHaveLength(5);
  expect(JSON.stringify(all.json)).not.toContain('"org"');
  const two = await world.call('GET', `/v1/services/api/history?limit=2&from=${now - 10_000}&to=${now}`, { key: read });
  expect(two.json['transitions']).toHaveLength(2);
  for (const query of ['limit=0', 'limit=100001', 'from=x', `from=${now}&to=${now - 1}`])
    expect((await world.call('GET', `/v1/services/api/history?${query}`, { key: read })).status).toBe(400);
  expect((await world.call('GET', '/v1/services/none/history', { key: read })).status).toBe(404);
  expect((await world.call('GET', '/v1/services/api/inventory', { key: read })).json).toEqual({
    inventory: { at: now, tools: [] },
    accepted: null,
  });
  const feed = await world.call('GET', '/v1/activity?limit=3', { key: read });
  expect(feed.json['transitions']).toHaveLength(3);
});

test('stats are the counts of the fleet record; none yet is an empty map', async () => {
  expect((await world.call('GET', '/v1/stats', { key: read })).json).toMatchObject({ values: {} });
  await world.keep.commit.write('main', 'test', (draft) => {
    draft.put('metrics', 'fleet', { values: { 'services.up': 3 } });
    return { ok: true, value: null };
  });
  expect((await world.call('GET', '/v1/stats', { key: read })).json).toMatchObject({
    values: { 'services.up': 3 },
    epoch: world.keep.commit.epoch,
  });
});

test('[DM9] a reported metric is deleted with its past, by who may; those of the server are not', async () => {
  const report = (increment: number) =>
    world.call('POST', '/v1/reports', {
      key: ADMIN_KEY,
      body: { collection: 'metrics', id: 'orders', title: 'Orders', increment },
    });
  await report(5);
  expect(await world.call('DELETE', '/v1/metrics/orders', { key: read })).toMatchObject({ status: 403 });
  const reporter = await world.key('report');
  expect(await world.call('DELETE', '/v1/metrics/orders', { key: reporter })).toMatchObject({ status: 403 });
  expect(
    await world.call('DELETE', '/v1/metrics/orders', { key: ADMIN_KEY, headers: { 'if-match': '"99"' } }),
  ).toMatchObject({ status: 412 });
  expect(await world.call('DELETE', '/v1/metrics/orders', { key: ADMIN_KEY })).toMatchObject({
    status: 200,
    json: { id: 'orders', deleted: true },
  });
  expect((await world.call('GET', '/v1/metrics/orders', { key: read })).status).toBe(404);
  expect((await world.call('DELETE', '/v1/metrics/orders', { key: ADMIN_KEY })).status).toBe(404);
  const told = await world.call('GET', '/v1/audit?action=metrics:delete&outcome=ok', { key: ADMIN_KEY });
  expect(told.json).toMatchObject({ rows: [{ target: { collection: 'metrics', id: 'orders' } }] });
  await report(1);
  expect((await world.call('GET', '/v1/metrics/orders', { key: read })).json).toMatchObject({ values: { value: 1 } });

  await world.keep.commit.write('main', 'test', (draft) => {
    draft.put('metrics', 'fleet', { kind: 'derived', subject: 'fleet', values: { down: 0 } });
    return { ok: true, value: null };
  });
  expect(await world.call('DELETE', '/v1/metrics/fleet', { key: ADMIN_KEY })).toMatchObject({
    json: { code: 'unsupported' },
  });
  // Nothing else is written to them by hand.
  expect((await world.call('PATCH', '/v1/metrics/orders', { key: ADMIN_KEY, body: { title: 'x' } })).status).toBe(405);
});
