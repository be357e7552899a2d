/**
 * A native session from inside: what a dialect speaks to instead of keeping records of its own. It asks for views and is told
 * what happens in them, by the same session, outbox and lanes that serve callers of the native wire: so who may see what,
 * expiry, revocation and coalescing are theirs too.
 */
import {
  applyPatch,
  decodeDownstream,
  ok,
  refuse,
  toAscii,
  type Downstream,
  type Filter,
  filterJson,
  type JsonObject,
  type Result,
} from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Message } from '../../publish/message.ts';
import type { Session, Visitor } from '../session.ts';
import type { Transport } from '../transports/transport.ts';

/** What opens sessions: the gateway. */
export interface Sessions {
  readonly hasRoom: boolean;
  open(transport: Transport, visitor: Visitor): Session;
}

/** The caller's real socket, as far as keeping up is concerned. */
export interface Drain {
  readonly queuedBytes: number;
}

/** What happened to one record of a view. `before` is what was held of it. */
export type Event =
  | { readonly type: 'enter'; readonly id: string; readonly row: JsonObject; readonly at: number }
  | {
      readonly type: 'update';
      readonly id: string;
      readonly row: JsonObject;
      readonly before: JsonObject;
      readonly at: number;
    }
  | { readonly type: 'leave'; readonly id: string; readonly before: JsonObject; readonly at: number };

export interface LineEvents {
  /** The credential was good. */
  welcome(principal: Principal): void;
  /** A fresh token was good, or what the caller may do has changed. */
  renewed?(principal: Principal): void;
  /** A view is held whole, for the first time. */
  loaded(s: number, rows: readonly JsonObject[]): void;
  happened(s: number, event: Event): void;
  /** A view was refused, or ended because it may not be seen any more. */
  refused(s: number, code: string, message: string): void;
  /** The line is over, or its credential has expired; `message` is for the caller. */
  ended(code: string, message: string): void;
}

/** One write: a command, or what a source reports. */
export interface Act {
  readonly collection: string;
  readonly id: string;
  readonly name: string;
  readonly fields: JsonObject;
}

type SnapshotFrame = Extract<Downstream, { t: 's' }>;
type DeltaFrame = Extract<Downstream, { t: 'd' }>;
type Op = DeltaFrame['o'][number];

interface Held {
  /** By what numbers it was asked for. Filters that differ may come to one view, by what the caller may see. */
  readonly asked: Set<number>;
  /** Those of them that nothing was told yet. */
  readonly fresh: Set<number>;
  /** The last of them, under which the session knows it. */
  s: number;
  /** The session has said which view it is; before that nobody knows whose else it is. */
  isKnown: boolean;
  /** The version up to which everything that happened in it was told. */
  version: number;
  readonly rows: Map<number, JsonObject>;
  incoming: Map<number, JsonObject> | null;
}

/** One credential and its views. */
export class Line {
  readonly #clock: Clock;
  readonly #events: LineEvents;
  readonly #session: Session;
  readonly #texts: string[] = [];
  readonly #views = new Map<number, Held>();
  readonly #byS = new Map<number, Held>();
  readonly #asked = new Map<string, (answer: Result<string>) => void>();
  #epoch = '';
  #who = '';
  #lastS = 0;
  #lastM = 0;
  #acked = 0;
  #isDue = false;
  #isOver = false;

  constructor(
    { clock, sessions, drain }: { readonly clock: Clock; readonly sessions: Sessions; readonly drain: Drain },
    { token, visitor }: { readonly token: string | null; readonly visitor: Visitor },
    events: LineEvents,
  ) {
    this.#clock = clock;
    this.#events = events;
    const transport: Transport = {
      send: (messages) => this.#take(messages),
      get queuedBytes() {
        return drain.queuedBytes;
      },
      close: (_, reason) => this.#cut(reason),
      destroy: () => this.#cut('unavailable'),
    };
    this.#session = sessions.open(transport, visitor);
    this.#say({ t: 'hello', p: 1, client: 'dialect', ...(token === null ? {} : { token }) });
  }

  /** Names the line, for whoever has no better name. */
  /** The dialect did not let its caller do something that is no record: for the audit log. */
  denied(area: string, what: { readonly id: string; readonly operation: string }): void {
    this.#session.denied(area, what);
  }

  get id(): string {
    return this.#session.id;
  }

