import { expect, test } from 'vitest';
import { doubtOf, isExplained, ownFault, type CanaryWord, type Doubt, type OwnFault } from './own-fault.ts';

const look = (doubt: Doubt, count: number, until = 100): { until: number; doubt: Doubt }[] =>
  Array.from({ length: count }, () => ({ until, doubt }));

test.each<[string, number, number, number, CanaryWord, OwnFault['why'] | null]>([
  // network, silence, answered
  ['nobody was looked at', 0, 0, 0, 'none', null],
  ['all five have no route', 5, 0, 0, 'none', 'many'],
  ['four have no route: too few to say', 4, 0, 0, 'none', null],
  ['half have no route', 5, 0, 5, 'none', 'many'],
  ['less than half have no route', 5, 0, 6, 'none', null],
  ['a thousand have no route', 1_000, 0, 0, 'none', 'many'],
  ['all are silent: a firewall of theirs does that', 0, 50, 0, 'none', null],
  ['all are silent, the canary answers', 0, 50, 0, 'answers', null],
  ['all are silent, and so is the canary', 0, 50, 0, 'silent', 'canary'],
  ['one is silent, and so is the canary', 0, 1, 50, 'silent', 'canary'],
  ['many have no route although the canary answers: it may be named by its address', 6, 0, 6, 'answers', 'many'],
  ['silent ones count as looked at, not as failing', 5, 6, 0, 'none', null],
])('[OW1] %s', (_what, network, silence, answered, canary, why) => {
  const looks = [...look('network', network), ...look('silence', silence), ...look(null, answered)];
  expect(ownFault(looks, 50, canary)?.why ?? null).toBe(why);
});

test('[OW1] looks that are too old say nothing', () => {
  expect(ownFault([...look('network', 5), ...look(null, 50, 40)], 50, 'none')).toMatchObject({ failing: 5, of: 5 });
  expect(ownFault([...look('network', 5, 40), ...look(null, 5)], 50, 'none')).toBeNull();
});

test.each<[string, Doubt]>([
  ['unreachable', 'network'],
  ['resolver', 'network'],
  ['timeout_connect', 'silence'],
  ['timeout', 'silence'],
  ['dns', null],
  ['nxdomain', null],
  ['refused', null],
  ['reset', null],
  ['tls_failed', null],
  ['http_5xx', null],
  ['needs_auth', null],
])('[OW1] %s can be ours: %s', (code, doubt) => {
  expect(doubtOf(code)).toBe(doubt);
});

test('[OW1] a fault explains no more than it can', () => {
  expect(isExplained('network', { why: 'many', failing: 5, of: 5 })).toBe(true);
  expect(isExplained('silence', { why: 'many', failing: 5, of: 5 })).toBe(false);
  expect(isExplained('silence', { why: 'canary' })).toBe(true);
  expect(isExplained(null, { why: 'canary' })).toBe(false);
  expect(isExplained('network', null)).toBe(false);
});
