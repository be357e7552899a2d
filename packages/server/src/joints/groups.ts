import type { Members, Service, StatusRow } from '@statewire/model';
import { matches, ok, parseFilter, type Filter, type Row } from '@statewire/protocol';
import type { MembersObservation } from '../collect/observation.ts';
import { groupOf, type Member } from '../derive/group.ts';
import type { Change, Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import { observeIn, type ObserveDeps } from '../keep/observe.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { Turns } from '../lib/turns.ts';

export interface GroupsDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'orgs' | 'entries' | 'get'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly rulesOf: ObserveDeps['rulesOf'];
  readonly limits: Pick<Limits, 'followRetryMs' | 'followSliceRows'>;
  readonly onError: (error: unknown, what: string) => void;
}

const COLLECTIONS = ['services', 'agents', 'connections'] as const;

/** Why a group is worked out: members moved at a time, or (null) it consists of others now. */
type Cause = number | null;

/**
 * Keeps groups in step with their members: follows every commit, knows which group a record belongs to without a
 * search, and works a group out at most once per turn whatever happens to its members. A group in a group is followed
 * as any member is.
 */
export class Groups {
  readonly #deps: GroupsDeps;
  readonly #orgs = new Map<string, Org>();
  readonly #turns: Turns<Cause>;

  constructor(deps: GroupsDeps) {
    this.#deps = deps;
    this.#turns = new Turns<Cause>({
      clock: deps.clock,
      retryMs: deps.limits.followRetryMs,
      // A group that consists of others now has no time but now.
      merge: (a, b) => (a === null || b === null ? null : Math.max(a, b)),
      run: (org, asked) => this.#write(org, asked),
      onError: (error) => deps.onError(error, 'groups could not be worked out'),
    });
  }

  /** Takes up every group, and works out those whose members moved while we were away. */
  start(): void {
    const { live } = this.#deps;
    for (const org of live.orgs()) {
      for (const { row } of live.entries(org, 'services')) this.#takeUp(org, null, row);
    }
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    const { org } = committed;
    for (const change of committed.changes) {
      if (!isFollowed(change.collection)) continue;
      if (change.collection === 'services') this.#takeUp(org, change.before, change.after);
      this.#member(org, change);
    }
  }

  close(): void {
    this.#turns.close();
  }

  /** A service that is or was a group. */
  #takeUp(org: string, before: Row | null, after: Row | null): void {
    const id = (after ?? before)?.id ?? '';
    const was = membersOf(before);
    const is = membersOf(after);
    if (was === null && is === null) return;
    if (is === null) {
      this.#orgs.get(org)?.delete(id);
      return;
    }
    const isEdited = was === null || JSON.stringify(was) !== JSON.stringify(is);
    if (isEdited) this.#org(org).set(id, this.#groupOf(org, is));
    // A group that was resumed starts from nothing, as everything does.
    if (isEdited || before?.['desired'] !== after?.['desired']) this.#turns.ask(org, id, null);
  }

  #groupOf(org: string, members: Members): Group {
    const filter = members.where === null ? null : parseFilter(members.where);
    const group: Group = {
      refs: new Set(members.refs),
      filter: filter !== null && filter.ok ? filter.value : null,
      found: new Set(),
    };
    if (group.filter !== null) {
      for (const { id, row } of this.#deps.live.entries(org, 'services')) {
        if (isFound(group.filter, row)) group.found.add(`services/${id}`);
      }
    }
    return group;
  }

  /** A record that may be a member of groups. */
  #member(org: string, { collection, id, before, after }: Change): void {
    const groups = this.#orgs.get(org);
    if (groups === undefined) return;
    const ref = `${collection}/${id}`;
    const moved = movedAt(before, after);
    for (const [groupId, group] of groups) {
      if (collection === 'services' && groupId === id) continue;
      let cause: Cause | undefined;
      if (group.refs.has(ref)) cause = moved;
      if (group.filter !== null && collection === 'services') {
        const was = group.found.has(ref);
        const is = after !== null && isFound(group.filter, after);
        if (is) group.found.add(ref);
        else group.found.delete(ref);
        if (was !== is) cause = null;
        else if (is) cause = moved;
      }
      if (cause !== undefined) this.#turns.ask(org, groupId, cause);
    }
  }

  #org(org: string): Org {
    let groups = this.#orgs.get(org);
    if (groups === undefined) {
      groups = new Map();
      this.#orgs.set(org, groups);
    }
    return groups;
  }

  async #write(org: string, asked: ReadonlyMap<string, Cause>): Promise<boolean> {
    const { commit, limits } = this.#deps;
    const all = [...asked];
    for (let from = 0; from < all.length; from += limits.followSliceRows) {
      const slice = all.slice(from, from + limits.followSliceRows);
      const written = await commit.write(org, 'members', (draft) => {
        for (const [id, cause] of slice) this.#workOut(org, draft, id, cause);
        return ok(null);
      });
      if (!written.ok) return false;
    }
    return true;
  }

  #workOut(org: string, draft: Draft, id: string, cause: Cause): void {
    const group = this.#orgs.get(org)?.get(id);
    const row = draft.get('services', id);
    const members = membersOf(row);
    if (group === undefined || members === null) return;
    const refs = [...new Set([...group.refs, ...group.found])].sort();
    const verdict = groupOf(
      refs.map((ref) => memberOf(draft, ref)),
      members,
    );
    const observation: MembersObservation = { kind: 'members', at: cause ?? draft.now, ...verdict };
    observeIn(this.#deps, draft, { collection: 'services', id, observation });
  }
}

interface Group {
  readonly refs: ReadonlySet<string>;
  readonly filter: Filter | null;
  /** Services that pass the filter now. */
  readonly found: Set<string>;
}

type Org = Map<string, Group>;

function isFollowed(collection: string): boolean {
  return COLLECTIONS.some((name) => name === collection);
}

/** What a filter finds is never a group: a group could find itself. */
function isFound(filter: Filter, row: Row): boolean {
  return row['kind'] !== 'group' && matches(filter, row);
}

function membersOf(row: Row | null): Members | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only rows of `services` are asked.
  return row === null ? null : (row as Service).members;
}

/** When what a group sees of its member changed; undefined when it did not. */
function movedAt(before: Row | null, after: Row | null): Cause | undefined {
  if (before === null || after === null) return null;
  const isSame = SEEN.every((field) => before[field] === after[field]);
  if (isSame) return undefined;
  const { since } = after;
  return before['status'] !== after['status'] && typeof since === 'number' ? since : null;
}

const SEEN = ['status', 'health', 'name'] as const;

function memberOf(draft: Draft, ref: string): Member {
  const slash = ref.indexOf('/');
  const id = ref.slice(slash + 1);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: refs of members name status-bearing records.
  const row = draft.get(ref.slice(0, slash), id) as StatusRow | null;
  if (row === null) return { ref, name: id, status: null, health: 'unknown' };
  const { name } = row;
  return { ref, name: typeof name === 'string' && name !== '' ? name : id, status: row.status, health: row.health };
}
