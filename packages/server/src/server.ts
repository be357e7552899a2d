/**
 * Wires the stages into one server. Reads as a table of contents: what is opened first, who tells whom, and in
 * which order it all ends. No stage knows this file.
 */
import { createAdaptorServer } from '@hono/node-server';
import { explain, serviceCreateSchema, type AnyDefinition, type ServiceCreate } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { mkdirSync } from 'node:fs';
import { Server, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Refusals } from './collect/audit/refusals.ts';
import { awake } from './collect/beats/awake.ts';
import { Beats } from './collect/beats/beat.ts';
import { Deadlines } from './collect/beats/deadline.ts';
import { Presence } from './collect/beats/presence.ts';
import { Visits } from './collect/beats/visits.ts';
import { Captures } from './collect/capture/captures.ts';
import { captureDefinitions } from './collect/capture/definitions.ts';
import { createCommands, type Commands, type CommandsDeps } from './collect/commands/command.ts';
import { Grants } from './collect/commands/grants.ts';
import { grantableRole } from './collect/commands/plains/members.ts';
import { grantable } from './collect/commands/plains/roles.ts';
import { NameClaims } from './collect/commands/names.ts';
import { CHECK_SECRETS } from './collect/commands/check-secrets.ts';
import { createService } from './collect/commands/services.ts';
import { createEgress } from './collect/egress/egress.ts';
import { egressFetch } from './collect/egress/fetch.ts';
import { askCanary } from './collect/probes/canary.ts';
import { createProbers } from './collect/probes/index.ts';
import { acrossPause } from './collect/probes/unjudged.ts';
import { OwnNetwork } from './collect/probes/own-network.ts';
import { Schedule } from './collect/probes/schedule.ts';
import type { WriteDeps } from './collect/reports/deps.ts';
import { createOtlp } from './collect/otlp/receive.ts';
import { createReports } from './collect/reports/report.ts';
import { environment, type Config } from './config.ts';
import { claimsAsked } from './config-realtime.ts';
import { engine } from './derive/engine.ts';
import { rulesOf } from './derive/rules.ts';
import { AuditRetention } from './joints/audit-retention.ts';
import { AuditTail } from './joints/audit-tail.ts';
import { Alerting } from './joints/alerting.ts';
import { Bulk } from './joints/bulk.ts';
import { CustomRecords } from './joints/custom.ts';
import { Customers } from './joints/customers.ts';
import { Dependencies } from './joints/dependencies.ts';
import { Disagreements } from './joints/disagreements.ts';
import { Embeds, tellToken } from './joints/embeds.ts';
import { DerivedPasts } from './joints/derived-past.ts';
import { Fleet } from './joints/fleet.ts';
import { ClockSteps } from './joints/clock-steps.ts';
import { Groups } from './joints/groups.ts';
import { GatewayNumbers } from './joints/gateway-numbers.ts';
import { History } from './joints/history.ts';
import { acceptTools, writeLook } from './joints/looks.ts';
import { messageDue } from './joints/messages.ts';
import { Maintenances } from './joints/maintenance.ts';
import { Members } from './joints/members.ts';
import { mutations } from './joints/mutations.ts';
import { securePage } from './joints/page-secrets.ts';
import { Inbox } from './joints/inbox.ts';
import { Instructions } from './joints/instructions.ts';
import { Incidents } from './joints/incidents.ts';
import { OrganizationEnds } from './joints/organization-ends.ts';
import { Organizations } from './joints/organizations.ts';
import { OwnFaults } from './joints/own-faults.ts';
import { publicPages } from './joints/public-pages.ts';
import { Subscribers } from './joints/subscribers.ts';
import { PushDevices } from './joints/push-devices.ts';
import { System } from './joints/system.ts';
import { Watch } from './joints/watch.ts';
import type { Committed } from './keep/commit-types.ts';
import { createObserve, observeIn } from './keep/observe.ts';
import type { Live } from './keep/live.ts';
import { openKeep } from './keep/open.ts';
import { SqliteStore } from './keep/sqlite/sqlite-store.ts';
import { EMBED_TOKENS } from './lib/embed-token.ts';
import { catalogWith } from './lib/catalog.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { SteadyClock } from './lib/steady-clock.ts';
import { limits as defaultLimits, type Limits } from './lib/limits.ts';
import { createLog, type Log } from './lib/log.ts';
import { createMetrics, type Metrics } from './lib/metrics.ts';
import type { Principal } from './lib/principal.ts';
import { Vault } from './lib/vault.ts';
import { authorize, scopeFilter } from './publish/access.ts';
import { Board } from './publish/board.ts';
import { Hub } from './publish/hub.ts';
import { sendThrough } from './send/channels/index.ts';
import { CHANNEL_SECRETS, Outbox } from './send/outbox.ts';
import { reseal } from './send/reseal.ts';
import { enqueue } from './send/enqueue.ts';
import { Letters } from './send/letter.ts';
import { Retention } from './send/retention.ts';
import { Accounts, type SignedIn } from './serve/auth/accounts.ts';
import { ApiKeys } from './serve/auth/api-key.ts';
import { createHoldingOf } from './serve/auth/key-holding.ts';
import { createAuthenticator } from './serve/auth/authenticator.ts';
import { JwtVerifier } from './serve/auth/jwt.ts';
import { isOriginAllowed } from './serve/auth/origin.ts';
import { OidcDoor } from './serve/auth/oidc/door.ts';
import { Trips } from './serve/auth/oidc/trips.ts';
import { Rooms } from './serve/dialects/rooms.ts';
import { attachSupabase, SUPABASE_PATH } from './serve/dialects/supabase/door.ts';
import { Absences, Departures } from './serve/dialects/supabase/departures.ts';
import { Kept } from './serve/dialects/supabase/kept.ts';
import { Ledger } from './serve/dialects/supabase/ledger.ts';
import { Topics } from './serve/dialects/supabase/topics.ts';
import { attachSocketIo } from './serve/dialects/socketio/door.ts';
import { attachTopics, plainAt } from './serve/dialects/topics/door.ts';
import { isPlain } from './serve/dialects/topics/socket.ts';
import { attachLive, visitorOf } from './serve/gateway.ts';
import type { Visitor } from './serve/session.ts';
import { createGreet } from './serve/greet.ts';
import { createHttp } from './serve/http/app.ts';
import type { Demo } from './serve/http/demo.ts';
import type { HttpDeps } from './serve/http/deps.ts';
import { McpDoor } from './serve/mcp/door.ts';
import { Drawings } from './serve/pages/drawn.ts';
import { Streams } from './serve/pages/stream.ts';

