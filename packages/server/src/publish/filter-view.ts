import { filterFields, matches } from '@statewire/protocol';
import type { Change } from '../keep/commit-types.ts';
import type { Entry } from '../keep/live.ts';
import type { Audience, Heard } from './audience.ts';
import { hasAny } from './audience.ts';
import { View, type ViewDeps, type ViewParts } from './view.ts';

/** All records that pass a filter. */
export class FilterView extends View implements Audience {
  stamp = 0;
  readonly #filterFields: ReadonlySet<string>;

  constructor(deps: ViewDeps, parts: ViewParts, candidates: Iterable<Entry>) {
    super(deps, parts);
    this.#filterFields = new Set(filterFields(parts.filter));
    for (const entry of candidates) {
      if (matches(parts.filter, entry.row)) this.found(entry.rid, entry.id, { entry, since: 0 });
    }
  }

  take({ change, fields, touched }: Heard): void {
    if (this.apply(change, fields)) touched.push(this);
  }

  /**
   * Takes in one committed change; true when the view is not the same after it. `fields` are the names of the fields
   * that changed, or null when the record is new or gone.
   */
  apply(change: Change, fields: readonly string[] | null): boolean {
    const node = this.member(change.rid);
    // The new row decides who is in; who was in is what the members say, so that no leaving is missed. When nothing
    // the filter looks at has changed, that is how it stays.
    const isJudged = fields === null || this.#filterFields.has('version') || hasAny(this.#filterFields, fields);
    const isIn = isJudged ? change.after !== null && matches(this.filter, change.after) : node !== undefined;
    if (node === undefined) {
      if (!isIn) return false;
      this.enter(change.rid, change.id, change.version);
    } else if (!isIn) {
      if (this.planted.leaveMissingLive && change.after !== null) return false;
      this.leave(node, change.version, change.after === null ? 'del' : 'out');
    } else {
      if (this.fields !== null && fields !== null && !hasAny(this.fields, fields)) return false;
      this.touch(node, change.version);
    }
    this.moved(change);
    return true;
  }
}
