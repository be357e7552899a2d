/**
 * The memory of all records: what is true now, for every organization. Moved by commit.ts only, after a batch is
 * durable. Each collection keeps its records and tombstones in a recency list (recency.ts), so that what changed since
 * a version costs what changed. Not here: what is queued (batch.ts), who is told (publish/).
 */
import { assert, type Patch, type Row } from '@statewire/protocol';
import type { Committed } from './commit-types.ts';
import { markPatch } from './field-version.ts';
import { Recency, type Link } from './recency.ts';
import { rowOfText, rowText } from './row-text.ts';
import type { StoredRecord, StoreHead } from './store.ts';

/** A record that exists. The same object for the record's whole life; read it, never write it. */
export interface Entry {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly row: Row;
  readonly version: number;
  /** Patch path to the version that wrote it last. A path that is missing has `baseVersion`. */
  readonly fieldVersions: ReadonlyMap<string, number>;
  /** The version the record had when it was made or loaded: nothing older is known of single fields. */
  readonly baseVersion: number;
  /** ASCII JSON of all fields but id, org and version. */
  text(): string;
}

/** A record that was deleted, remembered so that those who were away can be told. */
export interface Tombstone {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly version: number;
  readonly at: number;
  readonly row: null;
}

export class Live {
  // Names come from outside; a Map has no prototype to trip over.
  readonly #orgs = new Map<string, Org>();

  get(org: string, collection: string, id: string): Entry | null {
    return this.#orgs.get(org)?.collections.get(collection)?.entries.get(id) ?? null;
  }

  /** The records of a collection that exist, in no particular order. */
  entries(org: string, collection: string): Iterable<Entry> {
    return this.#orgs.get(org)?.collections.get(collection)?.entries.values() ?? [];
  }

  /** How many records a collection has. */
  size(org: string, collection: string): number {
    return this.#orgs.get(org)?.collections.get(collection)?.entries.size ?? 0;
  }

  /** How many records an organization has. */
  count(org: string): number {
    return this.#orgs.get(org)?.count ?? 0;
  }

  /** The organization's newest version; 0 when nothing was ever written. */
  version(org: string): number {
    return this.#orgs.get(org)?.version ?? 0;
  }

  /** The newest record number given out. */
  rid(org: string): number {
    return this.#orgs.get(org)?.rid ?? 0;
  }

  /** Deletions after this version are all remembered. A position below it cannot be bridged. */
  floor(org: string): number {
    return this.#orgs.get(org)?.floor ?? 0;
  }

  /** Records and tombstones touched after a version, newest first. Read it at once: it walks the live list. */
  changedSince(org: string, collection: string, version: number): Iterable<Entry | Tombstone> {
    return this.#orgs.get(org)?.collections.get(collection)?.recency.since(version) ?? [];
  }

  orgs(): Iterable<string> {
    return this.#orgs.keys();
  }

  /** The names of an organization's collections that ever had a record. */
  collections(org: string): Iterable<string> {
    return this.#orgs.get(org)?.collections.keys() ?? [];
  }

