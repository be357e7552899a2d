/**
 * Removing all of one organization but its audit log, a slice at a time. What refers to others goes before them, the row that
 * says there is such an organization last: a kill in between leaves less than before and nothing that does not fit together.
 */
import type { DatabaseSync } from 'node:sqlite';

/** Removes at most about so many rows; returns how many went. 0: nothing is left. */
export function forgetSlice(db: DatabaseSync, org: string, rows: number): number {
  for (const sql of SLICES) {
    const gone = Number(db.prepare(sql).run(org, rows).changes);
    if (gone > 0) return gone;
  }
  return entities(db, org, rows) || Number(db.prepare('delete from orgs where org = ?').run(org).changes);
}

/** The kinds of documents that there are, each found by one step in the index: the table is not read for it. */
const KINDS =
  'with recursive k (kind) as (select min(kind) from documents union all ' +
  'select (select min(kind) from documents where kind > k.kind) from k where k.kind is not null) ' +
  'select kind from k where kind is not null';

/** Each removes rows of the organization `?1`, at most `?2`. */
const SLICES: readonly string[] = [
  `delete from documents where rowid in (select rowid from documents where kind in (${KINDS}) and org = ?1 limit ?2)`,
  'delete from stale where n in (select n from stale where org = ?1 limit ?2)',
  'delete from transitions where n in (select n from transitions where org = ?1 limit ?2)',
  'delete from records where n in (select n from records where org = ?1 limit ?2)',
  'delete from changes where (org, version, collection, id) in ' +
    '(select org, version, collection, id from changes where org = ?1 order by version limit ?2)',
];

/** What is counted under a record's number lies together: record by record, until the slice is full. */
function entities(db: DatabaseSync, org: string, rows: number): number {
  const some = db.prepare('select n from entities where org = ? limit ?').all(org, rows);
  const drops = PARTS.map((sql) => db.prepare(sql));
  const drop = db.prepare('delete from entities where n = ?');
  let gone = 0;
  for (const { n = null } of some) {
    for (const part of drops) {
      gone += Number(part.run(n, rows - gone).changes);
      // There may be more of it: the next slice goes on with this record.
      if (gone >= rows) return gone;
    }
    gone += Number(drop.run(n).changes);
    if (gone >= rows) return gone;
  }
  return gone;
}

const PARTS: readonly string[] = [
  'delete from samples where (entity, at) in (select entity, at from samples where entity = ? limit ?)',
  'delete from rollups where (entity, resolution, at) in ' +
    '(select entity, resolution, at from rollups where entity = ? limit ?)',
  'delete from months where (entity, month, n) in (select entity, month, n from months where entity = ? limit ?)',
];
