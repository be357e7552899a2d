import type { CheckPlan } from '../plan.ts';
import { observe, type ProbeDeps, type Prober, type ProbeResult } from '../probe.ts';
import { HttpServer, type Climbed } from './http-server.ts';

interface Held {
  readonly signature: string;
  readonly server: Server;
  running: Promise<unknown> | null;
}

/** One MCP server, whichever transport. */
interface Server {
  probe(plan: CheckPlan): Promise<Climbed & { readonly evidence?: string | null }>;
  close(): Promise<void>;
}

/** Probes MCP servers. Keeps per check what lives longer than a probe. */
export function createMcpProber(deps: ProbeDeps): Prober {
  const held = new Map<string, Held>();

  const drop = async (key: string): Promise<void> => {
    const item = held.get(key);
    if (item === undefined) return;
    held.delete(key);
    await item.server.close();
    await item.running;
  };

  return {
    async probe(plan): Promise<ProbeResult> {
      const startedAt = { now: deps.clock.now(), mono: deps.clock.mono() };
      const key = keyOf(plan.org, plan.id);
      const signature = signatureOf(plan);
      // Another target, other credentials or another mode: what was held belongs to the old check.
      if (held.has(key) && held.get(key)?.signature !== signature) await drop(key);
      let item = held.get(key);
      if (item === undefined) {
        const onTrip = (cause: string): void => deps.onTrip(plan.org, plan.id, cause);
        item = { signature, server: new HttpServer(deps, onTrip), running: null };
        held.set(key, item);
      }
      const running = item.server.probe(plan);
      item.running = running.catch(() => undefined);
      const { finding, inventory, evidence } = await running;
      return { observation: observe(deps.clock, startedAt, finding), inventory, evidence: evidence ?? null };
    },
    forget: (org, checkId) => drop(keyOf(org, checkId)),
    async close(): Promise<void> {
      await Promise.all([...held.keys()].map(drop));
    },
  };
}

function keyOf(org: string, id: string): string {
  return `${org}/${id}`;
}

function signatureOf(plan: CheckPlan): string {
  return JSON.stringify([plan.target, plan.headers, plan.secretHeaders, plan.mode, plan.command]);
}
