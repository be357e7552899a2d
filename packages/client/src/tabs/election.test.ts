import { expect, test } from 'vitest';
import { BEAT_MS, nextTickAt, SILENT_MS_MAX, step, YIELD_MS, type Event, type Moment, type Seat } from './election.ts';

const NOW = 1_000_000;
const seats: readonly Seat[] = [
  { at: 'out' },
  { at: 'watching', heardAt: NOW },
  { at: 'queueing', heardAt: NOW },
  { at: 'leading', beatAt: NOW + BEAT_MS, yieldAt: null },
  { at: 'leading', beatAt: NOW + BEAT_MS, yieldAt: NOW },
];
const events: readonly Event['t'][] = ['join', 'leave', 'held', 'lost', 'shown', 'hidden', 'peers', 'heard', 'tick'];

function moment(over: Partial<Moment> = {}): Moment {
  return { now: NOW, isVisible: true, hasVisiblePeer: false, ...over };
}

function run(seat: Seat, t: Event['t'], over: Partial<Moment> = {}): { at: string; did: string } {
  const { next, effects } = step(seat, { t }, moment(over));
  return { at: next.at, did: effects.map((each) => each.do).join(' ') };
}

// Each line: the seat, and for each event what comes of it, for a visible tab without visible peers.
test('[TB5] every seat answers every event', () => {
  const told = seats.map((seat) => [seat.at, ...events.map((t) => `${t}: ${Object.values(run(seat, t)).join(' ')}`)]);
  expect(told).toMatchInlineSnapshot(`
    [
      [
        "out",
        "join: queueing ask",
        "leave: out ",
        "held: out ",
        "lost: out ",
        "shown: out ",
        "hidden: out ",
        "peers: out ",
        "heard: out ",
        "tick: out ",
      ],
      [
        "watching",
        "join: watching ",
        "leave: out ",
        "held: watching release",
        "lost: watching ",
        "shown: queueing ask",
        "hidden: watching ",
        "peers: queueing ask",
        "heard: watching ",
        "tick: watching ",
      ],
      [
        "queueing",
        "join: queueing ",
        "leave: out release",
        "held: leading lead beat",
        "lost: out goAlone",
        "shown: queueing ",
        "hidden: queueing ",
        "peers: queueing ",
        "heard: queueing ",
        "tick: queueing ",
      ],
      [
        "leading",
        "join: leading ",
        "leave: out resign release",
        "held: leading ",
        "lost: queueing resign ask",
        "shown: leading ",
        "hidden: leading ",
        "peers: leading ",
        "heard: leading ",
        "tick: leading ",
      ],
      [
        "leading",
        "join: leading ",
        "leave: out resign release",
        "held: leading ",
        "lost: queueing resign ask",
        "shown: leading ",
        "hidden: leading ",
        "peers: leading ",
        "heard: leading ",
        "tick: leading ",
      ],
    ]
  `);
});

test('[TB5] every seat answers every event when hidden beside a visible tab', () => {
  const over = { isVisible: false, hasVisiblePeer: true };
  const told = seats.map((seat) => [
    seat.at,
    ...events.map((t) => `${t}: ${Object.values(run(seat, t, over)).join(' ')}`),
  ]);
  expect(told).toMatchInlineSnapshot(`
    [
      [
        "out",
        "join: watching ",
        "leave: out ",
        "held: out ",
        "lost: out ",
        "shown: out ",
        "hidden: out ",
        "peers: out ",
        "heard: out ",
        "tick: out ",
      ],
      [
        "watching",
        "join: watching ",
        "leave: out ",
        "held: watching release",
        "lost: watching ",
        "shown: queueing ask",
        "hidden: watching ",
        "peers: watching ",
        "heard: watching ",
        "tick: watching ",
      ],
      [
        "queueing",
        "join: queueing ",
        "leave: out release",
        "held: leading lead beat",
        "lost: out goAlone",
        "shown: queueing ",
        "hidden: watching release",
        "peers: watching release",
        "heard: queueing ",
        "tick: queueing ",
      ],
      [
        "leading",
        "join: leading ",
        "leave: out resign release",
        "held: leading ",
        "lost: watching resign",
        "shown: leading ",
        "hidden: leading ",
        "peers: leading ",
        "heard: leading ",
        "tick: leading ",
      ],
      [
        "leading",
        "join: leading ",
        "leave: out resign release",
        "held: leading ",
        "lost: watching resign",
        "shown: leading ",
        "hidden: leading ",
        "peers: watching resign release",
        "heard: leading ",
        "tick: watching resign release",
      ],
    ]
  `);
});

test('[TB6] a hidden leader gives way after a while, only to a visible tab, and not when it is seen again', () => {
  const leading: Seat = { at: 'leading', beatAt: NOW + BEAT_MS, yieldAt: null };
  const hidden = step(leading, { t: 'hidden' }, moment({ isVisible: false, hasVisiblePeer: true })).next;
  expect(nextTickAt(hidden, NOW)).toBe(NOW + BEAT_MS);
  const early = { now: NOW + YIELD_MS - 1, isVisible: false, hasVisiblePeer: true };
  expect(run(hidden, 'tick', early).at).toBe('leading');
  const due = { ...early, now: NOW + YIELD_MS };
  expect(run(hidden, 'tick', due)).toEqual({ at: 'watching', did: 'resign release' });
  expect(run(hidden, 'tick', { ...due, hasVisiblePeer: false }).at).toBe('leading');
  // Somebody visible comes later: it is due at once.
  expect(run(hidden, 'peers', { ...due, now: NOW + 60_000 })).toEqual({ at: 'watching', did: 'resign release' });
  const shown = step(hidden, { t: 'shown' }, moment()).next;
  expect(run(shown, 'tick', { ...due, isVisible: true }).at).toBe('leading');
});

test('[TB7] a leader that is silent for 15 s loses the lock to a visible tab; silence counts from when that tab listens', () => {
  const queueing: Seat = { at: 'queueing', heardAt: NOW };
  const late = NOW + SILENT_MS_MAX;
  expect(nextTickAt(queueing, NOW)).toBe(late);
  expect(run(queueing, 'tick', { now: late - 1 }).did).toBe('');
  expect(run(queueing, 'tick', { now: late })).toEqual({ at: 'queueing', did: 'release steal' });
  expect(run(queueing, 'tick', { now: late, isVisible: false }).did).toBe('');
  const heard = step(queueing, { t: 'heard' }, moment({ now: late - 1 })).next;
  expect(run(heard, 'tick', { now: late }).did).toBe('');
  const shown = step(queueing, { t: 'shown' }, moment({ now: late })).next;
  expect(run(shown, 'tick', { now: late }).did).toBe('');
  // A clock set back by an hour.
  expect(run(queueing, 'tick', { now: NOW - 3_600_000 }).did).toBe('release steal');
});

test('[TB6] a hidden tab wants the lock only while nobody visible does', () => {
  expect(run({ at: 'out' }, 'join', { isVisible: false, hasVisiblePeer: true })).toEqual({ at: 'watching', did: '' });
  expect(run({ at: 'out' }, 'join', { isVisible: false })).toEqual({ at: 'queueing', did: 'ask' });
  const watching: Seat = { at: 'watching', heardAt: NOW };
  expect(run(watching, 'peers', { isVisible: false }).did).toBe('ask');
  const late = { isVisible: false, hasVisiblePeer: true, now: NOW + SILENT_MS_MAX };
  expect(run(watching, 'tick', late)).toEqual({ at: 'queueing', did: 'ask' });
});
