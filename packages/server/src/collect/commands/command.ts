/**
 * Everything a person or program may do to a record, behind one function for every door: REST and live connections
 * call `mutate`. Who may do it is asked once here; what it does is one transaction; a repeat with the same key is
 * answered and not repeated.
 */
import { createHash } from 'node:crypto';
import { explain, STATUSES, type Collection, type Desired, type RunRow, type ServiceCreate } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft, Written } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import { actorOf, type WriteDeps } from '../reports/deps.ts';
import { applyReport, readFor } from '../reports/report.ts';
import type { CommandObservation } from '../observation.ts';
import { takeFrom, type Base, type MutationFailure } from './base.ts';
import { createRecord, deleteRecord, isRunCollection, patchRecord } from './records.ts';
import { createService, deleteService, patchService, syncServices } from './services.ts';

export type { MutationFailure } from './base.ts';

/** A write or command on one record, the same for every door. */
export interface Mutation extends Base {
  readonly collection: string;
  /** Empty with `create`: the server makes one. */
  readonly id: string;
  /** `put` is a report: it makes the record when there is none. */
  readonly op: 'create' | 'patch' | 'put' | 'del' | 'call';
  /** The command, with `call`. */
  readonly name?: string | undefined;
  readonly fields?: JsonObject | undefined;
  /** A repeat with the same key within 24 h is answered and not repeated. */
  readonly key?: string | undefined;
}

/** What came of it: the record's id, and what a command has to say beside it. */
export type Done = JsonObject & { readonly id: string };

export interface CommandsDeps extends WriteDeps {
  /** Probes now (collect/probes/schedule.ts). */
  readonly refresh: (org: string, id: string) => Promise<Result<unknown>>;
  /** Takes the tools of an MCP server as they are now for the expected ones. */
  readonly acceptTools: (principal: Principal, id: string) => Promise<Result<Written<unknown>>>;
  /** Writes that may be repeated (keep/idempotency.ts). */
  readonly idempotency: {
    write<T extends Json>(
      once: {
        readonly org: string;
        readonly principal: string;
        readonly id: string;
        readonly digest?: string | undefined;
      },
      actor: string,
      tx: (draft: Draft) => Result<T>,
    ): Promise<Result<Written<T>>>;
  };
}

export interface Commands {
  mutate(principal: Principal, mutation: Mutation): Promise<Result<Written<Done>, MutationFailure>>;
  /** Makes the services of a file or of the demo what it says. Answers one line per service. */
  sync(
    org: string,
    services: readonly (ServiceCreate & { readonly id: string })[],
    managedBy: string,
  ): Promise<Result<Written<readonly { readonly id: string; readonly ok: boolean; readonly message: string }[]>>>;
}

export function createCommands(deps: CommandsDeps): Commands {
  return {
    async mutate(principal, mutation) {
      const may = deps.authorize(principal, actionOf(mutation), mutation.collection);
      if (!may.ok) return may;
      if (mutation.op === 'call') return call(deps, principal, may.value, mutation);
      return write(deps, principal, mutation, (draft) =>
        apply(deps, draft, { principal, collection: may.value, mutation }),
      );
    },
    sync: (org, services, managedBy) =>
      deps.commit.write(org, managedBy, (draft) => syncServices(deps, draft, services, managedBy)),
  };
}

/** A command: its arguments, who may call it, and what it does to the record. */
interface Command {
  readonly on: readonly string[];
  readonly action: 'write' | 'report';
  readonly args: z.ZodType<Args>;
  readonly run: (deps: CommandsDeps, draft: Draft, call: Call) => Result<Done, MutationFailure>;
}

interface Call {
  readonly principal: Principal;
  readonly collection: Collection;
  readonly id: string;
  readonly args: Args;
}

type Args = Readonly<Record<string, unknown>>;

const STATUS_BEARING = ['services', 'agents', 'connections'];
const RUNS = ['executions', 'jobs'];
const OVERRIDE_MS_DEFAULT = 3_600_000;
const OVERRIDE_MS_MAX = 30 * 86_400_000;

