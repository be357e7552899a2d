/**
 * Live connections over plain requests, for networks that let no WebSocket through: a stream of events with requests
 * upstream, requests that are held until something changes, and one view to be asked for again. Each is a session like
 * any other over a transport of its own; what a WebSocket is refused is refused here.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeCmd, decodePoll, ok, parseMessage, PROTOCOL_VERSION, refuse, type Result } from '@statewire/protocol';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Principal } from '../../lib/principal.ts';
import { sessionCookieOf } from '../auth/cookie.ts';
import type { Visitor } from '../session.ts';
import { AnswerTransport, isKind, type AnswerForm } from './answer.ts';
import type { Answering, Transport } from './transport.ts';

export interface RequestDoorDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly epoch: string;
  readonly gateway: LiveGateway;
  /** Counts a request of someone who was let in; throws when there were too many. */
  readonly admit: (principal: Principal) => Promise<void>;
}

/** Starts sessions. */
export interface LiveGateway {
  readonly hasRoom: boolean;
  open(transport: Transport, visitor: Visitor): Answering;
}

/** What `view` asks for. */
export interface ViewAsk {
  /** A `sub` without its number, as JSON; null asks only who is calling. */
  readonly sub: string | null;
  /** The If-None-Match header. */
  readonly known: string | null;
}

/** A view as it is now; `body` is null when the caller has it already. */
export interface ViewAnswer {
  readonly etag: string | null;
  readonly body: ReadableStream<Uint8Array> | null;
}

export class RequestDoor {
  readonly #deps: RequestDoorDeps;
  readonly #streams = new Map<string, Stream>();
  readonly #streamCounts = new Counts();
  readonly #pollCounts = new Counts();

  constructor(deps: RequestDoorDeps) {
    this.#deps = deps;
  }

