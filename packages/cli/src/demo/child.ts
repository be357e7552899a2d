import { spawn, type ChildProcess } from 'node:child_process';
import { childEnv } from '../env.ts';

/** A program the demo runs. Ends with the demo; killed and stopped on request. */
export class Child {
  readonly #argv: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;

  constructor(argv: readonly string[], env: Readonly<Record<string, string>>) {
    this.#argv = argv;
    this.#env = env;
  }

  get isRunning(): boolean {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  start(): void {
    if (this.isRunning) return;
    const [command = process.execPath, ...args] = this.#argv;
    const child = spawn(command, args, {
      // The channel is how a child notices that we are gone (loopback.ts).
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: childEnv(this.#env),
    });
    child.on('error', () => {});
    this.#process = child;
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null || !this.isRunning) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }

  /** SIGSTOP: the kernel still accepts connections, nobody answers. */
  stop(): void {
    this.#process?.kill('SIGSTOP');
  }

  continue(): void {
    this.#process?.kill('SIGCONT');
  }
}
