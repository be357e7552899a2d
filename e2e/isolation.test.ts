/**
 * Two organizations in one server, three scopes each, on every door. What is tried is generated: REST from the server's own
 * /openapi.json, live frames from the model's collections, so that a route or a collection that is added is tried without
 * anybody thinking of it. Another organization's record must be missing exactly as one that never was.
 */
import { createECDH } from 'node:crypto';
import { collections } from '@statewire/model';
import { BY_ID, cursorOf, PROTOCOL_VERSION, SUBPROTOCOL } from '@statewire/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestServer, type Reply } from './harness/server.ts';
import { until } from './harness/until.ts';

const ORGS = ['main', 'acme'] as const;
const SCOPES = ['read', 'report', 'admin'] as const;
type Org = (typeof ORGS)[number];
type Scope = (typeof SCOPES)[number];

const NAMES = Object.keys(collections);
/**
 * A record of each collection that people make under an id of their own choice, one that only they have and one that both
 * have. `zq` becomes the organization, `@` the id. What comes later may name what came before.
 */
const MADE: Readonly<Record<string, object>> = {
  services: { name: 'zq-text', kind: 'heartbeat' },
  agents: { name: 'zq-text' },
  connections: { agent: 'zq-text', service: 'zq-text' },
  executions: { agent: 'a', title: 'zq-text', leaseMs: 86_400_000 },
  jobs: { kind: 'scan', title: 'zq-text', leaseMs: 86_400_000 },
  roles: { name: 'zq-text', permissions: ['services:read'] },
  rules: { name: 'zq-text', when: { kind: 'tools' } },
  channels: {
    name: 'zq-text',
    kind: 'webhook',
    // Nothing leaves: whatever is told is noted as not sent.
    isEnabled: false,
    settings: { url: 'https://hooks.example.org/zq-text' },
    secrets: { secret: `whsec_${Buffer.alloc(32, 'zq-text').toString('base64')}` },
  },
  policies: { name: 'zq-text', groupWaitMs: 0, steps: [{ afterMs: 0, channels: ['zq-only'] }] },
  maintenances: {
    title: 'zq-text',
    selector: { collection: 'services', where: ['eq', 'id', 'nobody'] },
    schedule: { kind: 'once', from: 4_000_000_000_000, to: 4_000_000_600_000 },
  },
  embeds: {
    name: 'zq-text',
    panel: 'list',
    views: [{ collection: 'services', filter: ['eq', 'group', 'zq-text'], fields: ['name', 'status'] }],
  },
  messages: { title: 'zq-text', body: 'zq-text', audience: 'operators', publish: true },
  customers: { name: 'zq-text', notes: 'zq-text' },
  users: { name: 'zq-text', email: 'zq-text@example.org', customer: 'both' },
  annotations: { subject: 'services/both', kind: 'note', from: 1_000, to: 2_000, text: 'zq-text' },
  incidents: { title: 'zq-text', text: 'zq-text', affected: [{ ref: 'services/both', impact: 'down' }] },
  pages: {
    // Places are unique in the instance; ids are not.
    slug: 'zq-of-@',
    title: 'zq-text',
    text: 'zq-text',
    groups: [{ name: 'zq-text', services: [{ id: 'both' }, { id: 'zq-only' }] }],
  },
};
/** Records whose ids the server gives, or that are one of a kind: made once in each organization. */
const GIVEN = ['notifications', 'preferences', 'saved-views', 'settings', 'subscribers'] as const;
/** Records that come of others by themselves. */
const DERIVED = [
  'alerts',
  'captures',
  'deliveries',
  'dismissals',
  'inboxes',
  'instructions',
  'members',
  'presences',
] as const;
const COMMANDS = [
  'pause',
  'resume',
  'retire',
  'override',
  'clear-override',
  'cancel',
  'present',
  'refresh',
  'accept-tools',
  'ack',
  'unack',
  'resolve',
  'enable',
  'disable',
  'publish',
  'unpublish',
  'secure',
  'complete',
  'read',
  'unread',
  'archive',
  'read-all',
  'archive-all',
  'unmute',
  'token',
  'renew',
];
/** Bodies of commands that need one. */
const BODIES: Readonly<Record<string, object>> = {
  override: { status: 'up' },
  remove: { users: 'keep' },
  extend: { ms: 60_000 },
  snooze: { until: 4_102_444_800_000 },
  assign: { to: null },
  update: { text: 'x' },
  postmortem: { text: 'x' },
  link: { alert: 'none-only' },
  unlink: { alert: 'none-only' },
  delete: { name: 'none-only' },
};
const MISSING = 'none-only';
/** The end of what opens the page of both organizations that is behind a token. */
const TOKEN = 'token-0123456789abcdef';
const WAIT_MS_MAX = 10_000;

let server: TestServer;
const keys = {} as Record<Org, Record<Scope, string>>;
/** What a path can name beside the records of `MADE`, by collection; `keys`, `tokens` of heartbeats, `people` and `devices` too. */
const known = {} as Record<Org, Readonly<Record<string, string>>>;
/** A person of each organization, by their cookie. */
const people = {} as Record<Org, string>;
/** A key of each organization that sees all it may, and a person who sees their own, from the start to the end. */
const watchers = {} as Record<Org, Caller>;
const homes = {} as Record<Org, Caller>;
/** Records that there were before anybody tried anything. */
const kept = {} as Record<Org, ReadonlySet<string>>;

