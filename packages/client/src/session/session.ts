/**
 * The life of a connection as a pure function: `step(link, event, moment)` says what comes next and what is to
 * be done; `driver.ts` does it. Sockets are named by a counter, so that whatever an older one still says is
 * recognized and dropped.
 *
 *        want             opened            welcome
 *  idle ------> dialing --------> greeting ---------> live <----> paused   (credential expired, socket open)
 *    ^             ^  \_____________|_________________/ |
 *    |     retry   |                 dropped            |
 *    |          waiting <-------------------------------'
 *    '--- disconnect (from anywhere)        closed: a code that forbids coming back, or close()
 *
 * No records and no subscriptions here: see ../state/.
 */
import { mayComeBack, type Failure } from '@statewire/protocol';
import { backoffMs } from '../connect/backoff.ts';
import { closeFailure, isAuthCode } from '../errors.ts';
import { answer, firstLife, hear, isDue, lookForLife, pulse, pulseAt, type Life } from './heartbeat.ts';

/**
 * Where a connection stands. `socket` is the number of the newest socket; `failures` counts attempts in a row
 * that came to nothing.
 */
export type Link =
  | {
      readonly at: 'idle';
      readonly socket: number;
      /** disconnect() was called: only connect() ends it. */ readonly byHand: boolean;
    }
  | {
      readonly at: 'dialing';
      readonly socket: number;
      readonly since: number;
      readonly failures: number;
      /** Why the last attempt or connection ended: it holds until the next one is good. */
      readonly failure: Failure | null;
    }
  | {
      readonly at: 'greeting';
      readonly socket: number;
      readonly since: number;
      readonly failures: number;
      /** Why the last attempt or connection ended: it holds until the next one is good. */
      readonly failure: Failure | null;
    }
  | {
      readonly at: 'live';
      readonly socket: number;
      readonly since: number;
      readonly failures: number;
      readonly life: Life;
    }
  | {
      readonly at: 'paused';
      readonly socket: number;
      readonly since: number;
      readonly failures: number;
      readonly life: Life;
      readonly failure: Failure;
      /** When to ask the provider for a token again, epoch ms. */
      readonly askAt: number;
    }
  | {
      readonly at: 'waiting';
      readonly socket: number;
      readonly since: number;
      /** When the next attempt is due; null when only a person, a wake or a new credential can help. */
      readonly until: number | null;
      /** The server named the time, so that a wake does not undercut it. */
      readonly isTold: boolean;
      readonly failures: number;
      readonly failure: Failure;
    }
  | { readonly at: 'closed'; readonly socket: number; readonly failure: Failure };

export type Event =
  /** Something needs the connection: a first subscription, a command. */
  | { readonly t: 'want' }
  /** The app or a person asks for it now: connect(), reconnect(), a click. */
  | { readonly t: 'connect' }
  | { readonly t: 'disconnect' }
  | { readonly t: 'close' }
  | { readonly t: 'opened'; readonly socket: number }
  | { readonly t: 'undialed'; readonly socket: number; readonly failure: Failure }
  | {
      readonly t: 'dropped';
      readonly socket: number;
      readonly code: number;
      readonly reason: string;
      /** What a fatal `err` said just before, or null. */
      readonly fault: Fault | null;
    }
  | { readonly t: 'welcomed'; readonly socket: number; readonly hb: number }
  | { readonly t: 'heard'; readonly socket: number }
  | { readonly t: 'ponged'; readonly socket: number; readonly i: number }
  /** The credential has ended: nothing is told until there is a fresh one. */
  | { readonly t: 'expired'; readonly socket: number; readonly failure: Failure }
  | { readonly t: 'bye'; readonly socket: number; readonly code: number; readonly afterMs: number }
  /** The server asks for a fresh credential before the present one ends. */
  | { readonly t: 'asked'; readonly socket: number }
  /** A fresh credential was accepted on the living connection. */
  | { readonly t: 'authorized'; readonly socket: number }
  /** The page became visible, came back from cache or sleep, or the network returned. */
  | { readonly t: 'wake' }
  /** The page goes into the back-forward cache or away; an open socket would keep it out. */
  | { readonly t: 'sleep' }
  | { readonly t: 'tick' };

/** The last words of a server about a connection. */
export interface Fault {
  readonly failure: Failure;
  /** When to come back, or null when it did not say. */
  readonly retryMs: number | null;
}

