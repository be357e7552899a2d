import { wordOf } from '@statewire/client/look';
import { textOf, watchRecord, type Host, type Kind } from './element.ts';
import { html, icon, show } from './nodes.ts';

/**
 * A status as shape, colour and word: `<sw-badge status="down">`, or live by
 * `<sw-badge record="search">` (of `services`, or of another `collection`).
 */
export const badge: Kind = {
  name: 'sw-badge',
  attributes: ['status', 'label', 'reason', 'variant', 'record', 'collection'],
  watch: (host) => watchRecord(host, 'services'),
  draw,
};

function draw(host: Host): void {
  const [row] = host.rows;
  // Runs have a state, everything else a status.
  const status = textOf(row, 'status') || textOf(row, 'state') || host.attr('status') || 'unknown';
  const { word, tone } = wordOf(status);
  const isOld = host.status === 'stale' || host.status === 'offline';
  const reason = host.failure ?? host.attr('reason') ?? textOf(row, 'reason.text');
  show(
    host.root,
    html(
      'span',
      {
        class: `badge${host.attr('variant') === 'soft' ? ' soft' : ''}${isOld ? ' stale' : ''}`,
        part: 'badge',
        'data-tone': tone,
        'data-status': status,
        'data-live': host.status,
        title: reason === '' ? null : reason,
      },
      icon(tone),
      html('span', { part: 'word' }, host.attr('label') ?? word),
    ),
  );
}
