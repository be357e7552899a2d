/**
 * What has to be true of a database before it can be followed, in the order in which a person would put it right: the level of its
 * log, the user's rights, the tables with their keys, the publication. What we may put right ourselves, we do; of the rest it is
 * said what to run.
 */
import { ok, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Database } from './database.ts';
import { IDENTITY_HELP } from './row-item.ts';
import type { CapturePlan, TablePlan } from './plan.ts';
import { trouble, type Trouble } from './trouble.ts';

/** A table as it stands in the database. */
export interface Table {
  readonly plan: TablePlan;
  readonly oid: string;
  /** The columns of the plan that it has. */
  readonly columns: readonly string[];
  /** Columns of the plan that it lacks: their fields are null. */
  readonly missing: readonly string[];
  readonly isPartitioned: boolean;
  /** Polling: the type of the column that grows, as SQL names it. */
  readonly cursorType: string;
}

/** Finds the tables, and what keeps one of them from being followed. */
export async function findTables(db: Database, plan: CapturePlan): Promise<Result<readonly Table[]>> {
  const found = await db.query(TABLES, [
    JSON.stringify(plan.tables.map(({ table }) => table)),
    plan.mode === 'poll' ? 't' : 'f',
  ]);
  if (!found.ok) return found;
  const byName = new Map(found.value.map((row) => [row[0], row]));
  const tables: Table[] = [];
  for (const each of plan.tables) {
    const [, oid = '', kind, readable, columnsText, identityText, typesText] = byName.get(each.table) ?? [];
    if (oid === null || oid === '') {
      return trouble('no_table', `the database has no table ${each.table}; create it or correct the configuration`);
    }
    if (readable !== 't') {
      return trouble(
        'forbidden',
        `the user may not read ${each.table}; run: GRANT SELECT ON ${quoted(each.table)} TO <user>;`,
      );
    }
    const columns = names(columnsText);
    const wanted = columnsOf(each, plan.mode);
    const unknown = [...each.key, ...(plan.mode === 'poll' && each.cursor !== null ? [each.cursor] : [])].find(
      (column) => !columns.includes(column),
    );
    if (unknown !== undefined) {
      return trouble(
        'no_key',
        `${each.table} has no column ${unknown}; name the columns of its key (key) and the one that grows with changes (cursor)`,
      );
    }
    const identity = names(identityText);
    const loose = plan.mode === 'stream' ? each.key.find((column) => !identity.includes(column)) : undefined;
    if (loose !== undefined) {
      // Publishing such a table would make the database refuse its UPDATEs and DELETEs: whoever writes it would be hurt.
      return trouble(
        'no_identity',
        `${each.table}: the database would not say the key ${each.key.join(', ')} of a row that is changed or deleted; ${IDENTITY_HELP.replace('...', quoted(each.table))}, or make \`key\` the columns of its primary key`,
      );
    }
    tables.push({
      plan: each,
      oid,
      columns: wanted.filter((column) => columns.includes(column)),
      missing: wanted.filter((column) => !columns.includes(column)),
      isPartitioned: kind === 'p',
      cursorType: each.cursor === null ? '' : typeOf(typesText, each.cursor),
    });
  }
  return ok(tables);
}

/** Can this database be followed by its log, by this user? */
export async function checkLog(db: Database): Promise<Result<null>> {
  const asked = await db.query(
    `SELECT current_setting('wal_level'), current_setting('max_replication_slots'), current_setting('max_wal_senders'),
       coalesce((SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user), false), current_user,
       pg_is_in_recovery()`,
  );
  if (!asked.ok) return asked;
  const [level, slots, senders, mayReplicate, user, isReplica] = asked.value[0] ?? [];
  if (level !== 'logical') {
    return trouble(
      'wal_level',
      `wal_level of the database is ${level ?? 'unknown'}, expected logical; run ALTER SYSTEM SET wal_level = logical; and restart it, or capture with mode: poll`,
    );
  }
  if (slots === '0' || senders === '0') {
    return trouble(
      'no_slots',
      'max_replication_slots and max_wal_senders of the database must be above 0; raise them and restart it',
    );
  }
  if (mayReplicate !== 't') {
    return trouble(
      'forbidden',
      `the user ${user ?? ''} may not replicate; run: ALTER ROLE ${quoted(user ?? '')} REPLICATION; (on managed databases grant the provider's replication role), or capture with mode: poll`,
    );
  }
  if (isReplica === 't') {
    return trouble('replica', 'this database is a replica; name the primary in the URL');
  }
  return ok(null);
}

/**
 * Makes the publication one of exactly these tables. The value: was it so already? Before it is changed, `doubt` writes down that
 * there is nothing to go on from: what happened to it meanwhile nobody has told us.
 */
