/** The official server of Socket.IO, and a caller of ours behind each client. Loaded when the first client asks for it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import type { Json } from '@statewire/protocol';
import type { Clock } from '../../../lib/clock.ts';
import type { Visitor } from '../../session.ts';
import { Allowance } from '../allowance.ts';
import { Caller, type CallerDeps, type Voice } from './caller.ts';
import { readOffset } from './offset.ts';

export interface LiveOptions extends CallerDeps {
  readonly path: string;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly visitorOf: (request: IncomingMessage) => Visitor;
  readonly isOwnPage: (visitor: Visitor) => boolean;
}

export interface Live {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
}

/** Engine.IO's connection below a client. */
type Conn = Socket['conn'];

export function openLive(options: LiveOptions): Live {
  const { clock, limits, sessions, path, isOwnPage, visitorOf } = options;
  // Never listens: requests are handed to it.
  const door = createServer();
  const callers = new Map<Socket, Caller>();
  /** Connections on which somebody has asked to come in: each is asked once, so that nobody is made anew over and over. */
  const met = new WeakSet<Conn>();
  let isClosed = false;
  const io = new Server(door, {
    path,
    serveClient: false,
    allowEIO3: false,
    maxHttpBufferSize: limits.messageBytesMax,
    connectTimeout: limits.helloWaitMs,
    pingInterval: options.pingIntervalMs,
    pingTimeout: options.pingTimeoutMs,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: false,
    adapter: Unremembering,
    connectionStateRecovery: { skipMiddlewares: false },
    // Pages of others may come with a token; with a person's cookie only our own.
    cors: ({ headers }, done) =>
      done(null, { origin: true, credentials: isOwnPage(pageOf(headers)), maxAge: CORS_AGE_S }),
    allowRequest: (_, done) => {
      const hasRoom = !isClosed && sessions.hasRoom && io.engine.clientsCount < limits.connectionsMax;
      done(hasRoom ? null : 'no room; come back later', hasRoom);
    },
  });

  io.engine.on('connection', (conn: Conn) => {
    const allowance = new Allowance(clock, { burst: limits.frameBurstMax, perSecond: limits.framesPerSecondMax });
    conn.on('packet', ({ type }: { readonly type: string }) => {
      if (type === 'message' && !allowance.take()) conn.close(true);
    });
  });

  io.use((socket, next) => {
    const { conn } = socket;
    // Before anything can go wrong with it: nobody else listens yet.
    socket.on('error', () => {});
    if (met.has(conn)) {
      next(new Refusal('bad_request', 'this connection was opened already; come on another one'));
      return;
    }
    // Its end would have been told already: nobody would ever take away what is made now.
    if (conn.readyState !== 'open') {
      next(new Refusal('unavailable', 'the connection is gone'));
      return;
    }
    met.add(conn);
    const { auth, headers, query } = socket.handshake;
    const bearer = /^Bearer (\S+)$/iu.exec(headers.authorization ?? '')?.[1];
    const said: unknown = auth['token'] ?? query['token'] ?? bearer;
    const visitor = visitorOf(socket.request);
    const caller = new Caller(
      options,
      voiceOf(socket, clock),
      {
        token: typeof said === 'string' && said !== '' ? said.replace(/^Bearer /iu, '') : null,
        visitor: isOwnPage(visitor) ? visitor : { ...visitor, cookie: null },
        offset: typeof auth['pid'] === 'string' ? auth['offset'] : null,
      },
      (answer) => {
        if (answer.ok) {
          next();
          return;
        }
        // A refusal would be the end for the client; without an answer it tries again.
        if (!answer.code.startsWith('auth_') && answer.code !== 'forbidden') conn.close(true);
        next(new Refusal(answer.code, answer.message));
      },
    );
    callers.set(socket, caller);
    conn.once('close', () => {
      callers.delete(socket);
      caller.closed();
    });
  });

  io.on('connection', (socket) => {
    const caller = callers.get(socket);
    if (caller === undefined) return;
    socket.on('disconnect', () => caller.closed());
    socket.onAny((event: string, ...args: unknown[]) => {
      const last = args.at(-1);
      const ack = typeof last === 'function' ? last : null;
      const said = ack === null ? args : args.slice(0, -1);
      if (said.length > ARGS_MAX || !said.every((each) => isFlatter(each, limits.jsonDepthMax))) {
        caller.heard('', [], null);
        return;
      }
      caller.heard(event, said, ack === null ? null : (answer) => void Reflect.apply(ack, null, [answer]));
    });
    caller.begin();
  });

  return {
    request: (request, response) => void door.emit('request', request, response),
    upgrade: (request, socket, head) => void door.emit('upgrade', request, socket, head),
    close: async () => {
      isClosed = true;
      // First the connections, without a goodbye: a goodbye would be final for the clients.
      io.engine.close();
      await io.close();
    },
  };
}

const CORS_AGE_S = 600;

function pageOf({ origin, host }: Readonly<Record<string, unknown>>): Visitor {
  const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { origin: textOf(origin), host: textOf(host), cookie: null };
}

const ARGS_MAX = 8;

class Refusal extends Error {
  readonly data: { readonly code: string; readonly message: string };

  constructor(code: string, message: string) {
    super(message);
    this.data = { code, message };
  }
}

/**
 * Remembers nobody and no packet. A client that comes back with one of our offsets is told that it is the same one; what it missed
 * is told after it was authenticated, out of the records themselves.
 */
class Unremembering extends Adapter {
  override persistSession(): void {}

  override restoreSession(pid: string, offset: string) {
    const isOurs = readOffset(offset, Number.MAX_SAFE_INTEGER) !== null && /^[\w-]{1,64}$/u.test(pid);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the namespace asks for a session or nothing.
    if (!isOurs) return Promise.resolve(null as never);
    const sid = crypto.randomUUID();
    return Promise.resolve({ sid, pid, rooms: [], data: {}, missedPackets: [] });
  }
}

function voiceOf(socket: Socket, clock: Clock): Voice {
  const { conn } = socket;
  let waiting = 0;
  let flying = 0;
  let pingedAt: number | null = null;
  let latency: number | null = null;
  conn.on('packetCreate', ({ type, data }: { readonly type: string; readonly data?: unknown }) => {
    if (typeof data === 'string') waiting += data.length;
    if (type === 'ping') pingedAt = clock.mono();
  });
  conn.on('flush', () => {
    flying = waiting;
    waiting = 0;
  });
  conn.on('heartbeat', () => {
    if (pingedAt !== null) latency = Math.round(clock.mono() - pingedAt);
  });
  return {
    get waitingBytes() {
      return waiting;
    },
    get queuedBytes() {
      return waiting + (conn.transport.writable ? 0 : flying);
    },
    get latency() {
      return latency;
    },
    emit: (event: string, data: Json, offset: string) => void socket.emit(event, data, offset),
    close: () => conn.close(),
  };
}

/** Is a value nested less deep than that? What comes in here was parsed without a bound. */
function isFlatter(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((each) => isFlatter(each, depth - 1));
}
