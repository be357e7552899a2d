/**
 * Reads and writes the protobuf wire format, as much of it as OTLP needs. What a message looks like is data; `decode` makes
 * of its bytes the object that OTLP's JSON form would be, so that one reader (traces.ts, metrics.ts) reads both.
 *
 * Descriptions do not refer to themselves, so nesting is as deep as they are and no deeper: what they leave out (lists inside
 * attributes, links) is skipped as bytes, however deep it goes. Every length is compared with what is left before it is used.
 */
import { ok, refuse, type Failure, type Result } from '@statewire/protocol';

/** The fields of a message that are read, by number; all others are skipped. */
export type Message = Readonly<Record<number, Field>>;

export interface Field {
  readonly name: string;
  readonly type: 'bool' | 'double' | 'fixed64' | 'text' | 'varint' | Message;
  /** The field repeats. Of a list with `max` the rest is skipped. Numbers come one by one or packed in one field of bytes. */
  readonly list?: { readonly max?: number } | undefined;
}

/** A message as its JSON form has it. */
export interface Decoded {
  [field: string]: Decoded | (Decoded | boolean | number | string)[] | boolean | number | string;
}

/** Reads one message. `messagesMax` bounds how many messages it may hold in all: each becomes an object. */
export function decode(
  message: Message,
  bytes: Uint8Array,
  { messagesMax }: { readonly messagesMax: number },
): Result<Decoded> {
  try {
    const reader = new Reader(bytes, messagesMax);
    return ok(reader.message(message, bytes.length));
  } catch (error) {
    if (error instanceof WireError) return error.failure;
    throw error;
  }
}

/** A message that is written: its fields in order. Numbers are varints. Zero and nothing are left out, as the format says. */
export function encode(
  fields: readonly (readonly [number: number, value: Uint8Array | number | string])[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (value === 0 || value === '') continue;
    if (typeof value === 'number') {
      parts.push(varint(number * 8), varint(value));
      continue;
    }
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    parts.push(varint(number * 8 + 2), varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return Uint8Array.from(bytes);
}

class WireError extends Error {
  readonly failure: Failure & { readonly ok: false };

  constructor(failure: Failure & { readonly ok: false }) {
    super(failure.message);
    this.failure = failure;
  }
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const WIRE_TYPES = { bool: VARINT, varint: VARINT, fixed64: FIXED64, double: FIXED64, text: BYTES } as const;

const FIELD_NUMBER_MAX = 536_870_911;

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8', { ignoreBOM: true });
  #at = 0;
  #left: number;

  constructor(bytes: Uint8Array, messagesMax: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = messagesMax;
  }

  message(message: Message, end: number): Decoded {
    this.#left -= 1;
    if (this.#left < 0) {
      throw new WireError(
        refuse('too_large', 'protobuf: found too many messages in one request; send smaller batches'),
      );
    }
    // No prototype: names come from descriptions, and still nothing is inherited.
    const found: Decoded = Object.create(null);
    while (this.#at < end) {
      const tag = this.#varint(end);
      const number = Math.floor(tag / 8);
      const wire = tag % 8;
      if (number < 1 || number > FIELD_NUMBER_MAX) throw this.#flaw(`field number ${number}`);
      const field = message[number];
      if (field === undefined) this.#skip(wire, end);
      else this.#field(field, { wire, end, found });
    }
    return found;
  }

  #field(field: Field, { wire, end, found }: { wire: number; end: number; found: Decoded }): void {
    const { name, type, list } = field;
    const expected = typeof type === 'string' ? WIRE_TYPES[type] : BYTES;
    const isPacked = list !== undefined && wire === BYTES && expected !== BYTES;
    if (wire !== expected && !isPacked) throw this.#flaw(`wire type ${wire} for ${name}, expected ${expected}`);
    if (list === undefined) {
      // Of a field that is there twice the last one counts.
      found[name] = this.#value(type, end);
      return;
    }
    const held = found[name];
    const values = Array.isArray(held) ? held : [];
    found[name] = values;
    const { max = Infinity } = list;
    if (values.length >= max) return this.#skip(wire, end);
    if (!isPacked) {
      const value = this.#value(type, end);
      if (!Array.isArray(value)) values.push(value);
      return;
    }
    const length = this.#varint(end);
    const to = this.#take(length, end);
    this.#at = to;
    while (this.#at < to + length) {
      const value = this.#value(type, to + length);
      if (!Array.isArray(value) && values.length < max) values.push(value);
    }
  }

  #value(type: Field['type'], end: number): Decoded[string] {
    switch (type) {
      case 'bool':
        return this.#varint(end) !== 0;
      case 'varint':
        return this.#varint(end);
      case 'fixed64':
        return this.#view.getBigUint64(this.#take(8, end), true).toString();
      case 'double':
        return this.#view.getFloat64(this.#take(8, end), true);
      case 'text': {
        const length = this.#varint(end);
        const from = this.#take(length, end);
        // Bytes that are no UTF-8 become replacement characters: they are words for people.
        return this.#text.decode(this.#bytes.subarray(from, from + length));
      }
      default: {
        const length = this.#varint(end);
        const from = this.#take(length, end);
        this.#at = from;
        return this.message(type, from + length);
      }
    }
  }

  #skip(wire: number, end: number): void {
    if (wire === VARINT) this.#varint(end);
    else if (wire === FIXED64) this.#take(8, end);
    else if (wire === BYTES) this.#take(this.#varint(end), end);
    else if (wire === FIXED32) this.#take(4, end);
    // Groups (3, 4) are in no message of OTLP; 6 and 7 are nothing.
    else throw this.#flaw(`wire type ${wire}`);
  }

  /** Moves on by `length` bytes; where they began. */
  #take(length: number, end: number): number {
    const from = this.#at;
    if (length < 0 || length > end - from) throw this.#flaw(`a field of ${length} bytes where ${end - from} are left`);
    this.#at = from + length;
    return from;
  }

  /** A 64-bit number, signed; beyond 2^53 the nearest that JavaScript has. */
  #varint(end: number): number {
    let value = 0;
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte(end);
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    let big = BigInt(value);
    for (let i = 7n; i < 10n; i++) {
      const byte = this.#byte(end);
      big += BigInt(byte & 127) << (7n * i);
      if (byte < 128) return Number(BigInt.asIntN(64, big));
    }
    throw this.#flaw('a number of more than ten bytes');
  }

  #byte(end: number): number {
    if (this.#at >= end) throw this.#flaw('the end inside a field');
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }

  #flaw(what: string): WireError {
    return new WireError(refuse('bad_request', `protobuf: found ${what} at byte ${this.#at}`));
  }
}
