/** Puts servers and one load process up beside each other and measures them in turn. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import { micros } from './clock.ts';
import type { DialectName } from './load/dialects.ts';
import type { Connected, GroupOptions } from './load/group.ts';
import type { LoadCalls } from './load/main.ts';
import type { Seen } from './load/tally.ts';
import type { Driven, Memory, ServerCalls } from './servers/calls.ts';
import { busyMs } from './machine.ts';
import type { Workload } from './workload.ts';

/** Someone to measure. */
export interface Peer {
  readonly name: string;
  readonly dialect: DialectName;
  readonly variant: string;
  /** Our interval class. */
  readonly intervalMs?: number | undefined;
}

export const PEERS = {
  socketio: { name: 'Socket.IO 4.8.4', dialect: 'socketio', variant: '' },
  ws: { name: 'ws, send per client', dialect: 'ws', variant: 'send' },
  wsFrame: { name: 'ws, one frame per update', dialect: 'ws', variant: 'frame' },
  ours0: { name: 'Statewire, at once', dialect: 'statewire', variant: 'memory', intervalMs: 0 },
  ours50: { name: 'Statewire, 50 ms', dialect: 'statewire', variant: 'memory', intervalMs: 50 },
  ours100: { name: 'Statewire, 100 ms', dialect: 'statewire', variant: 'memory', intervalMs: 100 },
  sqlite50: { name: 'Statewire, 50 ms, SQLite', dialect: 'statewire', variant: 'sqlite', intervalMs: 50 },
} as const satisfies Record<string, Peer>;

/** A server that is up, with its clients. */
export interface Contender {
  readonly peer: Peer;
  readonly group: string;
  readonly server: Child<ServerCalls>;
  readonly port: number;
  nextK: number;
}

export interface ArenaOptions {
  /** Write processor profiles of our servers into this folder. */
  readonly profileDir?: string | undefined;
}

export class Arena {
  readonly load: Child<LoadCalls> = new Child('./load/main.ts');
  readonly #options: ArenaOptions;
  readonly #contenders: Contender[] = [];
  readonly #dirs: string[] = [];

  constructor(options: ArenaOptions) {
    this.#options = options;
  }

  /** Starts a server; nobody is connected to it yet. */
  async start(peer: Peer, workload: Workload): Promise<Contender> {
    const dir = peer.variant === 'sqlite' ? mkdtempSync(join(tmpdir(), 'statewire-bench-')) : undefined;
    if (dir !== undefined) this.#dirs.push(dir);
    const { profileDir } = this.#options;
    const node =
      profileDir === undefined || peer.dialect !== 'statewire' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
    const server = new Child<ServerCalls>(`./servers/${peer.dialect}.ts`, {
      args: [JSON.stringify({ workload, variant: peer.variant, dir })],
      node,
    });
    const port = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${peer.name} did not start within 20 s`)), 20_000);
      server.onNote = (note) => {
        clearTimeout(timer);
        resolve(portIn(note));
      };
    });
    const contender = { peer, group: `${peer.name} #${this.#contenders.length}`, server, port, nextK: 0 };
    this.#contenders.push(contender);
    return contender;
  }

  /** Connects clients to a server. */
  connect(contender: Contender, options: Omit<GroupOptions, 'dialect' | 'intervalMs' | 'port'>): Promise<Connected> {
    const { peer, group, port } = contender;
    const { dialect, intervalMs } = peer;
    return this.load.ask('connect', { group, dialect, port, intervalMs, ...options });
  }

  /** An even stream of updates for a while; what it cost and what was seen. */
  async drive(contender: Contender, args: { perSecond: number; warmMs: number; windowMs: number }): Promise<Run> {
    const { group, server, nextK: k0 } = contender;
    const { perSecond, warmMs } = args;
    const t0 = micros() + 50_000;
    await this.load.ask('expect', { group, expected: { t0, k0, perSecond, warmMs } });
    const watch = await this.#watch(contender);
    const driven = await server.ask('drive', { t0, k0, ...args });
    const shares = await watch();
    contender.nextK = driven.nextK;
    const seen = await this.load.ask('settle', { group, nextK: driven.nextK, graceMs: SETTLE_MS });
    return { ...driven, seen, ...shares };
  }

