import { ok, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import { asMaintenance, settle } from '../plains/maintenances.ts';
import type { Args, Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

const extendArgs: z.ZodType<Args> = z.strictObject({
  ms: z
    .int()
    .min(60_000)
    .max(90 * 86_400_000)
    .meta({ description: 'How much later the present (or next) window ends', example: 1_800_000 }),
});

/** What people do to maintenances beside changing them. */
export const maintenanceVerbs: readonly Verb[] = [
  {
    name: 'complete',
    on: ['maintenances'],
    action: 'write',
    summary: 'Ends the present window now; a repeating maintenance waits for its next one',
    args: none,
    run: (deps, draft, { id }) => completeMaintenance(deps, draft, id),
  },
  {
    name: 'cancel',
    on: ['maintenances'],
    action: 'write',
    summary: 'Ends the maintenance for good, with all windows to come',
    args: none,
    run: (deps, draft, call) => moved(deps, draft, call, (course) => deps.engine.courses.cancel(course, draft.now)),
  },
  {
    name: 'extend',
    on: ['maintenances'],
    action: 'write',
    summary: 'Moves the end of the present (or next) window',
    args: extendArgs,
    run: (deps, draft, call) =>
      moved(deps, draft, call, (course) => deps.engine.courses.extend(course, Number(call.args['ms']))),
  },
];

type Courses = WriteDeps['engine']['courses'];

/** Ends the present window of a maintenance now. */
export function completeMaintenance(deps: WriteDeps, draft: Draft, id: string): Result<Done> {
  return moved(deps, draft, { id }, (course) => deps.engine.courses.complete(course, draft.now));
}

function moved(
  deps: WriteDeps,
  draft: Draft,
  { id }: Pick<VerbCall, 'id'>,
  act: (course: Parameters<Courses['complete']>[0]) => ReturnType<Courses['complete']>,
): Result<Done> {
  const row = draft.get('maintenances', id);
  if (row === null) return { ok: false, code: 'not_found', message: `there is no maintenances/${id}` };
  const before = asMaintenance(row);
  const course = act(before);
  if (!course.ok) return course;
  const settled = settle(deps, draft, { id, row: { ...before, ...course.value }, before, marked: [] });
  if (!settled.ok) return settled;
  draft.put('maintenances', id, { ...row, ...settled.value });
  return ok({ id });
}
