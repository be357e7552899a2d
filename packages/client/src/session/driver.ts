/**
 * Runs the session: owns the one socket, the one timer and the token, feeds events to `step` and does what it
 * says. Frames go to ../state/; nothing is decided here about when to connect.
 */
import { decodeDownstream, type Downstream, type Failure, type Upstream, type Welcome } from '@statewire/protocol';
import { backoffMs } from '../connect/backoff.ts';
import type { Dial, Wire } from '../connect/transport.ts';
import { identityOf } from '../connect/identity.ts';
import type { Env, Signal, Timer } from '../env.ts';
import type { Measure } from '../inside.ts';
import { localFailure, rejectsCaller, type CommandResult } from '../errors.ts';
import type { Asked } from '../state/asked.ts';
import type { Command } from '../state/given.ts';
import type { InFlight } from '../state/in-flight.ts';
import type { Keep } from '../state/keep.ts';
import { ServerClock } from './server-clock.ts';
import { openingOf } from './resume.ts';
import { nextTickAt, step, type Effect, type Event, type Fault, type Link, type Moment } from './session.ts';

/** A credential, or a function that fetches a fresh one. It is called before every attempt. */
export type TokenSource = string | (() => string | Promise<string>) | undefined;

export interface DriverDeps {
  readonly env: Env;
  readonly dial: Dial;
  readonly url: () => string;
  readonly token: TokenSource;
  readonly tab: string;
  readonly client: string;
  readonly inFlight: InFlight;
  readonly measure: Measure | undefined;
  /** Where rows and commands outlive the page, or null. */
  readonly keep: Keep | null;
  /** Makes the subscriptions' side, given the way to send. */
  readonly asked: (send: (frame: Upstream) => void) => Asked;
  /** The link, or what is known of the connection, is another one now. */
  readonly onChange: () => void;
  /** A connection has become live: what belongs to connections is to be said again. */
  readonly onLive: () => void;
}

export class Driver {
  readonly asked: Asked;
  readonly clock: ServerClock;
  /** What the last welcome said of the session. */
  welcome: Welcome | null = null;
  lastMessageAt: number | null = null;
  readonly #deps: DriverDeps;
  readonly #events: Event[] = [];
  #link: Link = { at: 'idle', socket: 0, byHand: false };
  #wire: Wire | null = null;
  #timer: { readonly handle: Timer; readonly at: number } | null = null;
  #stopListening: (() => void) | null = null;
  #isRunning = false;
  #greetedAt = 0;
  #probe: { readonly i: number; readonly sentAt: number } | null = null;
  #identity: string | null = null;
  #token: string | undefined;
  #fault: Fault | null = null;
  #pumpTimer: Timer | null = null;
  /** Moves whenever what the credential may do may be something else than before. */
  revision = 0;

  constructor(deps: DriverDeps) {
    this.#deps = deps;
    this.clock = new ServerClock({ env: deps.env });
    this.asked = deps.asked((frame) => this.#send(frame));
  }

  get link(): Link {
    return this.#link;
  }

  /** What carries the texts now, and whose it is; null without a connection. */
  get wire(): Pick<Wire, 'kind' | 'role'> | null {
    return this.#wire;
  }

  get isLive(): boolean {
    return this.#link.at === 'live';
  }

  dispatch(event: Event): void {
    this.#events.push(event);
    // An effect may cause an event at once; it has its turn after the present one.
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isRunning = false;
    }
    this.#arm();
  }

