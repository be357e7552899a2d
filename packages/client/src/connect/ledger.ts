/**
 * What one connection consists of, read from the texts that pass: the greeting, the subscriptions and up to where each has
 * been told, and what was asked and not yet answered. With it a connection can go on over other carriers (the next held
 * request, another transport) while its owner sees one: `opening` says it all again from where it stands, and `takes` lets
 * through of the new carrier only what is new.
 *
 * No rows here: those are the replica's (../state/told.ts). Positions here are the replica's by construction, because they
 * come from the same texts in the same order.
 */
import { isJsonObject, parseMessage, type JsonObject } from '@statewire/protocol';

/** Interval of everything while nobody looks, ms. */
export const HIDDEN_MS = 5_000;

/** What a text from the server means for the connection. */
export type Taken = 'new' | 'known' | 'stranger';

export class Ledger {
  isHidden = false;
  #hello: JsonObject = {};
  /** Data frames the owner was told in all, those of earlier carriers, and those of this one that it was spared. */
  #told = 0;
  #before = 0;
  #spared = 0;
  /** The token that the owner handed over last. */
  #renewal = '';
  /** The number of the newest probe. */
  #probe = 0;
  #welcome: JsonObject | null = null;
  readonly #subs = new Map<number, Entry>();
  /** Texts that want an answer, by what answers them. */
  readonly #open = new Map<string, string>();

  /** What the server said of the session, or null before it did. */
  get welcome(): JsonObject | null {
    return this.#welcome;
  }

  /** Whom the server took us for; undefined before it said so. */
  get who(): string | undefined {
    const { who } = this.#welcome ?? {};
    return typeof who === 'string' ? who : undefined;
  }

  get token(): string | null {
    const { token } = this.#hello;
    return typeof token === 'string' ? token : null;
  }

  set token(token: string) {
    this.#hello = { ...this.#hello, token };
  }

