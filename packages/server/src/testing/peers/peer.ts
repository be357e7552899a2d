import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { systemClock } from '../../lib/clock.ts';

export interface PeerOptions {
  /** Name of an installed program, as in `node_modules/.bin`, or the path of a script. */
  readonly bin: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The port it will listen on, or null for a program that listens on none. */
  readonly port: number;
}

/** A real server running as a process of its own, for tests, the demo and benchmarks. */
export class Peer {
  readonly #options: PeerOptions;
  #child: ChildProcess | null = null;
  #output = '';

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`peer ${this.#options.bin} is not running`);
    return pid;
  }

  get port(): number {
    return this.#options.port;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Starts it and waits until its port accepts connections. */
  async start(timeoutMs = 30_000): Promise<this> {
    const child = spawn(process.execPath, [binPath(this.#options.bin), ...(this.#options.args ?? [])], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...this.#options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_MAX);
      });
    }
    const isUp = await waitFor(
      async () => child.exitCode !== null || (await isListening(this.#options.port)),
      timeoutMs,
    );
    if (!isUp || child.exitCode !== null) {
      await this.stop();
      throw new Error(
        `peer ${this.#options.bin} did not listen on ${this.#options.port} within ${timeoutMs} ms:\n${this.#output}`,
      );
    }
    return this;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Kills it at once and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    // A stopped process does not act on signals other than this one.
    this.signal('SIGCONT');
    await this.kill();
    this.#child = null;
  }
}

/** The script behind a name in `node_modules/.bin`, looked for from here upwards; a path stays as it is. */
export function binPath(name: string): string {
  if (isAbsolute(name)) return name;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', '.bin', name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`found no node_modules/.bin/${name}; run npm install`);
  }
}

/** Whether the condition became true within the time; asked every 20 ms. */
export async function waitFor(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = systemClock.mono() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (systemClock.mono() > end) return false;
    await pause(20);
  }
}

/** Waits; for conditions in the world outside this process only. */
function pause(ms: number): Promise<void> {
  // Not a clock timer: those let the process exit, and a test waiting for a peer must not.
  return new Promise((resolve) => {
    const keepAlive = new MessageChannel();
    keepAlive.port1.ref();
    systemClock.after(ms, () => {
      keepAlive.port1.close();
      resolve();
    });
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const OUTPUT_MAX = 16_384;
