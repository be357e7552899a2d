/**
 * One joined channel: a line of ours for its credential, a view behind each table it listens to, its seat in the room.
 *
 *     joining --all views held--> joined --leave--> over
 *        |                          |
 *        +--refused: error reply    +--expired, revoked, drained: system error, then phx_error
 *
 * `phx_close` would be final for the client; after `phx_error` it joins again with the newest token it has.
 */
import { filterKey, type JsonObject } from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Principal } from '../../../lib/principal.ts';
import type { Visitor } from '../../session.ts';
import { Line, type Drain, type Event, type Sessions } from '../line.ts';
import type { Broadcast, Member, PresenceDiff, Rooms } from '../rooms.ts';
import { changesOf, replayOf, type ChangeData } from './changes.ts';
import type { Binding, Wish } from './join.ts';
import { presenceDiff, presenceState } from './presence.ts';

export interface ChannelDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly rooms: Rooms;
  readonly of: CollectionOf;
}

/** How a channel speaks: frames of its topic. */
export interface Voice extends Drain {
  push(topic: string, event: string, payload: JsonObject): void;
  reply(topic: string, ref: Asked, status: 'error' | 'ok', response: JsonObject): void;
  broadcast(topic: string, message: Broadcast): void;
  /** The channel is over. */
  ended(channel: Channel): void;
}

/** The request that an answer names. */
export interface Asked {
  readonly joinRef: string | null;
  readonly ref: string | null;
}

export class Channel implements Member {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly #deps: ChannelDeps;
  readonly #voice: Voice;
  readonly #wish: Wish;
  readonly #line: Line;
  readonly #views = new Map<number, Binding[]>();
  readonly #waiting = new Set<number>();
  readonly #asked: Asked;
  readonly #replay: { readonly binding: Binding; readonly data: ChangeData }[] = [];
  #token: string | null;
  #org: string | null = null;
  #at: 'joined' | 'joining' | 'over' = 'joining';

