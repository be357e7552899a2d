/**
 * A wire that breaks when it is told to, for tests of apps and for demonstrations: it is cut, it stays away, it is slow. Texts
 * keep their order whatever happens to them.
 */
import { dialWebSocket } from '../connect/websocket.ts';
import type { Dial, Wire, WireEvents } from '../connect/transport.ts';
import type { Env } from '../env.ts';

/** What a `FaultyDial` stands on. */
export interface FaultyDialOptions {
  readonly env: Pick<Env, 'after' | 'now' | 'openSocket'>;
  /** What carries the texts. Default: a WebSocket. */
  readonly dial?: Dial | undefined;
  /** Hears each text when it is handed over, in either direction. */
  readonly onText?: ((text: string, direction: 'down' | 'up') => void) | undefined;
}

/** Hand its `dial` to `createClient`, and break what it carries. */
export class FaultyDial {
  /** How much later each text arrives, in either direction, ms. */
  delayMs = 0;
  readonly #options: FaultyDialOptions;
  readonly #dial: Dial;
  readonly #open = new Set<{ cut: () => void }>();
  #isAway = false;

  constructor(options: FaultyDialOptions) {
    this.#options = options;
    this.#dial = options.dial ?? dialWebSocket(options.env);
  }

  /** While true what is open is cut and every attempt fails. */
  get isAway(): boolean {
    return this.#isAway;
  }

  set isAway(isAway: boolean) {
    this.#isAway = isAway;
    if (isAway) this.cut();
  }

  /** Breaks what is open now, as a network does: without a goodbye. */
  cut(): void {
    const open = [...this.#open];
    for (const each of open) each.cut();
  }

  readonly dial: Dial = (url, events) => {
    const { env, onText } = this.#options;
    let isOver = false;
    let dueAt = 0;
    // Later ones never overtake earlier ones, also when the delay has become shorter meanwhile.
    const later = (act: () => void): void => {
      dueAt = Math.max(dueAt, env.now() + this.delayMs);
      const ms = dueAt - env.now();
      const run = (): void => {
        if (!isOver) act();
      };
      if (ms <= 0) run();
      else env.after(ms, run);
    };
    const end = (code: number, reason: string): void => {
      if (isOver) return;
      isOver = true;
      this.#open.delete(entry);
      events.closed(code, reason);
    };
    const inner: WireEvents = {
      opened: () => later(() => events.opened()),
      text: (text) =>
        later(() => {
          onText?.(text, 'down');
          events.text(text);
        }),
      closed: (code, reason) => end(code, reason),
      changed: () => events.changed?.(),
    };
    let wire: Wire | null = null;
    const entry = {
      cut: () => {
        wire?.close(CUT, '');
        end(CUT, '');
      },
    };
    if (this.#isAway) env.after(0, () => end(CUT, ''));
    else {
      this.#open.add(entry);
      wire = this.#dial(url, inner);
    }
    return {
      get kind() {
        return wire?.kind ?? 'websocket';
      },
      send: (text) =>
        later(() => {
          onText?.(text, 'up');
          wire?.send(text);
        }),
      close: (code, reason) => {
        isOver = true;
        this.#open.delete(entry);
        wire?.close(code, reason);
      },
    };
  };
}

/** What an app may close a socket with; the other side is told nothing it could read a reason from. */
const CUT = 3000;
