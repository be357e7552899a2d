import type { ConditionScope, Service } from '@statewire/model';
import type { Fault } from '../egress/fault.ts';
import type { Connection } from '../egress/egress.ts';
import type { FactReading } from '../observation.ts';
import type { CertificateView } from './certificate.ts';
import { phaseOf, reasonOf, verdictOf } from './classify.ts';
import { judgeConditions } from './conditions.ts';
import type { CheckPlan } from './plan.ts';
import { reading, type Finding } from './probe.ts';

/**
 * What one probe has found so far, fact by fact in the order they are reached. It ends with the first fault, or
 * well; facts that were not reached are not on it.
 */
export class Sheet {
  readonly #facts: Record<string, FactReading> = {};
  #certificate: Service['certificate'] | undefined = undefined;
  #latencyMs: number | null = null;

  /** A connection was made. */
  reached({ dnsMs, connectMs }: Pick<Connection, 'connectMs' | 'dnsMs'>): this {
    this.#facts['reach'] = reading('ok', 'connected', 'The port accepts connections.', dnsMs + connectMs);
    this.#latencyMs ??= connectMs;
    return this;
  }

  /** A fact that is as it should be. */
  ok(name: string, code: string, text: string, ms: number | null = null): this {
    this.#facts[name] = reading('ok', code, text, ms);
    return this;
  }

  note(name: string, fact: FactReading): this {
    this.#facts[name] = fact;
    return this;
  }

  certificate(view: CertificateView | null): this {
    if (view === null) return this;
    this.#facts['certificate'] = view.fact;
    this.#certificate = view.certificate;
    return this;
  }

  /** How long the exchange took that speaks for the service. */
  latency(ms: number): this {
    this.#latencyMs = ms;
    return this;
  }

  /** Ends with a fault, found while `name` was looked at. */
  failed(name: string, fault: Fault): Finding {
    const verdict = verdictOf(fault.code);
    const v = verdict === 'unknown' ? 'unknown' : verdict === 'degraded' && name !== 'auth' ? 'warn' : 'fail';
    this.#facts[name] = reading(v, fault.code, fault.message);
    return this.#end(fault);
  }

  /** Ends well, unless a condition or the certificate says otherwise. */
  done(plan: CheckPlan, text: string, scope: ConditionScope = {}): Finding {
    const { latency, certificate } = this.scope;
    const view = judgeConditions(plan, { latency, certificate, ...scope });
    if (view !== null) this.#facts['conditions'] = view.fact;
    if (view !== null && view.fault !== null) return this.#end(view.fault);
    const fact = this.#facts['certificate'];
    if (fact !== undefined && fact.v !== 'ok') {
      const reason = { code: fact.code, text: fact.text };
      return { ...this.#base, verdict: fact.v === 'warn' ? 'degraded' : 'unhealthy', reason, phase: 'ready' };
    }
    return { ...this.#base, verdict: 'healthy', reason: { code: 'ok', text }, phase: 'ready' };
  }

  /** What conditions of every kind can speak of. */
  get scope(): ConditionScope {
    return {
      latency: this.#latencyMs === null ? null : Math.round(this.#latencyMs * 10) / 10,
      certificate:
        this.#certificate === undefined || this.#certificate === null
          ? null
          : { days: this.#certificate.daysLeft, issuer: this.#certificate.issuer },
    };
  }

  get #base(): Pick<Finding, 'certificate' | 'facts' | 'latencyMs'> {
    return { facts: this.#facts, latencyMs: this.#latencyMs, certificate: this.#certificate ?? null };
  }

  #end(fault: Fault): Finding {
    return {
      ...this.#base,
      verdict: verdictOf(fault.code),
      reason: reasonOf(fault),
      phase: phaseOf(fault.code),
      ...(fault.retryAfterMs === undefined ? {} : { waitMs: fault.retryAfterMs }),
    };
  }
}
