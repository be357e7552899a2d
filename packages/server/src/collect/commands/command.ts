/**
 * Everything a person or program may do to a record, behind one function for every door: REST and live connections
 * call `mutate`. Who may do it is asked once here; what it does is one transaction; a repeat with the same key is
 * answered and not repeated.
 */
import { createHash } from 'node:crypto';
import { explain, type Collection, type ServiceCreate } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { Actor, Draft, Written } from '../../keep/commit-types.ts';
import { isTheirs } from '../../lib/own.ts';
import type { Principal } from '../../lib/principal.ts';
import { knownTo, type WriteDeps } from '../reports/deps.ts';
import { actionName, entryOf, isAudited, outsideEntry, seenIn, type Seen } from '../audit/entry.ts';
import { deleteMetric } from '../reports/metric-report.ts';
import { applyReport, readFor } from '../reports/report.ts';
import { takeFrom, type Base, type MutationFailure } from './base.ts';
import { createPlain, deletePlain, patchPlain, plainOf } from './plain.ts';
import { createRecord, deleteRecord, patchRecord } from './records.ts';
import { stillMay } from './still-may.ts';
import { createService, deleteService, patchService, syncServices } from './services.ts';
import type { Act, Args, Done, Verb, VerbCall } from './verb.ts';
import { verbOf } from './verbs/index.ts';

export type { MutationFailure } from './base.ts';
export type { Done } from './verb.ts';

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
  /** The live connection that it came over. */
  readonly via?: object | undefined;
  /** A repeat with the same key within 24 h is answered and not repeated. */
  readonly key?: string | undefined;
  /** The caller's own reason, for the audit log. */
  readonly why?: string | undefined;
}

/** Who wants what of which collection. */
interface Wish {
  readonly principal: Principal;
  readonly collection: Collection;
  readonly mutation: Mutation;
  /** The command, where it is one. */
  readonly verb?: Verb | null | undefined;
}

export interface CommandsDeps extends WriteDeps {
  /** Commands, and `create`, that need more than a transaction, by `collection/name`; one that is missing is refused. */
  readonly acts: Readonly<Record<string, Act>>;
  /**
   * Those of them that can be asked for inside a transaction that does it to many records, by the same names. What they set off is
   * harmless to set off twice, because a transaction may be tried again.
   */
  readonly many?: Readonly<Record<string, (call: VerbCall) => Result<Done, MutationFailure>>> | undefined;
  /** Writes that may be repeated (keep/idempotency.ts). */
  readonly idempotency: {
    write<T extends Json>(
      once: {
        readonly org: string;
        readonly principal: string;
        readonly id: string;
        readonly digest?: string | undefined;
      },
      actor: Actor,
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
      const may = deps.authorize(principal, actionOf(deps, mutation), mutation.collection);
      if (!may.ok) {
        if (may.code === 'forbidden') noteRefusal(deps, principal, mutation, may.code);
        return may;
      }
      if (mutation.op === 'call') return call(deps, principal, may.value, mutation);
      const make = mutation.op === 'create' ? deps.acts[`${may.value.name}/create`] : undefined;
      if (make !== undefined) return createOutside(deps, make, principal, may.value, mutation);
      const wish = { principal, collection: may.value, mutation };
      return write(deps, wish, (draft) => apply(deps, draft, wish));
    },
    sync: (org, services, managedBy) =>
      deps.commit.write(org, managedBy, (draft) => {
        const was = new Map(Array.from(draft.all('services'), (row) => [row.id, seenIn(draft, 'services', row.id)]));
        const synced = syncServices(deps, draft, services, managedBy);
        if (synced.ok) auditSync(deps, draft, was);
        return synced;
      }),
  };
}

function actionOf(deps: CommandsDeps, { collection, op, name = '' }: Mutation): Parameters<WriteDeps['authorize']>[1] {
  switch (op) {
    case 'put':
      return 'report';
    case 'create':
      return 'create';
    case 'patch':
      return 'change';
    case 'del':
      return 'delete';
    case 'call': {
      const found = knownTo(deps)(collection);
      // Whoever may change the records is told that there is no such command.
      return found === null || verbOf(found, name) === null ? 'change' : { call: name };
    }
    default:
      return op satisfies never;
  }
}

