import { createClient as createCore, type Client, type ClientOptions } from './client.ts';

/**
 * Makes a client as apps get it: the core, and around it what the real world asks for. Nothing happens until something is
 * subscribed, commanded or connected, so that it may stand in a module that a server renders.
 */
export function createClient(options: ClientOptions): Client {
  return createCore(options);
}
