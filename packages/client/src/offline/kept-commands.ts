/**
 * Commands on a shelf: each under the tab that gave it, until it is answered. A tab that ends leaves them behind, and another
 * tab of the same caller sends them, under the same ids: should both do so, the server answers one of them as a repeat.
 */
import type { Refusal } from '../state/commands.ts';
import type { Given } from '../state/given.ts';
import type { Batch, Entry, Shelf } from './shelf.ts';
import { readGiven, readRefusal, writeRefusal } from './written.ts';

/** What other tabs left on the shelf, by tab. */
export interface Left {
  readonly given: readonly Given[];
  readonly refused: readonly Refusal[];
  /** When a tab that has no lock last said that it lives, by this machine's clock; null when it never did. */
  readonly seenAt: string | null;
}

export class KeptCommands {
  /** What is to be written: a command, or that it is answered. */
  readonly #due = new Map<string, { readonly given: Given | null; readonly refusal: Refusal | null | 'seen' }>();
  /** Whose each written command is. */
  readonly #places = new Map<string, string>();

  get isDue(): boolean {
    return this.#due.size > 0;
  }

  /** Is any command of ours on the shelf? */
  get isHolding(): boolean {
    return this.#places.size > 0;
  }

  given(given: Given): void {
    // Where somebody was is over with their page.
    if (given.command.c === 'presences') return;
    this.#due.set(given.m, { given, refusal: null });
  }

  settled(m: string, refusal: Refusal | null): void {
    this.#due.set(m, { given: null, refusal });
  }

  seen(m: string): void {
    this.#due.set(m, { given: null, refusal: 'seen' });
  }

  /** What an earlier tab left is this one's now. */
  adopted(who: string, m: string): void {
    this.#places.set(m, who);
  }

  /** What waits belongs to `who`; what does not wait any more and is somebody else's stays there for them. */
  moveTo(who: string, waiting: readonly Given[]): void {
    for (const given of waiting) if (this.#places.get(given.m) !== who) this.given(given);
    for (const [m, place] of this.#places) if (place !== who && !this.#due.has(m)) this.#places.delete(m);
  }

  clear(): void {
    this.#due.clear();
    this.#places.clear();
  }

  /** Writes all that is due, for `who`. False when the shelf is no longer as it was: then nothing was written. */
  async flush(
    shelf: Shelf,
    who: string,
    { mark, also }: { readonly mark: Entry; readonly also: readonly Entry[] },
  ): Promise<boolean> {
    const due = [...this.#due];
    const put: Entry[] = [];
    const drop: string[] = [];
    for (const [m, { given, refusal }] of due) {
      const place = this.#places.get(m);
      if (place !== undefined && (given === null || place !== who)) drop.push(commandKey(place, m));
      if (given !== null) put.push([commandKey(who, m), JSON.stringify(given)]);
      else if (refusal === 'seen') drop.push(refusalKey(who, m));
      else if (refusal !== null) put.push([refusalKey(place ?? who, m), writeRefusal(refusal)]);
    }
    const batch: Batch = { when: [mark], drop, put: put.length > 0 ? [...put, ...also] : put };
    if (put.length + drop.length > 0 && !(await shelf.write(batch))) return false;
    for (const [m, each] of due) {
      if (each.given === null) this.#places.delete(m);
      else this.#places.set(m, who);
      // What came meanwhile is for the next time.
      if (this.#due.get(m) === each) this.#due.delete(m);
    }
    return true;
  }
}

/** All that lies there of a caller, by the tab that gave it. */
export async function readLeft(shelf: Shelf, who: string): Promise<ReadonlyMap<string, Left>> {
  const [commands = [], refusals = [], leases = []] = await shelf.read(`${who}/c/`, `${who}/f/`, `${who}/l/`);
  const given = commands.flatMap(([, text]) => readGiven(text) ?? []);
  const refused = refusals.flatMap(([, text]) => readRefusal(text) ?? []);
  const spoilt = commands.filter(([key, text]) => key !== commandKey(who, readGiven(text)?.m ?? ''));
  if (spoilt.length > 0) await shelf.write({ drop: spoilt.map(([key]) => key) });
  const tabs = new Set([...given.map(({ m }) => tabOf(m)), ...refused.map((each) => tabOf(each.given.m))]);
  const left = new Map<string, Left>();
  for (const tab of tabs) {
    left.set(tab, {
      given: given.filter(({ m }) => tabOf(m) === tab).sort((a, b) => numberOf(a.m) - numberOf(b.m)),
      refused: refused.filter((each) => tabOf(each.given.m) === tab),
      seenAt: leases.find(([key]) => key === leaseKey(who, tab))?.[1] ?? null,
    });
  }
  return left;
}

/** Says that the commands of a tab are in good hands, where there are no locks. */
export function leaseKey(who: string, tab: string): string {
  return `${who}/l/${tab}`;
}

export function tabOf(m: string): string {
  return m.slice(0, m.lastIndexOf('.'));
}

function numberOf(m: string): number {
  return Number(m.slice(m.lastIndexOf('.') + 1));
}

function commandKey(who: string, m: string): string {
  return `${who}/c/${m}`;
}

function refusalKey(who: string, m: string): string {
  return `${who}/f/${m}`;
}
