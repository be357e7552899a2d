import type { Json, JsonObject, Row } from '@statewire/protocol';
import type { CommandResult } from './errors.ts';
import type { Wish } from './state/ask.ts';
import type { Command } from './state/given.ts';
import { CollectionView, type ViewSource } from './views/collection-view.ts';
import { RecordView } from './views/record-view.ts';
import type { CollectionState } from './views/shown.ts';
import { compileWhere, type Chosen, type FieldPath, type Where } from './where.ts';

/** What a collection needs of its client. */
export interface CollectionSource extends ViewSource {
  command(command: Command, isOptimistic: boolean): Promise<CommandResult>;
}

/** Options of a command that creates. */
export interface CreateOptions extends Pick<CommandOptions, 'optimistic' | 'why'> {
  /** Absent: the server makes one. */
  readonly id?: string | undefined;
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
  /** Show the change at once, and take it back if it is refused. The core shows it when the server has told it. */
  readonly optimistic?: boolean | undefined;
  /** The person's own reason, for the audit log of the server; at most 1,000 characters. */
  readonly why?: string | undefined;
}

/** A wish for records: narrow it down, then `subscribe` or make a `view`. Immutable. */
export class CoreQuery<T extends Row> {
  readonly name: string;
  protected readonly source: CollectionSource;
  protected readonly wish: QueryWish;

  constructor(source: CollectionSource, name: string, wish: QueryWish = {}) {
    this.source = source;
    this.name = name;
    this.wish = wish;
  }

  /** Only records for which all conditions hold. Twice: both. */
  where(where: Where<T>): CoreQuery<T> {
    return new CoreQuery<T>(this.source, this.name, this.narrowed(where));
  }

  /** At most one update each `ms`; rounded up to 0, 50, 100, 250, 1000 or 5000. */
  every(ms: number): CoreQuery<T> {
    return new CoreQuery<T>(this.source, this.name, this.paced(ms));
  }

  /** Only these fields, or keys of them (`overlay.flapping`); `id` and `version` always come along. */
  fields<P extends FieldPath<T>>(names: readonly P[]): CoreQuery<Chosen<T, P>> {
    return new CoreQuery(this.source, this.name, this.chosen(names));
  }

  /** A handle on the live view; nothing is subscribed until its `subscribe`. */
  view(): CollectionView<T> {
    const { filter, fields, part, intervalMs } = this.wish;
    return new CollectionView<T>(this.source, { collection: this.name, filter, fields, part }, intervalMs);
  }

  /** Calls `handler` with what there is now, and again after each change, until `close`. */
  subscribe(handler: (state: CollectionState<T>) => void): Subscription<T> {
    const view = this.view();
    const close = view.subscribe(() => handler(view.get()));
    handler(view.get());
    return { view, close };
  }

  protected narrowed(where: Where<T>): QueryWish {
    const { filter } = this.wish;
    const more = compileWhere(where);
    const both = filter === undefined ? more : more === undefined ? filter : ['and', filter, more];
    return { ...this.wish, filter: both };
  }

  protected paced(ms: number): QueryWish {
    return { ...this.wish, intervalMs: ms };
  }

  protected chosen(names: readonly string[]): QueryWish {
    return { ...this.wish, fields: [...new Set<string>(names)].sort() };
  }
}

/** The bodies that a collection's commands take. */
export interface Bodies {
  readonly create: object;
  readonly patch: object;
  readonly report: object;
}

/** A collection: its records to watch and its commands. Commands wait for a connection and never reject. */
export class CoreCollection<T extends Row, B extends Bodies = Bodies> extends CoreQuery<T> {
  /** One record, live. */
  record(id: string): RecordView<T> {
    return new RecordView<T>(new CoreQuery<T>(this.source, this.name, { filter: ['eq', 'id', id] }).view());
  }

  /** Creates a record. Without an id the server makes one; the result names it. */
  create(fields: B['create'], options: CreateOptions = {}): Promise<CommandResult> {
    const { id = '', optimistic = false } = options;
    return this.source.command({ c: this.name, k: id, op: 'create', f: body(fields), ...said(options) }, optimistic);
  }

  /** Changes fields of a record. Paths like `labels.env` change one key. */
  patch(id: string, fields: B['patch'], options: CommandOptions = {}): Promise<CommandResult> {
    const { optimistic = false } = options;
    return this.source.command({ c: this.name, k: id, op: 'patch', f: body(fields), ...said(options) }, optimistic);
  }

  delete(id: string, options: CommandOptions = {}): Promise<CommandResult> {
    const { optimistic = false } = options;
    return this.source.command({ c: this.name, k: id, op: 'del', ...said(options) }, optimistic);
  }

  /** Runs a named command on a record: `refresh`, `pause`, `override`, ... */
  call(
    id: string,
    name: string,
    args: { readonly [name: string]: Json } = {},
    options: Pick<CommandOptions, 'why'> = {},
  ): Promise<CommandResult> {
    return this.source.command({ c: this.name, k: id, op: 'call', name, f: args, ...said(options) }, false);
  }

  /** Reports what was observed of a record; needs the report scope. */
  report(id: string, fields: B['report']): Promise<CommandResult> {
    return this.call(id, 'report', body(fields));
  }
}

/** What of a command's options travels. */
function said({ base, why }: CommandOptions): Pick<CommandOptions, 'base' | 'why'> {
  return { ...(base === undefined ? {} : { base }), ...(why === undefined ? {} : { why }) };
}

/** The fields as they travel. */
export function body(fields: object): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: JSON leaves out what is undefined, and a body holds JSON values only.
  return fields as JsonObject;
}

/** What a query has been narrowed down to. */
export interface QueryWish extends Partial<Omit<Wish, 'collection'>> {
  readonly intervalMs?: number | undefined;
}
