/**
 * Commands that were given and not yet answered, in order. They outlive connections: all unanswered ones are sent again under
 * the same id, and the server answers a repeat without doing it twice. ./commands.ts shows them before they are confirmed,
 * takes them back and keeps them for the next page.
 */
import type { JsonObject, Mut, MutResult } from '@statewire/protocol';
import { localFailure, type CommandResult, type Conflict } from '../errors.ts';
import type { Inside } from '../inside.ts';
import { COMMAND_AGE_MS_MAX, type Command, type Given } from './given.ts';

/** Commands that may wait for an answer at once; beyond it a command fails with `overloaded`. */
export const IN_FLIGHT_MAX = 512;

/** Commands that may be on the wire at once. */
const ON_WIRE_MAX = 16;

/** What the server says of a conflict. */
export type Contest = Pick<Conflict, 'version' | 'fields' | 'theirs'>;

export interface Waiting {
  given: Given;
  readonly resolve: (result: CommandResult) => void;
  isSent: boolean;
}

export class InFlight {
  protected readonly inside: Inside;
  protected entries: Map<string, Waiting> = new Map();
  #onWire = 0;
  #last = 0;

  constructor(inside: Inside) {
    this.inside = inside;
  }

  /** Takes a command in, and says how it ends. `isOptimistic` is for those who can show it before it is confirmed. */
  add(command: Command, _isOptimistic: boolean): Promise<CommandResult> {
    return this.enter({ command, isOptimistic: false, before: null });
  }

  /**
   * Commands to send now, oldest first: at most `ON_WIRE_MAX` are on the wire and not answered, and one per record, so that
   * none overtakes another that was refused for its rate. What is too old is answered here.
   */
  next(now: number): readonly Mut[] {
    const frames: Mut[] = [];
    const busy = new Set<string>();
    for (const { isSent, given } of this.entries.values()) if (isSent) busy.add(recordOf(given));
    for (const entry of this.entries.values()) {
      if (this.#onWire >= ON_WIRE_MAX) break;
      const record = recordOf(entry.given);
      if (entry.isSent || busy.has(record)) continue;
      if (now - entry.given.at >= COMMAND_AGE_MS_MAX) {
        this.finish(entry, localFailure('expired', 'older than a day and not sent; look and decide'));
        continue;
      }
      // A record without an id is nobody else's.
      if (entry.given.command.k !== '') busy.add(record);
      entry.isSent = true;
      this.#onWire += 1;
      frames.push({ t: 'mut', m: entry.given.m, ...entry.given.command });
    }
    return frames;
  }

  /** The server had no time for this one: it is sent again later. */
  postpone(m: string): void {
    const entry = this.entries.get(m);
    if (entry?.isSent !== true) return;
    entry.isSent = false;
    this.#onWire -= 1;
  }

  /** The connection is gone, and with it every answer on its way. */
  unplug(): void {
    this.#onWire = 0;
    for (const entry of this.entries.values()) entry.isSent = false;
  }

  /** The server answered; an answer that nobody waits for is a repeat and is dropped. */
  answer(result: MutResult): void {
    const entry = this.entries.get(result.m);
    if (entry === undefined) return;
    this.postpone(result.m);
    this.finish(entry, result.ok ? this.success(entry.given, result) : this.#failure(entry.given, result));
  }

  /** No answer can come any more. */
  failAll(code: string, message: string): void {
    const waiting = [...this.entries.values()];
    this.entries.clear();
    this.#onWire = 0;
    for (const { resolve } of waiting) resolve(localFailure(code, message));
  }

  /** The server has told news of the rows. */
  told(): void {
    // Nothing lies over them here.
  }

  protected enter(words: Omit<Given, 'm' | 'at' | 'own'>): Promise<CommandResult> {
    if (this.entries.size >= IN_FLIGHT_MAX) {
      const message = `${IN_FLIGHT_MAX} commands wait for an answer, as many as may; wait for some of them`;
      return Promise.resolve(localFailure('overloaded', message));
    }
    this.#last += 1;
    const { tab, driver } = this.inside;
    const given: Given = { ...words, m: `${tab}.${this.#last}`, at: driver().clock.now(), own: null };
    const { promise, resolve } = Promise.withResolvers<CommandResult>();
    this.entries.set(given.m, { given, resolve, isSent: false });
    this.entered(given);
    return promise;
  }

  /** A command waits now. */
  protected entered(_given: Given): void {
    // Nobody looks here.
  }

  protected finish({ given, resolve }: Waiting, result: CommandResult): void {
    this.entries.delete(given.m);
    resolve(result);
  }

  protected success(
    _given: Given,
    { k, v, value }: Extract<MutResult, { ok: true }>,
  ): Extract<CommandResult, { ok: true }> {
    return { ok: true, id: k, version: v, value: value ?? null, undo: null };
  }

  /** What people need to go on after a conflict. */
  protected contested(given: Given, contest: Contest): Conflict {
    const { command, isOptimistic } = given;
    const { version, fields } = contest;
    return {
      ...contest,
      yours: pick(command.f ?? {}, fields),
      base: null,
      retry: (merged = {}) =>
        this.inside.driver().command({ ...command, f: { ...command.f, ...merged }, base: version }, isOptimistic),
    };
  }

  #failure(given: Given, { code, msg, v, cur = {}, fields = [] }: Extract<MutResult, { ok: false }>): CommandResult {
    const isContest = code === 'conflict' && v !== undefined;
    const conflict = isContest ? this.contested(given, { version: v, fields, theirs: cur }) : null;
    return { ok: false, code, message: msg, conflict };
  }
}

/** The record a command is about. */
export function recordOf({ command }: Pick<Given, 'command'>): string {
  return `${command.c}/${command.k}`;
}

/** Of these values those of some fields. */
export function pick(values: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    fields.filter((field) => Object.hasOwn(values, field)).map((field) => [field, values[field] ?? null]),
  );
}
