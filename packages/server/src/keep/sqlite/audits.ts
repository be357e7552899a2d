/** The audit log in SQLite: what the reading thread finds, and what the writing one removes. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { ANCHOR, type AuditHead, type AuditRow } from '../audit.ts';
import type { AuditQuery } from '../store.ts';
import { rowsOf, WIDTH, type Cell } from './cells.ts';

/** Columns in the order of `AuditRow`. */
export const AUDIT_COLUMNS: string =
  'org, seq, at, version, actor_kind, actor_id, actor_name, ip, agent, door, action, collection, id, outcome, ' +
  'before_text, after_text, why, prev, hash';

/** Rows looked at for one answer: a search that finds nothing in these goes on in the next. */
const SCAN_ROWS = 20_000;

/** The rows that fit, and where the search goes on. */
export function findAudits(
  db: DatabaseSync,
  q: AuditQuery,
): { readonly cells: readonly Cell[]; readonly next: number | null } {
  const isForward = q.after !== undefined;
  const edge = isForward ? q.after : (q.before ?? Number.MAX_SAFE_INTEGER);
  const side = isForward ? 'seq > ?' : 'seq < ?';
  const order = isForward ? 'asc' : 'desc';
  const [where, args] = conditionsOf(q);
  // By record there is an index, and what it holds is looked at whole; anything else walks the chain.
  const isIndexed = q.id !== undefined && q.collection !== undefined;
  let stop: number | null = null;
  if (!isIndexed && where.length > 0) {
    const sql = `select seq from audits where org = ? and ${side} order by seq ${order} limit 1 offset ?`;
    const last = db.prepare(sql).get(q.org, edge, SCAN_ROWS)?.['seq'];
    stop = typeof last === 'number' ? last : null;
  }
  const bound = stop === null ? [] : [isForward ? 'seq <= ?' : 'seq >= ?'];
  const conditions = ['org = ?', side, ...bound, ...where].join(' and ');
  const statement = db.prepare(
    `select ${AUDIT_COLUMNS} from audits where ${conditions} order by seq ${order} limit ?`,
    { returnArrays: true },
  );
  const found = statement.all(q.org, edge, ...(stop === null ? [] : [stop]), ...args, q.limit + 1);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows come as lists, and the table is STRICT with text and integer only.
  const rows = found as unknown as readonly (readonly Cell[])[];
  const page = rows.slice(0, q.limit);
  const next = rows.length > page.length ? Number(page.at(-1)?.[1]) : stop;
  return { cells: page.flat(), next };
}

export function auditHeadOf(db: DatabaseSync, org: string): AuditHead | null {
  const head = db.prepare('select seq, hash from audit_heads where org = ?').get(org);
  return head === undefined ? null : { org, seq: Number(head['seq']), hash: String(head['hash']) };
}

/** The front of a chain before a time. The newest row is never part of it. */
export function auditsBefore(
  db: DatabaseSync,
  { org, at }: { readonly org: string; readonly at: number },
): { readonly head: AuditHead; readonly rows: number } | null {
  const young = db.prepare('select seq from audits where org = ? and at >= ? order by seq limit 1').get(org, at)?.[
    'seq'
  ];
  const newest = db.prepare('select max(seq) as seq from audits where org = ?').get(org)?.['seq'];
  if (typeof newest !== 'number') return null;
  const end = Math.min(typeof young === 'number' ? young : newest, newest);
  const last = db
    .prepare('select seq, hash from audits where org = ? and seq < ? order by seq desc limit 1')
    .get(org, end);
  if (last === undefined) return null;
  const rows = db
    .prepare('select count(*) as n from audits where org = ? and seq < ? and action <> ?')
    .get(org, end, ANCHOR)?.['n'];
  return { head: { org, seq: Number(last['seq']), hash: String(last['hash']) }, rows: Number(rows) };
}

/** Removes a slice of the front of a chain; 0 when there is nothing left of it. */
export function sweepAudits(
  db: DatabaseSync,
  { org, through, rows }: { readonly org: string; readonly through: number; readonly rows: number },
): number {
  const anchor = db
    .prepare(
      "select 1 from audits where org = ? and seq > ? and action = ? and json_extract(after_text, '$.through') = ? limit 1",
    )
    .get(org, through, ANCHOR, through);
  if (anchor === undefined) throw new Error(`no row of the audit log of ${org} says that it begins behind ${through}`);
  db.prepare('update audit_heads set swept = max(swept, ?) where org = ?').run(through, org);
  const sql =
    'delete from audits where org = ? and seq in (select seq from audits where org = ? and seq <= ? order by seq limit ?)';
  return Number(db.prepare(sql).run(org, org, through, rows).changes);
}

/** The rows of an answer. */
export function toAudits(cells: readonly Cell[]): AuditRow[] {
  return [...rowsOf(cells, WIDTH.audits)].map((row) => ({
    org: String(row[0]),
    seq: Number(row[1]),
    at: Number(row[2]),
    version: Number(row[3]),
    actorKind: String(row[4]),
    actorId: String(row[5]),
    actorName: String(row[6]),
    ip: textOf(row[7]),
    agent: textOf(row[8]),
    door: textOf(row[9]),
    action: String(row[10]),
    collection: textOf(row[11]),
    id: textOf(row[12]),
    outcome: String(row[13]),
    before: textOf(row[14]),
    after: textOf(row[15]),
    why: textOf(row[16]),
    prev: String(row[17]),
    hash: String(row[18]),
  }));
}

function textOf(cell: Cell | undefined): string | null {
  return cell === null || cell === undefined ? null : String(cell);
}

/** What the query asks beside its place in the chain. */
function conditionsOf(q: AuditQuery): readonly [readonly string[], readonly SQLInputValue[]] {
  const where: string[] = [];
  const args: SQLInputValue[] = [];
  const ask = (sql: string, ...values: SQLInputValue[]): void => {
    where.push(sql);
    args.push(...values);
  };
  if (q.actor !== undefined) ask('(actor_id = ? or actor_name = ?)', q.actor, q.actor);
  if (q.action !== undefined)
    ask('(action = ? or substr(action, 1, ?) = ?)', q.action, q.action.length + 1, `${q.action}:`);
  if (q.collection !== undefined) ask('collection = ?', q.collection);
  if (q.id !== undefined) ask('id = ?', q.id);
  if (q.outcome === 'refused') ask("outcome <> 'ok'");
  else if (q.outcome !== undefined) ask('outcome = ?', q.outcome);
  if (q.from !== undefined) ask('at >= ?', q.from);
  if (q.to !== undefined) ask('at < ?', q.to);
  if (q.text !== undefined) {
    const columns = [
      'actor_id',
      'actor_name',
      'ip',
      'action',
      'collection',
      'id',
      'outcome',
      'before_text',
      'after_text',
      'why',
    ];
    const wanted = q.text.toLowerCase();
    ask(
      `(${columns.map((column) => `instr(lower(coalesce(${column}, '')), ?) > 0`).join(' or ')})`,
      ...columns.map(() => wanted),
    );
  }
  return [where, args];
}
