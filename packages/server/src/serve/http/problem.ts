import { codes, isCode, type Failure, type JsonObject } from '@statewire/protocol';
import type { z } from 'zod';

/** What a refusal may add to its code and sentence. */
export interface Refusal extends Failure {
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  readonly do?: string | undefined;
  /** More members of the problem document: the conflicting fields, the wrong ones. */
  readonly extra?: JsonObject | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown by what stands before a handler (body, query, guard) and turned into a response in one place, router.ts. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'RefusedError';
    this.refusal = refusal;
  }
}

/** An RFC 9457 problem document with our code. `code` is for programs, `detail` for people, `do` says the next step. */
export function problem(refusal: Refusal): Response {
  const known = isCode(refusal.code) ? codes[refusal.code] : codes.internal;
  const code = isCode(refusal.code) ? refusal.code : 'internal';
  const body = {
    type: `urn:statewire:error:${code}`,
    title: known.meaning,
    status: known.http,
    code,
    detail: refusal.message,
    ...(refusal.found === undefined ? {} : { found: refusal.found }),
    ...(refusal.expected === undefined ? {} : { expected: refusal.expected }),
    do: refusal.do ?? advice[known.retry],
    retry: known.retry,
    ...refusal.extra,
  };
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...refusal.headers,
  });
  if (known.http === 401)
    headers.set(
      'www-authenticate',
      `Bearer realm="statewire", error="${code === 'auth_required' ? 'invalid_request' : 'invalid_token'}"`,
    );
  if (known.retry === 'later' && !headers.has('retry-after')) headers.set('retry-after', '1');
  return new Response(JSON.stringify(body), { status: known.http, headers });
}

/** The first thing that is wrong in words, and all of them as a list. */
export function refusalOf(error: z.ZodError, where: 'body' | 'query'): Refusal {
  const errors = error.issues
    .slice(0, 20)
    .map((issue) => ({ path: clip(issue.path.map(String).join('.')), message: clip(issue.message) }));
  const [first = { path: '', message: 'not what was expected' }] = errors;
  const at = first.path === '' ? where : `${where} field ${first.path}`;
  return {
    code: where === 'body' ? 'bad_field' : 'bad_request',
    message: `${at}: ${first.message}`,
    expected: 'the fields listed for this route in /openapi.json',
    do: 'correct the fields listed in errors and send it again',
    extra: { errors },
  };
}

const advice = {
  never: 'do not repeat this request; something else is needed',
  later: 'wait, then repeat the same request',
  changed: 'change what the detail names and send it again',
} as const;

/** The caller's own words come back in a refusal, but not a megabyte of them. */
function clip(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
}

const TEXT_MAX = 200;
