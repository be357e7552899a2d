import type { JsonObject } from './json.ts';

/**
 * A record: the current state of one thing, as a flat object of named fields. `id` is unique inside
 * (org, collection). `version` is the organization's version at which the record last changed.
 * A record always carries every field of its collection; a value that is not known is `null`.
 */
export interface Row extends JsonObject {
  readonly id: string;
  readonly org: string;
  readonly version: number;
}

/**
 * A record's number inside one organization and epoch. Keys travel once, when a record enters a view;
 * after that frames name it by rid. A rid is never reused inside an epoch.
 */
export type Rid = number;
