import { type Client, createClient } from '@statewire/client';
import { env } from '../lib/env.ts';
import { setClock } from '../lib/ticker.ts';

/** One client for the signed-in person, by session cookie. Another person gets another one. */
export function openClient(): Client {
  const client = createClient({ url: '/', name: 'statewire-dashboard' });
  setClock(() => client.serverNow());
  return client;
}

/** Ends a person's client: nothing of theirs stays in memory for the next one. */
export function endClient(client: Client): void {
  client.close();
  setClock(env.now);
}