export type Effect =
  /** Fetch a fresh token, then open the wire. */
  | { readonly do: 'dial'; readonly socket: number }
  | { readonly do: 'greet'; readonly socket: number }
  | { readonly do: 'hangUp'; readonly socket: number }
  | { readonly do: 'probe'; readonly socket: number; readonly i: number }
  /** Fetch a fresh token and hand it over on the living connection. */
  | { readonly do: 'renew'; readonly socket: number };

/** The surroundings at the time of an event. */
export interface Moment {
  readonly now: number;
  /** In [0, 1). */
  readonly chance: number;
  readonly isVisible: boolean;
  /** Can the app give a fresh credential without a person? */
  readonly canRenew: boolean;
}

/** What comes next, and what is to be done. */
export interface Step {
  readonly next: Link;
  readonly effects: readonly Effect[];
}

/** What happens to a connection. Never throws; every (state, event) pair is a cell of `table`. */
export function step(link: Link, event: Event, moment: Moment): Step {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the cell is taken by the link's own `at` and the event's own `t`.
  const cell = table[link.at][event.t] as (link: Link, event: Event, moment: Moment) => Step;
  return cell(link, event, moment);
}

/** When `step` wants its next `tick`, epoch ms, or null. */
export function nextTickAt(link: Link, isVisible: boolean): number | null {
  switch (link.at) {
    case 'dialing':
    case 'greeting':
      return link.since + DIAL_MS_MAX;
    case 'waiting':
      return link.until;
    case 'live':
      return pulseAt(link.life, isVisible);
    case 'paused':
      return Math.min(link.askAt, pulseAt(link.life, isVisible));
    default:
      return null;
  }
}

/** Token, opening and welcome together may take this long. */
export const DIAL_MS_MAX = 10_000;

/** A connection that lasted this long starts the count of failures anew. */
export const STEADY_MS = 10_000;

/** Between two tries to get a good token for a paused connection. */
export const RENEW_MS = 15_000;

type At = Link['at'];
type LinkAt<A extends At> = Extract<Link, { at: A }>;
type EventOf<T extends Event['t']> = Extract<Event, { t: T }>;
type Cell<A extends At, T extends Event['t']> = (link: LinkAt<A>, event: EventOf<T>, moment: Moment) => Step;
/** What happens in every state on every event. A missing cell does not compile. */
export type Table = { readonly [A in At]: { readonly [T in Event['t']]: Cell<A, T> } };
type Open = LinkAt<'dialing' | 'greeting' | 'live' | 'paused'>;

export const table: Table = {
  idle: {
    want: (link, _, moment) => (link.byHand ? stay(link) : dial(link, 0, moment)),
    connect: (link, _, moment) => dial(link, 0, moment),
    disconnect: leave,
    close: shut,
    opened: stay,
    undialed: stay,
    dropped: stay,
    welcomed: stay,
    heard: stay,
    ponged: stay,
    expired: stay,
    bye: stay,
    asked: stay,
    authorized: stay,
    wake: stay,
    sleep: stay,
    tick: stay,
  },
  dialing: {
    want: stay,
    connect: stay,
    disconnect: leave,
    close: shut,
    opened: ours((link) => ({ next: { ...link, at: 'greeting' }, effects: [{ do: 'greet', socket: link.socket }] })),
    undialed: ours((link, { failure }, moment) => wait(link, failure, moment)),
    dropped: ours(dropped),
    welcomed: stay,
    heard: stay,
    ponged: stay,
    expired: stay,
    bye: stay,
    asked: stay,
    authorized: stay,
    wake: giveUpWhenLate,
    sleep: sleep,
    tick: giveUpWhenLate,
  },
  greeting: {
    want: stay,
    connect: stay,
    disconnect: leave,
    close: shut,
    opened: stay,
    undialed: stay,
    dropped: ours(dropped),
    welcomed: ours(welcomed),
    heard: stay,
    ponged: stay,
    expired: stay,
    bye: ours(goodbye),
    asked: stay,
    authorized: stay,
    wake: giveUpWhenLate,
    sleep: sleep,
    tick: giveUpWhenLate,
  },
  live: {
    want: stay,
    connect: look,
    disconnect: leave,
    close: shut,
    opened: stay,
    undialed: stay,
    dropped: ours(dropped),
    welcomed: stay,
    heard: ours(heard),
    ponged: ours(ponged),
    expired: ours(expired),
    bye: ours(goodbye),
    asked: ours(renew),
    authorized: stay,
    wake: look,
    sleep: sleep,
    tick: (link, _, moment) => beat(link, moment),
  },
  paused: {
    want: stay,
    connect: (link, _, moment) => (moment.canRenew ? renew(link, null, moment) : dial(link, 0, moment)),
    disconnect: leave,
    close: shut,
    opened: stay,
    undialed: stay,
    dropped: ours(dropped),
    welcomed: stay,
    heard: ours(heard),
    ponged: ours(ponged),
    expired: stay,
    bye: ours(goodbye),
    asked: ours(renew),
    authorized: ours(({ socket, since, failures, life }) => ({
      next: { at: 'live', socket, since, failures, life },
      effects: [],
    })),
    wake: look,
    sleep: sleep,
    tick: beatPaused,
  },
  waiting: {
    want: stay,
    connect: (link, _, moment) => dial(link, link.failures, moment),
    disconnect: leave,
    close: shut,
    opened: stay,
    undialed: stay,
    dropped: stay,
    welcomed: stay,
    heard: stay,
    ponged: stay,
    expired: stay,
    bye: stay,
    asked: stay,
    authorized: stay,
    wake: wakeWaiting,
    sleep: stay,
    tick: (link, _, moment) => (isOver(link, moment.now) ? dial(link, link.failures, moment) : stay(link)),
  },
  closed: {
    want: stay,
    connect: stay,
    disconnect: stay,
    close: stay,
    opened: stay,
    undialed: stay,
    dropped: stay,
    welcomed: stay,
    heard: stay,
    ponged: stay,
    expired: stay,
    bye: stay,
    asked: stay,
    authorized: stay,
    wake: stay,
    sleep: stay,
    tick: stay,
  },
};

