/**
 * Work on many records as a job of the server. What is to be done is resolved once, to a list of ids that is stored with the
 * job; then it is done a slice at a time. A slice is one transaction: the records, how far the job is, and what would take them
 * back. So a crash between two slices loses nothing and repeats nothing, and nobody waits longer than one slice.
 *
 *     queued --> running --(slice by slice)--> succeeded | failed | canceled
 *
 * Documents: `bulk` the plan, `bulk-ids` its ids in parts, `bulk-undo` what each slice left behind. They end by themselves.
 */
import type { Bulk as BulkState, BulkFailure, Collection, Job, RunState } from '@statewire/model';
import {
  assert,
  bothFilters,
  filterFields,
  matches,
  ok,
  parseFilter,
  refuse,
  type Filter,
  type Json,
  type JsonObject,
  type Result,
} from '@statewire/protocol';
import { bulkOne, flawOfBulk, undoOne, type BulkOp, type BulkWish, type Undo } from '../collect/commands/bulk.ts';
import type { CommandsDeps } from '../collect/commands/command.ts';
import type { Act, Done, VerbCall } from '../collect/commands/verb.ts';
import { verbOf } from '../collect/commands/verbs/index.ts';
import { actorOf } from '../collect/reports/deps.ts';
import { newId } from '../collect/reports/new-id.ts';
import type { Draft, Written } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Timer } from '../lib/clock.ts';
import type { Principal } from '../lib/principal.ts';

export interface BulkDeps {
  /** Everything that commands are made of. */
  readonly commands: CommandsDeps;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly store: Pick<Store, 'document'>;
  /** What of a collection the caller sees; 'denied' when nothing. */
  readonly scopeOf: (principal: Principal, collection: string) => Filter | null | 'denied';
  /** Who the caller is by now; null when they may do nothing any more. */
  readonly whoNow: (principal: Principal) => Principal | null;
  readonly onError: (error: unknown, what: string) => void;
}

/** What a job does, as it is stored. */
interface Plan extends BulkOp {
  readonly principal: Principal;
  readonly total: number;
  /** Documents that hold the ids; of an undo, those of the other job that say what it left behind. */
  readonly parts: number;
  readonly undoOf: string | null;
}

type Line = string | Undo;

export class Bulk {
  readonly #deps: BulkDeps;
  /** Jobs of each organization that have not ended, in the order in which they are done. */
  readonly #queues = new Map<string, string[]>();
  /** Jobs of each organization that are being begun: not yet in its queue, and counted all the same. */
  readonly #beginning = new Map<string, number>();
  readonly #timers = new Set<Timer>();
  #isOpen = true;

  constructor(deps: BulkDeps) {
    this.#deps = deps;
  }

