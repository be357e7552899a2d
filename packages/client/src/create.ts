import { fullEnv } from './full-env.ts';
import { createClient as createCore, type ClientOptions, type CoreClient } from './client.ts';
import type { OfflineOptions } from './offline/keeper.ts';
import { openKeep } from './offline/open-keep.ts';
import { ladder } from './connect/ladder.ts';
import type { Transport } from './connect/transport.ts';
import { reporters, type Reporters } from './report/reporters.ts';
import { Saver, type SaverMode } from './session/saver.ts';
import { shareDial } from './tabs/share.ts';

/** Settings of a whole client. */
export interface FullOptions extends ClientOptions {
  /**
   * Ways to the server that may be taken. All of them unless you say: the best that the network lets through is found
   * without anybody's doing, and changed over to when it comes back.
   */
  readonly transports?: readonly Transport[] | undefined;
  /** Slower updates on slow links: `auto` (default), `on` always, `off` never. */
  readonly saver?: SaverMode | undefined;
  /**
   * `auto` (the default): all tabs of a browser that show the same server to the same person share one connection. `off`:
   * each tab has its own.
   */
  readonly tabs?: 'auto' | 'off' | undefined;
  /** Keep rows and waiting commands in this browser, per server and person. Default false. */
  readonly offline?: boolean | OfflineOptions | undefined;
}

/** The client as apps get it: it watches, commands and reports. */
export interface Client extends CoreClient, Reporters {
  readonly connections: Reporters['connections'];
  readonly agents: Reporters['agents'];
  readonly executions: Reporters['executions'];
  readonly jobs: Reporters['jobs'];
}

/**
 * Makes a client as apps get it: the core, and around it what the real world asks for. Nothing happens until something is
 * subscribed, commanded or connected, so that it may stand in a module that a server renders.
 */
export function createClient(options: FullOptions): Client {
  const env = options.env ?? fullEnv();
  const dial = shareDial(env, options.dial ?? ladder(env, { transports: options.transports }), { tabs: options.tabs });
  const saver = new Saver(env, options.saver ?? 'auto');
  const { offline = false, url, token } = options;
  const keep = options.keep ?? openKeep(env, { offline, url, token }) ?? undefined;
  return createCore({ ...options, env, keep, dial: saver.measured(dial), lanes: saver.lanes }, reporters);
}
