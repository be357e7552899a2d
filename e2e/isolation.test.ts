/**
 * Two organizations in one server, three scopes each, on every door. What is tried is generated: REST from the server's own
 * /openapi.json, live frames from the model's collections, so that a route or a collection that is added is tried without
 * anybody thinking of it. Another organization's record must be missing exactly as one that never was.
 */
import { collections } from '@statewire/model';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '@statewire/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestServer, type Reply } from './harness/server.ts';
import { until } from './harness/until.ts';

const ORGS = ['main', 'acme'] as const;
const SCOPES = ['read', 'report', 'admin'] as const;
type Org = (typeof ORGS)[number];
type Scope = (typeof SCOPES)[number];

const NAMES = Object.keys(collections);
/** A record of each collection that people make, under an id that says whose it is and that only they have. */
const MADE: Readonly<Record<string, object>> = {
  services: { name: 'zq-text', kind: 'heartbeat' },
  agents: { name: 'zq-text' },
  connections: { agent: 'zq-text', service: 'zq-text' },
  executions: { agent: 'a', title: 'zq-text', leaseMs: 86_400_000 },
  jobs: { kind: 'scan', title: 'zq-text', leaseMs: 86_400_000 },
  rules: { name: 'zq-text', when: { kind: 'tools' } },
  policies: { name: 'zq-text', steps: [{ afterMs: 0, channels: ['zq-text'] }] },
  maintenances: {
    title: 'zq-text',
    selector: { collection: 'services', where: ['eq', 'id', 'nobody'] },
    schedule: { kind: 'once', from: 4_000_000_000_000, to: 4_000_000_600_000 },
  },
};
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
];
const MISSING = 'none-only';
const WAIT_MS_MAX = 10_000;

let server: TestServer;
const keys = {} as Record<Org, Record<Scope, string>>;
/** Ids of keys, and of heartbeats' tokens: what a path can name beside records. */
const known = {} as Record<Org, { readonly key: string; readonly token: string }>;
/** One caller of each organization that sees all it may, from the start to the end. */
const watchers = {} as Record<Org, Caller>;

beforeAll(async () => {
  server = await TestServer.start();
  for (const org of ORGS) {
    keys[org] = {} as Record<Scope, string>;
    let key = '';
    for (const scope of SCOPES) {
      const made = await server.api('POST', '/v1/keys', { name: `${org}-text ${scope}`, scope, org });
      expect(made.status).toBe(201);
      keys[org][scope] = made.body.secret;
      key = made.body.key.id;
    }
    for (const [collection, fields] of Object.entries(MADE)) {
      for (const id of [`${org}-only`, 'both']) {
        const body = { id, ...JSON.parse(JSON.stringify(fields).replaceAll('zq', org)) };
        expect((await as(org, 'admin', 'POST', `/v1/${collection}`, body)).status).toBe(201);
      }
    }
    const check = await as(org, 'admin', 'GET', `/v1/checks/${org}-only`);
    known[org] = { key, token: check.body.target };
    watchers[org] = await Caller.open(keys[org].admin);
    NAMES.forEach((c, i) => watchers[org].say({ t: 'sub', s: i + 1, c, iv: 0 }));
    await watchers[org].until('all snapshots', (frames) => frames.filter(({ t }) => t === 's').length === NAMES.length);
  }
});

afterAll(async () => {
  for (const org of ORGS) watchers[org]?.close();
  await server?.close();
});

