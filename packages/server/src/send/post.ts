/**
 * One HTTP exchange with a receiver, over the egress. Secrets travel over checked TLS; plain HTTP is for receivers in
 * the operator's own network (a Gotify next door), never for an address of the open internet.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ok, type Json, type Result } from '@statewire/protocol';
import { denialOf } from '../collect/egress/addresses.ts';
import { Budget } from '../collect/egress/budget.ts';
import type { Fault } from '../collect/egress/fault.ts';
import { Lane } from '../collect/egress/lane.ts';
import { retryAfter } from '../collect/probes/classify.ts';
import { fault, type SendDeps, type SendFault } from './channels/channel.ts';
import { clip } from './notice.ts';

export interface Post {
  readonly method?: 'DELETE' | 'POST' | 'PUT' | undefined;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: string | Buffer;
  /** Values that must not come back to anybody in an error. */
  readonly hide: readonly string[];
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as text; null when it was too large, broken or cut. */
  readonly text: string | null;
}

/** A JSON body with its header. */
export function json(
  value: Json,
  headers: Readonly<Record<string, string>> = {},
): {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  return { body: JSON.stringify(value), headers: { 'content-type': 'application/json', ...headers } };
}

/** Sends and reads the answer, whatever its status. */
export async function exchange(deps: SendDeps, post: Post): Promise<Result<Reply, SendFault>> {
  const { clock, limits, egress, signal } = deps;
  const url = URL.parse(post.url);
  if (url === null || !/^https?:$/.test(url.protocol))
    return fault('bad_url', 'The URL of the channel is not an http or https URL.', 'never');
  if (url.username !== '' || url.password !== '')
    return fault('bad_url', 'The URL of the channel carries a user or password; set them as secrets.', 'never');
  const budget = new Budget(clock, limits.sendTimeoutMs);
  const host = url.host;
  if (url.protocol === 'http:') {
    const pinned = await pinPrivate(deps, url.hostname, url.port === '' ? 80 : Number(url.port));
    if (!pinned.ok) return pinned;
    url.hostname = isIP(pinned.value) === 6 ? `[${pinned.value}]` : pinned.value;
  }
  const lane = new Lane({ egress, clock, limits });
  const onAbort = (): void => lane.close();
  signal.addEventListener('abort', onAbort);
  try {
    if (signal.aborted) return ABORTED;
    const sent = await lane.send({
      method: post.method ?? 'POST',
      url,
      headers: { 'user-agent': 'statewire', ...post.headers, host },
      body: post.body,
      connectTimeoutMs: limits.sendConnectTimeoutMs,
      budget,
    });
    if (!sent.ok) return faultOf(sent);
    // The status is the answer; a body that cannot be read takes nothing from it.
    const text = await sent.value.text(budget, limits.sendAnswerBytesMax);
    return ok({ status: sent.value.status, headers: sent.value.headers, text: text.ok ? text.value : null });
  } finally {
    signal.removeEventListener('abort', onAbort);
    lane.close();
  }
}

/** The same, and any status but 2xx is a fault. `say` finds the receiver's own words in its answer, when it documents where they are. */
export async function post(
  deps: SendDeps,
  what: Post,
  say: (reply: Reply) => string = () => '',
): Promise<Result<Reply, SendFault>> {
  const reply = await exchange(deps, what);
  if (!reply.ok || (reply.value.status >= 200 && reply.value.status < 300)) return reply;
  return refusal(deps, reply.value, scrub(say(reply.value), what.hide));
}

/** An answer that is no success, as a fault. */
export function refusal(deps: SendDeps, reply: Reply, said = ''): { readonly ok: false } & SendFault {
  const { status, headers } = reply;
  const words = said === '' ? '.' : `: ${said}`;
  const wait = retryAfter(headers['retry-after'], deps.clock.now());
  const retryAfterMs = wait === null ? undefined : Math.min(wait, deps.limits.sendRetryAfterMsMax);
  if (status === 429)
    return fault('rate_limited', `The receiver limits the rate of notices (HTTP 429)${words}`, 'later', retryAfterMs);
  if (status >= 500 || status === 408 || status === 425) {
    return fault('http_5xx', `The receiver failed with HTTP ${status}${words}`, 'later', retryAfterMs);
  }
  if (status >= 300 && status < 400) {
    return fault('redirect', `The receiver redirects (HTTP ${status}); enter the address it redirects to.`, 'never');
  }
  return fault('refused_by_receiver', `The receiver refused the notice with HTTP ${status}${words}`, 'never');
}

/** A 2xx whose body is not what the receiver documents: something else answered in its place. */
export function strange(expected: string): { readonly ok: false } & SendFault {
  return fault(
    'bad_answer',
    `The receiver answered with success, but not with ${expected}; something else may have answered in its place.`,
    'later',
  );
}

/** A JSON object in a text, or null. */
export function parsed(text: string | null): Readonly<Record<string, unknown>> | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a receiver said, fit for a log: one short line without anything that was given to be kept. */
export function scrub(text: string, hide: readonly string[]): string {
  let clean = text;
  for (const form of hide.flatMap(formsOf)) clean = clean.replaceAll(form, '***');
  return clip(clean.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim(), 200);
}

/** A secret, as it may come back: whole, encoded, or that part of it which alone is the secret (a token in a URL). */
function formsOf(secret: string): readonly string[] {
  const parts = secret.split(/[/:?&=]/).filter((part) => part.length >= PART_LENGTH_MIN);
  return [secret, encodeURIComponent(secret), ...parts].filter((form) => form.length >= FORM_LENGTH_MIN);
}

const PART_LENGTH_MIN = 8;
const FORM_LENGTH_MIN = 4;

export const ABORTED: { readonly ok: false } & SendFault = fault(
  'aborted',
  'This server was stopped meanwhile.',
  'later',
);

/** A fault of the egress or the lane as one of sending. */
export function faultOf(found: Fault): { readonly ok: false } & SendFault {
  if (found.code === 'aborted') return ABORTED;
  const isOurs = found.code === 'egress_denied' || found.code === 'bad_request';
  return fault(found.code, found.message, isOurs ? 'never' : 'later');
}

/**
 * What is said without TLS is said in the open, so it goes only where every address is one of the operator's own network,
 * and to the address that was judged: a name that changes its mind meanwhile gains nothing. The value is that address.
 */
export async function pinPrivate(deps: SendDeps, host: string, port: number): Promise<Result<string, SendFault>> {
  const checked = await inTime(deps, deps.egress.check(host, port));
  if (!checked.ok) return faultOf(checked);
  if (checked.value.some((address) => denialOf(address) === null)) {
    return fault(
      'plaintext',
      'The channel would say secrets without TLS on the open internet; use https or TLS.',
      'never',
    );
  }
  return ok(checked.value[0] ?? '');
}

/** A lookup that never answers must not hold a sending. */
function inTime<T>(deps: SendDeps, work: Promise<Result<T, Fault>>): Promise<Result<T, Fault>> {
  return new Promise((resolve) => {
    const timer = deps.clock.after(deps.limits.sendConnectTimeoutMs, () =>
      resolve({ ok: false, code: 'dns', message: 'The host name could not be resolved in time.' }),
    );
    void work.then((result) => {
      timer.cancel();
      resolve(result);
    });
  });
}
