/**
 * One connection, from its first message to its end: who is calling, what they may see, what they want.
 *
 *     waiting --hello--> checking --good credential--> open --expired--> open, views paused --fresh token--> open
 *        |                  |                           |
 *        +--10 s: 4008      +--bad: 4401, 4503          +--5 min paused: 4401
 *
 * One principal for the whole life. State changes are synchronous; only checking a credential and carrying out a
 * mutation wait, and their answers come back as events. Data frames are the outbox's.
 */
import {
  aggregateFields,
  filterFields,
  ok,
  parseCursor,
  parseFilter,
  parseSort,
  bothFilters,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_OLDEST,
  refuse,
  type AuthUp,
  type Code,
  type Downstream,
  type FrameFailure,
  type Hello,
  type Json,
  type JsonObject,
  type Keys,
  type Mut,
  type Order,
  type Result,
  type Sub,
  type Upstream,
  isFieldPath,
} from '@statewire/protocol';
import type { Refused } from '../collect/audit/refusals.ts';
import type { Catalog } from '../lib/catalog.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';
import type { From, Principal } from '../lib/principal.ts';
import { shownTo, sightOf } from '../lib/own.ts';
import { authorize, scopeFilter } from '../publish/access.ts';
import type { Flusher } from '../publish/flusher.ts';
import { topOf } from '../publish/fragment.ts';
import type { Hub, Wish } from '../publish/hub.ts';
import type { Planted } from '../publish/planted.ts';
import { NOWHERE, type View } from '../publish/view.ts';
import { Denials } from './denials.ts';
import type { Dialect } from './dialects/native/native.ts';
import { Outbox } from './outbox.ts';
import type { Answering, Transport } from './transports/transport.ts';
import { whoOf } from './who.ts';

/** What a caller shows to be let in. */
export interface Credential extends Partial<Visitor> {
  readonly bearer?: string | undefined;
}

/** Finds out who is calling. */
export type Authenticate = (credential: Credential) => Promise<Result<Principal>>;

/** How a mutation ended; the fields of `mr`. */
export type MutOutcome =
  | { readonly ok: true; readonly v: number; readonly k: string; readonly value?: Json | undefined }
  | {
      readonly ok: false;
      readonly code: string;
      readonly msg: string;
      readonly v?: number | undefined;
      readonly cur?: JsonObject | undefined;
      readonly fields?: readonly string[] | undefined;
    };

/**
 * Carries out one mutation, once per idempotency id. Resolves after the commit was published. `via` is the connection it came
 * over, the same object for all that it says and for its end.
 */
export type Mutate = (principal: Principal, frame: Mut, via: object) => Promise<MutOutcome>;

/** What a session tells the gateway. */
export interface SessionEvents {
  /** The session speaks for this agent: it is present while the session lives. */
  present(org: string, agent: string): void;
  absent(org: string, agent: string): void;
  /** It was let in. */
  opened(session: Session, principal: Principal): void;
  /** It is over; `why` is the code of what ended it, or `gone` when the other side just went. */
  ended(session: Session, why: string): void;
}

export interface SessionDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly hub: Hub;
  readonly flusher: Flusher;
  readonly dialect: Dialect;
  readonly authenticate: Authenticate;
  readonly mutate: Mutate;
  readonly events: SessionEvents;
  readonly log: Log;
  readonly planted?: Planted | undefined;
  /** Which collections there are; absent: those of the model. */
  readonly catalog?: Pick<Catalog, 'custom' | 'of'> | undefined;
  /** Takes note of what somebody was not let look at. */
  readonly refused?: ((refused: Refused) => void) | undefined;
}

/** Where a connection comes from, as far as that matters for letting it in. */
export interface Visitor {
  /** From an Authorization header, where a door has one; what `hello` says goes before it. */
  readonly bearer?: string | undefined;
  readonly cookie: string | null;
  readonly origin: string | null;
  readonly host: string | null;
  /** For the audit log. */
  readonly from?: From | undefined;
  /** It came to the door of panels, where only tokens of embeds count. */
  readonly isPanel?: boolean | undefined;
}

