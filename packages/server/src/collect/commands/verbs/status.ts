import { STATUSES, type Desired } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import type { CommandObservation } from '../../observation.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { MutationFailure } from '../base.ts';
import type { Args, Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

const STATUS_BEARING = ['services', 'agents', 'connections'];
/** Agents are told, too (verbs/agents.ts). */
const CHECKED = ['services', 'connections'];
const OVERRIDE_MS_DEFAULT = 3_600_000;
const OVERRIDE_MS_MAX = 30 * 86_400_000;

const overrideArgs: z.ZodType<Args> = z.strictObject({
  status: z.enum(STATUSES),
  until: z.int().min(0).optional().meta({ description: 'Epoch milliseconds; default one hour ahead, at most 30 days' }),
  reason: z.string().max(500).optional(),
});

const muteArgs: z.ZodType<Args> = z.strictObject({
  until: z.int().min(0).nullish().meta({ description: 'Epoch milliseconds; without it the mute has no end' }),
  reason: z.string().max(500).optional(),
});

/** What people do to records that bear a status. */
export const statusVerbs: readonly Verb[] = [
  { name: 'pause', on: CHECKED, action: 'write', summary: 'Stops checking', args: none, run: desire('paused') },
  { name: 'resume', on: CHECKED, action: 'write', summary: 'Checks again', args: none, run: desire('active') },
  {
    name: 'retire',
    on: CHECKED,
    action: { call: 'admin' },
    summary: 'Stops checking for good; the record stays',
    args: none,
    run: desire('retired'),
  },
  {
    name: 'override',
    on: STATUS_BEARING,
    action: 'write',
    summary: 'Shows a status of your choice for a time; measuring goes on beside it',
    args: overrideArgs,
    run: override,
  },
  {
    name: 'clear-override',
    on: STATUS_BEARING,
    action: 'write',
    summary: 'Ends an override',
    args: none,
    run: (deps, draft, call) => act(deps, draft, call, { do: 'clear-override' }),
  },
  {
    name: 'mute',
    on: STATUS_BEARING,
    action: { call: 'operate' },
    summary: 'Notifies nobody of it, until a time or without an end',
    args: muteArgs,
    run: mute,
  },
  {
    name: 'unmute',
    on: STATUS_BEARING,
    action: { call: 'operate' },
    summary: 'Ends a mute',
    args: none,
    run: (deps, draft, call) => act(deps, draft, call, { do: 'unmute' }),
  },
];

function desire(desired: Desired): Verb['run'] {
  return (deps, draft, call) => act(deps, draft, call, { do: 'desire', desired });
}

function override(deps: WriteDeps, draft: Draft, call: VerbCall): Result<Done, MutationFailure> {
  const { status, until = draft.now + OVERRIDE_MS_DEFAULT, reason = '' } = call.args;
  if (typeof until !== 'number' || until <= draft.now || until > draft.now + OVERRIDE_MS_MAX) {
    return refuse('bad_field', 'until: expected a time ahead, at most 30 days; an override always ends');
  }
  // The schema allowed these words only.
  const word = STATUSES.find((known) => known === status) ?? 'unknown';
  return act(deps, draft, call, {
    do: 'override',
    status: word,
    until,
    reason: typeof reason === 'string' ? reason : '',
  });
}

function mute(deps: WriteDeps, draft: Draft, call: VerbCall): Result<Done, MutationFailure> {
  const { until, reason = '' } = call.args;
  if (typeof until === 'number' && until <= draft.now) {
    return refuse('bad_field', 'until: expected a time ahead, or nothing for a mute without an end');
  }
  const end = typeof until === 'number' ? until : null;
  return act(deps, draft, call, { do: 'mute', until: end, reason: typeof reason === 'string' ? reason : '' });
}

function act(
  deps: WriteDeps,
  draft: Draft,
  call: VerbCall,
  what: CommandObservation['act'],
): Result<Done, MutationFailure> {
  const observation: CommandObservation = { kind: 'command', at: draft.now, by: call.principal.name, act: what };
  const observed = deps.observeIn(draft, { collection: call.collection.name, id: call.id, observation });
  return observed.ok ? ok({ id: call.id }) : observed;
}
