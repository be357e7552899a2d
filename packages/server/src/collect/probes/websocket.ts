import { WebSocket, type RawData } from 'ws';
import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { codeOf, fail, faultOf, type Fault } from '../egress/fault.ts';
import { certificateOf } from './certificate.ts';
import { isAuthFault, statusFault } from './classify.ts';
import { speaksOf } from './conditions.ts';
import { jsonOf, parseUrl } from './http.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps, Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Probes a WebSocket: the handshake, then a message and the expected reply, or a ping. */
export function createWebSocketProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'websocket');
  const url = parseUrl(plan.target.replace(/^ws/i, 'http'));
  if (!url.ok) return failedReach(url);
  const isTls = url.value.protocol === 'https:';
  const opened = await deps.egress.connect({
    host: url.value.hostname,
    port: url.value.port === '' ? (isTls ? 443 : 80) : Number(url.value.port),
    tls: isTls,
    timeoutMs: Math.min(plan.connectTimeoutMs, budget.leftMs),
  });
  if (!opened.ok) return failedReach(opened);
  const { socket, tls } = opened.value;
  const sheet = new Sheet().reached(opened.value);
  if (tls !== null) sheet.certificate(certificateOf(tls, deps.clock.now(), plan.certificateDays));
  const askedAt = deps.clock.mono();
  const peer = new Peer(
    deps,
    () =>
      new WebSocket(plan.target, [...settings.protocols], {
        createConnection: () => socket,
        headers: headersOf(plan),
        // A message larger than what we would keep ends the connection.
        maxPayload: Math.min(deps.limits.probeBodyBytesMax, MESSAGE_MAX),
        perMessageDeflate: false,
        followRedirects: false,
      }),
  );
  try {
    const open = await peer.opened(plan, budget);
    if (!open.ok) return sheet.failed(isAuthFault(open.code) ? 'auth' : 'protocol', open);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs).ok('protocol', 'upgraded', 'The WebSocket handshake works.', tookMs);
    const sentAt = deps.clock.mono();
    if (settings.message !== null) peer.send(settings.message);
    const { expect } = settings;
    const isAwaited = expect !== null || speaksOf(plan, 'body') || speaksOf(plan, 'json');
    if (!isAwaited) {
      const pong = await peer.pong(budget);
      if (!pong.ok) return sheet.failed('answer', pong);
      sheet.ok('answer', 'pong', 'The server answers a ping.', deps.clock.mono() - sentAt);
      return sheet.done(plan, 'The server answers a ping.');
    }
    const message = await peer.message(expect, budget);
    if (!message.ok) return sheet.failed('answer', message);
    sheet.ok('answer', 'received', 'The expected message came.', deps.clock.mono() - sentAt);
    return sheet.done(plan, 'The expected message came.', { body: message.value, json: jsonOf(message.value) });
  } finally {
    peer.close();
    socket.destroy();
  }
}

/** One WebSocket, as promises that end with the budget. */
class Peer {
  readonly #deps: ProbeDeps;
  readonly #socket: Result<WebSocket, Fault>;
  readonly #messages: string[] = [];
  #kept = 0;
  #isOpen = false;
  #hasPong = false;
  #ended: Fault | null = null;
  #wake: (() => void) | null = null;
  #status: { readonly code: number; readonly headers: Parameters<typeof statusFault>[1] } | null = null;

