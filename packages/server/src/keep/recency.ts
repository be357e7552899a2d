/** Something that stands in a recency list: records and tombstones, by the version that touched them last. */
export interface Link {
  version: number;
  newer: Link | null;
  older: Link | null;
}

/**
 * Links ordered by version, newest first, threaded through the links themselves. What changed after a version is
 * then a walk from the newest until the versions are old enough: its cost is what changed, never what there is.
 */
export class Recency<T extends Link> {
  #newest: T | null = null;

  get newest(): T | null {
    return this.#newest;
  }

  /** Puts a link in front. It must not stand in a list. */
  push(link: T): void {
    link.older = this.#newest;
    link.newer = null;
    if (this.#newest !== null) this.#newest.newer = link;
    this.#newest = link;
  }

  remove(link: T): void {
    if (link.newer !== null) link.newer.older = link.older;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only links of type T are ever pushed.
    else if (this.#newest === link) this.#newest = link.older as T | null;
    if (link.older !== null) link.older.newer = link.newer;
    link.newer = null;
    link.older = null;
  }

  /** Moves a link to the front. */
  touch(link: T): void {
    if (this.#newest === link) return;
    this.remove(link);
    this.push(link);
  }

  /** Links newer than a version, newest first. The list must not move while this is read. */
  *since(version: number): Generator<T> {
    for (let link = this.#newest; link !== null && link.version > version;) {
      yield link;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only links of type T are ever pushed.
      link = link.older as T | null;
    }
  }
}