type Phase =
  | { readonly at: 'waiting'; readonly since: number; readonly visitor: Visitor }
  | { readonly at: 'checking'; readonly since: number; readonly queue: string[]; queuedBytes: number }
  | { readonly at: 'open'; readonly tenure: Tenure }
  | { readonly at: 'ended' };

/** A principal and how long its credential holds. Times are monotonic, so that a jumping clock expires nobody. */
interface Tenure {
  principal: Principal;
  expiresAt: number | null;
  isAsked: boolean;
  pausedAt: number | null;
  isRenewing: boolean;
}

export class Session implements Answering {
  readonly id: string;
  readonly outbox: Outbox;
  readonly #deps: SessionDeps;
  readonly #transport: Transport;
  #phase: Phase;
  #lastS = 0;
  #frameTokens: number;
  #mutTokens: number;
  #filledAt: number;
  #mutsInFlight = 0;
  #revisions = 0;
  #agents: Set<string> | null = null;
  #denials: Denials | null = null;
  #why = 'gone';
  readonly #from: From | undefined;
  /** What a fresh token is judged with, too: the page behind a panel stays the same one. */
  readonly #door: Pick<Visitor, 'host' | 'isPanel' | 'origin'>;
  /** What decided what the caller saw when it was greeted: what it holds of before may be resumed under the same only. */
  #greeted = '';

  constructor(deps: SessionDeps, transport: Transport, visitor: Visitor) {
    this.#deps = deps;
    this.#transport = transport;
    this.#from = visitor.from;
    this.#door = { isPanel: visitor.isPanel, origin: visitor.origin, host: visitor.host };
    const { clock, limits } = deps;
    const now = clock.mono();
    this.id = transport.sid ?? Math.floor(clock.random() * 2 ** 52).toString(36);
    this.outbox = new Outbox({ clock, limits, hub: deps.hub, flusher: deps.flusher, transport, planted: deps.planted });
    this.#phase = { at: 'waiting', since: now, visitor };
    this.#frameTokens = limits.frameBurstMax;
    this.#mutTokens = limits.mutationBurstMax;
    this.#filledAt = now;
  }

  /** Who is calling, once that is known. */
  get principal(): Principal | null {
    return this.#phase.at === 'open' ? this.#phase.tenure.principal : null;
  }

