/**
 * Follows a slot: what the database commits becomes records in the same order, and only what is durable here is confirmed there.
 *
 *   copy data -> pgoutput -> queue of changes -> applier (one transaction at a time) -> mark and records durable -> confirmed
 *
 * While one transaction of ours is written, changes wait in the queue and become the next one together. Above its bound the
 * connection is not read: then the database keeps its log for us. A transaction of theirs that is larger than one of ours is
 * written in parts; the mark says how many of its changes are done, so that going on never does one of them twice.
 */
import { assert, ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Applied, Applier, RowChange } from './apply.ts';
import type { CopyBoth, Database } from './database.ts';
import { formatLsn } from './lsn.ts';
import type { Overlap } from './overlap.ts';
import { PgOutput, type Columns, type Message, type Relation } from './pgoutput.ts';
import { columnsOf, type Table } from './prepare.ts';
import type { TablePlan } from './plan.ts';
import { dropAll } from './snapshot.ts';
import type { Trouble } from './trouble.ts';

/** How far a capture has come: all of what was committed before `lsn`, and the first changes of one transaction after it. */
export interface Position {
  readonly lsn: bigint;
  readonly part: { readonly finalLsn: bigint; readonly done: number } | null;
}

export interface StreamDeps {
  readonly clock: Clock;
  readonly db: Pick<Database, 'close' | 'copyBoth' | 'gone'>;
  readonly applier: Pick<Applier, 'apply'>;
  readonly tables: readonly Table[];
  readonly slot: string;
  readonly publication: string;
  /** Null: there is nothing to go on from yet, because a snapshot is under way. */
  readonly markOf: (position: Position) => JsonObject | null;
  /** Of the snapshot that is under way, if there is one. */
  readonly overlap: Overlap | null;
  readonly idsOf: (plan: TablePlan) => Iterable<string>;
  readonly rowsMax: number;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  /** How often what is confirmed is told although nothing happens. */
  readonly confirmMs: number;
  /** Something became durable, or the database says that there is nothing else. */
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress {
  readonly changes: number;
  readonly applied: Applied;
  /** Everything that was committed until then is here, by the database's clock; null: nothing is known of the time. */
  readonly at: number | null;
  /** Everything that was committed before this place in the log is here; null: there is no log. */
  readonly lsn: bigint | null;
}

/** What waits to be written, and how far it brings us. */
interface Step {
  /** Null: the end of a transaction. */
  readonly what: RowChange | { readonly kind: 'truncate'; readonly plan: TablePlan } | null;
  readonly after: Position;
  /** When it was committed there. */
  readonly at: number;
  readonly bytes: number;
}

export class Stream {
  readonly #deps: StreamDeps;
  readonly #output = new PgOutput();
  readonly #byTable: ReadonlyMap<string, Table>;
  readonly #ended = Promise.withResolvers<Trouble>();
  #copy: CopyBoth | null = null;
  #queue: Step[] = [];
  #bytes = 0;
  #isPaused = false;
  #isWriting = false;
  #work: Promise<void> = Promise.resolve();
  #isMarkDue = false;
  #isOver = false;
  #timer: Timer | null = null;
  /** What is done of what came. */
  #position: Position;
  /** What a mark says is done: only this is confirmed. */
  #durable: Position;
  /** The transaction that is being received: how many changes of it came, and how many of them were done before. */
  #open: { readonly finalLsn: bigint; readonly at: number; readonly done: number; came: number } | null = null;
  #confirmedAt = -CONFIRM_MS_MIN;
  /** The end of the last transaction that was received whole. */
  #received: bigint;

