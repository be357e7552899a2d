/**
 * The door `/live`: accepts upgrades, gives each connection a session, lets time pass for all of them with one timer,
 * and says goodbye to all when the server stops.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIVE_PATH } from '@statewire/protocol';
import type { Catalog } from '../lib/catalog.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { limits as defaultLimits, type Limits } from '../lib/limits.ts';
import type { From, Principal } from '../lib/principal.ts';
import { Flusher } from '../publish/flusher.ts';
import type { Hub } from '../publish/hub.ts';
import type { Planted } from '../publish/planted.ts';
import { ConnectionLog } from './connection-log.ts';
import { native } from './dialects/native/native.ts';
import type { Log } from '../lib/log.ts';
import { isOriginAllowed } from './auth/origin.ts';
import { PANELS_PATH } from './panels.ts';
import { Session, type Authenticate, type Mutate, type SessionDeps, type Visitor } from './session.ts';
import type { Transport } from './transports/transport.ts';
import { WebSocketDoor } from './transports/websocket.ts';

export interface GatewayDeps {
  readonly clock: Clock;
  readonly hub: Hub;
  readonly authenticate: Authenticate;
  readonly mutate: Mutate;
  readonly log: Log;
  /** Which collections there are; absent: those of the model. */
  readonly catalog?: Pick<Catalog, 'custom' | 'of'> | undefined;
  readonly limits?: Limits | undefined;
  /** Takes note of what somebody was not let look at. */
  readonly refused?: SessionDeps['refused'];
  /** An agent is present while at least one connection speaks for it. */
  readonly onPresence?: ((presence: Presence) => void) | undefined;
  /** A connection is over: what lived by it (`via` of `Mutate`) ends. */
  readonly onEnded?: ((via: object) => void) | undefined;
  readonly onConnection?: ((count: number) => void) | undefined;
  readonly planted?: Planted | undefined;
}

/** An agent came or went. */
export interface Presence {
  readonly org: string;
  readonly agent: string;
  readonly isPresent: boolean;
}

/** Numbers for metrics and for the operator's page. */
export interface GatewayStats {
  readonly connections: number;
  readonly subscriptions: number;
  readonly lagging: number;
  readonly views: number;
  /** Messages and bytes written since the start, also to connections that are gone. */
  readonly frames: number;
  readonly bytes: number;
}

