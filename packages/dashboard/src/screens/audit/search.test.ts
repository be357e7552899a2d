import { expect, test } from 'vitest';
import { readAuditSearch } from './search.ts';

test('what the URL says of the log is read, and what is not understood is left out', () => {
  const whole = {
    q: 'web',
    actor: 'ann',
    action: 'services',
    target: 'services/web',
    outcome: 'refused',
    span: '7d',
    open: 4,
  };
  expect(readAuditSearch(whole)).toEqual(whole);
  expect(readAuditSearch({ q: '', target: 'Services/<b>', outcome: 'no', span: '9y', open: -1, other: 1 })).toEqual({});
});
