import { describe, expect, test } from 'vitest';
import { firstLife, PROBE_EVERY_MS, PROBE_MS_MAX, SILENCE_MS } from './heartbeat.ts';
import {
  DIAL_MS_MAX,
  nextTickAt,
  RENEW_MS,
  STEADY_MS,
  step,
  table,
  type Event,
  type Link,
  type Moment,
  type Table,
} from './session.ts';

const NOW = 1_000_000;
const HB = 15_000;
const failure = { code: 'unavailable', message: 'gone' };
const life = { ...firstLife(HB, NOW), probe: null };

const links = {
  idle: { at: 'idle', socket: 1, byHand: false },
  dialing: { at: 'dialing', socket: 1, since: NOW, failures: 2, failure: null },
  greeting: { at: 'greeting', socket: 1, since: NOW, failures: 2, failure: null },
  live: { at: 'live', socket: 1, since: NOW, failures: 2, life },
  paused: { at: 'paused', socket: 1, since: NOW, failures: 2, life, failure, askAt: NOW + RENEW_MS },
  waiting: { at: 'waiting', socket: 1, since: NOW, until: NOW + 4_000, isTold: false, failures: 2, failure },
  closed: { at: 'closed', socket: 1, failure },
} as const satisfies Record<Link['at'], Link>;

const events = {
  want: { t: 'want' },
  connect: { t: 'connect' },
  disconnect: { t: 'disconnect' },
  close: { t: 'close' },
  opened: { t: 'opened', socket: 1 },
  undialed: { t: 'undialed', socket: 1, failure },
  dropped: { t: 'dropped', socket: 1, code: 1006, reason: '', fault: null },
  welcomed: { t: 'welcomed', socket: 1, hb: HB },
  heard: { t: 'heard', socket: 1 },
  ponged: { t: 'ponged', socket: 1, i: 1 },
  expired: { t: 'expired', socket: 1, failure: { code: 'auth_expired', message: 'expired' } },
  bye: { t: 'bye', socket: 1, code: 4001, afterMs: 5_000 },
  asked: { t: 'asked', socket: 1 },
  authorized: { t: 'authorized', socket: 1 },
  wake: { t: 'wake' },
  sleep: { t: 'sleep' },
  tick: { t: 'tick' },
} as const satisfies { readonly [T in Event['t']]: Extract<Event, { t: T }> };

function moment(after = 0, more: Partial<Moment> = {}): Moment {
  return { now: NOW + after, chance: 0.5, isVisible: true, canRenew: true, ...more };
}

/** The next state and what is done, in short: `waiting hangUp`. */
function short(link: Link, event: Event, at: Moment = moment()): string {
  const { next, effects } = step(link, event, at);
  return [next.at, ...effects.map((effect) => effect.do)].join(' ');
}

// Every cell of the table, at the moment the state was entered. A dot: nothing happens at all.
const expected: Record<Link['at'], Record<Event['t'], string>> = {
  idle: {
    want: 'dialing dial',
    connect: 'dialing dial',
    disconnect: 'idle',
    close: 'closed',
    opened: '.',
    undialed: '.',
    dropped: '.',
    welcomed: '.',
    heard: '.',
    ponged: '.',
    expired: '.',
    bye: '.',
    asked: '.',
    authorized: '.',
    wake: '.',
    sleep: '.',
    tick: '.',
  },
  dialing: {
    want: '.',
    connect: '.',
    disconnect: 'idle hangUp',
    close: 'closed hangUp',
    opened: 'greeting greet',
    undialed: 'waiting hangUp',
    dropped: 'waiting hangUp',
    welcomed: '.',
    heard: '.',
    ponged: '.',
    expired: '.',
    bye: '.',
    asked: '.',
    authorized: '.',
    wake: '.',
    sleep: 'waiting hangUp',
    tick: '.',
  },
  greeting: {
    want: '.',
    connect: '.',
    disconnect: 'idle hangUp',
    close: 'closed hangUp',
    opened: '.',
    undialed: '.',
    dropped: 'waiting hangUp',
    welcomed: 'live probe',
    heard: '.',
    ponged: '.',
    expired: '.',
    bye: 'waiting hangUp',
    asked: '.',
    authorized: '.',
    wake: '.',
    sleep: 'waiting hangUp',
    tick: '.',
  },
  live: {
    want: '.',
    connect: 'live',
    disconnect: 'idle hangUp',
    close: 'closed hangUp',
    opened: '.',
    undialed: '.',
    dropped: 'waiting hangUp',
    welcomed: '.',
    heard: 'live',
    ponged: 'live',
    expired: 'paused renew',
    bye: 'waiting hangUp',
    asked: 'live renew',
    authorized: '.',
    wake: 'live',
    sleep: 'waiting hangUp',
    tick: '.',
  },
  paused: {
    want: '.',
    connect: 'paused renew',
    disconnect: 'idle hangUp',
    close: 'closed hangUp',
    opened: '.',
    undialed: '.',
    dropped: 'waiting hangUp',
    welcomed: '.',
    heard: 'paused',
    ponged: 'paused',
    expired: '.',
    bye: 'waiting hangUp',
    asked: 'paused renew',
    authorized: 'live',
    wake: 'paused',
    sleep: 'waiting hangUp',
    tick: '.',
  },
  waiting: {
    want: '.',
    connect: 'dialing dial',
    disconnect: 'idle',
    close: 'closed',
    opened: '.',
    undialed: '.',
    dropped: '.',
    welcomed: '.',
    heard: '.',
    ponged: '.',
    expired: '.',
    bye: '.',
    asked: '.',
    authorized: '.',
    wake: '.',
    sleep: '.',
    tick: '.',
  },
  closed: {
    want: '.',
    connect: '.',
    disconnect: '.',
    close: '.',
    opened: '.',
    undialed: '.',
    dropped: '.',
    welcomed: '.',
    heard: '.',
    ponged: '.',
    expired: '.',
    bye: '.',
    asked: '.',
    authorized: '.',
    wake: '.',
    sleep: '.',
    tick: '.',
  },
};