beforeAll(async () => {
  // Databases that nobody runs: what is told of them is all there is.
  const nowhere = ORGS.map((org) => ({
    id: `${org}-only`,
    org,
    url: `postgres://127.0.0.1:9/${org}-text`,
    tables: [{ table: `${org}-text`, collection: 'services', columns: { name: 'text' } }],
  }));
  server = await TestServer.with({ capture: nowhere });
  for (const org of ORGS) {
    keys[org] = {} as Record<Scope, string>;
    let key = '';
    for (const scope of SCOPES) {
      const made = await server.api('POST', '/v1/keys', { name: `${org}-text ${scope}`, scope, org });
      expect(made.status).toBe(201);
      keys[org][scope] = made.body.secret;
      key = made.body.key.id;
    }
    people[org] = await personOf(org);
    for (const collection of Object.keys(MADE)) {
      for (const id of [`${org}-only`, 'both']) {
        const made = await as(org, 'admin', 'POST', `/v1/${collection}`, { id, ...fieldsOf(collection, org, id) });
        expect(made.status, `${collection}: ${JSON.stringify(made.body)}`).toBe(201);
      }
    }
    const check = await as(org, 'admin', 'GET', `/v1/checks/${org}-only`);
    known[org] = { keys: key, tokens: check.body.target, ...(await givenTo(org)) };
    watchers[org] = await Caller.open({ token: keys[org].admin });
    homes[org] = await Caller.open({ cookie: people[org] });
    // Both are somewhere, for as long as they are connected.
    for (const caller of [watchers[org], homes[org]]) {
      caller.say({
        t: 'mut',
        m: `${org}.here`,
        c: 'presences',
        k: 'both',
        op: 'call',
        name: 'enter',
        f: { at: `${org}-text` },
      });
      await caller.until('to be here', (frames) => frames.some(({ t, ok }) => t === 'mr' && ok === true));
    }
    for (const caller of [watchers[org], homes[org]]) {
      NAMES.forEach((c, i) => caller.say({ t: 'sub', s: i + 1, c, iv: 0 }));
      await caller.until('all snapshots', (frames) => frames.filter(({ t }) => t === 's').length === NAMES.length);
    }
  }
  for (const org of ORGS) {
    await settled(org);
    kept[org] = new Set((await rowsOf(org)).map(({ ref }) => ref));
  }
});

afterAll(async () => {
  for (const org of ORGS) {
    watchers[org]?.close();
    homes[org]?.close();
  }
  await server?.close();
});

test('every collection has a record in both organizations', () => {
  const made = [...Object.keys(MADE), ...GIVEN, ...DERIVED];
  expect([...made, 'checks', 'metrics'].toSorted()).toEqual(NAMES.toSorted());
  for (const org of ORGS) {
    const there = new Set([...kept[org]].map((ref) => ref.split('/')[0]));
    expect([...there].toSorted(), org).toEqual(NAMES.toSorted());
  }
});

