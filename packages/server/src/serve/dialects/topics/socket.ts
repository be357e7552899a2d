/**
 * One socket of a client that speaks plain topics: `{type: 'subscribe', topic}` up, `{topic, type, data}` down. Who is calling and
 * what they may see is asked of one line of ours; nothing of a record leaves before it is welcome.
 *
 *     quiet --first message but a ping, an auth--> opening --welcome--> open --expired, revoked, drained: error--> closed
 */
import {
  filterKey,
  isJsonObject,
  ok,
  parseMessage,
  refuse,
  type Json,
  type JsonObject,
  type Result,
} from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Visitor } from '../../session.ts';
import { Allowance } from '../allowance.ts';
import { Line, type Event, type Sessions } from '../line.ts';
import { fillText } from '../pattern.ts';
import type { Pipe, Receiver } from '../pipe.ts';
import { say } from '../shape.ts';
import { parseRowFilter } from '../supabase/filter.ts';
import { tableOf, toRow } from '../supabase/tables.ts';
import { filterOf, topicOf, type Template } from './template.ts';
import { Topic, type Passes } from './topic.ts';

export interface TopicDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly of: CollectionOf;
  readonly templates: readonly Template[];
}

/** Is this the first message of a client that speaks plain topics and not Phoenix channels? */
export function isPlain(text: string): boolean {
  const parsed = parseMessage(text);
  return parsed.ok && typeof parsed.value['type'] === 'string' && parsed.value['event'] === undefined;
}

export class TopicSocket implements Receiver {
  readonly #deps: TopicDeps;
  readonly #pipe: Pipe;
  readonly #visitor: Visitor;
  readonly #allowance: Allowance;
  readonly #topics = new Map<string, Topic>();
  /** Topics behind each view of the line; by what is asked for, the number of the view. */
  readonly #behind = new Map<number, Set<Topic>>();
  readonly #numbers = new Map<string, number>();
  readonly #stale = new Set<Topic>();
  #token: string | null;
  #line: Line | null = null;
  #isWelcome = false;
  #isDue = false;
  #isOver = false;
  #aliveAt: number;
  #pingedAt: number;

  constructor(
    deps: TopicDeps,
    pipe: Pipe,
    { token, visitor }: { readonly token: string | null; readonly visitor: Visitor },
  ) {
    this.#deps = deps;
    this.#pipe = pipe;
    this.#visitor = visitor;
    this.#token = token;
    const { clock, limits } = deps;
    this.#allowance = new Allowance(clock, { burst: limits.frameBurstMax, perSecond: limits.framesPerSecondMax });
    this.#aliveAt = clock.mono();
    this.#pingedAt = this.#aliveAt;
  }