async function call(
  deps: CommandsDeps,
  principal: Principal,
  collection: Collection,
  mutation: Mutation,
): Promise<Result<Written<Done>, MutationFailure>> {
  const { id, name = '', fields = {} } = mutation;
  const read = readCall(collection, name, fields);
  if (!read.ok) return read;
  const { verb, args } = read.value;
  const call: VerbCall = { principal, collection, id, args, key: mutation.key, via: mutation.via, why: mutation.why };
  const { run } = verb;
  if (run === 'outside') {
    const act = deps.acts[`${collection.name}/${name}`];
    if (act === undefined) return refuse('unsupported', `this server does not carry out ${name} on ${collection.name}`);
    return outside(deps, { principal, collection, mutation, verb }, act(call));
  }
  return write(deps, { principal, collection, mutation, verb }, (draft) => {
    // A command says what the caller wants now, whatever happened since; only If-Match can forbid it.
    const taken =
      verb.isBirth === true ? ok(null) : takeFrom(draft, { collection: collection.name, id, touched: [] }, mutation);
    return taken.ok ? run(deps, draft, call) : taken;
  });
}

function readCall(
  collection: Collection,
  name: string,
  fields: JsonObject,
): Result<{ readonly verb: Verb; readonly args: Args }> {
  const verb = verbOf(collection, name);
  if (verb === null) {
    return refuse('unsupported', `${collection.name} have no command ${JSON.stringify(name.slice(0, 64))}`);
  }
  const args = verb.args.safeParse(fields);
  return args.success ? ok({ verb, args: args.data }) : refuse('bad_field', explain(args.error, fields));
}

/**
 * The same inside a transaction that does this to many records: judged for each as if it came alone. A command that needs more
 * than a transaction is refused.
 */
export function mutateIn(
  deps: CommandsDeps,
  draft: Draft,
  principal: Principal,
  mutation: Mutation,
): Result<Done, MutationFailure> {
  const may = deps.authorize(principal, actionOf(deps, mutation), mutation.collection);
  if (!may.ok) return may;
  const still = stillMay(deps, draft, principal, actionOf(deps, mutation), mutation.collection);
  if (!still.ok) return still;
  const collection = may.value;
  const wish = { principal, collection, mutation };
  const { id, name = '', op, fields = {} } = mutation;
  if (isHidden(draft, wish)) return none(collection, id);
  if (op !== 'call') return apply(deps, draft, wish);
  const read = readCall(collection, name, fields);
  if (!read.ok) return read;
  const { verb, args } = read.value;
  const { run } = verb;
  const act = run === 'outside' ? deps.many?.[`${collection.name}/${name}`] : run.bind(null, deps, draft);
  if (act === undefined) return refuse('unsupported', `${name} is not for many ${collection.name} at once`);
  const taken = takeFrom(draft, { collection: collection.name, id, touched: [] }, mutation);
  return taken.ok ? act({ principal, collection, id, args }) : taken;
}

/** Makes something that is more than a record of this name. */
async function createOutside(
  deps: CommandsDeps,
  make: Act,
  principal: Principal,
  collection: Collection,
  mutation: Mutation,
): Promise<Result<Written<Done>, MutationFailure>> {
  const { fields = {}, key } = mutation;
  const parsed = collection.create.safeParse(fields);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, fields));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every create schema is a strict object.
  const made = make({ principal, collection, id: '', args: parsed.data as Args, key });
  return outside(deps, { principal, collection, mutation, verb: null }, made);
}

/** A file or the demo says what services there are: each one that it makes, changes or takes away is a row. */
function auditSync(deps: CommandsDeps, draft: Draft, was: ReadonlyMap<string, Seen>): void {
  const collection = knownTo(deps)('services');
  if (collection === null) return;
  const ids = new Set([...was.keys(), ...Array.from(draft.all('services'), ({ id }) => id)]);
  for (const id of ids) {
    const before = was.get(id) ?? { row: null, check: null };
    const after = seenIn(draft, 'services', id);
    if (before.row === after.row && before.check === after.check) continue;
    const op = before.row === null ? 'create' : after.row === null ? 'del' : 'patch';
    draft.audit(entryOf(collection, { collection: 'services', id, op }, id, before, after, null));
  }
}

/** What more than a transaction does is audited behind it, and acknowledged behind that. */
async function outside(
  deps: CommandsDeps,
  { principal, collection, mutation, verb = null }: Wish,
  doing: ReturnType<Act>,
): ReturnType<Act> {
  const done = await doing;
  if (!done.ok || !isAudited(principal, collection, mutation, verb)) return done;
  const entry = outsideEntry(collection, mutation, done.value.value.id, verb);
  const noted = await deps.commit.write(principal.org, principal, (draft) => {
    draft.audit(entry);
    return ok(null);
  });
  return noted.ok ? done : noted;
}

