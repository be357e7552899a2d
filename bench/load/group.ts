/** The clients of one server, all alike: connects them, counts what they see, stops some of them from reading. */
import { micros, wait } from '../clock.ts';
import { markerFor, watchedBy, type Workload } from '../workload.ts';
import { talk, type DialectName, type Position, type Talk } from './dialects.ts';
import { Tally, type Expected, type Seen } from './tally.ts';
import { Wire } from './wire.ts';

export interface GroupOptions {
  readonly dialect: DialectName;
  readonly port: number;
  readonly clients: number;
  readonly workload: Workload;
  /** Our server's interval class. Default 50. */
  readonly intervalMs?: number | undefined;
  /** Connected and welcomed, but watching nothing. */
  readonly isIdle?: boolean | undefined;
  /** Subscribe to the collection as a whole instead of naming ids. */
  readonly isAll?: boolean | undefined;
  /** How many may be connecting at a time. Default 256. */
  readonly atOnce?: number | undefined;
  /** Data frames per acknowledgement. Default 16. */
  readonly ackFrames?: number | undefined;
  /** Acknowledge at the latest after this long. Default 250. */
  readonly ackMs?: number | undefined;
}

/** How long connecting took: all of it, and for single clients. */
export interface Connected {
  readonly ms: number;
  readonly p50Ms: number;
  readonly maxMs: number;
  readonly bytes: number;
  readonly how: string;
}

export class Group {
  readonly #options: GroupOptions;
  readonly #watched: readonly (readonly number[])[];
  readonly #marker: Buffer;
  readonly #tally: Tally;
  readonly #clients: Client[] = [];
  readonly #timer: NodeJS.Timeout;
  #lost: string[] = [];
  #stalled = 0;
  #turn = 0;

  constructor(options: GroupOptions) {
    this.#options = options;
    const { clients, workload, isIdle = false } = options;
    this.#watched = Array.from({ length: clients }, (_, c) => (isIdle ? [] : watchedBy(workload, c)));
    this.#marker = Buffer.from(markerFor(workload.kind));
    this.#tally = new Tally(workload, this.#watched);
    this.#timer = setInterval(() => this.#confirm(), CONFIRM_MS);
  }

  /** Connects every client and waits for its first state. */
  async connect(): Promise<Connected> {
    const { clients, atOnce = 256 } = this.#options;
    const start = micros();
    const took: number[] = [];
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < clients) {
        const index = next;
        next += 1;
        const began = micros();
        await this.#open(index);
        took.push((micros() - began) / 1000);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, clients) }, one));
    took.sort((a, b) => a - b);
    return {
      ms: (micros() - start) / 1000,
      p50Ms: took[Math.floor(took.length / 2)] ?? 0,
      maxMs: took.at(-1) ?? 0,
      bytes: this.received(),
      how: this.#clients[0]?.talk.how ?? '',
    };
  }

  /** Cuts all wires; what the clients know is kept, so that `connect` resumes. */
  async cut(): Promise<void> {
    for (const client of this.#clients) client.wire.close();
    await wait(50);
  }

  expect(expected: Expected): void {
    this.#tally.expect(expected);
  }

  get covered(): number {
    return this.#tally.covered;
  }

  /** Waits until nothing is missed any more, or `graceMs` have passed, and tells what was seen. */
  async settle(nextK: number, graceMs: number): Promise<Seen> {
    const until = micros() + graceMs * 1000;
    while (this.#tally.missed(nextK) > 0 && micros() < until) await wait(20);
    if (this.#lost.length > 0)
      throw new Error(`${this.#lost.length} clients lost their connection: ${this.#lost[0] ?? ''}`);
    return this.#tally.seen(nextK);
  }

  /** The first `count` clients stop reading, or go on. Returns the bytes they have received so far. */
  stall(count: number): number {
    for (const [i, client] of this.#clients.entries()) {
      if (i >= Math.max(count, this.#stalled)) break;
      if (i < count) client.wire.pause();
      else client.wire.resume();
      client.isStalled = i < count;
    }
    const bytes = this.received(count);
    this.#stalled = count;
    return bytes;
  }

  /** Bytes that reached the first `count` clients. */
  received(count: number = this.#clients.length): number {
    return this.#clients.slice(0, count).reduce((sum, { wire }) => sum + wire.received, 0);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const client of this.#clients) client.wire.close();
  }

  #open(index: number): Promise<void> {
    const { dialect, port, workload, intervalMs = 50, isAll = false, ackFrames = 16 } = this.#options;
    const since: Position | null = this.#clients[index]?.talk.position ?? null;
    const wish = { kind: workload.kind, watched: this.#watched[index] ?? [], isAll, intervalMs };
    const conversation = talk(dialect, { wish, since, ackFrames });
    return new Promise((resolve, reject) => {
      const say = (text: string): void => wire.send(text);
      const wire: Wire = new Wire(
        { port, path: conversation.path, subprotocol: conversation.subprotocol },
        {
          opened: () => conversation.opened(say),
          text: (bytes, start, end) => {
            const heard = conversation.heard(bytes, start, end, say);
            if (heard === 'none') return;
            this.#hear(index, heard === 'updates', bytes.subarray(start, end));
            if (heard === 'ready') resolve();
          },
          closed: (why) => {
            this.#lost.push(why);
            reject(new Error(`client ${index} of ${dialect}: ${why}`));
          },
        },
      );
      this.#clients[index] = { wire, talk: conversation, say, isStalled: false };
    });
  }

  #hear(index: number, isUpdates: boolean, bytes: Buffer): void {
    const tally = this.#tally;
    if (isUpdates) {
      tally.messages += 1;
      tally.bytes += bytes.length;
    }
    const now = micros();
    const marker = this.#marker;
    for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at)) {
      at += marker.length;
      let k = 0;
      const from = at;
      for (let digit = (bytes[at] ?? 0) - 48; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - 48) {
        k = k * 10 + digit;
        at += 1;
      }
      // A record that was never written says -1.
      if (at === from) continue;
      if (isUpdates) tally.saw(index, k, now);
      else tally.held(index, k);
    }
  }

  /** Acknowledges for all, spread over time as their own timers would. */
  #confirm(): void {
    const { ackMs = 250 } = this.#options;
    const turns = Math.max(1, Math.round(ackMs / CONFIRM_MS));
    this.#turn = (this.#turn + 1) % turns;
    for (let i = this.#turn; i < this.#clients.length; i += turns) {
      const client = this.#clients[i];
      if (client !== undefined && !client.isStalled) client.talk.confirm(client.say);
    }
  }
}

const CONFIRM_MS = 25;

interface Client {
  readonly wire: Wire;
  readonly talk: Talk;
  readonly say: (text: string) => void;
  isStalled: boolean;
}
