/**
 * The tables, as numbered steps. A step runs in one transaction together with the mark that it ran, so that a kill at
 * any moment leaves either the old schema or the new one. Steps are never edited once released; new ones are appended.
 */
import type { DatabaseSync } from 'node:sqlite';

/** What each step does, from schema 0 (an empty file) on. */
export const STEPS: readonly string[] = [
  `
  create table orgs (
    org text primary key,
    version integer not null,
    rid integer not null,
    floor integer not null
  ) strict, without rowid;

  -- A tombstone keeps its rid; a record made again under the same id is another row.
  create table records (
    n integer primary key,
    org text not null,
    rid integer not null,
    collection text not null,
    id text not null,
    version integer not null,
    at integer not null,
    deleted integer not null default 0,
    data text,
    unique (org, rid)
  ) strict;
  create unique index records_key on records (org, collection, id) where deleted = 0;
  create index records_deleted on records (at) where deleted = 1;

  create table changes (
    org text not null,
    version integer not null,
    collection text not null,
    id text not null,
    op text not null,
    patch text,
    actor text not null,
    at integer not null,
    primary key (org, version, collection, id)
  ) strict, without rowid;

  create table transitions (
    n integer primary key,
    org text not null,
    collection text not null,
    id text not null,
    at integer not null,
    recorded_at integer not null,
    from_word text not null,
    to_word text not null,
    code text not null,
    text text not null,
    cause text not null
  ) strict;
  create index transitions_record on transitions (org, collection, id, at);
  create index transitions_org on transitions (org, at);

  -- A small number for each record with samples: it stands in every sample.
  create table entities (
    n integer primary key,
    org text not null,
    collection text not null,
    id text not null,
    unique (org, collection, id)
  ) strict;

  -- Clustered by record and time: one record's day lies together on disk.
  create table samples (
    entity integer not null references entities (n),
    at integer not null,
    ms real,
    v text not null,
    primary key (entity, at)
  ) strict, without rowid;

  create table documents (
    kind text not null,
    org text not null,
    id text not null,
    value text not null,
    expires_at integer,
    primary key (kind, org, id)
  ) strict;
  create index documents_expiry on documents (expires_at) where expires_at is not null;
  `,
  `
  -- What was worked out of a bucket of time. Unknown time is what is left of it; a bucket of nothing else has no row.
  create table rollups (
    entity integer not null references entities (n),
    resolution text not null,
    at integer not null,
    up integer not null default 0,
    degraded integer not null default 0,
    down integer not null default 0,
    pending integer not null default 0,
    maintenance integer not null default 0,
    paused integer not null default 0,
    checks integer not null default 0,
    bad integer not null default 0,
    ms_min real,
    ms_max real,
    ms_sum real not null default 0,
    histogram text not null default '',
    primary key (entity, resolution, at)
  ) strict, without rowid;

  -- Spans of which buckets were written already when something more became known. Written with what became known.
  create table stale (
    n integer primary key,
    org text not null,
    collection text not null,
    id text not null,
    from_at integer not null,
    to_at integer not null,
    has_samples integer not null
  ) strict;

  -- When nobody was here to look.
  create table gaps (
    from_at integer primary key,
    to_at integer not null
  ) strict, without rowid;

  -- Values of a month: 0 as it was frozen, the later ones are corrections.
  create table months (
    entity integer not null references entities (n),
    month text not null,
    n integer not null,
    at integer not null,
    value text not null,
    cause text not null,
    primary key (entity, month, n)
  ) strict, without rowid;
  create index transitions_recent on transitions (recorded_at);
  `,
  `
  -- Who did what: a chain per organization. The columns are in the order in which they are hashed.
  create table audits (
    org text not null,
    seq integer not null,
    at integer not null,
    version integer not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    ip text,
    agent text,
    door text,
    action text not null,
    collection text,
    id text,
    outcome text not null,
    before_text text,
    after_text text,
    why text,
    prev text not null,
    hash text not null,
    primary key (org, seq)
  ) strict, without rowid;
  create index audits_target on audits (org, collection, id, seq) where id is not null;

  -- Where each chain ends, so that rows missing at the end are missed; and up to where its front was removed by policy.
  create table audit_heads (
    org text primary key,
    seq integer not null,
    hash text not null,
    swept integer not null default 0
  ) strict, without rowid;

  -- What is written stays: a mistake of ours must not be able to change the log either.
  create trigger audits_kept before update on audits begin
    select raise(abort, 'rows of the audit log are never changed');
  end;
  create trigger audits_whole before delete on audits
    when old.seq > coalesce((select swept from audit_heads where org = old.org), 0) begin
    select raise(abort, 'rows of the audit log go by retention only');
  end;
  create trigger audits_next before insert on audits
    when new.seq <> coalesce((select seq from audit_heads where org = new.org), 0) + 1
      or new.prev <> coalesce((select hash from audit_heads where org = new.org), '') begin
    select raise(abort, 'the audit log does not go on where it ended');
  end;
  `,
];

/** Brings a database to the schema of this release, one step at a time. Refuses one of a later release. */
export function migrate(db: DatabaseSync, steps: readonly string[] = STEPS): void {
  db.exec('create table if not exists meta (key text primary key, value text not null) strict, without rowid');
  const found = schemaOf(db);
  if (found > steps.length) {
    throw new Error(
      `the data has schema ${found}, this release knows ${steps.length}: it was written by a later release. Run that release, or restore a backup made before it.`,
    );
  }
  for (const [i, step] of steps.slice(found).entries()) {
    db.exec('begin immediate');
    try {
      db.exec(step);
      setMeta(db, 'schema', String(found + i + 1));
      db.exec('commit');
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
  }
}

export function schemaOf(db: DatabaseSync): number {
  return Number(getMeta(db, 'schema') ?? 0);
}

export function getMeta(db: DatabaseSync, key: string): string | null {
  const value = db.prepare('select value from meta where key = ?').get(key)?.['value'];
  return typeof value === 'string' ? value : null;
}

export function setMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare('insert into meta (key, value) values (?, ?) on conflict do update set value = excluded.value').run(
    key,
    value,
  );
}
