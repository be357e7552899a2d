/**
 * Alerts: one problem of one record from its beginning to its end. Opened and moved by the server from rules; people
 * acknowledge, snooze, assign and resolve. Never two open ones of the same subject and rule.
 */
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { envelopeShape, instant, plainObject, type Shape } from '../schema.ts';
import type { Severity } from '../severity.ts';

/**
 *     pending --forMs--> firing <--> acknowledged --> resolved
 *        \________________ \ suppressed / ___________/
 */
export type AlertState = 'pending' | 'firing' | 'acknowledged' | 'resolved' | 'suppressed';

/** Why nobody is told of an alert for now. */
export interface Suppression {
  readonly by: 'maintenance' | 'dependency' | 'muted' | 'flapping' | 'quiet';
  /** What it is: `maintenances/<id>`, the failed dependency, or null. */
  readonly ref: string | null;
  readonly [field: string]: string | null;
}

/** One line of what happened to an alert. */
export interface AlertEvent {
  readonly at: number;
  /** opened, fired, told, acknowledged, resolved, ... */
  readonly kind: string;
  /** A person's or key's name, or empty when the server did it. */
  readonly by: string;
  readonly text: string;
  readonly [field: string]: string | number;
}

/** Who was told of the problem, so that exactly they hear of its end. */
export interface Notified {
  /** Ids of channels. */
  readonly channels: readonly string[];
  readonly count: number;
  readonly lastAt: number | null;
  readonly [field: string]: number | null | readonly string[];
}

/** Something a rule found: since when, how bad, who was told and what they did. */
export interface Alert extends Envelope {
  /** Id of the rule, or null when it was deleted or the alert was opened by a report. */
  readonly rule: string | null;
  readonly name: string;
  readonly severity: Severity;
  /** `collection/id`. */
  readonly subject: string | null;
  readonly subjectName: string;
  readonly title: string;
  readonly text: string;
  readonly state: AlertState;
  readonly suppressed: Suppression | null;
  /** Since when the condition holds (backdated to the first observation). */
  readonly startedAt: number;
  readonly firedAt: number | null;
  readonly ackedAt: number | null;
  readonly ackedBy: string | null;
  readonly note: string;
  readonly snoozedUntil: number | null;
  readonly assignee: string | null;
  readonly resolvedAt: number | null;
  /** How it ended, in words. */
  readonly resolution: string;
  /** What was measured: value, limit, baseline, samples, ... by family of condition. */
  readonly evidence: JsonObject;
  /** Id of the alert this one is folded into. */
  readonly parent: string | null;
  /** Ids of alerts folded into this one, at most 500. */
  readonly children: readonly string[];
  /** What is told together has the same group. */
  readonly group: string;
  /** Id of the policy that says who is told, or null: nobody is. */
  readonly policy: string | null;
  /** Steps of the policy that have been taken. */
  readonly step: number;
  readonly notified: Notified;
  /** Id of the incident it belongs to. */
  readonly incident: string | null;
  /** The newest 50. */
  readonly events: readonly AlertEvent[];
  /** False while an alert that a person resolved is still true: it opens again only after it was false once. */
  readonly isSettled: boolean;
  /** What is to happen by itself and when, absolute: fire, tell, step, remind, recover, ... */
  readonly due: Readonly<Record<string, number>>;
  /** The earliest of `due`. */
  readonly nextAt: number | null;
}

const shape: Shape<Alert> = {
  ...envelopeShape,
  rule: z.string().nullable(),
  name: z.string(),
  severity: z.enum(['critical', 'warning', 'info']),
  subject: z.string().nullable(),
  subjectName: z.string(),
  title: z.string(),
  text: z.string(),
  state: z.enum(['pending', 'firing', 'acknowledged', 'resolved', 'suppressed']),
  suppressed: z
    .object({
      by: z.enum(['maintenance', 'dependency', 'muted', 'flapping', 'quiet']),
      ref: z.string().nullable(),
    })
    .nullable(),
  startedAt: instant,
  firedAt: instant.nullable(),
  ackedAt: instant.nullable(),
  ackedBy: z.string().nullable(),
  note: z.string(),
  snoozedUntil: instant.nullable(),
  assignee: z.string().nullable(),
  resolvedAt: instant.nullable(),
  resolution: z.string(),
  evidence: plainObject,
  parent: z.string().nullable(),
  children: z.array(z.string()),
  group: z.string(),
  policy: z.string().nullable(),
  step: z.int().min(0),
  notified: z.object({ channels: z.array(z.string()), count: z.int().min(0), lastAt: instant.nullable() }),
  incident: z.string().nullable(),
  events: z.array(z.object({ at: instant, kind: z.string(), by: z.string(), text: z.string() })),
  isSettled: z.boolean(),
  due: z.record(z.string(), instant),
  nextAt: instant.nullable(),
};

/** Every field of an alert, as a schema. */
export const alertRow: z.ZodType<Alert> = z.object(shape);

const viaRules = z.never({
  error: 'alerts are opened by rules and changed by their commands: ack, unack, snooze, unsnooze, assign, resolve',
});

export const alerts: Collection = describeCollection({
  name: 'alerts',
  kind: 'plain',
  row: alertRow,
  create: viaRules,
  patch: viaRules,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate' },
  owns: { api: [], report: [] },
});
