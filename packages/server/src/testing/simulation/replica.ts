/**
 * A caller that follows the protocol to the letter and believes nothing: every frame is checked against the rules of
 * the wire, and after every data frame the rows held must be what was true at the version the frame names.
 */
import {
  applyPatch,
  decodeDownstream,
  equalJson,
  parseFilter,
  type Aggregate,
  type Downstream,
  type Filter,
  type Json,
  type JsonObject,
  type Row,
  type Upstream,
} from '@statewire/protocol';
import type { SocketPair } from '../socket-pair.ts';
import type { Look, Oracle, WindowWant } from './oracle.ts';

/** What a replica looks at. */
export interface Want {
  readonly collection: string;
  readonly filter: readonly Json[];
  readonly fields: readonly string[] | null;
  readonly iv: number;
  readonly window: WindowWant | null;
  readonly agg: Aggregate | null;
}

export interface ReplicaDeps {
  readonly name: string;
  readonly org: string;
  readonly oracle: Oracle;
}

export class Replica {
  readonly name: string;
  readonly org: string;
  readonly views: ReplicaView[] = [];
  pair: SocketPair | null = null;
  epoch: string | null = null;
  isWelcome = false;
  /** Data frames applied and not yet confirmed. */
  applied = 0;
  acked = 0;
  isHidden = false;
  paused = false;
  asksForToken = false;
  closedWith: number | null = null;
  frames = 0;
  readonly #oracle: Oracle;
  #lastS = 0;
  /** Views of this connection by their number, once `subd` said it. */
  readonly #byW = new Map<number, ReplicaView>();
  readonly #byS = new Map<number, ReplicaView>();
  /** Views ended on this connection whose frames may still come. */
  readonly #over = new Set<number>();

  constructor({ name, org, oracle }: ReplicaDeps) {
    this.name = name;
    this.org = org;
    this.#oracle = oracle;
  }

  /** Starts over on a new connection, holding what was held. */
  attach(pair: SocketPair, token: string): void {
    this.detach();
    this.pair = pair;
    this.closedWith = null;
    pair.caller.onMessage = (text) => {
      if (this.pair === pair) this.#take(text);
    };
    pair.caller.onClose = (code) => {
      if (this.pair !== pair) return;
      this.detach();
      this.closedWith = code;
    };
    this.say({ t: 'hello', p: 1, client: 'simulation', token });
  }

  detach(): void {
    this.pair = null;
    this.isWelcome = false;
    this.paused = false;
    this.asksForToken = false;
    this.applied = 0;
    this.acked = 0;
    this.#lastS = 0;
    this.#byW.clear();
    this.#byS.clear();
    this.#over.clear();
    for (const view of this.views) view.leaveConnection();
  }

  say(frame: Upstream): void {
    this.pair?.caller.send(JSON.stringify(frame));
  }

  add(want: Want): ReplicaView {
    const view = new ReplicaView(want, this.org);
    this.views.push(view);
    if (this.isWelcome) this.#subscribe(view);
    return view;
  }

  remove(view: ReplicaView): void {
    this.views.splice(this.views.indexOf(view), 1);
    if (this.isWelcome) this.say({ t: 'unsub', s: view.s });
    this.#byS.delete(view.s);
    if (view.w !== null) {
      this.#over.add(view.w);
      this.#byW.delete(view.w);
    }
  }

  /** Asks for the same view once more on the same connection; `isAfresh` forgets what is held. */
  again(view: ReplicaView, isAfresh: boolean): void {
    if (isAfresh) view.forget();
    if (!this.isWelcome) return;
    // Frames until the answer belong to the old subscription, which is over for us.
    if (view.w !== null) {
      this.#byW.delete(view.w);
      this.#over.add(view.w);
    }
    view.leaveConnection();
    this.#subscribe(view);
  }

  ack(): void {
    if (this.isWelcome && this.applied > this.acked) {
      this.acked = this.applied;
      this.say({ t: 'a', n: this.applied });
    }
  }

