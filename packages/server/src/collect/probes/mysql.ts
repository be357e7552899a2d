import { createConnection, type Connection, type FieldPacket, type RowDataPacket } from 'mysql2';
import { ok, type Json, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { codeOf, fail, FaultError, faultOf, type Failed, type Fault } from '../egress/fault.ts';
import { metered } from '../egress/metered.ts';
import { loginFault, openTarget } from './opening.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps, Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Probes MySQL and MariaDB: login, and a query in a read-only transaction with a time limit on the server's side too. */
export function createMysqlProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'mysql');
  const opened = await openTarget(deps, plan, budget);
  if (!opened.ok) return failedReach(opened);
  const { socket } = opened.value.connection;
  const sheet = new Sheet().reached(opened.value.connection);
  let cut: Failed | null = null;
  const timer = deps.clock.after(budget.leftMs, () => {
    cut = fail('timeout', 'No answer within the timeout.');
    stream.destroy(new FaultError(cut));
  });
  const stream = metered(socket, deps.limits.probeBodyBytesMax);
  // The driver makes the handshake itself; it must trust whom the egress trusts.
  const { ca } = deps.egress;
  const askedAt = deps.clock.mono();
  const client = createConnection({
    host: opened.value.host,
    user: settings.user,
    password: plan.credentials['password'] ?? '',
    ...(settings.database === '' ? {} : { database: settings.database }),
    stream,
    // The driver's own time limit would be a second, different one.
    connectTimeout: plan.timeoutMs + 1_000,
    ...(settings.encryption === 'on'
      ? { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...(ca === undefined ? {} : { ca: [...ca] }) } }
      : {}),
    multipleStatements: false,
    supportBigNumbers: true,
    decimalNumbers: true,
    dateStrings: true,
    rowsAsArray: true,
    flags: ['-LOCAL_FILES'],
    connectAttributes: { program_name: 'statewire-probe' },
  });
  const run = async <T>(work: Promise<T>): Promise<Result<T, Fault>> => {
    try {
      return ok(await work);
    } catch (error) {
      return cut ?? faultOfError(plan, error);
    }
  };
  try {
    const connected = await run(connect(client));
    if (!connected.ok) return refused(sheet, connected);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs).ok('protocol', 'ready', 'The server is ready for queries.', tookMs);
    sheet.ok('auth', 'accepted', `The server lets ${settings.user} in.`);
    if (settings.query === null) return sheet.done(plan, 'The server is ready for queries.');
    const queryAt = deps.clock.mono();
    const answered = await run(readOnly(client, settings.query, budget.leftMs));
    if (!answered.ok) return refused(sheet, answered, 'query');
    const { rows, names } = answered.value;
    const [first = []] = rows;
    const ms = deps.clock.mono() - queryAt;
    sheet.latency(ms).ok('query', 'answered', `The query gave ${rows.length} rows.`, ms);
    return sheet.done(plan, 'The query was answered.', {
      value: first[0] ?? null,
      row: rows.length === 0 ? null : Object.fromEntries(names.map((name, i) => [name, first[i] ?? null])),
      rows: rows.slice(0, ROWS_MAX),
    });
  } finally {
    timer.cancel();
    client.destroy();
    stream.destroy();
  }
}

function connect(client: Connection): Promise<null> {
  return new Promise((resolve, reject) => {
    // One listener for the whole life: the driver emits what it cannot hand to a query.
    client.on('error', reject);
    client.connect((error) => (error === null ? resolve(null) : reject(error)));
  });
}

interface Rows {
  readonly rows: readonly (readonly Json[])[];
  readonly names: readonly string[];
}

async function readOnly(client: Connection, sql: string, leftMs: number): Promise<Rows> {
  const { rows } = await query(client, 'SELECT VERSION()');
  const isMaria = JSON.stringify(rows).includes('MariaDB');
  const limitMs = Math.max(1, Math.floor(leftMs));
  await query(
    client,
    isMaria ? `SET SESSION max_statement_time = ${limitMs / 1000}` : `SET SESSION max_execution_time = ${limitMs}`,
  );
  await query(client, 'START TRANSACTION READ ONLY');
  const answer = await query(client, sql);
  await query(client, 'ROLLBACK');
  return answer;
}

