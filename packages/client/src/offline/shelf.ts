/**
 * A place in this browser for texts that outlive a page, as the client needs it: keys in order, batches that happen wholly or
 * not at all. Any of it may fail at any time: no room, no permission, a private window.
 */

/** Texts under keys. Shared by all pages that open the same name. */
export interface Shelf {
  /** For each prefix, everything whose key begins with it, in the order of the keys; all of it as it was at one moment. */
  read(...prefixes: readonly string[]): Promise<readonly (readonly Entry[])[]>;
  /** Does all of it, or nothing when one of its conditions does not hold; says which. */
  write(batch: Batch): Promise<boolean>;
  close(): void;
}

export type Entry = readonly [key: string, text: string];

export interface Batch {
  /** Keys that must hold exactly this text; null: that there is no such key. */
  readonly when?: readonly (readonly [key: string, text: string | null])[];
  /** Everything whose key begins so goes; before anything is put. */
  readonly dropAll?: readonly string[];
  readonly drop?: readonly string[];
  readonly put?: readonly Entry[];
}

/** Opens shelves by name. */
export interface Store {
  open(name: string): Promise<Shelf>;
}