  #subscribe(view: ReplicaView): void {
    this.#lastS += 1;
    view.s = this.#lastS;
    this.#byS.set(view.s, view);
    const { want } = view;
    const since = view.epoch !== null ? { since: { e: view.epoch, v: view.v } } : {};
    this.say({
      t: 'sub',
      s: view.s,
      c: want.collection,
      f: want.filter,
      iv: want.iv,
      ...(want.fields === null || want.agg !== null ? {} : { fields: want.fields }),
      ...want.window,
      ...(want.agg === null ? {} : { agg: want.agg }),
      ...since,
    });
  }

  #take(text: string): void {
    const decoded = decodeDownstream(text);
    if (!decoded.ok) this.fail(`a frame that is none: ${decoded.message}: ${text.slice(0, 300)}`);
    else this.#hear(decoded.value);
  }

  #hear(frame: Downstream): void {
    this.frames += 1;
    switch (frame.t) {
      case 'welcome':
        this.isWelcome = true;
        this.epoch = frame.epoch;
        for (const view of this.views) this.#subscribe(view);
        if (this.isHidden) this.say({ t: 'vis', hidden: true });
        return;
      case 'subd':
        this.#subd(frame);
        return;
      case 's':
      case 'd': {
        this.applied += 1;
        const view = this.#byW.get(frame.w);
        if (view === undefined) {
          if (!this.#over.has(frame.w)) this.fail(`data of a view nobody asked for: w ${frame.w}`);
          return;
        }
        if (this.paused) this.fail('data while the credential has expired');
        const trouble = frame.t === 's' ? view.snapshot(frame) : view.delta(frame);
        if (trouble !== null) this.fail(`${trouble}\n  in ${JSON.stringify(frame)}`, view);
        if (frame.t === 'd' || frame.last) this.#compare(view, view.told);
        return;
      }
      case 'h':
        for (const view of this.views) {
          // The server may not have heard of it yet.
          if (view.w === null) continue;
          this.#compare(view, frame.v);
          view.v = Math.max(view.v, frame.v);
        }
        return;
      case 'auth':
        this.asksForToken = true;
        return;
      case 'authd':
        this.paused = false;
        this.asksForToken = false;
        return;
      case 'err':
        if (frame.code === 'auth_expired' && frame.s === undefined) this.paused = true;
        else if (frame.fatal !== true && frame.code !== 'rate_limited')
          this.fail(`refused: ${frame.code} ${frame.msg}`);
        return;
      case 'q':
      case 'mr':
      case 'bye':
    }
  }

  #subd(frame: Extract<Downstream, { t: 'subd' }>): void {
    const view = this.#byS.get(frame.s);
    // Unsubscribed before the answer came.
    if (view === undefined) {
      const replaced = this.#byW.get(frame.w);
      this.#over.add(frame.w);
      // It took over a view we still want before we ended it.
      if (replaced !== undefined) this.again(replaced, false);
      return;
    }
    if (view.s !== frame.s) {
      // We asked again before this answer came: the position it goes on from is not ours any more.
      this.#over.add(frame.w);
      return;
    }
    const before = this.#byW.get(frame.w);
    if (before !== undefined && before !== view) {
      // Two equal wishes share one subscription: the older one is over.
      before.leaveConnection();
      this.views.splice(this.views.indexOf(before), 1);
    }
    this.#over.delete(frame.w);
    this.#byW.set(frame.w, view);
    const trouble = view.started(frame, this.epoch ?? '');
    if (trouble !== null) this.fail(trouble, view);
  }

  /** Every frame is a real state: the rows are what was true at `v`. */
  #compare(view: ReplicaView, v: number): void {
    const look = view.look();
    const truth = this.#oracle.view(look, v);
    if (view.want.window !== null && !equalJson(view.place, { ...this.#oracle.place(look, v) }))
      this.fail(
        `at ${v}: lies at ${JSON.stringify(view.place)}, true is ${JSON.stringify(this.#oracle.place(look, v))}`,
        view,
      );
    const held = view.byId();
    for (const [id, row] of truth) {
      const have = held.get(id);
      if (have === undefined) this.fail(`at ${v}: ${id} is missing`, view);
      else if (!isSameRow(have, row, view.want.fields !== null || view.want.agg !== null)) {
        this.fail(`at ${v}: ${id} is ${JSON.stringify(have)}, true is ${JSON.stringify(row)}`, view);
      }
    }
    for (const id of held.keys()) if (!truth.has(id)) this.fail(`at ${v}: ${id} should be gone`, view);
  }

  /** Compares with what is true now; for the end of a schedule. */
  check(): void {
    for (const view of this.views) {
      if (view.w === null) this.fail('a subscription was never answered', view);
      this.#compare(view, this.#oracle.version(this.org));
    }
  }

  fail(what: string, view?: ReplicaView): never {
    const of = view === undefined ? '' : ` ${view.want.collection} ${JSON.stringify(view.want)}`;
    throw new Error(`${this.name} (${this.org})${of}: ${what}`);
  }
}

/** One view as a replica holds it. */
export class ReplicaView {
  readonly want: Want;
  readonly filter: Filter;
  readonly org: string;
  s = 0;
  w: number | null = null;
  epoch: string | null = null;
  /** Position to resume from: data, or a watermark. */
  v = 0;
  /** Position by data alone: what the server counts from. */
  told = 0;
  /** Where the window lies, as told. */
  place: JsonObject | null = null;
  #rows = new Map<number, Row>();
  #filling: { v: number; next: number; rows: Map<number, Row> } | null = null;
  #expects: 'delta' | 'chunks' = 'chunks';
  #goal = 0;
  #epochNow = '';

  constructor(want: Want, org: string) {
    this.want = want;
    this.org = org;
    const filter = parseFilter(want.filter);
    if (!filter.ok) throw new Error(filter.message);
    this.filter = filter.value;
  }

  look(): Look {
    return { ...this.want, org: this.org, filter: this.filter };
  }

  byId(): Map<string, Row> {
    return new Map([...this.#rows.values()].map((row) => [row.id, row]));
  }

  forget(): void {
    this.#rows.clear();
    this.v = 0;
    this.epoch = null;
  }

  leaveConnection(): void {
    this.w = null;
    this.#filling = null;
  }

  started(frame: Extract<Downstream, { t: 'subd' }>, epoch: string): string | null {
    this.w = frame.w;
    this.#filling = null;
    this.#goal = frame.v;
    this.#expects = frame.how === 'delta' ? 'delta' : 'chunks';
    if (frame.how === 'delta' && this.epoch !== epoch) return 'a delta for a position that is worthless';
    if (frame.how === 'delta' && frame.v < this.v) return `resumed at ${frame.v}, which is before ${this.v}`;
    if (frame.how === 'reconcile' && this.epoch !== epoch) return 'a reconcile for a position of another history';
    if (frame.how !== 'snapshot' && this.want.agg !== null) return 'an aggregate that is resumed';
    if (frame.how === 'snapshot') this.told = -1;
    else this.told = this.v;
    this.#epochNow = epoch;
    return null;
  }

  snapshot(frame: Extract<Downstream, { t: 's' }>): string | null {
    if (frame.i === 0) this.#filling = { v: frame.v, next: 0, rows: new Map() };
    const filling = this.#filling;
    if (filling === null || filling.next !== frame.i || filling.v !== frame.v) return `chunk ${frame.i} out of order`;
    filling.next += 1;
    if (frame.keep !== undefined && this.told < 0) return 'a reconcile for somebody who holds nothing';
    for (const [rid, id, version, fields] of frame.r) {
      filling.rows.set(rid, { ...fields, id, org: this.org, version });
    }
    for (const rid of frame.keep ?? []) {
      const row = this.#rows.get(rid);
      if (row === undefined) return `keep names rid ${rid}, which is not held`;
      filling.rows.set(rid, row);
    }
    if (!frame.last) return null;
    if (frame.v < this.told) return `a snapshot goes back from ${this.told} to ${frame.v}`;
    this.#rows = filling.rows;
    this.#filling = null;
    if (frame.n !== undefined && frame.b !== undefined) this.place = { n: frame.n, b: frame.b };
    this.#expects = 'delta';
    this.told = frame.v;
    // Only now: until the last chunk the old position is the one that says what is held.
    this.v = this.epoch === this.#epochNow ? Math.max(this.v, frame.v) : frame.v;
    this.epoch = this.#epochNow;
    if (this.#goal > frame.v) return `subd promised ${this.#goal}, the snapshot is at ${frame.v}`;
    return null;
  }

  delta(frame: Extract<Downstream, { t: 'd' }>): string | null {
    const [from, to] = frame.v;
    if (this.#filling !== null || this.#expects === 'chunks') return 'a delta between chunks';
    if (from !== this.told) return `the delta goes from ${from}, told was ${this.told}`;
    if (to <= from) return 'the delta goes nowhere';
    for (const op of frame.o) {
      const [rid, version, fields] = op;
      const held = this.#rows.get(rid);
      // With a field list a record may be further than what is shown of it.
      const isInside = version > from && (version <= to || this.want.fields !== null);
      // What another record's change lets in has the version it had, and may be held: it went and came back.
      const isLetIn = this.want.window !== null && op.length === 4 && fields !== null && version <= from;
      if (isLetIn && held?.version === version) continue;
      if (!isInside && !isLetIn) return `op of rid ${rid} has version ${version}, outside the delta`;
      if (held !== undefined && version <= held.version)
        return `rid ${rid} goes back from ${held.version} to ${version}`;
      if (fields === null) {
        this.#rows.delete(rid);
      } else if (op.length === 4) {
        this.#rows.set(rid, { ...fields, id: op[3], org: this.org, version });
      } else {
        if (held === undefined) return `update of rid ${rid}, which is not held`;
        this.#rows.set(rid, applyPatch(held, { ...fields, version }));
      }
    }
    this.told = to;
    this.v = Math.max(this.v, to);
    if (frame.n !== undefined && frame.b !== undefined) this.place = { n: frame.n, b: frame.b };
    return null;
  }
}

// With a field list, versions of rows may lag: changes of hidden fields are not told.
function isSameRow(have: Row, truth: Row, isPartial: boolean): boolean {
  return equalJson({ ...have, version: 0 }, { ...truth, version: 0 }) && (isPartial || have.version === truth.version);
}
