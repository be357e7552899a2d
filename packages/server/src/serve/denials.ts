/**
 * What one connection was not let look at, for the audit log: the first of each collection at once, those like it counted and
 * told as one row from time to time and when the connection ends. A program that asks again and again for what it may not
 * see costs a few rows however long it does, and none of its asking is uncounted.
 */
import type { Refused } from '../collect/audit/refusals.ts';
import type { Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';

export interface DenialsDeps {
  readonly limits: Pick<Limits, 'denialKindsPerConnectionMax' | 'denialsMs'>;
  readonly refused: (refused: Refused) => void;
}

export class Denials {
  readonly #deps: DenialsDeps;
  readonly #kinds = new Map<string, { readonly refused: Refused; more: number }>();
  #toldAt: number;

  constructor(deps: DenialsDeps, now: number) {
    this.#deps = deps;
    this.#toldAt = now;
  }

  /** A subscription to records of this collection was refused, or something else of what is named so (`what`). */
  note(
    actor: Principal,
    collection: string,
    { id, operation }: { readonly id: string; readonly operation: string } = { id: '', operation: 'read' },
  ): void {
    const { limits, refused } = this.#deps;
    const area = collection.slice(0, 64);
    const own = id === '' ? area : `${operation} ${area} ${id.slice(0, 64)}`;
    // Whatever is beyond the names that are told apart is one more kind: names are the caller's to make up.
    const name = this.#kinds.has(own) || this.#kinds.size < limits.denialKindsPerConnectionMax ? own : OTHERS;
    const kind = this.#kinds.get(name);
    if (kind !== undefined) {
      kind.more += 1;
      return;
    }
    const isOther = name === OTHERS;
    const target = isOther ? null : { collection: area, id: id.slice(0, 64) };
    const action = isOther ? `${OTHERS}:read` : `${area}:${operation}`;
    const first: Refused = { org: actor.org, actor, action, target, outcome: 'forbidden' };
    this.#kinds.set(name, { refused: first, more: 0 });
    refused(first);
  }

  /** Time passes. */
  tick(now: number): void {
    if (now - this.#toldAt < this.#deps.limits.denialsMs) return;
    this.#toldAt = now;
    this.close();
  }

  /** Tells what was counted. */
  close(): void {
    for (const kind of this.#kinds.values()) {
      const { refused, more } = kind;
      kind.more = 0;
      if (more > 0) this.#deps.refused({ ...refused, more });
    }
  }
}

const OTHERS = '*';