function noteRefusal(deps: CommandsDeps, principal: Principal, mutation: Mutation, outcome: string): void {
  const { collection, id, why } = mutation;
  const target = id === '' ? null : { collection: collection.slice(0, 64), id };
  deps.refused?.({ org: principal.org, actor: principal, action: actionName(mutation), target, outcome, why });
}

/** One transaction, or the answer of the same one before. The details of a refusal do not fit the writer's answer. */
async function write(
  deps: CommandsDeps,
  { principal, collection, mutation, verb = null }: Wish,
  tx: (draft: Draft) => Result<Done, MutationFailure>,
): Promise<Result<Written<Done>, MutationFailure>> {
  let refused: ({ readonly ok: false } & MutationFailure) | null = null;
  const isTold = isAudited(principal, collection, mutation, verb);
  const work = (draft: Draft): Result<Done> => {
    const may = stillMay(deps, draft, principal, actionOf(deps, mutation), collection.name);
    if (!may.ok) return may;
    if (isHidden(draft, { principal, collection, mutation })) {
      const hidden = none(collection, mutation.id);
      if (!hidden.ok) refused = hidden;
      return hidden;
    }
    const was = isTold ? seenIn(draft, collection.name, mutation.id) : null;
    const done = tx(draft);
    if (!done.ok) refused = done;
    else if (was !== null) {
      const { id } = done.value;
      draft.audit(entryOf(collection, mutation, id, was, seenIn(draft, collection.name, id), verb));
    }
    return done;
  };
  const { key } = mutation;
  const written =
    key === undefined
      ? await deps.commit.write(principal.org, principal, work)
      : await deps.idempotency.write(
          { org: principal.org, principal: principal.id, id: key, digest: digestOf(mutation) },
          principal,
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

/** Somebody else's record: for this caller there is none. A `create` never names such an id (see `Plain.idOf`). */
function isHidden(draft: Draft, { principal, collection, mutation }: Wish): boolean {
  const { own, rows, told, glimpse } = collection.access;
  const isEverybodys = own === undefined && rows === undefined && told === undefined && glimpse === undefined;
  if (isEverybodys || mutation.op === 'create') return false;
  const row = draft.get(collection.name, mutation.id);
  return row !== null && !isTheirs(principal, collection.access, row);
}

/** In the very words in which a record that does not exist is refused. */
function none({ name }: Collection, id: string): Result<never> {
  return refuse('not_found', `there is no ${name}/${id}`);
}

function apply(deps: CommandsDeps, draft: Draft, on: Wish): Result<Done, MutationFailure> {
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
  const words = { collection, id, raw, principal };
  const plain = plainOf(collection);
  if (plain !== null) {
    const wish = { collection, id, raw, principal };
    if (op === 'create') return done(createPlain(deps, draft, plain, wish));
    return done(
      op === 'patch' ? patchPlain(deps, draft, plain, wish, mutation) : deletePlain(deps, draft, plain, wish, mutation),
    );
  }
  if (collection.name === 'metrics' && op === 'del') {
    const taken = takeFrom(draft, { collection: 'metrics', id, touched: [] }, mutation);
    return taken.ok ? done(deleteMetric(draft, { id, row: taken.value })) : taken;
  }
  if (collection.kind === 'plain') return derivedOnly(collection, op, raw);
  if (op === 'create') {
    if (!isService) return done(createRecord(deps, draft, words));
    return done(createService(deps, draft, id === '' || raw['id'] !== undefined ? raw : { ...raw, id }));
  }
  if (op === 'patch') {
    return done(
      isService ? patchService(deps, draft, { id, raw, by }, mutation) : patchRecord(deps, draft, words, mutation),
    );
  }
  return done(
    isService
      ? deleteService(draft, { id }, mutation)
      : deleteRecord(deps, draft, { collection: collection.name, id }, mutation),
  );
}

/** Nobody writes these; the collection's schema may say what to do instead. */
function derivedOnly({ name, create, patch }: Collection, op: Mutation['op'], raw: JsonObject): Result<never> {
  const schema = op === 'create' ? create : op === 'patch' ? patch : null;
  const parsed = schema?.safeParse(raw);
  if (parsed?.error !== undefined) return refuse('bad_field', explain(parsed.error, raw));
  return refuse('unsupported', `records of ${name} are not written by callers`);
}

function done(result: Result<string, MutationFailure>): Result<Done, MutationFailure> {
  return result.ok ? ok({ id: result.value }) : result;
}