const none: z.ZodType<Args> = z.strictObject({});
const overrideArgs: z.ZodType<Args> = z.strictObject({
  status: z.enum(STATUSES),
  until: z.int().min(0).optional(),
  reason: z.string().max(500).optional(),
});
const presentArgs: z.ZodType<Args> = z.strictObject({
  name: z.string().max(200).optional(),
  platform: z.string().max(128).optional(),
  release: z.string().max(128).optional(),
});

/** Every command but `refresh` and `accept-tools`, which need more than a transaction. */
const COMMANDS: Readonly<Record<string, Command>> = {
  pause: { on: STATUS_BEARING, action: 'write', args: none, run: desire('paused') },
  resume: { on: STATUS_BEARING, action: 'write', args: none, run: desire('active') },
  retire: { on: STATUS_BEARING, action: 'write', args: none, run: desire('retired') },
  override: { on: STATUS_BEARING, action: 'write', args: overrideArgs, run: override },
  'clear-override': {
    on: STATUS_BEARING,
    action: 'write',
    args: none,
    run: (deps, draft, from) => act(deps, draft, from, { do: 'clear-override' }),
  },
  cancel: { on: RUNS, action: 'write', args: none, run: cancel },
  present: { on: ['agents'], action: 'report', args: presentArgs, run: present },
};

function actionOf(mutation: Mutation): 'write' | 'report' {
  if (mutation.op === 'put') return 'report';
  if (mutation.op !== 'call') return 'write';
  return commandOf(mutation.name ?? '')?.action ?? 'write';
}

function commandOf(name: string): Command | null {
  return Object.hasOwn(COMMANDS, name) ? (COMMANDS[name] ?? null) : null;
}

async function call(
  deps: CommandsDeps,
  principal: Principal,
  collection: Collection,
  mutation: Mutation,
): Promise<Result<Written<Done>, MutationFailure>> {
  const { id, name = '', fields = {} } = mutation;
  if (collection.name === 'services' && (name === 'refresh' || name === 'accept-tools')) {
    const read = none.safeParse(fields);
    if (!read.success) return refuse('bad_field', explain(read.error, fields));
    return name === 'refresh' ? refresh(deps, principal, id) : acceptTools(deps, principal, id);
  }
  const command = commandOf(name);
  if (command === null || !command.on.includes(collection.name)) {
    return refuse('unsupported', `${collection.name} have no command ${JSON.stringify(name.slice(0, 64))}`);
  }
  const args = command.args.safeParse(fields);
  if (!args.success) return refuse('bad_field', explain(args.error, fields));
  return write(deps, principal, mutation, (draft) => {
    // A command says what the caller wants now, whatever happened since; only If-Match can forbid it.
    const taken =
      name === 'present' ? ok(null) : takeFrom(draft, { collection: collection.name, id, touched: [] }, mutation);
    return taken.ok ? command.run(deps, draft, { principal, collection, id, args: args.data }) : taken;
  });
}

async function refresh(deps: CommandsDeps, principal: Principal, id: string): Promise<Result<Written<Done>>> {
  const looked = await deps.refresh(principal.org, id);
  return looked.ok ? ok({ version: deps.commit.version(principal.org), value: { id } }) : looked;
}

async function acceptTools(deps: CommandsDeps, principal: Principal, id: string): Promise<Result<Written<Done>>> {
  const accepted = await deps.acceptTools(principal, id);
  return accepted.ok ? ok({ version: accepted.value.version, value: { id } }) : accepted;
}

/** One transaction, or the answer of the same one before. The details of a refusal do not fit the writer's answer. */
async function write(
  deps: CommandsDeps,
  principal: Principal,
  mutation: Mutation,
  tx: (draft: Draft) => Result<Done, MutationFailure>,
): Promise<Result<Written<Done>, MutationFailure>> {
  let refused: ({ readonly ok: false } & MutationFailure) | null = null;
  const work = (draft: Draft): Result<Done> => {
    const done = tx(draft);
    if (!done.ok) refused = done;
    return done;
  };
  const actor = actorOf(principal);
  const { key } = mutation;
  const written =
    key === undefined
      ? await deps.commit.write(principal.org, actor, work)
      : await deps.idempotency.write(
          { org: principal.org, principal: principal.id, id: key, digest: digestOf(mutation) },
          actor,
          work,
        );
  if (written.ok) return ok({ version: written.value.version, value: written.value.value });
  return refused ?? written;
}

