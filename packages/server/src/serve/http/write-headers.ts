/** What the headers of a write say beside its body. */
import type { Context } from 'hono';
import { WHY_MAX } from '../../keep/audit.ts';
import { RefusedError } from './problem.ts';

/** The key under which a repeat of this request is answered and not repeated. */
export function keyOf(context: Context): string | undefined {
  const key = context.req.header('idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,128}$/u.test(key)) return key;
  throw new RefusedError({
    code: 'bad_request',
    message: 'Idempotency-Key has 1 to 128 printable ASCII characters without spaces',
  });
}

/** The caller's own reason, as the header `statewire-why` says it: what is not ASCII is percent-encoded UTF-8. */
export function whyOf(context: Context): string | undefined {
  const said = context.req.header('statewire-why');
  if (said === undefined || said.trim() === '') return undefined;
  const why = decoded(said);
  if (why === null || why.length > WHY_MAX)
    throw new RefusedError({
      code: 'bad_request',
      message: `statewire-why has at most ${WHY_MAX} characters, percent-encoded where they are not ASCII`,
      found: `${said.length} characters`,
    });
  return why;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return null;
  }
}
