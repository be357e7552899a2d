/**
 * The class that much status code is written against, over live views: topics with callbacks, a cache and a socket that
 * minds itself. For screens that are to be moved one by one; new ones use the client itself.
 */
import { createClient, type ClientOptions, type CoreClient } from '../client.ts';
import { localFailure, type CommandResult } from '../errors.ts';
import type { ConnectionState } from '../views/connection-view.ts';
import { topicOf, type PublishedStatus, type Reading, type Topic, type Topics } from './topics.ts';

/** Topics that may be open at once; each is one or two views of the client. */
const TOPICS_MAX = 200;

/** The last word on a topic, and how old it is. */
export interface Cached<D> {
  readonly data: D;
  /** The organization's version that it is true for. */
  readonly version: number | null;
  /** When it was last known to be true, epoch ms on the server's clock. */
  readonly verifiedAt: number | null;
  readonly isLive: boolean;
}

interface OpenTopic {
  readonly topic: Topic;
  users: number;
}

/** Topics over live views, for screens that were written for a status service of one's own and are moved one by one. */
export class StatusSyncService {
  readonly #client: CoreClient;
  readonly #open = new Map<string, OpenTopic>();
  readonly #leaves = new Set<() => void>();

  /** Nothing is opened until something is subscribed or published, so that it may stand in a module. */
  constructor(source: ClientOptions | { readonly client: CoreClient }) {
    this.#client = 'client' in source ? source.client : createClient(source);
  }

  /**
   * Calls `callback` with what the topic says now, as soon as that is known, and after each change. Each change is told
   * once; a callback that throws stops no other.
   */
  subscribe<T extends keyof Topics>(
    topic: T,
    callback: (data: Topics[T]) => void,
  ): { readonly unsubscribe: () => void } {
    const open = this.#open.get(topic) ?? this.#begin(topic);
    open.users += 1;
    let told: Reading | null = null;
    let isOpen = true;
    const tell = (): void => {
      const reading = open.topic.read();
      if (!isOpen || reading === null || (told !== null && isSame(reading.data, told.data))) return;
      told = reading;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: `Topics` says what `topicOf` makes of each name.
      callback(reading.data as Topics[T]);
    };
    // Each has a listener of its own: what one of them throws is reported, and the others hear all the same.
    const leave = open.topic.subscribe(tell);
    this.#leaves.add(leave);
    // Later, as callers expect it: they have not got their subscription yet.
    void Promise.resolve().then(tell);
    return {
      unsubscribe: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#leaves.delete(leave);
        leave();
        open.users -= 1;
        if (open.users === 0) this.#open.delete(topic);
      },
    };
  }

  /** The last word on a topic that is subscribed, falsy ones too; null when there is none. */
  getCached<T extends keyof Topics>(topic: T): Cached<Topics[T]> | null {
    const reading = this.#open.get(topic)?.topic.read() ?? null;
    if (reading === null) return null;
    const { data, version, verifiedAt, status } = reading;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: `Topics` says what `topicOf` makes of each name.
    return { data: data as Topics[T], version, verifiedAt, isLive: status === 'live' };
  }

  /**
   * Reports a status; needs the report scope. Nothing is applied here: the change comes once, from the server, and a
   * refusal is the result.
   */
  publishStatus(topic: keyof Topics, data: PublishedStatus): Promise<CommandResult> {
    const publish = topicOf(this.#client, topic)?.publish ?? null;
    if (publish !== null) return publish(data);
    const message = `nobody publishes on ${JSON.stringify(topic)}; report connection:<id>:status or health:<id>, or use the client`;
    return Promise.resolve(localFailure('unsupported', message));
  }

  getConnectionStatus(): 'connected' | 'connecting' | 'disconnected' {
    const { state } = this.#client.connection;
    if (state === 'live') return 'connected';
    return state === 'connecting' || state === 'reconnecting' || state === 'stale' ? 'connecting' : 'disconnected';
  }

  /** Calls `listener` with the state of the connection, now and after each change, until the returned function is called. */
  onConnectionChange(listener: (state: ConnectionState) => void): () => void {
    const { connection } = this.#client;
    listener(connection.get());
    return connection.subscribe(() => listener(connection.get()));
  }

  /** Connects now instead of at the first subscription. */
  connect(): void {
    this.#client.connect();
  }

  /** Disconnects and stays so until `connect`. Subscriptions stay, and go on then. */
  disconnect(): void {
    this.#client.disconnect();
  }

  /** Ends everything, the client too. */
  close(): void {
    for (const leave of this.#leaves) leave();
    this.#leaves.clear();
    this.#open.clear();
    this.#client.close();
  }

  #begin(name: string): OpenTopic {
    const topic = topicOf(this.#client, name);
    if (topic === null) {
      throw new Error(
        `found the topic ${JSON.stringify(name)}; expected admin:mcp:servers, admin:mcp:stats, agent:<id>:connections, health:<id>, connection:<id>:status, server:<id>:connections or server:<id>:metrics`,
      );
    }
    if (this.#open.size >= TOPICS_MAX) {
      throw new Error(`${TOPICS_MAX} topics are open, limit ${TOPICS_MAX}; unsubscribe some of them`);
    }
    const open: OpenTopic = { topic, users: 0 };
    this.#open.set(name, open);
    return open;
  }
}

/** Does it say the same? Rows that changed in what a topic leaves out are no news. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
