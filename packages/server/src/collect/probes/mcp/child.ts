import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import { codeOf, fail, type Fault } from '../../egress/fault.ts';
import type { Command } from '../plan.ts';
import type { ProbeDeps } from '../probe.ts';
import { childEnv } from './child-env.ts';
import { parseMessages, replyFor, requestText, type Manner, type Reply } from './rpc.ts';
import type { Ask, Asked, Wire } from './wire.ts';

export interface ChildEvents {
  /** The process ended, whoever ended it. */
  readonly onExit: () => void;
  /** A message the server pushed. */
  readonly onMessage: (message: JsonObject) => void;
}

/**
 * An MCP server running as our child, spoken to on its standard streams. Started without a shell and in a
 * process group of its own, so that what it starts itself ends with it.
 */
export class Child implements Wire {
  readonly transport = 'stdio' as const;
  readonly #deps: ProbeDeps;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #events: ChildEvents;
  readonly #waiting = new Map<number, (outcome: Result<Reply, Fault>) => void>();
  readonly #decoder = new StringDecoder('utf8');
  readonly #gone: Promise<void>;
  #rest = '';
  #isSkipping = false;
  #stderr = Buffer.alloc(0);
  #nextId = 1;
  #exit: Fault | null = null;
  #stopping: Promise<void> | null = null;
  #noise = 0;

  private constructor(deps: ProbeDeps, child: ChildProcessWithoutNullStreams, events: ChildEvents) {
    this.#deps = deps;
    this.#process = child;
    this.#events = events;
    this.#gone = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        this.#onExit(code, signal);
        resolve();
      });
    });
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-deps.limits.stderrBytesMax);
    });
    // Writing to a child that just died is its exit's business; a stream error must not become an uncaught one.
    child.stdin.on('error', () => undefined);
    child.stdout.on('error', () => undefined);
    child.stderr.on('error', () => undefined);
    child.on('error', () => undefined);
  }

  /** Starts a command and waits until the system says that it runs. */
  static start(deps: ProbeDeps, command: Command, events: ChildEvents): Promise<Result<Child, Fault>> {
    const [file = '', ...args] = command.argv;
    return new Promise((resolve) => {
      const refuse = (error: unknown): void =>
        resolve(
          fail(
            'spawn_failed',
            `The command could not be started (${codeOf(error) || 'error'}); check its path and rights.`,
          ),
        );
      let child: ChildProcessWithoutNullStreams;
      try {
        child = spawn(file, args, {
          detached: true,
          shell: false,
          windowsHide: true,
          stdio: ['pipe', 'pipe', 'pipe'],
          env: childEnv(deps.env, command.env),
          ...(command.cwd === null ? {} : { cwd: command.cwd }),
        });
      } catch (error) {
        // A NUL byte in an argument throws; everything else comes as an event.
        refuse(error);
        return;
      }
      child.once('error', refuse);
      child.once('spawn', () => {
        child.off('error', refuse);
        resolve(ok(new Child(deps, child, events)));
      });
    });
  }

  /** How and that the process ended, or null while it runs. */
  get exit(): Fault | null {
    return this.#exit;
  }

  /** Lines on standard output that were no messages. */
  get noise(): number {
    return this.#noise;
  }

  /** The end of what it wrote to standard error, for administrators. */
  get stderr(): string {
    return this.#stderr.toString('utf8');
  }

  async ask(ask: Ask): Promise<Result<Asked, Fault>> {
    if (this.#exit !== null) return { ok: false, ...this.#exit };
    const id = this.#nextId;
    this.#nextId += 1;
    const startedAt = this.#deps.clock.mono();
    const reply = await new Promise<Result<Reply, Fault>>((resolve) => {
      const timer = this.#deps.clock.after(ask.budget.leftMs, () =>
        settle(fail('timeout', 'No answer within the timeout.')),
      );
      const settle = (outcome: Result<Reply, Fault>): void => {
        timer.cancel();
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, settle);
      this.#write(requestText(id, ask.method, ask.params, ask.manner));
    });
    if (!reply.ok) return reply;
    return ok({ reply: reply.value, status: null, session: null, ms: this.#deps.clock.mono() - startedAt });
  }

  tell(method: string, params: JsonObject, manner: Manner): Promise<void> {
    this.#write(requestText(null, method, params, manner));
    return Promise.resolve();
  }

  /** Answers a request the server made. */
  answer(message: JsonObject): void {
    this.#write(JSON.stringify(message));
  }

  /** Ends it in the order the specification gives: end of input, then SIGTERM, then SIGKILL, the last two to the whole group. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#exit === null) {
      this.#process.stdin.end();
      await this.#goneWithin(EOF_MS);
    }
    if (this.#exit === null) {
      this.#signalGroup('SIGTERM');
      await this.#goneWithin(TERM_MS);
    }
    // Also after a polite exit: what the child started may have stayed.
    this.#signalGroup('SIGKILL');
    await this.#gone;
    for (const stream of [this.#process.stdin, this.#process.stdout, this.#process.stderr]) stream.destroy();
  }

  #goneWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.after(ms, resolve);
      void this.#gone.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // ESRCH: the group is empty, which is what we want. EPERM: what is left changed its user; not ours to end.
      if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
    this.#exit = { code: 'exited', message: `The process ended (${how}).` };
    const outcome = { ok: false, ...this.#exit } as const;
    for (const settle of this.#waiting.values()) settle(outcome);
    // Its own children must not outlive it unseen. At once: a group id is ours only while the group lives.
    this.#signalGroup('SIGKILL');
    if (this.#stopping === null) this.#events.onExit();
  }

  #write(text: string): void {
    if (this.#exit === null && this.#process.stdin.writable) this.#process.stdin.write(`${text}\n`);
  }

  #read(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (this.#isSkipping) this.#isSkipping = false;
      else if (line.trim() !== '') this.#receive(line);
    }
    if (this.#rest.length <= this.#deps.limits.probeBodyBytesMax) return;
    // A line without end would fill our memory; its rest is skipped and the question it may answer fails.
    this.#rest = '';
    this.#isSkipping = true;
    const outcome = fail(
      'too_large',
      `One message is larger than the limit of ${this.#deps.limits.probeBodyBytesMax} bytes.`,
    );
    for (const settle of this.#waiting.values()) settle(outcome);
  }

  #receive(line: string): void {
    const messages = parseMessages(line);
    if (messages === null) {
      this.#noise += 1;
      return;
    }
    for (const [id, settle] of this.#waiting) {
      const reply = replyFor(messages, id);
      if (reply !== null) settle(ok(reply));
    }
    for (const message of messages) if ('method' in message) this.#events.onMessage(message);
  }
}

const EOF_MS = 1_000;
const TERM_MS = 2_000;
