/**
 * Who of several tabs looks at what, and how one connection's subscriptions serve them all. It sees heads of frames and no
 * rows, and says what to send; `hub.ts` sends it.
 */
import type { Downstream, ErrFrame, JsonObject, Subd } from '@statewire/protocol';
import { sinceOf } from './frame.ts';
import { SharedView, wishOf, type Holder } from './shared-view.ts';
import { Stand, type Head, type Since } from './stand.ts';

export interface SwitchboardDeps {
  /** Says something to the server. */
  readonly send: (frame: JsonObject) => void;
  /** Says something on a line. */
  readonly tell: (line: string, frame: Downstream) => void;
}

interface Asked {
  readonly view: SharedView;
  /** Whose wish it answers; null when the hub asks so that nobody misses anything. */
  readonly by: { readonly line: string; readonly holder: Holder } | null;
}

export class Switchboard {
  readonly #deps: SwitchboardDeps;
  readonly #views = new Map<string, SharedView>();
  readonly #byW = new Map<number, SharedView>();
  /** Subscriptions that are asked for. */
  readonly #asked = new Map<number, Asked>();
  #lastS = 0;

  constructor(deps: SwitchboardDeps) {
    this.#deps = deps;
  }

  /** Numbers up to `s` are taken already. */
  countFrom(s: number): void {
    this.#lastS = s;
  }

  /** A tab asks for a view. */
  sub(line: string, frame: JsonObject): void {
    const { s, iv } = frame;
    if (typeof s !== 'number') return;
    const { key, wish } = wishOf(frame);
    const view = this.#views.get(key) ?? new SharedView(key, wish);
    this.#views.set(key, view);
    const holder = {
      s,
      stand: new Stand(sinceOf(frame)),
      iv: typeof iv === 'number' ? iv : DEFAULT_INTERVAL_MS,
      isTold: false,
      isOver: false,
    };
    view.holders.set(line, holder);
    this.#subscribe(view, { line, holder });
  }

