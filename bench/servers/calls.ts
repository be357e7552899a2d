/**
 * What every measured server answers, whoever it is: the same feed writes into it, the same clock and counters
 * measure it. Writes go straight into the process, so that no REST or publisher stands in the figures.
 */
import { answer, note } from '../child.ts';
import { micros } from '../clock.ts';

/** A server under measurement: something that takes update `k` and tells its clients. */
export interface Target {
  readonly port: number;
  /** Writes update `k`. Returns when it was taken, not when it was told. */
  publish(k: number): void;
  /** Resolves when everything written was taken in. */
  settled(): Promise<void>;
  /** Writes that were refused so far. */
  readonly refused: number;
  close(): Promise<void>;
}

/** An even stream of updates from number `k0` on, due from `t0` on. */
export interface Drive {
  readonly t0: number;
  readonly k0: number;
  readonly perSecond: number;
  /** Not measured, so that lanes, buffers and the compiler are warm. */
  readonly warmMs: number;
  readonly windowMs: number;
}

/** As many updates as the clients take: at most `outstanding` per client unseen, at most `burst` per turn. */
export interface Saturate {
  readonly k0: number;
  readonly clients: number;
  readonly outstanding: number;
  readonly burst: number;
  readonly warmMs: number;
  readonly windowMs: number;
}

/** What a stretch of writing cost. Only the window is measured. */
export interface Driven {
  /** Processor time of the whole process, all threads, user and system. */
  readonly cpuMs: number;
  readonly windowMs: number;
  readonly updates: number;
  /** First update inside the window, and the first that was not written. */
  readonly firstK: number;
  readonly nextK: number;
  /** Worst lateness of a write behind its due time. */
  readonly lateMsMax: number;
  readonly refused: number;
}

export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

export type ServerCalls = {
  readonly drive: (args: Drive) => Promise<Driven>;
  readonly saturate: (args: Saturate) => Promise<Driven>;
  /** Clients have seen this many deliveries in all since saturate began. */
  readonly credit: (args: { readonly seen: number }) => void;
  /** Writes updates as fast as they are taken. */
  readonly bulk: (args: { readonly k0: number; readonly count: number }) => Promise<{ readonly ms: number }>;
  /** After a full collection, or as it is. */
  readonly memory: (args: { readonly collect: boolean }) => Memory;
  readonly cpu: (args: null) => { readonly ms: number };
};

/** Says which port it is on, and answers until the asker is gone. */
export function serveTarget(target: Target): void {
  let seen = 0;
  let wake: () => void = () => {};
  const calls: ServerCalls = {
    drive: (args) => drive(target, args),
    saturate: (args) => {
      seen = 0;
      return saturate(target, args, { seen: () => seen, onCredit: (fn) => (wake = fn) });
    },
    credit: (args) => {
      ({ seen } = args);
      wake();
    },
    bulk: async ({ k0, count }) => {
      const start = micros();
      for (let k = k0; k < k0 + count; k += 1) {
        target.publish(k);
        if (k % BULK === 0) await target.settled();
      }
      await target.settled();
      return { ms: (micros() - start) / 1000 };
    },
    memory: ({ collect }) => {
      if (collect) for (let i = 0; i < 3; i += 1) globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      return { rss, heap: heapUsed };
    },
    cpu: () => ({ ms: cpuMs() }),
  };
  answer(calls, () => target.close());
  note({ port: target.port });
}

const BULK = 500;

function drive(target: Target, { t0, k0, perSecond, warmMs, windowMs }: Drive): Promise<Driven> {
  const from = t0 + warmMs * 1000;
  const until = from + windowMs * 1000;
  const perMicro = perSecond / 1e6;
  const refusedBefore = target.refused;
  let k = k0;
  let opened: { at: number; cpu: number; k: number } | null = null;
  let lateMsMax = 0;
  return new Promise((resolve) => {
    const turn = (): void => {
      const now = micros();
      if (opened === null && now >= from) opened = { at: now, cpu: cpuMs(), k };
      if (opened !== null && now >= until) {
        const cpu = cpuMs() - opened.cpu;
        void target.settled().then(() =>
          resolve({
            cpuMs: cpu,
            windowMs: (now - (opened?.at ?? now)) / 1000,
            updates: k - (opened?.k ?? k),
            firstK: opened?.k ?? k,
            nextK: k,
            lateMsMax,
            refused: target.refused - refusedBefore,
          }),
        );
        return;
      }
      const due = k0 + Math.floor(Math.max(0, now - t0) * perMicro);
      if (k < due && opened !== null) lateMsMax = Math.max(lateMsMax, (now - (t0 + (k - k0) / perMicro)) / 1000);
      for (; k < due; k += 1) target.publish(k);
      setTimeout(turn, 1);
    };
    turn();
  });
}

function saturate(
  target: Target,
  { k0, clients, outstanding, burst, warmMs, windowMs }: Saturate,
  credits: { readonly seen: () => number; onCredit(fn: () => void): void },
): Promise<Driven> {
  const start = micros();
  const from = start + warmMs * 1000;
  const until = from + windowMs * 1000;
  const refusedBefore = target.refused;
  let k = k0;
  let opened: { at: number; cpu: number; k: number } | null = null;
  let isTurning = false;
  return new Promise((resolve) => {
    const turn = (): void => {
      isTurning = false;
      const now = micros();
      if (opened === null && now >= from) opened = { at: now, cpu: cpuMs(), k };
      if (opened !== null && now >= until) {
        credits.onCredit(() => {});
        const { at, cpu, k: firstK } = opened;
        const spent = cpuMs() - cpu;
        void target.settled().then(() =>
          resolve({
            cpuMs: spent,
            windowMs: (now - at) / 1000,
            updates: k - firstK,
            firstK,
            nextK: k,
            lateMsMax: 0,
            refused: target.refused - refusedBefore,
          }),
        );
        return;
      }
      const room = outstanding - Math.ceil(k - k0 - credits.seen() / clients);
      for (let i = Math.min(room, burst); i > 0; i -= 1) {
        target.publish(k);
        k += 1;
      }
      // Without room the next credit wakes it: turning for nothing would be counted as the server's work.
      if (room > burst) again();
    };
    const again = (): void => {
      if (isTurning) return;
      isTurning = true;
      setImmediate(turn);
    };
    credits.onCredit(again);
    // In case the last credit came before the time was up.
    setTimeout(again, warmMs + 1);
    setTimeout(again, warmMs + windowMs + 1);
    again();
  });
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
