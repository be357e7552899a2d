/**
 * The text of one record's change, made once and used in every frame that needs it.
 *
 * What an update says depends on where the caller stands: the fields whose version is newer than `from`. Between two
 * field versions that set is the same for every `from`, so a text is kept with the interval [lo, hi) of positions
 * it is right for. Callers at different positions mostly fall into the same interval, and one entry holds a few.
 */
import { isArray, readField, toAscii, type Json } from '@statewire/protocol';
import type { Entry } from '../keep/live.ts';
import { SOUND, type Planted } from './planted.ts';

/** Texts of the records of one organization, for views that show the same fields. */
export class Fragments {
  /** What is shown of each field: all of it (null), or some of its keys. Null: all fields. */
  readonly #shown: ReadonlyMap<string, readonly string[] | null> | null;
  readonly #planted: Planted;
  readonly #slots = new Map<number, Slot>();

  /** `fields`: only these are shown, each a field or one key of it (`overlay.flapping`); null means all. */
  constructor(fields: readonly string[] | null, planted: Planted = SOUND) {
    this.#shown = fields === null ? null : byField(fields);
    this.#planted = planted;
  }

  /** `[rid,version,{changed fields}]` for a caller that stands at `from`. */
  update(entry: Entry, from: number): string {
    const slot = this.#slot(entry);
    for (const kept of slot.updates) if (kept.lo <= from && from < kept.hi) return kept.text;
    const made = this.#makeUpdate(entry, from);
    if (slot.updates.length >= UPDATES_KEPT) slot.updates.shift();
    slot.updates.push(made);
    return made.text;
  }

  /** `[rid,version,{all fields},"key"]`. */
  enter(entry: Entry): string {
    return `[${entry.rid},${entry.version},${this.#all(entry)},${JSON.stringify(entry.id)}]`;
  }

  /** `[rid,"key",version,{all fields}]`, one row of a snapshot. */
  row(entry: Entry): string {
    return `[${entry.rid},${JSON.stringify(entry.id)},${entry.version},${this.#all(entry)}]`;
  }

  /** Drops what is kept of a record that is gone. */
  forget(rid: number): void {
    this.#slots.delete(rid);
  }

  #slot(entry: Entry): Slot {
    const slot = this.#slots.get(entry.rid);
    if (slot !== undefined && slot.entry === entry && slot.version === entry.version) return slot;
    const fresh: Slot = { entry, version: entry.version, updates: [], all: null };
    this.#slots.set(entry.rid, fresh);
    return fresh;
  }

  #all(entry: Entry): string {
    if (this.#shown === null) return entry.text();
    const slot = this.#slot(entry);
    slot.all ??= projected(entry, this.#shown);
    return slot.all;
  }

  #makeUpdate(entry: Entry, from: number): Update {
    // Below the base version nothing is known of single fields: all of them may have changed.
    if (from < entry.baseVersion) {
      return { lo: 0, hi: entry.baseVersion, text: `[${entry.rid},${entry.version},${this.#all(entry)}]` };
    }
    let lo = entry.baseVersion;
    let hi = Number.MAX_SAFE_INTEGER;
    const parts: string[] = [];
    for (const [path, version] of entry.fieldVersions) {
      if (version <= from) {
        if (version > lo) lo = version;
        continue;
      }
      if (version < hi) hi = version;
      const part = this.#part(entry, path, from);
      if (part !== null) parts.push(part);
    }
    if (this.#planted.fieldDropped && parts.length > 3) parts.splice(1, 1);
    return { lo, hi, text: `[${entry.rid},${entry.version},{${parts.join(',')}}]` };
  }

  /** `"path":value`, or null when the path is not shown or is part of an object that is sent whole. */
  #part(entry: Entry, path: string, from: number): string | null {
    const field = topOf(path);
    const keys = this.#shown === null ? null : this.#shown.get(field);
    if (keys === undefined) return null;
    const isWhole = field === path;
    if (!isWhole && (entry.fieldVersions.get(field) ?? entry.baseVersion) > from) return null;
    if (!isWhole && keys !== null && !keys.includes(path.slice(field.length + 1))) return null;
    const value = isWhole ? shownOf(entry.row[field] ?? null, keys) : readField(entry.row, path);
    return `${toAscii(JSON.stringify(path))}:${toAscii(JSON.stringify(value))}`;
  }
}

/** The field a path begins with. */
export function topOf(path: string): string {
  return path.split('.', 1)[0] ?? path;
}

function byField(paths: readonly string[]): ReadonlyMap<string, readonly string[] | null> {
  const shown = new Map<string, string[] | null>();
  for (const path of paths) {
    const field = topOf(path);
    const keys = shown.get(field);
    if (path === field) shown.set(field, null);
    else if (keys !== null) shown.set(field, [...(keys ?? []), path.slice(field.length + 1)]);
  }
  return shown;
}

function projected(entry: Entry, shown: ReadonlyMap<string, readonly string[] | null>): string {
  const row: Record<string, Json> = {};
  for (const [field, keys] of shown) row[field] = shownOf(entry.row[field] ?? null, keys);
  return toAscii(JSON.stringify(row));
}

/** A value with only the wanted keys; what is no object is shown as it is. */
function shownOf(value: Json, keys: readonly string[] | null): Json {
  if (keys === null || typeof value !== 'object' || value === null || isArray(value)) return value;
  const some: Record<string, Json> = {};
  for (const key of keys) if (Object.hasOwn(value, key)) some[key] = value[key] ?? null;
  return some;
}

/** Positions [lo, hi) for which `text` says exactly what changed. */
interface Update {
  readonly lo: number;
  readonly hi: number;
  readonly text: string;
}

interface Slot {
  readonly entry: Entry;
  readonly version: number;
  readonly updates: Update[];
  all: string | null;
}

// One per interval class that is busy at the same time, roughly; a missing text is only made again.
const UPDATES_KEPT = 4;
