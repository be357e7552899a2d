import { expect, test } from 'vitest';
import { limits } from '../../../lib/limits.ts';
import type { Principal } from '../../../lib/principal.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { Kept } from './kept.ts';
import { grantOf, type TopicRule } from './policy.ts';

const caller: Principal = {
  kind: 'token',
  id: 'issuer|ada',
  name: 'Ada',
  org: 'main',
  scopes: ['read'],
  permissions: ['alerts:read'],
  isOperator: false,
  expiresAt: null,
  claims: { sub: 'ada', team: ['red', 'blue'], level: 3, plan: 'paid' },
};

function may(rule: Partial<TopicRule> & { readonly topic: string }, topic: string, principal = caller): boolean {
  const whole: TopicRule = { may: ['read', 'write'], of: ['broadcast', 'presence'], claims: {}, ...rule };
  return grantOf({ public: true, topics: [whole] }, principal, { topic, isPrivate: true }).broadcast.read;
}

test.each([
  ['room:*', 'room:1', true],
  ['room:*', 'room:', false],
  ['room:*', 'rooms:1', false],
  ['room', 'room', true],
  ['room', 'Room', false],
  ['user:{claims.sub}', 'user:ada', true],
  ['user:{claims.sub}', 'user:adam', false],
  ['user:{id}', 'user:issuer|ada', true],
  ['{org}:*', 'main:x', true],
  ['{org}:*', 'other:x', false],
  ['team:{claims.team}:*', 'team:blue:x', true],
  ['team:{claims.team}:*', 'team:green:x', false],
  ['level:{claims.level}', 'level:3', true],
  ['none:{claims.missing}', 'none:', false],
  ['*.{claims.team}.*', 'a.red.red.b', true],
])('[SB11] the policy of %s for the topic %s', (topic, asked, isMeant) => expect(may({ topic }, asked)).toBe(isMeant));

test('[SB11] a policy is for whoever has its claims and its permission, and gives what it says and no more', () => {
  expect(may({ topic: '*', claims: { plan: 'paid', team: 'red' } }, 'x')).toBe(true);
  expect(may({ topic: '*', claims: { plan: 'free' } }, 'x')).toBe(false);
  expect(may({ topic: '*', claims: { plan: 'paid', other: 'red' } }, 'x')).toBe(false);
  expect(may({ topic: '*', needs: 'alerts:read' }, 'x')).toBe(true);
  expect(may({ topic: '*', needs: 'alerts:ack' }, 'x')).toBe(false);
  const rules: TopicRule[] = [
    { topic: 'a', may: ['read'], of: ['broadcast'], claims: {} },
    { topic: '*', may: ['write'], of: ['presence'], claims: {} },
  ];
  const config = { public: false, topics: rules };
  expect(grantOf(config, caller, { topic: 'a', isPrivate: true })).toEqual({
    broadcast: { read: true, write: false },
    presence: { read: false, write: true },
  });
  const none = { broadcast: { read: false, write: false }, presence: { read: false, write: false } };
  expect(grantOf(config, caller, { topic: 'a', isPrivate: false })).toEqual(none);
});

test('[SB13] what was said is kept by topic, age and bytes; what was asked to be kept goes last', () => {
  const clock = new FakeClock();
  const kept = new Kept({ clock, limits: { ...limits, keptPerTopicMax: 3, keptMs: 1_000, keptBytesMax: 2_000 } });
  const all = (topic: string) =>
    kept.since('main', topic, { since: 0, limit: 25 }).map(({ payload }) => ('x' in payload ? payload['x'] : null));
  const say = (topic: string, x: number, ttlMs: number | null = null): void =>
    kept.keep('main', topic, { event: 'e', payload: { x } }, ttlMs);
  say('t', 1, Number.MAX_SAFE_INTEGER);
  say('t', 2);
  say('t', 3, 500);
  say('t', 4);
  expect(all('t')).toEqual([1, 3, 4]);
  expect(kept.since('other', 't', { since: 0, limit: 25 })).toEqual([]);
  expect(kept.since('main', 't', { since: 0, limit: 1 }).map(({ payload }) => payload)).toEqual([{ x: 4 }]);
  clock.advance(600);
  expect(all('t')).toEqual([1, 4]);
  clock.advance(600);
  expect(all('t')).toEqual([]);
  for (let n = 0; n < 100; n += 1) say(`topic ${n}`, n);
  expect(kept.bytes).toBeLessThanOrEqual(2_000);
  expect(all('topic 99')).toEqual([99]);
  expect(all('topic 0')).toEqual([]);
});
