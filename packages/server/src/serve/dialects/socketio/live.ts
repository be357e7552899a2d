/** The official server of Socket.IO, and a caller of ours behind each client. Loaded when the first client asks for it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Namespace, type Socket } from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import type { Json } from '@statewire/protocol';
import type { Clock } from '../../../lib/clock.ts';
import type { Visitor } from '../../session.ts';
import { Allowance } from '../allowance.ts';
import { Caller, type Ack, type CallerDeps, type Voice } from './caller.ts';
import { readOffset } from './offset.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface LiveOptions extends Omit<CallerDeps, 'vocabulary'> {
  readonly path: string;
  /** What is spoken in each namespace; `/` is the main one. */
  readonly namespaces: Readonly<Record<string, Vocabulary>>;
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
  /** Who has asked to come in, by connection and namespace: once each, so that nobody is made anew over and over. */
  const met = new WeakMap<Conn, Map<string, Caller>>();
  const meters = new WeakMap<Conn, Meter>();
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
    meters.set(conn, meterOf(conn, clock));
    conn.on('packet', ({ type }: { readonly type: string }) => {
      if (type !== 'message' || allowance.take()) return;
      // Whoever came in is told why; what it said since is not heard any more. Others are cut off in silence.
      const told = Array.from(met.get(conn)?.values() ?? [], (caller) => caller.tooMuch());
      if (!told.includes(true)) conn.close(true);
    });
  });

  for (const [name, vocabulary] of Object.entries(options.namespaces)) serve(io.of(name), vocabulary);

  function serve(namespace: Namespace, vocabulary: Vocabulary): void {
    namespace.use((socket, next) => {
      // Before anything can go wrong with it: nobody else listens yet.
      socket.on('error', () => {});
      open(socket, vocabulary, next);
    });
    namespace.on('connection', (socket) => {
      const caller = callers.get(socket);
      if (caller === undefined) return;
      socket.on('disconnect', () => caller.closed());
      socket.onAny((event: string, ...args: unknown[]) => hear(caller, event, args));
      caller.begin();
    });
  }

  function open(socket: Socket, vocabulary: Vocabulary, next: (refusal?: Refusal) => void): void {
    const { conn } = socket;
    const meter = meters.get(conn);
    const entered = met.get(conn) ?? new Map<string, Caller>();
    if (entered.has(socket.nsp.name)) {
      next(new Refusal('bad_request', 'this connection was opened already; come on another one'));
      return;
    }
    // Its end would have been told already: nobody would ever take away what is made now.
    if (conn.readyState !== 'open' || meter === undefined) {
      next(new Refusal('unavailable', 'the connection is gone'));
      return;
    }
    const { auth, headers, query } = socket.handshake;
    const bearer = /^Bearer (\S+)$/iu.exec(headers.authorization ?? '')?.[1];
    const said: unknown = auth['token'] ?? query['token'] ?? bearer;
    const visitor = visitorOf(socket.request);
    const caller = new Caller(
      { clock, limits, sessions, vocabulary },
      voiceOf(socket, meter),
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
    met.set(conn, entered.set(socket.nsp.name, caller));
    callers.set(socket, caller);
    conn.once('close', () => {
      callers.delete(socket);
      caller.closed();
    });
  }

  function hear(caller: Caller, event: string, args: readonly unknown[]): void {
    const last = args.at(-1);
    const ack = typeof last === 'function' ? last : null;
    const said = ack === null ? args : args.slice(0, -1);
    const answer: Ack | null = ack === null ? null : (given) => void Reflect.apply(ack, null, [given]);
    if (said.some((each) => isBinary(each, limits.jsonDepthMax)))
      caller.refused(
        'bad_request',
        'bytes are not taken here: every value of a record is JSON; send them as text',
        answer,
      );
    else if (said.length > ARGS_MAX || !said.every((each) => isFlatter(each, limits.jsonDepthMax)))
      caller.refused('bad_request', `expected ${ARGS_MAX} arguments at most, of ${limits.jsonDepthMax} levels`, answer);
    else caller.heard(event, said, answer);
  }

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

/** What goes through one connection, for everybody on it. */
interface Meter {
  readonly waitingBytes: number;
  readonly queuedBytes: number;
  readonly latency: number | null;
}

function meterOf(conn: Conn, clock: Clock): Meter {
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
  };
}

function voiceOf(socket: Socket, meter: Meter): Voice {
  return {
    get waitingBytes() {
      return meter.waitingBytes;
    },
    get queuedBytes() {
      return meter.queuedBytes;
    },
    get latency() {
      return meter.latency;
    },
    emit: (event: string, data: Json, offset: string) => void socket.emit(event, data, offset),
    close: () => socket.conn.close(),
  };
}

/** Are there bytes in it? What comes in here was parsed without a bound: deeper than that is refused anyway. */
function isBinary(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth === 0) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return Object.values(value).some((each) => isBinary(each, depth - 1));
}

/** Is a value nested less deep than that? What comes in here was parsed without a bound. */
function isFlatter(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((each) => isFlatter(each, depth - 1));
}
