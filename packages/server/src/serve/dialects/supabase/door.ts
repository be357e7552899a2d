/**
 * The door `/realtime/v1/websocket`: accepts the upgrade of unmodified Supabase clients. Some apps speak plain topics to this very
 * address: the first message says which it is.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Visitor } from '../../session.ts';
import type { Pipe, Receiver } from '../pipe.ts';
import { reject, Sockets } from '../sockets.ts';
import type { ChannelDeps } from './channel.ts';
import { Socket } from './socket.ts';

export const SUPABASE_PATH = '/realtime/v1/websocket';

/** Who speaks plain topics, and what to do with them. */
export interface Plain {
  is(text: string): boolean;
  make(pipe: Pipe, from: { readonly token: string | null; readonly visitor: Visitor }): Receiver;
}

export interface SupabaseDoorOptions extends ChannelDeps {
  readonly server: Server;
  readonly visitorOf: (request: IncomingMessage) => Visitor;
  readonly plain: Plain;
}

export interface SupabaseDoor {
  close(): void;
}

export function attachSupabase(options: SupabaseDoorOptions): SupabaseDoor {
  const { server, sessions, visitorOf, plain } = options;
  const sockets = new Sockets(options);
  let timer = options.clock.after(SWEEP_MS, sweep);
  function sweep(): void {
    timer = options.clock.after(SWEEP_MS, sweep);
    options.departures.sweep();
  }
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    // Not parsed as a URL: this runs before anybody looked at the target, and `//` is none.
    const [path, query] = (request.url ?? '').split('?', 2);
    if (path !== SUPABASE_PATH) return;
    const params = new URLSearchParams(query);
    const vsn = params.get('vsn') ?? '1.0.0';
    if (vsn !== '1.0.0' && vsn !== '2.0.0') {
      reject(raw, '400 Bad Request', 'vsn: expected 1.0.0 or 2.0.0');
      return;
    }
    if (!sessions.hasRoom || !sockets.hasRoom) {
      reject(raw, '503 Service Unavailable', 'the server has no room; come back later');
      return;
    }
    const header = request.headers['x-api-key'];
    const apikey = params.get('apikey') ?? (typeof header === 'string' ? header : null);
    // A cookie is nobody's credential here: these clients show tokens, and pages of other origins may use them.
    const visitor: Visitor = { ...visitorOf(request), cookie: null };
    sockets.accept(request, raw, head, (pipe) => {
      const socket = new Socket(options, pipe, { vsn: vsn === '1.0.0' ? 1 : 2, apikey, visitor });
      return new First(socket, (text) => (plain.is(text) ? plain.make(pipe, { token: apikey, visitor }) : null));
    });
  };
  server.on('upgrade', upgrade);
  return {
    close: () => {
      timer.cancel();
      server.off('upgrade', upgrade);
      sockets.close();
    },
  };
}

const SWEEP_MS = 10_000;

/** Hears the first message, and hands over to whoever it is for. */
class First implements Receiver {
  #to: Receiver;
  #otherFor: ((text: string) => Receiver | null) | null;

  constructor(to: Receiver, otherFor: (text: string) => Receiver | null) {
    this.#to = to;
    this.#otherFor = otherFor;
  }

  receive(data: string | Uint8Array): void {
    const other = typeof data === 'string' ? (this.#otherFor?.(data) ?? null) : null;
    this.#otherFor = null;
    if (other !== null) {
      this.#to.closed();
      this.#to = other;
    }
    this.#to.receive(data);
  }

  alive(): void {
    this.#to.alive();
  }

  tick(now: number): void {
    this.#to.tick(now);
  }

  closed(): void {
    this.#to.closed();
  }
}
