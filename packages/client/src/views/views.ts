import type { Failure, Row } from '@statewire/protocol';
import type { Env, Timer } from '../env.ts';
import type { Driver } from '../session/driver.ts';
import { Ask, wishKey, type Pace, type Wish } from '../state/ask.ts';
import type { Layers, Measure, Recall } from '../inside.ts';
import { Listeners } from './listeners.ts';
import { Shown, UNASKED, type CollectionState, type Facts } from './shown.ts';
import { linkFailure, viewStatus } from './status.ts';

/** How long a view nobody looks at stays subscribed, so that a remount or a change of page costs nothing. */
export const LINGER_MS = 5_000;

export interface ViewsDeps {
  readonly env: Env;
  readonly driver: Driver;
  /** What lies between what was told and what is shown, or null. */
  readonly layers: Layers | null;
  /** What an earlier page left of a view. */
  readonly recall: Recall | undefined;
  readonly pace: Pace;
  readonly measure: Measure | undefined;
  readonly lingerMs: number;
}

/** All open views: one per wish, shared by everyone who has it, closed a while after the last one left. */
export class Views {
  readonly #deps: ViewsDeps;
  readonly #open = new Map<string, OpenView>();

  constructor(deps: ViewsDeps) {
    this.#deps = deps;
  }

  /** Joins a view. The listener hears of each change after now, until the returned function is called. */
  join(wish: Wish, intervalMs: number | undefined, listener: () => void): () => void {
    const key = wishKey(wish);
    const view = this.#open.get(key) ?? this.#make(key, wish);
    view.timer?.cancel();
    view.timer = null;
    const unlisten = view.listeners.add(listener);
    const leave = view.ask.join(intervalMs);
    this.#deps.driver.asked.retime(view.ask);
    this.#deps.driver.dispatch({ t: 'want' });
    return () => {
      if (!unlisten()) return;
      leave();
      if (view.ask.users > 0) this.#deps.driver.asked.retime(view.ask);
      else view.timer = this.#deps.env.after(this.#deps.lingerMs, () => this.#drop(view));
    };
  }

  /** What the view of this wish shows now; a constant while nobody has it open. */
  peek(wish: Wish): CollectionState<Row> {
    return this.#open.get(wishKey(wish))?.state ?? UNASKED;
  }

  /** When the view was last known to be true, exact to now. */
  verifiedAt(wish: Wish): number | null {
    return this.#verifiedAt(this.#open.get(wishKey(wish)));
  }

  /** How old the newest change was when it arrived; null before any came on this connection. */
  lagMs(wish: Wish): number | null {
    const ask = this.#open.get(wishKey(wish))?.ask;
    return ask === undefined ? null : (this.#deps.measure?.lagMs(ask.lead ?? ask) ?? null);
  }

  /** The link changed: each view whose standing is another one now says so. */
  refresh(): void {
    const { driver, env } = this.#deps;
    for (const view of this.#open.values()) {
      const status = viewStatus(standing(view.ask), driver.link, env.isOnline());
      if (status !== view.state.status || errorOf(view.ask, driver) !== view.state.error) this.#renew(view);
    }
  }

  close(): void {
    for (const view of this.#open.values()) view.timer?.cancel();
    this.#open.clear();
  }

  #make(key: string, wish: Wish): OpenView {
    const ask = new Ask(key, wish, this.#deps.pace);
    const view: OpenView = { ask, listeners: new Listeners(this.#deps.env), state: UNASKED, timer: null };
    this.#open.set(key, view);
    ask.changed = () => this.#renew(view);
    const open = (asOf: number | null): void => {
      if (this.#open.get(key) !== view) return;
      if (asOf !== null) view.verifiedAt = asOf - this.#deps.driver.clock.offsetMs;
      this.#deps.driver.asked.add(ask);
      ask.changed();
    };
    const { recall } = this.#deps;
    if (recall === undefined) open(null);
    else recall(ask, open);
    view.state = this.#stateOf(view);
    return view;
  }

  #drop(view: OpenView): void {
    this.#open.delete(view.ask.key);
    this.#deps.driver.asked.delete(view.ask);
  }

  #renew(view: OpenView): void {
    const before = view.state;
    const next = this.#stateOf(view);
    const isSame =
      next.rows === before.rows &&
      next.status === before.status &&
      next.error === before.error &&
      next.hasData === before.hasData &&
      next.pending === before.pending &&
      next.total === before.total &&
      next.offset === before.offset;
    if (isSame) return;
    view.state = next;
    view.listeners.tell();
  }

  #stateOf(view: OpenView): CollectionState<Row> {
    const { driver, env, layers } = this.#deps;
    const { ask } = view;
    const facts: Facts = {
      rows: layers?.rows(ask, view.state.rows) ?? ask.told.rows,
      status: viewStatus(standing(ask), driver.link, env.isOnline()),
      verifiedAt: this.#verifiedAt(view),
      version: ask.told.position?.v ?? null,
      error: errorOf(ask, driver),
      hasData: ask.told.hasData,
    };
    return layers?.state(facts, ask) ?? new Shown(facts);
  }

  #verifiedAt(view: OpenView | undefined): number | null {
    const { driver, env } = this.#deps;
    if (view === undefined || !view.ask.told.hasData) return null;
    const { link } = driver;
    if (link.at === 'live' && view.ask.isCaughtUp) view.verifiedAt = link.life.heardAt;
    // Counted in this machine's time and shown in the server's.
    return view.verifiedAt === undefined ? env.now() + driver.clock.offsetMs : view.verifiedAt + driver.clock.offsetMs;
  }
}

interface OpenView {
  readonly ask: Ask;
  readonly listeners: Listeners;
  state: CollectionState<Row>;
  timer: Timer | null;
  /** Local time of the last proof. */
  verifiedAt?: number;
}

function standing(ask: Ask): { hasData: boolean; isCaughtUp: boolean; failure: Failure | null } {
  return { hasData: ask.told.hasData, isCaughtUp: ask.isCaughtUp, failure: ask.failure };
}

function errorOf(ask: Ask, driver: Driver): Failure | null {
  return ask.failure ?? linkFailure(driver.link);
}
