import type { Socket } from 'node:net';
import { ok, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Budget } from './budget.ts';
import { fail, faultOf, type Failed, type Fault } from './fault.ts';

/** A whole message at the start of what has come, and how many bytes it takes. */
export interface Taken<T> {
  readonly value: T;
  readonly length: number;
}

/** Looks for a message at the start of what has come: one, none yet (null), or something else than the protocol. */
export type Take<T> = (bytes: Buffer) => Failed | Taken<T> | null;

/** A conversation in bytes over one open socket: every wait ends with the budget, everything read is counted. */
export class Wire {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #bytesMax: number;
  #held: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #ended: Failed | null = null;
  #wake: (() => void) | null = null;

  constructor(clock: Clock, socket: Socket, bytesMax: number) {
    this.#clock = clock;
    this.#socket = socket;
    this.#bytesMax = bytesMax;
    socket.on('data', this.#onData);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    socket.on('end', this.#onClose);
  }

  /** Whether everything that came was read. */
  get isDrained(): boolean {
    return this.#held.length === 0;
  }

  write(bytes: Uint8Array | string): void {
    if (this.#ended === null) this.#socket.write(bytes);
  }

  /** The next message. */
  async read<T>(budget: Budget, take: Take<T>): Promise<Result<T, Fault>> {
    for (;;) {
      const taken = take(this.#held);
      if (taken !== null) {
        if ('code' in taken) return taken;
        this.#held = this.#held.subarray(taken.length);
        return ok(taken.value);
      }
      if (this.#ended !== null) return this.#ended;
      if (budget.isSpent) return fail('timeout', 'No answer within the timeout.');
      await this.#more(budget);
    }
  }

  /** Lets go of the socket, for whoever goes on with it. */
  release(): Socket {
    this.#socket.off('data', this.#onData);
    this.#socket.off('close', this.#onClose);
    this.#socket.off('end', this.#onClose);
    // The error listener stays: an error nobody listens for ends the process.
    this.#socket.pause();
    return this.#socket;
  }

  close(): void {
    this.#socket.destroy();
  }

  #more(budget: Budget): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(budget.leftMs, () => this.#wake?.());
      this.#wake = () => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
    });
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) {
      this.#end(fail('too_large', `The answer is larger than the limit of ${this.#bytesMax} bytes.`));
      this.#socket.destroy();
      return;
    }
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#wake?.();
  };

  readonly #onError = (error: Error): void => this.#end(faultOf(error));

  readonly #onClose = (): void => this.#end(fail('reset', 'The connection was cut before the answer was complete.'));

  #end(failed: Failed): void {
    this.#ended ??= failed;
    this.#wake?.();
  }
}

/** One line that ends with CRLF or LF, without its end. */
export const takeLine: Take<string> = (bytes) => {
  const end = bytes.indexOf(0x0a);
  if (end < 0) return bytes.length > LINE_MAX ? fail('bad_payload', 'A line of the answer does not end.') : null;
  return { value: bytes.subarray(0, end).toString('utf8').replace(/\r$/, ''), length: end + 1 };
};

const LINE_MAX = 65_536;
