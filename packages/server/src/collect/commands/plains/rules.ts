import type { Rule, RuleCreate } from '@statewire/model';
import { ok, refuse } from '@statewire/protocol';
import type { Plain } from '../plain.ts';

/** Rules. Those that come with the product are changed and disabled like any other, and stay. */
export const rules: Plain = {
  prefix: 'rule',
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the collection's create schema has read the fields.
  born: ({ engine }, _draft, { fields }) => ok(engine.alerts.newRule(fields as unknown as RuleCreate)),
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `rules` are Rule.
  patched: ({ engine }, _draft, { fields, row }) => engine.alerts.changedRule(row as Rule, fields),
  removed(_deps, _draft, { row }) {
    return row['builtin'] === null
      ? ok(null)
      : refuse('forbidden', `rules/${row.id} comes with the product and would come back; disable it instead`);
  },
};
