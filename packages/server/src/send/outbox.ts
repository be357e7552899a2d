/**
 * The outbox: sends what is queued in `deliveries`, and writes what came of it. The rows are the truth; what is held here
 * is made of them at start and follows every commit, so a process that is killed between any two steps loses nothing and
 * at worst sends a notice again (at least once). Every wait is an absolute time on the row.
 *
 *   queued --sent--> delivered            queued --refused, or tried six times--> failed
 *     |  \--channel gone or disabled--> canceled
 *     |  \--more than the channel may be told--> summarized (a new row says it)
 *     \--failed for now--> queued, nextAt later
 *
 * Not here: who decides that something is told (enqueue.ts), the protocols (channels/), which row is next (line.ts), and
 * when settled rows are forgotten (retention.ts).
 */
import { channelRateDefault, type Channel, type Delivery } from '@statewire/model';
import { ok, refuse, type Json, type Result, type Row } from '@statewire/protocol';
import type { Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Vault } from '../lib/vault.ts';
import { fault, type Secrets, type SendFault, type SendResult } from './channels/channel.ts';
import { deliveryId, DISABLED, enqueue, MISSING, NOTICE, recipientOf } from './enqueue.ts';
import { isStateful, Line, type Item } from './line.ts';
import { readNotice, type Notice } from './notice.ts';
import { summarize } from './summary.ts';

export interface OutboxDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'document'>;
  readonly vault: Pick<Vault, 'open'>;
  /** Sends through a channel of whatever kind (channels/index.ts). */
  readonly send: (
    channel: Pick<Channel, 'kind' | 'settings'>,
    secrets: Secrets,
    notice: Notice,
    signal: AbortSignal,
  ) => Promise<SendResult>;
  /** A recipient does not exist any more (a push subscription that was ended). */
  readonly onGone?: ((org: string, notice: Notice) => void) | undefined;
  readonly onError: (error: unknown, what: string) => void;
}

/** Document kind of one secret of a channel; keyed by `<channel>/<name>`, sealed by the vault for exactly that place. */
export const CHANNEL_SECRETS = 'channel-secrets';

/** Waits between the attempts; after the last one it has failed. */
export const RETRY_MS: readonly number[] = [1_000, 5_000, 30_000, 120_000, 600_000];

