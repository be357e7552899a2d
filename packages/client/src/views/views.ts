import { compareRows, cursorOf, type Failure, type Order, type Row } from '@statewire/protocol';
import type { Env, Timer } from '../env.ts';
import { isDenial } from '../errors.ts';
import type { Driver } from '../session/driver.ts';
import { Ask, wishKey, type Wish } from '../state/ask.ts';
import type { InFlight } from '../state/in-flight.ts';
import type { Keep, KeptView, OpenTold } from '../state/keep.ts';
import { Listeners } from './listeners.ts';
import type { Place } from '../state/told.ts';
import { linkFailure, viewStatus, type ViewStatus } from './status.ts';

/** How long a view nobody looks at stays subscribed, so that a remount or a change of page costs nothing. */
export const LINGER_MS = 5_000;

/** How current something is. Times are epoch ms on the server's clock. */
export interface Freshness {
  readonly state: ViewStatus;
  /** When it was last known to be true. While `live` it is the time of the last change; see `verifiedAt` of a view. */
  readonly verifiedAt: number | null;
  readonly version: number | null;
}

/** What a view shows at one moment. Never changes; a change makes a new one. */
export interface CollectionState<T extends Row> {
  readonly rows: readonly T[];
  get(id: string): T | undefined;
  readonly status: ViewStatus;
  readonly verifiedAt: number | null;
  readonly version: number | null;
  readonly error: Failure | null;
  readonly freshness: Freshness;
  /** False until the first snapshot is complete: an empty list then says nothing. */
  readonly hasData: boolean;
  /** Until when the rows are known to be true, epoch ms on the server's clock; null while they are true now. Label it "as of". */
  readonly asOf: number | null;
  /** Ids of rows that are shown as somebody asked for and the server has not confirmed; created ones have version 0. */
  readonly pending: ReadonlySet<string>;
  /** Of a window: records in the whole view. Null for other views, and until it is known. */
  readonly total: number | null;
  /** Of a window: how many records come before the first of these rows. */
  readonly offset: number | null;
  /** Are there records before, and behind, these? False for what is no window. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** Cursors of the first and the last row, for `before` and `after`; null without an order or without rows. */
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export interface ViewsDeps {
  readonly env: Env;
  readonly driver: Driver;
  readonly inFlight: InFlight;
  /** Where rows outlive the page, or null. */
  readonly keep: Keep | null;
  readonly defaultMs: number;
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

  /** What is open and was told, for whoever writes it down. */
  *told(): Iterable<OpenTold> {
    for (const view of this.#open.values()) {
      const { key, told, failure } = view.ask;
      yield { key, told, asOf: this.#verifiedAt(view), isDenied: failure !== null && isDenial(failure.code) };
    }
  }

  /** How old the newest change was when it arrived; null before any came on this connection. */
  lagMs(wish: Wish): number | null {
    const ask = this.#open.get(wishKey(wish))?.ask;
    return (ask?.lead ?? ask)?.lagMs ?? null;
  }

  /** The link changed: each view whose standing is another one now says so. */
  refresh(): void {
    const { driver, env } = this.#deps;
    for (const view of this.#open.values()) {
      const status = viewStatus(facts(view.ask), driver.link, env.isOnline());
      if (status !== view.state.status || errorOf(view.ask, driver) !== view.state.error) this.#renew(view);
    }
  }

  close(): void {
    for (const view of this.#open.values()) view.timer?.cancel();
    this.#open.clear();
  }

  #make(key: string, wish: Wish): OpenView {
    const ask = new Ask(key, wish, this.#deps.defaultMs);
    const view: OpenView = { ask, listeners: new Listeners(this.#deps.env), state: UNASKED, timer: null };
    this.#open.set(key, view);
    ask.changed = () => this.#renew(view);
    const { keep, driver } = this.#deps;
    if (keep === null) driver.asked.add(ask);
    else keep.load(key, (kept) => this.#take(view, kept));
    view.state = this.#stateOf(view);
    return view;
  }

  /** Shows what an earlier page left, and asks the server from there on. */
  #take(view: OpenView, kept: KeptView | null): void {
    if (this.#open.get(view.ask.key) !== view) return;
    if (kept !== null) {
      view.ask.told.restore(kept);
      // Where the window lies was not kept: it is told again from the start.
      if (view.ask.wish.part?.limit !== undefined) view.ask.told.doubt();
      view.verifiedAt = kept.asOf - this.#deps.driver.clock.offsetMs;
    }
    this.#deps.driver.asked.add(view.ask);
    view.ask.changed();
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
    const { driver, env } = this.#deps;
    const { ask } = view;
    const status = viewStatus(facts(ask), driver.link, env.isOnline());
    const state = new Shown(
      this.#rows(view),
      status,
      this.#verifiedAt(view),
      ask.told.position?.v ?? null,
      errorOf(ask, driver),
      ask.told.hasData,
      ask.wish.part?.agg === undefined ? this.#deps.inFlight.overlays.pending(ask.wish.collection) : NOBODY,
      { place: ask.told.place, order: ask.order, told: ask.rows },
    );
    return state;
  }

  #rows({ ask, state }: OpenView): readonly Row[] {
    const { inFlight } = this.#deps;
    const told = ask.rows;
    const { order, wish } = ask;
    // What was asked of a record says nothing of a group of them.
    const over = wish.part?.agg === undefined ? inFlight.overlays.over(told, wish) : told;
    if (over === told) return told;
    // By what is shown: a row stands where its values belong, confirmed or not.
    const rows = order === null ? over : over.toSorted((a, b) => compareRows(order, a, b));
    const isSame = rows.length === state.rows.length && rows.every((row, i) => row === state.rows[i]);
    return isSame ? state.rows : rows;
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

/** What was told of a part of a view, whatever lies over it. */
interface ToldPart {
  readonly place: Place | null;
  readonly order: Order | null;
  readonly told: readonly Row[];
}

class Shown implements CollectionState<Row> {
  readonly rows: readonly Row[];
  readonly status: ViewStatus;
  readonly verifiedAt: number | null;
  readonly version: number | null;
  readonly error: Failure | null;
  readonly hasData: boolean;
  readonly pending: ReadonlySet<string>;
  readonly total: number | null;
  readonly offset: number | null;
  readonly #part: ToldPart;
  #byId: ReadonlyMap<string, Row> | null = null;

  constructor(
    rows: readonly Row[],
    status: ViewStatus,
    verifiedAt: number | null,
    version: number | null,
    error: Failure | null,
    hasData: boolean,
    pending: ReadonlySet<string>,
    part: ToldPart,
  ) {
    this.rows = rows;
    this.status = status;
    this.verifiedAt = verifiedAt;
    this.version = version;
    this.error = error;
    this.hasData = hasData;
    this.pending = pending;
    this.total = part.place?.total ?? null;
    this.offset = part.place?.offset ?? null;
    this.#part = part;
  }

  get hasBefore(): boolean {
    return (this.offset ?? 0) > 0;
  }

  get hasAfter(): boolean {
    return (this.offset ?? 0) + this.#part.told.length < (this.total ?? 0);
  }

  get startCursor(): string | null {
    return this.#cursor(0);
  }

  get endCursor(): string | null {
    return this.#cursor(-1);
  }

  #cursor(at: number): string | null {
    const { order, told } = this.#part;
    const row = told.at(at);
    return order === null || row === undefined ? null : cursorOf(order, row);
  }

  get(id: string): Row | undefined {
    this.#byId ??= new Map(this.rows.map((row) => [row.id, row]));
    return this.#byId.get(id);
  }

  get asOf(): number | null {
    return this.status === 'live' ? null : this.verifiedAt;
  }

  get freshness(): Freshness {
    return { state: this.status, verifiedAt: this.verifiedAt, version: this.version };
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** What a view shows before anyone asked for it, and on a server that renders pages. */
export const UNASKED: CollectionState<Row> = new Shown([], 'loading', null, null, null, false, NOBODY, {
  place: null,
  order: null,
  told: [],
});

function facts(ask: Ask): { hasData: boolean; isCaughtUp: boolean; failure: Failure | null } {
  return { hasData: ask.told.hasData, isCaughtUp: ask.isCaughtUp, failure: ask.failure };
}

function errorOf(ask: Ask, driver: Driver): Failure | null {
  return ask.failure ?? linkFailure(driver.link);
}
