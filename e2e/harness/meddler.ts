import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';

/** What stands between and how it meddles. */
export interface Meddling {
  /** Are upgrades let through? Else they are answered with 400. */
  readonly upgrades?: boolean | undefined;
  /** Answers are passed on when they are complete, or 64 KiB of them are there. */
  readonly gathers?: boolean | undefined;
  /** Connections on which nothing goes either way for this long are cut, ms. */
  readonly idleMs?: number | undefined;
  /** Every connection is cut at this age, ms. */
  readonly lifeMs?: number | undefined;
}

/** An HTTP proxy as offices, hotels and load balancers have them. */
export class Meddler {
  readonly #target: number;
  readonly #meddling: Meddling;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that it cut, upgrades it refused, and requests it passed on, by path. */
  cuts = 0;
  refused = 0;
  readonly passed = new Map<string, number>();
  port = 0;

  private constructor(target: number, meddling: Meddling) {
    this.#target = target;
    this.#meddling = meddling;
    this.#server = createServer((asked, answer) => this.#pass(asked, answer));
    this.#server.on('upgrade', (asked, socket: Socket, head) => this.#upgrade(asked, socket, head));
    this.#server.on('connection', (socket) => this.#join(socket));
    this.#server.keepAliveTimeout = 60_000;
  }

  static async open(target: number, meddling: Meddling): Promise<Meddler> {
    const meddler = new Meddler(target, meddling);
    await new Promise<void>((resolve) => meddler.#server.listen(0, '127.0.0.1', resolve));
    const address = meddler.#server.address();
    meddler.port = typeof address === 'object' && address !== null ? address.port : 0;
    return meddler;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(socket: Socket): void {
    const { idleMs, lifeMs } = this.#meddling;
    this.#sockets.add(socket);
    const cut = (): void => {
      this.cuts += 1;
      socket.resetAndDestroy();
    };
    if (idleMs !== undefined) socket.setTimeout(idleMs, cut);
    const timer = lifeMs === undefined ? undefined : setTimeout(cut, lifeMs);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = (asked.url ?? '').split('?', 1)[0] ?? '';
    this.passed.set(path, (this.passed.get(path) ?? 0) + 1);
    const { method, headers, url } = asked;
    const onward = request({ host: '127.0.0.1', port: this.#target, method, path: url, headers }, (answered) => {
      const head = (): void => {
        if (!answer.headersSent) answer.writeHead(answered.statusCode ?? 502, answered.headers);
      };
      answered.on('error', () => answer.destroy());
      if (this.#meddling.gathers !== true) {
        head();
        answer.flushHeaders();
        answered.pipe(answer);
        return;
      }
      let held: Buffer[] = [];
      let bytes = 0;
      answered.on('data', (chunk: Buffer) => {
        held.push(chunk);
        bytes += chunk.length;
        if (bytes < GATHER_BYTES) return;
        head();
        for (const each of held) answer.write(each);
        held = [];
        bytes = 0;
      });
      answered.on('end', () => {
        head();
        answer.end(Buffer.concat(held));
      });
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  }

  #upgrade(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#meddling.upgrades === false) {
      this.refused += 1;
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const onward = connect(this.#target, '127.0.0.1', () => {
      const headers: string[] = [];
      for (let i = 0; i + 1 < asked.rawHeaders.length; i += 2)
        headers.push(`${asked.rawHeaders[i] ?? ''}: ${asked.rawHeaders[i + 1] ?? ''}`);
      onward.write(`GET ${asked.url ?? '/'} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    for (const [from, to] of [
      [onward, socket],
      [socket, onward],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }
}

const GATHER_BYTES = 65_536;