function query(client: Connection, sql: string): Promise<Rows> {
  return new Promise((resolve, reject) => {
    client.query<RowDataPacket[][]>(sql, (error, rows: unknown, fields: FieldPacket[] | undefined) => {
      if (error !== null) reject(error);
      else
        resolve({ rows: Array.isArray(rows) ? rows.map(jsonRow) : [], names: (fields ?? []).map(({ name }) => name) });
    });
  });
}

function jsonRow(row: unknown): readonly Json[] {
  return Array.isArray(row) ? row.map(jsonValue) : [];
}

function jsonValue(value: unknown): Json {
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string')
    return value;
  if (typeof value === 'bigint' || Buffer.isBuffer(value)) return value.toString();
  return value === undefined ? null : JSON.stringify(value);
}

function refused(sheet: Sheet, fault: Fault, during: 'protocol' | 'query' = 'protocol'): Finding {
  const isAuth = ['needs_auth', 'credentials_rejected', 'forbidden'].includes(fault.code);
  if (during === 'protocol' && (isAuth || fault.code === 'no_database')) {
    sheet.ok('protocol', 'mysql', 'The server speaks the MySQL protocol.');
  }
  return sheet.failed(isAuth ? 'auth' : fault.code === 'no_database' ? 'database' : during, fault);
}

/** The fault of an error of the driver or the server. Only codes are shown, never texts. */
function faultOfError(plan: CheckPlan, error: unknown): Failed {
  if (error instanceof FaultError) return { ok: false, ...error.fault };
  const code = codeOf(error);
  if (code === '' && errnoOf(error) !== null) return ofMariaDb(errnoOf(error) ?? 0);
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return { ok: false, ...loginFault(plan, code) };
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
    case 'ER_SPECIFIC_ACCESS_DENIED_ERROR':
    case 'ER_HOST_NOT_PRIVILEGED':
      return fail('forbidden', `The server answers, but the user of this check may not do that (${code}).`);
    case 'ER_BAD_DB_ERROR':
      return fail('no_database', 'The server has no such database.');
    case 'ER_CON_COUNT_ERROR':
      return fail('too_many_connections', 'The server has no connection left.');
    case 'ER_QUERY_TIMEOUT':
      return QUERY_TIMEOUT;
    case 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION':
      return fail('query_writes', 'The query writes; a check only reads.');
    case 'PROTOCOL_CONNECTION_LOST':
      return fail('reset', 'The connection was cut before the answer was complete.');
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return fail('tls_unavailable', 'The server does not offer encryption.');
    default:
  }
  if (/^ER_[A-Z0-9_]{1,60}$/.test(code)) return fail('query_failed', `The query failed (${code}).`);
  if (code === '' || /^(HANDSHAKE|PROTOCOL)_|^ERR_(OUT_OF_RANGE|BUFFER|INVALID_ARG)/.test(code)) return NOT_MYSQL;
  return faultOf(error);
}

/** An error that the server sent, of which the driver knows no name: those that only MariaDB has. */
function ofMariaDb(errno: number): Failed {
  return errno === MARIADB_STATEMENT_TIMEOUT
    ? QUERY_TIMEOUT
    : fail('query_failed', `The query failed (error ${errno}).`);
}

function errnoOf(error: unknown): number | null {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : null;
}

/** `ER_STATEMENT_TIMEOUT` of MariaDB, https://mariadb.com/docs/server/reference/error-codes/mariadb-error-codes-1900-to-1999/e1969 */
const MARIADB_STATEMENT_TIMEOUT = 1969;
const QUERY_TIMEOUT = fail('query_timeout', 'The query did not end within the timeout.');
const NOT_MYSQL: Failed = fail('not_mysql', 'The answer is not valid MySQL protocol.');
const ROWS_MAX = 1_000;