  receive(data: string | Uint8Array): void {
    if (this.#isOver) return;
    this.alive();
    if (!this.#allowance.take()) {
      this.#end('rate_limited', 'too many messages in a short time; come back slower');
      return;
    }
    const parsed = typeof data === 'string' ? parseMessage(data) : refuse('bad_request', 'found bytes, expected text');
    if (parsed.ok) this.#act(parsed.value);
    else this.#refuse(parsed.code, parsed.message);
  }

  alive(): void {
    this.#aliveAt = this.#deps.clock.mono();
  }

  tick(now: number): void {
    const { dialectSilenceMs, dialectPingMs } = this.#deps.limits;
    if (now - this.#aliveAt >= dialectSilenceMs) this.#close(1001, 'no sign of life');
    else if (now - this.#pingedAt >= dialectPingMs && !this.#isOver) {
      // Not every such client says something by itself.
      this.#pingedAt = now;
      this.#pipe.ping();
    }
  }

  closed(): void {
    this.#isOver = true;
    this.#line?.close();
  }

  #act(message: JsonObject): void {
    const { type } = message;
    switch (type) {
      case 'ping':
        this.#write({ type: 'pong' });
        return;
      case 'auth':
        this.#auth(message['token']);
        return;
      case 'subscribe':
      case 'unsubscribe':
      case 'publish': {
        const name = message['topic'] ?? message['channel'];
        if (typeof name !== 'string' || name === '' || name.length > TOPIC_CHARS_MAX) {
          this.#refuse('bad_request', `topic: expected a text of 1 to ${TOPIC_CHARS_MAX} characters`);
        } else if (type === 'subscribe') this.#subscribe(name, message['filters']);
        else if (type === 'unsubscribe') this.#unsubscribe(name);
        else this.#publish(name, message['data']);
        return;
      }
      default:
        this.#refuse('unknown_frame', `type: expected subscribe, unsubscribe, publish, ping or auth`);
    }
  }

  #auth(token: Json | undefined): void {
    if (typeof token !== 'string' || token === '' || token.length > TOKEN_CHARS_MAX) {
      this.#refuse('bad_request', 'token: expected a text');
      return;
    }
    this.#token = token;
    if (this.#line === null) this.#open();
    else this.#line.renew(token);
  }

  #open(): Line | null {
    if (this.#line !== null) return this.#line;
    const { clock, sessions } = this.#deps;
    if (!sessions.hasRoom) {
      this.#end('overloaded', 'the server has no room; come back later');
      return null;
    }
    const line = new Line(
      { clock, sessions, drain: this.#pipe },
      { token: this.#token, visitor: this.#visitor },
      {
        welcome: () => {
          this.#isWelcome = true;
          for (const topic of this.#topics.values()) this.#watch(topic);
        },
        loaded: (s) => this.#loaded(s),
        happened: (s, event) => this.#happened(s, event),
        refused: (s, code, text) => {
          for (const topic of this.#behind.get(s) ?? []) this.#drop(topic, code, text);
        },
        ended: (code, text) => this.#end(code, text),
      },
    );
    this.#line = line;
    return line;
  }

  #subscribe(name: string, filters: Json | undefined): void {
    const { limits, templates } = this.#deps;
    const found = topicOf(templates, name);
    if (found === null) {
      this.#refuse('not_found', 'there is no such topic; topics are listed in the configuration of the server', name);
      return;
    }
    const passes = this.#passesOf(filters, found.template);
    if (!passes.ok) {
      this.#refuse(passes.code, passes.message, name);
      return;
    }
    const old = this.#topics.get(name);
    if (old === undefined && this.#topics.size >= limits.channelsPerSocketMax) {
      this.#refuse('too_many_subs', `${limits.channelsPerSocketMax} topics are open on this connection`, name);
      return;
    }
    const line = this.#open();
    if (line === null) return;
    if (old !== undefined) this.#leave(old);
    const topic = new Topic({ name, ...found }, passes.value, line);
    this.#topics.set(name, topic);
    if (this.#isWelcome) this.#watch(topic);
  }

  #watch(topic: Topic): void {
    const line = this.#line;
    const found = topicOf([topic.template], topic.name);
    if (line === null || found === null) return;
    const held: number[] = [];
    for (const [view, wish] of Object.entries(topic.template.views)) {
      const filter = filterOf(wish, found.params);
      if (filter === null) {
        this.#drop(topic, 'bad_filter', `the filter of view ${view} does not fit this name`);
        return;
      }
      const key = JSON.stringify([wish.collection, filterKey(filter)]);
      const known = this.#numbers.get(key);
      const s = known ?? line.watch(wish.collection, filter, INTERVAL_MS);
      this.#numbers.set(key, s);
      const behind = this.#behind.get(s) ?? new Set();
      this.#behind.set(s, behind);
      // Another topic holds it already, or is about to.
      if (known !== undefined && [...behind].some((each) => !each.isAwaiting(s))) held.push(s);
      behind.add(topic);
      topic.waitFor(view, s);
    }
    for (const s of held) if (topic.loaded(s)) this.#begin(topic);
  }

  #loaded(s: number): void {
    for (const topic of this.#behind.get(s) ?? []) if (topic.loaded(s)) this.#begin(topic);
  }

  /** Everything behind it is held: from here on whoever listens is told. */
  #begin(topic: Topic): void {
    if (this.#isTooLarge(topic)) return;
    this.#write({ type: 'subscribed', subject: topic.name });
    for (const data of topic.news()) this.#tell(topic, data);
  }

  #happened(s: number, event: Event): void {
    for (const topic of this.#behind.get(s) ?? []) {
      if (!topic.isLoaded) continue;
      if (topic.template.say === 'each') for (const data of topic.change(s, event)) this.#tell(topic, data);
      else this.#stale.add(topic);
    }
    if (this.#isDue || this.#stale.size === 0) return;
    this.#isDue = true;
    // Once for all that a flush brought, not once for each record of it.
    this.#deps.clock.soon(() => {
      this.#isDue = false;
      const stale = [...this.#stale];
      this.#stale.clear();
      for (const topic of stale) {
        if (this.#topics.get(topic.name) !== topic || this.#isTooLarge(topic)) continue;
        for (const data of topic.news()) this.#tell(topic, data);
      }
    });
  }

  #isTooLarge(topic: Topic): boolean {
    const { topicRowsMax } = this.#deps.limits;
    if (topic.template.say === 'one' || topic.size <= topicRowsMax) return false;
    this.#drop(topic, 'too_large', `the topic has ${topic.size} records, limit ${topicRowsMax}`);
    return true;
  }

  #unsubscribe(name: string): void {
    const topic = this.#topics.get(name);
    if (topic !== undefined) this.#leave(topic);
    this.#write({ type: 'unsubscribed', subject: name });
  }

  #drop(topic: Topic, code: string, message: string): void {
    this.#leave(topic);
    this.#refuse(code, message, topic.name);
  }

  #leave(topic: Topic): void {
    if (this.#topics.get(topic.name) === topic) this.#topics.delete(topic.name);
    this.#stale.delete(topic);
    for (const s of topic.views.values()) {
      const behind = this.#behind.get(s);
      behind?.delete(topic);
      if (behind === undefined || behind.size > 0) continue;
      this.#behind.delete(s);
      for (const [key, number] of this.#numbers) if (number === s) this.#numbers.delete(key);
      this.#line?.drop(s);
    }
  }

  #publish(name: string, data: Json | undefined): void {
    const found = topicOf(this.#deps.templates, name);
    const publish = found?.template.publish;
    if (found === null || publish === undefined) {
      this.#refuse(
        found === null ? 'not_found' : 'unsupported',
        found === null ? 'there is no such topic' : 'nothing can be published on this topic: it is made of records',
        name,
      );
      return;
    }
    if (!isJsonObject(data)) {
      this.#refuse('bad_request', 'data: expected an object', name);
      return;
    }
    const line = this.#open();
    const said = Object.entries(say(publish.fields, { params: found.params, row: data, rows: () => [] }));
    const act = {
      collection: publish.collection,
      id: fillText(publish.id, found.params),
      name: 'report',
      fields: Object.fromEntries(said.filter(([, value]) => value !== null)),
    };
    line?.act(act, (answer) => {
      if (answer.ok) this.#write({ type: 'published', subject: name });
      else this.#refuse(answer.code, answer.message, name);
    });
  }

  /** `{table, filter}`, as clients say that know tables. One that is not understood is refused, never passed by. */
  #passesOf(filters: Json | undefined, { views, say: how }: Template): Result<Passes> {
    if (filters === undefined || filters === null) return ok(() => true);
    if (!isJsonObject(filters)) return refuse('bad_filter', 'filters: expected an object');
    const { table: name, filter = '', ...more } = filters;
    const unknown = Object.keys(more)[0];
    if (unknown !== undefined)
      return refuse('bad_filter', `filters.${unknown.slice(0, 64)}: expected table and filter`);
    if (how === 'one') return refuse('bad_filter', 'filters: this topic says one thing of all its records');
    if (typeof name !== 'string' || typeof filter !== 'string')
      return refuse('bad_filter', 'filters: expected texts for table and filter');
    const table = tableOf(name, this.#deps.of);
    if (table === null || table.collection !== Object.values(views)[0]?.collection)
      return refuse(
        'bad_filter',
        `filters.table: ${JSON.stringify(name.slice(0, 64))} is not what this topic is about`,
      );
    const parsed = parseRowFilter(filter, table, this.#deps.of);
    return parsed.ok ? ok((row) => parsed.value.passes(toRow(table, row))) : parsed;
  }

  #tell(topic: Topic, data: Json): void {
    this.#write({ topic: topic.name, type: topic.template.type, data });
  }

  /** Never with a field `topic`: services of this kind hand whatever has one on as data. */
  #refuse(code: string, message: string, subject?: string): void {
    this.#write({ type: 'error', code, message, ...(subject === undefined ? {} : { subject }) });
  }

  #write(message: JsonObject): void {
    if (this.#isOver) return;
    if (this.#pipe.queuedBytes > this.#deps.limits.socketHoldBytesMax) this.#close(1013, 'too slow');
    else this.#pipe.text(JSON.stringify(message));
  }

  #end(code: string, message: string): void {
    if (this.#isOver) return;
    this.#refuse(code, message);
    this.#close(CLOSE_CODES[code] ?? 4001, code);
  }

  #close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.closed();
    this.#pipe.close(code, reason);
  }
}

const INTERVAL_MS = 100;
const TOPIC_CHARS_MAX = 255;
const TOKEN_CHARS_MAX = 8_192;

/** Any code means come back to these clients; whoever looks at it learns why. */
const CLOSE_CODES: Readonly<Record<string, number | undefined>> = {
  auth_required: 4401,
  auth_invalid: 4401,
  auth_expired: 4401,
  forbidden: 4503,
  rate_limited: 4429,
};
