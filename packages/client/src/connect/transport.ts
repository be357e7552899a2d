/** What carries the texts: a WebSocket, a stream of server-sent events, held requests, or plain repeated ones. */
export type Transport = 'websocket' | 'sse' | 'poll' | 'get';

/** Whose connection it is: this tab's own, this tab's for all tabs, or another tab's. */
export type Role = 'alone' | 'leader' | 'follower';

/** Carries texts to a server and back. Knows nothing of frames. */
export interface Wire {
  /** Absent: a WebSocket. May become another one while the wire lives; `changed` says so. */
  readonly kind?: Transport | null;
  /** Absent: alone. */
  readonly role?: Role;
  send(text: string): void;
  /** Ends the wire. `closed` is not called for a close that came from this side. */
  close(code: number, reason: string): void;
}

/** What a wire tells its owner. After `closed` nothing more is called. */
export interface WireEvents {
  opened(): void;
  text(text: string): void;
  closed(code: number, reason: string): void;
  /** `kind` or `role` is another one now. Nothing of the session changes by it. */
  changed?(): void;
}

/** Opens a wire. The WebSocket one is `dialWebSocket`; `FakeServer.dial` is the one for tests. */
export type Dial = (url: string, events: WireEvents) => Wire;