  /** Goes on with what had not ended. */
  start(): void {
    for (const org of this.#deps.live.orgs()) {
      const open = Array.from(this.#deps.live.entries(org, 'jobs'))
        .filter(({ row }) => bulkOf(row) !== null && !this.#isOver(row))
        .sort((a, b) => a.rid - b.rid);
      for (const { id } of open) this.#enqueue(org, id);
    }
  }

  close(): void {
    this.#isOpen = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** The command that starts a job. Answers when its plan is durable, before anything is done. */
  readonly begin: Act = async (call) => {
    const { principal } = call;
    const wish = wishOf(call);
    const { commands } = this.#deps;
    const may = commands.authorize(principal, 'read', wish.collection);
    if (!may.ok) return may;
    const judged = this.#mayDo(principal, may.value, wish);
    if (!judged.ok) return judged;
    const found = this.#resolve(principal, may.value, wish);
    if (!found.ok) return found;
    const ids = found.value;
    const { bulkPartRows } = PARTS;
    const id = newId(commands.clock, 'job');
    const parts = Math.ceil(ids.length / bulkPartRows);
    const until = Math.floor(commands.clock.now()) + commands.limits.bulkKeepMs;
    // The ids first, a part at a time: a hundred thousand of them would hold the writer up in one. Without the job they mean nothing.
    for (let part = 0; part < parts; part++) {
      const of = ids.slice(part * bulkPartRows, (part + 1) * bulkPartRows);
      const kept = await commands.commit.write(principal.org, actorOf(principal), (draft) => {
        draft.document('bulk-ids', partId(id, part), of, until);
        return ok(null);
      });
      if (!kept.ok) return kept;
    }
    const { collection, op, fields } = wish;
    const plan: Plan = { principal, collection, op, fields, total: ids.length, parts, undoOf: null };
    return this.#write(call, id, plan, until);
  };

  /** The command that takes a job back, as another job. */
  readonly undo: Act = async (call) => {
    const { principal, id: of } = call;
    const { commands, live } = this.#deps;
    const job = live.get(principal.org, 'jobs', of)?.row ?? null;
    const bulk = job === null ? null : bulkOf(job);
    if (job === null) return refuse('not_found', `there is no jobs/${of}`);
    if (bulk === null || bulk.undoOf !== null) {
      return refuse('unsupported', `jobs/${of} is not a bulk job that can be taken back`);
    }
    if (!this.#isOver(job)) return refuse('precondition', `jobs/${of} has not ended; cancel it first`);
    const now = Math.floor(commands.clock.now());
    if (bulk.undoable === 0) return refuse('gone', `jobs/${of} left nothing that could be taken back`);
    if (bulk.undoUntil === null || bulk.undoUntil <= now)
      return refuse('gone', `jobs/${of} can no longer be taken back`);
    const id = newId(commands.clock, 'job');
    const { collection, undoable, parts } = bulk;
    const plan: Plan = { principal, collection, op: 'undo', fields: {}, total: undoable, parts, undoOf: of };
    return this.#write(call, id, plan, now + commands.limits.bulkKeepMs);
  };

  /** The job and its plan, in one transaction; the worker takes it up. */
  async #write({ principal, key, why }: VerbCall, id: string, plan: Plan, until: number): ReturnType<Act> {
    const { commands } = this.#deps;
    const { org } = principal;
    const others = this.#beginning.get(org) ?? 0;
    this.#beginning.set(org, others + 1);
    const tx = (draft: Draft): Result<Done> => {
      const open = (this.#queues.get(org)?.length ?? 0) + others;
      const max = commands.limits.bulkJobsPerOrgMax;
      if (open >= max) {
        return refuse('overloaded', `${open} bulk jobs have not ended, limit ${max}; wait for one or cancel it`);
      }
      if (plan.undoOf !== null) {
        const other = draft.get('jobs', plan.undoOf);
        const bulk = other === null ? null : bulkOf(other);
        if (other === null || bulk === null) return refuse('not_found', `there is no jobs/${plan.undoOf}`);
        if (bulk.undoneBy !== null) return refuse('exists', `jobs/${bulk.undoneBy} takes it back already`);
        draft.put('jobs', other.id, { ...other, bulk: { ...bulk, undoneBy: id } });
      }
      draft.document('bulk', id, jsonOf(plan), until);
      // One row for the whole job: what became of each record stands in the job and in the change log.
      draft.audit({
        action: `${plan.collection}:bulk`,
        target: { collection: 'jobs', id },
        after: { op: plan.op, fields: plan.fields, total: plan.total, undoOf: plan.undoOf },
        why,
      });
      draft.put('jobs', id, this.#born(draft, plan));
      return ok({ id, total: plan.total });
    };
    const written = await this.#once(principal, key, tx).finally(() => {
      const left = (this.#beginning.get(org) ?? 1) - 1;
      if (left === 0) this.#beginning.delete(org);
      else this.#beginning.set(org, left);
    });
    if (!written.ok) return written;
    if (written.value.value.id === id) this.#enqueue(org, id);
    return ok({ version: written.value.version, value: written.value.value });
  }

  /** Writes a beginning, for one key once. */
  async #once(
    principal: Principal,
    key: string | undefined,
    tx: (draft: Draft) => Result<Done>,
  ): Promise<Result<Written<Done>>> {
    const { commit, idempotency } = this.#deps.commands;
    const { org, id } = principal;
    if (key === undefined) return commit.write(org, principal, tx);
    return idempotency.write({ org, principal: id, id: key }, actorOf(principal), tx);
  }

  #born(draft: Draft, { principal, collection, op, fields, total, undoOf }: Plan): JsonObject {
    const { engine } = this.#deps.commands;
    const bulk: BulkState = {
      collection,
      op,
      failed: 0,
      failures: [],
      undoable: 0,
      undoUntil: null,
      undoneBy: null,
      undoOf,
      parts: 0,
    };
    const title = titleOf(op, collection, total);
    const given = { kind: 'bulk', owner: principal.name, goal: goalOf(op, fields), bulk };
    const job = engine.bornJob(given);
    const stepped = engine.stepRun(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a born job has every field of a run.
      job as unknown as Job,
      { at: draft.now, seq: null, sourceId: principal.id, state: 'queued', title, total, done: 0, unit: collection },
      draft.now,
    );
    assert(stepped.ok, 'a job that was just born is queued');
    return { ...stepped.value.row, labels: {}, source: SOURCE, leaseUntil: null };
  }

  /** Is there such an operation, and may the caller do it at all? Each record is judged again when its turn comes. */
  #mayDo(principal: Principal, collection: Collection, { op, fields }: BulkWish): Result<null> {
    const { commands } = this.#deps;
    const isField = op === 'change' || op === 'label' || op === 'delete';
    const verb = isField ? null : verbOf(collection, op);
    const isOne = verb?.run === 'outside' && commands.many?.[`${collection.name}/${op}`] === undefined;
    if (!isField && (verb === null || isOne || verb.isQuestion === true)) {
      return refuse(
        'unsupported',
        `${JSON.stringify(op)} is not for many ${collection.name}; expected change, label, delete or a command of theirs`,
      );
    }
    const action = verb === null ? (op === 'delete' ? 'delete' : 'change') : { call: verb.name };
    const may = commands.authorize(principal, action, collection.name);
    if (!may.ok) return may;
    if (verb !== null) {
      const args = verb.args.safeParse(fields);
      if (!args.success) return refuse('bad_field', `fields: ${args.error.issues[0]?.message ?? 'do not fit'}`);
    }
    if (op === 'change') {
      const read = collection.patch.safeParse(fields);
      const [issue] = read.error?.issues ?? [];
      if (issue !== undefined) return refuse('bad_field', `${issue.path.join('.') || 'fields'}: ${issue.message}`);
    }
    return flawOfBulk(collection, { op, fields });
  }

  /** The ids that are meant, once and for all. */
  #resolve(principal: Principal, { name, fields }: Collection, wish: BulkWish): Result<readonly string[]> {
    const max = this.#deps.commands.limits.bulkRecordsMax;
    if (wish.ids !== undefined) return ok([...new Set(wish.ids)]);
    const parsed = parseFilter(wish.where);
    if (!parsed.ok) return parsed;
    const stranger = filterFields(parsed.value).find((field) => !fields.includes(field));
    if (stranger !== undefined) return refuse('bad_filter', `there is no field ${stranger} of ${name}`);
    const scope = this.#deps.scopeOf(principal, name);
    if (scope === 'denied') return refuse('forbidden', `you see no ${name}`);
    const filter = scope === null ? parsed.value : bothFilters(parsed.value, scope);
    const ids: string[] = [];
    for (const { id, row } of this.#deps.live.entries(principal.org, name)) {
      if (!matches(filter, row)) continue;
      if (ids.length === max) return refuse('too_complex', `more than ${max} ${name} pass the filter; narrow it down`);
      ids.push(id);
    }
    return ok(ids);
  }

