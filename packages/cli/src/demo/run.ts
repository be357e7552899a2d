import { createClient, type Client } from '@statewire/client';
import type { Clock, Config, Demo, StatewireServer } from '@statewire/server';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULTS } from './fault-proxy.ts';
import { Fleet } from './fleet.ts';
import { DEMO_HEARTBEAT, Workers } from './workers.ts';

export interface DemoRunDeps {
  readonly clock: Clock;
  /** The server's data directory: remembers there whether the demo is on. */
  readonly data: string;
}

/** The file whose presence says that the demo is on in this data directory. */
const MARK = 'demo.on';
const MEMORY = 'demo-memory';

/**
 * The demo from its start to its end: the fleet, its services, and the workers that report. It uses the server as
 * any program would (the SDK, heartbeats by URL) except that its services are marked as managed by the demo.
 */
export class DemoRun implements Demo {
  readonly #deps: DemoRunDeps;
  readonly #fleet: Fleet;
  #server: StatewireServer | null = null;
  #client: Client | null = null;
  #workers: Workers | null = null;

  private constructor(deps: DemoRunDeps, fleet: Fleet) {
    this.#deps = deps;
    this.#fleet = fleet;
  }

  /** On in an empty data directory of a clone, and from then on until it is removed. */
  static isOn(data: string, isEmpty: boolean): boolean {
    const isClone = existsSync(fileURLToPath(new URL('../../../../package-lock.json', import.meta.url)));
    return existsSync(join(data, MARK)) || (isEmpty && isClone);
  }

  /** Starts the demo's servers. Resolves when they were told to start; the probes find out when they are up. */
  static async start(deps: DemoRunDeps): Promise<DemoRun> {
    mkdirSync(deps.data, { recursive: true, mode: 0o700 });
    writeFileSync(join(deps.data, MARK), '');
    return new DemoRun(deps, await Fleet.start(deps.clock));
  }

  /** The configuration with what the demo needs: probes may reach its own ports on loopback, nothing else private. */
  widen(config: Config): Config {
    const script = memoryServer();
    return {
      ...config,
      egress: {
        ...config.egress,
        allow: [...config.egress.allow, { cidr: '127.0.0.1/32', ports: [...this.#fleet.ports] }],
      },
      commands:
        script === null
          ? config.commands
          : {
              ...config.commands,
              [MEMORY]: {
                argv: [process.execPath, script],
                env: { MEMORY_FILE_PATH: join(this.#deps.data, 'demo-memory.json') },
              },
            },
    };
  }

  /** Registers the services and lets the workers work. */
  async join(server: StatewireServer): Promise<void> {
    this.#server = server;
    await server.syncDemo([
      ...this.#fleet.services.map((service) => ({ ...service, group: 'Demo' })),
      ...(memoryServer() === null
        ? []
        : [
            {
              id: MEMORY,
              name: 'Memory',
              kind: 'mcp' as const,
              target: `stdio:${MEMORY}`,
              group: 'Demo',
              description: 'The knowledge-graph server, a child process over stdio.',
              check: { intervalMs: 5_000 },
            },
          ]),
      {
        id: 'demo-search-port',
        name: 'Search port',
        kind: 'tcp',
        target: this.#fleet.addressOf('demo-search'),
        group: 'Demo',
        description: 'The port behind the Search API.',
        check: { intervalMs: 5_000 },
      },
      {
        id: DEMO_HEARTBEAT,
        name: 'Nightly backup',
        kind: 'heartbeat',
        target: '',
        group: 'Demo',
        description: 'A job that beats; here every five seconds.',
        check: { intervalMs: 10_000 },
      },
    ]);
    const key = await server.makeKey({ name: 'demo workers', scope: 'report' });
    this.#client = createClient({ url: server.url, token: key, name: 'statewire-demo' });
    this.#workers = new Workers({
      clock: this.#deps.clock,
      client: this.#client,
      services: this.#fleet.services,
      beat: async (slug) => {
        // A beat that does not arrive is what the heartbeat is there to notice.
        await fetch(`${server.url}/v1/heartbeats/${slug}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
        }).catch(() => null);
      },
    });
    this.#workers.start();
  }

  list(): readonly Readonly<Record<string, unknown>>[] {
    return this.#fleet.list().map((server) => ({ ...server }));
  }

  async inject(id: string, fault: string | null): Promise<boolean> {
    const known = fault === null ? null : FAULTS.find((name) => name === fault);
    return known === undefined ? false : this.#fleet.inject(id, known);
  }

  async remove(): Promise<void> {
    rmSync(join(this.#deps.data, MARK), { force: true });
    await this.close();
    await this.#server?.removeDemo();
  }

  async close(): Promise<void> {
    this.#workers?.close();
    this.#client?.close();
    await this.#fleet.close();
  }
}

/** The script of the stdio server, or null when it is not installed. */
function memoryServer(): string | null {
  const require = createRequire(import.meta.url);
  try {
    return join(require.resolve('@modelcontextprotocol/server-memory/package.json'), '..', 'dist', 'index.js');
  } catch (error) {
    // Installed from npm without the demo's servers.
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}
