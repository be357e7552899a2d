import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collections } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { bornStatus } from '../derive/born.ts';
import type { Draft } from '../keep/commit-types.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { openKeep, type Keep } from '../keep/open.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { limits, type Limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import type { Principal, Scope } from '../lib/principal.ts';
import { Accounts } from '../serve/auth/accounts.ts';
import { ApiKeys } from '../serve/auth/api-key.ts';
import { createAuthenticator } from '../serve/auth/authenticator.ts';
import { JwtVerifier, type JwtIssuer } from '../serve/auth/jwt.ts';
import { createHttp, type Http } from '../serve/http/app.ts';
import type { Beat, HttpDeps, Mutation, MutationFailure } from '../serve/http/deps.ts';

/**
 * The whole REST door over a real commit, memory and store, real keys and real accounts. Only the two stages that
 * are not under test here are small: `mutate` writes plain rows and `report` and `beat` write down what they were given.
 */
export interface World {
  readonly http: Http;
  readonly keep: Keep;
  readonly keys: ApiKeys;
  readonly accounts: Accounts;
  readonly revoked: string[];
  readonly reports: { readonly principal: Principal; readonly report: JsonObject }[];
  readonly beats: Beat[];
  readonly mutations: Mutation[];
  readonly errors: object[];
  skip(ms: number): void;
  now(): number;
  /** One request by credential. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  key(scope: Scope, org?: string): Promise<string>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly key?: string | undefined;
  readonly body?: unknown;
  /** Sent as it is, with no content type of its own. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Readonly<Record<string, Json>>;
}

export const ADMIN_KEY = 'operator-key-for-tests';

export interface WorldOptions {
  readonly limits?: Partial<Limits>;
  readonly settings?: Partial<HttpDeps['settings']>;
  readonly issuers?: readonly JwtIssuer[];
  readonly trouble?: () => string | null;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  let shift = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + shift };
  const bounds: Limits = { ...limits, ...options.limits };
  const dir = mkdtempSync(join(tmpdir(), 'http-world-'));
  const store = new MemoryStore();
  const keep = await openKeep({ clock, store, log: silentLog, limits: bounds, onCommitted: () => undefined });
  const revoked: string[] = [];
  const onRevoked = (id: string) => void revoked.push(id);
  const keys = new ApiKeys({
    clock,
    commit: keep.commit,
    store,
    adminKey: ADMIN_KEY,
    onRevoked,
    keysPerOrgMax: bounds.keysPerOrgMax,
  });
  await keys.open();
  const accounts = await Accounts.open({ clock, dir, publicUrl: 'http://localhost:4800', onRevoked });
  const settings: HttpDeps['settings'] = {
    version: '0.0.0-test',
    publicUrl: null,
    origins: [],
    trustProxy: false,
    metricsLoopback: false,
    dashboardDir: join(dir, 'no-dashboard'),
    ...options.settings,
  };
  const jwt = new JwtVerifier({ clock, issuers: options.issuers ?? [], fetch });
  const reports: World['reports'] = [];
  const beats: Beat[] = [];
  const mutations: Mutation[] = [];
  const errors: object[] = [];
  const http = createHttp({
    clock,
    limits: bounds,
    settings,
    collections,
    store,
    keys,
    accounts,
    log: { ...silentLog, error: (details) => void errors.push(details) },
    authenticate: createAuthenticator({
      clock,
      keys,
      jwt,
      accounts,
      publicUrl: settings.publicUrl,
      origins: settings.origins,
    }),
    live: keep.live,
    epoch: keep.commit.epoch,
    demo: null,
    mutate: (principal, mutation) => {
      mutations.push(mutation);
      return mutate(keep, principal, mutation);
    },
    report: async (principal, report) => {
      reports.push({ principal, report });
      if (report['id'] === 'bad')
        return refuse('bad_field', 'health: found "sick", expected one of healthy, degraded, unhealthy, unknown');
      return ok({ version: keep.live.version(principal.org), value: { id: report['id'] ?? 'made' } });
    },
    reportAll: async (principal, all) =>
      all.map((report) => {
        reports.push({ principal, report });
        const id = typeof report['id'] === 'string' ? report['id'] : 'made';
        return id === 'bad'
          ? { ok: false, id, code: 'bad_field', message: 'health: not one' }
          : { ok: true, id, version: 1 };
      }),
    beat: async (beat) => {
      beats.push(beat);
      if (beat.slug === 'missing') return refuse('not_found', 'no heartbeat service has this slug or token');
      return ok({ version: 1, value: { id: beat.slug } });
    },
    system: {
      trouble: options.trouble ?? (() => null),
      read: async () => ({ uptimeMs: 5, memory: { rssBytes: 7 }, queues: { commitDepth: 0 } }),
    },
  });
  return {
    http,
    keep,
    keys,
    accounts,
    revoked,
    reports,
    beats,
    mutations,
    errors,
    skip: (ms) => {
      shift += ms;
    },
    now: () => clock.now(),
    async call(method, path, { key, body, raw, headers = {} } = {}) {
      const init: RequestInit = {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      };
      if (body !== undefined) init.body = JSON.stringify(body);
      if (raw !== undefined) init.body = raw;
      const response = await http.app.request(`http://localhost:4800${path}`, init);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: parse(text) };
    },
    async key(scope, org = 'main') {
      const made = await keys.create(operator, { org, name: `${scope} of ${org}`, scope, expiresAt: null });
      if (!made.ok) throw new Error(made.message);
      return made.value.secret;
    },
    async close() {
      accounts.close();
      await keep.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const operator: Principal = {
  kind: 'key',
  id: 'admin-key',
  name: 'operator',
  org: 'main',
  scopes: ['admin'],
  isOperator: true,
  expiresAt: null,
};

async function mutate(
  keep: Keep,
  principal: Principal,
  mutation: Mutation,
): Promise<Result<{ version: number; value: Json }, MutationFailure>> {
  let conflict: Partial<MutationFailure> = {};
  const tx = (draft: Draft): Result<Json> => {
    const id = mutation.id === '' ? `s${draft.now}` : mutation.id;
    const { collection, fields = {} } = mutation;
    const row = draft.get(collection, id);
    if (mutation.op === 'create') {
      if (row !== null) return refuse('exists', `${collection}/${id} exists already`);
      const { check: _, id: __, ...given } = fields;
      draft.put(collection, id, {
        ...(collection === 'services' ? bornStatus(draft.now) : {}),
        description: '',
        group: '',
        target: '',
        labels: {},
        managedBy: 'api',
        ...given,
      });
      return ok({ id });
    }
    if (row === null) return refuse('not_found', `no record ${collection}/${id}`);
    if (mutation.ifVersion !== undefined && mutation.ifVersion !== row.version)
      return refuse('precondition', `${collection}/${id} is at version ${row.version}, not ${mutation.ifVersion}`);
    const touched = Object.keys(fields);
    const newest = draft.fieldVersion(collection, id, touched);
    if (mutation.base !== undefined && newest > mutation.base) {
      conflict = {
        version: row.version,
        current: Object.fromEntries(touched.map((name) => [name, row[name] ?? null])),
        fields: touched,
      };
      return refuse('conflict', `${touched.join(', ')} changed at version ${newest}, after ${mutation.base}`);
    }
    if (mutation.op === 'del') draft.delete(collection, id);
    else if (mutation.op === 'patch') draft.put(collection, id, { ...row, ...fields });
    else if (mutation.name === 'pause') draft.put(collection, id, { ...row, desired: 'paused', status: 'paused' });
    return ok({ id });
  };
  const { org } = principal;
  const result =
    mutation.key === undefined
      ? await keep.commit.write(org, principal.id, tx)
      : await keep.idempotency.write({ org, principal: principal.id, id: mutation.key }, principal.id, tx);
  return result.ok ? result : { ...result, ...conflict };
}

function parse(text: string): Readonly<Record<string, Json>> {
  try {
    const value: Readonly<Record<string, Json>> = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