describe.each([
  ['main', 'acme'],
  ['acme', 'main'],
] as const)('%s against %s', (us, them) => {
  let before: string;
  beforeAll(async () => {
    before = await stateOf(them);
  });
  afterAll(async () => {
    expect(await stateOf(them)).toBe(before);
  });

  describe.each(SCOPES)('with the scope %s', (scope) => {
    test('REST: each route with an id answers for theirs exactly as for none', async () => {
      const routes = (await routesOf()).filter(({ path }) => path.includes('{'));
      expect(routes.length).toBeGreaterThan(35);
      for (const { method, path } of routes) {
        const body = bodyFor(method, path);
        const theirs = idFor(path, them);
        const foreign = await as(us, scope, method, fill(path, theirs), body);
        const missing = await as(us, scope, method, fill(path, MISSING), body);
        const where = `${method} ${path}`;
        // A record that anybody may make by naming it is made: in their own organization.
        expect(plain(foreign, theirs), where).toEqual(plain(missing, MISSING));
        if (foreign.status === 200) expect(foreign.body.org ?? us, where).toBe(us);
        // 400: not even the shape of the path can be right, as a badge's file; 415: a form, of a public page.
        else expect(path.startsWith('/v1/') ? [403, 404, 415] : [400, 404, 415], where).toContain(foreign.status);
      }
      await sweep(us);
    });

    test('REST: what they know by heart (a heartbeat’s token, a key’s id) opens nothing of theirs for us', async () => {
      for (const method of ['GET', 'POST']) {
        const foreign = await as(us, scope, method, `/v1/heartbeats/${known[them]['tokens']}`);
        expect(plain(foreign, known[them]['tokens'] ?? '')).toEqual(
          plain(await as(us, scope, method, `/v1/heartbeats/${MISSING}`), MISSING),
        );
      }
    });

    test('REST: no list, count, export or answer without an id holds a word of theirs', async () => {
      for (const { method, path } of (await routesOf()).filter(({ path }) => !path.includes('{'))) {
        if (method !== 'GET') continue;
        const reply = await as(us, scope, method, path);
        expect(JSON.stringify(reply.body), `${method} ${path}`).not.toMatch(word(them));
        // Nobody has asked for an id here, so none of theirs may come either.
        if (path === '/v1/prometheus') expect(reply.body, path).not.toContain(`${them}-only`);
      }
      for (const name of NAMES) {
        for (const filter of [
          ['eq', 'id', `${them}-only`],
          ['eq', 'org', them],
          ['neq', 'org', us],
        ]) {
          const query = `filter=${encodeURIComponent(JSON.stringify(filter))}`;
          const reply = await as(us, scope, 'GET', `/v1/${name}?${query}`);
          const rows: { org: string }[] = reply.status === 200 ? reply.body.rows : [];
          // A number that we reported under an id of theirs is ours, and stays.
          const foreign = name === 'metrics' ? rows.filter(({ org }) => org !== us) : rows;
          expect(foreign, `${name} ${query}`).toEqual([]);
        }
      }
    });

    test('REST: reports and lines of a bulk take theirs for none', async () => {
      const reports = (id: string): object[] =>
        [...NAMES, 'none'].map((collection) => ({ collection, id, ...REPORTED[collection] }));
      for (const list of [reports, (id: string) => reports(id)[0] ?? {}]) {
        const foreign = await as(us, scope, 'POST', '/v1/reports', list(`${them}-only`));
        const missing = await as(us, scope, 'POST', '/v1/reports', list(MISSING));
        expect(plain(foreign, `${them}-only`)).toEqual(plain(missing, MISSING));
      }
      for (const name of Object.keys(MADE)) {
        const lines = (id: string): object => ({
          lines: [
            { op: 'patch', id, fields: { labels: { a: 'b' } } },
            { op: 'delete', id },
          ],
        });
        const foreign = await as(us, scope, 'POST', `/v1/${name}/bulk`, lines(`${them}-only`));
        expect(plain(foreign, `${them}-only`), name).toEqual(
          plain(await as(us, scope, 'POST', `/v1/${name}/bulk`, lines(MISSING)), MISSING),
        );
      }
      await sweep(us);
    });

    test('REST: a body that names something of theirs names nothing', async () => {
      const id = `${them}-only`;
      for (const [method, path, bodyOf, name = 'services'] of namedIn(us)) {
        const theirs = known[them][name] ?? id;
        const foreign = await as(us, scope, method, path, bodyOf(theirs));
        await sweep(us);
        const missing = await as(us, scope, method, path, bodyOf(MISSING));
        await sweep(us);
        const where = `${method} ${path} ${JSON.stringify(bodyOf('*'))}`;
        expect(plain(foreign, theirs), where).toEqual(plain(missing, MISSING));
        // The body itself was good: what is refused is that there is no such record.
        expect([200, 201, 202, 403, 404], where).toContain(foreign.status);
      }
      const yaml = (of: string) => `services:\n  - {id: ${of}, name: A, type: heartbeat}\n`;
      for (const format of ['statewire', 'gatus', 'uptime-kuma']) {
        const upload = (of: string): Promise<Reply> => imported(us, scope, format, yaml(of));
        expect(plain(await upload(id), id), format).toEqual(plain(await upload(MISSING), MISSING));
      }
    });

    test('live: each collection shows ours alone, whatever is asked for', async () => {
      const { epoch, version } = (await as(them, 'read', 'GET', '/v1/stats')).body;
      const wishes: readonly object[] = [
        {},
        { f: ['all'] },
        { f: ['eq', 'org', them] },
        { f: ['eq', 'id', `${them}-only`] },
        { f: ['or', ['eq', 'org', them], ['eq', 'org', us]] },
        { fields: ['id'] },
        { org: them },
        // A position of their history is none of ours: it says nothing about their records.
        { since: { e: epoch, v: version } },
        { since: { e: epoch, v: 0 } },
        // Windows and counters of everything, and of theirs by name.
        { sort: [['id', 'desc']], limit: 1_000 },
        { sort: [['version', 'asc']], limit: 1_000, skip: 0 },
        { limit: 1_000, after: cursorOf(BY_ID, { id: 'A' }) },
        { limit: 1_000, before: cursorOf(BY_ID, { id: 'zzzz' }) },
        { agg: { count: true, by: 'id', min: ['org'], max: ['id'] } },
        { f: ['eq', 'org', them], agg: { count: true } },
      ];
      for (const name of NAMES) {
        const caller = await Caller.open({ token: keys[us][scope] });
        wishes.forEach((wish, i) => caller.say({ t: 'sub', s: i + 1, c: name, ...wish }));
        caller.say({ t: 'p', i: 1 });
        await caller.until('the answers', (frames) => frames.some(({ t }) => t === 'q'));
        await caller.until('what follows them', (frames) => frames.filter(isLast).length >= snapshotsOf(frames));
        expect(caller.text, `${name} by ${scope}`).not.toMatch(word(them));
        const counts = new Map(caller.frames.flatMap(({ t, s, n }) => (t === 'subd' ? [[s, n]] : [])));
        if (counts.size > 0) {
          // A number that we reported under an id of theirs is ours, and stays.
          expect([counts.get(3), name === 'metrics' ? 0 : counts.get(4)], name).toEqual([0, 0]);
          const [all, mine, ofThem] = [counts.get(wishes.length - 5), counts.get(wishes.length - 1), countOf(caller)];
          expect([all, ofThem], name).toEqual([mine, 0]);
        }
        caller.close();
      }
    });

    test('live over requests: each door shows ours alone, and takes nothing for a stream of theirs', async () => {
      const headersOf = (org: Org): Record<string, string> => ({
        authorization: `Bearer ${keys[org][scope]}`,
        'content-type': 'application/json',
      });
      const post = (path: string, by: Org, body: object): Promise<Response> =>
        fetch(`${server.url}${path}`, { method: 'POST', headers: headersOf(by), body: JSON.stringify(body) });
      const hello = { t: 'hello', p: PROTOCOL_VERSION, client: 'isolation', tab: `isolation-${us}-${scope}` };
      for (const name of NAMES) {
        const wishes = [{}, { f: ['eq', 'org', them] }, { f: ['eq', 'id', `${them}-only`] }].map((wish) => ({
          c: name,
          ...wish,
        }));
        for (const wish of wishes) {
          const at = `${server.url}/live/v1/view?sub=${encodeURIComponent(JSON.stringify(wish))}`;
          const view = await fetch(at, { headers: headersOf(us) });
          expect(await view.text(), `${name} by ${scope}`).not.toMatch(word(them));
        }
        const subs = wishes.map((wish, i) => ({ t: 'sub', s: i + 1, ...wish }));
        const poll = await post('/live/v1/poll', us, { ...hello, subs, wait: 0 });
        expect(poll.status, name).toBe(200);
        expect(await poll.text(), `${name} by ${scope}`).not.toMatch(word(them));
      }
      const stream = await post('/live/v1/sse', them, { ...hello, tab: `isolation-${them}-${scope}` });
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (!/"sid":"[^"]+"/u.test(text)) text += (await reader?.read())?.value ?? '';
      const sid = /"sid":"([^"]+)"/u.exec(text)?.[1] ?? '';
      const msgs = ['{"t":"p","i":77}'];
      const [ours, none] = [
        await post('/live/v1/cmd', us, { sid, msgs }),
        await post('/live/v1/cmd', us, { sid: MISSING, msgs }),
      ];
      expect(ours.status).toBe(none.status);
      expect(ours.status).toBeGreaterThanOrEqual(400);
      expect((await ours.text()).replaceAll(sid, '*')).toBe((await none.text()).replaceAll(MISSING, '*'));
      // Its owner is heard.
      expect((await post('/live/v1/cmd', them, { sid, msgs })).status).toBe(204);
      while (!text.includes('"i":77')) text += (await reader?.read())?.value ?? '';
      expect(text.match(/"i":77/gu)).toHaveLength(1);
      await reader?.cancel();
    });

    test('live: each command answers for theirs exactly as for none', async () => {
      for (const c of [...NAMES, 'none']) {
        const muts = [
          { op: 'patch', f: { labels: { a: 'b' } } },
          { op: 'patch', f: { labels: { a: 'b' } }, base: 1 },
          { op: 'put', f: REPORTED[c] ?? {} },
          { op: 'del' },
          { op: 'create', f: {} },
          { op: 'del' },
          ...[...COMMANDS, ...Object.keys(BODIES)].map((name) => ({ op: 'call', name, f: BODIES[name] ?? {} })),
        ];
        const told = async (k: string): Promise<unknown[]> => {
          const caller = await Caller.open({ token: keys[us][scope] });
          const results: unknown[] = [];
          // One after the other: a command may make what the next one finds.
          for (const [i, mut] of muts.entries()) {
            const m = `${us}.${them}.${scope}.${c}.${k}.${i}`;
            caller.say({ t: 'mut', m, c, k, ...mut, ...(mut.op === 'create' ? { f: fieldsOf(c, us, k) } : {}) });
            await caller.until(`the answer to ${m}`, (frames) => frames.some((frame) => frame['m'] === m));
            const { m: _, v: __, ...rest } = caller.frames.find((frame) => frame['m'] === m) ?? {};
            results.push(JSON.parse(JSON.stringify(rest).replaceAll(k, '*')));
          }
          caller.close();
          return results;
        };
        expect(await told(known[them][c] ?? `${them}-only`), `${c} by ${scope}`).toEqual(await told(MISSING));
      }
      await sweep(us);
    });
  });

  test('an id of theirs is free for us: made, changed and deleted without a trace on their side', async () => {
    for (const name of Object.keys(MADE)) {
      const id = `${them}-only`;
      const mine = fieldsOf(name, us, id);
      const headers = { 'idempotency-key': `${name}-once` };
      const made = await server.api('POST', `/v1/${name}`, { id, ...mine }, { key: keys[us].admin, headers });
      expect([made.status, made.body.org], name).toEqual([201, us]);
      expect((await as(us, 'admin', 'PATCH', `/v1/${name}/${id}`, { labels: { mine: 'yes' } })).status).toBe(200);
      expect((await as(them, 'admin', 'GET', `/v1/${name}/${id}`)).body.labels).toEqual({});
      expect((await as(us, 'admin', 'DELETE', `/v1/${name}/${id}`)).status).toBe(200);
      expect((await as(them, 'admin', 'GET', `/v1/${name}/${id}`)).status).toBe(200);
    }
    const yaml = `services:\n  - {id: ${them}-only, name: A, kind: heartbeat}\n`;
    const planned = await as(us, 'admin', 'POST', '/v1/import/services?dry_run=1', { yaml });
    expect(planned.body.lines).toMatchObject([{ action: 'create' }]);
  });

  test('public pages: theirs that are not published, and those behind a token, are not opened by our keys', async () => {
    const slugs = { hidden: `${them}-of-${them}-only`, locked: `${them}-of-both`, none: `${us}-of-${MISSING}` };
    const doors = (slug: string): string[] => [
      ...['', '.json', '/live', '/feed.xml', '/feed.json', '/theme.css', '/logo'].map((end) => `/status/${slug}${end}`),
      `/embed/${slug}`,
      ...['both', `${them}-only`].map((service) => `/badge/${slug}/${service}/status.json`),
    ];
    for (const key of [null, ...SCOPES.map((scope) => keys[us][scope])]) {
      for (const [i, path] of doors(slugs.hidden).entries()) {
        const missing = await server.api('GET', doors(slugs.none)[i] ?? '', undefined, { key });
        expect(missing.status, path).toBe(404);
        expect(plain(await server.api('GET', path, undefined, { key }), slugs.hidden), path).toEqual(
          plain(missing, slugs.none),
        );
      }
      for (const path of doors(slugs.locked)) {
        const locked = await server.api('GET', path, undefined, { key });
        expect([401, 404], path).toContain(locked.status);
        expect(JSON.stringify(locked.body), path).not.toMatch(word(them));
      }
    }
    // With the token it opens, so that the refusals above are about the token.
    const open = await server.api('GET', `/status/${slugs.locked}.json`, undefined, { key: `${them}-${TOKEN}` });
    expect([open.status, JSON.stringify(open.body)]).toEqual([200, expect.stringMatching(word(them))]);
    expect((await server.api('GET', `/status/${slugs.locked}.json`, undefined, { key: `${us}-${TOKEN}` })).status).toBe(
      401,
    );
  });

  test('a page of ours that names a service of theirs shows what one that names nothing shows', async () => {
    const shown = async (service: string): Promise<unknown> => {
      const slug = `${us}-of-${service}`;
      const groups = [{ name: 'a', services: [{ id: service }] }];
      const page = { id: 'trial', slug, title: 'a', isPublished: true, groups };
      expect((await as(us, 'admin', 'POST', '/v1/pages', page)).status).toBe(201);
      const doors = [
        `/status/${slug}.json`,
        `/badge/${slug}/${service}/status.json`,
        `/badge/${slug}/${service}/uptime.json`,
      ];
      const replies: unknown[] = [];
      for (const door of doors) replies.push(plain(await server.api('GET', door, undefined, { key: null }), service));
      await sweep(us);
      return replies;
    };
    expect(await shown(`${them}-only`)).toEqual(await shown(MISSING));
  });

  test('a write that both repeat under one key is done once for each', async () => {
    const made = await Promise.all(
      [us, them].map(async (org) =>
        server.api(
          'POST',
          '/v1/jobs',
          { title: `${org}-text`, kind: 'scan' },
          {
            key: keys[org].admin,
            headers: { 'idempotency-key': `${us}-shared` },
          },
        ),
      ),
    );
    expect(made.map(({ status, body }) => [status, body.org, body.title])).toEqual([
      [201, us, `${us}-text`],
      [201, them, `${them}-text`],
    ]);
    for (const [i, org] of [us, them].entries()) await as(org, 'admin', 'DELETE', `/v1/jobs/${made[i]?.body.id}`);
  });

  test('no key is made for, listed or revoked in another organization', async () => {
    for (const scope of SCOPES) {
      const made = await as(us, scope, 'POST', '/v1/keys', { name: 'x', scope: 'read', org: them });
      expect([made.status, made.body.code]).toEqual([403, 'forbidden']);
    }
    expect((await as(us, 'admin', 'DELETE', `/v1/keys/${known[them]['keys']}`)).status).toBe(404);
    expect((await as(them, 'admin', 'GET', '/v1/keys')).body.keys.map(({ id }: { id: string }) => id)).toContain(
      known[them]['keys'],
    );
  });
});

