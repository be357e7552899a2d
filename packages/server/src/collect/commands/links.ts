/**
 * Refs between services: what one depends on, and what a group consists of. A ring would have no first cause and no
 * status to begin with, so it is refused where it would be closed: at the write. A ref to a record that does not exist
 * is kept: it may come later, and it may have gone.
 */
import type { Service } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import { limits } from '../../lib/limits.ts';

/** What a service refers to. */
export type Links = Pick<Service, 'dependsOn' | 'members'>;

/** Refuses refs of a service that would close a ring or reach too deep. Asked before they are written. */
export function checkLinks(draft: Draft, id: string, links: Links): Result<null> {
  const dependencies = walk(draft, id, links, {
    field: 'dependsOn',
    of: (row) => row.dependsOn,
    depthMax: limits.dependsDepthMax,
  });
  if (!dependencies.ok) return dependencies;
  return walk(draft, id, links, {
    field: 'members.refs',
    of: (row) => row.members?.refs ?? [],
    depthMax: limits.groupDepthMax,
  });
}

interface Kind {
  readonly field: string;
  readonly of: (row: Links) => readonly string[];
  readonly depthMax: number;
}

/** Level by level from the service on: each is visited once, and the service itself must not come again. */
function walk(draft: Draft, id: string, links: Links, { field, of, depthMax }: Kind): Result<null> {
  const start = `services/${id}`;
  const from = new Map<string, string>();
  let level = [start];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) {
      return refuse(
        'bad_field',
        `${field}: found a chain of more than ${depthMax}, expected at most ${depthMax}; make it flatter`,
      );
    }
    const next: string[] = [];
    for (const ref of level) {
      for (const to of ref === start ? of(links) : linksOf(draft, ref, of)) {
        if (to === start) {
          const path = [start, ...pathTo(from, ref), start].join(' -> ');
          return refuse('bad_field', `${field}: found the ring ${path}, expected no way back; leave one of them out`);
        }
        if (from.has(to)) continue;
        from.set(to, ref);
        next.push(to);
      }
    }
    level = next;
  }
  return ok(null);
}

function pathTo(from: ReadonlyMap<string, string>, ref: string): readonly string[] {
  const path: string[] = [];
  for (let at: string | undefined = ref; at !== undefined && from.has(at); at = from.get(at)) path.unshift(at);
  return path;
}

function linksOf(draft: Draft, ref: string, of: Kind['of']): readonly string[] {
  if (!ref.startsWith('services/')) return [];
  const row = draft.get('services', ref.slice('services/'.length));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `services` are Service.
  return row === null ? [] : of(row as Service);
}