  /** Open streams and held polls. */
  get stats(): { readonly streams: number; readonly polls: number } {
    return { streams: this.#streams.size, polls: this.#pollCounts.all };
  }

  /** A stream of events; `text` is its `hello`. */
  async stream(text: string, visitor: Visitor): Promise<Result<ReadableStream<Uint8Array>>> {
    const { clock, limits, epoch, gateway } = this.#deps;
    if (!gateway.hasRoom) return FULL;
    const sid = randomBytes(18).toString('base64url');
    let timer: Timer | null = null;
    let principal: Principal | null = null;
    const transport = new AnswerTransport({
      form: eventsOf(epoch, limits.streamPaddingBytes),
      queueBytes: limits.requestQueueBytes,
      sid,
      onSaid: () => {
        wroteAt = clock.mono();
      },
      onEnd: () => {
        timer?.cancel();
        this.#streams.delete(sid);
        if (principal !== null) this.#streamCounts.remove(principal.id);
        session.closed();
      },
    });
    let wroteAt = clock.mono();
    const session = gateway.open(transport, visitor);
    session.receive(text);
    const opened = await this.#opened(transport, session);
    if (!opened.ok) return opened;
    if (transport.isOver) return ok(transport.body);
    principal = opened.value;
    if (!this.#streamCounts.add(principal.id, limits.streamsPerPrincipalMax)) {
      principal = null;
      transport.destroy();
      return tooMany('streams', limits.streamsPerPrincipalMax);
    }
    const beat = (): void => {
      // A session that may say nothing now (it lags) must not look dead to what stands between.
      if (clock.mono() - wroteAt >= limits.heartbeatMs) transport.fill(':\n\n');
      timer = clock.after(limits.heartbeatMs, beat);
    };
    timer = clock.after(limits.heartbeatMs, beat);
    this.#streams.set(sid, { session, transport, seal: sealOf(text, visitor) });
    return ok(transport.body);
  }

  /** Upstream messages of a stream, from whoever opened it. */
  async command(text: string, visitor: Visitor): Promise<Result<null>> {
    const cmd = decodeCmd(text);
    if (!cmd.ok) return cmd;
    const { sid, msgs } = cmd.value;
    const stream = this.#streams.get(sid);
    const seal = sealOf('{}', visitor);
    // Nothing tells somebody else's stream from one that never was.
    if (stream === undefined || !timingSafeEqual(stream.seal, seal)) return GONE;
    const { principal } = stream.session;
    if (principal === null) return GONE;
    await this.#deps.admit(principal);
    for (const msg of msgs) if (!stream.transport.isOver) stream.session.receive(msg);
    return ok(null);
  }

  /** An answer that is held until something changes or the wait is over. */
  async poll(text: string, visitor: Visitor): Promise<Result<ReadableStream<Uint8Array>>> {
    const { clock, limits, gateway } = this.#deps;
    const ask = decodePoll(text);
    if (!ask.ok) return ask;
    if (!gateway.hasRoom || this.#pollCounts.all >= limits.pollsMax) return FULL;
    const { msgs, who } = ask.value;
    const waitMs = Math.min(ask.value.wait, limits.pollWaitMsMax);
    const holdMs = Math.min(ask.value.holdMs, waitMs);
    const startedAt = clock.mono();
    let timer: Timer | null = null;
    let counted: string | null = null;
    let acked = 0;
    let isIn = false;
    let hasNews = false;
    let isUrgent = false;
    const transport = new AnswerTransport({
      form: LIST,
      queueBytes: limits.requestQueueBytes,
      hears: (said) => {
        const isNews = !QUIET.some((t) => isKind(said, t));
        hasNews ||= isNews;
        // Answers and goodbyes are waited for by somebody; changes may gather.
        isUrgent ||= isNews && !isKind(said, 'd');
        return true;
      },
      onSaid: () => look(),
      onTaken: () => {
        // Taken by the network is as good as applied: whoever loses the answer asks again from where they stand.
        if (transport.dataFrames > acked) {
          acked = transport.dataFrames;
          session.receive(`{"t":"a","n":${acked}}`);
        }
        look();
      },
      onEnd: () => {
        timer?.cancel();
        if (counted !== null) this.#pollCounts.remove(counted);
        session.closed();
      },
    });
    const look = (): void => {
      // Not before it is counted: an answer may be complete at once.
      if (transport.isOver || !isIn) return;
      const now = clock.mono();
      timer?.cancel();
      const isOver = now >= startedAt + waitMs || (hasNews && (isUrgent || now >= startedAt + holdMs));
      // What the interval still held back goes with the rest.
      if (isOver) session.flush();
      if (isOver && session.isSettled) {
        session.conclude();
        transport.finish();
        return;
      }
      const nextAt = hasNews && now < startedAt + holdMs ? startedAt + holdMs : startedAt + waitMs;
      timer = clock.after(Math.max(nextAt - now, LOOK_MS), look);
    };
    const session = gateway.open(transport, visitor);
    session.receive(text);
    const opened = await this.#opened(transport, session);
    if (!opened.ok) return opened;
    // Another may have signed in since the poll before: what the one before asked for is not theirs to have carried out.
    const isTheirs = who === null || who === session.who(opened.value);
    for (const msg of isTheirs ? msgs : []) if (!transport.isOver) session.receive(msg);
    if (!this.#pollCounts.add(opened.value.id, limits.pollsPerPrincipalMax)) {
      transport.destroy();
      return tooMany('held polls', limits.pollsPerPrincipalMax);
    }
    // The caller may have left meanwhile.
    if (transport.isOver) this.#pollCounts.remove(opened.value.id);
    else counted = opened.value.id;
    isIn = true;
    look();
    return ok(transport.body);
  }

  /** One view in full, or that it is as the caller knows it. */
  async view(ask: ViewAsk, visitor: Visitor): Promise<Result<ViewAnswer>> {
    const { limits, gateway, epoch } = this.#deps;
    if (!gateway.hasRoom) return FULL;
    const sub = ask.sub === null ? null : parseMessage(ask.sub);
    if (sub?.ok === false) return refuse('bad_request', sub.message);
    let acked = 0;
    let wanted = 0;
    let isIn = false;
    let hear: (text: string) => void = () => undefined;
    const transport = new AnswerTransport({
      form: LIST,
      queueBytes: limits.requestQueueBytes,
      hears: (said) => {
        if (isKind(said, 'welcome')) return true;
        if (isKind(said, 'subd') || isKind(said, 'err')) hear(said);
        return wanted === 2;
      },
      onSaid: () => look(),
      onTaken: () => {
        if (transport.dataFrames > acked) {
          acked = transport.dataFrames;
          session.receive(`{"t":"a","n":${acked}}`);
        }
        look();
      },
      onEnd: () => {
        session.closed();
        hear('{}');
      },
    });
    const look = (): void => {
      if (isIn && (sub === null || wanted === 2) && session.isSettled) transport.finish();
    };
    const session = gateway.open(transport, visitor);
    session.receive(JSON.stringify({ t: 'hello', p: PROTOCOL_VERSION, client: 'http' }));
    const opened = await this.#opened(transport, session);
    if (!opened.ok) return opened;
    isIn = true;
    look();
    if (sub === null) return ok({ etag: null, body: transport.body });
    const who = session.who(opened.value);
    const subscribe = (s: number, since?: { readonly e: string; readonly v: number }): Promise<Subscribed> => {
      const { promise, resolve } = Promise.withResolvers<Subscribed>();
      hear = (text) => resolve(subscribedIn(text));
      wanted = s;
      session.receive(JSON.stringify({ ...sub.value, t: 'sub', s, iv: 0, since }));
      return promise;
    };
    const since = positionIn(ask.known, epoch, who);
    if (since !== null) {
      const known = await subscribe(1, since);
      if (known.ok && known.value === since.v) {
        transport.destroy();
        return ok({ etag: `"${epoch}.${since.v}.${who}"`, body: null });
      }
    }
    const subscribed = await subscribe(2);
    if (!subscribed.ok) {
      transport.destroy();
      return subscribed;
    }
    return ok({ etag: `"${epoch}.${subscribed.value}.${who}"`, body: transport.body });
  }

  /** Who was let in, once the session has said so and the request is counted. */
  async #opened(transport: AnswerTransport, session: Answering): Promise<Result<Principal>> {
    const opened = await transport.opened;
    if (!opened.ok) return opened;
    const { principal } = session;
    if (principal === null) return refuse('unavailable', 'the session ended before it began; try again');
    try {
      await this.#deps.admit(principal);
    } catch (error) {
      transport.destroy();
      throw error;
    }
    return ok(principal);
  }
}

interface Stream {
  readonly session: Answering;
  readonly transport: AnswerTransport;
  /** Of the credential it was opened with: only whoever has it may speak on it. */
  readonly seal: Buffer;
}

/** How many there are, in all and of each; bounded by what `add` is told. */
class Counts {
  readonly #of = new Map<string, number>();
  all = 0;

