import type { Aggregate, Direction, FilterJson, GroupFields, Json, JsonObject, Row } from '@statewire/protocol';
import type { CommandResult } from './errors.ts';
import type { Part } from './state/ask.ts';
import type { Command } from './state/given.ts';
import { giveBulk, type BulkLine, type BulkResult } from './bulk.ts';
import { CollectionView, type ViewSource } from './views/collection-view.ts';
import { RecordView } from './views/record-view.ts';
import type { CollectionState } from './views/views.ts';
import { compileWhere, type Chosen, type FieldOf, type FieldPath, type Where } from './where.ts';

/** What a collection needs of its client. */
export interface CollectionSource extends ViewSource {
  command(command: Command, isOptimistic: boolean): Promise<CommandResult>;
}

/** A running subscription. */
export interface Subscription<T extends Row> {
  readonly view: CollectionView<T>;
  readonly close: () => void;
}

/** Options of a command. */
export interface CommandOptions {
  /** The version the person saw: a touched field that changed after it is a conflict. */
  readonly base?: number | undefined;
  /** Show the change at once, and take it back if it is refused. */
  readonly optimistic?: boolean | undefined;
}

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
export class Query<T extends Row> {
  readonly name: string;
  protected readonly source: CollectionSource;
  readonly #filter: FilterJson | undefined;
  readonly #intervalMs: number | undefined;
  readonly #fields: readonly string[] | undefined;
  readonly #part: Part | undefined;

  constructor(source: CollectionSource, name: string, wish: QueryWish = {}) {
    this.source = source;
    this.name = name;
    this.#filter = wish.filter;
    this.#intervalMs = wish.intervalMs;
    this.#fields = wish.fields;
    this.#part = wish.part;
  }

  /** Only records for which all conditions hold. Twice: both. */
  where(where: Where<T>): Query<T> {
    const more = compileWhere(where);
    const filter = this.#filter === undefined ? more : more === undefined ? this.#filter : ['and', this.#filter, more];
    return new Query<T>(this.source, this.name, { ...this.#wish(), filter });
  }

  /** At most one update each `ms`; rounded up to 0, 50, 100, 250, 1000 or 5000. */
  every(ms: number): Query<T> {
    return new Query<T>(this.source, this.name, { ...this.#wish(), intervalMs: ms });
  }

  /** Only these fields, or keys of them (`overlay.flapping`); `id` and `version` always come along. */
  fields<P extends FieldPath<T>>(names: readonly P[]): Query<Chosen<T, P>> {
    return new Query(this.source, this.name, { ...this.#wish(), fields: [...new Set<string>(names)].sort() });
  }

  /** In this order; twice: by the second where the first is equal. What is left is ordered by id. */
  sort(field: SortField<T>, direction: Direction = 'asc'): Query<T> {
    return this.#only({ sort: [...(this.#part?.sort ?? []), [field, direction]] });
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
    const wish = { collection: this.name, filter: this.#filter, fields: undefined, part: { agg } };
    return new CollectionView<Group>(this.source, wish, this.#intervalMs);
  }

  /** A handle on the live view; nothing is subscribed until its `subscribe`. */
  view(): CollectionView<T> {
    const wish = { collection: this.name, filter: this.#filter, fields: this.#fields, part: this.#part };
    return new CollectionView<T>(this.source, wish, this.#intervalMs);
  }

  /** Calls `handler` with what there is now, and again after each change, until `close`. */
  subscribe(handler: (state: CollectionState<T>) => void): Subscription<T> {
    const view = this.view();
    const close = view.subscribe(() => handler(view.get()));
    handler(view.get());
    return { view, close };
  }

  #wish(): QueryWish {
    return { filter: this.#filter, intervalMs: this.#intervalMs, fields: this.#fields, part: this.#part };
  }

  #only(more: Part): Query<T> {
    // What is undefined is left out, so that wishes that say the same are the same.
    const entries = Object.entries({ ...this.#part, ...more }).filter(([, value]) => value !== undefined);
    const part: Part = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    return new Query<T>(this.source, this.name, { ...this.#wish(), part });
  }
}

/** The bodies that a collection's commands take. */
export interface Bodies {
  readonly create: object;
  readonly patch: object;
  readonly report: object;
}

/** A collection: its records to watch and its commands. Commands wait for a connection and never reject. */
export class Collection<T extends Row, B extends Bodies = Bodies> extends Query<T> {
  /** One record, live. */
  record(id: string): RecordView<T> {
    return new RecordView<T>(new Query<T>(this.source, this.name, { filter: ['eq', 'id', id] }).view());
  }

  /** Creates a record. Without an id the server makes one; the result names it. */
  create(
    fields: B['create'],
    options: Pick<CommandOptions, 'optimistic'> & { readonly id?: string | undefined } = {},
  ): Promise<CommandResult> {
    const { id = '', optimistic = false } = options;
    return this.source.command({ c: this.name, k: id, op: 'create', f: body(fields) }, optimistic);
  }

  /** Changes fields of a record. Paths like `labels.env` change one key. */
  patch(id: string, fields: B['patch'], options: CommandOptions = {}): Promise<CommandResult> {
    const { base, optimistic = false } = options;
    return this.source.command(
      { c: this.name, k: id, op: 'patch', f: body(fields), ...(base === undefined ? {} : { base }) },
      optimistic,
    );
  }

  delete(id: string, options: CommandOptions = {}): Promise<CommandResult> {
    const { base, optimistic = false } = options;
    return this.source.command({ c: this.name, k: id, op: 'del', ...(base === undefined ? {} : { base }) }, optimistic);
  }

  /**
   * Many commands as one call. Each line stands for itself: one that is refused does not undo the others, and the result says
   * which is which. They travel at the pace the server allows.
   */
  bulk(lines: readonly BulkLine<B>[], options: Pick<CommandOptions, 'optimistic'> = {}): Promise<BulkResult> {
    return giveBulk(this, lines, options);
  }

  /** Runs a named command on a record: `refresh`, `pause`, `override`, ... */
  call(id: string, name: string, args: { readonly [name: string]: Json } = {}): Promise<CommandResult> {
    return this.source.command({ c: this.name, k: id, op: 'call', name, f: args }, false);
  }

  /** Reports what was observed of a record; needs the report scope. */
  report(id: string, fields: B['report']): Promise<CommandResult> {
    return this.call(id, 'report', body(fields));
  }
}

/** The fields as they travel. */
export function body(fields: object): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: JSON leaves out what is undefined, and a body holds JSON values only.
  return fields as JsonObject;
}

interface QueryWish {
  readonly filter?: FilterJson | undefined;
  readonly intervalMs?: number | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly part?: Part | undefined;
}
