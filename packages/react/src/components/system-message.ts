/** A word of an operator to everybody or to some: what it is, and when it is to be seen. */
import { priorityIn } from '@statewire/client/look';
import type { MessageLink, MessagePriority, MessageState } from '@statewire/model';

/** What is shown of a message; the rows of `useSystemMessages` are such. */
export interface ShownMessage {
  readonly id: string;
  readonly title: string;
  /** Markdown of the safe subset. */
  readonly body?: string | undefined;
  /** `info`, `notice`, `warning`, `critical`; any other word is shown as information. */
  readonly priority: string;
  readonly link?: MessageLink | null | undefined;
  /** Can a reader put it away? Default true. */
  readonly dismissible?: boolean | undefined;
  /** Where it stands by the server; absent: its times say it. */
  readonly state?: MessageState | undefined;
  /** Epoch ms on the server's clock; absent or null: at once, and until somebody ends it. */
  readonly startsAt?: number | null | undefined;
  readonly endsAt?: number | null | undefined;
  /** For those who write messages: to how many it was shown, and what they did. */
  readonly shown?: number | undefined;
  readonly clicked?: number | undefined;
  readonly dismissed?: number | undefined;
}

/**
 * Where a message is in its life, by the server's clock. An end is seen at its moment, before anything has come; a
 * beginning is the server's to say, because before it only writers know of the message.
 */
export function phaseOf(
  { state, startsAt = null, endsAt = null }: Pick<ShownMessage, 'endsAt' | 'startsAt' | 'state'>,
  now: number,
): MessageState {
  if (state === 'draft' || state === 'withdrawn' || state === 'expired') return state;
  if (endsAt !== null && now >= endsAt) return 'expired';
  if (state !== undefined) return state;
  return startsAt !== null && now < startsAt ? 'scheduled' : 'active';
}

export function priorityOf({ priority }: Pick<ShownMessage, 'priority'>): MessagePriority {
  return priorityIn(priority);
}

/** Fields of a message that is being written. */
export interface MessageDraft {
  readonly title: string;
  readonly body: string;
  readonly priority: MessagePriority;
  readonly endsAt: number | null;
}
