import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Client from 'pg/lib/client.js';
import type { Client as Connection, QueryResultRow } from 'pg';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { postgresBin, userOf } from '../../packages/server/src/testing/peers/program.ts';
import { until } from './until.ts';

/** A real PostgreSQL on a fresh folder, that may be killed and started again on the same data and port. */
export class TestDatabase {
  readonly port: number;
  readonly #folder: string;
  #data = 'data';
  readonly #settings: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  #client: Connection | null = null;
  #output = '';

  private constructor(port: number, folder: string, settings: Readonly<Record<string, string>>) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  /** One superuser `postgres` without a password, on loopback; encrypted for whoever wants it when there is a certificate. */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    certificate: { readonly cert: string; readonly key: string } | null = null,
  ): Promise<TestDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'statewire-postgres-'));
    const user = userOf('postgres');
    if (user !== null) chownSync(folder, user.uid, user.gid);
    const init = spawnSync(
      join(postgresBin(), 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--wal-segsize=1'],
      { ...user, cwd: tmpdir(), env: ENV, encoding: 'utf8' },
    );
    if (init.status !== 0) throw new Error(`initdb failed: ${init.stdout}\n${init.stderr}`);
    const made = new TestDatabase(await freePort(), folder, {
      ...DEFAULTS,
      ...settings,
      ...(certificate === null ? {} : { ssl_cert_file: 'own.crt', ssl_key_file: 'own.key' }),
    });
    for (const [name, text] of Object.entries({ 'own.crt': certificate?.cert, 'own.key': certificate?.key })) {
      if (text === undefined) continue;
      const file = join(folder, 'data', name);
      writeFileSync(file, text, { mode: 0o600 });
      if (user !== null) chownSync(file, user.uid, user.gid);
    }
    await made.launch();
    return made;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it again on the same data, with other settings when they are given. */
  async launch(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = Object.entries({ ...this.#settings, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const args = [
      '-D',
      join(this.#folder, this.#data),
      '-p',
      `${this.port}`,
      '-h',
      '127.0.0.1',
      '-k',
      this.#folder,
      ...all,
    ];
    const begin = (): ChildProcess => {
      const child = spawn(join(postgresBin(), 'postgres'), args, {
        ...userOf('postgres'),
        cwd: tmpdir(),
        env: ENV,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.stderr.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-16_384)));
      return child;
    };
    this.#child = begin();
    await until(`PostgreSQL to answer; it said ${this.#output}`, async () => {
      // The children of one that was killed hold its memory for a moment.
      if (this.#child?.exitCode !== null) this.#child = begin();
      const client: Connection = new Client(this.url);
      client.on('error', () => undefined);
      try {
        await client.connect();
        this.#client = client;
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Rows of one statement, or of the last of several. */
  async query<T extends QueryResultRow = QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]> {
    if (this.#client === null) throw new Error('the database is not running');
    return (await this.#client.query<T>(sql, values)).rows;
  }

  /** Another connection, for a transaction beside the first one's. */
  async connect(): Promise<Connection> {
    const client: Connection = new Client(this.url);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** SIGKILL, as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** A fast shutdown: connections are cut. */
  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  /** A replica as of now takes over at the same address. What happens `before` it does it has not heard of, nor of any slot. */
  async failOver(before: () => Promise<unknown>): Promise<void> {
    const data = `${this.#data}-next`;
    const folder = join(this.#folder, data);
    const from = ['-h', '127.0.0.1', '-p', `${this.port}`, '-U', 'postgres'];
    const user = userOf('postgres');
    const copied = spawnSync(
      join(postgresBin(), 'pg_basebackup'),
      ['-D', folder, ...from, '-X', 'stream', '-c', 'fast', '--no-sync'],
      { ...user, cwd: tmpdir(), env: ENV, encoding: 'utf8' },
    );
    if (copied.status !== 0) throw new Error(`pg_basebackup failed: ${copied.stdout}\n${copied.stderr}`);
    writeFileSync(join(folder, 'standby.signal'), '');
    await before();
    await this.kill();
    this.#data = data;
    await this.launch();
    await this.query('SELECT pg_promote()');
  }

  async close(): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    const client = this.#client;
    this.#child = null;
    this.#client = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (signal === 'SIGINT') await client?.end();
    child.kill(signal);
    await gone;
  }
}

const ENV = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/bin`, LC_ALL: 'C', HOME: tmpdir() };

const DEFAULTS: Readonly<Record<string, string>> = {
  wal_level: 'logical',
  fsync: 'off',
  shared_buffers: '16MB',
  max_connections: '20',
};
