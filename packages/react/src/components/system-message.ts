/** A word of an operator to everybody or to some: what it is, and when it is to be seen. */

/** What is shown of a message; the rows of `useSystemMessages` are such. */
export interface ShownMessage {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** `info`, `success`, `warning`, `critical`; any other word is shown as information. */
  readonly severity: string;
  /** Epoch ms on the server's clock; null: until somebody ends it. */
  readonly expiresAt: number | null;
  /** Epoch ms; absent or null: at once. */
  readonly startsAt?: number | null | undefined;
  /** Can a reader put it away? Default true. */
  readonly isDismissible?: boolean | undefined;
}

/** How urgent a message is. */
export type MessageSeverity = 'critical' | 'info' | 'success' | 'warning';
/** Whether a message is shown now, later or no more. */
export type MessagePhase = 'active' | 'expired' | 'scheduled';

/** Where a message is in its life, by the server's clock: nobody has to end it. */
export function phaseOf(
  { startsAt, expiresAt }: Pick<ShownMessage, 'expiresAt' | 'startsAt'>,
  now: number,
): MessagePhase {
  if (expiresAt !== null && now >= expiresAt) return 'expired';
  return startsAt !== undefined && startsAt !== null && now < startsAt ? 'scheduled' : 'active';
}

export function severityOf({ severity }: Pick<ShownMessage, 'severity'>): MessageSeverity {
  return severity === 'critical' || severity === 'warning' || severity === 'success' ? severity : 'info';
}

/** Fields of a message that is being written. */
export interface MessageDraft {
  readonly title: string;
  readonly text: string;
  readonly severity: MessageSeverity;
  readonly expiresAt: number | null;
}

/** What is wrong with a draft, by field; empty when it can be sent. The limits are those of the server's titles and texts. */
export function draftFlaws({ title, text }: Pick<MessageDraft, 'text' | 'title'>): {
  readonly title?: string;
  readonly text?: string;
} {
  return {
    ...(title.trim() === '' ? { title: 'Say in a few words what it is about' } : {}),
    ...(title.length > TITLE_MAX ? { title: `${title.length} characters; at most ${TITLE_MAX}` } : {}),
    ...(text.length > TEXT_MAX ? { text: `${text.length} characters; at most ${TEXT_MAX}` } : {}),
  };
}

const TITLE_MAX = 200;
const TEXT_MAX = 2_000;
