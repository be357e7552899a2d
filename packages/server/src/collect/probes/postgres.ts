import Client from 'pg/lib/client.js';
import type { Socket } from 'node:net';
import { ok, type Json, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { codeOf, fail, FaultError, faultOf, type Failed, type Fault } from '../egress/fault.ts';
import { metered } from '../egress/metered.ts';
import { Wire } from '../egress/wire.ts';
import { certificateOf } from './certificate.ts';
import { loginFault, openTarget, type Opening } from './opening.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps, Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Probes PostgreSQL: login, and a query in a read-only transaction with a time limit on the server's side too. */
export function createPostgresProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

/** Asks for encryption the way PostgreSQL wants it: one message, one letter as the answer. */
export async function secureAsPostgres(
  deps: Pick<ProbeDeps, 'clock' | 'egress'>,
  { host, port, connection }: Opening,
  budget: Budget,
  options: { readonly isStrict?: boolean | undefined } = {},
): ReturnType<ProbeDeps['egress']['secure']> {
  const wire = new Wire(deps.clock, connection.socket, 1_024);
  wire.write(SSL_REQUEST);
  const letter = await wire.read(budget, (bytes) =>
    bytes.length === 0 ? null : { value: String.fromCodePoint(bytes[0] ?? 0), length: 1 },
  );
  if (!letter.ok) return letter;
  if (letter.value === 'N') return fail('tls_unavailable', 'The server does not offer encryption.');
  // More than the letter before the handshake is somebody else's bytes (CVE-2021-23222).
  if (letter.value !== 'S' || !wire.isDrained) return NOT_POSTGRES;
  return deps.egress.secure(wire.release(), { host, port, alpn: [], timeoutMs: budget.leftMs, ...options });
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'postgres');
  const opened = await openTarget(deps, plan, budget);
  if (!opened.ok) return failedReach(opened);
  const sheet = new Sheet().reached(opened.value.connection);
  let socket: Socket = opened.value.connection.socket;
  if (settings.encryption === 'on') {
    const secured = await secureAsPostgres(deps, opened.value, budget);
    if (!secured.ok) {
      socket.destroy();
      return sheet.failed('protocol', secured);
    }
    sheet.certificate(certificateOf(secured.value, deps.clock.now(), plan.certificateDays));
    socket = secured.value;
  }
  let cut: Failed | null = null;
  const timer = deps.clock.after(budget.leftMs, () => {
    cut = fail('timeout', 'No answer within the timeout.');
    socket.destroy();
  });
  const { password } = plan.credentials;
  const stream = metered(socket, deps.limits.probeBodyBytesMax);
  let broken: Failed | null = null;
  stream.on('error', (error) => (broken = error instanceof FaultError ? { ok: false, ...error.fault } : null));
  const client = new Client({
    host: opened.value.host,
    port: opened.value.port,
    user: settings.user,
    database: settings.database,
    // A function: an empty password would be looked for in the environment and in files of this machine.
    password: () => password ?? '',
    ssl: false,
    application_name: 'statewire-probe',
    stream: () => stream,
    types: { getTypeParser: (oid: number) => parserOf(oid) },
  });
  client.on('error', () => undefined);
  const run = async <T>(work: Promise<T>): Promise<Result<T, Fault>> => {
    try {
      return ok(await work);
    } catch (error) {
      return cut ?? broken ?? faultOfError(plan, error);
    }
  };
  try {
    const askedAt = deps.clock.mono();
    const connected = await run(client.connect());
    if (!connected.ok) return refused(sheet, connected);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs).ok('protocol', 'ready', 'The server is ready for queries.', tookMs);
    sheet.ok('auth', 'accepted', `The server lets ${settings.user} in.`);
    if (settings.query === null) return sheet.done(plan, 'The server is ready for queries.');
    const queryAt = deps.clock.mono();
    const limitMs = Math.max(1, Math.floor(budget.leftMs));
    const begun = await run(client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limitMs}`));
    if (!begun.ok) return refused(sheet, begun, 'query');
    // The extended protocol takes one statement: nothing after a semicolon is run.
    const asked = { text: settings.query, values: [], queryMode: 'extended', rowMode: 'array' } as const;
    const answered = await run(client.query<Json[]>(asked));
    if (!answered.ok) return refused(sheet, answered, 'query');
    await run(client.query('ROLLBACK'));
    const [first = []] = answered.value.rows;
    const row = Object.fromEntries(answered.value.fields.map(({ name }, i) => [name, first[i] ?? null]));
    const ms = deps.clock.mono() - queryAt;
    sheet.latency(ms).ok('query', 'answered', `The query gave ${answered.value.rows.length} rows.`, ms);
    return sheet.done(plan, 'The query was answered.', {
      value: first[0] ?? null,
      row: answered.value.rows.length === 0 ? null : row,
      rows: answered.value.rows.slice(0, ROWS_MAX),
    });
  } finally {
    timer.cancel();
    stream.destroy();
  }
}

function refused(sheet: Sheet, fault: Fault, during: 'protocol' | 'query' = 'protocol'): Finding {
  const isAuth = ['needs_auth', 'credentials_rejected', 'forbidden'].includes(fault.code);
  if (during === 'protocol' && (isAuth || IN_PROTOCOL.has(fault.code))) {
    sheet.ok('protocol', 'postgres', 'The server speaks the PostgreSQL protocol.');
  }
  const name = isAuth ? 'auth' : fault.code === 'no_database' ? 'database' : during;
  return sheet.failed(name, fault);
}

const IN_PROTOCOL: ReadonlySet<string> = new Set(['no_database']);

/** The fault of an error of the driver or the server. Only SQLSTATE codes are shown, never texts. */
function faultOfError(plan: CheckPlan, error: unknown): Failed {
  const code = codeOf(error);
  switch (code) {
    case '28P01':
    case '28000':
      return { ok: false, ...loginFault(plan, `SQLSTATE ${code}`) };
    case '42501':
      return fail('forbidden', 'The server answers, but the user of this check may not do that (SQLSTATE 42501).');
    case '3D000':
      return fail('no_database', 'The server has no such database.');
    case '53300':
      return fail('too_many_connections', 'The server has no connection left.');
    case '57P03':
      return fail('starting', 'The server is starting up or shutting down.');
    case '57014':
      return fail('query_timeout', 'The query did not end within the timeout.');
    case '25006':
      return fail('query_writes', 'The query writes; a check only reads.');
    default:
  }
  if (/^[0-9A-Z]{5}$/.test(code) && /\d/.test(code))
    return fail('query_failed', `The query failed (SQLSTATE ${code}).`);
  if (code !== '') return faultOf(error);
  const message = error instanceof Error ? error.message : '';
  // The driver refuses to go on without a password in its own words.
  if (/^SASL|password/i.test(message)) return { ok: false, ...loginFault(plan, 'PostgreSQL') };
  if (/terminated|ended|closed/i.test(message)) {
    return fail('reset', 'The connection was cut before the answer was complete.');
  }
  return NOT_POSTGRES;
}

/** Numbers as numbers, booleans as booleans, JSON as JSON, all else as the text the server wrote. */
function parserOf(oid: number): (text: string) => Json {
  if (NUMBERS.has(oid)) return (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
  if (oid === 16) return (text) => text === 't';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: JSON.parse gives JSON, and the server checked it.
  if (oid === 114 || oid === 3802) return (text) => JSON.parse(text) as Json;
  return (text) => text;
}

/** int2, int4, int8, oid, float4, float8, numeric. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const NOT_POSTGRES: Failed = fail('not_postgres', 'The answer is not valid PostgreSQL protocol.');
const ROWS_MAX = 1_000;
