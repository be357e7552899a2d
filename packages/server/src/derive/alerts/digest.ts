import type { Alert, Policy } from '@statewire/model';
import { isOpen } from './alert.ts';
import type { Wanted } from './flush.ts';
import { digestWords, worst } from './say.ts';

const DAY_MS = 86_400_000;

/** The regular list of a policy's alerts: what is open, and what was over since the last one. Also when nothing was. */
export function digestOf(policy: Policy, alerts: readonly Alert[], at: number): readonly Wanted[] {
  const { digest } = policy;
  if (digest === null) return [];
  const since = at - (digest.every === 'day' ? DAY_MS : 7 * DAY_MS);
  const own = alerts.filter((alert) => alert.policy === policy.id).toSorted((a, b) => a.startedAt - b.startedAt);
  const open = own.filter((alert) => isOpen(alert) && alert.state !== 'pending');
  const ended = own.filter((alert) => !isOpen(alert) && (alert.resolvedAt ?? 0) > since);
  const names = new Map(alerts.map((alert) => [alert.id, alert.subjectName]));
  const words = digestWords(open, ended, digest.every, (id) => names.get(id) ?? id);
  return digest.channels.map((channel) => ({
    key: `${policy.id}:digest:${at}:${channel}`,
    channel,
    kind: 'digest',
    severity: worst(open),
    state: 'info',
    ...words,
    facts: [{ name: 'Policy', value: policy.name }],
    refs: open.flatMap(({ subject }) => subject ?? []).slice(0, 100),
    path: '/alerts',
    thread: `digest:${policy.id}`,
    at,
  }));
}
