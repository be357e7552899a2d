/**
 * Records of collections that an app defines: the same create, change, delete, report and commands as any other, by what
 * the definition says. What becomes of a record is the model's `settle`; here it is asked whether the caller may.
 */
import {
  plain,
  refusalCodes,
  settle,
  type AnyDefinition,
  type Collection,
  type CommandContext,
} from '@statewire/model';
import { assert, ok, refuse, type Json, type JsonObject, type Result, type Row } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../keep/commit-types.ts';
import { callerOf, isTheirs, mayWrite } from '../../lib/own.ts';
import type { Principal } from '../../lib/principal.ts';
import type { WriteDeps } from '../reports/deps.ts';
import { newId } from '../reports/new-id.ts';
import type { MutationFailure } from './base.ts';
import type { Plain } from './plain.ts';
import type { Args, Done, Verb, VerbCall } from './verb.ts';
import { none } from './verbs/none.ts';

/** How records of a defined collection are made, changed and deleted. */
export function customPlain({ access, custom }: Collection): Plain | null {
  if (custom === undefined) return null;
  return {
    prefix: custom.idPrefix,
    ids: custom.ids,
    born: (deps, draft, { principal, id, fields }) =>
      written(deps, custom, { access, principal, id, was: null, given: fields, now: draft.now }),
    patched: (deps, draft, { principal, id, fields, row }) =>
      written(deps, custom, { access, principal, id, was: row, given: fields, now: draft.now }),
    removed: (_deps, _draft, { principal, row }) => (mayWrite(principal, access, row) ? ok(null) : notYours),
  };
}

/** The commands of a defined collection; none for ours. */
export function customVerbs({ name, access, custom }: Collection): readonly Verb[] {
  if (custom === undefined) return [];
  let made = known.get(custom);
  if (made === undefined) {
    made = Object.entries(custom.commands).map(([verb, command]) => ({
      name: verb,
      on: [name],
      action: { call: command.scope ?? access.write },
      summary: command.summary ?? `${verb} of ${name}`,
      args: command.args === undefined ? none : z.strictObject(command.args),
      run: (deps, draft, call) => commanded(deps, draft, custom, { ...call, name: verb }),
    }));
    known.set(custom, made);
  }
  return made;
}

const known = new WeakMap<AnyDefinition, readonly Verb[]>();

/** Applies a report of a defined record inside a transaction: makes it, or changes what the report says. */
export function applyCustomReport(
  deps: WriteDeps,
  draft: Draft,
  item: { readonly collection: Collection; readonly id: string | null; readonly fields: Args },
  principal: Principal,
): Result<string> {
  const { access, custom, name } = item.collection;
  assert(custom !== undefined, `${name} is not a defined collection`);
  if (item.id === null && custom.ids === 'given')
    return refuse('bad_field', `id: found nothing, expected the id of one of ${name}`);
  const id = item.id ?? newId(deps.clock, custom.idPrefix);
  const was = draft.get(name, id);
  const isUnknown = was === null ? item.id !== null && custom.ids === 'made' : !isTheirs(principal, access, was);
  if (isUnknown) return refuse('not_found', `there is no ${name}/${id}`);
  const next = written(deps, custom, { access, principal, id, was, given: jsonOf(item.fields), now: draft.now });
  if (!next.ok) return next;
  draft.put(name, id, next.value);
  return ok(id);
}

interface Writing {
  readonly access: Collection['access'];
  readonly principal: Principal;
  readonly id: string;
  readonly was: Row | null;
  readonly given: JsonObject;
  readonly now: number;
}

function written(deps: WriteDeps, definition: AnyDefinition, writing: Writing): Result<JsonObject> {
  const { access, principal, id, was, given, now } = writing;
  if (was !== null && !mayWrite(principal, access, was)) return notYours;
  const next = settle(definition, { was, given, now, caller: callerOf(principal) });
  if (!next.ok) return next;
  // Asked of what it will be, too: nobody gives a record away to where they may not write, or makes one there.
  if (!mayWrite(principal, access, { ...next.value, id })) return notTheirs;
  const bytes = JSON.stringify(next.value).length;
  const max = deps.limits.customRecordBytesMax;
  return bytes <= max ? next : refuse('too_large', `the record would have ${bytes} characters, limit ${max}`);
}

