import type { Draft } from '../keep/commit-types.ts';

/** Writes one record of the collection `metrics`. Equal values change nothing and make no version. */
export function putMetric(draft: Draft, subject: string, values: Readonly<Record<string, number>>): void {
  const before = draft.get('metrics', subject);
  const isSame = before !== null && JSON.stringify(before['values']) === JSON.stringify(values);
  if (isSame) return;
  draft.put('metrics', subject, {
    observedAt: draft.now,
    labels: {},
    source: { kind: 'system', id: 'server', seq: null },
    subject,
    values,
    window: 'now',
    kind: 'derived',
    title: '',
    unit: '',
    target: null,
    trend: null,
    past: null,
  });
}