  add(key: string, max: number): boolean {
    const count = this.#of.get(key) ?? 0;
    if (count >= max) return false;
    this.#of.set(key, count + 1);
    this.all += 1;
    return true;
  }

  remove(key: string): void {
    const count = this.#of.get(key) ?? 0;
    if (count <= 1) this.#of.delete(key);
    else this.#of.set(key, count - 1);
    this.all -= 1;
  }
}

type Subscribed = Result<number>;

const LIST: AnswerForm = {
  first: '[',
  // A line each, so that a caller can take them apart without parsing them twice.
  message: (text, i) => `${i === 0 ? '\n' : ',\n'}${text}`,
  last: '\n]\n',
};

function eventsOf(epoch: string, paddingBytes: number): AnswerForm {
  return {
    first: `:${' '.repeat(paddingBytes)}\n\n`,
    message: (text) => {
      const at = VERSION.exec(text)?.[1];
      return `${at === undefined ? '' : `id: ${epoch}.${at}\n`}data: ${text}\n\n`;
    },
    last: '',
  };
}

/** The version a message brings its reader to, in the heads of those that bring it somewhere. */
const VERSION = /^\{"t":"[dsh]",(?:"w":\d+,)?"v":(?:\[\d+,)?(\d+)/u;

/** Messages that come with every poll, whether or not anything happened. */
const QUIET = ['welcome', 'subd', 'h', 'auth'] as const;

/** How often an answer that is over looks whether it is complete, when nothing else tells it. */
const LOOK_MS = 100;

const FULL = refuse('overloaded', 'the server holds as many connections as it may; try again later');
const GONE = refuse('not_found', 'there is no such stream; open a new one and go on from where each view stands');

function tooMany(what: string, max: number): Result<never> {
  return refuse('rate_limited', `this credential has ${max} ${what}, which is the limit; close some`);
}

/** Of a credential, as a hash: `hello.token`, else the Authorization header, else the session cookie. */
function sealOf(hello: string, { bearer, cookie }: Visitor): Buffer {
  const { token } = { token: undefined, ...objectIn(hello) };
  const said = typeof token === 'string' ? token : (bearer ?? null);
  const shown = said === null ? ['cookie', sessionCookieOf(cookie ?? '')] : ['bearer', said];
  return createHash('sha256').update(JSON.stringify(shown)).digest();
}

function subscribedIn(text: string): Subscribed {
  const said = { v: null, code: null, msg: null, ...objectIn(text) };
  if (typeof said.v === 'number') return ok(said.v);
  if (typeof said.code === 'string' && typeof said.msg === 'string')
    return { ok: false, code: said.code, message: said.msg };
  return refuse('unavailable', 'the session ended before it answered; try again');
}

/** Where a caller stands that has this ETag, if it was given to them and speaks of this history. */
function positionIn(
  etag: string | null,
  epoch: string,
  who: string,
): { readonly e: string; readonly v: number } | null {
  const [, e, v, whose] = /^(?:W\/)?"([^".]{1,64})\.(\d{1,15})\.([0-9a-f]{16})"$/u.exec(etag ?? '') ?? [];
  return e === epoch && whose === who ? { e, v: Number(v) } : null;
}

/** Text that was read before, or that the session made. */
function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
