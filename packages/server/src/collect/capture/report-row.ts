/**
 * Rows of tables whose records are ours: services, agents, connections, executions and jobs. A row says what a report would say, and
 * is believed at once; the engine does the rest. A service that is not there is made, without a check: its row is its check.
 */
import { TERMINAL_RUN_STATES } from '@statewire/model';
import { isJsonObject, ok, refuse, type Json, type JsonObject, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import { knownTo, type WriteDeps } from '../reports/deps.ts';
import { readItem } from '../reports/item.ts';
import { applyRunReport } from '../reports/run-report.ts';
import { applyStatusReport } from '../reports/status-report.ts';
import type { TablePlan } from './plan.ts';
import type { RowItem } from './row-item.ts';

interface Reporting {
  readonly plan: TablePlan;
  readonly item: RowItem;
  readonly sourceId: string;
}

/** Makes the record what its row says. */
export function report(deps: WriteDeps, draft: Draft, { plan, item, sourceId }: Reporting): Result<null> {
  const { collection } = plan;
  const { id } = item;
  const fields = fitted(item.fields);
  if (collection === 'services') {
    const taken = takenBy(draft.get('services', id), sourceId);
    if (taken !== null) {
      return refuse(
        'exists',
        `${plan.table}: a row has the key of a service that ${taken} has made; name another key for one of the two`,
      );
    }
    placeService(deps, draft, id, fields);
  }
  const isRun = collection === 'executions' || collection === 'jobs';
  const said = isRun
    ? { leaseMs: LEASE_MS, ...fields }
    : { final: true, ...without(fields, collection === 'services' ? DESCRIBED : NONE) };
  const read = readItem(
    {
      ...said,
      ...(plan.mapping === null || fields['status'] === undefined ? {} : { mapping: plan.mapping }),
      collection,
      id,
    },
    deps.engine.mappings,
    knownTo(deps),
  );
  if (!read.ok) return read;
  if (!isRun) {
    const aged = {
      ...read.value,
      fields: { ...read.value.fields, ...agedOf(plan, item, read.value.fields, draft.now) },
    };
    const applied = applyStatusReport(deps, draft, aged, sourceId);
    return applied.ok ? ok(null) : applied;
  }
  const given = read.value.fields;
  const state = typeof given['state'] === 'string' ? given['state'] : null;
  const was = draft.get(collection, id);
  const again = was === null ? null : attemptOf(was, state);
  // It ended, and its row was touched once more.
  if (again === 'over') return ok(null);
  const applied = applyRunReport(deps, draft, {
    collection,
    id,
    fields: again === null ? given : { ...given, attempt: again },
    cancelRequested: read.value.cancelRequested,
    sourceId,
  });
  return applied.ok ? ok(null) : applied;
}

/** Another table whose row made this service: two that took turns would be two truths. */
function takenBy(row: Row | null, sourceId: string): string | null {
  if (row === null || row['managedBy'] !== MANAGED_BY) return null;
  const speaker = speakerOf(row);
  return speaker === sourceId || !speaker.startsWith(`${MANAGED_BY}:`) ? null : speaker;
}

/** What a row says of something well is believed for so long after the last sign of life; what it says of trouble, until it says otherwise. */
function agedOf(
  { heartbeat }: TablePlan,
  { heardAt }: RowItem,
  { health }: Readonly<Record<string, unknown>>,
  now: number,
): JsonObject {
  if (heartbeat === null || typeof heardAt !== 'number' || health !== 'healthy') return {};
  const leftMs = Math.ceil(heardAt + heartbeat.forMs - now);
  if (leftMs > 0) return { periodMs: Math.min(leftMs, heartbeat.forMs) };
  return {
    health: 'unknown',
    reason: { code: 'heartbeat_stale', text: `The last sign of life is older than ${heartbeat.forMs / 1_000} s.` },
  };
}

/**
 * The row is gone: so is its record, unless somebody else made it or speaks of it. Of a service many may speak, so there it is only
 * another table that keeps it.
 */
export function forget(draft: Draft, collection: string, id: string, sourceId: string): Result<null> {
  const row = draft.get(collection, id);
  if (row === null) return ok(null);
  const speaker = speakerOf(row);
  const isTheirs =
    collection === 'services'
      ? row['managedBy'] !== MANAGED_BY || (speaker !== sourceId && speaker.startsWith(`${MANAGED_BY}:`))
      : speaker !== sourceId;
  if (isTheirs) return ok(null);
  draft.delete(collection, id);
  if (collection === 'services' && draft.get('checks', id) !== null) draft.delete('checks', id);
  return ok(null);
}

/** Who said last what the record is. */
export function speakerOf(row: Row): string {
  const source = row['source'];
  const id = typeof source === 'object' && source !== null && 'id' in source ? source['id'] : null;
  return typeof id === 'string' ? id : '';
}

const MANAGED_BY = 'capture';

/** The longest a lease may be: a row that nobody touches is no sign that its run is lost. */
const LEASE_MS = 86_400_000;

/** What people write of a service, and no report does. */
const DESCRIBED: ReadonlySet<string> = new Set(['description', 'group', 'name', 'target']);
const NONE: ReadonlySet<string> = new Set();

function placeService({ engine }: WriteDeps, draft: Draft, id: string, fields: JsonObject): void {
  const row = draft.get('services', id);
  const described = Object.fromEntries(Object.entries(fields).filter(([field]) => DESCRIBED.has(field)));
  if (row === null) {
    const born = engine.bornService(draft.now, { kind: 'mcp', name: id, managedBy: MANAGED_BY });
    draft.put('services', id, { ...born, ...described });
  } else if (
    row['managedBy'] === MANAGED_BY &&
    Object.entries(described).some(([field, value]) => row[field] !== value)
  ) {
    draft.put('services', id, { ...row, ...described });
  }
}

/**
 * A run that has ended does not go on, and none goes back to waiting: when its row says otherwise, it is the next attempt. Null: the
 * same attempt.
 */
function attemptOf(was: Row, state: string | null): number | 'over' | null {
  const before = was['state'];
  if (typeof before !== 'string' || state === null || before === state) return isOver(before) ? 'over' : null;
  const isBack = WAITING.has(state) && !WAITING.has(before);
  if (!isOver(before) && !isBack) return null;
  return (typeof was['attempt'] === 'number' ? was['attempt'] : 1) + 1;
}

const WAITING: ReadonlySet<string> = new Set(['delayed', 'queued']);

function isOver(state: Json | undefined): boolean {
  return TERMINAL_RUN_STATES.some((each) => each === state);
}

/** Texts as long as the fields may be, and no nulls where a report has none. */
function fitted(fields: JsonObject): JsonObject {
  const made: Record<string, Json> = {};
  for (const [field, value] of Object.entries(fields)) {
    const max = TEXT_MAX[field];
    if (value === null) {
      // A name has to say something; the one before stays.
      if (max !== undefined && field !== 'name') made[field] = '';
    } else if (max !== undefined && typeof value === 'string') made[field] = line(value).slice(0, max);
    else made[field] = isJsonObject(value) ? { ...value } : value;
  }
  return made;
}

const TEXT_MAX: Readonly<Record<string, number | undefined>> = {
  activity: 500,
  description: 2_000,
  message: 1_000,
  name: 200,
  stage: 128,
  target: 2_048,
  title: 300,
  unit: 32,
};

function line(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}

function without(fields: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !names.has(field)));
}
