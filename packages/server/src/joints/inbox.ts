/**
 * Fills people's inboxes. What happened is read off the records (derive/causes.ts); each cause is told in one
 * transaction to everybody it concerns, together with the mark that says it was. A process that is killed before that
 * transaction finds the cause again at its start; one killed after it finds the mark.
 */
import { type Inbox as InboxRow, type Notification, type Preferences } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Act } from '../collect/commands/verb.ts';
import { counted, inboxIn, notificationIn, place } from '../collect/inbox/place.ts';
import { newId } from '../collect/reports/new-id.ts';
import { causesOf, isMeant, type Cause, type Person } from '../derive/causes.ts';
import { isRepeat, repeated, summarized, surplus, throttled, ways } from '../derive/inbox.ts';
import type { Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { personKey } from '../lib/person.ts';
import type { Notice } from '../send/notice.ts';

export interface InboxDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'deadlineRetryMs' | 'notificationAgeMsMax' | 'notificationsPerPersonMax'>;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'documents'>;
  /** People of an organization. */
  readonly people: (org: string) => readonly Person[];
  /** The push subscriptions of a person, as JSON texts. */
  readonly devices: (org: string, person: string) => readonly { readonly id: string; readonly to: string }[];
  /** Puts a notice into the outbox, in this transaction. */
  readonly enqueue: (draft: Draft, notice: Notice) => string;
  readonly onError: (error: unknown, what: string) => void;
}

/** Document kind of a cause that was told; keyed by the hash of its key, gone after twice the age that is told. */
const TOLD = 'told';
const FOLLOWED: ReadonlySet<string> = new Set([
  'alerts',
  'incidents',
  'maintenances',
  'messages',
  'executions',
  'jobs',
]);

export class Inbox {
  readonly #deps: InboxDeps;
  /** Causes that were told, by organization and hash, with the time after which they cannot come again. */
  readonly #told = new Map<string, number>();
  /** Ids of each person's items, so that one inbox is not found by walking all. */
  readonly #items = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Map<string, Cause>>();
  readonly #timers = new Map<string, Timer>();
  #isOpen = true;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  /** Reads what was told, looks at everything once, and sets counters right that a restored copy may have wrong. */
  async start(): Promise<void> {
    const { live, store } = this.#deps;
    const marks = (await store.documents(TOLD, null)).toSorted((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0));
    for (const { org, id, expiresAt } of marks) this.#told.set(`${org}/${id}`, expiresAt ?? 0);
    for (const org of live.orgs()) {
      for (const { id, row } of live.entries(org, 'notifications')) this.#index(org, id, row['person']);
      for (const collection of FOLLOWED) {
        for (const { row } of live.entries(org, collection)) this.#want(org, causesOf(collection, row));
      }
      await this.#recount(org);
    }
  }

  /** Follows one durable transaction. */
  follow({ org, changes }: Committed): void {
    for (const { collection, id, before, after } of changes) {
      if (collection === 'notifications') {
        if (after === null) this.#items.get(keyOf(org, before?.['person']))?.delete(id);
        else if (before === null) this.#index(org, id, after['person']);
      } else if (after !== null && FOLLOWED.has(collection)) this.#want(org, causesOf(collection, after));
    }
  }

