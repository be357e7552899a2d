/**
 * What is told of a capture: its record in `captures`. A change of state is written at once, numbers at most once in a while, and
 * nothing that says the same as before.
 */
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { CaptureState } from '@statewire/model';
import type { Commit } from '../../keep/commit-types.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Applied } from './apply.ts';
import type { Mark } from './mark.ts';
import type { Table } from './prepare.ts';
import type { AnyPlan } from './plans.ts';
import type { Progress } from './stream.ts';
import type { Trouble } from './trouble.ts';

export interface ToldDeps {
  readonly clock: Clock;
  readonly commit: Pick<Commit, 'write'>;
  readonly tellMs: number;
  readonly onError: (error: unknown, what: string) => void;
}

/** What is told of a plan. */
export type ToldPlan = Pick<AnyPlan, 'id' | 'kind' | 'mode' | 'org' | 'tables'>;

/** A table, and the columns that it should have and has not. */
export type ToldTable = Pick<Table, 'missing' | 'plan'>;

export class Told {
  readonly #deps: ToldDeps;
  readonly #plan: ToldPlan;
  #state: CaptureState = 'starting';
  #reason: { code: string; text: string } | null = null;
  #since: number;
  #mark: Pick<Mark, 'cause' | 'epoch'> = { epoch: 0, cause: '' };
  #asOf: number | null = null;
  #toldAsOf: number | null = null;
  /** A place that the log had reached at a time; null: all of it is here. */
  #target: { readonly lsn: bigint; readonly at: number } | null = null;
  /** How far the database's clock is ahead of ours. */
  #aheadMs = 0;
  #lagBytes: number | null = null;
  #changes = 0;
  #refused = 0;
  #refusal = '';
  #tables: readonly ToldTable[] = [];
  readonly #rows = new Map<string, number>();
  #timer: Timer | null = null;
  #isOpen = true;

  constructor(deps: ToldDeps, plan: ToldPlan) {
    this.#deps = deps;
    this.#plan = plan;
    this.#since = Math.floor(deps.clock.now());
  }

  /** All rows are read from here on. */
  snapshot(mark: Pick<Mark, 'cause' | 'epoch'>, tables: readonly ToldTable[]): void {
    this.#mark = mark;
    this.#tables = tables;
    this.#rows.clear();
    this.#enter('snapshot', null);
  }

  /** All rows are read once more, to compare. */
  reading(): void {
    this.#rows.clear();
  }

  rows(table: string, rows: number, applied: Applied): void {
    this.#rows.set(table, (this.#rows.get(table) ?? 0) + rows);
    this.#count(applied);
    this.#later();
  }

  /** It follows, from a place that is known. */
  began(mark: Pick<Mark, 'cause' | 'epoch'>, tables: readonly ToldTable[]): void {
    this.#mark = mark;
    this.#tables = tables;
    this.#target = null;
    this.#enter('behind', null);
  }

  /** Changes were taken while the snapshot is under way. */
  counted({ changes, applied }: Progress): void {
    this.#changes += changes;
    this.#count(applied);
    if (changes > 0) this.#later();
  }

  progress({ changes, applied, at, lsn }: Progress): void {
    this.#changes += changes;
    this.#count(applied);
    const now = Math.floor(this.#deps.clock.now());
    if (at !== null) this.#known(at);
    if (lsn === null) this.#enter('live', null);
    else if (this.#target !== null && lsn >= this.#target.lsn) {
      this.#known(this.#target.at);
      this.#target = null;
      this.#enter('live', null);
    } else if (at !== null && now + this.#aheadMs - at < FRESH_MS) this.#enter('live', null);
    if (changes > 0 || lsn === null || this.#asOf !== this.#toldAsOf) this.#later();
  }

  /** Where the log of the database stood, when by its own clock, and how much of it is not taken. */
  log(stood: { readonly lsn: bigint; readonly at: number; readonly lagBytes: number }): void {
    this.#lagBytes = stood.lagBytes;
    this.#aheadMs = stood.at - this.#deps.clock.now();
    // The one before was not reached since.
    if (this.#target !== null) this.#enter('behind', null);
    this.#target ??= stood;
    this.#later();
  }

  /** It does not go on until something is put right, or until it is tried again. */
  waits({ code, message }: Trouble): void {
    this.#enter('waiting', { code, text: message });
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
  }

  #known(at: number): void {
    this.#asOf = Math.max(this.#asOf ?? 0, Math.floor(at));
  }

  #count({ refused, why }: Applied): void {
    this.#refused += refused;
    if (why !== null) this.#refusal = why.slice(0, 500);
  }

  #enter(state: CaptureState, reason: { code: string; text: string } | null): void {
    if (state === this.#state && reason?.text === this.#reason?.text) return;
    if (state !== this.#state) this.#since = Math.floor(this.#deps.clock.now());
    this.#state = state;
    this.#reason = reason;
    this.#timer?.cancel();
    this.#timer = null;
    void this.#write();
  }

  #later(): void {
    if (this.#timer !== null || !this.#isOpen) return;
    this.#timer = this.#deps.clock.after(this.#deps.tellMs, () => {
      this.#timer = null;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    if (!this.#isOpen) return;
    const { commit, onError } = this.#deps;
    const { id, org } = this.#plan;
    this.#toldAsOf = this.#asOf;
    const written: Result<unknown> = await commit.write(org, `capture:${id}`, (draft) => {
      draft.put('captures', id, this.#fields());
      return ok(null);
    });
    // The next change tells it again.
    if (!written.ok && this.#isOpen)
      onError(new Error(written.message), `what capture ${id} does could not be written`);
  }

  #fields(): JsonObject {
    const missing = new Map(this.#tables.map((each) => [each.plan.table, each.missing]));
    return {
      observedAt: null,
      labels: {},
      source: null,
      kind: this.#plan.kind,
      mode: this.#plan.mode,
      state: this.#state,
      reason: this.#reason,
      since: this.#since,
      epoch: this.#mark.epoch,
      cause: this.#mark.cause,
      asOf: this.#asOf,
      lagBytes: this.#lagBytes,
      changes: this.#changes,
      refused: this.#refused,
      refusal: this.#refusal,
      tables: this.#plan.tables.map(({ table, collection }) => ({
        table,
        collection,
        rows: this.#rows.get(table) ?? 0,
        missing: [...(missing.get(table) ?? [])],
      })),
    };
  }
}

/** What was committed so shortly ago is as live as it gets. */
const FRESH_MS = 2_000;