describe('[CL14] every state and every event', () => {
  for (const [at, cells] of Object.entries(expected)) {
    test.each(Object.entries(cells))(`${at}: %s -> %s`, (t, outcome) => {
      const link = links[at as keyof typeof links]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- true: the table's keys are these states.
      const event = events[t as keyof typeof events]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- true: the rows' keys are these events.
      const { next, effects } = step(link, event, moment());
      if (outcome === '.') {
        expect(next).toBe(link);
        expect(effects).toEqual([]);
      } else {
        expect(short(link, event)).toBe(outcome);
      }
    });
  }
});

describe('[CL14] the table is total by its type', () => {
  test('a state without one of the events does not compile', () => {
    const { tick: _, ...row } = table.waiting;
    // @ts-expect-error -- the cell (waiting, tick) is missing.
    const broken: Table = { ...table, waiting: row };
    expect(Object.keys(broken.waiting)).not.toContain('tick');
  });

  test('a table without one of the states does not compile', () => {
    const { paused: _, ...rows } = table;
    // @ts-expect-error -- the row of `paused` is missing.
    const broken: Table = rows;
    expect(Object.keys(broken)).not.toContain('paused');
  });

  test('a cell that takes another event, or another state, does not compile', () => {
    // @ts-expect-error -- `welcomed` reads `hb`, which `heard` has not.
    const other: Table['greeting']['heard'] = table.greeting.welcomed;
    // @ts-expect-error -- a live link has a `life`, a waiting one has none.
    const foreign: Table['waiting']['wake'] = table.live.wake;
    expect([other, foreign]).toEqual([table.greeting.welcomed, table.live.wake]);
  });

  test('states and events of the table are those that the cells above name, and no others', () => {
    const events = Object.keys(expected.idle).sort();
    expect(Object.keys(table).sort()).toEqual(Object.keys(expected).sort());
    for (const row of Object.values(table)) expect(Object.keys(row).sort()).toEqual(events);
  });
});

test.each(Object.values(links))('[CL15] what an older socket says is dropped in state $at', (link) => {
  for (const event of Object.values(events)) {
    if (!('socket' in event)) continue;
    const { next, effects } = step(link, { ...event, socket: 0 }, moment());
    expect(next).toBe(link);
    expect(effects).toEqual([]);
  }
});

test('[CL3] after disconnect() only connect() dials', () => {
  const { next } = step(links.live, events.disconnect, moment());
  expect(short(next, events.want)).toBe('idle');
  expect(short(next, events.wake)).toBe('idle');
  expect(short(next, events.connect)).toBe('dialing dial');
});

test('[CL2] each attempt has a socket number of its own', () => {
  expect(step(links.waiting, events.connect, moment()).next).toEqual({
    at: 'dialing',
    socket: 2,
    since: NOW,
    failures: 2,
    failure,
  });
});

