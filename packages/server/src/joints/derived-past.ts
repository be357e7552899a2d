import { ok } from '@statewire/protocol';
import { DERIVED, DERIVED_PAST, derivedPastOf, stepDerived } from '../derive/derived-past.ts';
import type { Commit } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';

export interface DerivedPastsDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'get' | 'orgs'>;
  readonly store: Pick<Store, 'document'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Samples the derived metrics shortly before each ten minutes are over, so that a slot has what held at its end. What is kept
 * is read back from the store each time: a restart between two samples changes nothing, and one that was missed is a hole.
 */
export class DerivedPasts {
  readonly #deps: DerivedPastsDeps;
  #timer: Timer | null = null;
  #isOpen = true;

  constructor(deps: DerivedPastsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock } = this.#deps;
    if (!this.#isOpen) return;
    const passed = (clock.now() + BEFORE_END_MS) % SLOT_MS;
    this.#timer = clock.after(SLOT_MS - passed, () => {
      this.start();
      void this.sample();
    });
  }

  /** Takes one sample of everything now. */
  async sample(): Promise<void> {
    const { live, onError } = this.#deps;
    for (const org of live.orgs()) {
      for (const subject of Object.keys(DERIVED)) {
        await this.#sampleOf(org, subject).catch((error: unknown) =>
          onError(error, `the past of ${subject} could not be kept`),
        );
      }
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
  }

  async #sampleOf(org: string, subject: string): Promise<void> {
    const { clock, live, store, commit } = this.#deps;
    const values = numbersIn(live.get(org, 'metrics', subject)?.row['values']);
    if (values === null || !this.#isOpen) return;
    const before = derivedPastOf(await store.document(DERIVED_PAST, org, subject));
    const next = stepDerived(before, DERIVED[subject] ?? [], values, clock.now());
    const written = await commit.write(org, 'system', (draft) => {
      draft.document(DERIVED_PAST, subject, next);
      return ok(null);
    });
    if (!written.ok && this.#isOpen) throw new Error(written.message);
  }
}

const SLOT_MS = 600_000;
const BEFORE_END_MS = 5_000;

function numbersIn(values: unknown): Readonly<Record<string, number>> | null {
  if (typeof values !== 'object' || values === null) return null;
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : [])),
  );
}
