/**
 * The life of a message. Pure; every act is a function from a course to a course.
 *
 *   draft --publish--> scheduled --startsAt--> active --endsAt--> expired
 *     |                   |                      |                  |
 *     +--publish: now-----|---------------> active                  |
 *                         +--withdraw--> withdrawn <--withdraw------+ (active only)
 *                                            |                      |
 *                                            +----- reactivate -----+--> scheduled or active
 *
 * All times are on the course, so that whoever looks later than planned does what the clock would have done: a message
 * whose whole time went by while nobody looked was active and is expired. Who sees it is not decided here (model).
 */
import type { Message, MessageEvent } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';

/** The fields that people's acts and time move. */
export type MessageCourse = Pick<
  Message,
  'activeAt' | 'endedAt' | 'endsAt' | 'events' | 'nextAt' | 'receipts' | 'startsAt' | 'state'
>;

/** When to begin and end; what is absent stays as it is. */
export interface MessageTimes {
  readonly startsAt?: number | null | undefined;
  readonly endsAt?: number | null | undefined;
}

/** Who acts, and when. */
export interface Acting {
  readonly by: string;
  readonly now: number;
  /** How long receipts are kept after the end. */
  readonly keptMs: number;
}

const EVENTS_MAX = 50;

/** What becomes of messages, as the collecting stage gets it handed. */
export interface Messages {
  readonly drafted: typeof drafted;
  readonly publish: typeof publish;
  readonly reactivate: typeof reactivate;
  readonly withdraw: typeof withdraw;
  readonly edit: typeof edit;
}

/** A message that was just written. */
export function drafted({ startsAt = null, endsAt = null }: MessageTimes, { by, now }: Acting): MessageCourse {
  const events = [{ at: now, what: 'drafted', by } as const];
  return { state: 'draft', startsAt, endsAt, activeAt: null, endedAt: null, receipts: 0, events, nextAt: null };
}

/** Shows a draft, now or at its time. */
export function publish(course: MessageCourse, times: MessageTimes, acting: Acting): Result<MessageCourse> {
  if (course.state !== 'draft') {
    return refuse('precondition', `the message is ${course.state}, expected a draft${ADVICE[course.state]}`);
  }
  return begun(course, times, acting);
}

/** Shows one that is over once more. A beginning and an end that lie behind are not repeated: say new ones. */
export function reactivate(course: MessageCourse, times: MessageTimes, acting: Acting): Result<MessageCourse> {
  if (course.state !== 'expired' && course.state !== 'withdrawn') {
    return refuse('precondition', `the message is ${course.state}, expected one that is over${ADVICE[course.state]}`);
  }
  const { now } = acting;
  const { endsAt } = course;
  return begun(
    { ...course, startsAt: null, endsAt: endsAt !== null && endsAt <= now ? null : endsAt, endedAt: null },
    times,
    acting,
  );
}

/** Takes it back, now. */
export function withdraw(course: MessageCourse, acting: Acting): Result<MessageCourse> {
  if (course.state !== 'scheduled' && course.state !== 'active') {
    return refuse(
      'precondition',
      `the message is ${course.state}, expected one that is scheduled or active${ADVICE[course.state]}`,
    );
  }
  return ok(ended(course, 'withdrawn', { ...acting, at: acting.now }));
}

/** Other words or other times. One that is over stays as its readers saw it. */
export function edit(course: MessageCourse, times: MessageTimes, acting: Acting): Result<MessageCourse> {
  const { state } = course;
  if (state === 'expired' || state === 'withdrawn') {
    return refuse('gone', `the message is ${state} and stays as it was shown; reactivate it first, or write a new one`);
  }
  const { startsAt = course.startsAt, endsAt = course.endsAt } = times;
  const next = noted({ ...course, startsAt, endsAt }, 'edited', acting.by, acting.now);
  if (state === 'draft' || (startsAt === course.startsAt && endsAt === course.endsAt)) return ok(next);
  if (endsAt !== null && endsAt <= acting.now) return refuse('bad_field', `endsAt: ${isBehind}; withdraw it instead`);
  if (startsAt !== null && startsAt > acting.now) {
    // Moved into the future: nobody sees it until then.
    const waits = { ...next, state: 'scheduled', activeAt: null, nextAt: startsAt } as const;
    return ok(state === 'scheduled' ? waits : noted(waits, 'scheduled', acting.by, acting.now));
  }
  return ok(state === 'active' ? { ...next, nextAt: endsAt } : activated(next, { by: acting.by, at: acting.now }));
}

/** What time made of it by now; the same course when nothing is due. */
export function advance(course: MessageCourse, { now, keptMs }: Pick<Acting, 'keptMs' | 'now'>): MessageCourse {
  let next = course;
  if (next.state === 'scheduled' && next.startsAt !== null && next.startsAt <= now) {
    next = activated(next, { by: '', at: next.startsAt });
  }
  if (next.state === 'active' && next.endsAt !== null && next.endsAt <= now) {
    next = ended(next, 'expired', { by: '', at: next.endsAt, keptMs });
  }
  return next;
}

/** Is it time to forget who read it? */
export function isForgotten({ state, nextAt }: MessageCourse, now: number): boolean {
  return (state === 'expired' || state === 'withdrawn') && nextAt !== null && nextAt <= now;
}

function begun(course: MessageCourse, times: MessageTimes, { by, now }: Acting): Result<MessageCourse> {
  const { startsAt = course.startsAt, endsAt = course.endsAt } = times;
  if (endsAt !== null && endsAt <= now) return refuse('bad_field', `endsAt: ${isBehind}; give a time ahead, or null`);
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt)
    return refuse('bad_field', 'endsAt: expected a time after `startsAt`');
  const next = { ...course, startsAt, endsAt };
  if (startsAt === null || startsAt <= now) return ok(activated(next, { by, at: now }));
  return ok(noted({ ...next, state: 'scheduled', activeAt: null, nextAt: startsAt }, 'scheduled', by, now));
}

function activated(course: MessageCourse, { by, at }: { readonly by: string; readonly at: number }): MessageCourse {
  return noted({ ...course, state: 'active', activeAt: at, endedAt: null, nextAt: course.endsAt }, 'activated', by, at);
}

function ended(
  course: MessageCourse,
  state: 'expired' | 'withdrawn',
  { by, at, keptMs }: Pick<Acting, 'by' | 'keptMs'> & { readonly at: number },
): MessageCourse {
  // Without receipts there is nothing to forget.
  const nextAt = course.receipts > 0 ? at + keptMs : null;
  return noted({ ...course, state, endedAt: at, nextAt }, state, by, at);
}

function noted(course: MessageCourse, what: MessageEvent['what'], by: string, at: number): MessageCourse {
  const last = course.events.at(-1);
  // A text that is polished ten times is one line.
  const before =
    what === 'edited' && last?.what === 'edited' && last.by === by ? course.events.slice(0, -1) : course.events;
  return { ...course, events: [...before, { at, what, by }].slice(-EVENTS_MAX) };
}

const isBehind = 'found a time that lies behind';

const ADVICE: Readonly<Record<Message['state'], string>> = {
  draft: '; publish it',
  scheduled: '; withdraw it, or change its times',
  active: '; withdraw it, or change its times',
  expired: '; reactivate it',
  withdrawn: '; reactivate it',
};
