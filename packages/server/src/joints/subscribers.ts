/**
 * Tells the subscribers of public pages. What is told is taken from the page's public sheet and from nothing else, so that
 * a message cannot say what the page does not.
 *
 * What was told last of each incident and maintenance is a document per page. It is written twice: before the first
 * notice, where the telling begins, and with the last one, how far it came. A notice is keyed by what it says and whom
 * it is for. So a restart at any moment begins at the same place again, leaves nothing untold and tells nothing twice.
 */
import type { Page, Subscriber } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { forgetSubscriber, SUBSCRIBER_TARGET } from '../collect/commands/plains/subscribers.ts';
import type { PublicIncident, PublicMaintenance, PublicState } from '../derive/public-state.ts';
import type { Commit, Committed } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Board, Sheet } from '../publish/board.ts';
import { enqueue } from '../send/enqueue.ts';
import type { Notice } from '../send/notice.ts';
import { isObject } from '../serve/pages/gate.ts';
import { subscriptionPath } from '../serve/pages/subscription.ts';
import { Times } from '../serve/pages/times.ts';
import { PHASE_TEXT } from '../serve/pages/words.ts';

/** The private document of what the subscribers of a page were told last. */
const PAGE_TOLD = 'page-told';

export interface SubscribersDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly store: Pick<Store, 'document' | 'documents'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly board: Pick<Board, 'sheetOf'>;
  /** Where people find the pages: links in messages begin with it. */
  readonly publicUrl: string;
  readonly onError: (error: unknown, what: string) => void;
}

export class Subscribers {
  readonly #deps: SubscribersDeps;
  /** What is to be done, each once; bounded by the pages and the pending subscribers there are. */
  readonly #jobs = new Map<string, () => Promise<void>>();
  #isRunning = false;
  #isOpen = false;

  constructor(deps: SubscribersDeps) {
    this.#deps = deps;
  }

  /** Tells what was not told before the process ended. */
  start(): void {
    this.#isOpen = true;
    for (const org of this.#deps.live.orgs()) {
      for (const { id } of this.#deps.live.entries(org, 'pages')) this.#tell(org, id);
      for (const { id, row } of this.#deps.live.entries(org, 'subscribers'))
        if (row['state'] === 'pending') this.#ask(org, id);
    }
  }

  /** Follows one durable transaction. */
  follow({ org, changes }: Committed): void {
    if (!this.#isOpen) return;
    let isNews = false;
    for (const { collection, id, before, after } of changes) {
      if (collection === 'incidents' || collection === 'maintenances') isNews = true;
      if (collection === 'pages' && after !== null) this.#tell(org, id);
      if (collection !== 'subscribers' || after?.['state'] !== 'pending') continue;
      if (before?.['nextAt'] !== after['nextAt']) this.#ask(org, id);
    }
    if (isNews) for (const { id } of this.#deps.live.entries(org, 'pages')) this.#tell(org, id);
  }

  /** Forgets a sign-up that nobody confirmed. */
  lapse(org: string, id: string, deadline: number): ReturnType<Commit['write']> {
    return this.#deps.commit.write(org, 'system', (draft) => {
      const row = draft.get('subscribers', id);
      if (row !== null && row['state'] === 'pending' && row['nextAt'] === deadline) forgetSubscriber(draft, id);
      return ok(null);
    });
  }

  close(): void {
    this.#isOpen = false;
    this.#jobs.clear();
  }

  #tell(org: string, page: string): void {
    this.#do(`page ${org}\n${page}`, () => this.#tellPage(org, page));
  }

  #ask(org: string, id: string): void {
    this.#do(`ask ${org}\n${id}`, () => this.#askSubscriber(org, id));
  }

  #do(key: string, job: () => Promise<void>): void {
    this.#jobs.set(key, job);
    if (!this.#isRunning) void this.#run();
  }

