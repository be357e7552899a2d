import {
  Agent,
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Readable } from 'node:stream';
import { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ok, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Budget } from './budget.ts';
import type { Connection, Egress } from './egress.ts';
import { ABORTED, codeOf, fail, FaultError, faultOf, type Failed, type Fault } from './fault.ts';

export interface LaneDeps {
  readonly egress: Egress;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'probeBodyBytesMax' | 'probeHeaderBytesMax'>;
}

export interface LaneRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  readonly connectTimeoutMs: number;
  /** Bounds everything from the connect to the headers of the answer, and reads of the body unless they bring their own. */
  readonly budget: Budget;
}

/** An answer whose headers have come. The body is read once, or discarded. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** From the request's first byte to the answer's headers. */
  readonly headersMs: number;
  /**
   * Feeds decoded chunks to `onChunk` until it returns true (enough) or the body ends. Without a budget it
   * may last for ever; with one the time is up at its end. Ends with whether the body came to its own end.
   */
  read(
    onChunk: (chunk: Buffer) => boolean,
    budget: Budget | null,
    bytesMax: number,
  ): Promise<Result<{ readonly isComplete: boolean }, Fault>>;
  /** The whole body as text. */
  text(budget: Budget, bytesMax: number): Promise<Result<string, Fault>>;
  /** Drops the rest of the body and its socket. */
  discard(): void;
}

