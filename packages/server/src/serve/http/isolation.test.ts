import { defineCollection } from '@statewire/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';
import type { Access, Route } from './router.ts';
import { Grants } from '../../collect/commands/grants.ts';
import { catalogWith } from '../../lib/catalog.ts';
import { limits } from '../../lib/limits.ts';
import { allows, isPermission, type Permission } from '@statewire/model';

/**
 * Every route, tried by every kind of caller. The table of routes is the list: a route that is added is tried without
 * anybody thinking of it, and one without an access rule does not compile.
 */
let world: World;
const callers: Record<string, string | undefined> = {};

/** A collection of an app: its routes are in the table like all others. */
const parts = defineCollection({
  name: 'parts',
  schema: { title: z.string().max(50), stock: z.int().min(0).default(0) },
  access: { report: 'report' },
  commands: { take: { scope: 'report', apply: ({ stock }) => ({ stock: stock + 1 }) } },
});

const things = {
  services: { name: '', kind: 'http', target: 'https://example.com/' },
  agents: { name: '' },
  connections: { agent: 'a', service: 's' },
  executions: { agent: 'a', title: 'run' },
  jobs: { title: 'scan', kind: 'scan' },
  parts: { title: 'bolt' },
};

beforeAll(async () => {
  world = await createWorld({ own: [parts] });
  for (const org of ['main', 'o7']) {
    const key = await world.key('admin', org);
    for (const [collection, fields] of Object.entries(things)) {
      const body = { id: `${org}-thing`, ...fields, ...('name' in fields ? { name: `${org} name` } : {}) };
      const made = await world.call('POST', `/v1/${collection}`, { key, body });
      expect(made.status, made.text).toBe(201);
    }
  }
  callers['nobody'] = undefined;
  callers['malformed'] = 'not-a-key';
  for (const scope of ['read', 'report', 'admin'] as const) {
    callers[scope] = await world.key(scope);
    callers[`foreign ${scope}`] = await world.key(scope, 'o7');
  }
  callers['expired'] = await expiredKey();
  callers['revoked'] = await revokedKey();
  callers['operator'] = ADMIN_KEY;
});
afterAll(() => world.close());

async function expiredKey(): Promise<string> {
  const made = await world.call('POST', '/v1/keys', {
    key: ADMIN_KEY,
    body: { name: 'short', scope: 'admin', expiresInMs: 60_000 },
  });
  world.skip(60_001);
  return made.word('secret');
}

async function revokedKey(): Promise<string> {
  const made = await world.call('POST', '/v1/keys', { key: ADMIN_KEY, body: { name: 'gone', scope: 'admin' } });
  expect((await world.call('DELETE', `/v1/keys/${made.word('key', 'id')}`, { key: ADMIN_KEY })).status).toBe(200);
  return made.word('secret');
}

const reads: readonly string[] = ['read', 'admin', 'foreign read', 'foreign admin', 'operator'];
const reporters: readonly string[] = ['report', 'admin', 'foreign report', 'foreign admin', 'operator'];
const admins: readonly string[] = ['admin', 'foreign admin', 'operator'];

/** Who gets past the guard. */
const grants = new Grants(Object.values(catalogWith([parts], limits).all));
const byKind: Readonly<Record<Exclude<Access, Permission>, readonly string[]>> = {
  open: ['nobody', 'malformed', 'expired', 'revoked', ...reads, ...reporters],
  any: [...reads, ...reporters],
  live: [...reads, ...reporters],
  panel: [],
  report: reporters,
  slug: ['nobody', ...reporters],
  metrics: reads,
};

function allowed({ access }: Route): readonly string[] {
  if (!isPermission(access)) return byKind[access];
  if (allows(grants.ofScopes(['read']), access)) return reads;
  return allows(grants.ofScopes(['report']), access) ? reporters : admins;
}