  constructor(deps: ProbeDeps, make: () => WebSocket) {
    this.#deps = deps;
    this.#socket = made(make);
    if (!this.#socket.ok) return;
    const socket = this.#socket.value;
    socket.on('open', () => this.#note(() => (this.#isOpen = true)));
    socket.on('pong', () => this.#note(() => (this.#hasPong = true)));
    socket.on('message', (data, isBinary) => this.#note(() => this.#keep(isBinary ? '' : textOf(data))));
    socket.on('unexpected-response', (request, response) => {
      this.#note(() => (this.#status = { code: response.statusCode ?? 0, headers: response.headers }));
      request.destroy();
    });
    socket.on('error', (error) => this.#note(() => (this.#ended ??= faultOfError(error))));
    socket.on('close', (code) => this.#note(() => (this.#ended ??= closed(code))));
  }

  async opened(plan: CheckPlan, budget: Budget): Promise<Result<null, Fault>> {
    if (!this.#socket.ok) return this.#socket;
    const done = await this.#until(budget, () => this.#isOpen || this.#status !== null);
    if (this.#status !== null) {
      const hasCredentials = Object.keys(plan.secretHeaders).length + Object.keys(plan.credentials).length > 0;
      return statusFault(this.#status.code, this.#status.headers, { hasCredentials, now: this.#deps.clock.now() });
    }
    return done;
  }

  send(text: string): void {
    if (this.#socket.ok && this.#isOpen) this.#socket.value.send(text);
  }

  async pong(budget: Budget): Promise<Result<null, Fault>> {
    if (this.#socket.ok && this.#ended === null) this.#socket.value.ping();
    return this.#until(budget, () => this.#hasPong);
  }

  /** The first message that holds a text, or the first of all. */
  async message(part: string | null, budget: Budget): Promise<Result<string, Fault>> {
    const find = (): string | undefined => this.#messages.find((text) => part === null || text.includes(part));
    const done = await this.#until(budget, () => find() !== undefined);
    const found = find();
    if (found !== undefined) return ok(found);
    if (!done.ok && done.code !== 'timeout') return done;
    return fail('no_message', part === null ? 'No message came.' : 'No message with the expected text came.');
  }

  close(): void {
    if (this.#socket.ok) this.#socket.value.terminate();
  }

  async #until(budget: Budget, isTrue: () => boolean): Promise<Result<null, Fault>> {
    while (!isTrue()) {
      if (this.#ended !== null) return { ok: false, ...this.#ended };
      if (budget.isSpent) return fail('timeout', 'No answer within the timeout.');
      await new Promise<void>((resolve) => {
        const timer = this.#deps.clock.after(budget.leftMs, () => this.#wake?.());
        this.#wake = () => {
          timer.cancel();
          this.#wake = null;
          resolve();
        };
      });
    }
    return ok(null);
  }

  #keep(text: string): void {
    this.#kept += text.length;
    this.#messages.push(text);
    // A stream of other messages must not fill memory while the expected one is awaited.
    if (this.#kept > MESSAGE_MAX || this.#messages.length > MESSAGES_MAX) {
      this.#ended ??= fail('too_large', 'Too many other messages came before the expected one.');
    }
  }

  #note(change: () => void): void {
    change();
    this.#wake?.();
  }
}

function made(make: () => WebSocket): Result<WebSocket, Fault> {
  try {
    return ok(make());
  } catch (error) {
    // A header or protocol name that cannot be sent is the operator's to fix.
    return fail(
      'bad_request',
      `The request could not be built (${codeOf(error) || 'invalid value'}); check headers and protocols.`,
    );
  }
}

function headersOf(plan: CheckPlan): Record<string, string> {
  const { token } = plan.credentials;
  return {
    'user-agent': 'statewire-probe',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...plan.headers,
    ...plan.secretHeaders,
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

function faultOfError(error: Error): Fault {
  const code = codeOf(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return fail('too_large', 'A message is larger than the limit.');
  if (code.startsWith('WS_ERR_')) return fail('not_websocket', 'The server does not keep to the WebSocket protocol.');
  if (code !== '') return faultOf(error);
  return /hang up|closed/i.test(error.message)
    ? fail('reset', 'The connection was closed before an answer came.')
    : fail('not_websocket', 'The server does not answer the WebSocket handshake correctly.');
}

function closed(code: number): Fault {
  if (code === 1006) return fail('reset', 'The connection was cut.');
  return fail('closed', `The server closed the WebSocket with code ${code}.`);
}

const MESSAGE_MAX = 1_048_576;
const MESSAGES_MAX = 1_000;
