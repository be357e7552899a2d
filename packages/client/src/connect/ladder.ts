/**
 * One connection over whatever the network lets through. It begins with the best way that is known to work and goes down
 * until a welcome comes, all within one attempt of its owner; on a lower rung it looks for a better one now and then and
 * changes over without its owner noticing: the new carrier is greeted with where every view stands, and its frames follow
 * those of the old one.
 *
 * Which rung is tried is decided in rungs.ts; what a connection consists of is in ledger.ts.
 */
import type { Env, Timer } from '../env.ts';
import { dialGet } from './get.ts';
import { NO_ANSWER } from './http.ts';
import { Ledger } from './ledger.ts';
import { dialPoll } from './poll.ts';
import {
  BETTER_MS,
  BETTER_MS_CHANGED,
  betterMs,
  cut,
  EARLY_MS,
  FIRST,
  next,
  TRANSPORTS,
  WELCOME_MS,
  welcomed,
  type Rungs,
} from './rungs.ts';
import { dialSse } from './sse.ts';
import type { Dial, Transport, Wire, WireEvents } from './transport.ts';
import { dialWebSocket } from './websocket.ts';

export interface LadderOptions {
  /** Ways that may be taken; all that the surroundings have, unless it says. */
  readonly transports?: readonly Transport[] | undefined;
  /** Other makers of wires than the real ones, for tests. */
  readonly dials?: Partial<Readonly<Record<Transport, Dial>>> | undefined;
}

/** Makes the transport that takes the best way there is. What it learned lasts as long as it does. */
export function ladder(env: Env, { transports, dials = {} }: LadderOptions = {}): Dial {
  const wanted = TRANSPORTS.filter((each) => transports?.includes(each) ?? true);
  const able = wanted.filter((each) => each === 'websocket' || env.fetch !== undefined);
  const real: Readonly<Record<Transport, Dial>> = {
    websocket: dialWebSocket(env),
    sse: dialSse(env),
    poll: dialPoll(env),
    get: dialGet(env),
  };
  const memory: Memory = { rungs: FIRST, tries: 0 };
  const ways = (able.length === 0 ? wanted : able).map((kind) => ({ kind, dial: dials[kind] ?? real[kind] }));
  return (url, events) => new LadderWire({ env, url, events, ways, memory });
}

/** What outlives one connection. */
interface Memory {
  rungs: Rungs;
  /** How often better rungs were tried since one of them held. */
  tries: number;
}

interface Way {
  readonly kind: Transport;
  readonly dial: Dial;
}

interface Deps {
  readonly env: Env;
  readonly url: string;
  readonly events: WireEvents;
  readonly ways: readonly Way[];
  readonly memory: Memory;
}

