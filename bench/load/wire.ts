/**
 * The smallest WebSocket client that does the job: a raw socket, a parser of unmasked frames, and nothing per message
 * but a call. What a message means is the dialect's (dialects.ts).
 */
import { connect, type Socket } from 'node:net';

export interface WireEvents {
  readonly opened: () => void;
  /** A whole text message: bytes `start` to `end` of `bytes`, which are not to be kept. */
  readonly text: (bytes: Buffer, start: number, end: number) => void;
  readonly closed: (why: string) => void;
}

export interface WireOptions {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string | undefined;
}

export class Wire {
  readonly #events: WireEvents;
  readonly #socket: Socket;
  #isOpen = false;
  #isClosed = false;
  #parts: Buffer[] = [];
  #have = 0;
  /** Bytes without which nothing more can be read. */
  #need = 0;
  /** Bytes that came, handshake included. */
  received = 0;

  constructor({ port, path, subprotocol }: WireOptions, events: WireEvents) {
    this.#events = events;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('connect', () => {
      const protocol = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${protocol}\r\n`,
      );
    });
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('closed'));
  }

  send(text: string): void {
    if (!this.#isClosed) this.#socket.write(masked(text, 1));
  }

  /** Stops reading: the kernel's buffers fill, then the server's. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #end(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#events.closed(why);
  }

  #take(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.#have > 0) {
      this.#parts.push(chunk);
      this.#have += chunk.length;
      if (this.#have < this.#need) return;
      this.#keep(Buffer.concat(this.#parts, this.#have));
      return;
    }
    this.#keep(chunk);
  }

  /** Reads what is whole and keeps the rest. */
  #keep(bytes: Buffer): void {
    const used = this.#isOpen ? this.#frames(bytes, 0) : this.#handshake(bytes);
    const rest = bytes.length - used;
    this.#parts = rest === 0 ? NOTHING : [bytes.subarray(used)];
    this.#have = rest;
  }

  #handshake(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    this.#need = 0;
    if (end < 0) return 0;
    if (bytes.toString('latin1', 9, 12) !== '101') {
      this.#end(`refused: ${bytes.toString('latin1', 0, 60)}`);
      return bytes.length;
    }
    this.#isOpen = true;
    this.#events.opened();
    return this.#frames(bytes, end + 4);
  }

  #frames(bytes: Buffer, from: number): number {
    let at = from;
    this.#need = 0;
    while (bytes.length - at >= 2 && !this.#isClosed) {
      let size = (bytes[at + 1] ?? 0) & 127;
      let start = at + 2;
      if (size === 126) {
        start += 2;
        if (bytes.length < start) break;
        size = bytes.readUInt16BE(at + 2);
      } else if (size === 127) {
        start += 8;
        if (bytes.length < start) break;
        // No message of ours needs the upper four bytes.
        size = bytes.readUInt32BE(at + 6);
      }
      const end = start + size;
      if (end > bytes.length) {
        this.#need = end - at;
        break;
      }
      this.#frame((bytes[at] ?? 0) & 15, bytes, start, end);
      at = end;
    }
    return at;
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === 1) this.#events.text(bytes, start, end);
    else if (opcode === 9) this.#socket.write(masked(bytes.toString('latin1', start, end), 10));
    else if (opcode === 8)
      this.#end(`closed by the server: ${end - start >= 2 ? bytes.readUInt16BE(start) : 'no code'}`);
  }
}

const NOTHING: Buffer[] = [];

/** A client's frame. With a mask of zeros the payload is what it is. */
function masked(text: string, opcode: number): Buffer {
  const size = Buffer.byteLength(text);
  const head = size < 126 ? 6 : size < 65_536 ? 8 : 14;
  const bytes = Buffer.alloc(head + size);
  bytes[0] = 0x80 | opcode;
  if (size < 126) bytes[1] = 0x80 | size;
  else if (size < 65_536) {
    bytes[1] = 0x80 | 126;
    bytes.writeUInt16BE(size, 2);
  } else {
    bytes[1] = 0x80 | 127;
    bytes.writeUInt32BE(size, 6);
  }
  bytes.write(text, head);
  return bytes;
}
