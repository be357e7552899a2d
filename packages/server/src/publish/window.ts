/**
 * The records of an order between a place and the `limit`-th one behind it (or before it). When one of them goes another
 * is let in at the open edge, and when one comes another is pushed over it, at the version of the change that did it.
 * What it costs to follow a change does not depend on how many records there are: the order says the rank of what
 * moved, and this counts how many lie before its cursor.
 */
import type { Keys } from '@statewire/protocol';
import { hasAny } from './audience.ts';
import { isBefore, type Ordering, type Place, type Step } from './ordering.ts';
import { View, type ViewDeps, type ViewParts } from './view.ts';

/** Which part of an order. */
export interface Extent {
  readonly limit: number;
  /** From the first record behind this place. */
  readonly after?: Keys | undefined;
  /** Up to the last record before this place. */
  readonly before?: Keys | undefined;
  /** Behind so many records, whichever these are. */
  readonly skip?: number | undefined;
}

export class Window extends View {
  readonly ordering: Ordering;
  readonly #extent: Extent;
  /** Records on the near side of the cursor: those up to `after`, or those before `before`. */
  #near: number;
  #total: number;

  constructor(deps: ViewDeps, parts: ViewParts, { ordering, extent }: { ordering: Ordering; extent: Extent }) {
    super(deps, parts);
    this.ordering = ordering;
    this.#extent = extent;
    const cursor = extent.after ?? extent.before;
    this.#near = cursor === undefined ? 0 : ordering.countBefore(cursor, extent.before === undefined);
    this.#total = ordering.size;
    const [from, to] = this.#bounds();
    for (const { rid, id } of ordering.slice(from, to)) this.found(rid, id, { entry: null, since: deps.version });
  }

  /** Follows the order by one step; true when the window is not the same after it. */
  follow(step: Step): boolean {
    const { change, old, next } = step;
    const node = this.member(change.rid);
    if (old === next) {
      if (node === undefined || !this.#isTold(step.fields)) return false;
      this.touch(node, change.version);
      this.moved(change);
      return true;
    }
    const [before] = this.#bounds();
    const total = this.#total;
    this.#total = this.ordering.size;
    this.#near += this.#isNear(next) - this.#isNear(old);
    const [from, to] = this.#bounds();
    const isIn = next !== undefined && step.rank >= from && step.rank < to;
    let isChanged = total !== this.#total || before !== from;
    if (node !== undefined && !isIn) this.leave(node, change.version, change.after === null ? 'del' : 'out');
    else if (node !== undefined) this.touch(node, change.version);
    else if (isIn) this.enter(change.rid, change.id, change.version);
    isChanged ||= node !== undefined || isIn;
    if (this.#settle(from, to, change.version)) isChanged = true;
    if (isChanged) this.moved(change);
    return isChanged;
  }

  /** Lets in and out whom the change of another record moved over an edge: at most one at each. */
  #settle(from: number, to: number, version: number): boolean {
    if (this.#extent.skip === undefined) return this.#settleEdge(from, to, version);
    let isChanged = false;
    for (const place of [from - 1, to]) {
      const over = this.ordering.at(place);
      const node = over === undefined ? undefined : this.member(over.rid);
      if (node === undefined) continue;
      this.leave(node, version, 'out');
      isChanged = true;
    }
    for (const place of [from, to - 1]) {
      const inner = place < from ? undefined : this.ordering.at(place);
      if (inner === undefined || this.member(inner.rid) !== undefined || this.planted.edgeUnfilled) continue;
      this.enter(inner.rid, inner.id, version);
      isChanged = true;
    }
    return isChanged;
  }

  /** Beside a cursor one edge is fixed: whether somebody crossed the other the number of members says. */
  #settleEdge(from: number, to: number, version: number): boolean {
    const isOpenBehind = this.#extent.before === undefined;
    const missing = to - from - this.size;
    if (missing === 0) return false;
    if (missing < 0) {
      const over = this.ordering.at(isOpenBehind ? to : from - 1);
      const node = over === undefined ? undefined : this.member(over.rid);
      if (node === undefined) return false;
      this.leave(node, version, 'out');
      return true;
    }
    const inner = this.ordering.at(isOpenBehind ? to - 1 : from);
    if (inner === undefined || this.planted.edgeUnfilled) return false;
    this.enter(inner.rid, inner.id, version);
    return true;
  }

  protected override get place(): string {
    return `,"n":${this.#total},"b":${this.#bounds()[0]}`;
  }

  #bounds(): readonly [from: number, to: number] {
    const { limit, before, skip } = this.#extent;
    if (skip !== undefined) return [Math.min(skip, this.#total), Math.min(skip + limit, this.#total)];
    if (before !== undefined) return [Math.max(0, this.#near - limit), this.#near];
    return [this.#near, Math.min(this.#near + limit, this.#total)];
  }

  #isNear(place: Place | undefined): number {
    const { after, before } = this.#extent;
    const cursor = after ?? before;
    if (place === undefined || cursor === undefined) return 0;
    return isBefore(this.ordering.order, { keys: place.keys, cursor, andAt: before === undefined }) ? 1 : 0;
  }

  #isTold(fields: readonly string[] | null): boolean {
    return this.fields === null || fields === null || hasAny(this.fields, fields);
  }
}
