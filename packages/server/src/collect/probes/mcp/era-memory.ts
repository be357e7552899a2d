import type { Clock } from '../../../lib/clock.ts';
import type { Era, Known, Session } from './era.ts';

/**
 * What is remembered of one server's era between its probes. A proven era holds for an hour. A server that was silent
 * to `discover` is in doubt: it is asked again after 5 s, 10 s, 20 s and so on up to an hour, because each question may
 * cost a probe much of its time.
 */
export class EraMemory {
  readonly #clock: Clock;
  #proven: { readonly era: Era; readonly at: number } | null = null;
  #doubt: { readonly silences: number; readonly askAt: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a session is opened with. */
  get known(): Known {
    const now = this.#clock.mono();
    if (this.#proven !== null && now - this.#proven.at < ERA_MS) return this.#proven.era;
    return this.#doubt !== null && now < this.#doubt.askAt ? 'doubted' : null;
  }

  /** Whether an unproven session is to be asked again. */
  get isDue(): boolean {
    return this.#doubt === null || this.#clock.mono() >= this.#doubt.askAt;
  }

  /** Silent so often that what is seen of its tools is worth keeping all the same; the era stays unknown. */
  get isQuiet(): boolean {
    return this.#doubt !== null && this.#doubt.silences >= SILENCES_MAX;
  }

  /** Notes a session that was opened knowing `known`, or settled after null. */
  learn(session: Session, known: Known): void {
    const now = this.#clock.mono();
    if (session.isProven) {
      this.#proven = { era: session.manner.era, at: now };
      this.#doubt = null;
    } else if (known === null) {
      const silences = this.#doubt?.silences ?? 0;
      this.#doubt = { silences: silences + 1, askAt: now + Math.min(AGAIN_MS_MIN * 2 ** silences, ERA_MS) };
    }
  }

  /** The remembered era was refuted by an answer. */
  refute(): void {
    this.#proven = null;
  }
}

const ERA_MS = 3_600_000;
const AGAIN_MS_MIN = 5_000;
const SILENCES_MAX = 3;