/** What makes two uses of one key the same: what was wanted of which record, with which values. */
function digestOf({ collection, id, op, name, fields }: Mutation): string {
  const wanted = JSON.stringify([collection, id, op, name ?? '', fields ?? null]);
  return createHash('sha256').update(wanted).digest('base64url');
}

function apply(
  deps: CommandsDeps,
  draft: Draft,
  on: { readonly principal: Principal; readonly collection: Collection; readonly mutation: Mutation },
): Result<Done, MutationFailure> {
  const { principal, collection, mutation } = on;
  const { id, op } = mutation;
  const raw = mutation.fields ?? {};
  if (op === 'put') {
    const item = readFor(deps, principal, { ...raw, collection: collection.name, ...(id === '' ? {} : { id }) });
    if (!item.ok) return item;
    return done(applyReport(deps, draft, item.value, principal));
  }
  const isService = collection.name === 'services';
  const by = principal.name;
  const words = { collection, id, raw, by, sourceId: principal.id };
  if (op === 'create') {
    if (!isService) return done(createRecord(deps, draft, words));
    return done(createService(deps, draft, id === '' || raw['id'] !== undefined ? raw : { ...raw, id }));
  }
  if (op === 'patch') {
    return done(
      isService ? patchService(deps, draft, { id, raw, by }, mutation) : patchRecord(deps, draft, words, mutation),
    );
  }
  if (collection.owns.api.length === 0 || collection.name === 'checks') {
    return refuse('unsupported', `records of ${collection.name} are not deleted by callers`);
  }
  return done(
    isService
      ? deleteService(draft, { id }, mutation)
      : deleteRecord(draft, { collection: collection.name, id }, mutation),
  );
}

function done(result: Result<string, MutationFailure>): Result<Done, MutationFailure> {
  return result.ok ? ok({ id: result.value }) : result;
}

function desire(desired: Desired): Command['run'] {
  return (deps, draft, from) => act(deps, draft, from, { do: 'desire', desired });
}

function override(deps: CommandsDeps, draft: Draft, from: Call): Result<Done, MutationFailure> {
  const { status, until = draft.now + OVERRIDE_MS_DEFAULT, reason = '' } = from.args;
  if (typeof until !== 'number' || until <= draft.now || until > draft.now + OVERRIDE_MS_MAX) {
    return refuse('bad_field', 'until: expected a time ahead, at most 30 days; an override always ends');
  }
  // The schema allowed these words only.
  const word = STATUSES.find((known) => known === status) ?? 'unknown';
  return act(deps, draft, from, {
    do: 'override',
    status: word,
    until,
    reason: typeof reason === 'string' ? reason : '',
  });
}

function act(
  deps: CommandsDeps,
  draft: Draft,
  from: Call,
  what: CommandObservation['act'],
): Result<Done, MutationFailure> {
  const observation: CommandObservation = { kind: 'command', at: draft.now, by: from.principal.name, act: what };
  const observed = deps.observeIn(draft, { collection: from.collection.name, id: from.id, observation });
  return observed.ok ? ok({ id: from.id }) : observed;
}

function cancel(deps: CommandsDeps, draft: Draft, from: Call): Result<Done, MutationFailure> {
  const { name } = from.collection;
  if (!isRunCollection(name)) return refuse('unsupported', `${name} cannot be cancelled`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
  const run = draft.get(name, from.id) as RunRow;
  if (deps.engine.isTerminal(run.state))
    return refuse('gone', `the run has ended as ${run.state}; there is nothing to cancel`);
  // Only the flag: asking to stop is no report, and must not renew the lease of a worker that is dead.
  draft.put(name, from.id, { ...run, cancelRequested: true });
  return ok({ id: from.id });
}

/** A connection speaks for an agent from now on: it is known, and its presence is that connection's. */
function present(deps: CommandsDeps, draft: Draft, from: Call): Result<Done, MutationFailure> {
  const known = draft.get('agents', from.id) ?? null;
  const { name, platform, release } = from.args;
  const row = known ?? deps.engine.bornAgent(draft.now, { name: from.id });
  draft.put('agents', from.id, {
    ...row,
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof platform === 'string' ? { platform } : {}),
    ...(typeof release === 'string' ? { release } : {}),
    presence: 'socket',
  });
  return ok({ id: from.id });
}