class LadderWire implements Wire {
  readonly #deps: Deps;
  readonly #ledger = new Ledger();
  /** What was said before the welcome: whoever gives it must have heard it all. */
  #said: string[] | null = [];
  #rung = 0;
  #wire: Wire | null = null;
  #isOpened = false;
  #welcomedAt: number | null = null;
  /** The present carrier is not the first: what it says is compared with what is known. */
  #isContinued = false;
  #timer: Timer | null = null;
  #trial: Wire | null = null;
  /** The rung it came from by changing over, until the new one has held. */
  #from: number | null = null;
  /** A probe went out and nothing was heard since. */
  #isProbing = false;
  #stopListening: (() => void) | null = null;
  #isOver = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#try(Math.min(deps.memory.rungs.at, deps.ways.length - 1));
  }

  get kind(): Transport | null {
    return this.#deps.ways[this.#rung]?.kind ?? null;
  }

  send(text: string): void {
    if (this.#isOver) return;
    const isAck = text.startsWith('{"t":"a"');
    this.#isProbing ||= text.startsWith('{"t":"p"');
    if (!isAck && this.#isTracked) this.#ledger.said(text);
    this.#said?.push(text);
    const own = isAck && this.#isContinued ? this.#ledger.acknowledged(text) : text;
    if (own !== null) this.#wire?.send(own);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    const wire = this.#wire;
    // Given up because nothing came back: what gathers answers on the way looks like this.
    if (this.#welcomedAt !== null) this.#judge(this.#isProbing);
    this.#stop();
    wire?.close(code, reason);
  }

  /** On the best rung there is nothing to change over to, and nothing is read twice. */
  get #isTracked(): boolean {
    return this.#rung > 0 || this.#isContinued;
  }

  #try(rung: number): void {
    const way = this.#deps.ways[rung];
    if (way === undefined || this.#isOver) return;
    this.#rung = rung;
    const { env } = this.#deps;
    let isCurrent = true;
    const fail = (code: number, reason: string): void => {
      if (!isCurrent || this.#isOver) return;
      isCurrent = false;
      this.#timer?.cancel();
      this.#timer = null;
      this.#wire = null;
      if (this.#welcomedAt === null) this.#missed(rung, code, reason);
      else this.#lost(code, reason);
    };
    this.#timer = env.after(WELCOME_MS[way.kind], () => {
      this.#timer = null;
      const wire = this.#wire;
      fail(NO_WELCOME, 'no welcome');
      wire?.close(1000, 'no welcome');
    });
    const events: WireEvents = {
      opened: () => {
        if (!isCurrent || this.#isOver) return;
        if (this.#isOpened) for (const text of this.#said ?? []) this.#wire?.send(text);
        else {
          this.#isOpened = true;
          this.#deps.events.opened();
        }
      },
      text: (text) => {
        if (!isCurrent || this.#isOver) return;
        if (this.#welcomedAt === null && text.startsWith('{"t":"welcome"')) this.#welcomed(rung);
        this.#hear(text);
      },
      closed: fail,
    };
    try {
      this.#wire = way.dial(this.#deps.url, events);
    } catch {
      // No such thing in these surroundings. Later, so that nobody is told of an end inside the call that begins it.
      this.#timer.cancel();
      this.#timer = env.after(0, () => fail(1006, ''));
    }
  }

  #hear(text: string): void {
    this.#isProbing = false;
    if (!this.#isTracked) {
      this.#deps.events.text(text);
      return;
    }
    const taken = this.#ledger.takes(text);
    if (taken === 'new') this.#deps.events.text(text);
    else if (taken === 'stranger') this.#anew(this.#rung);
  }

  /** A server speaks of another session over this rung: a new connection begins there, where an answer is known to come. */
  #anew(rung: number): void {
    const { memory } = this.#deps;
    memory.rungs = welcomed(memory.rungs, rung);
    this.#end(RESTART, 'another session');
  }

  #welcomed(rung: number): void {
    const { env, memory } = this.#deps;
    this.#timer?.cancel();
    this.#timer = null;
    this.#welcomedAt = env.now();
    memory.rungs = welcomed(memory.rungs, rung);
    if (rung > 0) for (const text of this.#said ?? []) if (!text.startsWith('{"t":"a"')) this.#ledger.said(text);
    this.#said = null;
    // Not the one it was when the owner last looked.
    this.#deps.events.changed?.();
    this.#lookUp();
  }

  /** No welcome came over this rung. */
  #missed(rung: number, code: number, reason: string): void {
    const { memory, ways, events } = this.#deps;
    // A server that says why is there, and says it on every rung.
    if (code >= 4000 && code !== NO_WELCOME) {
      this.#end(code, reason);
      return;
    }
    const found = next(memory.rungs, rung, { isAway: reason === NO_ANSWER, count: ways.length });
    memory.rungs = found.rungs;
    if (found.rung === null) this.#end(1006, '');
    else {
      events.changed?.();
      this.#try(found.rung);
    }
  }

  /** A living connection ended. */
  #lost(code: number, reason: string): void {
    // A server that says why has nothing to do with the way.
    this.#judge(code < 4000);
    this.#end(code, reason);
  }

  /** What the present connection says of its rung, now that it ends. */
  #judge(isCut: boolean): void {
    const { env, memory, ways } = this.#deps;
    const rung = this.#rung;
    const ms = Math.max(0, env.now() - (this.#welcomedAt ?? 0));
    if (this.#from !== null) {
      // It changed over for something that did not hold: the next connection begins where it was.
      if (isCut && ms < EARLY_MS) return;
      memory.rungs = welcomed(memory.rungs, rung);
    }
    if (ms >= BETTER_MS) memory.tries = 0;
    if (isCut) memory.rungs = cut(memory.rungs, rung, { ms, count: ways.length });
  }

  /** On a lower rung: looks for a better one after a while, and soon after the network changed. */
  #lookUp(): void {
    const { env } = this.#deps;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#rung === 0 || this.#isOver) {
      this.#stopListening?.();
      this.#stopListening = null;
      return;
    }
    this.#stopListening ??= env.listen((signal) => {
      if (signal === 'online') this.#later(BETTER_MS_CHANGED);
    });
    this.#later(betterMs(this.#deps.memory.tries, env.random()));
  }

  #later(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#deps.env.after(ms, () => {
      this.#timer = null;
      this.#climb(0);
    });
  }

  /** Tries a better rung beside the present one, which goes on until the other is welcomed. */
  #climb(rung: number): void {
    const { env, url, ways } = this.#deps;
    const way = ways[rung];
    if (this.#isOver || this.#trial !== null) return;
    if (way === undefined || rung >= this.#rung) {
      this.#deps.memory.tries += 1;
      this.#lookUp();
      return;
    }
    let isCurrent = true;
    const greeted: number[] = [];
    const give = (): void => {
      if (!isCurrent) return;
      isCurrent = false;
      timer.cancel();
      this.#trial = null;
      this.#climb(rung + 1);
    };
    const timer = env.after(WELCOME_MS[way.kind], () => {
      wire.close(1000, 'no welcome');
      give();
    });
    const wire: Wire = way.dial(url, {
      opened: () => {
        if (!isCurrent || this.#isOver) return;
        greeted.push(...this.#ledger.numbers);
        wire.send(JSON.stringify(this.#ledger.opening()));
      },
      text: (text) => {
        if (this.#isOver) return;
        if (this.#wire === wire) {
          this.#hear(text);
          return;
        }
        // A server that refuses here what it granted elsewhere is heard where it granted it.
        if (!isCurrent || !text.startsWith('{"t":"welcome"')) return;
        isCurrent = false;
        timer.cancel();
        this.#trial = null;
        if (this.#ledger.takes(text) === 'known') {
          this.#change({ rung, wire, greeted });
          return;
        }
        // Somebody else signed in, or another history began: nothing of the old one is said there.
        wire.close(1000, 'bye');
        this.#anew(rung);
      },
      closed: (code, reason) => {
        if (this.#wire !== wire) {
          give();
          return;
        }
        if (this.#isOver) return;
        this.#wire = null;
        this.#lost(code, reason);
      },
    });
    this.#trial = {
      send: () => undefined,
      close: () => {
        isCurrent = false;
        timer.cancel();
        wire.close(1000, 'bye');
      },
    };
  }

  /** From here on the other carrier speaks. */
  #change({
    rung,
    wire,
    greeted,
  }: {
    readonly rung: number;
    readonly wire: Wire;
    readonly greeted: readonly number[];
  }): void {
    const { env, memory, events } = this.#deps;
    this.#from ??= this.#rung;
    memory.tries += 1;
    const old = this.#wire;
    const ledger = this.#ledger;
    ledger.turn();
    this.#wire = wire;
    this.#rung = rung;
    this.#isContinued = true;
    this.#isProbing = false;
    this.#welcomedAt = env.now();
    old?.close(1000, 'bye');
    // What was wanted and given up since the greeting.
    for (const sub of subsOf(ledger.opening(({ s }) => !greeted.includes(s)))) wire.send(JSON.stringify(sub));
    for (const s of greeted) if (ledger.get(s) === undefined) wire.send(JSON.stringify({ t: 'unsub', s }));
    if (ledger.isHidden) wire.send(JSON.stringify({ t: 'vis', hidden: true }));
    for (const text of ledger.unanswered) wire.send(text);
    events.changed?.();
    this.#lookUp();
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    const wire = this.#wire;
    this.#stop();
    wire?.close(1000, 'bye');
    this.#deps.events.closed(code, reason);
  }

  #stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#stopListening?.();
    this.#trial?.close(1000, 'bye');
    this.#trial = null;
    this.#wire = null;
  }
}

const RESTART = 4001;
/** Our own giving up, told apart from what servers and networks say. */
const NO_WELCOME = 4999;

function subsOf(opening: { readonly [name: string]: unknown }): readonly object[] {
  const { subs } = opening;
  return Array.isArray(subs) ? subs.map((sub: object) => ({ ...sub, t: 'sub' })) : [];
}
