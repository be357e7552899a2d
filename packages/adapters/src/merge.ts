import type { RunReport } from '@statewire/client';
import { STEPS_MAX } from './words.ts';

/** Two reports of one attempt as one: the newer value of each field, and of each step; `done` never falls. */
export function merge(older: RunReport | null, newer: RunReport): RunReport {
  if (older === null) return newer;
  const steps = new Map<string, Step>();
  for (const step of [...(older.steps ?? []), ...(newer.steps ?? [])]) {
    steps.set(step.id, { ...steps.get(step.id), ...step });
  }
  const both: RunReport = { ...older, ...newer };
  return {
    ...both,
    ...(both.done === undefined ? {} : { done: Math.max(older.done ?? 0, both.done) }),
    ...(steps.size === 0 ? {} : { steps: [...steps.values()].slice(-STEPS_MAX) }),
  };
}

/** What `report` says that `told` did not say already, or null. */
export function news(told: RunReport | null, report: RunReport): RunReport | null {
  if (told === null) return report;
  const isMove = report.state !== undefined && report.state !== told.state;
  const known = new Map(told.steps?.map((step) => [step.id, step]));
  const steps = report.steps?.filter((step) => !says(known.get(step.id), step)) ?? [];
  const fresh: RunReport = Object.fromEntries(
    Object.entries(report).filter(([name, value]) => {
      if (name === 'steps' || value === undefined) return false;
      // A state that is new takes the reason of the old one away.
      if (name === 'reason' && isMove) return true;
      // A smaller amount is an older one.
      if (name === 'done') return typeof value === 'number' && value > (told.done ?? -1);
      return !same(Reflect.get(told, name), value);
    }),
  );
  const all: RunReport = steps.length === 0 ? fresh : { ...fresh, steps };
  return Object.keys(all).length === 0 ? null : all;
}

type Step = NonNullable<RunReport['steps']>[number];

function says(known: Step | undefined, step: Step): boolean {
  return known !== undefined && same({ ...known, ...step }, known);
}

/** Reports are small, and made by the same code in the same order of fields. */
function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
