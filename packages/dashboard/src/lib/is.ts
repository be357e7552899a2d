import type { Status } from '@statewire/model';

const statuses: ReadonlySet<string> = new Set<Status>([
  'up',
  'degraded',
  'down',
  'unknown',
  'pending',
  'maintenance',
  'paused',
]);

/** Is the word one of the seven status words? */
export function isStatus(word: unknown): word is Status {
  return typeof word === 'string' && statuses.has(word);
}
