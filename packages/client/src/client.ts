import type { AnyDefinition, Rows } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import type { Dial } from './connect/transport.ts';
import { dialWebSocket, liveUrl } from './connect/websocket.ts';
import { CoreCollection, type CollectionSource } from './core-collection.ts';
import type { CoreCustomCollection } from './custom.ts';
import { browserEnv, every, type Env } from './env.ts';
import type { Around, Inside } from './inside.ts';
import { Driver, type TokenSource } from './session/driver.ts';
import type { BodiesOf } from './named.ts';
import { Asked } from './state/asked.ts';
import { InFlight } from './state/in-flight.ts';
import { ConnectionView } from './views/connection-view.ts';
import { LINGER_MS, Views } from './views/views.ts';

/** Settings of a client. */
export interface ClientOptions {
  /** Address of the server: `https://status.example.org`, or `/` for the one the page came from. */
  readonly url: string;
  /** An API key or JWT, or a function that fetches one; called anew before each connection. Absent: the session cookie. */
  readonly token?: TokenSource;
  /** Default time between updates of one view, ms. Default 100. */
  readonly intervalMs?: number | undefined;
  /** How long an unwatched view stays subscribed, ms. Default 5000. */
  readonly lingerMs?: number | undefined;
  /** Name of the program, for the operator's eyes. */
  readonly name?: string | undefined;
  readonly env?: Env | undefined;
  /** Another transport than WebSocket, for tests. */
  readonly dial?: Dial | undefined;
}

/** A live replica of what this program looks at. Connects when first needed. */
export interface CoreClient extends Connected {
  /** A collection that every server has, by name. */
  collection<N extends keyof Rows>(name: N): CoreCollection<Rows[N], BodiesOf<N>>;
  /** A collection by name. */
  collection<T extends Row = Row>(name: string): CoreCollection<T>;
  /** A collection of the app, typed by its definition: the value, or `collection<typeof orders>('orders')` by its type alone. */
  collection<D extends AnyDefinition>(of: D | D['name']): CoreCustomCollection<D>;
}

/** What every client has, whatever its collections can do. */
export interface Connected {
  /** The state of the connection. */
  readonly connection: ConnectionView;
  /** Now, on the server's clock, epoch ms. */
  serverNow(): number;
  /** Calls `fn` each `ms` until the returned function is called, with the timers of this client's surroundings. */
  every(ms: number, fn: () => void): () => void;
  /** Connects now instead of when first needed. */
  connect(): void;
  /** Disconnects and stays so until `connect`; rows stay and read `offline`. */
  disconnect(): void;
  /** Tries at once, whatever wait is going on, and asks again for what was refused. */
  reconnect(): void;
  /** Ends everything; the client cannot be used again. Commands that wait are answered; kept ones are sent by the next page. */
  close(): void;
}

/**
 * Makes a client that watches and commands. Nothing happens until something is subscribed, commanded or connected, so that
 * it may stand in a module that a server renders.
 */
export function createClient(options: ClientOptions): CoreClient;
/** The same with what `surround` puts around its insides: how the whole client is made. */
export function createClient<M extends object>(
  options: ClientOptions,
  surround: (inside: Inside) => Around<M>,
): Connected & M;
export function createClient(
  options: ClientOptions,
  surround: (inside: Inside) => Around<object> = () => ({ members: coreMembers }),
): Connected {
  const env = options.env ?? browserEnv();
  const tab = env.uniqueId();
  const inside: Inside = { env, tab, driver: () => driver, views: () => views };
  const {
    inFlight = new InFlight(inside),
    layers = null,
    keep = null,
    measure,
    members,
    close,
    ...around
  } = surround(inside);
  const connection = new ConnectionView({ env, driver: () => driver, measure });
  const driver: Driver = new Driver({
    env,
    dial: options.dial ?? dialWebSocket(env),
    url: () => liveUrl(options.url, env.pageUrl()),
    token: options.token,
    tab,
    client: options.name ?? 'statewire-js',
    inFlight,
    measure,
    keep,
    asked: (send) => new Asked({ env, send, aged: measure?.aged }),
    onChange: () => {
      measure?.look();
      connection.refresh();
      views.refresh();
    },
    onLive: () => around.onLive?.(),
  });
  const { recall, pace = (ownMs) => ownMs ?? defaultMs(options) } = around;
  const views: Views = new Views({
    env,
    driver,
    layers,
    recall,
    pace,
    measure,
    lingerMs: options.lingerMs ?? LINGER_MS,
  });
  const source: CollectionSource = { views, command: (command, isOptimistic) => driver.command(command, isOptimistic) };
  return {
    ...members(source),
    connection,
    serverNow: () => driver.clock.now(),
    every: (ms, fn) => every(env, ms, fn),
    connect: () => driver.dispatch({ t: 'connect' }),
    disconnect: () => driver.dispatch({ t: 'disconnect' }),
    reconnect: () => {
      driver.dispatch({ t: 'connect' });
      driver.asked.retryRefused();
    },
    close: () => {
      close?.();
      driver.dispatch({ t: 'close' });
      views.close();
      driver.asked.close();
    },
  };
}

function coreMembers(source: CollectionSource): Omit<CoreClient, keyof Connected> {
  const collection = (name: string): CoreCollection<never> => new CoreCollection<never>(source, name);
  return { collection: (of: string | AnyDefinition) => collection(nameOf(of)) };
}

/** How often views are told that ask for no time of their own, ms. */
export function defaultMs({ intervalMs = 100 }: Pick<ClientOptions, 'intervalMs'>): number {
  return intervalMs;
}

/** The name of a collection, or of the one that was defined. */
export function nameOf(of: string | AnyDefinition): string {
  return typeof of === 'string' ? of : of.name;
}

/** The collections that every server has, by name. */
export type KnownRows = Rows;
