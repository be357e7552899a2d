import type { StatusRow } from '../status.ts';

/** An agent: its presence and what it is doing. Phases: offline starting idle running waiting stopping failed. */
export interface Agent extends StatusRow {
  readonly name: string;
  readonly platform: string;
  /** Agent software's own version word (not the record's version). */
  readonly release: string;
  readonly currentExecution: string | null;
  /** How presence is known: an open SDK connection, heartbeats, or reports. */
  readonly presence: 'socket' | 'beat' | 'report';
  readonly activity: string;
}
