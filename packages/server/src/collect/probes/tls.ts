import { checkServerIdentity } from 'node:tls';
import { certificateOf } from './certificate.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { openTarget } from './opening.ts';
import { observe, reading, type Finding, type ProbeDeps, type Prober, type ProbeResult } from './probe.ts';
import { ok, type Result } from '@statewire/protocol';
import { Budget } from '../egress/budget.ts';
import type { Connection } from '../egress/egress.ts';
import { codeOf, faultOf, type Fault } from '../egress/fault.ts';
import { startTls } from './start-tls.ts';
import { failedReach, parseHostPort } from './tcp.ts';

/**
 * Probes a certificate. It connects without demanding trust, so that a bad certificate is a reading (which
 * one, how many days) and not a failed handshake; nothing is ever sent over such a connection.
 */
export function createTlsProber(deps: ProbeDeps): Prober {
  return {
    async probe(plan): Promise<ProbeResult> {
      const startedAt = { now: deps.clock.now(), mono: deps.clock.mono() };
      const finding = await inspect(deps, plan);
      return { observation: observe(deps.clock, startedAt, finding), inventory: null, evidence: null };
    },
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Connects in plain text, and encrypts where the protocol says so. */
async function openAfter(
  deps: ProbeDeps,
  plan: CheckPlan,
  protocol: 'imap' | 'postgres' | 'smtp',
): Promise<Result<Connection, Fault>> {
  const budget = new Budget(deps.clock, plan.timeoutMs);
  const opened = await openTarget(deps, plan, budget);
  if (!opened.ok) return opened;
  const startedAt = deps.clock.mono();
  const secured = await startTls(deps, protocol, opened.value, budget);
  if (!secured.ok) {
    opened.value.connection.socket.destroy();
    return secured;
  }
  const tlsMs = deps.clock.mono() - startedAt;
  return ok({ ...opened.value.connection, socket: secured.value, tls: secured.value, tlsMs });
}

async function inspect(deps: ProbeDeps, plan: CheckPlan): Promise<Finding> {
  const place = parseHostPort(plan.target, 443);
  if (!place.ok) return failedReach(place);
  const { startTls: spoken } = settingsOf(plan, 'tls');
  const opened =
    spoken === null
      ? await deps.egress.connect({
          ...place.value,
          tls: true,
          isStrict: false,
          timeoutMs: Math.min(plan.connectTimeoutMs, plan.timeoutMs),
        })
      : await openAfter(deps, plan, spoken);
  if (!opened.ok) return failedReach(opened);
  const { tls, socket, dnsMs, connectMs, tlsMs } = opened.value;
  const view = tls === null ? null : certificateOf(tls, deps.clock.now(), plan.certificateDays);
  // Read before the socket goes: afterwards Node forgets both.
  const peer = tls?.getPeerCertificate();
  const trust = tls?.authorizationError;
  const mismatch = peer === undefined ? undefined : checkServerIdentity(place.value.host, peer);
  socket.destroy();
  const reach = reading('ok', 'connected', 'The port accepts connections.', dnsMs + connectMs);
  const protocol = reading('ok', 'handshake', 'The TLS handshake works.', tlsMs);
  const base = { phase: 'ready', latencyMs: tlsMs, certificate: view?.certificate ?? null };
  if (view === null) {
    const fact = reading('fail', 'tls_no_certificate', 'The server showed no certificate.');
    return { ...base, verdict: 'unhealthy', reason: fact, facts: { reach, protocol, certificate: fact } };
  }
  let fact = view.fact;
  if (fact.v !== 'fail' && mismatch !== undefined) {
    fact = reading('fail', 'tls_hostname', 'The certificate is for another host name.');
  } else if (fact.v !== 'fail' && trust !== null && trust !== undefined) {
    // Many internal services sign their own; that is worth a look, not an outage. Other distrust is a failure.
    const fault = faultOf(Object.assign(new Error('untrusted'), { code: codeOf(trust) || String(trust) }));
    fact = reading(fault.code === 'tls_self_signed' ? 'warn' : 'fail', fault.code, fault.message);
  }
  const verdict = fact.v === 'ok' ? 'healthy' : fact.v === 'warn' ? 'degraded' : 'unhealthy';
  return {
    ...base,
    verdict,
    reason: { code: fact.v === 'ok' ? 'ok' : fact.code, text: fact.text },
    facts: { reach, protocol, certificate: fact },
  };
}
