/**
 * What was said in private topics not long ago, for whoever joins and asks for it (`replay`). Bounded: by topic, by age, and in
 * bytes over all topics, of which the one that was silent longest goes first. Read from memory; ledger.ts makes it durable.
 */
import { isJsonObject, type JsonObject } from '@statewire/protocol';
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Broadcast } from '../rooms.ts';

export interface KeptMessage extends Broadcast {
  readonly id: string;
  readonly at: number;
}

interface Held extends KeptMessage {
  readonly org: string;
  readonly topic: string;
  /** Its place among all that was ever said. */
  readonly place: number;
  readonly until: number;
  readonly isMarked: boolean;
  readonly bytes: number;
}

/** A message as it is stored. */
export interface StoredMessage {
  readonly org: string;
  readonly id: string;
  readonly value: JsonObject;
  readonly until: number;
}

/** What storage does not know yet of one organization: messages to write, and ids of those that are not kept any more. */
export interface Unsaved {
  readonly org: string;
  readonly messages: readonly Held[];
  readonly gone: readonly string[];
}

export class Kept {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #topics = new Map<string, Held[]>();
  /** By organization and id: a message that is to be written; null: one that is to be deleted. */
  #unsaved = new Map<string, Map<string, Held | null>>();
  #bytes = 0;
  #lastPlace = 0;

  constructor({ clock, limits }: { readonly clock: Clock; readonly limits: Limits }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Bytes of all messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `ttlMs`: asked to be kept by who said it, so long and before others; null: nobody asked. */
  keep(org: string, topic: string, { event, payload }: Broadcast, ttlMs: number | null): void {
    const { keptMs } = this.#limits;
    const at = this.#clock.now();
    const place = this.#lastPlace + 1;
    const id = `${at.toString(36)}-${place.toString(36)}`;
    const until = at + Math.min(ttlMs ?? keptMs, keptMs);
    const bytes = sizeOf({ event, payload });
    const message: Held = { org, topic, event, payload, id, at, place, until, isMarked: ttlMs !== null, bytes };
    this.#movedOf(org).set(id, message);
    this.#hold(message);
  }

  /** Takes what a process before this one kept, in any order. What is over or is none is passed by. */
  restore(stored: readonly StoredMessage[]): void {
    const now = this.#clock.now();
    const messages = stored.flatMap((each) => heldOf(each) ?? []).filter(({ until }) => until > now);
    for (const message of messages.toSorted((a, b) => a.place - b.place)) this.#hold(message);
  }

  /** What storage does not know yet, in parts of about so many bytes, each handed out once. */
  *unsaved(bytesMax: number): Generator<Unsaved> {
    const all = this.#unsaved;
    this.#unsaved = new Map();
    for (const [org, moved] of all) {
      let messages: Held[] = [];
      let bytes = 0;
      const gone = [...moved].flatMap(([id, message]) => (message === null ? [id] : []));
      if (gone.length > 0) yield { org, messages, gone };
      for (const message of moved.values()) {
        if (message === null) continue;
        messages.push(message);
        bytes += message.bytes;
        if (bytes < bytesMax) continue;
        yield { org, messages, gone: [] };
        messages = [];
        bytes = 0;
      }
      if (messages.length > 0) yield { org, messages, gone: [] };
    }
  }

  /** A part that could not be saved is to be saved later, as far as it has not been overtaken. */
  again({ org, messages, gone }: Unsaved): void {
    const moved = this.#movedOf(org);
    for (const id of gone) moved.set(id, null);
    for (const message of messages) if (!moved.has(message.id)) moved.set(message.id, message);
  }

  /** The newest of what was said from then on, oldest first. */
  since(
    org: string,
    topic: string,
    { since, limit }: { readonly since: number; readonly limit: number },
  ): readonly KeptMessage[] {
    const now = this.#clock.now();
    const found = (this.#topics.get(JSON.stringify([org, topic])) ?? []).filter(
      ({ at, until }) => at >= since && until > now,
    );
    return found.slice(Math.max(0, found.length - limit));
  }

  #hold(message: Held): void {
    const { keptPerTopicMax, keptBytesMax } = this.#limits;
    const name = JSON.stringify([message.org, message.topic]);
    const said = this.#topics.get(name) ?? [];
    said.push(message);
    this.#bytes += message.bytes;
    this.#lastPlace = Math.max(this.#lastPlace, message.place);
    if (said.length > keptPerTopicMax) {
      const oldest = said.findIndex(({ isMarked }) => !isMarked);
      this.#drop(said.splice(Math.max(0, oldest), 1)[0]);
    }
    this.#topics.delete(name);
    this.#topics.set(name, said);
    while (this.#bytes > keptBytesMax) {
      const [first, messages] = this.#topics.entries().next().value ?? [name, said];
      this.#drop(messages.shift());
      if (messages.length === 0) this.#topics.delete(first);
    }
  }

  #drop(message: Held | undefined): void {
    if (message === undefined) return;
    const { org, id, bytes } = message;
    this.#bytes -= bytes;
    // One that was never written need not be deleted.
    const moved = this.#movedOf(org);
    if (!moved.delete(id)) moved.set(id, null);
  }

  #movedOf(org: string): Map<string, Held | null> {
    const moved = this.#unsaved.get(org) ?? new Map<string, Held | null>();
    this.#unsaved.set(org, moved);
    return moved;
  }
}

/** A message as it is stored. */
export function storedOf({ org, id, until, topic, event, payload, at, place, isMarked }: Held): StoredMessage {
  const said = payload instanceof Uint8Array ? { bytes: Buffer.from(payload).toString('base64') } : { payload };
  return { org, id, until, value: { topic, event, at, place, isMarked, ...said } };
}

function heldOf({ org, id, until, value }: StoredMessage): Held | null {
  const { topic, event, at, place, isMarked, payload: object, bytes: raw } = value;
  const payload = typeof raw === 'string' ? Uint8Array.from(Buffer.from(raw, 'base64')) : object;
  if (typeof topic !== 'string' || typeof event !== 'string' || typeof at !== 'number' || typeof place !== 'number')
    return null;
  if (!(payload instanceof Uint8Array) && !isJsonObject(payload)) return null;
  const bytes = sizeOf({ event, payload });
  return { org, topic, event, payload, id, at, place, until, isMarked: isMarked === true, bytes };
}

function sizeOf({ event, payload }: Broadcast): number {
  return OVERHEAD + event.length + (payload instanceof Uint8Array ? payload.length : JSON.stringify(payload).length);
}

/** What a message costs beside its text. */
const OVERHEAD = 128;
