/**
 * One socket of a Supabase client: reads frames, keeps its channels, answers in the wire's own form. Who is calling is found
 * out by each channel's line; before that nothing leaves.
 */
import type { JsonObject } from '@statewire/protocol';
import type { Visitor } from '../../session.ts';
import { Allowance } from '../allowance.ts';
import { Channel, type Asked, type ChannelDeps, type Voice } from './channel.ts';
import { readJoin, tokenOf } from './join.ts';
import {
  decode,
  decodePush,
  encode,
  encodeBroadcast,
  isName,
  objectAt,
  SOCKET_TOPIC,
  type Frame,
  type Vsn,
} from './wire.ts';
import type { Pipe, Receiver } from '../pipe.ts';
import type { Broadcast } from '../rooms.ts';

export class Socket implements Receiver, Voice {
  readonly #deps: ChannelDeps;
  readonly #pipe: Pipe;
  readonly #vsn: Vsn;
  /** What the address carried: the credential of channels that show no other. */
  readonly #apikey: string | null;
  readonly #visitor: Visitor;
  readonly #channels = new Map<string, Channel>();
  #heardAt: number;
  /** Was something said since the last ping; when that was sent, while it is not answered; and the last that was. */
  #hasSent = false;
  #pingedAt: number | null = null;
  #arrivedUntil: number;
  readonly #allowance: Allowance;
  #isOver = false;

  constructor(
    deps: ChannelDeps,
    pipe: Pipe,
    { vsn, apikey, visitor }: { readonly vsn: Vsn; readonly apikey: string | null; readonly visitor: Visitor },
  ) {
    this.#deps = deps;
    this.#pipe = pipe;
    this.#vsn = vsn;
    this.#apikey = apikey;
    this.#visitor = visitor;
    this.#heardAt = deps.clock.mono();
    this.#arrivedUntil = deps.clock.now();
    const { clock, limits } = deps;
    this.#allowance = new Allowance(clock, { burst: limits.frameBurstMax, perSecond: limits.framesPerSecondMax });
  }

  get queuedBytes(): number {
    return this.#pipe.queuedBytes;
  }

