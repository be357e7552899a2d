import type { ProbeResult } from './probe.ts';

/** A look that failed for a fault of ours: it says nothing about the target. */
export function unjudged(result: ProbeResult, reason: { readonly code: string; readonly text: string }): ProbeResult {
  const { observation } = result;
  const facts = Object.entries(observation.facts).map(([name, fact]) => [
    name,
    fact.v === 'fail' ? { ...fact, v: 'unknown' as const, ...reason } : fact,
  ]);
  return {
    ...result,
    observation: {
      ...observation,
      verdict: 'unknown',
      final: false,
      phase: 'stopped',
      reason,
      facts: Object.fromEntries(facts),
    },
  };
}

/** A look during which this process stood still: an answer is one, but nothing else, and no time was measured. */
export function acrossPause(result: ProbeResult): ProbeResult {
  const { observation } = result;
  const timeless = { ...result, observation: { ...observation, latencyMs: null } };
  return observation.verdict === 'healthy' ? timeless : unjudged(timeless, PAUSED);
}

const PAUSED = { code: 'own_pause', text: 'This server stood still during the look; the target was not judged.' };
