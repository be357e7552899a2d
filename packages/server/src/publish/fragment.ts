/**
 * The text of one record's change, made once and used in every frame that needs it.
 *
 * What an update says depends on where the caller stands: the fields whose version is newer than `from`. Between two
 * field versions that set is the same for every `from`, so a text is kept with the interval [lo, hi) of positions
 * it is right for. Callers at different positions mostly fall into the same interval, and one entry holds a few.
 */
import { readField, toAscii, type Json } from '@statewire/protocol';
import type { Entry } from '../keep/live.ts';
import { SOUND, type Planted } from './planted.ts';

/** Texts of the records of one organization, for views that show the same fields. */
export class Fragments {
  readonly #fields: ReadonlySet<string> | null;
  readonly #planted: Planted;
  readonly #slots = new Map<number, Slot>();

  /** `fields`: only these are shown; null means all. */
  constructor(fields: ReadonlySet<string> | null, planted: Planted = SOUND) {
    this.#fields = fields;
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
    if (this.#fields === null) return entry.text();
    const slot = this.#slot(entry);
    slot.all ??= this.#projected(entry, this.#fields);
    return slot.all;
  }

  #projected(entry: Entry, fields: ReadonlySet<string>): string {
    const shown: Record<string, Json> = {};
    for (const field of fields) shown[field] = entry.row[field] ?? null;
    return toAscii(JSON.stringify(shown));
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
    const dot = path.indexOf('.');
    const field = dot < 0 ? path : path.slice(0, dot);
    if (this.#fields !== null && !this.#fields.has(field)) return null;
    if (dot >= 0 && (entry.fieldVersions.get(field) ?? entry.baseVersion) > from) return null;
    return `${toAscii(JSON.stringify(path))}:${toAscii(JSON.stringify(readField(entry.row, path)))}`;
  }
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
