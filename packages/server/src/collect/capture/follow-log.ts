/** One run of a capture by the database's log: made ready, a snapshot when there is nothing to go on from, then the stream. */
import { ok, type Result } from '@statewire/protocol';
import type { Database } from './database.ts';
import { parseLsn } from './lsn.ts';
import { markText, type Mark } from './mark.ts';
import { checkLog, findTables, fingerprint, publish, type Table } from './prepare.ts';
import type { CapturePlan } from './plan.ts';
import type { RunDeps } from './run.ts';
import { takeSnapshot } from './snapshot.ts';
import { Stream } from './stream.ts';
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
  const { plan, limits } = deps;
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
  const cause = !ready.value.wasPublished && known !== null ? 'changed' : whyAnew(known, now, slot.value);
  let mark = known;
  if (cause !== null || mark === null || mark.position === null) {
    const begun: Mark = {
      ...now,
      epoch: (known?.epoch ?? 0) + 1,
      cause: cause ?? 'first',
      isWhole: false,
      position: null,
      cursors: {},
    };
    const taken = await snapshot(deps, { db, wire, tables, begun, hasSlot: slot.value !== null });
    if (!taken.ok) return taken;
    mark = taken.value;
  }
  const { position } = mark;
  if (position === null) return trouble('protocol', 'the snapshot has no place in the log');
  deps.told.began(mark, tables);
  const stream = new Stream(
    {
      clock: deps.clock,
      db: wire,
      applier: deps.applier,
      tables,
      slot: plan.slot,
      publication: plan.publication,
      markOf: (at) => markText({ ...mark, position: at }),
      idsOf: (table) => deps.idsOf(table),
      rowsMax: limits.captureRowsPerTransactionMax,
      queueMax: limits.captureQueueRowsMax,
      queueBytesMax: limits.captureQueueBytesMax,
      confirmMs: limits.captureConfirmMs,
      onProgress: (progress) => deps.told.progress(progress),
    },
    position,
  );
  const watch = watchSchema(deps, db, {
    fingerprint: now.fingerprint,
    onOther: (why) => stream.close(why),
    onLooked: () => stream.ask(),
  });
  try {
    const why = await stream.run();
    // The log spoke of other columns than the tables have: going on from the same place would end here again.
    if (why.code === 'schema_changed') await doubt(mark);
    return why;
  } finally {
    watch.cancel();
  }
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
  const [identifier, , , database] = system.value[0] ?? [];
  const mark = { system: `${identifier ?? ''}/${database ?? ''}`, fingerprint: fingerprint(plan, tables.value) };
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
function whyAnew(known: Mark | null, now: Pick<Mark, 'fingerprint' | 'system'>, slot: Slot | null): string | null {
  if (known === null) return 'first';
  if (known.system !== now.system) return 'other_database';
  if (known.fingerprint !== now.fingerprint) return 'changed';
  if (!known.isWhole || known.position === null) return 'unfinished';
  if (slot === null || slot.isLost) return 'slot_lost';
  // Confirmed is what somebody has taken: what lies between is told to nobody again.
  if (slot.confirmed !== null && slot.confirmed > known.position.lsn) return 'slot_ahead';
  return null;
}

async function snapshot(
  deps: RunDeps,
  from: {
    readonly db: Database;
    readonly wire: Database;
    readonly tables: readonly Table[];
    readonly begun: Mark;
    readonly hasSlot: boolean;
  },
): Promise<Result<Mark>> {
  const { db, wire, tables, begun, hasSlot } = from;
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
  const whole: Mark = { ...begun, isWhole: true, position: { lsn, part: null } };
  const taken = await takeSnapshot(
    {
      db,
      applier,
      idsOf: (table) => deps.idsOf(table),
      rowsMax: limits.captureRowsPerTransactionMax,
      onRows: (table, rows, applied) => deps.told.rows(table, rows, applied),
    },
    tables,
    { snapshot: exported, mark: () => markText(whole) },
  );
  return taken.ok ? ok(whole) : taken;
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
