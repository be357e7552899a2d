import { createMetrics } from '../lib/metrics.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyDefinition } from '@statewire/model';
import { ok, type Json } from '@statewire/protocol';
import { Refusals } from '../collect/audit/refusals.ts';
import { Beats } from '../collect/beats/beat.ts';
import { Grants } from '../collect/commands/grants.ts';
import { createCommands } from '../collect/commands/command.ts';
import { NameClaims } from '../collect/commands/names.ts';
import { createService } from '../collect/commands/services.ts';
import type { WriteDeps } from '../collect/reports/deps.ts';
import { createOtlp } from '../collect/otlp/receive.ts';
import { createReports } from '../collect/reports/report.ts';
import { engine } from '../derive/engine.ts';
import { rulesOf } from '../derive/rules.ts';
import { Embeds } from '../joints/embeds.ts';
import { History } from '../joints/history.ts';
import { Inbox } from '../joints/inbox.ts';
import { Instructions } from '../joints/instructions.ts';
import { acceptTools } from '../joints/looks.ts';
import { Members } from '../joints/members.ts';
import { OrganizationEnds } from '../joints/organization-ends.ts';
import { Organizations } from '../joints/organizations.ts';
import { grantableRole } from '../collect/commands/plains/members.ts';
import { grantable } from '../collect/commands/plains/roles.ts';
import { mutations } from '../joints/mutations.ts';
import { PushDevices } from '../joints/push-devices.ts';
import { enqueue } from '../send/enqueue.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { observeIn } from '../keep/observe.ts';
import { openKeep, type Keep } from '../keep/open.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { limits, type Limits } from '../lib/limits.ts';
import { catalogWith } from '../lib/catalog.ts';
import { silentLog } from '../lib/log.ts';
import type { Principal, Scope } from '../lib/principal.ts';
import { publicPages } from '../joints/public-pages.ts';
import { securePage } from '../joints/page-secrets.ts';
import { authorize } from '../publish/access.ts';
import { Hub } from '../publish/hub.ts';
import { Board } from '../publish/board.ts';
import { Captures } from '../collect/capture/captures.ts';
import { createEgress } from '../collect/egress/egress.ts';
import { egressFetch } from '../collect/egress/fetch.ts';
import { Letters, type MailServer } from '../send/letter.ts';
import { Accounts, type SignedIn } from '../serve/auth/accounts.ts';
import { OidcDoor } from '../serve/auth/oidc/door.ts';
import type { OidcConfig } from '../serve/auth/oidc/provider.ts';
import { Trips } from '../serve/auth/oidc/trips.ts';
import { ApiKeys } from '../serve/auth/api-key.ts';
import { createHoldingOf } from '../serve/auth/key-holding.ts';
import { createAuthenticator } from '../serve/auth/authenticator.ts';
import { JwtVerifier, type JwtIssuer } from '../serve/auth/jwt.ts';
import { Gateway } from '../serve/gateway.ts';
import { createGreet } from '../serve/greet.ts';
import { McpDoor } from '../serve/mcp/door.ts';
import { createHttp, type Http } from '../serve/http/app.ts';
import type { HttpDeps } from '../serve/http/deps.ts';
import { testVault } from './test-vault.ts';
import { Drawings } from '../serve/pages/drawn.ts';
import { Streams } from '../serve/pages/stream.ts';
import { Rooms } from '../serve/dialects/rooms.ts';
import { Kept } from '../serve/dialects/supabase/kept.ts';
import { Topics } from '../serve/dialects/supabase/topics.ts';

/**
 * The whole REST door over a real commit, memory, store and status engine, with real commands, reports, beats, keys and
 * accounts. Only the prober is not there: a refresh is written down.
 */
export interface World {
  readonly http: Http;
  readonly keep: Keep;
  readonly keys: ApiKeys;
  readonly accounts: Accounts;
  readonly revoked: string[];
  /** Services a refresh was asked for: no probe runs here. */
  readonly refreshed: string[];
  readonly errors: object[];
  readonly gateway: Gateway;
  readonly mcp: McpDoor;
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
  /** A text inside the body; fails when there is none. */
  word(...path: readonly string[]): string;
  /** One text of each object of a list inside the body. */
  words(list: string, field: string): readonly string[];
}

