/**
 * Which tab speaks for all? Pure: `step(seat, event, moment)` says what comes next and what is to be done; `member.ts` does it.
 * There is one lock per group of tabs, and whoever holds it leads.
 *
 *        join             held
 *   out ------> queueing ------> leading       a hidden leader gives way to a visible tab after a while
 *                |   ^  ^          |   |
 *         hidden |   |  '---lost---'   |
 *                v   | shown           |
 *               watching <---yields----'       hidden, and a visible tab is there to take over
 *
 *   any -> out (leave)
 *
 * Visible tabs want the lock: pages in the background are throttled, frozen and thrown away. A hidden one wants it only while
 * no visible one does. A leader that holds the lock and says nothing is frozen or stuck; a visible tab takes it by force.
 */

/** Between two signs of life of a leader, ms. */
export const BEAT_MS = 5_000;

/** Silence after which a visible tab takes the lock by force, ms. */
export const SILENT_MS_MAX = 15_000;

/** How long a leader may be hidden before it gives way, ms: people switch to and fro. */
export const YIELD_MS = 10_000;

/** Where a tab stands in its group. */
export type Seat =
  | { readonly at: 'out' }
  /** Does not want the lock. `heardAt` is the leader's last sign of life. */
  | { readonly at: 'watching'; readonly heardAt: number }
  /** Waits for the lock. */
  | { readonly at: 'queueing'; readonly heardAt: number }
  /** Holds the lock. `yieldAt` is when it gives way, if it is still hidden then and somebody visible is there. */
  | { readonly at: 'leading'; readonly beatAt: number; readonly yieldAt: number | null };

export type Event =
  | { readonly t: 'join' }
  | { readonly t: 'leave' }
  /** The lock is ours. */
  | { readonly t: 'held' }
  /** The lock was taken from us, or cannot be had. */
  | { readonly t: 'lost' }
  | { readonly t: 'shown' }
  | { readonly t: 'hidden' }
  /** Another tab came, left, was shown or hidden. */
  | { readonly t: 'peers' }
  /** The leader gave a sign of life. */
  | { readonly t: 'heard' }
  | { readonly t: 'tick' };

export type Effect =
  | { readonly do: 'ask' }
  /** Takes the lock from whoever holds it. */
  | { readonly do: 'steal' }
  /** Gives the lock up, or the wish for it. */
  | { readonly do: 'release' }
  | { readonly do: 'lead' }
  | { readonly do: 'resign' }
  | { readonly do: 'beat' }
  /** No lock can be had here: the tab connects by itself. */
  | { readonly do: 'goAlone' };

/** The surroundings at the time of an event. */
export interface Moment {
  readonly now: number;
  readonly isVisible: boolean;
  /** Is there a visible tab besides this one and the leader? */
  readonly hasVisiblePeer: boolean;
}

/** What comes next, and what is to be done. */
export interface Step {
  readonly next: Seat;
  readonly effects: readonly Effect[];
}

/** What becomes of a tab. Never throws; every (seat, event) pair is a cell of `table`. */
export function step(seat: Seat, event: Event, moment: Moment): Step {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the cell is taken by the seat's own `at`.
  const cell = table[seat.at][event.t] as (seat: Seat, moment: Moment) => Step;
  return cell(seat, moment);
}

/** When `step` wants its next `tick`, epoch ms, or null. */
export function nextTickAt(seat: Seat, now: number): number | null {
  switch (seat.at) {
    case 'watching':
    case 'queueing':
      return seat.heardAt + SILENT_MS_MAX;
    case 'leading':
      // A way that is due already waits for somebody to give it to, not for time.
      return seat.yieldAt !== null && seat.yieldAt > now ? Math.min(seat.beatAt, seat.yieldAt) : seat.beatAt;
    default:
      return null;
  }
}

type At = Seat['at'];
type SeatAt<A extends At> = Extract<Seat, { at: A }>;
/** A missing cell does not compile. */
type Table = { readonly [A in At]: { readonly [T in Event['t']]: (seat: SeatAt<A>, moment: Moment) => Step } };