describe('[CL4] waiting', () => {
  test('the wait grows with failures, and is over at its time', () => {
    const { next } = step(links.dialing, events.dropped, moment(10));
    expect(next).toMatchObject({ at: 'waiting', failures: 3, until: NOW + 10 + 500, isTold: false });
    expect(nextTickAt(next, true)).toBe(NOW + 510);
    expect(short(next, events.tick, moment(509))).toBe('waiting');
    expect(short(next, events.tick, moment(510))).toBe('dialing dial');
  });

  test('a clock that was set back does not hold it up', () => {
    expect(short(links.waiting, events.tick, moment(-1))).toBe('dialing dial');
  });

  test('a connection that lasted starts the count anew, one that did not does not', () => {
    expect(step(links.live, events.dropped, moment(STEADY_MS)).next).toMatchObject({
      failures: 1,
      until: NOW + STEADY_MS + 125,
    });
    expect(step(links.live, events.dropped, moment(STEADY_MS - 1)).next).toMatchObject({ failures: 3 });
  });

  test('[CL5] a wake tries now, but not twice a second and not before the time the server named', () => {
    expect(short(links.waiting, events.wake, moment(999))).toBe('waiting');
    expect(short(links.waiting, events.wake, moment(1_000))).toBe('dialing dial');
    const told = { ...links.waiting, isTold: true };
    expect(short(told, events.wake, moment(3_999))).toBe('waiting');
    expect(short(told, events.wake, moment(4_000))).toBe('dialing dial');
    expect(short({ ...links.waiting, until: null }, events.wake)).toBe('dialing dial');
  });
});

describe('[CL10] closing', () => {
  test.each([
    [1000, 'waiting'],
    [1001, 'waiting'],
    [1006, 'waiting'],
    [1011, 'waiting'],
    [1012, 'waiting'],
    [4001, 'waiting'],
    [4008, 'waiting'],
    [4408, 'waiting'],
    [4429, 'waiting'],
    [4499, 'waiting'],
    [4500, 'closed'],
    [4501, 'closed'],
    [4503, 'closed'],
    [4504, 'closed'],
    [4505, 'closed'],
    [4999, 'closed'],
  ] as const)('close code %i -> %s', (code, at) => {
    for (const link of [links.dialing, links.greeting, links.live, links.paused]) {
      expect(step(link, { ...events.dropped, code }, moment()).next.at).toBe(at);
    }
    expect(step(links.live, { ...events.bye, code }, moment()).next.at).toBe(at);
  });

  test('what the server said before it closed is the reason people see', () => {
    const fault = { failure: { code: 'overloaded', message: 'full; come back' }, retryMs: 9_000 };
    const { next } = step(links.greeting, { ...events.dropped, code: 4408, fault }, moment());
    expect(next).toMatchObject({
      at: 'waiting',
      until: NOW + 9_000 + 125,
      isTold: true,
      failure: { code: 'stalled', message: 'full; come back' },
    });
  });

  test('[CL9] bye names the time, bounded to five minutes', () => {
    expect(step(links.live, { ...events.bye, afterMs: 8_000 }, moment()).next).toMatchObject({
      until: NOW + 8_125,
      isTold: true,
    });
    expect(step(links.live, { ...events.bye, afterMs: 1e9 }, moment()).next).toMatchObject({ until: NOW + 300_125 });
  });
});

