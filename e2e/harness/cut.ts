import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy that counts bytes, can cut every connection, as a dead network does, and can hold new ones back, as a
 * load balancer does while the server behind it restarts.
 */
export class CutProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #held: Socket[] | null = null;
  /** Bytes that went to the caller since the last reset. */
  down = 0;
  port = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async open(target: number): Promise<CutProxy> {
    const proxy = new CutProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    const address = proxy.#server.address();
    proxy.port = typeof address === 'object' && address !== null ? address.port : 0;
    return proxy;
  }

  /** Resets all connections and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Connections that are open stay open and carry nothing more, in neither direction; new ones work. */
  stall(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.resume();
    }
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Resets all connections; new ones wait until `release`. */
  hold(): void {
    this.#held = [];
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const socket of held) this.#join(socket);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(caller: Socket): void {
    if (this.#isCut) {
      caller.resetAndDestroy();
      return;
    }
    if (this.#held !== null) {
      this.#held.push(caller);
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [caller, server],
      [server, caller],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    server.on('data', (chunk: Buffer) => (this.down += chunk.length));
    caller.pipe(server);
    server.pipe(caller);
  }
}
