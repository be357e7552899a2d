/**
 * What reaches whom, and how loudly: a person's preferences, quiet hours and the throttle against spam. Pure; the joint
 * (joints/inbox.ts) brings what happened and writes what comes of it.
 */
import {
  preferenceDefaults,
  PRIORITIES,
  type Inbox,
  type Notification,
  type NotificationType,
  type PersonalQuiet,
  type Preferences,
  type Priority,
} from '@statewire/model';
import { quietUntil } from './alerts/quiet.ts';

/** By which ways one thing reaches one person now. */
export interface Ways {
  readonly inbox: boolean;
  readonly sound: boolean;
  readonly push: boolean;
  readonly email: boolean;
  /** A push is wanted, and waits for the end of the quiet hours. */
  readonly heldUntil: number | null;
}

/** What the preferences say, or the defaults where a person never said anything. */
export function ways(
  preferences: Pick<Preferences, 'quiet' | 'types'> | null,
  what: { readonly type: NotificationType; readonly priority: Priority },
  now: number,
): Ways {
  const { types, quiet } = preferences ?? preferenceDefaults;
  const wanted = types[what.type];
  if (rank(what.priority) < rank(wanted.minPriority)) return NOTHING;
  const until = quiet === null || (quiet.bypassUrgent && what.priority === 'urgent') ? null : quietEnd(quiet, now);
  const isLoud = until === null;
  return {
    inbox: wanted.inbox,
    sound: wanted.inbox && wanted.sound && isLoud,
    push: wanted.push && isLoud,
    email: wanted.email && isLoud,
    heldUntil: wanted.push && !isLoud ? until : null,
  };
}

/** The end of the quiet hours that hold now, or null. */
export function quietEnd({ days, from, to, zone }: PersonalQuiet, now: number): number | null {
  return quietUntil([{ days, from, to, zone, bypass: [] }], 'info', now);
}

/** Repeats of one thread within this are one item. */
export const MERGE_MS = 600_000;

/** Is what happens now a repeat of this item? */
export function isRepeat(
  item: Pick<Notification, 'lastAt' | 'state' | 'thread' | 'type'>,
  what: { readonly type: NotificationType; readonly thread: string },
  now: number,
): boolean {
  return (
    item.state !== 'archived' && item.type === what.type && item.thread === what.thread && now - item.lastAt <= MERGE_MS
  );
}

/** The item with the repeat in it: the newest words, counted, and unread again. */
export function repeated(
  item: Notification,
  what: Pick<Notification, 'path' | 'priority' | 'refs' | 'sound' | 'text' | 'title'>,
  now: number,
): Notification {
  return {
    ...item,
    title: what.title,
    text: what.text,
    path: what.path,
    priority: what.priority,
    sound: what.sound && item.snoozedUntil === null,
    refs: [...new Set([...what.refs, ...item.refs])].slice(0, REFS_MAX),
    state: 'unread',
    readAt: null,
    count: item.count + 1,
    lastAt: now,
  };
}

/** One more in this hour: how it is counted, and whether it is beyond what the person takes. */
export function throttled(
  hour: Inbox['hour'],
  perHour: number,
  now: number,
): { readonly hour: Inbox['hour']; readonly isOver: boolean } {
  // A clock that was set back starts another hour: nobody is silenced by it.
  const isSame = now >= hour.from && now < hour.from + HOUR_MS;
  const next = isSame ? { from: hour.from, n: hour.n + 1 } : { from: now, n: 1 };
  return { hour: next, isOver: next.n > perHour };
}

/** The one item that stands for all that came beyond the limit: the newest word of each thread, the newest first. */
export function summarized(
  was: Pick<Notification, 'count' | 'priority' | 'refs' | 'text'> | null,
  what: Pick<Notification, 'priority' | 'refs' | 'title'>,
): Pick<Notification, 'count' | 'priority' | 'refs' | 'text' | 'title'> {
  const lines = was === null ? [] : was.text.split('\n').filter((line) => line !== what.title);
  const count = (was?.count ?? 0) + 1;
  const priority = was !== null && rank(was.priority) > rank(what.priority) ? was.priority : what.priority;
  return {
    title: count === 1 ? 'One more notification in this hour' : `${count} more notifications in this hour`,
    text: [what.title, ...lines].slice(0, LINES_MAX).join('\n'),
    refs: [...new Set([...what.refs, ...(was?.refs ?? [])])].slice(0, REFS_MAX),
    count,
    priority,
  };
}

/** Which items go when there are too many: what is archived first, then what was read, then what is oldest. */
export function surplus<T extends Pick<Notification, 'lastAt' | 'state'>>(
  items: readonly T[],
  max: number,
): readonly T[] {
  if (items.length <= max) return [];
  const order = (item: T): number => (item.state === 'archived' ? 0 : item.state === 'read' ? 1 : 2);
  return items.toSorted((a, b) => order(a) - order(b) || a.lastAt - b.lastAt).slice(0, items.length - max);
}

const NOTHING: Ways = Object.freeze({ inbox: false, sound: false, push: false, email: false, heldUntil: null });
const HOUR_MS = 3_600_000;
const LINES_MAX = 20;
const REFS_MAX = 20;

function rank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
