/**
 * The last resort: each view is asked for again and again by a plain GET, which is 304 while it stays as it is. For networks
 * that hold nothing open, not even for seconds. Commands go by a short POST; where not even that comes through they wait.
 */
import {
  decodeDownstream,
  decodeEnd,
  POLL_PATH,
  VIEW_PATH,
  type DeltaFrame,
  type Op,
  type SnapshotRow,
} from '@statewire/protocol';
import type { Env, Timer } from '../env.ts';
import { Answer, bearer, besideLive, fatal, listed, NO_ANSWER, type Refused } from './http.ts';
import { Ledger, type Entry } from './ledger.ts';
import type { Dial, Wire, WireEvents } from './transport.ts';

/** Between two rounds over all views, ms; seldom enough for the server, often enough that silence is not taken for death. */
const ROUND_MS = 5_000;
const ROUND_HIDDEN_MS = 15_000;

const FAILURES_MAX = 3;

/** Makes the transport over repeated requests. */
export function dialGet(env: Env): Dial {
  return (url, events) => new GetWire(env, url, events);
}

/** What one request came to. */
interface Outcome {
  readonly status: number;
  readonly etag: string | null;
  readonly lines: readonly string[];
  readonly refused: Refused | null;
}

class GetWire implements Wire {
  readonly kind = 'get';
  readonly #env: Env;
  readonly #url: string;
  readonly #events: WireEvents;
  readonly #ledger = new Ledger();
  /** What was told of each subscription, as the server names it. */
  readonly #etags = new Map<number, string>();
  /** The rids of each subscription's rows: who is not in the next answer has left. */
  readonly #held = new Map<number, ReadonlySet<number>>();
  /** The number that the server last gave each subscription's view. */
  readonly #served = new Map<number, number | null>();
  /** Our own numbers of views, by what is asked for. */
  #numbers = new Map<string, number>();
  #lastNumber = OWN_NUMBERS;
  #request: Timer | null = null;
  #timer: Timer | null;
  #failures = 0;
  #welcomedAt = 0;
  #former: string | null = null;
  #isPaused = false;
  #isRunning = false;
  #isWanted = false;
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
    if (t === 'a' || t === 'iv' || t === 'unsub') return;
    if (t === 'auth') {
      const { token }: { readonly token?: string } = JSON.parse(text);
      this.#ledger.answered('auth');
      if (token === undefined) return;
      this.#former = this.#ledger.token;
      this.#ledger.token = token;
      this.#isPaused = false;
    }
    this.#isWanted = true;
    this.#soon(0);
  }

  close(): void {
    this.#stop();
  }

  #soon(ms: number): void {
    if (this.#isRunning || this.#isOver) return;
    this.#timer?.cancel();
    this.#timer = this.#env.after(ms, () => {
      this.#timer = null;
      void this.#round();
    });
  }

  /** Asks who is calling, then for each view, then for what was commanded. */
  async #round(): Promise<void> {
    if (this.#isRunning || this.#isOver || this.#isPaused) return;
    this.#isRunning = true;
    this.#isWanted = false;
    const isWell = (await this.#greet()) && (await this.#command()) && (await this.#look());
    this.#isRunning = false;
    if (this.#isOver) return;
    if (isWell) this.#failures = 0;
    else if (!this.#isPaused) this.#failures += 1;
    if (this.#failures > 0 && (this.#ledger.welcome === null || this.#failures >= FAILURES_MAX)) {
      this.#close(1006, NO_ANSWER);
      return;
    }
    const roundMs = this.#ledger.isHidden ? ROUND_HIDDEN_MS : ROUND_MS;
    this.#soon(this.#isWanted && isWell ? 0 : roundMs);
  }

  async #greet(): Promise<boolean> {
    const isAsked = this.#ledger.unanswered.some((text) => text.startsWith('{"t":"p"'));
    if (this.#ledger.welcome !== null && this.#former === null && !isAsked) return true;
    const before = this.#ledger.welcome;
    const outcome = await this.#get(VIEW_PATH, null);
    if (outcome?.status !== 200) return this.#unanswered(outcome);
    if (!outcome.lines.every((line) => this.#hear(line))) return true;
    const { now, exp = null, scopes } = this.#ledger.welcome ?? {};
    this.#welcomedAt = this.#env.now();
    if (this.#former !== null) {
      this.#former = null;
      const scope = JSON.stringify(scopes) === JSON.stringify(before?.['scopes']) ? 'same' : 'changed';
      this.#tell({ t: 'authd', exp, scope });
    }
    for (const text of this.#ledger.unanswered) {
      if (!text.startsWith('{"t":"p"')) continue;
      const { i }: { readonly i?: number } = JSON.parse(text);
      this.#ledger.answered('p');
      this.#tell({ t: 'q', i, now });
    }
    return true;
  }

  async #command(): Promise<boolean> {
    const msgs = this.#ledger.unanswered.filter((text) => text.startsWith('{"t":"mut"')).slice(0, MESSAGES_MAX);
    if (msgs.length === 0 || this.#isOver) return true;
    const body = JSON.stringify({ ...this.#ledger.opening(() => false), wait: 0, msgs, who: this.#ledger.who });
    const outcome = await this.#post(body);
    // Reading goes on although nothing can be written; they are sent again with the next round.
    if (outcome?.status !== 200) return outcome === null || outcome.refused === null || this.#unanswered(outcome);
    for (const line of outcome.lines) if (!line.startsWith('{"t":"h"')) this.#hear(line);
    return true;
  }

  async #look(): Promise<boolean> {
    for (const s of this.#ledger.numbers) {
      const entry = this.#ledger.get(s);
      if (this.#isOver || entry === undefined) continue;
      const { iv: _, t: __, ...sub } = entry.frame;
      const etag = entry.isKnown ? (this.#etags.get(s) ?? null) : null;
      const outcome = await this.#get(`${VIEW_PATH}?sub=${encodeURIComponent(JSON.stringify(sub))}`, etag);
      if (this.#isOver) return true;
      // It was given up meanwhile.
      if (this.#ledger.get(s) !== entry || outcome?.status === 304) continue;
      if (outcome?.status === 200) {
        if (outcome.etag !== null) this.#etags.set(s, outcome.etag);
        for (const text of this.#news(s, outcome.lines)) this.#hear(text);
      } else if (outcome?.refused !== undefined && outcome.refused !== null && isOfView(outcome.refused)) {
        const { code, message } = outcome.refused;
        this.#hear(JSON.stringify({ t: 'err', s, code, msg: message }));
      } else {
        return this.#unanswered(outcome);
      }
    }
    // A sign of life. It vouches for no more than every view has been told.
    this.#tell({ t: 'h', v: this.#ledger.version, now: this.#serverNow() });
    return true;
  }

  /**
   * A view that is known is told as a delta: rows that stayed are skipped by their version, and nobody sees a view that is
   * half new. The first time, and when the server counts anew, it is told as it came.
   */
  #news(s: number, lines: readonly string[]): readonly string[] {
    const entry = this.#ledger.get(s);
    const rows: SnapshotRow[] = [];
    let w: number | null = null;
    const frames = lines.flatMap((line) => {
      const frame = decodeDownstream(line);
      return frame.ok ? [frame.value] : [];
    });
    for (const frame of frames) {
      if (frame.t === 'subd') ({ w } = frame);
      if (frame.t === 's') rows.push(...frame.r);
    }
    const last = frames.findLast((frame) => frame.t === 's');
    const held = this.#held.get(s);
    const rids = new Set(rows.map(([rid]) => rid));
    this.#held.set(s, rids);
    const from = entry?.at?.v ?? null;
    const own = this.#numberOf(entry, w);
    const isSame = this.#served.get(s) === w;
    this.#served.set(s, w);
    const isNext = held !== undefined && from !== null && last !== undefined && last.v > from && isSame;
    if (!isNext || entry?.at?.e !== this.#ledger.welcome?.['epoch']) return lines.map((line) => numbered(line, s, own));
    const gone = [...held].filter((rid) => !rids.has(rid));
    const o: readonly Op[] = [
      ...gone.map((rid) => [rid, last.v, null, 'out'] as const),
      ...rows.map(([rid, key, version, fields]) => [rid, version, fields, key] as const),
    ];
    const { n, b, v } = last;
    const frame: DeltaFrame = { t: 'd', w: own, v: [from, v], at: this.#serverNow(), o };
    const place = { ...(n === undefined ? {} : { n }), ...(b === undefined ? {} : { b }) };
    return [...lines.filter((line) => line.startsWith('{"t":"welcome"')), JSON.stringify({ ...frame, ...place })];
  }

  /** The number of a view here. Each answer may be of another process of the server, with other numbers for the same views. */
  #numberOf(entry: Entry | undefined, w: number | null): number {
    const key = wishIn(entry);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    // Of those that nobody asks for any more none is kept.
    const wanted = new Set(this.#ledger.numbers.map((s) => wishIn(this.#ledger.get(s))));
    this.#numbers = new Map([...this.#numbers].filter(([each]) => wanted.has(each)));
    const isTaken = w === null || [...this.#numbers.values()].includes(w);
    if (isTaken) this.#lastNumber += 1;
    // The server's own where it may be, so that another carrier goes on with it.
    const own = isTaken ? this.#lastNumber : w;
    this.#numbers.set(key, own);
    return own;
  }

  #serverNow(): number {
    const { now } = this.#ledger.welcome ?? {};
    return Math.round((typeof now === 'number' ? now : 0) + Math.max(0, this.#env.now() - this.#welcomedAt));
  }

  /** False when the session is over for this owner. */
  #hear(text: string): boolean {
    if (this.#isOver) return false;
    const end = decodeEnd(text);
    if (end !== null) {
      this.#close(end.code, end.reason);
      return false;
    }
    const taken = this.#ledger.takes(text);
    if (taken === 'stranger') {
      this.#close(this.#former === null ? RESTART : IDENTITY, 'another session');
      return false;
    }
    if (taken === 'new') this.#events.text(text);
    return true;
  }

  #tell(frame: object): void {
    if (!this.#isOver) this.#events.text(JSON.stringify(frame));
  }

  /** Says what the server said instead; false: nothing was heard. */
  #unanswered(outcome: Outcome | null): boolean {
    const refused = outcome?.refused ?? null;
    if (refused === null || this.#isOver) return false;
    const isAuth = refused.code.startsWith('auth_');
    if (isAuth && this.#former !== null) {
      this.#ledger.token = this.#former;
      this.#former = null;
      this.#tell({ t: 'err', code: refused.code, msg: refused.message });
      return true;
    }
    if (refused.code === 'auth_expired' && this.#ledger.welcome !== null) {
      this.#isPaused = true;
      this.#tell({ t: 'err', code: refused.code, msg: refused.message });
      return true;
    }
    this.#events.text(fatal(refused));
    this.#close(refused.closeCode, refused.code);
    return true;
  }

  #get(path: string, etag: string | null): Promise<Outcome | null> {
    const known: Readonly<Record<string, string>> = etag === null ? {} : { 'if-none-match': etag };
    const [where = '', query] = path.split('?');
    const url = besideLive(this.#url, where);
    return this.#ask({ method: 'GET', url: query === undefined ? url : `${url}?${query}`, headers: known });
  }

  #post(body: string): Promise<Outcome | null> {
    const headers = { 'content-type': 'application/json' };
    return this.#ask({ method: 'POST', url: besideLive(this.#url, POLL_PATH), headers, body });
  }

  /** Resolves with null when no whole answer came. */
  #ask(asking: {
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  }): Promise<Outcome | null> {
    const { fetch } = this.#env;
    const { promise, resolve } = Promise.withResolvers<Outcome | null>();
    if (fetch === undefined) return Promise.resolve(null);
    const answer = new Answer();
    const found: string[] = [];
    let isWhole = false;
    this.#request = fetch(
      { ...asking, headers: { ...asking.headers, ...bearer(this.#ledger.token) } },
      {
        head: answer.head,
        text: (part) => {
          for (const line of answer.take(part)) {
            const message = listed(line);
            if (message === ']') isWhole = true;
            else if (message !== null) found.push(message);
          }
        },
        ended: () => {
          const { status, etag, refused } = answer;
          resolve(status === 200 && !isWhole ? null : { status, etag, lines: found, refused });
        },
        failed: () => resolve(null),
      },
    );
    return promise;
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
    this.#etags.clear();
    this.#held.clear();
    this.#served.clear();
    this.#numbers.clear();
  }
}

/** Beyond what servers count to. */
const OWN_NUMBERS = 1_000_000_000_000;

const MESSAGES_MAX = 64;
const RESTART = 4001;
const IDENTITY = 4505;

function wishIn(entry: Entry | undefined): string {
  const { iv: _, t: __, ...wish } = entry?.frame ?? {};
  return JSON.stringify(wish);
}

/** An address knows no numbers of subscriptions, and the view's is its own affair. */
function numbered(text: string, s: number, w: number): string {
  if (text.startsWith('{"t":"s","w":')) return text.replace(/\d+/, String(w));
  const frame: { readonly t?: string } = JSON.parse(text);
  if (frame.t === 'subd') return JSON.stringify({ ...frame, s, w });
  return frame.t === 's' ? JSON.stringify({ ...frame, w }) : text;
}

/** Refusals that are about one view and not about who is calling or how often. */
function isOfView({ code }: Refused): boolean {
  return code === 'forbidden' || code === 'unknown_collection' || code.startsWith('bad_') || code.startsWith('too_');
}
