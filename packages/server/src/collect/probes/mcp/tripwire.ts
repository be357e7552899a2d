import type { JsonObject } from '@statewire/protocol';
import { Budget } from '../../egress/budget.ts';
import { Lane, type LaneDeps } from '../../egress/lane.ts';
import { isObject } from '../probe.ts';
import { parseMessages, requestText, type Manner } from './rpc.ts';
import { SseParser } from './sse-parser.ts';
import { mannerHeaders, modernHeaders, type HttpTarget } from './streamable-http.ts';

export interface TripwireEvents {
  /** The stream ended although we did not end it. */
  readonly onCut: (cause: string) => void;
  /** A message the server pushed. */
  readonly onMessage: (message: JsonObject) => void;
}

/**
 * A stream held open only to learn of its end: a killed process closes it within milliseconds. Its silence
 * proves nothing (a stopped process keeps its sockets), so the poll stays. Legacy servers stream on GET,
 * modern ones on `subscriptions/listen`; a server that offers neither is simply polled.
 */
export class Tripwire {
  readonly #lane: Lane;
  #state: 'opening' | 'held' | 'unsupported' | 'ended' = 'opening';
  #isClosed = false;

  constructor(deps: LaneDeps, target: HttpTarget, manner: Manner, events: TripwireEvents) {
    this.#lane = new Lane(deps);
    void this.#hold(deps, target, manner, events);
  }

  /** Whether another one should be opened: this one ended after it had been held. */
  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  get isHeld(): boolean {
    return this.#state === 'held';
  }

  close(): void {
    this.#isClosed = true;
    this.#lane.close();
  }

  async #hold(deps: LaneDeps, target: HttpTarget, manner: Manner, events: TripwireEvents): Promise<void> {
    const isModern = manner.era === 'modern';
    const params = { notifications: { toolsListChanged: true } };
    const sent = await this.#lane.send({
      method: isModern ? 'POST' : 'GET',
      url: target.url,
      headers: {
        ...target.headers,
        ...mannerHeaders(manner),
        accept: isModern ? 'application/json, text/event-stream' : 'text/event-stream',
        ...(isModern ? { ...modernHeaders('subscriptions/listen', params), 'content-type': 'application/json' } : {}),
      },
      ...(isModern ? { body: requestText(LISTEN_ID, 'subscriptions/listen', params, manner) } : {}),
      connectTimeoutMs: target.connectTimeoutMs,
      budget: new Budget(deps.clock, OPEN_MS),
    });
    const isStream =
      sent.ok && sent.value.status === 200 && /^text\/event-stream\b/i.test(sent.value.headers['content-type'] ?? '');
    if (!isStream) {
      this.#state = 'unsupported';
      this.#lane.close();
      return;
    }
    this.#state = 'held';
    const heldAt = deps.clock.mono();
    const parser = new SseParser(EVENT_BYTES_MAX);
    let isGraceful = false;
    const read = await sent.value.read(
      (chunk) => {
        for (const event of parser.push(chunk)) {
          for (const message of parseMessages(event.data) ?? []) {
            if (isModern && isEnd(message)) isGraceful = true;
            else events.onMessage(message);
          }
        }
        return isGraceful || parser.isTooLarge;
      },
      null,
      Number.POSITIVE_INFINITY,
    );
    this.#lane.close();
    if (this.#isClosed) return;
    // A server that ends each stream politely at once (many stateless ones) offers none; asking again and
    // again would be a busy loop between its end and our look.
    const isUseless = (read.ok || isGraceful) && deps.clock.mono() - heldAt < USEFUL_MS;
    this.#state = isUseless ? 'unsupported' : 'ended';
    if (!isUseless) events.onCut(read.ok ? 'stream_ended' : 'stream_cut');
  }
}

/** A modern listen stream ends with a result to its id, or, on other pages of the specification, with a cancellation. */
function isEnd(message: JsonObject): boolean {
  if (message['id'] === LISTEN_ID && !('method' in message)) return true;
  const params = isObject(message['params']) ? message['params'] : {};
  return message['method'] === 'notifications/cancelled' && params['requestId'] === LISTEN_ID;
}

const LISTEN_ID = 0;
const OPEN_MS = 10_000;
const USEFUL_MS = 3_000;
const EVENT_BYTES_MAX = 1_048_576;
