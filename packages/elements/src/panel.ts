import {
  BAR_BOX_HEIGHT,
  barBoxWidth,
  barPaths,
  barText,
  cellsOf,
  nameIn,
  panelSentence,
  statusIn,
  wordOf,
  worstFirst,
} from '@statewire/client/look';
import type { Row } from '@statewire/protocol';
import { badge } from './badge.ts';
import { connection } from './connection.ts';
import { textOf, type Host, type Kind } from './element.ts';
import { html, icon, show, svg } from './nodes.ts';
import { progress } from './progress.ts';
import { uptime } from './uptime.ts';

/**
 * What the token of an embed shows, in a page of somebody's: `<sw-panel panel="list" url="https://HOST/panels" token="sw_embed_...">`. The view
 * is the embed's; `collection` says which of them (`services`), `panel` how it is drawn: `badge`, `list`, `uptime`, `progress`, `connection`.
 */
export const panel: Kind = {
  name: 'sw-panel',
  attributes: ['panel', 'collection', 'label', 'empty', 'limit', 'unit', 'cells', 'variant'],
  tickMs: 1_000,
  watch(host) {
    if (host.attr('panel') === 'connection') return connection.watch(host);
    const view = host
      .client()
      .collection(host.attr('collection') ?? 'services')
      .view();
    return { rows: () => view.get().rows, status: () => view.get().status, subscribe: view.subscribe };
  },
  draw,
};

const LIMIT = 50;
const LIMIT_MAX = 500;

function draw(host: Host): void {
  const { root, rows, status, failure } = host;
  const kind = host.attr('panel') ?? 'list';
  // The pill is also what says that there is no connection.
  if (kind === 'connection') return connection.draw(host);
  if (failure !== null) return note(root, failure);
  if (status === 'denied') return note(root, 'This panel is not shown here any more');
  if (rows.length === 0)
    return note(root, status === 'loading' ? 'Loading' : (host.attr('empty') ?? 'Nothing to show'));
  const sorted = worstFirst(rows);
  if (kind === 'badge') return badge.draw(worstOf(host, sorted));
  if (kind === 'uptime') return uptime.draw({ ...host, rows: sorted.slice(0, 1) });
  if (kind === 'progress') return progress.draw({ ...host, rows: sorted.slice(0, 1) });
  if (kind === 'list') return list(host, sorted);
  note(root, `panel: found ${kind}, expected badge, list, uptime, progress or connection`);
}

/** One record as it is; of several the worst one's status, and how many are like that. */
function worstOf(host: Host, sorted: readonly Row[]): Host {
  const [worst] = sorted;
  if (worst === undefined || sorted.length === 1) return host;
  const label = host.attr('label') ?? panelSentence(sorted);
  return { ...host, rows: [worst], attr: (name) => (name === 'label' ? label : host.attr(name)) };
}

function list(host: Host, sorted: readonly Row[]): void {
  const { root, status } = host;
  const isOld = status === 'stale' || status === 'offline';
  const limit = Math.min(LIMIT_MAX, Math.max(1, Math.round(host.number('limit') ?? LIMIT)));
  const drawn = html(
    'div',
    { class: `panel${isOld ? ' stale' : ''}`, part: 'panel', 'data-live': status },
    html('p', { class: 'head', part: 'head' }, host.attr('label') ?? panelSentence(sorted)),
    html('ul', { class: 'rows', part: 'rows' }, ...sorted.slice(0, limit).map(item)),
    ...(sorted.length > limit ? [html('p', { class: 'note', part: 'note' }, `and ${sorted.length - limit} more`)] : []),
  );
  // Each second the ages alone may have changed: nothing is taken away from under a reader.
  if (root.querySelector('.panel')?.isEqualNode(drawn) === true) return;
  show(root, drawn);
}

function item(row: Row): HTMLElement {
  const { word, tone } = wordOf(statusIn(row));
  const reason = textOf(row, 'reason.text');
  const bar = textOf(row, 'bar') || textOf(row, 'recent.bar');
  return html(
    'li',
    { class: 'row', part: 'row', 'data-tone': tone, 'data-id': row.id },
    html('span', { class: 'name', part: 'name', title: reason === '' ? null : reason }, nameIn(row)),
    ...(bar === '' ? [] : [barOf(bar, textOf(row, 'bar') === '' ? 'check' : 'day')]),
    html('span', { class: 'badge', part: 'badge' }, icon(tone), html('span', { part: 'word' }, word)),
  );
}

function barOf(bar: string, unit: 'check' | 'day'): SVGElement {
  const paths = [...barPaths(cellsOf(bar, CELLS))].map(([tone, d]) => svg('path', { d, 'data-tone': tone }));
  const said = { role: 'img', 'aria-label': barText(bar.slice(-CELLS), unit), preserveAspectRatio: 'none' };
  return svg(
    'svg',
    { class: 'bar', part: 'bar', viewBox: `0 0 ${barBoxWidth(CELLS)} ${BAR_BOX_HEIGHT}`, ...said },
    ...paths,
  );
}

const CELLS = 30;

function note(root: ShadowRoot, text: string): void {
  if (root.querySelector('.note')?.textContent === text && root.querySelector('.panel') === null) return;
  show(root, html('p', { class: 'note', part: 'note', role: 'status' }, text));
}
