import { useRecordOf } from './rows.ts';

/** The counts that frame and overview show, from the fleet's own record: no rows are needed to count rows. */
export interface FleetCounts {
  readonly total: number;
  readonly up: number;
  readonly degraded: number;
  readonly down: number;
  readonly unknown: number;
  readonly pending: number;
  readonly maintenance: number;
  readonly paused: number;
  readonly agents: number;
  readonly running: number;
  /** Alerts that fire and nobody has taken, and how many of them are critical. */
  readonly firing: number;
  readonly critical: number;
  /** Version of the record: moves whenever a count did. */
  readonly version: number;
}

/** Live counts; null until they are known. */
export function useFleet(): { readonly counts: FleetCounts | null; readonly isStale: boolean } {
  const { row, isLoading, isStale } = useRecordOf('metrics', 'fleet');
  if (row === null) return { counts: isLoading ? null : NOTHING, isStale };
  return { counts: countsOf(row.values, row.version), isStale };
}

/** Reads the counts off the record's values, whose names are `<collection>.<word>`. */
export function countsOf(values: Readonly<Record<string, number>>, version: number): FleetCounts {
  const of = (collection: string, word: string): number => values[`${collection}.${word}`] ?? 0;
  const word = (name: string): number => of('services', name);
  const counts = {
    up: word('up'),
    degraded: word('degraded'),
    down: word('down'),
    unknown: word('unknown'),
    pending: word('pending'),
    maintenance: word('maintenance'),
    paused: word('paused'),
  };
  return {
    ...counts,
    total: Object.values(counts).reduce((sum, n) => sum + n, 0),
    agents: statusWords.reduce((sum, name) => sum + of('agents', name), 0),
    running: of('jobs', 'running') + of('executions', 'running'),
    firing: of('alerts', 'firing'),
    critical: of('alerts', 'firing.critical'),
    version,
  };
}

const statusWords = ['up', 'degraded', 'down', 'unknown', 'pending', 'maintenance', 'paused'] as const;

// No record yet means that nothing was ever counted: an organization without anything.
const NOTHING: FleetCounts = countsOf({}, 0);
