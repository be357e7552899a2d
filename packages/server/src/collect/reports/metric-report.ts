import type { MetricReport } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { WriteDeps } from './deps.ts';

/** Subjects of our own: nobody else's word moves them. */
const OWN: ReadonlySet<string> = new Set(['audit', 'fleet', 'gateway', 'server']);

/** A report on a metric of the app. Makes the metric when it is not known yet. */
export function applyMetricReport(
  { engine, limits }: Pick<WriteDeps, 'engine' | 'limits'>,
  draft: Draft,
  {
    id,
    fields,
    sourceId,
  }: { readonly id: string | null; readonly fields: Readonly<Record<string, unknown>>; readonly sourceId: string },
): Result<string> {
  if (id === null) return refuse('bad_field', 'id: found nothing, expected the name of the metric such as orders');
  const known = draft.get('metrics', id);
  if (OWN.has(id) || known?.['kind'] === 'derived')
    return refuse('unsupported', `metrics/${id} is derived by the server; take another name`);
  if (known === null && countOf(draft) >= limits.metricsPerOrgMax)
    return refuse('too_many_records', `there are ${limits.metricsPerOrgMax} metrics already, which is the most`);
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: the collection's report schema has read the fields, and only this file and stepMetric write such rows.
  const report = fields as MetricReport;
  const before = known as Parameters<typeof engine.stepMetric>[0];
  // oxlint-enable typescript/no-unsafe-type-assertion
  const next = engine.stepMetric(before, { ...report, subject: id }, draft.now);
  draft.put('metrics', id, { ...next, source: { kind: 'report', id: sourceId, seq: null } });
  return ok(id);
}

/** Forgets a metric of the app, its past with it. What reports it again makes a new one. */
export function deleteMetric(
  draft: Draft,
  { id, row }: { readonly id: string; readonly row: Readonly<Record<string, unknown>> },
): Result<string> {
  if (OWN.has(id) || row['kind'] === 'derived')
    return refuse('unsupported', `metrics/${id} is derived by the server; only a reported metric is deleted`);
  draft.delete('metrics', id);
  return ok(id);
}

function countOf(draft: Draft): number {
  let count = 0;
  for (const _ of draft.all('metrics')) count += 1;
  return count;
}
