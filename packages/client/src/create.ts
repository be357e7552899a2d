import { createClient as createCore, type ClientOptions, type CoreClient } from './client.ts';
import { reporters, type Reporters } from './report/reporters.ts';

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
export function createClient(options: ClientOptions): Client {
  return createCore(options, reporters);
}