  /** Asks the server for a view, so that it serves everybody who looks at it. */
  #subscribe(view: SharedView, by: Asked['by']): void {
    this.#lastS += 1;
    const s = this.#lastS;
    this.#asked.set(s, { view, by });
    view.asked.add(s);
    view.sentMs = view.iv;
    const since = view.since();
    this.#deps.send({ ...view.wish, t: 'sub', s, iv: view.iv, ...(since === null ? {} : { since: { ...since } }) });
  }

  subd(frame: Subd): void {
    const asked = this.#asked.get(frame.s);
    this.#asked.delete(frame.s);
    if (asked === undefined) return;
    const { view, by } = asked;
    view.asked.delete(frame.s);
    const served = this.#byW.get(frame.w);
    const other = served === view ? undefined : served;
    // Answers come in the order of the wishes: the last one answered is the one that counts, also within a tab.
    if (by !== null && !by.holder.isOver) view.holders.set(by.line, by.holder);
    if (view.holders.size === 0) {
      // Given up before its answer came, and so is what it replaced: now nobody is told anything.
      if (other !== undefined) this.#subscribe(other, null);
      return;
    }
    const hasJoined = other !== undefined && this.#merge(view, other);
    view.w = frame.w;
    view.s = frame.s;
    this.#byW.set(frame.w, view);
    if (by !== null && !by.holder.isOver) {
      by.holder.isTold = true;
      by.holder.stand.subd(frame.w, frame.how);
      this.#deps.tell(by.line, { ...frame, s: by.holder.s });
    }
    // Those who were promised chunks that will not come now, or stood where the server was not asked to begin.
    const isWaiting = [...view.holders.values()].some(({ stand }) => stand.isDue) && frame.how === 'delta';
    if (isWaiting || (hasJoined && frame.how !== 'snapshot')) this.#subscribe(view, null);
    else this.#retime(view);
  }

  /** The server takes what two asked for as one view, and serves it from now on as the newer one asked. */
  #merge(view: SharedView, older: SharedView): boolean {
    let hasJoined = false;
    for (const key of older.keys) {
      view.keys.add(key);
      this.#views.set(key, view);
    }
    for (const s of older.asked) {
      view.asked.add(s);
      const asked = this.#asked.get(s);
      if (asked !== undefined) this.#asked.set(s, { ...asked, view });
    }
    // A tab that asked twice itself knows that its first subscription is over.
    for (const [line, holder] of older.holders) {
      if (view.holders.has(line)) continue;
      view.holders.set(line, holder);
      hasJoined = true;
    }
    older.holders.clear();
    return hasJoined;
  }

  /** A tab gives a subscription up. */
  leave(line: string, s: unknown): void {
    for (const { by } of this.#asked.values()) if (by?.line === line && by.holder.s === s) by.holder.isOver = true;
    for (const view of this.#views.values()) {
      if (view.holders.get(line)?.s !== s) continue;
      this.#drop(view, line);
      return;
    }
  }

  #drop(view: SharedView, line: string): void {
    const holder = view.holders.get(line);
    if (holder === undefined) return;
    holder.isOver = true;
    view.holders.delete(line);
    if (view.holders.size > 0) {
      this.#retime(view);
      return;
    }
    const isAwaited = [...view.asked].some((s) => this.#asked.get(s)?.by?.holder.isOver === false);
    if (isAwaited) return;
    this.#forget(view);
    for (const s of view.asked) this.#deps.send({ t: 'unsub', s });
    if (view.s !== null) this.#deps.send({ t: 'unsub', s: view.s });
  }

  #forget(view: SharedView): void {
    for (const key of view.keys) this.#views.delete(key);
    if (view.w !== null && this.#byW.get(view.w) === view) this.#byW.delete(view.w);
  }

  /** A tab wants another interval. */
  pace(line: string, { s, iv }: JsonObject): void {
    for (const view of this.#views.values()) {
      const holder = view.holders.get(line);
      if (holder === undefined || holder.s !== s || typeof iv !== 'number') continue;
      holder.iv = iv;
      this.#retime(view);
      return;
    }
  }

  #retime(view: SharedView): void {
    if (view.s === null || view.holders.size === 0 || view.asked.size > 0 || view.sentMs === view.iv) return;
    view.sentMs = view.iv;
    this.#deps.send({ t: 'iv', s: view.s, iv: view.iv });
  }

  /** Every view is true as of `at`. */
  watermark(at: Since): void {
    for (const view of this.#byW.values()) {
      for (const { stand, isTold } of view.holders.values()) if (isTold) stand.watermark(at);
    }
  }

  /** The lines that a data frame has something to say to. */
  data(head: Head, epoch: string): readonly string[] {
    const view = this.#byW.get(head.w);
    if (view === undefined) return NOBODY;
    return [...view.holders].flatMap(([line, { stand, isTold }]) =>
      isTold && stand.take(head, epoch) ? [line] : NOBODY,
    );
  }

  /** A line is gone. */
  close(line: string): void {
    for (const { by } of this.#asked.values()) if (by?.line === line) by.holder.isOver = true;
    for (const view of new Set(this.#views.values())) this.#drop(view, line);
  }

  /** The server refuses a subscription, or ends one. */
  refused(frame: ErrFrame, s: number): void {
    const asked = this.#asked.get(s);
    this.#asked.delete(s);
    if (asked !== undefined) {
      const { view, by } = asked;
      view.asked.delete(s);
      if (by !== null && !by.holder.isOver) view.holders.set(by.line, by.holder);
      const whose = [...view.holders].filter(([, holder]) => by === null || holder === by.holder);
      // What was open before is open still: the server refuses before it replaces.
      this.#refuse(view, whose, frame);
      return;
    }
    for (const view of this.#byW.values()) {
      if (view.s !== s) continue;
      view.s = null;
      this.#refuse(view, [...view.holders], frame);
      return;
    }
  }

  #refuse(view: SharedView, whose: readonly (readonly [string, { readonly s: number }])[], frame: ErrFrame): void {
    for (const [line, { s }] of whose) {
      view.holders.delete(line);
      this.#deps.tell(line, { ...frame, s });
    }
    if (view.holders.size === 0) this.#forget(view);
  }
}

const DEFAULT_INTERVAL_MS = 100;
const NOBODY: readonly string[] = [];
