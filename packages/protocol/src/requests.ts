/**
 * Live connections over plain HTTP requests, for networks through which a WebSocket does not come. The messages are the
 * same texts; what is particular here is the envelope: how upstream messages are packed, and how an end is said where
 * there is no close frame.
 */
import { refuse } from './codes.ts';
import { Fields } from './fields.ts';
import type { JsonObject } from './json.ts';
import { parseMessage } from './parse.ts';
import { ok, type Result } from './result.ts';
import { LIVE_PATH } from './version.ts';

/** A stream of server-sent events; its body is a `hello`. */
export const SSE_PATH: string = `${LIVE_PATH}/v1/sse`;

/** Upstream messages for a stream. */
export const CMD_PATH: string = `${LIVE_PATH}/v1/cmd`;

/** A request that is held until something changes; its body is a `hello` with `wait` and `msgs`. */
export const POLL_PATH: string = `${LIVE_PATH}/v1/poll`;

/** One view as it is now, to be asked again with `If-None-Match`. */
export const VIEW_PATH: string = `${LIVE_PATH}/v1/view`;

/** Bounds of one request. */
export const requestLimits: {
  readonly messages: number;
  readonly messageLength: number;
  readonly waitMs: number;
} = { messages: 256, messageLength: 65_536, waitMs: 30_000 };

/** What a poll says beside its `hello`. */
export interface Poll {
  /** How long the answer may be held back while nothing changes, ms. */
  readonly wait: number;
  /** Upstream messages to be taken after `welcome`, each a text of its own. */
  readonly msgs: readonly string[];
  /** For whom the messages are: whoever else is calling now does not say them. Null: for whoever calls. */
  readonly who: string | null;
  /** The least time between the request and an answer that only tells of changes, ms: the shortest wished interval. */
  readonly holdMs: number;
}

/** Upstream messages of the stream `sid`. */
export interface Cmd {
  readonly sid: string;
  readonly msgs: readonly string[];
}

/** The last message of a session over requests: what a close frame would have said. */
export interface End {
  readonly t: 'end';
  readonly code: number;
  readonly reason: string;
}

/** Reads what a poll's body says beside its `hello`; the `hello` itself is read as on any other wire. */
export function decodePoll(text: string): Result<Poll> {
  const parsed = parseMessage(text);
  if (!parsed.ok) return refuse('bad_request', parsed.message);
  const read = new Fields(parsed.value, 'poll');
  const wait = read.has('wait') ? read.integer('wait', { max: requestLimits.waitMs }) : 0;
  const msgs = read.has('msgs') ? messages(read) : [];
  const who = read.has('who') ? read.string('who', { min: 1, max: 64 }) : null;
  return read.failure ?? ok({ wait, msgs, who, holdMs: shortestInterval(parsed.value) });
}

/** Reads the body of a `cmd` request. */
export function decodeCmd(text: string): Result<Cmd> {
  const parsed = parseMessage(text);
  if (!parsed.ok) return refuse('bad_request', parsed.message);
  const read = new Fields(parsed.value, 'cmd');
  const cmd = { sid: read.string('sid', { min: 1, max: 64 }), msgs: messages(read) };
  return read.failure ?? ok(cmd);
}

/** Reads the message that ends a session over requests; null for any other. */
export function decodeEnd(text: string): End | null {
  if (!text.startsWith('{"t":"end"')) return null;
  const parsed = parseMessage(text);
  if (!parsed.ok) return null;
  const read = new Fields(parsed.value, 'end');
  const code = read.integer('code', { min: 1000, max: 4999 });
  const reason = read.string('reason');
  return read.failure === null ? { t: 'end', code, reason } : null;
}

function messages(read: Fields): readonly string[] {
  return read.strings('msgs', requestLimits.messages, { max: requestLimits.messageLength });
}

/** Read before the `hello` is checked, so that whatever is no interval counts as the default. */
function shortestInterval(hello: JsonObject): number {
  const { subs } = hello;
  if (!Array.isArray(subs)) return 0;
  const wished = subs.map((sub: unknown) => {
    const iv: unknown = typeof sub === 'object' && sub !== null && 'iv' in sub ? sub.iv : undefined;
    return typeof iv === 'number' && iv >= 0 ? iv : INTERVAL_MS;
  });
  return wished.length === 0 ? 0 : Math.min(...wished, requestLimits.waitMs);
}

const INTERVAL_MS = 100;