/** A request that reaches the handler if the guard lets it: right shape, id of a thing of `main`. */
/** Bodies that fit, for commands that need one. */
const BODIES: Readonly<Record<string, object>> = {
  answer: { state: 'received' },
  assign: { to: null },
  maintenance: { until: 4_102_444_800_000 },
  message: { text: 'x' },
  extend: { ms: 60_000 },
  link: { alert: 'none-thing' },
  override: { status: 'up' },
  remove: { users: 'keep' },
  postmortem: { text: 'x' },
  snooze: { until: 4_102_444_800_000 },
  unlink: { alert: 'none-thing' },
  update: { text: 'x' },
};

/** Of areas whose every body is of one shape. */
const BODIES_OF: Readonly<Record<string, object>> = { members: { role: 'admin' }, organizations: { name: 'x' } };

function request(route: Route): { readonly path: string; readonly body: unknown } {
  const path = route.path.replace('{id}', 'main-thing').replace('{slug}', 'main-thing');
  if ((route.access === 'live' || route.access === 'panel') && route.method === 'POST') {
    return { path, body: { t: 'hello', p: 1, client: 'x', sid: 'x', msgs: [] } };
  }
  return { path, body: route.body === null || route.method === 'GET' ? undefined : {} };
}

async function send(route: Route, caller: string): Promise<Reply> {
  const { path, body } = request(route);
  return world.call(route.method, path, { key: callers[caller], body });
}

test('the table has every part of the API, each with its access rule', () => {
  const { routes } = world.http;
  expect(routes.length).toBeGreaterThan(60);
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
  for (const { access } of routes) expect(access in byKind || isPermission(access), access).toBe(true);
  // What is open is a list to be changed on purpose only.
  expect(
    routes
      .filter(({ access }) => access === 'open')
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  ).toEqual([
    'DELETE /v1/session',
    'GET /badge/{slug}/{service}/{file}',
    'GET /embed/{slug}',
    'GET /health',
    'GET /openapi.json',
    'GET /status/-/confirm',
    'GET /status/-/leave',
    'GET /status/-/{digest}/{file}',
    'GET /status/{slug}',
    'GET /status/{slug}/feed.json',
    'GET /status/{slug}/feed.xml',
    'GET /status/{slug}/live',
    'GET /status/{slug}/logo',
    'GET /status/{slug}/theme.css',
    'GET /v1/oidc/callback',
    'GET /v1/oidc/{id}/start',
    'GET /v1/session/ways',
    'POST /status/-/confirm',
    'POST /status/-/leave',
    'POST /status/{slug}/enter',
    'POST /status/{slug}/subscribe',
    'POST /v1/session',
    'POST /v1/session/reset',
    'POST /v1/session/reset/finish',
    'POST /v1/session/second',
    'POST /v1/welcome',
    'POST /v1/welcome/check',
  ]);
});

test('nothing is mounted beside the table', () => {
  const known = new Set(world.http.routes.map(({ path }) => path.replaceAll(/\{(\w+)\}/gu, ':$1')));
  for (const { path } of world.http.app.routes) expect(known).toContain(path);
});

describe('every route by every caller', () => {
  const callerNames = [
    'nobody',
    'malformed',
    'expired',
    'revoked',
    'read',
    'report',
    'admin',
    'foreign read',
    'foreign report',
    'foreign admin',
    'operator',
  ];
  test.each(callerNames)('%s', async (caller) => {
    for (const route of world.http.routes) {
      // Who is let in hears no end of it: live.test.ts.
      if (route.access === 'live' && byKind.live.includes(caller)) continue;
      // Deletions are tried on things of their own, in records.test.ts: here they would end the matrix.
      const isDeletion = route.method === 'DELETE' && allowed(route).includes(caller);
      if (isDeletion && admins.includes(caller) && !caller.startsWith('foreign')) continue;
      const reply = await send(route, caller);
      const where = `${caller}: ${route.method} ${route.path} -> ${reply.status} ${reply.text.slice(0, 120)}`;
      if (allowed(route).includes(caller)) {
        if (route.access !== 'open') expect([401], where).not.toContain(reply.status);
      } else if (route.access === 'panel' || ['nobody', 'malformed', 'expired', 'revoked'].includes(caller)) {
        expect(reply.status, where).toBe(401);
        expect(reply.json['code'], where).toMatch(/^auth_/u);
        expect(reply.headers.get('www-authenticate'), where).toContain('Bearer');
      } else {
        expect(reply.status, where).toBe(403);
        expect(reply.json['code'], where).toBe('forbidden');
      }
      expect(reply.status, where).toBeLessThan(500);
      expect(reply.headers.get('x-content-type-options'), where).toBe('nosniff');
    }
  });
});

