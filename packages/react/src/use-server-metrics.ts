import type { Connection, Service, Status } from '@statewire/model';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useCollection } from './use-collection.ts';
import { phaseOf } from './use-connection-status.ts';
import { useRecord } from './use-record.ts';

/** The numbers of one service. */
export interface ServerMetrics {
  readonly status: Status;
  /** Agents that are connected to it now. */
  readonly connectionCount: number;
  /** Mean of the last observations that measured a time, at most 30; null before the first. */
  readonly avgResponseTimeMs: number | null;
  /** Share of the last observations that failed, 0 to 1; null before the first. */
  readonly errorRate: number | null;
  /** Share of calls that failed, over what its connections reported; null when none did. */
  readonly callErrorRate: number | null;
  /** When it was last observed, on the server's clock. */
  readonly lastActivity: number | null;
}

/** The numbers of one service, live: two views, the service and its connections. Null when there is no such service. */
export function useServerMetrics(id: string | null, options?: LiveOptions): Live<ServerMetrics | null> {
  const service = useRecord('services', id, options);
  const connections = useCollection('connections', {
    ...options,
    where: { service: id ?? '' },
    fields: ['phase', 'fresh', 'calls', 'errors'],
  });
  return useMemo(() => {
    // The worse of the two: a number is as good as what it is made of.
    const worst = RANK.indexOf(service.status) >= RANK.indexOf(connections.status) ? service : connections;
    return {
      data: service.data === null ? null : metricsOf(service.data, connections.data),
      status: worst.status,
      verifiedAt: leastOf(service.verifiedAt, connections.verifiedAt),
      version: leastOf(service.version, connections.version),
      error: worst.error,
    };
  }, [service, connections]);
}

const RANK: readonly Live<unknown>['status'][] = ['live', 'stale', 'offline', 'loading', 'denied'];

/** What the two say together. */
export function metricsOf(
  service: Service,
  connections: readonly Pick<Connection, 'phase' | 'fresh' | 'calls' | 'errors'>[],
): ServerMetrics {
  const { bar, ms } = service.recent;
  const measured = ms.filter((each) => each !== null);
  const calls = connections.reduce((sum, each) => sum + each.calls, 0);
  const errors = connections.reduce((sum, each) => sum + each.errors, 0);
  return {
    status: service.status,
    connectionCount: connections.filter((each) => phaseOf(each) === 'connected').length,
    avgResponseTimeMs:
      measured.length === 0 ? null : Math.round(measured.reduce((sum, each) => sum + each, 0) / measured.length),
    errorRate: bar === '' ? null : (bar.split('d').length - 1) / bar.length,
    callErrorRate: calls === 0 ? null : errors / calls,
    lastActivity: service.observedAt,
  };
}

function leastOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b);
}
