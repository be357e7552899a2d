import type { Principal } from '../../lib/principal.ts';
import type { Message } from '../../publish/message.ts';

/** Carries messages to one caller and back. A WebSocket, or a virtual network in the simulation. */
export interface Transport {
  /** A name for the session that nobody can guess, where whoever knows it may speak on it; else it makes its own. */
  readonly sid?: string | undefined;
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

/** A session as a transport of requests sees it: it has to know when an answer is complete. */
export interface Answering extends Receiver {
  readonly principal: Principal | null;
  /** The name by which this caller is told who it is. */
  who(principal: Principal): string;
  /** Everything asked for is answered, and everything owed is sent. */
  readonly isSettled: boolean;
  /** Tells what is owed now, whatever its interval. */
  flush(): void;
  /** Says up to where all of it is true, if it is. */
  conclude(): void;
}
