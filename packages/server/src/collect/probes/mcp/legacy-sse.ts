import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Timer } from '../../../lib/clock.ts';
import type { Budget } from '../../egress/budget.ts';
import { fail, type Fault } from '../../egress/fault.ts';
import { Lane, type LaneDeps } from '../../egress/lane.ts';
import { statusFault } from '../classify.ts';
import { errorOf, parseMessages, replyFor, requestText, type Manner, type Reply } from './rpc.ts';
import { SseParser } from './sse-parser.ts';
import { mannerHeaders, type HttpTarget } from './streamable-http.ts';
import type { TripwireEvents } from './tripwire.ts';
import type { Ask, Asked, Wire } from './wire.ts';

/**
 * The old HTTP+SSE transport: a stream opened by GET names an endpoint, questions are POSTed there, answers
 * come on the stream. The stream is the session and the tripwire at once.
 */
export class LegacySse implements Wire {
  readonly transport = 'sse' as const;
  readonly #deps: LaneDeps;
  readonly #target: HttpTarget;
  readonly #events: TripwireEvents;
  readonly #stream: Lane;
  readonly #waiting = new Map<number, (outcome: Result<Reply, Fault>) => void>();
  #posted: Lane | null = null;
  #endpoint: URL | null = null;
  #nextId = 1;
  #isClosed = false;
  #isCut = false;

  constructor(deps: LaneDeps, target: HttpTarget, events: TripwireEvents) {
    this.#deps = deps;
    this.#target = target;
    this.#events = events;
    this.#stream = new Lane(deps);
  }

  /** The newest lane that connected: a held stream's own connection says nothing about now. */
  get lane(): Lane {
    return this.#posted?.connection == null ? this.#stream : this.#posted;
  }

  /** The stream ended: every further question needs a new one. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Opens the stream and waits for the endpoint it names. */
  async open(budget: Budget): Promise<Result<null, Fault>> {
    const sent = await this.#stream.send({
      method: 'GET',
      url: this.#target.url,
      headers: { ...this.#target.headers, accept: 'text/event-stream' },
      connectTimeoutMs: this.#target.connectTimeoutMs,
      budget,
    });
    if (!sent.ok) return sent;
    const answer = sent.value;
    if (answer.status !== 200) {
      const body = await answer.text(budget, BODY_BYTES_MAX);
      return statusFault(answer.status, answer.headers, {
        hasCredentials: this.#target.hasCredentials,
        now: this.#deps.clock.now(),
        body: body.ok ? body.value : '',
      });
    }
    if (!/^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '')) {
      answer.discard();
      return fail('not_mcp', 'The server answers with something that is not MCP.');
    }
    return new Promise((resolve) => {
      const timer = this.#deps.clock.after(budget.leftMs, () =>
        resolve(fail('no_answer', 'The event stream names no endpoint within the timeout.')),
      );
      const parser = new SseParser(this.#deps.limits.probeBodyBytesMax);
      const follow = async (): Promise<void> => {
        const read = await answer.read(
          (chunk) => {
            for (const event of parser.push(chunk)) {
              if (event.event === 'endpoint' && this.#endpoint === null) {
                timer.cancel();
                resolve(this.#setEndpoint(event.data));
              } else if (event.event === 'message' && event.data !== '') this.#receive(event.data);
            }
            return parser.isTooLarge;
          },
          null,
          Number.POSITIVE_INFINITY,
        );
        timer.cancel();
        this.#isCut = true;
        const fault = fail('reset', 'The event stream was closed by the server.');
        resolve(fault);
        for (const settle of this.#waiting.values()) settle(fault);
        this.#stream.close();
        if (!this.#isClosed) this.#events.onCut(read.ok ? 'stream_ended' : 'stream_cut');
      };
      void follow();
    });
  }

  async ask(ask: Ask): Promise<Result<Asked, Fault>> {
    const id = this.#nextId;
    this.#nextId += 1;
    const startedAt = this.#deps.clock.mono();
    let timer: Timer | null = null;
    const answered = new Promise<Result<Reply, Fault>>((resolve) => {
      this.#waiting.set(id, resolve);
      timer = this.#deps.clock.after(ask.budget.leftMs, () =>
        resolve(fail('timeout', 'No answer within the timeout.')),
      );
    });
    const settle = this.#waiting.get(id);
    const post = this.#post(requestText(id, ask.method, ask.params, ask.manner), ask.manner, ask.budget);
    // A refused POST is the answer; an accepted one says nothing yet.
    void post.then((outcome) => (outcome.ok ? undefined : settle?.(outcome)));
    const reply = await answered;
    this.#waiting.delete(id);
    (timer as Timer | null)?.cancel();
    if (!reply.ok) return reply;
    return ok({ reply: reply.value, status: null, session: null, ms: this.#deps.clock.mono() - startedAt });
  }

  async tell(method: string, params: JsonObject, manner: Manner, budget: Budget): Promise<void> {
    await this.#post(requestText(null, method, params, manner), manner, budget);
  }

  /** Answers a request the server made on the stream. */
  async answer(message: JsonObject, manner: Manner, budget: Budget): Promise<void> {
    await this.#post(JSON.stringify(message), manner, budget);
  }

  close(): void {
    this.#isClosed = true;
    this.#stream.close();
    this.#posted?.close();
  }

  #setEndpoint(text: string): Result<null, Fault> {
    const url = URL.parse(text, this.#target.url);
    // The endpoint comes from the server: our headers must not follow it to another origin.
    if (url === null || url.origin !== this.#target.url.origin) {
      return fail('misconfigured', 'The event stream names an endpoint on another origin.');
    }
    this.#endpoint = url;
    return ok(null);
  }

  #receive(text: string): void {
    const messages = parseMessages(text);
    if (messages === null) {
      for (const settle of this.#waiting.values())
        settle(fail('bad_payload', 'The event stream carries something that is not JSON-RPC.'));
      return;
    }
    for (const [id, settle] of this.#waiting) {
      const reply = replyFor(messages, id);
      if (reply !== null) settle(ok(reply));
    }
    for (const message of messages) if ('method' in message) this.#events.onMessage(message);
  }

  async #post(body: string, manner: Manner, budget: Budget): Promise<Result<null, Fault>> {
    if (this.#endpoint === null || this.#isCut) return fail('reset', 'The event stream was closed by the server.');
    const lane = new Lane(this.#deps);
    this.#posted = lane;
    try {
      const sent = await lane.send({
        method: 'POST',
        url: this.#endpoint,
        headers: {
          ...this.#target.headers,
          ...mannerHeaders(manner),
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body,
        connectTimeoutMs: this.#target.connectTimeoutMs,
        budget,
      });
      if (!sent.ok) return sent;
      const text = await sent.value.text(budget, BODY_BYTES_MAX);
      if (sent.value.status < 300) return ok(null);
      const error = text.ok ? errorOf(text.value) : null;
      const fault = statusFault(sent.value.status, sent.value.headers, {
        hasCredentials: this.#target.hasCredentials,
        now: this.#deps.clock.now(),
        body: text.ok ? text.value : '',
      });
      return error === null ? fault : { ...fault, message: `${fault.message.slice(0, -1)} and error ${error.code}.` };
    } finally {
      lane.close();
    }
  }
}

const BODY_BYTES_MAX = 65_536;
