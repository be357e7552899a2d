/**
 * The messages of PostgreSQL's own logical decoding (`pgoutput`, protocol 1), read one by one. A relation is described before the
 * first change of it and again after it was altered; changes name it by number. Values stay texts, as the database wrote them:
 * what they mean is said by the mapping (value.ts). Pure but for the relations it remembers.
 */
import { assert } from '@statewire/protocol';

/** One row: its columns by name, null for NULL. A large value that did not change is not sent, and is no key here. */
export type Columns = ReadonlyMap<string, string | null>;

/** A table as the stream describes it. */
export interface Relation {
  readonly oid: number;
  /** `public.orders`. */
  readonly table: string;
  readonly columns: readonly string[];
}

export type Message =
  | { readonly kind: 'begin'; readonly finalLsn: bigint; readonly at: number }
  | { readonly kind: 'commit'; readonly endLsn: bigint; readonly at: number }
  | { readonly kind: 'relation'; readonly relation: Relation }
  | { readonly kind: 'insert'; readonly relation: Relation; readonly row: Columns }
  /** `old` is there when the key changed, or when the table's replica identity is FULL. */
  | { readonly kind: 'update'; readonly relation: Relation; readonly old: Columns | null; readonly row: Columns }
  | { readonly kind: 'delete'; readonly relation: Relation; readonly old: Columns }
  | { readonly kind: 'truncate'; readonly relations: readonly Relation[] }
  /** Types, origins and logical messages: nothing to us. */
  | { readonly kind: 'other' };

export class PgOutput {
  readonly #relations = new Map<number, Relation>();

  /** Reads one message. Throws when it is not what the protocol says: then nothing behind it can be believed. */
  read(bytes: Buffer): Message {
    const reader = new Reader(bytes);
    const tag = reader.letter();
    switch (tag) {
      case 'B':
        return { kind: 'begin', finalLsn: reader.int64(), at: reader.time() };
      case 'C': {
        reader.skip(1 + 8);
        return { kind: 'commit', endLsn: reader.int64(), at: reader.time() };
      }
      case 'R':
        return { kind: 'relation', relation: this.#describe(reader) };
      case 'I': {
        const relation = this.#relation(reader);
        expectLetter(reader, 'N');
        return { kind: 'insert', relation, row: reader.tuple(relation, 'all') };
      }
      case 'U':
        return this.#update(reader);
      case 'D': {
        const relation = this.#relation(reader);
        const what = reader.letter();
        if (what !== 'K' && what !== 'O') throw new Error(`pgoutput: a delete holds ${what}, expected K or O`);
        return { kind: 'delete', relation, old: reader.tuple(relation, what === 'K' ? 'given' : 'all') };
      }
      case 'T': {
        const count = reader.int32();
        reader.skip(1);
        return { kind: 'truncate', relations: Array.from({ length: count }, () => this.#relation(reader)) };
      }
      case 'M':
      case 'O':
      case 'Y':
        return { kind: 'other' };
      default:
        throw new Error(`pgoutput: found a message ${JSON.stringify(tag)}, which protocol 1 does not have`);
    }
  }

  #describe(reader: Reader): Relation {
    const oid = reader.int32();
    const schema = reader.text0();
    const name = reader.text0();
    reader.skip(1);
    const columns = Array.from({ length: reader.int16() }, () => {
      reader.skip(1);
      const column = reader.text0();
      reader.skip(4 + 4);
      return column;
    });
    // An empty schema is pg_catalog, of which nobody publishes anything.
    const relation: Relation = { oid, table: `${schema === '' ? 'pg_catalog' : schema}.${name}`, columns };
    this.#relations.set(oid, relation);
    return relation;
  }

  #update(reader: Reader): Message {
    const relation = this.#relation(reader);
    let what = reader.letter();
    let old: Columns | null = null;
    if (what === 'K' || what === 'O') {
      old = reader.tuple(relation, what === 'K' ? 'given' : 'all');
      what = reader.letter();
    }
    if (what !== 'N') throw new Error(`pgoutput: an update holds ${what}, expected N`);
    return { kind: 'update', relation, old, row: reader.tuple(relation, 'all') };
  }

  #relation(reader: Reader): Relation {
    const oid = reader.int32();
    const relation = this.#relations.get(oid);
    if (relation === undefined)
      throw new Error(`pgoutput: found a change of relation ${oid}, which was never described`);
    return relation;
  }
}

function expectLetter(reader: Reader, wanted: string): void {
  const found = reader.letter();
  if (found !== wanted) throw new Error(`pgoutput: found ${JSON.stringify(found)}, expected ${wanted}`);
}

/** Microseconds since 2000-01-01, as PostgreSQL counts, to epoch milliseconds. */
const EPOCH_2000_MS = 946_684_800_000;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  letter(): string {
    return String.fromCodePoint(this.#take(1).readUInt8());
  }

  int16(): number {
    return this.#take(2).readInt16BE();
  }

  int32(): number {
    return this.#take(4).readInt32BE();
  }

  int64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  time(): number {
    return Math.floor(Number(this.#take(8).readBigInt64BE()) / 1_000) + EPOCH_2000_MS;
  }

  text0(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new Error('pgoutput: a text has no end');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A key alone fills the other columns with nulls, which say nothing: of it only what is given counts. */
  tuple(relation: Relation, which: 'all' | 'given'): Columns {
    const count = this.int16();
    assert(
      count === relation.columns.length,
      `pgoutput: ${relation.table} has ${relation.columns.length} columns, a row ${count}`,
    );
    const row = new Map<string, string | null>();
    for (const column of relation.columns) {
      const kind = this.letter();
      if (kind === 'n') {
        if (which === 'all') row.set(column, null);
      } else if (kind === 't') row.set(column, this.#take(this.int32()).toString('utf8'));
      else if (kind !== 'u')
        throw new Error(`pgoutput: a value of ${relation.table}.${column} is ${kind}, expected n, t or u`);
    }
    return row;
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.#bytes.length) throw new Error('pgoutput: a message ends before it should');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}
