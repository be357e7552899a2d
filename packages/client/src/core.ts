/** The smallest client: it watches and commands over one WebSocket, and keeps nothing. `@statewire/client` puts the real world around it. */
export { createClient, type ClientOptions, type CoreClient } from './client.ts';
export { CoreCollection, CoreQuery } from './core-collection.ts';