  /** One after the other: nobody waits for messages, and everybody for what they would push aside. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = first(this.#jobs); next !== null; next = first(this.#jobs)) {
      this.#jobs.delete(next[0]);
      try {
        await next[1]();
      } catch (error) {
        // The next change, or the next start, tells it.
        this.#deps.onError(error, 'subscribers could not be told');
      }
    }
    this.#isRunning = false;
  }

  /** Asks somebody who signed up whether it was them. */
  async #askSubscriber(org: string, id: string): Promise<void> {
    const { live, store, commit, publicUrl } = this.#deps;
    const target = targetOf(await store.document(SUBSCRIBER_TARGET, org, id));
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: rows of these collections.
    const subscriber = (live.get(org, 'subscribers', id)?.row ?? null) as Subscriber | null;
    const page = (live.get(org, 'pages', subscriber?.page ?? '')?.row ?? null) as Page | null;
    // oxlint-enable typescript/no-unsafe-type-assertion
    const channel = subscriber === null || page === null ? null : channelOf(page, subscriber);
    if (target === null || subscriber === null || page === null || channel === null) return;
    must(
      await commit.write(org, 'system', (draft) => {
        enqueue(draft, {
          key: `confirm:${id}:${subscriber.nextAt ?? 0}`,
          channel,
          to: target.target,
          kind: 'notification',
          severity: 'info',
          state: 'info',
          title: `Confirm your subscription to ${page.title}`,
          text: 'Somebody, hopefully you, asked to be told of incidents and maintenance. Open the link to confirm; do nothing and you hear nothing more. The link is valid for two days.',
          facts: [],
          refs: [],
          path: '/pages',
          link: `${publicUrl}${subscriptionPath('confirm', id, target.token)}`,
          thread: `confirm:${id}`,
          at: draft.now,
        });
        return ok(null);
      }),
    );
  }

  async #tellPage(org: string, id: string): Promise<void> {
    const { board, store, commit, limits, live, clock } = this.#deps;
    const sheet = board.sheetOf(org, id);
    if (sheet === null) return;
    const told = toldOf(await store.document(PAGE_TOLD, org, id));
    const { news, base, next } = newsOf(sheet.state, told, { now: clock.now(), ageMsMax: limits.noticeAgeMsMax });
    if (news.length === 0) return;
    if (base !== null) must(await this.#remember(org, id, base));
    const subscribers: Subscriber[] = [];
    for (const { row } of live.entries(org, 'subscribers')) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `subscribers` are Subscriber.
      const subscriber = row as Subscriber;
      if (subscriber.page === id && subscriber.state === 'confirmed') subscribers.push(subscriber);
    }
    const targets = new Map<string, Target>();
    if (subscribers.length > 0)
      for (const row of await store.documents(SUBSCRIBER_TARGET, org)) {
        const target = targetOf(row.value);
        if (target !== null) targets.set(row.id, target);
      }
    const notices = news.flatMap((item) =>
      subscribers.flatMap((subscriber) => this.#notice(sheet, item, subscriber, targets.get(subscriber.id)) ?? []),
    );
    const size = limits.subscribersPerTransactionMax;
    for (let at = 0; at === 0 || at < notices.length; at += size) {
      const isLast = at + size >= notices.length;
      must(
        await commit.write(org, 'system', (draft) => {
          for (const { subscriber, notice } of notices.slice(at, at + size)) {
            // Who left meanwhile is told nothing more.
            if (draft.get('subscribers', subscriber)?.['state'] === 'confirmed') enqueue(draft, notice);
          }
          if (isLast) draft.document(PAGE_TOLD, id, next);
          return ok(null);
        }),
      );
    }
  }

  #remember(org: string, id: string, told: Told): ReturnType<Commit['write']> {
    return this.#deps.commit.write(org, 'system', (draft) => {
      draft.document(PAGE_TOLD, id, told);
      return ok(null);
    });
  }

  #notice(
    { page, state }: Sheet,
    news: News,
    subscriber: Subscriber,
    target: Target | undefined,
  ): { readonly subscriber: string; readonly notice: Notice } | null {
    const channel = channelOf(page, subscriber);
    if (channel === null || target === undefined || !wants(state, news, subscriber)) return null;
    const { publicUrl } = this.#deps;
    const home = `${page.domain === '' ? publicUrl : `https://${page.domain}`}/status/${state.slug}`;
    return {
      subscriber: subscriber.id,
      notice: {
        ...news.says,
        key: `page:${page.id}:${news.key}:${subscriber.id}`,
        channel,
        to: target.target,
        title: `${state.title}: ${news.says.title}`,
        facts: news.services.length === 0 ? [] : [{ name: 'Affects', value: namesOf(state, news.services).join(', ') }],
        // What is inside stays inside: ids are not told.
        refs: [],
        path: '/pages',
        link: `${home}#${news.anchor}`,
        unsubscribe: `${publicUrl}${subscriptionPath('leave', subscriber.id, target.token)}`,
      },
    };
  }
}

interface Target {
  readonly target: string;
  readonly token: string;
}

/** Something to tell, of the public sheet alone. */
interface News {
  /** Unique in the page and for ever. */
  readonly key: string;
  readonly anchor: string;
  readonly services: readonly string[];
  readonly says: Pick<Notice, 'at' | 'kind' | 'severity' | 'state' | 'text' | 'thread' | 'title'>;
}

