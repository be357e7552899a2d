/** The captures of a server: those that its configuration names. */
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Capture, CaptureDeps } from './capture.ts';
import type { Drafted, DraftEntry } from './draft.ts';
import type { Inspected, Place } from './inspect.ts';
import { dropLeftovers } from './leftovers.ts';
import type { AnyPlan } from './plans.ts';
import type { Pushed, PushedDeps } from './pushed.ts';
import { noOrganization } from './trouble.ts';

export class Captures {
  readonly #deps: CaptureDeps & PushedDeps;
  readonly #plans: readonly AnyPlan[];
  readonly #all: Capture[] = [];
  readonly #pushed = new Map<string, Pushed>();
  #isOpen = true;
  #looks = 0;

  constructor(deps: CaptureDeps & PushedDeps, plans: readonly AnyPlan[]) {
    this.#deps = deps;
    this.#plans = plans;
  }

  /** Forgets what the configuration no longer names, with all its records, and starts the others. */
  async start(): Promise<void> {
    const { live, commit, onError } = this.#deps;
    for (const org of live.orgs()) {
      const dropped = await dropLeftovers(
        { ...this.#deps, rowsMax: this.#deps.limits.captureRowsPerTransactionMax },
        org,
        this.#plans,
      );
      if (!dropped.ok) onError(new Error(dropped.message), 'records of tables that are no more could not be dropped');
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
    const { Pushed: Taking } = await import('./pushed.ts');
    if (!this.#isOpen) return;
    for (const plan of this.#plans) {
      if (plan.kind === 'webhook') {
        // What is sent would make the organization.
        if (!this.#deps.hasOrg(plan.org)) {
          this.#deps.onTrouble(plan.id, noOrganization(plan.org));
          continue;
        }
        const pushed = new Taking(this.#deps, plan);
        this.#pushed.set(plan.id, pushed);
        pushed.start();
        continue;
      }
      const capture = new Made(this.#deps, plan);
      this.#all.push(capture);
      capture.start();
    }
  }

  /** The capture of this id, if it is one that is sent its rows. */
  pushed(id: string): Pushed | null {
    return this.#pushed.get(id) ?? null;
  }

  /** What a database has, for somebody who would capture it. */
  async inspect(place: Place): Promise<Result<Inspected>> {
    const { inspect } = await import('./inspect.ts');
    return this.#look(() => inspect(this.#deps, place));
  }

  /** What a capture of it would be. */
  async draft(place: Place, entry: DraftEntry): Promise<Result<Drafted>> {
    const { draft } = await import('./draft.ts');
    return this.#look(() => draft(this.#deps, place, entry));
  }

  async #look<T>(look: () => Promise<Result<T>>): Promise<Result<T>> {
    const max = this.#deps.limits.captureInspectionsMax;
    if (this.#looks >= max)
      return refuse(
        'overloaded',
        `${max} databases are being looked at, which is as many as may be; try again in a moment`,
      );
    this.#looks += 1;
    try {
      return await look();
    } finally {
      this.#looks -= 1;
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    for (const pushed of this.#pushed.values()) pushed.close();
    this.#pushed.clear();
    await Promise.all(this.#all.map((capture) => capture.close()));
  }
}
