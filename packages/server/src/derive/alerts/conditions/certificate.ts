import type { Service } from '@statewire/model';
import { cannotSay, fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';

const DAY_MS = 86_400_000;

/** The certificate ends within so many days. */
export function certificateEnds({ days }: ConditionOf<'certificate'>, { row, now }: Asked): Finding {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the condition is about services.
  const { certificate } = row as Service;
  if (certificate === null) return cannotSay('Its certificate is not known.');
  const { expiresAt, issuer } = certificate;
  const daysLeft = Math.floor((expiresAt - now) / DAY_MS);
  const evidence = { daysLeft, days, expiresAt, issuer };
  if (expiresAt - now > days * DAY_MS) return fails(`The certificate is good for ${daysLeft} days.`, evidence);
  return holds(
    daysLeft < 0 ? 'The certificate has expired.' : `The certificate ends in ${daysLeft} days.`,
    evidence,
    expiresAt - days * DAY_MS,
  );
}
