import type { Status, StatusRow } from '@statewire/model';
import { cannotSay, fails, holds, statusRow, type Asked, type ConditionOf, type Finding } from '../finding.ts';

/**
 * The status is one of these words. During maintenance the measured health is asked, so that what broke then is known
 * when it ends. A record nobody can judge (unknown, pending) says nothing: our own gap is no recovery.
 */
export function statusIs(when: ConditionOf<'status'>, { row }: Asked): Finding {
  const record = statusRow(row);
  const word = trueWord(record);
  const evidence = { status: word, code: record.reason.code, since: record.since };
  if (when.is.includes(word)) {
    return holds(record.reason.text === '' ? `Status is ${word}.` : record.reason.text, evidence, record.since);
  }
  if (word === 'unknown' || word === 'pending') return cannotSay(`Status is ${word}.`, evidence);
  return fails(`Status is ${word}.`, evidence, record.since);
}

/** The status without the maintenance that covers it. */
export function trueWord(row: StatusRow): Status {
  if (row.status !== 'maintenance') return row.status;
  if (row.health === 'unhealthy') return 'down';
  if (row.health === 'degraded') return 'degraded';
  return row.health === 'healthy' ? 'up' : 'unknown';
}
