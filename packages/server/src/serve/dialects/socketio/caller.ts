/**
 * One client in one namespace: its line, its channels, its events.
 *
 *     opening --welcome--> greeted --connected--> told --expired, revoked, drained: error event, connection closed--> over
 *        |
 *        +--bad credential: connect_error; no room: connection closed, the client tries again
 *
 * A packet that says goodbye would be final for the client, so only a credential that is bad is answered with one.
 */
import { filterKey, isJsonObject, ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Visitor } from '../../session.ts';
import { Allowance } from '../allowance.ts';
import { Line, type Drain, type Event, type Sessions } from '../line.ts';
import { fillText, placesOf } from '../pattern.ts';
import { say } from '../shape.ts';
import { filterOf } from '../topics/template.ts';
import { Channel } from './channel.ts';
import { readOffset, writeOffset, type Offset, type Position } from './offset.ts';
import { channelOf, type Call, type ChannelTemplate, type Vocabulary } from './vocabulary.ts';

export interface CallerDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly vocabulary: Vocabulary;
}

/** The client's end. */
export interface Voice extends Drain {
  /** Bytes that wait in this process. */
  readonly waitingBytes: number;
  /** How long the last ping took, ms; null before one was answered. */
  readonly latency: number | null;
  emit(event: string, data: Json, offset: string): void;
  /** Closes the connection below: the client comes back. */
  close(): void;
}

/** Answers an event that asked for an answer. */
export type Ack = (answer: JsonObject) => void;

export class Caller {
  readonly #deps: CallerDeps;
  readonly #voice: Voice;
  readonly #line: Line;
  readonly #allowance: Allowance;
  readonly #held: Offset | null;
  readonly #channels = new Map<string, Channel>();
  readonly #byS = new Map<number, Channel>();
  readonly #acks = new Map<Channel, Ack>();
  /** What the client was given last: it holds everything up to there. */
  #offset = '';
  #opened: ((answer: Result<null>) => void) | null;
  #isTold = false;
  #isDue = false;
  #isOver = false;

