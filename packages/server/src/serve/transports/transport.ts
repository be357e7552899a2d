import type { Message } from '../../publish/message.ts';

/** Carries messages to one caller and back. A WebSocket, or a virtual network in the simulation. */
export interface Transport {
  /** Writes all messages at once, in order. A closed transport drops them. */
  send(messages: readonly Message[]): void;
  /** Bytes handed over and not yet taken by the network. */
  readonly queuedBytes: number;
  /** Says goodbye after everything that was sent. */
  close(code: number, reason: string): void;
  /** Cuts without a word: the other side does not read. */
  destroy(): void;
}

/** Who hears what a transport brings. */
export interface Receiver {
  receive(text: string): void;
  /** Once, whoever ended it. */
  closed(): void;
}
