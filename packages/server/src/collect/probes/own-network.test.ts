import { expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { OwnNetwork } from './own-network.ts';
import { observe, reading, type ProbeResult } from './probe.ts';

interface Lab {
  readonly clock: FakeClock;
  readonly told: (string | null)[];
  canary: string;
  /** Asked how often. */
  asked: number;
  readonly network: OwnNetwork;
  look(host: string, code: string): Promise<ProbeResult['observation']>;
}

function open(options: { readonly canary?: string } = {}): Lab {
  const clock = new FakeClock();
  const told: (string | null)[] = [];
  const lab: Lab = {
    clock,
    told,
    canary: options.canary ?? '',
    asked: 0,
    network: new OwnNetwork({
      clock,
      canary:
        options.canary === undefined
          ? null
          : () => {
              lab.asked += 1;
              return Promise.resolve(lab.canary);
            },
      onChange: (text) => told.push(text),
    }),
    async look(host, code) {
      const isOk = code === 'ok';
      const finding = {
        verdict: isOk ? ('healthy' as const) : ('unhealthy' as const),
        reason: { code, text: code },
        phase: isOk ? 'ready' : 'failed',
        facts: { reach: reading(isOk ? 'ok' : 'fail', code, code) },
        latencyMs: null,
      };
      const observation = observe(clock, { now: clock.now(), mono: clock.mono() }, finding);
      const judged = await lab.network.judge(planOf('tcp', `${host}:443`), {
        observation,
        inventory: null,
        evidence: null,
      });
      return judged.observation;
    },
  };
  return lab;
}

const hosts = Array.from({ length: 20 }, (_, i) => `h${i}.example`);

test('[OW1] twenty hosts without a route: the first are suspected, all others unknown, and there is one condition that ends', async () => {
  const lab = open();
  for (const host of hosts) await lab.look(host, 'ok');
  const verdicts: string[] = [];
  for (let turn = 0; turn < 3; turn++) {
    for (const host of hosts) verdicts.push((await lab.look(host, 'unreachable')).verdict);
    await lab.clock.run(10_000);
  }
  // Half of them must have failed before it can be us: no host is told down three times by then.
  expect(verdicts.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 'unhealthy'));
  expect(new Set(verdicts.slice(9))).toEqual(new Set(['unknown']));
  const last = await lab.look('h0.example', 'unreachable');
  expect(last).toMatchObject({
    verdict: 'unknown',
    reason: { code: 'own_network' },
    facts: { reach: { v: 'unknown' } },
  });
  expect(last.reason.text).toBe(
    'The network of this server fails: 20 of 20 hosts cannot be reached at once. The target was not judged.',
  );
  expect(lab.told).toHaveLength(1);
  for (const host of hosts) expect((await lab.look(host, 'ok')).verdict).toBe('healthy');
  expect(lab.told).toHaveLength(2);
  expect(lab.told[1]).toBeNull();
  expect((await lab.look('h0.example', 'unreachable')).verdict).toBe('unhealthy');
  lab.network.close();
});

test('[OW1] one dead host, a name that is gone and a refused port are theirs, also while the canary is silent', async () => {
  const lab = open({ canary: 'timeout' });
  for (const host of hosts) await lab.look(host, 'ok');
  for (const code of ['refused', 'dns', 'http_5xx'])
    expect((await lab.look('h0.example', code)).verdict).toBe('unhealthy');
  expect(lab.asked).toBe(0);
  lab.network.close();
});

test('[OW2] the canary is asked before a silence is believed: silent it is us, answering (also refusing) it is them', async () => {
  const lab = open({ canary: 'refused' });
  for (const host of hosts) await lab.look(host, 'ok');
  expect((await lab.look('h0.example', 'timeout_connect')).verdict).toBe('unhealthy');
  lab.canary = 'timeout_connect';
  await lab.clock.run(3_000);
  expect((await lab.look('h0.example', 'timeout_connect')).reason).toMatchObject({
    code: 'own_network',
    text: expect.stringContaining('canary'),
  });
  const before = lab.asked;
  for (const host of hosts) expect((await lab.look(host, 'timeout_connect')).verdict).toBe('unknown');
  // A thousand failures at once are one question.
  expect(lab.asked).toBe(before);
  lab.canary = 'ok';
  await lab.clock.run(6_000);
  // It ended although nobody was looked at.
  expect(lab.told).toEqual([expect.stringContaining('canary'), null]);
  expect((await lab.look('h0.example', 'timeout_connect')).verdict).toBe('unhealthy');
  lab.network.close();
  expect(lab.clock.pending).toBe(0);
});

test('[OW2] a canary that may not be asked, or whose question fails, excuses nobody', async () => {
  const lab = open({ canary: 'egress_denied' });
  expect((await lab.look('h0.example', 'timeout')).verdict).toBe('unhealthy');
  lab.network.close();
});
