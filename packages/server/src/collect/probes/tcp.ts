import { ok, type Result } from '@statewire/protocol';
import { fail, type Fault } from '../egress/fault.ts';
import { phaseOf, reasonOf, verdictOf } from './classify.ts';
import type { CheckPlan } from './plan.ts';
import { observe, reading, type Finding, type ProbeDeps, type Prober, type ProbeResult } from './probe.ts';

/** Probes a port: a connection within the connect timeout is all it asks. */
export function createTcpProber(deps: ProbeDeps): Prober {
  return {
    async probe(plan): Promise<ProbeResult> {
      const startedAt = { now: deps.clock.now(), mono: deps.clock.mono() };
      const finding = await connect(deps, plan);
      return { observation: observe(deps.clock, startedAt, finding), inventory: null, evidence: null };
    },
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function connect(deps: ProbeDeps, plan: CheckPlan): Promise<Finding> {
  const place = parseHostPort(plan.target);
  const opened = place.ok
    ? await deps.egress.connect({ ...place.value, timeoutMs: Math.min(plan.connectTimeoutMs, plan.timeoutMs) })
    : place;
  if (!opened.ok) return failedReach(opened);
  opened.value.socket.destroy();
  const { dnsMs, connectMs } = opened.value;
  return {
    verdict: 'healthy',
    reason: { code: 'ok', text: 'The port accepts connections.' },
    phase: 'ready',
    facts: { reach: reading('ok', 'connected', 'The port accepts connections.', dnsMs + connectMs) },
    latencyMs: connectMs,
  };
}

/** A finding for a target no connection could be made to. */
export function failedReach(fault: Fault): Finding {
  const verdict = verdictOf(fault.code);
  return {
    verdict,
    reason: reasonOf(fault),
    phase: phaseOf(fault.code),
    facts: { reach: reading(verdict === 'unknown' ? 'unknown' : 'fail', fault.code, fault.message) },
    latencyMs: null,
  };
}

/** Reads `host:port`, `[v6]:port` and `tcp://host:port`. */
export function parseHostPort(
  target: string,
  defaultPort?: number,
): Result<{ readonly host: string; readonly port: number }, Fault> {
  const rest = target.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/.*$/, '');
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]@\s]+)(?::(\d{1,5}))?$/i.exec(rest);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match?.[1] === undefined || port === undefined || port < 1 || port > 65_535) {
    return fail('bad_target', 'The target is not of the form host:port.');
  }
  return ok({ host: match[1].replace(/^\[|\]$/g, ''), port });
}
