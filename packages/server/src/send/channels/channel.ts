import type { Failure, Result } from '@statewire/protocol';
import type { Egress } from '../../collect/egress/egress.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import { clip, type Notice } from '../notice.ts';

/** What every channel is handed. */
export interface SendDeps {
  readonly clock: Clock;
  readonly egress: Egress;
  readonly limits: Pick<
    Limits,
    | 'probeBodyBytesMax'
    | 'probeHeaderBytesMax'
    | 'sendAnswerBytesMax'
    | 'sendConnectTimeoutMs'
    | 'sendRetryAfterMsMax'
    | 'sendTimeoutMs'
  >;
  /** Where people reach the dashboard, without a slash at the end. */
  readonly publicUrl: string;
  /** Ends what is under way: this server is stopping. */
  readonly signal: AbortSignal;
}

/** Secrets by name. */
export type Secrets = Readonly<Record<string, string>>;

/** It arrived: what the receiver answered, when it speaks HTTP. */
export interface Sent {
  readonly status?: number | undefined;
}

/**
 * Why it did not arrive. `later`: the same may succeed when tried again; `never`: somebody has to change something.
 * The message is for people and carries no secret, no address and nothing the receiver may have put there unread.
 */
export interface SendFault extends Failure {
  readonly retry: 'later' | 'never';
  readonly retryAfterMs?: number | undefined;
}

export type SendResult = Result<Sent, SendFault>;

/** Tells one notice through one kind of channel. May be called again with the same notice: at least once. */
export type Send<S> = (deps: SendDeps, settings: S, secrets: Secrets, notice: Notice) => Promise<SendResult>;

export function fault(
  code: string,
  message: string,
  retry: SendFault['retry'],
  retryAfterMs?: number,
): { readonly ok: false } & SendFault {
  return { ok: false, code, message, retry, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** A secret that the channel cannot send without is not set. */
export function missing(name: string): { readonly ok: false } & SendFault {
  return fault('no_secret', `The channel has no ${name}; set its secret of that name.`, 'never');
}

/** How loud a receiver should be. */
export function urgency(notice: Notice): 'high' | 'low' | 'normal' | 'urgent' {
  if (notice.state !== 'firing') return notice.severity === 'info' ? 'low' : 'normal';
  if (notice.isAcknowledged === true) return 'low';
  return notice.severity === 'critical' ? 'urgent' : notice.severity === 'warning' ? 'high' : 'normal';
}

/** Where a notice is shown: in the dashboard, unless it is for readers outside. */
export function linkOf(deps: SendDeps, notice: Notice): string {
  return notice.link ?? `${deps.publicUrl}/#${notice.path}`;
}

/** What people see first: the state in one word, then the title. One line. */
export function headline(notice: Notice, max: number): string {
  const title = oneLine(notice.title);
  return clip(notice.isLetter === true ? title : `${mark(notice)} ${title}`, max);
}

/** The notice as lines of plain text without its title. */
export function bodyLines(notice: Notice): readonly string[] {
  const text = notice.text.trim();
  return [
    ...(text === '' ? [] : text.split('\n')),
    ...notice.facts.map(({ name, value }) => `${oneLine(name)}: ${oneLine(value)}`),
  ];
}

/**
 * Title, text, facts and link as plain text of at most `max` characters. The link comes whole or not at all: what is
 * cut is the text.
 */
export function plain(deps: SendDeps, notice: Notice, max: number): string {
  const head = headline(notice, Math.min(max, 300));
  return fit([head, ...bodyLines(notice)].join('\n'), linkOf(deps, notice), max);
}

/** `text`, then `link` on a line of its own; the text gives way. */
export function fit(text: string, link: string, max: number): string {
  const room = max - link.length - 1;
  if (room < 20) return clip(text, max);
  return text === '' ? link : `${clip(text, room)}\n${link}`;
}

/** At most `max` characters once escaped; never cut through what an escape made of one character. */
export function clipEscaped(text: string, max: number, escape: (text: string) => string): string {
  const whole = escape(text);
  if (whole.length <= max) return whole;
  let cut = '';
  for (const character of text) {
    const next = escape(character);
    if (cut.length + next.length > max - 1) break;
    cut += next;
  }
  return `${cut}…`;
}

/** At most `max` bytes of UTF-8, whole characters, with a sign that something is missing. */
export function clipBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  let cut = '';
  let bytes = 3;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > max) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Markdown of chats: every character that could mean something is taken by its word. `@` names nobody. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()<!+-]/g, String.raw`\$&`).replaceAll('@', '@\u200b');
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Line breaks and control characters end where a format ends at them. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** One word for what it says: `[DOWN]` would be a status, this is a state of telling. */
export function mark(notice: Pick<Notice, 'isAcknowledged' | 'severity' | 'state'>): string {
  if (notice.state === 'resolved') return '[RESOLVED]';
  if (notice.isAcknowledged === true) return '[ACKNOWLEDGED]';
  if (notice.state === 'info') return '[INFO]';
  return `[${notice.severity.toUpperCase()}]`;
}

/** Colour of a notice, `#rrggbb`. */
export function colour(notice: Notice): string {
  if (notice.state === 'resolved') return '#2da44e';
  if (notice.state === 'info' || notice.severity === 'info') return '#3b82f6';
  return notice.severity === 'critical' ? '#d1242f' : '#d4a72c';
}
