import { expect, test } from 'vitest';
import { filterOf, isNarrowed, readPeopleSearch, viewOf } from './search.ts';

test('what the address says is what is asked for, and what it says amiss is left out', () => {
  const search = readPeopleSearch({
    q: 7,
    status: ['trial', 3],
    tag: '',
    sort: 'users',
    down: true,
    trouble: 'yes',
    job: 'j',
  });
  expect(search).toEqual({ q: '7', status: ['trial'], sort: 'users', down: true, job: 'j' });
  expect(filterOf(search)).toEqual([
    'and',
    ['or', ['contains', 'name', '7'], ['contains', 'email', '7'], ['contains', 'externalId', '7'], ['eq', 'id', '7']],
    ['in', 'status', ['trial']],
  ]);
  expect(filterOf({})).toEqual(['and']);
  expect([isNarrowed(search), isNarrowed({ sort: 'name' })]).toEqual([true, false]);
  expect(viewOf(search)).toEqual({ q: '7', status: ['trial'], sort: 'users', down: true });
});
