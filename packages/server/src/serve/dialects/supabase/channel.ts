/**
 * One joined channel: a line of ours for its credential, a view behind each table it listens to, its seat in the room.
 *
 *     joining --all views held--> joined --leave--> over
 *        |                          |
 *        +--refused: error reply    +--expired, revoked, drained: system error, then phx_error
 *
 * `phx_close` would be final for the client; after `phx_error` it joins again with the newest token it has.
 */
import { filterKey, isJsonObject, ok, type Json, type JsonObject } from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Principal } from '../../../lib/principal.ts';
import { authorize } from '../../../publish/access.ts';
import type { Visitor } from '../../session.ts';
import { Line, type Drain, type Event, type Sessions } from '../line.ts';
import type { Broadcast, Member, PresenceDiff } from '../rooms.ts';
import { changesOf, goneOf, replayOf, type Away, type ChangeData } from './changes.ts';
import type { Absences, Departures } from './departures.ts';
import { bindingOf, type Binding, type Wish } from './join.ts';
import type { Grant } from './policy.ts';
import { presenceDiff, presenceState } from './presence.ts';
import { notKept, roomOf, unreadable, unwritable, type Topic, type Topics } from './topics.ts';

export interface ChannelDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly topics: Topics;
  readonly departures: Departures;
  readonly absences: Absences;
  /** Names of all collections. */
  readonly names: () => readonly string[];
  readonly of: CollectionOf;
}

/** How a channel speaks: frames of its topic. */
export interface Voice extends Drain {
  push(topic: string, event: string, payload: JsonObject): void;
  reply(topic: string, ref: Asked, status: 'error' | 'ok', response: JsonObject): void;
  broadcast(topic: string, message: Broadcast, meta?: JsonObject): void;
  /** Until when everything that was sent is known to have arrived, epoch ms. */
  readonly heardUntil: number;
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
  /** The topic without `realtime:`, and the room behind it. */
  readonly #named: Topic;
  readonly #room: string;
  readonly #line: Line;
  readonly #views = new Map<number, Binding[]>();
  readonly #waiting = new Set<number>();
  readonly #asked: Asked;
  readonly #replay: { readonly binding: Binding; readonly data: ChangeData }[] = [];
  #token: string | null;
  #org: string | null = null;
  #principal: Principal | null = null;
  #grant: Grant = NOTHING;
  #away: Away = { since: 0, heardUntil: null };
  #who = '';
  readonly #heard = new Set<string>();
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
    this.#named = { topic: join.topic.replace(/^realtime:/u, ''), isPrivate: join.wish.isPrivate };
    this.#room = roomOf(this.#named);
    this.#token = join.token;
    this.#line = new Line({ clock: deps.clock, sessions: deps.sessions, drain: voice }, join, {
      welcome: (principal) => this.#welcome(principal),
      renewed: (principal) => this.#judge(principal),
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

