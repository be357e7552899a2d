import type { Failure, Row } from '@statewire/protocol';
import type { CollectionView } from './collection-view.ts';
import type { ViewStatus } from './status.ts';
import type { CollectionState, Freshness } from './shown.ts';

/** One record at one moment. `row` is null while unknown and, once `hasData`, when there is no such record. */
export interface RecordState<T extends Row> {
  readonly row: T | null;
  readonly status: ViewStatus;
  readonly verifiedAt: number | null;
  readonly version: number | null;
  readonly error: Failure | null;
  readonly freshness: Freshness;
  readonly hasData: boolean;
}

/** A live view of one record. A handle like `CollectionView`. */
export class RecordView<T extends Row> {
  readonly key: string;
  readonly #view: CollectionView<T>;
  readonly #states = new WeakMap<CollectionState<T>, RecordState<T>>();

  constructor(view: CollectionView<T>) {
    this.key = view.key;
    this.#view = view;
  }

  readonly get = (): RecordState<T> => this.#of(this.#view.get());

  readonly getInitial = (): RecordState<T> => this.#of(this.#view.getInitial());

  readonly subscribe = (listener: () => void): (() => void) => this.#view.subscribe(listener);

  get row(): T | null {
    return this.get().row;
  }

  get freshness(): Freshness {
    return this.#view.freshness;
  }

  get verifiedAt(): number | null {
    return this.#view.verifiedAt;
  }

  #of(state: CollectionState<T>): RecordState<T> {
    const known = this.#states.get(state);
    if (known !== undefined) return known;
    const { status, verifiedAt, version, error, freshness, hasData } = state;
    const made = { row: state.rows[0] ?? null, status, verifiedAt, version, error, freshness, hasData };
    this.#states.set(state, made);
    return made;
  }
}
