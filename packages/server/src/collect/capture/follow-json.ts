/**
 * One run of a capture of a JSON document: fetched again and again through the guard of every other way out. The document is all
 * rows of one table, so what it does not have any more goes. Nothing of an answer is believed before all of it is here and read.
 */
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import { Budget } from '../egress/budget.ts';
import type { Egress } from '../egress/egress.ts';
import { Lane } from '../egress/lane.ts';
import type { RowChange } from './apply.ts';
import { rowsOf } from './document.ts';
import { beginning, markText, whyAnew, type Mark } from './mark.ts';
import type { TablePlan } from './plan.ts';
import type { JsonPlan } from './plans.ts';
import { columnsOf } from './pushed-row.ts';
import { rest } from './rest.ts';
import { idOf, itemOf } from './row-item.ts';
import type { FeedDeps } from './run.ts';
import { Seen } from './seen.ts';
import { dropAll } from './snapshot.ts';
import { trouble, type Trouble } from './trouble.ts';

export interface JsonDeps extends FeedDeps<JsonPlan> {
  readonly egress: Egress;
}

/** Runs until something ends it; says what. */
export async function followJson(deps: JsonDeps): Promise<Trouble> {
  const { plan, told, limits, clock, signal } = deps;
  const [table] = plan.tables;
  if (table === undefined) return { code: 'no_table', message: 'the capture has no table' };
  const seen = new Seen(limits.captureSeenMax);
  const now = { system: `json/${digest(plan.url)}`, fingerprint: digest(JSON.stringify([plan.rows, table])) };
  let mark = await deps.mark();
  const cause = whyAnew(mark, now);
  if (cause !== null || mark === null) {
    mark = beginning(mark, now, cause ?? 'first');
    const marked = await deps.applier.apply([], markText(mark));
    if (!marked.ok) return marked;
    told.snapshot(mark, [{ plan: table, missing: [] }]);
  } else told.began(mark, [{ plan: table, missing: [] }]);
  while (!signal.aborted) {
    const askedAt = clock.now();
    let changes = 0;
    // Only a document that was taken whole is one that need not be sent again.
    const fetched = await fetchDocument(deps, mark.isWhole ? (mark.cursors['etag'] ?? null) : null);
    if (signal.aborted) break;
    if (!fetched.ok) return fetched;
    if (fetched.value !== 'same') {
      const { rows, etag } = fetched.value;
      const next: Mark = { ...mark, isWhole: true, cursors: etag === null ? {} : { etag } };
      const taken = await take(deps, { table, rows, seen, mark: next });
      if (!taken.ok) return taken;
      changes = taken.value;
      mark = next;
    }
    told.progress({ changes, applied: NONE, at: askedAt, lsn: null });
    if (await rest(deps, plan.pollMs)) break;
  }
  return { code: 'closed', message: 'the capture was stopped' };
}

interface Document {
  readonly rows: readonly JsonObject[];
  readonly etag: string | null;
}

async function fetchDocument(
  { plan, egress, clock, limits, signal }: JsonDeps,
  etag: string | null,
): Promise<Result<Document | 'same'>> {
  const url = new URL(plan.url);
  const at = `${url.protocol}//${url.host}${url.pathname}`;
  const lane = new Lane({ egress, clock, limits });
  const close = (): void => lane.close();
  signal.addEventListener('abort', close);
  const budget = new Budget(clock, limits.captureStatementMs);
  try {
    const answered = await lane.send({
      method: 'GET',
      url,
      headers: {
        accept: 'application/json',
        'user-agent': 'statewire',
        ...plan.headers,
        ...(etag === null ? {} : { 'if-none-match': etag }),
      },
      connectTimeoutMs: limits.captureConnectMs,
      budget,
    });
    if (!answered.ok) return trouble('unreachable', `${at} does not answer: ${answered.message}`);
    const answer = answered.value;
    if (answer.status === 304 && etag !== null) {
      answer.discard();
      return ok('same');
    }
    if (answer.status !== 200) {
      answer.discard();
      return refusedBy(answer.status, at);
    }
    const text = await answer.text(budget, limits.captureDocumentBytesMax);
    if (!text.ok) return trouble('unreadable', `the answer of ${at} could not be read: ${text.message}`);
    const rows = rowsOf(text.value, plan.rows, limits.captureDocumentRowsMax);
    return rows.ok ? ok({ rows: rows.value, etag: answer.headers.etag ?? null }) : rows;
  } finally {
    signal.removeEventListener('abort', close);
    lane.close();
  }
}

function refusedBy(status: number, at: string): { readonly ok: false } & Trouble {
  if (status === 401 || status === 403)
    return trouble('credentials', `${at} answered ${status}; correct the URL or the headers of the capture`);
  if (status === 404 || status === 410)
    return trouble('no_table', `${at} answered ${status}: there is nothing; correct the URL`);
  if (status >= 300 && status < 400)
    return trouble('moved', `${at} answered ${status}, expected 200; name the address it leads to in the URL`);
  return trouble('refused', `${at} answered ${status}, expected 200; it is asked again`);
}

/** Writes what changed, then drops what is not there any more; the last of it carries the mark. Says how many there were. */
async function take(
  { applier, limits, told, ...deps }: JsonDeps,
  what: {
    readonly table: TablePlan;
    readonly rows: readonly JsonObject[];
    readonly seen: Seen;
    readonly mark: Mark;
  },
): Promise<Result<number>> {
  const { table, rows, seen, mark } = what;
  const step = limits.captureRowsPerTransactionMax;
  const left = new Set(deps.idsOf(table));
  let count = 0;
  told.reading();
  for (let from = 0; from < rows.length; from += step) {
    const changes: RowChange[] = [];
    const slice = rows.slice(from, from + step);
    for (const each of slice) {
      const row = columnsOf(each);
      const item = itemOf(table, row);
      if (item.ok && item.value !== null) left.delete(item.value.id);
      const id = idOf(table, row);
      if (id.ok && seen.isKnown(table, id.value, [JSON.stringify(each)])) continue;
      changes.push({ kind: 'put', plan: table, row, old: null });
    }
    // From here on the records are of no document that had a tag.
    const torn = markText({ ...mark, cursors: {} });
    const applied = changes.length === 0 ? ok(NONE) : await applier.apply(changes, torn);
    if (!applied.ok) return applied;
    told.rows(table.table, slice.length, applied.value);
    count += changes.length;
  }
  const drops: RowChange[] = [];
  for (const id of left) {
    drops.push({ kind: 'drop', plan: table, id });
    seen.forget(table, id);
  }
  const dropped = await dropAll({ applier, rowsMax: step }, drops, markText(mark));
  return dropped.ok ? ok(count + drops.length) : dropped;
}

const NONE = { refused: 0, why: null } as const;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