function commanded(
  deps: WriteDeps,
  draft: Draft,
  definition: AnyDefinition,
  { principal, collection, id, args, name }: VerbCall & { readonly name: string },
): Result<Done, MutationFailure> {
  const was = draft.get(collection.name, id);
  if (was === null) return refuse('not_found', `there is no ${collection.name}/${id}`);
  if (!mayWrite(principal, collection.access, was)) return notYours;
  const context: CommandContext = {
    now: draft.now,
    caller: callerOf(principal),
    refuse: (message, code = 'precondition') => ({ refused: { code, message } }),
  };
  const command = definition.commands[name];
  assert(command !== undefined, `${collection.name} have no command ${name}`);
  const at = `command ${name} of ${collection.name}`;
  const answer = applied(command, at, { was, args, context });
  const refused = refusalOf(answer, at, definition);
  if (refused !== null) return refused;
  const next = written(deps, definition, {
    access: collection.access,
    principal,
    id,
    was,
    given: fieldsOf(answer, at, definition),
    now: draft.now,
  });
  if (!next.ok) return next;
  draft.put(collection.name, id, next.value);
  return ok({ id });
}

/** What is told of a refusal. */
const REASON_MAX = 500;

const notYours = refuse('forbidden', 'the record is not one that you may write');
const notTheirs = refuse('forbidden', 'the record would not be one that you may write');

/** Runs the app's function. What it throws is thrown on with the command's name, and undoes the transaction. */
function applied(
  command: AnyDefinition['commands'][string],
  at: string,
  { was, args, context }: { readonly was: Row; readonly args: Args; readonly context: CommandContext },
): object {
  let answer: unknown;
  try {
    // A copy: what an app's function does to its argument must not reach the record that everybody reads.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: records pass the definition's schema when they are written.
    answer = command.apply(structuredClone(was) as never, structuredClone({ ...args }), context);
  } catch (cause) {
    throw new Error(`${at} threw: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (isThenable(answer)) {
    // Nobody waits for it; what it fails with later must not end the process.
    Promise.resolve(answer).catch(() => undefined);
    throw new TypeError(`${at} answered a promise; a command is synchronous`);
  }
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
  throw new TypeError(`${at} answered no fields; a command answers the fields that change, or context.refuse(...)`);
}

/** The refusal that a command answered, with a code and words that may be told; null when it answered fields. */
function refusalOf(answer: object, at: string, { fields }: AnyDefinition): Failed | null {
  if (!('refused' in answer)) return null;
  const { refused } = answer;
  if (typeof refused === 'object' && refused !== null && 'code' in refused && 'message' in refused) {
    const code = refusalCodes.find((each) => each === refused.code);
    const { message } = refused;
    if (code !== undefined && typeof message === 'string') return refuse(code, message.slice(0, REASON_MAX));
  }
  if (Object.hasOwn(fields, 'refused')) return null;
  throw new TypeError(`${at} refused with something else than a sentence and one of ${refusalCodes.join(', ')}`);
}

type Failed = ReturnType<typeof refuse>;

/** The fields that a command answered, as a copy of ours: what the app keeps hold of is not part of the record. */
function fieldsOf(answer: object, at: string, definition: AnyDefinition): JsonObject {
  const fields: Record<string, Json> = {};
  for (const [field, value] of Object.entries(answer)) {
    if (!Object.hasOwn(definition.fields, field)) {
      throw new TypeError(`${at} answered ${field.slice(0, 64)}, which is no field of its schema`);
    }
    if (value !== undefined) fields[field] = plain(value, `${at} answered ${field}`);
  }
  return fields;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function jsonOf(fields: object): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a schema read them, or the record's schema will.
  return Object.fromEntries(Object.entries(fields as JsonObject).filter(([, value]) => value !== undefined));
}