function stay(link: Link): Step {
  return { next: link, effects: NOTHING };
}

/** Only what the present socket says counts; whatever an older one still says is dropped. */
function ours<L extends Link, E extends Event & { readonly socket: number }>(
  cell: (link: L, event: E, moment: Moment) => Step,
): (link: L, event: E, moment: Moment) => Step {
  return (link, event, moment) => (event.socket === link.socket ? cell(link, event, moment) : stay(link));
}

function dial(link: Link, failures: number, { now }: Moment): Step {
  const socket = link.socket + 1;
  const failure = 'failure' in link ? link.failure : null;
  return {
    next: { at: 'dialing', socket, since: now, failures, failure },
    effects: [...hangUp(link), { do: 'dial', socket }],
  };
}

function leave(link: Link): Step {
  return { next: { at: 'idle', socket: link.socket, byHand: true }, effects: hangUp(link) };
}

function shut(link: Link): Step {
  return end(link, { code: 'closed', message: 'this client was closed; make a new one' });
}

function end(link: Link, failure: Failure): Step {
  return { next: { at: 'closed', socket: link.socket, failure }, effects: hangUp(link) };
}

function sleep(link: Open, _: Event, { now }: Moment): Step {
  const failure = { code: 'asleep', message: 'the page is hidden; it connects when it is shown again' };
  const next: Link = {
    at: 'waiting',
    socket: link.socket,
    since: now,
    until: null,
    isTold: false,
    failures: 0,
    failure,
  };
  return { next, effects: hangUp(link) };
}

function wait(link: Open, failure: Failure, moment: Moment, toldMs: number | null = null): Step {
  const { now, chance, canRenew } = moment;
  const failures = isSteady(link, now) ? 0 : link.failures;
  // Jitter on top of the server's word: all its clients heard the same number.
  const delay = toldMs === null ? backoffMs(failures, chance) : Math.min(toldMs, TOLD_MS_MAX) + backoffMs(0, chance);
  const isHopeless = isAuthCode(failure.code) && !canRenew;
  return {
    next: {
      at: 'waiting',
      socket: link.socket,
      since: now,
      until: isHopeless ? null : now + delay,
      isTold: toldMs !== null,
      failures: failures + 1,
      failure,
    },
    effects: hangUp(link),
  };
}

function isSteady(link: Open, now: number): boolean {
  return (link.at === 'live' || link.at === 'paused') && now - link.since >= STEADY_MS;
}

function giveUpWhenLate(link: LinkAt<'dialing' | 'greeting'>, _: Event, moment: Moment): Step {
  if (!isDue(link.since + DIAL_MS_MAX, link.since, moment.now)) return stay(link);
  return wait(link, { code: 'no_welcome', message: `no welcome within ${DIAL_MS_MAX} ms; trying again` }, moment);
}

