/**
 * Commands that were given and not yet answered, in order. They outlive connections: after a reconnect all
 * unanswered ones are sent again under the same id, and the server answers a repeat without doing it twice.
 */
import { applyPatch, type JsonObject, type Mut, type MutResult, type Patch, type Row } from '@statewire/protocol';
import { localFailure, type CommandResult } from '../errors.ts';

/** Commands that may wait for an answer at once; beyond it a command fails with `overloaded`. */
const IN_FLIGHT_MAX = 512;

/** Commands that may be on the wire at once. */
const ON_WIRE_MAX = 16;

/** A command without its id. */
export type Command = Omit<Mut, 't' | 'm'>;

interface Waiting {
  readonly frame: Mut;
  readonly resolve: (result: CommandResult) => void;
  isSent: boolean;
}

/** A change shown before the server confirmed it. */
interface Overlay {
  readonly m: string;
  readonly c: string;
  readonly k: string;
  readonly patch: Patch;
  /** The version that made it true; null until the answer came. */
  v: number | null;
  /** Merged rows by the row they were made from, so that an unchanged row keeps its identity under an overlay. */
  readonly merged: WeakMap<Row, Row>;
}

export class InFlight {
  readonly #tab: string;
  readonly #waiting = new Map<string, Waiting>();
  #onWire = 0;
  #overlays: Overlay[] = [];
  #last = 0;

  constructor(tab: string) {
    this.#tab = tab;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Commands to send now, oldest first: at most `ON_WIRE_MAX` are on the wire and not answered. */
  next(): readonly Mut[] {
    const frames: Mut[] = [];
    for (const entry of this.#waiting.values()) {
      if (this.#onWire >= ON_WIRE_MAX) break;
      if (entry.isSent) continue;
      entry.isSent = true;
      this.#onWire += 1;
      frames.push(entry.frame);
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
    for (const entry of this.#waiting.values()) entry.isSent = false;
  }

  /** Takes a command in; `frame` is null when it was refused here, and `done` then says why. */
  add(command: Command, isOptimistic: boolean): { readonly frame: Mut | null; readonly done: Promise<CommandResult> } {
    if (this.#waiting.size >= IN_FLIGHT_MAX) {
      const message = `${IN_FLIGHT_MAX} commands wait for an answer, limit ${IN_FLIGHT_MAX}; wait for some of them`;
      return { frame: null, done: Promise.resolve(localFailure('overloaded', message)) };
    }
    this.#last += 1;
    const m = `${this.#tab}.${this.#last}`;
    const frame: Mut = { t: 'mut', m, ...command };
    const { promise, resolve } = Promise.withResolvers<CommandResult>();
    this.#waiting.set(m, { frame, resolve, isSent: false });
    if (isOptimistic && command.f !== undefined) {
      this.#overlays.push({ m, c: command.c, k: command.k, patch: command.f, v: null, merged: new WeakMap() });
    }
    return { frame, done: promise };
  }

  /**
   * The server answered; an answer that nobody waits for is a repeat and is dropped. Returns the collection in which
   * something that was shown is taken back, or null.
   */
  answer(result: MutResult): string | null {
    const entry = this.#waiting.get(result.m);
    if (entry === undefined) return null;
    this.#waiting.delete(result.m);
    if (entry.isSent) this.#onWire -= 1;
    const overlay = this.#overlays.find((each) => each.m === result.m);
    entry.resolve(resultOf(result));
    if (overlay === undefined) return null;
    if (result.ok) {
      overlay.v = result.v;
      return null;
    }
    this.#overlays = this.#overlays.filter((each) => each !== overlay);
    return overlay.c;
  }

  /** No answer can come any more. */
  failAll(code: string, message: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#onWire = 0;
    this.#overlays = [];
    for (const each of waiting) each.resolve(localFailure(code, message));
  }

  /** Collections in which something is shown that the server has not confirmed. */
  overlaid(): readonly string[] {
    return this.#overlays.length === 0 ? NONE : [...new Set(this.#overlays.map((each) => each.c))];
  }

  /** Drops overlays that no view needs any more. `isBehind` says whether a view still shows `k` as it was before `v`. */
  settle(collection: string, isBehind: (k: string, v: number) => boolean): boolean {
    const before = this.#overlays.length;
    this.#overlays = this.#overlays.filter(({ c, k, v }) => c !== collection || v === null || isBehind(k, v));
    return this.#overlays.length < before;
  }

  /** The row as the person expects it: the server's, with what was asked and not yet confirmed on top. */
  shown(collection: string, row: Row): Row {
    let shown = row;
    for (const overlay of this.#overlays) {
      if (overlay.c !== collection || overlay.k !== row.id) continue;
      // The view has caught up with the command: what it says now may be newer than what was asked.
      if (overlay.v !== null && row.version >= overlay.v) continue;
      const known = overlay.merged.get(shown);
      const merged: Row = known ?? applyPatch(shown, overlay.patch);
      if (known === undefined) overlay.merged.set(shown, merged);
      shown = merged;
    }
    return shown;
  }
}

const NONE: readonly string[] = [];

function resultOf(result: MutResult): CommandResult {
  if (result.ok) return { ok: true, id: result.k, version: result.v, value: result.value ?? null };
  const { code, msg, v, cur, fields } = result;
  const none: JsonObject = {};
  const conflict =
    code === 'conflict' && v !== undefined ? { version: v, current: cur ?? none, fields: fields ?? [] } : null;
  return { ok: false, code, message: msg, conflict };
}