/** What came of a test. */
export interface Tested {
  readonly delivery: string;
  readonly ok: boolean;
  readonly code: string;
  readonly text: string;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #lines = new Map<string, Line>();
  /** Lines that have something due and found every sender busy. */
  readonly #starved = new Set<Line>();
  readonly #work = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #running = 0;
  #timer: Timer | null = null;
  #wakeAt = Infinity;
  #isOpen = true;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Deliveries that wait or are under way. */
  get size(): number {
    let size = 0;
    for (const line of this.#lines.values()) size += line.items.size;
    return size;
  }

  /** Takes up what is queued, and what each channel was told lately. */
  start(): void {
    const { live, clock } = this.#deps;
    for (const org of live.orgs()) {
      const entries = Array.from(live.entries(org, 'deliveries')).sort((a, b) => placeOf(a) - placeOf(b));
      const spent: { readonly line: Line; readonly at: number }[] = [];
      for (const { id, rid, row } of entries) {
        const delivery = asDelivery(row);
        if (delivery.state === 'queued') this.#take(org, id, rid, delivery);
        else if (delivery.deliveredAt !== null && delivery.deliveredAt > clock.now() - MEMORY_MS)
          spent.push({ line: this.#line(org, delivery.channel), at: delivery.deliveredAt });
      }
      for (const { line, at } of spent.sort((a, b) => a.at - b.at)) line.spend(at);
    }
    for (const line of this.#lines.values()) this.#pump(line);
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    if (!this.#isOpen) return;
    const moved = new Set<Line>();
    for (const { collection, id, rid, after } of committed.changes) {
      if (collection === 'deliveries') {
        const line = this.#follow(committed.org, id, rid, after);
        if (line !== null) moved.add(line);
      } else if (collection === 'channels') {
        const line = this.#lines.get(`${committed.org}\n${id}`);
        if (line === undefined) continue;
        const channel = after === null ? null : asChannel(after);
        if (channel !== null) line.setRate(channel.rate, this.#deps.clock.now());
        if (channel?.isEnabled === true) moved.add(line);
        else this.#spawn(this.#cancel(line, channel === null ? MISSING : DISABLED));
      }
    }
    for (const line of moved) this.#pump(line);
  }

  /** The clock was set by this much: a receiver that asked for a pause gets no longer and no shorter one. */
  clockMoved(ms: number): void {
    for (const line of this.#lines.values()) if (line.holdUntil > 0) line.holdUntil += ms;
  }

  /** Sends a real notice now, past the queue, and says what came of it. It is in the log as any other. */
  async test(org: string, id: string, by: string): Promise<Result<Tested>> {
    const { clock, live } = this.#deps;
    const row = live.get(org, 'channels', id)?.row;
    if (row === undefined) return refuse('not_found', `there is no channels/${id}`);
    const line = this.#line(org, id);
    if (this.#running >= this.#deps.limits.sendsConcurrentMax)
      return refuse('overloaded', 'too many notices are being sent; try again in a moment');
    const channel = asChannel(row);
    const now = clock.now();
    const notice: Notice = {
      key: `test:${id}:${now}:${Math.floor(clock.random() * 1e9)}`,
      channel: id,
      kind: 'test',
      severity: 'info',
      state: 'info',
      title: `Test of ${channel.name}`,
      text: `This is a test of the channel ${channel.name}, sent by ${by}. Nothing happened; notices arrive here.`,
      facts: [],
      refs: [`channels/${id}`],
      path: `/channels/${id}`,
      thread: `test:${id}`,
      at: now,
    };
    this.#running += 1;
    line.spend(now);
    try {
      const outcome = await this.#attempt(org, channel, notice);
      const written = await this.#deps.commit.write(org, by, (draft) => {
        const delivery = enqueue(draft, notice);
        draft.document(NOTICE, delivery, null);
        const made = draft.get('deliveries', delivery);
        if (made !== null)
          draft.put('deliveries', delivery, {
            ...made,
            ...settled(draft.now, outcome.ok ? outcome : { ...outcome, retry: 'never' }, 1),
          });
        this.#judge(draft, id, outcome);
        return ok(null);
      });
      if (!written.ok) return written;
      const said = outcome.ok
        ? { code: 'delivered', text: 'The receiver accepted the notice.' }
        : { code: outcome.code, text: outcome.message };
      return ok({ delivery: deliveryId(notice.key), ok: outcome.ok, ...said });
    } finally {
      this.#running -= 1;
      this.#feed(line);
    }
  }

  /** Calls off what is under way; it stays queued. Resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#abort.abort();
    await Promise.all(this.#work);
  }

  #line(org: string, channel: string): Line {
    const key = `${org}\n${channel}`;
    let line = this.#lines.get(key);
    if (line === undefined) {
      const row = this.#deps.live.get(org, 'channels', channel)?.row;
      const rate = row === undefined ? channelRateDefault : asChannel(row).rate;
      // From far enough back that the bucket is full before what is replayed into it.
      line = new Line({ org, channel, rate, now: this.#deps.clock.now() - MEMORY_MS });
      this.#lines.set(key, line);
    }
    return line;
  }

  #take(org: string, id: string, rid: number, row: Delivery): Line {
    const line = this.#line(org, row.channel);
    const known = line.items.get(id);
    const due = row.nextAt ?? row.queuedAt;
    if (known === undefined) {
      const { kind, thread, recipient } = row;
      line.add({ id, place: row.place ?? rid, kind, thread, recipient, due, isSending: false });
    } else known.due = due;
    return line;
  }

  #follow(org: string, id: string, rid: number, after: Row | null): Line | null {
    if (after !== null) {
      const row = asDelivery(after);
      if (row.state === 'queued') return this.#take(org, id, rid, row);
      const line = this.#lines.get(`${org}\n${row.channel}`);
      // Whoever was sending it takes it out when that is over.
      if (line?.items.get(id)?.isSending === false) line.items.delete(id);
      return line ?? null;
    }
    for (const line of this.#lines.values()) if (line.org === org && line.items.delete(id)) return line;
    return null;
  }

  #pump(line: Line): void {
    const { clock, limits } = this.#deps;
    this.#starved.delete(line);
    while (this.#isOpen) {
      const now = clock.now();
      const channel = this.#deps.live.get(line.org, 'channels', line.channel)?.row ?? null;
      const next = line.next(now, {
        perChannelMax: limits.sendsPerChannelMax,
        noticesMax: limits.summaryNoticesMax,
        merges: channel === null || !isStateful(asChannel(channel).kind),
      });
      if (next.do === 'wait') this.#arm(next.until);
      if (next.do === 'merge') this.#spawn(this.#merge(line, next.items));
      if (next.do !== 'send') break;
      if (this.#running >= limits.sendsConcurrentMax) {
        this.#starved.add(line);
        return;
      }
      line.spend(now);
      this.#spawn(this.#deliver(line, next.item));
    }
    if (line.isIdle && line.holdUntil <= clock.now()) this.#forget(line);
  }

  /** A line that is idle and whose bucket is full again says nothing; it is made again when it is needed. */
  #forget(line: Line): void {
    if (line.isFull(this.#deps.clock.now())) this.#lines.delete(`${line.org}\n${line.channel}`);
  }

  /** A sender is free: the line it worked for goes on, and those that found none. */
  #feed(line: Line): void {
    if (!this.#isOpen) return;
    const waiting = [line, ...this.#starved];
    for (const each of waiting) this.#pump(each);
  }

  #arm(at: number): void {
    const { clock, limits } = this.#deps;
    // Never asleep so long that a wall clock set forward goes unnoticed.
    const waitMs = Math.min(Math.max(at - clock.now(), 1), limits.sendSleepMsMax);
    const wakeAt = clock.mono() + waitMs;
    if (!this.#isOpen || (this.#timer !== null && this.#wakeAt <= wakeAt)) return;
    this.#timer?.cancel();
    this.#wakeAt = wakeAt;
    this.#timer = clock.after(Math.ceil(waitMs), () => {
      this.#timer = null;
      this.#wakeAt = Infinity;
      for (const line of this.#lines.values()) this.#pump(line);
    });
  }

  #spawn(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#deps.onError(error, 'a notice could not be sent'))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #deliver(line: Line, item: Item): Promise<void> {
    const { org } = line;
    item.isSending = true;
    line.running += 1;
    this.#running += 1;
    try {
      const row = this.#row(org, item.id);
      if (row === null || row.state !== 'queued') {
        line.items.delete(item.id);
        return;
      }
      const channelRow = this.#deps.live.get(org, 'channels', row.channel)?.row ?? null;
      const channel = channelRow === null ? null : asChannel(channelRow);
      if (channel === null || !channel.isEnabled) {
        await this.#settle(line, row, { cancel: channel === null ? MISSING : DISABLED });
        return;
      }
      const notice = readNotice(await this.#deps.store.document(NOTICE, org, item.id));
      const outcome =
        notice === null
          ? fault('lost', 'What was to be told is not kept any more.', 'never')
          : await this.#attempt(org, channel, notice);
      // Stopped while sending: nobody knows whether it arrived, so it stays queued.
      if (!this.#isOpen && !outcome.ok) return;
      if (!outcome.ok && outcome.code === 'gone' && notice !== null) this.#deps.onGone?.(org, notice);
      if (!outcome.ok && outcome.code === 'rate_limited' && outcome.retryAfterMs !== undefined)
        line.holdUntil = Math.max(line.holdUntil, this.#deps.clock.now() + outcome.retryAfterMs);
      await this.#settle(line, row, { outcome });
    } finally {
      item.isSending = false;
      line.running -= 1;
      this.#running -= 1;
      this.#feed(line);
    }
  }

  async #attempt(org: string, channel: Channel, notice: Notice): Promise<SendResult> {
    const secrets = await this.#secrets(org, channel);
    if (!secrets.ok) return fault(secrets.code, secrets.message, 'later');
    return this.#deps.send(channel, secrets.value, notice, this.#abort.signal);
  }

  async #secrets(org: string, channel: Channel): Promise<Result<Secrets>> {
    const secrets: Record<string, string> = {};
    for (const name of channel.secrets) {
      const id = `${channel.id}/${name}`;
      const sealed: Json | null = await this.#deps.store.document(CHANNEL_SECRETS, org, id);
      const opened = this.#deps.vault.open({ org, kind: CHANNEL_SECRETS, id }, sealed);
      if (!opened.ok) return opened;
      if (typeof opened.value === 'string') secrets[name] = opened.value;
    }
    return ok(secrets);
  }

  /** Writes what came of an attempt. A write that is not taken is tried again: what was sent must not be sent again for that. */
  async #settle(
    line: Line,
    seen: Delivery,
    what: { readonly outcome: SendResult } | { readonly cancel: string },
  ): Promise<void> {
    for (;;) {
      const written = await this.#deps.commit.write(line.org, 'outbox', (draft) => {
        const row = draft.get('deliveries', seen.id);
        // Canceled or summarized meanwhile.
        if (row === null || row['state'] !== 'queued' || row['attempts'] !== seen.attempts) return ok(null);
        const fields = 'cancel' in what ? canceled(what.cancel) : settled(draft.now, what.outcome, seen.attempts + 1);
        draft.put('deliveries', seen.id, { ...row, ...fields });
        if (fields.state !== 'queued') draft.document(NOTICE, seen.id, null);
        if ('outcome' in what) this.#judge(draft, seen.channel, what.outcome);
        return ok(null);
      });
      if (written.ok) {
        if (this.#row(line.org, seen.id)?.state !== 'queued') line.items.delete(seen.id);
        return;
      }
      if (!this.#isOpen) return;
      await this.#pause();
    }
  }

  /** The channel shows how it fares. */
  #judge(draft: Draft, id: string, outcome: SendResult): void {
    const row = draft.get('channels', id);
    if (row === null) return;
    const failures = outcome.ok ? 0 : asChannel(row).failures + 1;
    const text = outcome.ok ? '' : outcome.message;
    draft.put('channels', id, { ...row, last: { at: draft.now, ok: outcome.ok, text }, failures });
  }

  /** Several that wait for one recipient become one that says the newest of each. */
  async #merge(line: Line, items: readonly Item[]): Promise<void> {
    const { org } = line;
    line.isMerging = true;
    try {
      const channelRow = this.#deps.live.get(org, 'channels', line.channel)?.row ?? null;
      const isSuperseding = channelRow !== null && isStateful(asChannel(channelRow).kind);
      const notices: Notice[] = [];
      const gone: string[] = [];
      let place: number | null = null;
      for (const { id, place: at } of items) {
        const notice = readNotice(await this.#deps.store.document(NOTICE, org, id));
        if (notice === null) continue;
        notices.push(notice);
        gone.push(id);
        place = at;
      }
      // One whose notice is lost is left to its own attempt, which says so.
      if (isSuperseding) gone.pop();
      const [first] = notices;
      if (first === undefined || notices.length < 2) {
        // Nothing to merge after all: the next one goes by itself.
        for (const item of items) if (!gone.includes(item.id)) item.due = Math.max(item.due, this.#deps.clock.now());
        line.relax();
        return;
      }
      const why = isSuperseding ? 'a newer notice of the same thread says it' : 'a summary says it';
      const written = await this.#deps.commit.write(org, 'outbox', (draft) => {
        const still = gone.filter((id) => draft.get('deliveries', id)?.['state'] === 'queued');
        // Something was canceled meanwhile: look again.
        if (still.length !== gone.length) return ok(null);
        for (const id of gone) {
          draft.put('deliveries', id, {
            ...draft.get('deliveries', id),
            state: 'summarized',
            error: why,
            nextAt: null,
          });
          draft.document(NOTICE, id, null);
        }
        if (!isSuperseding) {
          const recipient = recipientOf(line.channel, first.to);
          const to = first.to === undefined ? {} : { to: first.to };
          enqueue(
            draft,
            summarize(notices, {
              ...to,
              key: `summary:${first.key}`,
              channel: line.channel,
              thread: `summary:${recipient}`,
            }),
            place,
          );
        }
        return ok(null);
      });
      if (!written.ok) await this.#pause();
    } finally {
      line.isMerging = false;
      this.#feed(line);
    }
  }

  /** Nothing of a channel that is gone or disabled is sent. */
  async #cancel(line: Line, why: string): Promise<void> {
    const waiting = [...line.items.values()].filter((item) => !item.isSending);
    const slice = this.#deps.limits.deliveriesSliceRows;
    for (let at = 0; at < waiting.length && this.#isOpen; at += slice) {
      const ids = waiting.slice(at, at + slice).map(({ id }) => id);
      await this.#deps.commit.write(line.org, 'outbox', (draft) => {
        for (const id of ids) {
          const row = draft.get('deliveries', id);
          if (row === null || row['state'] !== 'queued') continue;
          draft.put('deliveries', id, { ...row, ...canceled(why) });
          draft.document(NOTICE, id, null);
        }
        return ok(null);
      });
    }
    // What could not be written is canceled by its own attempt.
    this.#feed(line);
  }

  #row(org: string, id: string): Delivery | null {
    const row = this.#deps.live.get(org, 'deliveries', id)?.row;
    return row === undefined ? null : asDelivery(row);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#abort;
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#deps.clock.after(this.#deps.limits.sendSettleRetryMs, end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}

/** How far back the log says what a channel was told: a bucket of the largest burst at the slowest rate is full again after this. */
const MEMORY_MS = 100 * 60_000;

type Fields = Pick<Delivery, 'attempts' | 'deliveredAt' | 'error' | 'nextAt' | 'state'>;

function settled(now: number, outcome: SendResult, attempts: number): Fields {
  if (outcome.ok) return { state: 'delivered', attempts, error: '', deliveredAt: now, nextAt: null };
  const error = `${outcome.code}: ${outcome.message}`;
  const waitMs = waitAfter(outcome, attempts);
  if (waitMs === null) return { state: 'failed', attempts, error, deliveredAt: null, nextAt: null };
  return { state: 'queued', attempts, error, deliveredAt: null, nextAt: now + waitMs };
}

/** How long until the next attempt, or null when there is none. A receiver may ask for more, not for less. */
export function waitAfter(outcome: SendFault, attempts: number): number | null {
  const planned = RETRY_MS[attempts - 1];
  if (outcome.retry === 'never' || planned === undefined) return null;
  return Math.max(planned, outcome.retryAfterMs ?? 0);
}

function canceled(why: string): Pick<Fields, 'error' | 'nextAt' | 'state'> {
  return { state: 'canceled', error: why, nextAt: null };
}

function placeOf({ rid, row }: { readonly rid: number; readonly row: Row }): number {
  return asDelivery(row).place ?? rid;
}

function asDelivery(row: Row): Delivery {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `deliveries` are Delivery.
  return row as Delivery;
}

function asChannel(row: Row): Channel {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `channels` are Channel.
  return row as Channel;
}
