import type { Maintenance, MaintenanceCreate, MaintenancePatch, Span } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import { activeIn, affectedOf, holdAll, mark, selected, unmark } from '../../maintenance/hold.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { Plain } from '../plain.ts';

/** Maintenances: whatever is written moves the records it means in the same transaction. */
export const maintenances: Plain = {
  prefix: 'mnt',
  born(deps, draft, { principal, id, fields }) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the create schema.
    const given = fields as unknown as Omit<MaintenanceCreate, 'id'>;
    const schedule = deps.engine.courses.readSchedule(given.schedule, draft.now);
    if (!schedule.ok) return schedule;
    const { course, marked } = deps.engine.courses.begin(schedule.value, draft.now);
    const row: Fields = {
      labels: given.labels ?? {},
      title: given.title,
      text: given.text ?? '',
      selector: given.selector,
      isPublic: given.isPublic ?? true,
      by: principal.name,
      affected: [],
      affectedCount: 0,
      ...course,
    };
    return settle(deps, draft, { id, row, before: null, marked });
  },
  patched(deps, draft, { id, fields, row }) {
    const before = asMaintenance(row);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the patch schema.
    const { schedule, ...plain } = fields as unknown as MaintenancePatch;
    const isOver = before.state === 'completed' || before.state === 'canceled';
    if (isOver && (schedule !== undefined || plain.selector !== undefined)) {
      return refuse('gone', `maintenances/${id} is ${before.state}: its selector and schedule stay; make a new one`);
    }
    const next: Fields = {
      ...before,
      title: plain.title ?? before.title,
      text: plain.text ?? before.text,
      selector: plain.selector ?? before.selector,
      isPublic: plain.isPublic ?? before.isPublic,
      labels: plain.labels ?? before.labels,
    };
    if (isOver) return ok(next);
    if (schedule === undefined) return settle(deps, draft, { id, row: next, before, marked: [] });
    const read = deps.engine.courses.readSchedule(schedule, draft.now);
    if (!read.ok) return read;
    const moved = deps.engine.courses.reschedule(before, read.value, draft.now);
    if (!moved.ok) return moved;
    return settle(deps, draft, { id, row: { ...next, ...moved.value.course }, before, marked: moved.value.marked });
  },
  removed(deps, draft, { id, row }) {
    const { state, selector } = asMaintenance(row);
    unmark(draft, id);
    if (state !== 'active') return ok(null);
    const collections = new Set([selector.collection]);
    return holdAll(deps, draft, { active: activeIn(draft, { id, next: null }), collections, at: draft.now });
  },
};

/** What people and time write of a maintenance; the envelope is the commit's. */
type Fields = Pick<
  Maintenance,
  | 'labels'
  | 'title'
  | 'text'
  | 'selector'
  | 'schedule'
  | 'state'
  | 'window'
  | 'past'
  | 'affected'
  | 'affectedCount'
  | 'isPublic'
  | 'by'
  | 'endedAt'
  | 'nextAt'
>;

interface Settling {
  readonly id: string;
  readonly row: Fields;
  readonly before: Maintenance | null;
  /** Spans that lie behind and could not be held. */
  readonly marked: readonly Span[];
}

/** A maintenance as it is after a person moved it: the records it means are named, held or let go; what lies behind is marked. */
export function settle(deps: Pick<WriteDeps, 'observeIn'>, draft: Draft, what: Settling): Result<JsonObject> {
  const { id, before } = what;
  const next = named(draft, what);
  if (next.state !== 'active' && before?.state !== 'active') return ok(next);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the commit adds the rest of the envelope.
  const active = activeIn(draft, { id, next: { ...next, id } as unknown as Maintenance });
  const collections = new Set([next.selector.collection, before?.selector.collection ?? next.selector.collection]);
  const held = holdAll(deps, draft, { active, collections, at: draft.now });
  return held.ok ? ok(next) : held;
}

/** The row with the names of those it means, after its marks were made. Holds nobody. */
export function named(draft: Draft, { id, row, before, marked }: Settling): Fields {
  const isOver = row.state === 'completed' || row.state === 'canceled';
  // One that is over keeps the names of those it was about. One that never was anything else is about the past.
  const isNamed = !isOver || before === null;
  if (!isNamed && marked.length === 0) return row;
  const rows = selected(draft, row.selector);
  const refs = rows.map((each) => `${row.selector.collection}/${each.id}`);
  mark(draft, { id, title: row.title, by: row.by, refs, spans: marked });
  return isNamed ? { ...row, ...affectedOf(row.selector, rows) } : row;
}

/** The row as what it is. */
export function asMaintenance(row: Row): Maintenance {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `maintenances` are Maintenance.
  return row as Maintenance;
}
