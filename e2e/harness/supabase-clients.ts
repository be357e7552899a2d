/** Unmodified clients of Supabase Realtime, old and new, behind the few methods that these tests use. */
import { RealtimeClient as Client2119 } from '@supabase/realtime-js';
import { RealtimeClient as Client210 } from 'realtime-js-2-10';
import { RealtimeClient as Client211 } from 'realtime-js-2-11';
import { RealtimeClient as Client215 } from 'realtime-js-2-15';
import { createClient as createClient239 } from 'supabase-js-2-39';
import { createClient as createClient299 } from 'supabase-js-2-99';

/** What these tests read of a message: of a change the first three, of a broadcast the rest. */
export interface Heard {
  readonly eventType: string;
  readonly table: string;
  readonly new: Readonly<Record<'id' | 'name' | 'server_id', string>>;
  readonly old: Readonly<Record<'id', string>>;
  readonly event: string;
  readonly payload: { readonly x: number };
  readonly meta?: { readonly replayed: boolean };
}

/** What these tests use of a client, the same in all releases. */
export interface Channel {
  on(type: string, filter: Readonly<Record<string, unknown>>, heard: (message: Heard) => void): Channel;
  subscribe(told?: (status: string, error?: Error) => void): unknown;
  send(message: Readonly<Record<string, unknown>>): Promise<unknown>;
  track(fields: Readonly<Record<string, unknown>>): Promise<unknown>;
  presenceState(): Readonly<Record<string, readonly unknown[]>>;
  unsubscribe(): Promise<unknown>;
  /** New releases only. */
  httpSend?(event: string, payload: unknown, options?: object): Promise<unknown>;
}

export interface Client {
  channel(name: string, options?: Readonly<Record<string, unknown>>): Channel;
  /** The token of a person, beside the key of the app. */
  auth(token: string): void;
  end(): void;
}

/** Opens a client to `host:port` with a key. */
export type Open = (port: number, key: string, options?: { readonly heartbeatIntervalMs: number }) => Client;

export const CLIENTS: readonly (readonly [name: string, open: Open])[] = [
  ['supabase-js 2.39.8 (realtime-js 2.9.3)', whole(createClient239)],
  ['realtime-js 2.10.7', bare(Client210)],
  ['realtime-js 2.11.2', bare(Client211)],
  ['realtime-js 2.15.6', bare(Client215)],
  ['supabase-js 2.99.0', whole(createClient299)],
  ['realtime-js 2.119.0', bare(Client2119)],
];

/** Those of the list that this many of the newest are. */
export function newest(many: number): typeof CLIENTS {
  return CLIENTS.slice(-many);
}

interface Underlying {
  channel: (name: string, options: never) => unknown;
}

interface Socket {
  setAuth: (token: string) => unknown;
  disconnect: () => unknown;
}

function bare(
  Kind: new (url: string, options: { params: { apikey: string }; heartbeatIntervalMs?: number }) => Socket & Underlying,
): Open {
  return (port, key, options) => {
    const client = new Kind(`ws://127.0.0.1:${port}/realtime/v1`, { params: { apikey: key }, ...options });
    return spoken(client, client);
  };
}

function whole(
  create: (
    url: string,
    key: string,
    options: { auth: { persistSession: boolean; autoRefreshToken: boolean } },
  ) => Underlying & { realtime: Socket },
): Open {
  return (port, key) => {
    const client = create(`http://127.0.0.1:${port}`, key, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    return spoken(client, client.realtime);
  };
}

function spoken(client: Underlying, socket: Socket): Client {
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every release has these methods.
    channel: (name, options) => client.channel(name, (options ?? { config: {} }) as never) as Channel,
    auth: (token) => void socket.setAuth(token),
    end: () => void socket.disconnect(),
  };
}
