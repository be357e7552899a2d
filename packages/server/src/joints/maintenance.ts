import { selectorFields, selects, type Maintenance } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import { asMaintenance, named } from '../collect/commands/plains/maintenances.ts';
import { activeIn, affectedOf, HELD, holdAll, holdOne, selected } from '../collect/maintenance/hold.ts';
import type { WriteDeps } from '../collect/reports/deps.ts';
import type { Change, Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';

export interface MaintenanceDeps {
  readonly live: Pick<Live, 'orgs' | 'entries' | 'get'>;
  readonly commit: () => Pick<Commit, 'write'>;
  readonly engine: Pick<WriteDeps['engine'], 'courses'>;
  readonly observeIn: WriteDeps['observeIn'];
  readonly onError: (error: unknown, what: string) => void;
}

/** Records of one organization that may have entered or left a maintenance: by collection, or all. */
type Moved = Map<string, Set<string>> | 'all';

/** Moments that one transaction goes through one by one; a month of daily windows. */
const MOMENTS_MAX = 64;

/**
 * Opens and closes the windows of maintenances at their time, and follows records that come, go or change so that a
 * maintenance holds whom it means now. Everything is decided again inside the transaction: a deadline that somebody
 * moved, and a change that was overtaken, do nothing. Windows that passed while we were down are taken up by their
 * deadlines, which lie in the past then, and carry their own times.
 */
export class Maintenances {
  readonly #deps: MaintenanceDeps;
  readonly #moved = new Map<string, Moved>();
  readonly #writing = new Set<string>();
  /** The open maintenances of each organization, until one of them changes: most commits are about something else. */
  readonly #known = new Map<string, readonly Maintenance[]>();
  #isOpen = true;

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
  }

  /** Looks once at everything: a record may have changed in a transaction after which we were gone. */
  start(): void {
    for (const org of this.#deps.live.orgs()) {
      if (this.#hasOpen(org)) this.#plan(org, 'all');
    }
  }

  /** A maintenance's `nextAt` has come: moves it, and with it every other of its organization whose time has come. */
  due(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    return this.#deps.commit().write(org, 'maintenance', (draft) => {
      if (draft.get('maintenances', id)?.['nextAt'] !== deadline || deadline > draft.now) return ok(null);
      // Moment by moment, so that a window that begins as another ends leaves no gap between them, however late we are.
      for (let moments = 1; ; moments++) {
        const next = Math.min(...Array.from(draft.all('maintenances'), (row) => asMaintenance(row).nextAt ?? Infinity));
        if (next > draft.now) return ok(null);
        // After long away the rest is taken in one: what passed whole is then marked instead of held.
        const moved = this.#move(draft, moments < MOMENTS_MAX ? next : draft.now);
        if (!moved.ok) return moved;
      }
    });
  }

  #move(draft: Draft, at: number): Result<null> {
    const { engine, observeIn } = this.#deps;
    const collections = new Set<string>();
    for (const row of Array.from(draft.all('maintenances'))) {
      const before = asMaintenance(row);
      if (before.nextAt === null || before.nextAt > at) continue;
      const { course, marked } = engine.courses.advance(before, at);
      draft.put('maintenances', row.id, {
        ...row,
        ...named(draft, { id: row.id, row: { ...before, ...course }, before, marked }),
      });
      collections.add(before.selector.collection);
    }
    return holdAll({ observeIn }, draft, { active: activeIn(draft), collections, at });
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    if (committed.changes.some(({ collection }) => collection === 'maintenances')) this.#known.delete(committed.org);
    if (!committed.changes.some(({ collection }) => HELD.includes(collection))) return;
    const open = this.#open(committed.org);
    if (open.length === 0) return;
    for (const change of committed.changes) {
      if (open.some((maintenance) => concerns(maintenance, change))) this.#plan(committed.org, change);
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#moved.clear();
  }

  #hasOpen(org: string): boolean {
    return this.#open(org).length > 0;
  }

  #open(org: string): readonly Maintenance[] {
    const known = this.#known.get(org);
    if (known !== undefined) return known;
    const open: Maintenance[] = [];
    for (const { row } of this.#deps.live.entries(org, 'maintenances')) {
      const maintenance = asMaintenance(row);
      if (maintenance.state === 'active' || maintenance.state === 'scheduled') open.push(maintenance);
    }
    this.#known.set(org, open);
    return open;
  }

  /** What gathers while one write is under way is the next one: a thousand new records are a few transactions. */
  #plan(org: string, what: 'all' | Pick<Change, 'collection' | 'id'>): void {
    if (!this.#isOpen) return;
    if (what === 'all') this.#moved.set(org, 'all');
    else {
      const known = this.#moved.get(org) ?? new Map<string, Set<string>>();
      if (known !== 'all') {
        const ids = known.get(what.collection) ?? new Set<string>();
        known.set(what.collection, ids.add(what.id));
        this.#moved.set(org, known);
      }
    }
    if (this.#writing.has(org)) return;
    this.#writing.add(org);
    void this.#drain(org);
  }

  async #drain(org: string): Promise<void> {
    try {
      for (let moved = this.#take(org); moved !== null; moved = this.#take(org)) {
        const written = await this.#write(org, moved);
        // The store is in trouble; the next change, or the next start, looks at everything again.
        if (!written.ok) {
          this.#moved.set(org, 'all');
          throw new Error(written.message);
        }
      }
    } catch (error) {
      this.#deps.onError(error, `maintenances of ${org} could not follow their records`);
    } finally {
      this.#writing.delete(org);
    }
  }

  #take(org: string): Moved | null {
    const moved = this.#moved.get(org) ?? null;
    this.#moved.delete(org);
    return moved;
  }

  #write(org: string, moved: Moved): Promise<Result<unknown>> {
    const { observeIn } = this.#deps;
    return this.#deps.commit().write(org, 'maintenance', (draft) => {
      const active = activeIn(draft);
      for (const collection of HELD) {
        const ids = moved === 'all' ? Array.from(draft.all(collection), ({ id }) => id) : (moved.get(collection) ?? []);
        for (const id of ids) {
          const row = draft.get(collection, id);
          const held =
            row === null ? ok(null) : holdOne({ observeIn }, draft, { active, collection, row, at: draft.now });
          if (!held.ok) return held;
        }
      }
      for (const row of Array.from(draft.all('maintenances'))) {
        const { state, selector } = asMaintenance(row);
        if (state !== 'active' && state !== 'scheduled') continue;
        if (moved !== 'all' && !moved.has(selector.collection)) continue;
        draft.put('maintenances', row.id, { ...row, ...affectedOf(selector, selected(draft, selector)) });
      }
      return ok(null);
    });
  }
}

/** Can this change move a record into or out of what a maintenance means? */
function concerns({ selector }: Maintenance, { collection, before, after, patch }: Change): boolean {
  if (selector.collection !== collection) return false;
  if (before === null || after === null) return selects(selector, collection, after ?? before ?? {});
  if (patch === null) return false;
  const fields = new Set(selectorFields(selector));
  const isMoved = Object.keys(patch).some((path) => fields.has(path.split('.', 1)[0] ?? path));
  if (!isMoved) return false;
  return selects(selector, collection, before) !== selects(selector, collection, after);
}
