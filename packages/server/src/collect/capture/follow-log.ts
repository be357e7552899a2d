/** One run of a capture by the database's log: made ready, the stream, and a snapshot beside it when there is nothing to go on from. */
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Database } from './database.ts';
import { parseLsn } from './lsn.ts';
import { beginning, markText, whyAnew, type Mark, type Place } from './mark.ts';
import { Overlap } from './overlap.ts';
import { checkLog, findTables, fingerprint, publish, type Table } from './prepare.ts';
import type { CapturePlan } from './plan.ts';
import type { RunDeps } from './run.ts';
import { beginSnapshot, takeSnapshot } from './snapshot.ts';
import { Stream, type Position, type StreamDeps } from './stream.ts';
import { trouble, type Trouble } from './trouble.ts';

/** Runs until something ends it; says what. */
export async function followLog(deps: RunDeps): Promise<Trouble> {
  const control = await deps.open(false);
  if (!control.ok) return control;
  const db = control.value;
  const replica = await deps.open(true);
  if (!replica.ok) {
    db.close();
    return replica;
  }
  const wire = replica.value;
  const close = (): void => {
    db.close();
    wire.close();
  };
  deps.signal.addEventListener('abort', close);
  try {
    return await follow(deps, db, wire);
  } finally {
    deps.signal.removeEventListener('abort', close);
    close();
  }
}

async function follow(deps: RunDeps, db: Database, wire: Database): Promise<Trouble> {
  const { plan } = deps;
  const known = await deps.mark();
  const doubt = (mark: Mark): Promise<Result<unknown>> => deps.applier.apply([], markText({ ...mark, isWhole: false }));
  const ready = await makeReady(db, wire, plan, async () => (known === null ? ok(null) : doubt(known)));
  if (!ready.ok) return ready;
  const { tables, mark: now } = ready.value;
  const slot = await readSlot(db, plan);
  if (!slot.ok) return slot;
  if (slot.value?.isOurs === false) {
    return trouble(
      'slot_in_use',
      `the slot ${plan.slot} is somebody else's (of another plugin or database); give this capture another name with slot`,
    );
  }
  const cause = !ready.value.wasPublished && known !== null ? 'changed' : whyAnewOf(known, now, slot.value);
  if (cause === null && known !== null && known.position !== null) {
    const stream = streamOf(deps, wire, { tables, from: known.position, markOf: marksOf(known), overlap: null });
    const watch = watchStream(deps, db, { stream, tables, mark: known });
    const why = await stream.run();
    watch.cancel();
    if (why.code === 'schema_changed') await doubt(known);
    return why;
  }
  const begun = beginning(known, now, cause ?? 'first');
  return followFromSnapshot(deps, db, { wire, tables, begun, hasSlot: slot.value !== null });
}

interface Beginning {
  readonly wire: Database;
  readonly tables: readonly Table[];
  readonly begun: Mark;
  readonly hasSlot: boolean;
}

/** The log is followed from the instant of the snapshot on, while that is read: no change waits for rows. */
async function followFromSnapshot(deps: RunDeps, db: Database, from: Beginning): Promise<Trouble> {
  const { wire, tables, begun } = from;
  const { applier, limits, told } = deps;
  const begins = await beginAnew(deps, db, from);
  if (!begins.ok) return begins;
  const mark: Mark = { ...begun, isWhole: true };
  let isWhole = false;
  const overlap = new Overlap({ db, tables, rowsMax: limits.captureOverlapRowsMax });
  const stream = streamOf(deps, wire, {
    tables,
    from: begins.value,
    markOf: (at) => (isWhole ? marksOf(mark)(at) : null),
    overlap,
  });
  const read = async (): Promise<{ cancel(): void } | null> => {
    const taken = await takeSnapshot(
      {
        db,
        applier,
        idsOf: (table) => deps.idsOf(table),
        rowsMax: limits.captureRowsPerTransactionMax,
        overlap,
        onRows: (table, rows, applied) => told.rows(table, rows, applied),
      },
      tables,
      null,
    );
    if (!taken.ok) {
      stream.close(taken);
      return null;
    }
    isWhole = true;
    overlap.end();
    stream.mark();
    return stream.isOver ? null : watchStream(deps, db, { stream, tables, mark });
  };
  const reading = read();
  const why = await stream.run();
  db.close();
  (await reading)?.cancel();
  // The log spoke of other columns than the tables have: going on from the same place would end here again.
  if (why.code === 'schema_changed') await applier.apply([], markText(begun));
  return why;
}

interface Ready {
  readonly tables: readonly Table[];
  readonly mark: Pick<Mark, 'fingerprint' | 'system'>;
  readonly wasPublished: boolean;
}

async function makeReady(
  db: Database,
  wire: Database,
  plan: CapturePlan,
  doubt: () => Promise<Result<unknown>>,
): Promise<Result<Ready>> {
  const log = await checkLog(db);
  if (!log.ok) return log;
  const tables = await findTables(db, plan);
  if (!tables.ok) return tables;
  const published = await publish(db, plan, doubt);
  if (!published.ok) return published;
  const system = await wire.query('IDENTIFY_SYSTEM');
  if (!system.ok) return system;
  const [identifier, timeline, , database] = system.value[0] ?? [];
  // A replica that took over has another timeline, and may lack the end of what we were told.
  const mark = { system: [identifier, timeline, database].join('/'), fingerprint: fingerprint(plan, tables.value) };
  return ok({ tables: tables.value, mark, wasPublished: published.value });
}

interface Slot {
  readonly isLost: boolean;
  readonly isOurs: boolean;
  readonly confirmed: bigint | null;
}