export async function publish(
  db: Database,
  plan: CapturePlan,
  doubt: () => Promise<Result<unknown>>,
): Promise<Result<boolean>> {
  const name = quoted(plan.publication);
  const listed = plan.tables.map(({ table }) => quoted(table)).join(', ');
  const found = await db.query(
    `SELECT p.puballtables, p.pubviaroot AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate,
       coalesce((SELECT json_agg(DISTINCT t.schemaname || '.' || t.tablename) FROM pg_publication_tables t WHERE t.pubname = p.pubname), '[]'),
       coalesce((SELECT json_agg(n.nspname || '.' || c.relname) FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.prpubid = p.oid AND coalesce(to_jsonb(r)->>'prqual', to_jsonb(r)->>'prattrs') IS NOT NULL), '[]')
     FROM pg_publication p WHERE p.pubname = $1`,
    [plan.publication],
  );
  if (!found.ok) return found;
  const [row] = found.value;
  const filtered = names(row?.[3]).find((table) => plan.tables.some((each) => each.table === table));
  if (filtered !== undefined) {
    // What it did not tell is told by nobody later: when the filter is gone everything has to be read again.
    const doubted = await doubt();
    if (!doubted.ok) return doubted;
    return trouble(
      'publication_filter',
      `the publication ${plan.publication} tells only some rows or columns of ${filtered}; run: ALTER PUBLICATION ${name} SET TABLE ${listed}; and say with \`only\` and \`columns\` what is wanted`,
    );
  }
  const published = names(row?.[2]);
  const isSame = published.length === plan.tables.length && plan.tables.every(({ table }) => published.includes(table));
  if (row?.[1] === 't' && (row[0] === 't' || isSame)) return ok(true);
  const doubted = await doubt();
  if (!doubted.ok) return doubted;
  if (row === undefined) {
    const sql = `CREATE PUBLICATION ${name} FOR TABLE ${listed} WITH (publish_via_partition_root = true)`;
    const made = await db.query(sql);
    return made.ok ? ok(false) : mayNot(made, sql);
  }
  if (row[1] !== 't') {
    const sql = `ALTER PUBLICATION ${name} SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)`;
    const altered = await db.query(sql);
    if (!altered.ok) return mayNot(altered, sql);
  }
  if (row[0] === 't' || isSame) return ok(false);
  const sql = `ALTER PUBLICATION ${name} SET TABLE ${listed}`;
  const altered = await db.query(sql);
  return altered.ok ? ok(false) : mayNot(altered, sql);
}

/** What the records are made of: when this changes, they have to be made anew. */
export function fingerprint(plan: CapturePlan, tables: readonly Table[]): string {
  // Who may see the rows makes none of them another one.
  const said = tables.map(({ oid, columns, plan: each }) => ({
    oid,
    columns,
    each: { ...each, cursor: null, sees: undefined },
  }));
  return createHash('sha256')
    .update(JSON.stringify([plan.mode, said]))
    .digest('hex')
    .slice(0, 32);
}

/** `public.orders` as `"public"."orders"`. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/** Every column that a plan reads. */
export function columnsOf(plan: TablePlan, mode: CapturePlan['mode']): readonly string[] {
  return [
    ...new Set([
      ...plan.key,
      ...Object.values(plan.fields).map(({ column }) => column),
      ...Object.values(plan.labels),
      ...Object.keys(plan.only),
      ...(plan.heartbeat === null ? [] : [plan.heartbeat.column]),
      ...(mode === 'poll' && plan.cursor !== null ? [plan.cursor] : []),
    ]),
  ];
}

function mayNot(failed: Trouble, sql: string): { readonly ok: false } & Trouble {
  return trouble(
    failed.code === 'database' ? 'publication' : failed.code,
    `${failed.message}; whoever owns the tables can run it once: ${sql};`,
  );
}

function typeOf(text: string | null | undefined, column: string): string {
  const types: unknown = JSON.parse(text ?? '{}');
  const type: unknown = typeof types === 'object' && types !== null ? Reflect.get(types, column) : null;
  return typeof type === 'string' ? type : 'text';
}

function names(text: string | null | undefined): readonly string[] {
  const list: unknown = JSON.parse(text ?? '[]');
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

/** Of each table: its oid and kind, may we read it, its columns (the log says nothing of those that are made of others), and those that are told of a row that is changed or deleted. */
const TABLES = `
  SELECT n.nspname || '.' || c.relname, c.oid::text, c.relkind, has_table_privilege(c.oid, 'SELECT'),
    coalesce((SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND ($2::boolean OR a.attgenerated = '')), '[]'),
    coalesce((SELECT json_agg(a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (c.relreplident = 'f' OR EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = c.oid AND a.attnum = ANY(i.indkey)
          AND ((c.relreplident = 'd' AND i.indisprimary) OR (c.relreplident = 'i' AND i.indisreplident))))), '[]'),
    coalesce((SELECT json_object_agg(a.attname, format_type(a.atttypid, NULL)) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname || '.' || c.relname IN (SELECT json_array_elements_text($1::json))`;
