/** How slowly views are told: what a `Lanes` decides and every subscription obeys. */
export interface Lane {
  /** Least time between two updates of a view, ms; 0 on a good link. */
  readonly ms: number;
  /** Also for views whose user asked for a time of their own. */
  readonly isAll: boolean;
}

/** Says which lane the link deserves, given the present one and the newest round trip. See saver.ts. */
export type Lanes = (now: Lane, rttMs: number | null) => Lane;

/** Everything as it was asked for. */
export const FAST: Lane = { ms: 0, isAll: false };

/**
 * Counts what had to come (answers to probes, watermarks) and did not. It outlives single sockets: a link that breaks
 * again and again is a bad one.
 */
export class Losses {
  #came: readonly boolean[] = [];

  expect(came: boolean): void {
    this.#came = [...this.#came, came].slice(-EXPECTED_MAX);
  }

  /** Of the last 32, how many in a hundred did not come; null before the first. */
  get pct(): number | null {
    const { length } = this.#came;
    return length === 0 ? null : Math.round((100 * this.#came.filter((came) => !came).length) / length);
  }
}

/** In a word. The age of what arrives is left out: a view may have asked for it. */
export function qualityOf(rttMs: number | null, lossPct: number | null): 'good' | 'fair' | 'poor' | null {
  if (rttMs === null) return null;
  const loss = lossPct ?? 0;
  if (rttMs >= 500 || loss >= 10) return 'poor';
  return rttMs >= 150 || loss > 0 ? 'fair' : 'good';
}

const EXPECTED_MAX = 32;