  /** `persist`: whether and how long the client asks for it to be kept, `true` or `{ttl: seconds}`. */
  send(asked: Asked, message: Broadcast, persist: Json): void {
    if (this.#at !== 'joined' || this.#org === null) return;
    if (!this.#grant.broadcast.write) {
      const reason = unwritable(this.#named.topic);
      this.#denied('write');
      // Without an answer to wait for, it is told where the client says what it does not do.
      if (this.#wish.wantsAck) this.#voice.reply(this.topic, asked, 'error', { reason });
      else this.#system('system', 'error', reason);
      return;
    }
    const except = this.#wish.hearsItself ? null : this;
    this.#deps.topics.say(this.#org, this.#named, message, { except, ttlMs: ttlOf(persist) });
    if (this.#wish.wantsAck) void this.#answer(asked);
  }

  /** What is answered with `ok` survives a crash, where it is kept at all. */
  async #answer(asked: Asked): Promise<void> {
    const settled = notKept((await this.#deps.topics.settled(this.#named)) ?? ok(null));
    if (settled.ok) this.#voice.reply(this.topic, asked, 'ok', {});
    else this.#voice.reply(this.topic, asked, 'error', { reason: `${settled.code}: ${settled.message}` });
  }

  track(asked: Asked, isThere: boolean, fields: JsonObject): void {
    if (this.#at !== 'joined' || this.#org === null) return;
    const { topics, limits } = this.#deps;
    const { rooms } = topics;
    if (!this.#grant.presence.write) {
      this.#denied('write');
      this.#voice.reply(this.topic, asked, 'error', { reason: unwritable(this.#named.topic) });
      return;
    }
    if (!isThere) rooms.untrack(this.#org, this.#room, this);
    else if (JSON.stringify(fields).length > limits.presenceBytesMax) {
      this.#voice.reply(this.topic, asked, 'error', { reason: `presence: more than ${limits.presenceBytesMax} bytes` });
      return;
    } else if (!rooms.track(this.#org, this.#room, this, { key: this.#key, fields })) {
      this.#voice.reply(this.topic, asked, 'error', {
        reason: `presence: ${limits.presencesPerRoomMax} are here, no more fit`,
      });
      return;
    }
    this.#voice.reply(this.topic, asked, 'ok', {});
  }

  broadcast(message: Broadcast): void {
    if (this.#at === 'joined' && this.#grant.broadcast.read) this.#voice.broadcast(this.topic, message);
  }

  presence(diff: PresenceDiff): void {
    if (this.#at === 'joined' && this.#wish.hasPresence && this.#grant.presence.read) {
      this.#voice.push(this.topic, 'presence_diff', presenceDiff(diff));
    }
  }

  /** `isCut`: it did not ask for it, and may come back for what it missed. */
  leave(isCut: boolean): void {
    if (this.#at === 'over') return;
    if (isCut && this.#at === 'joined') this.#deps.absences.left(this.#who, this.#voice.heardUntil);
    this.#at = 'over';
    this.#line.close();
    if (this.#org !== null) {
      this.#deps.topics.rooms.leave(this.#org, this.#room, this);
      for (const collection of this.#heard) this.#deps.departures.unlisten(this.#org, collection);
    }
    this.#voice.ended(this);
  }

  get #key(): string {
    return this.#wish.presenceKey === '' ? `anonymous-${this.joinRef ?? ''}-${this.#line.id}` : this.#wish.presenceKey;
  }

  #welcome(principal: Principal): void {
    this.#judge(principal);
    if (this.#at === 'over') return;
    this.#org = principal.org;
    this.#away = this.#awayOf(principal);
    const known = new Map<string, number>();
    for (const binding of this.#bindings(principal)) {
      const { collection } = binding.table;
      if (!this.#heard.has(collection)) this.#deps.departures.listen(principal.org, collection);
      this.#heard.add(collection);
      const key = JSON.stringify([collection, filterKey(binding.filter.view)]);
      const s = known.get(key) ?? this.#line.watch(collection, binding.filter.view, INTERVAL_MS);
      known.set(key, s);
      this.#views.set(s, [...(this.#views.get(s) ?? []), binding]);
      this.#waiting.add(s);
    }
    this.#settle();
  }

  /** Those for all tables are one for each that the caller may read. */
  #bindings(principal: Principal): readonly Binding[] {
    const { names, of } = this.#deps;
    return this.#wish.bindings.flatMap((binding) => {
      if ('table' in binding) return [binding];
      const readable = names().filter((name) => authorize(principal, 'read', name, of).ok);
      return readable.map((name) => bindingOf(binding, name));
    });
  }

  /** How far back this caller has to be told: as the one who was cut off here, or as anybody after a restart. */
  #awayOf(principal: Principal): Away {
    const { absences, clock, departures, limits } = this.#deps;
    this.#who = JSON.stringify([principal.org, principal.id, this.topic, this.#wish.bindings.map(({ said }) => said)]);
    const since = clock.now() - limits.replayMs;
    const back = absences.back(this.#who);
    const isJustStarted = departures.startedAt > since;
    // What was made within the slack may have been on its way when the last sign of life was asked for.
    return { since, heardUntil: back !== null ? back - SLACK_MS : isJustStarted ? departures.startedAt : null };
  }

  /** What the caller may do in the topic now; whoever may not read in it has no place there. */
  #judge(principal: Principal): void {
    this.#principal = principal;
    this.#grant = this.#deps.topics.grantOf(principal, this.#named);
    const { broadcast, presence } = this.#grant;
    // Tables have rules of their own: a channel of a public name that only listens to them needs no topic.
    const needsTopic = this.#wish.isPrivate || this.#wish.bindings.length === 0;
    if (!needsTopic || broadcast.read || presence.read) return;
    this.#denied('read');
    this.#fail(null, unreadable(this.#named.topic));
  }

  #denied(operation: 'read' | 'write'): void {
    this.#line.denied('topics', { id: this.#named.topic, operation });
  }

  #loaded(s: number, rows: readonly JsonObject[]): void {
    const bindings = this.#views.get(s) ?? [];
    const [first] = bindings;
    const gone =
      first === undefined || this.#principal === null
        ? []
        : this.#deps.departures.since(this.#principal, first.table.collection, this.#away.since);
    for (const binding of bindings) {
      for (const data of goneOf(binding, gone)) this.#replay.push({ binding, data });
      for (const data of replayOf(binding, rows, this.#away)) this.#replay.push({ binding, data });
    }
    this.#waiting.delete(s);
    this.#settle();
  }

  /** Subscribed is true only when all views are held. */
  #settle(): void {
    if (this.#at !== 'joining' || this.#waiting.size > 0 || this.#org === null) return;
    const { topics, limits } = this.#deps;
    const { rooms, kept } = topics;
    if (!rooms.enter(this.#org, this.#room, this)) {
      this.#fail('overloaded', `${limits.dialectRoomsMax} topics are in use; come back later`);
      return;
    }
    this.#at = 'joined';
    const { bindings, hasPresence, replay, wantsReady } = this.#wish;
    this.#voice.reply(this.topic, this.#asked, 'ok', {
      postgres_changes: bindings.map(({ id, said }) => ({ ...said, id })),
    });
    if (hasPresence && this.#grant.presence.read)
      this.#voice.push(this.topic, 'presence_state', presenceState(rooms.present(this.#org, this.#room)));
    if (replay !== null && this.#grant.broadcast.read) {
      for (const { id, ...message } of kept.since(this.#org, this.#room, replay))
        this.#voice.broadcast(this.topic, message, { replayed: true, id });
    }
    // There is nothing between us and what is told that would have to be made ready first.
    if (wantsReady) this.#system('system', 'ok', 'Replication connection established');
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

  /** `code`: null where the wire has words of its own. */
  #fail(code: string | null, message: string): void {
    if (this.#at === 'over') return;
    const reason = code === null ? message : `${code}: ${message}`;
    if (this.#at === 'joining') this.#voice.reply(this.topic, this.#asked, 'error', { reason });
    else {
      this.#system('system', 'error', reason);
      this.#voice.push(this.topic, 'phx_error', {});
    }
    this.leave(true);
  }

  #system(extension: string, status: 'error' | 'ok', message: string): void {
    this.#voice.push(this.topic, 'system', { extension, status, message, channel: this.#named.topic });
  }
}

const INTERVAL_MS = 100;
const SLACK_MS = 1000;

const NOTHING: Grant = { broadcast: { read: false, write: false }, presence: { read: false, write: false } };

/** How long a message is to be kept; null when nobody asked. */
export function ttlOf(persist: Json): number | null {
  if (persist === true || persist === 'true') return Number.MAX_SAFE_INTEGER;
  const ttl = isJsonObject(persist) ? persist['ttl'] : undefined;
  return typeof ttl === 'number' && ttl > 0 ? ttl * 1000 : isJsonObject(persist) ? Number.MAX_SAFE_INTEGER : null;
}
