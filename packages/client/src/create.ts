import type { AnyDefinition } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { fullEnv, toWorker } from './full-env.ts';
import { createClient as createCore, defaultMs, nameOf, type ClientOptions, type Connected } from './client.ts';
import { Collection } from './collection.ts';
import type { CustomCollection } from './custom.ts';
import { namedCollections, type NamedCollections } from './named.ts';
import { Commands } from './state/commands.ts';
import type { Keep } from './state/keep.ts';
import { CommandsView } from './views/commands-view.ts';
import { layersOver } from './views/layers.ts';
import { Quality, type Lanes } from './session/quality.ts';
import type { OfflineOptions } from './offline/keeper.ts';
import { openKeep } from './offline/open-keep.ts';
import { recallFrom, toldOf } from './offline/recall.ts';
import { ladder } from './connect/ladder.ts';
import type { Transport } from './connect/transport.ts';
import { reporters, type Reporters } from './report/reporters.ts';
import { Saver, type SaverMode } from './session/saver.ts';
import { WORKER } from './tabs/group.ts';
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
   * each tab has its own. `worker`: a shared worker holds it, made by `worker`; where there is none, tabs do as with `auto`.
   */
  readonly tabs?: 'auto' | 'off' | 'worker' | undefined;
  /**
   * Makes the shared worker for `tabs: 'worker'`, under the name that is given to it:
   * `(name) => new SharedWorker(new URL('./statewire-worker.js', import.meta.url), { type: 'module', name })`.
   * That script is one line, `import '@statewire/client/worker'`.
   */
  readonly worker?: ((name: string) => SharedWorker) | undefined;
  /** Keep rows and waiting commands in this browser, per server and person. Default false. */
  readonly offline?: boolean | OfflineOptions | undefined;
  /** Where rows and commands outlive the page, instead of what `offline` says. */
  readonly keep?: Keep | undefined;
  /** Slows views down on slow links, instead of what `saver` says. */
  readonly lanes?: Lanes | undefined;
}

/** The client as apps get it: it watches, commands and reports. */
export interface Client extends Connected, Omit<NamedCollections, keyof Reporters>, Reporters {
  /** A collection by name. */
  collection<T extends Row = Row>(name: string): Collection<T>;
  /** A collection of the app, typed by its definition: the value, or `collection<typeof orders>('orders')` by its type alone. */
  collection<D extends AnyDefinition>(of: D | D['name']): CustomCollection<D>;
  /** Commands that wait, and those that were refused after they had waited. */
  readonly commands: CommandsView;
  /**
   * For signing out: disconnects, shows no row any more, gives up the commands that wait, and ends when nothing of this person
   * is left in this browser.
   */
  forget(): Promise<void>;
}

/**
 * Makes a client as apps get it: the core, and around it what the real world asks for. Nothing happens until something is
 * subscribed, commanded or connected, so that it may stand in a module that a server renders.
 */
export function createClient(options: FullOptions): Client {
  const env = options.env ?? fullEnv();
  const { tabs, transports } = options;
  const worker = tabs === 'worker' && options.worker !== undefined ? toWorker(options.worker, WORKER) : undefined;
  const dial = shareDial(env, options.dial ?? ladder(env, { transports }), { tabs, worker, transports });
  const saver = new Saver(env, options.saver ?? 'auto');
  const { offline = false, url, token } = options;
  const keep = options.keep ?? openKeep(env, { offline, url, token });
  return createCore<Omit<Client, keyof Connected>>({ ...options, env, dial: saver.measured(dial) }, (inside) => {
    const inFlight = new Commands(inside, keep);
    const onLive = new Set<() => void>();
    const lanes = options.lanes ?? saver.lanes;
    const quality = new Quality({ driver: inside.driver, lanes, defaultMs: defaultMs(options) });
    const commands = new CommandsView({ env, commands: inFlight });
    inFlight.changed = () => commands.refresh();
    keep?.attach({
      tab: inside.tab,
      views: () => toldOf(inside),
      now: () => inside.driver().clock.now(),
      offsetMs: () => inside.driver().clock.offsetMs,
      assumeOffset: (ms) => inside.driver().clock.assume(ms),
      waiting: () => inFlight.waiting(),
      restore: (left, refused) => inFlight.restore(left, refused),
    });
    return {
      inFlight,
      layers: layersOver(inFlight.overlays),
      keep,
      recall: keep === null ? undefined : recallFrom(keep),
      pace: quality.pace,
      measure: quality,
      onLive: () => {
        for (const fn of onLive) fn();
      },
      members: (source) => {
        const reporting = {
          env,
          onLive,
          want: () => inside.driver().dispatch({ t: 'want' }),
          isLive: () => inside.driver().isLive,
        };
        const collection = (name: string): Collection<never> => new Collection<never>(source, name);
        return {
          ...namedCollections(collection),
          ...reporters(source, reporting),
          collection: (of: string | AnyDefinition) => collection(nameOf(of)),
          commands,
          forget: async () => {
            inside.driver().forget('signed out before this was answered; it may or may not have been carried out');
            await keep?.wipe();
          },
        };
      },
      close: () => {
        // What waits stays written down for the next page.
        inFlight.close();
        keep?.close();
      },
    };
  });
}