/** Public id of an incident or maintenance to what was told of it last: an update's id, a state, or empty for nothing. */
type Told = Readonly<Record<string, string>>;

/** What is new since it was told last, oldest first; where telling that begins, when it was not written down yet; and what will have been told then. */
export function newsOf(
  state: PublicState,
  told: Told,
  when: { readonly now: number; readonly ageMsMax: number },
): { readonly news: readonly News[]; readonly base: Told | null; readonly next: Told } {
  const news: News[] = [];
  const base: Record<string, string> = {};
  const next: Record<string, string> = {};
  for (const incident of state.incidents) {
    const [newest, second] = incident.updates;
    if (newest === undefined) continue;
    // Of one that is published late the newest word is enough.
    if (told[incident.id] === undefined) base[incident.id] = second?.id ?? '';
    const last = told[incident.id] ?? base[incident.id];
    next[incident.id] = newest.id;
    const known = incident.updates.findIndex(({ id }) => id === last);
    const fresh = known >= 0 ? incident.updates.slice(0, known) : last === '' ? incident.updates : [newest];
    for (const update of fresh.toReversed())
      if (update.at > when.now - when.ageMsMax) news.push(incidentNews(incident, update));
  }
  const times = new Times(state.zone);
  for (const maintenance of state.maintenances.toReversed()) {
    const last = told[maintenance.id];
    const { state: word, from, to } = maintenance;
    // What is marked afterwards is no news, and neither is the end of something nobody heard the beginning of.
    const isNews =
      last !== word &&
      (word === 'scheduled' ? from > when.now : word === 'active' ? to > when.now : last !== undefined);
    if (isNews && last === undefined) base[maintenance.id] = '';
    if (isNews || last !== undefined) next[maintenance.id] = word;
    if (isNews) news.push(maintenanceNews(maintenance, times, when.now));
  }
  return { news, next, base: Object.keys(base).length === 0 ? null : { ...told, ...base } };
}

function incidentNews(incident: PublicIncident, update: PublicIncident['updates'][number]): News {
  const { id, title, impact, services } = incident;
  return {
    key: update.id,
    anchor: `i-${id}`,
    services,
    says: {
      kind: 'incident',
      severity: impact === 'critical' || impact === 'major' ? 'critical' : impact === 'minor' ? 'warning' : 'info',
      state: update.phase === 'resolved' ? 'resolved' : 'firing',
      title: `${PHASE_TEXT[update.phase] ?? update.phase}: ${title}`,
      text: update.text,
      thread: id,
      at: update.at,
    },
  };
}

function maintenanceNews(maintenance: PublicMaintenance, times: Times, now: number): News {
  const { id, title, text, state, from, to, services } = maintenance;
  const word = state === 'scheduled' ? 'Planned' : state === 'active' ? 'Under way' : 'Over';
  const span = `${times.moment(from)} to ${times.moment(to)}`;
  return {
    key: `${id}:${state}`,
    anchor: `m-${id}`,
    services,
    says: {
      kind: 'maintenance',
      severity: 'info',
      state: 'info',
      title: `${word}: ${title}`,
      text: text === '' ? span : `${span}\n${text}`,
      thread: id,
      at: now,
    },
  };
}

function wants(state: PublicState, { services }: News, { groups }: Subscriber): boolean {
  if (groups === null || services.length === 0) return true;
  return state.groups.some(
    (group) => groups.includes(group.name) && group.services.some(({ key }) => services.includes(key)),
  );
}

function namesOf(state: PublicState, keys: readonly string[]): readonly string[] {
  return state.groups.flatMap((group) =>
    group.services.filter(({ key }) => keys.includes(key)).map(({ name }) => name),
  );
}

function channelOf(page: Page, { kind }: Subscriber): string | null {
  return kind === 'email' ? page.channel : page.webhookChannel;
}

function targetOf(value: Parameters<typeof isObject>[0] | null): Target | null {
  if (value === null || !isObject(value)) return null;
  const { target, token } = value;
  return typeof target === 'string' && typeof token === 'string' ? { target, token } : null;
}

function toldOf(value: Parameters<typeof isObject>[0] | null): Told {
  const object: JsonObject = value !== null && isObject(value) ? value : {};
  return Object.fromEntries(
    Object.entries(object).flatMap(([id, word]) => (typeof word === 'string' ? [[id, word]] : [])),
  );
}

function must(written: Awaited<ReturnType<Commit['write']>>): void {
  if (!written.ok) throw new Error(written.message);
}

function first<K, V>(map: ReadonlyMap<K, V>): readonly [K, V] | null {
  for (const entry of map) return entry;
  return null;
}
