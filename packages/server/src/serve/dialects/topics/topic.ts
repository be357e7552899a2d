/** One topic that a caller listens to: the views behind it, and what they come to. */
import type { JsonObject, Json } from '@statewire/protocol';
import type { Event } from '../line.ts';
import type { Params } from '../pattern.ts';
import { say, type Scene } from '../shape.ts';
import type { Template } from './template.ts';

/** Lets through what the caller asked for beside the topic's name. */
export type Passes = (row: JsonObject) => boolean;

/** Views by their number on the caller's line. */
export interface Rows {
  rows(s: number): Iterable<JsonObject>;
}

export class Topic {
  readonly name: string;
  readonly template: Template;
  /** The numbers of its views, the one it is about first. */
  readonly views: Map<string, number> = new Map();
  readonly #params: Params;
  readonly #passes: Passes;
  readonly #rows: Rows;
  readonly #waiting = new Set<number>();
  #said = '';

  constructor(
    { name, template, params }: { readonly name: string; readonly template: Template; readonly params: Params },
    passes: Passes,
    rows: Rows,
  ) {
    this.name = name;
    this.template = template;
    this.#params = params;
    this.#passes = passes;
    this.#rows = rows;
  }

  get isLoaded(): boolean {
    return this.#waiting.size === 0;
  }

  isAwaiting(s: number): boolean {
    return this.#waiting.has(s);
  }

  waitFor(view: string, s: number): void {
    this.views.set(view, s);
    this.#waiting.add(s);
  }

  /** True when that was the last view it waited for. */
  loaded(s: number): boolean {
    return this.#waiting.delete(s) && this.isLoaded;
  }

  /** Records in the view it is about. */
  get size(): number {
    return this.#main().length;
  }

  /** All of it, as it is now. */
  whole(): readonly Json[] {
    const rows = this.#main();
    const { template } = this;
    if (template.say === 'each') return rows.map((row) => say(template.data, this.#scene(row)));
    if (template.say === 'list') return [rows.map((row) => say(template.data, this.#scene(row)))];
    return [say(template.data, this.#scene(rows[0] ?? {}))];
  }

  /** As `whole`, and nothing when that is what was said last. */
  news(): readonly Json[] {
    const whole = this.whole();
    const text = JSON.stringify(whole);
    if (text === this.#said) return [];
    this.#said = text;
    return whole;
  }

  /** What is said of one record that changed; nothing for those that it is not about. */
  change(s: number, event: Event): readonly Json[] {
    const { template } = this;
    if (template.say !== 'each' || s !== this.#first) return [];
    const before = event.type === 'enter' ? undefined : event.before;
    const wasIn = before !== undefined && this.#passes(before);
    if (event.type !== 'leave' && this.#passes(event.row)) {
      const message = say(template.data, this.#scene(event.row, before));
      // Another field of the record changed than those that are said.
      if (wasIn && JSON.stringify(message) === JSON.stringify(say(template.data, this.#scene(before, before))))
        return [];
      return [message];
    }
    if (!wasIn) return [];
    return [
      template.gone === undefined
        ? { id: event.id, status: 'unknown', gone: true }
        : say(template.gone, this.#scene(before, before)),
    ];
  }

  get #first(): number | undefined {
    return this.views.values().next().value;
  }

  #main(): readonly JsonObject[] {
    const first = this.#first;
    return first === undefined ? [] : Array.from(this.#rows.rows(first)).filter((row) => this.#passes(row));
  }

  #scene(row: JsonObject, before?: JsonObject): Scene {
    return {
      params: this.#params,
      row,
      before,
      rows: (view) => {
        const s = this.views.get(view);
        return s === undefined ? [] : Array.from(this.#rows.rows(s));
      },
    };
  }
}
