/**
 * Spares slow links: views are asked to be told less often. What the browser says of the network comes first; without
 * it, what was measured: the newest round trip, and how fast the chunks of the last snapshot followed each other.
 * Between the limit that slows down and the one that speeds up again lies a gap, so that a link at the edge does not
 * change its lane with each probe.
 */
import type { Dial } from '../connect/transport.ts';
import type { Env } from '../env.ts';
import { FAST, type Lane, type Lanes } from './quality.ts';

/** `auto`: while the person or the browser asks for it, or the link is slow. `on`: always. `off`: never. */
export type SaverMode = 'auto' | 'on' | 'off';

export class Saver {
  readonly #env: Pick<Env, 'now' | 'network'>;
  readonly #mode: SaverMode;
  #bigAt = 0;
  #bytesPerS: number | null = null;

  constructor(env: Pick<Env, 'now' | 'network'>, mode: SaverMode) {
    this.#env = env;
    this.#mode = mode;
  }

  /** The same way to the server, measured. */
  measured(dial: Dial): Dial {
    return (url, events) =>
      dial(url, {
        ...events,
        text: (text) => {
          this.#see(text.length);
          events.text(text);
        },
      });
  }

  readonly lanes: Lanes = (now, rttMs) => {
    if (this.#mode !== 'auto') return this.#mode === 'on' ? ALL : FAST;
    const network = this.#env.network?.() ?? null;
    if (network?.effectiveType === '2g' || network?.effectiveType === 'slow-2g') return SLOWEST;
    if (network?.saveData === true || network?.effectiveType === '3g') return SLOW;
    const isSlow = now.ms > 0;
    const isLate = rttMs !== null && rttMs >= (isSlow ? RTT_MS_GOOD : RTT_MS_BAD);
    const isKnown = this.#bytesPerS !== null && this.#env.now() - this.#bigAt <= MEASURE_MS_MAX;
    const isNarrow = isKnown && (this.#bytesPerS ?? 0) < (isSlow ? BYTES_PER_S_GOOD : BYTES_PER_S_BAD);
    return isLate || isNarrow ? SLOW : FAST;
  };

  // Of two big texts in a row the second says how fast the link is; after a pause it says nothing.
  #see(bytes: number): void {
    if (bytes < BIG_BYTES) return;
    const now = this.#env.now();
    const ms = now - this.#bigAt;
    this.#bigAt = now;
    if (ms <= PAUSE_MS) this.#bytesPerS = (bytes * 1_000) / Math.max(1, ms);
  }
}

const ALL: Lane = { ms: 1_000, isAll: true };
const SLOW: Lane = { ms: 1_000, isAll: false };
const SLOWEST: Lane = { ms: 5_000, isAll: false };

const RTT_MS_BAD = 1_000;
const RTT_MS_GOOD = 600;
// A whole chunk of 64 KiB then takes four seconds, or a little more than one.
const BYTES_PER_S_BAD = 16_384;
const BYTES_PER_S_GOOD = 49_152;
const BIG_BYTES = 32_768;
/** Longer between two chunks is no slow link: the server kills such a one, or nothing was asked for. */
const PAUSE_MS = 20_000;
/** A measurement older than this is forgotten. */
const MEASURE_MS_MAX = 300_000;
