/**
 * Counts of one organization by status and state, for the `metrics` record `fleet`: what is watched, and what is open
 * (alerts, incidents, maintenances). Kept incrementally: one change
 * moves a few counters. Every key that can be non-zero for a known collection is present from the start, so that a
 * dashboard never has to tell 0 from missing; keys per service kind appear with the first service of the kind.
 */
import { RUN_STATES, STATUSES } from '@statewire/model';
import type { Row } from '@statewire/protocol';

/** The counters: `services.up`, `services.mcp.down`, `agents.total`, `jobs.running`, `runs.lost`, `attention`, ... */
export type FleetValues = Readonly<Record<string, number>>;

/** A record that counts: its collection and row. */
export interface Counted {
  readonly collection: string;
  readonly row: Row;
}

const STATUS_COLLECTIONS: readonly string[] = ['services', 'connections', 'agents'];
const RUN_COLLECTIONS: readonly string[] = ['executions', 'jobs'];

/** Plain collections that are counted, by the field that says where each record stands. */
const OPEN_COLLECTIONS: Readonly<Record<string, string>> = {
  alerts: 'state',
  incidents: 'phase',
  maintenances: 'state',
};

/** Do records of this collection count? */
export function counts(collection: string): boolean {
  return (
    STATUS_COLLECTIONS.includes(collection) ||
    RUN_COLLECTIONS.includes(collection) ||
    Object.hasOwn(OPEN_COLLECTIONS, collection)
  );
}

/** All counters from all records. */
export function fleetValues(records: Iterable<Counted>): FleetValues {
  const values: Record<string, number> = { ...ZERO };
  for (const { collection, row } of records)
    for (const key of keysOf(collection, row)) values[key] = (values[key] ?? 0) + 1;
  return values;
}

/** The counters after one change. The same reference when no counter moved. */
export function countChange(
  values: FleetValues,
  change: { readonly collection: string; readonly before: Row | null; readonly after: Row | null },
): FleetValues {
  const leave = change.before === null ? [] : keysOf(change.collection, change.before);
  const enter = change.after === null ? [] : keysOf(change.collection, change.after);
  if (leave.length === enter.length && leave.every((key, i) => key === enter[i])) return values;
  const next: Record<string, number> = { ...values };
  for (const key of leave) {
    const left = (next[key] ?? 0) - 1;
    // A counter that nobody uses any more goes away, unless it is one of those that are always there.
    if (left <= 0 && !(key in ZERO)) delete next[key];
    else next[key] = Math.max(left, 0);
  }
  for (const key of enter) next[key] = (next[key] ?? 0) + 1;
  return next;
}

function keysOf(collection: string, row: Row): readonly string[] {
  if (STATUS_COLLECTIONS.includes(collection)) return statusKeys(collection, row);
  if (RUN_COLLECTIONS.includes(collection)) return runKeys(collection, row);
  const field = Object.hasOwn(OPEN_COLLECTIONS, collection) ? OPEN_COLLECTIONS[collection] : undefined;
  return field === undefined ? [] : openKeys(collection, row, field);
}

/** `alerts.firing`, and of what fires also how bad: `alerts.firing.critical`. */
function openKeys(collection: string, row: Row, field: string): readonly string[] {
  const word = wordOf(row, field);
  const keys = [`${collection}.${word}`];
  if (collection === 'alerts' && word === 'firing') keys.push(`alerts.firing.${wordOf(row, 'severity')}`);
  return keys;
}

function statusKeys(collection: string, row: Row): readonly string[] {
  const status = wordOf(row, 'status');
  const keys = [`${collection}.total`, `${collection}.${status}`];
  if (collection === 'services') {
    const kind = wordOf(row, 'kind');
    keys.push(`services.${kind}.total`, `services.${kind}.${status}`);
  }
  const isSuspect = row['suspect'] !== null && row['suspect'] !== undefined;
  if (isSuspect) keys.push(`${collection}.suspect`);
  // Each record that a person should look at counts once, whatever is wrong with it.
  if (status === 'degraded' || status === 'down' || isSuspect) keys.push('attention');
  return keys;
}

function runKeys(collection: string, row: Row): readonly string[] {
  const state = wordOf(row, 'state');
  return [`${collection}.total`, `${collection}.${state}`, 'runs.total', `runs.${state}`];
}

function wordOf(row: Row, field: string): string {
  const word = row[field];
  return typeof word === 'string' ? word : 'unknown';
}

const ZERO: Readonly<Record<string, number>> = Object.freeze(
  Object.fromEntries([
    ...STATUS_COLLECTIONS.flatMap((name) => ['total', 'suspect', ...STATUSES].map((word) => [`${name}.${word}`, 0])),
    ...[...RUN_COLLECTIONS, 'runs'].flatMap((name) => ['total', ...RUN_STATES].map((word) => [`${name}.${word}`, 0])),
    ['attention', 0],
    ['alerts.firing', 0],
    ['alerts.firing.critical', 0],
    ['alerts.acknowledged', 0],
    ['maintenances.active', 0],
  ]),
);
