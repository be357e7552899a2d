/**
 * Processes that are asked things. A benchmark measures a server in a process of its own, loaded from another process
 * of its own; this is how the three talk. One question, one answer; notes go without an answer.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process can be asked: one argument, an answer that survives JSON. */
export type Calls = { readonly [name: string]: (args: never) => unknown };

/** A process of ours that answers `C`. */
export class Child<C extends Calls> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { done: (value: unknown) => void; fail: (error: Error) => void }>();
  readonly #gone: Promise<void>;
  #last = 0;
  #isClosing = false;
  onNote: (note: unknown) => void = () => {};

  constructor(file: string, options: { readonly args?: readonly string[]; readonly node?: readonly string[] } = {}) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#process = fork(path, [...(options.args ?? [])], {
      execArgv: [
        '--conditions=source',
        '--expose-gc',
        '--disable-warning=ExperimentalWarning',
        ...(options.node ?? []),
      ],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message: Answer | Note) => this.#hear(message));
    this.#gone = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        const error = new Error(`${file} ended (${String(code ?? signal)}) before it answered`);
        for (const { fail } of this.#waiting.values()) fail(error);
        this.#waiting.clear();
        resolve();
        if (!this.#isClosing) this.#last = Number.NaN;
      });
    });
  }

  ask<K extends keyof C & string>(name: K, args: Parameters<C[K]>[0]): Promise<Awaited<ReturnType<C[K]>>> {
    if (Number.isNaN(this.#last)) return Promise.reject(new Error(`asked ${name} of a process that has ended`));
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: both ends are of this checkout and share C.
      this.#waiting.set(id, { done: (value) => resolve(value as Awaited<ReturnType<C[K]>>), fail: reject });
      this.#process.send({ id, name, args });
    });
  }

  /** Says something that needs no answer. */
  tell<K extends keyof C & string>(name: K, args: Parameters<C[K]>[0]): void {
    if (this.#process.connected) this.#process.send({ id: 0, name, args });
  }

  /** Lets it end by itself, or ends it after a while. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 3_000);
    await this.#gone;
    clearTimeout(timer);
  }

  #hear(message: Answer | Note): void {
    if (!('id' in message)) {
      this.onNote(message.note);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.done(message.value);
    else waiting?.fail(new Error(message.error));
  }
}

/** In the asked process: answers until the asker is gone, then ends the process. */
export function answer(calls: Calls, close: () => Promise<void> | void = () => {}): void {
  process.on('message', ({ id, name, args }: Question) => {
    const call = calls[name];
    Promise.resolve()
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the asker is typed by the same calls.
      .then(() => call?.(args as never))
      .then(
        (value) => id > 0 && process.send?.({ id, value: value ?? null }),
        (error: unknown) =>
          id > 0 &&
          process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.once('disconnect', () => {
    void Promise.resolve(close()).finally(() => process.exit(0));
  });
}

/** In the asked process: says something nobody asked for. */
export function note(value: unknown): void {
  process.send?.({ note: value });
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Note {
  readonly note: unknown;
}
