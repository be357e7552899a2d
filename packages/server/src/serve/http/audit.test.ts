import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
let admin: string;
let reader: string;

beforeAll(async () => {
  world = await createWorld();
  admin = await world.key('admin');
  reader = await world.key('read');
});
afterAll(() => world.close());

interface Shown {
  readonly seq: number;
  readonly action: string;
  readonly outcome: string;
  readonly why: string | null;
  readonly actor: { readonly id: string; readonly name: string };
  readonly from: { readonly door: string; readonly agent: string } | null;
  readonly target: { readonly collection: string; readonly id: string } | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

async function rows(query = '', key = admin): Promise<readonly Shown[]> {
  const reply = await world.call('GET', `/v1/audit${query}`, { key });
  expect(reply.status, reply.text).toBe(200);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the route's answer, judged by what follows.
  return reply.json['rows'] as unknown as readonly Shown[];
}

/** Refusals are written behind the answer. */
async function rowsWith(query: string): Promise<readonly Shown[]> {
  for (let i = 0; i < 200; i++) {
    const found = await rows(query);
    if (found.length > 0) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [];
}

test('[AT2] a write by REST says the door, the program and the reason', async () => {
  const headers = { 'statewire-why': 'Gr%C3%BC%C3%9Fe', 'user-agent': 'curl/8' };
  const body = { id: 'web', name: 'Web', kind: 'http', target: 'https://example.com/' };
  expect((await world.call('POST', '/v1/services', { key: admin, body, headers })).status).toBe(201);
  const [row] = await rows('?target=services/web');
  expect(row).toMatchObject({ action: 'services:create', why: 'Grüße', from: { door: 'rest', agent: 'curl/8' } });
  const long = { 'statewire-why': 'x'.repeat(1_001) };
  expect((await world.call('DELETE', '/v1/services/web', { key: admin, headers: long })).status).toBe(400);
});

test('[AT2] keys, sign-ins, invitations and imports are audited, and no secret of theirs', async () => {
  const made = await world.call('POST', '/v1/keys', { key: admin, body: { name: 'CI', scope: 'report' } });
  const secret = made.word('secret');
  await world.call('DELETE', `/v1/keys/${made.word('key', 'id')}`, { key: admin });
  const invited = await world.call('POST', '/v1/invites', {
    key: admin,
    body: { email: 'b@example.com', role: 'viewer' },
  });
  const token = invited.word('path').split('/').at(-1) ?? '';
  const password = 'correct horse battery staple';
  await world.call('POST', '/v1/welcome', { body: { token, name: 'Ben', password } });
  const bad = await world.call('POST', '/v1/session', { body: { email: 'b@example.com', password: 'wrong password' } });
  expect(bad.status).toBe(401);
  const signedIn = await world.call('POST', '/v1/session', { body: { email: 'b@example.com', password } });
  expect(signedIn.status).toBe(200);
  expect(await rowsWith('?outcome=auth_invalid')).toMatchObject([
    { action: 'session:sign-in', actor: { id: 'b@example.com' }, outcome: 'auth_invalid' },
  ]);
  const all = await rows('?limit=500');
  expect(all.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['keys:create', 'keys:delete', 'members:invite', 'members:join', 'session:sign-in']),
  );
  expect(all.find(({ action, outcome }) => action === 'session:sign-in' && outcome === 'ok')).toMatchObject({
    actor: { name: 'Ben' },
  });
  expect(all.find(({ action }) => action === 'keys:create')?.after).toMatchObject({ name: 'CI', scope: 'report' });
  const text = JSON.stringify(all);
  for (const hidden of [secret, token, password, 'wrong password', ADMIN_KEY]) expect(text).not.toContain(hidden);
});

test('[AT2] what an operator of the instance does to another organization stands in the log of that one alone', async () => {
  const made = await world.call('POST', '/v1/keys', {
    key: ADMIN_KEY,
    body: { name: 'for them', scope: 'admin', org: 'elsewhere' },
  });
  expect(made.status).toBe(201);
  const theirs = await rows('?action=keys:create', made.word('secret'));
  expect(theirs).toMatchObject([{ actor: { name: 'STATEWIRE_ADMIN_KEY' }, after: { name: 'for them' } }]);
  expect(JSON.stringify(await rows('?limit=500'))).not.toContain('for them');
});

test('[AT3] whoever is not let through a route is a row', async () => {
  expect((await world.call('DELETE', '/v1/services/web', { key: reader })).status).toBe(403);
  const [row] = await rowsWith('?outcome=forbidden');
  expect(row).toMatchObject({ outcome: 'forbidden', actor: { name: expect.any(String) }, from: { door: 'rest' } });
});

test('[AT6] only who may read the log reads it, and only that of their own organization', async () => {
  for (const path of ['/v1/audit', '/v1/audit/verify', '/v1/audit/export']) {
    expect((await world.call('GET', path)).status).toBe(401);
    expect((await world.call('GET', path, { key: reader })).status).toBe(403);
  }
  const other = await world.key('admin', 'other');
  expect(JSON.stringify(await rows('?limit=500', other))).not.toContain('services/web');
  expect((await rows('?limit=500', other)).every(({ action }) => action.startsWith('keys:'))).toBe(true);
});

test('[AT6] pages go on where they ended while rows are added, and filters are read strictly', async () => {
  for (let i = 0; i < 7; i++) {
    await world.call('PATCH', '/v1/services/web', { key: admin, body: { name: `Web ${i}` } });
  }
  const query = '?target=services/web&action=services:change&limit=3';
  const seen: number[] = [];
  let cursor: string | null = null;
  do {
    const reply: Reply = await world.call('GET', `/v1/audit${query}${cursor === null ? '' : `&cursor=${cursor}`}`, {
      key: admin,
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the route's answer, judged by what follows.
    seen.push(...(reply.json['rows'] as unknown as readonly Shown[]).map(({ seq }) => seq));
    const { next } = reply.json;
    cursor = typeof next === 'string' ? next : null;
    await world.call('PATCH', '/v1/services/web', { key: admin, body: { name: `Later ${seen.length}` } });
  } while (cursor !== null);
  expect(seen).toHaveLength(7);
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  expect(new Set(seen).size).toBe(7);
  for (const bad of ['?target=Services', '?limit=501', '?from=x', '?cursor=bm8', '?nothing=1']) {
    expect((await world.call('GET', `/v1/audit${bad}`, { key: admin })).status, bad).toBe(400);
  }
  // As what it became, and as what it was before the next one.
  expect(await rows('?q=later 3')).toHaveLength(2);
});

test('[AT6] the log is taken away as CSV and as JSON lines, oldest first, the same rows', async () => {
  const csv = await world.call('GET', '/v1/audit/export?format=csv&action=services', { key: admin });
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const lines = csv.text.trimEnd().split('\r\n');
  expect(lines[0]).toMatch(/^seq,at,actorKind,/u);
  const jsonl = await world.call('GET', '/v1/audit/export?action=services', { key: admin });
  const parsed: Shown[] = jsonl.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(parsed.length).toBe(lines.length - 1);
  expect(parsed[0]).toMatchObject({ action: 'services:create' });
  expect(lines.slice(1).map((line) => Number(line.split(',')[0]))).toEqual(parsed.map(({ seq }) => seq));
  expect((await rows('?action=audit:export&outcome=ok')).length).toBe(2);
});

test('[AT4] a running server says that its log is whole, and where it ends', async () => {
  const reply = await world.call('GET', '/v1/audit/verify', { key: admin });
  expect(reply.json).toMatchObject({ isWhole: true, from: 1, flaws: [] });
  const hash = reply.word('head', 'hash');
  const again = await world.call('GET', `/v1/audit/verify?head=${hash}`, { key: admin });
  expect(again.json).toMatchObject({ isWhole: true });
  const other = await world.call('GET', `/v1/audit/verify?head=${'x'.repeat(43)}`, { key: admin });
  expect(other.json).toMatchObject({ isWhole: false, flaws: [{ kind: 'head' }] });
});
