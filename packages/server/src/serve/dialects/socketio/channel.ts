/** One channel that a caller is in: its view, what is to be said of it, and how far that was said. */
import type { Json, JsonObject } from '@statewire/protocol';
import type { Event } from '../line.ts';
import type { Params } from '../pattern.ts';
import { say } from '../shape.ts';
import { RecordSet, type Position } from './offset.ts';
import type { ChannelTemplate, Said } from './vocabulary.ts';

/** One event for the client. */
export interface News {
  readonly event: string;
  readonly data: Json;
}

/** The line of a caller, as far as a channel needs it. */
export interface Source {
  rows(s: number): Iterable<JsonObject>;
  position(s: number): number | null;
}

export class Channel {
  readonly name: string;
  readonly template: ChannelTemplate;
  readonly s: number;
  readonly #params: Params;
  readonly #source: Source;
  readonly #set: RecordSet;
  /** How far the client was told when it was here last; nothing when it holds nothing. */
  readonly #held: Position | null;
  #news: News[] = [];
  #isListDue = false;
  #isLoaded = false;
  #size = 0;

  constructor(
    what: {
      readonly name: string;
      readonly template: ChannelTemplate;
      readonly params: Params;
      readonly s: number;
      readonly held: Position | null;
      /** Who is calling and what is asked for: other callers are in other sets. */
      readonly of: readonly string[];
    },
    source: Source,
  ) {
    this.name = what.name;
    this.template = what.template;
    this.s = what.s;
    this.#params = what.params;
    this.#held = what.held;
    this.#source = source;
    this.#set = new RecordSet(what.of);
  }

  get size(): number {
    return this.#size;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** How far everything was told once what is due has been said; null while nothing was told. */
  get position(): Position | null {
    if (!this.#isLoaded) return this.#held;
    const version = this.#source.position(this.s);
    return version === null ? null : { version, set: this.#set.name };
  }

  /** The view is held whole: who holds the same records is told what is newer, everybody else all of it. */
  loaded(rows: readonly JsonObject[]): void {
    this.#isLoaded = true;
    this.#size = rows.length;
    for (const row of rows) this.#set.add(idOf(row));
    const held = this.#held;
    const now = this.#source.position(this.s) ?? 0;
    if (held === null || held.set !== this.#set.name || held.version > now) {
      this.#isListDue = true;
      return;
    }
    for (const row of rows) {
      const { version } = row;
      if (typeof version === 'number' && version > held.version) this.#say(this.template.change, row);
    }
  }

  happened(event: Event): void {
    const { change, enter, gone } = this.template;
    if (event.type === 'update') {
      this.#say(change, event.row, event.before);
      return;
    }
    const said = event.type === 'enter' ? enter : gone;
    if (event.type === 'enter') {
      this.#size += 1;
      this.#set.add(event.id);
    } else {
      this.#size -= 1;
      this.#set.remove(event.id);
    }
    if (said === undefined) this.#isListDue = true;
    else if (event.type === 'enter') this.#say(said, event.row);
    else this.#say(said, event.before, event.before);
  }

  /** What is due, once. */
  take(): readonly News[] {
    const news = this.#news;
    this.#news = [];
    if (!this.#isListDue) return news;
    this.#isListDue = false;
    const { event, data } = this.template.list;
    const rows = Array.from(this.#source.rows(this.s), (row) => say(data, this.#scene(row)));
    return [{ event, data: rows }];
  }

  #say({ event, data }: Said, row: JsonObject, before?: JsonObject): void {
    const said = say(data, this.#scene(row, before));
    // Another field changed than those that are said.
    if (before !== undefined && event === this.template.change.event && before !== row) {
      const was = say(data, this.#scene(before, before));
      if (JSON.stringify(was) === JSON.stringify(said)) return;
    }
    this.#news.push({ event, data: said });
  }

  #scene(row: JsonObject, before?: JsonObject) {
    return { params: this.#params, row, before, rows: () => Array.from(this.#source.rows(this.s)) };
  }
}

function idOf({ id }: JsonObject): string {
  return typeof id === 'string' ? id : '';
}
