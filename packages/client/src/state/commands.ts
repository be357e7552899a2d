/**
 * The commands of the whole client: shown before they are confirmed, taken back, tried again after a conflict, told of when
 * they were refused after their giver had left, and written down for the next page.
 */
import { equalJson, type Failure, type MutResult, type Row } from '@statewire/protocol';
import type { CommandResult, Conflict } from '../errors.ts';
import type { Inside } from '../inside.ts';
import { seenBy, type Command, type Given } from './given.ts';
import { InFlight, pick, recordOf, type Contest, type Waiting } from './in-flight.ts';
import { Overlays } from './overlays.ts';

/** Refused commands that are remembered for people to look at; older ones are let go of. */
const REFUSED_MAX = 100;

/** A command that waited for a connection and was then refused: whoever gave it may no longer be there to hear. */
export interface Refusal {
  readonly given: Given;
  readonly failure: Failure;
  readonly conflict: Contest | null;
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

export class Commands extends InFlight {
  readonly overlays: Overlays = new Overlays();
  /** Called when what waits or what was refused is another. */
  changed: () => void = () => undefined;
  #log: CommandLog | null;
  readonly #refused = new Map<string, Refusal>();
  /** Could not be sent when they were given, or were on the wire when that broke. */
  readonly #waited = new Set<string>();
  /** Given by an earlier page: there is nobody to tell, so they are written down until the server has answered. */
  readonly #left = new Set<string>();

  /** `log`: where to write down what waits, or null. */
  constructor(inside: Inside, log: CommandLog | null) {
    super(inside);
    this.#log = log;
  }

  *waiting(): Iterable<Given> {
    for (const { given } of this.entries.values()) yield given;
  }

  refused(): Iterable<Refusal> {
    return this.#refused.values();
  }

  override add(command: Command, isOptimistic: boolean): Promise<CommandResult> {
    const { isLive } = this.inside.driver();
    const row = this.#row(command.c, command.k);
    // What waits for days must not overwrite what somebody else did meanwhile, unless the app says so.
    const isDated =
      !isLive && this.#log !== null && command.op === 'patch' && command.base === undefined && row !== null;
    return this.enter({
      command: isDated ? { ...command, base: row.version } : command,
      isOptimistic,
      before: row === null ? null : seenBy(command, this.overlays.shown(command.c, row)),
    });
  }

  override unplug(): void {
    super.unplug();
    for (const m of this.entries.keys()) this.#waited.add(m);
  }

  override answer(result: MutResult): void {
    const entry = this.entries.get(result.m);
    if (entry === undefined) return;
    const { given } = entry;
    if (isOurOwn(given, result)) {
      // The record moved because of what we asked for before: the same command again, on top of that.
      this.postpone(result.m);
      this.#rewrite(entry, { ...given, command: { ...given.command, base: result.v } });
      return;
    }
    if (result.ok) this.#own(given);
    super.answer(result);
  }

