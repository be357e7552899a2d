import { expect, test } from 'vitest';
import type { Health } from '@statewire/model';
import { FakeClock } from '../../testing/fake-clock.ts';
import { observe, reading, type ProbeResult } from './probe.ts';
import { acrossPause } from './unjudged.ts';

function seen(verdict: Health): ProbeResult {
  const finding = {
    verdict,
    reason: { code: verdict === 'healthy' ? 'ok' : 'timeout', text: '' },
    phase: 'ready',
    facts: {
      reach: reading('ok', 'connected', ''),
      answer: reading(verdict === 'healthy' ? 'ok' : 'fail', 'timeout', ''),
    },
    latencyMs: 31_000,
    isFinal: true,
  };
  return { observation: observe(new FakeClock(), { now: 0, mono: 0 }, finding), inventory: null, evidence: null };
}

test('[OW5] an answer across a pause of ours is an answer, without its time', () => {
  expect(acrossPause(seen('healthy')).observation).toMatchObject({ verdict: 'healthy', latencyMs: null });
});

test.each<Health>(['unhealthy', 'degraded'])('[OW5] %s across a pause of ours is unknown, and not final', (verdict) => {
  expect(acrossPause(seen(verdict)).observation).toMatchObject({
    verdict: 'unknown',
    final: false,
    latencyMs: null,
    reason: { code: 'own_pause' },
    facts: { reach: { v: 'ok' }, answer: { v: 'unknown', code: 'own_pause' } },
  });
});
