import type { Failure, Row } from '@statewire/protocol';
import type { ViewStatus } from './status.ts';

/** How current something is. Times are epoch ms on the server's clock. */
export interface Freshness {
  readonly state: ViewStatus;
  /** When it was last known to be true. While `live` it is the time of the last change; see `verifiedAt` of a view. */
  readonly verifiedAt: number | null;
  readonly version: number | null;
}

/** What a view shows at one moment. Never changes; a change makes a new one. */
export interface CollectionState<T extends Row> {
  readonly rows: readonly T[];
  get(id: string): T | undefined;
  readonly status: ViewStatus;
  readonly verifiedAt: number | null;
  readonly version: number | null;
  readonly error: Failure | null;
  readonly freshness: Freshness;
  /** False until the first snapshot is complete: an empty list then says nothing. */
  readonly hasData: boolean;
  /** Until when the rows are known to be true, epoch ms on the server's clock; null while they are true now. Label it "as of". */
  readonly asOf: number | null;
  /** Ids of rows that are shown as somebody asked for and the server has not confirmed; created ones have version 0. */
  readonly pending: ReadonlySet<string>;
  /** Of a window: records in the whole view. Null for other views, and until it is known. */
  readonly total: number | null;
  /** Of a window: how many records come before the first of these rows. */
  readonly offset: number | null;
  /** Are there records before, and behind, these? False for what is no window. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** Cursors of the first and the last row, for `before` and `after`; null without an order or without rows. */
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** What a view comes to, with nothing laid over it. */
export type Facts = Pick<CollectionState<Row>, 'rows' | 'status' | 'verifiedAt' | 'version' | 'error' | 'hasData'>;

/** All that was told, as it was told. */
export class Shown implements CollectionState<Row> {
  declare readonly rows: readonly Row[];
  declare readonly status: ViewStatus;
  declare readonly verifiedAt: number | null;
  declare readonly version: number | null;
  declare readonly error: Failure | null;
  declare readonly hasData: boolean;
  #byId: ReadonlyMap<string, Row> | null = null;

  constructor(facts: Facts) {
    Object.assign(this, facts);
  }

  get(id: string): Row | undefined {
    this.#byId ??= new Map(this.rows.map((row) => [row.id, row]));
    return this.#byId.get(id);
  }

  get asOf(): number | null {
    return this.status === 'live' ? null : this.verifiedAt;
  }

  get freshness(): Freshness {
    return { state: this.status, verifiedAt: this.verifiedAt, version: this.version };
  }

  get pending(): ReadonlySet<string> {
    return NOBODY;
  }

  get total(): number | null {
    return null;
  }

  get offset(): number | null {
    return null;
  }

  get hasBefore(): boolean {
    return false;
  }

  get hasAfter(): boolean {
    return false;
  }

  get startCursor(): string | null {
    return null;
  }

  get endCursor(): string | null {
    return null;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** What a view shows before anyone asked for it, and on a server that renders pages. */
export const UNASKED: CollectionState<Row> = new Shown({
  rows: [],
  status: 'loading',
  verifiedAt: null,
  version: null,
  error: null,
  hasData: false,
});
