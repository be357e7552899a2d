/**
 * The frames of Phoenix channels as supabase-js writes and reads them: objects (vsn 1.0.0), lists (vsn 2.0.0), and the two
 * binary forms of a broadcast (vsn 2.0.0).
 */
import { isJsonObject, ok, parseMessage, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';

export type Vsn = 1 | 2;

/** One frame. Payloads are objects, but for the bytes of a binary broadcast. */
export interface Frame {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: JsonObject;
}

/** A broadcast in binary: what a client pushes (3). */
export interface BinaryPush extends Omit<Frame, 'payload'> {
  readonly payload: JsonObject | Uint8Array;
  /** What is said beside the payload, such as `persist`. */
  readonly meta: JsonObject;
}

/** The topic of the socket itself. */
export const SOCKET_TOPIC = 'phoenix';
/** What one byte can say: lengths in binary frames are bytes. */
export const TOPIC_BYTES_MAX = 255;

export function decode(text: string): Result<Frame> {
  // As one field of an object, so that what is refused on every wire of ours (depth, keys that are no keys) is refused here.
  const parsed = parseMessage(`{"frame":${text}}`);
  if (!parsed.ok) return refuse('bad_request', parsed.message);
  const raw: unknown = parsed.value['frame'];
  if (Array.isArray(raw)) {
    if (raw.length !== 5) return refuse('bad_request', `found a list of ${raw.length}, expected 5`);
    const [joinRef, ref, topic, event, payload]: readonly unknown[] = raw;
    return frameOf({ joinRef, ref, topic, event, payload });
  }
  if (!isJsonObject(raw)) return refuse('bad_request', 'found neither an object nor a list');
  const { topic, event, payload, ref } = raw;
  return frameOf({ joinRef: raw['join_ref'], ref, topic, event, payload });
}

export function encode(vsn: Vsn, { joinRef, ref, topic, event, payload }: Frame): string {
  return JSON.stringify(
    vsn === 2 ? [joinRef, ref, topic, event, payload] : { join_ref: joinRef, ref, topic, event, payload },
  );
}

/** `3, |join_ref|, |ref|, |topic|, |event|, |meta|, encoding`, then these texts, then the payload. */
export function decodePush(bytes: Uint8Array): Result<BinaryPush> {
  if (bytes[0] !== PUSH) return refuse('bad_request', `found binary kind ${bytes[0] ?? 'nothing'}, expected ${PUSH}`);
  const lengths = bytes.subarray(1, 6);
  let at = PUSH_HEAD;
  const texts: string[] = [];
  if (lengths.length < 5 || bytes.length < at + lengths.reduce((sum, length) => sum + length, 0)) {
    return refuse('bad_request', `found ${bytes.length} bytes, fewer than the lengths in the head say`);
  }
  for (const length of lengths) {
    texts.push(UTF8.decode(bytes.subarray(at, at + length)));
    at += length;
  }
  const [joinRef = '', ref = '', topic = '', event = '', said = ''] = texts;
  // As in text: a name that is longer written than it was read would not fit the byte that says its length.
  if (!isName(topic) || !isName(event))
    return refuse('bad_request', `topic, event: expected texts of 1 to ${TOPIC_BYTES_MAX} bytes`);
  const body = bytes.subarray(at);
  const encoding = bytes[6];
  if (encoding !== RAW && encoding !== JSON_TEXT)
    return refuse('bad_request', `found encoding ${encoding ?? 'nothing'}`);
  const meta = said === '' ? ok({}) : parseMessage(said);
  if (!meta.ok) return refuse('bad_request', meta.message);
  const head = { joinRef: orNull(joinRef), ref: orNull(ref), topic, event, meta: meta.value };
  if (encoding === RAW) return ok({ ...head, payload: Uint8Array.from(body) });
  const payload = parseMessage(UTF8.decode(body));
  return payload.ok ? ok({ ...head, payload: payload.value }) : refuse('bad_request', payload.message);
}

/** `4, |topic|, |event|, |meta|, encoding`, then these texts, then the payload. */
export function encodeBroadcast(
  topic: string,
  event: string,
  payload: JsonObject | Uint8Array,
  meta: JsonObject | null = null,
): Uint8Array {
  const isRaw = payload instanceof Uint8Array;
  const parts = [topic, event, meta === null ? '' : JSON.stringify(meta)].map((text) => Buffer.from(text));
  const body = isRaw ? payload : Buffer.from(JSON.stringify(payload));
  const head = Buffer.from([BROADCAST, ...parts.map(({ length }) => length), isRaw ? RAW : JSON_TEXT]);
  return Buffer.concat([head, ...parts, body]);
}

const PUSH = 3;
const PUSH_HEAD = 7;
const BROADCAST = 4;
const RAW = 0;
const JSON_TEXT = 1;
const UTF8 = new TextDecoder();

function frameOf(raw: Readonly<Record<'joinRef' | 'ref' | 'topic' | 'event' | 'payload', unknown>>): Result<Frame> {
  const { topic, event } = raw;
  const payload: unknown = raw.payload ?? {};
  if (!isName(topic)) return refuse('bad_request', `topic: expected a text of 1 to ${TOPIC_BYTES_MAX} bytes`);
  if (!isName(event)) return refuse('bad_request', `event: expected a text of 1 to ${TOPIC_BYTES_MAX} bytes`);
  if (!isJsonObject(payload)) return refuse('bad_request', 'payload: expected an object');
  return ok({ joinRef: refOf(raw.joinRef), ref: refOf(raw.ref), topic, event, payload });
}

/** A text that fits where a binary frame has its topic or its event. */
export function isName(raw: unknown): raw is string {
  return typeof raw === 'string' && raw !== '' && Buffer.byteLength(raw) <= TOPIC_BYTES_MAX;
}

function refOf(raw: unknown): string | null {
  return typeof raw === 'string' && raw.length <= 32 ? raw : typeof raw === 'number' ? String(raw) : null;
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** What a payload says under a name, when it is an object. */
export function objectAt(from: JsonObject, name: string): JsonObject {
  const value: Json | undefined = from[name];
  return isJsonObject(value) ? value : {};
}
