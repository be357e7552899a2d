/** How clients of each measured server speak: what they say first, and what they make of what they hear. */
import { BENCH_KEY } from '../servers/key.ts';
import { collectionFor, idOf, type Kind } from '../workload.ts';

export type DialectName = 'socketio' | 'statewire' | 'ws';

/** What a client wants to see. */
export interface Wish {
  readonly kind: Kind;
  readonly watched: readonly number[];
  /** Everything there is, without naming it. */
  readonly isAll: boolean;
  /** Our server's interval class. */
  readonly intervalMs: number;
}

/** Where a client of ours stands. */
export interface Position {
  readonly e: string;
  readonly v: number;
}

/** What a message was: changes, a part of the first state, the last part of it, or nothing to count. */
export type Heard = 'none' | 'part' | 'ready' | 'updates';

/** One connection's side of a conversation. */
export interface Talk {
  readonly path: string;
  readonly subprotocol?: string | undefined;
  opened(say: (text: string) => void): void;
  heard(bytes: Buffer, start: number, end: number, say: (text: string) => void): Heard;
  /** Confirms what was received; called at the latest each 250 ms. */
  confirm(say: (text: string) => void): void;
  /** To come back with. */
  readonly position: Position | null;
  /** How the server answered: delta, reconcile, snapshot. */
  readonly how: string;
}

export interface TalkOptions {
  readonly wish: Wish;
  readonly since: Position | null;
  /** Confirm after so many data frames; our SDK's number is 16. */
  readonly ackFrames: number;
}

export function talk(dialect: DialectName, options: TalkOptions): Talk {
  if (dialect === 'statewire') return new StatewireTalk(options);
  return dialect === 'ws' ? new WsTalk(options.wish) : new SocketIoTalk(options.wish);
}

/** As our SDK does it: one subscription inlined in the hello, acknowledgements after 16 data frames or 250 ms. */
class StatewireTalk implements Talk {
  readonly path = '/live';
  readonly subprotocol = 'statewire.v1';
  position: Position | null;
  how = '';
  readonly #options: TalkOptions;
  #received = 0;
  #acked = 0;
  #epoch = '';
  #isReady = false;

  constructor(options: TalkOptions) {
    this.#options = options;
    this.position = options.since;
  }

  opened(say: (text: string) => void): void {
    const { wish, since } = this.#options;
    const sub = {
      t: 'sub',
      s: 1,
      c: collectionFor(wish.kind),
      f: wish.isAll ? undefined : ['in', 'id', wish.watched.map(idOf)],
      iv: wish.intervalMs,
      since: since ?? undefined,
    };
    const subs = wish.watched.length === 0 && !wish.isAll ? undefined : [sub];
    say(JSON.stringify({ t: 'hello', p: 1, client: 'bench', token: BENCH_KEY, subs }));
  }

  heard(bytes: Buffer, start: number, end: number, say: (text: string) => void): Heard {
    // Every frame begins {"t":"x..., so its kind is the sixth character, and a single one when a quote follows.
    const kind = bytes[start + 6];
    const isOneLetter = bytes[start + 7] === QUOTE;
    if (isOneLetter && (kind === LETTER_D || kind === LETTER_S)) {
      this.#received += 1;
      if (this.#received - this.#acked >= this.#options.ackFrames) this.confirm(say);
      if (kind === LETTER_D) {
        if (this.#isReady) return 'updates';
        this.#isReady = true;
        return 'ready';
      }
      this.#isReady = bytes.toString('latin1', start, start + 80).includes('"last":true');
      // As the SDK: each chunk of a snapshot but the last is acknowledged at once.
      if (!this.#isReady) this.confirm(say);
      return this.#isReady ? 'ready' : 'part';
    }
    return this.#control(bytes.toString('latin1', start, end));
  }

  confirm(say: (text: string) => void): void {
    if (this.#received === this.#acked) return;
    this.#acked = this.#received;
    say(`{"t":"a","n":${this.#received}}`);
  }

  #control(text: string): Heard {
    const frame: { t: string; epoch?: string; v?: number; how?: string } = JSON.parse(text);
    if (frame.t === 'err') throw new Error(`our server refused: ${text}`);
    if (frame.t === 'welcome') {
      this.#epoch = frame.epoch ?? '';
      const { wish } = this.#options;
      // Without a subscription being welcome is all there is.
      return wish.watched.length === 0 && !wish.isAll ? 'ready' : 'none';
    }
    if (frame.t !== 'subd') return 'none';
    const { since } = this.#options;
    this.position = { e: this.#epoch, v: frame.v ?? 0 };
    this.how = frame.how ?? '';
    // Nothing was missed: nothing follows.
    this.#isReady = this.how === 'delta' && since?.v === frame.v;
    return this.#isReady ? 'ready' : 'none';
  }
}

const QUOTE = 0x22;
const LETTER_D = 0x64;
const LETTER_S = 0x73;

/** The plain JSON of servers/ws.ts. */
class WsTalk implements Talk {
  readonly path = '/';
  readonly position = null;
  readonly how = 'snapshot';
  readonly #wish: Wish;

  constructor(wish: Wish) {
    this.#wish = wish;
  }

  opened(say: (text: string) => void): void {
    say(JSON.stringify({ watch: this.#wish.watched.map(idOf) }));
  }

  heard(bytes: Buffer, start: number): Heard {
    // {"type":"snapshot"... or {"type":"update"...
    return bytes[start + 9] === LETTER_S ? 'ready' : 'updates';
  }

  confirm(): void {}
}

/** Engine.IO 4 and Socket.IO 5 over one WebSocket. */
class SocketIoTalk implements Talk {
  readonly path = '/socket.io/?EIO=4&transport=websocket';
  readonly position = null;
  readonly how = 'snapshot';
  readonly #wish: Wish;

  constructor(wish: Wish) {
    this.#wish = wish;
  }

  opened(): void {}

  heard(bytes: Buffer, start: number, _end: number, say: (text: string) => void): Heard {
    const type = bytes[start];
    if (type === DIGIT_0) say('40');
    if (type === DIGIT_0 + 2) say('3');
    if (type !== DIGIT_0 + 4) return 'none';
    if (bytes[start + 1] === DIGIT_0) {
      say(`42${JSON.stringify(['watch', this.#wish.watched.map(idOf)])}`);
      return 'none';
    }
    // 42["snapshot",... or 42["update",...
    return bytes[start + 4] === LETTER_S ? 'ready' : 'updates';
  }

  confirm(): void {}
}

const DIGIT_0 = 0x30;