  /** The same without waiting for what was seen; `expect` and `settle` are the caller's. */
  async driveOnly(contender: Contender, args: { perSecond: number; windowMs: number }): Promise<Driven> {
    const { group, server, nextK: k0 } = contender;
    const t0 = micros() + 50_000;
    await this.load.ask('expect', { group, expected: { t0, k0, perSecond: args.perSecond, warmMs: 0 } });
    const driven = await server.ask('drive', { t0, k0, warmMs: 0, ...args });
    contender.nextK = driven.nextK;
    return driven;
  }

  /** As fast as the clients take it, with a bound on what is on its way. */
  async saturate(
    contender: Contender,
    args: { clients: number; outstanding: number; burst: number; warmMs: number; windowMs: number },
  ): Promise<Run> {
    const { group, server, nextK: k0 } = contender;
    await this.load.ask('expect', { group, expected: { t0: 0, k0, perSecond: 0, warmMs: 0 } });
    await this.load.ask('credit', { group, each: args.clients });
    this.load.onNote = (note) => server.tell('credit', { seen: seenIn(note) });
    const watch = await this.#watch(contender);
    const driven = await server.ask('saturate', { k0, ...args });
    const shares = await watch();
    contender.nextK = driven.nextK;
    const seen = await this.load.ask('settle', { group, nextK: driven.nextK, graceMs: SETTLE_MS });
    return { ...driven, seen, ...shares };
  }

  /** Starts to look at who takes the processors; the answer says who did since. */
  async #watch({ server }: Contender): Promise<() => Promise<Shares>> {
    const look = async (): Promise<{ at: number; load: number; server: number; all: number | null }> => ({
      at: micros(),
      load: (await this.load.ask('cpu', null)).ms,
      server: (await server.ask('cpu', null)).ms,
      all: busyMs(),
    });
    const from = await look();
    return async () => {
      const to = await look();
      const ms = (to.at - from.at) / 1000;
      const load = to.load - from.load;
      const own = load + to.server - from.server;
      const others = to.all === null || from.all === null ? 0 : Math.max(0, to.all - from.all - own);
      return { loadShare: load / ms, othersShare: others / ms };
    };
  }

  async memory(contender: Contender, collect: boolean): Promise<Memory> {
    return contender.server.ask('memory', { collect });
  }

  /** Ends one server and its clients. */
  async stop(contender: Contender, isConnected = true): Promise<void> {
    if (isConnected) await this.load.ask('leave', { group: contender.group });
    await contender.server.close();
  }

  async close(): Promise<void> {
    await this.load.close();
    await Promise.all(this.#contenders.map(({ server }) => server.close()));
    for (const dir of this.#dirs) rmSync(dir, { recursive: true, force: true });
  }
}

/** A stretch of load: what the server spent and what its clients saw. */
export interface Run extends Driven, Shares {
  readonly seen: Seen;
}

/** Parts of one core. */
interface Shares {
  /** The load process. */
  readonly loadShare: number;
  /** Everything on this machine that is not the benchmark; 0 where that cannot be known. */
  readonly othersShare: number;
}

const SETTLE_MS = 4_000;

function portIn(note: unknown): number {
  return numberIn(note, 'port');
}

function seenIn(note: unknown): number {
  return numberIn(note, 'seen');
}

function numberIn(note: unknown, field: string): number {
  if (typeof note === 'object' && note !== null && field in note) {
    const value: unknown = Reflect.get(note, field);
    if (typeof value === 'number') return value;
  }
  throw new Error(`expected a note with ${field}, found ${JSON.stringify(note)}`);
}
