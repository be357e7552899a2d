import { messageFlaw, type Message, type MessageCreate, type MessagePatch } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { Plain } from '../plain.ts';

/** Messages. What readers did with one goes with it. */
export const messages: Plain = {
  prefix: 'msg',
  born(deps, draft, { principal, fields }) {
    const count = Array.from(draft.all('messages')).length;
    if (count >= deps.limits.messagesPerOrgMax) {
      return refuse('too_many_records', `found ${count} messages, which is the limit; delete some that are over`);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the create schema.
    const { publish: isPublished = false, ...given } = fields as unknown as Omit<MessageCreate, 'id'>;
    const acting = { by: principal.name, now: draft.now, keptMs: deps.limits.receiptsKeptMs };
    const course = deps.engine.messages.drafted(given, acting);
    const written = isPublished ? deps.engine.messages.publish(course, {}, acting) : ok(course);
    if (!written.ok) return written;
    const room = isPublished ? roomIn(deps, draft, written.value) : ok(null);
    if (!room.ok) return room;
    const customers = given.customers ?? null;
    return ok({
      labels: given.labels ?? {},
      title: given.title,
      body: given.body ?? '',
      priority: given.priority ?? 'info',
      audience: given.audience ?? 'everyone',
      customers,
      to: toOf(customers),
      link: given.link ?? null,
      dismissible: given.dismissible ?? true,
      by: principal.name,
      shown: 0,
      clicked: 0,
      dismissed: 0,
      ...written.value,
    });
  },
  patched(deps, draft, { principal, fields, row }) {
    const before = asMessage(row);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the patch schema.
    const patch = fields as unknown as MessagePatch;
    const { startsAt, endsAt, ...words } = patch;
    const next = { ...before, ...words };
    const flaw = messageFlaw({ ...next, startsAt: startsAt ?? before.startsAt, endsAt: endsAt ?? before.endsAt });
    if (flaw !== null && (flaw.field !== 'endsAt' || (startsAt !== null && endsAt !== null))) {
      return refuse('bad_field', `${flaw.field}: ${flaw.message}`);
    }
    const times = { ...(startsAt === undefined ? {} : { startsAt }), ...(endsAt === undefined ? {} : { endsAt }) };
    const acting = { by: principal.name, now: draft.now, keptMs: deps.limits.receiptsKeptMs };
    const course = deps.engine.messages.edit(before, times, acting);
    if (!course.ok) return course;
    const room = before.state === 'active' ? ok(null) : roomIn(deps, draft, course.value);
    if (!room.ok) return room;
    const customers = next.customers ?? null;
    const { state, startsAt: from, endsAt: until, activeAt, endedAt, events, nextAt } = course.value;
    const moved = { state, startsAt: from, endsAt: until, activeAt, endedAt, events, nextAt };
    return ok({ ...jsonOf(next), customers, to: toOf(customers), ...moved });
  },
  removed(_deps, draft, { id }) {
    forget(draft, id, Number.POSITIVE_INFINITY);
    return ok(null);
  },
};

/** May one more become active? Asked where a person makes it so; what was planned begins all the same. */
export function roomIn(deps: Pick<WriteDeps, 'limits'>, draft: Draft, course: Pick<Message, 'state'>): Result<null> {
  if (course.state !== 'active') return ok(null);
  let active = 0;
  for (const { state } of draft.all('messages')) if (state === 'active') active += 1;
  const max = deps.limits.messagesActiveMax;
  return active < max
    ? ok(null)
    : refuse('too_many_records', `found ${active} active messages, which is the limit; withdraw one first`);
}

/** Drops receipts of a message, at most so many; how many it were. */
export function forget(draft: Draft, message: string, max: number): number {
  const ids: string[] = [];
  for (const row of draft.all('dismissals')) {
    if (ids.length >= max) break;
    if (row['message'] === message) ids.push(row.id);
  }
  for (const id of ids) draft.delete('dismissals', id);
  return ids.length;
}

/** The row as what it is. */
export function asMessage(row: Row): Message {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `messages` are Message.
  return row as Message;
}

function toOf(customers: readonly string[] | null): Readonly<Record<string, true>> {
  return Object.fromEntries((customers ?? []).map((id) => [id, true as const]));
}

function jsonOf(fields: object): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a row and what a schema of JSON values let through.
  return Object.fromEntries(Object.entries(fields as JsonObject).filter(([, value]) => value !== undefined));
}
