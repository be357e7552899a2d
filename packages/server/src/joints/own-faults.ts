import { ok, type JsonObject } from '@statewire/protocol';
import type { Commit } from '../keep/commit-types.ts';
import type { Clock } from '../lib/clock.ts';
import { putMetric } from './metric.ts';

export interface OwnFaultsDeps {
  readonly clock: Clock;
  readonly commit: Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

/** What is wrong with this server itself and not with anything it looks at. */
interface Condition {
  readonly kind: 'network';
  readonly since: number;
  readonly text: string;
}

/** The organization that runs this process: only it is told. */
const HOME = 'main';

/**
 * Faults of this server: told on the System page, and as the metric `own.faults` of the record `metrics/server`, which
 * the shipped rule `own-fault` makes one alert of.
 */
export class OwnFaults {
  readonly #deps: OwnFaultsDeps;
  #network: Condition | null = null;
  #pause: { readonly at: number; readonly ms: number } | null = null;

  constructor(deps: OwnFaultsDeps) {
    this.#deps = deps;
  }

  /** The record says how it is now: what a process before us wrote is not ours. */
  start(): void {
    this.#tell();
  }

  /** The network of this server fails (a sentence) or works again (null). */
  network(text: string | null): void {
    this.#network = text === null ? null : { kind: 'network', since: this.#deps.clock.now(), text };
    this.#tell();
  }

  /** This process stood still. */
  paused(ms: number): void {
    this.#pause = { at: this.#deps.clock.now(), ms };
  }

  /** For the System page. */
  read(): JsonObject {
    return {
      conditions: this.#network === null ? [] : [{ ...this.#network }],
      lastPause: this.#pause === null ? null : { ...this.#pause },
    };
  }

  #tell(): void {
    const { commit, onError } = this.#deps;
    const written = commit.write(HOME, 'system', (draft) => {
      // What holds when it is written, not when it was asked for: the last write tells the last state.
      const faults = this.#network === null ? 0 : 1;
      if (faults > 0 || draft.get('metrics', 'server') !== null) putMetric(draft, 'server', { 'own.faults': faults });
      return ok(null);
    });
    written.then(
      (done) => done.ok || onError(new Error(done.message), 'a fault of this server could not be written'),
      (error: unknown) => onError(error, 'a fault of this server could not be written'),
    );
  }
}
