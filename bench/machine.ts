/** What the rest of the machine was doing: on a shared machine it decides which windows can be believed. */
import { readFileSync } from 'node:fs';

/** Processor milliseconds all cores have spent busy since the machine started; null where it does not say. */
export function busyMs(): number | null {
  try {
    const line = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    if (line === undefined) return null;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(' ').map(Number);
    return (user + nice + system + irq + softirq) * MS_PER_TICK;
  } catch {
    return null;
  }
}

// USER_HZ is 100 on every Linux that Node runs on.
const MS_PER_TICK = 10;

/** The quieter half of some runs, by what others took, never by their results. */
export function quietest<T extends { readonly othersShare: number }>(runs: readonly T[]): readonly T[] {
  return runs.toSorted((a, b) => a.othersShare - b.othersShare).slice(0, Math.ceil(runs.length / 2));
}