  #enqueue(org: string, id: string): void {
    const queue = this.#queues.get(org);
    if (queue !== undefined) {
      if (!queue.includes(id)) queue.push(id);
      return;
    }
    this.#queues.set(org, [id]);
    void this.#drain(org);
  }

  /** One job of an organization after the other. */
  async #drain(org: string): Promise<void> {
    const queue = this.#queues.get(org) ?? [];
    while (this.#isOpen) {
      const [id] = queue;
      if (id === undefined) break;
      try {
        await this.#run(org, id);
      } catch (error) {
        this.#deps.onError(error, `the bulk job ${org}/${id} broke`);
        await this.#end(org, id, {
          state: 'failed',
          code: 'internal',
          text: 'The server made a mistake; its log has it.',
        });
      }
      queue.shift();
    }
    if (queue.length === 0) this.#queues.delete(org);
  }

  async #run(org: string, id: string): Promise<void> {
    const plan = planOf(await this.#deps.store.document('bulk', org, id));
    if (plan === null) {
      await this.#end(org, id, { state: 'failed', code: 'gone', text: 'What was to be done is no longer known.' });
      return;
    }
    // How far it is, is what its record says: the same transaction wrote both.
    let skip = progressOf(this.#deps.live.get(org, 'jobs', id)?.row ?? {});
    for (let part = 0; this.#isOpen && part < plan.parts; part++) {
      const lines = await this.#part(org, id, plan, part);
      if (lines === null) {
        await this.#end(org, id, { state: 'failed', code: 'gone', text: 'What was to be done is no longer known.' });
        return;
      }
      if (skip >= lines.length) {
        skip -= lines.length;
        continue;
      }
      let at = skip;
      skip = 0;
      while (this.#isOpen && at < lines.length) {
        const slice = await this.#slice(org, id, { plan, lines, at });
        if (slice === null) return;
        at += slice;
      }
    }
    if (this.#isOpen) await this.#end(org, id, null);
  }

  /** One part of the list, in the order in which it is done. */
  async #part(org: string, id: string, { undoOf, parts }: Plan, part: number): Promise<readonly Line[] | null> {
    const { store } = this.#deps;
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: these documents are written by this file alone.
    if (undoOf === null) return (await store.document('bulk-ids', org, partId(id, part))) as readonly string[] | null;
    // The newest first: what was done twice is taken back in turn.
    const found = (await store.document('bulk-undo', org, partId(undoOf, parts - 1 - part))) as readonly Undo[] | null;
    // oxlint-enable typescript/no-unsafe-type-assertion
    return found === null ? null : found.toReversed();
  }

  /** Some records in one transaction. The value is how many; null when the job is over. */
  async #slice(
    org: string,
    id: string,
    { plan, lines, at }: { readonly plan: Plan; readonly lines: readonly Line[]; readonly at: number },
  ): Promise<number | null> {
    const { commands, whoNow } = this.#deps;
    const { clock, limits } = commands;
    for (;;) {
      const principal = whoNow(plan.principal);
      if (principal === null) {
        await this.#end(org, id, {
          state: 'failed',
          code: 'forbidden',
          text: 'Whoever started it may no longer do so.',
        });
        return null;
      }
      const written = await commands.commit.write(org, actorOf(plan.principal), (draft) => {
        const job = jobIn(draft, id);
        if (job === null || this.#isOver(job)) return ok(null);
        if (job.cancelRequested) {
          this.#put(draft, job, {
            state: 'canceled',
            code: 'canceled',
            text: `Canceled after ${job.progress.done} of ${plan.total}.`,
          });
          return ok(null);
        }
        const since = clock.mono();
        const undos: Undo[] = [];
        const failures: BulkFailure[] = [];
        let count = 0;
        while (at + count < lines.length && count < limits.bulkSliceRows) {
          const line = lines[at + count];
          assert(line !== undefined, 'a slice lies within its part');
          count += 1;
          const done = draft.attempt(() =>
            typeof line === 'string'
              ? bulkOne(commands, draft, principal, { ...plan, id: line })
              : undoOne(commands, draft, principal, { collection: plan.collection, undo: line }),
          );
          if (!done.ok) failures.push(failureOf(line, done));
          else if (done.value !== null) undos.push(done.value);
          if (clock.mono() - since > limits.bulkSliceMs) break;
        }
        this.#put(draft, job, { count, failures, undos });
        return ok(count);
      });
      if (written.ok) return written.value.value;
      if (written.code !== 'overloaded' && written.code !== 'unavailable') throw new Error(written.message);
      if (!(await this.#wait(limits.bulkRetryMs))) return null;
    }
  }

  /** The job's record after a slice, or at its end. */
  #put(draft: Draft, job: Job, did: Slice | Ending): void {
    const { engine, limits } = this.#deps.commands;
    const bulk = bulkOf(job);
    assert(bulk !== null, 'a bulk job has what it does in its record');
    const isEnd = 'state' in did;
    const next: BulkState = isEnd
      ? bulk
      : {
          ...bulk,
          failed: bulk.failed + did.failures.length,
          failures: [...bulk.failures, ...did.failures].slice(0, limits.bulkFailuresMax),
          undoable: bulk.undoable + did.undos.length,
          undoUntil: did.undos.length === 0 ? bulk.undoUntil : (bulk.undoUntil ?? draft.now + limits.bulkKeepMs),
          parts: bulk.parts + (did.undos.length === 0 ? 0 : 1),
        };
    if (!isEnd && did.undos.length > 0) {
      draft.document('bulk-undo', partId(job.id, bulk.parts), jsonOf(did.undos), next.undoUntil);
    }
    const stepped = engine.stepRun(
      job,
      {
        at: draft.now,
        seq: null,
        sourceId: job.source?.id,
        state: isEnd ? did.state : 'running',
        done: isEnd ? undefined : job.progress.done + did.count,
        message: next.failed === 0 ? '' : `${next.failed} refused`,
        ...(isEnd ? { reason: { code: did.code, text: did.text } } : {}),
      },
      draft.now,
    );
    if (!stepped.ok) return;
    draft.put('jobs', job.id, { ...stepped.value.row, bulk: next, source: SOURCE, leaseUntil: null });
    for (const moved of stepped.value.transitions) draft.transition({ ...moved, collection: 'jobs', id: job.id });
  }

  /** Ends a job; null: all was done, and the record says how it went. */
  async #end(org: string, id: string, ending: Ending | null): Promise<void> {
    const { commit, limits } = this.#deps.commands;
    for (;;) {
      const written = await commit.write(org, 'system', (draft) => {
        const job = jobIn(draft, id);
        if (job === null || this.#isOver(job)) return ok(null);
        this.#put(draft, job, ending ?? endingOf(job));
        return ok(null);
      });
      if (written.ok || !(await this.#wait(limits.bulkRetryMs))) return;
    }
  }

  /** False: this is closed meanwhile. */
  #wait(ms: number): Promise<boolean> {
    if (!this.#isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = this.#deps.commands.clock.after(ms, () => {
        this.#timers.delete(timer);
        resolve(this.#isOpen);
      });
      this.#timers.add(timer);
    });
  }

  #isOver(row: JsonObject): boolean {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only rows of `jobs` are asked.
    return this.#deps.commands.engine.isTerminal(row['state'] as RunState);
  }
}