test('every collection that people write has a record in both organizations', () => {
  const written = Object.values(collections).filter(({ name, owns }) => owns.api.length > 0 && name !== 'checks');
  expect(Object.keys(MADE).toSorted()).toEqual(written.map(({ name }) => name).toSorted());
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
        else expect([403, 404, 415], where).toContain(foreign.status);
      }
      await sweep(us);
    });

    test('REST: what they know by heart (a heartbeat’s token, a key’s id) opens nothing of theirs for us', async () => {
      for (const method of ['GET', 'POST']) {
        const foreign = await as(us, scope, method, `/v1/heartbeats/${known[them].token}`);
        expect(plain(foreign, known[them].token)).toEqual(
          plain(await as(us, scope, method, `/v1/heartbeats/${MISSING}`), MISSING),
        );
      }
    });

    test('REST: no list, count, export or answer without an id holds a word of theirs', async () => {
      for (const { method, path } of (await routesOf()).filter(({ path }) => !path.includes('{'))) {
        if (method !== 'GET') continue;
        const reply = await as(us, scope, method, path);
        expect(JSON.stringify(reply.body), `${method} ${path}`).not.toMatch(word(them));
      }
      for (const name of NAMES) {
        for (const filter of [
          ['eq', 'id', `${them}-only`],
          ['eq', 'org', them],
          ['neq', 'org', us],
        ]) {
          const query = `filter=${encodeURIComponent(JSON.stringify(filter))}`;
          const reply = await as(us, scope, 'GET', `/v1/${name}?${query}`);
          expect(reply.status === 200 ? reply.body.rows : [], `${name} ${query}`).toEqual([]);
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
      ];
      for (const name of NAMES) {
        const caller = await Caller.open(keys[us][scope]);
        wishes.forEach((wish, i) => caller.say({ t: 'sub', s: i + 1, c: name, ...wish }));
        caller.say({ t: 'p', i: 1 });
        await caller.until('the answers', (frames) => frames.some(({ t }) => t === 'q'));
        await caller.until('what follows them', (frames) => frames.filter(isLast).length >= snapshotsOf(frames));
        expect(caller.text, `${name} by ${scope}`).not.toMatch(word(them));
        const counts = new Map(caller.frames.flatMap(({ t, s, n }) => (t === 'subd' ? [[s, n]] : [])));
        if (counts.size > 0) expect([counts.get(3), counts.get(4)], name).toEqual([0, 0]);
        caller.close();
      }
    });

    test('live: each command answers for theirs exactly as for none', async () => {
      for (const c of [...NAMES, 'none']) {
        const caller = await Caller.open(keys[us][scope]);
        const muts = [
          { op: 'patch', f: { labels: { a: 'b' } } },
          { op: 'patch', f: { labels: { a: 'b' } }, base: 1 },
          { op: 'put', f: REPORTED[c] ?? {} },
          { op: 'del' },
          { op: 'create', f: JSON.parse(JSON.stringify(MADE[c] ?? {})) },
          { op: 'del' },
          ...COMMANDS.map((name) => ({ op: 'call', name, f: name === 'override' ? { status: 'up' } : {} })),
        ];
        const told = async (k: string): Promise<unknown[]> => {
          const results: unknown[] = [];
          // One after the other: a command may make what the next one finds.
          for (const [i, mut] of muts.entries()) {
            const m = `${us}.${them}.${scope}.${c}.${k}.${i}`;
            caller.say({ t: 'mut', m, c, k, ...mut });
            await caller.until(`the answer to ${m}`, (frames) => frames.some((frame) => frame['m'] === m));
            const { m: _, v: __, ...rest } = caller.frames.find((frame) => frame['m'] === m) ?? {};
            results.push(JSON.parse(JSON.stringify(rest).replaceAll(k, '*')));
          }
          return results;
        };
        expect(await told(`${them}-only`), `${c} by ${scope}`).toEqual(await told(MISSING));
        caller.close();
      }
      await sweep(us);
    });
  });

  test('an id of theirs is free for us: made, changed and deleted without a trace on their side', async () => {
    for (const [name, fields] of Object.entries(MADE)) {
      const id = `${them}-only`;
      const mine = JSON.parse(JSON.stringify(fields).replaceAll('zq', us));
      const headers = { 'idempotency-key': `${name}-once` };
      const made = await server.api('POST', `/v1/${name}`, { id, ...mine }, { key: keys[us].admin, headers });
      expect([made.status, made.body.org], name).toEqual([201, us]);
      expect((await as(us, 'admin', 'PATCH', `/v1/${name}/${id}`, { labels: { mine: 'yes' } })).status).toBe(200);
      expect((await as(them, 'read', 'GET', `/v1/${name}/${id}`)).body.labels).toEqual({});
      expect((await as(us, 'admin', 'DELETE', `/v1/${name}/${id}`)).status).toBe(200);
      expect((await as(them, 'read', 'GET', `/v1/${name}/${id}`)).status).toBe(200);
    }
    const yaml = `services:\n  - {id: ${them}-only, name: A, kind: heartbeat}\n`;
    const planned = await as(us, 'admin', 'POST', '/v1/import/services?dry_run=1', { yaml });
    expect(planned.body.lines).toMatchObject([{ action: 'create' }]);
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
    expect((await as(us, 'admin', 'DELETE', `/v1/keys/${known[them].key}`)).status).toBe(404);
    expect((await as(them, 'admin', 'GET', '/v1/keys')).body.keys.map(({ id }: { id: string }) => id)).toContain(
      known[them].key,
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
  // Both began at 1: the second organization's numbers do not tell how many records the first one has.
  for (const org of ORGS) expect(Math.min(...first(org)), org).toBe(1);
});

test('the whole time the watcher of each organization heard not a word of the other', () => {
  expect(watchers.main.text).toMatch(word('main'));
  expect(watchers.main.text).not.toMatch(word('acme'));
  expect(watchers.acme.text).toMatch(word('acme'));
  expect(watchers.acme.text).not.toMatch(word('main'));
  for (const org of ORGS) expect(watchers[org].isOpen, org).toBe(true);
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
  return path.startsWith('/v1/keys') ? known[them].key : `${them}-only`;
}

function fill(path: string, id: string): string {
  return path.replace('{fault}', 'kill').replaceAll(/\{\w+\}/gu, id);
}

/** A body that the route would take, so that the refusal is about the record. */
function bodyFor(method: string, path: string): object | undefined {
  if (path.endsWith('/override')) return { status: 'up' };
  if (path.endsWith('/extend')) return { ms: 60_000 };
  if (path.startsWith('/v1/users')) return method === 'PATCH' ? { role: 'admin' } : undefined;
  if (method === 'PATCH') return { labels: { a: 'b' } };
  return undefined;
}

/** An answer without what may differ: the id that was asked for, versions and times. */
function plain({ status, headers, body }: Reply, id: string): unknown {
  const text = JSON.stringify(body)
    .replaceAll(id, '*')
    .replaceAll(/"(?:version|at|from|to)":\d+/gu, '""');
  return { status, headers: [...headers.keys()].toSorted(), text };
}

/** Deletes what attempts made on our own side, so that each starts from the same. */
async function sweep(org: Org): Promise<void> {
  for (const name of Object.keys(MADE)) {
    for (const { id } of (await as(org, 'admin', 'GET', `/v1/${name}?limit=1000`)).body.rows) {
      if (id !== `${org}-only` && id !== 'both') await as(org, 'admin', 'DELETE', `/v1/${name}/${id}`);
    }
  }
}

/** Everything an admin of an organization can read, but for numbers that move by themselves. */
async function stateOf(org: Org): Promise<string> {
  // The counters of the fleet are written a little after what they count.
  let fleet: Readonly<Record<string, number>> = {};
  await until(`the counters of ${org}`, async () => {
    fleet = (await as(org, 'admin', 'GET', '/v1/stats')).body.values;
    const counted = Object.keys(MADE).filter((name) => collections[name as keyof typeof collections].kind !== 'plain');
    return counted.every((name) => fleet[`${name}.total`] === 2);
  });
  const read: unknown[] = [];
  for (const name of NAMES.filter((name) => name !== 'metrics')) {
    const { rows } = (await as(org, 'admin', 'GET', `/v1/${name}?limit=1000`)).body;
    for (const { id } of rows) {
      if (collections[name as keyof typeof collections].kind === 'plain') continue;
      const { transitions, samples } = (await as(org, 'admin', 'GET', `/v1/${name}/${id}/history`)).body;
      read.push(transitions, samples);
    }
    read.push(rows);
  }
  const exported = (await as(org, 'admin', 'GET', '/v1/export/services.yaml')).body;
  const all = (await as(org, 'admin', 'GET', '/v1/keys')).body.keys.map(({ id }: { id: string }) => id);
  return JSON.stringify([read, fleet, exported, all], null, 1);
}

type Frame = Readonly<Record<string, unknown>>;

/** A live connection that keeps every frame. */
class Caller {
  readonly #socket: WebSocket;
  #applied = 0;
  #tell = (): void => {};
  readonly frames: Frame[] = [];
  text = '';
  heardAt = 0;

  private constructor(token: string) {
    this.#socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`, SUBPROTOCOL);
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

  static async open(token: string): Promise<Caller> {
    const caller = new Caller(token);
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

function isLast({ t, last }: Frame): boolean {
  return t === 's' && last === true;
}

/** Snapshots that were promised; a delta may be empty and then nothing comes. */
function snapshotsOf(frames: readonly Frame[]): number {
  return frames.filter(({ t, how }) => t === 'subd' && how !== 'delta').length;
}