  /** The name by which a caller is told who it is. */
  who(principal: Principal): string {
    return whoOf(principal, this.#sight(principal));
  }

  get isSettled(): boolean {
    const phase = this.#phase;
    return phase.at === 'open' && this.#mutsInFlight === 0 && !phase.tenure.isRenewing && this.outbox.isCurrent;
  }

  get isOpen(): boolean {
    return this.#phase.at === 'open';
  }

  /** One text message from the caller. */
  receive(text: string): void {
    const phase = this.#phase;
    if (phase.at === 'ended') return;
    if (!this.#takeFrame()) {
      this.#end(4429, refuse('rate_limited', 'too many messages in a short time; slow down'));
      return;
    }
    if (phase.at === 'checking') {
      const { helloQueueMax, helloQueueBytesMax } = this.#deps.limits;
      phase.queuedBytes += text.length;
      if (phase.queue.length < helloQueueMax && phase.queuedBytes <= helloQueueBytesMax) phase.queue.push(text);
      else this.#end(4429, refuse('rate_limited', 'too many messages before welcome; wait for it'));
      return;
    }
    this.#handle(text);
    this.outbox.write();
  }

  /** The transport is gone. */
  closed(): void {
    const phase = this.#phase;
    if (phase.at === 'ended') return;
    this.#phase = { at: 'ended' };
    this.#denials?.close();
    this.outbox.close();
    if (phase.at === 'open') {
      for (const agent of this.#agents ?? []) this.#deps.events.absent(phase.tenure.principal.org, agent);
    }
    this.#deps.events.ended(this, this.#why);
  }

  /** Time passes; called about once per second. */
  tick(now: number): void {
    const phase = this.#phase;
    const { limits } = this.#deps;
    if (phase.at === 'ended') return;
    if (phase.at !== 'open') {
      if (now - phase.since >= limits.helloWaitMs) this.#end(4008, refuse('auth_required', 'no hello within 10 s'));
      return;
    }
    if (this.outbox.tick(now) === 'stalled') {
      this.#end(4408, refuse('overloaded', 'nothing was acknowledged for too long; come back and resume'));
      return;
    }
    this.#denials?.tick(now);
    if (this.#checkTenure(phase.tenure, now)) return;
    if (now - this.outbox.wroteAt >= limits.heartbeatMs) this.#watermark(phase.tenure);
    this.outbox.write();
  }

  flush(): void {
    if (this.isOpen && !this.outbox.isCurrent) this.outbox.flushAll();
  }

  conclude(): void {
    if (this.#phase.at !== 'open') return;
    this.#watermark(this.#phase.tenure);
    this.outbox.write();
  }

  /**
   * What a principal may do has changed: null means nothing any more. With `session` only what that session of theirs opened
   * is meant.
   */
  revise(principalId: string, principal: Principal | null, session?: string): void {
    // A check that is under way may be about to answer with what was true before, and nobody knows yet for whom.
    this.#revisions += 1;
    const phase = this.#phase;
    if (phase.at !== 'open' || phase.tenure.principal.id !== principalId) return;
    if (session !== undefined && phase.tenure.principal.session !== session) return;
    if (principal === null) {
      this.outbox.pause(true);
      this.#say({ t: 'auth', in: 0, why: 'revoked' });
      this.#end(4401, refuse('auth_invalid', 'the credential was revoked; sign in again'));
      return;
    }
    this.#adopt(phase.tenure, principal);
    this.outbox.write();
  }

  /** What a principal may do has changed: goes on with what `of` says of who it was. */
  renew(principalId: string, of: (was: Principal) => Principal | null): void {
    const phase = this.#phase;
    if (phase.at !== 'open' || phase.tenure.principal.id !== principalId) {
      this.#revisions += 1;
      return;
    }
    const { principal } = phase.tenure;
    const now = of(principal);
    if (now === null) {
      this.revise(principalId, null);
      return;
    }
    this.#revisions += 1;
    // Told first, so that the caller asks again for what it was refused; what it may see no more ends behind it.
    if (!sameTexts(now.permissions, principal.permissions)) {
      this.#say({ t: 'authd', exp: now.expiresAt, scope: 'changed' });
    }
    this.#adopt(phase.tenure, now);
    this.outbox.write();
  }

  /** The server stops: says when to come back and closes. */
  dismiss(afterMs: number): void {
    if (this.#phase.at === 'ended') return;
    this.#say({ t: 'bye', code: 4001, after: Math.round(afterMs) });
    this.#close(4001, 'restart');
  }

  #handle(text: string): void {
    const frame = this.#deps.dialect.decode(text);
    if (!frame.ok) {
      this.#refused(frame, text);
      return;
    }
    const phase = this.#phase;
    if (phase.at === 'waiting') {
      if (frame.value.t === 'hello') this.#hello(frame.value, phase);
      else this.#end(4500, refuse('bad_request', `found ${frame.value.t}, expected hello as the first message`));
      return;
    }
    if (phase.at === 'open') this.#act(frame.value, phase.tenure);
  }

  #act(frame: Upstream, tenure: Tenure): void {
    switch (frame.t) {
      case 'hello':
        this.#err('bad_request', 'found a second hello; one connection has one identity, open another');
        return;
      case 'sub':
        this.#sub(frame, tenure.principal);
        return;
      case 'unsub':
        // An unknown one has ended already: by being replaced, or because it was refused.
        this.outbox.unsubscribe(frame.s);
        return;
      case 'iv': {
        const sub = this.outbox.get(frame.s);
        if (sub !== undefined) this.outbox.pace(sub, frame.iv);
        return;
      }
      case 'vis':
        this.outbox.hide(frame.hidden);
        return;
      case 'a':
        if (!this.outbox.ack(frame.n)) this.#err('bad_request', `a.n: found ${frame.n}, more than was sent`);
        return;
      case 'p':
        this.#say({ t: 'q', i: frame.i, now: this.#deps.clock.now() });
        return;
      case 'auth':
        this.#renew(frame, tenure);
        return;
      case 'mut':
        this.#mut(frame, tenure);
        return;
      case 'bye':
        this.#close(1000, 'bye');
    }
  }

  #hello(frame: Hello, { since, visitor }: { readonly since: number; readonly visitor: Visitor }): void {
    if (frame.p < PROTOCOL_VERSION_OLDEST || frame.p > PROTOCOL_VERSION) {
      const served = `${PROTOCOL_VERSION_OLDEST} to ${PROTOCOL_VERSION}`;
      this.#end(4501, refuse('unsupported', `found protocol ${frame.p}, this server speaks ${served}`));
      return;
    }
    const credential: Credential = frame.token === undefined ? visitor : { ...this.#door, bearer: frame.token };
    this.#phase = { at: 'checking', since, queue: [], queuedBytes: 0 };
    this.#check(credential, (answer) => this.#welcome(frame, answer));
  }

  #check(credential: Credential, then: (answer: Result<Principal>) => void): void {
    const revisions = this.#revisions;
    this.#deps.authenticate(credential).then(
      (answer) => {
        if (revisions === this.#revisions || this.#phase.at === 'ended') then(answer);
        else this.#check(credential, then);
      },
      (error: unknown) => {
        this.#deps.log.error({ err: error, session: this.id }, 'checking a credential failed');
        then(refuse('unavailable', 'the credential could not be checked; try again'));
      },
    );
  }

  #welcome(hello: Hello, answer: Result<Principal>): void {
    const phase = this.#phase;
    if (phase.at !== 'checking') return;
    if (!answer.ok) {
      this.#mistrusted(null, answer.code);
      this.#end(closeCodeFor(answer.code), answer);
      return;
    }
    const { clock, limits, hub } = this.#deps;
    const principal = answer.value;
    this.#phase = { at: 'open', tenure: this.#tenure(principal) };
    this.#deps.events.opened(this, principal);
    this.#greeted = this.#sight(principal);
    this.#say({
      t: 'welcome',
      sid: this.id,
      epoch: hub.epoch,
      org: principal.org,
      who: this.who(principal),
      now: clock.now(),
      hb: limits.heartbeatMs,
      win: limits.windowBytes,
      max: { subs: limits.subscriptionsPerConnectionMax, messageBytes: limits.messageBytesMax },
      exp: principal.expiresAt,
      scopes: principal.scopes,
      feat: [],
    });
    for (const sub of hello.subs ?? []) this.#sub(sub, principal);
    for (const text of phase.queue) if (this.isOpen) this.#handle(text);
    this.outbox.write();
  }

  #sub(frame: Sub, principal: Principal): void {
    const { s } = frame;
    const { hub, limits } = this.#deps;
    if (s <= this.#lastS) {
      this.#err('bad_request', `s: found ${s}, expected more than ${this.#lastS}; numbers are not used twice`, s);
      return;
    }
    this.#lastS = s;
    const view = this.#viewFor(frame, principal);
    if (!view.ok) {
      if (view.code === 'forbidden') this.#denied(principal, frame.c);
      this.#err(view.code, view.message, s);
      return;
    }
    const rowsMax = principal.embed === undefined ? limits.snapshotRowsMax : limits.embedRowsMax;
    if (view.value.size > rowsMax) {
      this.#err('too_large', `the view has ${view.value.size} records, limit ${rowsMax}; filter more`, s);
      return;
    }
    if (frame.agg !== undefined && view.value.size > limits.aggregateGroupsMax) {
      this.#err(
        'too_complex',
        `the aggregate has ${view.value.size} groups, limit ${limits.aggregateGroupsMax}; group by a field with fewer values`,
        s,
      );
      return;
    }
    // Rids of groups are the view's own: a position says nothing of them.
    const isSame = this.#sight(principal) === this.#greeted;
    const from = frame.agg === undefined && isSame ? hub.position(principal.org, frame.since) : NOWHERE;
    const wantedMs = frame.iv ?? DEFAULT_INTERVAL_MS;
    this.outbox.subscribe({ s, view: view.value, wantedMs, from }, ({ v, intervalMs, how }) =>
      this.#say({ t: 'subd', s, w: view.value.w, v, iv: intervalMs, how, n: view.value.size }),
    );
  }

  /** A dialect did not let the caller do this with something of its own, which is no record. */
  denied(area: string, what: { readonly id: string; readonly operation: string }): void {
    const { principal } = this;
    if (principal !== null) this.#denied(principal, area, what);
  }

  #denied(principal: Principal, collection: string, what?: { readonly id: string; readonly operation: string }): void {
    const { clock, limits, refused } = this.#deps;
    // Panels are in pages of strangers, who would fill the log.
    if (refused === undefined || principal.embed !== undefined) return;
    this.#denials ??= new Denials({ limits, refused }, clock.mono());
    this.#denials.note(this.#from === undefined ? principal : { ...principal, from: this.#from }, collection, what);
  }

  /** A credential that is none, or somebody else's: a row for whoever looks after the organization, or the instance. */
  #mistrusted(principal: Principal | null, code: string): void {
    const { refused } = this.#deps;
    if (refused === undefined || this.#door.isPanel === true) return;
    // One that has ended, or is missing, is everyday.
    if (code !== 'auth_invalid' && code !== 'forbidden') return;
    const from = this.#from;
    const ip = from?.ip ?? 'unknown';
    const actor = principal ?? { kind: 'stranger', id: ip, name: '' };
    refused({
      org: principal?.org ?? HOME,
      actor: from === undefined ? actor : { ...actor, from },
      action: 'session:connect',
      target: null,
      outcome: code,
    });
  }

  #viewFor(frame: Sub, principal: Principal): Result<View> {
    const { limits, hub, catalog } = this.#deps;
    if (this.outbox.subscriptions >= limits.subscriptionsPerConnectionMax) {
      return refuse(
        'too_many_subs',
        `the connection has ${this.outbox.subscriptions} subscriptions, which is the limit`,
      );
    }
    const allowed = authorize(principal, 'read', frame.c, catalog?.of);
    if (!allowed.ok) return allowed;
    if (principal.embed !== undefined && !isPlain(frame)) {
      return refuse('forbidden', 'an embed shows its view as it is: no filter, order, window or counting of one’s own');
    }
    const scope = scopeFilter(principal, frame.c, catalog?.of);
    if (scope === 'denied') return refuse('forbidden', `records of ${frame.c} are not yours to read`);
    const filter = parseFilter(frame.f);
    if (!filter.ok) return filter;
    const shown = shownTo(principal, allowed.value.access);
    const known = new Set(shown ?? allowed.value.fields);
    const stranger = filterFields(filter.value).find((field) => !known.has(field));
    if (stranger !== undefined) {
      return refuse('bad_filter', `${frame.c} have no field ${JSON.stringify(stranger)}; see their schema`);
    }
    const terms = frame.sort?.map(([field]) => field) ?? [];
    const wrong = [
      ...(frame.fields ?? []),
      ...terms,
      ...(frame.agg === undefined ? [] : aggregateFields(frame.agg)),
    ].find((field) => !isFieldPath(field) || !known.has(topOf(field)));
    if (wrong !== undefined) {
      return refuse('bad_field', `${frame.c} have no field ${JSON.stringify(wrong.slice(0, 64))}; see their schema`);
    }
    const window = windowOf(frame);
    if (!window.ok) return window;
    return hub.view({
      org: principal.org,
      collection: frame.c,
      filter: scope === null ? filter.value : bothFilters(filter.value, scope),
      // The caller puts its records in order by what it holds of them.
      fields: frame.fields === undefined ? shown && shownFields(shown) : shownFields([...frame.fields, ...terms]),
      window: window.value,
      agg: frame.agg,
    });
  }

  #mut(frame: Mut, { principal, pausedAt }: Tenure): void {
    const { limits, log } = this.#deps;
    const { m } = frame;
    if (principal.embed !== undefined) {
      // Not even asked, and not in the audit log: strangers would fill it.
      this.#say({ t: 'mr', m, ok: false, code: 'forbidden', msg: 'the token of an embed only reads' });
      return;
    }
    if (pausedAt !== null) {
      const msg = 'the token has expired; nothing was done, send a fresh one first';
      this.#say({ t: 'mr', m, ok: false, code: 'auth_expired', msg });
      return;
    }
    if (this.#mutsInFlight >= limits.mutationsInFlightMax || !this.#takeMut()) {
      this.#say({
        t: 'mr',
        m,
        ok: false,
        code: 'rate_limited',
        msg: 'too many mutations in a short time; nothing was done',
      });
      return;
    }
    this.#mutsInFlight += 1;
    const caller = this.#from === undefined ? principal : { ...principal, from: this.#from };
    this.#deps.mutate(caller, frame, this).then(
      (outcome) => this.#answer(frame, outcome),
      (error: unknown) => {
        log.error(
          { err: error, session: this.id, collection: frame.c, op: frame.op },
          'a mutation failed unexpectedly',
        );
        this.#answer(frame, { ok: false, code: 'internal', msg: 'the server made a mistake; its log has the details' });
      },
    );
  }

  #answer(frame: Mut, outcome: MutOutcome): void {
    this.#mutsInFlight -= 1;
    const phase = this.#phase;
    if (phase.at !== 'open') return;
    if (outcome.ok) {
      if (frame.c === 'agents' && frame.op === 'call' && frame.name === 'present')
        this.#present(outcome.k, phase.tenure);
      // The caller's own write is on its screen before it hears that it succeeded.
      this.outbox.flushAll();
    }
    this.#say({ t: 'mr', m: frame.m, ...outcome });
    this.outbox.write();
  }

  #present(agent: string, { principal }: Tenure): void {
    this.#agents ??= new Set();
    if (this.#agents.has(agent) || this.#agents.size >= this.#deps.limits.agentsPresentMax) return;
    this.#agents.add(agent);
    this.#deps.events.present(principal.org, agent);
  }

  #renew(frame: AuthUp, tenure: Tenure): void {
    if (tenure.isRenewing) {
      this.#err('rate_limited', 'a token is being checked already; wait for authd');
      return;
    }
    tenure.isRenewing = true;
    this.#check({ ...this.#door, bearer: frame.token }, (answer) => {
      tenure.isRenewing = false;
      if (!this.isOpen) return;
      if (!answer.ok) {
        this.#mistrusted(tenure.principal, answer.code);
        this.#err(answer.code, answer.message);
      } else if (answer.value.id !== tenure.principal.id || answer.value.org !== tenure.principal.org) {
        this.#mistrusted(tenure.principal, 'forbidden');
        this.#end(4505, refuse('forbidden', 'the token belongs to somebody else; open another connection for them'));
      } else this.#renewed(tenure, answer.value);
      this.outbox.write();
    });
  }

  #renewed(tenure: Tenure, principal: Principal): void {
    const isSame = sameTexts(tenure.principal.permissions, principal.permissions);
    this.#say({ t: 'authd', exp: principal.expiresAt, scope: isSame ? 'same' : 'changed' });
    this.#adopt(tenure, principal);
  }

  /** Goes on as the same identity with what it may do now. */
  #adopt(tenure: Tenure, principal: Principal): void {
    const { pausedAt } = tenure;
    if (this.#isOtherSight(tenure.principal, principal)) {
      // Its views were made for what it might see before: it comes back, lets go of what it holds, and gets new ones.
      this.outbox.pause(true);
      this.dismiss(0);
      return;
    }
    Object.assign(tenure, this.#tenure(principal));
    const denied: number[] = [];
    for (const { s, view } of this.outbox.all()) {
      const allowed = authorize(principal, 'read', view.collection, this.#deps.catalog?.of);
      if (allowed.ok) continue;
      denied.push(s);
      this.#err(allowed.code, allowed.message, s);
    }
    this.outbox.unsubscribe(...denied);
    // Narrowing makes nothing younger.
    if (pausedAt !== null && this.#isOver(tenure)) tenure.pausedAt = pausedAt;
    else this.outbox.pause(false);
  }

  /** Do the open views, or collections of the app, hold other records for the second of them? */
  #isOtherSight(before: Principal, after: Principal): boolean {
    const custom = this.#deps.catalog?.custom ?? [];
    const isOther = (names: ReadonlySet<string>): boolean =>
      sightOf(before, custom, names) !== sightOf(after, custom, names);
    return (
      isOther(new Set(custom.map(({ name }) => name))) ||
      isOther(new Set(Array.from(this.outbox.all(), ({ view }) => view.collection)))
    );
  }

  #sight(principal: Principal): string {
    return sightOf(principal, this.#deps.catalog?.custom ?? []);
  }

  #tenure(principal: Principal): Tenure {
    const { clock } = this.#deps;
    const expiresAt = principal.expiresAt === null ? null : clock.mono() + (principal.expiresAt - clock.now());
    return { principal, expiresAt, isAsked: false, pausedAt: null, isRenewing: false };
  }

  /** Asks for a fresh credential in time, pauses without one, and gives up in the end; true when it gave up. */
  #checkTenure(tenure: Tenure, now: number): boolean {
    const { limits } = this.#deps;
    const { expiresAt } = tenure;
    if (expiresAt === null) return false;
    if (tenure.pausedAt !== null) {
      if (now - tenure.pausedAt >= limits.authPauseMs) {
        this.#end(4401, refuse('auth_expired', 'no fresh token came; come back with one'));
        return true;
      }
      // A paused connection has nothing else to say, and must not look dead.
      if (now - this.outbox.wroteAt >= limits.heartbeatMs) this.#say({ t: 'auth', in: 0, why: 'expired' });
      return false;
    }
    if (this.#isOver(tenure)) {
      tenure.pausedAt = now;
      this.outbox.pause(true);
      this.#err('auth_expired', 'the token has expired; send a fresh one and the views go on from where they stopped');
      return false;
    }
    if (!tenure.isAsked && now >= expiresAt - limits.authRenewMs) {
      tenure.isAsked = true;
      this.#say({ t: 'auth', in: Math.max(0, Math.round(expiresAt - now)), why: 'expiring' });
    }
    return false;
  }

  /** Has the credential expired for longer than the grace? */
  #isOver({ expiresAt }: Tenure): boolean {
    const { clock, limits } = this.#deps;
    return expiresAt !== null && clock.mono() >= expiresAt + limits.authGraceMs;
  }

  /** A message that is no frame: answered where it belongs. One that is not even JSON ends the connection. */
  #refused(failure: FrameFailure, text: string): void {
    if (this.#phase.at !== 'open' || !isJson(text)) {
      this.#end(4500, failure);
    } else if (failure.m !== undefined) {
      this.#say({ t: 'mr', m: failure.m, ok: false, code: failure.code, msg: failure.message });
    } else {
      this.#err(failure.code, failure.message, failure.s);
    }
  }

  #watermark({ principal }: Tenure): void {
    if (!this.outbox.isCurrent) return;
    this.#say({ t: 'h', v: this.#deps.hub.version(principal.org), now: this.#deps.clock.now() });
  }

  #err(code: string, msg: string, s?: number): void {
    this.#say({ t: 'err', ...(s === undefined ? {} : { s }), code, msg, ...retryOf(code) });
  }

  #say(frame: Downstream): void {
    this.outbox.say(this.#deps.dialect.encode(frame));
  }

  #end(closeCode: number, why: { readonly code: string; readonly message: string }): void {
    this.#say({ t: 'err', code: why.code, msg: why.message, ...retryOf(why.code), fatal: true });
    this.#close(closeCode, why.code);
  }

  #close(closeCode: number, reason: string): void {
    this.outbox.write();
    this.#why = reason;
    this.#transport.close(closeCode, reason);
    this.closed();
  }

  #takeFrame(): boolean {
    this.#refill();
    if (this.#frameTokens < 1) return false;
    this.#frameTokens -= 1;
    return true;
  }

  #takeMut(): boolean {
    this.#refill();
    if (this.#mutTokens < 1) return false;
    this.#mutTokens -= 1;
    return true;
  }

  #refill(): void {
    const { clock, limits } = this.#deps;
    const now = clock.mono();
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#frameTokens = Math.min(limits.frameBurstMax, this.#frameTokens + seconds * limits.framesPerSecondMax);
    this.#mutTokens = Math.min(limits.mutationBurstMax, this.#mutTokens + seconds * limits.mutationsPerSecondMax);
  }
}

