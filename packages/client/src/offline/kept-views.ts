/**
 * Views on a shelf. A view is a head (where it stands, since when, how much) and its rows in bins; both are written in one
 * batch that holds only while the head is the one this tab knows, so that the rows are those of the head whichever tabs
 * write. One tab at a time writes a view: another one takes over when the head has not moved for a while.
 */
import type { OpenTold, KeptView } from '../state/keep.ts';
import type { Entry, Shelf } from './shelf.ts';
import { binOf, readHead, readRows, writeRow, type Head } from './written.ts';

export interface KeptViewsDeps {
  /** The server's time. */
  readonly now: () => number;
  readonly tab: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Rows of all views together. */
export const KEPT_ROWS_MAX = 20_000;
/** Views together. */
export const KEPT_VIEWS_MAX = 200;

export class KeptViews {
  readonly #deps: KeptViewsDeps;
  readonly #known = new Map<string, Known>();
  /** Views of which nothing may stay, and nothing does. */
  readonly #gone = new Set<string>();
  /** Views that do not fit, and how many rows they had then. */
  readonly #oversized = new Map<string, number>();

  constructor(deps: KeptViewsDeps) {
    this.#deps = deps;
  }

  /** What there is of a view, if it is whole and young enough. */
  async load(shelf: Shelf, who: string, key: string): Promise<KeptView | null> {
    const { now, maxAgeMs } = this.#deps;
    const [[entry] = [], bins = []] = await shelf.read(headKey(who, key), binPrefix(who, key));
    if (entry === undefined) return null;
    const head = readHead(entry[1]);
    const texts = bins.map(([, text]) => text);
    const rows = head === null ? null : readRows(texts, head);
    if (head === null || rows === null || now() - head.asOf > maxAgeMs) {
      await shelf.write({ when: [entry], dropAll: prefixesOf(who, key) });
      return null;
    }
    const known: Known = { text: entry[1], head, rows: null, bins: new Map() };
    for (const [i, text] of texts.entries()) {
      const bin = binNumber(bins[i]?.[0] ?? '');
      const mine = rows.filter(([rid]) => binOf(rid) === bin).map(([rid, , version]) => [rid, version] as const);
      known.bins.set(bin, { versions: new Map(mine), bytes: bytesOf(text) });
    }
    this.#known.set(place(who, key), known);
    return { org: head.org, position: { e: head.e, v: head.v }, asOf: head.asOf, rows };
  }

  /**
   * Writes what changed of a view since it was last written; false when the shelf is no longer as this tab knows it.
   * `asOfMs`: how much the time alone must have moved to be worth a write. `stands`: is what is told still this owner's?
   */
  async save(
    shelf: Shelf,
    { who, mark }: { readonly who: string; readonly mark: Entry },
    view: OpenTold,
    { asOfMs, stands }: { readonly asOfMs: number; readonly stands: () => boolean },
  ): Promise<boolean> {
    const { key, told } = view;
    const at = place(who, key);
    if (view.isDenied) return this.#gone.has(at) ? true : this.#drop(shelf, who, key);
    if (told.position === null || view.asOf === null || !told.hasData) return true;
    const known = this.#known.get(at) ?? (await this.#takeOver(shelf, who, view));
    if (known === null || told.rows.length >= (this.#oversized.get(at) ?? Infinity)) return true;
    const { position } = told;
    // While it was looked for somebody else may have come: what is told now would be theirs.
    if (position === null || view.asOf === null || !stands()) return true;
    const { head: was } = known;
    const isSame = was !== null && told.rows === known.rows && position.v === was.v && position.e === was.e;
    if (isSame && view.asOf - was.asOf < asOfMs) return true;
    const next = this.#written(view, known);
    const { head, put, drop, dropAll } = next;
    if (head.bytes > this.#deps.maxBytes || head.rows > KEPT_ROWS_MAX) {
      this.#oversized.set(at, told.rows.length * 0.9);
      return this.#drop(shelf, who, key);
    }
    // Only what grows can push others out.
    const others = was === null || head.bytes > was.bytes ? await this.#tooMuch(shelf, who, key, head) : [];
    const text = JSON.stringify(head);
    const isDone = await shelf.write({
      when: [mark, [headKey(who, key), known.text]],
      dropAll: [...(dropAll ? [binPrefix(who, key)] : []), ...others.flatMap((each) => prefixesOf(who, each))],
      drop: drop.map((bin) => binKey(who, key, bin)),
      put: [...put.map(([bin, each]): Entry => [binKey(who, key, bin), each]), [headKey(who, key), text]],
    });
    this.#gone.delete(at);
    if (isDone) this.#known.set(at, { text, head, rows: next.rows, bins: next.bins });
    else this.#known.delete(at);
    return isDone;
  }

  /** Nothing is known of the shelf any more. */
  forget(): void {
    this.#known.clear();
    this.#gone.clear();
    this.#oversized.clear();
  }

  async #drop(shelf: Shelf, who: string, key: string): Promise<boolean> {
    this.#known.delete(place(who, key));
    this.#gone.add(place(who, key));
    await shelf.write({ dropAll: prefixesOf(who, key) });
    return true;
  }

  /** A view that this tab has not written yet; null when another tab writes it, or has written something newer. */
  async #takeOver(shelf: Shelf, who: string, { key, told }: OpenTold): Promise<Known | null> {
    const { now, tab } = this.#deps;
    const [[entry] = []] = await shelf.read(headKey(who, key));
    const head = entry === undefined ? null : readHead(entry[1]);
    const position = told.position;
    if (head !== null && position !== null) {
      const age = now() - head.at;
      if (head.by !== tab && age >= 0 && age < WRITER_MS_MAX) return null;
      if (head.e === position.e && head.v > position.v && age < this.#deps.maxAgeMs) return null;
    }
    return { text: entry?.[1] ?? null, head: null, rows: null, bins: new Map() };
  }

  #written({ told, asOf }: OpenTold, known: Known): Written {
    const { now, tab } = this.#deps;
    const groups = new Map<number, ReturnType<typeof writeRow>[]>();
    let org = '';
    for (const [rid, row] of told.held()) {
      ({ org } = row);
      const bin = binOf(rid);
      const group = groups.get(bin);
      const written = writeRow(rid, row);
      if (group === undefined) groups.set(bin, [written]);
      else group.push(written);
    }
    const bins = new Map<number, Bin>();
    const put: [number, string][] = [];
    let bytes = 0;
    for (const [bin, rows] of groups) {
      const before = known.bins.get(bin);
      const isSame =
        before?.versions.size === rows.length && rows.every(([rid, , v]) => before.versions.get(rid) === v);
      if (isSame) {
        bins.set(bin, before);
      } else {
        const text = JSON.stringify(rows);
        bins.set(bin, { versions: new Map(rows.map(([rid, , v]) => [rid, v])), bytes: bytesOf(text) });
        put.push([bin, text]);
      }
      bytes += bins.get(bin)?.bytes ?? 0;
    }
    const drop = [...known.bins.keys()].filter((bin) => !groups.has(bin));
    const { e, v } = told.position ?? { e: '', v: 0 };
    const head: Head = { e, v, org, asOf: asOf ?? 0, by: tab, at: now(), rows: told.rows.length, bytes };
    return { head, rows: told.rows, bins, put, drop, dropAll: known.head === null };
  }

