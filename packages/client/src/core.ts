/** The smallest client: one WebSocket for this program, nothing kept. `@statewire/client` is this with the real world around it. */
export { createClient, type Client, type ClientOptions } from './client.ts';
