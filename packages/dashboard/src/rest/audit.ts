import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { fetched } from './request.ts';

/** A row of the audit log as the server shows it. */
export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  readonly from: { readonly ip: string; readonly agent: string; readonly door: string } | null;
  readonly action: string;
  readonly target: { readonly collection: string; readonly id: string } | null;
  readonly outcome: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly why: string | null;
  readonly version: number;
  readonly hash: string;
}

export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** What the log is searched by, as the REST door names it. */
export interface AuditFilters {
  readonly q?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly outcome?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface AuditPage {
  readonly rows: readonly AuditRow[];
  readonly next: string | null;
  readonly head: AuditHead;
}

/** Rows that pass the filters, newest first, a page at a time. */
export const auditQuery = (filters: AuditFilters, limit = 60) =>
  infiniteQueryOptions({
    queryKey: ['audit', filters, limit],
    queryFn: ({ signal, pageParam }): Promise<AuditPage> =>
      fetched<AuditPage>(
        `/v1/audit?${paramsOf({ ...filters, limit, ...(pageParam === null ? {} : { cursor: pageParam }) })}`,
        signal,
      ),
    initialPageParam: cursorOf(null),
    getNextPageParam: (page) => cursorOf(page.next),
    maxPages: 50,
    staleTime: 60_000,
  });

/** What a look at the whole chain found. */
export interface AuditVerdict {
  readonly isWhole: boolean;
  readonly from: number;
  readonly rows: number;
  readonly head: AuditHead;
  readonly flaws: readonly { readonly seq: number; readonly text: string }[];
}

/** Asked for by hand: every row is looked at. */
export const auditVerdictQuery = queryOptions({
  queryKey: ['audit-verdict'],
  queryFn: ({ signal }) => fetched<AuditVerdict>('/v1/audit/verify', signal),
  staleTime: 60_000,
});

/** Where the browser fetches what passes the filters as a file. */
export function auditExportUrl(filters: AuditFilters, format: 'csv' | 'jsonl'): string {
  return `/v1/audit/export?${paramsOf({ ...filters, format })}`;
}

function cursorOf(next: string | null): string | null {
  return next;
}

function paramsOf(values: Readonly<Record<string, number | string | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) params.set(name, String(value));
  return params.toString();
}
