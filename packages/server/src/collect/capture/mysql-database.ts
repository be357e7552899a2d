/**
 * A connection to a MySQL or MariaDB, which can only read: the session says so to the server. The driver is loaded when the first one
 * is opened. Values come as the texts that the server writes, times of TIMESTAMP columns in UTC.
 */
import { ok, type Result } from '@statewire/protocol';
import type { Connection } from 'mysql2';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { metered } from '../egress/metered.ts';
import type { Texts } from './database.ts';
import { encryptionOf } from './encryption.ts';
import { saidOfMysql } from './mysql-trouble.ts';
import { trouble } from './trouble.ts';

export interface MysqlOptions {
  readonly clock: Clock;
  readonly url: string;
  /** As the server lists it among the attributes of connections. */
  readonly name: string;
  /** The way there; absent: anywhere, because whoever runs this machine named the place. */
  readonly egress?: Egress | undefined;
  readonly connectMs: number;
  readonly statementMs: number;
}

export class MysqlDatabase {
  /** The database of the URL. */
  readonly database: string;
  readonly #client: Connection;
  readonly #stream: Duplex;
  /** Fails what is under way: the driver forgets it when it is told to end. */
  readonly #cuts = new Set<() => void>();
  readonly #clock: Clock;
  readonly #statementMs: number;

  private constructor(
    { client, stream }: { readonly client: Connection; readonly stream: Duplex },
    { clock, statementMs }: MysqlOptions,
    database: string,
  ) {
    this.#client = client;
    this.#stream = stream;
    this.#clock = clock;
    this.#statementMs = statementMs;
    this.database = database;
    // What ends the connection fails the statement that is under way, or the next one.
    client.on('error', () => undefined);
  }

  static async open(options: MysqlOptions): Promise<Result<MysqlDatabase>> {
    const { clock, url, connectMs, statementMs } = options;
    const at = new URL(url);
    const host = at.hostname.startsWith('[') ? at.hostname.slice(1, -1) : at.hostname;
    const port = at.port === '' ? 3_306 : Number(at.port);
    const database = decodeURIComponent(at.pathname.slice(1));
    const encryption = await encryptionOf(at, host, { isOperator: options.egress === undefined });
    if (!encryption.ok) return encryption;
    // Whoever writes the configuration names the database: that is as good as a line of egress.allow.
    const egress = options.egress ?? createEgress({ mode: 'any', allow: [], clock });
    const connected = await egress.connect({ host, port, timeoutMs: connectMs });
    if (!connected.ok)
      return trouble('unreachable', `the database at ${host}:${port} does not answer: ${connected.message}`);
    const { createConnection } = await import('mysql2');
    const stream = metered(connected.value.socket, Number.MAX_SAFE_INTEGER);
    const client = createConnection({
      host,
      user: decodeURIComponent(at.username) || 'root',
      password: decodeURIComponent(at.password),
      database,
      stream,
      // The driver's own time limit would be a second, different one.
      connectTimeout: connectMs + 1_000,
      ...(encryption.value === false
        ? {}
        : {
            ssl: {
              rejectUnauthorized: encryption.value.rejectUnauthorized,
              verifyIdentity: encryption.value.isNameChecked,
              ...(encryption.value.ca === undefined ? {} : { ca: encryption.value.ca }),
            },
          }),
      charset: 'utf8mb4',
      multipleStatements: false,
      rowsAsArray: true,
      typeCast: (field) => field.string('utf8'),
      flags: ['-LOCAL_FILES'],
      connectAttributes: { program_name: options.name },
    });
    const made = new MysqlDatabase({ client, stream }, options, database);
    const limit = clock.after(connectMs, () => stream.destroy(new Error('Connection timed out')));
    try {
      await new Promise<void>((resolve, reject) => {
        client.on('error', reject);
        client.connect((error) => (error === null ? resolve() : reject(error)));
      });
    } catch (error) {
      stream.destroy();
      return { ok: false, ...saidOfMysql(error, { database }) };
    } finally {
      limit.cancel();
    }
    const version = await made.query('SELECT VERSION()');
    if (!version.ok) return version;
    const isMaria = version.value[0]?.[0]?.includes('MariaDB') === true;
    for (const sql of [
      "SET SESSION time_zone = '+00:00', sql_mode = ''",
      isMaria
        ? `SET SESSION max_statement_time = ${statementMs / 1_000}`
        : `SET SESSION max_execution_time = ${statementMs}`,
      'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
    ]) {
      const set = await made.query(sql);
      if (set.ok) continue;
      made.close();
      return set;
    }
    return ok(made);
  }

  /** One statement. */
  async query(sql: string): Promise<Result<Texts>> {
    const limit = this.#clock.after(this.#statementMs + GRACE_MS, () => this.close());
    try {
      return ok(await this.#ask(sql));
    } catch (error) {
      return { ok: false, ...saidOfMysql(error, this) };
    } finally {
      limit.cancel();
    }
  }

  /** A text as SQL writes it. */
  quoted(text: string): string {
    return this.#client.escape(text);
  }

  /** Cuts the connection; what was under way fails. */
  close(): void {
    for (const cut of this.#cuts) cut();
    this.#cuts.clear();
    this.#client.destroy();
    this.#stream.destroy();
  }

  #ask(sql: string): Promise<Texts> {
    return new Promise((resolve, reject) => {
      const cut = (): void => reject(Object.assign(new Error('Connection lost'), { code: 'ECONNRESET' }));
      this.#cuts.add(cut);
      this.#client.query(sql, (error, rows: unknown) => {
        this.#cuts.delete(cut);
        if (error !== null) reject(error);
        else resolve(Array.isArray(rows) ? rows.map(textsOf) : []);
      });
    });
  }
}

/** The server ends a statement at its own limit, and says so; only one that does not is cut. */
const GRACE_MS = 5_000;

function textsOf(row: unknown): readonly (string | null)[] {
  return Array.isArray(row) ? row.map((value: unknown) => (typeof value === 'string' ? value : null)) : [];
}