  /** The time of a notification has come: it is back, or it is forgotten. */
  due(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'system', (draft) => {
      const item = notificationIn(draft, id);
      if (item === null || item.nextAt !== deadline) return ok(null);
      if (item.snoozedUntil === null) place(draft, id, null);
      else place(draft, id, { ...item, snoozedUntil: null, state: 'unread', readAt: null });
      return ok(null);
    });
  }

  /** The quiet hours of a person have ended: one push for all that waited. */
  inboxDue(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'system', (draft) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `inboxes` are Inbox.
      const inbox = draft.get('inboxes', id) as InboxRow | null;
      if (inbox === null || inbox.nextAt !== deadline) return ok(null);
      draft.put('inboxes', id, { ...inbox, held: 0, nextAt: null });
      if (inbox.held > 0 && inbox.unread > 0) {
        const title =
          inbox.held === 1 ? 'One notification while it was quiet' : `${inbox.held} notifications while it was quiet`;
        const cause = {
          key: `held:${id}:${deadline}`,
          title,
          text: '',
          refs: [],
          path: '/inbox',
          thread: 'quiet',
          at: deadline,
        };
        this.#push(draft, inbox.person, { ...cause, priority: 'normal' });
      }
      return ok(null);
    });
  }

  /** `POST /v1/notifications`: a word of a program or an admin to one person or to all. */
  readonly send: Act = async ({ principal, args, key }) => {
    const { clock, commit } = this.#deps;
    const text = (name: string): string => (typeof args[name] === 'string' ? args[name] : '');
    const to = text('person');
    const people = this.#people(principal.org);
    if (to !== '*' && !people.some(({ id }) => id === to) && principal.scopes.includes('admin')) {
      return refuse('not_found', `there is no person ${to.slice(0, 64)}; GET /v1/members lists them`);
    }
    const word = key ?? newId(clock, 'msg');
    const unique = `message:${principal.id}:${word}`;
    const id = `msg_${digest(unique)}`;
    const refs = Array.isArray(args['refs']) ? args['refs'].filter((ref) => typeof ref === 'string') : [];
    const cause: Cause = {
      key: unique,
      type: TYPES.find((type) => type === args['type']) ?? 'message',
      priority: PRESSING.find((priority) => priority === args['priority']) ?? 'normal',
      title: text('title'),
      text: text('text'),
      refs,
      path: text('path'),
      // Words of different senders never merge; without a thread and refs each stands for itself.
      thread: `${principal.id}:${text('thread') || refs.join(',') || id}`,
      at: clock.now(),
      to: to === '*' ? { all: true } : { named: to },
    };
    // Whether there is such a person is told to admins alone.
    const whom = people.filter((person) => to === '*' || person.id === to);
    const written = await commit.write(principal.org, `${principal.kind}:${principal.id}`, (draft) => {
      this.#tell(draft, cause, whom);
      return ok({ id });
    });
    if (written.ok) this.#remember(principal.org, unique);
    return written;
  };

  close(): void {
    this.#isOpen = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#waiting.clear();
  }

  #index(org: string, id: string, person: unknown): void {
    const key = keyOf(org, person);
    const items = this.#items.get(key) ?? new Set();
    this.#items.set(key, items);
    items.add(id);
  }

  #want(org: string, causes: readonly Cause[]): void {
    if (!this.#isOpen) return;
    const since = this.#deps.clock.now() - this.#deps.limits.notificationAgeMsMax;
    for (const cause of causes) {
      if (cause.at < since || this.#told.has(`${org}/${digest(cause.key)}`)) continue;
      const waiting = this.#waiting.get(org) ?? new Map<string, Cause>();
      this.#waiting.set(org, waiting);
      waiting.set(cause.key, cause);
      this.#plan(org, 0);
    }
  }

  #plan(org: string, waitMs: number): void {
    if (!this.#isOpen || this.#timers.has(org)) return;
    const run = (): void => {
      this.#timers.delete(org);
      void this.#work(org);
    };
    this.#timers.set(org, waitMs === 0 ? this.#deps.clock.soon(run) : this.#deps.clock.after(waitMs, run));
  }

  async #work(org: string): Promise<void> {
    const { commit, limits, onError } = this.#deps;
    const causes = [...(this.#waiting.get(org)?.values() ?? [])];
    this.#waiting.delete(org);
    if (causes.length === 0) return;
    const people = this.#people(org);
    const written = await commit.write(org, 'system', (draft) => {
      for (const cause of causes) {
        const wasTold = (person: Person, ref: string): boolean => this.#wasTold(draft, person, ref);
        this.#tell(
          draft,
          cause,
          people.filter((person) => isMeant(cause, person, wasTold)),
        );
      }
      return ok(null);
    });
    if (written.ok) for (const { key } of causes) this.#remember(org, key);
    else {
      onError(new Error(written.message), `the inboxes of ${org} could not be filled`);
      const waiting = this.#waiting.get(org) ?? new Map<string, Cause>();
      this.#waiting.set(org, waiting);
      for (const cause of causes) if (!waiting.has(cause.key)) waiting.set(cause.key, cause);
      this.#plan(org, limits.deadlineRetryMs);
    }
  }

  /** Those with an account, and those of foreign issuers who ever set preferences here. */
  #people(org: string): readonly Person[] {
    const people = this.#deps.people(org);
    const known = new Set(people.map(({ id }) => id));
    const others: Person[] = [];
    for (const { row } of this.#deps.live.entries(org, 'preferences')) {
      const { person } = row;
      if (typeof person === 'string' && !known.has(person))
        others.push({ id: person, name: person, email: '', role: 'viewer' });
    }
    return [...people, ...others];
  }

  #wasTold(draft: Draft, { id: person }: Person, ref: string): boolean {
    for (const id of this.#items.get(`${draft.org}/${person}`) ?? []) {
      if (notificationIn(draft, id)?.refs.includes(ref) === true) return true;
    }
    return false;
  }

  #remember(org: string, key: string): void {
    const now = this.#deps.clock.now();
    this.#told.set(`${org}/${digest(key)}`, now + 2 * this.#deps.limits.notificationAgeMsMax);
    // In order of time: what has passed is at the front.
    for (const [each, until] of this.#told) {
      if (until > now) break;
      this.#told.delete(each);
    }
  }

  #tell(draft: Draft, cause: Cause, people: readonly Person[]): void {
    const mark = digest(cause.key);
    if (this.#told.has(`${draft.org}/${mark}`)) return;
    draft.document(TOLD, mark, true, draft.now + 2 * this.#deps.limits.notificationAgeMsMax);
    for (const person of people) this.#tellOne(draft, cause, person);
  }

  #tellOne(draft: Draft, cause: Cause, person: Person): void {
    const preferences = preferencesOf(draft, person.id);
    const how = ways(preferences, cause, draft.now);
    if (how.inbox)
      this.#put(draft, cause, person.id, { sound: how.sound, perHour: preferences?.throttle.perHour ?? PER_HOUR });
    if (how.push) this.#push(draft, person.id, cause);
    if (how.email && person.email !== '') this.#mail(draft, person, cause);
    if (how.heldUntil !== null) {
      const inbox = inboxIn(draft, person.id);
      draft.put('inboxes', inbox.id, { ...inbox, held: inbox.held + 1, nextAt: inbox.nextAt ?? how.heldUntil });
    }
  }

  /** Into the inbox: as a repeat, as an item of its own, or into the summary of this hour. */
  #put(
    draft: Draft,
    cause: Cause,
    person: string,
    { sound, perHour }: { readonly sound: boolean; readonly perHour: number },
  ): void {
    const items = this.#itemsOf(draft, person);
    const what = { ...cause, sound };
    const same = items.find((item) => isRepeat(item, cause, draft.now));
    if (same !== undefined) {
      place(draft, same.id, repeated(same, what, draft.now));
      return;
    }
    const inbox = inboxIn(draft, person);
    const { hour, isOver } = throttled(inbox.hour, perHour, draft.now);
    draft.put('inboxes', inbox.id, { ...inbox, hour });
    const key = isOver ? `overflow:${hour.from}` : cause.key;
    const id = `ntf_${digest(`${personKey(person)}\n${key}`)}`;
    const known = notificationIn(draft, id);
    const fresh = { ...what, count: 1 };
    const words = isOver
      ? { ...summarized(known, cause), type: 'system' as const, path: '/inbox', thread: key, sound: false }
      : fresh;
    place(draft, id, {
      ...(known ?? bornNotification(draft, id, person)),
      type: words.type,
      priority: words.priority,
      title: words.title.slice(0, 300),
      text: words.text.slice(0, 4_000),
      refs: words.refs,
      path: words.path,
      thread: words.thread,
      sound: words.sound,
      count: words.count,
      state: 'unread',
      readAt: null,
      archivedAt: null,
      lastAt: draft.now,
    });
    // At once, so that what follows in this transaction finds it; an id that never became durable names nothing.
    this.#index(draft.org, id, person);
    const max = this.#deps.limits.notificationsPerPersonMax;
    for (const old of surplus(this.#itemsOf(draft, person), max)) place(draft, old.id, null);
  }

  #itemsOf(draft: Draft, person: string): readonly Notification[] {
    const found: Notification[] = [];
    for (const id of this.#items.get(`${draft.org}/${person}`) ?? []) {
      const item = notificationIn(draft, id);
      if (item !== null) found.push(item);
    }
    return found;
  }

  #push(draft: Draft, person: string, cause: Omit<Cause, 'to' | 'type'>): void {
    const channel = channelFor(this.#deps.live, draft, 'webpush');
    if (channel === null) return;
    for (const { id, to } of this.#deps.devices(draft.org, person)) {
      this.#deps.enqueue(draft, noticeOf(cause, { channel, to, key: `${cause.key}:${personKey(person)}:${id}` }));
    }
  }

  #mail(draft: Draft, person: Person, cause: Cause): void {
    const channel = channelFor(this.#deps.live, draft, 'email');
    if (channel === null) return;
    const key = `${cause.key}:${personKey(person.id)}:email`;
    this.#deps.enqueue(draft, noticeOf(cause, { channel, to: person.email, key }));
  }

  async #recount(org: string): Promise<void> {
    const written = await this.#deps.commit.write(org, 'system', (draft) => {
      for (const { row } of this.#deps.live.entries(org, 'inboxes')) {
        const { person } = row;
        if (typeof person !== 'string') continue;
        const inbox = inboxIn(draft, person);
        const is = counted(this.#itemsOf(draft, person));
        if (
          JSON.stringify(is) !==
          JSON.stringify({ byType: inbox.byType, total: inbox.total, unread: inbox.unread, urgent: inbox.urgent })
        ) {
          draft.put('inboxes', inbox.id, { ...inbox, ...is });
        }
      }
      return ok(null);
    });
    if (!written.ok) this.#deps.onError(new Error(written.message), `the inboxes of ${org} could not be counted`);
  }
}

