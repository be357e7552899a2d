/** The topics of this door, for its sockets and its REST path alike: who may do what in one, and what is said in it. */
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Principal } from '../../../lib/principal.ts';
import type { Broadcast, Member, Rooms } from '../rooms.ts';
import type { Kept } from './kept.ts';
import type { Ledger } from './ledger.ts';
import { grantOf, type Grant, type RealtimeConfig } from './policy.ts';

/** Where Supabase's clients look. Pages of any origin may ask here: no cookie is read. */
export const REALTIME_PATH = '/realtime/v1';

/** A topic as a client names it, without `realtime:`. Public and private ones of one name are two. */
export interface Topic {
  readonly topic: string;
  readonly isPrivate: boolean;
}

export class Topics {
  readonly rooms: Rooms;
  readonly kept: Kept;
  readonly #ledger: Pick<Ledger, 'note' | 'settled'>;
  readonly #config: RealtimeConfig;

  constructor({
    rooms,
    kept,
    ledger,
    config,
  }: {
    readonly rooms: Rooms;
    readonly kept: Kept;
    readonly ledger: Pick<Ledger, 'note' | 'settled'>;
    readonly config: RealtimeConfig;
  }) {
    this.rooms = rooms;
    this.kept = kept;
    this.#ledger = ledger;
    this.#config = config;
  }

  grantOf(principal: Principal, topic: Topic): Grant {
    return grantOf(this.#config, principal, topic);
  }

  /** Tells everybody in the topic but `except`; `ttlMs` as in `Kept`. */
  say(
    org: string,
    topic: Topic,
    message: Broadcast,
    by: { readonly except: Member | null; readonly ttlMs: number | null },
  ): void {
    const room = roomOf(topic);
    if (topic.isPrivate) {
      this.kept.keep(org, room, message, by.ttlMs);
      this.#ledger.note();
    }
    this.rooms.send(org, room, message, by.except);
  }

  /** For who waits for an answer: when what was said in a topic would survive a crash. Null: nothing of it is kept. */
  settled({ isPrivate }: Topic): Promise<Result<null>> | null {
    return isPrivate ? this.#ledger.settled() : null;
  }

  /** Says all of it, or nothing when one of them may not be said. */
  async sayAll(
    principal: Principal,
    messages: readonly (Broadcast & Topic & { readonly ttlMs: number | null })[],
  ): Promise<Result<null>> {
    for (const { topic, isPrivate } of messages) {
      if (!this.grantOf(principal, { topic, isPrivate }).broadcast.write) return refuse('forbidden', unwritable(topic));
    }
    for (const { topic, isPrivate, event, payload, ttlMs } of messages)
      this.say(principal.org, { topic, isPrivate }, { event, payload }, { except: null, ttlMs });
    return messages.some(({ isPrivate }) => isPrivate) ? notKept(await this.#ledger.settled()) : ok(null);
  }
}

/** A failure to keep what was said, in a sentence for who said it. */
export function notKept(settled: Result<null>): Result<null> {
  return settled.ok ? settled : { ...settled, message: `it was said, but may not be kept: ${settled.message}` };
}

/** The room behind a topic. */
export function roomOf({ topic, isPrivate }: Topic): string {
  return `${isPrivate ? 'private' : 'public'}:${topic}`;
}

/** In the words that clients of this wire know. */
export function unreadable(topic: string): string {
  return `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`;
}

export function unwritable(topic: string): string {
  return `Unauthorized: You do not have permissions to write to this Channel topic: ${topic}`;
}
