/** YAML and JSON of strangers as plain values: bounded in depth and in what aliases unfold to, without prototype keys. */
import { isForbiddenKey, refuse, ok, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { parseDocument } from 'yaml';
import { isNestedDeeper } from '../../lib/yaml-nesting.ts';
import { innerJson, isObject } from './read.ts';

const ALIASES_MAX = 100;

/** What a file may be. */
export interface FileLimits {
  readonly jsonDepthMax: number;
  readonly importYamlBytesMax: number;
}

/** Reads a file whose top is an object. JSON is YAML too, and read by the same rules. */
export function parseFile(text: string, limits: FileLimits): Result<JsonObject> {
  const { jsonDepthMax: depthMax, importYamlBytesMax } = limits;
  // A backup of a thousand monitors is megabytes of JSON; as YAML it would be read for seconds.
  if (text.trimStart().startsWith('{')) {
    const value = innerJson(text);
    if (isObject(value)) return plain(value, depthMax);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > importYamlBytesMax) {
    // Everybody else waits while YAML is read.
    const expected = `expected at most ${importYamlBytesMax}; split the file, or write it as JSON`;
    return refuse('too_large', `found ${bytes} bytes of YAML, ${expected}`);
  }
  if (isNestedDeeper(text, depthMax))
    return refuse('bad_field', `found more than ${depthMax} levels, expected a flatter file`);
  const doc = parseDocument(text, { prettyErrors: true, strict: true, uniqueKeys: true });
  const [error] = doc.errors;
  if (error !== undefined) return refuse('bad_field', `the file cannot be read: ${error.message.slice(0, 300)}`);
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (failure) {
    // Too many aliases: a few lines that unfold into gigabytes.
    if (!(failure instanceof ReferenceError)) throw failure;
    return refuse('bad_field', `found aliases that unfold too far, expected at most ${ALIASES_MAX}`);
  }
  if (!isObject(value)) return refuse('bad_field', 'found no map at the top of the file, expected one');
  return plain(value, depthMax);
}

function plain(value: JsonObject, depthMax: number): Result<JsonObject> {
  const flaw = flawOf(value, depthMax);
  return flaw === null ? ok(value) : refuse('bad_field', `the file holds ${flaw}`);
}

function flawOf(value: Json, depth: number): string | null {
  if (depth < 0) return 'more levels than are read';
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a number that JSON cannot hold';
  if (typeof value === 'string') return value.isWellFormed() ? null : 'text with half a surrogate pair';
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (isForbiddenKey(key)) return `the key ${key}`;
    const flaw = flawOf(inner, depth - 1);
    if (flaw !== null) return flaw;
  }
  return null;
}
