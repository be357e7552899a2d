/** The raw end of a caller's socket, and who hears it: what every door of this folder puts between `ws` and a dialect. */
export interface Pipe {
  readonly queuedBytes: number;
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  /** Asks the other end for a sign of life. */
  ping(): void;
  close(code: number, reason: string): void;
}

export interface Receiver {
  receive(data: string | Uint8Array): void;
  /** A sign of life that says nothing. */
  alive(): void;
  /** Time passes; called about once per second. */
  tick(now: number): void;
  closed(): void;
}
