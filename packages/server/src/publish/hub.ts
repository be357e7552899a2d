/**
 * Who should hear of a change. Views are found by an index: each view lies under one pair (field, value) that all its
 * records share, so that a change is offered only to the views of its old and its new values, and to those few
 * that have no such pair.
 */
import {
  equalities,
  filterKey,
  ok,
  readField,
  refuse,
  type Filter,
  type Json,
  type Result,
  type Scalar,
} from '@statewire/protocol';
import type { Change, Committed } from '../keep/commit-types.ts';
import type { Entry, Live } from '../keep/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { Fragments, topOf } from './fragment.ts';
import { Lane, type Subscription } from './lane.ts';
import { SOUND, type Planted } from './planted.ts';
import { NOWHERE, View } from './view.ts';

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
    const key = JSON.stringify([org, wish.collection, filterKey(wish.filter), wish.fields]);
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
    tenant.views += 1;
    const view = this.#make(wish, key, tenant);
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
    const before = this.#clock.mono() - this.#limits.viewLingerMs;
    for (const [view, since] of this.#idle) {
      if (since > before) break;
      this.#drop(view);
    }
    for (const view of this.#views.values()) view.cool();
  }

  /** Numbers for metrics. */
  get stats(): { readonly views: number; readonly idleViews: number } {
    return { views: this.#views.size, idleViews: this.#idle.size };
  }

  close(): void {
    this.#views.clear();
    this.#orgs.clear();
    this.#idle.clear();
  }

  #tenant(org: string): string {
    return this.#planted.tenantUnchecked ? '' : org;
  }

  #offer(views: ReadonlySet<View> | undefined, { change, fields, touched }: Offer): void {
    if (views === undefined) return;
    for (const view of views) {
      if (view.stamp === this.#stamp) continue;
      view.stamp = this.#stamp;
      if (view.apply(change, fields)) touched.push(view);
    }
  }

  #make(wish: Wish, key: string, tenant: Org): View {
    this.#lastW += 1;
    const fields = wish.fields === null ? null : new Set(wish.fields.map(topOf));
    const group = tenant.groups.get(wish.collection) ?? newGroup();
    tenant.groups.set(wish.collection, group);
    const view = new View(
      {
        live: this.#live,
        limits: this.#limits,
        // Views that show all fields share their texts; one that shows a few has its own.
        fragments: fields === null ? tenant.fragments : new Fragments(wish.fields, this.#planted),
        planted: this.#planted,
      },
      { w: this.#lastW, key, org: wish.org, collection: wish.collection, filter: wish.filter, fields },
      this.#candidates(wish),
    );
    const place = placeOf(wish.filter, group);
    if (place === null) group.scanned.add(view);
    else for (const value of place.values) bucket(group, place.field, value).add(view);
    return view;
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

  #evictIdle(org: string): boolean {
    for (const view of this.#idle.keys()) {
      if (view.org !== org) continue;
      this.#drop(view);
      return true;
    }
    return false;
  }

  #drop(view: View): void {
    this.#idle.delete(view);
    this.#views.delete(view.key);
    const tenant = this.#orgs.get(this.#tenant(view.org));
    const group = tenant?.groups.get(view.collection);
    if (tenant === undefined || group === undefined) return;
    tenant.views -= 1;
    if (group.scanned.delete(view)) return;
    for (const [field, byValue] of group.indexed) {
      for (const { values } of pairsOf(view.filter).filter((pair) => pair.field === field)) {
        for (const value of values) {
          const views = byValue.get(value);
          views?.delete(view);
          if (views?.size === 0) byValue.delete(value);
        }
      }
      if (byValue.size === 0) group.indexed.delete(field);
    }
  }
}

/** One change on its way to the views it may concern. */
interface Offer {
  readonly change: Change;
  readonly fields: readonly string[] | null;
  readonly touched: View[];
}

/** The names of the fields a change touched; null when the record is new or gone. */
function fieldsOf({ before, after, patch }: Change): readonly string[] | null {
  if (before === null || after === null || patch === null) return null;
  return Object.keys(patch).map(topOf);
}

/** The views of one organization. */
interface Org {
  readonly groups: Map<string, Group>;
  readonly fragments: Fragments;
  views: number;
}

function newOrg(planted: Planted): Org {
  return { groups: new Map(), fragments: new Fragments(null, planted), views: 0 };
}

/** The views of one collection: under one of their pairs, or among those offered every change. */
interface Group {
  readonly indexed: Map<string, Map<Json, Set<View>>>;
  readonly scanned: Set<View>;
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

function bucket(group: Group, field: string, value: Json): Set<View> {
  const byValue = group.indexed.get(field) ?? new Map<Json, Set<View>>();
  group.indexed.set(field, byValue);
  const views = byValue.get(value) ?? new Set<View>();
  byValue.set(value, views);
  return views;
}
