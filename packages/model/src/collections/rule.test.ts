import { expect, test } from 'vitest';
import type { z } from 'zod';
import { explain } from '../explain.ts';
import { alerts } from './alert.ts';
import { policyCreateSchema } from './policy.ts';
import { ruleCreateSchema, ruleFlaw, rulePatchSchema, selectorOf } from './rule.ts';

function refusal(schema: z.ZodType, body: unknown): string {
  const read = schema.safeParse(body);
  return read.success ? '' : explain(read.error, body);
}

const DOWN = { kind: 'status', is: ['down'] };
const STEPS = [{ afterMs: 0, channels: ['mail'] }];

test('[AL1] a rule is read whole, and what has a default may be left out', () => {
  expect(ruleCreateSchema.parse({ name: 'Slow', when: { kind: 'latency', aboveMs: 800 } }).when).toEqual({
    kind: 'latency',
    q: 'p95',
    aboveMs: 800,
    overMs: 600_000,
  });
  expect(ruleCreateSchema.parse({ name: 'x', when: { kind: 'anomaly' } }).when).toMatchObject({ sensitivity: 5 });
});

test.each([
  [{ name: 'x' }, /^when: found nothing, expected /],
  [{ name: 'x', when: { kind: 'weather' } }, /expected `kind` to be one of status/],
  [{ name: 'x', when: { kind: 'status', is: ['sad'] } }, /expected one of up, degraded/],
  [{ name: 'x', when: { kind: 'status', is: [] } }, /expected >= 1 entries/],
  [{ name: 'x', when: { ...DOWN, extra: 1 } }, /when\.extra: unknown field/],
  [{ name: 'x', when: DOWN, on: { collection: 'jobs', where: null } }, /found jobs, expected services or agents/],
  [
    { name: 'x', when: DOWN, on: { collection: 'services', where: ['eq', 'nope', 1] } },
    /services have no field "nope"/,
  ],
  [{ name: 'x', when: { kind: 'metric', subject: 'fleet', name: 'services.down' } }, /at least one of above/],
  [{ name: 'x', when: { kind: 'trend', of: 'metric', limit: 1 } }, /expected `subject` and `name`/],
  [{ name: 'x', when: DOWN, forMs: -1 }, /forMs: found -1, expected >= 0/],
  [{ name: 'x', when: DOWN, recovery: { kind: 'shell', command: 'rm' } }, /expected `kind` to be webhook or command/],
  [{ name: 'x', when: DOWN, recovery: { kind: 'webhook', channel: 'c', perDay: 0 } }, /perDay: found 0, expected >= 1/],
  [{ name: 'x', when: DOWN, builtin: 'down' }, /builtin: unknown field/],
])('[AL1] %j is no rule, and the refusal says why', (body, why) => {
  expect(refusal(ruleCreateSchema, body)).toMatch(why);
});

test('[AL1] a patch names what changes; whether the whole still fits is asked of the whole', () => {
  expect(rulePatchSchema.safeParse({ isEnabled: false }).success).toBe(true);
  expect(ruleFlaw({ kind: 'tools' }, { collection: 'agents', where: null })).toMatch(/expected services/);
  expect(ruleFlaw({ kind: 'tools' }, null)).toBeNull();
  expect(selectorOf({ kind: 'run', is: ['lost'], stalledMs: 60_000 })).toEqual({ collection: 'jobs', where: null });
});

test.each([
  [{ name: 'p', steps: [] }, /expected >= 1 entries/],
  [{ name: 'p', steps: [...STEPS, { afterMs: 0, channels: ['sms'] }] }, /each step later/],
  [{ name: 'p', steps: STEPS, reminderMs: 60_000 }, /reminderMs: found 60000, expected >= 300000/],
  [{ name: 'p', steps: STEPS, groupBy: ['moon'] }, /expected one of rule, subject, group, kind/],
  [{ name: 'p', steps: STEPS, quiet: [{ from: '25:00', to: '07:00' }] }, /time of day/],
  [{ name: 'p', steps: STEPS, quiet: [{ from: '07:00', to: '07:00' }] }, /differ/],
  [{ name: 'p', steps: STEPS, quiet: [{ from: '22:00', to: '07:00', zone: 'Mars/Base' }] }, /time zone/],
  [{ name: 'p', steps: STEPS, nextAt: 1 }, /nextAt: unknown field/],
])('[AL2] %j is no policy, and the refusal says why', (body, why) => {
  expect(refusal(policyCreateSchema, body)).toMatch(why);
});

test('[AL2] quiet hours let critical through and last every night, unless said otherwise', () => {
  expect(policyCreateSchema.parse({ name: 'p', steps: STEPS, quiet: [{ from: '22:00', to: '07:00' }] }).quiet).toEqual([
    { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '07:00', zone: 'UTC', bypass: ['critical'] },
  ]);
});

test('[AL3] nobody writes alerts', () => {
  expect(alerts.create.safeParse({}).success).toBe(false);
  expect(alerts.patch.safeParse({ state: 'resolved' }).success).toBe(false);
});