  constructor(
    deps: ChannelDeps,
    voice: Voice,
    join: {
      readonly topic: string;
      readonly asked: Asked;
      readonly wish: Wish;
      readonly token: string | null;
      readonly visitor: Visitor;
    },
  ) {
    this.#deps = deps;
    this.#voice = voice;
    this.topic = join.topic;
    this.joinRef = join.asked.joinRef ?? join.asked.ref;
    this.#asked = join.asked;
    this.#wish = join.wish;
    this.#token = join.token;
    this.#line = new Line({ clock: deps.clock, sessions: deps.sessions, drain: voice }, join, {
      welcome: (principal) => this.#welcome(principal),
      loaded: (s, rows) => this.#loaded(s, rows),
      happened: (s, event) => this.#happened(s, event),
      refused: (_, code, message) => this.#fail(code, message),
      ended: (code, message) => this.#fail(code, message),
    });
  }

  /** A token of the client: the same again, or none of ours, says nothing. */
  renew(token: string | null): void {
    if (token === null || token === this.#token) return;
    this.#token = token;
    this.#line.renew(token);
  }

  send(asked: Asked, message: Broadcast): void {
    if (this.#at !== 'joined' || this.#org === null) return;
    this.#deps.rooms.send(this.#org, this.topic, message, this.#wish.hearsItself ? null : this);
    if (this.#wish.wantsAck) this.#voice.reply(this.topic, asked, 'ok', {});
  }

  track(asked: Asked, isThere: boolean, fields: JsonObject): void {
    if (this.#at !== 'joined' || this.#org === null) return;
    const { rooms, limits } = this.#deps;
    if (!isThere) rooms.untrack(this.#org, this.topic, this);
    else if (JSON.stringify(fields).length > limits.presenceBytesMax) {
      this.#voice.reply(this.topic, asked, 'error', { reason: `presence: more than ${limits.presenceBytesMax} bytes` });
      return;
    } else if (!rooms.track(this.#org, this.topic, this, { key: this.#key, fields })) {
      this.#voice.reply(this.topic, asked, 'error', {
        reason: `presence: ${limits.presencesPerRoomMax} are here, no more fit`,
      });
      return;
    }
    this.#voice.reply(this.topic, asked, 'ok', {});
  }

  broadcast(message: Broadcast): void {
    if (this.#at === 'joined') this.#voice.broadcast(this.topic, message);
  }

  presence(diff: PresenceDiff): void {
    if (this.#at === 'joined' && this.#wish.hasPresence) {
      this.#voice.push(this.topic, 'presence_diff', presenceDiff(diff));
    }
  }

  leave(): void {
    if (this.#at === 'over') return;
    this.#at = 'over';
    this.#line.close();
    if (this.#org !== null) this.#deps.rooms.leave(this.#org, this.topic, this);
    this.#voice.ended(this);
  }

  get #key(): string {
    return this.#wish.presenceKey === '' ? `anonymous-${this.joinRef ?? ''}-${this.#line.id}` : this.#wish.presenceKey;
  }

  #welcome(principal: Principal): void {
    this.#org = principal.org;
    const known = new Map<string, number>();
    for (const binding of this.#wish.bindings) {
      const { collection } = binding.table;
      const key = JSON.stringify([collection, filterKey(binding.filter.view)]);
      const s = known.get(key) ?? this.#line.watch(collection, binding.filter.view, INTERVAL_MS);
      known.set(key, s);
      this.#views.set(s, [...(this.#views.get(s) ?? []), binding]);
      this.#waiting.add(s);
    }
    this.#settle();
  }

  #loaded(s: number, rows: readonly JsonObject[]): void {
    const since = this.#deps.clock.now() - this.#deps.limits.replayMs;
    for (const binding of this.#views.get(s) ?? []) {
      for (const data of replayOf(binding, rows, since)) this.#replay.push({ binding, data });
    }
    this.#waiting.delete(s);
    this.#settle();
  }

  /** Subscribed is true only when all views are held. */
  #settle(): void {
    if (this.#at !== 'joining' || this.#waiting.size > 0 || this.#org === null) return;
    const { rooms, limits } = this.#deps;
    if (!rooms.enter(this.#org, this.topic, this)) {
      this.#fail('overloaded', `${limits.dialectRoomsMax} topics are in use; come back later`);
      return;
    }
    this.#at = 'joined';
    const { bindings, hasPresence } = this.#wish;
    this.#voice.reply(this.topic, this.#asked, 'ok', {
      postgres_changes: bindings.map(({ id, said }) => ({ ...said, id })),
    });
    if (hasPresence)
      this.#voice.push(this.topic, 'presence_state', presenceState(rooms.present(this.#org, this.topic)));
    if (bindings.length === 0) return;
    this.#system('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
    for (const { binding, data } of this.#replay.splice(0)) this.#change(binding, data);
  }

  #happened(s: number, event: Event): void {
    for (const binding of this.#views.get(s) ?? []) {
      for (const data of changesOf(binding, event)) {
        // Until the join is answered the client would not know the ids.
        if (this.#at === 'joining') this.#replay.push({ binding, data });
        else this.#change(binding, data);
      }
    }
  }

  #change({ id }: Binding, data: ChangeData): void {
    if (this.#at === 'joined') this.#voice.push(this.topic, 'postgres_changes', { ids: [id], data });
  }

  #fail(code: string, message: string): void {
    if (this.#at === 'over') return;
    if (this.#at === 'joining') this.#voice.reply(this.topic, this.#asked, 'error', { reason: `${code}: ${message}` });
    else {
      this.#system('system', 'error', `${code}: ${message}`);
      this.#voice.push(this.topic, 'phx_error', {});
    }
    this.leave();
  }

  #system(extension: string, status: 'error' | 'ok', message: string): void {
    const channel = this.topic.replace(/^realtime:/u, '');
    this.#voice.push(this.topic, 'system', { extension, status, message, channel });
  }
}

const INTERVAL_MS = 100;
