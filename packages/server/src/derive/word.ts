import type { Health, Status, StatusRow } from '@statewire/model';
import type { Rules } from './rules.ts';

type Inputs = Pick<StatusRow, 'override' | 'desired' | 'overlay' | 'fresh' | 'health'>;

/** The one derived word, before damping. First match wins. */
export function word(row: Inputs, rules: Pick<Rules, 'onExpiry'>): Status {
  if (row.override !== null) return row.override.status;
  if (row.desired !== 'active') return 'paused';
  if (row.overlay.maintenance !== null) return 'maintenance';
  if (row.fresh === 'never') return 'pending';
  if (row.fresh === 'expired') return rules.onExpiry;
  return WORD[row.health];
}

/** Whether the word speaks of what was measured, and not of people's will or of nothing yet. */
export function isMeasured(row: Inputs): boolean {
  return row.override === null && row.desired === 'active' && row.overlay.maintenance === null && row.fresh !== 'never';
}

const WORD: Readonly<Record<Health, Status>> = {
  healthy: 'up',
  degraded: 'degraded',
  unhealthy: 'down',
  unknown: 'unknown',
};
