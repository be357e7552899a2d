import { isForbiddenKey, type JsonObject } from './json.ts';

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

/** Is this a record id: 1-128 of `A-Z a-z 0-9 . _ : @ -`, neither `.` nor `..`, so that it fits a URL as it is? */
export function isRecordId(text: string): boolean {
  return RECORD_ID.test(text) && text !== '.' && text !== '..' && !isForbiddenKey(text);
}

const RECORD_ID = /^[A-Za-z0-9._:@-]{1,128}$/;
