import {
  INCIDENT_ALERTS_MAX,
  INCIDENT_PHASES,
  INCIDENT_TEXT_MAX,
  POSTMORTEM_TEXT_MAX,
  type Incident,
  type IncidentPhase,
} from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import { linkedAlerts, statusIn } from '../linked.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { MutationFailure } from '../base.ts';
import { linkAll } from '../plains/incidents.ts';
import type { Args, Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

const text = z
  .string()
  .min(1)
  .max(INCIDENT_TEXT_MAX)
  .meta({ description: `Plain text, at most ${INCIDENT_TEXT_MAX} characters; Markdown is shown as typed` });
const isPublic = z.boolean().meta({ description: 'Shown on status pages while the incident is published' });

const updateArgs: z.ZodType<Args> = z.strictObject({
  text,
  phase: z.enum(INCIDENT_PHASES).optional(),
  isPublic: isPublic.optional(),
});
const resolveArgs: z.ZodType<Args> = z.strictObject({ text: text.optional(), isPublic: isPublic.optional() });
const postmortemArgs: z.ZodType<Args> = z.strictObject({
  text: z.string().min(1).max(POSTMORTEM_TEXT_MAX),
  publish: z.boolean().optional().meta({ description: 'Show it where the incident is published' }),
});
const linkArgs: z.ZodType<Args> = z.strictObject({ alert: z.string().min(1).max(128) });
const assignArgs: z.ZodType<Args> = z.strictObject({ to: z.string().min(1).max(256).nullable() });

/** What people say and decide about an incident. */
export const incidentVerbs: readonly Verb[] = [
  verb(
    'update',
    'Says something on the timeline, and moves the phase; a resolved one opens again within 24 h',
    updateArgs,
    ({ engine }, draft, incident, call) => speak(engine, draft, incident, call),
  ),
  verb('resolve', 'Ends the incident', resolveArgs, ({ engine }, draft, incident, call) =>
    incident.phase === 'resolved'
      ? refuse('gone', 'the incident is resolved already; write an update to open it again')
      : speak(engine, draft, incident, call, 'resolved'),
  ),
  verb('publish', 'Shows it on status pages, with its public updates', none, (_deps, draft, incident) =>
    ok({ ...incident, isPublished: true, publishedAt: incident.publishedAt ?? draft.now, nextAt: null }),
  ),
  verb('unpublish', 'Takes it off status pages', none, (_deps, _draft, incident) =>
    ok({ ...incident, isPublished: false }),
  ),
  verb(
    'postmortem',
    'Writes what was learned; replaces what was written before',
    postmortemArgs,
    (_deps, draft, incident, { args, principal }) => {
      const was = incident.postmortem?.publishedAt ?? null;
      const publishedAt = args['publish'] === undefined ? was : args['publish'] === true ? (was ?? draft.now) : null;
      return ok({
        ...incident,
        postmortem: { text: word(args['text']), by: principal.name, at: draft.now, publishedAt },
      });
    },
  ),
  verb('assign', 'Makes somebody responsible, or nobody', assignArgs, (_deps, _draft, incident, { args }) =>
    ok({ ...incident, assignee: typeof args['to'] === 'string' ? args['to'] : null, nextAt: null }),
  ),
  verb('link', 'Makes an alert part of it', linkArgs, ({ engine }, draft, incident, { args }) => {
    const alert = word(args['alert']);
    if (incident.alerts.includes(alert)) return ok(incident);
    if (incident.alerts.length >= INCIDENT_ALERTS_MAX) {
      return refuse('too_large', `the incident has ${incident.alerts.length} alerts, which is the limit`);
    }
    const linked = linkAll(draft, incident.id, [alert]);
    if (!linked.ok) return linked;
    const next = { ...incident, alerts: [...incident.alerts, alert], nextAt: null };
    return ok(engine.incidents.inStep(next, linkedAlerts(draft, next.alerts), statusIn(draft)));
  }),
  verb('unlink', 'Takes an alert out of it', linkArgs, (_deps, draft, incident, { args }) => {
    const alert = word(args['alert']);
    if (!incident.alerts.includes(alert)) return refuse('not_found', `alerts/${alert.slice(0, 128)} is not linked`);
    const row = draft.get('alerts', alert);
    if (row !== null && row['incident'] === incident.id) draft.put('alerts', alert, { ...row, incident: null });
    return ok({ ...incident, alerts: incident.alerts.filter((id) => id !== alert) });
  }),
];

type Step = (deps: WriteDeps, draft: Draft, incident: Incident, call: VerbCall) => Result<Incident, MutationFailure>;

function verb(name: string, summary: string, args: z.ZodType<Args>, step: Step): Verb {
  return {
    name,
    on: ['incidents'],
    action: 'write',
    summary,
    args,
    run: (deps, draft, call): Result<Done, MutationFailure> => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the command is on `incidents`, and the record is there.
      const incident = draft.get('incidents', call.id) as Incident;
      const next = step(deps, draft, incident, call);
      if (!next.ok) return next;
      draft.put('incidents', call.id, next.value);
      return ok({ id: call.id });
    },
  };
}

function speak(
  engine: WriteDeps['engine'],
  draft: Draft,
  incident: Incident,
  { principal, args }: VerbCall,
  to?: IncidentPhase,
): Result<Incident> {
  return engine.incidents.said(incident, {
    at: draft.now,
    by: principal.name,
    text: args['text'] === undefined ? 'Resolved.' : word(args['text']),
    phase: to ?? INCIDENT_PHASES.find((phase) => phase === args['phase']),
    isPublic: args['isPublic'] !== false,
  });
}

/** The schema allowed a text only. */
function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
