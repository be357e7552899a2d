import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Budget } from '../../egress/budget.ts';
import { fail, type Fault } from '../../egress/fault.ts';
import { Lane, type Answer, type LaneDeps } from '../../egress/lane.ts';
import { statusFault } from '../classify.ts';
import { isObject } from '../probe.ts';
import { errorOf, parseMessages, replyFor, requestText, type Manner, type Reply } from './rpc.ts';
import { SseParser } from './sse-parser.ts';
import type { Ask, Asked, Wire } from './wire.ts';

/** Where a server is and how it is asked. */
export interface HttpTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasCredentials: boolean;
  readonly connectTimeoutMs: number;
}

/** Streamable HTTP: each question is a POST, answered by JSON or by an event stream that is read up to our id. */
export class StreamableHttp implements Wire {
  readonly transport = 'http' as const;
  readonly #deps: LaneDeps;
  readonly #target: HttpTarget;
  readonly #lane: Lane;
  #nextId = 1;

  constructor(deps: LaneDeps, target: HttpTarget) {
    this.#deps = deps;
    this.#target = target;
    this.#lane = new Lane(deps);
  }

  get lane(): Lane {
    return this.#lane;
  }

  async ask(ask: Ask): Promise<Result<Asked, Fault>> {
    const id = this.#nextId;
    this.#nextId += 1;
    const startedAt = this.#deps.clock.mono();
    const sent = await this.#post(
      requestText(id, ask.method, ask.params, ask.manner),
      {
        ...mannerHeaders(ask.manner),
        ...(ask.manner.era === 'modern' ? modernHeaders(ask.method, ask.params) : {}),
      },
      ask.budget,
    );
    if (!sent.ok) return sent;
    const answer = sent.value;
    const replied = await this.#replyOf(answer, id, ask.budget);
    if (!replied.ok) return replied;
    const header = answer.headers['mcp-session-id'];
    return ok({
      reply: replied.value,
      status: answer.status,
      session: typeof header === 'string' && header !== '' ? header : null,
      ms: this.#deps.clock.mono() - startedAt,
    });
  }

  async tell(method: string, params: JsonObject, manner: Manner, budget: Budget): Promise<void> {
    const sent = await this.#post(requestText(null, method, params, manner), mannerHeaders(manner), budget);
    // Read to its end so that the socket serves the next question; it is small or it is dropped.
    if (sent.ok) await sent.value.text(budget, TELL_BYTES_MAX);
  }

  /** Answers a request the server made on a stream it holds with us. */
  async answer(message: JsonObject, manner: Manner, budget: Budget): Promise<void> {
    const sent = await this.#post(JSON.stringify(message), mannerHeaders(manner), budget);
    if (sent.ok) await sent.value.text(budget, TELL_BYTES_MAX);
  }

  /** Ends a session. A server that forbids it (405) keeps it until its own timeout; that is its choice. */
  async end(manner: Manner, budget: Budget): Promise<void> {
    const sent = await this.#lane.send({
      method: 'DELETE',
      url: this.#target.url,
      headers: { ...this.#target.headers, ...mannerHeaders(manner) },
      connectTimeoutMs: this.#target.connectTimeoutMs,
      budget,
    });
    if (sent.ok) sent.value.discard();
  }

  close(): void {
    this.#lane.close();
  }

  #post(body: string, headers: Readonly<Record<string, string>>, budget: Budget): Promise<Result<Answer, Fault>> {
    return this.#lane.send({
      method: 'POST',
      url: this.#target.url,
      headers: {
        ...this.#target.headers,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body,
      connectTimeoutMs: this.#target.connectTimeoutMs,
      budget,
    });
  }

  async #replyOf(answer: Answer, id: number, budget: Budget): Promise<Result<Reply, Fault>> {
    const { status } = answer;
    const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (status >= 300 && status < 400) {
      answer.discard();
      return this.#fault(answer);
    }
    if (status >= 400) {
      const body = await answer.text(budget, ERROR_BYTES_MAX);
      // Modern servers answer unknown methods with 404 and bad versions with 400, both with a JSON-RPC error.
      const error = body.ok && (status === 400 || status === 404) ? errorOf(body.value) : null;
      return error === null ? this.#fault(answer, body.ok ? body.value : '') : ok(error);
    }
    if (type === 'text/event-stream') return this.#fromStream(answer, id, budget);
    const body = await answer.text(budget, this.#deps.limits.probeBodyBytesMax);
    if (!body.ok) return body;
    if (status === 202 || status === 204 || body.value === '') {
      return fail('no_answer', `The server accepted the request (HTTP ${status}) and gave no answer to it.`, {
        status,
      });
    }
    if (type !== 'application/json' && /^\s*</.test(body.value)) {
      return fail('not_mcp', 'The server answers with a web page, not with MCP.', { status });
    }
    const messages = parseMessages(body.value);
    if (messages === null) {
      return type === 'application/json'
        ? fail('bad_payload', 'The answer is not a JSON-RPC message.', { status })
        : fail('not_mcp', 'The server answers with something that is not MCP.', { status });
    }
    const reply = replyFor(messages, id);
    return reply === null
      ? fail('bad_payload', 'The answer carries another id than the question.', { status })
      : ok(reply);
  }

  /** Reads a stream up to the answer to our question and not one event further: servers may hold it open for ever. */
  async #fromStream(answer: Answer, id: number, budget: Budget): Promise<Result<Reply, Fault>> {
    const parser = new SseParser(this.#deps.limits.probeBodyBytesMax);
    let found: Result<Reply, Fault> | null = null;
    const read = await answer.read(
      (chunk) => {
        for (const event of parser.push(chunk)) {
          // Resumable servers open with an empty event, only to hand out its id.
          if (event.event !== 'message' || event.data === '') continue;
          const messages = parseMessages(event.data);
          const reply = messages === null ? null : replyFor(messages, id);
          if (messages === null)
            found = fail('bad_payload', 'The event stream carries something that is not JSON-RPC.');
          else if (reply !== null) found = ok(reply);
          if (found !== null) return true;
        }
        if (parser.isTooLarge) found = fail('too_large', 'One event of the stream is larger than allowed.');
        return found !== null;
      },
      budget,
      this.#deps.limits.probeBodyBytesMax,
    );
    if (found !== null) return found;
    if (!read.ok) return read;
    return fail('no_answer', 'The event stream ended without an answer to the question.');
  }

  #fault(answer: Answer, body?: string): Result<never, Fault> {
    return statusFault(answer.status, answer.headers, {
      hasCredentials: this.#target.hasCredentials,
      now: this.#deps.clock.now(),
      body,
    });
  }
}

/** Headers of the era: the version on everything but `initialize`, the session where there is one. */
export function mannerHeaders(manner: Manner): Record<string, string> {
  if (manner.era === 'modern') return { 'mcp-protocol-version': manner.version };
  return {
    ...(manner.version === null ? {} : { 'mcp-protocol-version': manner.version }),
    ...(manner.session === null ? {} : { 'mcp-session-id': manner.session }),
  };
}

/** Modern requests repeat method and name in headers, so that proxies need not read bodies. */
export function modernHeaders(method: string, params: JsonObject): Record<string, string> {
  const name = isObject(params) ? params['name'] : undefined;
  return {
    'mcp-method': method,
    ...(method === 'tools/call' && typeof name === 'string' ? { 'mcp-name': encodeName(name) } : {}),
  };
}

/** Header values are ASCII: other names travel in the encoded form the transport page defines. */
function encodeName(name: string): string {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('=?base64?')
    ? name
    : `=?base64?${Buffer.from(name, 'utf8').toString('base64')}?=`;
}

const TELL_BYTES_MAX = 65_536;
const ERROR_BYTES_MAX = 65_536;
