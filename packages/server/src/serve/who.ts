import { createHash } from 'node:crypto';
import type { Principal } from '../lib/principal.ts';

/**
 * Names a principal to callers without saying its id: 16 hex digits, the same for the same principal on every connection
 * and after every restart, while they may see the same (`sightOf`). A page that holds rows told to another one drops them.
 */
export function whoOf({ kind, id, org }: Principal, sight = ''): string {
  return createHash('sha256')
    .update(JSON.stringify(sight === '' ? [kind, org, id] : [kind, org, id, sight]))
    .digest('hex')
    .slice(0, 16);
}
