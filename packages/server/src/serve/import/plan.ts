/**
 * What a file of another product comes to here. Translators are pure: a parsed file in, a plan out. Each thing becomes
 * one record, whole, or a line that says why it was left and what to do about it.
 */
import { collectionOf, explain } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';

/** What people configure: the lists of a file, each after those that its records name. Groups of services come last among services. */
export const CONFIGURED = [
  'roles',
  'channels',
  'policies',
  'rules',
  'services',
  'maintenances',
  'pages',
  'embeds',
  'settings',
] as const;

/** Name of a list of a file. */
export type Configured = (typeof CONFIGURED)[number];

/** One record to make, or to change when it is there already. */
export interface Item {
  readonly collection: Configured;
  /** Follows from the other product's own id, so that the same file twice makes nothing twice. */
  readonly id: string;
  readonly name: string;
  /** Where it stands in the file: `monitor 12`. */
  readonly from: string;
  /** Fields of a create, without the id. */
  readonly fields: JsonObject;
  /** Fields that only a new record gets: what people change here afterwards stays. */
  readonly born?: JsonObject | undefined;
  /** What became different on the way, one sentence each. */
  readonly notes: readonly string[];
}

/** Something that was not taken. */
export interface Left {
  readonly from: string;
  readonly name: string;
  readonly reason: string;
  readonly do: string;
}

export interface Plan {
  readonly items: readonly Item[];
  readonly left: readonly Left[];
}

/** What a translator needs beside the file. */
export interface ImportContext {
  readonly now: number;
  /** A new signing key for webhooks that had none. */
  readonly signingKey: () => string;
}

/** Why something is left. Thrown inside a translator and caught where the thing began; never leaves this folder. */
export class LeftError extends Error {
  readonly do: string;

  constructor(reason: string, what: string) {
    super(reason);
    this.do = what;
  }
}

/** Gathers items and what was left; everything or nothing for each thing. */
export class Plans {
  readonly #items: Item[] = [];
  readonly #left: Left[] = [];
  readonly #ids = new Set<string>();

  /** Translates one thing. What the translator throws as left, or what our own schemas refuse, becomes a line. */
  take(from: string, name: string, translate: () => Item): void {
    try {
      const item = translate();
      const key = `${item.collection}/${item.id}`;
      if (this.#ids.has(key))
        throw new LeftError(`there are two of ${item.id} in the file`, 'give one of them another name');
      const flaw = flawOf(item);
      if (flaw !== null) throw new LeftError(flaw, 'correct it in the other product, or make it here by hand');
      this.#ids.add(key);
      this.#items.push(item);
    } catch (error) {
      if (!(error instanceof LeftError)) throw error;
      this.leave(from, name, error.message, error.do);
    }
  }

  leave(from: string, name: string, reason: string, what: string): void {
    this.#left.push({ from, name, reason, do: what });
  }

  /** Was a record of this name planned? */
  has(collection: Item['collection'], id: string): boolean {
    return this.#ids.has(`${collection}/${id}`);
  }

  plan(): Plan {
    return { items: this.#items, left: this.#left };
  }
}

/** What our own schema says of a planned record, or null. */
function flawOf({ collection, id, fields, born }: Item): string | null {
  const raw = { id, ...fields, ...born };
  const read = collectionOf(collection)?.create.safeParse(raw);
  return read === undefined || read.success ? null : explain(read.error, raw);
}
