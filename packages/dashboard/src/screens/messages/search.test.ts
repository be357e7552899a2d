import { expect, test } from 'vitest';
import { filterOf, isNarrowed, narrowing, readMessagesSearch, viewOf } from './search.ts';

test('what the address says is what is asked for, and what it says amiss is left out', () => {
  const search = readMessagesSearch({
    tab: 'draft',
    q: 7,
    priority: ['critical', 'loud'],
    audience: 'nobody',
    customer: 'acme',
    down: 'yes',
    copy: 'msg_1',
  });
  expect(search).toEqual({ tab: 'draft', q: '7', priority: ['critical'], customer: 'acme', copy: 'msg_1' });
  expect(filterOf(search)).toEqual([
    'and',
    ['or', ['contains', 'title', '7'], ['contains', 'body', '7'], ['eq', 'id', '7']],
    ['in', 'priority', ['critical']],
    ['eq', 'to.acme', true],
    ['eq', 'state', 'draft'],
  ]);
  expect(viewOf(search)).toEqual({ tab: 'draft', q: '7', priority: ['critical'], customer: 'acme' });
});

test('the bare page shows what is active; all are counted, whatever the tab', () => {
  expect(readMessagesSearch({ tab: 'active' })).toEqual({});
  expect(filterOf({})).toEqual(['and', ['eq', 'state', 'active']]);
  expect(filterOf({ tab: 'all' })).toEqual(['and']);
  expect(narrowing({ tab: 'draft', audience: 'operators' })).toEqual(['and', ['eq', 'audience', 'operators']]);
  expect([isNarrowed({ tab: 'all', sort: 'title' }), isNarrowed({ q: 'x' })]).toEqual([false, true]);
});
