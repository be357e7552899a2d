/**
 * What was said in private topics not long ago, for whoever joins and asks for it (`replay`). In memory and bounded: by topic,
 * by age, and in bytes over all topics, of which the one that was silent longest goes first.
 */
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Broadcast } from '../rooms.ts';

export interface KeptMessage extends Broadcast {
  readonly id: string;
  readonly at: number;
}

interface Held extends KeptMessage {
  readonly until: number;
  readonly isMarked: boolean;
  readonly bytes: number;
}

export class Kept {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #topics = new Map<string, Held[]>();
  #bytes = 0;
  #lastId = 0;

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
    const { keptMs, keptPerTopicMax, keptBytesMax } = this.#limits;
    const now = this.#clock.now();
    const name = JSON.stringify([org, topic]);
    const said = this.#topics.get(name) ?? [];
    const bytes =
      OVERHEAD + event.length + (payload instanceof Uint8Array ? payload.length : JSON.stringify(payload).length);
    this.#lastId += 1;
    const id = `${now.toString(36)}-${this.#lastId.toString(36)}`;
    said.push({
      event,
      payload,
      id,
      at: now,
      until: now + Math.min(ttlMs ?? keptMs, keptMs),
      isMarked: ttlMs !== null,
      bytes,
    });
    this.#bytes += bytes;
    if (said.length > keptPerTopicMax) {
      const oldest = said.findIndex(({ isMarked }) => !isMarked);
      this.#bytes -= said.splice(Math.max(0, oldest), 1)[0]?.bytes ?? 0;
    }
    this.#topics.delete(name);
    this.#topics.set(name, said);
    while (this.#bytes > keptBytesMax) {
      const [first, messages] = this.#topics.entries().next().value ?? [name, said];
      this.#bytes -= messages.shift()?.bytes ?? 0;
      if (messages.length === 0) this.#topics.delete(first);
    }
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
}

/** What a message costs beside its text. */
const OVERHEAD = 128;
