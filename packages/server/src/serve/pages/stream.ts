/**
 * Push to people without a credential. What changed is made once per page and handed to all who listen as the same
 * bytes. A listener who does not read is let go: it comes back and is told the whole. Server-sent events, because a
 * browser resumes them by itself and every proxy knows them.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Board, Sheet } from '../../publish/board.ts';
import { networkOf } from '../http/rate.ts';
import type { Drawings } from './drawn.ts';

export interface StreamsDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly board: Pick<Board, 'watch'>;
  readonly drawings: Drawings;
}

/** Why nobody more can listen. */
export type Full = 'address' | 'page' | 'server';

export class Streams {
  readonly #deps: StreamsDeps;
  readonly #channels = new Map<string, Channel>();
  readonly #byNetwork = new Map<string, number>();
  #count = 0;

  constructor(deps: StreamsDeps) {
    this.#deps = deps;
  }

  /** How many listen. */
  get size(): number {
    return this.#count;
  }

  /** The stream of a page from `since` on: a version that the listener shows, or null. */
  open(
    sheet: Sheet,
    { ip, since }: { readonly ip: string; readonly since: string | null },
  ): ReadableStream<Uint8Array> | Full {
    const { limits, clock, drawings } = this.#deps;
    const network = networkOf(ip);
    const { slug } = sheet.state;
    const known = this.#channels.get(slug);
    if ((this.#byNetwork.get(network) ?? 0) >= limits.pageListenersPerIpMax) return 'address';
    if ((known?.listeners.size ?? 0) >= limits.pageListenersMax) return 'page';
    if (this.#count >= limits.pagesListenersMax) return 'server';
    const channel = known ?? this.#channel(slug, sheet);
    let listener: Listener | null = null;
    const leave = (): void => {
      if (listener === null || !channel.listeners.delete(listener)) return;
      this.#count -= 1;
      const left = (this.#byNetwork.get(network) ?? 1) - 1;
      if (left === 0) this.#byNetwork.delete(network);
      else this.#byNetwork.set(network, left);
      if (channel.listeners.size > 0) return;
      channel.stop();
      this.#channels.delete(slug);
    };
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          listener = { controller, leave };
          channel.listeners.add(listener);
          this.#count += 1;
          this.#byNetwork.set(network, (this.#byNetwork.get(network) ?? 0) + 1);
          // Everybody comes back at another moment when the server was away.
          const retryMs = RETRY_MS_MIN + Math.floor(clock.random() * RETRY_MS_SPREAD);
          controller.enqueue(new TextEncoder().encode(`retry: ${retryMs}\n\n`));
          controller.enqueue(since === sheet.version ? this.#beat() : drawings.whole(sheet));
        },
        cancel: leave,
      },
      new ByteLengthQueuingStrategy({ highWaterMark: limits.pageListenerBytesMax }),
    );
  }

  /** Lets everybody go; browsers come back by themselves. */
  close(): void {
    for (const channel of Array.from(this.#channels.values())) end(channel);
  }

  #channel(slug: string, sheet: Sheet): Channel {
    const channel: Channel = { sheet, listeners: new Set(), stop: () => undefined };
    channel.stop = this.#deps.board.watch(slug, {
      changed: (next) => this.#changed(slug, channel, next),
      beat: () => send(channel, this.#beat()),
    });
    this.#channels.set(slug, channel);
    return channel;
  }

  #changed(slug: string, channel: Channel, next: Sheet | null): void {
    const before = channel.sheet;
    // Another door: whoever is inside has to come in by it.
    const isElsewhere =
      next === null ||
      next.state.slug !== slug ||
      next.page.access !== before.page.access ||
      next.page.securedAt !== before.page.securedAt;
    if (isElsewhere) {
      send(channel, GONE);
      end(channel);
      return;
    }
    channel.sheet = next;
    if (next.version !== before.version) send(channel, this.#deps.drawings.step(before, next));
  }

  #beat(): Uint8Array {
    return new TextEncoder().encode(`event: beat\ndata: {"at":${this.#deps.clock.now()}}\n\n`);
  }
}

const RETRY_MS_MIN = 1_000;
const RETRY_MS_SPREAD = 2_000;
const GONE = new TextEncoder().encode('event: gone\ndata: {}\n\n');

interface Listener {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly leave: () => void;
}

interface Channel {
  sheet: Sheet;
  readonly listeners: Set<Listener>;
  stop: () => void;
}

function send(channel: Channel, bytes: Uint8Array): void {
  for (const listener of Array.from(channel.listeners)) {
    const room = listener.controller.desiredSize ?? 0;
    if (room >= bytes.byteLength) listener.controller.enqueue(bytes);
    else drop(listener);
  }
}

function end(channel: Channel): void {
  for (const listener of Array.from(channel.listeners)) drop(listener);
}

function drop({ controller, leave }: Listener): void {
  leave();
  controller.close();
}