/** Records of the collection always name somebody. */
function keyOf(org: string, person: unknown): string {
  return `${org}/${typeof person === 'string' ? person : ''}`;
}

const TYPES = ['message', 'job', 'system'] as const;
const PRESSING = ['low', 'normal', 'high', 'urgent'] as const;
const PER_HOUR = 60;

function bornNotification({ org, now }: Pick<Draft, 'now' | 'org'>, id: string, person: string): Notification {
  return {
    id,
    org,
    version: 0,
    createdAt: now,
    updatedAt: now,
    observedAt: null,
    labels: {},
    source: null,
    person,
    type: 'system',
    priority: 'normal',
    title: '',
    text: '',
    refs: [],
    path: '',
    state: 'unread',
    snoozedUntil: null,
    count: 1,
    lastAt: now,
    readAt: null,
    archivedAt: null,
    sound: false,
    thread: '',
    nextAt: null,
  };
}

function preferencesOf(draft: Draft, person: string): Preferences | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `preferences` are Preferences.
  return draft.get('preferences', personKey(person)) as Preferences | null;
}

/** The channel through which people are reached themselves: the oldest of its kind that is enabled. */
function channelFor(live: Pick<Live, 'entries'>, draft: Draft, kind: 'email' | 'webpush'): string | null {
  let best: { readonly id: string; readonly rid: number } | null = null;
  for (const { id, rid } of live.entries(draft.org, 'channels')) {
    const row = draft.get('channels', id);
    if (row?.['kind'] === kind && row['isEnabled'] === true && (best === null || rid < best.rid)) best = { id, rid };
  }
  return best?.id ?? null;
}

function noticeOf(
  cause: Omit<Cause, 'to' | 'type'>,
  { channel, to, key }: { readonly channel: string; readonly to: string; readonly key: string },
): Notice {
  const severity = cause.priority === 'urgent' ? 'critical' : cause.priority === 'high' ? 'warning' : 'info';
  const { title, text, refs, path, thread, at } = cause;
  return {
    key: `inbox:${key}`,
    channel,
    to,
    kind: 'notification',
    severity,
    state: 'info',
    title,
    text,
    facts: [],
    refs,
    path,
    thread,
    at,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