  /** Fills an empty memory: chunks of stored rows in any order, then `finish` with what the store knows of itself. */
  load(): { add(rows: readonly StoredRecord[]): void; finish(head: StoreHead): void } {
    assert(this.#orgs.size === 0, 'records are loaded into an empty memory');
    const loaded: (LiveEntry | Grave)[] = [];
    return {
      add: (rows) => {
        for (const row of rows) loaded.push(row.text === null ? new Grave(row) : LiveEntry.ofStored(row, row.text));
      },
      finish: (head) => {
        for (const org of head.orgs) this.#orgs.set(org.org, { ...emptyOrg(), ...org });
        loaded.sort((a, b) => a.version - b.version);
        for (const item of loaded) this.#place(item);
      },
    };
  }

  /**
   * Takes over one durable transaction. `texts` holds the text of each change's row, made when it was written.
   * Called by commit.ts, in order of versions.
   */
  apply(committed: Committed, texts: readonly (string | null)[]): void {
    const org = this.#org(committed.org);
    assert(committed.version === org.version + 1, `version ${committed.version} came after ${org.version}`);
    org.version = committed.version;
    // Most records of a transaction that makes many are never shown, and a text is quickly made again.
    const kept = committed.changes.length > TEXTS_MAX ? NO_TEXTS : texts;
    for (const [i, change] of committed.changes.entries()) {
      const of = collectionIn(org, change.collection);
      const entry = of.entries.get(change.id);
      if (change.after === null) {
        assert(
          entry !== undefined && entry.rid === change.rid,
          `deletion of ${change.collection}/${change.id}, which is not there`,
        );
        of.entries.delete(change.id);
        of.recency.remove(entry);
        const grave = new Grave(change);
        of.recency.push(grave);
        org.graves.add(grave);
        org.count -= 1;
      } else if (entry === undefined) {
        assert(change.rid > org.rid, `rid ${change.rid} was given out before`);
        org.rid = change.rid;
        const made = new LiveEntry(change, change.after, kept[i] ?? null);
        of.entries.set(change.id, made);
        of.recency.push(made);
        org.count += 1;
      } else {
        assert(
          entry.rid === change.rid && change.patch !== null,
          `a change of ${change.collection}/${change.id} is of another record`,
        );
        entry.move(change.after, change.patch, texts[i] ?? null);
        of.recency.touch(entry);
      }
    }
  }

  /** Forgets deletions at or before a time. The floor rises past them. Returns how many went. */
  sweep(until: number): number {
    let gone = 0;
    for (const org of this.#orgs.values()) {
      for (const grave of org.graves) {
        if (grave.at > until) break;
        org.graves.delete(grave);
        org.collections.get(grave.collection)?.recency.remove(grave);
        org.floor = Math.max(org.floor, grave.version);
        gone += 1;
      }
    }
    return gone;
  }

  /** Nothing is left of an organization, not even that there was one. Its records are deleted already. */
  forget(org: string): void {
    assert(this.count(org) === 0, `${org} is forgotten while it has records`);
    this.#orgs.delete(org);
  }

  #place(item: LiveEntry | Grave): void {
    const org = this.#orgs.get(item.org);
    assert(org !== undefined, `the store holds records of ${item.org} and no version of it`);
    assert(
      item.version <= org.version && item.rid <= org.rid,
      `${item.collection}/${item.id} is newer than its organization`,
    );
    const of = collectionIn(org, item.collection);
    of.recency.push(item);
    if (item.row === null) {
      org.graves.add(item);
      return;
    }
    assert(!of.entries.has(item.id), `the store holds ${item.collection}/${item.id} twice`);
    of.entries.set(item.id, item);
    org.count += 1;
  }

  #org(name: string): Org {
    let org = this.#orgs.get(name);
    if (org === undefined) {
      org = emptyOrg();
      this.#orgs.set(name, org);
    }
    return org;
  }
}

interface Org {
  version: number;
  rid: number;
  floor: number;
  count: number;
  readonly collections: Map<string, Collection>;
  /** Tombstones, oldest first. */
  readonly graves: Set<Grave>;
}

interface Collection {
  readonly entries: Map<string, LiveEntry>;
  readonly recency: Recency<LiveEntry | Grave>;
}

function emptyOrg(): Org {
  return { version: 0, rid: 0, floor: 0, count: 0, collections: new Map(), graves: new Set() };
}

function collectionIn(org: Org, name: string): Collection {
  let of = org.collections.get(name);
  if (of === undefined) {
    of = { entries: new Map(), recency: new Recency() };
    org.collections.set(name, of);
  }
  return of;
}

interface Key {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly version: number;
}

class LiveEntry implements Entry, Link {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly baseVersion: number;
  row: Row;
  version: number;
  newer: Link | null = null;
  older: Link | null = null;
  // Most records of a large installation rarely change: no map until the first patch.
  #fieldVersions: Map<string, number> | null = null;
  #text: string | null;

  constructor(key: Key, row: Row, text: string | null) {
    this.org = key.org;
    this.collection = key.collection;
    this.id = key.id;
    this.rid = key.rid;
    this.version = key.version;
    this.baseVersion = key.version;
    this.row = row;
    this.#text = text;
  }

  static ofStored(stored: StoredRecord, text: string): LiveEntry {
    // The text is not kept: most records are never shown, and it is quickly made again.
    return new LiveEntry(stored, rowOfText(stored, text), null);
  }

  get fieldVersions(): ReadonlyMap<string, number> {
    return this.#fieldVersions ?? NONE;
  }

  text(): string {
    this.#text ??= rowText(this.row);
    return this.#text;
  }

  move(row: Row, patch: Patch, text: string | null): void {
    assert(
      row.version > this.version,
      `version of ${this.collection}/${this.id} went back: ${this.version} -> ${row.version}`,
    );
    this.row = row;
    this.version = row.version;
    this.#text = text;
    this.#fieldVersions ??= new Map();
    markPatch(this.#fieldVersions, patch, row.version);
  }
}

class Grave implements Tombstone, Link {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly at: number;
  readonly row = null;
  version: number;
  newer: Link | null = null;
  older: Link | null = null;

  constructor(key: Key & { readonly at: number }) {
    this.org = key.org;
    this.collection = key.collection;
    this.id = key.id;
    this.rid = key.rid;
    this.version = key.version;
    this.at = key.at;
  }
}

const TEXTS_MAX = 100;
const NO_TEXTS: readonly null[] = [];
const NONE: ReadonlyMap<string, number> = new Map();
