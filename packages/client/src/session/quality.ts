import type { Measure } from '../inside.ts';
import type { Welcome } from '@statewire/protocol';
import type { Ask, Pace } from '../state/ask.ts';
import type { Driver } from './driver.ts';

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

  awaited(came: boolean): void {
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

/** Measures the connection of a whole client, and slows its views down where the link is slow. */
export class Quality implements Measure {
  readonly #deps: QualityDeps;
  readonly #losses = new Losses();
  /** By view: how late news was, and on which connection. */
  readonly #lags = new WeakMap<Ask, { readonly ms: number; readonly on: Welcome | null }>();
  #lane: Lane = FAST;

  constructor(deps: QualityDeps) {
    this.#deps = deps;
  }

  awaited(came: boolean): void {
    this.#losses.awaited(came);
  }

  look(): void {
    const { asked, clock } = this.#deps.driver();
    const lane = this.#deps.lanes(this.#lane, clock.rttMs);
    if (lane === this.#lane) return;
    this.#lane = lane;
    asked.retimeAll();
  }

  readonly aged = (ask: Ask, at: number): void => {
    const { clock, welcome } = this.#deps.driver();
    this.#lags.set(ask, { ms: Math.max(0, Math.round(clock.now() - at)), on: welcome });
  };

  lagMs(ask: Ask): number | null {
    const lag = this.#lags.get(ask);
    return lag !== undefined && ask.isCaughtUp && lag.on === this.#deps.driver().welcome ? lag.ms : null;
  }

  said(rttMs: number | null): ReturnType<Measure['said']> {
    const { pct } = this.#losses;
    const lags = [...this.#deps.driver().asked.all()].flatMap((ask) => this.lagMs(ask) ?? []);
    const lagMs = lags.length === 0 ? null : Math.max(...lags);
    return { quality: qualityOf(rttMs, pct), lossPct: pct, lagMs, saver: this.#lane.ms > 0 };
  }

  // Who asked for a time of their own gets it on a slow link too, unless everything is to be spared.
  readonly pace: Pace = (ownMs) => {
    const ms = ownMs ?? this.#deps.defaultMs;
    return ownMs === undefined || this.#lane.isAll ? Math.max(ms, this.#lane.ms) : ms;
  };
}

interface QualityDeps {
  readonly driver: () => Driver;
  readonly lanes: Lanes;
  readonly defaultMs: number;
}
