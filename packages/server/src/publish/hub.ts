/**
 * Who should hear of a change. Views are found by an index: each view lies under one pair (field, value) that all its
 * records share, so that a change is offered only to the views of its old and its new values, and to those few
 * that have no such pair.
 */
import {
  equalities,
  filterKey,
  matches,
  ok,
  readField,
  refuse,
  type Aggregate,
  type Filter,
  type Json,
  type Order,
  type Result,
  type Scalar,
} from '@statewire/protocol';
import type { Change, Committed } from '../keep/commit-types.ts';
import type { Entry, Live } from '../keep/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Audience, Heard } from './audience.ts';
import { FilterView } from './filter-view.ts';
import { Fragments, topOf } from './fragment.ts';
import { Lane, type Subscription } from './lane.ts';
import { Ordering } from './ordering.ts';
import { SOUND, type Planted } from './planted.ts';
import { Tally } from './tally.ts';
import { RecordTexts } from './texts.ts';
import { NOWHERE, type View, type ViewParts } from './view.ts';
import { Window, type Extent } from './window.ts';

export interface HubDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'entries' | 'floor' | 'get' | 'version'>;
  /** Names the version history that positions belong to. */
  readonly epoch: string;
  readonly limits: Limits;
  readonly planted?: Planted | undefined;
}

/** What a caller wants to see, already checked: the filter includes the caller's scope. */
export interface Wish {
  readonly org: string;
  readonly collection: string;
  readonly filter: Filter;
  /** Sorted, without doubles; null means all. */
  readonly fields: readonly string[] | null;
  /** Only part of them, in an order. The fields of the order are among `fields`. */
  readonly window?: (Extent & { readonly order: Order }) | undefined;
  /** Groups instead of records. */
  readonly agg?: Aggregate | undefined;
}

export class Hub {
  readonly epoch: string;
  readonly #clock: Clock;
  readonly #live: HubDeps['live'];
  readonly #limits: Limits;
  readonly #planted: Planted;
  readonly #views = new Map<string, View>();
  readonly #orgs = new Map<string, Org>();
  /** Views without subscribers and since when (monotonic ms), longest first. */
  readonly #idle = new Map<View, number>();
  #lastW = 0;
  #stamp = 0;

  constructor(deps: HubDeps) {
    this.epoch = deps.epoch;
    this.#clock = deps.clock;
    this.#live = deps.live;
    this.#limits = deps.limits;
    this.#planted = deps.planted ?? SOUND;
  }

  /** Takes in one durable transaction. Synchronous, and writes to nobody. */
  apply(committed: Committed): void {
    const touched: View[] = [];
    for (const change of committed.changes) {
      this.#stamp += 1;
      const group = this.#orgs.get(this.#tenant(change.org))?.groups.get(change.collection);
      if (group === undefined) continue;
      const fields = fieldsOf(change);
      this.#offer(group.scanned, { change, fields, touched });
      for (const [field, byValue] of group.indexed) {
        const was = change.before === null ? undefined : readField(change.before, field);
        const is = change.after === null ? undefined : readField(change.after, field);
        if (was !== undefined) this.#offer(byValue.get(was), { change, fields, touched });
        if (is !== undefined && is !== was) this.#offer(byValue.get(is), { change, fields, touched });
      }
    }
    // After the whole transaction, because its changes are one step for everybody.
    for (const view of touched) for (const lane of view.lanes) lane.mark();
  }

