import type { NotificationPatch } from '@statewire/model';
import { ok, refuse } from '@statewire/protocol';
import { marked } from '../../inbox/mark.ts';
import { notificationIn, place } from '../../inbox/place.ts';
import type { Plain } from '../plain.ts';

/** One person's items. Made by what happens (joints/inbox.ts), changed and deleted by the person. */
export const notifications: Plain = {
  prefix: 'ntf',
  born: () => refuse('unsupported', 'this server sends no notifications'),
  patched: (_deps, draft, { id, row, fields }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the patch schema of notifications has read them.
    const { state } = fields as NotificationPatch;
    const notification = notificationIn(draft, id);
    if (state === undefined || notification === null) return ok(row);
    place(draft, id, marked(notification, { do: state === 'archived' ? 'archive' : state }, draft.now));
    return ok(notificationIn(draft, id) ?? row);
  },
  removed: (_deps, draft, { id }) => {
    place(draft, id, null);
    return ok(null);
  },
};
