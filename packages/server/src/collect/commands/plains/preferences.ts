import { NOTIFICATION_TYPES, preferenceDefaults, type Preferences, type PreferencesPatch } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { personKey } from '../../../lib/person.ts';
import type { Plain } from '../plain.ts';

/** What one person wants. The record is the caller's own, whoever calls. */
export const preferences: Plain = {
  prefix: 'prf',
  idOf: (_fields, principal) => personKey(principal.id),
  born: (_deps, _draft, { principal, fields }) =>
    ok({ ...preferenceDefaults, push: [], ...joined(preferenceDefaults, fields), person: principal.id }),
  patched: (_deps, _draft, { row, fields }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `preferences` are Preferences.
    const known = row as Preferences;
    return ok({ ...known, ...joined(known, fields) });
  },
};

/** What is left out of a type keeps its value. */
function joined(known: Pick<Preferences, 'types'>, fields: JsonObject): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the schemas of preferences have read them.
  const { types = {} } = fields as PreferencesPatch;
  const next: Record<string, JsonObject> = {};
  for (const type of NOTIFICATION_TYPES) {
    const given = Object.entries(types[type] ?? {}).flatMap(([way, value]) =>
      value === undefined ? [] : [[way, value] as const],
    );
    next[type] = { ...known.types[type], ...Object.fromEntries(given) };
  }
  return { ...fields, types: next };
}
