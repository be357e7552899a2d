/**
 * One text to be sent to any number of callers. ASCII only, so that its length in bytes is its length, and so
 * that it can be written as one-byte characters without encoding.
 */
export interface Message {
  readonly text: string;
  /** Will more than one connection get this very message? Then its bytes are worth keeping. */
  readonly isShared: boolean;
  /** A transport's bytes for the text, left here by the first that made them. */
  bytes: Uint8Array | null;
}

export function message(text: string, isShared = false): Message {
  return { text, isShared, bytes: null };
}