  /** Gives a command. It waits for a connection if there is none. */
  command(command: Command, isOptimistic: boolean): Promise<CommandResult> {
    if (this.#link.at === 'closed') {
      return Promise.resolve(localFailure(this.#link.failure.code, this.#link.failure.message));
    }
    const done = this.#deps.inFlight.add(command, isOptimistic);
    this.push();
    return done;
  }

  /** Sends the commands that wait, as soon as there is a connection. */
  push(): void {
    if (this.isLive) this.#pump();
    else this.dispatch({ t: 'want' });
  }

  /** The person signs out: disconnects, and holds nothing of theirs any more. `why` is told to whoever waits for an answer. */
  forget(why: string): void {
    this.dispatch({ t: 'disconnect' });
    this.#forget('closed', why);
    this.welcome = null;
    this.#identity = null;
    this.#deps.onChange();
  }

  #step(event: Event): void {
    const before = this.#link;
    const { next, effects } = step(before, event, this.#moment());
    this.#link = next;
    if (next.at === 'dialing' && this.#stopListening === null) {
      this.#stopListening = this.#deps.env.listen((signal) => this.#hear(signal));
    }
    for (const effect of effects) this.#run(effect);
    if (next !== before && 'failure' in next && next.failure !== null && rejectsCaller(next.failure.code)) this.#deny();
    if (next !== before && next.at === 'waiting' && next.failure.code === 'silent') this.#deps.measure?.awaited(false);
    if (next.at === 'closed' && before.at !== 'closed') this.#end(next.failure);
    if (isNews(before, next)) this.#deps.onChange();
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'dial':
        this.#withToken(effect.socket, (token) => this.#dial(effect.socket, token));
        return;
      case 'greet': {
        // What is kept says where to resume from.
        const looking = this.#deps.keep?.looking() ?? null;
        if (looking === null) this.#greet();
        else void looking.then(() => (this.#link.socket === effect.socket ? this.#greet() : undefined));
        return;
      }
      case 'hangUp':
        this.#hangUp();
        return;
      case 'probe':
        this.#probe = { i: effect.i, sentAt: this.#deps.env.now() };
        this.#send({ t: 'p', i: effect.i });
        return;
      case 'renew':
        this.#withToken(effect.socket, (token) => this.#renew(effect.socket, token));
    }
  }

  /** Fetches the credential, and goes on with it for this socket. */
  #withToken(socket: number, use: (token: string | undefined) => void): void {
    const { token, keep } = this.#deps;
    const had = (fresh: string | undefined): void => {
      keep?.callsAs(fresh);
      use(fresh);
    };
    if (typeof token !== 'function') {
      had(token);
      return;
    }
    // In a promise, so that a function that throws and one that rejects are the same.
    new Promise<string>((resolve) => {
      resolve(token());
    }).then(had, (error: unknown) => {
      keep?.callsAs(undefined);
      this.#undialed(socket, 'token_failed', 'the token function failed', error);
    });
  }

  #undialed(socket: number, code: string, what: string, error: unknown): void {
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    this.dispatch({ t: 'undialed', socket, failure: { code, message } });
  }

  #dial(socket: number, token: string | undefined): void {
    if (this.#link.at !== 'dialing' || this.#link.socket !== socket) return;
    this.#token = token;
    this.#fault = null;
    try {
      this.#wire = this.#deps.dial(this.#deps.url(), {
        opened: () => this.dispatch({ t: 'opened', socket }),
        text: (text) => this.#receive(socket, text),
        closed: (code, reason) => this.dispatch({ t: 'dropped', socket, code, reason, fault: this.#fault }),
        changed: () => this.#deps.onChange(),
      });
    } catch (error) {
      this.#undialed(socket, 'unavailable', 'cannot connect', error);
    }
  }

  #greet(): void {
    if (this.#link.at !== 'greeting') return;
    const { env, client, tab } = this.#deps;
    const identity = identityOf(this.#token);
    // Known before the server says it: nothing of the other one stays on screen meanwhile.
    if (this.#identity !== null && identity !== null && this.#identity !== identity) this.#forget();
    this.#identity = identity;
    this.#greetedAt = env.now();
    const { hello, rest } = openingOf({ token: this.#token, client, tab }, this.asked.openings());
    this.#send(hello);
    for (const sub of rest) this.#send(sub);
  }

  #renew(socket: number, token: string | undefined): void {
    const { link } = this;
    if ((link.at !== 'live' && link.at !== 'paused') || link.socket !== socket || token === undefined) return;
    const identity = identityOf(token);
    if (token !== this.#token && (identity === null || identity !== this.#identity)) {
      // Two identities never share a connection: the new one gets its own, and none of the old one's rows.
      this.dispatch({ t: 'dropped', socket, code: 1000, reason: 'another identity', fault: null });
      return;
    }
    this.#token = token;
    this.#send({ t: 'auth', token });
  }

  #receive(socket: number, text: string): void {
    if (socket !== this.#link.socket || this.#wire === null) return;
    const decoded = decodeDownstream(text);
    this.lastMessageAt = this.#deps.env.now();
    this.dispatch({ t: 'heard', socket });
    if (decoded.ok) {
      this.#take(socket, decoded.value);
    } else if (decoded.code !== 'unknown_frame') {
      // What was in it is lost; coming back from the last position heals it.
      this.dispatch({ t: 'dropped', socket, code: 1002, reason: decoded.message, fault: null });
    }
  }

  #take(socket: number, frame: Downstream): void {
    switch (frame.t) {
      case 's':
      case 'd':
        this.asked.data(frame);
        this.#deps.inFlight.told();
        return;
      case 'h':
        this.asked.watermark(frame.v, frame.now);
        this.#deps.measure?.awaited(true);
        this.#deps.onChange();
        return;
      case 'q':
        if (frame.i === this.#probe?.i) {
          this.clock.sample(this.#probe.sentAt, frame.now);
          this.#deps.measure?.awaited(true);
          this.#probe = null;
        }
        this.dispatch({ t: 'ponged', socket, i: frame.i });
        this.#deps.onChange();
        return;
      case 'welcome':
        this.#welcomed(socket, frame);
        return;
      case 'subd':
        this.asked.subd(frame);
        return;
      case 'mr': {
        // Not carried out: the credential ended on the way, or there were too many.
        if (!frame.ok && (frame.code === 'rate_limited' || frame.code === 'auth_expired')) {
          this.#deps.inFlight.postpone(frame.m);
          this.#pumpLater();
          return;
        }
        this.#deps.inFlight.answer(frame);
        this.#deps.inFlight.told();
        this.#pump();
        return;
      }
      case 'auth':
        this.dispatch({ t: 'asked', socket });
        return;
      case 'authd':
        this.dispatch({ t: 'authorized', socket });
        if (frame.scope === 'changed') {
          this.asked.retryRefused();
          this.revision++;
          this.#deps.onChange();
        }
        this.#pump();
        return;
      case 'err': {
        if (frame.s !== undefined && frame.code !== 'auth_expired') {
          this.asked.refused(frame.s, frame);
          return;
        }
        const failure = { code: frame.code, message: frame.msg };
        // The close that follows a fatal one says whether to come back.
        if (frame.fatal === true) this.#fault = { failure, retryMs: frame.retry ?? null };
        else if (frame.code === 'auth_expired') this.dispatch({ t: 'expired', socket, failure });
        return;
      }
      case 'bye':
        this.dispatch({ t: 'bye', socket, code: frame.code, afterMs: frame.after });
    }
  }

  #welcomed(socket: number, frame: Welcome): void {
    if (this.#link.at !== 'greeting') return;
    const { keep } = this.#deps;
    const held = this.welcome?.who ?? keep?.who ?? null;
    const isOther = held !== null && held !== frame.who;
    // Before anyone hears of the connection.
    if (isOther) this.#forget();
    this.welcome = frame;
    this.clock.sample(this.#greetedAt, frame.now);
    keep?.welcomed(frame);
    this.revision++;
    this.dispatch({ t: 'welcomed', socket, hb: frame.hb });
    this.asked.plug({ epoch: frame.epoch, org: frame.org, isOther });
    if (!this.#deps.env.isVisible()) this.#send({ t: 'vis', hidden: true });
    this.#deps.onLive();
    this.#pump();
  }

  /** Sends commands in their order, a few at a time: after an outage there may be hundreds, and the server has a rate. */
  #pump(): void {
    if (this.#pumpTimer !== null) return;
    for (const frame of this.#deps.inFlight.next(this.clock.now())) this.#send(frame);
  }

  #pumpLater(): void {
    const { env } = this.#deps;
    const ring = (): void => {
      this.#pumpTimer = null;
      if (this.isLive) this.#pump();
    };
    this.#pumpTimer ??= env.after(RATE_MS + backoffMs(0, env.random()), ring);
  }

  /** Somebody else is calling: what was told to the one before, and what they asked for, is not theirs. */
  #forget(code = 'forbidden', message = 'somebody else signed in before the answer'): void {
    this.#deps.inFlight.failAll(code, message);
    this.asked.clear();
  }

  /** The server knows nobody of this credential: what an earlier page kept is not shown on its word. */
  #deny(): void {
    this.#deps.keep?.denied();
    if (this.welcome === null) this.asked.clear();
  }

  #hear(signal: Signal): void {
    switch (signal) {
      case 'hidden':
        if (this.isLive) this.#send({ t: 'vis', hidden: true });
        break;
      case 'offline':
        // Not always true, so it cuts nothing: a living connection is asked for life at once.
        if (this.isLive) this.dispatch({ t: 'wake' });
        this.#deps.onChange();
        break;
      case 'pagehide':
        this.dispatch({ t: 'sleep' });
        break;
      case 'freeze':
        // Nothing runs from here on; what the socket was worth shows at the wake.
        break;
      default:
        if (signal === 'visible' && this.isLive) this.#send({ t: 'vis', hidden: false });
        this.dispatch({ t: 'wake' });
        this.#deps.onChange();
    }
    this.#arm();
  }

  #hangUp(): void {
    const wire = this.#wire;
    this.#send({ t: 'bye' });
    this.#wire = null;
    this.#probe = null;
    wire?.close(1000, 'bye');
    this.asked.unplug();
    this.#deps.inFlight.unplug();
    this.#pumpTimer?.cancel();
    this.#pumpTimer = null;
  }

  #end(failure: Failure): void {
    this.#stopListening?.();
    this.#stopListening = null;
    this.#timer?.handle.cancel();
    this.#timer = null;
    this.#deps.inFlight.failAll(failure.code, failure.message);
  }

  #send(frame: Upstream): void {
    this.#wire?.send(JSON.stringify(frame));
  }

