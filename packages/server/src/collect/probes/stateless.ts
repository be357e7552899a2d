import { Budget } from '../egress/budget.ts';
import type { CheckPlan } from './plan.ts';
import { observe, type Finding, type ProbeDeps, type Prober, type ProbeResult } from './probe.ts';

/** A prober that holds nothing between two probes: each connects, looks and lets go. */
export function stateless(
  deps: ProbeDeps,
  look: (deps: ProbeDeps, plan: CheckPlan, budget: Budget) => Promise<Finding>,
): Prober {
  return {
    async probe(plan): Promise<ProbeResult> {
      const startedAt = { now: deps.clock.now(), mono: deps.clock.mono() };
      const finding = await look(deps, plan, new Budget(deps.clock, plan.timeoutMs));
      return { observation: observe(deps.clock, startedAt, finding), inventory: null, evidence: null };
    },
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