describe('[CL26] credentials', () => {
  const refused = {
    ...events.dropped,
    code: 4401,
    fault: { failure: { code: 'auth_invalid', message: 'bad' }, retryMs: null },
  };

  test('a refused one is tried again only if there can be another', () => {
    expect(step(links.greeting, refused, moment()).next).toMatchObject({
      at: 'waiting',
      until: NOW + 500,
      failure: { code: 'auth_invalid' },
    });
    const stuck = step(links.greeting, refused, moment(0, { canRenew: false })).next;
    expect(stuck).toMatchObject({ at: 'waiting', until: null });
    expect(nextTickAt(stuck, true)).toBeNull();
    expect(short(stuck, events.tick, moment(1e9))).toBe('waiting');
    expect(short(stuck, events.connect)).toBe('dialing dial');
  });

  test('4401 without a word means the same; a slow hello does not', () => {
    expect(step(links.live, { ...refused, fault: null }, moment()).next).toMatchObject({
      failure: { code: 'auth_required' },
    });
    const slow = {
      ...events.dropped,
      code: 4008,
      fault: { failure: { code: 'auth_required', message: 'no hello' }, retryMs: null },
    };
    const after = step(links.greeting, slow, moment(0, { canRenew: false })).next;
    expect(after).toMatchObject({ at: 'waiting', until: NOW + 500, failure: { code: 'hello_timeout' } });
  });

  test('[CL25] a paused connection asks the provider each 15 s, and never without one', () => {
    expect(short(links.paused, events.tick, moment(RENEW_MS - 1))).toBe('paused');
    const { next, effects } = step(
      { ...links.paused, life: { ...life, heardAt: NOW + 14_000 } },
      events.tick,
      moment(RENEW_MS),
    );
    expect(effects).toEqual([{ do: 'renew', socket: 1 }]);
    expect(next).toMatchObject({ at: 'paused', askAt: NOW + 2 * RENEW_MS });
    expect(short(links.live, events.asked, moment(0, { canRenew: false }))).toBe('live');
    expect(short(links.paused, events.connect, moment(0, { canRenew: false }))).toBe('dialing hangUp dial');
  });
});

describe('[CL6] [CL7] [CL8] life', () => {
  test('silence of hb + 5 s ends a connection', () => {
    const limit = HB + SILENCE_MS;
    expect(nextTickAt({ ...links.live, life: { ...life, probeAt: NOW + 1e6 } }, true)).toBe(NOW + limit);
    expect(short(links.live, events.tick, moment(limit - 1, { isVisible: false }))).toBe('live');
    expect(short(links.live, events.tick, moment(limit, { isVisible: false }))).toBe('waiting hangUp');
  });

  test('a tick that came late asks first: the page slept, and what came in is still unread', () => {
    const { next, effects } = step(links.live, events.tick, moment(HB + SILENCE_MS + 1_001));
    expect(effects).toEqual([{ do: 'probe', socket: 1, i: 2 }]);
    expect(next).toMatchObject({ at: 'live', life: { isFresh: false, probe: { isSecond: true } } });
    const late = NOW + HB + SILENCE_MS + 1_001 + PROBE_MS_MAX;
    expect(nextTickAt(next, true)).toBe(late);
    expect(short(next, events.tick, { ...moment(), now: late + 5_000 })).toBe('waiting hangUp');
    expect(step(next, events.heard, { ...moment(), now: late }).next).toMatchObject({ life: { isFresh: true } });
  });

  test('a probe without an answer ends it after 2.5 s; anything heard meanwhile gives it more time', () => {
    const { next } = step(links.live, events.wake, moment(5_000));
    expect(short(next, events.tick, moment(5_000 + PROBE_MS_MAX - 1))).toBe('live');
    expect(short(next, events.tick, moment(5_000 + PROBE_MS_MAX))).toBe('waiting hangUp');
    const heard = step(next, events.heard, moment(7_000)).next;
    expect(short(heard, events.tick, moment(5_000 + PROBE_MS_MAX))).toBe('live');
    expect(short(heard, events.tick, moment(7_000 + PROBE_MS_MAX))).toBe('waiting hangUp');
  });

  test('only the answer to the newest probe counts', () => {
    const { next } = step(links.live, events.wake, moment(5_000));
    expect(step(next, { ...events.ponged, i: 1 }, moment(5_100)).next).toMatchObject({
      life: { probe: { sentAt: NOW + 5_000 } },
    });
    expect(step(next, { ...events.ponged, i: 2 }, moment(5_100)).next).toMatchObject({ life: { probe: null } });
  });

  test('it probes each 30 s while a person looks', () => {
    const heard = { ...links.live, life: { ...life, heardAt: NOW + PROBE_EVERY_MS } };
    expect(short(heard, events.tick, moment(PROBE_EVERY_MS))).toBe('live probe');
    expect(short(heard, events.tick, moment(PROBE_EVERY_MS, { isVisible: false }))).toBe('live');
  });

  test('[CL11] token, opening and welcome together have ten seconds', () => {
    for (const link of [links.dialing, links.greeting]) {
      expect(nextTickAt(link, true)).toBe(NOW + DIAL_MS_MAX);
      expect(short(link, events.tick, moment(DIAL_MS_MAX - 1))).toBe(link.at);
      expect(short(link, events.tick, moment(DIAL_MS_MAX))).toBe('waiting hangUp');
      expect(short(link, events.wake, moment(DIAL_MS_MAX))).toBe('waiting hangUp');
    }
  });
});
