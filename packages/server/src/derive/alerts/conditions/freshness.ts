import { cannotSay, fails, holds, statusRow, type Asked, type ConditionOf, type Finding } from '../finding.ts';

/** No sign of life in time. Since the moment it was due, not since it was noticed. */
export function freshnessIs(when: ConditionOf<'freshness'>, { row }: Asked): Finding {
  const { fresh, dueAt, expiresAt, desired } = statusRow(row);
  const evidence = { fresh, dueAt, expiresAt };
  if (desired !== 'active') return fails('Nothing is awaited of it.', evidence);
  if (fresh === 'never') return cannotSay('It was never heard of.', evidence);
  if (fresh === 'live') return fails('It was heard of in time.', evidence);
  return when.is.includes(fresh)
    ? holds(
        fresh === 'late' ? 'The expected sign of life is late.' : 'The expected sign of life did not come.',
        evidence,
        dueAt,
      )
    : fails(`It is ${fresh}.`, evidence);
}
