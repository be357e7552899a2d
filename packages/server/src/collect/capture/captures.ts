/** The captures of a server: those that its configuration names. */
import { ok } from '@statewire/protocol';
import type { Capture, CaptureDeps } from './capture.ts';
import type { CapturePlan } from './plan.ts';

export class Captures {
  readonly #deps: CaptureDeps;
  readonly #plans: readonly CapturePlan[];
  readonly #all: Capture[] = [];
  #isOpen = true;

  constructor(deps: CaptureDeps, plans: readonly CapturePlan[]) {
    this.#deps = deps;
    this.#plans = plans;
  }

  /** Forgets what is told of captures that the configuration no longer names, and starts the others. */
  async start(): Promise<void> {
    const { live, commit, onError } = this.#deps;
    for (const org of live.orgs()) {
      const named = new Set(this.#plans.flatMap((plan) => (plan.org === org ? [plan.id] : [])));
      const gone = Array.from(live.entries(org, 'captures')).filter(({ id }) => !named.has(id));
      if (gone.length === 0) continue;
      const written = await commit.write(org, 'system', (draft) => {
        for (const { id } of gone) draft.delete('captures', id);
        return ok(null);
      });
      if (!written.ok) onError(new Error(written.message), 'captures that are no more could not be forgotten');
    }
    if (this.#plans.length === 0) return;
    // Most servers have none, and need not read what it takes.
    const { Capture: Made } = await import('./capture.ts');
    if (!this.#isOpen) return;
    for (const plan of this.#plans) {
      const capture = new Made(this.#deps, plan);
      this.#all.push(capture);
      capture.start();
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await Promise.all(this.#all.map((capture) => capture.close()));
  }
}
