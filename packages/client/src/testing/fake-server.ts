/**
 * A Statewire server in memory for tests of apps: it holds records, answers every frame of the protocol as the real
 * one does, and can be made to misbehave. Frames travel as text through the real decoders.
 */
import {
  applyPatch,
  decodeUpstream,
  diffRow,
  filterKey,
  matches,
  parseFilter,
  parseSort,
  type Code,
  type Downstream,
  type Filter,
  type Hello,
  type JsonObject,
  type Mut,
  type MutResult,
  type Op,
  type Rid,
  type Row,
  type Sub,
  type Upstream,
} from '@statewire/protocol';
import type { Dial, WireEvents } from '../connect/transport.ts';
import { FakePart, type Stored } from './fake-part.ts';
import { FakePresence } from './fake-presence.ts';

/** Settings of a fake server. */
export interface FakeServerOptions {
  readonly org?: string | undefined;
  readonly epoch?: string | undefined;
  readonly now?: (() => number) | undefined;
  readonly hb?: number | undefined;
  /** Rows per snapshot chunk. */
  readonly chunkRows?: number | undefined;
  /** Is this credential good? All are, unless you say. */
  readonly admits?: ((token: string | undefined) => boolean) | undefined;
}

/** What a command of the tests' own answers; null falls back to what the fake server does. */
export type OnCommand = (
  mut: Mut,
) => Omit<Extract<MutResult, { ok: true }>, 't' | 'm'> | Omit<Extract<MutResult, { ok: false }>, 't' | 'm'> | null;

/** What a subscription of the tests' own answers: a refusal, or null for what the fake server does. */
export type OnSubscribe = (sub: Sub) => { readonly code: Code; readonly msg: string } | null;

/** A server of the protocol in memory, driven by hand: records, cuts, epochs, refusals. For tests. */
export class FakeServer {
  org: string;
  epoch: string;
  /** Whom callers are taken for. */
  principal = 'somebody';
  /** While false, attempts to connect fail. */
  isUp = true;
  /** While true nothing is said, as by a half-open connection. */
  isMute = false;
  /** Each credential that a hello or auth carried, in order. */
  readonly tokens: (string | undefined)[] = [];
  /** Every frame received, over all connections. */
  readonly received: Upstream[] = [];
  onCommand: OnCommand = () => null;
  onSubscribe: OnSubscribe = () => null;
  admits: (token: string | undefined) => boolean;
  readonly #now: () => number;
  readonly #hb: number;
  readonly #chunkRows: number;
  readonly #records = new Map<string, Map<string, Stored>>();
  readonly #log: Change[] = [];
  readonly #views = new Map<string, View>();
  readonly #wires = new Set<FakeWire>();
  /** Frames that came while it was mute. */
  readonly #held: { readonly wire: FakeWire; readonly frame: Upstream }[] = [];
  readonly #answered = new Map<string, MutResult>();
  readonly #presence = new FakePresence();
  #version = 1;
  #lastRid = 0;
  #floor = 0;
  #dials = 0;

  constructor(options: FakeServerOptions = {}) {
    this.org = options.org ?? 'main';
    this.epoch = options.epoch ?? 'e1';
    const { now = () => 0 } = options;
    // As every server: what it says of time is whole.
    this.#now = () => Math.floor(now());
    this.#hb = options.hb ?? 15_000;
    this.#chunkRows = options.chunkRows ?? 100;
    this.admits = options.admits ?? (() => true);
  }