  #moment(): Moment {
    const { env, token } = this.#deps;
    return { now: env.now(), chance: env.random(), isVisible: env.isVisible(), canRenew: typeof token === 'function' };
  }

  /** One timer for everything. It may ring early, after which it is set again: cheaper than moving it per frame. */
  #arm(): void {
    const at = nextTickAt(this.#link, this.#deps.env.isVisible());
    if (at === null) {
      this.#timer?.handle.cancel();
      this.#timer = null;
      return;
    }
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#timer?.handle.cancel();
    // Bounded, so that a wall clock set back is noticed within a minute.
    const ms = Math.min(Math.max(at - this.#deps.env.now(), 1), TICK_MS_MAX);
    const ring = (): void => {
      this.#timer = null;
      this.dispatch({ t: 'tick' });
    };
    this.#timer = { at, handle: this.#deps.env.after(ms, ring) };
  }
}

const TICK_MS_MAX = 60_000;
const RATE_MS = 1_000;

/** Would anyone outside see the difference? Not when only the time of the last sign of life moved. */
function isNews(before: Link, next: Link): boolean {
  if (before === next) return false;
  if (before.at === 'live' && next.at === 'live') return before.life.isFresh !== next.life.isFresh;
  return (
    before.at !== next.at ||
    next.at === 'waiting' ||
    next.at === 'idle' ||
    ('failures' in before && 'failures' in next && before.failures !== next.failures)
  );
}
