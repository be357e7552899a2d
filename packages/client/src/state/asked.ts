import type { DeltaFrame, ErrFrame, Failure, SnapshotFrame, Sub, Subd, Upstream } from '@statewire/protocol';
import { backoffMs } from '../connect/backoff.ts';
import type { Env, Timer } from '../env.ts';
import { isDenial } from '../errors.ts';
import type { Ask } from './ask.ts';

/** Data frames after which they are acknowledged, and the longest time until then. */
const ACK_FRAMES = 16;
const ACK_MS = 250;

/** The history that the present connection speaks of. */
export interface History {
  readonly epoch: string;
  readonly org: string;
  /** It speaks to somebody else than the last one did: positions sent in the hello are worth nothing. */
  readonly isOther: boolean;
}

export interface AskedDeps {
  readonly env: Pick<Env, 'after' | 'random'>;
  /** Sends a frame on the present connection; does nothing without one. */
  readonly send: (frame: Upstream) => void;
  /** What was true at `at`, by the server's clock, has just been told of a view. */
  readonly aged: ((ask: Ask, at: number) => void) | undefined;
}

/** Everything that is asked for, and what becomes of each frame about it. */
export class Asked {
  readonly #env: AskedDeps['env'];
  readonly #send: AskedDeps['send'];
  readonly #aged: AskedDeps['aged'];
  readonly #asks = new Map<string, Ask>();
  readonly #timers = new Map<Ask, Timer>();
  #history: History | null = null;
  #lastS = 0;
  #received = 0;
  #acked = 0;
  #ackTimer: Timer | null = null;

  constructor({ env, send, aged }: AskedDeps) {
    this.#env = env;
    this.#send = send;
    this.#aged = aged;
  }

  all(): Iterable<Ask> {
    return this.#asks.values();
  }

