import type { Level } from '@statewire/model';
import type { Permissions, Scope } from '../../rest/keys.ts';

export type Preset = Scope;

/** The levels of each scope of a key, as the server has them; `report` does not include `read`. */
export const PRESETS: Readonly<Record<Preset, readonly Level[]>> = {
  read: ['read'],
  report: ['report'],
  admin: ['read', 'report', 'operate', 'admin'],
};

/** Every operation at these levels, by name: what a scope comes to today. */
export function atLevels(table: Permissions, levels: readonly Level[]): readonly string[] {
  return Object.entries(table).flatMap(([area, operations]) =>
    Object.entries(operations).flatMap(([operation, level]) =>
      levels.includes(level) ? [`${area}:${operation}`] : [],
    ),
  );
}
