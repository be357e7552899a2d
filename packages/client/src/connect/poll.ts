/**
 * The transport over held requests: each says where every view stands and is answered with what is new, so that whatever is
 * lost on the way is asked for again. The owner sees one connection (ledger.ts); what cannot wait for the held request, a
 * command or a new subscription, ends it and goes with the next.
 */
import { decodeEnd, POLL_PATH } from '@statewire/protocol';
import type { Env, Timer } from '../env.ts';
import { Answer, bearer, besideLive, fatal, listed, NO_ANSWER, silence, type Refused } from './http.ts';
import { Ledger } from './ledger.ts';
import type { Dial, Wire, WireEvents } from './transport.ts';

/** A failed request is repeated this often in a row before the connection counts as gone. */
const FAILURES_MAX = 3;
const AGAIN_MS = 250;

/** Two requests that carry nothing upstream begin at least this far apart. */
const APART_MS = 100;

/** Views that come whole each time are asked for this often, ms: a held request would be answered at once. */
const WHOLE_MS = 2_000;
const WHOLE_HIDDEN_MS = 5_000;

const WAIT_MS_DEFAULT = 15_000;

/** Shortest hold where longer ones are cut off, ms. */
const HELD_MS_MIN = 1_000;

/** Makes the transport over held requests. */
export function dialPoll(env: Env): Dial {
  return (url, events) => new PollWire(env, url, events);
}

class PollWire implements Wire {
  readonly kind = 'poll';
  readonly #env: Env;
  readonly #url: string;
  readonly #events: WireEvents;
  readonly #ledger = new Ledger();
  #request: Timer | null = null;
  /** The present request carries what wants an answer; it is not given up for the next. */
  #isCarrying = false;
  #timer: Timer | null;
  #failures = 0;
  #heldMax = WAIT_MS_DEFAULT;
  #askedAt = 0;
  #wholeAt = 0;
  /** The token in use while a fresh one is tried. */
  #former: string | null = null;
  /** The credential has ended: nothing is asked until there is another. */
  #isPaused = false;
  #isOver = false;