  /** Asks for all records that pass; the answer comes by the number. */
  watch(collection: string, filter: Filter, intervalMs: number): number {
    this.#lastS += 1;
    const s = this.#lastS;
    this.#byS.set(s, {
      s,
      isKnown: false,
      asked: new Set([s]),
      fresh: new Set([s]),
      version: 0,
      rows: new Map(),
      incoming: null,
    });
    this.#say({ t: 'sub', s, c: collection, f: filterJson(filter), iv: intervalMs });
    return s;
  }

  /** Names the history of versions; empty before the welcome. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Names who is calling, and what decides over what they see; empty before the welcome. */
  get who(): string {
    return this.#who;
  }

  /** The version up to which everything that happened in a view was told; null until it is loaded. */
  position(s: number): number | null {
    const held = this.#byS.get(s);
    return held === undefined || held.fresh.has(s) ? null : held.version;
  }

  /** What is held of a view; nothing until it is loaded. */
  rows(s: number): Iterable<JsonObject> {
    const held = this.#byS.get(s);
    return held === undefined || held.fresh.has(s) ? [] : held.rows.values();
  }

  /** Lets go of a view: nothing of it is told any more. */
  drop(s: number): void {
    const held = this.#byS.get(s);
    if (held === undefined) return;
    held.asked.delete(s);
    held.fresh.delete(s);
    // Its answer may say that it is a view of somebody else, too: then it is known by this number from now on.
    if (held.asked.size === 0 && !held.isKnown) return;
    this.#byS.delete(s);
    if (held.asked.size === 0) this.#leave(held);
  }

  /** Calls a command, or reports under the name `report`; `then` hears of it once: the record's id, or why not. */
  act({ collection, id, name, fields }: Act, then: (answer: Result<string>) => void): void {
    if (this.#isOver) {
      then(refuse('unavailable', 'the session has ended; come back'));
      return;
    }
    this.#lastM += 1;
    const m = `${this.id}-${this.#lastM}`;
    this.#asked.set(m, then);
    this.#say({ t: 'mut', m, c: collection, k: id, op: 'call', name, f: fields });
  }

  /** A fresh token of the same identity. */
  renew(token: string): void {
    this.#say({ t: 'auth', token });
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#session.closed();
    for (const then of this.#asked.values()) then(refuse('unavailable', 'the session has ended; come back'));
    this.#asked.clear();
  }

  #say(frame: JsonObject): void {
    if (!this.#isOver) this.#session.receive(toAscii(JSON.stringify(frame)));
  }

  #take(messages: readonly Message[]): void {
    if (this.#isOver) return;
    for (const { text } of messages) this.#texts.push(text);
    if (this.#isDue) return;
    this.#isDue = true;
    // Never inside the session's own write: an acknowledgement would come back into the middle of it.
    this.#clock.soon(() => this.#read());
  }

  #read(): void {
    this.#isDue = false;
    let data = 0;
    for (const text of this.#texts.splice(0)) {
      if (this.#isOver) return;
      const frame = decodeDownstream(text);
      if (!frame.ok) continue;
      if (frame.value.t === 's' || frame.value.t === 'd') data += 1;
      this.#act(frame.value);
    }
    if (data === 0) return;
    this.#acked += data;
    this.#say({ t: 'a', n: this.#acked });
  }

  #act(frame: Downstream): void {
    switch (frame.t) {
      case 'welcome': {
        const { principal } = this.#session;
        this.#epoch = frame.epoch;
        this.#who = frame.who;
        if (principal !== null) this.#events.welcome(principal);
        return;
      }
      case 'authd': {
        const { principal } = this.#session;
        if (principal !== null) this.#events.renewed?.(principal);
        return;
      }
      case 'subd': {
        const held = this.#byS.get(frame.s);
        if (held === undefined) return;
        held.isKnown = true;
        if (held.asked.size === 0) this.#byS.delete(frame.s);
        const view = this.#joined(held, this.#views.get(frame.w));
        this.#views.set(frame.w, view);
        if (view.asked.size === 0) this.#leave(view);
        return;
      }
      case 's':
        this.#snapshot(frame);
        return;
      case 'd':
        this.#delta(frame);
        return;
      case 'h':
        for (const held of this.#views.values()) held.version = Math.max(held.version, frame.v);
        return;
      case 'mr': {
        const then = this.#asked.get(frame.m);
        this.#asked.delete(frame.m);
        then?.(frame.ok ? ok(frame.k) : { ok: false, code: frame.code, message: frame.msg });
        return;
      }
      case 'err':
        if (frame.s !== undefined) {
          const held = this.#byS.get(frame.s);
          this.#byS.delete(frame.s);
          if (held !== undefined) this.#forget(held);
          for (const s of held?.asked ?? [frame.s]) this.#events.refused(s, frame.code, frame.msg);
        } else if (frame.fatal === true || frame.code.startsWith('auth_')) this.#end(frame.code, frame.msg);
        return;
      case 'bye':
        this.#end('unavailable', 'the server asks to come back');
        return;
      default:
    }
  }

  #snapshot(frame: SnapshotFrame): void {
    const held = this.#views.get(frame.w);
    if (held === undefined) return;
    if (frame.i === 0) held.incoming = new Map();
    const incoming = (held.incoming ??= new Map<number, JsonObject>());
    for (const [rid, id, version, fields] of frame.r) incoming.set(rid, { ...fields, id, version });
    for (const rid of frame.keep ?? []) {
      const row = held.rows.get(rid);
      if (row !== undefined) incoming.set(rid, row);
    }
    if (!frame.last) return;
    held.incoming = null;
    held.version = frame.v;
    const was = new Map(held.rows);
    held.rows.clear();
    for (const [rid, row] of incoming) held.rows.set(rid, row);
    const fresh = [...held.fresh];
    if (fresh.length < held.asked.size) this.#compare(held, was, incoming);
    held.fresh.clear();
    for (const s of fresh) if (!this.#isOver) this.#events.loaded(s, [...incoming.values()]);
  }

  #compare(held: Held, was: ReadonlyMap<number, JsonObject>, incoming: ReadonlyMap<number, JsonObject>): void {
    // Whoever could not be told step by step is told the difference.
    const at = this.#clock.now();
    for (const [rid, row] of incoming) {
      const before = was.get(rid);
      if (before === undefined) this.#tell(held, { type: 'enter', id: idOf(row), row, at });
      else if (before['version'] !== row['version'])
        this.#tell(held, { type: 'update', id: idOf(row), row, before, at });
    }
    for (const [rid, before] of was)
      if (!incoming.has(rid)) this.#tell(held, { type: 'leave', id: idOf(before), before, at });
  }

  #delta({ w, v, o, at }: DeltaFrame): void {
    const held = this.#views.get(w);
    if (held === undefined) return;
    held.version = Math.max(held.version, v[1]);
    for (const op of o) this.#apply(held, op, at);
  }

  #apply(held: Held, op: Op, at: number): void {
    const [rid, version, fields, key] = op;
    const before = held.rows.get(rid);
    if (fields === null) {
      if (before === undefined) return;
      held.rows.delete(rid);
      this.#tell(held, { type: 'leave', id: idOf(before), before, at });
      return;
    }
    if (key === undefined) {
      if (before === undefined) return;
      const row = { ...applyPatch(before, fields), version };
      held.rows.set(rid, row);
      this.#tell(held, { type: 'update', id: idOf(row), row, before, at });
      return;
    }
    const row = { ...fields, id: key, version };
    held.rows.set(rid, row);
    // A record that left and came back between two flushes never left for whoever holds it.
    if (before === undefined) this.#tell(held, { type: 'enter', id: key, row, at });
    else this.#tell(held, { type: 'update', id: key, row, before, at });
  }

  /** The session ends a subscription whose view is asked for again on the same connection: both live on in one. */
  #joined(held: Held, old: Held | undefined): Held {
    if (old === undefined || old === held) return held;
    for (const s of held.asked) {
      old.asked.add(s);
      old.fresh.add(s);
      this.#byS.set(s, old);
    }
    old.s = held.s;
    return old;
  }

  /** Nobody asks for it any more. */
  #leave(held: Held): void {
    this.#forget(held);
    this.#say({ t: 'unsub', s: held.s });
  }

  #forget(held: Held): void {
    for (const s of held.asked) this.#byS.delete(s);
    for (const [w, each] of this.#views) if (each === held) this.#views.delete(w);
  }

  #tell(held: Held, event: Event): void {
    for (const s of held.asked) if (!this.#isOver && !held.fresh.has(s)) this.#events.happened(s, event);
  }

  #cut(reason: string): void {
    // What was said last is still to be read: it says why.
    this.#clock.soon(() => this.#end(reason, 'the session has ended; come back'));
  }

  #end(code: string, message: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.ended(code, message);
  }
}

function idOf(row: JsonObject): string {
  const { id } = row;
  return typeof id === 'string' ? id : '';
}
