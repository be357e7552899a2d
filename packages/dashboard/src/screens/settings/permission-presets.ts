import { type Level, SCOPE_LEVELS } from '@statewire/model';
import type { Permissions, Scope } from '../../rest/keys.ts';

export type Preset = Scope;

/** What somebody may begin with: what a key of each scope has. */
export const PRESETS: Readonly<Record<Preset, readonly Level[]>> = SCOPE_LEVELS;

/** Every operation at these levels, by name: what a scope comes to today. */
export function atLevels(table: Permissions, levels: readonly Level[]): readonly string[] {
  return Object.entries(table).flatMap(([area, operations]) =>
    Object.entries(operations).flatMap(([operation, level]) =>
      levels.includes(level) ? [`${area}:${operation}`] : [],
    ),
  );
}
