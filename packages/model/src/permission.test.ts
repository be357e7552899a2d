import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { allows, common } from './permission.ts';

const part = fc.constantFrom('*', 'a', 'b', 'c');
const set = fc.array(
  fc.tuple(part, part).map(([area, operation]) => `${area}:${operation}`),
  { maxLength: 6 },
);

test('[PM8] what two sets reach in common is what both reach, and nothing else', () => {
  fc.assert(
    fc.property(set, set, (one, other) => {
      const both = common(one, other);
      for (const area of ['a', 'b', 'c', 'd'])
        for (const operation of ['a', 'b', 'c', 'd']) {
          const asked = `${area}:${operation}`;
          expect(allows(both, asked), asked).toBe(allows(one, asked) && allows(other, asked));
        }
    }),
  );
});

test('[PM8] a star on each side meets in one permission', () => {
  expect(common(['services:*'], ['*:read'])).toEqual(['services:read']);
  expect(common(['*:*'], ['alerts:ack'])).toEqual(['alerts:ack']);
  expect(common(['alerts:ack'], ['alerts:read'])).toEqual([]);
});