interface Slice {
  readonly count: number;
  readonly failures: readonly BulkFailure[];
  readonly undos: readonly Undo[];
}

interface Ending {
  readonly state: RunState;
  readonly code: string;
  readonly text: string;
}

/** Ids of one document; about 30 kB. */
const PARTS = { bulkPartRows: 1_000 } as const;

const SOURCE = { kind: 'system', id: 'bulk', seq: null } as const;

/** What is told of why one record was refused. */
const REASON_MAX = 200;

function endingOf(job: Job): Ending {
  const bulk = bulkOf(job);
  const { done } = job.progress;
  const failed = bulk?.failed ?? 0;
  if (failed === 0) return { state: 'succeeded', code: 'succeeded', text: '' };
  const text = `${failed} of ${done} were refused.`;
  return failed === done ? { state: 'failed', code: 'refused', text } : { state: 'succeeded', code: 'partly', text };
}

function failureOf(line: Line, { code, message }: { readonly code: string; readonly message: string }): BulkFailure {
  return { id: typeof line === 'string' ? line : line.id, code, message: message.slice(0, REASON_MAX) };
}

function wishOf({ args }: VerbCall): BulkWish {
  const { collection, ids, where, op, fields = {} } = args;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: `bulkArgs` has read them.
  return { collection, ids, where, op, fields } as BulkWish;
}

