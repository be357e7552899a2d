import type { Row } from '@statewire/protocol';
import { wishKey, type Wish } from '../state/ask.ts';
import { UNASKED, type CollectionState, type Freshness } from './shown.ts';
import type { Views } from './views.ts';

/** What a view needs of its client. */
export interface ViewSource {
  readonly views: Views;
}

/**
 * A live view over records. It is only a handle: nothing is subscribed until `subscribe`, and two views of the
 * same wish share one subscription.
 */
export class CollectionView<T extends Row> {
  /** Equal for views that show the same. */
  readonly key: string;
  readonly #views: Views;
  readonly #wish: Wish;
  readonly #intervalMs: number | undefined;

  constructor(source: ViewSource, wish: Wish, intervalMs: number | undefined) {
    this.key = wishKey(wish);
    this.#views = source.views;
    this.#wish = wish;
    this.#intervalMs = intervalMs;
  }

  /** What it shows now. The same object until something changes. */
  readonly get = (): CollectionState<T> => typed<T>(this.#views.peek(this.#wish));

  /** What it shows before there is a connection; for server rendering. */
  readonly getInitial = (): CollectionState<T> => typed<T>(UNASKED);

  /** Calls `listener` after each change until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => this.#views.join(this.#wish, this.#intervalMs, listener);

  get rows(): readonly T[] {
    return this.get().rows;
  }

  get freshness(): Freshness {
    return { ...this.get().freshness, verifiedAt: this.verifiedAt };
  }

  /** When it was last known to be true, on the server's clock; moves with every sign of life. */
  get verifiedAt(): number | null {
    return this.#views.verifiedAt(this.#wish);
  }

  /** How old the newest change was when it arrived, ms by the server's clock; null before any came on this connection. */
  get lagMs(): number | null {
    return this.#views.lagMs(this.#wish);
  }
}

// The type was chosen with the collection.
function typed<T extends Row>(state: CollectionState<Row>): CollectionState<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the server sends rows of the collection's type only.
  return state as CollectionState<T>;
}