/** Strangers are told to those who run the instance. */
const HOME = 'main';

const DEFAULT_INTERVAL_MS = 100;
const RETRY_MS = 1000;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function retryOf(code: string): { retry?: number } {
  const isLater = code === 'rate_limited' || code === 'overloaded' || code === 'unavailable' || code === 'internal';
  return isLater ? { retry: RETRY_MS } : {};
}

function closeCodeFor(code: string): number {
  const known: Partial<Record<Code, number>> = {
    auth_expired: 4401,
    auth_invalid: 4401,
    auth_required: 4401,
    forbidden: 4503,
    rate_limited: 4429,
  };
  return Object.entries(known).find(([each]) => each === code)?.[1] ?? 4001;
}

/** Asks for a view as it is. Strangers who could ask for it in many ways could make as many views. */
function isPlain({ f, fields, sort, limit, after, before, skip, agg }: Sub): boolean {
  return [f, fields, sort, limit, after, before, skip, agg].every((each) => each === undefined);
}

/** The window a subscription is about; undefined for one that wants everything. */
function windowOf({ sort, limit, after, before, skip }: Sub): Result<Wish['window']> {
  if (limit === undefined) return ok(undefined);
  const order = parseSort(sort ?? []);
  if (!order.ok) return order;
  const from = cursorOf(order.value, after);
  const to = cursorOf(order.value, before);
  if (!from.ok) return from;
  return to.ok ? ok({ order: order.value, limit, after: from.value, before: to.value, skip }) : to;
}

function cursorOf(order: Order, text: string | undefined): Result<Keys | undefined> {
  return text === undefined ? ok(undefined) : parseCursor(order, text);
}

/** Canonical: sorted, once each, no key of a field that is there whole, and without what every row carries outside its fields. */
function shownFields(fields: readonly string[]): readonly string[] {
  const wanted = new Set(fields);
  return [...wanted]
    .filter((field) => field !== 'id' && field !== 'org' && field !== 'version')
    .filter((field) => topOf(field) === field || !wanted.has(topOf(field)))
    .sort();
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text) => b.includes(text)));
}