export const ADMIN_KEY = 'operator-key-for-tests';

export interface WorldOptions {
  readonly limits?: Partial<Limits>;
  readonly settings?: Partial<HttpDeps['settings']>;
  readonly issuers?: readonly JwtIssuer[];
  readonly trouble?: () => string | null;
  /** Identity providers, and the mail server of the instance. */
  readonly oidc?: readonly OidcConfig[];
  readonly mail?: MailServer;
  /** Collections of the app. */
  readonly own?: readonly AnyDefinition[];
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  let shift = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + shift };
  const bounds: Limits = { ...limits, ...options.limits };
  const catalog = catalogWith(options.own ?? [], bounds);
  const grants = new Grants(Object.values(catalog.all));
  const dir = mkdtempSync(join(tmpdir(), 'http-world-'));
  const store = new MemoryStore();
  const errors: object[] = [];
  let beats: Beats | null = null;
  let filled: Inbox | null = null;
  let told: Instructions | null = null;
  let board: Board | null = null;
  const names = new NameClaims();
  let history: History | null = null;
  const vault = testVault();
  let hub: Hub | null = null;
  let belong: Members | null = null;
  let mcp: McpDoor | null = null;
  const keep = await openKeep({
    clock,
    store,
    log: silentLog,
    limits: bounds,
    onCommitted: (committed) => {
      filled?.follow(committed);
      told?.follow(committed);
      names.follow(committed);
      board?.follow(committed);
      history?.follow(committed);
      hub?.apply(committed);
      belong?.follow(committed);
      mcp?.follow(committed);
      for (const { collection, before, after } of committed.changes) {
        if (collection === 'checks') beats?.checkChanged(before, after);
      }
    },
  });
  const refusals = new Refusals({
    clock,
    commit: keep.commit,
    limits: bounds,
    onError: (error) => void errors.push({ err: error }),
  });
  const past = new History({
    clock,
    limits: bounds,
    live: keep.live,
    store,
    commit: keep.commit,
    onError: (error) => void errors.push({ err: error }),
  });
  await past.open();
  history = past;
  const revoked: string[] = [];
  let gateway: Gateway | null = null;
  const onRevoked = (id: string, session?: string): void => {
    revoked.push(id);
    gateway?.revise(id, null, session);
    mcp?.revise(id);
  };
  const ends: OrganizationEnds = new OrganizationEnds({
    clock,
    limits: bounds,
    live: keep.live,
    store,
    commit: keep.commit,
    onEnded: (org) => {
      keys.forget(org);
      accounts.dissolve(org);
      gateway?.end(org);
      mcp?.end(org);
    },
    onError: (error) => void errors.push({ err: error }),
  });
  const members: Members = new Members({
    live: keep.live,
    commit: keep.commit,
    grants,
    clock,
    limits: bounds,
    exists: (org) => organizations.has(org),
    isOver: (org) => ends.has(org),
    present: () => [],
    onChanged: (account) => {
      gateway?.renew(account, (was) => members.renewed(was));
      for (const id of keys.answeringTo(account)) gateway?.renew(id, (was) => keys.renewed(was));
      mcp?.revise(account);
    },
    onGone: (account) => accounts.forget(account),
    onWithdrawn: (org, email) => void accounts.withdraw(org, email),
  });
  belong = members;
  const organizations: Organizations = new Organizations({
    commit: keep.commit,
    live: keep.live,
    store,
    members,
    limits: bounds,
    ends,
  });
  const keys: ApiKeys = new ApiKeys({
    clock,
    commit: keep.commit,
    store,
    adminKey: ADMIN_KEY,
    onRevoked,
    keysPerOrgMax: bounds.keysPerOrgMax,
    holdingOf: createHoldingOf({
      ofScopes: (scopes) => grants.ofScopes(scopes),
      standingIn: (account, org) => members.standingIn(account, org),
    }),
  });
  await keys.open();
  const accounts = await Accounts.open({
    clock,
    dir,
    publicUrl: 'http://localhost:4800',
    onRevoked,
    members,
    vault,
    requiresSecondFactor: (org) => keep.live.get(org, 'settings', 'main')?.row['requiresSecondFactor'] === true,
  });
  const egress = createEgress({ mode: 'any', allow: [], clock });
  const letters = new Letters({
    clock,
    egress,
    limits: bounds,
    publicUrl: 'http://localhost:4800',
    mail: options.mail ?? null,
    onError: (error) => void errors.push({ error }),
  });
  const oidc = new OidcDoor<SignedIn>({
    clock,
    publicUrl: 'http://localhost:4800',
    configs: options.oidc ?? [],
    fetch: egressFetch({
      egress,
      clock,
      limits: bounds,
      timeoutMs: bounds.oidcRequestMs,
      bytesMax: bounds.oidcAnswerBytesMax,
    }),
    trips: new Trips({ db: accounts.db, clock }),
    enter: (provider, vouched, visit) => accounts.enter(provider, vouched, visit),
  });
  const settings: HttpDeps['settings'] = {
    version: '0.0.0-test',
    publicUrl: null,
    linkUrl: 'http://localhost:4800',
    origins: [],
    trustProxy: false,
    metricsLoopback: false,
    issuers: (options.issuers ?? []).map(({ issuer }) => issuer),
    dashboardDir: join(dir, 'no-dashboard'),
    ...options.settings,
  };
  const jwt = new JwtVerifier({ clock, issuers: options.issuers ?? [], fetch, kept: catalog.claims });
  const writes: WriteDeps = {
    clock,
    limits: bounds,
    commit: keep.commit,
    engine,
    vault,
    authorize: (principal, action, name) => authorize(principal, action, name, catalog.of),
    grants,
    collectionOf: catalog.of,
    names,
    observeIn: observeIn.bind(null, { rulesOf }),
    refused: (refused) => refusals.note(refused),
  };
  const devices = new PushDevices({
    live: keep.live,
    commit: keep.commit,
    store,
    vault: testVault(),
    limits: bounds,
    writes,
    onError: (error) => void errors.push({ error }),
  });
  const inbox: Inbox = new Inbox({
    clock,
    limits: bounds,
    live: keep.live,
    commit: keep.commit,
    store,
    people: (org) => members.people(org),
    devices: (org, person) => devices.devices(org, person),
    enqueue,
    onError: (error) => void errors.push({ error }),
  });
  filled = inbox;
  const instructions = new Instructions({ clock, limits: bounds, live: keep.live, commit: keep.commit, engine });
  told = instructions;
  const reports = createReports(writes);
  const refreshed: string[] = [];
  const commands = createCommands({
    ...writes,
    idempotency: keep.idempotency,
    acts: {
      'services/refresh': async ({ principal: { org }, id }) => {
        refreshed.push(id);
        return ok({ version: keep.commit.version(org), value: { id } });
      },
      'pages/secure': (call) => securePage({ commit: keep.commit, store }, call),
      'notifications/create': (call) => inbox.send(call),
      'services/accept-tools': ({ principal, id }) =>
        acceptTools({ commit: keep.commit, store, rulesOf }, principal, id),
    },
  });
  const made = new Beats({
    ...writes,
    createHeartbeat: (draft, { id, periodMs }) =>
      createService(writes, draft, { id, name: id, kind: 'heartbeat', check: { intervalMs: periodMs } }),
  });
  beats = made;
  const shown = new Board({ clock, live: keep.live, limits: bounds, onError: (error) => void errors.push({ error }) });
  board = shown;
  const drawings = new Drawings(clock);
  const streams = new Streams({ clock, limits: bounds, board: shown, drawings });
  hub = new Hub({ clock, live: keep.live, epoch: keep.commit.epoch, limits: bounds });
  const authenticate = createAuthenticator({
    clock,
    keys,
    jwt,
    accounts,
    permissionsOf: (scopes) => grants.ofScopes(scopes),
    isOver: (org) => ends.has(org),
    publicUrl: settings.publicUrl,
    origins: settings.origins,
  });
  const embeds = new Embeds({
    clock,
    live: keep.live,
    commit: () => keep.commit,
    onError: (error) => {
      throw error;
    },
    onChanged: (id, of) => gateway?.renew(id, of),
  });
  const greet = createGreet({ authenticate, embeds, publicUrl: settings.publicUrl, origins: settings.origins });
  const doors = new Gateway({
    clock,
    hub,
    limits: bounds,
    log: silentLog,
    authenticate: greet,
    mutate: mutations(commands),
  });
  gateway = doors;
  const log = { ...silentLog, error: (details: object) => void errors.push(details) };
  const door = new McpDoor({
    clock,
    log,
    limits: bounds,
    settings,
    collections: catalog.all,
    live: keep.live,
    store,
    history: past.past,
    epoch: keep.commit.epoch,
    mutate: (principal, mutation) => commands.mutate(principal, mutation),
  });
  mcp = door;
  const http = createHttp({
    captures: new Captures(
      {
        ...writes,
        definitions: new Map(),
        live: keep.live,
        store,
        egress,
        idempotency: keep.idempotency,
        onError: () => undefined,
        onTrouble: () => undefined,
        hasOrg: () => true,
      },
      [],
    ),
    gateway: doors,
    mcp: door,
    clock,
    limits: bounds,
    settings,
    collections: catalog.all,
    store,
    keys,
    accounts,
    oidc,
    letters,
    log,
    authenticate,
    greet,
    live: keep.live,
    organizations,
    ends,
    renewed: (was) => (was.kind === 'user' ? members.renewed(was) : was),
    operations: grants.table,
    invitations: members,
    mayGrant: (principal, { scope, permissions }) =>
      grantable(principal, permissions ?? (scope === undefined ? [] : grants.ofScopes([scope]))),
    mayGive: (principal, role) =>
      grantableRole(
        writes,
        { get: (collection, id) => keep.live.get(principal.org, collection, id)?.row ?? null },
        principal,
        role,
      ),
    history: past.past,
    epoch: keep.commit.epoch,
    demo: null,
    pages: publicPages({
      board: shown,
      drawings,
      streams,
      commit: keep.commit,
      live: keep.live,
      store,
      vault,
    }),
    mutate: (principal, mutation) => commands.mutate(principal, mutation),
    report: (principal, report) => reports.report(principal, report),
    reportAll: (principal, all) => reports.reportAll(principal, all),
    otlp: createOtlp({ ...writes, live: keep.live }),
    beat: (beat) => made.beat(beat),
    audit: {
      commit: keep.commit,
      head: (org) => keep.commit.auditHead(org),
      refused: (refused) => refusals.note(refused),
    },
    push: devices,
    topics: new Topics({
      rooms: new Rooms(bounds),
      kept: new Kept({ clock, limits: bounds }),
      ledger: { note: () => {}, settled: async () => ok(null) },
      config: { public: true, topics: [] },
    }),
    instructions,
    metrics: createMetrics(),
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
    refreshed,
    errors,
    gateway: doors,
    mcp: door,
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
      return replyOf(response, await response.text());
    },
    async key(scope, org = 'main') {
      const made = await keys.create(operator, { org, name: `${scope} of ${org}`, scope, expiresAt: null });
      if (!made.ok) throw new Error(made.message);
      return made.value.secret;
    },
    async close() {
      doors.close();
      door.close();
      await ends.close();
      inbox.close();
      streams.close();
      shown.close();
      await past.close();
      letters.close();
      accounts.close();
      await refusals.close();
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
  permissions: ['*:*'],
  isOperator: true,
  expiresAt: null,
};

function replyOf({ status, headers }: Response, text: string): Reply {
  const json = parse(text);
  return {
    status,
    headers,
    text,
    json,
    word: (...path) => textAt(json, path),
    words: (list, field) => {
      const items = json[list];
      if (!Array.isArray(items)) throw new Error(`no list ${list} in ${text.slice(0, 200)}`);
      return items.map((item: Json) => textAt(item, [field]));
    },
  };
}

function textAt(value: Json, path: readonly string[]): string {
  let at: unknown = value;
  for (const step of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
  if (typeof at === 'string' || typeof at === 'number') return `${at}`;
  throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(value).slice(0, 200)}`);
}

function parse(text: string): Readonly<Record<string, Json>> {
  try {
    const value: Readonly<Record<string, Json>> = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
