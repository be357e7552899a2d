/**
 * A capture whose rows are sent to us. One request is one transaction: all of its changes or none, with the id of the message, so
 * that a message that comes again is answered and not carried out again, also after a kill. Nothing is asked and nothing waits, so
 * what was never sent is never known.
 */
import { isCode, ok, refuse, type Json, type Result, type Row } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Commit, Draft, Written } from '../../keep/commit-types.ts';
import { Applier, type ApplyDeps, type RowChange } from './apply.ts';
import { changeOf, type SentChange } from './pushed-row.ts';
import { REPORTED, type TablePlan } from './plan.ts';
import type { WebhookPlan } from './plans.ts';
import { idOf, itemOf } from './row-item.ts';
import { Told } from './told.ts';

export interface PushedDeps extends ApplyDeps {
  readonly commit: Pick<Commit, 'version' | 'write'>;
  readonly live: { get(org: string, collection: string, id: string): { readonly row: Row } | null };
  /** Writes that may be repeated (keep/idempotency.ts). */
  readonly idempotency: {
    write<T extends Json>(
      once: { readonly org: string; readonly principal: string; readonly id: string; readonly digest: string },
      actor: string,
      tx: (draft: Draft) => Result<T>,
    ): Promise<Result<Written<T> & { readonly repeated: boolean }>>;
  };
  readonly onError: (error: unknown, what: string) => void;
}

/** What became of one request. */
export interface Taken {
  readonly rows: number;
  /** Of these, older than what was here. */
  readonly stale: number;
  readonly repeated: boolean;
}

export class Pushed {
  readonly plan: WebhookPlan;
  readonly #deps: PushedDeps;
  readonly #applier: Applier;
  readonly #told: Told;
  readonly #tables: ReadonlyMap<string, TablePlan>;

  constructor(deps: PushedDeps, plan: WebhookPlan) {
    this.#deps = deps;
    this.plan = plan;
    this.#applier = new Applier(deps, plan);
    this.#told = new Told({ ...deps, tellMs: deps.limits.captureTellMs }, plan);
    this.#tables = new Map(plan.tables.map((table) => [table.table, table]));
  }

  /** It is ready; what is here is as old as when the last rows came. */
  start(): void {
    const { id, org, tables } = this.plan;
    const asOf = this.#deps.live.get(org, 'captures', id)?.row['asOf'];
    this.#told.began(
      { epoch: 1, cause: 'first' },
      tables.map((plan) => ({ plan, missing: [] })),
    );
    this.#told.progress({ changes: 0, applied: NONE, at: typeof asOf === 'number' ? asOf : null, lsn: null });
  }

  close(): void {
    this.#told.close();
  }

  /** Takes the changes of one message, or refuses all of them. */
  async take(
    sent: readonly SentChange[],
    message: { readonly id: string | null; readonly body: string },
  ): Promise<Result<Written<Taken>>> {
    const { org } = this.plan;
    const actor = `capture:${this.plan.id}`;
    const tx = (draft: Draft): Result<{ rows: number; stale: number }> => this.#write(draft, sent);
    const written: Result<Written<{ rows: number; stale: number }> & { readonly repeated?: boolean }> =
      message.id === null
        ? await this.#deps.commit.write(org, actor, tx)
        : await this.#deps.idempotency.write(
            { org, principal: actor, id: message.id, digest: digestOf(message.body) },
            actor,
            tx,
          );
    if (!written.ok) {
      if (OURS.has(written.code)) return written;
      this.#told.progress({ changes: 0, applied: { refused: sent.length, why: written.message }, at: null, lsn: null });
      return written;
    }
    const { version, value, repeated = false } = written.value;
    if (!repeated) {
      for (const [table, rows] of counted(sent, this.#tables)) this.#told.rows(table, rows, NONE);
      this.#told.progress({ changes: value.rows - value.stale, applied: NONE, at: this.#deps.clock.now(), lsn: null });
    }
    return ok({ version, value: { ...value, repeated } });
  }

  #write(draft: Draft, sent: readonly SentChange[]): Result<{ rows: number; stale: number }> {
    let stale = 0;
    for (const [at, each] of sent.entries()) {
      const change = changeOf(each, this.#tables);
      if (!change.ok) return placed(change, { at, of: sent.length });
      if (isStale(draft, change.value)) {
        stale += 1;
        continue;
      }
      const applied = this.#applier.within(draft, change.value);
      if (!applied.ok) return placed(applied, { at, of: sent.length });
    }
    return ok({ rows: sent.length, stale });
  }
}

const NONE = { refused: 0, why: null } as const;

/** Failures that are none of the sender's. */
const OURS: ReadonlySet<string> = new Set(['overloaded', 'unavailable']);

function placed(
  failed: { readonly code: string; readonly message: string },
  { at, of }: { readonly at: number; readonly of: number },
): Result<never> {
  return refuse(
    isCode(failed.code) ? failed.code : 'bad_field',
    of === 1 ? failed.message : `[${at}] ${failed.message}; none of the ${of} changes was taken`,
  );
}

/**
 * Messages may overtake each other. Where a column grows with each change of a row (`cursor`) and is a field of the record, an
 * older row does not go over a newer one.
 */
function isStale(draft: Draft, change: RowChange): boolean {
  const { plan } = change;
  if (change.kind === 'drop' || plan.cursor === null || REPORTED.has(plan.collection)) return false;
  const [field] =
    Object.entries(plan.fields).find(
      ([, { column, type, path }]) =>
        column === plan.cursor && path.length === 0 && (type === 'time' || type === 'number'),
    ) ?? [];
  const said = change.kind === 'delete' ? change.old : change.row;
  const id = idOf(plan, said);
  if (field === undefined || !id.ok) return false;
  const was = draft.get(plan.collection, id.value)?.[field];
  const item = itemOf(plan, said);
  const now = item.ok ? item.value?.fields[field] : null;
  return typeof was === 'number' && typeof now === 'number' && now < was;
}

function counted(sent: readonly SentChange[], tables: ReadonlyMap<string, TablePlan>): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const each of sent) {
    const change = changeOf(each, tables);
    if (!change.ok) continue;
    const { table } = change.value.plan;
    rows.set(table, (rows.get(table) ?? 0) + 1);
  }
  return rows;
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
