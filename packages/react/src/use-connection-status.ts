import type { Connection, ConnectionPhase, Health } from '@statewire/model';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useRecord } from './use-record.ts';

/** One agent's link to one service, with what is asked of it most. */
export interface LiveConnectionStatus extends Live<Connection | null> {
  /** Null while it is not known. */
  readonly phase: ConnectionPhase | null;
  readonly isConnected: boolean;
  /** When it was last observed, on the server's clock. */
  readonly lastSeen: number | null;
  readonly health: Health;
  readonly latencyMs: number | null;
}

/** The link of an agent to a service by its id, `<agent>:<service>` unless it was given another. */
export function useConnectionStatus(id: string | null, options?: LiveOptions): LiveConnectionStatus {
  const live = useRecord('connections', id, options);
  return useMemo(() => ({ ...live, ...factsOf(live.data) }), [live]);
}

function factsOf(row: Connection | null): Omit<LiveConnectionStatus, keyof Live<Connection>> {
  const phase = row === null ? null : phaseOf(row);
  return {
    phase,
    isConnected: phase === 'connected',
    lastSeen: row?.observedAt ?? null,
    health: row?.health ?? 'unknown',
    latencyMs: row?.latencyMs ?? null,
  };
}

const PHASES: readonly ConnectionPhase[] = [
  'connected',
  'connecting',
  'disconnected',
  'failed',
  'needs_auth',
  'reconnecting',
];

/** Silence for too long is no connection, whatever was said last. */
export function phaseOf({ phase, fresh }: Pick<Connection, 'phase' | 'fresh'>): ConnectionPhase | null {
  const known = PHASES.find((each) => each === phase) ?? null;
  return fresh === 'expired' && known === 'connected' ? 'disconnected' : known;
}
