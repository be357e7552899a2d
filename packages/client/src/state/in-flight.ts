/**
 * Commands that were given and not yet answered, in order. They outlive connections and, where something is kept, the page:
 * all unanswered ones are sent again under the same id, and the server answers a repeat without doing it twice.
 */
import { equalJson, type Failure, type JsonObject, type Mut, type MutResult } from '@statewire/protocol';
import { localFailure, type CommandResult, type Conflict } from '../errors.ts';
import { COMMAND_AGE_MS_MAX, type Command, type Given } from './given.ts';
import { Overlays } from './overlays.ts';

export type { Command } from './given.ts';

/** Commands that may wait for an answer at once; beyond it a command fails with `overloaded`. */
export const IN_FLIGHT_MAX = 512;

/** Commands that may be on the wire at once. */
const ON_WIRE_MAX = 16;

/** Refused commands that are remembered for people to look at; older ones are let go of. */
const REFUSED_MAX = 100;

/** A command that waited for a connection and was then refused: whoever gave it may no longer be there to hear. */
export interface Refusal {
  readonly given: Given;
  readonly failure: Failure;
  readonly conflict: Pick<Conflict, 'version' | 'fields' | 'theirs'> | null;
}

/** Writes down what waits, for another day. */
export interface CommandLog {
  /** A command waits, or waits with other words than before. */
  given(given: Given): void;
  /** It was answered; a refusal stays until somebody has seen it. */
  settled(m: string, refusal: Refusal | null): void;
  /** Somebody has seen the refusal. */
  seen(m: string): void;
}

export interface InFlightDeps {
  readonly tab: string;
  /** Gives a command anew: to take one back, or to try again after a conflict. */
  readonly give: (command: Command, isOptimistic: boolean) => Promise<CommandResult>;
}

export interface Waiting {
  given: Given;
  readonly resolve: (result: CommandResult) => void;
  isSent: boolean;
  /** It could not be sent when it was given, or was on the wire when that broke. */
  hasWaited: boolean;
  /** An earlier page gave it: there is nobody to tell, so it is written down until the server has answered. */
  readonly isLeft: boolean;
}

export class InFlight {
  /** Where to write down what waits; nowhere by default. */
  log: CommandLog | null = null;
  /** Called when what waits or what was refused is another. */
  changed: () => void = () => undefined;
  readonly overlays: Overlays = new Overlays();
  readonly #deps: InFlightDeps;
  #waiting = new Map<string, Waiting>();
  #refused = new Map<string, Refusal>();
  #onWire = 0;
  #last = 0;

  constructor(deps: InFlightDeps) {
    this.#deps = deps;
  }

  waiting(): Iterable<Waiting> {
    return this.#waiting.values();
  }

  refused(): Iterable<Refusal> {
    return this.#refused.values();
  }

