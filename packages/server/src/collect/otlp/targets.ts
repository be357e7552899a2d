import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import { objectOf } from './attributes.ts';
import type { Target } from './traces.ts';

/** Services by what spans call them. Built from the services there are; it makes none. */
export class Targets {
  readonly #ids = new Set<string>();
  readonly #named = new Map<string, string>();
  readonly #places = new Map<string, Row[]>();

  constructor(services: Iterable<{ readonly id: string; readonly row: Row }>) {
    for (const { id, row } of services) {
      this.#ids.add(id);
      const label = labelOf(row);
      if (label !== null) this.#named.set(label, id);
      const place = typeof row['target'] === 'string' ? placeOf(row['target']) : null;
      if (place === null) continue;
      for (const key of [place.host, `${place.host}:${place.port}`]) {
        const held = this.#places.get(key);
        if (held === undefined) this.#places.set(key, [row]);
        else held.push(row);
      }
    }
  }

  /** The id of the service that a span called, or why there is none. */
  find({ name, url, host, port }: Target): Result<string> {
    for (const word of [name, host]) {
      if (word === '') continue;
      if (this.#ids.has(word)) return ok(word);
      const named = this.#named.get(word);
      if (named !== undefined) return ok(named);
    }
    const place = url === '' ? null : placeOf(url);
    const key = place !== null ? `${place.host}:${place.port}` : port === '' ? hostOf(host) : `${hostOf(host)}:${port}`;
    const found = key === '' ? [] : (this.#places.get(key) ?? []);
    if (found.length === 1) return ok(found[0]?.id ?? '');
    if (found.length > 1) {
      const same = found.filter(({ target }) => target === url);
      if (same.length === 1) return ok(same[0]?.id ?? '');
      const tools = found.filter(({ kind }) => kind === 'mcp');
      if (tools.length === 1) return ok(tools[0]?.id ?? '');
      const ids = found.slice(0, 3).map(({ id }) => id);
      return refuse(
        'conflict',
        `several services are at ${key} (${ids.join(', ')}); set peer.service to the id of one`,
      );
    }
    const what = name !== '' ? JSON.stringify(name) : key;
    if (what === '') return refuse('bad_field', 'a call without peer.service or server.address; set one of them');
    return refuse(
      'not_found',
      `no service is called ${what} and none is at it; make it, or set peer.service to the id of one`,
    );
  }
}

function labelOf({ labels }: Row): string | null {
  const label = objectOf(labels)['peer.service'];
  return typeof label === 'string' && label !== '' ? label : null;
}

const PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ws: '80', wss: '443' };

/** Host and port of a target: a URL, or `host:port`. Null when it has none. */
function placeOf(target: string): { readonly host: string; readonly port: string } | null {
  const parts = /^(?:(https?|wss?):\/\/)?(\[[^\]]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?(?:[/?#]|$)/iu.exec(target);
  if (parts === null) return null;
  const [, scheme = '', host = '', port] = parts;
  const known = port ?? PORTS[scheme.toLowerCase()];
  return known === undefined ? null : { host: hostOf(host), port: known };
}

/** A host as it is compared: `[::1]` and `::1` are one, and so are the names of this machine. */
function hostOf(host: string): string {
  const plain = host.toLowerCase().replaceAll(/^\[|\]$/gu, '');
  return plain === '127.0.0.1' || plain === '::1' ? 'localhost' : plain;
}
