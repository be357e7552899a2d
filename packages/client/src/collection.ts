import type { Aggregate, Direction, GroupFields, Json, Row } from '@statewire/protocol';
import type { CommandResult } from './errors.ts';
import { giveBulk, type BulkLine, type BulkResult } from './bulk.ts';
import {
  CoreCollection,
  CoreQuery,
  body,
  type Bodies,
  type CommandOptions,
  type CreateOptions,
} from './core-collection.ts';
import type { Part } from './state/ask.ts';
import { CollectionView } from './views/collection-view.ts';
import type { RecordView } from './views/record-view.ts';
import type { Chosen, FieldOf, FieldPath, Where } from './where.ts';

/** A field to sort or group by: one of the type's, or one key of an object field; any, where the type names none. */
export type SortField<T extends Row> =
  | FieldPath<T>
  | 'id'
  | 'version'
  | `${string}.${string}`
  | ([FieldOf<T>] extends ['id' | 'org' | 'version'] ? string : never);

/** What to count and add up. */
export interface AggregateWish<T extends Row> {
  /** One group for each value of this field; absent: one group of all. */
  readonly by?: SortField<T> | undefined;
  readonly sum?: readonly SortField<T>[] | undefined;
  readonly avg?: readonly SortField<T>[] | undefined;
  readonly min?: readonly SortField<T>[] | undefined;
  readonly max?: readonly SortField<T>[] | undefined;
}

/** What is said of the records that share a value. */
export type Group = Row & GroupFields;

/** A wish for records: narrow it down, then `subscribe` or make a `view`. Immutable. */
export class Query<T extends Row> extends CoreQuery<T> {
  override where(where: Where<T>): Query<T> {
    return new Query<T>(this.source, this.name, this.narrowed(where));
  }

  override every(ms: number): Query<T> {
    return new Query<T>(this.source, this.name, this.paced(ms));
  }

  override fields<P extends FieldPath<T>>(names: readonly P[]): Query<Chosen<T, P>> {
    return new Query(this.source, this.name, this.chosen(names));
  }

  /** In this order; twice: by the second where the first is equal. What is left is ordered by id. */
  sort(field: SortField<T>, direction: Direction = 'asc'): Query<T> {
    return this.#only({ sort: [...(this.wish.part?.sort ?? []), [field, direction]] });
  }

  /** Only so many records, 1 to 1000: the first ones of the order. The state says how many there are in all. */
  limit(count: number): Query<T> {
    return this.#only({ limit: count });
  }

  /** The `limit` records behind a place: the `endCursor` of the state of the same query before it. */
  after(cursor: string): Query<T> {
    return this.#only({ after: cursor, before: undefined, skip: undefined });
  }

  /** The `limit` records before a place: a `startCursor`. */
  before(cursor: string): Query<T> {
    return this.#only({ before: cursor, after: undefined, skip: undefined });
  }

  /** The `limit` records behind the first `count`, whichever these are: for scrollbars. */
  skip(count: number): Query<T> {
    return this.#only({ skip: count, after: undefined, before: undefined });
  }

  /** How many there are, live and without the records: one group, or one for each value of `by`. */
  count(options: { readonly by?: SortField<T> | undefined } = {}): CollectionView<Group> {
    return this.aggregate(options);
  }

  /** Counters and sums, live and without the records: one group, or one for each value of `by`. */
  aggregate({ by, sum, avg, min, max }: AggregateWish<T>): CollectionView<Group> {
    const agg: Aggregate = {
      count: true,
      ...(by === undefined ? {} : { by }),
      ...(sum === undefined ? {} : { sum }),
      ...(avg === undefined ? {} : { avg }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    };
    const { filter, intervalMs } = this.wish;
    const wish = { collection: this.name, filter, fields: undefined, part: { agg } };
    return new CollectionView<Group>(this.source, wish, intervalMs);
  }

  #only(more: Part): Query<T> {
    // What is undefined is left out, so that wishes that say the same are the same.
    const entries = Object.entries({ ...this.wish.part, ...more }).filter(([, value]) => value !== undefined);
    const part: Part = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    return new Query<T>(this.source, this.name, { ...this.wish, part });
  }
}

/** A collection: its records to watch and its commands. Commands wait for a connection and never reject. */
export class Collection<T extends Row, B extends Bodies = Bodies> extends Query<T> {
  readonly #core = new CoreCollection<T, B>(this.source, this.name);

  /** One record, live. */
  record(id: string): RecordView<T> {
    return this.#core.record(id);
  }

  /** Creates a record. Without an id the server makes one; the result names it. */
  create(fields: B['create'], options?: CreateOptions): Promise<CommandResult> {
    return this.#core.create(fields, options);
  }

  /** Changes fields of a record. Paths like `labels.env` change one key. */
  patch(id: string, fields: B['patch'], options?: CommandOptions): Promise<CommandResult> {
    return this.#core.patch(id, fields, options);
  }

  delete(id: string, options?: CommandOptions): Promise<CommandResult> {
    return this.#core.delete(id, options);
  }

  /**
   * Many commands as one call. Each line stands for itself: one that is refused does not undo the others, and the result says
   * which is which. They travel at the pace the server allows.
   */
  bulk(lines: readonly BulkLine<B>[], options: Pick<CommandOptions, 'optimistic'> = {}): Promise<BulkResult> {
    return giveBulk(this, lines, options);
  }

  /** Runs a named command on a record: `refresh`, `pause`, `override`, ... */
  call(
    id: string,
    name: string,
    args?: { readonly [name: string]: Json },
    options?: Pick<CommandOptions, 'why'>,
  ): Promise<CommandResult> {
    return this.#core.call(id, name, args, options);
  }

  /** Reports what was observed of a record; needs the report scope. */
  report(id: string, fields: B['report']): Promise<CommandResult> {
    return this.call(id, 'report', body(fields));
  }
}
