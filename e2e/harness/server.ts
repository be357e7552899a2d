import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { until } from './until.ts';

/** The admin key every end-to-end server accepts. Not a secret: these servers live for seconds on loopback. */
export const ADMIN_KEY = 'e2e-admin-key-0123456789abcdef';

/** Environment of a server whose memory is to be measured. */
export const COLLECTS = {
  NODE_OPTIONS: `--import=${new URL('collect.ts', import.meta.url).href}`,
  // Code that is taken from a cache comes into memory later, when it first runs.
  NODE_DISABLE_COMPILE_CACHE: '1',
} as const;

/** What Node compiled for one server is there for the next: a third of what a start costs. Kept beside other caches of tools. */
const COMPILED = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'statewire-compiled');

/** A start takes a second on a quiet machine and may take many on a busy one, ms. */
const START_MS = 90_000;

/** An answer of the REST API: status and parsed body. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read fields of many shapes; each assertion says what it expects.
  readonly body: any;
}

/** A real Statewire server in a process of its own, on a fresh data directory. */
export class TestServer {
  readonly port: number;
  readonly data: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;
  /** Everything the server printed, for the message of a failing test. */
  output = '';

  private constructor(port: number, data: string, env: Readonly<Record<string, string>>, args: readonly string[]) {
    this.#args = args;
    this.port = port;
    this.data = data;
    this.#env = env;
  }

  /** Starts a server and waits until it is healthy. The demo is off and any address may be probed unless `env` says else. */
  static async start(
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
    port?: number,
  ): Promise<TestServer> {
    return TestServer.with({}, env, args, port);
  }

  /** The same with a configuration file, which lies with its data and goes with it. */
  static async with(
    config: object,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
    port?: number,
  ): Promise<TestServer> {
    const server = new TestServer(port ?? (await freePort()), mkdtempSync(join(tmpdir(), 'statewire-e2e-')), env, args);
    // JSON is YAML, too.
    if (Object.keys(config).length > 0) writeFileSync(join(server.data, 'statewire.yaml'), JSON.stringify(config));
    try {
      await server.launch();
    } catch (error) {
      rmSync(server.data, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the server is not running');
    return pid;
  }

  /** Starts the process again on the same port and data. */
  async launch(): Promise<void> {
    const child = spawn(process.execPath, ['--conditions=source', 'packages/cli/src/main.ts', 'serve', ...this.#args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.data,
        NODE_COMPILE_CACHE: COMPILED,
        STATEWIRE_PORT: String(this.port),
        STATEWIRE_DATA: this.data,
        STATEWIRE_ADMIN_KEY: ADMIN_KEY,
        STATEWIRE_DEMO: '0',
        STATEWIRE_EGRESS: 'any',
        ...this.#env,
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child = child;
    try {
      await until('the server to be healthy', () => this.#isHealthy(child), START_MS);
    } catch (error) {
      // Whoever waited gives up and does not know this server: nobody else would end it.
      await this.kill();
      throw error;
    }
  }

  async #isHealthy(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${this.output}`);
    return (await fetch(`${this.url}/health`).catch(() => null))?.ok === true;
  }

  /** One REST call with the admin key, or with another credential. */
  async api(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly key?: string | null; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Reply> {
    const key = options.key === undefined ? ADMIN_KEY : options.key;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const raw = await response.text();
    const isJson = /^application\/(?:[\w.-]+\+)?json\b/u.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson && raw !== '' ? JSON.parse(raw) : raw };
  }

  /** Memory of the process without garbage, bytes. Only of a server that was started with `COLLECTS`. */
  async memory(): Promise<number> {
    const seen = this.#collections();
    process.kill(this.pid, 'SIGUSR2');
    await until('the garbage to be collected', () => this.#collections() > seen);
    const { heapBytes, externalBytes } = (await this.api('GET', '/v1/system')).body.memory;
    return heapBytes + externalBytes;
  }

  #collections(): number {
    return this.output.split('collected\n').length;
  }

  /** SIGKILL, as a crash would. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Stops the server and removes its data. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return gone;
  }
}
