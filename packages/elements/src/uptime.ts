import { BAR_BOX_HEIGHT, barBoxWidth, barPaths, barText, cellsOf } from '@statewire/client/look';
import { textOf, watchRecord, type Host, type Kind } from './element.ts';
import { show, svg } from './nodes.ts';

/**
 * The last checks as cells: `<sw-uptime bar="uuugd">`, or live by `<sw-uptime record="search">`. With `unit="day"` the
 * last days. `cells` says how many, `label` of what.
 */
export const uptime: Kind = {
  name: 'sw-uptime',
  attributes: ['bar', 'cells', 'label', 'unit', 'record', 'collection'],
  watch: (host) => watchRecord(host, 'services'),
  draw,
};

const CELLS_MAX = 400;

function draw(host: Host): void {
  const [row] = host.rows;
  const unit = host.attr('unit') === 'day' ? 'day' : 'check';
  const bar = textOf(row, unit === 'day' ? 'bar' : 'recent.bar') || (host.attr('bar') ?? '');
  const asked = host.number('cells') ?? (unit === 'day' ? 90 : 30);
  const count = Math.min(CELLS_MAX, Math.max(1, Math.round(asked)));
  const label = host.attr('label') ?? textOf(row, 'name');
  const isOld = host.status === 'stale' || host.status === 'offline';
  const paths = [...barPaths(cellsOf(bar, count))].map(([tone, d]) => svg('path', { d, 'data-tone': tone }));
  show(
    host.root,
    svg(
      'svg',
      {
        class: `bar${isOld ? ' stale' : ''}`,
        part: 'bar',
        viewBox: `0 0 ${barBoxWidth(count)} ${BAR_BOX_HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${label === '' ? '' : `${label}: `}${host.failure ?? barText(bar.slice(-count), unit)}`,
      },
      ...paths,
    ),
  );
}