  constructor(
    deps: CallerDeps,
    voice: Voice,
    from: { readonly token: string | null; readonly visitor: Visitor; readonly offset: unknown },
    opened: (answer: Result<null>) => void,
  ) {
    this.#deps = deps;
    this.#voice = voice;
    this.#opened = opened;
    const { clock, limits, sessions } = deps;
    this.#allowance = new Allowance(clock, { burst: limits.frameBurstMax, perSecond: limits.framesPerSecondMax });
    this.#held = readOffset(from.offset, limits.channelsPerSocketMax);
    this.#line = new Line({ clock, sessions, drain: voice }, from, {
      welcome: () => this.#answer(ok(null)),
      loaded: (s, rows) => {
        this.#byS.get(s)?.loaded(rows);
        this.#soon();
      },
      happened: (s, event) => this.#happened(s, event),
      refused: (s, code, message) => {
        const channel = this.#byS.get(s);
        if (channel !== undefined) this.#lose(channel, code, message);
      },
      ended: (code, message) => this.#ended(code, message),
    });
  }

  /** The client was told that it is connected: what it was in before it is in again. */
  begin(): void {
    // Of another history only the names of its channels are worth something.
    const isSame = this.#held?.epoch === this.#line.epoch;
    for (const [name, position] of this.#held?.channels ?? []) this.#join(name, isSame ? position : null, null);
    if (this.#held === null) {
      for (const { auto, name } of this.#deps.vocabulary.channels) if (auto === true) this.#join(name, null, null);
    }
    this.#isTold = true;
    this.#status();
    this.#soon();
  }

  /** Something the client said. */
  heard(event: string, args: readonly unknown[], ack: Ack | null): void {
    if (!this.#takeEvent()) return;
    const { vocabulary } = this.#deps;
    const [first, second] = args;
    if (event === vocabulary.status) this.#status();
    else if (event === vocabulary.renew) this.#renew(first, ack);
    else if (event === 'subscribe' || event === 'unsubscribe') {
      this.#enterOrLeave(event === 'subscribe', first, ack);
    } else {
      for (const template of vocabulary.channels) {
        if (template.join !== event && template.leave !== event) continue;
        this.#enterOrLeave(template.join === event, nameOf(template, args), ack);
        return;
      }
      const call = vocabulary.calls.find((each) => each.event === event);
      if (call === undefined) this.#refuse('unknown_frame', `there is no event ${shown(event)} here`, ack);
      else this.#call(call, first, second, ack);
    }
  }

  /** Something the client said that means nothing in any vocabulary. */
  refused(code: string, message: string, ack: Ack | null): void {
    if (this.#takeEvent()) this.#refuse(code, message, ack);
  }

  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#line.close();
    this.#answer(refuse('unavailable', 'the client is gone'));
  }

  /** The connection is to end because of how much was said on it. False: nobody is here any more who could be told. */
  tooMuch(): boolean {
    if (this.#isOver || this.#opened !== null) return false;
    this.#ended('rate_limited', 'too many events in a short time; come back slower');
    return true;
  }

  #takeEvent(): boolean {
    if (this.#isOver) return false;
    if (this.#allowance.take()) return true;
    this.tooMuch();
    return false;
  }

  #answer(answer: Result<null>): void {
    const opened = this.#opened;
    this.#opened = null;
    opened?.(answer);
  }

  #ended(code: string, message: string): void {
    if (this.#isOver) return;
    if (this.#opened === null) {
      this.#refuse(code, message, null);
      this.closed();
      this.#voice.close();
      return;
    }
    this.#isOver = true;
    this.#line.close();
    this.#answer(refuse(CODES.find((each) => each === code) ?? 'unavailable', message));
  }

  #enterOrLeave(isEntering: boolean, name: unknown, ack: Ack | null): void {
    if (typeof name !== 'string' || name.length > NAME_CHARS_MAX) {
      this.#refuse('bad_request', 'expected the name of a channel, or what stands in the places of its name', ack);
    } else if (isEntering) this.#join(name, null, ack);
    else {
      const channel = this.#channels.get(name);
      if (channel !== undefined) this.#leave(channel);
      // What the client holds from now on does not have it.
      this.#status();
      ack?.({ ok: true });
    }
  }

  #join(name: string, held: Position | null, ack: Ack | null): void {
    const { limits, vocabulary } = this.#deps;
    const found = channelOf(vocabulary, name);
    if (found === null) {
      this.#refuse('not_found', `there is no channel ${shown(name)}`, ack);
      return;
    }
    const old = this.#channels.get(name);
    if (old !== undefined) this.#leave(old);
    if (this.#channels.size >= limits.channelsPerSocketMax) {
      this.#refuse('too_many_subs', `${limits.channelsPerSocketMax} channels are open on this connection`, ack);
      return;
    }
    const { template, params } = found;
    const filter = filterOf(template.view, params);
    if (filter === null) {
      this.#refuse('bad_filter', `the filter of ${shown(name)} does not fit this name`, ack);
      return;
    }
    const { collection } = template.view;
    const s = this.#line.watch(collection, filter, template.intervalMs ?? INTERVAL_MS);
    const of = [this.#line.who, collection, filterKey(filter)];
    const channel = new Channel({ name, template, params, s, held, of }, this.#line);
    this.#channels.set(name, channel);
    this.#byS.set(s, channel);
    if (ack !== null) this.#acks.set(channel, ack);
  }

  #leave(channel: Channel): void {
    if (this.#channels.get(channel.name) === channel) this.#channels.delete(channel.name);
    this.#byS.delete(channel.s);
    this.#acks.delete(channel);
    this.#line.drop(channel.s);
  }

  #lose(channel: Channel, code: string, message: string): void {
    const ack = this.#acks.get(channel) ?? null;
    this.#leave(channel);
    this.#refuse(code, message, ack, channel.name);
  }

  #happened(s: number, event: Event): void {
    this.#byS.get(s)?.happened(event);
    this.#soon();
  }

  /** Once for all that a flush brought. */
  #soon(): void {
    if (this.#isDue || !this.#isTold) return;
    this.#isDue = true;
    this.#deps.clock.soon(() => {
      this.#isDue = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (this.#isOver) return;
    const { topicRowsMax } = this.#deps.limits;
    for (const channel of this.#channels.values()) {
      if (channel.isLoaded && channel.size > topicRowsMax) {
        this.#lose(channel, 'too_large', `the channel has ${channel.size} records, limit ${topicRowsMax}`);
      }
    }
    const news = Array.from(this.#channels.values()).flatMap((channel) => channel.take());
    const before = this.#offset;
    this.#offset = this.#now();
    for (const [index, { event, data }] of news.entries()) {
      // A client that is cut off in the middle has not heard the rest: it comes back with where this began.
      this.#emit(event, data, index === news.length - 1 ? this.#offset : before);
    }
    if (news.length === 0) this.#offset = before;
    for (const [channel, ack] of this.#acks) {
      if (!channel.isLoaded) continue;
      this.#acks.delete(channel);
      ack({ ok: true });
    }
  }

  #now(): string {
    const channels = new Map(Array.from(this.#channels, ([name, channel]) => [name, channel.position] as const));
    return writeOffset({ epoch: this.#line.epoch, channels });
  }

  #status(): void {
    if (!this.#isTold) return;
    // What is due goes first: the position behind this event says that it was told.
    this.#tell();
    const { latency } = this.#voice;
    this.#offset = this.#now();
    this.#emit(
      this.#deps.vocabulary.status,
      { connected: true, ...(latency === null ? {} : { latency }) },
      this.#offset,
    );
  }

  #renew(token: unknown, ack: Ack | null): void {
    if (typeof token !== 'string' || token === '' || token.length > TOKEN_CHARS_MAX) {
      this.#refuse('bad_request', 'expected a token', ack);
      return;
    }
    this.#line.renew(token);
    ack?.({ ok: true });
  }

  #call({ collection, command, fields }: Call, id: unknown, data: unknown, ack: Ack | null): void {
    if (typeof id !== 'string') {
      this.#refuse('bad_request', 'expected the id of a record', ack);
      return;
    }
    const row = isMessage(data) ? data : {};
    const said = fields === undefined ? {} : say(fields, { params: { id }, row, rows: () => [] });
    const kept = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
    this.#line.act({ collection, id, name: command, fields: kept }, (answer) => {
      if (answer.ok) ack?.({ ok: true, id: answer.value });
      else this.#refuse(answer.code, answer.message, ack);
    });
  }

  /** Whoever asked for an answer gets it there; everybody else by the event for errors. */
  #refuse(code: string, message: string, ack: Ack | null, channel?: string): void {
    if (this.#isOver) return;
    if (ack === null) {
      const data = { code, message, ...(channel === undefined ? {} : { channel }) };
      this.#emit(this.#deps.vocabulary.error, data, this.#offset);
    } else ack({ ok: false, code, message });
  }

  #emit(event: string, data: Json, offset: string): void {
    if (this.#isOver) return;
    if (this.#voice.waitingBytes > this.#deps.limits.socketHoldBytesMax) {
      // Too slow: what it holds is in its offset.
      this.closed();
      this.#voice.close();
    } else this.#voice.emit(event, data, offset);
  }
}

const INTERVAL_MS = 100;
const NAME_CHARS_MAX = 255;
const TOKEN_CHARS_MAX = 8_192;
const CODES = ['auth_expired', 'auth_invalid', 'auth_required', 'forbidden', 'rate_limited'] as const;

/** The channel that an event of its own means, by what stands in the places. */
function nameOf({ name }: ChannelTemplate, args: readonly unknown[]): string | null {
  const values = placesOf(name).map((place, index) => [place, args[index]] as const);
  if (values.some(([, value]) => typeof value !== 'string' || value.length > NAME_CHARS_MAX)) return null;
  return fillText(name, Object.fromEntries(values.map(([place, value]) => [place, String(value)])));
}

function isMessage(value: unknown): value is JsonObject {
  return isJsonObject(value);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
