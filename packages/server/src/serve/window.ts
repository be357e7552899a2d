/**
 * How much a caller was sent and has not yet confirmed. Acknowledgements count data frames, so sizes and times are
 * kept per frame, in a ring that grows only as far as the window lets it. Socket buffers cannot answer this: the
 * kernel takes megabytes for a reader that stopped.
 */
export class Window {
  /** Data frames sent so far. */
  sent = 0;
  acked = 0;
  inFlightBytes = 0;
  #bytes: number[] = [];
  #at: number[] = [];
  #head = 0;

  /** Counts one data frame, sent at `now` (monotonic ms). */
  add(bytes: number, now: number): void {
    this.sent += 1;
    this.inFlightBytes += bytes;
    this.#bytes.push(bytes);
    this.#at.push(now);
  }

  /** The caller has applied `n` frames so far; false when it cannot have. A lower number than before changes nothing. */
  ack(n: number): boolean {
    if (n > this.sent) return false;
    for (; this.acked < n; this.acked += 1) {
      this.inFlightBytes -= this.#bytes[this.#head] ?? 0;
      this.#head += 1;
    }
    if (this.#head === this.#bytes.length) {
      this.#bytes = [];
      this.#at = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT) {
      this.#bytes = this.#bytes.slice(this.#head);
      this.#at = this.#at.slice(this.#head);
      this.#head = 0;
    }
    return true;
  }

  /** When the oldest unconfirmed frame was sent, or null when all are confirmed. */
  get oldestAt(): number | null {
    return this.#at[this.#head] ?? null;
  }
}

const COMPACT_AT = 256;
