/**
 * Writes that their callers may repeat. The result of a write is stored in the write's own transaction, so that there
 * is no moment at which one exists without the other: a repeat within 24 hours is answered with the first result, also
 * after a restart, and a repeat of a write that is still under way gets the same answer.
 * Only successes are kept: a refused write changed nothing, and repeating it is as good as sending it for the first time.
 */
import { assert, ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Actor } from './audit.ts';
import type { Commit, Draft, Written } from './commit-types.ts';
import type { Store } from './store.ts';

/** What makes a write the same write: who sends it, under which id, and (if given) what it says. */
export interface Once {
  readonly org: string;
  readonly principal: string;
  readonly id: string;
  /** A digest of the write. The same id with another digest is refused. */
  readonly digest?: string | undefined;
}

export interface IdempotencyDeps {
  readonly clock: Clock;
  readonly store: Pick<Store, 'document' | 'documents'>;
  readonly commit: Commit;
  readonly limits: Limits;
}

export class Idempotency {
  readonly #deps: IdempotencyDeps;
  /** Results in order of expiry: all are kept equally long. */
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<Result<Written<Json>>>>();
  /** Whether every result that is stored is also in memory. */
  #isComplete = true;

  static async open(deps: IdempotencyDeps): Promise<Idempotency> {
    const idempotency = new Idempotency(deps);
    const rows = [...(await deps.store.documents(KIND, null))];
    rows.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0));
    for (const row of rows) {
      const kept = keptOf(row.value, row.expiresAt);
      if (kept !== null) idempotency.#keep(keyOf(row.org, row.id), kept);
    }
    return idempotency;
  }

  private constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
  }

  /** How many results are remembered. */
  get size(): number {
    return this.#kept.size;
  }

  /** Writes, or answers what the same write was answered before. `repeated` tells which. */
  async write<T extends Json>(
    once: Once,
    actor: Actor,
    tx: (draft: Draft) => Result<T>,
  ): Promise<Result<Written<T> & { readonly repeated: boolean }>> {
    const id = JSON.stringify([once.principal, once.id]);
    const key = keyOf(once.org, id);
    // Whatever is waited for below, the answer may have come meanwhile: look again before going on.
    for (let hasLooked = this.#isComplete; ; hasLooked = true) {
      const running = this.#running.get(key);
      if (running !== undefined) {
        const outcome = await running;
        if (!outcome.ok) return outcome;
      }
      const kept = this.#kept.get(key) ?? null;
      if (kept !== null && kept.expiresAt > this.#deps.clock.now()) return answer(once, kept);
      if (this.#running.has(key)) continue;
      if (hasLooked) break;
      const stored = await this.#stored(once.org, id);
      if (stored !== null) return answer(once, stored);
    }
    const work = this.#execute(once, { id, key, actor }, tx);
    this.#running.set(key, work);
    try {
      const outcome = await work;
      return outcome.ok ? ok({ ...outcome.value, repeated: false }) : outcome;
    } finally {
      this.#running.delete(key);
    }
  }

  async #execute<T extends Json>(
    once: Once,
    by: { readonly id: string; readonly key: string; readonly actor: Actor },
    tx: (draft: Draft) => Result<T>,
  ): Promise<Result<Written<T>>> {
    const digest = once.digest ?? null;
    let expiresAt = 0;
    const outcome = await this.#deps.commit.write(once.org, by.actor, (draft) => {
      const result = tx(draft);
      if (!result.ok) return result;
      expiresAt = draft.now + this.#deps.limits.idempotencyMs;
      draft.document(KIND, by.id, (version) => ({ version, value: result.value, digest }), expiresAt);
      return result;
    });
    if (outcome.ok)
      this.#keep(by.key, { version: outcome.value.version, value: outcome.value.value, digest, expiresAt });
    return outcome;
  }

  async #stored(org: string, id: string): Promise<Kept | null> {
    return keptOf(await this.#deps.store.document(KIND, org, id), Infinity);
  }

  #keep(key: string, kept: Kept): void {
    const now = this.#deps.clock.now();
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const [old, { expiresAt }] of this.#kept) {
      const isOver = expiresAt <= now;
      if (!isOver && this.#kept.size <= this.#deps.limits.idempotencyMax) break;
      this.#kept.delete(old);
      if (!isOver) this.#isComplete = false;
    }
  }
}

interface Kept {
  readonly version: number;
  readonly value: Json;
  readonly digest: string | null;
  readonly expiresAt: number;
}

const KIND = 'mutation';

function answer<T extends Json>(once: Once, kept: Kept): Result<Written<T> & { readonly repeated: boolean }> {
  if (once.digest !== undefined && kept.digest !== null && once.digest !== kept.digest) {
    return refuse(
      'bad_request',
      `the id ${JSON.stringify(once.id.slice(0, 64))} was used for another write; use a new one`,
    );
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: written by the same write of the same caller.
  return ok({ version: kept.version, value: kept.value as T, repeated: true });
}

function keptOf(value: Json | null, expiresAt: number | null): Kept | null {
  if (value === null) return null;
  assert(isObject(value), 'a stored result is an object');
  const { version, value: result, digest } = value;
  assert(typeof version === 'number' && result !== undefined, 'a stored result has a version and a value');
  return { version, value: result, digest: typeof digest === 'string' ? digest : null, expiresAt: expiresAt ?? 0 };
}

function keyOf(org: string, id: string): string {
  return `${org}\n${id}`;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
