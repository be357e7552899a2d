import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { userOf } from '../../packages/server/src/testing/peers/program.ts';
import { until } from './until.ts';

/** A real MariaDB on a fresh folder, that may be killed and started again on the same data and port. */
export class TestMariaDb {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | null = null;
  #client: Connection | null = null;
  #output = '';

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** `root` without a password, on loopback. */
  static async start(): Promise<TestMariaDb> {
    const folder = mkdtempSync(join(tmpdir(), 'statewire-mariadb-'));
    const user = userOf('mysql');
    if (user !== null) chownSync(folder, user.uid, user.gid);
    const init = spawnSync(
      'mariadb-install-db',
      [
        '--no-defaults',
        `--datadir=${join(folder, 'data')}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
      { ...user, cwd: tmpdir(), env: ENV, encoding: 'utf8' },
    );
    if (init.status !== 0) throw new Error(`mariadb-install-db failed: ${init.stdout}\n${init.stderr}`);
    const made = new TestMariaDb(await freePort(), folder);
    await made.launch();
    return made;
  }

  /** Starts it again on the same data. */
  async launch(): Promise<void> {
    const begin = (): ChildProcess => {
      const child = spawn(
        '/usr/sbin/mariadbd',
        [
          '--no-defaults',
          `--datadir=${join(this.#folder, 'data')}`,
          ...(userOf('mysql') === null ? [] : ['--user=mysql']),
          `--port=${this.port}`,
          '--bind-address=127.0.0.1',
          `--socket=${join(this.#folder, 'mysql.sock')}`,
          `--pid-file=${join(this.#folder, 'mysql.pid')}`,
          '--innodb-buffer-pool-size=16M',
          '--innodb-flush-log-at-trx-commit=0',
        ],
        { ...userOf('mysql'), cwd: tmpdir(), env: ENV, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      child.stderr.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-16_384)));
      return child;
    };
    this.#child = begin();
    await until(`MariaDB to answer; it said ${this.#output}`, async () => {
      if (this.#child?.exitCode !== null) this.#child = begin();
      const client = createConnection({ host: '127.0.0.1', port: this.port, user: 'root', multipleStatements: true });
      client.on('error', () => undefined);
      const isUp = await new Promise<boolean>((resolve) => client.connect((error) => resolve(error === null)));
      if (isUp) this.#client = client;
      else client.destroy();
      return isUp;
    });
  }

  /** Rows of one statement; several may stand behind each other. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = this.#client;
    if (client === null) throw new Error('the database is not running');
    return new Promise((resolve, reject) =>
      client.query(sql, (error, rows: unknown) => {
        if (error !== null) reject(error);
        else resolve(Array.isArray(rows) ? rows : []);
      }),
    );
  }

  /** SIGKILL, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#client?.destroy();
    this.#child = null;
    this.#client = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const ENV = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/bin`, LC_ALL: 'C', HOME: tmpdir() };