describe("another organization's records", () => {
  test('are missing exactly like records that never were: same status, same text but for the id asked for', async () => {
    const withId = world.http.routes.filter(({ path, access }) => path.includes('{id}') && access !== 'open');
    expect(withId.length).toBeGreaterThan(25);
    for (const route of withId) {
      const [, , area = '', ...rest] = route.path.split('/');
      // The door for rows reads its body itself.
      const hasBody = route.body !== null || route.path.endsWith('/rows');
      const body = hasBody ? (BODIES_OF[area] ?? BODIES[rest.at(-1) ?? ''] ?? {}) : undefined;
      const path = (id: string) => route.path.replace('{id}', id).replace('{instruction}', 'no-instruction');
      const foreign = await world.call(route.method, path('main-thing'), { key: callers['foreign admin'], body });
      const missing = await world.call(route.method, path('none-thing'), { key: callers['foreign admin'], body });
      const where = `${route.method} ${route.path}: ${foreign.text}`;
      expect(foreign.status, where).toBe(404);
      expect(foreign.text.replaceAll('main-thing', '*'), where).toBe(missing.text.replaceAll('none-thing', '*'));
      const names = (reply: Reply) => [...reply.headers.keys()].sort();
      expect(names(foreign), where).toEqual(names(missing));
    }
  });

  test('no answer to a caller of one organization holds a word of the other', async () => {
    for (const route of world.http.routes.filter(({ method, access }) => method === 'GET' && access !== 'open')) {
      const reply = await send(route, 'foreign admin');
      // The path asked for names `main-thing`, so a refusal may repeat it; nothing else may.
      expect(reply.text.replaceAll('main-thing', ''), `${route.method} ${route.path}`).not.toMatch(
        /main name|"org":"main"/u,
      );
    }
  });

  test('a list counts and pages only its own, and its version is its own', async () => {
    const mine = await world.call('GET', '/v1/services', { key: callers['read'] });
    const theirs = await world.call('GET', '/v1/services', { key: callers['foreign read'] });
    expect(mine.json['rows']).toMatchObject([{ id: 'main-thing' }]);
    expect(theirs.json['rows']).toMatchObject([{ id: 'o7-thing' }]);
    expect(theirs.json['version']).toBe(world.keep.live.version('o7'));
  });

  test('numbers of the whole process are for the organization that runs it', async () => {
    for (const path of ['/v1/system', '/metrics']) {
      expect((await world.call('GET', path, { key: callers['foreign admin'] })).status).toBe(403);
      expect((await world.call('GET', path, { key: callers['admin'] })).status).toBe(200);
    }
  });

  test('only an operator makes keys for another organization', async () => {
    const body = { name: 'x', scope: 'read', org: 'o7' };
    expect((await world.call('POST', '/v1/keys', { key: callers['admin'], body })).status).toBe(403);
    const made = await world.call('POST', '/v1/keys', { key: ADMIN_KEY, body });
    expect(made.status).toBe(201);
    expect((await world.call('GET', '/v1/me', { key: made.word('secret') })).json['principal']).toMatchObject({
      org: 'o7',
      scopes: ['read'],
      isOperator: false,
    });
  });
});

test('a wrong key is not mended by a good cookie', async () => {
  const token = world.accounts.welcome() ?? '';
  const made = await world.call('POST', '/v1/welcome', {
    body: { token, email: 'ann@example.com', name: 'Ann', password: 'correct horse battery' },
  });
  const cookie = (made.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  expect((await world.call('GET', '/v1/me', { headers: { cookie } })).status).toBe(200);
  expect((await world.call('GET', '/v1/me', { key: 'wrong', headers: { cookie } })).status).toBe(401);
  expect((await world.call('GET', '/v1/me', { headers: { cookie, authorization: 'Basic YTpi' } })).status).toBe(401);
});
