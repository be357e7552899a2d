/**
 * What becomes of one notification, from the person's preferences on the server to what a page says: every cell of
 * priority x preference x quiet hours x tab x throttle, against a table written by hand. The two halves are the real
 * ones: `ways` decides what reaches an inbox and may be heard, `Arrivals` what an open page makes of it.
 */
import { expect, test } from 'vitest';
import { Arrivals, type Arrival } from '../packages/client/src/look/arrivals.ts';
import { preferenceDefaults, PRIORITIES, type Preferences, type Priority } from '../packages/model/src/index.ts';
import { ways } from '../packages/server/src/derive/inbox.ts';

const NOON = Date.UTC(2026, 5, 1, 12);

const PREFERENCES = {
  'inbox, sound': { inbox: true, sound: true, minPriority: 'low' },
  inbox: { inbox: true, sound: false, minPriority: 'low' },
  'from high': { inbox: true, sound: true, minPriority: 'high' },
  'no inbox': { inbox: false, sound: true, minPriority: 'low' },
} as const;

/** T: a toast. #: counted in the toast that says how many more. S: heard. B: on the badge. -: nothing at all. */
const TABLE = `
                     |          no quiet hours         |           quiet hours           |   quiet, but for what is urgent |
                     |  looked at      |  not looked at  |  looked at      |  not looked at  |  looked at      |  not looked at  |
                     |  free  | spent  |  free  | spent  |  free  | spent  |  free  | spent  |  free  | spent  |  free  | spent  |
low    inbox, sound  |  SB    |  B     |  SB    |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |
normal inbox, sound  |  TSB   |  #B    |  SB    |  B     |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |
high   inbox, sound  |  TSB   |  #B    |  SB    |  B     |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |
urgent inbox, sound  |  TSB   |  #B    |  SB    |  B     |  TB    |  #B    |  B     |  B     |  TSB   |  #B    |  SB    |  B     |
low    inbox         |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |  B     |
normal inbox         |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |
high   inbox         |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |
urgent inbox         |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |
low    from high     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |
normal from high     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |
high   from high     |  TSB   |  #B    |  SB    |  B     |  TB    |  #B    |  B     |  B     |  TB    |  #B    |  B     |  B     |
urgent from high     |  TSB   |  #B    |  SB    |  B     |  TB    |  #B    |  B     |  B     |  TSB   |  #B    |  SB    |  B     |
low    no inbox      |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |
normal no inbox      |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |
high   no inbox      |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |
urgent no inbox      |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |  -     |
`;

const ROWS = new Map(
  TABLE.split('\n')
    .filter((line) => /^\w/u.test(line))
    .map((line) => {
      const [name = '', ...cells] = line.split('|').map((cell) => cell.trim());
      return [name.replace(/\s+/u, ' '), cells.slice(0, 12)] as const;
    }),
);

const COLUMNS = ['none', 'quiet', 'bypass'].flatMap((quiet) =>
  [true, false].flatMap((isSeen) => [false, true].map((isSpent) => ({ quiet, isSeen, isSpent }))),
);

const CELLS = PRIORITIES.flatMap((priority) =>
  Object.entries(PREFERENCES).flatMap(([name, wanted]) =>
    COLUMNS.map((column, i) => ({ priority, name, wanted, ...column, expected: ROWS.get(`${priority} ${name}`)?.[i] })),
  ),
);

test('the table has every cell', () => {
  expect(CELLS).toHaveLength(4 * 4 * 12);
  expect(ROWS.size).toBe(16);
});

test.each(CELLS)(
  '[IB3] [UI40] $priority, $name, quiet hours $quiet, looked at $isSeen, throttle spent $isSpent: $expected',
  ({ priority, wanted, quiet, isSeen, isSpent, expected }) => {
    const preferences: Pick<Preferences, 'quiet' | 'types'> = {
      types: { ...preferenceDefaults.types, alert: { ...preferenceDefaults.types.alert, ...wanted } },
      quiet:
        quiet === 'none'
          ? null
          : { days: [0, 1, 2, 3, 4, 5, 6], from: '11:00', to: '13:00', zone: 'UTC', bypassUrgent: quiet === 'bypass' },
    };
    const how = ways(preferences, { type: 'alert', priority }, NOON);
    const arrivals = new Arrivals<Arrival>();
    arrivals.look([], { now: NOON, isSeen: true });
    const before = isSpent ? [0, 1, 2].map((n) => arrival(`before ${n}`, 'normal', true)) : [];
    for (let i = 1; i <= before.length; i += 1) arrivals.look(before.slice(0, i), { now: NOON, isSeen: true });
    const unread = how.inbox ? [...before, arrival('it', priority, how.sound)] : before;
    const said = arrivals.look(unread, { now: NOON + 1, isSeen });
    const cell = [
      said.toasts.length > 0 ? 'T' : '',
      said.more > 0 ? '#' : '',
      said.tone === null ? '' : 'S',
      unread.length > before.length ? 'B' : '',
    ].join('');
    expect(cell === '' ? '-' : cell).toBe(expected);
  },
);

function arrival(id: string, priority: Priority, sound: boolean): Arrival {
  return { id, priority, sound, lastAt: NOON, snoozedUntil: null };
}
