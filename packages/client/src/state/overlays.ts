/**
 * What people asked for and the server has not confirmed, laid over what it told: changed fields, rows that are to be, rows
 * that are to go. Nothing told is touched, so taking back is leaving out.
 */
import { applyPatch, equalJson, type FilterJson, type JsonObject, type Row } from '@statewire/protocol';
import { fits } from './fits.ts';
import type { Command } from './given.ts';

interface Overlay {
  readonly m: string;
  readonly c: string;
  /** The record; of one that is to be and has no id yet a name of its own until the server says it. */
  k: string;
  readonly op: Command['op'];
  readonly fields: JsonObject;
  /** What was told when it was asked: the row it makes is newer. */
  readonly since: number;
  /** The version that made it true; null until the answer came. */
  v: number | null;
  /** Merged rows by the row they were made from, so that an unchanged row keeps its identity under an overlay. */
  readonly merged: WeakMap<Row, Row>;
  /** The row that is to be. */
  made: Row | null;
}

export class Overlays {
  #all: Overlay[] = [];
  readonly #pending = new Map<string, ReadonlySet<string>>();

  add(m: string, { c, k, op, f = {} }: Command, since: number): void {
    if (op !== 'create' && op !== 'patch' && op !== 'del') return;
    const id = k === '' ? `pending:${m}` : k;
    const made: Row | null = op === 'create' ? { ...f, id, org: '', version: 0 } : null;
    this.#all.push({ m, c, k: id, op, fields: f, since, v: null, merged: new WeakMap(), made });
    this.#pending.delete(c);
  }

  /** It has come true with version `v`: it stays until the views say so themselves. */
  confirm(m: string, k: string, v: number): void {
    const overlay = this.#all.find((each) => each.m === m);
    if (overlay === undefined) return;
    overlay.v = v;
    if (overlay.made !== null && overlay.k !== k) overlay.made = { ...overlay.made, id: k };
    overlay.k = k;
    this.#pending.delete(overlay.c);
  }

  /** It is not to be. Returns the collection it was in, or null. */
  drop(m: string): string | null {
    const overlay = this.#all.find((each) => each.m === m);
    if (overlay === undefined) return null;
    this.#all = this.#all.filter((each) => each !== overlay);
    this.#pending.delete(overlay.c);
    return overlay.c;
  }

  clear(): void {
    this.#all = [];
    this.#pending.clear();
  }

  /** Collections in which something is shown that the server has not told. */
  collections(): readonly string[] {
    return this.#all.length === 0 ? NONE : [...new Set(this.#all.map((each) => each.c))];
  }

  /** Records of a collection that are shown otherwise than confirmed. The same set until it is another one. */
  pending(collection: string): ReadonlySet<string> {
    if (this.#all.length === 0) return NOBODY;
    const known = this.#pending.get(collection);
    if (known !== undefined) return known;
    const ids = this.#all.filter(({ c, v }) => c === collection && v === null).map(({ k }) => k);
    const pending = ids.length === 0 ? NOBODY : new Set(ids);
    this.#pending.set(collection, pending);
    return pending;
  }

  /** Drops what no view needs any more. `isBehind` says whether a view still shows `k` as it was before `v`. */
  settle(collection: string, isBehind: (k: string, v: number, isNew: boolean) => boolean): boolean {
    const before = this.#all.length;
    this.#all = this.#all.filter(
      ({ c, k, v, op }) => c !== collection || v === null || isBehind(k, v, op === 'create'),
    );
    return this.#all.length < before;
  }

  /** One row as the person expects it, also where it is to go. */
  shown(collection: string, row: Row): Row {
    const lying = this.#all.filter(({ c, k, op }) => c === collection && k === row.id && op === 'patch');
    return topOf(row, lying) ?? row;
  }

  /** The rows as the person expects them. The very array it was given when nothing lies over it. */
  over(
    rows: readonly Row[],
    { collection, filter }: { readonly collection: string; readonly filter: FilterJson | undefined },
  ): readonly Row[] {
    const mine = this.#all.filter(({ c }) => c === collection);
    if (mine.length === 0) return rows;
    const made = new Map<string, Row>();
    const over = new Map<string, Overlay[]>();
    const told = new Set(rows.map(({ id }) => id));
    for (const each of mine) {
      if (each.made !== null) {
        if (!told.has(each.k) && !rows.some((row) => isMade(each, row))) made.set(each.k, each.made);
      } else over.set(each.k, [...(over.get(each.k) ?? []), each]);
    }
    const shown: Row[] = [];
    for (const row of [...rows, ...made.values()]) {
      const lying = over.get(row.id);
      const top = lying === undefined ? row : topOf(row, lying);
      if (top === null) continue;
      // A row that is to be is in the views it will be in. One that was told stays until it is known to go: where the filter
      // looks at fields that did not travel, nothing is known.
      const stays = told.has(row.id) ? top === row || fits(filter, top) || !fits(filter, row) : fits(filter, top);
      if (stays) shown.push(top);
    }
    return shown.length === rows.length && shown.every((row, i) => row === rows[i]) ? rows : shown;
  }
}

/** The server tells a record before it says that this is the one: it is not shown twice meanwhile. */
function isMade({ k, m, v, since, fields }: Overlay, row: Row): boolean {
  if (v !== null || k !== `pending:${m}` || row.version <= since) return false;
  return Object.keys(fields).every((field) => equalJson(row[field], fields[field]));
}

/** The row with all that lies over it, in the order it was asked; null when it is to go. */
function topOf(row: Row, lying: readonly Overlay[]): Row | null {
  let top = row;
  for (const overlay of lying) {
    // The view has caught up with the command: what it says now may be newer than what was asked.
    if (overlay.v !== null && row.version >= overlay.v) continue;
    if (overlay.op === 'del') return null;
    const known = overlay.merged.get(top);
    const merged: Row = known ?? applyPatch(top, overlay.fields);
    if (known === undefined) overlay.merged.set(top, merged);
    top = merged;
  }
  return top;
}

const NONE: readonly string[] = [];
const NOBODY: ReadonlySet<string> = new Set();