  constructor(env: Env, url: string, events: WireEvents) {
    this.#env = env;
    this.#url = url;
    this.#events = events;
    this.#timer = env.after(0, () => {
      this.#timer = null;
      events.opened();
    });
  }

  send(text: string): void {
    if (this.#isOver) return;
    const t = this.#ledger.said(text);
    switch (t) {
      case 'auth':
        this.#renew(text);
        break;
      case 'hello':
      case 'sub':
      case 'mut':
      case 'p':
        break;
      case 'vis':
        if (this.#ledger.isHidden) return;
        break;
      default:
        // Acknowledged is what was taken; an interval and an end count from the next request on.
        return;
    }
    if (this.#request !== null && this.#isCarrying) return;
    this.#soon(0);
  }

  close(): void {
    this.#stop();
  }

  #renew(text: string): void {
    const { token }: { readonly token?: string } = JSON.parse(text);
    this.#ledger.answered('auth');
    if (token === undefined) return;
    this.#former = this.#ledger.token;
    this.#ledger.token = token;
    this.#isPaused = false;
  }

  #soon(ms: number): void {
    if (this.#isOver) return;
    this.#timer?.cancel();
    this.#timer = this.#env.after(ms, () => {
      this.#timer = null;
      this.#ask();
    });
  }

  #ask(): void {
    const { fetch } = this.#env;
    this.#request?.cancel();
    if (fetch === undefined) {
      this.#close(1006, NO_ANSWER);
      return;
    }
    if (this.#isPaused) return;
    const ledger = this.#ledger;
    const now = this.#env.now();
    const msgs = ledger.unanswered.slice(0, MESSAGES_MAX);
    const isRenewing = this.#former !== null;
    const wholeMs = ledger.isHidden ? WHOLE_HIDDEN_MS : WHOLE_MS;
    const hasWhole = ledger.numbers.some((s) => isWhole(ledger.get(s)?.frame));
    // A wall clock that was set back must not keep them away.
    const isWholeTurn = hasWhole && (now >= this.#wholeAt || now < this.#wholeAt - wholeMs);
    if (isWholeTurn) this.#wholeAt = now + wholeMs;
    const isShort = ledger.welcome === null || ledger.isWaiting || msgs.length > 0 || isWholeTurn || isRenewing;
    const { hb } = ledger.welcome ?? {};
    // As long as silence is taken for life: what is held longer would look dead.
    const waitMs = Math.min(typeof hb === 'number' ? hb : WAIT_MS_DEFAULT, this.#heldMax);
    const wait = isShort ? 0 : Math.round(Math.max(0, Math.min(waitMs, hasWhole ? this.#wholeAt - now : waitMs)));
    ledger.turn();
    const opening = ledger.opening(({ frame, isKnown }) => isWholeTurn || !isKnown || !isWhole(frame));
    this.#isCarrying = isShort;
    this.#askedAt = now;
    const answer = new Answer();
    let isWholeAnswer = false;
    this.#request = fetch(
      {
        method: 'POST',
        url: besideLive(this.#url, POLL_PATH),
        headers: { 'content-type': 'application/json', ...bearer(ledger.token) },
        body: JSON.stringify({ ...opening, wait, ...(msgs.length === 0 ? {} : { msgs, who: ledger.who }) }),
      },
      {
        head: answer.head,
        text: (part) => {
          for (const line of answer.take(part)) {
            const message = listed(line);
            if (message === ']') isWholeAnswer = true;
            else if (message !== null) this.#hear(message);
          }
        },
        ended: () => {
          if (isWholeAnswer) this.#again();
          else this.#failed(answer.status, answer.refused);
        },
        failed: () => this.#failed(answer.status, null),
      },
    );
  }

  #hear(text: string): void {
    if (this.#isOver) return;
    const end = decodeEnd(text);
    if (end !== null) {
      this.#close(end.code, end.reason);
      return;
    }
    const before = this.#ledger.welcome;
    const taken = this.#ledger.takes(text);
    if (taken === 'stranger') {
      // Another history, or somebody else: for the owner that is another connection.
      const isOther = this.#former !== null && text.startsWith('{"t":"welcome"');
      this.#close(isOther ? IDENTITY : RESTART, 'another session');
      return;
    }
    if (this.#former !== null && text.startsWith('{"t":"welcome"')) this.#renewed(before?.['scopes']);
    if (taken === 'new') this.#events.text(text);
  }

  /** The fresh token was taken for the same caller. */
  #renewed(before: unknown): void {
    this.#former = null;
    const { exp = null, scopes } = this.#ledger.welcome ?? {};
    const scope = JSON.stringify(scopes) === JSON.stringify(before) ? 'same' : 'changed';
    this.#events.text(JSON.stringify({ t: 'authd', exp, scope }));
  }

  #again(): void {
    if (this.#isOver) return;
    this.#request = null;
    this.#failures = 0;
    const ledger = this.#ledger;
    const mustHurry = ledger.unanswered.length > 0 || ledger.isWaiting;
    const since = this.#env.now() - this.#askedAt;
    this.#soon(mustHurry || since >= APART_MS || since < 0 ? 0 : APART_MS - since);
  }

  #failed(status: number, refused: Refused | null): void {
    this.#request = null;
    if (this.#isOver) return;
    if (refused !== null) {
      this.#refused(refused);
      return;
    }
    this.#failures += 1;
    // The first one is how the rung is judged; later nothing is lost by asking again.
    if (this.#ledger.welcome === null || this.#failures >= FAILURES_MAX) this.#close(1006, silence(status));
    // Something between may end what is held too long; the next one is held for less.
    const heldMs = this.#env.now() - this.#askedAt;
    if (heldMs > 0) this.#heldMax = Math.max(HELD_MS_MIN, Math.min(this.#heldMax, heldMs / 2));
    if (!this.#isOver) this.#soon(AGAIN_MS * this.#failures);
  }

  #refused(refused: Refused): void {
    const isAuth = refused.code.startsWith('auth_');
    if (isAuth && this.#former !== null) {
      // The fresh token is no good; the old one may still be.
      this.#ledger.token = this.#former;
      this.#former = null;
      this.#events.text(JSON.stringify({ t: 'err', code: refused.code, msg: refused.message }));
      this.#soon(AGAIN_MS);
      return;
    }
    if (refused.code === 'auth_expired' && this.#ledger.welcome !== null) {
      this.#isPaused = true;
      this.#events.text(JSON.stringify({ t: 'err', code: refused.code, msg: refused.message }));
      return;
    }
    this.#events.text(fatal(refused));
    this.#close(refused.closeCode, refused.code);
  }

  #close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#stop();
    this.#events.closed(code, reason);
  }

  #stop(): void {
    this.#isOver = true;
    this.#request?.cancel();
    this.#timer?.cancel();
  }
}

const MESSAGES_MAX = 64;
const RESTART = 4001;
const IDENTITY = 4505;

/** Counters come whole whatever position is given. */
function isWhole(frame: object | undefined): boolean {
  return frame !== undefined && 'agg' in frame;
}