  receive(data: string | Uint8Array): void {
    if (this.#isOver || !this.#takeFrame()) return;
    this.#heardAt = this.#deps.clock.mono();
    if (typeof data === 'string') {
      const frame = decode(data);
      if (frame.ok) this.#act(frame.value);
      else this.#flawed(frame.message);
      return;
    }
    const push = decodePush(data);
    if (!push.ok) {
      this.#flawed(push.message);
      return;
    }
    const { topic, event, payload, meta } = push.value;
    const channel = this.#channelOf(push.value);
    if (channel === null) this.#stranger(topic, push.value);
    else channel.send(push.value, { event, payload }, meta['persist'] ?? null);
  }

  /**
   * The answer to a ping: what was sent before it has arrived. As a sign of life only what the client itself says counts: its
   * heartbeats come from its own timer.
   */
  alive(): void {
    if (this.#pingedAt === null) return;
    this.#arrivedUntil = this.#pingedAt;
    this.#pingedAt = null;
  }

  get heardUntil(): number {
    return this.#hasSent || this.#pingedAt !== null ? this.#arrivedUntil : this.#deps.clock.now();
  }

  /** A client that says nothing, not even a heartbeat, is not there any more. */
  tick(now: number): void {
    if (now - this.#heardAt >= this.#deps.limits.dialectSilenceMs) this.#end(1001, 'no heartbeat');
    else if (this.#hasSent && this.#pingedAt === null && !this.#isOver) {
      this.#hasSent = false;
      this.#pingedAt = this.#deps.clock.now();
      this.#pipe.ping();
    }
  }

  closed(): void {
    this.#isOver = true;
    for (const channel of this.#channels.values()) channel.leave(true);
  }

  push(topic: string, event: string, payload: JsonObject): void {
    this.#write({ joinRef: event === 'phx_error' ? this.#refOf(topic) : null, ref: null, topic, event, payload });
  }

  reply(topic: string, { joinRef, ref }: Asked, status: 'error' | 'ok', response: JsonObject): void {
    this.#write({ joinRef, ref, topic, event: 'phx_reply', payload: { status, response } });
  }

  broadcast(topic: string, { event, payload }: Broadcast, meta: JsonObject | null = null): void {
    const isRaw = payload instanceof Uint8Array;
    if (!this.#hasRoom || (isRaw && this.#vsn === 1)) return;
    if (isRaw) this.#pipe.bytes(encodeBroadcast(topic, event, payload, meta));
    else this.push(topic, 'broadcast', { type: 'broadcast', event, payload, ...(meta === null ? {} : { meta }) });
  }

  ended(channel: Channel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
  }

  #act(frame: Frame): void {
    const { topic, event, payload } = frame;
    if (topic === SOCKET_TOPIC) {
      if (event === 'heartbeat') this.reply(topic, frame, 'ok', {});
      return;
    }
    if (event === 'phx_join') {
      this.#join(frame);
      return;
    }
    const channel = this.#channelOf(frame);
    if (channel === null) {
      this.#stranger(topic, frame);
      return;
    }
    switch (event) {
      case 'phx_leave':
        channel.leave(false);
        this.reply(topic, frame, 'ok', {});
        this.#write({ joinRef: frame.joinRef, ref: null, topic, event: 'phx_close', payload: {} });
        return;
      case 'access_token':
        channel.renew(tokenOf(payload));
        return;
      case 'broadcast': {
        const { event: name } = payload;
        if (isName(name)) channel.send(frame, { event: name, payload: objectAt(payload, 'payload') }, null);
        else
          this.reply(topic, frame, 'error', { reason: 'broadcast: expected the name of an event, 255 bytes at most' });
        return;
      }
      case 'presence': {
        const { event: what } = payload;
        const word = typeof what === 'string' ? what.toLowerCase() : '';
        if (word === 'track' || word === 'untrack')
          channel.track(frame, word === 'track', objectAt(payload, 'payload'));
        else this.reply(topic, frame, 'error', { reason: 'presence: expected track or untrack' });
        return;
      }
      default:
        this.reply(topic, frame, 'error', { reason: `unknown event ${event.slice(0, 64)}` });
    }
  }

  #join(frame: Frame): void {
    const { topic, payload } = frame;
    const { limits, of, sessions } = this.#deps;
    const turnAway = (reason: string): void => this.reply(topic, frame, 'error', { reason });
    if (!topic.startsWith('realtime:') || topic.length === 'realtime:'.length) {
      turnAway('topic: expected realtime:<name>');
      return;
    }
    // A second join of a topic is the client's new beginning.
    this.#channels.get(topic)?.leave(true);
    if (this.#channels.size >= limits.channelsPerSocketMax) {
      turnAway(`too_many_subs: ${limits.channelsPerSocketMax} channels are open on this connection`);
      return;
    }
    if (!sessions.hasRoom) {
      turnAway('overloaded: the server has no room; come back later');
      return;
    }
    const wish = readJoin(payload, { of, limits });
    if (!wish.ok) {
      turnAway(`${wish.code}: ${wish.message}`);
      return;
    }
    const token = wish.value.token ?? this.#apikey;
    const join = { topic, asked: frame, wish: wish.value, token, visitor: this.#visitor };
    this.#channels.set(topic, new Channel(this.#deps, this, join));
  }

  /** The channel a frame means: one of an earlier join of the same topic is over. */
  #channelOf({ topic, joinRef }: Pick<Frame, 'joinRef' | 'topic'>): Channel | null {
    const channel = this.#channels.get(topic);
    return channel !== undefined && (joinRef === null || joinRef === channel.joinRef) ? channel : null;
  }

  #stranger(topic: string, asked: Asked): void {
    this.reply(topic, asked, 'error', { reason: 'unmatched topic: join it first' });
  }

  #flawed(message: string): void {
    this.push(SOCKET_TOPIC, 'system', { extension: 'system', status: 'error', message });
  }

  #refOf(topic: string): string | null {
    return this.#channels.get(topic)?.joinRef ?? null;
  }

  #write(frame: Frame): void {
    if (!this.#hasRoom) return;
    this.#hasSent ||= frame.event === 'postgres_changes';
    this.#pipe.text(encode(this.#vsn, frame));
  }

  /** Rows wait in the session's lanes while nobody reads; what people say to each other has no lane, so the connection goes. */
  get #hasRoom(): boolean {
    if (this.#isOver) return false;
    if (this.#pipe.queuedBytes <= this.#deps.limits.socketHoldBytesMax) return true;
    this.#end(1013, 'too slow');
    return false;
  }

  #end(code: number, reason: string): void {
    this.closed();
    this.#pipe.close(code, reason);
  }

  #takeFrame(): boolean {
    if (this.#allowance.take()) return true;
    this.#flawed('rate_limited: too many messages in a short time; come back slower');
    this.#end(1013, 'rate_limited');
    return false;
  }
}
