import { STATUSES, type Alert, type Status } from '@statewire/model';
import type { Draft } from '../../keep/commit-types.ts';

/** The alerts of these ids that are still there. */
export function linkedAlerts(draft: Pick<Draft, 'get'>, ids: readonly string[]): readonly Alert[] {
  const found: Alert[] = [];
  for (const id of ids) {
    const row = draft.get('alerts', id);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
    if (row !== null) found.push(row as Alert);
  }
  return found;
}

/** The status word of a record named by reference; null where it has none or is gone. */
export function statusIn(draft: Pick<Draft, 'get'>): (ref: string) => Status | null {
  return (ref) => {
    const slash = ref.indexOf('/');
    const row = draft.get(ref.slice(0, slash), ref.slice(slash + 1));
    const status = row?.['status'];
    return STATUSES.find((known) => known === status) ?? null;
  };
}
