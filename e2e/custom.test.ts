/** A folder of its own with an app's collections, a server started with them, and the app's client and types. */
import { createClient, type Client } from '@statewire/client';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const SECRET = 'the secret of a test issuer, long enough';
const dir = mkdtempSync(join(tmpdir(), 'custom-app-'));
const clients: Client[] = [];
let server: TestServer;

beforeAll(async () => {
  cpSync('e2e/fixtures/custom-app', dir, { recursive: true });
  mkdirSync(join(dir, 'node_modules/@statewire'), { recursive: true });
  for (const name of ['client', 'model', 'protocol', 'react']) {
    symlinkSync(resolve('packages', name), join(dir, 'node_modules/@statewire', name));
  }
  for (const name of ['zod', 'react', '@types'])
    symlinkSync(resolve('node_modules', name), join(dir, 'node_modules', name));
  writeFileSync(join(dir, 'package.json'), '{"type":"module","private":true}');
  writeFileSync(
    join(dir, 'statewire.yaml'),
    `collections: ./collections.ts\nauth:\n  jwt:\n    - issuer: test\n      audience: app\n      secret: ${SECRET}\n`,
  );
  server = await TestServer.start({ STATEWIRE_CONFIG: join(dir, 'statewire.yaml') });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

function connect(token: string | (() => string)): Client {
  const client = createClient({ url: server.url, token: typeof token === 'string' ? token : async () => token() });
  clients.push(client);
  return client;
}

function tokenFor(claims: Readonly<Record<string, unknown>>, seconds = 3_600): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + seconds;
  const body = `${part({ alg: 'HS256' })}.${part({ iss: 'test', aud: 'app', sub: 'u1', org: 'main', scope: 'read report', exp, ...claims })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

function run(command: readonly string[], cwd: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [...command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((done) => child.once('exit', (code) => done({ code, out })));
}

test('[CC2] [CC12] a program of the app makes, changes, commands and watches its own records, typed by their definition', async () => {
  const { code, out } = await run(['--conditions=source', 'app.ts', server.url, ADMIN_KEY], dir);
  expect(code, out).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    id: 'tea',
    patched: true,
    payment: true,
    again: 'gone',
    title: 'Mate',
    cents: 300,
    note: 'green',
  });
});

test('[CC2] what the definition allows compiles outside this repository, and what it does not is refused', async () => {
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        target: 'ES2024',
        lib: ['ES2024', 'DOM', 'DOM.Iterable'],
        module: 'NodeNext',
        jsx: 'react-jsx',
        types: ['node'],
        allowImportingTsExtensions: true,
        customConditions: ['source'],
      },
      files: ['app.ts', 'wrong.ts'],
    }),
  );
  const { code, out } = await run([resolve('node_modules/typescript/bin/tsc'), '-p', dir], dir);
  expect(out).toBe('');
  expect(code).toBe(0);
});

test('[CC2] REST lists, filters, pages, patches by version and tells the API of them', async () => {
  const ids: string[] = [];
  for (const title of ['One', 'Two', 'Three']) {
    const { status, body } = await server.api('POST', '/v1/orders', { title, cents: title.length });
    expect(status).toBe(201);
    ids.push(body.id);
  }
  const filter = encodeURIComponent(JSON.stringify(['gte', 'cents', 3]));
  const first = (await server.api('GET', `/v1/orders?limit=2&filter=${filter}`)).body;
  expect(first.rows).toHaveLength(2);
  const rest = (await server.api('GET', `/v1/orders?limit=9&filter=${filter}&cursor=${first.next}`)).body;
  expect([...first.rows, ...rest.rows].map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(ids));
  const stale = await server.api('PATCH', `/v1/orders/${ids[0]}`, { title: 'Uno' }, { headers: { 'if-match': '"1"' } });
  expect(stale).toMatchObject({ status: 412, body: { code: 'precondition' } });
  const lines = [
    { op: 'patch', id: ids[1], fields: { state: 'sent' } },
    { op: 'create', fields: { title: '' } },
    { op: 'delete', id: ids[2] },
  ];
  const bulk = await server.api('POST', '/v1/orders/bulk', { lines: lines.filter((_, i) => i !== 1) });
  expect(bulk.body.results).toMatchObject([{ ok: true }, { ok: true }]);
  expect((await server.api('POST', '/v1/orders/bulk', { lines })).status).toBe(422);
  const { paths } = (await server.api('GET', '/openapi.json')).body;
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/orders', '/v1/orders/{id}/pay', '/v1/notes/bulk']));
  expect((await server.api('GET', `/v1/orders?filter=${encodeURIComponent('["eq","colour","red"]')}`)).body.code).toBe(
    'bad_filter',
  );
});

test('[CC4] [CC11] through no door does anybody learn of a record that their rule does not let through', async () => {
  const red = tokenFor({ teams: ['red'] });
  const blue = tokenFor({ teams: 'blue', sub: 'u2' });
  const foreign = tokenFor({ teams: ['red'], org: 'other', sub: 'u3' });
  const watched = connect(blue).collection('notes').view();
  const seen: unknown[] = [];
  watched.subscribe(() => seen.push(...watched.rows));
  const away = connect(foreign).collection('notes').view();
  away.subscribe(() => seen.push(...away.rows));
  await until('both views', () => watched.get().status === 'live' && away.get().status === 'live');

  expect(
    (await server.api('POST', '/v1/notes', { id: 'n', team: 'red', text: 'hidden words' }, { key: red })).status,
  ).toBe(201);
  expect((await server.api('POST', '/v1/notes', { id: 'b', team: 'blue', text: 'own' }, { key: blue })).status).toBe(
    201,
  );
  for (const key of [blue, foreign, tokenFor({ sub: 'u4' }), ADMIN_KEY]) {
    const answers = [
      await server.api('GET', '/v1/notes', undefined, { key }),
      await server.api('GET', `/v1/notes?filter=${encodeURIComponent('["eq","team","red"]')}`, undefined, { key }),
      await server.api('GET', '/v1/notes/n', undefined, { key }),
      await server.api('PATCH', '/v1/notes/n', { text: 'x' }, { key }),
      await server.api('DELETE', '/v1/notes/n', undefined, { key }),
      await server.api('POST', '/v1/reports', { collection: 'notes', id: 'n', text: 'x' }, { key }),
      await server.api('POST', '/v1/notes/bulk', { lines: [{ op: 'delete', id: 'n' }] }, { key }),
    ];
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toMatch(/hidden words|"team":"red"/u);
    expect(answers.slice(2, 5).map(({ status }) => status)).toEqual([404, 404, 404]);
  }
  expect((await server.api('GET', '/v1/notes/n', undefined, { key: red })).body).toMatchObject({
    text: 'hidden words',
  });
  await until('the own note', () => watched.rows.length === 1);
  expect(JSON.stringify(seen)).not.toContain('hidden words');
  expect(away.rows).toEqual([]);
});

test('[CC13] windows and counters hold what their caller may see, live, and nothing of the rest', async () => {
  const mine = tokenFor({ teams: ['wine'] });
  const theirs = tokenFor({ teams: ['beer'], sub: 'u2' });
  const client = connect(mine);
  const page = client.collection('notes').sort('text', 'desc').limit(2).view();
  const count = client.collection('notes').count({ by: 'team' });
  const seen: unknown[] = [];
  page.subscribe(() => seen.push(page.get()));
  count.subscribe(() => seen.push(count.get()));
  const add = (id: string, key: string, team: string, text: string) =>
    server.api('POST', '/v1/notes', { id, team, text }, { key });
  for (const i of [1, 2, 3]) {
    expect((await add(`beer-${i}`, theirs, 'beer', `z${i}`)).status).toBe(201);
    expect((await add(`wine-${i}`, mine, 'wine', `a${i}`)).status).toBe(201);
  }
  await until('the page and the count', () => page.get().total === 3 && count.rows[0]?.count === 3);
  expect(page.rows.map(({ id }) => id)).toEqual(['wine-3', 'wine-2']);
  expect(count.rows).toMatchObject([{ by: 'wine', count: 3 }]);
  await server.api('DELETE', '/v1/notes/beer-1', undefined, { key: theirs });
  await server.api('DELETE', '/v1/notes/wine-3', undefined, { key: mine });
  await until('the next page', () => page.get().total === 2 && count.rows[0]?.count === 2);
  expect(page.rows.map(({ id }) => id)).toEqual(['wine-2', 'wine-1']);
  expect(JSON.stringify(seen)).not.toContain('beer');
  const wrong = client.collection('notes').sort('secret').limit(2).view();
  wrong.subscribe(() => undefined);
  await until('the refusal', () => wrong.get().error !== null);
  expect(wrong.get().error).toMatchObject({ code: 'bad_field' });
});

test('[CC5] when a renewed token has other claims, the rows of before are let go and those of now come', async () => {
  await server.api(
    'POST',
    '/v1/notes',
    { id: 'r1', team: 'rose', text: 'rose' },
    { key: tokenFor({ teams: ['rose'] }) },
  );
  await server.api(
    'POST',
    '/v1/notes',
    { id: 'g1', team: 'grey', text: 'grey' },
    { key: tokenFor({ teams: ['grey'] }) },
  );
  let asked = 0;
  // Less than the time at which the server asks for a fresh one: it asks at once, and is shown other claims.
  const client = connect(() => tokenFor({ teams: [asked++ === 0 ? 'rose' : 'grey'] }, asked === 1 ? 50 : 3_600));
  const view = client.collection('notes').view();
  const shown: string[] = [];
  view.subscribe(() => shown.push(view.rows.map(({ id }) => id).join()));
  await until('the first team', () => shown.includes('r1'));
  await until(
    'the second team',
    () => view.get().status === 'live' && view.rows.length === 1 && view.rows[0]?.id === 'g1',
  );
  expect(shown).not.toContain('r1,g1');
  expect(shown).not.toContain('g1,r1');
});

test('[CC7] a record ends at its time across kill -9, reaches views as a leave, and others live on', async () => {
  const view = connect(ADMIN_KEY).collection('visits').view();
  view.subscribe(() => undefined);
  await server.api('POST', '/v1/visits', { id: 'short', page: '/a', ttlMs: 2_500 });
  await server.api('POST', '/v1/visits', { id: 'while-running', page: '/a', ttlMs: 1_000 });
  await server.api('POST', '/v1/visits', { id: 'long', page: '/b' });
  await until('all three', () => view.rows.length >= 2);
  await until(
    'the first end',
    () => view.get().status === 'live' && !view.rows.some(({ id }) => id === 'while-running'),
  );
  const before = (await server.api('GET', '/v1/visits/short')).body;
  await server.kill();
  await until('its time to pass', () => Date.now() > before.expiresAt);
  await server.launch();
  await until(
    'the end of what came due meanwhile',
    async () => (await server.api('GET', '/v1/visits/short')).status === 404,
  );
  const long = (await server.api('GET', '/v1/visits/long')).body;
  expect(long.expiresAt - long.createdAt).toBe(3_600_000);
  await until(
    'the view to follow',
    () => view.get().status === 'live' && view.rows.map(({ id }) => id).join() === 'long',
  );
  await until('staleness', async () => (await server.api('GET', '/v1/visits/long')).body.isStale === true);
});

test('[CC9] [CC12] a definition that is gone is not served, and its records are there again when it is back', async () => {
  await server.api('POST', '/v1/visits', { id: 'kept', page: '/k' });
  await server.stop();
  const config = join(dir, 'statewire.yaml');
  writeFileSync(join(dir, 'less.ts'), "export { orders } from './collections.ts';\n");
  writeFileSync(config, 'collections: ./less.ts\n');
  await server.launch();
  expect((await server.api('GET', '/v1/visits/kept')).status).toBe(404);
  expect((await server.api('GET', '/v1/orders')).body.rows.length).toBeGreaterThan(0);
  await server.stop();
  writeFileSync(config, 'collections: ./collections.ts\n');
  await server.launch();
  expect((await server.api('GET', '/v1/visits/kept')).body).toMatchObject({ page: '/k' });
});

test('[CC12] the command line says what is wrong with a module, with its file, and does not start', async () => {
  writeFileSync(
    join(dir, 'bad.ts'),
    "import { orders } from './collections.ts';\nexport const all = [orders, { ...orders }];\n",
  );
  const main = resolve('packages/cli/src/main.ts');
  const { code, out } = await run(['--conditions=source', main, 'serve', '--collections', 'bad.ts'], dir);
  expect(code).toBe(2);
  expect(out).toMatch(/bad\.ts: found collection orders: is defined twice/u);
});
