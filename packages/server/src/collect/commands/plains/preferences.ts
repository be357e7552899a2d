import {
  lookDefaults,
  NOTIFICATION_TYPES,
  preferenceDefaults,
  type Preferences,
  type PreferencesPatch,
} from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { personKey } from '../../../lib/person.ts';
import type { Plain } from '../plain.ts';

/** What one person wants. The record is the caller's own, whoever calls. */
export const preferences: Plain = {
  prefix: 'prf',
  idOf: (_fields, principal) => personKey(principal.id),
  born: (_deps, _draft, { principal, fields }) =>
    ok({ ...preferenceDefaults, push: [], look: null, ...joined(preferenceDefaults, fields), person: principal.id }),
  patched: (_deps, _draft, { row, fields }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `preferences` are Preferences.
    const known = row as Preferences;
    return ok({ ...known, ...joined(known, fields) });
  },
};

/** What is left out of a type, or of the look, keeps its value. */
function joined(
  known: Pick<Preferences, 'types'> & Partial<Pick<Preferences, 'look'>>,
  fields: JsonObject,
): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the schemas of preferences have read them.
  const { types = {}, look } = fields as PreferencesPatch;
  const next: Record<string, JsonObject> = {};
  for (const type of NOTIFICATION_TYPES) {
    const given = Object.entries(types[type] ?? {}).flatMap(([way, value]) =>
      value === undefined ? [] : [[way, value] as const],
    );
    next[type] = { ...known.types[type], ...Object.fromEntries(given) };
  }
  if (look === undefined) return { ...fields, types: next };
  const said = Object.fromEntries(Object.entries(look).filter(([, value]) => value !== undefined));
  return { ...fields, types: next, look: { ...lookDefaults, ...known.look, ...said } };
}
