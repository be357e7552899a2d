import { StringDecoder } from 'node:string_decoder';

/** One server-sent event. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Splits a byte stream into server-sent events. Bounded: a line or event beyond `bytesMax` sets `isTooLarge`. */
export class SseParser {
  readonly #bytesMax: number;
  readonly #decoder = new StringDecoder('utf8');
  /** The line that has no end yet, in the pieces it came in: joining them for each piece would cost the square of its length. */
  #pieces: string[] = [];
  #piecesLength = 0;
  /** The last byte was a CR: it ended its line, and an LF right after it belongs to it. */
  #isAfterCr = false;
  #event = '';
  #data: string[] = [];
  #dataBytes = 0;
  isTooLarge = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The events that are complete after this chunk. Comments and unknown fields are skipped, as the format says. */
  push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    for (const line of this.#lines(chunk)) {
      if (line === '') {
        if (this.#data.length > 0)
          events.push({ event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n') });
        this.#event = '';
        this.#data = [];
        this.#dataBytes = 0;
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') this.#event = value;
      else if (field === 'data') {
        this.#data.push(value);
        // An empty line takes room as well: a held stream of nothing else has no other bound.
        this.#dataBytes += value.length + 1;
      }
    }
    if (this.#piecesLength > this.#bytesMax || this.#dataBytes > this.#bytesMax) {
      this.isTooLarge = true;
      this.#pieces = [];
      this.#piecesLength = 0;
      this.#data = [];
    }
    return events;
  }

  /** The lines that are complete after this chunk. */
  #lines(chunk: Buffer): string[] {
    const decoded = this.#decoder.write(chunk);
    if (decoded === '') return [];
    const text = this.#isAfterCr && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    this.#isAfterCr = text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = [...this.#pieces, lines[0]].join('');
      this.#pieces = [];
      this.#piecesLength = 0;
    }
    this.#pieces.push(rest);
    this.#piecesLength += rest.length;
    return lines;
  }
}
