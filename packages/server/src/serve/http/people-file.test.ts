/** Customers and users as files, through the REST door. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type World } from '../../testing/http-world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ limits: { importLinesMax: 50 } });
});

afterEach(async () => {
  await world.close();
});

const send = (path: string, raw: string, type = 'text/csv') =>
  world.call('POST', path, { key: ADMIN_KEY, raw, headers: { 'content-type': type } });
const customer = async (id: string) => (await world.call('GET', `/v1/customers/${id}`, { key: ADMIN_KEY })).json;

const FILE = [
  'id,name,status,externalId,tags,labels.tier',
  'acme,Acme,active,crm-1,vip;north,gold',
  ',Globex,trial,crm-2,,',
  'initech,Initech,unheard,,,',
  'acme,Again,,,,',
  'hooli,Hooli,,,,',
].join('\n');

test('[BO12] a file is planned without a write, then taken: who is known is changed, and what is wrong is said by line', async () => {
  const planned = await send('/v1/customers/import?format=csv&dry_run=1', FILE);
  const counts = { lines: 5, create: 3, update: 0, keep: 0, failed: 2 };
  expect(planned.json).toMatchObject({ dryRun: true, ...counts });
  expect(planned.json['errors']).toMatchObject([
    { line: 4, message: expect.stringContaining('status') },
    { line: 5, message: 'is the same as line 2; keep one of them' },
  ]);
  expect(planned.json['plan']).toMatchObject([
    { line: 2, action: 'create', id: 'acme', name: 'Acme' },
    { line: 3, action: 'create', id: null, name: 'Globex' },
    { line: 6, action: 'create', id: 'hooli' },
  ]);
  expect((await world.call('GET', '/v1/customers', { key: ADMIN_KEY })).json['rows']).toEqual([]);
  expect((await send('/v1/customers/import?format=csv', FILE)).json).toMatchObject({ dryRun: false, ...counts });
  expect(await customer('acme')).toMatchObject({
    tags: ['vip', 'north'],
    labels: { tier: 'gold' },
    externalId: 'crm-1',
  });
  // The same file again: nothing is made twice, not even those without an id of their own.
  expect((await send('/v1/customers/import?format=csv', FILE)).json).toMatchObject({
    create: 0,
    update: 0,
    keep: 3,
    failed: 2,
  });
  const more = '{"externalId":"crm-2","name":"Globex Ltd"}\n{"name":"New","customer":"x"}\n';
  const changed = await send('/v1/customers/import?format=jsonl', more, 'application/x-ndjson');
  expect(changed.json).toMatchObject({ update: 1, create: 0, failed: 1 });
  expect(await customer('globex')).toMatchObject({ name: 'Globex Ltd', status: 'trial' });
});

test('[BO12] a user’s customer has to be there, and is said when it is not', async () => {
  await send('/v1/customers/import?format=csv', FILE);
  const file = 'name,email,customer\nBo,bo@acme.example,acme\nCy,cy@nosuch.example,nosuch\n';
  expect((await send('/v1/users/import?format=csv', file)).json).toMatchObject({
    create: 1,
    failed: 1,
    errors: [{ line: 3, message: expect.stringContaining('customers/nosuch') }],
  });
  expect(await customer('acme')).toMatchObject({ users: 1 });
});

test('[BO12] what goes out comes back the same', async () => {
  await send('/v1/customers/import?format=csv', FILE);
  await world.call('PATCH', '/v1/customers/acme', {
    key: ADMIN_KEY,
    body: { notes: '=SUM(A1), "quoted"\nsecond line', attributes: { seats: 3 }, owner: 'Ana' },
  });
  const before = await customer('acme');
  for (const format of ['csv', 'jsonl']) {
    const file = await world.call('GET', `/v1/customers/export?format=${format}`, { key: ADMIN_KEY });
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="customers.${format}"`);
    expect((await send(`/v1/customers/import?format=${format}`, file.text)).json).toMatchObject({
      keep: 3,
      update: 0,
      failed: 0,
    });
    for (const id of ['acme', 'globex', 'hooli']) await world.call('DELETE', `/v1/customers/${id}`, { key: ADMIN_KEY });
    expect((await send(`/v1/customers/import?format=${format}`, file.text)).json).toMatchObject({
      create: 3,
      failed: 0,
    });
    const { version: _v, createdAt: _c, updatedAt: _u, ...after } = await customer('acme');
    expect(before).toMatchObject(after);
  }
  const some = await world.call('GET', '/v1/customers/export?filter=["contains","name","HOO"]', { key: ADMIN_KEY });
  expect(some.text.split('\r\n').filter((line) => line !== '')).toHaveLength(2);
});

test('[BO12] files have bounds, and who may not write takes none', async () => {
  const long = `name\n${'a\n'.repeat(51)}`;
  expect((await send('/v1/customers/import?format=csv', long)).status).toBe(413);
  expect((await send('/v1/customers/import?format=csv', 'name\nA', 'image/png')).status).toBe(415);
  const read = await world.key('read');
  const refused = await world.call('POST', '/v1/customers/import?format=csv', {
    key: read,
    raw: 'name\nA',
    headers: { 'content-type': 'text/csv' },
  });
  expect(refused.status).toBe(403);
  expect((await world.call('GET', '/v1/customers/export', { key: read })).status).toBe(200);
});
