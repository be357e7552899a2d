/**
 * The writing half of a server on a virtual clock and a store in memory: reports, commands, heartbeats, presence and
 * deadlines with the real engine and the real commit. Nothing listens and nothing probes.
 */
import { assert, type Result, type Row } from '@statewire/protocol';
import { Refusals } from '../collect/audit/refusals.ts';
import { Beats } from '../collect/beats/beat.ts';
import { Deadlines } from '../collect/beats/deadline.ts';
import { Presence } from '../collect/beats/presence.ts';
import { Grants } from '../collect/commands/grants.ts';
import { createCommands, type Commands, type CommandsDeps } from '../collect/commands/command.ts';
import { createHeartbeat } from '../collect/commands/services.ts';
import type { WriteDeps } from '../collect/reports/deps.ts';
import { createReports, type Reports } from '../collect/reports/report.ts';
import { engine } from '../derive/engine.ts';
import type { Committed } from '../keep/commit-types.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { createObserve, observeIn, type Observe } from '../keep/observe.ts';
import { openKeep, type Keep } from '../keep/open.ts';
import type { Clock } from '../lib/clock.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { catalogWith } from '../lib/catalog.ts';
import { silentLog, type Log } from '../lib/log.ts';
import type { Principal, Scope } from '../lib/principal.ts';
import { CustomRecords, type Misfits } from '../joints/custom.ts';
import { authorize } from '../publish/access.ts';
import { collectionOf, type AnyDefinition } from '@statewire/model';
import { granted } from './granted.ts';
import { FakeClock } from './fake-clock.ts';
import { testVault } from './test-vault.ts';

export interface Desk {
  readonly clock: FakeClock;
  readonly keep: Keep;
  readonly store: MemoryStore;
  readonly deps: WriteDeps;
  readonly observe: Observe;
  readonly reports: Reports;
  readonly commands: Commands;
  readonly beats: Beats;
  readonly presence: Presence;
  readonly deadlines: Deadlines;
  readonly committed: readonly Committed[];
  /** What did not fit its definition when this desk was opened. */
  readonly misfits: readonly Misfits[];
  /** The record as it is, or null. */
  row(collection: string, id: string, org?: string): Row | null;
  /** `from>to` of every transition of a record, oldest first. */
  transitions(collection: string, id: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface DeskOptions {
  readonly clock?: FakeClock | undefined;
  /** The clock that everything is told, when it is not `clock` itself. */
  readonly time?: Clock | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Opened again: a restart on the same data. */
  readonly store?: MemoryStore | undefined;
  /** Hears each transaction as the hub of a server would. */
  readonly onCommitted?: ((committed: Committed) => void) | undefined;
  readonly acts?: CommandsDeps['acts'] | undefined;
  /** What it says; default nothing. */
  readonly log?: Log | undefined;
  /** Collections of the app. */
  readonly collections?: readonly AnyDefinition[] | undefined;
  /** Moves plain records whose `nextAt` has come, by collection. */
  readonly onDue?:
    | Readonly<Record<string, (org: string, id: string, deadline: number) => Promise<Result<unknown>>>>
    | undefined;
}

/** Opens a desk. Deadlines fire as time is advanced with `clock.run`. */
export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const { clock: fake = new FakeClock(), store = new MemoryStore(), log = silentLog } = options;
  const clock = options.time ?? fake;
  const limits: Limits = { ...defaults, ...options.limits };
  const committed: Committed[] = [];
  const catalog = catalogWith(options.collections ?? [], limits);
  const grants = new Grants(Object.values(catalog.all));
  const rules = { rulesOf: engine.rulesOf };
  const follow = (change: {
    org: string;
    collection: string;
    id: string;
    before: Row | null;
    after: Row | null;
  }): void => {
    const kind = collectionOf(change.collection)?.kind ?? 'plain';
    deadlines.set(change.org, change.collection, change.id, engine.deadlineOf(kind, change.after));
    if (change.collection === 'checks') beats.checkChanged(change.before, change.after);
  };
  const keep = await openKeep({
    clock,
    store,
    limits,
    log,
    onCommitted: (transaction) => {
      committed.push(transaction);
      transaction.changes.forEach(follow);
      options.onCommitted?.(transaction);
    },
  });
  const refusals = new Refusals({
    clock,
    commit: keep.commit,
    limits,
    onError: (error) => log.error({ err: error }, 'audit'),
  });
  const deps: WriteDeps = {
    clock,
    limits,
    commit: keep.commit,
    engine,
    vault: testVault(),
    // The part of the authenticator: what the caller's scopes come to with the collections that there are here.
    authorize: (principal, action, name) => {
      const permissions = catalog.custom.length === 0 ? principal.permissions : grants.ofScopes(principal.scopes);
      return authorize({ ...principal, permissions }, action, name, catalog.of);
    },
    grants,
    collectionOf: catalog.of,
    observeIn: (draft, what) => observeIn(rules, draft, what),
    refused: (refused) => refusals.note(refused),
  };
  const observe = createObserve({ commit: keep.commit, ...rules });
  const reports = createReports(deps);
  const deadlines: Deadlines = new Deadlines({
    clock,
    limits,
    fire: (org, collection, id, deadline) => {
      const kind = collectionOf(collection)?.kind;
      if (kind === 'run') return reports.lapse(org, collection, id, deadline);
      if (kind === 'status') return observe(org, collection, id, { kind: 'deadline', deadline });
      return options.onDue?.[collection]?.(org, id, deadline) ?? custom.due(org, collection, id);
    },
  });
  const custom = new CustomRecords({ clock, catalog, commit: keep.commit, live: keep.live, store, limits, log });
  const misfits = await custom.start();
  const beats = new Beats({ ...deps, createHeartbeat: (draft, made) => createHeartbeat(deps, draft, made) });
  const presence = new Presence({ clock, limits, observe });
  for (const org of keep.live.orgs()) {
    for (const collection of keep.live.collections(org)) {
      for (const { id, row } of keep.live.entries(org, collection))
        follow({ org, collection, id, before: null, after: row });
    }
  }
  const commands = createCommands({
    ...deps,
    acts: options.acts ?? {},
    idempotency: keep.idempotency,
  });
  return {
    clock: fake,
    keep,
    store,
    deps,
    observe,
    reports,
    commands,
    beats,
    presence,
    deadlines,
    committed,
    misfits,
    row: (collection, id, org = 'main') => keep.live.get(org, collection, id)?.row ?? null,
    async transitions(collection, id) {
      const rows = await store.transitions({ org: 'main', collection, id, from: 0, to: 9e15, limit: 1_000 });
      return rows.map(({ from, to }) => `${from}>${to}`).toReversed();
    },
    async close() {
      presence.close();
      deadlines.close();
      await refusals.close();
      await keep.close();
      assert(fake.pending === 0, `${fake.pending} timers were left behind`);
    },
  };
}

/** A caller with these scopes. */
export function caller(scopes: readonly Scope[], more: Partial<Principal> = {}): Principal {
  return {
    kind: 'key',
    id: 'k1',
    name: 'Ana',
    org: 'main',
    scopes,
    permissions: granted(scopes),
    isOperator: false,
    expiresAt: null,
    ...more,
  };
}
