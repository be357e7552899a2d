import { ago, wordOf } from '@statewire/client/look';
import type { CollectionView, Where } from '@statewire/client';
import type { Row } from '@statewire/protocol';
import { numberOf, textOf, type Host, type Kind } from './element.ts';
import { html, show } from './nodes.ts';

/**
 * The newest records of a collection: `<sw-feed collection="alerts">`. `where` is a condition as JSON, `limit` how many (20),
 * and `title-field`, `text-field`, `time-field`, `status-field` say what is shown of each.
 */
export const feed: Kind = {
  name: 'sw-feed',
  attributes: [
    'collection',
    'where',
    'limit',
    'label',
    'empty',
    'title-field',
    'text-field',
    'time-field',
    'status-field',
  ],
  tickMs: 1_000,
  watch(host) {
    const where = host.attr('where');
    const all = host.client().collection(host.attr('collection') ?? 'notifications');
    const view: CollectionView<Row> = (where === null ? all : all.where(conditionOf(where))).view();
    return { rows: () => view.get().rows, status: () => view.get().status, subscribe: view.subscribe };
  },
  draw,
};

const LIMIT = 20;
const LIMIT_MAX = 200;

function draw(host: Host): void {
  const { root, rows, status, failure } = host;
  const limit = Math.min(LIMIT_MAX, Math.max(1, Math.round(host.number('limit') ?? LIMIT)));
  const time = host.attr('time-field');
  const atOf = (row: Row): number =>
    time === null
      ? (numberOf(row, 'lastAt') ?? numberOf(row, 'updatedAt') ?? numberOf(row, 'createdAt') ?? 0)
      : (numberOf(row, time) ?? 0);
  if (failure !== null || status === 'denied') {
    show(
      root,
      html(
        'p',
        { class: 'note', part: 'note', role: 'alert' },
        failure ?? 'Not allowed, or there is no such collection',
      ),
    );
    return;
  }
  const newest = Array.from(rows)
    .sort((a, b) => atOf(b) - atOf(a) || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
  if (newest.length === 0) {
    show(
      root,
      html(
        'p',
        { class: 'note', part: 'note' },
        status === 'loading' ? 'Loading' : (host.attr('empty') ?? 'Nothing yet'),
      ),
    );
    return;
  }
  const now = host.client().serverNow();
  const isOld = status === 'stale' || status === 'offline';
  const list = html('ol', {
    class: `feed${isOld ? ' stale' : ''}`,
    part: 'feed',
    'aria-label': host.attr('label') ?? 'Newest',
    'data-live': status,
  });
  for (const row of newest) list.append(item(host, row, atOf(row), now));
  // The ages alone have changed: nothing is taken away from under a reader.
  const drawn = root.querySelector('ol');
  if (drawn !== null && drawn.isEqualNode(list)) return;
  show(root, list);
}

function item(host: Host, row: Row, at: number, now: number): HTMLElement {
  const title = textOf(row, host.attr('title-field') ?? 'title') || textOf(row, 'name') || row.id;
  const text = textOf(row, host.attr('text-field') ?? 'text') || textOf(row, 'reason.text');
  const status = host.attr('status-field');
  const word = textOf(row, status ?? 'status') || (status === null ? textOf(row, 'state') : '');
  const look = wordOf(word === '' ? 'unknown' : word);
  return html(
    'li',
    { class: 'item', part: 'item', 'data-tone': look.tone, 'data-id': row.id },
    html('span', { class: 'mark', part: 'mark', 'aria-hidden': 'true' }),
    html(
      'span',
      { class: 'title', part: 'title' },
      title,
      ...(word === '' ? [] : [html('span', { class: 'time' }, ` ${look.word}`)]),
    ),
    html('time', { class: 'time', part: 'time', datetime: at === 0 ? null : iso(at) }, at === 0 ? '' : ago(at, now)),
    ...(text === '' ? [] : [html('span', { class: 'text', part: 'text' }, text)]),
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The condition of the attribute; what is no JSON is said by the element. */
function conditionOf(text: string): Where<Row> {
  try {
    const value: unknown = JSON.parse(text);
    // What JSON.parse gives of an object or a list is JSON; the server refuses by name what is no condition.
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, with what was expected.
  }
  throw new Error(`where: found ${text.slice(0, 60)}, expected JSON such as {"state":"firing"}`);
}