/** What a server is made of beside its configuration. */
export interface ServerOptions {
  readonly config: Config;
  /** This release, for the System page. */
  readonly version: string;
  /** Where the built dashboard lies. */
  readonly dashboardDir: string;
  /** The fault panel's servers, when the demo runs. */
  readonly demo?: Demo | undefined;
  /** Collections of the app around this server (`defineCollection`). */
  readonly collections?: readonly AnyDefinition[] | undefined;
  readonly clock?: Clock | undefined;
  readonly limits?: Limits | undefined;
  readonly log?: Log | undefined;
}

/** A server that is listening. */
export interface StatewireServer {
  readonly url: string;
  readonly port: number;
  /** The first-run link, while there is no account; valid once, for 24 hours. */
  readonly welcomeUrl: string | null;
  /** A key for this process's own programs (the demo). */
  makeKey(options: { readonly name: string; readonly scope: 'read' | 'report' | 'admin' }): Promise<string>;
  /** Logs and counts an exception that nobody caught; 0 of these is part of every end-to-end test. */
  uncaught(error: unknown): void;
  /** Resolves when the store failed for good: the process should end with an error. */
  readonly failed: Promise<Error>;
  /** Makes the services that the demo manages exactly these. */
  syncDemo(services: readonly (ServiceCreate & { readonly id: string })[]): Promise<void>;
  /** Deletes the demo's services and every record labelled `demo: yes`. */
  removeDemo(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store, wakes what sleeps in it, and listens. Rejects with a reason a person can act on; then nothing is left open. */
export async function createServer(options: ServerOptions): Promise<StatewireServer> {
  const endings: Ending[] = [];
  try {
    return await open(options, endings);
  } catch (error) {
    await end(endings);
    throw error;
  }
}

/** How something that was opened is ended. What was opened last is ended first. */
type Ending = () => unknown;

async function end(endings: Ending[]): Promise<void> {
  for (const ending of endings.splice(0).toReversed()) await ending();
}

async function open(options: ServerOptions, endings: Ending[]): Promise<StatewireServer> {
  const { config, limits = defaultLimits } = options;
  const clock = new SteadyClock(options.clock ?? systemClock, limits.pauseMsMin);
  const log = options.log ?? createLog({ level: config.logLevel });
  const { collections: defined = [] } = options;
  const captured = captureDefinitions(
    config.captures.flatMap(({ tables }) => tables),
    defined,
  );
  const catalog = catalogWith([...defined, ...captured], limits);
  mkdirSync(config.data, { recursive: true, mode: 0o700 });

  // keep: everything below listens to what became durable, in this order.
  const followers: ((committed: Committed) => void)[] = [];
  const failure = Promise.withResolvers<Error>();
  const keep = await openKeep({
    clock,
    limits,
    log,
    store: new SqliteStore({
      path: join(config.data, 'statewire.db'),
      onFatal: (error) => {
        system.fail('store');
        failure.resolve(error);
      },
    }),
    onCommitted: (committed) => {
      for (const follow of followers) follow(committed);
    },
    onAudited: (head) => {
      if (!ends.has(head.org)) tail.follow(head);
    },
    onBatch: (stats) => {
      numbers.batch(stats);
      metrics.commit(stats);
    },
  });
  const { commit, live, store } = keep;
  endings.push(() => keep.close());
  const onError = (error: unknown, what: string): void => log.error({ err: error }, what);

  const tail = new AuditTail({ clock, limits, commit: () => commit, onError });
  endings.push(() => tail.close());
  const refusals = new Refusals({ clock, commit, limits, onError });
  endings.push(() => refusals.close());
  const heads = () => commit.auditHeads();
  const auditRetention = new AuditRetention({ clock, limits, live, store, commit, heads, onError });
  endings.push(() => auditRetention.close());

  // Before anybody looks which organizations there are.
  const ends = new OrganizationEnds({
    clock,
    limits,
    live,
    store,
    commit,
    onEnded: (org) => {
      keys.forget(org);
      accounts.dissolve(org);
      door.gateway.end(org);
      mcp?.end(org);
    },
    onError,
  });
  await ends.open();
  endings.push(() => ends.close());

  // Before anything is written: how long nobody was here is read off what was written last.
  const history = new History({ clock, limits, live, store, commit, onError });
  await history.open();
  endings.push(() => history.close());
  followers.push((committed) => history.follow(committed));

  // Who belongs where: asked at each sign-in, and told when what somebody may do has changed.
  const grants = new Grants(Object.values(catalog.all));
  const members: Members = new Members({
    live,
    commit,
    grants,
    clock,
    limits,
    exists: (org) => organizations.has(org),
    isOver: (org) => ends.has(org),
    present: () => door.gateway.people(),
    onChanged: (account) => {
      door.gateway.renew(account, (was) => members.renewed(was));
      mcp?.revise(account);
      for (const id of keys.answeringTo(account)) {
        door.gateway.renew(id, (was) => keys.renewed(was));
        mcp?.revise(id);
      }
    },
    onGone: (account) => accounts.forget(account),
    onWithdrawn: (org, email) => void accounts.withdraw(org, email),
  });
  const organizations: Organizations = new Organizations({ commit, live, store, members, limits, ends });
  await organizations.open();

  // publish
  const hub = new Hub({ clock, live, epoch: commit.epoch, limits });
  const board = new Board({ clock, live, limits, onError });
  const names = new NameClaims();
  const departures = new Departures({ clock, limits, live, of: catalog.of });
  followers.push(
    (committed) => hub.apply(committed),
    (committed) => members.follow(committed),
    (committed) => names.follow(committed),
    (committed) => board.follow(committed),
    (committed) => departures.follow(committed),
  );
  endings.push(() => board.close());

  // collect
  const egress = createEgress({ ...config.egress, clock });
  const probers = createProbers({
    clock,
    egress,
    limits,
    env: environment,
    onTrip: (org, id) => schedule.trip(org, id),
  });
  const ownFaults = new OwnFaults({ clock, commit, onError });
  const { canary } = config.probes;
  const ownNetwork = new OwnNetwork({
    clock,
    canary: canary === null ? null : () => askCanary(probers, canary),
    onChange: (text) => {
      log.warn({ fault: text }, text === null ? 'the network of this server works again' : text);
      ownFaults.network(text);
    },
  });
  endings.push(() => ownNetwork.close());
  const looks = { commit, store, rulesOf };
  endings.push(() => probers.close());
  const schedule = new Schedule({
    clock,
    limits,
    probe: async (plan) => {
      const stoodStillMs = clock.stoodStillMs;
      const seen = await probers.probe(plan);
      const result = clock.stoodStillMs === stoodStillMs ? await ownNetwork.judge(plan, seen) : acrossPause(seen);
      numbers.probed();
      metrics.probe(plan.kind, result.observation.verdict, result.observation.ms);
      return result;
    },
    emit: (plan, result) => writeLook(looks, plan, result),
    onError: (error, plan) => onError(error, `the probe of ${plan.org}/${plan.id} failed`),
  });
  endings.push(() => schedule.close());

  const observe = createObserve({ commit, rulesOf });
  const vault = Vault.open({ dir: config.data, keys: config.secretKeys });
  const writes: WriteDeps = {
    clock,
    limits,
    commit,
    engine,
    vault,
    authorize: (principal, action, name) => authorize(principal, action, name, catalog.of),
    grants,
    collectionOf: catalog.of,
    names,
    observeIn: observeIn.bind(null, { rulesOf }),
    refused: (refused) => refusals.note(refused),
  };
  const reports = createReports(writes);
  const commanding: CommandsDeps = {
    ...writes,
    idempotency: keep.idempotency,
    acts: {
      'jobs/bulk': (call) => bulk.begin(call),
      'jobs/undo': (call) => bulk.undo(call),
      'notifications/create': (call) => inbox.send(call),
      'presences/enter': (call) => visits.enter(call),
      'presences/leave': (call) => visits.leave(call),
      'services/refresh': async ({ principal: { org }, id }) => {
        const looked = await schedule.refresh(org, id);
        return looked.ok ? ok({ version: commit.version(org), value: { id } }) : looked;
      },
      'rules/test': (call) => alerting.test(call),
      'services/accept-tools': ({ principal, id }) => acceptTools(looks, principal, id),
      'channels/test': async ({ principal: { org, name }, id }) => {
        const tested = await outbox.test(org, id, name);
        return tested.ok ? ok({ version: commit.version(org), value: { id, ...tested.value } }) : tested;
      },
      'embeds/token': (call) => tellToken({ commit, live, store, vault }, call),
      'pages/secure': (call) => securePage({ commit, store }, call),
    },
    many: {
      // Asked for, not waited for: a job of thousands neither stands behind a slow one nor goes round the schedule's limits.
      'services/refresh': ({ principal: { org }, id }) =>
        schedule.wake(org, id) ? ok({ id }) : refuse('not_found', `services/${id} has no active check to refresh`),
    },
  };
  const commands = createCommands(commanding);
  const bulk = new Bulk({
    commands: commanding,
    live,
    store,
    scopeOf: (principal, name) => scopeFilter(principal, name, catalog.of),
    whoNow: (was) => {
      if (was.kind === 'user') return members.renewed(was);
      return was.kind === 'key' && was.id !== SYSTEM.id ? keys.renewed(was) : was;
    },
    onError,
  });
  endings.push(() => bulk.close());
  const beats = new Beats({
    ...writes,
    createHeartbeat: (draft, { id, periodMs }) =>
      createService(writes, draft, { id, name: id, kind: 'heartbeat', check: { intervalMs: periodMs } }),
  });
  const captures = new Captures(
    {
      ...writes,
      definitions: new Map([...defined, ...captured].map((each) => [each.name, each])),
      live,
      store,
      hasOrg: (org) => org === 'main' || organizations.has(org),
      egress,
      idempotency: keep.idempotency,
      onError,
      onTrouble: (id, { code, message }) => log.warn({ capture: id, code }, `capture ${id} waits: ${message}`),
    },
    config.captures,
  );
  endings.push(() => captures.close());
  const presence = new Presence({ clock, limits, observe });
  const visits: Visits = new Visits({ clock, limits, commit });
  const deadlines = new Deadlines({
    clock,
    limits,
    fire: (org, collection, id, deadline) => {
      metrics.deadlineFired(collection);
      const kind = catalog.of(collection)?.kind;
      if (kind === 'run') return reports.lapse(org, collection, id, deadline);
      if (kind === 'status') return observe(org, collection, id, { kind: 'deadline', deadline });
      return onDue[collection]?.(org, id, deadline) ?? customRecords.due(org, collection, id);
    },
  });
  endings.push(() => deadlines.close());
  // Plain records that move by themselves at their `nextAt`. Whoever moves them compares it with the deadline again.
  const onDue: Readonly<Record<string, (org: string, id: string, deadline: number) => Promise<Result<unknown>>>> = {
    maintenances: (org, id, deadline) => maintenances.due(org, id, deadline),
    messages: (org, id, deadline) => messageDue({ commit: () => commit, limits }, org, id, deadline),
    alerts: (org, id, deadline) => alerting.alertDue(org, id, deadline),
    policies: (org, id, deadline) => alerting.policyDue(org, id, deadline),
    incidents: (org, id, deadline) => incidents.due(org, id, deadline),
    subscribers: (org, id, deadline) => subscribers.lapse(org, id, deadline),
    inboxes: (org, id, deadline) => inbox.inboxDue(org, id, deadline),
    notifications: (org, id, deadline) => inbox.due(org, id, deadline),
    instructions: (org, id, deadline) => instructions.due(org, id, deadline),
  };
  const instructions = new Instructions({ clock, limits, live, commit, engine });
  const customRecords = new CustomRecords({ clock, catalog, commit, live, store, limits, log });
  const watch = new Watch({
    live,
    store,
    vault,
    schedule,
    deadlines,
    commands: Object.fromEntries(
      Object.entries(config.commands).map(([name, { argv, env, cwd = null }]) => [name, { argv, env, cwd }]),
    ),
    forget: (org, id) => void probers.forget(org, id),
    onError,
  });
  const incidents = new Incidents({ clock, limits, live, commit, onError });
  endings.push(() => incidents.close());
  const fleet = new Fleet({ clock, live, commit: () => commit, onError });
  endings.push(() => fleet.close());
  const derivedPasts = new DerivedPasts({ clock, live, store, commit, onError });
  endings.push(() => derivedPasts.close());
  const follows = { clock, live, commit, rulesOf, limits, onError };
  const groups = new Groups(follows);
  endings.push(() => groups.close());
  const customers = new Customers({ clock, live, commit, limits, onError });
  endings.push(() => customers.close());
  const clockSteps = new ClockSteps({
    ...follows,
    clock,
    onAdopt: (movedMs) => {
      alerting.clockMoved(movedMs);
      outbox.clockMoved(movedMs);
    },
    onPause: (ms) => {
      log.warn({ ms }, "this process stood still; what was not heard meanwhile is nobody's silence");
      ownFaults.paused(ms);
    },
    onStep: (movedMs) => log.warn({ movedMs }, 'time took a step; every wait was moved with it'),
  });
  endings.push(() => clockSteps.close());
  const dependencies = new Dependencies(follows);
  endings.push(() => dependencies.close());
  const disagreements = new Disagreements({ clock, live, commit, limits, onError });
  endings.push(() => disagreements.close());
  const maintenances: Maintenances = new Maintenances({
    live,
    commit: () => commit,
    engine,
    observeIn: writes.observeIn,
    onError,
  });
  endings.push(() => maintenances.close());
  followers.push(
    (committed) => watch.follow(committed),
    (committed) => fleet.follow(committed),
    (committed) => groups.follow(committed),
    (committed) => customers.follow(committed),
    (committed) => dependencies.follow(committed),
    (committed) => disagreements.follow(committed),
    (committed) => instructions.follow(committed),
    (committed) => maintenances.follow(committed),
    (committed) => incidents.follow(committed),
    (committed) => {
      for (const change of committed.changes) {
        if (change.collection === 'checks') beats.checkChanged(change.before, change.after);
      }
    },
  );

  // send
  const publicUrl =
    config.publicUrl ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const outbox: Outbox = new Outbox({
    clock,
    limits,
    live,
    commit,
    store,
    vault,
    send: (channel, secrets, notice, signal) =>
      sendThrough({ clock, limits, egress, publicUrl, signal }, channel, secrets, notice),
    onGone: (org, notice) => devices.gone(org, notice),
    onError,
  });
  endings.push(() => outbox.close());
  const subscribers = new Subscribers({ clock, limits, live, store, commit, board, publicUrl, onError });
  followers.push((committed) => subscribers.follow(committed));
  endings.push(() => subscribers.close());
  const retention = new Retention({ clock, limits, live, commit, onError });
  endings.push(() => retention.close());
  followers.push((committed) => outbox.follow(committed));
  const alerting: Alerting = new Alerting({ clock, limits, live, commit, store, observeIn: writes.observeIn, onError });
  endings.push(() => alerting.close());
  followers.push((committed) => alerting.follow(committed));

  const devices = new PushDevices({ live, commit, store, vault, limits, writes, onError });
  const inbox: Inbox = new Inbox({
    clock,
    limits,
    live,
    commit,
    store,
    people: (org) => members.people(org),
    devices: (org, person) => devices.devices(org, person),
    enqueue,
    onError,
  });
  endings.push(() => inbox.close());
  followers.push((committed) => inbox.follow(committed));

  // serve
  const onRevoked = (principalId: string, session?: string): void => {
    door.gateway.revise(principalId, null, session);
    mcp?.revise(principalId);
  };
  const keys: ApiKeys = new ApiKeys({
    clock,
    commit,
    store,
    adminKey: config.adminKey,
    onRevoked: (id) => onRevoked(id),
    keysPerOrgMax: limits.keysPerOrgMax,
    holdingOf: createHoldingOf({
      ofScopes: (scopes) => grants.ofScopes(scopes),
      standingIn: (account, org) => members.standingIn(account, org),
    }),
  });
  await keys.open();
  endings.push(() => keys.flush());
  const accounts = await Accounts.open({
    clock,
    dir: config.data,
    publicUrl,
    onRevoked,
    vault,
    requiresSecondFactor: (org) => live.get(org, 'settings', 'main')?.row['requiresSecondFactor'] === true,
    members,
  });
  endings.push(() => accounts.close());
  // A second factor that is wanted from now on is wanted of those who are here, too: they come back and are asked for it.
  followers.push(({ org, changes }) => {
    for (const { collection, before, after } of changes) {
      if (collection !== 'settings' || before?.['requiresSecondFactor'] === after?.['requiresSecondFactor']) continue;
      for (const { id } of members.people(org)) if (!accounts.secondFactors.isOn(id)) onRevoked(id);
    }
  });
  const outside = {
    egress,
    clock,
    limits,
    timeoutMs: limits.oidcRequestMs,
    bytesMax: limits.oidcAnswerBytesMax,
  };
  const oidc = new OidcDoor<SignedIn>({
    clock,
    publicUrl,
    configs: config.auth.oidc,
    fetch: egressFetch(outside),
    trips: new Trips({ db: accounts.db, clock }),
    enter: (provider, vouched, visit) => accounts.enter(provider, vouched, visit),
  });
  const letters = new Letters({ clock, egress, limits, publicUrl, mail: config.mail, onError });
  endings.push(() => letters.close());
  const embeds = new Embeds({
    clock,
    live,
    commit: () => commit,
    onError,
    onChanged: (id, of) => door.gateway.renew(id, of),
  });
  endings.push(() => embeds.flush());
  followers.push((committed) => embeds.follow(committed));
  const jwt = new JwtVerifier({
    clock,
    issuers: config.auth.jwt,
    fetch,
    kept: [...new Set([...catalog.claims, ...claimsAsked(config.realtime)])],
  });
  const authenticate = createAuthenticator({
    clock,
    keys,
    jwt,
    accounts,
    permissionsOf: (scopes) => grants.ofScopes(scopes),
    isOver: (org) => ends.has(org),
    publicUrl: config.publicUrl,
    origins: config.origins,
  });
  const greet = createGreet({ authenticate, embeds, publicUrl: config.publicUrl, origins: config.origins });
  const system: System = new System({
    clock,
    limits,
    data: config.data,
    store,
    gateway: () => door.gateway.stats,
    probes: () => schedule.counts,
    deadlines: () => deadlines.size,
    present: () => presence.size,
    faults: () => ownFaults.read(),
    records: () => countRecords(live),
  });
  const metrics: Metrics = createMetrics({
    connections: () => door.gateway.stats.connections,
    lagging: () => door.gateway.stats.lagging,
    views: () => door.gateway.stats.views,
    subscriptions: () => door.gateway.stats.subscriptions,
    framesSent: () => door.gateway.stats.frames,
    bytesSent: () => door.gateway.stats.bytes,
    probesWaiting: () => schedule.counts.waiting,
    deadlines: () => deadlines.size,
  });
  const drawings = new Drawings(clock);
  const streams = new Streams({ clock, limits, board, drawings });
  const mutate: HttpDeps['mutate'] = (principal, mutation) => commands.mutate(principal, mutation);
  const mcp = !config.mcp
    ? null
    : new McpDoor({
        clock,
        log,
        limits,
        collections: catalog.all,
        live,
        store,
        epoch: commit.epoch,
        history: history.past,
        settings: { version: options.version },
        mutate,
      });
  followers.push((committed) => mcp?.follow(committed));
  const kept = new Kept({ clock, limits });
  const ledger = new Ledger({ clock, limits, commit, store, kept });
  endings.push(() => ledger.close());
  const said = new Topics({ rooms: new Rooms(limits), kept, ledger, config: config.realtime });
  const http = createHttp({
    clock,
    log,
    limits,
    mcp,
    collections: catalog.all,
    authenticate,
    greet,
    live,
    store,
    epoch: commit.epoch,
    keys,
    accounts,
    oidc,
    letters,
    system,
    metrics,
    history: history.past,
    pages: publicPages({ board, drawings, streams, commit, live, store, vault }),
    demo: options.demo ?? null,
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
        { get: (collection, id) => live.get(principal.org, collection, id)?.row ?? null },
        principal,
        role,
      ),
    mutate,
    report: (principal, report) => reports.report(principal, report),
    reportAll: (principal, all) => reports.reportAll(principal, all),
    otlp: createOtlp({ ...writes, live }),
    beat: (beat) => beats.beat(beat),
    instructions,
    push: devices,
    captures,
    topics: said,
    audit: { commit, head: (org) => commit.auditHead(org), refused: (refused) => refusals.note(refused) },
    gateway: {
      get hasRoom() {
        return door.gateway.hasRoom;
      },
      get hasPanelRoom() {
        return door.gateway.hasPanelRoom;
      },
      open: (transport, visitor) => door.gateway.open(transport, visitor),
    },
    settings: {
      version: options.version,
      publicUrl: config.publicUrl,
      linkUrl: publicUrl,
      origins: config.origins,
      trustProxy: config.trustProxy,
      metricsLoopback: config.metricsLoopback,
      issuers: config.auth.jwt.map(({ issuer }) => issuer),
      dashboardDir: options.dashboardDir,
    },
  });
  const server = createAdaptorServer({ fetch: http.app.fetch });
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = limits.keepAliveMs;
  if (!(server instanceof Server)) throw new Error('expected an HTTP/1.1 server');
  const { path: topicsPath } = config.dialects.topics;
  const { path: socketIoPath } = config.dialects.socketIo;
  const door = attachLive({
    server,
    clock,
    hub,
    limits,
    log,
    catalog,
    origins: config.origins,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    authenticate: greet,
    mutate: mutations(commands),
    onPresence: ({ org, agent, isPresent }) => (isPresent ? presence.opened(org, agent) : presence.closed(org, agent)),
    onEnded: (via) => visits.ended(via),
    refused: (refused) => refusals.note(refused),
    otherPaths: [SUPABASE_PATH, topicsPath, socketIoPath].filter((path) => path !== null),
  });
  const dialect = {
    server,
    clock,
    limits,
    sessions: door.gateway,
    of: catalog.of,
    visitorOf: (request: IncomingMessage) => visitorOf(request, config.trustProxy),
    // A page that names no origin is of no other one, or no page.
    isOwnPage: ({ origin, host }: Visitor) => origin === null || isOriginAllowed({ origin, host }, config),
  };
  const topicDeps = { ...dialect, templates: config.dialects.topics.templates };
  const supabase = attachSupabase({
    ...dialect,
    topics: said,
    departures,
    absences: new Absences({ clock, limits }),
    names: () => Object.keys(catalog.all),
    plain: { is: (text) => topicsPath !== null && isPlain(text), make: plainAt(topicDeps) },
  });
  const topics = topicsPath === null ? null : attachTopics({ ...topicDeps, path: topicsPath });
  const socketIo =
    socketIoPath === null ? null : attachSocketIo({ ...dialect, ...config.dialects.socketIo, log, path: socketIoPath });
  const numbers: GatewayNumbers = new GatewayNumbers({
    clock,
    commit,
    stats: () => door.gateway.stats,
    probes: () => schedule.counts,
  });
  endings.push(() => numbers.close());
  endings.push(() => door.close());
  endings.push(() => supabase.close());
  endings.push(() => topics?.close());

  // start: wake what slept before any deadline can fire, then look, then open the doors.
  await accounts.settle();
  await ledger.start();
  // A kill may have come between a link and its record, and earlier releases had no record of it.
  for (const org of live.orgs()) {
    for (const { email, role, createdBy } of accounts.invites(org))
      await members.invited({ org, email, role, by: createdBy });
  }
  members.watch();
  endings.push(() => members.close());
  await awake(writes, live);
  await alerting.start();
  for (const org of live.orgs()) for (const { row } of live.entries(org, 'checks')) beats.checkChanged(null, row);
  await syncFile(commands, config);
  await customRecords.start();
  names.start(live);
  embeds.start();
  board.start();
  subscribers.start();
  await reseal({ store, commit, vault }, [CHANNEL_SECRETS, EMBED_TOKENS, ...CHECK_SECRETS], {
    oncePlain: CHECK_SECRETS,
  });
  ownFaults.start();
  await watch.start();
  fleet.start();
  derivedPasts.start();
  incidents.start();
  history.start();
  groups.start();
  customers.start();
  dependencies.start();
  disagreements.start();
  clockSteps.start();
  await devices.start();
  await inbox.start();
  visits.start(live);
  outbox.start();
  retention.start();
  bulk.start();
  auditRetention.start();
  tail.start(Array.from(commit.auditHeads()).filter(({ org }) => !ends.has(org)));
  maintenances.start();
  await captures.start();
  ends.start();
  const port = await listen(server, config);
  endings.push(() => shut(server, [door, supabase, topics], clock));
  endings.push(() => socketIo?.close());
  // Listeners would keep the doors open for ever.
  endings.push(() => streams.close());
  endings.push(() => mcp?.close());
  endings.push(() => instructions.close());
  // Before the doors shut: agents are not gone when we are.
  endings.push(() => presence.close());
  endings.push(() => visits.close());
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  const welcome = accounts.welcome();
  log.info({ url, epoch: commit.epoch }, 'listening');

  return {
    url,
    port,
    welcomeUrl: welcome === null ? null : `${config.publicUrl ?? url}/#/welcome/${welcome}`,
    failed: failure.promise,
    uncaught(error) {
      metrics.uncaught();
      onError(error, 'uncaught');
    },
    async syncDemo(services) {
      const synced = await commands.sync('main', services, 'demo');
      if (!synced.ok) throw new Error(synced.message);
    },
    async removeDemo() {
      // Its programs first: what one of them said a moment ago would make again what is taken away here.
      await endOwnKeys(keys);
      await commands.sync('main', [], 'demo');
      for (const collection of ['connections', 'executions', 'jobs', 'agents']) {
        for (const { id, row } of Array.from(live.entries('main', collection))) {
          const labels = row['labels'];
          const isDemo = typeof labels === 'object' && labels !== null && 'demo' in labels && labels['demo'] === 'yes';
          // One that is gone meanwhile is as removed as one that we remove.
          if (isDemo) await commands.mutate(SYSTEM, { collection, id, op: 'del' });
        }
      }
    },
    async makeKey({ name, scope }) {
      // The programs of the process before this one are gone, and nobody has their keys.
      await endOwnKeys(keys, name);
      const made = await keys.create(SYSTEM, { org: 'main', name, scope, expiresAt: null });
      if (!made.ok) throw new Error(made.message);
      return made.value.secret;
    },
    close: () => end(endings),
  };
}

/** How long requests under way may take when we stop. */
const GOODBYE_MS = 5_000;

/**
 * Says goodbye to live connections, answers requests under way, and stops listening. Upgraded sockets keep a server open, so
 * their doors close with it.
 */
async function shut(
  server: Server,
  doors: readonly ({ readonly close: () => void } | null)[],
  clock: Clock,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const door of doors) door?.close();
  const limit = clock.after(GOODBYE_MS, () => server.closeAllConnections());
  await closed;
  limit.cancel();
}

