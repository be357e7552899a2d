import {
  createServer as createHttpServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@statewire/server';

/** What a person can do to a demo server from the dashboard. `kill` and `hang` are done to the process itself. */
export const FAULTS: readonly Fault[] = ['kill', 'hang', 'slow', '500', '401'];
export type Fault = 'kill' | 'hang' | 'slow' | '500' | '401';

/** How long `slow` holds each request back, ms. */
const SLOW_MS = 3_000;

/**
 * Stands in front of a demo server so that a fault can be put between it and the probe without touching the
 * server: slow answers, 500s and 401s. While the server behind is dead the proxy does not listen either, so
 * that a killed process looks from outside exactly like one.
 */
export class FaultProxy {
  readonly #clock: Clock;
  readonly #front: number;
  readonly #back: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  fault: 'slow' | '500' | '401' | null = null;

  constructor(clock: Clock, ports: { readonly front: number; readonly back: number }) {
    this.#clock = clock;
    this.#front = ports.front;
    this.#back = ports.back;
  }

  /** Starts to listen on the front port; resolves with the port (chosen by the system when it was 0). */
  async open(): Promise<number> {
    const server = createHttpServer((incoming, outgoing) => this.#serve(incoming, outgoing));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#front, '127.0.0.1', resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#front;
  }

  /** Stops listening and resets every open connection, as the kernel does for a killed process. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fault = this.fault;
    if (fault === '500' || fault === '401') {
      incoming.resume();
      outgoing.writeHead(Number(fault), { 'content-type': 'text/plain' });
      outgoing.end(fault === '500' ? 'injected fault\n' : 'injected fault: sign in\n');
      return;
    }
    if (fault === 'slow') this.#clock.after(SLOW_MS, () => this.#forward(incoming, outgoing));
    else this.#forward(incoming, outgoing);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const upstream = request({ host: '127.0.0.1', port: this.#back, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    // A dead server must look dead: reset, never a polite 502.
    upstream.on('error', () => incoming.socket.resetAndDestroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }
}
