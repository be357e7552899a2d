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
  #rest = '';
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
    const lines = (this.#rest + this.#decoder.write(chunk)).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
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
        this.#dataBytes += value.length;
      }
    }
    if (this.#rest.length > this.#bytesMax || this.#dataBytes > this.#bytesMax) {
      this.isTooLarge = true;
      this.#rest = '';
      this.#data = [];
    }
    return events;
  }
}