  /** Texts that were asked and not yet answered, oldest first. */
  get unanswered(): readonly string[] {
    return [...this.#open.values()];
  }

  /** Has every subscription been answered over the present carrier? */
  get isComplete(): boolean {
    return [...this.#subs.values()].every(({ w }) => w !== null);
  }

  /** A subscription that was never answered waits for its first rows. */
  get isWaiting(): boolean {
    return [...this.#subs.values()].some(({ isKnown }) => !isKnown);
  }

  get numbers(): readonly number[] {
    return [...this.#subs.keys()];
  }

  get(s: number): Entry | undefined {
    return this.#subs.get(s);
  }

  /** The version that all of it has reached, or 0. */
  get version(): number {
    const reached = [...this.#subs.values()].map(({ at }) => at?.v ?? 0);
    return reached.length === 0 ? 0 : Math.min(...reached);
  }

  /** Takes in what the owner says; returns what kind of frame it is. */
  said(text: string): string {
    const frame = read(text);
    const { t, s } = frame;
    switch (t) {
      case 'hello': {
        const { subs = [], ...hello } = frame;
        this.#hello = hello;
        if (Array.isArray(subs)) for (const sub of subs) if (isJsonObject(sub)) this.#add(sub);
        break;
      }
      case 'sub':
        this.#add(frame);
        break;
      case 'unsub':
        if (typeof s === 'number') this.#subs.delete(s);
        break;
      case 'iv': {
        const entry = typeof s === 'number' ? this.#subs.get(s) : undefined;
        if (entry !== undefined) entry.frame = { ...entry.frame, iv: frame['iv'] ?? null };
        break;
      }
      case 'vis':
        this.isHidden = frame['hidden'] === true;
        break;
      case 'mut':
        this.#open.set(`mut ${textOf(frame['m'])}`, text);
        break;
      case 'p':
        // Only the newest probe is waited for.
        this.#open.set('p', text);
        this.#probe = numberOf(frame['i']) ?? 0;
        break;
      case 'auth':
        this.#open.set('auth', text);
        this.#renewal = textOf(frame['token']);
        break;
      default:
    }
    return typeof t === 'string' ? t : '';
  }

  /** The owner has been told, or will be, in another way. */
  answered(key: 'p' | 'auth'): void {
    this.#open.delete(key);
  }

  /** A new carrier begins: its views have numbers of their own until it says otherwise. */
  turn(): void {
    this.#before = this.#told;
    this.#spared = 0;
    for (const entry of this.#subs.values()) entry.w = null;
  }

  /** What an acknowledgement of the owner is to the present carrier, which counts only its own frames; null: nothing. */
  acknowledged(text: string): string | null {
    const n = (numberOf(read(text)['n']) ?? 0) - this.#before + this.#spared;
    return n > 0 ? JSON.stringify({ t: 'a', n }) : null;
  }

  /** The greeting that goes on from here. */
  opening(shows: (entry: Entry) => boolean = () => true): JsonObject {
    const subs = [...this.#subs]
      .sort(([a], [b]) => a - b)
      .filter(([, entry]) => shows(entry))
      .map(([s, { frame, at }]) => {
        const iv = this.isHidden ? Math.max(HIDDEN_MS, numberOf(frame['iv']) ?? 0) : (frame['iv'] ?? null);
        return { ...frame, s, ...(iv === null ? {} : { iv }), ...(at === null ? {} : { since: { e: at.e, v: at.v } }) };
      });
    return { ...this.#hello, subs };
  }

  /**
   * Takes in what the server says. `known`: the owner has it already. `stranger`: the server speaks of another history,
   * to somebody else or with other numbers, and the owner has to begin anew.
   */
  takes(text: string): Taken {
    const head = HEAD.exec(text);
    if (head === null) return this.#takesWhole(text);
    const [, t, w, v, to] = head;
    const reached = Number(to ?? v);
    if (t === 'h') {
      for (const entry of this.#subs.values()) if (entry.w !== null && !entry.isFilling) this.#reach(entry, reached);
      return 'new';
    }
    return this.#data({ w: Number(w), v: reached, isLast: t === 'd' || LAST.test(text) });
  }

  #takesWhole(text: string): Taken {
    const frame = read(text);
    switch (frame['t']) {
      case 'welcome': {
        const known = this.#welcome;
        this.#welcome = frame;
        if (known === null) return 'new';
        const isSame = SELF.every((field) => known[field] === frame[field]);
        return isSame ? 'known' : 'stranger';
      }
      case 'subd':
        return this.#subscribed(frame);
      case 's':
      case 'd': {
        // Its members are in another order than this server writes them.
        const v: unknown = frame['v'];
        const reached = numberOf(Array.isArray(v) ? v[1] : v) ?? 0;
        return this.#data({
          w: numberOf(frame['w']),
          v: reached,
          isLast: frame['t'] === 'd' || frame['last'] === true,
        });
      }
      case 'mr':
        this.#open.delete(`mut ${textOf(frame['m'])}`);
        return 'new';
      case 'q':
        if ((numberOf(frame['i']) ?? 0) >= this.#probe) this.#open.delete('p');
        return 'new';
      case 'authd':
        this.#open.delete('auth');
        if (this.#renewal !== '') this.token = this.#renewal;
        return 'new';
      case 'err': {
        const s = numberOf(frame['s']);
        if (s !== null) this.#subs.delete(s);
        return 'new';
      }
      default:
        return 'new';
    }
  }

  #subscribed(frame: JsonObject): Taken {
    const [s, w, v] = [numberOf(frame['s']), numberOf(frame['w']), numberOf(frame['v'])];
    const entry = s === null ? undefined : this.#subs.get(s);
    // Another process of the server numbers views anew, and nobody can tell its numbers from the ones the owner knows.
    if (entry !== undefined && entry.told !== null && entry.told !== w) return 'stranger';
    // The newest subscription of a view is its only one.
    for (const [other, { w: held }] of this.#subs) if (other !== s && held === w) this.#subs.delete(other);
    if (entry === undefined || w === null) return 'new';
    const isDelta = frame['how'] === 'delta';
    const isTold = entry.isKnown && entry.told === w;
    // Counters come whole each time; the ones the owner holds are not told again.
    entry.isSpared = !isDelta && isTold && entry.at?.e === this.#welcome?.['epoch'] && v !== null && entry.v === v;
    entry.w = w;
    entry.told = w;
    entry.isKnown = true;
    entry.isFilling = !isDelta;
    entry.v = v;
    return isTold && (isDelta || entry.isSpared) ? 'known' : 'new';
  }

  #data({ w, v, isLast }: { readonly w: number | null; readonly v: number; readonly isLast: boolean }): Taken {
    const [first, ...rest] = [...this.#subs.values()].filter((entry) => entry.w === w);
    const isSpared = first?.isSpared === true && rest.length === 0;
    if (isSpared) this.#spared += 1;
    else this.#told += 1;
    for (const entry of first === undefined ? [] : [first, ...rest]) {
      entry.isFilling = !isLast;
      if (!isLast) continue;
      entry.isSpared = false;
      this.#reach(entry, v);
    }
    return isSpared ? 'known' : 'new';
  }

  #reach(entry: Entry, v: number): void {
    const e = textOf(this.#welcome?.['epoch']);
    entry.at = { e, v: entry.at?.e === e ? Math.max(entry.at.v, v) : v };
  }

  #add(frame: JsonObject): void {
    const { s, since, ...rest } = frame;
    const number = numberOf(s);
    if (number === null) return;
    const at = isJsonObject(since) ? { e: textOf(since['e']), v: numberOf(since['v']) ?? 0 } : null;
    this.#subs.set(number, {
      s: number,
      frame: rest,
      at,
      w: null,
      told: null,
      isKnown: false,
      isFilling: false,
      isSpared: false,
      v: null,
    });
  }
}

/** One subscription of the owner. */
export interface Entry {
  readonly s: number;
  /** The `sub` without its number and position. */
  frame: JsonObject;
  /** Up to where its owner was told. */
  at: { readonly e: string; readonly v: number } | null;
  /** Its view's number on the present carrier, and the one its owner knows. */
  w: number | null;
  told: number | null;
  /** Its owner was told that it is open. */
  isKnown: boolean;
  /** A snapshot of it is on its way. */
  isFilling: boolean;
  /** That snapshot is one its owner holds. */
  isSpared: boolean;
  /** The version its view had when it was opened last. */
  v: number | null;
}

/** Heads of the frequent frames as servers write them, so that a snapshot is not parsed twice. */
const HEAD = /^\{"t":"([dsh])",(?:"w":(\d+),)?"v":(?:(\d+)|\[\d+,(\d+)\]),/;
const LAST = /^[^[]*"last":true,/;

/** What must be the same in each welcome of one connection. */
const SELF = ['epoch', 'org', 'who'] as const;

/** Texts of our own, or of a server: what is no frame is an empty one here, and its owner says what to do about it. */
function read(text: string): JsonObject {
  const parsed = parseMessage(text);
  return parsed.ok ? parsed.value : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