/** Who acts when the server acts for its own programs. */
const SYSTEM: Principal = {
  kind: 'key',
  id: 'system',
  name: 'system',
  org: 'main',
  scopes: ['admin'],
  permissions: ['*:*'],
  isOperator: true,
  expiresAt: null,
};

/** Ends the keys that were made for this server's own programs, or those of one name. */
async function endOwnKeys(keys: ApiKeys, only: string | null = null): Promise<void> {
  for (const { id, name, createdBy } of keys.list('main')) {
    if (createdBy === SYSTEM.id && (only === null || name === only)) await keys.revoke(SYSTEM, 'main', id);
  }
}

/** Makes the file-managed services what the file says. A service that does not fit stops the start: half a fleet is watched by nobody. */
async function syncFile(commands: Commands, config: Config): Promise<void> {
  const wanted: (ServiceCreate & { readonly id: string })[] = [];
  const problems: string[] = [];
  for (const { line, fields } of config.services) {
    const parsed = serviceCreateSchema.safeParse(fields);
    const at = `${config.file ?? 'statewire.yaml'}:${line}`;
    if (!parsed.success) problems.push(`${at}: ${explain(parsed.error, fields)}`);
    else if (parsed.data.id === undefined)
      problems.push(`${at}: found no id, expected one: it is what the file knows the service by`);
    else wanted.push({ ...parsed.data, id: parsed.data.id });
  }
  if (problems.length === 0) {
    const synced = await commands.sync('main', wanted, 'file');
    if (!synced.ok) problems.push(synced.message);
    else for (const { id, ok, message } of synced.value.value) if (!ok) problems.push(`${id}: ${message}`);
  }
  if (problems.length > 0)
    throw new Error(`the services of the configuration cannot be taken:\n  ${problems.join('\n  ')}`);
}

function listen(server: Server, { host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(
        isTaken
          ? new Error(`found port ${port} in use, expected it free: stop what listens there or set STATEWIRE_PORT`)
          : error,
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function countRecords(live: Live): { readonly organizations: number; readonly records: number } {
  const orgs = Array.from(live.orgs());
  return { organizations: orgs.length, records: orgs.reduce((sum, org) => sum + live.count(org), 0) };
}