/**
 * A few HTTP exchanges with one origin over the egress: one socket kept alive between them, every byte and
 * second bounded, no redirects, no cookies. Short-lived on purpose: a probe opens a lane and closes it, so that
 * each probe connects for real and no stale socket of an earlier one can fail it.
 */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #agent: Agent;
  readonly #abort = new AbortController();
  readonly #pending = new Set<ClientRequest>();
  #connectTimeoutMs = 3_000;
  #connection: Connection | null = null;
  #tls: TLSSocket | null = null;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: 1 });
    this.#agent.createConnection = (options, callback) => {
      // `tls:` is ours: the agent only sees plain requests, the egress adds the encryption.
      const isTls = 'isTls' in options && options.isTls === true;
      const open = async (): Promise<void> => {
        const opened = await deps.egress.connect({
          host: String(options.host),
          port: Number(options.port),
          tls: isTls,
          timeoutMs: this.#connectTimeoutMs,
          signal: this.#abort.signal,
        });
        if (!opened.ok) {
          // The type wants a stream beside an error; Node never looks at it.
          callback?.(new FaultError(opened), new Socket());
          return;
        }
        this.#connection ??= opened.value;
        this.#tls ??= opened.value.tls;
        callback?.(null, opened.value.socket);
      };
      void open();
      return undefined;
    };
  }

  /** Times of the first connection, or null when none was opened. */
  get connection(): Connection | null {
    return this.#connection;
  }

  /** The first TLS socket, for its certificate. */
  get tls(): TLSSocket | null {
    return this.#tls;
  }

  /** Sends one request and waits for the headers of its answer. Retries once when a reused socket turned out dead. */
  async send(request: LaneRequest): Promise<Result<Answer, Fault>> {
    const first = await this.#once(request);
    if (first.ok || first.isStaleSocket !== true) return first;
    return this.#once(request);
  }

  /** Ends every exchange and socket of this lane. */
  close(): void {
    this.#abort.abort();
    for (const request of this.#pending) request.destroy(new FaultError(ABORTED));
    this.#agent.destroy();
  }

  #once(request: LaneRequest): Promise<Result<Answer, Fault>> {
    if (this.#abort.signal.aborted) return Promise.resolve({ ok: false, ...ABORTED });
    if (request.budget.isSpent) return Promise.resolve({ ok: false, ...TIMEOUT });
    this.#connectTimeoutMs = Math.min(request.connectTimeoutMs, request.budget.leftMs);
    return new Promise((resolve) => {
      const startedAt = this.#deps.clock.mono();
      const { url } = request;
      const isTls = url.protocol === 'https:';
      const options = {
        agent: this.#agent,
        isTls,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        method: request.method,
        maxHeaderSize: this.#deps.limits.probeHeaderBytesMax,
        headers: {
          host: url.host,
          'accept-encoding': 'identity',
          'user-agent': 'statewire-probe',
          ...request.headers,
          ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
        },
      };
      let outgoing: ClientRequest;
      try {
        outgoing = httpRequest(options);
      } catch (error) {
        // A header value Node refuses (control characters) is the operator's to fix, not the target's.
        resolve(
          fail(
            'bad_request',
            `The request could not be built (${codeOf(error) || 'invalid value'}); check the headers of this check.`,
          ),
        );
        return;
      }
      this.#pending.add(outgoing);
      let isAnswered = false;
      const timer = this.#deps.clock.after(request.budget.leftMs, () => outgoing.destroy(new FaultError(TIMEOUT)));
      outgoing.on('error', (error) => {
        // After the answer this is the body's business; the listener stays so that it is never uncaught.
        timer.cancel();
        this.#pending.delete(outgoing);
        if (isAnswered) return;
        const fault = faultOf(error);
        resolve(fault.code === 'reset' && outgoing.reusedSocket ? { ...fault, isStaleSocket: true } : fault);
      });
      outgoing.on('close', () => {
        timer.cancel();
        this.#pending.delete(outgoing);
        // Node ends a request without an error when the answer is a 101 nobody asked for; the probe must end too.
        if (!isAnswered) resolve(fail('reset', 'The connection was closed before an answer came.'));
      });
      outgoing.on('response', (incoming) => {
        isAnswered = true;
        timer.cancel();
        const headersMs = this.#deps.clock.mono() - startedAt;
        resolve(ok(new IncomingAnswer(this.#deps.clock, incoming, headersMs)));
      });
      outgoing.end(request.body);
    });
  }
}

const TIMEOUT: Fault = { code: 'timeout', message: 'No answer within the timeout.' };
const TIMEOUT_BODY: Fault = { code: 'timeout_body', message: 'The answer began but did not end within the timeout.' };

class IncomingAnswer implements Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly headersMs: number;
  readonly #clock: Clock;
  readonly #incoming: IncomingMessage;

  constructor(clock: Clock, incoming: IncomingMessage, headersMs: number) {
    this.#clock = clock;
    this.#incoming = incoming;
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    this.headersMs = headersMs;
    // Until somebody reads: a cut of the body must not be an uncaught error.
    incoming.on('error', () => undefined);
  }

  read(
    onChunk: (chunk: Buffer) => boolean,
    budget: Budget | null,
    bytesMax: number,
  ): Promise<Result<{ readonly isComplete: boolean }, Fault>> {
    const decoded = decode(this.#incoming);
    if ('code' in decoded) {
      this.discard();
      return Promise.resolve(decoded);
    }
    return new Promise((resolve) => {
      let bytes = 0;
      let isSettled = false;
      const end = (result: Result<{ readonly isComplete: boolean }, Fault>, isReusable: boolean): void => {
        if (isSettled) return;
        isSettled = true;
        timer?.cancel();
        // A body that was read to its end leaves its socket for the next exchange of the lane.
        if (!isReusable) this.discard();
        resolve(result);
      };
      const timer =
        budget === null ? null : this.#clock.after(budget.leftMs, () => end({ ok: false, ...TIMEOUT_BODY }, false));
      decoded.on('data', (chunk: Buffer) => {
        if (isSettled) return;
        bytes += chunk.length;
        // Bodies are counted after decoding: a small bomb unpacks into many bytes.
        if (bytes > bytesMax)
          end(fail('too_large', `The answer is larger than the limit of ${bytesMax} bytes.`), false);
        else if (onChunk(chunk)) end(ok({ isComplete: false }), false);
      });
      decoded.on('end', () => end(ok({ isComplete: true }), this.#incoming.complete));
      decoded.on('error', (error) => end(faultOf(error), false));
      this.#incoming.on('error', (error) => end(faultOf(error), false));
      this.#incoming.on('close', () => {
        if (!this.#incoming.complete)
          end(fail('reset', 'The connection was cut before the answer was complete.'), false);
      });
    });
  }

  async text(budget: Budget, bytesMax: number): Promise<Result<string, Fault>> {
    const chunks: Buffer[] = [];
    const read = await this.read((chunk) => (chunks.push(chunk), false), budget, bytesMax);
    return read.ok ? ok(Buffer.concat(chunks).toString('utf8')) : read;
  }

  discard(): void {
    this.#incoming.destroy();
  }
}

/** The body without its content encoding. One layer at most: stacks of them are only ever an attack. */
function decode(incoming: IncomingMessage): Readable | Failed {
  const layers = (incoming.headers['content-encoding'] ?? '')
    .split(',')
    .map((layer) => layer.trim().toLowerCase())
    .filter((layer) => layer !== '' && layer !== 'identity');
  const [layer, ...others] = layers;
  if (layer === undefined) return incoming;
  const make = others.length === 0 ? DECODERS.get(layer) : undefined;
  if (make === undefined) {
    return fail(
      'bad_payload',
      `The answer has ${layers.length} content encoding${others.length === 0 ? ' we do not know' : 's'}, expected none.`,
    );
  }
  const decoder = make();
  decoder.on('error', () => undefined);
  return incoming.pipe(decoder);
}

const DECODERS: ReadonlyMap<string, () => NodeJS.ReadWriteStream & Readable> = new Map<
  string,
  () => NodeJS.ReadWriteStream & Readable
>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', () => createInflate()],
  ['br', () => createBrotliDecompress()],
]);
