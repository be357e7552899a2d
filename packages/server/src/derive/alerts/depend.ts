import type { Row } from '@statewire/protocol';

/** What a record needs to work, by ref: what it says itself, the service of a connection, the failed one the engine named. */
export function parentsOf(collection: string, row: Row): readonly string[] {
  const parents = new Set<string>();
  for (const ref of textsOf(row['dependsOn'])) parents.add(ref);
  const service = row['service'];
  if (collection === 'connections' && typeof service === 'string') parents.add(`services/${service}`);
  // A group that is as bad as its worst member has no failure of its own.
  const members = objectOf(row['members']);
  if (members !== null && members['rule'] === 'worst') for (const ref of textsOf(members['refs'])) parents.add(ref);
  const impactedBy = objectOf(row['overlay'])?.['impactedBy'];
  if (typeof impactedBy === 'string') parents.add(impactedBy);
  parents.delete(`${collection}/${row.id}`);
  return [...parents];
}

const DEPTH_MAX = 5;
const VISITED_MAX = 64;

/** Everything a record stands on, nearest first, bounded in depth and number; rings end by themselves. */
export function* upstream(ref: string, parents: (ref: string) => readonly string[]): Iterable<string> {
  const seen = new Set([ref]);
  let level: readonly string[] = [ref];
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth++) {
    const next: string[] = [];
    for (const child of level) {
      for (const parent of parents(child)) {
        if (seen.has(parent)) continue;
        if (seen.size > VISITED_MAX) return;
        seen.add(parent);
        next.push(parent);
        yield parent;
      }
    }
    level = next;
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
