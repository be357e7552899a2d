import { isRecordId } from '@statewire/protocol';
import { createHash } from 'node:crypto';

/**
 * The id under which a person's own records are kept. A principal's id as it is where that fits a record's id; the
 * subject of a foreign issuer (`https://issuer|sub`) does not.
 */
export function personKey(person: string): string {
  if (isRecordId(person) && !person.startsWith(HASHED)) return person;
  return `${HASHED}${createHash('sha256').update(person).digest('base64url')}`;
}

// Kept apart from ids as they are, so that nobody can be called what somebody else is hashed to.
const HASHED = 'person:';
