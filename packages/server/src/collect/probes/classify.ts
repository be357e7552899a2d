import type { IncomingHttpHeaders } from 'node:http';
import type { Health } from '@statewire/model';
import { fail, type Failed, type Fault } from '../egress/fault.ts';

/** What a fault means for the service. The table is docs/concepts/mcp-probe.md's. */
export function verdictOf(code: string): Health {
  if (UNKNOWN.has(code)) return 'unknown';
  return DEGRADED.has(code) ? 'degraded' : 'unhealthy';
}

/** The phase a service is in when a probe ended with this fault. */
export function phaseOf(code: string): string {
  if (NEEDS_AUTH.has(code)) return 'needs_auth';
  if (DEGRADED.has(code)) return 'ready';
  return UNKNOWN.has(code) ? 'stopped' : 'failed';
}

/** Faults that say the target wants (other) credentials. It is reachable and works: never down. */
export function isAuthFault(code: string): boolean {
  return NEEDS_AUTH.has(code) || code === 'host_rejected';
}

/** Faults where no byte of the target's protocol was seen: they say nothing about its era. */
export function isSilence(code: string): boolean {
  return code === 'timeout' || code === 'timeout_body' || code === 'no_answer';
}

/** Classes an HTTP status that is no answer. `hasCredentials`: whether this check sends any. */
export function statusFault(
  status: number,
  headers: IncomingHttpHeaders,
  options: { readonly hasCredentials: boolean; readonly now: number; readonly body?: string | undefined },
): Failed {
  const challenge = headers['www-authenticate'];
  const more = { status, ...(challenge === undefined ? {} : { challenge }) };
  if (status === 401) {
    return options.hasCredentials
      ? fail('credentials_rejected', 'The server answers, but refuses the credentials of this check (HTTP 401).', more)
      : fail('needs_auth', 'The server answers and asks for credentials (HTTP 401).', more);
  }
  if (status === 403) {
    if (challenge?.includes('insufficient_scope') === true) {
      return fail(
        'insufficient_scope',
        'The server answers, but the credentials of this check lack a scope (HTTP 403).',
        more,
      );
    }
    // Local servers guard against DNS rebinding by comparing Host; the fix is another target, not a token.
    if (
      challenge === undefined &&
      /host/i.test(options.body ?? '') &&
      /allow|invalid|reject|forbidden|denied|only/i.test(options.body ?? '')
    ) {
      return fail(
        'host_rejected',
        'The server answers, but does not accept this host name (HTTP 403); use the name it was started with.',
        more,
      );
    }
    return options.hasCredentials
      ? fail('forbidden', 'The server answers, but forbids this check (HTTP 403).', more)
      : fail('needs_auth', 'The server answers and forbids access without credentials (HTTP 403).', more);
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(headers['retry-after'], options.now);
    const again = retryAfterMs === null ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
    return fail('rate_limited', `The server answers, but limits the rate of requests (HTTP 429)${again}.`, {
      ...more,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  }
  if (status >= 500) {
    const retryAfterMs = retryAfter(headers['retry-after'], options.now);
    return fail('http_5xx', `The server answers with HTTP ${status}.`, {
      ...more,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  }
  if (status >= 300 && status < 400) {
    return fail(
      'misconfigured',
      `The target redirects (HTTP ${status}); check the address it redirects to instead.`,
      more,
    );
  }
  if (status >= 400) return fail('http_4xx', `The server answers with HTTP ${status}.`, more);
  return fail('unexpected_status', `The server answers with HTTP ${status}, which was not expected.`, more);
}

/** `Retry-After` in milliseconds, clamped to an hour so that no target can switch its check off. */
export function retryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  // Date.parse takes almost anything for a date; one without a month's name is none in HTTP.
  const ms = /^\d{1,9}$/.test(value.trim())
    ? Number(value) * 1000
    : /\b[a-z]{3}\b/i.test(value)
      ? Date.parse(value) - now
      : Number.NaN;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX) : null;
}

/** A fact reading and a reason from a fault. */
export function reasonOf(fault: Fault): { readonly code: string; readonly text: string } {
  return { code: fault.code, text: fault.message };
}

const RETRY_AFTER_MS_MAX = 3_600_000;

const NEEDS_AUTH: ReadonlySet<string> = new Set([
  'needs_auth',
  'credentials_rejected',
  'forbidden',
  'insufficient_scope',
]);

const DEGRADED: ReadonlySet<string> = new Set([
  ...NEEDS_AUTH,
  'host_rejected',
  'rate_limited',
  'unsupported_version',
  'condition_degraded',
]);

/** Faults on our side: they judge nobody. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'egress_denied',
  'aborted',
  'bad_request',
  'bad_target',
  'no_command',
  'children_full',
  'bad_condition',
  'no_ping',
]);
