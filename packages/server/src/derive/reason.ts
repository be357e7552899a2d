import type { Fact, Reason, Status, StatusRow } from '@statewire/model';
import { isMeasured } from './word.ts';

/**
 * Why the status is what it is. `said` is the reason of an observation that supports what is believed; a suspicion
 * does not change the reason of the belief it doubts.
 */
export function reasonOf(before: StatusRow, after: StatusRow, said: Reason | null): Reason {
  if (after.override !== null) {
    return {
      code: 'override',
      text: after.override.reason === '' ? `Set by ${after.override.by}.` : after.override.reason,
    };
  }
  if (after.desired === 'paused') return { code: 'paused', text: 'Paused.' };
  if (after.desired === 'retired') return { code: 'retired', text: 'Retired.' };
  if (after.overlay.maintenance !== null) return { code: 'maintenance', text: 'Under maintenance.' };
  if (after.fresh === 'never') return { code: 'pending', text: 'Waiting for the first observation.' };
  if (after.fresh === 'expired')
    return whyUnseen(after) ?? { code: 'expired', text: 'No sign of life in the expected time.' };
  if (after.health === 'unknown') {
    if (said !== null && said.text !== '') return said;
    return whyUnseen(after) ?? { code: 'unconfirmed', text: 'Not yet confirmed.' };
  }
  if (said !== null) return said;
  const isSame =
    isMeasured(before) &&
    before.fresh !== 'expired' &&
    before.health === after.health &&
    before.reason.code !== FLAPPING;
  return isSame ? before.reason : fromFacts(after);
}

/** The reason while flapping holds the shown status on something worse than what is measured now. */
export function heldReason(measured: Status, reason: Reason): Reason {
  const now = reason.text === '' ? measured : `${measured}: ${reason.text}`;
  return { code: FLAPPING, text: `Changes too often to be believed. Now ${now}` };
}

const FLAPPING = 'flapping';

/** Why the last look could not judge (an address it may not reach, a command that is not there); null when it could. */
function whyUnseen(row: StatusRow): Reason | null {
  if (row.observed !== 'unknown') return null;
  for (const fact of Object.values(row.facts)) {
    if (fact.v === 'unknown' && fact.at === row.observedAt) return { code: fact.code, text: fact.text };
  }
  return null;
}

/** The worst fact speaks; without one there is only the belief itself. */
function fromFacts(row: StatusRow): Reason {
  if (row.health === 'healthy') return { code: 'ok', text: '' };
  let worst: Fact | null = null;
  for (const fact of Object.values(row.facts)) {
    if (fact.v === 'fail' && worst?.v !== 'fail') worst = fact;
    else if (fact.v === 'warn' && worst === null) worst = fact;
  }
  if (worst !== null) return { code: worst.code, text: worst.text };
  return { code: row.health, text: '' };
}
