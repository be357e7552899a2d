/**
 * What all elements share: attributes in, a shadow root out, and a record to watch in between. An element is a kind: which
 * attributes it has, what it watches, how it is drawn. Drawing is asked for when an attribute, the record or the
 * connection has changed, and from time to time where it tells ages or ends.
 */
import type { ConnectionStatus, ViewStatus } from '@statewire/client';
import type { CoreClient } from '@statewire/client/core';
import type { Row } from '@statewire/protocol';
import { clientFor, onConfigure } from './configure.ts';
import { adoptLook } from './look.ts';

/** What an element is while it is drawn. */
export interface Host {
  readonly root: ShadowRoot;
  /** Null where it is absent or empty. */
  readonly attr: (name: string) => string | null;
  /** A number, or null where it is absent or none. */
  readonly number: (name: string) => number | null;
  readonly rows: readonly Row[];
  /** Null where nothing is watched. */
  readonly status: ViewStatus | null;
  readonly connection: ConnectionStatus | null;
  /** Throws where too many servers are named on one page. */
  readonly client: () => CoreClient;
  /** Why the last attempt to watch came to nothing, or null. */
  readonly failure: string | null;
}

/** What is watched: calls `tell` on each change, and gives what there is now. */
export interface Watch {
  readonly rows: () => readonly Row[];
  readonly status: () => ViewStatus | null;
  readonly subscribe: (tell: () => void) => () => void;
}

export interface Kind {
  readonly name: string;
  readonly attributes: readonly string[];
  /** What these attributes ask to be watched, or null when they say it all themselves. */
  readonly watch: (host: Host) => Watch | null;
  readonly draw: (host: Host) => void;
  /** Time alone changes it: drawn each so many ms, too. */
  readonly tickMs?: number;
}

const SHARED = ['url', 'token', 'theme'];

/** Makes the element known to the page. Twice, and where there is no page, is fine. */
export function define(kind: Kind): void {
  if (typeof customElements !== 'object' || customElements.get(kind.name) !== undefined) return;
  class StatewireElement extends HTMLElement {
    static readonly observedAttributes: readonly string[] = [...kind.attributes, ...SHARED];
    // Dressed at once: while a page is read, attributes are told before the element is known to be connected.
    readonly #root = dressed(this.attachShadow({ mode: 'open' }));
    #watch: Watch | null = null;
    #stops: (() => void)[] = [];
    #failure: string | null = null;
    #isOpening = false;

    connectedCallback(): void {
      this.#open();
    }

    disconnectedCallback(): void {
      this.#close();
    }

    attributeChangedCallback(): void {
      if (!this.isConnected) return;
      this.#open();
    }

    #open(): void {
      if (this.#isOpening) return;
      this.#isOpening = true;
      this.#close();
      this.#stops.push(onConfigure(() => this.#open()));
      try {
        this.#watch = kind.watch(this.#host());
        this.#failure = null;
        if (this.#watch !== null) {
          this.#stops.push(this.#watch.subscribe(() => this.#draw()));
          if (kind.tickMs !== undefined) this.#stops.push(this.#client().every(kind.tickMs, () => this.#draw()));
        }
      } catch (error) {
        // A bad address, a bad condition, too many servers: the element says so where it stands.
        this.#failure = error instanceof Error ? error.message : String(error);
      }
      this.#isOpening = false;
      this.#draw();
    }

    #close(): void {
      const stops = this.#stops;
      this.#stops = [];
      this.#watch = null;
      for (const stop of stops) stop();
    }

    #draw(): void {
      kind.draw(this.#host());
    }

    #client(): CoreClient {
      return clientFor(this.getAttribute('url'), this.getAttribute('token'));
    }

    #host(): Host {
      const watch = this.#watch;
      const attr = (name: string): string | null => {
        const value = this.getAttribute(name);
        return value === '' ? null : value;
      };
      return {
        root: this.#root,
        attr,
        number: (name) => {
          const value = Number(attr(name) ?? Number.NaN);
          return Number.isFinite(value) ? value : null;
        },
        rows: watch?.rows() ?? [],
        status: watch?.status() ?? null,
        connection: watch === null ? null : this.#client().connection.state,
        client: () => this.#client(),
        failure: this.#failure,
      };
    }
  }
  customElements.define(kind.name, StatewireElement);
}

function dressed(root: ShadowRoot): ShadowRoot {
  adoptLook(root);
  return root;
}

/** Watches one record, when a `record` attribute names it. */
export function watchRecord(host: Host, collection: string): Watch | null {
  const id = host.attr('record');
  if (id === null) return null;
  const view = host
    .client()
    .collection(host.attr('collection') ?? collection)
    .record(id);
  return {
    rows: () => {
      const { row } = view.get();
      return row === null ? [] : [row];
    },
    status: () => view.get().status,
    subscribe: view.subscribe,
  };
}

/** A text field of a record; `''` where it is absent or none. Dots go inside: `reason.text`. */
export function textOf(row: Row | undefined, path: string): string {
  const value = valueOf(row, path);
  return typeof value === 'string' ? value : '';
}

/** A number of a record, or null. */
export function numberOf(row: Row | undefined, path: string): number | null {
  const value = valueOf(row, path);
  return typeof value === 'number' ? value : null;
}

function valueOf(row: Row | undefined, path: string): unknown {
  let value: unknown = row;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
