/** The rows that a JSON document holds. Pure. */
import { isJsonObject, ok, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { trouble } from './trouble.ts';

/** The rows that a document holds where the plan says. */
export function rowsOf(text: string, path: readonly string[], max: number): Result<readonly JsonObject[]> {
  let value: Json | undefined;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return trouble('unreadable', `the answer is no JSON (${text.length} characters); correct the URL`);
  }
  let at = '$';
  for (const step of path) {
    value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    at = `${at}.${step}`;
    if (value === undefined) return trouble('no_rows', `the answer has nothing at ${at}; correct rows of the capture`);
  }
  if (!Array.isArray(value)) {
    const found = value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
    return trouble('no_rows', `at ${at} the answer has ${found}, expected a list of rows; correct rows of the capture`);
  }
  if (value.length > max) {
    return trouble('too_large', `the answer has ${value.length} rows, limit ${max}; ask for fewer in the URL`);
  }
  const other = value.findIndex((row) => !isJsonObject(row));
  if (other !== -1) return trouble('no_rows', `row ${other} at ${at} is no object; correct rows of the capture`);
  return ok(value.filter((row) => isJsonObject(row)));
}