function welcomed(link: LinkAt<'greeting'>, event: EventOf<'welcomed'>, { now }: Moment): Step {
  const life = firstLife(event.hb, now);
  const next: Link = { at: 'live', socket: link.socket, since: now, failures: link.failures, life };
  return { next, effects: [{ do: 'probe', socket: link.socket, i: life.asked }] };
}

function dropped(link: Open, { code, reason, fault }: EventOf<'dropped'>, moment: Moment): Step {
  const closed = closeFailure(code, reason);
  // The code decides what to do; the sentence said before it knows more about why.
  const failure = { code: closed.code, message: fault?.failure.message ?? closed.message };
  if (!mayComeBack(code)) return end(link, failure);
  const saidAuth = fault !== null && isAuthCode(fault.failure.code) && code !== HELLO_TIMEOUT;
  if (saidAuth) return wait(link, fault.failure, moment, fault.retryMs);
  if (code === TOKEN_NEEDED) return wait(link, { ...failure, code: 'auth_required' }, moment);
  return wait(link, failure, moment, fault?.retryMs ?? null);
}

function expired(link: LinkAt<'live'>, { failure }: EventOf<'expired'>, moment: Moment): Step {
  const { socket, since, failures, life } = link;
  return renew({ at: 'paused', socket, since, failures, life, failure, askAt: moment.now + RENEW_MS }, null, moment);
}

function goodbye(link: Open, { code, afterMs }: EventOf<'bye'>, moment: Moment): Step {
  const failure = closeFailure(code, '');
  return mayComeBack(code) ? wait(link, failure, moment, afterMs) : end(link, failure);
}

function heard(link: LinkAt<'live' | 'paused'>, _: Event, { now }: Moment): Step {
  return { next: { ...link, life: hear(link.life, now) }, effects: NOTHING };
}

function ponged(link: LinkAt<'live' | 'paused'>, { i }: EventOf<'ponged'>, { now }: Moment): Step {
  return { next: { ...link, life: answer(link.life, i, now) }, effects: NOTHING };
}

/** Only a function can give another token; sending the same one again would change nothing. */
function renew(link: LinkAt<'live' | 'paused'>, _: Event | null, { canRenew }: Moment): Step {
  return { next: link, effects: canRenew ? [{ do: 'renew', socket: link.socket }] : NOTHING };
}

function look(link: LinkAt<'live' | 'paused'>, _: Event, { now }: Moment): Step {
  const { life, ask } = lookForLife(link.life, now);
  return { next: { ...link, life }, effects: ask ? [{ do: 'probe', socket: link.socket, i: life.asked }] : NOTHING };
}

function beat(link: LinkAt<'live' | 'paused'>, moment: Moment): Step {
  const found = pulse(link.life, moment.now, moment.isVisible);
  if (found.is === 'dead') {
    return wait(link, { code: 'silent', message: 'the server fell silent; connecting again' }, moment);
  }
  const next = found.life === link.life ? link : { ...link, life: found.life };
  return { next, effects: found.ask ? [{ do: 'probe', socket: link.socket, i: found.life.asked }] : NOTHING };
}

function beatPaused(link: LinkAt<'paused'>, _: Event, moment: Moment): Step {
  if (!isDue(link.askAt, link.askAt - RENEW_MS, moment.now)) return beat(link, moment);
  const { next, effects } = beat({ ...link, askAt: moment.now + RENEW_MS }, moment);
  const mayAsk = next.at === 'paused' && moment.canRenew;
  return { next, effects: mayAsk ? [...effects, { do: 'renew', socket: link.socket }] : effects };
}

function wakeWaiting(link: LinkAt<'waiting'>, _: Event, moment: Moment): Step {
  // Focus, pageshow and visible come together; one failure a second is enough for them.
  const isFresh = link.until !== null && moment.now - link.since < WAKE_MS && moment.now >= link.since;
  const isHeld = isFresh || (link.isTold && !isOver(link, moment.now));
  return isHeld ? stay(link) : dial(link, link.failures, moment);
}

function isOver(link: LinkAt<'waiting'>, now: number): boolean {
  return link.until !== null && isDue(link.until, link.since, now);
}

function hangUp(link: Link): readonly Effect[] {
  const isOpen = link.at === 'dialing' || link.at === 'greeting' || link.at === 'live' || link.at === 'paused';
  return isOpen ? [{ do: 'hangUp', socket: link.socket }] : NOTHING;
}

const NOTHING: readonly Effect[] = [];
const TOLD_MS_MAX = 300_000;
const WAKE_MS = 1_000;
const HELLO_TIMEOUT = 4008;
const TOKEN_NEEDED = 4401;
