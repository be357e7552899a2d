import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Client } from '@statewire/client';
import type { Clock } from '@statewire/server';
import type { DemoService } from './fleet.ts';

export interface WorkersDeps {
  readonly clock: Clock;
  /** A client with a report key. */
  readonly client: Client;
  readonly services: readonly DemoService[];
  /** Sends one heartbeat. */
  readonly beat: (slug: string) => Promise<void>;
}

const AGENTS = [
  { id: 'demo-researcher', name: 'Researcher', platform: 'demo', release: '1.0', every: 4_000 },
  { id: 'demo-librarian', name: 'Librarian', platform: 'demo', release: '1.0', every: 7_000 },
] as const;

/** The heartbeat service of the demo. */
export const DEMO_HEARTBEAT = 'demo-nightly-backup';
/** On every record the workers report, so that removing the demo removes them too. */
const DEMO = { demo: 'yes' } as const;
const BEAT_EVERY_MS = 5_000;
const ROUND_GAP_MS = 6_000;
const SCAN_STEP_MS = 150;
const CALL_LIMIT_MS = 2_500;

/**
 * The agents and jobs of the demo. They do small real things (call the demo's servers, walk the installed
 * packages) and report them through the same SDK that any program uses. What they say of a server comes from
 * their own calls, so after an injected fault they may disagree with the probe.
 */
export class Workers {
  readonly #deps: WorkersDeps;
  readonly #totals = new Map<string, { calls: number; errors: number }>();
  #isClosed = false;

  constructor(deps: WorkersDeps) {
    this.#deps = deps;
  }

  start(): void {
    for (const agent of AGENTS) void this.#agent(agent);
    void this.#scans();
    void this.#beats();
  }

  close(): void {
    this.#isClosed = true;
  }

  /** One agent's life: a round of calls to every server, reported as an execution with steps, again and again. */
  async #agent(card: (typeof AGENTS)[number]): Promise<void> {
    const { client, services, clock } = this.#deps;
    const agent = client.agents.present({
      id: card.id,
      name: card.name,
      platform: card.platform,
      release: card.release,
    });
    const targets = services.filter((service) => service.kind === 'mcp' || service.kind === 'http');
    for (let round = 1; !this.#isClosed; round += 1) {
      const run = await client.executions.start({
        agent: card.id,
        labels: DEMO,
        title: `Round ${round} of all sources`,
        total: targets.length,
        unit: 'sources',
      });
      await agent.report({ labels: DEMO, phase: 'running', activity: 'Asking all sources', currentExecution: run.id });
      let failures = 0;
      for (const [index, service] of targets.entries()) {
        if (this.#isClosed) break;
        const startedAt = clock.now();
        run.stage(service.name);
        const answer = await this.#ask(service);
        if (answer.code !== 'ok') failures += 1;
        this.#observe(card.id, service, answer);
        const state = answer.code === 'ok' ? 'succeeded' : 'failed';
        run.report({
          steps: [{ id: service.id, title: `Ask ${service.name}`, state, startedAt, endedAt: clock.now() }],
        });
        run.progress(index + 1, `Asked ${service.name}`);
        await this.#pause(card.every / targets.length);
      }
      if (failures > targets.length / 2)
        await run.fail(new Error(`${failures} of ${targets.length} sources did not answer`));
      else await run.succeed();
      await agent.report({ phase: 'idle', activity: '', currentExecution: null });
      await this.#pause(ROUND_GAP_MS);
    }
  }

  /** One real call, as this agent sees it. */
  async #ask(service: DemoService): Promise<{ readonly code: string; readonly ms: number }> {
    const startedAt = this.#deps.clock.mono();
    const stop = new AbortController();
    const limit = this.#deps.clock.after(CALL_LIMIT_MS, () => stop.abort());
    const done = (code: string): { code: string; ms: number } => ({
      code,
      ms: Math.round(this.#deps.clock.mono() - startedAt),
    });
    try {
      const response = await fetch(service.target, { ...requestOf(service), signal: stop.signal });
      await response.body?.cancel();
      const session = response.headers.get('mcp-session-id');
      // A session that is not ended stays in the server's memory for ever.
      if (session !== null)
        await fetch(service.target, { method: 'DELETE', headers: { 'mcp-session-id': session }, signal: stop.signal });
      if (response.status === 401 || response.status === 403) return done('needs_auth');
      return done(response.ok ? 'ok' : `http_${response.status}`);
    } catch (error) {
      // fetch rejects with TypeError for the network and with the abort's error for the limit; both are answers here.
      if (error instanceof TypeError) return done('unreachable');
      if (error instanceof DOMException && error.name === 'AbortError') return done('timeout');
      throw error;
    } finally {
      limit.cancel();
    }
  }

  #observe(agent: string, service: DemoService, answer: { readonly code: string; readonly ms: number }): void {
    const key = `${agent}:${service.id}`;
    const totals = this.#totals.get(key) ?? { calls: 0, errors: 0 };
    const isOk = answer.code === 'ok';
    const needsAuth = answer.code === 'needs_auth';
    totals.calls += 1;
    totals.errors += isOk ? 0 : 1;
    this.#totals.set(key, totals);
    void this.#deps.client.connections.observe(
      { agent, service: service.id },
      {
        labels: DEMO,
        phase: isOk ? 'connected' : needsAuth ? 'needs_auth' : 'failed',
        health: isOk ? 'healthy' : needsAuth ? 'degraded' : 'unhealthy',
        reason: {
          code: answer.code,
          text: isOk
            ? 'Calls succeed.'
            : needsAuth
              ? 'The server wants a credential.'
              : `Calls fail: ${answer.code.replace('_', ' ')}.`,
        },
        latencyMs: answer.ms,
        calls: totals.calls,
        errors: totals.errors,
        lastErrorCode: isOk ? null : answer.code,
      },
    );
  }

  /** Jobs: walks the installed packages and counts their files, folder by folder. */
  async #scans(): Promise<void> {
    const root = packagesFolder();
    for (let round = 1; !this.#isClosed; round += 1) {
      const folders = (await readdir(root, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .slice(0, 120);
      const job = await this.#deps.client.jobs.start({
        kind: 'scan',
        labels: DEMO,
        title: `Count files of installed packages (${round})`,
        goal: 'Every folder counted',
        total: folders.length,
        unit: 'folders',
      });
      let files = 0;
      for (const [index, folder] of folders.entries()) {
        if (this.#isClosed) break;
        files += await countFiles(join(root, folder.name));
        job.progress(index + 1, `${files.toLocaleString('en')} files, now ${folder.name}`);
        await this.#pause(SCAN_STEP_MS);
      }
      await job.succeed(`${files.toLocaleString('en')} files in ${folders.length} folders`);
      await this.#pause(ROUND_GAP_MS);
    }
  }

  async #beats(): Promise<void> {
    while (!this.#isClosed) {
      await this.#deps.beat(DEMO_HEARTBEAT);
      await this.#pause(BEAT_EVERY_MS);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#deps.clock.after(ms, resolve));
  }
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'statewire-demo', version: '1.0' },
};

/** What a careful client of each kind would send: a web page is fetched, an MCP server is asked what it is. */
function requestOf(service: DemoService): RequestInit {
  if (service.kind !== 'mcp' || service.target.endsWith('/sse')) return {};
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE }),
  };
}

/** Files below a folder. One that vanished meanwhile (an install goes on) has none. */
async function countFiles(folder: string): Promise<number> {
  try {
    return (await readdir(folder, { recursive: true })).length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

/** The folder where this program's dependencies are installed. */
function packagesFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('yaml/package.json')));
}