function titleOf(op: string, collection: string, total: number): string {
  const of = `${total.toLocaleString('en')} ${total === 1 ? collection.replace(/s$/u, '') : collection}`;
  const verb = op.replaceAll('-', ' ');
  return `${verb.slice(0, 1).toUpperCase()}${verb.slice(1)} ${of}`;
}

/** What changes, in one line; long values are cut. */
function goalOf(op: string, fields: JsonObject): string {
  if (Object.keys(fields).length === 0) return '';
  return `${op}: ${JSON.stringify(fields)}`.slice(0, 300);
}

function bulkOf(row: JsonObject): BulkState | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only rows of `jobs` are asked.
  return (row['bulk'] ?? null) as BulkState | null;
}

function jobIn(draft: Draft, id: string): Job | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `jobs` are Job.
  return draft.get('jobs', id) as Job | null;
}

function progressOf(row: JsonObject): number {
  const { progress } = row;
  const done = typeof progress === 'object' && progress !== null && 'done' in progress ? progress['done'] : 0;
  return typeof done === 'number' ? done : 0;
}

function partId(id: string, part: number): string {
  return `${id}:${part}`;
}

function planOf(value: Json | null): Plan | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: documents of this kind are written by this file alone.
  return value as unknown as Plan | null;
}

function jsonOf(value: Plan | readonly Undo[]): Json {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: plans and undos hold JSON values only.
  return value as unknown as Json;
}
