import type { Client, Query } from '@statewire/client';
import type { Row } from '@statewire/protocol';
import type { WindowWant } from './oracle.ts';
import type { Want } from './replica.ts';
import type { Shown } from './schedule.ts';

/** Shows what is wanted with a client of the SDK, until the returned function is called. */
export function watchWith(client: Client, want: Want, onChange: (shown: Shown) => void): () => void {
  const every = client.collection(want.collection).where(want.filter).every(want.iv);
  const chosen = want.fields === null ? every : every.fields(want.fields.filter(isField));
  const view = want.agg === null ? windowOf(chosen, want.window).view() : every.aggregate(want.agg);
  const tell = (): void => {
    const { rows, version, status, total } = view.get();
    onChange({ rows, version, total, isLive: status === 'live' });
  };
  const close = view.subscribe(tell);
  tell();
  return close;
}

function windowOf(all: Query<Row>, window: WindowWant | null): Query<Row> {
  if (window === null) return all;
  let query = all.limit(window.limit);
  for (const [field, direction] of window.sort) query = query.sort(field, direction);
  if (window.after !== undefined) query = query.after(window.after);
  if (window.before !== undefined) query = query.before(window.before);
  return window.skip === undefined ? query : query.skip(window.skip);
}

// `Row` declares no fields of its own, so that any name is one.
function isField(name: string): name is never {
  return name !== '';
}