  /** Views that have to go so that this one fits: those that were not written for the longest time. */
  async #tooMuch(shelf: Shelf, who: string, key: string, mine: Head): Promise<readonly string[]> {
    const { maxBytes } = this.#deps;
    const [entries = []] = await shelf.read(`${who}/v/`);
    const heads = entries.flatMap(([at, text]) => {
      const each = at.slice(`${who}/v/`.length, -1);
      return each === key ? [] : [{ key: each, head: readHead(text) }];
    });
    heads.sort((a, b) => (a.head?.at ?? 0) - (b.head?.at ?? 0));
    let bytes = mine.bytes + sum(heads.map(({ head }) => head?.bytes ?? 0));
    let rows = mine.rows + sum(heads.map(({ head }) => head?.rows ?? 0));
    const gone: string[] = [];
    for (const each of heads) {
      if (bytes <= maxBytes && rows <= KEPT_ROWS_MAX && heads.length - gone.length < KEPT_VIEWS_MAX) break;
      gone.push(each.key);
      bytes -= each.head?.bytes ?? 0;
      rows -= each.head?.rows ?? 0;
    }
    for (const each of gone) this.#known.delete(place(who, each));
    return gone;
  }
}

/** Everything of one caller's views. */
export function viewPrefixes(who: string): readonly string[] {
  return [`${who}/v/`, `${who}/r/`];
}

/** A head that has not moved for so long is nobody's. */
const WRITER_MS_MAX = 10_000;

interface Bin {
  readonly versions: ReadonlyMap<number, number>;
  readonly bytes: number;
}

/** What this tab knows of a view on the shelf. */
interface Known {
  /** The head's text; null when there is none. */
  readonly text: string | null;
  /** The head, when the bins are known too. */
  readonly head: Head | null;
  readonly rows: readonly unknown[] | null;
  readonly bins: Map<number, Bin>;
}

interface Written {
  readonly head: Head;
  readonly rows: readonly unknown[];
  readonly bins: Map<number, Bin>;
  readonly put: readonly (readonly [number, string])[];
  readonly drop: readonly number[];
  readonly dropAll: boolean;
}

// A line feed ends a key of a view: there is none in it, because it is JSON.
function headKey(who: string, key: string): string {
  return `${who}/v/${key}\n`;
}

function binPrefix(who: string, key: string): string {
  return `${who}/r/${key}\n`;
}

function binKey(who: string, key: string, bin: number): string {
  return `${binPrefix(who, key)}${bin}`;
}

function binNumber(key: string): number {
  return Number(key.slice(key.lastIndexOf('\n') + 1));
}

function prefixesOf(who: string, key: string): readonly string[] {
  return [headKey(who, key), binPrefix(who, key)];
}

function place(who: string, key: string): string {
  return `${who}/${key}`;
}

/** The most that a browser takes for a text. */
function bytesOf(text: string): number {
  return text.length * 2;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
