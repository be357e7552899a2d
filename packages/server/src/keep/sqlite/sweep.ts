/**
 * Deleting what has passed its time, a slice at a time: a slice is short enough that a write waiting behind it does not
 * notice. The cursor says where the next slice goes on.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Resolution } from '../../derive/history/calendar.ts';

/** Everything at or before these times goes; of changes also everything but the newest versions. */
export interface SweepLimits {
  readonly tombstones: number;
  readonly changes: number;
  readonly changesVersionsMax: number;
  readonly samples: number;
  readonly transitions: number;
  readonly documents: number;
  /** Buckets that began by then, by resolution. */
  readonly rollups: Readonly<Record<Resolution, number>>;
  /** Rows looked at in one slice. */
  readonly rows: number;
}

/** Tables are swept in this order; `after` is the organization or record to go on behind. */
export type SweepCursor =
  | { readonly at: 'tombstones' }
  | { readonly at: 'changes'; readonly after: string }
  | { readonly at: 'samples'; readonly after: number }
  | { readonly at: 'transitions' }
  | { readonly at: 'documents' }
  | { readonly at: 'rollups'; readonly after: number }
  | { readonly at: 'gaps' }
  | { readonly at: 'entities'; readonly after: number };

export const SWEEP_START: SweepCursor = { at: 'tombstones' };

export function sweepSlice(
  db: DatabaseSync,
  cursor: SweepCursor,
  until: SweepLimits,
): { readonly gone: number; readonly next: SweepCursor | null } {
  switch (cursor.at) {
    case 'tombstones': {
      const gone = tombstones(db, until);
      return { gone, next: gone < until.rows ? { at: 'changes', after: '' } : cursor };
    }
    case 'changes':
      return changes(db, cursor.after, until);
    case 'samples':
      return samples(db, cursor.after, until);
    case 'transitions': {
      // Rows are numbered as they were recorded, so the old ones are in front.
      const sql =
        'delete from transitions where n in (select n from transitions order by n limit ?) and recorded_at <= ?';
      const gone = Number(db.prepare(sql).run(until.rows, until.transitions).changes);
      return { gone, next: gone < until.rows ? { at: 'documents' } : cursor };
    }
    case 'documents': {
      const sql = 'delete from documents where rowid in (select rowid from documents where expires_at <= ? limit ?)';
      const gone = Number(db.prepare(sql).run(until.documents, until.rows).changes);
      return { gone, next: gone < until.rows ? { at: 'rollups', after: 0 } : cursor };
    }
    case 'rollups':
      return rollups(db, cursor.after, until);
    case 'gaps': {
      const sql = 'delete from gaps where from_at in (select from_at from gaps where to_at <= ? limit ?)';
      const gone = Number(db.prepare(sql).run(until.rollups['1d'], until.rows).changes);
      return { gone, next: gone < until.rows ? { at: 'entities', after: 0 } : cursor };
    }
    default:
      return entities(db, cursor.after, until);
  }
}

/** Deletes tombstones and raises the floors past them. */
function tombstones(db: DatabaseSync, until: SweepLimits): number {
  const old = db
    .prepare('select n, org, version from records where deleted = 1 and at <= ? order by at limit ?')
    .all(until.tombstones, until.rows);
  const raise = db.prepare('update orgs set floor = max(floor, ?) where org = ?');
  const drop = db.prepare('delete from records where n = ?');
  for (const { n = null, org = null, version = null } of old) {
    raise.run(version, org);
    drop.run(n);
  }
  return old.length;
}

function changes(db: DatabaseSync, after: string, until: SweepLimits): { gone: number; next: SweepCursor } {
  const org = db.prepare('select org, version from orgs where org >= ? order by org limit 1').get(after);
  if (org === undefined) return { gone: 0, next: { at: 'samples', after: 0 } };
  const name = String(org['org']);
  const versions = Number(org['version']) - until.changesVersionsMax;
  const sql =
    'delete from changes where (org, version, collection, id) in ' +
    '(select org, version, collection, id from changes where org = ? order by version limit ?) and (at <= ? or version <= ?)';
  const gone = Number(db.prepare(sql).run(name, until.rows, until.changes, versions).changes);
  // The least name that comes after this one.
  return { gone, next: { at: 'changes', after: gone < until.rows ? `${name}\0` : name } };
}

function samples(db: DatabaseSync, after: number, until: SweepLimits): { gone: number; next: SweepCursor } {
  const some = db.prepare('select n from entities where n > ? order by n limit ?').all(after, ENTITIES);
  const drop = db.prepare('delete from samples where entity = ? and at <= ?');
  let gone = 0;
  for (const { n } of some) {
    gone += Number(drop.run(Number(n), until.samples).changes);
    if (gone >= until.rows) return { gone, next: { at: 'samples', after: Number(n) } };
  }
  const last = some.length < ENTITIES ? null : Number(some.at(-1)?.['n']);
  return { gone, next: last === null ? { at: 'transitions' } : { at: 'samples', after: last } };
}

/** Buckets of each resolution past their time; a record's lie together, oldest first. */
function rollups(db: DatabaseSync, after: number, until: SweepLimits): { gone: number; next: SweepCursor } {
  const some = db.prepare('select n from entities where n > ? order by n limit ?').all(after, ENTITIES);
  const drop = db.prepare(
    'delete from rollups where (entity, resolution, at) in ' +
      '(select entity, resolution, at from rollups where entity = ? and resolution = ? and at <= ? order by at limit ?)',
  );
  let gone = 0;
  let done = after;
  for (const { n } of some) {
    for (const [resolution, at] of Object.entries(until.rollups)) {
      gone += Number(drop.run(Number(n), resolution, at, until.rows - gone).changes);
      // The same record again: more of it may be due.
      if (gone >= until.rows) return { gone, next: { at: 'rollups', after: done } };
    }
    done = Number(n);
  }
  return { gone, next: some.length < ENTITIES ? { at: 'gaps' } : { at: 'rollups', after: done } };
}

/** Numbers of records that are gone and have neither samples nor history any more. Not counted: they are no rows of anybody's. */
function entities(db: DatabaseSync, after: number, until: SweepLimits): { gone: number; next: SweepCursor | null } {
  const rows = Math.min(until.rows, ENTITIES);
  const last = db
    .prepare('select max(n) as n from (select n from entities where n > ? order by n limit ?)')
    .get(after, rows)?.['n'];
  if (typeof last !== 'number') return { gone: 0, next: null };
  db.prepare(
    'delete from entities where n > ? and n <= ? and not exists (select 1 from samples where entity = entities.n) ' +
      'and not exists (select 1 from rollups where entity = entities.n) and not exists (select 1 from months where entity = entities.n) and not exists ' +
      '(select 1 from records r where r.org = entities.org and r.collection = entities.collection and r.id = entities.id and r.deleted = 0)',
  ).run(after, last);
  return { gone: 0, next: { at: 'entities', after: last } };
}

const ENTITIES = 500;
