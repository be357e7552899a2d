/** The sockets of one door: accepts upgrades with `ws`, lets time pass for all of them, says goodbye to all. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Pipe, Receiver } from './pipe.ts';

export class Sockets {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #open = new Map<Receiver, WebSocket>();
  readonly #door: WebSocketServer;
  #timer: Timer;

  constructor({ clock, limits }: { readonly clock: Clock; readonly limits: Limits }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#door = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.messageBytesMax,
      maxFragments: limits.fragmentsMax,
    });
    this.#timer = clock.after(TICK_MS, () => this.#tick());
  }

  get hasRoom(): boolean {
    return this.#open.size < this.#limits.connectionsMax;
  }

  /** Completes the handshake; `make` says who hears the socket. */
  accept(request: IncomingMessage, raw: Duplex, head: Buffer, make: (pipe: Pipe) => Receiver): void {
    this.#door.handleUpgrade(request, raw, head, (ws) => {
      const receiver = make(pipeOf(ws));
      this.#open.set(receiver, ws);
      ws.on('message', (data, isBinary) => {
        // With the default `binaryType` a message arrives as one Buffer.
        if (Buffer.isBuffer(data)) receiver.receive(isBinary ? data : data.toString());
      });
      ws.on('pong', () => receiver.alive());
      ws.on('close', () => {
        this.#open.delete(receiver);
        receiver.closed();
      });
      ws.on('error', () => {});
    });
  }

  close(): void {
    this.#timer.cancel();
    // Any code means come back to such clients.
    for (const ws of this.#open.values()) ws.close(1012, 'restart');
    // Whoever does not answer must not keep the process.
    this.#clock.after(GOODBYE_MS, () => {
      for (const ws of this.#open.values()) ws.terminate();
    });
    this.#door.close();
  }

  #tick(): void {
    this.#timer = this.#clock.after(TICK_MS, () => this.#tick());
    for (const receiver of this.#open.keys()) receiver.tick(this.#clock.mono());
  }
}

const TICK_MS = 1000;
const GOODBYE_MS = 1000;

function pipeOf(ws: WebSocket): Pipe {
  return {
    get queuedBytes() {
      return ws.bufferedAmount;
    },
    text: (text) => ws.send(text),
    bytes: (bytes) => ws.send(bytes),
    ping: () => ws.ping(),
    close: (code, reason) => ws.close(code, reason),
  };
}

/** Refuses an upgrade in words. */
export function reject(socket: Duplex, status: string, message: string): void {
  const body = JSON.stringify({ message });
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
