'use client';
import type { CollectionState } from '@statewire/client';
import type { Service } from '@statewire/model';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useClient } from '../provider.tsx';

/** One service as a list of statuses shows it. */
export interface ServiceStatusItem {
  readonly id: string;
  readonly name: string;
  readonly status: Service['status'];
  readonly responseTime: number | null;
  readonly lastCheckAt: Date | null;
  readonly details: { readonly reason: string; readonly code: string };
}

/**
 * Keeps the query `['services', 'status']` true for every `useQuery` by that key, and writes `['service-update', id]` when a
 * service changed. Call it once, near the root. A change that comes before anybody asked is not lost, and a list that is
 * unchanged wakes nobody.
 */
export function useRealtimeStatus(queryKey: readonly unknown[] = SERVICES_STATUS): void {
  const client = useClient();
  const cache = useQueryClient();
  const key = JSON.stringify(queryKey);
  useEffect(() => {
    const known = new Map<string, { readonly row: Service; readonly item: ServiceStatusItem }>();
    let isFirst = true;
    const take = ({ hasData, rows, status }: CollectionState<Service>): void => {
      if (!hasData || status === 'denied') return;
      let isNews = rows.length !== known.size || isFirst;
      const items = rows.map((row) => {
        const held = known.get(row.id);
        if (held?.row === row) return held.item;
        isNews = true;
        const item = itemOf(row);
        known.set(row.id, { row, item });
        if (!isFirst) cache.setQueryData(['service-update', row.id], item);
        return item;
      });
      const ids = new Set(rows.map(({ id }) => id));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      isFirst = false;
      if (isNews) cache.setQueryData(JSON.parse(key), items);
    };
    const { close } = client.collection<Service>('services').subscribe(take);
    return close;
  }, [client, cache, key]);
}

const SERVICES_STATUS: readonly unknown[] = ['services', 'status'];

function itemOf({ id, name, status, latencyMs, observedAt, reason }: Service): ServiceStatusItem {
  return {
    id,
    name,
    status,
    responseTime: latencyMs,
    lastCheckAt: observedAt === null ? null : new Date(observedAt),
    details: { reason: reason.text, code: reason.code },
  };
}