  /** Pass it to `createClient({ dial: server.dial, ... })`. */
  readonly dial: Dial = (_, events) => {
    this.#dials += 1;
    const wire = new FakeWire(events);
    if (this.isUp) {
      this.#wires.add(wire);
      queueMicrotask(() => wire.events?.opened());
    } else {
      queueMicrotask(() => wire.drop(1006, ''));
    }
    return {
      // Later, as over a network: nobody is answered inside the call that asks.
      send: (text) => queueMicrotask(() => this.#take(wire, text)),
      close: () => this.#forget(wire),
    };
  };

  /** Its wall clock. */
  now(): number {
    return this.#now();
  }

  /** How often anyone tried to connect. */
  get dials(): number {
    return this.#dials;
  }

  /** Open connections. */
  get connections(): number {
    return this.#wires.size;
  }

  get version(): number {
    return this.#version;
  }

  /** Open subscriptions over all connections. */
  get subscriptions(): number {
    let count = 0;
    for (const wire of this.#wires) count += wire.subs.size;
    return count;
  }

  /** The record as it is, or undefined. */
  get(collection: string, id: string): Row | undefined {
    return this.#records.get(collection)?.get(id)?.row;
  }

  /** Makes or changes a record and tells everyone. Returns its version. */
  put(collection: string, fields: JsonObject & { readonly id: string }): number {
    return this.commit([{ collection, fields }]);
  }

  /** Deletes a record and tells everyone. */
  remove(collection: string, id: string): number {
    return this.commit([{ collection, id }]);
  }

  /** Several changes as one transaction: one version, told together. */
  commit(
    changes: readonly (
      | { readonly collection: string; readonly fields: JsonObject & { readonly id: string } }
      | { readonly collection: string; readonly id: string }
    )[],
  ): number {
    const version = this.#version + 1;
    for (const change of changes) {
      const { collection } = change;
      const records = this.#records.get(collection) ?? new Map<string, Stored>();
      this.#records.set(collection, records);
      const id = 'fields' in change ? change.fields.id : change.id;
      const before = records.get(id) ?? null;
      let after: Stored | null = null;
      if ('fields' in change) {
        const rid = before?.rid ?? (this.#lastRid += 1);
        const row: Row = { ...before?.row, ...change.fields, org: this.org, version };
        // As the real one: what says the same is no change.
        if (before !== null && diffRow(before.row, row) === null) continue;
        after = { rid, row };
        records.set(id, after);
      } else {
        records.delete(id);
      }
      if (before !== null || after !== null) {
        this.#log.push({
          collection,
          version,
          at: this.#now(),
          before: before?.row ?? null,
          after: after?.row ?? null,
          rid: (after ?? before)?.rid ?? 0,
        });
      }
    }
    if (this.#log.at(-1)?.version !== version) return this.#version;
    this.#version = version;
    for (const view of this.#views.values()) view.part?.refresh(this.#passing(view), version);
    this.flush();
    return version;
  }

  /** Sends a frame to every connection, whatever it is. */
  say(frame: Downstream): void {
    for (const wire of this.#wires) this.#tell(wire, frame);
  }

  /** Sends a text that may be no frame at all. */
  sayText(text: string): void {
    for (const wire of this.#wires) wire.events?.text(text);
  }

  /** The watermark that a real server sends after silence. */
  beat(): void {
    this.say({ t: 'h', v: this.#version, now: this.#now() });
  }

  /**
   * Tells every subscription what it has not been told; after silence first what it was asked meanwhile. `commit` does it
   * unless `isMute`.
   */
  flush(): void {
    if (this.isMute) return;
    const held = this.#held.splice(0);
    for (const { wire, frame } of held) if (this.#wires.has(wire)) this.#act(wire, frame);
    for (const wire of this.#wires) for (const sub of wire.subs.values()) this.#catchUp(wire, sub);
  }

  /** Cuts all connections as a network does. */
  cut(code = 1006, reason = ''): void {
    const wires = [...this.#wires];
    for (const wire of wires) {
      this.#wires.delete(wire);
      wire.drop(code, reason);
    }
  }

  /** Forgets the history before now: who resumes from before gets a reconcile. */
  forgetHistory(): void {
    this.#log.length = 0;
    this.#floor = this.#version;
  }

  /** Numbers views anew, in the other order, as another process of the same server does. */
  renumber(): void {
    this.cut();
    const views = [...this.#views].toReversed();
    this.#views.clear();
    for (const [i, [key, view]] of views.entries()) this.#views.set(key, { ...view, w: 1001 + i });
  }

  /** Starts another epoch, as after a restore: all positions are worthless. Records stay. */
  startEpoch(epoch: string): void {
    this.epoch = epoch;
    this.forgetHistory();
    this.#views.clear();
    let rid = 0;
    for (const records of this.#records.values()) {
      for (const [id, { row }] of records) {
        rid += 1;
        // Other numbers than before, so that a client which mixes epochs up shows it.
        records.set(id, { rid: 100_000 - rid, row });
      }
    }
    this.#lastRid = 100_000;
  }

  #forget(wire: FakeWire): void {
    this.#wires.delete(wire);
    wire.events = null;
  }

  #take(wire: FakeWire, text: string): void {
    const decoded = decodeUpstream(text);
    if (!decoded.ok) throw new Error(`the client sent a bad frame: ${decoded.message}: ${text}`);
    const frame = decoded.value;
    this.received.push(frame);
    if (this.isMute) this.#held.push({ wire, frame });
    else this.#act(wire, frame);
  }

  #act(wire: FakeWire, frame: Upstream): void {
    switch (frame.t) {
      case 'hello':
        this.#hello(wire, frame);
        return;
      case 'sub':
        this.#sub(wire, frame);
        return;
      case 'unsub':
        wire.subs.delete(frame.s);
        return;
      case 'p':
        this.#tell(wire, { t: 'q', i: frame.i, now: this.#now() });
        return;
      case 'auth':
        this.tokens.push(frame.token);
        if (this.admits(frame.token)) this.#tell(wire, { t: 'authd', exp: null, scope: 'same' });
        else this.#tell(wire, { t: 'err', code: 'auth_invalid', msg: 'this token is not good' });
        return;
      case 'mut':
        this.#tell(wire, this.#answer(frame));
        return;
      default:
    }
  }

  #hello(wire: FakeWire, hello: Hello): void {
    this.tokens.push(hello.token);
    if (!this.admits(hello.token)) {
      this.#tell(wire, { t: 'err', code: 'auth_invalid', msg: 'this token is not good', fatal: true });
      this.#wires.delete(wire);
      wire.drop(4401, 'auth_invalid');
      return;
    }
    this.#tell(wire, {
      t: 'welcome',
      sid: `c${this.#dials}`,
      epoch: this.epoch,
      org: this.org,
      who: who(`${this.org}/${this.principal}`),
      now: this.#now(),
      hb: this.#hb,
      win: 131_072,
      max: { subs: 256, messageBytes: 65_536 },
      exp: null,
      scopes: ['read', 'report', 'admin'],
      feat: [],
    });
    for (const sub of hello.subs ?? []) this.#sub(wire, sub);
  }

  #sub(wire: FakeWire, frame: Sub): void {
    if (wire.used.has(frame.s)) throw new Error(`the client used subscription number ${frame.s} twice`);
    wire.used.add(frame.s);
    const refusal = this.onSubscribe(frame);
    if (refusal !== null) {
      this.#tell(wire, { t: 'err', s: frame.s, ...refusal });
      return;
    }
    const filter = parseFilter(frame.f);
    if (!filter.ok) {
      this.#tell(wire, { t: 'err', s: frame.s, code: filter.code, msg: filter.message });
      return;
    }
    const view = this.#view(frame, filter.value);
    // An aggregate is told from the start.
    const isKnown = frame.agg === undefined && frame.since?.e === this.epoch && frame.since.v <= this.#version;
    const position = isKnown ? (frame.since?.v ?? 0) : 0;
    const sub: OpenSub = { view, position };
    // The newest subscription of a view is the only one of a connection.
    for (const [s, other] of wire.subs) if (other.view === view) wire.subs.delete(s);
    wire.subs.set(frame.s, sub);
    const how = position === 0 ? 'snapshot' : position < this.#floorOf(view) ? 'reconcile' : 'delta';
    const ops = how === 'delta' ? this.#since(sub) : null;
    // The version after what follows: a view that nothing happened to stays where the caller stands.
    const v = how === 'delta' && ops === null ? position : this.#version;
    this.#tell(wire, { t: 'subd', s: frame.s, w: view.w, v, iv: frame.iv ?? 100, how, n: this.#members(view).length });
    if (how === 'delta') this.#catchUp(wire, sub);
    else this.#snapshot(wire, sub, how === 'reconcile' ? position : null);
  }

  #snapshot(wire: FakeWire, sub: OpenSub, since: number | null): void {
    const members = this.#members(sub.view);
    const isKept = (each: Stored): boolean =>
      since !== null && each.row.version <= since && (sub.view.part?.isHeldSince(each, since) ?? true);
    const fresh = members.filter((each) => !isKept(each));
    const keep = members.filter(isKept).map(({ rid }) => rid);
    const chunks = Math.max(1, Math.ceil(fresh.length / this.#chunkRows));
    sub.position = this.#version;
    for (let i = 0; i < chunks; i += 1) {
      const rows = fresh.slice(i * this.#chunkRows, (i + 1) * this.#chunkRows);
      this.#tell(wire, {
        t: 's',
        w: sub.view.w,
        v: this.#version,
        i,
        last: i === chunks - 1,
        r: rows.map(({ rid, row }) => [rid, row.id, row.version, shown(sub.view, row)] as const),
        ...(since !== null && i === chunks - 1 ? { keep } : {}),
        ...(i === chunks - 1 ? sub.view.part?.place : {}),
      });
    }
  }

  #catchUp(wire: FakeWire, sub: OpenSub): void {
    if (this.isMute || sub.position >= this.#version) return;
    if (sub.position < this.#floorOf(sub.view)) {
      this.#snapshot(wire, sub, sub.position);
      return;
    }
    const { view, position } = sub;
    const o = this.#since(sub);
    if (o === null) return;
    sub.position = this.#version;
    const at = this.#log.findLast(({ collection }) => collection === view.collection)?.at ?? this.#now();
    this.#tell(wire, { t: 'd', w: view.w, v: [position, this.#version], at, o, ...view.part?.place });
  }

  /** What happened to a view; null when nothing did. */
  #since({ view, position }: OpenSub): readonly Op[] | null {
    if (view.part !== null) return view.part.since(position, (row) => shown(view, row));
    const ops = this.#changes({ view, position });
    return ops.length === 0 ? null : ops;
  }

  /** What is true now of each record that entered, left or changed, right for whoever stands in between too. */
  #changes({ view, position }: OpenSub): readonly Op[] {
    const ops = new Map<Rid, Op>();
    const changed = new Map<Rid, Set<string>>();
    const entered = new Set<Rid>();
    for (const change of this.#log) {
      const { rid, version, before, after } = change;
      if (version <= position || change.collection !== view.collection) continue;
      const wasIn = before !== null && matches(view.filter, before);
      const isIn = after !== null && matches(view.filter, after);
      if (wasIn || isIn) ops.delete(rid);
      if (after !== null && isIn && (before === null || !wasIn || entered.has(rid))) {
        entered.add(rid);
        ops.set(rid, [rid, version, shown(view, after), after.id]);
      } else if (before !== null && after !== null && isIn) {
        const fields = changed.get(rid) ?? new Set();
        changed.set(rid, fields);
        for (const path of Object.keys(diffRow(shown(view, before), shown(view, after)) ?? {})) fields.add(path);
        // What nobody is shown is a new version all the same, unless only some fields are.
        if (fields.size > 0 || view.fields === null) ops.set(rid, [rid, version, picked(shown(view, after), fields)]);
      } else if (wasIn) {
        entered.delete(rid);
        ops.set(rid, [rid, version, null, after === null ? 'del' : 'out']);
      }
    }
    return [...ops.values()];
  }

  #members(view: View): readonly Stored[] {
    return view.part?.members ?? this.#passing(view);
  }

  #floorOf({ part }: View): number {
    return Math.max(this.#floor, part?.floor ?? 0);
  }

  #passing(view: View): readonly Stored[] {
    return [...(this.#records.get(view.collection)?.values() ?? [])].filter(({ row }) => matches(view.filter, row));
  }

  #view(frame: Sub, filter: Filter): View {
    const { c, fields, sort = [], limit, after, before, skip, agg } = frame;
    const order = parseSort(sort);
    const names = fields === undefined ? null : [...new Set([...fields, ...sort.map(([field]) => field)])].sort();
    const isPart = limit !== undefined || agg !== undefined;
    const part = isPart ? [order.ok ? order.value.key : '', limit, after, before, skip, agg] : null;
    const key = JSON.stringify([c, filterKey(filter), names, part]);
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const view: View = {
      w: 1000 + this.#views.size + 1,
      collection: c,
      filter,
      // Of a group everything is shown, and of a field named by keys all of it.
      fields: names === null ? null : new Set(names.map((name) => name.split('.', 1)[0] ?? name)),
      part: isPart ? new FakePart(frame, this.#version) : null,
    };
    view.part?.refresh(this.#passing(view), this.#version);
    this.#views.set(key, view);
    return view;
  }

  #answer(mut: Mut): MutResult {
    // As the real one: a caller's own successes are known again; a refused command changed nothing and may come again.
    const once = `${this.org}/${this.principal}/${mut.m}`;
    const repeat = this.#answered.get(once);
    if (repeat !== undefined) return repeat;
    const own = this.onCommand(mut);
    const result: MutResult = own === null ? this.#run(mut) : { t: 'mr', m: mut.m, ...own };
    if (result.ok) this.#answered.set(once, result);
    return result;
  }

  #stay(mut: Mut): MutResult {
    const told = this.#presence.take(mut, this.principal, this.#now());
    const known = told === null ? undefined : this.get('presences', told.id);
    if (told?.fields === null) this.remove('presences', told.id);
    else if (told !== null) {
      this.put('presences', { ...told.fields, since: known?.['since'] ?? told.fields['since'] ?? null, id: told.id });
    }
    return { t: 'mr', m: mut.m, ok: true, v: this.#version, k: mut.k, value: { who: this.principal } };
  }

  #run(mut: Mut): MutResult {
    const { m, c, op, f = {}, base } = mut;
    const k = mut.k === '' ? `made-${m}` : mut.k;
    const row = this.get(c, k);
    if (op === 'call') {
      if (c === 'presences') return this.#stay(mut);
      // Reports make the record they are about; other calls only happen.
      const v = mut.name === 'report' || mut.name === 'present' ? this.put(c, { ...f, id: k }) : this.#version;
      return { t: 'mr', m, ok: true, v, k };
    }
    if (op === 'create') return { t: 'mr', m, ok: true, v: this.put(c, { ...f, id: k }), k };
    if (row === undefined) return { t: 'mr', m, ok: false, code: 'not_found', msg: `no record ${k}` };
    if (base !== undefined && row.version > base) {
      const fields = Object.keys(f);
      const cur = Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
      return { t: 'mr', m, ok: false, code: 'conflict', msg: `changed at ${row.version}`, v: row.version, cur, fields };
    }
    const v = op === 'del' ? this.remove(c, k) : this.put(c, applyPatch(row, f));
    return { t: 'mr', m, ok: true, v, k };
  }

  #tell(wire: FakeWire, frame: Downstream): void {
    if (!this.isMute) wire.events?.text(JSON.stringify(frame));
  }
}

