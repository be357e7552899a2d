import type { Clock } from '../lib/clock.ts';
import type { Message } from '../publish/message.ts';
import type { Receiver, Transport } from '../serve/transports/transport.ts';

/** How a virtual wire behaves. */
export interface Wire {
  readonly clock: Clock;
  /** Delay of each message, ms; 0 (the default) delivers within the call. Order is kept whatever it returns. */
  readonly delayMs?: (() => number) | undefined;
  /** What the operating systems take for a reader that stopped before the sender sees a queue. */
  readonly kernelBytes?: number | undefined;
}

/** The caller's side of a virtual wire. */
export interface CallerEnd {
  onMessage: (text: string) => void;
  onClose: (code: number) => void;
  send(text: string): void;
  close(): void;
}

/** A virtual connection: a transport for the server, an end for a caller, and what can happen between them. */
export class SocketPair implements Transport {
  readonly caller: CallerEnd;
  receiver: Receiver | null = null;
  /** Texts the server wrote, one list per write. */
  readonly writes: string[][] = [];
  readonly #wire: Wire;
  readonly #down = new Pipe();
  readonly #up = new Pipe();
  #isServerOpen = true;
  #isCallerOpen = true;
  #isStalled = false;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.caller = {
      onMessage: () => {},
      onClose: () => {},
      send: (text) => this.#carry(this.#up, text.length, () => this.#isServerOpen && this.receiver?.receive(text)),
      close: () => {
        this.#isCallerOpen = false;
        this.#carry(this.#up, 0, () => this.#endServer());
      },
    };
  }

  send(messages: readonly Message[]): void {
    if (!this.#isServerOpen) return;
    this.writes.push(messages.map(({ text }) => text));
    for (const { text } of messages) {
      this.#carry(this.#down, text.length, () => this.#isCallerOpen && this.caller.onMessage(text));
    }
  }

  get queuedBytes(): number {
    return Math.max(0, this.#down.bytes - (this.#wire.kernelBytes ?? 0));
  }

  close(code: number): void {
    if (!this.#isServerOpen) return;
    this.#isServerOpen = false;
    this.#carry(this.#down, 0, () => this.#endCaller(code));
  }

  destroy(): void {
    this.cut();
  }

  /** Both sides learn at once that the connection is gone; what was under way is lost. */
  cut(): void {
    this.#down.clear();
    this.#up.clear();
    this.#endCaller(1006);
    this.#endServer();
  }

  /** Half-open: nothing arrives anywhere, and nobody is told. */
  stall(isStalled: boolean): void {
    this.#isStalled = isStalled;
    if (isStalled) return;
    this.#drain(this.#down);
    this.#drain(this.#up);
  }

  /** The caller's side is gone without a word: the server finds out when it next looks. */
  vanish(): void {
    this.#isCallerOpen = false;
  }

  #carry(pipe: Pipe, bytes: number, arrive: () => void): void {
    const { clock, delayMs } = this.#wire;
    const delay = delayMs?.() ?? 0;
    // Order is kept: nothing arrives before what was sent earlier.
    const at = Math.max(clock.mono() + delay, pipe.lastAt);
    pipe.lastAt = at;
    pipe.push({ bytes, arrive, at });
    if (delayMs === undefined) this.#drain(pipe);
    else clock.after(at - clock.mono(), () => this.#drain(pipe));
  }

  #drain(pipe: Pipe): void {
    if (!this.#isStalled) pipe.drain(this.#wire.clock.mono());
  }

  #endServer(): void {
    if (!this.#isServerOpen && this.receiver === null) return;
    this.#isServerOpen = false;
    const { receiver } = this;
    this.receiver = null;
    receiver?.closed();
  }

  #endCaller(code: number): void {
    if (!this.#isCallerOpen) return;
    this.#isCallerOpen = false;
    this.caller.onClose(code);
  }
}

interface Parcel {
  readonly bytes: number;
  readonly at: number;
  arrive(): void;
}

/** What is under way in one direction. */
class Pipe {
  bytes = 0;
  lastAt = 0;
  #parcels: Parcel[] = [];
  #isDraining = false;

  push(parcel: Parcel): void {
    this.#parcels.push(parcel);
    this.bytes += parcel.bytes;
  }

  drain(now: number): void {
    // An arrival may send again at once; the outer call takes that too.
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let next = this.#parcels[0]; next !== undefined && next.at <= now; next = this.#parcels[0]) {
      this.#parcels.shift();
      this.bytes -= next.bytes;
      next.arrive();
    }
    this.#isDraining = false;
  }

  clear(): void {
    this.#parcels = [];
    this.bytes = 0;
  }
}
