/** Which server the elements of a page talk to. All with the same address and token share one client. */
import { createClient, type CoreClient } from '@statewire/client/core';
import type { TokenSource } from '@statewire/client';

/** Where the elements of a page get their data. */
export interface ElementsConfig {
  /** Address of the server; default: that of the page. */
  readonly url?: string | undefined;
  /** A key or JWT, or a function that fetches one. Absent: the session cookie. */
  readonly token?: TokenSource | undefined;
  /** A client of your own, shared with the rest of the app. */
  readonly client?: CoreClient | undefined;
}

/**
 * Says which server the elements talk to that do not name one by their `url` and `token` attributes. Elements that stand
 * already move over.
 */
export function configure(next: ElementsConfig): void {
  config = next;
  const present = [...waiting];
  for (const fn of present) fn();
}

/** The client for an element with these attributes. */
export function clientFor(url: string | null, token: string | null): CoreClient {
  if (url === null && token === null && config.client !== undefined) return config.client;
  const address = url ?? config.url ?? '/';
  const credential = token ?? (url === null ? config.token : undefined);
  const known = made.find((each) => each.url === address && each.token === credential);
  if (known !== undefined) return known.client;
  if (made.length >= CLIENTS_MAX) {
    throw new Error(
      `found ${made.length} different servers or tokens on one page, at most ${CLIENTS_MAX}; share one by configure()`,
    );
  }
  const client = createClient({ url: address, ...(credential === undefined ? {} : { token: credential }) });
  made.push({ url: address, token: credential, client });
  return client;
}

/** Calls `fn` after each `configure` until the returned function is called. */
export function onConfigure(fn: () => void): () => void {
  waiting.add(fn);
  return () => {
    waiting.delete(fn);
  };
}

let config: ElementsConfig = {};
const waiting = new Set<() => void>();
const made: { readonly url: string; readonly token: TokenSource | undefined; readonly client: CoreClient }[] = [];
// A page shows one server, seldom two; more is a token that changes in an attribute.
const CLIENTS_MAX = 8;
