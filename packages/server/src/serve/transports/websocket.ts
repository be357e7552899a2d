/**
 * WebSocket by `ws` for the handshake and for reading; our own frames for writing. The cost of fan-out is the
 * write, so a flush is one write: several messages become one string of one-byte characters, and a message that
 * many connections get is made into bytes once. Nothing is compressed here: per-connection compression costs
 * fourteen times the processor and 240 kB each.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@statewire/protocol';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Limits } from '../../lib/limits.ts';
import type { Message } from '../../publish/message.ts';
import type { Receiver, Transport } from './transport.ts';

/** Accepts upgrades and gives each a transport. */
export class WebSocketDoor {
  readonly #server: WebSocketServer;

  constructor(limits: Limits) {
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.messageBytesMax,
      maxFragments: limits.fragmentsMax,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  }

  /** Completes the handshake. `open` is given the transport and says who hears it. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, open: (transport: Transport) => Receiver): void {
    // The request and its headers are not kept: an idle connection is only its socket and its session.
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const transport = new WebSocketTransport(ws, socket);
      transport.listen(open(transport));
    });
  }

  close(): void {
    this.#server.close();
  }
}

class WebSocketTransport implements Transport {
  readonly #ws: WebSocket;
  // The raw socket below `ws`, from the upgrade itself. `ws` writes only whole control frames (pong, close) to it,
  // each in one go, so frames of ours and of its own cannot mix.
  readonly #socket: Duplex;

  constructor(ws: WebSocket, socket: Duplex) {
    this.#ws = ws;
    this.#socket = socket;
  }

  listen(receiver: Receiver): void {
    this.#ws.on('message', (data, isBinary) => {
      // With the default `binaryType` a message arrives as one Buffer.
      if (isBinary || !Buffer.isBuffer(data)) this.close(4500, 'text expected');
      else receiver.receive(data.toString());
    });
    this.#ws.on('close', () => receiver.closed());
    // `ws` answers protocol errors with the right close code itself and then closes; nothing is left to do.
    this.#ws.on('error', () => {});
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  send(messages: readonly Message[]): void {
    const [first] = messages;
    if (first === undefined || this.#ws.readyState !== this.#ws.OPEN || !this.#socket.writable) return;
    if (messages.length === 1 && first.isShared) {
      first.bytes ??= Buffer.from(frame(first.text), 'latin1');
      this.#socket.write(first.bytes);
      return;
    }
    let all = '';
    for (const { text } of messages) all += frame(text);
    this.#socket.write(all, 'latin1');
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  destroy(): void {
    this.#ws.terminate();
  }
}

/** An unmasked final text frame (RFC 6455, 5.2) as one-byte characters. `text` is ASCII, so its length is its bytes. */
export function frame(text: string): string {
  const { length } = text;
  if (length < 126) return String.fromCharCode(FIN_TEXT, length) + text;
  if (length < 65_536) return String.fromCharCode(FIN_TEXT, 126, length >>> 8, length & 255) + text;
  return (
    String.fromCharCode(
      FIN_TEXT,
      127,
      0,
      0,
      0,
      0,
      (length >>> 24) & 255,
      (length >>> 16) & 255,
      (length >>> 8) & 255,
      length & 255,
    ) + text
  );
}

const FIN_TEXT = 0x81;