  /** The view for a wish; the same one for everybody with the same wish. */
  view(wish: Wish): Result<View> {
    const org = this.#tenant(wish.org);
    const key = JSON.stringify([org, wish.collection, filterKey(wish.filter), wish.fields, partOf(wish)]);
    const known = this.#views.get(key);
    if (known !== undefined) return ok(known);
    const tenant = this.#orgs.get(org) ?? newOrg(this.#planted);
    if (tenant.views >= this.#limits.viewsPerOrgMax && !this.#evictIdle(wish.org)) {
      return refuse(
        'overloaded',
        `${tenant.views} different views are open, limit ${this.#limits.viewsPerOrgMax}; use fewer different filters`,
      );
    }
    this.#orgs.set(org, tenant);
    const made = this.#make(wish, key, tenant);
    if (!made.ok) return made;
    const view = made.value;
    tenant.views += 1;
    this.#views.set(key, view);
    // Without a subscriber yet: whoever asked either joins now or the view ages like any other.
    this.#idle.set(view, this.#clock.mono());
    return ok(view);
  }

  /** Where a caller stands that names this position; NOWHERE when it cannot be told what it missed. */
  position(org: string, since: { readonly e: string; readonly v: number } | undefined): number {
    if (since === undefined) return NOWHERE;
    if (since.e !== this.epoch && !this.#planted.epochUnchecked) return NOWHERE;
    if (since.v > this.#live.version(org)) return NOWHERE;
    if (since.v < this.#live.floor(org) && !this.#planted.horizonUnchecked) return NOWHERE;
    return since.v + (this.#planted.resumeOffByOne ? 1 : 0);
  }

  /** The newest committed version of an organization. */
  version(org: string): number {
    return this.#live.version(org);
  }

  /** The lane of a view for an interval, with one subscription more in it. */
  join(view: View, intervalMs: number): Lane {
    this.#idle.delete(view);
    let lane = view.lanes.find((each) => each.intervalMs === intervalMs);
    if (lane === undefined) {
      lane = new Lane(intervalMs);
      view.lanes.push(lane);
    }
    lane.size += 1;
    return lane;
  }

  /** Takes a subscription out of its lane; a view that nobody watches lingers, so that people can resume. */
  leave(sub: Subscription): void {
    const { view, lane } = sub;
    if (sub.at === 'clean') lane.unsettle(sub);
    if (sub.at === 'dirty') sub.pace.remove(sub);
    lane.size -= 1;
    if (lane.size > 0) return;
    view.lanes.splice(view.lanes.indexOf(lane), 1);
    if (view.lanes.length === 0) this.#idle.set(view, this.#clock.mono());
  }

  /** Drops views that nobody watched for a while, and frames kept for sharing. Call about once per second. */
  sweep(): void {
    const now = this.#clock.mono();
    const { viewLingerMs, windowLingerMs } = this.#limits;
    for (const [view, since] of this.#idle) {
      // People leave windows behind as they scroll, and coming back to one costs little: what changed, and no more than it holds.
      if (now - since >= (view instanceof Window ? windowLingerMs : viewLingerMs)) this.#drop(view);
    }
    for (const view of this.#views.values()) view.cool();
  }

  /** Numbers for metrics. */
  get stats(): { readonly views: number; readonly idleViews: number; readonly orders: number } {
    let orders = 0;
    for (const { orderings } of this.#orgs.values()) orders += orderings.size;
    return { views: this.#views.size, idleViews: this.#idle.size, orders };
  }

  close(): void {
    this.#views.clear();
    this.#orgs.clear();
    this.#idle.clear();
  }

  #tenant(org: string): string {
    return this.#planted.tenantUnchecked ? '' : org;
  }

  #offer(audiences: ReadonlySet<Audience> | undefined, heard: Heard): void {
    if (audiences === undefined) return;
    for (const audience of audiences) {
      if (audience.stamp === this.#stamp) continue;
      audience.stamp = this.#stamp;
      audience.take(heard);
    }
  }

  #make(wish: Wish, key: string, tenant: Org): Result<View> {
    const { org, collection, filter, agg, window } = wish;
    const fields = wish.fields === null ? null : new Set(wish.fields.map(topOf));
    const ordering = window === undefined ? null : this.#ordering(wish, window.order, tenant);
    if (ordering?.ok === false) return ordering;
    this.#lastW += 1;
    const parts: ViewParts = { w: this.#lastW, key, org, collection, filter, fields };
    const deps = { limits: this.#limits, version: this.#live.version(org), planted: this.#planted };
    if (agg !== undefined) {
      const tally = new Tally(deps, parts, { agg, candidates: this.#candidates(wish) });
      this.#place(tenant, parts, tally);
      return ok(tally);
    }
    // Views that show all fields share their texts; one that shows a few has its own.
    const fragments = fields === null ? tenant.fragments : new Fragments(wish.fields, this.#planted);
    const texts = new RecordTexts({ live: this.#live, fragments, org, collection });
    if (ordering !== null && window !== undefined) {
      const made = new Window({ ...deps, texts }, parts, { ordering: ordering.value, extent: window });
      ordering.value.windows.add(made);
      return ok(made);
    }
    const view = new FilterView({ ...deps, texts }, parts, this.#candidates(wish));
    this.#place(tenant, parts, view);
    return ok(view);
  }

  /** The order that a window is part of; shared by all windows of it. */
  #ordering(wish: Wish, order: Order, tenant: Org): Result<Ordering> {
    const key = JSON.stringify([wish.collection, filterKey(wish.filter), order.key]);
    const known = tenant.orderings.get(key);
    if (known !== undefined) return ok(known);
    const { ordersPerOrgMax, orderedRowsPerOrgMax } = this.#limits;
    while (tenant.orderings.size >= ordersPerOrgMax && this.#evictIdle(wish.org, (view) => view instanceof Window));
    if (tenant.orderings.size >= ordersPerOrgMax) {
      return refuse(
        'too_complex',
        `${tenant.orderings.size} different orders are in use, limit ${ordersPerOrgMax}; use fewer different filters and sorts`,
      );
    }
    const candidates = [...this.#candidates(wish)].filter(({ row }) => matches(wish.filter, row));
    let rows = candidates.length;
    for (const each of tenant.orderings.values()) rows += each.size;
    if (rows > orderedRowsPerOrgMax) {
      return refuse(
        'too_complex',
        `the orders in use would hold ${rows} records, limit ${orderedRowsPerOrgMax}; filter more, or use fewer orders`,
      );
    }
    const { collection, filter } = wish;
    const made = new Ordering({ key, filter, order, planted: this.#planted }, candidates);
    tenant.orderings.set(key, made);
    this.#place(tenant, { collection, filter }, made);
    return ok(made);
  }

  /** Where it will be found by changes. */
  #place(tenant: Org, { collection, filter }: Pick<ViewParts, 'collection' | 'filter'>, audience: Audience): void {
    const group = tenant.groups.get(collection) ?? newGroup();
    tenant.groups.set(collection, group);
    const place = placeOf(filter, group);
    if (place === null) group.scanned.add(audience);
    else for (const value of place.values) bucket(group, place.field, value).add(audience);
  }

  /** Records that may be in the view: a filter that names ids needs no walk over the collection. */
  *#candidates({ org, collection, filter }: Wish): Iterable<Entry> {
    const ids = pairsOf(filter).find((pair) => pair.field === 'id')?.values;
    if (ids === undefined) {
      yield* this.#live.entries(org, collection);
      return;
    }
    for (const id of ids) {
      const entry = typeof id === 'string' ? this.#live.get(org, collection, id) : null;
      if (entry !== null) yield entry;
    }
  }

  #evictIdle(org: string, isIt: (view: View) => boolean = () => true): boolean {
    for (const view of this.#idle.keys()) {
      if (view.org !== org || !isIt(view)) continue;
      this.#drop(view);
      return true;
    }
    return false;
  }

  #drop(view: View): void {
    this.#idle.delete(view);
    this.#views.delete(view.key);
    const tenant = this.#orgs.get(this.#tenant(view.org));
    if (tenant === undefined) return;
    tenant.views -= 1;
    const group = tenant.groups.get(view.collection);
    if (!(view instanceof Window)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every kind of view but a window is offered changes itself.
      if (group !== undefined) unplace(group, view.filter, view as View & Audience);
      return;
    }
    const { ordering } = view;
    ordering.windows.delete(view);
    if (ordering.windows.size > 0) return;
    tenant.orderings.delete(ordering.key);
    if (group !== undefined) unplace(group, ordering.filter, ordering);
  }
}

/** What of a view's key is about windows and aggregates. */
function partOf({ window, agg }: Wish): Json {
  if (agg !== undefined) return ['agg', agg.by ?? null, agg.sum ?? [], agg.avg ?? [], agg.min ?? [], agg.max ?? []];
  if (window === undefined) return null;
  return [window.order.key, window.limit, window.after ?? null, window.before ?? null, window.skip ?? null];
}

/** The names of the fields a change touched; null when the record is new or gone. */
function fieldsOf({ before, after, patch }: Change): readonly string[] | null {
  if (before === null || after === null || patch === null) return null;
  return Object.keys(patch).map(topOf);
}

/** The views of one organization. */
interface Org {
  readonly groups: Map<string, Group>;
  readonly orderings: Map<string, Ordering>;
  readonly fragments: Fragments;
  views: number;
}

function newOrg(planted: Planted): Org {
  return { groups: new Map(), orderings: new Map(), fragments: new Fragments(null, planted), views: 0 };
}

/** The views and orders of one collection: under one of their pairs, or among those offered every change. */
interface Group {
  readonly indexed: Map<string, Map<Json, Set<Audience>>>;
  readonly scanned: Set<Audience>;
}

function newGroup(): Group {
  return { indexed: new Map(), scanned: new Set() };
}

/** A field and the values one of which every matching record has. */
interface Pair {
  readonly field: string;
  readonly values: readonly Scalar[];
}

/** The pair a view is found by: the one that shares its bucket with the fewest other views. */
function placeOf(filter: Filter, group: Group): Pair | null {
  let best: Pair | null = null;
  let bestCrowd = Number.POSITIVE_INFINITY;
  for (const pair of pairsOf(filter)) {
    let crowd = pair.field === 'id' ? -1 : pair.values.length;
    for (const value of pair.values) crowd += group.indexed.get(pair.field)?.get(value)?.size ?? 0;
    // A tie goes to the field that tells more records apart: one with more values in use.
    if (crowd < bestCrowd || (crowd === bestCrowd && spread(group, pair) > spread(group, best))) {
      best = pair;
      bestCrowd = crowd;
    }
  }
  return best;
}

function spread(group: Group, pair: Pair | null): number {
  return pair === null ? 0 : (group.indexed.get(pair.field)?.size ?? 0);
}

function pairsOf(filter: Filter): readonly Pair[] {
  const parts = filter.op === 'and' ? filter.of : [filter];
  const lists = parts.flatMap((part) => (part.op === 'in' ? [{ field: part.field, values: part.values }] : []));
  return [...equalities(filter).map(({ field, value }) => ({ field, values: [value] })), ...lists];
}

function unplace(group: Group, filter: Filter, audience: Audience): void {
  if (group.scanned.delete(audience)) return;
  for (const [field, byValue] of group.indexed) {
    for (const { values } of pairsOf(filter).filter((pair) => pair.field === field)) {
      for (const value of values) {
        const views = byValue.get(value);
        views?.delete(audience);
        if (views?.size === 0) byValue.delete(value);
      }
    }
    if (byValue.size === 0) group.indexed.delete(field);
  }
}

function bucket(group: Group, field: string, value: Json): Set<Audience> {
  const byValue = group.indexed.get(field) ?? new Map<Json, Set<Audience>>();
  group.indexed.set(field, byValue);
  const views = byValue.get(value) ?? new Set<Audience>();
  byValue.set(value, views);
  return views;
}
