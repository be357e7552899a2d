import { collectionOf, type Check, type StatusRow } from '@statewire/model';
import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import type { Observation } from '../collect/observation.ts';
import type { Rules } from '../derive/rules.ts';
import { step } from '../derive/step.ts';
import type { Commit, Draft, Written } from './commit-types.ts';

/**
 * What sources call: one observation of one record becomes its next row, its transitions and its sample, in one
 * transaction. `not_found` when the record is gone: an observation never brings one into being.
 */
export type Observe = (
  org: string,
  collection: string,
  id: string,
  observation: Observation,
) => Promise<Result<Written<Row>>>;

export interface ObserveDeps {
  readonly commit: Pick<Commit, 'write'>;
  readonly rulesOf: (check: Check | null, collection: string) => Rules;
}

export function createObserve(deps: ObserveDeps): Observe {
  return (org, collection, id, observation) =>
    deps.commit.write(org, actorOf(observation), (draft) => observeIn(deps, draft, { collection, id, observation }));
}

/** The same inside a transaction that does more than this. */
export function observeIn(
  deps: Pick<ObserveDeps, 'rulesOf'>,
  draft: Draft,
  what: { readonly collection: string; readonly id: string; readonly observation: Observation },
): Result<Row> {
  const { collection, id, observation } = what;
  if (collectionOf(collection)?.kind !== 'status') {
    return refuse('unsupported', `records of ${JSON.stringify(collection)} have no status to observe`);
  }
  const row = draft.get(collection, id);
  if (row === null) return refuse('not_found', `there is no ${collection}/${id}; it may have been deleted meanwhile`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind status are StatusRow.
  const before = row as StatusRow;
  const rules = deps.rulesOf(collection === 'services' ? checkOf(draft, id) : null, collection);
  const next = step(before, observation, draft.now, rules);
  if (next.row !== before) draft.put(collection, id, next.row);
  for (const transition of next.transitions) draft.transition({ ...transition, collection, id });
  if (next.sample !== null) draft.sample({ ...next.sample, collection, id });
  return ok(draft.get(collection, id) ?? next.row);
}

/** A service's check has the service's id. Services whose health is pushed have none. */
function checkOf(draft: Draft, id: string): Check | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `checks` are Check.
  return draft.get('checks', id) as Check | null;
}

/** Who is named in the change log: a person by name, a machine by what it does. */
function actorOf(observation: Observation): string {
  return observation.kind === 'command' ? observation.by : observation.kind;
}
