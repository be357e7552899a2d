/**
 * A look at a database before anything is captured of it: who we are there, what keeps it from being followed and what to run against
 * that, which tables there are and what they may become. Nothing is written there. Whoever looks is not whoever runs this machine:
 * the connection goes through the guard of every other way out.
 */
import { ok, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Egress } from '../egress/egress.ts';
import { Database } from './database.ts';
import { MysqlDatabase } from './mysql-database.ts';
import { quoted } from './prepare.ts';
import { readAs, suggestionOf, type FoundColumn, type FoundTable } from './suggest.ts';

export interface InspectDeps {
  readonly clock: Clock;
  readonly egress: Egress;
  readonly limits: Pick<Limits, 'captureConnectMs' | 'captureInspectMs' | 'captureTablesMax'>;
}

/** Something that has to be so, and whether it is. */
export interface Condition {
  readonly is: boolean;
  readonly text: string;
  /** What makes it so, for whoever may. */
  readonly sql: string | null;
}

export interface Inspected {
  readonly version: string;
  readonly database: string;
  readonly user: string;
  /** For following its log; empty where there is none that could be followed. */
  readonly conditions: readonly Condition[];
  readonly mode: 'poll' | 'stream';
  readonly tables: readonly FoundTable[];
  /** There are more tables than are shown. */
  readonly isCut: boolean;
}

/** A database that somebody wants to look at. */
export type Place = { readonly kind: 'mysql' | 'postgres'; readonly url: string };

/** Opens a connection to a PostgreSQL that somebody named who does not run this machine. */
export function openPostgres({ clock, egress, limits }: InspectDeps, url: string): Promise<Result<Database>> {
  return Database.open({
    clock,
    egress,
    url,
    name: 'statewire-look',
    isReplication: false,
    connectMs: limits.captureConnectMs,
    statementMs: limits.captureInspectMs,
  });
}

/** The same of a MySQL or MariaDB. */
export function openMysql({ clock, egress, limits }: InspectDeps, url: string): Promise<Result<MysqlDatabase>> {
  return MysqlDatabase.open({
    clock,
    egress,
    url,
    name: 'statewire-look',
    connectMs: limits.captureConnectMs,
    statementMs: limits.captureInspectMs,
  });
}

/** Looks at a database. */
export async function inspect(deps: InspectDeps, { kind, url }: Place): Promise<Result<Inspected>> {
  const opened = await (kind === 'postgres' ? openPostgres(deps, url) : openMysql(deps, url));
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    return await (db instanceof Database ? lookAtPostgres(db, deps) : lookAtMysql(db, deps));
  } finally {
    db.close();
  }
}

/** What has to be so of a PostgreSQL before its log can be followed. */
export async function conditionsOf(db: Database): Promise<Result<readonly Condition[]>> {
  const asked = await db.query(
    `SELECT current_setting('wal_level'), current_setting('max_replication_slots'), current_setting('max_wal_senders'),
       coalesce((SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user), false), current_user,
       pg_is_in_recovery()`,
  );
  if (!asked.ok) return asked;
  const [level, slots, senders, mayReplicate, user, isReplica] = asked.value[0] ?? [];
  return ok([
    {
      is: level === 'logical',
      text: `wal_level is ${level ?? 'unknown'}${level === 'logical' ? '' : ', expected logical (the database has to be restarted after that)'}`,
      sql: level === 'logical' ? null : 'ALTER SYSTEM SET wal_level = logical;',
    },
    {
      is: mayReplicate === 't',
      text: mayReplicate === 't' ? `${user ?? ''} may replicate` : `${user ?? ''} may not replicate`,
      sql: mayReplicate === 't' ? null : `ALTER ROLE ${quoted(user ?? '')} REPLICATION;`,
    },
    {
      is: slots !== '0' && senders !== '0',
      text: `max_replication_slots is ${slots ?? '0'}, max_wal_senders is ${senders ?? '0'}`,
      sql:
        slots !== '0' && senders !== '0'
          ? null
          : 'ALTER SYSTEM SET max_replication_slots = 10; ALTER SYSTEM SET max_wal_senders = 10;',
    },
    {
      is: isReplica !== 't',
      text: isReplica === 't' ? 'this is a replica; connect to the primary' : 'this is the primary',
      sql: null,
    },
  ]);
}

