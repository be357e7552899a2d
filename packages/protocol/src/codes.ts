import type { Failure } from './result.ts';

/** What a caller may do about a failure: nothing, the same thing later, or something else. */
export type Retry = 'never' | 'later' | 'changed';

/** The name of one way to fail. The same words in `err`, `mr`, REST problem documents and logs. */
export type Code =
  | 'auth_expired'
  | 'auth_invalid'
  | 'auth_required'
  | 'bad_field'
  | 'bad_filter'
  | 'bad_request'
  | 'conflict'
  | 'egress_denied'
  | 'exists'
  | 'forbidden'
  | 'gone'
  | 'internal'
  | 'method_not_allowed'
  | 'not_found'
  | 'overloaded'
  | 'precondition'
  | 'rate_limited'
  | 'reset'
  | 'too_complex'
  | 'too_large'
  | 'too_many_records'
  | 'too_many_subs'
  | 'unavailable'
  | 'unknown_collection'
  | 'unknown_frame'
  | 'unsupported'
  | 'version_gone';

/** One code: its HTTP status, whether a retry can help, and what it means in one sentence. */
export interface CodeInfo {
  readonly http: number;
  /** `never`: the same request fails again. `later`: wait, then repeat it. `changed`: repeat it with something changed. */
  readonly retry: Retry;
  readonly meaning: string;
}

/** Every code, with its docs entry in docs/reference/errors.md. Append only: a code never changes its meaning. */
export const codes: Readonly<Record<Code, CodeInfo>> = {
  auth_expired: {
    http: 401,
    retry: 'changed',
    meaning: 'The credential has expired; a fresh one resumes where this one stopped.',
  },
  auth_invalid: {
    http: 401,
    retry: 'changed',
    meaning: 'The credential is malformed, unknown, revoked or signed by a stranger.',
  },
  auth_required: { http: 401, retry: 'changed', meaning: 'No credential was given and this door needs one.' },
  bad_field: { http: 422, retry: 'changed', meaning: 'A field is unknown, has the wrong type or is out of range.' },
  bad_filter: { http: 400, retry: 'changed', meaning: 'The filter is not one: wrong operator, field or value.' },
  bad_request: { http: 400, retry: 'changed', meaning: 'The message or body could not be read as what it should be.' },
  conflict: { http: 409, retry: 'changed', meaning: 'A field you touch has changed since the version you saw.' },
  egress_denied: { http: 403, retry: 'changed', meaning: 'The target is an address this server may not connect to.' },
  exists: { http: 409, retry: 'changed', meaning: 'A record with this id exists already.' },
  forbidden: { http: 403, retry: 'never', meaning: 'The credential is good and does not allow this.' },
  gone: { http: 410, retry: 'never', meaning: 'The record was deleted, or a one-time link was used or has ended.' },
  internal: { http: 500, retry: 'later', meaning: 'The server made a mistake; its log has the details.' },
  method_not_allowed: { http: 405, retry: 'never', meaning: 'The path exists and does not take this HTTP method.' },
  not_found: { http: 404, retry: 'never', meaning: 'There is no such record or path, or you may not know of it.' },
  overloaded: { http: 503, retry: 'later', meaning: 'A queue of the server is full; nothing was done.' },
  precondition: { http: 412, retry: 'changed', meaning: 'If-Match names a version that the record no longer has.' },
  rate_limited: { http: 429, retry: 'later', meaning: 'Too many requests in a short time; nothing was done.' },
  reset: { http: 409, retry: 'changed', meaning: 'The position belongs to another history; start from a snapshot.' },
  too_complex: { http: 400, retry: 'changed', meaning: 'The filter is deeper or larger than the limits.' },
  too_large: { http: 413, retry: 'changed', meaning: 'The message, body, record or result is larger than the limit.' },
  too_many_records: {
    http: 409,
    retry: 'changed',
    meaning: 'The organization holds as many records as it may; delete some first.',
  },
  too_many_subs: { http: 429, retry: 'changed', meaning: 'The connection holds as many subscriptions as it may.' },
  unavailable: {
    http: 503,
    retry: 'later',
    meaning: 'The store did not take the write, or the server is starting or stopping.',
  },
  unknown_collection: { http: 404, retry: 'changed', meaning: 'There is no collection of this name.' },
  unknown_frame: { http: 400, retry: 'changed', meaning: 'The frame kind `t` is not one this server knows.' },
  unsupported: {
    http: 415,
    retry: 'changed',
    meaning: 'The content type, protocol feature or command is not supported here.',
  },
  version_gone: { http: 410, retry: 'changed', meaning: 'History no longer reaches back to the version asked for.' },
};

/** What each close code of ours is called; in words in close-codes.ts, which clients need not carry. */
export const closeNames = {
  4001: 'restart',
  4008: 'hello_timeout',
  4401: 'token_needed',
  4408: 'stalled',
  4429: 'rate',
  4500: 'protocol',
  4501: 'version',
  4503: 'forbidden',
  4504: 'replaced',
  4505: 'identity',
} as const;

/** True when a close code asks the client to come back: ours below 4500, and every standard code. */
export function mayComeBack(closeCode: number): boolean {
  return closeCode < 4500 || closeCode > 4999;
}

/** Is this word one of our codes? */
export function isCode(word: string): word is Code {
  return Object.hasOwn(codes, word);
}

/** Makes a failure from a code and a sentence that says what was found, what was expected and what to do. */
export function refuse(code: Code, message: string): { readonly ok: false } & Failure & { readonly code: Code } {
  return { ok: false, code, message };
}