async function readSlot(db: Database, plan: CapturePlan): Promise<Result<Slot | null>> {
  const asked = await db.query(
    `SELECT coalesce(wal_status, ''), plugin, database = current_database(), confirmed_flush_lsn::text
     FROM pg_replication_slots WHERE slot_name = $1`,
    [plan.slot],
  );
  if (!asked.ok) return asked;
  const [row] = asked.value;
  if (row === undefined) return ok(null);
  const [status, plugin, isHere, confirmed] = row;
  return ok({
    isLost: status === 'lost' || confirmed === null || confirmed === undefined,
    isOurs: plugin === 'pgoutput' && isHere === 't',
    confirmed: parseLsn(confirmed ?? ''),
  });
}

/** Why there is nothing to go on from, in a word; null when there is. */
/** The same of a log: it must still be there from where we stopped. */
function whyAnewOf(known: Mark | null, now: Place, slot: Slot | null): string | null {
  const why = whyAnew(known, now);
  if (why !== null) return why;
  if (known === null || known.position === null) return 'unfinished';
  if (slot === null || slot.isLost) return 'slot_lost';
  // Confirmed is what somebody has taken: what lies between is told to nobody again.
  if (slot.confirmed !== null && slot.confirmed > known.position.lsn) return 'slot_ahead';
  return null;
}

/** Makes the slot, and the instant that it begins at the one of everything that `db` reads from here on. */
async function beginAnew(deps: RunDeps, db: Database, from: Beginning): Promise<Result<Position>> {
  const { wire, tables, begun, hasSlot } = from;
  const { plan, applier, limits } = deps;
  const marked = await applier.apply([], markText(begun));
  if (!marked.ok) return marked;
  deps.told.snapshot(begun, tables);
  if (hasSlot) {
    const dropped = await db.query('SELECT pg_drop_replication_slot($1)', [plan.slot]);
    if (!dropped.ok) return dropped;
  }
  // The database waits for every transaction that is under way: one that is open for hours holds us up as long.
  const made = await wire.query(
    `CREATE_REPLICATION_SLOT "${plan.slot}" LOGICAL pgoutput EXPORT_SNAPSHOT`,
    undefined,
    limits.captureSlotMs,
  );
  if (!made.ok) return made;
  const [, consistent, exported] = made.value[0] ?? [];
  const lsn = parseLsn(consistent ?? '');
  if (lsn === null || exported === null || exported === undefined) {
    return trouble('protocol', 'the database made a slot without saying where it begins');
  }
  // The exported snapshot ends with the next command of the connection that made it.
  const begins = await beginSnapshot(db, exported);
  return begins.ok ? ok({ lsn, part: null }) : begins;
}

function marksOf(mark: Mark): (position: Position) => JsonObject {
  return (position) => markText({ ...mark, position });
}

function streamOf(
  deps: RunDeps,
  db: Database,
  from: Pick<StreamDeps, 'markOf' | 'overlap' | 'tables'> & { readonly from: Position },
): Stream {
  const { clock, plan, applier, limits, told } = deps;
  const { tables, markOf, overlap } = from;
  return new Stream(
    {
      clock,
      db,
      applier,
      tables,
      slot: plan.slot,
      publication: plan.publication,
      markOf,
      overlap,
      idsOf: (table) => deps.idsOf(table),
      rowsMax: limits.captureRowsPerTransactionMax,
      queueMax: limits.captureQueueRowsMax,
      queueBytesMax: limits.captureQueueBytesMax,
      confirmMs: limits.captureConfirmMs,
      onProgress: (progress) => (overlap?.isOver === false ? told.counted(progress) : told.progress(progress)),
    },
    from.from,
  );
}

/** From here on the capture follows: it is told how far the log is ahead, and looked whether the tables stay what they are. */
function watchStream(
  deps: RunDeps,
  db: Database,
  { stream, tables, mark }: { readonly stream: Stream; readonly tables: readonly Table[]; readonly mark: Mark },
): { cancel(): void } {
  deps.told.began(mark, tables);
  return watchSchema(deps, db, {
    fingerprint: mark.fingerprint,
    onOther: (why) => stream.close(why),
    onLooked: () => stream.ask(),
  });
}

/** Compares the tables with what they were, and tells how far the log is ahead. */
function watchSchema(
  { clock, limits, plan, told }: RunDeps,
  db: Database,
  {
    fingerprint: was,
    onOther,
    onLooked,
  }: {
    readonly fingerprint: string;
    readonly onOther: (why: Trouble) => void;
    readonly onLooked: () => void;
  },
): { cancel(): void } {
  let isOver = false;
  // At once, too: until the log's end is known nobody can say that all of it is here.
  let timer = clock.soon(look);
  function look(): void {
    void compare().then(() => {
      if (!isOver) timer = clock.after(limits.captureLookMs, look);
    });
  }
  async function compare(): Promise<void> {
    const tables = await findTables(db, plan);
    if (isOver) return;
    if (!tables.ok) return onOther(tables);
    if (fingerprint(plan, tables.value) !== was) {
      return onOther(trouble('schema_changed', 'the tables have changed; their rows are read again'));
    }
    const stood = await db.query(
      `SELECT pg_current_wal_lsn()::text, floor(extract(epoch FROM clock_timestamp()) * 1000)::text,
         (SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text FROM pg_replication_slots WHERE slot_name = $1)`,
      [plan.slot],
    );
    if (isOver || !stood.ok) return;
    const [place, at, lag] = stood.value[0] ?? [];
    const lsn = parseLsn(place ?? '');
    if (lsn === null) return;
    told.log({ lsn, at: Number(at), lagBytes: Math.max(0, Number(lag ?? 0)) });
    onLooked();
  }
  return {
    cancel: () => {
      isOver = true;
      timer.cancel();
    },
  };
}
