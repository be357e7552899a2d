import type { Limits } from '../lib/limits.ts';
import type { StorePart, StorePartName } from './store.ts';

/** A part of the store, and what it grows to. */
export interface Forecast extends StorePart {
  /** How old its rows become, ms; null for what does not go with age, or goes by a policy of each organization. */
  readonly keptMs: number | null;
  /** Bytes once its oldest row is as old as rows become, if rows come as they came so far; null when that is not known yet. */
  readonly fullBytes: number | null;
}

/** A part younger than this says little about what a day brings. */
const TOLD_AFTER_MS = 3_600_000;

/** What a store holds once everything in it is as old as it may become. */
export function forecastOf(parts: readonly StorePart[], limits: Limits, now: number): readonly Forecast[] {
  const kept = keptOf(limits);
  return parts.map((part) => {
    const keptMs = kept[part.part] ?? null;
    return { ...part, keptMs, fullBytes: fullBytesOf(part, keptMs, now) };
  });
}

function fullBytesOf({ bytes, oldestAt }: StorePart, keptMs: number | null, now: number): number | null {
  if (keptMs === null || oldestAt === null) return bytes;
  const ageMs = now - oldestAt;
  if (ageMs >= keptMs) return bytes;
  return ageMs < TOLD_AFTER_MS ? null : Math.round((bytes * keptMs) / ageMs);
}

function keptOf(limits: Limits): Partial<Record<StorePartName, number>> {
  return {
    changes: limits.changesMs,
    transitions: limits.transitionsMs,
    samples: limits.samplesMs,
    rollups5m: limits.rollups5mMs,
    rollups1h: limits.rollups1hMs,
    rollups1d: limits.rollups1dMs,
  };
}
