/** Presence in the form of Phoenix: per key the list of what is said of each who shows it. */
import type { Json, JsonObject } from '@statewire/protocol';
import type { Meta, PresenceDiff } from '../rooms.ts';

export function presenceState(present: readonly Meta[]): JsonObject {
  const metas = Map.groupBy(present, ({ key }) => key);
  return Object.fromEntries(
    [...metas].map(([key, list]) => [
      key,
      { metas: list.map(({ ref, fields }): Json => ({ ...fields, phx_ref: ref })) },
    ]),
  );
}

export function presenceDiff({ joins, leaves }: PresenceDiff): JsonObject {
  return { joins: presenceState(joins), leaves: presenceState(leaves) };
}
