import { AUDIT_DAYS, draftingDefaults } from '@statewire/model';
import { ok, type Json, type JsonObject } from '@statewire/protocol';
import type { Plain } from '../plain.ts';

/** Settings of the organization. What is not given keeps its value, at first the default. */
export const settings: Plain = {
  prefix: 'set',
  born: (_deps, _draft, { fields }) =>
    ok({
      auditDays: AUDIT_DAYS.default,
      requiresSecondFactor: false,
      ...fields,
      drafting: { ...draftingDefaults, ...given(fields['drafting']) },
    }),
  patched: (_deps, _draft, { row, fields }) =>
    ok({
      ...row,
      ...fields,
      drafting: { ...draftingDefaults, ...given(row['drafting']), ...given(fields['drafting']) },
    }),
};

function given(value: Json | undefined): JsonObject {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