/** All live connections of this process. Transports come from wherever there are any. */
export class Gateway {
  readonly #deps: GatewayDeps;
  readonly #limits: Limits;
  readonly #flusher: Flusher;
  readonly #sessions = new Set<Session>();
  readonly #present = new Map<string, number>();
  readonly #lines: ConnectionLog;
  #timer: Timer;
  #isClosing = false;
  #panels = 0;
  #framesGone = 0;
  #bytesGone = 0;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    this.#limits = deps.limits ?? defaultLimits;
    this.#flusher = new Flusher({ clock: deps.clock, limits: this.#limits });
    this.#lines = new ConnectionLog({ clock: deps.clock, limits: this.#limits, log: deps.log });
    this.#timer = this.#deps.clock.after(TICK_MS, () => this.#tick());
  }

  get hasRoom(): boolean {
    return !this.#isClosing && this.#sessions.size < this.#limits.connectionsMax;
  }

  /** Panels in pages of others have room of their own. */
  get hasPanelRoom(): boolean {
    return this.hasRoom && this.#panels < this.#limits.panelConnectionsMax;
  }

  /** Starts a session over a transport. */
  open(transport: Transport, visitor: Visitor): Session {
    const { clock, hub, authenticate, mutate, log, planted, catalog, refused } = this.#deps;
    let who: Principal | null = null;
    const since = clock.mono();
    const named = (session: Session) => ({
      session: session.id,
      from: visitor.from,
      isPanel: visitor.isPanel === true,
    });
    const session: Session = new Session(
      {
        clock,
        hub,
        authenticate,
        mutate,
        log,
        planted,
        catalog,
        refused,
        limits: this.#limits,
        flusher: this.#flusher,
        dialect: native,
        events: {
          present: (org, agent) => this.#count(org, agent, 1),
          absent: (org, agent) => this.#count(org, agent, -1),
          opened: (opened, principal) => {
            who = principal;
            this.#lines.connected(named(opened), principal);
          },
          ended: (ended, why) => {
            if (who === null) this.#lines.refused(named(ended), why);
            else this.#lines.disconnected(named(ended), who, { code: why, ms: clock.mono() - since });
            this.#ended(ended, visitor);
          },
        },
      },
      transport,
      visitor,
    );
    this.#sessions.add(session);
    if (visitor.isPanel === true) this.#panels += 1;
    this.#deps.onConnection?.(this.#sessions.size);
    return session;
  }

  /** A caller was not even given a session: `why` is the code of what it was told. */
  turnedAway(from: From, why: string, isPanel: boolean): void {
    this.#lines.refused({ from, isPanel }, why);
  }

  /**
   * A credential was revoked (`now` null) or narrowed (`now` is what it may do from here on). Every connection of that
   * principal is closed or narrowed before this returns. With `session`: every connection that this session opened.
   */
  revise(principalId: string, now: Principal | null, session?: string): void {
    for (const open of this.#sessions) open.revise(principalId, now, session);
  }

  /** What an account may do has changed: each of its connections goes on with what `of` says, or ends where that is null. */
  renew(principalId: string, of: (was: Principal) => Principal | null): void {
    for (const session of this.#sessions) session.renew(principalId, of);
  }

  /** An organization is over: every connection in it is closed, and who is being let in is asked about again. */
  end(org: string): void {
    for (const session of this.#sessions) {
      const { principal } = session;
      session.revise(principal?.org === org ? principal.id : '', null);
    }
  }

  /** The people who have a connection open, once for each. */
  *people(): Generator<Principal> {
    for (const { principal } of this.#sessions) if (principal?.kind === 'user') yield principal;
  }

  get stats(): GatewayStats {
    let subscriptions = 0;
    let lagging = 0;
    let frames = this.#framesGone;
    let bytes = this.#bytesGone;
    for (const { outbox } of this.#sessions) {
      subscriptions += outbox.subscriptions;
      if (outbox.isLagging) lagging += 1;
      frames += outbox.frames;
      bytes += outbox.bytes;
    }
    return {
      connections: this.#sessions.size,
      subscriptions,
      lagging,
      views: this.#deps.hub.stats.views,
      frames,
      bytes,
    };
  }

  /** Tells everybody to come back a little later, not all at the same moment, and closes. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#timer.cancel();
    const spreadMs = Math.min(SPREAD_MS_MAX, this.#sessions.size * SPREAD_MS_EACH);
    for (const session of this.#sessions) session.dismiss(this.#deps.clock.random() * spreadMs);
    this.#flusher.close();
    this.#lines.close();
  }

  #tick(): void {
    this.#timer = this.#deps.clock.after(TICK_MS, () => this.#tick());
    const now = this.#deps.clock.mono();
    for (const session of this.#sessions) session.tick(now);
    this.#deps.hub.sweep();
  }

  #ended(session: Session, visitor: Visitor): void {
    if (!this.#sessions.delete(session)) return;
    if (visitor.isPanel === true) this.#panels -= 1;
    this.#framesGone += session.outbox.frames;
    this.#bytesGone += session.outbox.bytes;
    this.#deps.onConnection?.(this.#sessions.size);
    this.#deps.onEnded?.(session);
  }

  #count(org: string, agent: string, by: 1 | -1): void {
    const key = JSON.stringify([org, agent]);
    const was = this.#present.get(key) ?? 0;
    if (was + by === 0) this.#present.delete(key);
    else this.#present.set(key, was + by);
    // Several processes or tabs may speak for one agent: only the first and the last one matter.
    if (was === 0 || was + by === 0) this.#deps.onPresence?.({ org, agent, isPresent: was === 0 });
  }
}

const TICK_MS = 1000;
const SPREAD_MS_EACH = 2;
const SPREAD_MS_MAX = 5000;

export interface AttachOptions extends GatewayDeps {
  readonly server: Server;
  readonly path?: string | undefined;
  /** Origins whose pages may connect besides the server's own: `https://app.example.com`. */
  readonly origins?: readonly string[] | undefined;
  /** The address people use, when a proxy stands before the server. */
  readonly publicUrl?: string | null | undefined;
  /** The last entry of X-Forwarded-For is our own proxy's word. Default false. */
  readonly trustProxy?: boolean | undefined;
  /** Paths of upgrades that others answer; absent: any, while there are others. */
  readonly otherPaths?: readonly string[] | undefined;
}

export interface LiveDoor {
  readonly gateway: Gateway;
  close(): void;
}

/** Serves live connections on an HTTP server. */
export function attachLive(options: AttachOptions): LiveDoor {
  const gateway = new Gateway(options);
  const door = new WebSocketDoor(options.limits ?? defaultLimits);
  const { path = LIVE_PATH, origins = [], publicUrl = null } = options;
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const asked = (request.url ?? '').split('?', 1)[0];
    const isPanel = asked === PANELS_PATH + path;
    if (asked !== path && !isPanel) {
      // Another listener may know the path; nobody else would leave the caller waiting for ever.
      const isKnown = options.otherPaths?.includes(asked ?? '') ?? options.server.listenerCount('upgrade') > 1;
      if (!isKnown) reject(socket, 404, 'Not Found');
      return;
    }
    const { origin = null, host = null, cookie = null } = request.headers;
    // Pages of others show panels: there no cookie counts, and which origins may is a matter of each embed.
    if (!isPanel && origin !== null && !isOriginAllowed({ origin, host }, { publicUrl, origins })) {
      gateway.turnedAway(fromOf(request, options.trustProxy === true), 'forbidden', isPanel);
      reject(socket, 403, 'Forbidden');
      return;
    }
    if (!(isPanel ? gateway.hasPanelRoom : gateway.hasRoom)) {
      gateway.turnedAway(fromOf(request, options.trustProxy === true), 'overloaded', isPanel);
      reject(socket, 503, 'Service Unavailable');
      return;
    }
    door.accept(request, socket, head, (transport) =>
      gateway.open(transport, {
        cookie: isPanel ? null : cookie,
        origin,
        host,
        from: fromOf(request, options.trustProxy === true),
        isPanel,
      }),
    );
  };
  options.server.on('upgrade', upgrade);
  return {
    gateway,
    close: () => {
      options.server.off('upgrade', upgrade);
      gateway.close();
      door.close();
    },
  };
}

/** Where an upgrade comes from. */
export function visitorOf(request: IncomingMessage, trustProxy: boolean): Visitor {
  const { origin = null, host = null, cookie = null } = request.headers;
  return { origin, host, cookie, from: fromOf(request, trustProxy) };
}

function fromOf({ headers, socket }: IncomingMessage, trustProxy: boolean): From {
  const direct = socket.remoteAddress ?? 'unknown';
  const forwarded = headers['x-forwarded-for'];
  const said = trustProxy && typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined;
  return { ip: said ?? direct, agent: (headers['user-agent'] ?? '').slice(0, 300), door: 'websocket' };
}

function reject(socket: Duplex, status: number, text: string): void {
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
