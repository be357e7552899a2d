/** Create, change and delete of agents, connections, executions and jobs. Services have a file of their own. */
import {
  explain,
  type AgentCreate,
  type AgentPatch,
  type Collection,
  type ConnectionCreate,
  type Desired,
} from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import { forgetAll } from '../instructions/instruct.ts';
import { maintainThrough } from '../instructions/maintain.ts';
import { orderAgent } from '../instructions/order.ts';
import type { WriteDeps } from '../reports/deps.ts';
import { applyRunReport, runId } from '../reports/run-report.ts';
import { newId } from '../reports/new-id.ts';
import { takeFrom, type Base, type MutationFailure } from './base.ts';

type Deps = Pick<WriteDeps, 'clock' | 'engine' | 'observeIn'>;

/** What a caller wants of one record. */
export interface RecordWords {
  readonly collection: Collection;
  /** Empty: not given. */
  readonly id: string;
  readonly raw: JsonObject;
  readonly principal: Principal;
}

/** Makes a record. The value is its id. */
export function createRecord(deps: Deps, draft: Draft, words: RecordWords): Result<string> {
  const { collection, raw } = words;
  const parsed = collection.create.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every create schema is a strict object.
  const fields = parsed.data as Readonly<Record<string, unknown>>;
  const { id: inner, ...rest } = fields;
  const given = typeof inner === 'string' ? inner : words.id;
  const id = given === '' ? newIdOf(deps, collection.name, rest) : given;
  if (draft.get(collection.name, id) !== null) {
    return refuse('exists', `there is a ${collection.name}/${id} already; change it, or take another id`);
  }
  if (isRunCollection(collection.name)) {
    const made = applyRunReport(deps, draft, {
      collection: collection.name,
      id,
      fields: rest,
      sourceId: words.principal.id,
    });
    return made.ok ? ok(id) : made;
  }
  draft.put(collection.name, id, bornOf(deps, draft.now, collection.name, rest));
  return ok(id);
}

/** Changes a record. */
export function patchRecord(
  deps: WriteDeps,
  draft: Draft,
  words: RecordWords,
  seen: Base,
): Result<string, MutationFailure> {
  const { collection, id, raw } = words;
  const parsed = collection.patch.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every patch schema is a strict object.
  const fields = parsed.data as Readonly<Record<string, unknown>>;
  const isRun = isRunCollection(collection.name);
  const touched = isRun ? touchedByRun(Object.keys(raw)) : Object.keys(raw);
  const taken = takeFrom(draft, { collection: collection.name, id, touched }, seen);
  if (!taken.ok) return taken;
  if (isRunCollection(collection.name)) {
    const moved = applyRunReport(deps, draft, {
      collection: collection.name,
      id,
      fields,
      sourceId: words.principal.id,
    });
    return moved.ok ? ok(id) : moved;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the patch schemas of agents and connections.
  const { desired, ...plain } = fields as AgentPatch;
  draft.put(collection.name, id, { ...taken.value, ...jsonOf(plain) });
  return desired === undefined || desired === taken.value['desired'] ? ok(id) : desire(deps, draft, words, desired);
}

/** Deletes a record. */
export function deleteRecord(
  deps: Pick<WriteDeps, 'limits'>,
  draft: Draft,
  what: { readonly collection: string; readonly id: string },
  seen: Base,
): Result<string, MutationFailure> {
  const taken = takeFrom(draft, { ...what, touched: [] }, seen);
  if (!taken.ok) return taken;
  if (what.collection === 'agents') forgetAll(deps, draft, what.id);
  draft.delete(what.collection, what.id);
  return ok(what.id);
}

export function isRunCollection(name: string): name is 'executions' | 'jobs' {
  return name === 'executions' || name === 'jobs';
}

/** A change of what is wanted. An agent is told of it, as by the command of that name. */
function desire(deps: WriteDeps, draft: Draft, words: RecordWords, desired: Desired): Result<string, MutationFailure> {
  const { id, principal } = words;
  if (words.collection.name === 'agents') {
    const order = ORDER_OF[desired];
    const ordered = orderAgent(deps, maintainThrough(deps), draft, { agent: id, order, principal });
    return ordered.ok ? ok(id) : ordered;
  }
  const observed = deps.observeIn(draft, {
    collection: words.collection.name,
    id: words.id,
    observation: { kind: 'command', at: draft.now, by: principal.name, act: { do: 'desire', desired } },
  });
  return observed.ok ? ok(words.id) : observed;
}

const ORDER_OF = { active: 'resume', paused: 'pause', retired: 'retire' } as const;

function jsonOf(fields: object): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by a schema of JSON values.
  return fields as JsonObject;
}

function bornOf({ engine }: Deps, now: number, collection: string, fields: object): JsonObject {
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: the create schema of exactly this collection has read them.
  if (collection === 'connections') {
    const { agent, service, labels } = fields as ConnectionCreate;
    return engine.bornConnection(now, { agent, service, labels: labels ?? {} });
  }
  const { name, platform, release, labels } = fields as AgentCreate;
  // oxlint-enable typescript/no-unsafe-type-assertion
  return engine.bornAgent(now, { name, platform: platform ?? '', release: release ?? '', labels: labels ?? {} });
}

function newIdOf(deps: Deps, collection: string, fields: Readonly<Record<string, unknown>>): string {
  if (isRunCollection(collection)) return runId(deps, collection);
  const { agent, service } = fields;
  const pair = typeof agent === 'string' && typeof service === 'string' ? `${agent}:${service}` : '';
  return pair !== '' && pair.length <= 128 ? pair : newId(deps.clock, collection === 'connections' ? 'con' : 'agt');
}

/** Several words of a run live in one field of its record. */
function touchedByRun(words: readonly string[]): readonly string[] {
  return words.map((word) => (IN_PROGRESS.has(word) ? `progress.${word}` : word)).filter((word) => !UNSTORED.has(word));
}

const IN_PROGRESS: ReadonlySet<string> = new Set(['done', 'total', 'unit', 'message', 'stage']);
/** Said of the report, not of the run. */
const UNSTORED: ReadonlySet<string> = new Set(['seq', 'final', 'observedAt']);
