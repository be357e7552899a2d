import { TRANSPORTS } from '../connect/rungs.ts';
import type { Transport } from '../connect/transport.ts';

/** What a tab asks of a shared worker: to lead its group. */
export interface HostWish {
  readonly k: 'lead';
  readonly url: string;
  readonly group: string;
  readonly who: string | null;
  /** Ways to the server that may be taken; null: all. */
  readonly transports: readonly Transport[] | null;
}

/** Reads what came over a port, or null: any page of the origin may say anything to a worker. */
export function readWish(raw: unknown): HostWish | null {
  const { k, url, group, who, transports }: Record<string, unknown> =
    typeof raw === 'object' && raw !== null ? { ...raw } : {};
  if (k !== 'lead' || typeof url !== 'string' || typeof group !== 'string') return null;
  if (who !== null && typeof who !== 'string') return null;
  const ways = Array.isArray(transports) ? TRANSPORTS.filter((each) => transports.includes(each)) : null;
  return { k, url, group, who, transports: ways };
}
