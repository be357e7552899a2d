import { createGrpcProber } from './grpc.ts';
import { createIcmpProber } from './icmp.ts';
import { createRedisProber } from './redis.ts';
import { createNatsProber } from './nats.ts';
import { createA2aProber } from './a2a.ts';
import { createLangGraphProber } from './langgraph.ts';
import { createOpenAiProber } from './openai.ts';
import { createHttpProber } from './http.ts';
import { createMcpProber } from './mcp/index.ts';
import type { CheckPlan } from './plan.ts';
import { observe, reading, type ProbeDeps, type Prober, type ProbeResult } from './probe.ts';
import { createTcpProber } from './tcp.ts';
import { createTlsProber } from './tls.ts';

/** All probers behind one door. A probe never rejects for anything a target did. */
export interface Probers {
  probe(plan: CheckPlan): Promise<ProbeResult>;
  /** Ends what is held for a check. Call it when a check is removed or paused. */
  forget(org: string, checkId: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes the probers of every kind that is looked at from here; heartbeats come to us by themselves. */
export function createProbers(deps: ProbeDeps): Probers {
  const byKind: ReadonlyMap<string, Prober> = new Map<string, Prober>([
    ['http', createHttpProber(deps)],
    ['tcp', createTcpProber(deps)],
    ['tls', createTlsProber(deps)],
    ['mcp', createMcpProber(deps)],
    ['dns', late(async () => (await import('./dns.ts')).createDnsProber(deps))],
    ['websocket', late(async () => (await import('./websocket.ts')).createWebSocketProber(deps))],
    ['grpc', createGrpcProber(deps)],
    ['icmp', createIcmpProber(deps)],
    ['postgres', late(async () => (await import('./postgres.ts')).createPostgresProber(deps))],
    ['mysql', late(async () => (await import('./mysql.ts')).createMysqlProber(deps))],
    ['redis', createRedisProber(deps)],
    ['nats', createNatsProber(deps)],
    ['mqtt', late(async () => (await import('./mqtt.ts')).createMqttProber(deps))],
    ['a2a', createA2aProber(deps)],
    ['langgraph', createLangGraphProber(deps)],
    ['openai', createOpenAiProber(deps)],
  ]);
  return {
    probe(plan) {
      const prober = byKind.get(plan.kind);
      if (prober === undefined) {
        return Promise.resolve(
          notProbed(deps, { code: 'not_probed', text: `Services of kind "${plan.kind}" are not probed.` }),
        );
      }
      // Without its secrets a check would only learn that it is refused.
      const { locked = null } = plan;
      if (locked !== null)
        return Promise.resolve(notProbed(deps, { code: 'secrets_locked', text: `Not probed: ${locked}.` }));
      return prober.probe(plan);
    },
    async forget(org, checkId) {
      for (const prober of byKind.values()) await prober.forget(org, checkId);
    },
    async close() {
      await Promise.all([...byKind.values()].map((prober) => prober.close()));
    },
  };
}

/** A stateless prober whose library is loaded when the first check of its kind is due: most servers have none. */
function late(load: () => Promise<Prober>): Prober {
  let loaded: Promise<Prober> | null = null;
  return {
    probe: async (plan) => (await (loaded ??= load())).probe(plan),
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function notProbed(deps: ProbeDeps, reason: { readonly code: string; readonly text: string }): ProbeResult {
  const startedAt = { now: deps.clock.now(), mono: deps.clock.mono() };
  const facts = reason.code === 'secrets_locked' ? { auth: reading('unknown', reason.code, reason.text) } : {};
  const finding = { verdict: 'unknown', reason, phase: 'stopped', facts, latencyMs: null } as const;
  return { observation: observe(deps.clock, startedAt, finding), inventory: null, evidence: null };
}
