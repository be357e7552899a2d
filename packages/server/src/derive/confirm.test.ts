import type { Health, Suspect } from '@statewire/model';
import { expect, test } from 'vitest';
import { confirm } from './confirm.ts';
import { RULES } from './examples.ts';

const LETTERS: Readonly<Record<string, Health>> = { h: 'healthy', g: 'degraded', u: 'unhealthy', '?': 'unknown' };

/** Feeds one verdict per second and writes down what is believed after each, with the stamp where it moved. */
function play(from: Health, verdicts: string, rules = RULES): string[] {
  let health = from;
  let suspect: Suspect | null = null;
  return verdicts.split('').map((letter, i) => {
    const verdict = LETTERS[letter] ?? 'unknown';
    const belief = confirm(health, suspect, { verdict, at: i + 1, final: false }, rules);
    ({ health, suspect } = belief);
    if (belief.movedAt !== null) return `${health}@${belief.movedAt}`;
    return suspect === null ? health : `${health}?${suspect.to} ${suspect.n}/${suspect.of} since ${suspect.since}`;
  });
}

test('[DE2] a change is believed after failAfter, degradeAfter or recoverAfter observations in a row', () => {
  expect(play('healthy', 'uuu')).toEqual([
    'healthy?unhealthy 1/3 since 1',
    'healthy?unhealthy 2/3 since 1',
    'unhealthy@1',
  ]);
  expect(play('healthy', 'ggg').at(-1)).toBe('degraded@1');
  expect(play('unhealthy', 'hh')).toEqual(['unhealthy?healthy 1/2 since 1', 'healthy@1']);
  expect(play('degraded', 'hh').at(-1)).toBe('healthy@1');
});

test('[DE2] an observation that agrees with what is believed clears the suspicion', () => {
  expect(play('healthy', 'uuhuuhuu').at(-1)).toBe('healthy?unhealthy 2/3 since 7');
  expect(play('healthy', 'uuh')[2]).toBe('healthy');
});

test('[DE2] unknown neither counts nor clears', () => {
  expect(play('healthy', 'u?u?').at(-1)).toBe('healthy?unhealthy 2/3 since 1');
  expect(play('healthy', 'u?u?u').at(-1)).toBe('unhealthy@1');
  expect(play('unhealthy', '????').at(-1)).toBe('unhealthy');
});

test('[DE3] from unknown the first healthy answer is believed at once, bad ones are counted', () => {
  expect(play('unknown', 'h')).toEqual(['healthy@1']);
  expect(play('unknown', 'uu').at(-1)).toBe('unknown?unhealthy 2/3 since 1');
  expect(play('unknown', 'uuu').at(-1)).toBe('unhealthy@1');
});

test('[DE3] worse inside bad is believed at once, better inside bad after recoverAfter', () => {
  expect(play('degraded', 'u')).toEqual(['unhealthy@1']);
  expect(play('unhealthy', 'gg')).toEqual(['unhealthy?degraded 1/2 since 1', 'degraded@1']);
});

test('[DE3] a run that alternates between bad and worse is believed as degraded, then as worse', () => {
  expect(play('healthy', 'ugu')).toEqual([
    'healthy?unhealthy 1/3 since 1',
    'healthy?degraded 2/3 since 1',
    'healthy?unhealthy 1/3 since 3',
  ]);
  expect(play('healthy', 'ugug').at(-1)).toBe('degraded@1');
  expect(play('healthy', 'ugugu').at(-1)).toBe('unhealthy@5');
});

test('[DE3] a recovery that alternates is believed as degraded, never as healthy', () => {
  expect(play('unhealthy', 'hg').at(-1)).toBe('degraded@1');
  expect(play('unhealthy', 'hghghg').some((line) => line.startsWith('healthy'))).toBe(false);
});

test('[DE3] a final verdict is believed at once, and a final unknown is not a verdict', () => {
  const said = { verdict: 'unhealthy', at: 9, final: true } as const;
  expect(confirm('healthy', null, said, RULES)).toEqual({ health: 'unhealthy', suspect: null, movedAt: 9 });
  expect(confirm('healthy', null, { ...said, verdict: 'unknown' }, RULES).health).toBe('healthy');
});

test('[DE2] thresholds of 1 believe everything at once', () => {
  const rules = { ...RULES, failAfter: 1, recoverAfter: 1, degradeAfter: 1 };
  expect(play('healthy', 'uhgh', rules)).toEqual(['unhealthy@1', 'healthy@2', 'degraded@3', 'healthy@4']);
});

test('[DE2] a threshold lowered while a suspicion is open takes effect at the next observation', () => {
  const open = confirm(
    'healthy',
    { to: 'unhealthy', n: 4, of: 9, since: 1 },
    { verdict: 'unhealthy', at: 5, final: false },
    RULES,
  );
  expect(open).toEqual({ health: 'unhealthy', suspect: null, movedAt: 1 });
});
