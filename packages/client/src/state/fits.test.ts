import { matches, parseFilter, type FilterJson, type Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits } from './fits.ts';

const scalar = fc.constantFrom<(string | number | boolean | null)[]>('a', 'ab', 'b', '', 0, 1, 2, true, false, null);
const field = fc.constantFrom('x', 'y', 'o.k', 'o.none', 'none');
const { filter } = fc.letrec<{ filter: FilterJson }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(fc.constantFrom('eq', 'neq'), field, scalar),
    fc.tuple(
      fc.constantFrom('lt', 'lte', 'gt', 'gte'),
      field,
      scalar.filter((each) => typeof each === 'string' || typeof each === 'number'),
    ),
    fc.tuple(fc.constantFrom('in', 'nin'), field, fc.array(scalar, { maxLength: 3 })),
    fc.tuple(fc.constant('prefix'), field, fc.constantFrom('a', '')),
    fc.tuple(fc.constant('contains'), field, fc.constantFrom('A', 'b', '')),
    fc.tuple(fc.constant('null'), field),
    fc.tuple(fc.constant('null'), field, fc.boolean()),
    fc.constant(['all']),
    fc.array(tie('filter'), { maxLength: 3 }).map((of) => ['and', ...of]),
    fc.array(tie('filter'), { maxLength: 3 }).map((of) => ['or', ...of]),
    tie('filter').map((of) => ['not', of]),
  ),
}));

test('[CL52] whether a row that is to be fits a view is answered as the server answers it', () => {
  fc.assert(
    fc.property(filter, scalar, scalar, scalar, (json, x, y, k) => {
      const parsed = parseFilter(json);
      if (!parsed.ok) return;
      const row: Row = { id: 'r', org: 'o', version: 1, x, y, o: { k } };
      expect(fits(json, row)).toBe(matches(parsed.value, row));
    }),
    { numRuns: 5_000 },
  );
});
