import { expect, test } from 'vitest';
import { bulkLack } from './bulk-lack.ts';

test('whoever may do what a bar does is told what the bar needs', () => {
  expect(bulkLack(['services:refresh'])).toEqual(['jobs:bulk', 'jobs:read']);
  expect(bulkLack(['alerts:*', '*:read'])).toEqual(['jobs:bulk']);
  expect(bulkLack(['*:mute', 'jobs:bulk'])).toEqual(['jobs:read']);
  expect(bulkLack(['customers:change', 'jobs:*'])).toEqual([]);
  expect(bulkLack(['*:*'])).toEqual([]);
});

test('whoever only looks, makes or reports is told nothing', () => {
  expect(bulkLack([])).toEqual([]);
  expect(bulkLack(['*:read', 'services:create', 'agents:report', 'incidents:*'])).toEqual([]);
});
