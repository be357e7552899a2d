import { afterEach, beforeEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const two = `services:
  - id: api
    name: Search API
    kind: http
    target: https://example.com/health
    labels: { team: search }
    check:
      intervalMs: 5000
  - id: backup
    name: Nightly backup
    kind: heartbeat
`;

function send(yaml: string, query = ''): Promise<Reply> {
  return world.call('POST', `/v1/import/services${query}`, {
    key: ADMIN_KEY,
    raw: yaml,
    headers: { 'content-type': 'application/yaml' },
  });
}

test('a dry run says what would happen and writes nothing', async () => {
  const reply = await send(two, '?dry_run=1');
  expect(reply.json).toEqual({
    dryRun: true,
    lines: [
      { line: 2, id: 'api', action: 'create', ok: true },
      { line: 9, id: 'backup', action: 'create', ok: true },
    ],
  });
  expect([...world.keep.live.entries('main', 'services')]).toEqual([]);
});

test('an import creates what is new and updates what is there', async () => {
  expect((await send(two)).json['lines']).toMatchObject([
    { id: 'api', action: 'create', ok: true, version: expect.any(Number) },
    { id: 'backup', ok: true },
  ]);
  const again = await send(two.replace('Search API', 'Find API'));
  expect(again.json['lines']).toMatchObject([
    { id: 'api', action: 'update', ok: true },
    { id: 'backup', action: 'update', ok: true },
  ]);
  expect(world.keep.live.get('main', 'services', 'api')?.row).toMatchObject({ name: 'Find API', kind: 'http' });
});

test('what is exported can be imported elsewhere, and has no secret in it', async () => {
  await send(two);
  const secret = { check: { secretHeaders: { 'x-api-key': 'hunter2' } } };
  expect((await world.call('PATCH', '/v1/services/api', { key: ADMIN_KEY, body: secret })).status).toBe(200);
  const exported = await world.call('GET', '/v1/export/services.yaml', { key: ADMIN_KEY });
  expect(exported.headers.get('content-type')).toBe('application/yaml');
  expect(exported.text).toContain('intervalMs: 5000');
  expect(exported.text).not.toMatch(/timeoutMs|graceMs|connectTimeoutMs|x-api-key|hunter2|org:|version:/u);
  const other = await createWorld();
  const imported = await other.call('POST', '/v1/import/services', { key: ADMIN_KEY, body: { yaml: exported.text } });
  expect(imported.json['lines']).toMatchObject([
    { id: 'api', ok: true },
    { id: 'backup', ok: true },
  ]);
  await other.close();
});

test('every wrong line is told, and nothing is written', async () => {
  const reply = await send(`services:
  - id: api
    name: Search API
    kind: ftp
  - id: b
    name: B
    kind: http
    target: https://example.com/
    colour: red
  - id: b
    name: B again
    kind: heartbeat
  - id: b
    name: B once more
    kind: heartbeat
`);
  expect(reply.status).toBe(422);
  expect(reply.words('errors', 'line')).toEqual(expect.arrayContaining(['4', '13']));
  expect(reply.words('errors', 'path')).toEqual(expect.arrayContaining(['services.0.kind', 'services.3.id']));
  expect([...world.keep.live.entries('main', 'services')]).toEqual([]);
});

test.each([
  ['', 1],
  ['services: 7\n', 1],
  ['services:\n  - [\n', 3],
  ['a: 1\na: 2\n', 2],
  ['- just text\n', 1],
])('not a list of services: %j', async (yaml, line) => {
  const reply = await send(yaml);
  expect(reply.status).toBe(422);
  expect(Number(reply.words('errors', 'line')[0])).toBe(line);
});

test('an alias bomb is refused in no time', async () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
    .join('\n')}\nservices: [{id: api, name: *i, kind: http}]\n`;
  expect((await send(bomb)).status).toBe(422);
});

test('nesting is refused before it is parsed, and nothing of the parser is told', async () => {
  for (const yaml of ['['.repeat(500_000), '{a: '.repeat(250_000), '- '.repeat(500_000)]) {
    const reply = await send(yaml);
    expect(reply.json).toMatchObject({ status: 422, code: 'bad_field' });
    expect(reply.text).toContain('more than 32 levels');
    expect(reply.text).not.toContain('stack');
  }
});

test('YAML tags make no objects of ours', async () => {
  expect((await send('services:\n  - !!js/function "function(){}"\n')).status).toBe(422);
  expect((await send('services:\n  - __proto__: {isOperator: true}\n    name: x\n    kind: heartbeat\n')).status).toBe(
    422,
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('another type or too much is refused', async () => {
  expect(
    (
      await world.call('POST', '/v1/import/services', {
        key: ADMIN_KEY,
        raw: two,
        headers: { 'content-type': 'text/plain' },
      })
    ).status,
  ).toBe(415);
  expect((await send(`# ${'x'.repeat(1_048_600)}`)).status).toBe(413);
  expect((await world.call('POST', '/v1/import/services', { key: ADMIN_KEY, body: { yml: two } })).status).toBe(422);
});
