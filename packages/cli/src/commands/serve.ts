import {
  ConfigError,
  createServer,
  loadCollections,
  loadConfig,
  systemClock,
  type Config,
  type StatewireServer,
} from '@statewire/server';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoRun } from '../demo/run.ts';
import { text, type Command, type Terminal } from '../command.ts';
import { version } from '../version.ts';

/** Where the built dashboard lies beside this package, in a clone and when installed. */
const DASHBOARD = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url));

/** `statewire serve`: runs the server in the foreground until SIGTERM or Ctrl-C. */
export const serve: Command = {
  name: 'serve',
  usage:
    'statewire serve [--collections FILE]   (settings come from STATEWIRE_* and statewire.yaml; see docs/reference/config.md)',
  summary: 'Run the server.',
  options: { collections: { type: 'string' } },
  run: (terminal, args) => serveWith(terminal, null, text(args, 'collections')),
};

/** Serves until the terminal says stop. `demo` decides over the configuration when it is not null. */
export async function serveWith(terminal: Terminal, demo: boolean | null, own?: string): Promise<number> {
  let config: Config;
  let collections: Awaited<ReturnType<typeof loadCollections>> = [];
  try {
    config = loadConfig({
      env: own === undefined ? terminal.env : { ...terminal.env, STATEWIRE_COLLECTIONS: own },
    });
    if (config.collections !== null) collections = await loadCollections(config.collections);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(`statewire: ${error.message}`);
    return 2;
  }
  for (const warning of config.warnings) terminal.err(`statewire: ${warning}`);
  const run = await startDemo(demo ?? config.demo, config.data);
  let server: StatewireServer;
  try {
    server = await createServer({
      config: run === null ? config : run.widen(config),
      version,
      dashboardDir: DASHBOARD,
      demo: run ?? undefined,
      collections,
    });
  } catch (error) {
    await run?.close();
    // What stops a start is for the operator to mend: a taken port, a held lock, a store from a newer release.
    terminal.err(`statewire: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  terminal.onUncaught((error) => server.uncaught(error));
  await run?.join(server);
  greet(terminal, server, run !== null);
  const failure = await Promise.race([terminal.stopped.then(() => null), server.failed]);
  if (failure !== null) terminal.err(`statewire: the store failed, ending: ${failure.message}`);
  // The server first: a fleet that ends while it is still probed would be recorded as an outage.
  await server.close();
  await run?.close();
  return failure === null ? 0 : 1;
}

/** Without an answer the data directory decides. The fleet is loaded only where somebody may want it. */
async function startDemo(wanted: boolean | null, data: string): Promise<DemoRun | null> {
  if (wanted === false) return null;
  const { DemoRun } = await import('../demo/run.ts');
  const isOn = wanted ?? DemoRun.isOn(data, !existsSync(join(data, 'statewire.db')));
  return isOn ? DemoRun.start({ clock: systemClock, data }) : null;
}

function greet(terminal: Terminal, server: StatewireServer, hasDemo: boolean): void {
  terminal.out('');
  terminal.out(`  Statewire ${version} is at ${server.url}`);
  if (server.welcomeUrl !== null)
    terminal.out(`  Sign in for the first time (once, within 24 h): ${server.welcomeUrl}`);
  if (hasDemo) terminal.out('  The demo fleet is on: remove it in the dashboard, or start with STATEWIRE_DEMO=0');
  terminal.out('');
}
