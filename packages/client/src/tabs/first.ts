/**
 * The connection with which a tab begins when it cannot say with whom to share: a cookie does not say whose it is. It is asked
 * for everything at once, as by a tab without others, and its welcome says who is calling. From then on it becomes the
 * connection of all tabs, or is closed when another one serves this tab. Either is done while nothing is on its way over it,
 * so that no snapshot is sent twice.
 */
import { decodeDownstream, type Welcome } from '@statewire/protocol';
import type { Dial, Transport, Wire, WireEvents } from '../connect/transport.ts';
import type { Env } from '../env.ts';
import { readObject } from './frame.ts';
import type { Line } from './line.ts';
import { headOf } from './stand.ts';

export interface FirstDeps {
  readonly env: Pick<Env, 'now'>;
  readonly dial: Dial;
  readonly url: string;
  readonly line: Line;
  readonly text: (text: string) => void;
  readonly closed: (code: number, reason: string) => void;
  readonly changed: () => void;
  readonly welcomed: (welcome: Welcome) => void;
}

/** A connection that somebody else goes on with. */
export interface Begun {
  readonly wire: Wire;
  readonly welcome: Welcome;
  /** When its hello was sent. */
  readonly sentAt: number;
  /** Data frames that came over it. */
  readonly received: number;
  /** The highest numbers of a subscription and of a probe that were used on it. */
  readonly lastS: number;
  readonly lastProbe: number;
}

export class First {
  readonly #deps: FirstDeps;
  readonly #early: string[];
  #wire: Wire | null = null;
  #isOpen = false;
  #sentAt = 0;
  #welcome: Welcome | null = null;
  #received = 0;
  #lastS = 0;
  #lastProbe = 0;
  #calm: (() => void) | null = null;
  #heir: WireEvents | null = null;
  #isOver = false;

  constructor(deps: FirstDeps, hello: string) {
    this.#deps = deps;
    this.#early = [hello];
  }

  get kind(): Transport {
    return this.#wire?.kind ?? 'websocket';
  }

  start(): void {
    const { dial, url, env, changed } = this.#deps;
    try {
      this.#wire = dial(url, {
        opened: () => {
          this.#isOpen = true;
          this.#sentAt = env.now();
          for (const text of this.#early.splice(0)) this.#say(text);
        },
        text: (text) => this.#hear(text),
        closed: (code, reason) => this.#closed(code, reason),
        changed: () => (this.#heir === null ? changed() : this.#heir.changed?.()),
      });
    } catch (error) {
      this.#closed(1006, error instanceof Error ? error.message : String(error));
    }
  }

  send(text: string): void {
    this.#deps.line.up(text);
    if (this.#isOpen) this.#say(text);
    else this.#early.push(text);
  }

  /** Runs it as soon as nothing is on its way; only the last one that was given. Null: nothing any more. */
  whenCalm(run: (() => void) | null): void {
    this.#calm = run;
    this.#look();
  }

  /** From here on the connection speaks to `to`. */
  handOver(to: WireEvents): Begun | null {
    if (this.#isOver || this.#wire === null || this.#welcome === null) return null;
    this.#heir = to;
    return {
      wire: this.#wire,
      welcome: this.#welcome,
      sentAt: this.#sentAt,
      received: this.#received,
      lastS: this.#lastS,
      lastProbe: this.#lastProbe,
    };
  }

  close(code: number, reason: string): void {
    if (this.#isOver || this.#heir !== null) return;
    this.#isOver = true;
    this.#calm = null;
    this.#wire?.close(code, reason);
  }

  #say(text: string): void {
    const { t, s, i, subs } = readObject(text) ?? {};
    if (t === 'hello' && Array.isArray(subs)) for (const sub of subs) this.#numbered(readObject(sub)?.['s']);
    if (t === 'sub') this.#numbered(s);
    if (t === 'p' && typeof i === 'number') this.#lastProbe = Math.max(this.#lastProbe, i);
    this.#wire?.send(text);
  }

  #numbered(s: unknown): void {
    if (typeof s === 'number') this.#lastS = Math.max(this.#lastS, s);
  }

  #hear(text: string): void {
    if (this.#heir !== null) {
      this.#heir.text(text);
      return;
    }
    if (this.#isOver) return;
    const { line, welcomed, text: tell } = this.#deps;
    const t = headOf(text)?.t ?? readObject(text)?.['t'];
    if (t === 'd' || t === 's') this.#received += 1;
    line.down(text);
    tell(text);
    if (t === 'welcome' && this.#welcome === null) {
      const decoded = decodeDownstream(text);
      if (decoded.ok && decoded.value.t === 'welcome') {
        this.#welcome = decoded.value;
        welcomed(decoded.value);
      }
    }
    this.#look();
  }

  #look(): void {
    if (this.#calm === null || this.#welcome === null || !this.#deps.line.isCalm) return;
    const run = this.#calm;
    this.#calm = null;
    run();
  }

  #closed(code: number, reason: string): void {
    if (this.#heir !== null) {
      this.#heir.closed(code, reason);
      return;
    }
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deps.closed(code, reason);
  }
}