test('versions count each organization by itself, and nobody hears of the other’s writes', async () => {
  const version = async (org: Org): Promise<number> => (await as(org, 'read', 'GET', '/v1/stats')).body.version;
  // The last of its own counters has been written when nothing came for longer than they wait.
  await until('acme to be quiet', () => performance.now() - watchers.acme.heardAt > 2_000);
  const quiet = await version('acme');
  const heardBefore = watchers.acme.frames.length;
  const loud = await version('main');
  for (let n = 0; n < 30; n++) {
    const report = { collection: 'jobs', id: 'both', title: 'main-text', kind: 'scan', state: 'running', done: n + 1 };
    expect((await as('main', 'report', 'POST', '/v1/reports', report)).status).toBe(200);
  }
  expect(await version('main')).toBeGreaterThanOrEqual(loud + 30);
  expect(await version('acme')).toBe(quiet);
  const heard = watchers.acme.frames.slice(heardBefore).filter(({ t }) => t === 'd' || t === 's');
  expect(heard).toEqual([]);
});

test('numbers of records are each organization’s own', () => {
  const first = (org: Org): number[] =>
    watchers[org].frames.flatMap(({ t, r }) => (t === 's' ? (r as [number][]).map(([rid]) => rid) : []));
  // The second organization's numbers do not tell how many records the first one has: both began at 1. An invitation that was
  // accepted is gone, and had the number before.
  expect(Math.max(...first('main'))).toBeGreaterThan(30);
  for (const org of ORGS) expect(Math.min(...first(org)), org).toBeLessThanOrEqual(2);
});

