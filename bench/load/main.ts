/** The load: one process with the clients of all servers under measurement, in groups. */
import { answer, note } from '../child.ts';
import { Group, type Connected, type GroupOptions } from './group.ts';
import type { Expected, Seen } from './tally.ts';

export type LoadCalls = {
  readonly connect: (args: { readonly group: string } & GroupOptions) => Promise<Connected>;
  readonly cut: (args: { readonly group: string }) => Promise<void>;
  /** Connects a group that was cut once more. */
  readonly comeBack: (args: { readonly group: string }) => Promise<Connected>;
  readonly expect: (args: { readonly group: string; readonly expected: Expected }) => void;
  /** Says how many deliveries were seen, as a note, again and again until `settle`. */
  readonly credit: (args: { readonly group: string; readonly each: number }) => void;
  readonly settle: (args: {
    readonly group: string;
    readonly nextK: number;
    readonly graceMs: number;
  }) => Promise<Seen>;
  readonly stall: (args: { readonly group: string; readonly count: number }) => { readonly bytes: number };
  /** Bytes that reached the first `count` clients so far. */
  readonly received: (args: { readonly group: string; readonly count: number }) => { readonly bytes: number };
  readonly leave: (args: { readonly group: string }) => void;
  readonly cpu: (args: null) => { readonly ms: number };
};

const groups = new Map<string, Group>();
let crediting: NodeJS.Timeout | null = null;

const calls: LoadCalls = {
  connect: ({ group, ...options }) => {
    const made = new Group(options);
    groups.set(group, made);
    return made.connect();
  },
  cut: ({ group }) => of(group).cut(),
  comeBack: ({ group }) => of(group).connect(),
  expect: ({ group, expected }) => of(group).expect(expected),
  credit: ({ group, each }) => {
    const seen = of(group);
    let told = -each;
    crediting = setInterval(() => {
      if (seen.covered - told < each) return;
      told = seen.covered;
      note({ seen: told });
    }, 1);
  },
  settle: ({ group, nextK, graceMs }) => {
    if (crediting !== null) clearInterval(crediting);
    crediting = null;
    return of(group).settle(nextK, graceMs);
  },
  stall: ({ group, count }) => ({ bytes: of(group).stall(count) }),
  received: ({ group, count }) => ({ bytes: of(group).received(count) }),
  leave: ({ group }) => {
    of(group).close();
    groups.delete(group);
  },
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return { ms: (user + system) / 1000 };
  },
};
answer(calls);

function of(name: string): Group {
  const group = groups.get(name);
  if (group === undefined) throw new Error(`there is no group ${name}`);
  return group;
}