  constructor(deps: StreamDeps, from: Position) {
    this.#deps = deps;
    this.#byTable = new Map(deps.tables.map((table) => [table.plan.table, table]));
    this.#position = from;
    this.#durable = from;
    this.#received = from.lsn;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Runs until the connection or something else ends it, and nothing of it is being written any more; says why. */
  async run(): Promise<Trouble> {
    const { db, slot, publication } = this.#deps;
    const sql = `START_REPLICATION SLOT "${slot}" LOGICAL ${formatLsn(this.#position.lsn)} (proto_version '1', publication_names '"${publication}"')`;
    this.#copy = db.copyBoth(sql, (chunk) => this.#take(chunk));
    void this.#copy.ended.then((why) => this.#end(why));
    void db.gone.then((why) => this.#end(why));
    this.#plan();
    const why = await this.#ended.promise;
    // Whoever runs next must find the mark where it will stay.
    await this.#work;
    return why;
  }

  /** Ends it. */
  close(why: Trouble): void {
    this.#end(why);
  }

  /** Writes down at once how far it is: the snapshot is done. */
  mark(): void {
    this.#isMarkDue = true;
    this.#write();
  }

  /** Asks the database how far it has told us; it answers at once. */
  ask(): void {
    this.#confirm(true);
  }

  #end(why: Trouble): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#deps.db.close();
    this.#deps.overlap?.end();
    this.#queue = [];
    this.#ended.resolve(why);
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      const tag = String.fromCodePoint(chunk.readUInt8(0));
      if (tag === 'w') this.#message(this.#output.read(chunk.subarray(HEADER_BYTES)), chunk.length);
      else if (tag === 'k') this.#keepalive(chunk.readBigUInt64BE(1), chunk.readUInt8(17) === 1);
    } catch (error) {
      // What follows a message that was not understood cannot be believed; the slot tells all of it again.
      this.#end({ code: 'protocol', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    const { queueMax, queueBytesMax } = this.#deps;
    if (!this.#isPaused && (this.#queue.length > queueMax || this.#bytes > queueBytesMax)) {
      this.#isPaused = true;
      this.#copy?.pause();
    }
    this.#write();
  }

  #message(message: Message, bytes: number): void {
    switch (message.kind) {
      case 'begin': {
        const { part } = this.#durable;
        const done = part?.finalLsn === message.finalLsn ? part.done : 0;
        this.#open = { finalLsn: message.finalLsn, at: message.at, done, came: 0 };
        return;
      }
      case 'commit':
        this.#open = null;
        this.#received = message.endLsn;
        this.#push(null, { after: { lsn: message.endLsn, part: null }, at: message.at, bytes });
        return;
      case 'relation':
        this.#compare(message.relation);
        return;
      case 'insert':
        this.#row(message.relation, bytes, (plan) => ({
          kind: 'put',
          plan,
          row: this.#whole(message.relation, message.row),
          old: null,
        }));
        return;
      case 'update':
        this.#row(message.relation, bytes, (plan) => ({
          kind: 'put',
          plan,
          row: this.#whole(message.relation, merged(message)),
          old: message.old,
        }));
        return;
      case 'delete':
        this.#row(message.relation, bytes, (plan) => ({ kind: 'delete', plan, old: message.old }));
        return;
      case 'truncate':
        for (const relation of message.relations) {
          this.#row(relation, bytes, (plan) => ({ kind: 'truncate', plan }));
        }
        return;
      default:
    }
  }

  /** One change of the open transaction, unless it was done before. */
  #row({ table: name }: Relation, bytes: number, make: (plan: TablePlan) => NonNullable<Step['what']>): void {
    const open = this.#open;
    assert(open !== null, 'pgoutput: found a change outside a transaction');
    open.came += 1;
    const table = this.#byTable.get(name);
    if (open.came <= open.done || table === undefined) return;
    const part = { finalLsn: open.finalLsn, done: open.came };
    this.#push(make(table.plan), { after: { lsn: this.#received, part }, at: open.at, bytes });
  }

  #push(what: Step['what'], step: Omit<Step, 'what'>): void {
    this.#queue.push({ what, ...step });
    this.#bytes += step.bytes;
  }

  /** Columns that the table has lost are null; those that were not sent stay unsaid. */
  #whole({ table: name, columns }: Relation, row: Columns): Columns {
    const table = this.#byTable.get(name);
    const lost =
      table === undefined ? [] : [...table.columns, ...table.missing].filter((column) => !columns.includes(column));
    return lost.length === 0 ? row : new Map([...row, ...lost.map((column): [string, null] => [column, null])]);
  }

  /** Other columns of ours than when we began: rows that nobody touches would keep what they had. */
  #compare({ table: name, columns }: Relation): void {
    const table = this.#byTable.get(name);
    if (table === undefined) return;
    const has = columnsOf(table.plan, 'stream').filter((column) => columns.includes(column));
    if (has.length === table.columns.length && has.every((column) => table.columns.includes(column))) return;
    this.#end({ code: 'schema_changed', message: `the columns of ${name} have changed; its rows are read again` });
  }

  #keepalive(lsn: bigint, wantsAnswer: boolean): void {
    if (this.#isIdle) {
      // Everything that was committed before this place was told before it was named.
      if (lsn > this.#position.lsn) this.#position = { lsn, part: null };
      this.#received = this.#position.lsn;
      this.#deps.onProgress({ changes: 0, applied: NOTHING, at: null, lsn: this.#position.lsn });
    }
    if (wantsAnswer) this.#confirm();
  }

  get #isIdle(): boolean {
    return this.#open === null && this.#queue.length === 0 && !this.#isWriting;
  }

  #write(): void {
    if (!this.#isWriting) this.#work = this.#writeAll();
  }

  /** One transaction at a time, until nothing is left. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while ((this.#queue.length > 0 || this.#isMarkDue) && !this.#isOver) {
        const written = this.#queue.length > 0 ? await this.#writeNext() : await this.#writeMark();
        if (!written.ok) this.#end(written);
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async #writeNext(): Promise<Result<null>> {
    const { applier, rowsMax, markOf, onProgress, idsOf, overlap } = this.#deps;
    const changes: RowChange[] = [];
    let last: Step | null = null;
    let taken = 0;
    for (const step of this.#queue) {
      if (changes.length >= rowsMax) break;
      if (step.what?.kind === 'truncate') {
        if (taken > 0) break;
        const { plan } = step.what;
        overlap?.emptied(plan);
        for (const id of idsOf(plan)) changes.push({ kind: 'drop', plan, id });
        [last, taken] = [step, 1];
        break;
      }
      if (step.what !== null) changes.push(step.what);
      last = step;
      taken += 1;
    }
    assert(last !== null, 'nothing was taken of a queue that holds something');
    this.#shift(taken);
    const { after, at } = last;
    // Transactions that are nothing to us move the log only: the next mark takes them along.
    if (changes.length === 0 && last.what === null) {
      this.#position = after;
      return ok(null);
    }
    const ready = overlap === null ? ok(changes) : await overlap.take(changes);
    if (!ready.ok) return ready;
    if (this.#isOver) return ok(null);
    const mark = markOf(after);
    if (mark !== null) this.#isMarkDue = false;
    const applied: Result<Applied> =
      last.what?.kind === 'truncate'
        ? await dropAll({ applier, rowsMax }, ready.value, mark)
        : await applier.apply(ready.value, mark);
    if (!applied.ok) return applied;
    this.#position = after;
    this.#durable = after;
    this.#confirmSoon();
    onProgress({
      changes: changes.length,
      applied: applied.value,
      at: after.part === null ? at : null,
      lsn: after.lsn,
    });
    return ok(null);
  }

  #shift(count: number): void {
    const { queueMax, queueBytesMax } = this.#deps;
    for (const step of this.#queue.splice(0, count)) this.#bytes -= step.bytes;
    if (!this.#isPaused || this.#queue.length > queueMax / 2 || this.#bytes > queueBytesMax / 2) return;
    this.#isPaused = false;
    this.#copy?.resume();
  }

  #plan(): void {
    this.#timer = this.#deps.clock.after(this.#deps.confirmMs, () => this.#tick());
  }

  async #writeMark(): Promise<Result<null>> {
    const position = this.#position;
    this.#isMarkDue = false;
    const marked = await this.#deps.applier.apply([], this.#deps.markOf(position));
    if (!marked.ok) return marked;
    this.#durable = position;
    this.#confirmSoon();
    return ok(null);
  }

  /** Nothing of ours may happen for days while the log grows: what is done is marked and confirmed all the same. */
  #tick(): void {
    if (this.#isIdle && this.#position.lsn > this.#durable.lsn) this.#isMarkDue = true;
    this.#write();
    if (this.#isOver) return;
    this.#confirm();
    this.#plan();
  }

  /** Confirming each of a thousand transactions a second costs more than what the database keeps of its log meanwhile. */
  #confirmSoon(): void {
    if (this.#deps.clock.mono() - this.#confirmedAt >= CONFIRM_MS_MIN) this.#confirm();
  }

  #confirm(wantsAnswer = false): void {
    if (this.#isOver) return;
    this.#confirmedAt = this.#deps.clock.mono();
    const { lsn } = this.#durable;
    const status = Buffer.alloc(34);
    status.write('r', 0, 'latin1');
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(lsn, at);
    status.writeBigInt64BE(BigInt(Math.floor(this.#deps.clock.now()) - EPOCH_2000_MS) * 1_000n, 25);
    status.writeUInt8(wantsAnswer ? 1 : 0, 33);
    this.#copy?.send(status);
  }
}

/** A letter, two places and a time stand before the data. */
const HEADER_BYTES = 25;
const CONFIRM_MS_MIN = 100;
const EPOCH_2000_MS = 946_684_800_000;
const NOTHING: Applied = { refused: 0, why: null };

/** With all old values told (REPLICA IDENTITY FULL) a large one that did not change is known, too. */
function merged({ old, row }: { readonly old: Columns | null; readonly row: Columns }): Columns {
  return old === null ? row : new Map([...old, ...row]);
}
