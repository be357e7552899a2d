/**
 * Questions from the main thread to a worker, and their answers: one message each way, answered in order. The main
 * thread's side is `Caller`, the worker's side is `answerCalls`. Errors cross as their message and code.
 */
import { Worker, type MessagePort } from 'node:worker_threads';

type Args<F> = F extends (args: infer A) => unknown ? A : never;
type Value<F> = F extends (args: never) => infer R ? R : never;

interface Question {
  readonly id: number;
  readonly method: string;
  readonly args: unknown;
}

type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly code: string };

/** What went wrong in a worker. */
export class StoreError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
  }
}

export interface CallerOptions {
  readonly url: URL;
  /** Calls that may wait at a time. */
  readonly callsMax: number;
  /** The worker ended although nobody closed it. */
  readonly onCrash: (error: Error) => void;
}

/** `M` says what the worker can be asked: name to a function of one argument. */
export class Caller<M extends object> {
  readonly #options: CallerOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #id = 0;
  #gone: Error | null = null;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#worker = new Worker(options.url);
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#end(new Error(`a thread of the store ended with code ${code}`)));
  }

  /** How many questions wait for their answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  call<K extends keyof M & string>(method: K, args: Args<M[K]>): Promise<Value<M[K]>> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    if (this.#waiting.size >= this.#options.callsMax) {
      return Promise.reject(new StoreError(`${this.#waiting.size} questions wait for the store already`, 'STORE_BUSY'));
    }
    return new Promise((resolve, reject) => {
      const id = ++this.#id;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the worker answers with what the handler returned.
      this.#waiting.set(id, { resolve: (value) => resolve(value as Value<M[K]>), reject });
      const question: Question = { id, method, args };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window.
      this.#worker.postMessage(question);
    });
  }

  /** Ends the worker. What still waits is refused. */
  async close(): Promise<void> {
    this.#gone ??= new StoreError('the store is closed', 'STORE_CLOSED');
    this.#refuseAll(this.#gone);
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new StoreError(answer.message, answer.code));
  }

  #end(error: Error): void {
    if (this.#gone !== null) return;
    this.#gone = error;
    this.#refuseAll(error);
    this.#options.onCrash(error);
  }

  #refuseAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** A worker's file beside this one: the source when this runs from source, the built one when built. */
export function workerUrl(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}

/** Answers questions in a worker, one after the other. A handler that throws answers with its error. */
export function answerCalls(port: MessagePort | null, handlers: object): void {
  if (port === null) throw new Error('this file runs as a worker of the store, not by itself');
  const byName = new Map<string, (args: never) => unknown>(Object.entries(handlers));
  port.on('message', (question: Question) => {
    port.postMessage(answerTo(question, byName));
  });
}

function answerTo({ id, method, args }: Question, handlers: ReadonlyMap<string, (args: never) => unknown>): Answer {
  try {
    const handler = handlers.get(method);
    if (handler === undefined) throw new Error(`the store's worker knows no ${method}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: Caller.call took the argument from the handler's type.
    return { id, ok: true, value: handler(args as never) };
  } catch (error) {
    return { id, ok: false, message: error instanceof Error ? error.message : String(error), code: codeOf(error) };
  }
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'STORE_ERROR';
}
