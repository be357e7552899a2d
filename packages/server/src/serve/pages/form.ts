import type { Context } from 'hono';
import { assertMediaType, readText } from '../http/body.ts';
import { rawHeadersOf } from '../http/router.ts';

/** Reads the body of a form without files. */
export async function readForm(
  context: Context,
  limits: { readonly pageFormBytesMax: number },
): Promise<URLSearchParams> {
  assertMediaType(context.req.raw, rawHeadersOf(context), FORM_TYPE, 'application/x-www-form-urlencoded');
  return new URLSearchParams(await readText(context.req.raw, limits.pageFormBytesMax));
}

const FORM_TYPE = /^application\/x-www-form-urlencoded(?: ?; ?charset="?utf-8"?)?$/iu;
