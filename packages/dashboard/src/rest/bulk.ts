import type { JsonObject } from '@statewire/protocol';
import { type Answer, request } from './request.ts';

/** Which records: named ones, or all that pass a filter. */
export type Which = { readonly ids: readonly string[] } | { readonly where: unknown };

/** Does something to many records, as a job of the server. */
export function beginBulk(
  collection: string,
  which: Which,
  op: string,
  fields: JsonObject = {},
): Promise<Answer<{ readonly id: string }>> {
  return request(`/v1/${collection}/bulk`, { method: 'POST', body: { ...which, op, fields } });
}

/** Takes a bulk job back, as another job. */
export function undoBulk(id: string): Promise<Answer<{ readonly id: string }>> {
  return request(`/v1/jobs/${encodeURIComponent(id)}/undo`, { method: 'POST' });
}

/** What an import does, or would do. */
export interface ImportAnswer {
  readonly dryRun: boolean;
  readonly lines: number;
  readonly create: number;
  readonly update: number;
  readonly keep: number;
  readonly failed: number;
  readonly plan: readonly { readonly line: number; readonly action: string; readonly name: string }[];
  readonly errors: readonly { readonly line: number; readonly message: string }[];
}

/** Takes customers or users from a file, or says what taking it would do. */
export function importPeople(
  collection: string,
  file: { readonly text: string; readonly format: 'csv' | 'jsonl' },
  dryRun: boolean,
): Promise<Answer<ImportAnswer>> {
  const type = file.format === 'csv' ? 'text/csv' : 'application/x-ndjson';
  return request(`/v1/${collection}/import?format=${file.format}&dry_run=${dryRun ? 1 : 0}`, {
    method: 'POST',
    text: { type, content: file.text },
  });
}
