/**
 * A server's publish and serve stages on a virtual clock and virtual wires, for tests: writes are durable at once,
 * callers are driven by hand, and nothing happens unless a test says so.
 */
import {
  decodeDownstream,
  diffRow,
  type Downstream,
  type JsonObject,
  type Row,
  type Upstream,
} from '@statewire/protocol';
import type { AnyDefinition } from '@statewire/model';
import type { Change, Committed } from '../keep/commit-types.ts';
import { Grants } from '../collect/commands/grants.ts';
import { Live } from '../keep/live.ts';
import { rowText } from '../keep/row-text.ts';
import { catalogWith } from '../lib/catalog.ts';
import { limits, type Limits } from '../lib/limits.ts';
import type { Principal, Scope } from '../lib/principal.ts';
import { Hub } from '../publish/hub.ts';
import type { Planted } from '../publish/planted.ts';
import { Gateway, type Presence } from '../serve/gateway.ts';
import type { Log } from '../lib/log.ts';
import type { Refused } from '../collect/audit/refusals.ts';
import type { Mutate } from '../serve/session.ts';
import { granted } from './granted.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { SocketPair, type Wire } from './socket-pair.ts';

export interface WorldOptions {
  readonly limits?: Partial<Limits> | undefined;
  readonly mutate?: Mutate | undefined;
  readonly planted?: Planted | undefined;
  readonly epoch?: string | undefined;
  /** Collections of the app. */
  readonly collections?: readonly AnyDefinition[] | undefined;
}

/** One write: a record's fields, or null to delete it. */
export interface Write {
  readonly c: string;
  readonly id: string;
  readonly fields: JsonObject | null;
}

export class World {
  readonly clock: FakeClock = new FakeClock();
  readonly live: Live = new Live();
  readonly limits: Limits;
  readonly hub: Hub;
  readonly gateway: Gateway;
  readonly presences: Presence[] = [];
  /** What the audit log was told of refused subscriptions. */
  readonly refused: Refused[] = [];
  readonly logged: { readonly text: string; readonly fields: object }[] = [];
  /** Who may connect, by token. */
  readonly principals: Map<string, Principal> = new Map([
    ['read', principal('reader', 'main', ['read'])],
    ['report', principal('reporter', 'main', ['report'])],
    ['admin', principal('admin', 'main', ['admin'])],
    ['other', principal('stranger', 'other', ['read'])],
  ]);
  readonly #rids = new Map<string, number>();

  constructor(options: WorldOptions = {}) {
    this.limits = { ...limits, ...options.limits };
    this.hub = new Hub({
      clock: this.clock,
      live: this.live,
      epoch: options.epoch ?? 'e1',
      limits: this.limits,
      planted: options.planted,
    });
    const own = options.collections ?? [];
    const catalog = catalogWith(own, this.limits);
    const grants = new Grants(Object.values(catalog.all));
    const write = (fields: object, text: string): void => void this.logged.push({ text, fields });
    const log: Log = { debug: write, info: write, warn: write, error: write };
    this.gateway = new Gateway({
      clock: this.clock,
      hub: this.hub,
      limits: this.limits,
      log,
      planted: options.planted,
      catalog,
      mutate: options.mutate ?? (() => Promise.resolve({ ok: false, code: 'unsupported', msg: 'no mutations here' })),
      authenticate: ({ bearer, cookie }) => {
        if (bearer === undefined && (cookie ?? null) === null) {
          return Promise.resolve({ ok: false, code: 'auth_required', message: 'no credential' });
        }
        const found = this.principals.get(bearer ?? cookie ?? '');
        return Promise.resolve(
          found === undefined
            ? { ok: false, code: 'auth_invalid', message: 'unknown token' }
            : { ok: true, value: own.length === 0 ? found : { ...found, permissions: grants.ofScopes(found.scopes) } },
        );
      },
      refused: (refused) => this.refused.push(refused),
      onPresence: (presence) => this.presences.push(presence),
    });
  }

  /** Commits one transaction, published before this returns; nobody is written to yet. */
  write(org: string, ...writes: readonly Write[]): Committed {
    const version = this.live.version(org) + 1;
    const at = this.clock.now();
    const changes: Change[] = [];
    for (const { c, id, fields } of writes) {
      const held = this.live.get(org, c, id);
      const before = held?.row ?? null;
      const after: Row | null = fields === null ? null : { ...before, ...fields, id, org, version };
      const patch = before !== null && after !== null ? diffRow(before, after) : null;
      const rid = held?.rid ?? this.#nextRid(org);
      changes.push({ org, collection: c, id, rid, version, at, before, after, patch, actor: 'test' });
    }
    const committed: Committed = { org, version, at, changes, transitions: [], samples: [] };
    this.live.apply(
      committed,
      changes.map(({ after }) => (after === null ? null : rowText(after))),
    );
    this.hub.apply(committed);
    return committed;
  }

  /** A caller on a new virtual wire. */
  dial(wire: Omit<Wire, 'clock'> & { readonly cookie?: string | undefined } = {}): Caller {
    const pair = new SocketPair({ clock: this.clock, ...wire });
    pair.receiver = this.gateway.open(pair, { cookie: wire.cookie ?? null, origin: null, host: null });
    return new Caller(pair);
  }

  /** A caller that said hello and was welcomed. */
  async connect(token = 'read', more: Partial<Extract<Upstream, { t: 'hello' }>> = {}): Promise<Caller> {
    const caller = this.dial();
    caller.say({ t: 'hello', p: 1, client: 'test', token, ...more });
    await settle();
    return caller;
  }

  /** Ends the present turn, or moves time on. */
  step(ms = 0): void {
    this.clock.advance(ms);
  }

  close(): void {
    this.gateway.close();
    this.hub.close();
  }

  #nextRid(org: string): number {
    const rid = (this.#rids.get(org) ?? 0) + 1;
    this.#rids.set(org, rid);
    return rid;
  }
}

/** A caller driven by hand: says frames, keeps what it hears. */
export class Caller {
  readonly pair: SocketPair;
  readonly heard: Downstream[] = [];
  closedWith: number | null = null;
  #acked = 0;

  constructor(pair: SocketPair) {
    this.pair = pair;
    pair.caller.onMessage = (text) => {
      const frame = decodeDownstream(text);
      if (!frame.ok) throw new Error(`the server sent what is no frame: ${frame.message}: ${text.slice(0, 200)}`);
      this.heard.push(frame.value);
    };
    pair.caller.onClose = (code) => {
      this.closedWith = code;
    };
  }

  say(frame: Upstream): void {
    this.pair.caller.send(JSON.stringify(frame));
  }

  /** Frames of one kind heard since the last `take`, which forgets everything heard. */
  take<T extends Downstream['t']>(t: T): Extract<Downstream, { t: T }>[] {
    const found = this.heard.filter((frame): frame is Extract<Downstream, { t: T }> => frame.t === t);
    this.#acked += this.heard.filter((frame) => frame.t === 's' || frame.t === 'd').length;
    this.heard.length = 0;
    return found;
  }

  /** Confirms everything taken so far. */
  ack(): void {
    this.#acked += this.heard.filter((frame) => frame.t === 's' || frame.t === 'd').length;
    this.heard.length = 0;
    this.say({ t: 'a', n: this.#acked });
  }
}

export function principal(
  id: string,
  org: string,
  scopes: readonly Scope[],
  expiresAt: number | null = null,
): Principal {
  return { kind: 'key', id, name: id, org, scopes, permissions: granted(scopes), isOperator: false, expiresAt };
}
