import { ok, refuse } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import { mayWrite } from '../../../lib/own.ts';
import type { Principal } from '../../../lib/principal.ts';
import { knownTo, type WriteDeps } from '../../reports/deps.ts';
import type { Plain } from '../plain.ts';

/** Views that people keep. Their ids are of chance: one of a name would say that somebody else keeps such a view. */
export const savedViews: Plain = {
  prefix: 'svw',
  ids: 'made',
  born(deps, draft, { principal, id, fields }) {
    const mine = owned(draft, principal);
    const max = deps.limits.savedViewsPerPersonMax;
    if (mine.length >= max) {
      return refuse('too_many_records', `you keep ${mine.length} views, limit ${max}; delete one you no longer use`);
    }
    const row = {
      search: {},
      isShared: false,
      isDefault: false,
      ...fields,
      owner: principal.id,
      ownerName: principal.name,
    };
    if (row.isDefault) onlyDefault(draft, principal, id, fields['page']);
    return ok(row);
  },
  patched(deps, draft, { principal, id, fields, row }) {
    if (!isTheirOwn(deps, principal, row)) return notYours;
    if (fields['isDefault'] === true) onlyDefault(draft, principal, id, row['page']);
    return ok({ ...row, ...fields });
  },
  removed: (deps, _draft, { principal, row }) => (isTheirOwn(deps, principal, row) ? ok(null) : notYours),
};

const notYours = refuse('forbidden', 'the view is somebody else’s; save one of your own');

function isTheirOwn(deps: WriteDeps, principal: Principal, row: Parameters<typeof mayWrite>[2]): boolean {
  return mayWrite(principal, knownTo(deps)('saved-views')?.access ?? {}, row);
}

function owned(draft: Draft, { id }: Principal): readonly ReturnType<Draft['get']>[] {
  return Array.from(draft.all('saved-views')).filter((row) => row['owner'] === id);
}

/** The one that was the default of this page until now is it no more. */
function onlyDefault(draft: Draft, principal: Principal, id: string, page: unknown): void {
  for (const row of owned(draft, principal)) {
    if (row === null || row.id === id || row['page'] !== page || row['isDefault'] !== true) continue;
    draft.put('saved-views', row.id, { ...row, isDefault: false });
  }
}
