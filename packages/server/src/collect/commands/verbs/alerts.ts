import type { Alert, Policy } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { Args, Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

type AlertAct = Parameters<WriteDeps['engine']['alerts']['actOn']>[1];

const note = z.string().max(1000).default('');
const noteArgs: z.ZodType<Args> = z.strictObject({ note });
const snoozeArgs: z.ZodType<Args> = z.strictObject({
  until: z.int().min(0).meta({ description: 'Epoch milliseconds, at most 30 days ahead' }),
  note,
});
const assignArgs: z.ZodType<Args> = z.strictObject({
  to: z.string().max(200).nullable().meta({ description: 'Whose it is; null: nobody’s' }),
});

/** What people do with alerts. Checks, history and uptime do not notice. */
export const alertVerbs: readonly Verb[] = [
  verb('ack', 'Takes it up: no reminders and no next step while it lasts', noteArgs, ({ note: text }) => ({
    do: 'ack',
    note: wordOf(text),
  })),
  verb('unack', 'Gives it back: the next step comes as if it had not been taken up', none, () => ({ do: 'unack' })),
  verb('snooze', 'Tells nobody until then; ends with the problem', snoozeArgs, ({ until, note: text }) => ({
    do: 'snooze',
    until: typeof until === 'number' ? until : 0,
    note: wordOf(text),
  })),
  verb('unsnooze', 'Ends a snooze before its time', none, () => ({ do: 'unsnooze' })),
  verb('assign', 'Says whose it is', assignArgs, ({ to }) => ({
    do: 'assign',
    to: typeof to === 'string' ? to : null,
  })),
  verb('resolve', 'Ends it by hand; it opens again only after it was well in between', noteArgs, ({ note: text }) => ({
    do: 'resolve',
    note: wordOf(text),
  })),
];

function verb(name: string, summary: string, args: z.ZodType<Args>, actOf: (args: Args) => AlertAct): Verb {
  return {
    name,
    on: ['alerts'],
    action: 'write',
    summary,
    args,
    run: (deps, draft, call) => act(deps, draft, call, actOf(call.args)),
  };
}

function act({ engine }: WriteDeps, draft: Draft, { principal, id }: VerbCall, what: AlertAct): Result<Done> {
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert, of `policies` Policy; the caller found the alert.
  const alert = draft.get('alerts', id) as Alert;
  const policy = alert.policy === null ? null : (draft.get('policies', alert.policy) as Policy | null);
  // oxlint-enable typescript/no-unsafe-type-assertion
  const terms = { policy, recovery: null, forMs: 0 };
  const moved = engine.alerts.actOn(alert, what, principal.name, terms, draft.now);
  if (!moved.ok) return moved;
  draft.put('alerts', id, moved.value);
  return ok({ id });
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
