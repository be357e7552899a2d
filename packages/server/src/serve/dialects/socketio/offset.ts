/**
 * What a client of Socket.IO gives back when it comes again: the last text that stood behind an event. Ours says how far each of its
 * channels was told, so nothing has to be remembered of clients that are away, for however long, and a restart forgets nothing.
 *
 *     <epoch>;<channel>=<version>.<set>;<channel>=-
 *
 * `set` names the records that were in the channel, for this caller: when it is the same again, what has a newer version is all that
 * happened. `-` is a channel that was joined and told nothing yet.
 */
import { createHash } from 'node:crypto';

/** How far a channel was told. */
export interface Position {
  readonly version: number;
  readonly set: string;
}

export interface Offset {
  readonly epoch: string;
  readonly channels: ReadonlyMap<string, Position | null>;
}

export function writeOffset({ epoch, channels }: Offset): string {
  const parts = Array.from(channels, ([name, at]) => `${name}=${at === null ? '-' : `${at.version}.${at.set}`}`);
  return [epoch, ...parts].join(';');
}

/** Null for what is none of ours: then nothing is known of what the client holds. */
export function readOffset(text: unknown, channelsMax: number): Offset | null {
  if (typeof text !== 'string' || text.length > OFFSET_CHARS_MAX) return null;
  const [epoch = '', ...parts] = text.split(';');
  if (!/^[\w-]{1,64}$/u.test(epoch) || parts.length > channelsMax) return null;
  const channels = new Map<string, Position | null>();
  for (const part of parts) {
    const found = /^([^=]{1,255})=(?:-|(\d{1,15})\.([0-9a-z]{1,16}))$/u.exec(part);
    if (found === null) return null;
    const [, name = '', version, set = ''] = found;
    channels.set(name, version === undefined ? null : { version: Number(version), set });
  }
  return { epoch, channels };
}

const OFFSET_CHARS_MAX = 32_768;

/** Names a set of records that grows and shrinks, whatever the order; for one caller and one view. */
export class RecordSet {
  #sum: number;

  constructor(of: readonly string[]) {
    this.#sum = numberOf(JSON.stringify(of));
  }

  add(id: string): void {
    this.#sum = (this.#sum + numberOf(id)) % MODULUS;
  }

  remove(id: string): void {
    this.#sum = (this.#sum + MODULUS - numberOf(id)) % MODULUS;
  }

  get name(): string {
    return this.#sum.toString(36);
  }
}

const MODULUS = 2 ** 48;

function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}