test('the whole time the watcher of each organization heard not a word of the other', () => {
  expect(watchers.main.text).toMatch(word('main'));
  expect(watchers.main.text).not.toMatch(word('acme'));
  expect(watchers.acme.text).toMatch(word('acme'));
  expect(watchers.acme.text).not.toMatch(word('main'));
  expect(homes.main.text).toMatch(word('main'));
  expect(homes.main.text).not.toMatch(word('acme'));
  expect(homes.acme.text).toMatch(word('acme'));
  expect(homes.acme.text).not.toMatch(word('main'));
  for (const org of ORGS) expect([watchers[org].isOpen, homes[org].isOpen], org).toEqual([true, true]);
});

/** What a report about a record of each collection says; nothing for those that nobody reports. */
const REPORTED: Readonly<Record<string, object>> = {
  services: { health: 'unhealthy' },
  agents: { phase: 'running' },
  connections: { agent: 'a', service: 's', phase: 'connected' },
  executions: { agent: 'a', title: 'made by us', state: 'running' },
  jobs: { kind: 'scan', title: 'made by us', state: 'running' },
};

function as(org: Org, scope: Scope, method: string, path: string, body?: unknown): Promise<Reply> {
  return server.api(method, path, body, { key: keys[org][scope] });
}

/** Fields for a new record of a collection, of an organization and under an id. */
function fieldsOf(collection: string, org: Org, id: string): object {
  return JSON.parse(
    JSON.stringify(MADE[collection] ?? {})
      .replaceAll('zq', org)
      .replaceAll('@', id),
  );
}