async function lookAtPostgres(db: Database, { limits }: InspectDeps): Promise<Result<Inspected>> {
  const said = await db.query(`SELECT current_setting('server_version'), current_database(), current_user`);
  if (!said.ok) return said;
  const conditions = await conditionsOf(db);
  if (!conditions.ok) return conditions;
  const listed = await db.query(
    `SELECT n.nspname || '.' || c.relname, greatest(c.reltuples, 0)::bigint::text, has_table_privilege(c.oid, 'SELECT'),
       coalesce((SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'),
       coalesce((SELECT json_agg(a.attname) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary), '[]')
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     ORDER BY 1 LIMIT ${limits.captureTablesMax + 1}`,
  );
  if (!listed.ok) return listed;
  const [[version, database, user] = []] = said.value;
  return ok({
    version: `PostgreSQL ${version ?? ''}`,
    database: database ?? '',
    user: user ?? '',
    conditions: conditions.value,
    mode: conditions.value.every(({ is }) => is) ? 'stream' : 'poll',
    tables: listed.value.slice(0, limits.captureTablesMax).map(([table, rows, mayRead, columns, key]) =>
      suggestionOf({
        table: table ?? '',
        rows: Number(rows),
        mayRead: mayRead === 't',
        columns: columnsIn(columns),
        key: listIn(key).flatMap((name) => (typeof name === 'string' ? [name] : [])),
      }),
    ),
    isCut: listed.value.length > limits.captureTablesMax,
  });
}

async function lookAtMysql(db: MysqlDatabase, { limits }: InspectDeps): Promise<Result<Inspected>> {
  const said = await db.query('SELECT VERSION(), DATABASE(), CURRENT_USER()');
  if (!said.ok) return said;
  const tables = await db.query(
    `SELECT table_name, table_rows FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name LIMIT ${limits.captureTablesMax + 1}`,
  );
  if (!tables.ok) return tables;
  const columns = await db.query(
    `SELECT table_name, column_name, column_type, column_key FROM information_schema.columns
     WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position LIMIT ${limits.captureTablesMax * COLUMNS_MEAN}`,
  );
  if (!columns.ok) return columns;
  const [[version, database, user] = []] = said.value;
  const byTable = Map.groupBy(columns.value, ([table]) => table);
  return ok({
    version:
      version?.includes('MariaDB') === true
        ? `MariaDB ${version.replace(/-MariaDB.*$/u, '')}`
        : `MySQL ${version ?? ''}`,
    database: database ?? '',
    user: user ?? '',
    conditions: [],
    mode: 'poll',
    tables: tables.value.slice(0, limits.captureTablesMax).map(([table, rows]) => {
      const own = byTable.get(table ?? null) ?? [];
      return suggestionOf({
        table: table ?? '',
        rows: rows === null || rows === undefined ? null : Number(rows),
        // What a user may not read is not listed to it.
        mayRead: true,
        columns: own.map(([, name, type]) => ({ name: name ?? '', type: type ?? '', as: readAs(type ?? '') })),
        key: own.flatMap(([, name, , key]) => (key === 'PRI' && name !== null && name !== undefined ? [name] : [])),
      });
    }),
    isCut: tables.value.length > limits.captureTablesMax,
  });
}

const COLUMNS_MEAN = 50;

function columnsIn(text: string | null | undefined): readonly FoundColumn[] {
  return listIn(text).flatMap((pair) => {
    const [name, type] = Array.isArray(pair) ? pair : [];
    return typeof name === 'string' && typeof type === 'string' ? [{ name, type, as: readAs(type) }] : [];
  });
}

function listIn(text: string | null | undefined): readonly unknown[] {
  const list: unknown = JSON.parse(text ?? '[]');
  return Array.isArray(list) ? list : [];
}
