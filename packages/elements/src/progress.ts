import { amountText, percentOf, progressText, type Amount } from '@statewire/client/look';
import { numberOf, textOf, watchRecord, type Host, type Kind } from './element.ts';
import { html, show } from './nodes.ts';

/**
 * How far something is: `<sw-progress label="Scan" done="30" total="500">`, or live by `<sw-progress record="scan-1">` (of
 * `jobs`, or of another `collection`).
 */
export const progress: Kind = {
  name: 'sw-progress',
  attributes: ['done', 'total', 'pct', 'unit', 'label', 'message', 'tone', 'record', 'collection'],
  watch: (host) => watchRecord(host, 'jobs'),
  draw,
};

const TONES: Readonly<Record<string, string>> = {
  succeeded: 'up',
  failed: 'down',
  timed_out: 'down',
  lost: 'down',
  waiting_input: 'degraded',
  running: 'active',
};

function draw(host: Host): void {
  const [row] = host.rows;
  const state = textOf(row, 'state');
  const amount: Amount =
    row === undefined
      ? {
          done: host.number('done') ?? 0,
          total: host.number('total'),
          unit: host.attr('unit') ?? '',
          pct: host.number('pct'),
          message: host.attr('message') ?? undefined,
        }
      : {
          done: numberOf(row, 'progress.done') ?? 0,
          total: numberOf(row, 'progress.total'),
          unit: textOf(row, 'progress.unit'),
          pct: state === 'succeeded' ? 100 : numberOf(row, 'progress.pct'),
          message: textOf(row, 'progress.message'),
        };
  const pct = percentOf(amount);
  const tone = state === '' ? (host.attr('tone') ?? 'active') : (TONES[state] ?? 'quiet');
  const isGoing = pct === null && tone === 'active' && (host.status === null || row !== undefined);
  const isOld = host.status === 'stale' || host.status === 'offline';
  const track = html('div', {
    class: `track${isGoing ? ' going' : ''}`,
    part: 'track',
    role: 'progressbar',
    'aria-label': host.attr('label') ?? (textOf(row, 'title') || 'Progress'),
    'aria-valuetext': host.failure ?? progressText(amount),
    'aria-valuemin': pct === null ? null : 0,
    'aria-valuemax': pct === null ? null : 100,
    'aria-valuenow': pct,
  });
  const fill = html('div', { class: 'fill', part: 'fill' });
  fill.style.transform = `scaleX(${(pct ?? (isGoing ? 100 : 0)) / 100})`;
  track.append(fill);
  show(
    host.root,
    html(
      'div',
      { class: `progress${isOld ? ' stale' : ''}`, part: 'progress', 'data-tone': tone, 'data-live': host.status },
      track,
      html(
        'span',
        { class: 'number', part: 'number', 'aria-hidden': 'true' },
        pct === null ? amountText(amount) : `${pct} %`,
      ),
    ),
  );
}