/** Makes a person of an organization by invitation. The value is their cookie. */
async function personOf(org: Org): Promise<string> {
  const email = `${org}@example.org`;
  const invited = await as(org, 'admin', 'POST', '/v1/invites', { email, role: 'admin' });
  const token = /#\/welcome\/([\w-]+)/u.exec(invited.body.path)?.[1];
  const body = { token, email, name: `${org}-text`, password: 'correct horse battery staple' };
  const made = await server.api('POST', '/v1/welcome', body, { key: null, headers: { origin: server.url } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

/** Makes what gets its id from the server, and what comes of itself. The value is what it is called. */
async function givenTo(org: Org): Promise<Readonly<Record<string, string>>> {
  const say = async (method: string, path: string, body: object, isPerson = false): Promise<Reply['body']> => {
    const reply = isPerson ? await self(org, method, path, body) : await as(org, 'admin', method, path, body);
    expect(reply.status, `${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
    return reply.body;
  };
  await say('POST', '/v1/settings', { id: 'main', drafting: { isEnabled: false }, labels: { of: `${org}-text` } });
  const subscriber = await say('POST', '/v1/subscribers', {
    page: `${org}-only`,
    kind: 'email',
    target: `${org}-text@example.org`,
  });
  const preferences = await say('POST', '/v1/preferences', { labels: { of: `${org}-text` } }, true);
  const view = await say('POST', '/v1/saved-views', { page: 'services', name: `${org}-text`, isShared: true });
  const device = await say('POST', '/v1/push/subscriptions', pushDevice(org), true);
  await say('PATCH', '/v1/pages/both', { access: 'token', isPublished: true });
  await say('POST', '/v1/pages/both/secure', { token: `${org}-${TOKEN}` });
  // An alert, its notice and what it puts in an inbox, of something that does not change any more.
  await say('POST', '/v1/rules', {
    id: 'failed',
    name: `${org}-text`,
    on: { collection: 'jobs', where: ['eq', 'id', 'failed'] },
    when: { kind: 'run', is: ['failed'], stalledMs: 600_000 },
    severity: 'critical',
    policy: `${org}-only`,
  });
  await say('POST', '/v1/jobs', { id: 'failed', kind: 'scan', title: `${org}-text` });
  await say('POST', '/v1/reports', {
    collection: 'jobs',
    id: 'failed',
    kind: 'scan',
    title: `${org}-text`,
    state: 'failed',
  });
  await say('POST', '/v1/notifications', { person: '*', title: `${org}-text` });
  await say('POST', `/v1/agents/${org}-only/message`, { text: `${org}-text` });
  await say('POST', '/v1/messages/both/dismiss', {}, true);
  const first = async (name: string, isPerson = false): Promise<string> => {
    let id = '';
    await until(`a record of ${name}`, async () => {
      const { body } = await (isPerson ? self(org, 'GET', `/v1/${name}`) : as(org, 'admin', 'GET', `/v1/${name}`));
      id = body.rows[0]?.id ?? '';
      return id !== '';
    });
    return id;
  };
  return {
    subscribers: subscriber.id,
    preferences: preferences.id,
    'saved-views': view.id,
    instructions: await first('instructions'),
    dismissals: await first('dismissals', true),
    devices: device.id,
    people: preferences.person,
    alerts: await first('alerts'),
    captures: await first('captures'),
    deliveries: await first('deliveries'),
    notifications: await first('notifications', true),
    inboxes: await first('inboxes', true),
  };
}

/** A push subscription as a browser gives it. */
function pushDevice(org: Org): object {
  const key = createECDH('prime256v1');
  key.generateKeys();
  const keys = { p256dh: key.getPublicKey('base64url'), auth: Buffer.alloc(16, 7).toString('base64url') };
  return { endpoint: `https://push.example.org/${org}-text`, keys, name: `${org}-text` };
}

/** Waits until what follows a write by itself has followed: history's fields, the alert, its notice. */
async function settled(org: Org): Promise<void> {
  await until(`${org} to be settled`, async () => {
    const rows = await rowsOf(org);
    const states = (name: string): unknown[] =>
      rows.flatMap(({ ref, row }) => (ref.startsWith(`${name}/`) ? [row['state']] : []));
    const isKept = rows.every(({ row }) => !('uptime' in row) || (row['uptime'] !== null && row['bar'] !== ''));
    return isKept && states('alerts').join() === 'firing' && states('deliveries').every((state) => state !== 'queued');
  });
}

/** Every record that an admin's key or the person of an organization may see. */
async function rowsOf(org: Org): Promise<{ readonly ref: string; readonly row: Readonly<Record<string, unknown>> }[]> {
  const found: { ref: string; row: Readonly<Record<string, unknown>> }[] = [];
  for (const name of NAMES) {
    const { own } = collections[name as keyof typeof collections].access;
    const path = `/v1/${name}?limit=1000`;
    const { rows } = (own === undefined ? await as(org, 'admin', 'GET', path) : await self(org, 'GET', path)).body;
    for (const row of rows) found.push({ ref: `${name}/${row.id}`, row });
  }
  return found;
}

/** A call of an organization's person. */
function self(org: Org, method: string, path: string, body?: unknown): Promise<Reply> {
  return server.api(method, path, body, { key: null, headers: { cookie: people[org], origin: server.url } });
}

/** Bodies in which a caller names a record by its id, and of which kind, where it is not a record of `MADE`. */
function namedIn(us: Org): readonly (readonly [string, string, (id: string) => object, string?])[] {
  const trial = { id: 'trial' };
  return [
    ['POST', '/v1/annotations', (id) => ({ ...trial, subject: `services/${id}`, from: 1, to: 2, kind: 'note' })],
    ['POST', '/v1/subscribers', (id) => ({ page: id, kind: 'email', target: 'ada@example.org' })],
    ['POST', '/v1/incidents/both/link', (id) => ({ alert: id }), 'alerts'],
    ['POST', '/v1/incidents/both/unlink', (id) => ({ alert: id }), 'alerts'],
    ['POST', '/v1/incidents', (id) => ({ ...trial, title: 'a', alerts: [id] }), 'alerts'],
    [
      'POST',
      '/v1/incidents',
      (id) => ({ ...trial, title: 'a', affected: [{ ref: `services/${id}`, impact: 'down' }] }),
    ],
    ['POST', '/v1/rules/failed/test', (id) => ({ ref: `jobs/${id}` })],
    ['POST', '/v1/maintenances/preview', (id) => ({ selector: { collection: 'services', where: ['eq', 'id', id] } })],
    [
      'POST',
      '/v1/maintenances/preview',
      (id) => ({ selector: { collection: 'services', where: ['prefix', 'id', id] } }),
    ],
    ['POST', '/v1/notifications', (id) => ({ person: id, title: 'a' }), 'people'],
    ['POST', '/v1/policies', (id) => ({ ...trial, name: 'a', steps: [{ afterMs: 0, channels: [id] }] })],
    ['POST', '/v1/rules', (id) => ({ ...trial, name: 'a', when: { kind: 'tools' }, policy: id })],
    ['POST', '/v1/services', (id) => ({ ...trial, name: 'a', kind: 'heartbeat', dependsOn: [`services/${id}`] })],
    ['POST', '/v1/pages', (id) => ({ ...trial, slug: `${us}-trial`, title: 'a', channel: id, webhookChannel: id })],
  ];
}

async function imported(org: Org, scope: Scope, format: string, text: string): Promise<Reply> {
  const response = await fetch(`${server.url}/v1/import?format=${format}&dry_run=1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[org][scope]}`, 'content-type': 'application/yaml' },
    body: text,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Words that only records, keys and names of an organization hold; an id that was asked for may come back. */
function word(org: Org): RegExp {
  return new RegExp(`${org}-text|"org":"${org}"`, 'u');
}

async function routesOf(): Promise<{ readonly method: string; readonly path: string }[]> {
  const { paths } = (await server.api('GET', '/openapi.json', undefined, { key: null })).body;
  return Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    // Signing out and in has nothing to do with records; its answers set cookies.
    path.startsWith('/v1/session') || path.startsWith('/v1/welcome')
      ? []
      : Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/** Something of theirs that fits the path. */
function idFor(path: string, them: Org): string {
  if (!path.startsWith('/v1/')) return `${them}-of-${them}-only`;
  if (path.startsWith('/v1/push/')) return known[them]['devices'] ?? '';
  if (path.startsWith('/v1/organizations/')) return them;
  if (path.startsWith('/v1/members/')) return known[them]['people'] ?? '';
  return known[them][path.split('/')[2] ?? ''] ?? `${them}-only`;
}

function fill(path: string, id: string): string {
  return path.replace('{fault}', 'kill').replaceAll(/\{\w+\}/gu, id);
}

/** A body that the route would take, so that the refusal is about the record. */
function bodyFor(method: string, path: string): object | undefined {
  const [, , collection = '', , command = ''] = path.split('/');
  if (method === 'POST') return BODIES[command];
  if (method !== 'PATCH') return undefined;
  if (collection === 'members') return { role: 'admin' };
  if (collection === 'organizations') return { name: 'x' };
  return collection === 'notifications' ? { state: 'read' } : { labels: { a: 'b' } };
}

/** An answer without what may differ: the id that was asked for, versions and times. */
function plain({ status, headers, body }: Reply, id: string): unknown {
  const text = JSON.stringify(body)
    .replaceAll(id, '*')
    // A message to somebody has an id by chance; a page's version is made of all it shows, its address too.
    .replaceAll(/"(?:version|at|since|from|to|[a-z]+At)":(?:\d+|"[\w-]{22}")/gu, '""')
    .replaceAll(/msg_[\w-]{32}/gu, 'msg');
  return { status, headers: [...headers.keys()].toSorted(), text };
}

/** Deletes what attempts made on our own side, so that each starts from the same. */
async function sweep(org: Org): Promise<void> {
  for (const name of [...Object.keys(MADE), 'preferences', 'subscribers']) {
    for (const { id } of (await as(org, 'admin', 'GET', `/v1/${name}?limit=1000`)).body.rows) {
      if (!kept[org].has(`${name}/${id}`)) await as(org, 'admin', 'DELETE', `/v1/${name}/${id}`);
    }
  }
}

/** Everything an admin of an organization and its person can read, but for numbers that move by themselves. */
async function stateOf(org: Org): Promise<string> {
  await settled(org);
  const rows = (await rowsOf(org)).filter(({ ref }) => !ref.startsWith('metrics/'));
  // The counters of the fleet are written a little after what they count.
  let fleet: Readonly<Record<string, number>> = {};
  const counted = NAMES.filter(
    (name) => name in MADE && collections[name as keyof typeof collections].kind !== 'plain',
  );
  await until(`the counters of ${org}`, async () => {
    fleet = (await as(org, 'admin', 'GET', '/v1/stats')).body.values;
    return counted.every(
      (name) => fleet[`${name}.total`] === rows.filter(({ ref }) => ref.startsWith(`${name}/`)).length,
    );
  });
  const read: unknown[] = [];
  for (const { ref } of rows) {
    if (collections[ref.split('/')[0] as keyof typeof collections].kind === 'plain') continue;
    const { transitions, samples } = (await as(org, 'admin', 'GET', `/v1/${ref}/history`)).body;
    read.push(transitions, samples);
  }
  const exported = (await as(org, 'admin', 'GET', '/v1/export/services.yaml')).body;
  const all = (await as(org, 'admin', 'GET', '/v1/keys')).body.keys.map(({ id }: { id: string }) => id);
  const users = (await as(org, 'admin', 'GET', '/v1/members')).body.rows;
  return JSON.stringify([rows, read, fleet, exported, all, users], null, 1);
}

type Frame = Readonly<Record<string, unknown>>;
type Credential =
  | { readonly token: string; readonly cookie?: never }
  | { readonly token?: never; readonly cookie: string };

/** A live connection that keeps every frame. */
class Caller {
  readonly #socket: WebSocket;
  #applied = 0;
  #tell = (): void => {};
  readonly frames: Frame[] = [];
  text = '';
  heardAt = 0;

  private constructor({ token, cookie }: Credential) {
    const headers = cookie === undefined ? {} : { cookie, origin: server.url };
    this.#socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`, SUBPROTOCOL, { headers });
    this.#socket.on('open', () => this.say({ t: 'hello', p: PROTOCOL_VERSION, token, client: 'isolation' }));
    this.#socket.on('message', (data: Buffer) => {
      const text = data.toString();
      this.text += `${text}\n`;
      const frame = JSON.parse(text) as Frame;
      this.frames.push(frame);
      this.heardAt = performance.now();
      if (frame['t'] === 's' || frame['t'] === 'd') this.say({ t: 'a', n: (this.#applied += 1) });
      this.#tell();
    });
  }

  static async open(by: Credential): Promise<Caller> {
    const caller = new Caller(by);
    await caller.until('a welcome', (frames) => frames.some(({ t }) => t === 'welcome'));
    return caller;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Resolves when a frame makes it so. */
  async until(what: string, isSo: (frames: readonly Frame[]) => boolean): Promise<void> {
    if (isSo(this.frames)) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited for ${what}; heard ${JSON.stringify(this.frames.slice(-3))}`)),
        WAIT_MS_MAX,
      );
      this.#tell = () => {
        if (!isSo(this.frames)) return;
        clearTimeout(timer);
        this.#tell = () => {};
        resolve();
      };
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** The count that an aggregate without groups said. */
function countOf({ frames }: Caller): unknown {
  const rows = frames.flatMap(({ t, r }) => (t === 's' && Array.isArray(r) ? r : []));
  const fields: unknown[] = rows.flatMap((row) => (Array.isArray(row) && row[1] === '*' ? [row[3]] : []));
  return fields.map((each) => (typeof each === 'object' && each !== null ? Reflect.get(each, 'count') : each))[0];
}

function isLast({ t, last }: Frame): boolean {
  return t === 's' && last === true;
}

/** Snapshots that were promised; a delta may be empty and then nothing comes. */
function snapshotsOf(frames: readonly Frame[]): number {
  return frames.filter(({ t, how }) => t === 'subd' && how !== 'delta').length;
}
