import type { Policy, PolicyCreate, Rule, RuleCreate } from '@statewire/model';
import { ruleFlaw, selectorOf } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import { actOn } from './alert.ts';
import { nextDigestAt } from './quiet.ts';
import { ruleFields } from './shipped.ts';

/** What commands need of alerts; the collecting stage gets it handed with the engine. */
export interface AlertEngine {
  readonly actOn: typeof actOn;
  readonly newRule: typeof newRule;
  readonly changedRule: typeof changedRule;
  readonly newPolicy: typeof newPolicy;
  readonly changedPolicy: typeof changedPolicy;
}

export const alertEngine: AlertEngine = { actOn, newRule, changedRule, newPolicy, changedPolicy };

/** All fields of a rule somebody makes. */
export function newRule(given: RuleCreate): JsonObject {
  return ruleFields({ ...given, on: given.on ?? selectorOf(given.when) }, null);
}

/** A rule with some fields changed, if the condition still fits what it looks at. */
export function changedRule(rule: Rule, fields: JsonObject): Result<JsonObject> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the collection's own schema has read the fields.
  const next = { ...rule, ...fields } as Rule;
  const flaw = ruleFlaw(next.when, next.on);
  return flaw === null ? ok(next) : refuse('bad_field', `on: ${flaw}`);
}

/** All fields of a policy somebody makes. */
export function newPolicy(given: PolicyCreate, now: number): JsonObject {
  return digested(
    {
      observedAt: null,
      labels: given.labels ?? {},
      source: null,
      name: given.name,
      isDefault: given.isDefault ?? false,
      match: { severity: given.match?.severity ?? null, on: given.match?.on ?? null },
      groupBy: given.groupBy ?? ['rule'],
      groupWaitMs: given.groupWaitMs ?? 10_000,
      groupIntervalMs: given.groupIntervalMs ?? 300_000,
      steps: given.steps.map(({ afterMs, channels }) => ({ afterMs, channels })),
      repeatMs: given.repeatMs ?? null,
      reminderMs: given.reminderMs ?? null,
      quiet: (given.quiet ?? []).map((hours) => ({ ...hours })),
      digest: given.digest === null || given.digest === undefined ? null : { ...given.digest },
      sendResolved: given.sendResolved ?? true,
      nextAt: null,
    },
    now,
  );
}

/** A policy with some fields changed. */
export function changedPolicy(policy: Policy, fields: JsonObject, now: number): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the field was read by the collection's schema.
  const match = fields['match'] as Partial<Policy['match']> | undefined;
  const whole = match === undefined ? policy.match : { severity: match.severity ?? null, on: match.on ?? null };
  return digested({ ...policy, ...fields, match: whole }, now);
}

function digested(fields: JsonObject, now: number): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the field was read by the collection's schema.
  const digest = fields['digest'] as Policy['digest'];
  return { ...fields, nextAt: digest === null ? null : nextDigestAt(digest, now) };
}
