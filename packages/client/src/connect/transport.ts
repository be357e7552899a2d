/** Carries texts to a server and back. Knows nothing of frames. */
export interface Wire {
  send(text: string): void;
  /** Ends the wire. `closed` is not called for a close that came from this side. */
  close(code: number, reason: string): void;
}

/** What a wire tells its owner. After `closed` nothing more is called. */
export interface WireEvents {
  opened(): void;
  text(text: string): void;
  closed(code: number, reason: string): void;
}

/** Opens a wire. The WebSocket one is `dialWebSocket`; `FakeServer.dial` is the one for tests. */
export type Dial = (url: string, events: WireEvents) => Wire;
