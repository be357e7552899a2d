import { afterEach, expect, test } from 'vitest';
import { json, send, startScripted, type Script } from '../../testing/peers/faults.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import type { ProbeObservation } from '../observation.ts';
import { judgeConditions } from './conditions.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing({ probeBodyBytesMax: 100_000 });
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function probe(script: Script, more: Partial<CheckPlan>): Promise<ProbeObservation> {
  const server = await startScripted(script);
  closing.push(() => server.close());
  return (await probers.probe(planOf('http', server.url, { timeoutMs: 600, expectStatus: ['200-299'], ...more })))
    .observation;
}

const page: Script = ({ res }) => json(res, 200, { data: [{ state: 'ok' }], token: 'sw_abc' }, { 'x-cache': 'HIT' });
const conditions = (...texts: readonly string[]): Partial<CheckPlan> => ({ conditions: texts });
const worn = (...texts: readonly string[]): Partial<CheckPlan> => ({ degradedConditions: texts });

test.each<[name: string, script: Script, more: Partial<CheckPlan>, expected: string]>([
  [
    'all hold',
    page,
    conditions('status == 200', 'json.data[0].state in ["ok", "warn"] && header["X-Cache"] != "MISS"'),
    'healthy ok',
  ],
  [
    'latency and body',
    page,
    conditions('latency < 5s && body contains "state" && body matches /"st[a]te"/'),
    'healthy ok',
  ],
  ['a value is wrong', page, conditions('json.data[0].state == "up"'), 'unhealthy condition_failed'],
  ['a value is worrying', page, worn('json.data[0].state == "up"'), 'degraded condition_degraded'],
  [
    'both: the worse one counts',
    page,
    { ...conditions('status == 201'), ...worn('status == 202') },
    'unhealthy condition_failed',
  ],
  ['a status that is asked for', ({ res }) => send(res, 404, 'gone'), conditions('status == 404'), 'healthy ok'],
  [
    'a status that is not',
    ({ res }) => send(res, 404, 'gone'),
    conditions('body contains "gone"'),
    'unhealthy http_4xx',
  ],
  ['no JSON', ({ res }) => send(res, 200, '<html>'), conditions('json.a == 1'), 'unhealthy condition_failed'],
  ['no certificate', page, conditions('certificate.days > 14'), 'unhealthy condition_failed'],
  [
    'a body too large to judge',
    ({ res }) => send(res, 200, 'x'.repeat(200_000)),
    conditions('body contains "y"'),
    'unhealthy too_large',
  ],
  [
    'a body that need not be judged',
    ({ res }) => send(res, 200, 'x'.repeat(200_000)),
    conditions('status == 200'),
    'healthy ok',
  ],
])('[CK11] %s', async (_name, script, more, expected) => {
  const { verdict, reason } = await probe(script, more);
  expect(`${verdict} ${reason.code}`).toBe(expected);
});

test('[CK11] the reason says what was expected and what was found', async () => {
  const observation = await probe(page, conditions('status == 200 && json.data[0].state == "up"'));
  expect(observation.reason.text).toBe('Expected json.data[0].state == "up", found "ok".');
  expect(observation.facts['conditions']).toMatchObject({ v: 'fail', code: 'condition_failed' });
  expect(observation.facts['protocol']).toMatchObject({ v: 'ok' });
});

test('[CK11] what a target sends back of our secrets is hidden, and so is what sounds like one', async () => {
  const echo: Script = ({ req, res }) => json(res, 200, { you: req.headers['x-key'], token: 'sw_abc' });
  const secret = { secretHeaders: { 'x-key': 'k3y-of-ours' } };
  for (const text of ['json.you == 1', 'json.token == 1']) {
    const observation = await probe(echo, { ...secret, ...conditions(text) });
    expect(observation.reason.text).toBe(`Expected ${text}, found a hidden value.`);
  }
});

test('[CK11] a pattern takes time in proportion to the text, whatever it is', () => {
  const plan = planOf('http', 'http://a.example', { conditions: ['body matches /^(a+)+$/'] });
  const startedAt = performance.now();
  const view = judgeConditions(plan, { body: `${'a'.repeat(200_000)}b` });
  expect(view?.fault?.code).toBe('condition_failed');
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('[CK11] a pattern that RE2 does not know is our own to correct, and judges nobody', () => {
  const plan = planOf('http', 'http://a.example', { conditions: ['body matches /\\cA/'] });
  expect(judgeConditions(plan, { body: 'x' })).toMatchObject({
    fault: { code: 'bad_condition' },
    fact: { v: 'unknown' },
  });
});
