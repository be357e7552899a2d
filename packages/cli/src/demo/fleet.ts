import { connect, createServer } from 'node:net';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@statewire/server';
import type { ServiceKind } from '@statewire/model';
import { Child } from './child.ts';
import { FaultProxy, type Fault } from './fault-proxy.ts';

/** One server of the demo fleet as the dashboard's fault panel shows it. */
export interface DemoServer {
  /** How it is named in `/v1/demo/<name>/<fault>`. */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly serviceId: string;
  readonly faults: readonly Fault[];
  /** The fault that is on, or null. */
  readonly state: Fault | null;
}

/** What the demo registers as a service. */
export interface DemoService {
  readonly id: string;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly target: string;
  readonly description: string;
  readonly check: Readonly<Record<string, number | string>>;
}

interface Member {
  readonly service: DemoService;
  readonly child: Child;
  readonly proxy: FaultProxy;
  state: Fault | null;
}

interface Recipe {
  readonly id: string;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly description: string;
  readonly path: string;
  /** npm package and bin of the server, or null for our own web service. */
  readonly bin: { readonly package: string; readonly file: string } | null;
  readonly args: (port: number) => readonly string[];
  readonly env: (port: number) => Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** `.ts` in a clone, `.js` when installed from npm. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const recipes: readonly Recipe[] = [
  {
    id: 'demo-everything',
    name: 'Everything',
    kind: 'mcp',
    path: '/mcp',
    description: 'The reference MCP server, streamable HTTP with sessions.',
    bin: { package: '@modelcontextprotocol/server-everything', file: 'dist/index.js' },
    args: () => ['streamableHttp'],
    env: (port) => ({ PORT: String(port) }),
  },
  {
    id: 'demo-everything-sse',
    name: 'Everything (SSE)',
    kind: 'mcp',
    path: '/sse',
    description: 'The same server over the old HTTP+SSE transport.',
    bin: { package: '@modelcontextprotocol/server-everything', file: 'dist/index.js' },
    args: () => ['sse'],
    env: (port) => ({ PORT: String(port) }),
  },
  {
    id: 'demo-context7',
    name: 'Context7',
    kind: 'mcp',
    path: '/mcp',
    description: 'Documentation lookup; speaks the 2026-07-28 revision, without sessions.',
    bin: { package: '@upstash/context7-mcp', file: 'dist/index.js' },
    args: (port) => ['--transport', 'http', '--port', String(port)],
    env: () => ({}),
  },
  {
    id: 'demo-notion',
    name: 'Notion',
    kind: 'mcp',
    path: '/mcp',
    description: 'Wants a bearer token that nobody gave: reachable, but needs sign-in.',
    bin: { package: '@notionhq/notion-mcp-server', file: 'bin/cli.mjs' },
    args: (port) => ['--transport', 'http', '--port', String(port), '--auth-token', 'not-told-to-the-probe'],
    env: () => ({ NOTION_TOKEN: 'demo' }),
  },
  {
    id: 'demo-checkout',
    name: 'Checkout API',
    kind: 'http',
    path: '/health',
    description: 'A web service with a health page.',
    bin: null,
    args: () => ['checkout'],
    env: (port) => ({ PORT: String(port) }),
  },
  {
    id: 'demo-search',
    name: 'Search API',
    kind: 'http',
    path: '/health',
    description: 'A web service with a health page.',
    bin: null,
    args: () => ['search'],
    env: (port) => ({ PORT: String(port) }),
  },
];

/**
 * The demo fleet: real MCP servers from npm and real web services, each a process of its own behind a
 * proxy that can inject faults. Everything binds 127.0.0.1. Servers whose package is not installed are left out.
 */
export class Fleet {
  readonly #members = new Map<string, Member>();

  /** Starts every server and resolves when they listen: a probe that is earlier than its target would see an outage. */
  static async start(clock: Clock): Promise<Fleet> {
    const fleet = new Fleet();
    const backs: number[] = [];
    for (const recipe of recipes) {
      const script = scriptOf(recipe);
      if (script === null) continue;
      const back = await freePort();
      const front = await freePort();
      const child = new Child(
        [process.execPath, '--import', here(`./loopback${extension}`), script, ...recipe.args(back)],
        recipe.env(back),
      );
      const proxy = new FaultProxy(clock, { front, back });
      child.start();
      backs.push(back);
      await proxy.open();
      const service: DemoService = {
        id: recipe.id,
        name: recipe.name,
        kind: recipe.kind,
        description: recipe.description,
        target: `http://127.0.0.1:${front}${recipe.path}`,
        check: { intervalMs: 2_000, timeoutMs: 1_500, ...(recipe.kind === 'http' ? { degradedMs: 1_000 } : {}) },
      };
      fleet.#members.set(recipe.id, { service, child, proxy, state: null });
    }
    await Promise.all(backs.map((port) => listening(clock, port)));
    return fleet;
  }

  get services(): readonly DemoService[] {
    return [...this.#members.values()].map((member) => member.service);
  }

  /** Ports the probes must be allowed to reach. */
  get ports(): readonly number[] {
    return this.services.map((service) => Number(new URL(service.target).port));
  }

  /** `host:port` of a server, for a check of the port alone. */
  addressOf(id: string): string {
    const member = this.#members.get(id);
    return member === undefined ? '127.0.0.1:1' : new URL(member.service.target).host;
  }

  list(): readonly DemoServer[] {
    return [...this.#members.values()].map(({ service, state }) => ({
      name: service.id,
      kind: service.kind,
      serviceId: service.id,
      faults: ['kill', 'hang', 'slow', '500', '401'],
      state,
    }));
  }

  /** Puts a fault on a server, or heals it with null. False when there is no such server. */
  async inject(id: string, fault: Fault | null): Promise<boolean> {
    const member = this.#members.get(id);
    if (member === undefined) return false;
    await heal(member);
    member.state = fault;
    if (fault === 'kill') {
      await member.child.kill();
      await member.proxy.close();
    } else if (fault === 'hang') {
      member.child.stop();
    } else {
      member.proxy.fault = fault;
    }
    return true;
  }

  async close(): Promise<void> {
    for (const member of this.#members.values()) {
      await member.child.kill();
      await member.proxy.close();
    }
    this.#members.clear();
  }
}

async function heal(member: Member): Promise<void> {
  if (member.state === 'hang') member.child.continue();
  if (member.state === 'kill') {
    member.child.start();
    await member.proxy.open();
  }
  member.proxy.fault = null;
}

function scriptOf(recipe: Recipe): string | null {
  if (recipe.bin === null) return here(`./http-service${extension}`);
  try {
    const manifest = require.resolve(`${recipe.bin.package}/package.json`);
    return fileURLToPath(new URL(recipe.bin.file, `file://${manifest}`));
  } catch (error) {
    // Installed from npm without the demo's servers: the rest of the fleet still shows what Statewire does.
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    )
      return null;
    throw error;
  }
}

/** How long a server of the demo may take to start, and how often it is looked at, ms. */
const START_MS_MAX = 8_000;
const LOOK_EVERY_MS = 50;

/** Resolves when somebody listens on the port, or when it has taken too long: then the probe will say so. */
async function listening(clock: Clock, port: number): Promise<void> {
  const endsAt = clock.mono() + START_MS_MAX;
  while (!(await accepts(port)) && clock.mono() < endsAt) {
    await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port that is free now. Another program may take it before we do; then the start fails and says so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('found no free port on 127.0.0.1');
  return address.port;
}
