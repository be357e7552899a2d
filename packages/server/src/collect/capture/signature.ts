/**
 * Was this said by whoever has the key, and now? Standard Webhooks: HMAC-SHA256 over `<id>.<timestamp>.<body>`, as base64 behind
 * `v1,`; several signatures, of keys that are being changed, stand beside each other.
 */
import { ok, refuse, type Result } from '@statewire/protocol';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed request carries. */
export interface Signed {
  readonly id: string | undefined;
  /** Seconds. */
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly body: string;
}

/** The id of the message, when it is one of theirs. Without a secret none is, and what is said is the same. */
export function verified(
  secret: string | null,
  { id, timestamp, signature, body }: Signed,
  at: { readonly now: number; readonly toleranceMs: number },
): Result<string> {
  if (id === undefined || timestamp === undefined || signature === undefined) {
    return refuse('auth_required', NEEDED);
  }
  if (!/^[\x21-\x7e]{1,128}$/u.test(id)) {
    return refuse('auth_invalid', 'webhook-id has 1 to 128 printable ASCII characters without spaces');
  }
  const key = Buffer.from((secret ?? '').replace(/^whsec_/u, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const isTheirs =
    secret !== null &&
    signature
      .split(' ')
      .slice(0, SIGNATURES_MAX)
      .some((each) => each.startsWith('v1,') && isSame(Buffer.from(each.slice(3), 'base64'), expected));
  if (!isTheirs) {
    return refuse(
      'auth_invalid',
      'webhook-signature is not that of the secret of this capture; sign the bytes that are sent',
    );
  }
  const saidMs = /^\d{1,12}$/u.test(timestamp) ? Number(timestamp) * 1_000 : Number.NaN;
  const awayMs = Math.abs(at.now - saidMs);
  if (awayMs <= at.toleranceMs) return ok(id);
  return refuse(
    'auth_invalid',
    `webhook-timestamp is ${Number.isFinite(awayMs) ? `${Math.round(awayMs / 1_000)} s away from our clock` : 'no number of seconds'}, expected at most ${at.toleranceMs / 1_000} s; sign again and send it anew`,
  );
}

const NEEDED =
  'this route needs a key with the permission rows:report, or webhook-id, webhook-timestamp and webhook-signature';

const SIGNATURES_MAX = 8;

function isSame(found: Buffer, expected: Buffer): boolean {
  return found.length === expected.length && timingSafeEqual(found, expected);
}
