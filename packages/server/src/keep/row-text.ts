import { collectionOf } from '@statewire/model';
import { toAscii, type Json, type JsonObject, type Row } from '@statewire/protocol';

/**
 * A row as stored and sent: ASCII JSON of all its fields but `id`, `org` and `version`, which travel beside it.
 * One byte per character, so that a text's length is its size.
 */
export function rowText(row: Row): string {
  const { id: _id, org: _org, version: _version, ...fields } = row;
  return toAscii(JSON.stringify(fields));
}

/** The row a text stands for. Fields that the model got after it was written have the model's default, or null. */
export function rowOfText(key: Key, text: string): Row {
  const stored: JsonObject = JSON.parse(text);
  const row: Row & Record<string, Json> = { id: key.id, org: key.org, version: key.version, ...stored };
  const collection = collectionOf(key.collection);
  for (const field of collection?.fields ?? []) {
    if (!Object.hasOwn(row, field)) row[field] = collection?.defaults?.[field] ?? null;
  }
  return row;
}

interface Key {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly version: number;
}
