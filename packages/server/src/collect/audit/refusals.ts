/**
 * Refusals in the audit log: who was not let do what. The first of a kind is written at once, those like it are counted and
 * written as one row when their minute is over, so that a flood of refusals is a few rows and not a flood of rows.
 *
 * A kill loses counts of the running minute, never a first row that was waited for. A refusal that is answered is not held
 * up by its row: it changed nothing that the row would have to be true about.
 */
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Actor, AuditEntry, Commit } from '../../keep/commit-types.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';

export interface RefusalsDeps {
  readonly clock: Clock;
  readonly commit: Pick<Commit, 'write'>;
  readonly limits: Pick<Limits, 'refusalsKindsMax' | 'refusalsPerMinuteMax' | 'refusalsMs'>;
  readonly onError: (error: unknown, what: string) => void;
}

/** Somebody was not let do something. */
export interface Refused {
  readonly org: string;
  /** Who, as far as that is known. */
  readonly actor: Actor;
  readonly action: string;
  readonly target?: AuditEntry['target'];
  /** The code of the refusal. */
  readonly outcome: string;
  readonly why?: string | undefined;
  /** What was tried, in a few words; never a secret. */
  readonly after?: JsonObject | undefined;
  /** It stands for so many that were counted elsewhere, after one that was told. */
  readonly more?: number | undefined;
}

export class Refusals {
  readonly #deps: RefusalsDeps;
  readonly #kinds = new Map<string, Kind>();
  /** Rows written at once in the running minute, by organization. */
  readonly #written = new Map<string, number>();
  #timer: Timer | null = null;
  #work: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(deps: RefusalsDeps) {
    this.#deps = deps;
  }

  /** Takes note. Returns at once. */
  note(refused: Refused): void {
    const { clock, limits } = this.#deps;
    if (!this.#isOpen) return;
    this.#timer ??= clock.after(limits.refusalsMs, () => this.#over());
    const key = keyOf(refused);
    const known = this.#kinds.get(key);
    const { more = 0 } = refused;
    const times = Math.max(1, more);
    if (known !== undefined) {
      known.more += times;
      known.last = clock.now();
      return;
    }
    const written = this.#written.get(refused.org) ?? 0;
    const isFirst = written < limits.refusalsPerMinuteMax && this.#kinds.size < limits.refusalsKindsMax;
    if (isFirst) {
      this.#written.set(refused.org, written + 1);
      this.#kinds.set(key, { refused, more: 0, last: clock.now() });
      this.#write([{ refused, more, last: clock.now() }]);
      return;
    }
    // Too many kinds: from here on all of an organization are one, whoever and whatever.
    const rest: Refused = { org: refused.org, actor: 'server', action: 'audit:refusals', outcome: 'refused' };
    const all = this.#kinds.get(keyOf(rest));
    if (all === undefined) this.#kinds.set(keyOf(rest), { refused: rest, more: times, last: clock.now() });
    else {
      all.more += times;
      all.last = clock.now();
    }
  }

  /** Writes what was counted, and takes no more. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#over();
    this.#isOpen = false;
    await this.#work;
  }

  #over(): void {
    this.#timer = null;
    const counted = [...this.#kinds.values()].filter(({ more }) => more > 0);
    this.#kinds.clear();
    this.#written.clear();
    this.#write(counted);
  }

  #write(kinds: readonly Kind[]): void {
    if (kinds.length === 0) return;
    this.#work = Promise.all(
      [...Map.groupBy(kinds, ({ refused }) => refused.org)].map(([org, of]) => this.#writeOf(org, of)),
    ).then(
      () => undefined,
      (error: unknown) => this.#deps.onError(error, 'refusals could not be written to the audit log'),
    );
  }

  async #writeOf(org: string, kinds: readonly Kind[]): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'server', (draft) => {
      for (const { refused, more, last } of kinds) {
        const { action, target = null, outcome, why, actor, after } = refused;
        const overMs = refused.more === undefined ? { overMs: this.#deps.limits.refusalsMs } : {};
        const count = more === 0 ? {} : { refusals: more, ...overMs, lastAt: last };
        const said = { ...after, ...count };
        draft.audit({ action, target, outcome, why, actor, after: Object.keys(said).length === 0 ? null : said });
      }
      return ok(null);
    });
  }
}

interface Kind {
  readonly refused: Refused;
  /** Those after the one that was written. */
  more: number;
  last: number;
}

function keyOf({ org, actor, action, outcome }: Refused): string {
  const who = typeof actor === 'string' ? actor : `${actor.kind}:${actor.id}`;
  return JSON.stringify([org, who, action, outcome]);
}