  /** What views want of time is another now. */
  retimeAll(): void {
    for (const ask of this.#asks.values()) if (ask.lead === null) this.retime(ask);
  }

  add(ask: Ask): void {
    this.#asks.set(ask.key, ask);
    if (this.#history !== null) this.#open(ask);
  }

  delete(ask: Ask): void {
    const { lead } = ask;
    this.#asks.delete(ask.key);
    this.#stopTimer(ask);
    this.#end(ask);
    if (lead !== null) this.retime(lead);
  }

  /** Someone joined or left a wish: the shortest wanted interval may be another one now. */
  retime(ask: Ask): void {
    const lead = ask.lead ?? ask;
    const { s } = lead;
    const iv = Math.min(...[lead, ...this.#followers(lead)].map((each) => each.intervalMs));
    if (s === null || lead.sentMs === iv) return;
    lead.sentMs = iv;
    this.#send({ t: 'iv', s, iv });
  }

  /** The subscriptions that a `hello` can carry, each from where it stands. */
  openings(): readonly Sub[] {
    return [...this.#asks.values()].map((ask) => ask.frame(this.#nextS()));
  }

  /** Forgets all rows: they were told to another identity. */
  clear(): void {
    for (const ask of this.#asks.values()) {
      ask.told.clear();
      ask.changed();
    }
  }

  /** The connection is live and speaks of this history. Opens what the hello did not carry. */
  plug(history: History): void {
    this.#history = history;
    for (const ask of this.#asks.values()) {
      if (history.isOther && ask.s !== null) this.#reopen(ask);
      else if (ask.s === null) this.#open(ask);
    }
  }

  /** The connection is gone. */
  unplug(): void {
    this.#history = null;
    this.#lastS = 0;
    this.#received = 0;
    this.#acked = 0;
    this.#ackTimer?.cancel();
    this.#ackTimer = null;
    for (const ask of this.#asks.values()) {
      this.#stopTimer(ask);
      ask.unplug();
    }
  }

  /** Tries again what was refused: the credential may do more now, or somebody wants to know. */
  retryRefused(): void {
    if (this.#history === null) return;
    for (const ask of this.#asks.values()) if (ask.failure !== null) this.#reopen(ask);
  }

  subd(frame: Subd): void {
    const ask = this.#bySub(frame.s);
    // The server may take several wishes for one view. Then the newest subscription alone lives, and it has just
    // ended these.
    const ended = [...this.#asks.values()].filter((each) => each !== ask && each.w === frame.w);
    if (ask === undefined) {
      // The newest was given up before its answer came: now nobody is told anything.
      for (const each of ended) this.#open(each);
      return;
    }
    ask.w = frame.w;
    ask.failure = null;
    const [known] = ended;
    // Rows that are on screen already keep their identity.
    if (known !== undefined && frame.how === 'snapshot') ask.told = known.told;
    if (frame.how === 'delta') ask.told.resumes(frame.v);
    else ask.told.refills();
    ask.isCaughtUp = ask.told.isCaughtUp;
    for (const each of ended) this.#follow(each, ask);
    for (const each of this.#share(ask, true)) each.changed();
  }

  /** Takes in a data frame. Positions have moved when anyone is told. */
  data(frame: SnapshotFrame | DeltaFrame): void {
    const history = this.#history;
    if (history === null) return;
    this.#count(frame.t === 's' && !frame.last);
    const told: Ask[] = [];
    for (const ask of this.#asks.values()) {
      if (ask.w !== frame.w) continue;
      const took = frame.t === 's' ? ask.told.snapshot(frame, history) : ask.told.delta(frame, history);
      if (took === 'gap' || took === 'broken') {
        this.#mend(ask, took);
        continue;
      }
      ask.gaps = 0;
      // What came while it caught up is old because we were away.
      if (frame.t === 'd' && ask.isCaughtUp) this.#aged?.(ask, frame.at);
      // Once caught up on a connection it stays so: a later snapshot for a slow reader is shown when it is whole.
      const isNews = took === 'changed' || (!ask.isCaughtUp && ask.told.isCaughtUp);
      ask.isCaughtUp ||= ask.told.isCaughtUp;
      told.push(...this.#share(ask, isNews));
    }
    for (const ask of told) ask.changed();
  }

  /** Everything open is true as of `v`: said only when nothing is on its way. */
  watermark(v: number, at: number): void {
    if (this.#history === null) return;
    for (const ask of this.#asks.values()) {
      if (ask.w === null) continue;
      ask.told.watermark({ e: this.#history.epoch, v });
      if (ask.told.isCaughtUp) this.#aged?.(ask, at);
      if (ask.isCaughtUp || !ask.told.isCaughtUp) continue;
      ask.isCaughtUp = true;
      for (const each of this.#share(ask, true)) each.changed();
    }
  }

  /** One subscription was refused or stopped. */
  refused(s: number, frame: ErrFrame): void {
    const ask = this.#bySub(s);
    if (ask === undefined) return;
    const failure: Failure = { code: frame.code, message: frame.msg };
    if (frame.code === 'reset') ask.told.doubt();
    // No longer to be seen is no longer to be held, also by those who share it.
    if (isDenial(frame.code)) ask.told.clear();
    const followers = this.#followers(ask);
    ask.unplug();
    ask.failure = failure;
    for (const each of followers) this.#open(each);
    if (frame.retry !== undefined) this.#later(ask, frame.retry + backoffMs(0, this.#env.random()));
    ask.changed();
  }

  close(): void {
    this.unplug();
    this.#asks.clear();
  }

  #open(ask: Ask): void {
    this.#stopTimer(ask);
    this.#send(ask.frame(this.#nextS()));
    ask.changed();
  }

  #reopen(ask: Ask): void {
    this.#end(ask);
    this.#open(ask);
  }

  /** Ends the subscription of a wish on this connection. */
  #end(ask: Ask): void {
    const { s } = ask;
    const followers = this.#followers(ask);
    ask.unplug();
    if (s !== null) this.#send({ t: 'unsub', s });
    for (const each of followers) this.#open(each);
  }

  /** From here on `ask` and those behind it are told through `lead`. */
  #follow(ask: Ask, lead: Ask): void {
    for (const each of [ask, ...this.#followers(ask)]) {
      each.unplug();
      each.lead = lead;
    }
    this.retime(lead);
  }

  #followers(lead: Ask): readonly Ask[] {
    return [...this.#asks.values()].filter((each) => each.lead === lead);
  }

  /** What a subscription was told counts for those behind it as soon as it is whole. Returns who has news. */
  #share(lead: Ask, isNews: boolean): readonly Ask[] {
    const news = isNews ? [lead] : [];
    if (!lead.isCaughtUp) return news;
    for (const each of this.#followers(lead)) {
      if (isNews || !each.isCaughtUp) news.push(each);
      each.told = lead.told;
      each.isCaughtUp = true;
    }
    return news;
  }

  /** Frames do not connect: asks again from where the view stands; a second time in a row, for everything. */
  #mend(ask: Ask, why: 'gap' | 'broken'): void {
    const gaps = ask.gaps + 1;
    // First, so that those who share it doubt it too.
    if (gaps > 1 || why === 'broken') ask.told.doubt();
    this.#end(ask);
    ask.gaps = gaps;
    if (gaps === 1) {
      this.#open(ask);
      return;
    }
    this.#later(ask, backoffMs(gaps, this.#env.random()));
    ask.changed();
  }

  #later(ask: Ask, ms: number): void {
    this.#stopTimer(ask);
    this.#timers.set(
      ask,
      this.#env.after(ms, () => this.#open(ask)),
    );
  }

  #stopTimer(ask: Ask): void {
    this.#timers.get(ask)?.cancel();
    this.#timers.delete(ask);
  }

  /**
   * Counts every data frame, also those for nobody: the server's window counts what it sent. While a snapshot comes each
   * chunk is acknowledged at once: two of them fill the window, and waiting would make the rest wait too.
   */
  #count(isUrgent: boolean): void {
    this.#received += 1;
    if (isUrgent || this.#received - this.#acked >= ACK_FRAMES) this.#ack();
    else this.#ackTimer ??= this.#env.after(ACK_MS, () => this.#ack());
  }

  #ack(): void {
    this.#ackTimer?.cancel();
    this.#ackTimer = null;
    this.#acked = this.#received;
    this.#send({ t: 'a', n: this.#received });
  }

  #nextS(): number {
    this.#lastS += 1;
    return this.#lastS;
  }

  #bySub(s: number): Ask | undefined {
    for (const ask of this.#asks.values()) if (ask.s === s) return ask;
    return undefined;
  }
}
