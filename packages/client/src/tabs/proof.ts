/**
 * A connection made to learn from the server who is calling, before it is known with whom to share. It subscribes to nothing.
 * Handed over to a hub it goes on as the connection of all tabs; otherwise it is closed as soon as another one serves this tab.
 */
import { decodeDownstream, type JsonObject, type Welcome } from '@statewire/protocol';
import type { Dial, Wire, WireEvents } from '../connect/transport.ts';
import type { Env } from '../env.ts';

export interface ProofDeps {
  readonly env: Pick<Env, 'now'>;
  readonly dial: Dial;
  readonly url: string;
  readonly hello: JsonObject;
  /** What the server says instead of a welcome. */
  readonly text: (text: string) => void;
  readonly closed: (code: number, reason: string) => void;
  readonly proved: (welcome: Welcome) => void;
}

/** A connection that has been welcomed. */
export interface Proved {
  readonly wire: Wire;
  readonly welcome: Welcome;
  readonly sentAt: number;
}

export class Proof {
  readonly #deps: ProofDeps;
  #wire: Wire | null = null;
  #welcome: Welcome | null = null;
  #sentAt = 0;
  #heir: WireEvents | null = null;
  #isOver = false;

  constructor(deps: ProofDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { dial, url, env, hello } = this.#deps;
    try {
      this.#wire = dial(url, {
        opened: () => {
          this.#sentAt = env.now();
          const { subs: _, ...plain } = hello;
          this.#wire?.send(JSON.stringify(plain));
        },
        text: (text) => this.#hear(text),
        closed: (code, reason) => this.#closed(code, reason),
        changed: () => this.#heir?.changed?.(),
      });
    } catch (error) {
      this.#closed(1006, error instanceof Error ? error.message : String(error));
    }
  }

  /** From here on the connection speaks to `to`; null when it is over or not welcome yet. */
  handOver(to: WireEvents): Proved | null {
    if (this.#isOver || this.#wire === null || this.#welcome === null) return null;
    this.#heir = to;
    return { wire: this.#wire, welcome: this.#welcome, sentAt: this.#sentAt };
  }

  close(): void {
    if (this.#isOver || this.#heir !== null) return;
    this.#isOver = true;
    this.#wire?.send('{"t":"bye"}');
    this.#wire?.close(1000, 'bye');
  }

  #hear(text: string): void {
    if (this.#heir !== null) this.#heir.text(text);
    else if (!this.#isOver && this.#welcome === null) {
      const decoded = decodeDownstream(text);
      if (!decoded.ok || decoded.value.t !== 'welcome') {
        this.#deps.text(text);
        return;
      }
      this.#welcome = decoded.value;
      this.#deps.proved(decoded.value);
    }
  }

  #closed(code: number, reason: string): void {
    if (this.#heir !== null) {
      this.#heir.closed(code, reason);
      return;
    }
    if (this.#isOver) return;
    this.#isOver = true;
    // Once it is known who is calling, the group goes on without this connection.
    if (this.#welcome === null) this.#deps.closed(code, reason);
  }
}