interface Change {
  readonly collection: string;
  readonly version: number;
  /** When it was made, epoch ms. */
  readonly at: number;
  readonly rid: Rid;
  readonly before: Row | null;
  readonly after: Row | null;
}

interface View {
  readonly w: number;
  readonly collection: string;
  readonly filter: Filter;
  readonly fields: ReadonlySet<string> | null;
  /** A window or an aggregate of what passes the filter. */
  readonly part: FakePart | null;
}

interface OpenSub {
  readonly view: View;
  position: number;
}

class FakeWire {
  events: WireEvents | null;
  readonly subs = new Map<number, OpenSub>();
  readonly used = new Set<number>();

  constructor(events: WireEvents) {
    this.events = events;
  }

  drop(code: number, reason: string): void {
    const { events } = this;
    this.events = null;
    this.subs.clear();
    events?.closed(code, reason);
  }
}

/** The values at these paths; of a field that is there whole not its keys too. */
function picked(fields: JsonObject, paths: ReadonlySet<string>): JsonObject {
  const top = [...paths].map((path) => path.split('.', 1)[0] ?? path);
  return Object.fromEntries([...new Set(top)].map((field) => [field, fields[field] ?? null]));
}

/** 16 hex digits for a name; another name has others. */
function who(name: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of name) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

/** The fields that travel: all but those that have places of their own. */
function shown(view: View, row: Row): JsonObject {
  return Object.fromEntries(
    Object.entries(row).filter(
      ([field]) => field !== 'id' && field !== 'org' && field !== 'version' && (view.fields?.has(field) ?? true),
    ),
  );
}
