import { RE2JS } from 're2js';
import {
  mentions,
  parseCondition,
  unmetOf,
  type Condition,
  type ConditionScope,
  type Matcher,
  type Root,
} from '@statewire/model';
import { fail, type Fault } from '../egress/fault.ts';
import type { FactReading } from '../observation.ts';
import type { CheckPlan } from './plan.ts';
import { reading } from './probe.ts';

/** What the conditions of a check say of an answer: a fact, and the fault when one does not hold. */
export interface ConditionView {
  readonly fact: FactReading;
  readonly fault: Fault | null;
}

type Conditional = Pick<CheckPlan, 'conditions' | 'credentials' | 'degradedConditions' | 'secretHeaders'>;

/** Judges an answer by the check's conditions: those that must hold first. Null for a check without conditions. */
export function judgeConditions(plan: Conditional, scope: ConditionScope): ConditionView | null {
  if (plan.conditions.length + plan.degradedConditions.length === 0) return null;
  for (const [texts, code, v] of [
    [plan.conditions, 'condition_failed', 'fail'],
    [plan.degradedConditions, 'condition_degraded', 'warn'],
  ] as const) {
    for (const text of texts) {
      const fault = unmet(plan, text, scope, code);
      if (fault !== null) return { fault, fact: reading(isOurs(fault) ? 'unknown' : v, fault.code, fault.message) };
    }
  }
  return { fault: null, fact: reading('ok', 'conditions_hold', 'Every condition holds.') };
}

/** Whether a condition of this check speaks of a value. */
export function speaksOf(plan: Pick<CheckPlan, 'conditions' | 'degradedConditions'>, root: Root): boolean {
  return [...plan.conditions, ...plan.degradedConditions].some((text) => {
    const parsed = compiled(text);
    return parsed !== null && mentions(parsed).has(root);
  });
}

function unmet(plan: Conditional, text: string, scope: ConditionScope, code: string): Fault | null {
  const condition = compiled(text);
  if (condition === null) return fail('bad_condition', `The condition "${text}" cannot be read; correct it.`);
  try {
    const found = unmetOf(condition, scope, matches);
    if (found === null) return null;
    return fail(code, `Expected ${shorten(found.part)}, found ${withoutSecrets(plan, found.found)}.`);
  } catch (error) {
    if (error instanceof PatternError) return fail('bad_condition', `${error.message}; correct the condition.`);
    throw error;
  }
}

const isOurs = (fault: Fault): boolean => fault.code === 'bad_condition';

/** Parsed conditions by their text: checks run for months, and the same line for many services. */
const known = new Map<string, Condition | null>();
const KNOWN_MAX = 2_000;

function compiled(text: string): Condition | null {
  const found = known.get(text);
  if (found !== undefined) return found;
  const parsed = parseCondition(text);
  const condition = parsed.ok ? parsed.value : null;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, condition);
  return condition;
}

class PatternError extends Error {}

const patterns = new Map<string, RE2JS>();

/** RE2: time in proportion to the text, whatever the pattern. Only the beginning of a long text is searched. */
const matches: Matcher = ({ source, flags }, text) => {
  const key = `${flags}/${source}`;
  let pattern = patterns.get(key);
  if (pattern === undefined) {
    try {
      pattern = RE2JS.compile(source, flags === 'i' ? RE2JS.CASE_INSENSITIVE : 0);
    } catch {
      throw new PatternError(`The pattern /${source}/ is not one that RE2 knows`);
    }
    if (patterns.size >= KNOWN_MAX) patterns.clear();
    patterns.set(key, pattern);
  }
  return pattern.matcher(text.slice(0, MATCHED_MAX)).find();
};

/** Characters of a text that a pattern is looked for in. */
const MATCHED_MAX = 262_144;

function shorten(part: string): string {
  return part.length > 160 ? `${part.slice(0, 160)}...` : part;
}

/** A target may send back what we sent it; that must not become a reason people read. */
function withoutSecrets(plan: Conditional, found: string): string {
  const values = [...Object.values(plan.secretHeaders), ...Object.values(plan.credentials)].filter(
    (value) => value.length >= 4,
  );
  return values.some((value) => found.includes(value)) ? 'a hidden value' : found;
}
