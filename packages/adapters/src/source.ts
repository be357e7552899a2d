import type { Env } from '@statewire/client';
import type { ServiceReport } from '@statewire/model';
import type { Board } from './adapter.ts';
import { errorText, line } from './words.ts';

/**
 * Whether a source answers, as a service of kind `heartbeat`: while it does the service is up; when it goes away the service is down and
 * says why, or expires by the server's clock when this program goes away too. The runs stay what they were: that nobody can be
 * asked about them is no failure of theirs.
 */
export class Source {
  readonly #board: Pick<Board, 'services'>;
  readonly #env: Pick<Env, 'now' | 'reportError'>;
  readonly #service: string | undefined;
  readonly #periodMs: number;
  #saidAt = -Infinity;
  #isHere: boolean | null = null;

  /** `service`: the id of the service, or nothing when it shall not be shown. `periodMs`: it answers at least this often. */
  constructor(
    deps: { readonly board: Pick<Board, 'services'>; readonly env: Pick<Env, 'now' | 'reportError'> },
    options: { readonly service?: string | undefined; readonly periodMs: number },
  ) {
    this.#board = deps.board;
    this.#env = deps.env;
    this.#service = options.service;
    this.#periodMs = options.periodMs;
  }

  /** Does it answer? Null: it was not asked yet. */
  get isHere(): boolean | null {
    return this.#isHere;
  }

  /** It answered. */
  seen(): void {
    if (this.#isHere === true && !this.#isDue()) return;
    this.#isHere = true;
    this.#say({ health: 'healthy' });
  }

  /** It does not answer. */
  away(error: unknown): void {
    if (this.#isHere === false && !this.#isDue()) return;
    this.#isHere = false;
    this.#say({ health: 'unhealthy', reason: { code: 'source_away', text: line(errorText(error), 500) } });
  }

  #isDue(): boolean {
    const waitedMs = this.#env.now() - this.#saidAt;
    return waitedMs >= this.#periodMs || waitedMs < 0;
  }

  #say(report: ServiceReport): void {
    this.#saidAt = this.#env.now();
    if (this.#service === undefined) return;
    const words: ServiceReport = { ...report, final: true, periodMs: this.#periodMs * 2 };
    void this.#board.services.report(this.#service, words).then((result) => {
      // Whoever named a service that is not there learns it; the runs are reported regardless.
      if (!result.ok && result.code === 'not_found') this.#env.reportError(new Error(result.message));
    });
  }
}
