import type { Health, Service } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Egress } from '../egress/egress.ts';
import type { FactReading, ProbeObservation } from '../observation.ts';
import type { CheckPlan } from './plan.ts';

/** What every prober is built from. */
export interface ProbeDeps {
  readonly clock: Clock;
  readonly egress: Egress;
  readonly limits: Pick<
    Limits,
    'probeBodyBytesMax' | 'probeHeaderBytesMax' | 'toolPagesMax' | 'childrenHeldMax' | 'stderrBytesMax'
  >;
  /** The environment children may inherit from; only the names in `mcp/child-env.ts` are passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A held stream closed, a held child exited or the tool list changed: look at once. */
  readonly onTrip: (org: string, checkId: string, cause: string) => void;
}

/** Probes services of one kind. Never rejects for anything a target did. */
export interface Prober {
  probe(plan: CheckPlan): Promise<ProbeResult>;
  /** Ends what is held for a check: its session by DELETE, its stream, its child. */
  forget(org: string, checkId: string): Promise<void>;
  close(): Promise<void>;
}

export interface ProbeResult {
  readonly observation: ProbeObservation;
  /** The tools of an MCP server when this probe listed them, else null. */
  readonly inventory: Inventory | null;
  /** What the target said in its own words (the end of stderr), for administrators only, or null. */
  readonly evidence: string | null;
}

/** One tool as a server described it. `hash` covers everything the server says about the tool. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly hash: string;
  readonly inputSchema: Json;
  readonly [field: string]: Json;
}

/** All tools of a server at one moment. A JSON document, stored as it is. */
export interface Inventory {
  readonly at: number;
  readonly era: 'modern' | 'legacy';
  readonly fingerprint: string;
  readonly tools: readonly Tool[];
  readonly [field: string]: Json;
}

/** What a probe found, before it is dressed as an observation. */
export interface Finding {
  readonly verdict: Health;
  readonly reason: { readonly code: string; readonly text: string };
  readonly phase: string;
  readonly facts: Readonly<Record<string, FactReading>>;
  readonly latencyMs: number | null;
  readonly isFinal?: boolean | undefined;
  readonly certificate?: Service['certificate'] | undefined;
  readonly mcp?: ProbeObservation['mcp'] | undefined;
  /** How long the target asked us to stay away. */
  readonly waitMs?: number | undefined;
}

/** Stamps a finding with the time of its probe. */
export function observe(
  clock: Clock,
  startedAt: { readonly now: number; readonly mono: number },
  finding: Finding,
): ProbeObservation {
  return {
    kind: 'probe',
    at: startedAt.now,
    ms: round(clock.mono() - startedAt.mono),
    facts: finding.facts,
    verdict: finding.verdict,
    reason: finding.reason,
    phase: finding.phase,
    final: finding.isFinal === true,
    latencyMs: finding.latencyMs === null ? null : round(finding.latencyMs),
    mcp: finding.mcp ?? null,
    certificate: finding.certificate ?? null,
    nextAt: finding.waitMs === undefined ? null : clock.now() + finding.waitMs,
  };
}

/** Milliseconds with a tenth: finer is noise, and every digit travels to every tab. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** A reading of one fact. */
export function reading(v: FactReading['v'], code: string, text: string, ms: number | null = null): FactReading {
  return { v, code, text, ms: ms === null ? null : round(ms) };
}

/** True for a JSON object, false for arrays, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
