import type { Json, JsonObject } from '@statewire/protocol';
import { NOTICE_KINDS, type NoticeKind } from '@statewire/model';
import { z } from 'zod';

export type { NoticeKind } from '@statewire/model';

/** Something to be told outside, through one channel. Plain text throughout: each channel writes it in its own format. */
export interface Notice {
  /** Unique for ever, so that nothing is told twice by us: `${alert}:${step}:${channel}:${seq}`. */
  readonly key: string;
  /** Id of the channel. */
  readonly channel: string;
  /**
   * Instead of the channel's own recipient: an address for `email`, a phone number for `twilio`, a push subscription
   * as JSON text for `webpush`, a URL for `webhook`. Channels of other kinds have one recipient only.
   */
  readonly to?: string | undefined;
  readonly kind: NoticeKind;
  readonly severity: 'critical' | 'info' | 'warning';
  readonly state: 'firing' | 'info' | 'resolved';
  /** Firing, and somebody has taken it on: told to receivers that keep the state of an incident. */
  readonly isAcknowledged?: boolean | undefined;
  /** Written to one person and about no state: what it says stands without a word for one. */
  readonly isLetter?: boolean | undefined;
  readonly title: string;
  /** May have lines. */
  readonly text: string;
  /** At most 20. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** What it is about: `services/shop`. */
  readonly refs: readonly string[];
  /** Where it is in the dashboard: `/alerts/a1`. */
  readonly path: string;
  /** Same for an alert and its recovery: the key by which a receiver puts both together. */
  readonly thread: string;
  readonly at: number;
  /** For readers outside: where it is shown, instead of the place in the dashboard. */
  readonly link?: string | undefined;
  /** E-mail to somebody who may leave the list: where, as an https URL (one click). */
  readonly unsubscribe?: string | undefined;
  /** Of a summary: the newest state of each thread it stands for. Set by the outbox only. */
  readonly parts?: readonly NoticePart[] | undefined;
}

/** What a summary says of one thread. */
export interface NoticePart {
  readonly title: string;
  readonly state: Notice['state'];
  readonly severity: Notice['severity'];
  readonly thread: string;
  readonly refs: readonly string[];
  readonly at: number;
}

/** As it is kept until it is delivered. */
export function noticeJson(notice: Notice): JsonObject {
  const { to, link, unsubscribe, facts, refs, parts, isAcknowledged, isLetter: _, ...rest } = notice;
  return {
    ...rest,
    title: clip(rest.title, TITLE_MAX),
    text: clip(rest.text, TEXT_MAX),
    facts: facts
      .slice(0, FACTS_MAX)
      .map(({ name, value }) => ({ name: clip(name, FACT_NAME_MAX), value: clip(value, FACT_VALUE_MAX) })),
    refs: refs.slice(0, REFS_MAX),
    ...(isAcknowledged === true ? { isAcknowledged } : {}),
    ...(to === undefined ? {} : { to }),
    ...(link === undefined ? {} : { link }),
    ...(unsubscribe === undefined ? {} : { unsubscribe }),
    ...(parts === undefined
      ? {}
      : { parts: parts.map((part) => ({ ...part, refs: part.refs.slice(0, PART_REFS_MAX) })) }),
  };
}

/** A kept notice, or null when it is none. */
export function readNotice(json: Json | null): Notice | null {
  const read = schema.safeParse(json);
  return read.success ? read.data : null;
}

/** At most `max` characters, whole ones, with a sign that something is missing. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = max - 1;
  // Not through the middle of a surrogate pair: half a character is no text.
  const code = text.charCodeAt(end - 1);
  return `${text.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end)}…`;
}

const TITLE_MAX = 500;
const TEXT_MAX = 20_000;
const FACTS_MAX = 20;
const FACT_NAME_MAX = 100;
const FACT_VALUE_MAX = 1_000;
const REFS_MAX = 100;
const PART_REFS_MAX = 5;

const severity = z.enum(['critical', 'warning', 'info']);
const state = z.enum(['firing', 'resolved', 'info']);

const schema: z.ZodType<Notice> = z.object({
  key: z.string(),
  channel: z.string(),
  to: z.string().optional(),
  kind: z.enum(NOTICE_KINDS),
  severity,
  state,
  isAcknowledged: z.boolean().optional(),
  title: z.string(),
  text: z.string(),
  facts: z.array(z.object({ name: z.string(), value: z.string() })),
  refs: z.array(z.string()),
  path: z.string(),
  thread: z.string(),
  at: z.number(),
  link: z.string().optional(),
  unsubscribe: z.string().optional(),
  parts: z
    .array(
      z.object({ title: z.string(), state, severity, thread: z.string(), refs: z.array(z.string()), at: z.number() }),
    )
    .optional(),
});