const table: Table = {
  out: {
    join: (_, moment) => settle(moment),
    leave: stay,
    held: stay,
    lost: stay,
    shown: stay,
    hidden: stay,
    peers: stay,
    heard: stay,
    tick: stay,
  },
  watching: {
    join: stay,
    leave: () => ({ next: OUT, effects: [] }),
    // Granted at the moment in which it was given up.
    held: (seat) => ({ next: seat, effects: [{ do: 'release' }] }),
    lost: stay,
    shown: (_, moment) => queue(moment),
    hidden: stay,
    peers: (seat, moment) => (moment.hasVisiblePeer ? stay(seat) : queue(moment)),
    heard,
    // Whoever was to take over did not: better a hidden leader than none.
    tick: (seat, moment) => (isSilent(seat, moment) ? queue(moment) : stay(seat)),
  },
  queueing: {
    join: stay,
    leave,
    held: (_, { now, isVisible }) => ({
      next: { at: 'leading', beatAt: now + BEAT_MS, yieldAt: isVisible ? null : now },
      effects: [{ do: 'lead' }, { do: 'beat' }],
    }),
    lost: () => ({ next: OUT, effects: [{ do: 'goAlone' }] }),
    // Silence counts from here: what a hidden page did not hear is not the leader's fault.
    shown: (_, { now }) => ({ next: { at: 'queueing', heardAt: now }, effects: [] }),
    hidden: giveWay,
    peers: giveWay,
    heard,
    tick: takeByForce,
  },
  leading: {
    join: stay,
    leave: () => ({ next: OUT, effects: [{ do: 'resign' }, { do: 'release' }] }),
    held: stay,
    // Somebody took it: it was we who were silent.
    lost: (_, moment) => {
      const { next, effects } = settle(moment);
      return { next, effects: [{ do: 'resign' }, ...effects] };
    },
    shown: (seat) => ({ next: { ...seat, yieldAt: null }, effects: [] }),
    hidden: (seat, { now }) => ({ next: { ...seat, yieldAt: now + YIELD_MS }, effects: [] }),
    peers: yieldWhenDue,
    heard: stay,
    tick: yieldWhenDue,
  },
};

const OUT: Seat = { at: 'out' };

function stay(seat: Seat): Step {
  return { next: seat, effects: [] };
}

function settle(moment: Moment): Step {
  const isNeeded = moment.isVisible || !moment.hasVisiblePeer;
  return isNeeded ? queue(moment) : { next: { at: 'watching', heardAt: moment.now }, effects: [] };
}

function queue({ now }: Moment): Step {
  return { next: { at: 'queueing', heardAt: now }, effects: [{ do: 'ask' }] };
}

function leave(): Step {
  return { next: OUT, effects: [{ do: 'release' }] };
}

function heard(seat: SeatAt<'watching' | 'queueing'>, { now }: Moment): Step {
  return { next: { ...seat, heardAt: now }, effects: [] };
}

function giveWay(seat: SeatAt<'queueing'>, { isVisible, hasVisiblePeer }: Moment): Step {
  if (isVisible || !hasVisiblePeer) return stay(seat);
  return { next: { at: 'watching', heardAt: seat.heardAt }, effects: [{ do: 'release' }] };
}

function takeByForce(seat: SeatAt<'queueing'>, moment: Moment): Step {
  if (!isSilent(seat, moment)) return stay(seat);
  const next: Seat = { at: 'queueing', heardAt: moment.now };
  // A hidden page may be the one that did not listen; it only waits on.
  return { next, effects: moment.isVisible ? [{ do: 'release' }, { do: 'steal' }] : [] };
}

function yieldWhenDue(seat: SeatAt<'leading'>, { now, isVisible, hasVisiblePeer }: Moment): Step {
  if (seat.yieldAt !== null && now >= seat.yieldAt && !isVisible && hasVisiblePeer) {
    return { next: { at: 'watching', heardAt: now }, effects: [{ do: 'resign' }, { do: 'release' }] };
  }
  // Due with nobody visible there: whoever comes later finds it due.
  const isBeat = now >= seat.beatAt || seat.beatAt > now + BEAT_MS;
  return isBeat ? { next: { ...seat, beatAt: now + BEAT_MS }, effects: [{ do: 'beat' }] } : stay(seat);
}

/** Not only too long ago: a wall clock that was set back must not make a dead leader live for hours. */
function isSilent({ heardAt }: SeatAt<'watching' | 'queueing'>, { now }: Moment): boolean {
  return now - heardAt >= SILENT_MS_MAX || now < heardAt;
}