  /** What an earlier page left stays written down: nobody was told. */
  override failAll(code: string, message: string): void {
    for (const m of this.entries.keys()) if (!this.#left.has(m)) this.#log?.settled(m, null);
    this.overlays.clear();
    for (const each of [this.#refused, this.#waited, this.#left]) each.clear();
    super.failAll(code, message);
    this.changed();
  }

  /** Drops what lies over rows that say so themselves by now. */
  override told(): void {
    const { asked } = this.inside.driver();
    for (const collection of this.overlays.collections()) {
      const views = [...asked.all()].filter((ask) => ask.wish.collection === collection);
      const isGone = this.overlays.settle(collection, (k, v, isNew) =>
        views.some(({ told }) => (told.get(k)?.version ?? (isNew ? 0 : v)) < v && (told.position?.v ?? v) < v),
      );
      if (isGone) this.#showAgain(collection);
    }
  }

  /** Takes in what an earlier page left behind: before everything that was given since. */
  restore(left: readonly Given[], refused: readonly Refusal[]): void {
    const driver = this.inside.driver();
    if (driver.link.at === 'closed') return;
    const before = new Map<string, Waiting>();
    for (const given of left) {
      if (this.entries.has(given.m)) continue;
      before.set(given.m, { given, resolve: () => undefined, isSent: false });
      this.#waited.add(given.m);
      this.#left.add(given.m);
      if (given.isOptimistic) this.overlays.add(given.m, given.command, this.#newest());
    }
    this.entries = new Map([...before, ...this.entries]);
    for (const each of refused) this.#refused.set(each.given.m, each);
    this.changed();
    for (const collection of this.overlays.collections()) this.#showAgain(collection);
    if (left.length > 0) driver.push();
  }

  /** Somebody has seen that it was refused. */
  dismiss(m: string): void {
    if (!this.#refused.delete(m)) return;
    this.#log?.seen(m);
    this.changed();
  }

  /** The conflict of a refusal, with which people can go on. */
  conflictOf({ given, conflict }: Refusal): Conflict | null {
    return conflict === null ? null : this.contested(given, conflict);
  }

  /** From here on nothing is written down: what waits stays for the next page. */
  close(): void {
    this.#log = null;
  }

  protected override entered(given: Given): void {
    if (!this.inside.driver().isLive) this.#waited.add(given.m);
    if (given.isOptimistic) this.overlays.add(given.m, given.command, this.#newest());
    this.#log?.given(given);
    this.changed();
    if (given.isOptimistic) this.#showAgain(given.command.c);
  }

  protected override finish(entry: Waiting, result: CommandResult): void {
    const { m, isOptimistic, command } = entry.given;
    if (result.ok) this.overlays.confirm(m, result.id, result.version);
    else this.overlays.drop(m);
    const hasWaited = this.#waited.delete(m);
    this.#left.delete(m);
    const refusal: Refusal | null =
      result.ok || !hasWaited
        ? null
        : { given: entry.given, failure: { code: result.code, message: result.message }, conflict: result.conflict };
    if (refusal !== null) this.#refuse(refusal);
    this.#log?.settled(m, refusal);
    super.finish(entry, result);
    this.changed();
    if (isOptimistic) this.#showAgain(command.c);
  }

  protected override success(
    given: Given,
    result: Extract<MutResult, { ok: true }>,
  ): Extract<CommandResult, { ok: true }> {
    const back = backOf(given, result.k, result.v);
    const undo = back === null ? null : () => this.inside.driver().command(back, given.isOptimistic);
    return { ...super.success(given, result), undo };
  }

  protected override contested(given: Given, contest: Contest): Conflict {
    const conflict = super.contested(given, contest);
    return {
      ...conflict,
      base: given.before === null ? null : pick(given.before, contest.fields),
      retry: (merged) => {
        this.dismiss(given.m);
        return conflict.retry(merged);
      },
    };
  }

  /** The newest version that any view was told. */
  #newest(): number {
    return Math.max(0, ...[...this.inside.driver().asked.all()].map(({ told }) => told.position?.v ?? 0));
  }

  /** The newest row that any view holds of a record. */
  #row(collection: string, id: string): Row | null {
    let newest: Row | null = null;
    for (const { wish, told } of this.inside.driver().asked.all()) {
      const row = wish.collection === collection ? told.get(id) : undefined;
      if (row !== undefined && row.version > (newest?.version ?? -1)) newest = row;
    }
    return newest;
  }

  /** What is shown of a collection may be another now, without a word of the server. */
  #showAgain(collection: string): void {
    for (const ask of this.inside.driver().asked.all()) if (ask.wish.collection === collection) ask.changed();
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
    for (const entry of this.entries.values()) {
      const { given } = entry;
      if (given.m === m || given.command.base === undefined || recordOf(given) !== recordOf({ command })) continue;
      this.#rewrite(entry, { ...given, own: { ...given.own, ...command.f } });
    }
  }

  #rewrite(entry: Waiting, given: Given): void {
    entry.given = given;
    this.#log?.given(given);
  }
}

/** Does a conflict speak only of what we ourselves made of the record, and is that still there? */
function isOurOwn(
  { own, command }: Given,
  result: MutResult,
): result is Extract<MutResult, { ok: false }> & { readonly v: number } {
  if (result.ok || result.code !== 'conflict') return false;
  const { v, cur, fields } = result;
  if (own === null || v === undefined || cur === undefined || fields === undefined) return false;
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
