import type { RuleCondition } from '@statewire/model';
import { writeSpan } from '../../lib/span.ts';

export type ConditionKind = RuleCondition['kind'];

/** The families of conditions: their names, and what a new one starts from. */
export const families: Readonly<
  Record<ConditionKind, { readonly title: string; readonly hint: string; readonly start: RuleCondition }>
> = {
  status: {
    title: 'Status',
    hint: 'It has one of these statuses',
    start: { kind: 'status', is: ['down'] },
  },
  freshness: {
    title: 'Silence',
    hint: 'Nothing was heard of it in time',
    start: { kind: 'freshness', is: ['expired'] },
  },
  latency: {
    title: 'Latency',
    hint: 'Answers take too long',
    start: { kind: 'latency', q: 'p95', aboveMs: 1_000, overMs: 300_000 },
  },
  errors: {
    title: 'Error rate',
    hint: 'Too many looks fail',
    start: { kind: 'errors', above: 0.1, overMs: 600_000 },
  },
  run: {
    title: 'Runs',
    hint: 'A job or execution ended badly, or stands still',
    start: { kind: 'run', is: ['lost', 'failed'], stalledMs: 600_000 },
  },
  tools: { title: 'Tool drift', hint: 'An MCP server lists other tools than accepted', start: { kind: 'tools' } },
  certificate: {
    title: 'Certificate',
    hint: 'It ends soon',
    start: { kind: 'certificate', days: 14 },
  },
  flapping: { title: 'Flapping', hint: 'It changes too often to be believed', start: { kind: 'flapping' } },
  reconnects: {
    title: 'Reconnects',
    hint: 'It reconnects again and again',
    start: { kind: 'reconnects', count: 10, overMs: 600_000 },
  },
  metric: {
    title: 'Metric',
    hint: 'A number is out of its bounds, or changed a lot',
    start: {
      kind: 'metric',
      subject: 'fleet',
      name: 'services.down',
      above: 5,
      below: null,
      change: null,
      overMs: 600_000,
    },
  },
  trend: {
    title: 'Trend',
    hint: 'It will pass a limit soon if it goes on like this',
    start: { kind: 'trend', of: 'latency', limit: 2_000, withinMs: 3_600_000, subject: null, name: null },
  },
  anomaly: {
    title: 'Anomaly',
    hint: 'It is far from what is usual for it',
    start: { kind: 'anomaly', of: 'latency', sensitivity: 4 },
  },
};

/** A condition as a sentence. */
export function conditionText(when: RuleCondition): string {
  switch (when.kind) {
    case 'status':
      return `is ${when.is.join(' or ')}`;
    case 'freshness':
      return `is ${when.is.join(' or ')}`;
    case 'latency':
      return `${when.q} above ${when.aboveMs} ms over ${writeSpan(when.overMs)}`;
    case 'errors':
      return `more than ${Math.round(when.above * 1000) / 10} % fail over ${writeSpan(when.overMs)}`;
    case 'run':
      return when.is
        .map((word) => (word === 'stalled' ? `stands still for ${writeSpan(when.stalledMs)}` : word.replace('_', ' ')))
        .join(' or ');
    case 'tools':
      return 'lists other tools than accepted';
    case 'certificate':
      return `has a certificate that ends within ${when.days} days`;
    case 'flapping':
      return 'is flapping';
    case 'reconnects':
      return `reconnects ${when.count} times in ${writeSpan(when.overMs)}`;
    case 'metric':
      return [
        `${when.subject} ${when.name}`,
        [
          when.above === null ? '' : `above ${when.above}`,
          when.below === null ? '' : `below ${when.below}`,
          when.change === null ? '' : `changes by ${Math.round(when.change * 100)} % in ${writeSpan(when.overMs)}`,
        ]
          .filter((part) => part !== '')
          .join(' or '),
      ].join(' ');
    case 'trend':
      return `${when.of === 'latency' ? 'latency' : `${when.subject ?? ''} ${when.name ?? ''}`} will pass ${when.limit} within ${writeSpan(when.withinMs)}`;
    default:
      return `${when.of === 'latency' ? 'latency' : 'error rate'} is ${when.sensitivity} deviations from usual`;
  }
}
