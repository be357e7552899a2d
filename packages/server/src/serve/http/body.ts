import type { Json } from '@statewire/protocol';
import { RefusedError } from './problem.ts';

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly jsonDepthMax: number;
}

/**
 * Reads a JSON body and refuses everything else: another media type, more bytes than the limit (counted while they
 * arrive, whatever Content-Length says), text that is not UTF-8, nesting beyond the limit, keys that reach a prototype.
 */
export async function readJson(
  request: Request,
  limits: BodyLimits,
  rawHeaders: readonly string[] = [],
): Promise<Json> {
  assertMediaType(request, rawHeaders, JSON_TYPE, 'application/json');
  return parseJson(await readText(request, limits.bodyBytesMax), limits.jsonDepthMax);
}

/** Text as JSON, with the same refusals. */
export function parseJson(text: string, depthMax: number): Json {
  assertDepth(text, depthMax);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RefusedError({
      code: 'bad_request',
      message: 'the body is not JSON',
      found: text === '' ? 'nothing' : 'text that JSON does not allow',
      expected: 'one JSON value',
      do: 'send valid JSON',
    });
  }
  const flaw = flawOf(value);
  if (flaw !== null)
    throw new RefusedError({
      code: 'bad_request',
      message: `the body holds ${flaw}`,
      found: flaw,
      do: 'remove it and send the request again',
    });
  return value;
}

/** Reads a UTF-8 body of at most `bytesMax`. */
export async function readText(request: Request, bytesMax: number): Promise<string> {
  return textOf(await readBytes(request, bytesMax));
}

/** Reads a body of at most `bytesMax`. */
export async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? '0');
  if (declared > bytesMax) throw tooLarge(`${declared} bytes`, bytesMax);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.byteLength;
      if (size > bytesMax) throw tooLarge(`more than ${bytesMax} bytes`, bytesMax);
      chunks.push(part.value);
    }
  } finally {
    reader.releaseLock();
    // The rest of a body that is too large is not worth reading.
    if (size > bytesMax) request.body.cancel().catch(() => undefined);
  }
  return Buffer.concat(chunks);
}

/** Bytes as text. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RefusedError({
      code: 'bad_request',
      message: 'the body is not UTF-8',
      found: 'bytes that are not UTF-8',
      expected: 'UTF-8 text',
      do: 'encode the body as UTF-8',
    });
  }
}

/** Refuses a Content-Type that is not exactly the wanted one: tricks with tabs, lists and doubles have no place here. */
export function assertMediaType(request: Request, rawHeaders: readonly string[], allowed: RegExp, name: string): void {
  const found = request.headers.get('content-type');
  const copies = rawHeaders.filter(
    (header, index) => index % 2 === 0 && header.toLowerCase() === 'content-type',
  ).length;
  if (found !== null && allowed.test(found) && copies <= 1) return;
  throw new RefusedError({
    code: 'unsupported',
    message: 'the body has another content type than this route takes',
    found: copies > 1 ? `${copies} Content-Type headers` : JSON.stringify(found ?? 'no Content-Type').slice(0, 80),
    expected: name,
    do: `send one header Content-Type: ${name}`,
  });
}

/** Space and nothing else around the parameter: a tab in Content-Type is how checks were skipped elsewhere. */
export const JSON_TYPE: RegExp = /^application\/json(?: ?; ?charset="?utf-8"?)?$/iu;

export function tooLarge(found: string, bytesMax: number): RefusedError {
  return new RefusedError({
    code: 'too_large',
    message: `the body is larger than ${bytesMax} bytes`,
    found,
    expected: `at most ${bytesMax} bytes`,
    do: 'send less at once',
    headers: { connection: 'close' },
  });
}

/** Counts nesting before anything is parsed or walked. */
function assertDepth(text: string, depthMax: number): void {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (isInString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) isInString = false;
    } else if (char === 0x22) isInString = true;
    else if (char === 0x5b || char === 0x7b) {
      depth++;
      if (depth > depthMax) {
        throw new RefusedError({
          code: 'bad_request',
          message: `the body is nested more than ${depthMax} levels deep`,
          found: `more than ${depthMax} levels`,
          expected: `at most ${depthMax}`,
          do: 'send flatter JSON',
        });
      }
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
}

/** What is wrong with a parsed value, or null. The depth is bounded by now, so recursion is safe. */
function flawOf(value: Json): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a number too large to hold';
  // Half a surrogate pair cannot be written as UTF-8: it would come back as another text than was acknowledged.
  if (typeof value === 'string') return value.isWellFormed() ? null : 'text with half a surrogate pair';
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return `the key ${key}`;
    const flaw = key.isWellFormed() ? flawOf(inner) : 'a key with half a surrogate pair';
    if (flaw !== null) return flaw;
  }
  return null;
}
