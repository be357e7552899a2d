import type { AnyDefinition, Rows } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import type { Dial } from './connect/transport.ts';
import { dialWebSocket, liveUrl } from './connect/websocket.ts';
import { Collection, type CollectionSource } from './collection.ts';
import type { CustomCollection } from './custom.ts';
import { browserEnv, every, type Env } from './env.ts';
import type { Reporting } from './report/reporting.ts';
import { Driver, type TokenSource } from './session/driver.ts';
import type { Lanes } from './session/quality.ts';
import { Asked } from './state/asked.ts';
import { InFlight } from './state/in-flight.ts';
import type { Keep } from './state/keep.ts';
import { namedCollections, type NamedCollections } from './named.ts';
import { CommandsView } from './views/commands-view.ts';
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
  /** Slows views down on slow links; absent: none is. The whole client has one, chosen by its option `saver`. */
  readonly lanes?: Lanes | undefined;
  /** Another transport than WebSocket, for tests. */
  readonly dial?: Dial | undefined;
  /** Where rows and commands outlive the page; nowhere by default. */
  readonly keep?: Keep | undefined;
}

/** A live replica of what this program looks at. Connects when first needed. */
export interface CoreClient extends NamedCollections {
  /** A collection by name. */
  collection<T extends Row = Row>(name: string): Collection<T>;
  /** A collection of the app, typed by its definition: the value, or `collection<typeof orders>('orders')` by its type alone. */
  collection<D extends AnyDefinition>(of: D | D['name']): CustomCollection<D>;
  /** The state of the connection. */
  readonly connection: ConnectionView;
  /** Commands that wait, and those that were refused after they had waited. */
  readonly commands: CommandsView;
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
  /**
   * For signing out: disconnects, shows no row any more, gives up the commands that wait, and ends when nothing of this person
   * is left in this browser.
   */
  forget(): Promise<void>;
  /** Ends everything; the client cannot be used again. Commands that wait are answered; kept ones are sent by the next page. */
  close(): void;
}

/**
 * Makes a client that watches and commands. Nothing happens until something is subscribed, commanded or connected, so that
 * it may stand in a module that a server renders.
 */
export function createClient(options: ClientOptions): CoreClient;
/** The same with what `more` makes of its insides: how the whole client is put together around this one. */
export function createClient<M extends object>(options: ClientOptions, more: More<M>): CoreClient & M;
export function createClient(options: ClientOptions, more?: More<object>): CoreClient {
  const env = options.env ?? browserEnv();
  const tab = env.uniqueId();
  const keep = options.keep ?? null;
  const inFlight = new InFlight({ tab, give: (command, isOptimistic) => driver.command(command, isOptimistic) });
  const commands = new CommandsView({ env, inFlight });
  inFlight.changed = () => commands.refresh();
  const onLive = new Set<() => void>();
  const connection = new ConnectionView({ env, driver: () => driver });
  const driver: Driver = new Driver({
    env,
    dial: options.dial ?? dialWebSocket(env),
    url: () => liveUrl(options.url, env.pageUrl()),
    token: options.token,
    tab,
    client: options.name ?? 'statewire-js',
    inFlight,
    keep,
    asked: (send, serverNow) => new Asked({ env, send, serverNow }),
    onChange: () => {
      if (options.lanes !== undefined) driver.asked.slow(options.lanes(driver.asked.lane, driver.clock.rttMs));
      connection.refresh();
      views.refresh();
    },
    onLive: () => {
      for (const fn of onLive) fn();
    },
  });
  const { defaultMs, lingerMs } = { defaultMs: options.intervalMs ?? 100, lingerMs: options.lingerMs ?? LINGER_MS };
  const views = new Views({ env, driver, inFlight, keep, defaultMs, lingerMs });
  inFlight.log = keep;
  keep?.attach({
    tab,
    views: () => views.told(),
    now: () => driver.clock.now(),
    offsetMs: () => driver.clock.offsetMs,
    assumeOffset: (ms) => driver.clock.assume(ms),
    waiting: () => [...inFlight.waiting()].map(({ given }) => given),
    restore: (left, refused) => driver.restore(left, refused),
  });
  const source: CollectionSource = { views, command: (command, isOptimistic) => driver.command(command, isOptimistic) };
  return {
    ...namedCollections(source),
    ...more?.(source, { env, want: () => driver.dispatch({ t: 'want' }), isLive: () => driver.isLive, onLive }),
    collection: (of: string | AnyDefinition) => new Collection<never>(source, typeof of === 'string' ? of : of.name),
    connection,
    commands,
    serverNow: () => driver.clock.now(),
    every: (ms, fn) => every(env, ms, fn),
    connect: () => driver.dispatch({ t: 'connect' }),
    disconnect: () => driver.dispatch({ t: 'disconnect' }),
    reconnect: () => {
      driver.dispatch({ t: 'connect' });
      driver.asked.retryRefused();
    },
    forget: async () => {
      driver.forget();
      await keep?.wipe();
    },
    close: () => {
      // First: what waits stays written down for the next page.
      inFlight.log = null;
      keep?.close();
      driver.dispatch({ t: 'close' });
      views.close();
      driver.asked.close();
    },
  };
}

/** Adds to a client what not every program needs, such as reporting. */
export type More<M> = (source: CollectionSource, reporting: Reporting) => M;

/** The collections that every server has, by name. */
export type KnownRows = Rows;
