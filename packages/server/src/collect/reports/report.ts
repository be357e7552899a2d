/**
 * Reports: what sources say of agents, connections, executions, jobs and pushed services. A report makes the record
 * when there is none (services excepted), moves it by the engine, and is durable when it is answered. Many reports
 * are written about a hundred to a transaction, so that a batch arrives together; each is taken or refused by itself,
 * and one that is refused leaves nothing behind.
 */
import { collectionOf, type RunRow } from '@statewire/model';
import { ok, type Failure, type Json, type Result } from '@statewire/protocol';
import type { Draft, Written } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import { applyCustomReport } from '../commands/custom.ts';
import { actorOf, knownTo, type WriteDeps } from './deps.ts';
import { readItem, type Item } from './item.ts';
import { applyMetricReport } from './metric-report.ts';
import { applyRunReport, runId } from './run-report.ts';
import { applyStatusReport } from './status-report.ts';
import { speakFor } from '../instructions/instruct.ts';

export interface Reports {
  /** One report: `{collection, id?, ...fields}`. */
  report(principal: Principal, raw: Json): Promise<Result<Written<ReportAnswer>>>;
  /** Many reports, answered in order, each by itself. */
  reportAll(principal: Principal, raws: readonly Json[]): Promise<readonly ItemResult[]>;
  /** A passed deadline of a run: its lease ended. */
  lapse(org: string, collection: string, id: string, deadline: number): Promise<Result<Written<null>>>;
}

/** What one report is answered with. */
export type ReportAnswer = {
  readonly id: string;
  /** Of an agent: how many instructions wait for its answer; left out with none. */
  readonly instructions?: number;
};

export type ItemResult =
  | ({ readonly ok: true; readonly version: number } & ReportAnswer)
  | ({ readonly ok: false; readonly id: string } & Failure);

export function createReports(deps: WriteDeps): Reports {
  return {
    async report(principal, raw) {
      const item = readFor(deps, principal, raw);
      if (!item.ok) return item;
      return deps.commit.write(principal.org, actorOf(principal), (draft) => {
        const applied = applyReport(deps, draft, item.value, principal);
        return applied.ok ? ok(answerOf(draft, { collection: item.value.collection.name }, applied.value)) : applied;
      });
    },

    async reportAll(principal, raws) {
      const results: ItemResult[] = [];
      const step = deps.limits.reportsPerTransactionMax;
      for (let from = 0; from < raws.length; from += step) {
        results.push(...(await writeSlice(deps, principal, raws.slice(from, from + step))));
      }
      return results;
    },

    lapse(org, collection, id, deadline) {
      return deps.commit.write(org, 'deadline', (draft) => {
        const found = draft.get(collection, id);
        if (found === null || collectionOf(collection)?.kind !== 'run') return ok(null);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
        const before = found as RunRow;
        const { row, transitions } = deps.engine.lapseRun(before, deadline, draft.now);
        if (row !== before) draft.put(collection, id, row);
        for (const transition of transitions) draft.transition({ ...transition, collection, id });
        return ok(null);
      });
    },
  };
}

/** Applies one report inside a transaction. Refused: nothing was written by it. */
export function applyReport(deps: WriteDeps, draft: Draft, item: Item, principal: Principal): Result<string> {
  const collection = item.collection.name;
  if (item.collection.custom !== undefined) return applyCustomReport(deps, draft, item, principal);
  if (collection === 'metrics')
    return applyMetricReport(deps, draft, { id: item.id, fields: item.fields, sourceId: principal.id });
  if (collection !== 'executions' && collection !== 'jobs') {
    const applied = applyStatusReport(deps, draft, item, principal.id);
    // A person who reports by hand speaks for no program.
    if (applied.ok && collection === 'agents' && principal.kind !== 'user') {
      speakFor(deps, draft, applied.value, { id: principal.id, isPresent: false });
    }
    return applied;
  }
  const id = item.id ?? runId(deps, collection);
  const applied = applyRunReport(deps, draft, {
    collection,
    id,
    fields: item.fields,
    cancelRequested: item.cancelRequested,
    sourceId: principal.id,
  });
  return applied.ok ? ok(id) : applied;
}

/** An agent that cannot hold a request is told by each report that something waits. */
export function answerOf(draft: Draft, { collection }: { readonly collection: string }, id: string): ReportAnswer {
  const waiting = collection === 'agents' ? draft.get('agents', id)?.['waiting'] : 0;
  return typeof waiting === 'number' && waiting > 0 ? { id, instructions: waiting } : { id };
}

/** Reads a report and checks that this caller may make it. */
export function readFor(deps: WriteDeps, principal: Principal, raw: unknown): Result<Item> {
  // Who may not report at all is told so, whatever else is wrong with the report.
  const named: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, 'collection') : null;
  if (typeof named === 'string' && knownTo(deps)(named) !== null) {
    const early = deps.authorize(principal, 'report', named);
    if (!early.ok) return early;
  }
  const item = readItem(raw, deps.engine.mappings, knownTo(deps));
  if (!item.ok) return item;
  const may = deps.authorize(principal, 'report', item.value.collection.name);
  return may.ok ? item : may;
}

async function writeSlice(deps: WriteDeps, principal: Principal, raws: readonly Json[]): Promise<ItemResult[]> {
  const items = raws.map((raw) => readFor(deps, principal, raw));
  const written = await deps.commit.write(principal.org, actorOf(principal), (draft) =>
    ok(
      items.map((item) => {
        if (!item.ok) return item;
        const applied = applyReport(deps, draft, item.value, principal);
        return applied.ok ? ok(answerOf(draft, { collection: item.value.collection.name }, applied.value)) : applied;
      }),
    ),
  );
  if (written.ok) {
    const { version, value } = written.value;
    return value.map((result, i) =>
      result.ok ? { ok: true, ...result.value, version } : { ...failureOf(result), ok: false, id: idOf(raws[i]) },
    );
  }
  const isOurs = written.code === 'overloaded' || written.code === 'unavailable';
  if (isOurs || raws.length === 1) return raws.map((raw) => ({ ...failureOf(written), ok: false, id: idOf(raw) }));
  // One report made the whole transaction fail (a record too large): it must not take the others with it.
  const alone: ItemResult[] = [];
  for (const raw of raws) alone.push(...(await writeSlice(deps, principal, [raw])));
  return alone;
}

function failureOf({ code, message }: Failure): Failure {
  return { code, message };
}

function idOf(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null || !('id' in raw)) return '';
  return typeof raw.id === 'string' ? raw.id.slice(0, 128) : '';
}