  /**
   * Commands to send now, oldest first: at most `ON_WIRE_MAX` are on the wire and not answered, and one per record, so that
   * none overtakes another that was refused for its rate. What is too old is answered here.
   */
  next(now: number): readonly Mut[] {
    const frames: Mut[] = [];
    const busy = new Set<string>();
    for (const { isSent, given } of this.#waiting.values()) if (isSent) busy.add(recordOf(given));
    for (const entry of this.#waiting.values()) {
      if (this.#onWire >= ON_WIRE_MAX) break;
      const record = recordOf(entry.given);
      if (entry.isSent || busy.has(record)) continue;
      if (now - entry.given.at >= COMMAND_AGE_MS_MAX) {
        const message =
          'it waited for a connection for over a day and was not sent; look at the record and decide again';
        this.#finish(entry, localFailure('expired', message), null);
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
    const entry = this.#waiting.get(m);
    if (entry?.isSent !== true) return;
    entry.isSent = false;
    this.#onWire -= 1;
  }

  /** The connection is gone, and with it every answer on its way. */
  unplug(): void {
    this.#onWire = 0;
    for (const entry of this.#waiting.values()) {
      entry.isSent = false;
      entry.hasWaited = true;
    }
  }

  /** Takes a command in, and says how it ends. `waits`: there is no connection for it now; `since`: the version told so far. */
  add(
    words: Omit<Given, 'm' | 'own'>,
    { waits, since }: { readonly waits: boolean; readonly since: number },
  ): Promise<CommandResult> {
    if (this.#waiting.size >= IN_FLIGHT_MAX) {
      const message = `${IN_FLIGHT_MAX} commands wait for an answer, limit ${IN_FLIGHT_MAX}; wait for some of them`;
      return Promise.resolve(localFailure('overloaded', message));
    }
    this.#last += 1;
    const given: Given = { ...words, m: `${this.#deps.tab}.${this.#last}`, own: null };
    const { promise, resolve } = Promise.withResolvers<CommandResult>();
    this.#waiting.set(given.m, { given, resolve, isSent: false, hasWaited: waits, isLeft: false });
    if (given.isOptimistic) this.overlays.add(given.m, given.command, since);
    this.log?.given(given);
    this.changed();
    return promise;
  }

  /** Takes in what an earlier page left behind: before everything that was given since. */
  restore(left: readonly Given[], refused: readonly Refusal[], since: number): void {
    const before = new Map<string, Waiting>();
    for (const given of left) {
      if (this.#waiting.has(given.m)) continue;
      before.set(given.m, { given, resolve: () => undefined, isSent: false, hasWaited: true, isLeft: true });
      if (given.isOptimistic) this.overlays.add(given.m, given.command, since);
    }
    this.#waiting = new Map([...before, ...this.#waiting]);
    for (const each of refused) this.#refused.set(each.given.m, each);
    this.changed();
  }

  /**
   * The server answered; an answer that nobody waits for is a repeat and is dropped. Returns the collection in which what is
   * shown may be another now, or null.
   */
  answer(result: MutResult): string | null {
    const entry = this.#waiting.get(result.m);
    if (entry === undefined) return null;
    if (entry.isSent) this.#onWire -= 1;
    const { given } = entry;
    if (result.ok) {
      this.#own(given);
      this.#finish(entry, this.#success(given, result), { k: result.k, v: result.v });
    } else if (isOurOwn(given, result)) {
      // The record moved because of what we asked for before: the same command again, on top of that.
      entry.isSent = false;
      entry.given = { ...given, command: { ...given.command, base: result.v } };
      this.log?.given(entry.given);
      return null;
    } else {
      this.#finish(entry, this.#failure(given, result), null);
    }
    return given.isOptimistic ? given.command.c : null;
  }

  /** No answer can come any more. What an earlier page left stays written down: nobody was told. */
  failAll(code: string, message: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#onWire = 0;
    this.overlays.clear();
    this.#refused.clear();
    for (const { given, resolve, isLeft } of waiting) {
      if (!isLeft) this.log?.settled(given.m, null);
      resolve(localFailure(code, message));
    }
    this.changed();
  }

  /** Somebody has seen that it was refused. */
  dismiss(m: string): void {
    if (!this.#refused.delete(m)) return;
    this.log?.seen(m);
    this.changed();
  }

  /** The conflict of a refusal, with which people can go on. */
  conflictOf({ given, conflict }: Refusal): Conflict | null {
    if (conflict === null) return null;
    const { command, before, isOptimistic } = given;
    const { version, fields } = conflict;
    return {
      ...conflict,
      yours: pick(command.f ?? {}, fields),
      base: before === null ? null : pick(before, fields),
      retry: (merged = {}) => {
        this.dismiss(given.m);
        return this.#deps.give({ ...command, f: { ...command.f, ...merged }, base: version }, isOptimistic);
      },
    };
  }

  #finish(entry: Waiting, result: CommandResult, truth: { readonly k: string; readonly v: number } | null): void {
    const { given, hasWaited } = entry;
    const { m } = given;
    this.#waiting.delete(m);
    if (truth === null) this.overlays.drop(m);
    else this.overlays.confirm(m, truth.k, truth.v);
    const refusal: Refusal | null =
      result.ok || !hasWaited
        ? null
        : { given, failure: { code: result.code, message: result.message }, conflict: result.conflict };
    if (refusal !== null) this.#refuse(refusal);
    this.log?.settled(m, refusal);
    entry.resolve(result);
    this.changed();
  }

  #refuse(refusal: Refusal): void {
    this.#refused.set(refusal.given.m, refusal);
    for (const m of this.#refused.keys()) {
      if (this.#refused.size <= REFUSED_MAX) break;
      this.dismiss(m);
    }
  }

  /** What came true is no stranger's change to the commands behind it. */
  #own({ m, command }: Given): void {
    if (command.f === undefined || command.op !== 'patch') return;
    for (const entry of this.#waiting.values()) {
      const { given } = entry;
      if (given.m === m || given.command.base === undefined || recordOf(given) !== recordOf({ command })) continue;
      entry.given = { ...given, own: { ...given.own, ...command.f } };
      this.log?.given(entry.given);
    }
  }

  #success(given: Given, { k, v, value }: Extract<MutResult, { ok: true }>): CommandResult {
    const back = backOf(given, k, v);
    const undo = back === null ? null : () => this.#deps.give(back, given.isOptimistic);
    return { ok: true, id: k, version: v, value: value ?? null, undo };
  }

  #failure(given: Given, { code, msg, v, cur = {}, fields = [] }: Extract<MutResult, { ok: false }>): CommandResult {
    const conflict = code === 'conflict' && v !== undefined ? { version: v, fields, theirs: cur } : null;
    const failure: Failure = { code, message: msg };
    return { ok: false, ...failure, conflict: this.conflictOf({ given, failure, conflict }) };
  }
}

/** Does a conflict speak only of what we ourselves made of the record, and is that still there? */
function isOurOwn({ own, command }: Given, { code, v, cur, fields }: Extract<MutResult, { ok: false }>): boolean {
  if (code !== 'conflict' || own === null || v === undefined || cur === undefined || fields === undefined) return false;
  if (v <= (command.base ?? 0)) return false;
  return fields.every((field) => Object.hasOwn(own, field) && equalJson(own[field], cur[field]));
}

/** The command that takes another one back, or null. */
function backOf({ command, before }: Given, k: string, v: number): Command | null {
  const { c, op } = command;
  if (op === 'create') return { c, k, op: 'del', base: v };
  if (op !== 'patch' || before === null) return null;
  return { c, k, op: 'patch', f: before, base: v };
}

function recordOf({ command }: Pick<Given, 'command'>): string {
  return `${command.c}/${command.k}`;
}

function pick(values: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    fields.filter((field) => Object.hasOwn(values, field)).map((field) => [field, values[field] ?? null]),
  );
}
