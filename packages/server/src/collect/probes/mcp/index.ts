import type { CheckPlan } from '../plan.ts';
import { observe, type ProbeDeps, type Prober, type ProbeResult } from '../probe.ts';
import { ABORTED } from '../../egress/fault.ts';
import { HttpServer } from './http-server.ts';
import { faultFinding } from './levels.ts';
import type { McpServer } from './server.ts';
import { StdioServer, type HeldChildren } from './stdio-server.ts';

interface Held {
  readonly signature: string;
  readonly server: McpServer;
  running: Promise<unknown> | null;
}

/** Probes MCP servers. Keeps per check what lives longer than a probe. */
export function createMcpProber(deps: ProbeDeps): Prober {
  const held = new Map<string, Held>();
  const children: HeldChildren = { count: 0 };

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
        const isStdio = plan.target.startsWith('stdio:');
        item = {
          signature,
          server: isStdio ? new StdioServer(deps, children, onTrip) : new HttpServer(deps, onTrip),
          running: null,
        };
        held.set(key, item);
      }
      const running = item.server.probe(plan);
      item.running = running.catch(() => undefined);
      const look = await running;
      // Forgotten meanwhile: what the probe saw last is our own hanging up, which judges nobody.
      const isCut = held.get(key) !== item;
      return {
        observation: observe(deps.clock, startedAt, isCut ? faultFinding(ABORTED, null) : look.finding),
        inventory: isCut ? null : look.inventory,
        evidence: isCut ? null : look.evidence,
      };
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
